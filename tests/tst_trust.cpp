// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/trust.h"

#include "base/error.h"
#include "dkl/presets.h"
#include "dkl/random.h"
#include "knownoptimum.h"
#include "steering/experiment.h"
#include "steering/live/reliability.h"
#include "steering/surveying.h"

#include <QTest>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

using namespace helmscope;

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

Step step(double value, double mean, double deviation, double noise = 0)
{
    Step step;
    step.value = value;
    step.predictedMean = mean;
    step.predictedDeviation = deviation;
    step.predictedNoise = noise;
    return step;
}

/// Normal residuals of deviation `width` where 1 was predicted.
std::vector<Step> predictions(int count, double width, Random &random)
{
    std::vector<Step> steps;
    for (int i = 0; i < count; ++i) {
        const double mean = 100 + 5 * random.normal();
        steps.push_back(step(mean + width * random.normal(), mean, 0.6, 0.8));
    }
    return steps;
}

/// A replay whose answers and image are spoilt.
class SpoilingMicroscope : public Microscope
{
public:
    explicit SpoilingMicroscope(Dataset dataset)
        : m_replay(std::move(dataset))
    {
    }

    std::function<void(int call, Measurement &)> spoil;

    QString name() const override { return "The spoiling microscope"; }
    Dataset survey(const Progress &progress) override { return m_replay.survey(progress); }
    EnergyAxis energies() const override { return m_replay.energies(); }
    Limits limits() const override { return m_replay.limits(); }
    Measurement measure(Pixel pixel, double dwellSeconds) override
    {
        Measurement measurement = m_replay.measure(pixel, dwellSeconds);
        if (spoil)
            spoil(++m_calls, measurement);
        return measurement;
    }
    void abort() override { m_replay.abort(); }
    void resume() override { m_replay.resume(); }
    std::optional<Dataset> groundTruth() const override { return std::nullopt; }

private:
    Replay m_replay;
    int m_calls = 0;
};

/// Every preset, in both modes, and small enough for a test.
void addModels()
{
    QTest::addColumn<QString>("preset");
    QTest::addColumn<bool>("isVector");
    for (const Preset &preset : presets())
        for (const bool isVector : {false, true})
            QTest::addRow("%s, %s", preset.key, isVector ? "spectra" : "values")
                << QString(preset.key) << isVector;
}

Plan planFor(const QString &preset, bool isVector)
{
    Plan plan = quickPlan();
    plan.model = presetFromKey(preset.toStdString()).settings;
    plan.model.hidden = {16, 8};
    plan.model.cycles = std::min(plan.model.cycles, 30);
    plan.isVector = isVector;
    plan.bin = 4;
    return plan;
}

Run explored(const Plan &plan, Microscope &microscope)
{
    return explore(plan, microscope, unwatched(), {}, {});
}

int countOf(const Run &run, const QString &words)
{
    int count = 0;
    for (const Step &step : run.steps)
        for (const QString &warning : step.warnings)
            count += warning.contains(words);
    return count;
}

/// It ended by its plan, and every map that was made is finite wherever there is a candidate.
void checkSound(const Run &run, const Plan &plan)
{
    QVERIFY2(run.outcome == Run::Outcome::Finished, qPrintable(run.message));
    QCOMPARE(int(run.steps.size()), plan.initial.count + plan.steps);
    int maps = 0;
    for (const Step &step : run.steps) {
        if (!step.belief)
            continue;
        ++maps;
        const auto isCandidate = step.belief->mean.isFinite();
        QCOMPARE(int(isCandidate.count()), 25 * 25);
        QCOMPARE(int(step.belief->deviation.isFinite().count()), 25 * 25);
    }
    QVERIFY(maps > 0);
}

} // namespace

class TestTrust : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setModelThreads(1); }

    void countsWhatLiesWithinTheIntervals()
    {
        std::vector<Step> steps;
        for (const double z : {0.0, 0.5, -1.0, 1.5, -1.9, 2.5})
            steps.push_back(step(10 + 5 * z, 10, 3, 4));
        steps.push_back(step(3, undefined, undefined, undefined)); // a first point
        steps.push_back(step(undefined, 10, 3, 4));
        const Trust trust = trustOf(steps);
        QCOMPARE(trust.predictions, 6);
        QCOMPARE(trust.coverage50, 2. / 6);
        QCOMPARE(trust.coverage80, 3. / 6);
        QCOMPARE(trust.coverage95, 5. / 6);
        QCOMPARE(trust.rmsCalibration,
                 std::sqrt((0.25 + 1 + 2.25 + 1.9 * 1.9 + 6.25) / 6)); // worked by hand
        QCOMPARE(trust.bias, 1.6 / 6);
        QCOMPARE(judgementOf(trust), Judgement::TooFew);
        QVERIFY(verdictOf(trust).contains("6"));
    }

    void densityIsThatOfTheNormalDistribution()
    {
        // Values of deviation 2 about 4; density of the standardized ones by hand.
        const Eigen::Vector4d values(2, 6, 2, 6), mean(2, 5, 3, 6), deviation(1, 2, 1, 0.5);
        double sum = 0;
        for (int i = 0; i < 4; ++i) {
            const double s = deviation[i] / 2, d = (values[i] - mean[i]) / 2;
            sum -=
                std::log(std::exp(-d * d / (2 * s * s)) / std::sqrt(2 * std::numbers::pi * s * s));
        }
        QVERIFY(std::abs(meanNlpd(values, mean, deviation) - sum / 4) < 1e-12);
        QVERIFY(std::isnan(meanNlpd(Eigen::Vector2d(1, 1), mean.head(2), deviation.head(2))));
        QVERIFY(
            std::isfinite(meanNlpd(values, values, Eigen::Vector4d::Zero()))); // not without bound
    }

    void soundPredictionsAreSeldomBlamed()
    {
        // A run is looked at after each of 100 predictions, and blamed if any look blames it.
        Random random(1);
        int blamed = 0, oddities = 0;
        constexpr int runs = 300;
        for (int run = 0; run < runs; ++run) {
            const std::vector<Step> steps = predictions(100, 1, random);
            bool isBlamed = false;
            for (std::size_t count = 1; count <= steps.size(); count += 3)
                isBlamed = isBlamed ||
                           (count >= 10 &&
                            judgementOf(trustOf(std::span(steps).first(count))) != Judgement::Fits);
            const Trust last = trustOf(steps);
            blamed += isBlamed;
            oddities += last.outliers > 0 || isBiased(last);
        }
        QVERIFY2(blamed <= 0.1 * runs, qPrintable(QString::number(blamed)));
        QVERIFY2(oddities <= 0.05 * runs, qPrintable(QString::number(oddities)));
    }

    void tellsAWidthThatIsWrong_data()
    {
        QTest::addColumn<double>("width");
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("expected");
        QTest::addColumn<QString>("words");
        QTest::newRow("narrow") << 3.0 << 40 << int(Judgement::TooNarrow) << "too narrow (40";
        QTest::newRow("very narrow") << 1e4 << 40 << int(Judgement::TooNarrow) << "e+0";
        QTest::newRow("wide") << 0.3 << 40 << int(Judgement::TooWide) << "too wide (40";
        QTest::newRow("sound") << 1.0 << 40 << int(Judgement::Fits) << "fits so far (40";
        QTest::newRow("few") << 3.0 << 4 << int(Judgement::TooFew) << "(4)";
    }
    void tellsAWidthThatIsWrong()
    {
        QFETCH(double, width);
        QFETCH(int, count);
        QFETCH(QString, words);
        Random random(2);
        const Trust trust = trustOf(predictions(count, width, random));
        QTEST(int(judgementOf(trust)), "expected");
        QVERIFY2(verdictOf(trust).contains(words), qPrintable(verdictOf(trust)));
        QVERIFY(trust.calibrationLow < trust.calibration &&
                trust.calibration < trust.calibrationHigh);
        // Four standard errors of a deviation told from so many numbers.
        if (count >= 10)
            QVERIFY(std::abs(trust.calibration / width - 1) < 4 / std::sqrt(2. * count));
    }

    void theIntervalHoldsTheTruthAsOftenAsItSays()
    {
        for (const bool hasOutlier : {false, true}) {
            Random random(3);
            int held = 0;
            constexpr int runs = 1500;
            for (int run = 0; run < runs; ++run) {
                std::vector<Step> steps = predictions(30, 1.7, random);
                if (hasOutlier) // one more, so that the quantile is used
                    steps.push_back(step(1e5, 100, 0.6, 0.8));
                const Trust trust = trustOf(steps);
                QCOMPARE(trust.outliers > 0, hasOutlier || trust.outliers > 0);
                held += trust.calibrationLow <= 1.7 && 1.7 <= trust.calibrationHigh;
            }
            // 99 %, less three standard errors and what the approximations cost.
            QVERIFY2(held >= 0.975 * runs, qPrintable(QString::number(held)));
        }
    }

    void oneOutlierIsToldAndBlamesNobody()
    {
        Random random(4);
        std::vector<Step> steps = predictions(40, 1, random);
        steps.push_back(step(1e6, 100, 0.6, 0.8));
        const Trust trust = trustOf(steps);
        QCOMPARE(judgementOf(trust), Judgement::Fits);
        QCOMPARE(trust.outliers, 1);
        QVERIFY(trust.rmsCalibration > 1e4);
        QVERIFY(verdictOf(trust).contains("outliers"));
    }

    void valuesToOneSideAreTold()
    {
        Random random(5);
        std::vector<Step> steps = predictions(60, 0.5, random);
        for (Step &step : steps)
            step.value -= 1;
        const Trust trust = trustOf(steps);
        QVERIFY(isBiased(trust));
        QVERIFY2(verdictOf(trust).contains("lower than predicted"), qPrintable(verdictOf(trust)));
    }

    void predictionsOfAnotherValueAreNotCounted()
    {
        Random random(6);
        std::vector<Step> steps = predictions(30, 5, random);
        for (Step &after : predictions(12, 1, random)) {
            after.scalarizer.band = {1, 2};
            steps.push_back(after);
        }
        QCOMPARE(trustOf(steps).predictions, 12);
    }

    void everyStepOfARunIsJudgedByPredictionsBeforeIt_data() { addModels(); }
    void everyStepOfARunIsJudgedByPredictionsBeforeIt()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        const Plan plan = planFor(preset, isVector);
        Replay replay(datasetWithKnownOptimum(true));
        const Run run = explored(plan, replay);
        QCOMPARE(int(run.steps.size()), 14);
        for (const Step &step : run.steps) {
            QCOMPARE(step.trust.has_value(), step.number >= 6);
            if (!step.trust)
                continue;
            QCOMPARE(step.trust->predictions, step.number - 6);
            QVERIFY(std::isfinite(step.trust->leaveOneOutNlpd));
            const Trust again =
                trustOf(std::span(run.steps).first(std::size_t(step.number))); // nothing later
            QVERIFY(step.number == 6 || step.trust->coverage80 == again.coverage80);
        }
    }

    void valuesThatAreAllTheSameAreSurvived_data() { addModels(); }
    void valuesThatAreAllTheSameAreSurvived()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        SpoilingMicroscope microscope(datasetWithKnownOptimum(true));
        microscope.spoil = [](int, Measurement &m) { m.spectrum.setConstant(3); };
        const Plan plan = planFor(preset, isVector);
        const Run run = explored(plan, microscope);
        checkSound(run, plan);
        QCOMPARE(countOf(run, "values learnt from are the same"), 1); // not at every step
    }

    void anImageThatIsConstantIsSurvived_data() { addModels(); }
    void anImageThatIsConstantIsSurvived()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        Dataset dataset = datasetWithKnownOptimum(true);
        dataset.image.setConstant(7);
        SpoilingMicroscope microscope(std::move(dataset));
        const Plan plan = planFor(preset, isVector);
        const Run run = explored(plan, microscope);
        checkSound(run, plan);
        QCOMPARE(countOf(run, "survey image is constant"), 1);
        QCOMPARE(countOf(run, "patches learnt from are the same"), 1);
    }

    void oneOutlierSpectrumIsLeftOut_data() { addModels(); }
    void oneOutlierSpectrumIsLeftOut()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        const Plan plan = planFor(preset, isVector);
        for (const int call : {2, 9}) {
            SpoilingMicroscope microscope(datasetWithKnownOptimum(true));
            microscope.spoil = [call](int now, Measurement &m) {
                if (now == call)
                    m.spectrum.array() = 1e8f;
            };
            const Run run = explored(plan, microscope);
            checkSound(run, plan);
            QCOMPARE(countOf(run, "left out of what the model learns"), 1);
            QVERIFY(run.steps.back().bestValue < 100);
            // The maps still show the scene, whose values reach 21.
            const Map &mean = run.steps.back().belief->mean;
            for (const float value : mean.reshaped())
                QVERIFY(!(value > 1e3f));
        }
    }

    void anOutlierThatIsConfirmedIsLearnt()
    {
        SpoilingMicroscope microscope(datasetWithKnownOptimum(true));
        microscope.spoil = [](int call, Measurement &m) {
            if (call == 2 || call == 8)
                m.spectrum.array() = 1e8f;
        };
        const Plan plan = planFor("default", false);
        const Run run = explored(plan, microscope);
        checkSound(run, plan);
        QVERIFY(run.steps[6].bestValue < 100 && run.steps[7].bestValue > 1e7);
    }

    void spectraThatAreNotFiniteAreMarkedAndTheRunGoesOn_data() { addModels(); }
    void spectraThatAreNotFiniteAreMarkedAndTheRunGoesOn()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        SpoilingMicroscope microscope(datasetWithKnownOptimum(true));
        microscope.spoil = [](int call, Measurement &m) {
            if (call == 3 || call == 9)
                m.spectrum.segment(6, 8).setConstant(call == 3 ? NAN : INFINITY); // the band
        };
        const Plan plan = planFor(preset, isVector);
        const Run run = explored(plan, microscope);
        checkSound(run, plan);
        for (const int odd : {2, 8}) {
            QVERIFY(!std::isfinite(run.steps[std::size_t(odd)].value));
            QVERIFY(
                run.steps[std::size_t(odd)].warnings.join(' ').contains("8 of the 24 channels"));
        }
        QVERIFY(std::isfinite(run.steps.back().bestValue));
    }

    void twoPointsAreEnough_data() { addModels(); }
    void twoPointsAreEnough()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        Plan plan = planFor(preset, isVector);
        plan.initial.count = 2;
        plan.steps = 3;
        SpoilingMicroscope microscope(datasetWithKnownOptimum(true));
        const Run run = explored(plan, microscope);
        checkSound(run, plan);
        QVERIFY(run.steps[1].belief);
    }

    void valuesThatRepeatAreSurvived_data() { addModels(); }
    void valuesThatRepeatAreSurvived()
    {
        QFETCH(QString, preset);
        QFETCH(bool, isVector);
        SpoilingMicroscope microscope(datasetWithKnownOptimum(true));
        microscope.spoil = [](int call, Measurement &m) {
            m.spectrum.setConstant(call % 2 == 0 ? 1 : 5);
        };
        const Plan plan = planFor(preset, isVector);
        checkSound(explored(plan, microscope), plan);
    }

    void aDetectorAtItsLimitIsToldOnce()
    {
        SpoilingMicroscope microscope(datasetWithKnownOptimum(true));
        microscope.spoil = [](int, Measurement &m) { m.spectrum = m.spectrum.cwiseMin(1.4f); };
        const Plan plan = planFor("default", false);
        const Run run = explored(plan, microscope);
        checkSound(run, plan);
        QCOMPARE(countOf(run, "seems saturated"), 1);

        Dataset dataset = datasetWithKnownOptimum(true);
        dataset.image = dataset.image.min(0.7f);
        const int largest = int((dataset.image == 0.7f).count());
        SpoilingMicroscope bright(std::move(dataset));
        const Run saturated = explored(plan, bright);
        checkSound(saturated, plan);
        QCOMPARE(countOf(saturated, "survey image seems saturated"), 1);
        QVERIFY(saturated.steps[0].warnings.join(' ').contains(QString::number(largest)));
    }

    void aDetectorWithinItsLimitsIsNotBlamed()
    {
        const Dataset dataset = datasetWithKnownOptimum(true);
        QVERIFY(odditiesOf(dataset.image).isEmpty());
        // Eight bits with noise, a drawing of three levels, and low counts.
        Random random(7);
        Map coarse(100, 100), drawing(100, 100);
        for (float &value : coarse.reshaped())
            value = float(std::clamp(int(120 + 25 * random.normal()), 0, 255));
        for (float &value : drawing.reshaped())
            value = float(int(3 * random.uniform()));
        QVERIFY(odditiesOf(coarse).isEmpty() && odditiesOf(drawing).isEmpty());
        QVERIFY(!odditiesOf(coarse.min(130.f)).isEmpty());
        Eigen::VectorXf counts(2000);
        for (float &value : counts)
            value = float(int(3 * random.uniform()));
        QCOMPARE(saturatedChannels(counts), 0);
        QCOMPARE(saturatedChannels(Eigen::VectorXf::Constant(100, 5)), 0);
        for (float &value : counts)
            value = float(int(1000 + 30 * random.normal()));
        QCOMPARE(saturatedChannels(counts), 0);
        counts.segment(700, 6).setConstant(4095);
        QCOMPARE(saturatedChannels(counts), 6);
        QCOMPARE(saturatedChannels({}), 0);
    }

    void aModelThatCannotLearnDoesNotEndTheRun()
    {
        // Sums of such values are infinite, and not standardized no covariance fits them.
        Plan plan = planFor("published", false);
        plan.model.standardizeTargets = false;
        SpoilingMicroscope microscope(datasetWithKnownOptimum(false));
        microscope.spoil = [](int call, Measurement &m) {
            m.value = call < 9 ? m.value : 1.7e308 * (call % 2 == 0 ? 1 : -1);
        };
        const Run run = explored(plan, microscope);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QCOMPARE(int(run.steps.size()), 14);
        QVERIFY(countOf(run, "cannot learn") > 0);
        for (const Step &step : run.steps)
            if (step.number >= 10)
                QVERIFY(!step.belief && step.warnings.join(' ').contains("an earlier step"));
        QVERIFY(run.steps[7].belief && run.steps[7].belief->mean.isFinite().count() == 25 * 25);
        QVERIFY(!run.model.empty()); // the last good one
    }

    void aModelThatNeverLearnsEndsTheRunInTheEnd()
    {
        Plan plan = planFor("published", false);
        plan.model.standardizeTargets = false;
        plan.steps = 40;
        SpoilingMicroscope microscope(datasetWithKnownOptimum(false));
        microscope.spoil = [](int call, Measurement &m) {
            m.value = 1.7e308 * (call % 2 == 0 ? 1 : -1);
        };
        const Run run = explored(plan, microscope);
        QCOMPARE(run.outcome, Run::Outcome::Failed);
        QVERIFY(run.steps.size() >= 6 && run.steps.size() < 20);
        QVERIFY(countOf(run, "could not learn: pixel") > 0); // chosen at random meanwhile
    }

    void tellsHowOftenIntervalsHold()
    {
        // Residuals at the middle of each of 200 equal parts of the normal distribution, found by
        // bisection of its own integral: every interval holds what it says.
        std::vector<double> residuals, narrow;
        for (int i = 0; i < 200; ++i) {
            const double wanted = (i + 0.5) / 200;
            double low = -8, high = 8;
            for (int k = 0; k < 60; ++k) {
                const double middle = (low + high) / 2;
                (0.5 * std::erfc(-middle / std::sqrt(2.)) < wanted ? low : high) = middle;
            }
            residuals.push_back(low);
            narrow.push_back(2 * low); // deviations half as wide as they should be
        }
        const std::vector<ReliabilityPoint> points = reliabilityOf(residuals);
        QCOMPARE(points.size(), std::size_t(20));
        for (const ReliabilityPoint &point : points) {
            QVERIFY(std::abs(point.observed - point.level) < 0.0051); // half a value either side
            QVERIFY(point.low < point.observed && point.high > point.observed);
            QVERIFY(point.low >= 0 && point.high <= 1);
        }
        QVERIFY(std::abs(points[18].level - 0.95) < 1e-12);
        // Wilson's interval of 190 of 200, as tables have it.
        QVERIFY(std::abs(points[18].low - 0.9104) < 5e-4);
        QVERIFY(std::abs(points[18].high - 0.9726) < 5e-4);
        for (const ReliabilityPoint &point : reliabilityOf(narrow))
            QVERIFY(point.observed < point.level);
        QVERIFY(reliabilityOf({}).empty());
    }

    void aResidualNeedsAPrediction()
    {
        Step step;
        step.value = 5;
        step.predictedMean = 2;
        step.predictedDeviation = 3;
        step.predictedNoise = 4;
        QCOMPARE(*standardizedResidual(step), 0.6);
        step.predictedMean = std::numeric_limits<double>::quiet_NaN(); // a first point
        QVERIFY(!standardizedResidual(step));
        step.predictedMean = 2;
        step.predictedDeviation = step.predictedNoise = 0;
        QVERIFY(!standardizedResidual(step));
    }

    void aMapBeyondItsNumbersIsNotSilent()
    {
        Plan plan = planFor("default", false);
        SpoilingMicroscope microscope(datasetWithKnownOptimum(false));
        microscope.spoil = [](int, Measurement &m) { m.value *= 1e100; }; // maps are float32
        const Run run = explored(plan, microscope);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QVERIFY(run.steps.back().belief && !run.steps.back().belief->mean.isFinite().any());
        QVERIFY(countOf(run, "cannot be shown at") > 0);
    }
};

QTEST_GUILESS_MAIN(TestTrust)
#include "tst_trust.moc"
