// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/gaussianprocess.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>
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
        number = 2 * random.uniform() - 1;
    return matrix;
}

/// The kernels as the textbook has them (Rasmussen and Williams 2006, eqs 4.9 and 4.17), number by
/// number.
double naiveKernel(Kernel kernel, const Hyperparameters &h, const Eigen::VectorXd &a,
                   const Eigen::VectorXd &b)
{
    const double r = (a - b).cwiseQuotient(h.lengthscales).norm();
    if (kernel == Kernel::Rbf)
        return h.scale * std::exp(-0.5 * r * r);
    return h.scale * (1 + std::sqrt(5.0) * r + 5.0 / 3.0 * r * r) * std::exp(-std::sqrt(5.0) * r);
}

Eigen::MatrixXd naiveCovariance(Kernel kernel, const Hyperparameters &h, const Eigen::MatrixXd &a,
                                const Eigen::MatrixXd &b)
{
    Eigen::MatrixXd matrix(a.rows(), b.rows());
    for (Eigen::Index i = 0; i < a.rows(); ++i)
        for (Eigen::Index j = 0; j < b.rows(); ++j)
            matrix(i, j) = naiveKernel(kernel, h, a.row(i).transpose(), b.row(j).transpose());
    return matrix;
}

Eigen::MatrixXd withNoise(Eigen::MatrixXd matrix, double noise)
{
    matrix.diagonal().array() += noise;
    return matrix;
}

double largestDifference(const Eigen::MatrixXd &a, const Eigen::MatrixXd &b)
{
    return (a - b).cwiseAbs().maxCoeff();
}

} // namespace

class TestGaussianProcess : public QObject
{
    Q_OBJECT

private:
    static void bothKernels()
    {
        QTest::addColumn<int>("kernel");
        QTest::newRow("RBF") << int(Kernel::Rbf);
        QTest::newRow("Matern 5/2") << int(Kernel::Matern52);
    }

private Q_SLOTS:
    void initTestCase() { setModelThreads(1); } // others may be testing on the other cores
    void rawNumbersBecomeWhatTheRecipeSays();
    void covarianceIsThatOfTheTextbook_data() { bothKernels(); }
    void covarianceIsThatOfTheTextbook();
    void marginalLikelihoodIsThatOfTheTextbook_data() { bothKernels(); }
    void marginalLikelihoodIsThatOfTheTextbook();
    void gradientsAgreeWithFiniteDifferences_data() { bothKernels(); }
    void gradientsAgreeWithFiniteDifferences();
    void outputsAreIndependent();
    void posteriorIsThatOfTheTextbook_data() { bothKernels(); }
    void posteriorIsThatOfTheTextbook();
    void farFromThePointsItBelievesThePrior();
    void drawsHaveThePosteriorsMoments();
    void identicalPointsAreSurvived();
    void leavingOneOutIsLearningFromTheOthers();
    void saysWhenACovarianceIsHopeless();
};

void TestGaussianProcess::rawNumbersBecomeWhatTheRecipeSays()
{
    const Eigen::MatrixXd raw = Hyperparameters::startingRaw(3, 2, 0.05);
    QCOMPARE(raw.rows(), 3);
    QCOMPARE(raw.cols(), 5);
    const Hyperparameters h = Hyperparameters::fromRaw(raw.row(1));
    QVERIFY(std::abs(h.lengthscales[0] - std::log(2)) < 1e-15);
    QVERIFY(std::abs(h.scale - std::log(2)) < 1e-15);
    QVERIFY(std::abs(h.noise - 0.05) < 1e-15);
    QCOMPARE(h.mean, 0.0);

    // Far from 0 softplus neither overflows nor loses the noise's floor.
    const Hyperparameters extreme =
        Hyperparameters::fromRaw(Eigen::RowVectorXd{{800, -800, -800, 3}});
    QCOMPARE(extreme.lengthscales[0], 800.0);
    QVERIFY(extreme.scale >= 0 && extreme.scale < 1e-300);
    QCOMPARE(extreme.noise, Hyperparameters::smallestNoise);
    QCOMPARE(extreme.mean, 3.0);
}

void TestGaussianProcess::covarianceIsThatOfTheTextbook()
{
    QFETCH(int, kernel);
    const Hyperparameters h{Eigen::Vector3d(0.3, 0.8, 2), 1.7, 0.1, 0};
    const Eigen::MatrixXd a = randomMatrix(7, 3, 1);
    const Eigen::MatrixXd b = randomMatrix(5, 3, 2);
    QVERIFY(largestDifference(covariance(Kernel(kernel), h, a, b),
                              naiveCovariance(Kernel(kernel), h, a, b)) < 1e-14);
    QCOMPARE(covariance(Kernel(kernel), h, a, a).diagonal(), Eigen::VectorXd::Constant(7, 1.7));
}

void TestGaussianProcess::marginalLikelihoodIsThatOfTheTextbook()
{
    QFETCH(int, kernel);
    const Eigen::Index n = 9;
    const Eigen::MatrixXd raw = randomMatrix(2, 5, 3);
    const Eigen::MatrixXd features = randomMatrix(n, 2, 4);
    const Eigen::MatrixXd targets = randomMatrix(n, 2, 5);
    double expected = 0;
    for (Eigen::Index output = 0; output < 2; ++output) {
        const Hyperparameters h = Hyperparameters::fromRaw(raw.row(output));
        const Eigen::MatrixXd k =
            withNoise(naiveCovariance(Kernel(kernel), h, features, features), h.noise);
        const Eigen::VectorXd r = targets.col(output).array() - h.mean;
        expected += (0.5 * r.dot(k.inverse() * r) + 0.5 * std::log(k.determinant()) +
                     0.5 * n * std::log(2 * std::numbers::pi)) /
                    n;
    }
    const MarginalLikelihood got = marginalLikelihood(Kernel(kernel), raw, features, targets);
    QVERIFY(std::abs(got.loss - expected) < 1e-12);
    QCOMPARE(got.jitter, 0.0);
}

void TestGaussianProcess::gradientsAgreeWithFiniteDifferences()
{
    QFETCH(int, kernel);
    Eigen::MatrixXd raw = randomMatrix(3, 5, 6);
    Eigen::MatrixXd features = randomMatrix(12, 2, 7);
    const Eigen::MatrixXd targets = randomMatrix(12, 3, 8);
    const MarginalLikelihood got = marginalLikelihood(Kernel(kernel), raw, features, targets);

    // Central differences of step 1e-5: truncation of about 1e-10, rounding of about 1e-11.
    const auto slope = [&](double &number) {
        const double step = 1e-5, kept = number;
        number = kept + step;
        const double above = marginalLikelihood(Kernel(kernel), raw, features, targets).loss;
        number = kept - step;
        const double below = marginalLikelihood(Kernel(kernel), raw, features, targets).loss;
        number = kept;
        return (above - below) / (2 * step);
    };
    for (Eigen::Index i = 0; i < raw.size(); ++i) {
        const double expected = slope(raw.reshaped()[i]);
        QVERIFY2(std::abs(got.byRaw.reshaped()[i] - expected) < 1e-8,
                 qPrintable(QString::number(i)));
    }
    for (Eigen::Index i = 0; i < features.size(); ++i) {
        const double expected = slope(features.reshaped()[i]);
        QVERIFY2(std::abs(got.byFeatures.reshaped()[i] - expected) < 1e-8,
                 qPrintable(QString::number(i)));
    }
}

void TestGaussianProcess::outputsAreIndependent()
{
    const Eigen::MatrixXd raw = randomMatrix(4, 5, 9);
    const Eigen::MatrixXd features = randomMatrix(11, 2, 10);
    const Eigen::MatrixXd targets = randomMatrix(11, 4, 11);
    const MarginalLikelihood together = marginalLikelihood(Kernel::Rbf, raw, features, targets);
    double loss = 0;
    Eigen::MatrixXd byFeatures = Eigen::MatrixXd::Zero(11, 2);
    for (Eigen::Index output = 0; output < 4; ++output) {
        const MarginalLikelihood alone =
            marginalLikelihood(Kernel::Rbf, raw.row(output), features, targets.col(output));
        loss += alone.loss;
        byFeatures += alone.byFeatures;
        QCOMPARE(alone.byRaw, together.byRaw.row(output));
    }
    QVERIFY(std::abs(together.loss - loss) < 1e-13);
    QVERIFY(largestDifference(together.byFeatures, byFeatures) < 1e-13);
}

void TestGaussianProcess::posteriorIsThatOfTheTextbook()
{
    QFETCH(int, kernel);
    const Hyperparameters h{Eigen::Vector2d(0.4, 0.9), 1.3, 0.02, 0.25};
    const Eigen::MatrixXd points = randomMatrix(15, 2, 12);
    const Eigen::VectorXd targets = randomMatrix(15, 1, 13);
    const Eigen::MatrixXd candidates = randomMatrix(40, 2, 14);

    const Eigen::MatrixXd inverse =
        withNoise(naiveCovariance(Kernel(kernel), h, points, points), h.noise).inverse();
    const Eigen::MatrixXd across = naiveCovariance(Kernel(kernel), h, candidates, points);
    const Eigen::VectorXd residual = targets.array() - h.mean;
    const Eigen::VectorXd mean = (across * inverse * residual).array() + h.mean;
    const Eigen::VectorXd variance =
        h.scale - (across * inverse * across.transpose()).diagonal().array();

    const Posterior posterior(Kernel(kernel), h, points, targets);
    QVERIFY(posterior.isValid());
    QCOMPARE(posterior.jitter(), 0.0);
    Eigen::VectorXd gotMean(40), gotVariance(40);
    posterior.predict(candidates, gotMean, gotVariance);
    QVERIFY(largestDifference(gotMean, mean) < 1e-12);
    QVERIFY(largestDifference(gotVariance, variance) < 1e-12);
}

void TestGaussianProcess::farFromThePointsItBelievesThePrior()
{
    const Hyperparameters h{Eigen::Vector2d(0.4, 0.9), 1.3, 0.02, 0.25};
    const Posterior posterior(Kernel::Matern52, h, randomMatrix(5, 2, 15), randomMatrix(5, 1, 16));
    Eigen::VectorXd mean(1), variance(1);
    posterior.predict(Eigen::RowVector2d(1e8, -1e8), mean, variance);
    QCOMPARE(mean[0], 0.25);
    QCOMPARE(variance[0], 1.3);
}

void TestGaussianProcess::drawsHaveThePosteriorsMoments()
{
    const Hyperparameters h{Eigen::Vector2d(0.5, 0.5), 1, 0.05, 0.3};
    const Eigen::MatrixXd points = randomMatrix(6, 2, 17);
    const Eigen::VectorXd targets = randomMatrix(6, 1, 18);
    const Eigen::MatrixXd candidates = randomMatrix(4, 2, 19);
    const Posterior posterior(Kernel::Rbf, h, points, targets);
    Eigen::VectorXd mean(4), variance(4);
    posterior.predict(candidates, mean, variance);
    const Eigen::MatrixXd across = naiveCovariance(Kernel::Rbf, h, candidates, points);
    const Eigen::MatrixXd joint =
        naiveCovariance(Kernel::Rbf, h, candidates, candidates) -
        across * withNoise(naiveCovariance(Kernel::Rbf, h, points, points), h.noise)
                     .llt()
                     .solve(across.transpose());

    constexpr int draws = 20000;
    Random random(20);
    Eigen::MatrixXd drawn(draws, 4);
    for (int draw = 0; draw < draws; ++draw)
        drawn.row(draw) = posterior.sample(candidates, random).transpose();
    const Eigen::RowVectorXd average = drawn.colwise().mean();
    const Eigen::MatrixXd centred = drawn.rowwise() - average;
    // Five standard errors of a mean and of a covariance of variances below 1.
    const double standardError = std::sqrt(variance.maxCoeff() / draws);
    QVERIFY(largestDifference(average.transpose(), mean) < 5 * standardError);
    QVERIFY(largestDifference(centred.transpose() * centred / draws, joint) <
            5 * std::sqrt(2.0 / draws) * variance.maxCoeff());
}

void TestGaussianProcess::identicalPointsAreSurvived()
{
    // Hundreds of points at one place, scale 1e12 times the noise: singular to working precision.
    const Hyperparameters h{Eigen::Vector2d(1, 1), 1e9, 1e-4, 0};
    const Eigen::MatrixXd points = Eigen::MatrixXd::Constant(300, 2, 0.5);
    const Posterior posterior(Kernel::Rbf, h, points, Eigen::VectorXd::Constant(300, 2.0));
    QVERIFY(posterior.isValid());
    Eigen::VectorXd mean(1), variance(1);
    posterior.predict(points.topRows(1), mean, variance);
    QVERIFY(std::abs(mean[0] - 2) < 1e-2);
    QVERIFY(variance[0] >= 0 && std::isfinite(variance[0]));
}

void TestGaussianProcess::saysWhenACovarianceIsHopeless()
{
    const double nan = std::nan("");
    const Hyperparameters h{Eigen::Vector2d(1, 1), nan, 0.1, 0};
    QVERIFY(!Posterior(Kernel::Rbf, h, randomMatrix(3, 2, 1), randomMatrix(3, 1, 2)).isValid());
    Eigen::MatrixXd features = randomMatrix(3, 2, 1);
    features(1, 0) = nan;
    QVERIFY(std::isnan(marginalLikelihood(Kernel::Rbf, Hyperparameters::startingRaw(1, 2, 0.1),
                                          features, randomMatrix(3, 1, 2))
                           .loss));
}

void TestGaussianProcess::leavingOneOutIsLearningFromTheOthers()
{
    // Against a refit without each point in turn, the hyper-parameters kept.
    constexpr int count = 9;
    const Hyperparameters h{Eigen::Vector2d(0.6, 0.9), 1.3, 0.07, 0.4};
    const Eigen::MatrixXd points = randomMatrix(count, 2, 31);
    const Eigen::VectorXd targets = randomMatrix(count, 1, 32);
    const Eigen::VectorXd uneven = 1.5 + randomMatrix(count, 1, 33).array();
    for (const Kernel kernel : {Kernel::Rbf, Kernel::Matern52}) {
        for (const Eigen::VectorXd &relative : {Eigen::VectorXd(), uneven}) {
            Eigen::VectorXd mean(count), variance(count);
            Posterior(kernel, h, points, targets, relative).leaveOneOut(targets, mean, variance);
            for (int out = 0; out < count; ++out) {
                std::vector<int> others;
                for (int i = 0; i < count; ++i)
                    if (i != out)
                        others.push_back(i);
                const Posterior rest(kernel, h, points(others, Eigen::all), targets(others),
                                     relative.size() ? Eigen::VectorXd(relative(others))
                                                     : Eigen::VectorXd());
                Eigen::VectorXd expected(1), spread(1);
                rest.predict(points.row(out), expected, spread);
                spread[0] += h.noise * (relative.size() ? relative[out] : 1.0);
                QVERIFY(std::abs(mean[out] - expected[0]) < 1e-10);
                QVERIFY(std::abs(variance[out] - spread[0]) < 1e-10);
            }
        }
    }
}

QTEST_GUILESS_MAIN(TestGaussianProcess)
#include "tst_gaussianprocess.moc"
