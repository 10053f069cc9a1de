// SPDX-License-Identifier: GPL-3.0-or-later
// The most probable kernel on fixed features, against finite differences and brute force; targets
// as components; the integrated variance.
#include "base/error.h"
#include "dkl/fitting.h"
#include "dkl/presets.h"
#include "dkl/random.h"
#include "dkl/targets.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <QTest>

#include <cmath>
#include <numbers>

using namespace helmscope;

namespace {

Eigen::MatrixXd randomMatrix(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed)
{
    Random random(seed);
    Eigen::MatrixXd matrix(rows, columns);
    for (double &number : matrix.reshaped())
        number = random.normal();
    return matrix;
}

/// Three features under two directions, and a place.
FitShape smallShape(bool hasPlace)
{
    FitShape shape;
    shape.profile = Eigen::MatrixXd{{1, 0}, {1, -0.5}, {0, 1}};
    shape.hasPlace = hasPlace;
    shape.placeLength = 3;
    shape.isCounting = true;
    return shape;
}

Eigen::MatrixXd noisyCovariance(const FitShape &shape, const Eigen::VectorXd &parameters,
                                const Eigen::MatrixXd &features, const Eigen::VectorXd &noise)
{
    const Hyperparameters h = shape.hyperparameters(parameters);
    Eigen::MatrixXd k = covariance(shape.kernel, h, features, features);
    k.diagonal() += h.noise * noise;
    return k;
}

/// 6 x 6 patches and their places, spectra made of two shapes that follow the patches.
struct Spectra
{
    Eigen::MatrixXf inputs;
    Eigen::MatrixXd spectra, truth;
};

Spectra spectraOf(int points, std::uint64_t seed, int channels = 20)
{
    Random random(seed);
    Spectra made{Eigen::MatrixXf(points, 38), Eigen::MatrixXd(points, channels),
                 Eigen::MatrixXd(points, channels)};
    for (int row = 0; row < points; ++row) {
        const double a = random.uniform(), b = random.uniform();
        for (int pixel = 0; pixel < 36; ++pixel) {
            const double radius = std::hypot(pixel % 6 - 3, double(pixel / 6) - 3);
            made.inputs(row, pixel) = float(a + b * radius + 0.01 * random.normal());
        }
        made.inputs(row, 36) = float(40 * random.uniform());
        made.inputs(row, 37) = float(40 * random.uniform());
        for (int channel = 0; channel < channels; ++channel) {
            const double x = channel / double(channels);
            made.truth(row, channel) =
                20 + 30 * a * std::exp(-40 * (x - 0.3) * (x - 0.3)) +
                20 * b * std::sin(6 * a) * std::exp(-60 * (x - 0.7) * (x - 0.7));
            made.spectra(row, channel) = made.truth(row, channel) + 0.5 * random.normal();
        }
    }
    return made;
}

} // namespace

class TestFitting : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setModelThreads(1); }

    void posteriorIsThatOfTheTextbook()
    {
        const FitShape shape = smallShape(true);
        const Eigen::MatrixXd features = randomMatrix(9, 5, 1);
        const Eigen::VectorXd targets = randomMatrix(9, 1, 2);
        const Eigen::VectorXd counts = randomMatrix(9, 1, 3).array().square() + 0.2;
        const Eigen::VectorXd parameters =
            shape.priorMedians() + 0.4 * randomMatrix(shape.parameters(), 1, 4);
        const double mix = 1 / (1 + std::exp(-parameters[5]));
        const Eigen::MatrixXd k =
            noisyCovariance(shape, parameters, features, (1 - mix) + mix * counts.array());
        const Eigen::VectorXd residual = targets.array() - parameters[4];
        // Rasmussen and Williams 2006, eq. 2.30, without its constant; priors as documented.
        double expected =
            0.5 * residual.dot(k.ldlt().solve(residual)) + 0.5 * std::log(k.determinant());
        const Eigen::VectorXd spreads =
            (Eigen::VectorXd(8) << 0.7, 0.7, 2, 1.5, 10, 1.5, 1.5, 0.7).finished();
        expected +=
            0.5 * ((parameters - shape.priorMedians()).array() / spreads.array()).square().sum();
        const NegativeLogPosterior got = negativeLogPosterior(
            shape, parameters, PairDistances(shape, features), targets, counts);
        QVERIFY(std::abs(got.value - expected) < 1e-9);
    }

    void gradientAgreesWithFiniteDifferences_data()
    {
        QTest::addColumn<bool>("hasPlace");
        QTest::addColumn<bool>("isCounting");
        QTest::addColumn<int>("kernel");
        QTest::newRow("all") << true << true << int(Kernel::Matern52);
        QTest::newRow("no place") << false << true << int(Kernel::Matern52);
        QTest::newRow("constant noise") << true << false << int(Kernel::Matern52);
        QTest::newRow("RBF") << true << true << int(Kernel::Rbf);
    }
    void gradientAgreesWithFiniteDifferences()
    {
        QFETCH(bool, hasPlace);
        QFETCH(bool, isCounting);
        QFETCH(int, kernel);
        FitShape shape = smallShape(hasPlace);
        shape.kernel = Kernel(kernel);
        const PairDistances distances(shape, randomMatrix(12, hasPlace ? 5 : 3, 1));
        const Eigen::VectorXd targets = randomMatrix(12, 1, 2);
        Eigen::VectorXd counts;
        if (isCounting)
            counts = randomMatrix(12, 1, 3).array().square() + 0.1;
        Eigen::VectorXd parameters =
            shape.priorMedians() + 0.3 * randomMatrix(shape.parameters(), 1, 4);
        const Eigen::VectorXd gradient =
            negativeLogPosterior(shape, parameters, distances, targets, counts).gradient;
        for (Eigen::Index i = 0; i < parameters.size(); ++i) {
            const double at = parameters[i], step = 1e-5;
            parameters[i] = at + step;
            const double above =
                negativeLogPosterior(shape, parameters, distances, targets, counts).value;
            parameters[i] = at - step;
            const double below =
                negativeLogPosterior(shape, parameters, distances, targets, counts).value;
            parameters[i] = at;
            QVERIFY2(std::abs(gradient[i] - (above - below) / (2 * step)) < 1e-7,
                     qPrintable(QString::number(i)));
        }
    }

    void leavingOneOutIsWhatTheOthersSay()
    {
        const FitShape shape = smallShape(true);
        const Eigen::MatrixXd features = randomMatrix(10, 5, 5);
        const Eigen::VectorXd targets = randomMatrix(10, 1, 6);
        const Eigen::VectorXd parameters = shape.priorMedians();
        const NegativeLogPosterior got =
            negativeLogPosterior(shape, parameters, PairDistances(shape, features), targets, {});
        for (Eigen::Index left = 0; left < 10; ++left) {
            std::vector<Eigen::Index> others;
            for (Eigen::Index i = 0; i < 10; ++i)
                if (i != left)
                    others.push_back(i);
            const Posterior posterior(shape.kernel, shape.hyperparameters(parameters),
                                      features(others, Eigen::all), targets(others));
            Eigen::VectorXd mean(1), variance(1);
            posterior.predict(features.row(left), mean, variance);
            QVERIFY(std::abs(mean[0] - got.looMeans[left]) < 1e-9);
        }
    }

    void findsTheMostProbableKernel()
    {
        // At the end no direction leads further down: the gradient is small, whatever the start.
        const FitShape shape = smallShape(true);
        const Eigen::MatrixXd features = randomMatrix(60, 5, 7);
        const Eigen::VectorXd targets = (features.col(0).array() * 1.5).sin() +
                                        0.3 * features.col(3).array() +
                                        0.1 * randomMatrix(60, 1, 8).array();
        const double never = std::numeric_limits<double>::infinity(); // nothing is counted
        const Fit found = fit(shape, features, targets, never, {}, 300, 1, unwatched());
        const PairDistances distances(shape, features);
        const NegativeLogPosterior end =
            negativeLogPosterior(shape, found.parameters, distances, targets, {});
        const NegativeLogPosterior begin =
            negativeLogPosterior(shape, shape.priorMedians(), distances, targets, {});
        QVERIFY(end.value < begin.value - 5);
        QVERIFY(end.gradient.cwiseAbs().maxCoeff() < 0.2);
        QVERIFY(found.losses.size() > 5 && found.losses.size() < 100);
        const Fit again =
            fit(shape, features, targets, never, found.parameters, 300, 1, unwatched());
        QVERIFY(again.losses.size() < found.losses.size());
        QVERIFY((again.parameters - found.parameters).cwiseAbs().maxCoeff() < 0.1);
        // Told to stop, it keeps what it has.
        int asked = 0;
        const Fit stopped =
            fit(shape, features, targets, never, {}, 300, 1, [&](double) { return ++asked < 4; });
        QVERIFY(stopped.isStopped && stopped.parameters.allFinite());
        QCOMPARE(stopped.losses.size(), 3u);
    }

    void fitsAPartOfVeryManyPoints()
    {
        const FitShape shape = smallShape(true);
        const Eigen::MatrixXd features = randomMatrix(700, 5, 9);
        const Eigen::VectorXd expected = 20 + 15 * features.col(0).array().sin();
        const Eigen::VectorXd targets =
            expected.array() + expected.array().sqrt() * randomMatrix(700, 1, 10).array();
        const Eigen::VectorXd scaledTargets = (targets.array() - 20) / 11;
        const Fit found = fit(shape, features, scaledTargets, -20.0 / 11, {}, 200, 1, unwatched());
        QCOMPARE(found.relativeNoise.size(), 700);
        QVERIFY(found.noise.mix > 0.3);
        // Noise of the brightest tenth over that of the darkest goes as their expected values do.
        double bright = 0, dark = 0;
        for (Eigen::Index i = 0; i < 700; ++i) {
            bright += expected[i] > 33 ? found.relativeNoise[i] : 0;
            dark += expected[i] < 7 ? found.relativeNoise[i] : 0;
        }
        QVERIFY(bright / double((expected.array() > 33).count()) >
                2 * dark / double((expected.array() < 7).count()));
        const Fit same = fit(shape, features, scaledTargets, -20.0 / 11, {}, 200, 1, unwatched());
        QCOMPARE(same.parameters, found.parameters);
    }

    void principalDirectionsAreTheEigenvectors_data()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("columns");
        QTest::newRow("more rows") << 50 << 12;
        QTest::newRow("more columns") << 12 << 50;
        QTest::newRow("many of both") << 300 << 290; // by subspace iteration
    }
    void principalDirectionsAreTheEigenvectors()
    {
        QFETCH(int, rows);
        QFETCH(int, columns);
        Eigen::MatrixXd matrix = randomMatrix(rows, columns, 11);
        for (Eigen::Index column = 0; column < columns; ++column)
            matrix.col(column) *= std::pow(0.5, std::min<double>(20, double(column)));
        const Eigen::MatrixXd directions = principalDirections(matrix, 3);
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix.transpose() * matrix);
        for (int i = 0; i < 3; ++i) {
            const double along = directions.col(i).dot(solver.eigenvectors().col(columns - 1 - i));
            QVERIFY(std::abs(std::abs(along) - 1) < 1e-8);
            QVERIFY(std::abs(directions.col(i).norm() - 1) < 1e-12);
        }
        QCOMPARE(principalDirections(matrix, 3), directions);
    }

    void componentsGiveTheTargetsBack()
    {
        const Spectra data = spectraOf(60, 12);
        TargetScaling scaling;
        const Eigen::MatrixXd scores = learnScaling(data.spectra, 5, true, scaling);
        QCOMPARE(scores.cols(), 5);
        const Eigen::MatrixXd back =
            (scores * scaling.scales.asDiagonal() * scaling.loadings.transpose()).rowwise() +
            scaling.offsets.transpose();
        // What is left is the noise of 15 of 20 channels' worth: 0.5.
        const double left = std::sqrt((back - data.spectra).squaredNorm() / double(back.size()));
        QVERIFY(left < 0.5 && left > 0.3);
        QVERIFY(std::abs(scaling.residuals.mean() - 0.25 * 15 / 20) < 0.05);
        // Too few points for five: two of four points' three degrees of freedom stay for the rest.
        QCOMPARE(learnScaling(data.spectra.topRows(4), 5, true, scaling).cols(), 1);
        QVERIFY(learnScaling(Eigen::MatrixXd::Zero(6, 20), 5, true, scaling).allFinite());
    }

    void spectraArePredictedWithHonestDeviations()
    {
        const Spectra known = spectraOf(80, 13), other = spectraOf(400, 14);
        DeepKernel model(presetFromKey("default").settings);
        model.train(known.inputs, known.spectra, unwatched());
        QCOMPARE(model.outputs(), 20);
        QCOMPARE(model.processes(), 8);
        const DeepKernel::Prediction prediction = model.predict(other.inputs, unwatched());
        const Eigen::MatrixXd error = prediction.mean - other.truth;
        const Eigen::MatrixXd spread = other.truth.rowwise() - other.truth.colwise().mean();
        QVERIFY(error.squaredNorm() < 0.05 * spread.squaredNorm());
        const Eigen::ArrayXXd total =
            (prediction.deviation.array().square() + prediction.noise.array().square()).sqrt();
        const double coverage =
            ((prediction.mean - other.spectra).array().abs() < 1.96 * total).cast<double>().mean();
        QVERIFY2(coverage > 0.9 && coverage < 0.99, qPrintable(QString::number(coverage)));
        const DeepKernel read = DeepKernel::deserialize(model.serialize());
        QCOMPARE(read.predict(other.inputs, unwatched()).noise, prediction.noise);
        QCOMPARE(read.hash(), model.hash());
    }

    void measuringLowersTheVarianceByWhatWasTold()
    {
        // Measure one more point: the posterior's variance falls, on average, by that much.
        Hyperparameters h{Eigen::Vector3d(1, 2, 0.7), 1.4, 0.3, 0.2};
        h.placeScale = 0.5;
        h.placeLength = 2;
        const Eigen::MatrixXd features = randomMatrix(9, 5, 15), at = randomMatrix(4, 5, 16),
                              others = randomMatrix(30, 5, 17);
        const Eigen::VectorXd targets = randomMatrix(9, 1, 18);
        const Posterior before(Kernel::Matern52, h, features, targets);
        const Eigen::VectorXd told = before.varianceReduction(at, h.noise, others);
        Eigen::VectorXd mean(30), first(30), second(30);
        before.predict(others, mean, first);
        for (Eigen::Index i = 0; i < 4; ++i) {
            Eigen::MatrixXd more(10, 5);
            more << features, at.row(i);
            Eigen::VectorXd values(10);
            values << targets, 7;
            Posterior(Kernel::Matern52, h, more, values).predict(others, mean, second);
            QVERIFY(std::abs((first - second).mean() - told[i]) < 1e-10);
        }
    }

    void anAppendedFactorIsThatOfAllPoints_data()
    {
        QTest::addColumn<int>("more");
        QTest::addColumn<bool>("isEven");
        QTest::newRow("one") << 1 << true;
        QTest::newRow("three, uneven noise") << 3 << false;
    }
    void anAppendedFactorIsThatOfAllPoints()
    {
        QFETCH(int, more);
        QFETCH(bool, isEven);
        Hyperparameters h{Eigen::Vector3d(1, 2, 0.7), 1.4, 0.3, 0.2};
        h.placeScale = 0.5;
        h.placeLength = 2;
        const Eigen::MatrixXd features = randomMatrix(12 + more, 5, 22),
                              at = randomMatrix(6, 5, 23);
        const Eigen::VectorXd targets = randomMatrix(12 + more, 1, 24);
        Eigen::VectorXd noise;
        if (!isEven)
            noise = randomMatrix(12 + more, 1, 25).array().square() + 0.2;
        const auto part = [&](Eigen::Index first, Eigen::Index count) {
            return isEven ? Eigen::VectorXd() : Eigen::VectorXd(noise.segment(first, count));
        };
        const Posterior whole(Kernel::Matern52, h, features, targets, noise);
        const Posterior grown =
            Posterior(Kernel::Matern52, h, features.topRows(12), targets.head(12), part(0, 12))
                .appended(features.bottomRows(more), targets.tail(more), part(12, more));
        QVERIFY(grown.isValid());
        Eigen::VectorXd mean(6), variance(6), otherMean(6), otherVariance(6);
        whole.predict(at, mean, variance);
        grown.predict(at, otherMean, otherVariance);
        QVERIFY((mean - otherMean).cwiseAbs().maxCoeff() < 1e-12);
        QVERIFY((variance - otherVariance).cwiseAbs().maxCoeff() < 1e-12);
    }

    void appendedPointsAreSeenAtOnce_data()
    {
        QTest::addColumn<QString>("preset");
        QTest::addColumn<bool>("isVector");
        for (const Preset &preset : presets())
            for (const bool isVector : {false, true})
                QTest::addRow("%s %s", preset.key, isVector ? "spectra" : "values")
                    << preset.key << isVector;
    }
    void appendedPointsAreSeenAtOnce()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        DeepKernelSettings settings = presetFromKey(preset.toStdString()).settings;
        settings.hidden = {20};
        const Spectra data = spectraOf(40, 26);
        const Eigen::MatrixXf inputs = data.inputs.leftCols(settings.hasPlace ? 38 : 36);
        const Eigen::MatrixXd targets = isVector ? data.spectra : data.spectra.col(6);
        DeepKernel model(settings);
        model.train(inputs.topRows(38), targets.topRows(38), unwatched());
        const DeepKernel::Prediction before = model.predict(inputs.bottomRows(2), unwatched());
        model.append(inputs.bottomRows(2), targets.bottomRows(2));
        QCOMPARE(model.points(), 40);
        const DeepKernel::Prediction after = model.predict(inputs.bottomRows(2), unwatched());
        QVERIFY((after.deviation.array() <= before.deviation.array() * (1 + 1e-9)).all());
        QVERIFY(after.deviation.sum() < before.deviation.sum());
        // Saved and read it is the same, factored from all points.
        const DeepKernel::Prediction read =
            DeepKernel::deserialize(model.serialize()).predict(inputs.bottomRows(2), unwatched());
        QVERIFY((read.mean - after.mean).cwiseAbs().maxCoeff() <
                1e-8 * after.mean.cwiseAbs().maxCoeff());
        QVERIFY_EXCEPTION_THROWN(model.append(inputs.topRows(1), targets.topRows(2)), Error);
        QVERIFY_EXCEPTION_THROWN(DeepKernel(settings).append(inputs, targets), Error);
        QCOMPARE(model.points(), 40);
    }

    void componentsOfPatchesAreABaseline()
    {
        const Spectra known = spectraOf(80, 19), other = spectraOf(200, 20);
        DeepKernel model(presetFromKey("pca").settings);
        model.train(known.inputs.leftCols(36), known.spectra.col(6), unwatched());
        const Eigen::VectorXd error =
            model.predict(other.inputs.leftCols(36), unwatched()).mean - other.truth.col(6);
        const Eigen::VectorXd spread = other.truth.col(6).array() - other.truth.col(6).mean();
        QVERIFY(error.squaredNorm() < 0.1 * spread.squaredNorm());
        const DeepKernel read = DeepKernel::deserialize(model.serialize());
        QCOMPARE(read.predict(other.inputs.leftCols(36), unwatched()).mean.col(0) -
                     other.truth.col(6),
                 error);
    }

    void aPlaceHelpsWherePatchesSayNothing()
    {
        // Blank patches: only where a pixel lies tells its value.
        Random random(21);
        Eigen::MatrixXf inputs = Eigen::MatrixXf::Zero(150, 38);
        Eigen::MatrixXd values(150, 1);
        for (int row = 0; row < 150; ++row) {
            inputs(row, 36) = float(40 * random.uniform());
            inputs(row, 37) = float(40 * random.uniform());
            values(row, 0) = 3 * std::sin(0.15 * inputs(row, 36)) +
                             std::cos(0.1 * inputs(row, 37)) + 0.1 * random.normal();
        }
        DeepKernel model(presetFromKey("default").settings);
        model.train(inputs.topRows(120), values.topRows(120), unwatched());
        const Eigen::VectorXd error =
            model.predict(inputs.bottomRows(30), unwatched()).mean - values.bottomRows(30);
        QVERIFY(error.squaredNorm() / 30 < 0.05);
        DeepKernelSettings wrong = presetFromKey("network").settings;
        wrong.hasPlace = true;
        QVERIFY_EXCEPTION_THROWN(DeepKernel{wrong}, Error);
    }
};

QTEST_GUILESS_MAIN(TestFitting)
#include "tst_fitting.moc"
