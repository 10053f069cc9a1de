// SPDX-License-Identifier: GPL-3.0-or-later
// The default model's parts: ring features, noise that goes with the value, presets.
#include "base/error.h"
#include "dkl/deepkernel.h"
#include "dkl/gaussianprocess.h"
#include "dkl/presets.h"
#include "dkl/random.h"
#include "dkl/rings.h"

#include <Eigen/Cholesky>
#include <QTest>

#include <cmath>

using namespace helmscope;

namespace {

constexpr int side = 16;

Eigen::MatrixXd randomMatrix(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed)
{
    Random random(seed);
    Eigen::MatrixXd matrix(rows, columns);
    for (double &number : matrix.reshaped())
        number = random.normal();
    return matrix;
}

/// A patch of what `shade` is at each distance down and right of the centre pixel.
template <typename Shade>
Eigen::MatrixXf patchOf(Shade shade)
{
    Eigen::MatrixXf patch(1, side * side);
    for (int row = 0; row < side; ++row)
        for (int col = 0; col < side; ++col)
            patch(0, row * side + col) = float(shade(row - side / 2, col - side / 2));
    return patch;
}

/// Counts: values that follow the patch's centre, with a variance like theirs.
struct Counts
{
    Eigen::MatrixXf patches;
    Eigen::MatrixXd values;
    Eigen::VectorXd expected;
};

Counts countsOf(int points, std::uint64_t seed)
{
    Random random(seed);
    Counts counts{Eigen::MatrixXf(points, side * side + 2), Eigen::MatrixXd(points, 1),
                  Eigen::VectorXd(points)};
    for (int i = 0; i < points; ++i) {
        const double bright = random.uniform();
        counts.patches.row(i).setConstant(float(bright));
        counts.patches.row(i).tail(2) << float(i % 20), float(i / 20.0); // its place
        counts.expected[i] = 2 + 60 * bright;
        counts.values(i, 0) = counts.expected[i] + std::sqrt(counts.expected[i]) * random.normal();
    }
    return counts;
}

} // namespace

class TestRings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setModelThreads(1); }

    void ringsOfAFlatPatchAreItsShade()
    {
        const Eigen::MatrixXd features = ringFeatures(patchOf([](int, int) { return 3; }));
        QCOMPARE(features.cols(), ringFeatureCount(side));
        QCOMPARE(features.cols(), 22);
        QCOMPARE(features(0, 0), 3.0);
        for (int ring = 1; ring < 8; ++ring) {
            QVERIFY(std::abs(features(0, 1 + 3 * (ring - 1)) - 3) < 1e-5);
            // A full ring of one shade has no direction.
            QVERIFY(features(0, 2 + 3 * (ring - 1)) < 1e-5);
            QVERIFY(features(0, 3 + 3 * (ring - 1)) < 1e-5);
        }
    }

    void aRampHasAFirstHarmonicOfHalfItsRise()
    {
        // f = x on a ring of radius r is r cos(angle): amplitude of its mean with cos is r/2.
        const Eigen::MatrixXd features =
            ringFeatures(patchOf([](int, int right) { return right; }));
        for (int ring = 2; ring < 8; ++ring)
            QVERIFY(std::abs(features(0, 2 + 3 * (ring - 1)) - 0.5 * ring) < 0.08 * ring);
    }

    void areBlindToTurnsAndMirrors()
    {
        const auto shade = [](int down, int right) {
            return std::sin(0.7 * down + 0.3 * right) + 0.1 * down * right;
        };
        const Eigen::MatrixXd straight = ringFeatures(patchOf(shade));
        // Row and column 0 of the patch have no partner at +8, but lie beyond the last ring.
        const auto turned = [&](int down, int right) { return shade(right, -down); };
        const auto mirrored = [&](int down, int right) { return shade(down, -right); };
        QVERIFY((ringFeatures(patchOf(turned)) - straight).cwiseAbs().maxCoeff() < 1e-5);
        QVERIFY((ringFeatures(patchOf(mirrored)) - straight).cwiseAbs().maxCoeff() < 1e-5);
        const auto other = [&](int down, int right) { return shade(down, right + 1); };
        QVERIFY((ringFeatures(patchOf(other)) - straight).cwiseAbs().maxCoeff() > 0.05);
    }

    void largePatchesHaveAsManyRings()
    {
        QCOMPARE(ringFeatureCount(64), ringFeatureCount(side));
        QCOMPARE(ringFeatureCount(4), 4);
        QCOMPARE(ringFeatures(Eigen::MatrixXf::Random(3, 64 * 64)).rows(), 3);
        QVERIFY(ringFeatures(Eigen::MatrixXf::Random(3, 64 * 64)).allFinite());
    }

    void refusesPatchesThatAreNotSquare()
    {
        QVERIFY_EXCEPTION_THROWN(ringFeatures(Eigen::MatrixXf::Zero(2, 15)), Error);
    }

    void fewNumbersMoveTheLengthscales()
    {
        const Eigen::MatrixXd profile = ringProfile(side);
        QCOMPARE(profile.rows(), ringFeatureCount(side));
        QCOMPARE(profile.cols(), 6);
        // The innermost ring's mean, the outermost ring's second harmonic.
        QCOMPARE(profile.row(0), (Eigen::RowVectorXd(6) << 1, -1, 0, 0, 0, 0).finished());
        QCOMPARE(profile.row(21), (Eigen::RowVectorXd(6) << 0, 0, 0, 0, 1, 1).finished());
        QCOMPARE(ringProfile(2).rows(), ringFeatureCount(2));
    }

    void posteriorWithUnevenNoiseIsThatOfTheTextbook()
    {
        const Eigen::MatrixXd features = randomMatrix(9, 2, 5), at = randomMatrix(4, 2, 6);
        const Eigen::VectorXd targets = randomMatrix(9, 1, 7);
        const Eigen::VectorXd noise = randomMatrix(9, 1, 8).array().square() + 0.2;
        const Hyperparameters h{Eigen::Vector2d(0.8, 1.7), 1.4, 0.3, 0.2};
        const Posterior posterior(Kernel::Rbf, h, features, targets, noise);
        Eigen::VectorXd mean(4), variance(4);
        posterior.predict(at, mean, variance);

        Eigen::MatrixXd k = covariance(Kernel::Rbf, h, features, features);
        k.diagonal() += 0.3 * noise;
        const Eigen::MatrixXd across = covariance(Kernel::Rbf, h, features, at);
        const Eigen::LLT<Eigen::MatrixXd> factor(k);
        const Eigen::VectorXd residual = targets.array() - 0.2;
        const Eigen::VectorXd expected =
            (across.transpose() * factor.solve(residual)).array() + 0.2;
        QVERIFY((mean - expected).cwiseAbs().maxCoeff() < 1e-10);
        const Eigen::VectorXd left =
            1.4 - across.cwiseProduct(factor.solve(across)).colwise().sum().transpose().array();
        QVERIFY((variance - left).cwiseAbs().maxCoeff() < 1e-10);
    }

    void learnsThatCountsAreNoisierWhereTheyAreMany()
    {
        const Counts counts = countsOf(400, 9);
        DeepKernel model(presetFromKey("default").settings);
        model.train(counts.patches, counts.values, unwatched());
        Eigen::MatrixXf two(2, side * side + 2);
        two.row(0).setConstant(0.1f); // expected 8, deviation 2.8
        two.row(1).setConstant(0.9f); // expected 56, deviation 7.5
        two.rightCols(2).setConstant(10);
        const DeepKernel::Prediction prediction = model.predict(two, unwatched());
        QVERIFY(std::abs(prediction.mean(0, 0) - 8) < 3);
        QVERIFY(std::abs(prediction.mean(1, 0) - 56) < 5);
        const double ratio = prediction.noise(1, 0) / prediction.noise(0, 0);
        QVERIFY2(ratio > 1.7 && ratio < 4, qPrintable(QString::number(ratio)));
        QVERIFY(prediction.noise(0, 0) > 1.5 && prediction.noise(0, 0) < 5);
    }

    void keepsNoiseEvenWhereNothingIsCounted()
    {
        // Energies near 500 eV: far from zero, noise the same everywhere.
        Counts energies = countsOf(80, 10);
        Random random(11);
        for (Eigen::Index i = 0; i < 80; ++i)
            energies.values(i, 0) = 500 + 0.01 * energies.expected[i] + 0.02 * random.normal();
        DeepKernel model(presetFromKey("default").settings);
        model.train(energies.patches, energies.values, unwatched());
        const DeepKernel::Prediction prediction = model.predict(energies.patches, unwatched());
        QVERIFY(prediction.noise.maxCoeff() < 1.05 * prediction.noise.minCoeff());
        QVERIFY(prediction.noise.maxCoeff() > 0.01 && prediction.noise.maxCoeff() < 0.04);
    }

    void isSavedAndReadBack()
    {
        const Counts counts = countsOf(30, 12);
        DeepKernel model(presetFromKey("default").settings);
        model.train(counts.patches, counts.values, unwatched());
        const std::string bytes = model.serialize();
        const DeepKernel read = DeepKernel::deserialize(bytes);
        const DeepKernel::Prediction a = model.predict(counts.patches, unwatched());
        const DeepKernel::Prediction b = read.predict(counts.patches, unwatched());
        QVERIFY(a.mean == b.mean && a.deviation == b.deviation && a.noise == b.noise);
        QCOMPARE(read.hash(), model.hash());
        for (std::size_t length = 0; length < bytes.size(); length += 97)
            QVERIFY_EXCEPTION_THROWN(DeepKernel::deserialize(bytes.substr(0, length)), Error);
    }

    void survivesOddPoints_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<double>("outlier");
        QTest::newRow("constant") << 5.0 << 5.0;
        QTest::newRow("all zero") << 0.0 << 0.0;
        QTest::newRow("one outlier") << 1.0 << 1e9;
        QTest::newRow("negative") << -3.0 << -4.0;
    }
    void survivesOddPoints()
    {
        QFETCH(double, value);
        QFETCH(double, outlier);
        Counts counts = countsOf(12, 13);
        counts.values.setConstant(value);
        counts.values(3, 0) = outlier;
        counts.patches.row(7) = counts.patches.row(8); // identical patches
        DeepKernel model(presetFromKey("default").settings);
        model.train(counts.patches, counts.values, unwatched());
        const DeepKernel::Prediction prediction = model.predict(counts.patches, unwatched());
        QVERIFY(prediction.mean.allFinite() && prediction.deviation.allFinite());
        QVERIFY(prediction.noise.allFinite() && prediction.noise.minCoeff() >= 0);
    }

    void presetsAreKnownByTheirKeys()
    {
        for (const Preset &preset : presets()) {
            QCOMPARE(presetFromKey(preset.key).name, preset.name);
            DeepKernelSettings settings = preset.settings;
            settings.cycles = 7;
            QCOMPARE(presetKeyOf(settings), std::string(preset.key));
            settings.hidden = {3};
            QCOMPARE(presetKeyOf(settings), std::string("custom"));
        }
        QVERIFY_EXCEPTION_THROWN(presetFromKey("best"), Error);
    }
};

QTEST_GUILESS_MAIN(TestRings)
#include "tst_rings.moc"
