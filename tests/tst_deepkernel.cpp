// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/blas.h"
#include "dkl/model.h"
#include "dklsamples.h"

#include <QFile>
#include <QTest>

#include <cmath>

using namespace helmscope;
using Kernel = DeepKernelSettings::Kernel;

class TestDeepKernel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setModelThreads(1); } // others may be testing on the other cores
    void learnsWhatIsThere_data();
    void learnsWhatIsThere();
    void lossFalls();
    void sameSeedSamePath();
    void anotherSeedAnotherModel();
    void unitsOfTheCallerDoNotMatter();
    void severalOutputsAreIndependentOnOneEmbedding();
    void blocksGiveWhatSinglePatchesGive();
    void preparedInputsGiveTheSame();
    void predictsManyCandidatesWithoutTheirSquare();
    void samplesComeFromThePosterior();
    void refusesToSampleTooMany();
    void warmStartGoesOn();
    void stoppedTrainingKeepsWhatItLearnt();
    void stoppedPredictionHasRowsWithoutNumbers();
    void throwingProgressLeavesTheModelAsItWas();
    void publishedBoundsClampAndFreshOnesDoNot();
    void oddDataGiveFiniteMaps_data();
    void oddDataGiveFiniteMaps();
    void tooBoldALearningRateIsSurvived();
    void aLossThatIsNotFiniteIsTriedAgainMoreCarefully();
    void leavesOneOutInUnitsOfTheCaller();
    void saysWhenThereIsNothingToLearnFrom();
    void refusesWrongShapesAndNumbers();
    void refusesSettingsThatMakeNoSense();
    void copiesShareNothing();
    void knowsItsBlas();
};

void TestDeepKernel::learnsWhatIsThere_data()
{
    QTest::addColumn<int>("kernel");
    QTest::newRow("RBF") << int(DeepKernelSettings::Kernel::Rbf);
    QTest::newRow("Matern 5/2") << int(DeepKernelSettings::Kernel::Matern52);
}

void TestDeepKernel::learnsWhatIsThere()
{
    QFETCH(int, kernel);
    DeepKernelSettings settings = smallSettings();
    settings.kernel = Kernel(kernel);
    settings.cycles = 100;
    settings.kernelLearningRate = 0.05;
    const DeepKernel model = trained(settings, samples(80, 1));
    const Samples unseen = samples(300, 1, 2);
    const DeepKernel::Prediction got = model.predict(unseen.inputs, unwatched());
    const Eigen::ArrayXd errors = got.mean.col(0) - unseen.targets.col(0);
    const double variance = (unseen.targets.array() - unseen.targets.mean()).square().mean();
    QVERIFY(errors.square().mean() < 0.2 * variance);
    // The interval is not far off either: between 60 and 100 % of the values lie in two deviations.
    const Eigen::ArrayXd deviations =
        (got.deviation.col(0).array().square() + std::pow(model.noiseDeviation()[0], 2)).sqrt();
    const double inside = (errors.abs() < 2 * deviations).cast<double>().mean();
    QVERIFY2(inside > 0.6, qPrintable(QString::number(inside)));
    QVERIFY(model.warnings().empty());
}

void TestDeepKernel::lossFalls()
{
    const Samples data = samples(30, 2);
    DeepKernel model(smallSettings());
    const std::vector<double> losses = model.train(data.inputs, data.targets, unwatched());
    QCOMPARE(losses.size(), std::size_t(30));
    QVERIFY(losses.back() < losses.front() - 0.1);
}

void TestDeepKernel::sameSeedSamePath()
{
    DeepKernelSettings settings; // the real network: its products are what might differ
    settings.cycles = 5;
    Samples data = samples(40, 1);
    DeepKernel one(settings), two(settings);
    const std::vector<double> losses = one.train(data.inputs, data.targets, unwatched());
    QCOMPARE(two.train(data.inputs, data.targets, unwatched()), losses);
    QCOMPARE(two.hash(), one.hash());
    QVERIFY(one.serialize() == two.serialize());
    QVERIFY(areSame(one.predict(data.inputs, unwatched()), two.predict(data.inputs, unwatched())));
    QCOMPARE(one.sample(data.inputs, 3), two.sample(data.inputs, 3));
}

void TestDeepKernel::anotherSeedAnotherModel()
{
    DeepKernelSettings settings = smallSettings();
    const Samples data = samples(20, 1);
    const DeepKernel one = trained(settings, data);
    settings.seed = 2;
    const DeepKernel two = trained(settings, data);
    QVERIFY(one.hash() != two.hash());
    QVERIFY(one.sample(data.inputs, 3) != one.sample(data.inputs, 4));
}

void TestDeepKernel::unitsOfTheCallerDoNotMatter()
{
    const Samples data = samples(25, 1);
    const DeepKernel one = trained(smallSettings(), data);
    // Powers of two, so that scaling itself rounds nothing.
    const DeepKernel two =
        trained(smallSettings(), {data.inputs * 1024, data.targets.array() * 0.25});
    const DeepKernel::Prediction a = one.predict(data.inputs, unwatched());
    const DeepKernel::Prediction b = two.predict(data.inputs * 1024, unwatched());
    QVERIFY((a.mean - 4 * b.mean).cwiseAbs().maxCoeff() < 1e-9);
    QVERIFY((a.deviation - 4 * b.deviation).cwiseAbs().maxCoeff() < 1e-9);
    QVERIFY(std::abs(one.noiseDeviation()[0] - 4 * two.noiseDeviation()[0]) < 1e-9);
    QVERIFY(std::abs(one.scaleDeviation()[0] - 4 * two.scaleDeviation()[0]) < 1e-9);
    QVERIFY((one.lengthscales() - two.lengthscales()).cwiseAbs().maxCoeff() < 1e-9);
}

void TestDeepKernel::severalOutputsAreIndependentOnOneEmbedding()
{
    // Without learning all models share the network of the seed.
    DeepKernelSettings settings = smallSettings();
    settings.cycles = 0;
    const Samples data = samples(20, 3);
    const DeepKernel together = trained(settings, data);
    QCOMPARE(together.outputs(), 3);
    const DeepKernel::Prediction all = together.predict(data.inputs, unwatched());
    for (int output = 0; output < 3; ++output) {
        const DeepKernel alone = trained(settings, {data.inputs, data.targets.col(output)});
        QCOMPARE(alone.embed(data.inputs), together.embed(data.inputs));
        const DeepKernel::Prediction one = alone.predict(data.inputs, unwatched());
        QCOMPARE(one.mean.col(0), all.mean.col(output));
        QCOMPARE(one.deviation.col(0), all.deviation.col(output));
    }
}

void TestDeepKernel::blocksGiveWhatSinglePatchesGive()
{
    const DeepKernel model = trained(smallSettings(), samples(20, 2));
    const Samples many = samples(5000, 2, 3); // several blocks of network and process
    const DeepKernel::Prediction all = model.predict(many.inputs, unwatched());
    QVERIFY(all.mean.allFinite() && all.deviation.allFinite());
    for (const int row : {0, 511, 512, 2047, 2048, 4999}) {
        const DeepKernel::Prediction one = model.predict(many.inputs.row(row), unwatched());
        // Another size of block may sum in another order: float32.
        QVERIFY((one.mean - all.mean.row(row)).cwiseAbs().maxCoeff() < 1e-4);
        QVERIFY((one.deviation - all.deviation.row(row)).cwiseAbs().maxCoeff() < 1e-4);
    }
    QCOMPARE(model.predict(Eigen::MatrixXf(0, 36), unwatched()).mean.rows(), 0);
}

void TestDeepKernel::preparedInputsGiveTheSame()
{
    for (const bool hasPlace : {false, true}) {
        DeepKernelSettings settings = smallSettings();
        settings.features = DeepKernelSettings::Features::Rings;
        settings.kernel = Kernel::Matern52;
        settings.hasPlace = hasPlace;
        const auto withPlaces = [&](const Eigen::MatrixXf &patches) {
            Eigen::MatrixXf inputs = patches;
            inputs.conservativeResize(Eigen::NoChange, patches.cols() + (hasPlace ? 2 : 0));
            for (Eigen::Index i = 0; hasPlace && i < inputs.rows(); ++i)
                inputs.row(i).tail(2) << float(i / 20), float(i % 20);
            return inputs;
        };
        const Samples some = samples(40, 1), more = samples(300, 1, 2);
        DeepKernel model(settings);
        model.train(withPlaces(some.inputs), some.targets, unwatched());
        const Eigen::MatrixXf inputs = withPlaces(more.inputs), others = inputs.topRows(17);
        const PreparedInputs prepared = model.prepared(inputs);
        const DeepKernel::Prediction plain = model.predict(inputs, unwatched()),
                                     quick = model.predict(prepared, unwatched());
        QVERIFY(plain.mean.isApprox(quick.mean, 1e-10));
        QVERIFY(plain.deviation.isApprox(quick.deviation, 1e-8));
        QVERIFY(model.varianceReduction(inputs, others, {}, unwatched())
                    .isApprox(
                        model.varianceReduction(prepared, model.prepared(others), {}, unwatched()),
                        1e-8));
        // Learning more changes scalings and kernel, not what was prepared.
        model.train(withPlaces(more.inputs), more.targets, unwatched());
        QVERIFY(model.predict(inputs, unwatched())
                    .mean.isApprox(model.predict(prepared, unwatched()).mean, 1e-10));
        DeepKernel other(smallSettings());
        QVERIFY_THROWS_EXCEPTION(Error, other.prepared(inputs));
        PreparedInputs foreign = prepared;
        foreign.inputs = 49;
        QVERIFY_THROWS_EXCEPTION(Error, model.predict(foreign, unwatched()));
        foreign = prepared;
        foreign.places.resize(Eigen::NoChange, hasPlace ? 0 : 2);
        QVERIFY_THROWS_EXCEPTION(Error, model.predict(foreign, unwatched()));
    }
}

void TestDeepKernel::predictsManyCandidatesWithoutTheirSquare()
{
    const auto peak = [] {
        QFile status("/proc/self/status");
        if (!status.open(QIODevice::ReadOnly))
            return -1LL;
        for (const QByteArray &line : status.readAll().split('\n'))
            if (line.startsWith("VmHWM:"))
                return line.simplified().split(' ').at(1).toLongLong() / 1024;
        return -1LL;
    };
    if (peak() < 0)
        QSKIP("There is no /proc to read the memory used from.");
    const DeepKernel model = trained(smallSettings(), samples(20, 1));
    const Eigen::MatrixXf inputs = samples(250, 1, 4).inputs.replicate(240, 1); // 60,000
    const qint64 before = peak();
    QVERIFY(model.predict(inputs, unwatched()).mean.allFinite());
    // Their square would be 28,800 MB.
    QVERIFY2(peak() - before < 200, qPrintable(QString::number(peak() - before)));
}

void TestDeepKernel::samplesComeFromThePosterior()
{
    const DeepKernel model = trained(smallSettings(), samples(20, 2));
    const Eigen::MatrixXf inputs = samples(6, 1, 5).inputs;
    const DeepKernel::Prediction expected = model.predict(inputs, unwatched());
    constexpr int draws = 3000;
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(6, 2), squares = sum;
    for (int draw = 0; draw < draws; ++draw) {
        const Eigen::MatrixXd difference = model.sample(inputs, 100 + draw) - expected.mean;
        sum += difference;
        squares += difference.cwiseAbs2();
    }
    // Five standard errors.
    QVERIFY((sum.array().abs() / draws < 5 * expected.deviation.array() / std::sqrt(draws)).all());
    const Eigen::ArrayXXd ratio = (squares.array() / draws).sqrt() / expected.deviation.array();
    QVERIFY(((ratio - 1).abs() < 5 / std::sqrt(2.0 * draws)).all());
}

void TestDeepKernel::refusesToSampleTooMany()
{
    const DeepKernel model = trained(smallSettings(), samples(20, 1));
    const Eigen::MatrixXf inputs = samples(4001, 1).inputs;
    QVERIFY(sentenceOf([&] { model.sample(inputs, 1); }).contains("4,000"));
    QVERIFY(model.sample(inputs.topRows(1000), 1).allFinite());
}

void TestDeepKernel::warmStartGoesOn()
{
    const Samples data = samples(30, 1);
    DeepKernel model(smallSettings());
    const std::vector<double> first = model.train(data.inputs, data.targets, unwatched());
    model.setCycles(5);
    QCOMPARE(model.settings().cycles, 5);
    const std::vector<double> second = model.train(data.inputs, data.targets, unwatched());
    QCOMPARE(second.size(), std::size_t(5));
    // The first loss of the second training is that of the weights the first one left.
    QVERIFY(second.front() < first[1] && std::abs(second.front() - first.back()) < 0.05);
    // One point more is no other model.
    const Samples more = samples(31, 1);
    QVERIFY(model.train(more.inputs, more.targets, unwatched()).front() < first.front());
}

void TestDeepKernel::stoppedTrainingKeepsWhatItLearnt()
{
    const Samples data = samples(30, 1);
    DeepKernelSettings settings = smallSettings();
    DeepKernel stopped(settings);
    int asked = 0;
    const std::vector<double> losses =
        stopped.train(data.inputs, data.targets, [&](double fraction) {
            if (std::abs(fraction - asked / 30.0) > 1e-12)
                qFatal("fraction");
            return ++asked <= 12;
        });
    QCOMPARE(losses.size(), std::size_t(12));
    QVERIFY(stopped.isTrained());
    settings.cycles = 12;
    QCOMPARE(stopped.hash(), trained(settings, data).hash());

    DeepKernel atOnce(settings);
    QVERIFY(atOnce.train(data.inputs, data.targets, [](double) { return false; }).empty());
    QVERIFY(atOnce.predict(data.inputs, unwatched()).mean.allFinite());
}

void TestDeepKernel::stoppedPredictionHasRowsWithoutNumbers()
{
    const Eigen::MatrixXf inputs = samples(5000, 1, 3).inputs;
    for (const int outputs : {1, 2}) {
        const DeepKernel model = trained(smallSettings(), samples(20, outputs));
        for (const double until : {0.0, 0.2, 0.7, 0.9}) {
            const DeepKernel::Prediction got =
                model.predict(inputs, [&](double fraction) { return fraction <= until; });
            QCOMPARE(got.mean.rows(), 5000);
            const auto isNan = got.mean.array().isNaN();
            QVERIFY(isNan.row(4999).all());
            QVERIFY((isNan == got.deviation.array().isNaN()).all());
            QCOMPARE(!isNan.row(0).any(), outputs == 1 && until > 0.6);
        }
    }
}

void TestDeepKernel::throwingProgressLeavesTheModelAsItWas()
{
    const Samples data = samples(20, 1);
    DeepKernel model = trained(smallSettings(), data);
    const std::uint64_t hash = model.hash();
    QVERIFY(!sentenceOf([&] {
                 model.train(data.inputs, data.targets, [](double fraction) -> bool {
                     if (fraction > 0.5)
                         throw Error("The microscope has gone.");
                     return true;
                 });
             }).isEmpty());
    QCOMPARE(model.hash(), hash);
}

void TestDeepKernel::publishedBoundsClampAndFreshOnesDoNot()
{
    const Samples data = samples(15, 1);
    Eigen::MatrixXf strange = samples(50, 1, 6).inputs;
    strange = (strange.array() - 100) * 8 + 100;
    DeepKernelSettings settings = smallSettings();

    const DeepKernel fresh = trained(settings, data);
    QVERIFY(fresh.embed(strange).cwiseAbs().maxCoeff() > 1);
    const Eigen::MatrixXd known = fresh.embed(data.inputs);
    QVERIFY(std::abs(known.minCoeff() + 0.95) < 1e-6 && std::abs(known.maxCoeff() - 0.95) < 1e-6);

    settings.bounds = DeepKernelSettings::Bounds::Published;
    const DeepKernel published = trained(settings, data);
    QVERIFY(published.embed(strange).cwiseAbs().maxCoeff() <= 0.95 + 1e-12);
    // The bounds are a step older than the weights: training points do not fill them.
    const Eigen::MatrixXd old = published.embed(data.inputs);
    QVERIFY(old.cwiseAbs().maxCoeff() <= 0.95 + 1e-12);
    QVERIFY(old.maxCoeff() < 0.95 - 1e-6 || old.minCoeff() > -0.95 + 1e-6 ||
            (old.array().abs() > 0.95 - 1e-12).count() > 2);
}

void TestDeepKernel::oddDataGiveFiniteMaps_data()
{
    QTest::addColumn<int>("points");
    QTest::addColumn<float>("contrast");
    QTest::addColumn<double>("spread");
    QTest::addColumn<double>("offset");
    QTest::newRow("two points") << 2 << 1.f << 1.0 << 0.0;
    QTest::newRow("identical patches") << 12 << 0.f << 1.0 << 0.0;
    QTest::newRow("constant targets") << 12 << 1.f << 0.0 << 3.0;
    QTest::newRow("constant all") << 12 << 0.f << 0.0 << 0.0;
    QTest::newRow("tiny values") << 12 << 1e-38f << 1e-200 << 0.0;
    QTest::newRow("huge values") << 12 << 1e35f << 1e200 << 0.0;
    QTest::newRow("small on large") << 12 << 1e-3f << 1e-3 << 1e9;
}

void TestDeepKernel::oddDataGiveFiniteMaps()
{
    QFETCH(int, points);
    QFETCH(float, contrast);
    QFETCH(double, spread);
    QFETCH(double, offset);
    const Samples data = samples(points, 1);
    const Eigen::MatrixXf inputs = contrast * data.inputs;
    const Eigen::MatrixXd targets = (data.targets.array() - 5) * spread + offset;
    for (const Kernel kernel : {Kernel::Rbf, Kernel::Matern52})
        for (const int embedding : {1, 2}) {
            DeepKernelSettings settings = smallSettings();
            settings.kernel = kernel;
            settings.embedding = embedding;
            const DeepKernel model = trained(settings, {inputs, targets});
            Eigen::MatrixXf candidates = inputs;
            candidates.row(0).setConstant(3e38f); // a dead pixel, and a whole patch of them
            candidates(1, 3) = -3e38f;
            const DeepKernel::Prediction got = model.predict(candidates, unwatched());
            QVERIFY(got.mean.allFinite() && got.deviation.allFinite());
            QVERIFY((got.deviation.array() >= 0).all());
            QVERIFY(model.sample(candidates, 1).allFinite());
            if (spread == 0)
                QVERIFY((got.mean.array() - offset).abs().maxCoeff() < 1e-6);
        }
}

void TestDeepKernel::tooBoldALearningRateIsSurvived()
{
    DeepKernelSettings settings = smallSettings();
    settings.learningRate = 10;
    settings.kernelLearningRate = 10;
    settings.standardizeTargets = false;
    settings.cycles = 300;
    const Samples data = samples(30, 1);
    for (const double factor : {1.0, 1e8, 1e160}) {
        const DeepKernel model = trained(settings, {data.inputs, data.targets * factor});
        const DeepKernel::Prediction got = model.predict(data.inputs, unwatched());
        QVERIFY(got.mean.allFinite() && got.deviation.allFinite());
        if (factor > 1e150) // its square is infinite: no loss is finite
            QVERIFY(!model.warnings().empty());
    }
}

void TestDeepKernel::aLossThatIsNotFiniteIsTriedAgainMoreCarefully()
{
    const auto isFinite = [](const DeepKernel &model, const Samples &data) {
        const DeepKernel::Prediction got = model.predict(data.inputs, unwatched());
        return got.mean.allFinite() && got.deviation.allFinite();
    };
    const Samples data = samples(20, 1);
    // A model whose weights have run away: what it computes overflows.
    Model far = fromBytes(trained(smallSettings(), data).serialize());
    far.network.weights *= 1e20f;
    DeepKernel model = DeepKernel::deserialize(toBytes(far));
    const std::vector<double> losses = model.train(data.inputs, data.targets, unwatched());
    QCOMPARE(model.warnings().size(), 2u); // the second restart does not build on it any more
    for (const std::string &warning : model.warnings())
        QVERIFY(warning.find("started anew") != std::string::npos);
    QCOMPARE(losses.size(), 30u); // of the training that went well
    QVERIFY(losses.back() < losses.front());
    QVERIFY(isFinite(model, data));
    QVERIFY(model.settings() == smallSettings()); // the careful rates were for once
    DeepKernel again = DeepKernel::deserialize(toBytes(far));
    again.train(data.inputs, data.targets, unwatched());
    QCOMPARE(again.hash(), model.hash()); // restarts follow from the seed as well

    // Where no restart helps, the last state that had a loss is kept: here, the first one.
    DeepKernelSettings settings = smallSettings();
    settings.standardizeTargets = false;
    const Samples huge{data.inputs, data.targets * 1e100};
    const DeepKernel hopeless = trained(settings, huge);
    QCOMPARE(hopeless.warnings().size(), 3u);
    QVERIFY(hopeless.warnings().back().find("is kept") != std::string::npos);
    QVERIFY(isFinite(hopeless, huge));
}

void TestDeepKernel::leavesOneOutInUnitsOfTheCaller()
{
    const Samples data = samples(15, 2);
    DeepKernelSettings settings = smallSettings();
    const DeepKernel::Prediction plain = trained(settings, data).leaveOneOut();
    const DeepKernel::Prediction scaled =
        trained(settings, {data.inputs, (data.targets.array() * 1000 + 7).matrix()}).leaveOneOut();
    QCOMPARE(plain.mean.rows(), 15);
    QCOMPARE(plain.mean.cols(), 2);
    QVERIFY((plain.deviation.array() >= 0).all() && (plain.noise.array() > 0).all());
    QVERIFY((scaled.mean.array() - 1000 * plain.mean.array() - 7).abs().maxCoeff() < 1e-3);
    QVERIFY((scaled.deviation - 1000 * plain.deviation).cwiseAbs().maxCoeff() < 1e-3);
    // Residuals are larger than those of points that were seen; noise is counted apart.
    const DeepKernel model = trained(settings, data);
    const DeepKernel::Prediction seen = model.predict(data.inputs, unwatched());
    QVERIFY((plain.mean - data.targets).squaredNorm() > (seen.mean - data.targets).squaredNorm());
    for (int output = 0; output < 2; ++output)
        QVERIFY((plain.noise.col(output).array() / model.noiseDeviation()[output] - 1)
                    .abs()
                    .maxCoeff() < 1e-12);
    QVERIFY(!sentenceOf([&] { DeepKernel(settings).leaveOneOut(); }).isEmpty());
}

void TestDeepKernel::saysWhenThereIsNothingToLearnFrom()
{
    const Samples data = samples(8, 1);
    QVERIFY(trained(smallSettings(), data).warnings().empty());
    const auto said = [&](const Eigen::MatrixXf &inputs, const Eigen::MatrixXd &targets) {
        const auto warnings = trained(smallSettings(), {inputs, targets}).warnings();
        return warnings.empty() ? QString() : QString::fromStdString(warnings.front());
    };
    QVERIFY(said(Eigen::MatrixXf::Constant(8, 36, 5), data.targets).contains("All patches"));
    QVERIFY(said(data.inputs, Eigen::MatrixXd::Constant(8, 1, 5)).contains("All values"));
}

void TestDeepKernel::refusesWrongShapesAndNumbers()
{
    const Samples data = samples(10, 1);
    DeepKernel model(smallSettings());
    const auto refusal = [&](const Eigen::MatrixXf &inputs, const Eigen::MatrixXd &targets) {
        return sentenceOf([&] { model.train(inputs, targets, unwatched()); });
    };
    QVERIFY(
        sentenceOf([&] { model.predict(data.inputs, unwatched()); }).contains("not been trained"));
    QVERIFY(sentenceOf([&] { model.embed(data.inputs); }).contains("not been trained"));
    QVERIFY(refusal(data.inputs, data.targets.topRows(9)).contains("as many"));
    QVERIFY(refusal(data.inputs.topRows(1), data.targets.topRows(1)).contains("at least two"));
    QVERIFY(!refusal(Eigen::MatrixXf(10, 0), data.targets).isEmpty());
    QVERIFY(!refusal(data.inputs, Eigen::MatrixXd(10, 0)).isEmpty());
    Samples odd = data;
    odd.inputs(3, 3) = std::nanf("");
    QVERIFY(refusal(odd.inputs, data.targets).contains("not finite"));
    odd.targets(2, 0) = INFINITY;
    QVERIFY(refusal(data.inputs, odd.targets).contains("not finite"));
    QVERIFY(!model.isTrained());

    model.train(data.inputs, data.targets, unwatched());
    QVERIFY(sentenceOf([&] { model.predict(odd.inputs, unwatched()); }).contains("not finite"));
    QVERIFY(
        sentenceOf([&] { model.predict(data.inputs.leftCols(35), unwatched()); }).contains("36"));
    QVERIFY(refusal(data.inputs.leftCols(35), data.targets).contains("new model"));
    QVERIFY(refusal(data.inputs, samples(10, 2).targets).contains("new model"));
}

void TestDeepKernel::refusesSettingsThatMakeNoSense()
{
    const auto refusal = [](auto change) {
        DeepKernelSettings settings;
        change(settings);
        return sentenceOf([&] { DeepKernel model(settings); });
    };
    QVERIFY(!refusal([](DeepKernelSettings &s) { s.hidden = {100, 0}; }).isEmpty());
    QVERIFY(!refusal([](DeepKernelSettings &s) { s.hidden = {100001}; }).isEmpty());
    QVERIFY(!refusal([](DeepKernelSettings &s) { s.embedding = 0; }).isEmpty());
    QVERIFY(!refusal([](DeepKernelSettings &s) { s.cycles = -1; }).isEmpty());
    QVERIFY(!refusal([](DeepKernelSettings &s) { s.learningRate = NAN; }).isEmpty());
    QVERIFY(!refusal([](DeepKernelSettings &s) { s.kernelLearningRate = -1; }).isEmpty());
    QVERIFY(!refusal([](DeepKernelSettings &s) { s.startNoise = 1e-4; }).isEmpty());
    QVERIFY(refusal([](DeepKernelSettings &s) { s.hidden = {}; }).isEmpty());
    DeepKernel model(smallSettings());
    QVERIFY_EXCEPTION_THROWN(model.setCycles(-1), Error);
    QCOMPARE(model.settings().cycles, 30);
}

void TestDeepKernel::copiesShareNothing()
{
    const Samples data = samples(20, 1);
    const DeepKernel model = trained(smallSettings(), data);
    const std::uint64_t hash = model.hash();
    DeepKernel copy = model;
    QCOMPARE(copy.hash(), hash);
    copy.train(data.inputs, data.targets, unwatched());
    QVERIFY(copy.hash() != hash);
    QCOMPARE(model.hash(), hash);
    copy = model;
    QCOMPARE(copy.hash(), hash);
    const DeepKernel moved = std::move(copy);
    QCOMPARE(moved.hash(), hash);
}

void TestDeepKernel::knowsItsBlas()
{
    const Blas blas = loadedBlas();
    qInfo("%s from %s", blas.name.c_str(), blas.library.c_str());
    QVERIFY(!blas.name.empty());
    QVERIFY(QFile::exists(QString::fromStdString(blas.library)));
    QVERIFY(!blas.isSlow || blas.advice.find("libopenblas0-openmp") != std::string::npos);
    // No OpenBLAS stays on the kernels of 2004 where the processor has better.
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && !qEnvironmentVariableIsSet("OPENBLAS_CORETYPE"))
        QVERIFY(blas.name.find("Prescott") == std::string::npos);
#endif
    setModelThreads(0);
    setModelThreads(1);
    const DeepKernel model = trained(smallSettings(), samples(10, 1));
    QVERIFY(model.isTrained());
}

QTEST_GUILESS_MAIN(TestDeepKernel)
#include "tst_deepkernel.moc"
