// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/presets.h"
#include "steering/choosing.h"
#include "steering/experiment.h"

#include "base/error.h"
#include "knownoptimum.h"
#include "steering/quality.h"

#include <QTest>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

using namespace helmscope;

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// A replay that misbehaves as told.
class OddMicroscope : public Microscope
{
public:
    explicit OddMicroscope(Dataset dataset)
        : m_replay(std::move(dataset))
    {
    }

    int failsAt = 0;                                 ///< the call of measure() that throws; 0: none
    std::function<void(Pixel, Measurement &)> spoil; ///< changes an answer
    int calls = 0;
    bool tellsTruth = false;

    QString name() const override { return "The odd microscope"; }
    Dataset survey(const Progress &progress) override { return m_replay.survey(progress); }
    EnergyAxis energies() const override { return m_replay.energies(); }
    Limits limits() const override { return m_replay.limits(); }
    Measurement measure(Pixel pixel, double dwellSeconds) override
    {
        if (++calls == failsAt)
            throw Error("The odd microscope lost its vacuum.");
        Measurement measurement = m_replay.measure(pixel, dwellSeconds);
        if (spoil)
            spoil(pixel, measurement);
        return measurement;
    }
    void abort() override { m_replay.abort(); }
    void resume() override { m_replay.resume(); }
    std::optional<Dataset> groundTruth() const override
    {
        return tellsTruth ? m_replay.groundTruth() : std::nullopt;
    }

private:
    Replay m_replay;
};

/// An operator who gives each order before the step of its number.
struct Script
{
    std::map<int, Orders> orders;
    int asked = 0;

    Operator person()
    {
        Operator person;
        person.orders = [this] {
            const auto found = orders.find(++asked);
            return found == orders.end() ? Orders() : found->second;
        };
        return person;
    }
};

bool same(double a, double b)
{
    return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

bool same(const Map &a, const Map &b)
{
    return a.rows() == b.rows() && a.cols() == b.cols() &&
           ((a == b) || (a.isNaN() && b.isNaN())).all();
}

/// Bit for bit, but for the times.
bool same(const Step &a, const Step &b)
{
    return a.number == b.number && a.pixel == b.pixel && a.reason == b.reason &&
           same(a.value, b.value) && same(a.acquisitionValue, b.acquisitionValue) &&
           same(a.predictedMean, b.predictedMean) &&
           same(a.predictedDeviation, b.predictedDeviation) &&
           same(a.predictedNoise, b.predictedNoise) && a.spectrum == b.spectrum &&
           a.losses == b.losses && same(a.meanDeviation, b.meanDeviation) &&
           a.modelHash == b.modelHash && bool(a.belief) == bool(b.belief) &&
           (!a.belief || (same(a.belief->mean, b.belief->mean) &&
                          same(a.belief->deviation, b.belief->deviation) &&
                          same(a.belief->acquisition, b.belief->acquisition) &&
                          a.belief->next == b.belief->next));
}

bool isAt(const Step &step, Pixel pixel)
{
    return step.pixel == pixel;
}

bool says(const QStringList &sentences, const QString &words)
{
    return sentences.join('\n').contains(words);
}

Run exploreQuietly(const Plan &plan, Microscope &microscope, const Operator &person = {})
{
    return explore(plan, microscope, unwatched(), {}, person);
}

} // namespace

class TestExperiment : public QObject
{
    Q_OBJECT
private:
    static Run run(const Plan &plan, bool hasSpectra = true, const Operator &person = {})
    {
        Replay replay(datasetWithKnownOptimum(hasSpectra));
        return exploreQuietly(plan, replay, person);
    }
    template <class Act>
    static QString sentenceOf(Act act)
    {
        try {
            act();
        } catch (const Error &error) {
            return error.what();
        }
        return {};
    }

private Q_SLOTS:
    void measuresTheBudgetAndTellsWhy()
    {
        const Plan plan = quickPlan();
        Replay replay(datasetWithKnownOptimum(true));
        std::vector<Step> told;
        int starts = 0;
        const Run run = explore(
            plan, replay, unwatched(), [&](const Step &step) { told.push_back(step); }, {},
            [&](const Run &start) {
                ++starts;
                QVERIFY(told.empty() && start.steps.empty());
                QCOMPARE(start.energies.channels(), 24);
                QCOMPARE(start.valueUnit, QString("counts"));
                QCOMPARE(start.valueName, QString("mean 1.85–2.15 eV"));
                QCOMPARE(start.survey.pixelSizeNm, 2.);
                QVERIFY(!start.survey.hasSpectra());
            });
        QCOMPARE(starts, 1);
        QCOMPARE(int(run.steps.size()), 14);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QVERIFY(!run.message.isEmpty());
        QVERIFY(DeepKernel::deserialize(run.model).isTrained());
        std::set<Pixel> visited;
        double best = 0;
        for (int i = 0; i < 14; ++i) {
            const Step &step = run.steps[std::size_t(i)];
            QVERIFY(same(step, told[std::size_t(i)]));
            QCOMPARE(step.number, i + 1);
            QVERIFY(visited.insert(step.pixel).second);
            QCOMPARE(step.reason, i < 6 ? Reason::Initial : Reason::Acquisition);
            QCOMPARE(int(step.spectrum.size()), 24);
            QCOMPARE(step.value, plan.scalarizer(step.spectrum, run.energies));
            best = std::max(best, step.value);
            QCOMPARE(step.bestValue, best);
            QCOMPARE(step.dwellSeconds, plan.dwellSeconds);
            QVERIFY(step.dose > 0);
            QCOMPARE(std::isnan(step.predictedMean), i < 6);
            QCOMPARE(std::isnan(step.predictedDeviation), i < 6);
            QCOMPARE(std::isnan(step.predictedNoise), i < 6);
            QCOMPARE(std::isnan(step.acquisitionValue), i < 6);
            QCOMPARE(bool(step.belief), i >= 5);
            QCOMPARE(bool(step.quality), i >= 5);
            QCOMPARE(step.losses.empty(), i < 5);
            QVERIFY(int(step.losses.size()) <= plan.model.cycles);
            QCOMPARE(step.modelHash != 0, i >= 5);
            QCOMPARE(std::isnan(step.meanDeviation), i < 5);
            QVERIFY(step.warnings.isEmpty() && step.changes.isEmpty());
        }
        QCOMPARE(run.steps.back().modelHash, DeepKernel::deserialize(run.model).hash());
    }

    void predictsBeforeItMeasures()
    {
        const Run run = TestExperiment::run(quickPlan());
        for (std::size_t i = 6; i < run.steps.size(); ++i) {
            const Belief &before = *run.steps[i - 1].belief;
            const Step &step = run.steps[i];
            const auto [row, col] = step.pixel;
            QVERIFY(before.next && isAt(step, *before.next));
            QCOMPARE(float(step.predictedMean), before.mean(row, col));
            QCOMPARE(float(step.predictedDeviation), before.deviation(row, col));
            QCOMPARE(float(step.predictedNoise), before.noise(row, col));
            QCOMPARE(float(step.acquisitionValue), before.acquisition(row, col));
            for (std::size_t j = 0; j < i; ++j) { // no worth where something is measured
                const Pixel measured = run.steps[j].pixel;
                QVERIFY(std::isnan(before.acquisition(measured.row, measured.col)));
                QVERIFY(std::isfinite(before.mean(measured.row, measured.col)));
            }
            QCOMPARE(float(step.acquisitionValue),
                     before.acquisition.isNaN().select(-1e30f, before.acquisition).maxCoeff());
            QVERIFY(std::isnan(before.mean(0, 0))); // no patch around the corner
        }
    }

    void goesTheSamePathTwice_data()
    {
        QTest::addColumn<QString>("acquisition");
        QTest::addColumn<bool>("isVector");
        QTest::addColumn<bool>("isWarm");
        for (const AcquisitionRow &row : acquisitions())
            QTest::newRow(row.key) << QString(row.key) << false << false;
        QTest::newRow("vector") << "ei" << true << false;
        QTest::newRow("vector thompson") << "thompson" << true << false;
        QTest::newRow("warm") << "ei" << false << true;
    }
    void goesTheSamePathTwice()
    {
        QFETCH(QString, acquisition);
        QFETCH(bool, isVector);
        QFETCH(bool, isWarm);
        Plan plan = quickPlan();
        plan.acquisition.kind = acquisitionFromKey(acquisition.toStdString());
        plan.isVector = isVector;
        plan.bin = isVector ? 2 : 1;
        plan.isWarmStart = isWarm;
        const Run one = run(plan), two = run(plan);
        QCOMPARE(one.steps.size(), two.steps.size());
        for (std::size_t i = 0; i < one.steps.size(); ++i)
            QVERIFY(same(one.steps[i], two.steps[i]));
        QVERIFY(one.model == two.model);

        plan.seed = 8;
        const Run other = run(plan);
        bool isOther = false;
        for (std::size_t i = 0; i < one.steps.size(); ++i)
            isOther = isOther || one.steps[i].pixel != other.steps[i].pixel;
        QVERIFY(isOther);
    }

    void spreadsAGridOfFirstPoints()
    {
        Plan plan = quickPlan();
        plan.initial = {InitialPoints::Kind::Grid, 9, {}};
        plan.steps = 0;
        const Run run = TestExperiment::run(plan);
        QCOMPARE(int(run.steps.size()), 9);
        std::set<int> rows, cols;
        for (const Step &step : run.steps) {
            rows.insert(step.pixel.row);
            cols.insert(step.pixel.col);
        }
        QCOMPARE(int(rows.size()), 3);
        QCOMPARE(int(cols.size()), 3);
        QVERIFY(*rows.begin() < 9 && *rows.rbegin() > 18);
        QVERIFY(run.steps.back().belief);
    }

    void beginsAtGivenPoints()
    {
        Plan plan = quickPlan();
        plan.initial = {InitialPoints::Kind::Given, 0, {{10, 11}, {5, 6}, {20, 7}}};
        plan.initial.count = 1;
        plan.steps = 1;
        const Run run = TestExperiment::run(plan);
        QCOMPARE(int(run.steps.size()), 4);
        QVERIFY(isAt(run.steps[0], {10, 11}) && isAt(run.steps[1], {5, 6}) &&
                isAt(run.steps[2], {20, 7}));

        plan.initial.given.push_back({0, 27});
        QVERIFY(sentenceOf([&] { TestExperiment::run(plan); }).contains("(0, 27)"));
        plan.initial.given.back() = {5, 6};
        QVERIFY(sentenceOf([&] { TestExperiment::run(plan); }).contains("(5, 6)"));
        plan.initial.given.clear();
        QVERIFY(!sentenceOf([&] { TestExperiment::run(plan); }).isEmpty());
    }

    void refusesAPlanThatDoesNotFit()
    {
        Plan plan = quickPlan();
        plan.isVector = true;
        QVERIFY(sentenceOf([&] { run(plan, false); }).contains("single values"));
        plan.bin = 25;
        QVERIFY(sentenceOf([&] { run(plan); }).contains("25"));
        plan = quickPlan();
        plan.dwellSeconds = 1e5;
        QVERIFY(sentenceOf([&] { run(plan); }).contains("dwell"));
        plan = quickPlan();
        plan.scalarizer.band = {7, 8};
        QVERIFY(!sentenceOf([&] { run(plan); }).isEmpty());
        plan = quickPlan();
        plan.patch = 64;
        QVERIFY(!sentenceOf([&] { run(plan); }).isEmpty());
        plan = quickPlan();
        plan.model.startNoise = undefined;
        QVERIFY(sentenceOf([&] { run(plan); }).contains("startNoise"));
    }

    void losesNothingWhereverItIsStopped()
    {
        Plan plan = quickPlan();
        plan.steps = 2;
        plan.model.cycles = 5;
        bool isDone = false;
        for (int most = 0; !isDone; ++most) { // stop at each of the questions
            OddMicroscope microscope(datasetWithKnownOptimum(true));
            int asked = 0, told = 0, askedAfterStop = 0;
            bool isStopped = false;
            double reached = 0;
            const Run run = explore(
                plan, microscope,
                [&](double fraction) {
                    askedAfterStop += isStopped;
                    reached = std::max(reached, fraction);
                    isStopped = asked++ == most;
                    return !isStopped && fraction >= 0 && fraction <= 1;
                },
                [&](const Step &) { ++told; });
            isDone = !isStopped;
            QCOMPARE(run.outcome, isDone ? Run::Outcome::Finished : Run::Outcome::Stopped);
            QCOMPARE(told, int(run.steps.size()));
            QCOMPARE(microscope.calls, told);
            QCOMPARE(askedAfterStop, 0);
            QVERIFY(isDone ? reached > 0.9 : !run.message.isEmpty());
            if (told >= 6) {
                QCOMPARE(run.model.empty(), run.steps.back().modelHash == 0);
            }
            QVERIFY(most < 10000);
        }
    }

    void keepsWhatTheModelLearntUntilItWasStopped()
    {
        Plan plan = quickPlan();
        plan.model = presetFromKey("network").settings;
        plan.model.hidden = {20, 10};
        plan.model.cycles = 1000;
        int asked = 0;
        Replay replay(datasetWithKnownOptimum(true));
        const Run run = explore(plan, replay, [&](double) { return ++asked < 60; }, {});
        QCOMPARE(run.outcome, Run::Outcome::Stopped);
        QCOMPARE(int(run.steps.size()), 6);
        const std::size_t losses = run.steps.back().losses.size();
        QVERIFY(losses > 10 && losses < 60); // it asked in each cycle
        QVERIFY(run.steps.back().modelHash != 0 && !run.steps.back().belief);
        QVERIFY(!run.model.empty());
    }

    void obeysAQueue()
    {
        Script script;
        script.orders[8].queue = {{20, 20}, {99, 1}, {0, 0}, {21, 21}, {20, 20}};
        script.orders[12].queue = {{20, 20}};
        const Run run = TestExperiment::run(quickPlan(), true, script.person());
        QCOMPARE(int(run.steps.size()), 14); // queued ones are of the budget
        QVERIFY(isAt(run.steps[7], {20, 20}) && isAt(run.steps[8], {21, 21}));
        QCOMPARE(run.steps[7].reason, Reason::Queued);
        QCOMPARE(run.steps[8].reason, Reason::Queued);
        QCOMPARE(run.steps[9].reason, Reason::Acquisition);
        QVERIFY(std::isnan(run.steps[7].acquisitionValue));
        const float expected = run.steps[6].belief->mean(20, 20);
        QCOMPARE(float(run.steps[7].predictedMean), expected);
        QVERIFY(says(run.steps[7].changes, "(99, 1) lies outside"));
        QVERIFY(says(run.steps[7].changes, "(0, 0) lies outside"));
        QCOMPARE(run.steps[7].changes.size(), 4); // two taken, two ignored
        QVERIFY(says(run.steps[11].changes, "(20, 20) is measured already"));
    }

    void queuesBetweenTheFirstPoints()
    {
        Script script;
        script.orders[3].queue = {{20, 20}};
        const Run run = TestExperiment::run(quickPlan(), true, script.person());
        QVERIFY(isAt(run.steps[2], {20, 20}));
        QCOMPARE(run.steps[2].reason, Reason::Queued);
        QCOMPARE(run.steps[6].reason, Reason::Initial);
        QCOMPARE(int(run.steps.size()), 14);
    }

    void staysOutOfAForbiddenRegion()
    {
        Mask mask = Mask::Constant(28, 28, true);
        mask.block(0, 0, 28, 14).setConstant(false);
        Script script;
        script.orders[1].forbidden = mask;
        script.orders[2].queue = {{10, 20}};
        script.orders[9].forbidden = Mask::Constant(3, 3, true);
        script.orders[10].forbidden = mask; // as it was: no change
        script.orders[11].forbidden = Mask();
        Plan plan = quickPlan();
        plan.steps = 30;
        const Run run = TestExperiment::run(plan, true, script.person());
        bool hasLeft = false;
        for (const Step &step : run.steps) {
            if (step.number < 11)
                QVERIFY(step.pixel.col < 14);
            else
                hasLeft = hasLeft || step.pixel.col >= 14;
        }
        QVERIFY(hasLeft);
        QCOMPARE(run.steps[5].reason, Reason::Initial); // as many first points as asked for
        QVERIFY(says(run.steps[0].changes, "forbidden"));
        QVERIFY(says(run.steps[1].changes, "(10, 20) is forbidden"));
        QVERIFY(std::isnan(run.steps[7].belief->acquisition(14, 20)));
        QVERIFY(std::isfinite(run.steps[7].belief->mean(14, 20)));
        QVERIFY(says(run.steps[8].changes, "3 × 3"));
        QVERIFY(run.steps[9].changes.isEmpty());
        QVERIFY(says(run.steps[10].changes, "Nothing is forbidden"));
    }

    void goesWhereARegionIsPreferred()
    {
        Preference wanted;
        wanted.pixels = Mask::Constant(28, 28, false);
        wanted.pixels.rightCols(6) = true;
        wanted.factor = 500;
        Script script;
        script.orders[7].preferred = wanted; // after the first points
        script.orders[8].preferred = Preference{Mask::Constant(3, 3, true), 2};
        script.orders[9].preferred = Preference{wanted.pixels, 0.5};
        script.orders[10].preferred = wanted; // as it was: no change
        script.orders[13].preferred = Preference();
        Plan plan = quickPlan();
        plan.acquisition.kind = Acquisition::Uncertainty;
        const Run run = TestExperiment::run(plan, true, script.person());
        for (int i = 6; i < 12; ++i)
            QVERIFY(run.steps[std::size_t(i)].pixel.col >= 22);
        const Belief &belief = *run.steps[8].belief; // worth is what it was, so many times
        for (int col = 8; col < 20; ++col)
            if (const float worth = belief.acquisition(14, col); std::isfinite(worth))
                QCOMPARE(worth, belief.deviation(14, col));
        if (const float worth = belief.acquisition(14, 23); std::isfinite(worth))
            QVERIFY(std::abs(worth / (500 * belief.deviation(14, 23)) - 1) < 1e-5);
        QVERIFY(says(run.steps[6].changes, "preferred: their acquisition counts 500 times"));
        QVERIFY(says(run.steps[7].changes, "3 × 3"));
        QVERIFY(says(run.steps[8].changes, "between 1 and 1000"));
        QVERIFY(run.steps[9].changes.isEmpty());
        QVERIFY(says(run.steps[12].changes, "Nothing is preferred"));
    }

    void whatIsPreferredIsNeverWorthLess()
    {
        const Field field({{0, 0}, {0, 1}, {0, 2}, {0, 3}}, 1, 4);
        Preference preferred{Mask::Constant(1, 4, false), 3};
        preferred.pixels(0, 1) = preferred.pixels(0, 3) = true;
        Eigen::VectorXd worth(4);
        worth << 0.5, 0.2, 0.4, std::numeric_limits<double>::quiet_NaN();
        raisePreferred(worth, preferred, field);
        QCOMPARE(worth[0], 0.5);
        QVERIFY(std::abs(worth[1] - 0.6) < 1e-12); // above 0: simply three times
        QVERIFY(std::isnan(worth[3]));
        worth << -4, -2, 1, -5; // of a signed one: above the lowest
        raisePreferred(worth, preferred, field);
        QCOMPARE(worth[1], -5 + 3 * 3.);
        QCOMPARE(worth[3], -5.);
        preferred.factor = 1;
        QVERIFY(preferred.isEmpty());
    }

    void aQueuedPixelCanBeTakenBack()
    {
        Script script;
        script.orders[8].queue = {{20, 20}, {21, 5}};
        script.orders[9].withdrawn = {{21, 5}, {1, 1}};
        const Run run = TestExperiment::run(quickPlan(), true, script.person());
        for (const Step &step : run.steps)
            QVERIFY(!isAt(step, {21, 5}));
        QVERIFY(isAt(run.steps[7], {20, 20}));
        QVERIFY(says(run.steps[8].changes, "(21, 5) is not queued any more"));
        QVERIFY(says(run.steps[8].changes, "(1, 1) is not queued, so"));
    }

    void endsWhenNoPixelIsLeft()
    {
        Mask mask = Mask::Constant(28, 28, true);
        mask.block(10, 10, 3, 3).setConstant(false);
        Script script;
        script.orders[1].forbidden = mask;
        const Run run = TestExperiment::run(quickPlan(), true, script.person());
        QCOMPARE(run.outcome, Run::Outcome::Exhausted);
        QCOMPARE(int(run.steps.size()), 9);
        QVERIFY(!run.steps.back().belief->next);
    }

    void changesTheAcquisition()
    {
        Script script;
        script.orders[9].acquisition = AcquisitionSettings{Acquisition::UpperConfidenceBound, 0, 0};
        script.orders[10].acquisition = script.orders[9].acquisition;
        script.orders[11].acquisition = AcquisitionSettings{Acquisition::Uncertainty, undefined, 0};
        const Run run = TestExperiment::run(quickPlan(), true, script.person());
        QCOMPARE(run.steps[7].acquisition, quickPlan().acquisition.kind);
        QCOMPARE(run.steps[8].acquisition, Acquisition::UpperConfidenceBound);
        QVERIFY(says(run.steps[8].changes, "now"));
        QVERIFY(run.steps[9].changes.isEmpty());
        QVERIFY(says(run.steps[10].changes, "not changed"));
        // With beta 0 the next pixel is where the mean is largest, at once.
        for (std::size_t i = 8; i < 14; ++i)
            QCOMPARE(run.steps[i].acquisitionValue, run.steps[i].predictedMean);
    }

    void computesAllValuesAnewForAnotherScalarizer_data()
    {
        QTest::addColumn<bool>("isVector");
        QTest::newRow("scalar") << false;
        QTest::newRow("vector") << true;
    }
    void computesAllValuesAnewForAnotherScalarizer()
    {
        QFETCH(bool, isVector);
        Scalarizer other;
        other.band = {1, 1.2};
        Scalarizer unusable;
        unusable.band = {50, 60};
        Script script;
        script.orders[10].scalarizer = other;
        script.orders[12].scalarizer = unusable;
        Plan plan = quickPlan();
        plan.isVector = isVector;
        const Run run = TestExperiment::run(plan, true, script.person());
        QVERIFY(run.steps[8].scalarizer == plan.scalarizer);
        double best = 0;
        for (std::size_t i = 0; i < run.steps.size(); ++i) {
            const Step &step = run.steps[i];
            QVERIFY(step.scalarizer == (i < 9 ? plan.scalarizer : other));
            QCOMPARE(step.value, step.scalarizer(step.spectrum, run.energies));
            best = std::max(best, other(step.spectrum, run.energies));
            if (i >= 9)
                QCOMPARE(step.bestValue, best);
        }
        // Away from the peak nearly nothing changes: mean, prediction and quality are of that
        // quantity now.
        QVERIFY(run.steps[8].belief->mean(optimum.row, optimum.col) > 5);
        QVERIFY(run.steps[9].predictedMean < 3);
        QVERIFY(run.steps[9].belief->mean(optimum.row, optimum.col) < 3);
        QVERIFY(run.steps[9].quality->rmse < 1);
        QVERIFY(says(run.steps[9].changes, "mean 1–1.2 eV"));
        QVERIFY(says(run.steps[11].changes, "not changed"));
        QVERIFY(run.steps[13].scalarizer == other);
    }

    void refusesAScalarizerForValues()
    {
        Script script;
        script.orders[2].scalarizer = Scalarizer{};
        script.orders[3].scalarizer = quickPlan().scalarizer;
        const Run run = TestExperiment::run(quickPlan(), false, script.person());
        QVERIFY(says(run.steps[1].changes, "not changed"));
        QCOMPARE(run.outcome, Run::Outcome::Finished);
    }

    void changesTheBudget()
    {
        Script script;
        script.orders[10].steps = 12;
        script.orders[11].steps = -4;
        script.orders[15].steps = 9;
        const Run run = TestExperiment::run(quickPlan(), true, script.person());
        QCOMPARE(int(run.steps.size()), 15);
        QVERIFY(says(run.steps[9].changes, "12"));
        QVERIFY(says(run.steps[10].changes, "not changed"));
        QCOMPARE(run.outcome, Run::Outcome::Finished);
    }

    void asksForApprovalAndTakesTheNextBest()
    {
        std::vector<Proposal> proposals;
        std::set<Pixel> vetoed;
        Operator person;
        person.approve = [&](const Proposal &proposal) {
            proposals.push_back(proposal);
            if (proposals.size() % 3 != 1)
                return Verdict::Measure;
            vetoed.insert(proposal.pixel);
            return Verdict::Veto;
        };
        const Run run = TestExperiment::run(quickPlan(), true, person);
        QVERIFY(vetoed.size() > 4);
        for (const Step &step : run.steps)
            QVERIFY(!vetoed.contains(step.pixel));
        bool hasNextBest = false;
        for (std::size_t i = 0; i + 1 < proposals.size(); i += 3) {
            const Proposal &first = proposals[i], &second = proposals[i + 1];
            QCOMPARE(first.number, second.number);
            QVERIFY(first.pixel != second.pixel);
            if (first.reason != Reason::Acquisition)
                continue;
            hasNextBest = true;
            const Step &step = run.steps[std::size_t(second.number - 1)];
            QVERIFY(isAt(step, second.pixel));
            QVERIFY(second.acquisitionValue <= first.acquisitionValue);
            QVERIFY(says(step.changes, "vetoed"));
            const auto [row, col] = first.pixel;
            QVERIFY(std::isnan(step.belief->acquisition(row, col)));
        }
        QVERIFY(hasNextBest);
    }

    void learnsAlsoWhenTheLastFirstPointIsVetoed()
    {
        Operator person;
        person.approve = [](const Proposal &proposal) {
            return proposal.number == 6 && proposal.reason == Reason::Initial ? Verdict::Veto
                                                                              : Verdict::Measure;
        };
        const Run run = TestExperiment::run(quickPlan(), true, person);
        QCOMPARE(run.steps[5].reason, Reason::Acquisition);
        QVERIFY(std::isfinite(run.steps[5].acquisitionValue));
        QVERIFY(run.steps[5].learnSeconds > 0);
        QCOMPARE(int(run.steps.size()), 13);
    }

    void keepsTheRunWhenTheInstrumentFails()
    {
        for (int call : {1, 4, 9}) {
            OddMicroscope microscope(datasetWithKnownOptimum(true));
            microscope.failsAt = call;
            const Run run = exploreQuietly(quickPlan(), microscope);
            QCOMPARE(run.outcome, Run::Outcome::Failed);
            QCOMPARE(run.message, QString("The odd microscope lost its vacuum."));
            QCOMPARE(int(run.steps.size()), call - 1);
            QCOMPARE(run.model.empty(), call < 7);
        }
    }

    void isStoppedRatherThanFailedWhenAborted()
    {
        Replay replay(datasetWithKnownOptimum(true));
        bool isStopped = false;
        Operator person;
        person.approve = [&](const Proposal &proposal) {
            if (proposal.number == 8) { // as the window's abort does, at the worst moment
                replay.abort();
                isStopped = true;
            }
            return Verdict::Measure;
        };
        const Run run = explore(
            quickPlan(), replay, [&](double) { return !isStopped; }, {}, person);
        QCOMPARE(run.outcome, Run::Outcome::Stopped);
        QCOMPARE(int(run.steps.size()), 7);
    }

    void refusesASpectrumOfAnotherLength()
    {
        OddMicroscope microscope(datasetWithKnownOptimum(true));
        microscope.spoil = [](Pixel, Measurement &measurement) {
            measurement.spectrum.conservativeResize(23);
        };
        const Run run = exploreQuietly(quickPlan(), microscope);
        QCOMPARE(run.outcome, Run::Outcome::Failed);
        QVERIFY(run.message.contains("23") && run.message.contains("24"));
    }

    void learnsNothingFromAnUndefinedValue()
    {
        OddMicroscope microscope(datasetWithKnownOptimum(false));
        int call = 0;
        microscope.spoil = [&](Pixel, Measurement &measurement) {
            if (++call % 3 == 0)
                measurement.value = undefined;
        };
        const Run run = exploreQuietly(quickPlan(), microscope);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        for (const Step &step : run.steps) {
            QCOMPARE(std::isnan(step.value), step.number % 3 == 0);
            QCOMPARE(says(step.warnings, "not defined"), step.number % 3 == 0);
            QVERIFY(std::isfinite(step.bestValue));
        }
        QVERIFY(run.steps.back().belief->mean.isFinite().any());
    }

    void goesOnAtRandomWhileNothingIsDefined()
    {
        OddMicroscope microscope(datasetWithKnownOptimum(false));
        int call = 0;
        microscope.spoil = [&](Pixel, Measurement &measurement) {
            if (++call < 10)
                measurement.value = undefined;
        };
        const Run run = exploreQuietly(quickPlan(), microscope);
        QCOMPARE(int(run.steps.size()), 14);
        QVERIFY(says(run.steps[7].warnings, "random"));
        QVERIFY(!run.steps[9].belief && run.steps[10].belief);
        QVERIFY(std::isnan(run.steps[8].bestValue) && std::isfinite(run.steps[9].bestValue));
    }

    void leavesOutPatchesWithDeadPixels()
    {
        Dataset dataset = datasetWithKnownOptimum(false);
        dataset.image(14, 14) = std::numeric_limits<float>::quiet_NaN();
        Replay replay(dataset);
        const Run run = exploreQuietly(quickPlan(), replay);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QVERIFY(says(run.steps[0].warnings, "16 pixels are left out")); // patches of 4 x 4
        QVERIFY(std::isnan(run.steps.back().belief->mean(14, 14)));
    }

    void goesOnFromTheLastModelInAWarmStart()
    {
        Plan plan = quickPlan();
        plan.isWarmStart = true;
        plan.model = presetFromKey("network").settings;
        plan.model.hidden = {20, 10};
        const Run run = TestExperiment::run(plan);
        QCOMPARE(int(run.steps[5].losses.size()), plan.model.cycles);
        for (std::size_t i = 6; i < run.steps.size(); ++i) {
            QCOMPARE(int(run.steps[i].losses.size()), plan.warmCycles);
            // It begins where the last training ended, not anew.
            QVERIFY(run.steps[i].losses.front() < run.steps[5].losses.front());
        }
    }

    void fitsOfManyPointsBeginWhereTheLastEnded()
    {
        Plan plan = quickPlan();
        plan.initial.count = 62;
        plan.steps = 30;
        plan.model.cycles = 200;
        const Run run = TestExperiment::run(plan);
        const auto evaluations = [&](std::size_t points) {
            return run.steps[points - 1].losses.size();
        };
        // Anew at 62 and 63 points, at 79 (a quarter more than 63); between them from the last.
        for (std::size_t points = 64; points < 79; ++points)
            QVERIFY(evaluations(points) < evaluations(63));
        QVERIFY(evaluations(79) > evaluations(78));
    }

    void kernelsOfVeryManyPointsStay()
    {
        Plan plan = quickPlan();
        plan.initial.count = 511;
        plan.steps = 5;
        plan.mapsEvery = 100;
        plan.model.cycles = 20;
        const Run run = TestExperiment::run(plan);
        QVERIFY(!run.steps[510].losses.empty()); // 511 points
        for (std::size_t i = 512; i < run.steps.size(); ++i) {
            QVERIFY(run.steps[i].losses.empty()); // appended
            QVERIFY(run.steps[i].modelHash != run.steps[i - 1].modelHash);
        }
        QVERIFY(run.steps.back().belief);
        QCOMPARE(DeepKernel::deserialize(run.model).points(), 516);
    }

    void predictsSpectraAndScalarizesThem()
    {
        Plan plan = quickPlan();
        plan.isVector = true;
        plan.bin = 2;
        plan.model.cycles = 60;
        const Run run = TestExperiment::run(plan);
        const Belief &belief = *run.steps.back().belief;
        QCOMPARE(belief.energies.channels(), 12);
        QCOMPARE(int(belief.spectra.cols()), 12);
        QCOMPARE(std::size_t(belief.spectra.rows()), belief.pixels.size());
        QCOMPARE(belief.rowOf({0, 0}), -1);
        for (const Pixel pixel : {optimum, Pixel{10, 10}}) {
            const int row = belief.rowOf(pixel);
            QVERIFY(row >= 0 && belief.pixels[std::size_t(row)] == pixel);
            const double value =
                plan.scalarizer(belief.spectra.row(row).transpose(), belief.energies);
            QVERIFY(std::abs(value - belief.mean(pixel.row, pixel.col)) < 1e-4 * std::abs(value));
        }
        for (std::size_t i = 0; i + 1 < run.steps.size(); ++i) // the newest alone keeps its spectra
            QVERIFY(!run.steps[i].belief || run.steps[i].belief->spectra.size() == 0);
        QVERIFY(run.steps[7].belief && run.steps[7].belief->mean.isFinite().any());
        QVERIFY2(run.steps.back().quality->r2 > 0.5,
                 qPrintable(QString::number(run.steps.back().quality->r2)));
    }

    void samplesAScalarizerThatIsNotLinear()
    {
        Plan plan = quickPlan();
        plan.isVector = true;
        plan.scalarizer.kind = Scalarizer::Kind::PeakHeight;
        plan.scalarizer.band = {1.5, 2.5};
        plan.model.cycles = 60;
        const Run run = TestExperiment::run(plan);
        const Belief &belief = *run.steps.back().belief;
        const int row = belief.rowOf(optimum);
        const double value = plan.scalarizer(belief.spectra.row(row).transpose(), belief.energies);
        // The largest of several uncertain channels lies somewhat above the largest of their means.
        const double mean = belief.mean(optimum.row, optimum.col);
        const double deviation = belief.deviation(optimum.row, optimum.col);
        QVERIFY(deviation > 0 && belief.noise(optimum.row, optimum.col) > 0);
        QVERIFY2(mean > value - deviation && mean < value + 4 * deviation,
                 qPrintable(QString("%1 %2 %3").arg(mean).arg(value).arg(deviation)));
        QVERIFY(run.steps.back().quality->r2 > 0.3);
    }

    void drawsForThompsonWhereItMayMeasure()
    {
        Plan plan = quickPlan();
        plan.acquisition.kind = Acquisition::Thompson;
        const Run run = TestExperiment::run(plan);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QVERIFY(run.steps[6].acquisitionValue != run.steps[6].predictedMean);
    }

    void findsTheOptimumFasterThanChance()
    {
        // Mean over seeds of how much of the best is missed; chance misses about a fifth.
        double missed[2] = {0, 0};
        constexpr int seeds = 5;
        for (int seed = 1; seed <= seeds; ++seed) {
            for (int i = 0; i < 2; ++i) {
                Plan plan = quickPlan();
                plan.seed = std::uint64_t(seed);
                plan.initial.count = 8;
                plan.steps = 17;
                plan.model.cycles = 40;
                plan.acquisition.kind =
                    i == 0 ? Acquisition::ExpectedImprovement : Acquisition::Random;
                const Run run = TestExperiment::run(plan, false);
                missed[i] += (2.1 - run.steps.back().bestValue) / seeds;
            }
        }
        qInfo("missed: expected improvement %.4f, random %.4f", missed[0], missed[1]);
        QVERIFY(missed[0] < 0.5 * missed[1]);
        QVERIFY(missed[0] < 0.05);
    }

    void endsWhenItsTimeIsUp()
    {
        Plan plan = quickPlan();
        plan.steps = 1'000'000;
        plan.stopping.afterSeconds = 0.2;
        const Run run = TestExperiment::run(plan, false);
        QVERIFY(run.outcome == Run::Outcome::TimeIsUp || run.outcome == Run::Outcome::Exhausted);
    }

    void endsOnAPlateau()
    {
        Plan plan = quickPlan();
        plan.stopping.plateauSteps = 3;
        plan.stopping.plateauChange = 1e5;
        const Run run = TestExperiment::run(plan);
        QCOMPARE(run.outcome, Run::Outcome::Plateau);
        QCOMPARE(int(run.steps.size()), 9); // six first points, the last one's map and three more
        plan.stopping.plateauChange = 0;
        QCOMPARE(TestExperiment::run(plan).outcome, Run::Outcome::Finished);
    }

    void keepsMapsAsOftenAsThePlanSays()
    {
        Plan plan = quickPlan();
        plan.mapsEvery = 4;
        plan.steps = 9;
        Replay replay(datasetWithKnownOptimum(true));
        int withBelief = 0;
        const Run run = explore(plan, replay, unwatched(),
                                [&](const Step &step) { withBelief += bool(step.belief); });
        QCOMPARE(withBelief, 10);
        for (const Step &step : run.steps)
            QCOMPARE(bool(step.belief),
                     step.number >= 6 && (step.number % 4 == 0 || step.number == 15));
    }

    void judgesItselfWhereTheTruthIsKnown()
    {
        Plan plan = quickPlan();
        plan.steps = 20;
        plan.model.cycles = 60;
        const Dataset dataset = datasetWithKnownOptimum(true);
        const Run run = TestExperiment::run(plan);
        std::vector<Pixel> measured;
        for (const Step &step : run.steps)
            measured.push_back(step.pixel);
        const Quality expected = judge(*run.steps.back().belief,
                                       scalarize(dataset.spectra, plan.scalarizer), measured, true);
        const Quality &quality = *run.steps.back().quality;
        QCOMPARE(quality.pixels, 25 * 25 - 26);
        QCOMPARE(quality.rmse, expected.rmse);
        QCOMPARE(quality.r2, expected.r2);
        QCOMPARE(quality.nlpd, expected.nlpd);
        QVERIFY2(quality.r2 > 0.8, qPrintable(QString::number(quality.r2)));
        QVERIFY(quality.r2 > run.steps[5].quality->r2);

        OddMicroscope blind(dataset);
        QVERIFY(!exploreQuietly(quickPlan(), blind).steps.back().quality);
    }

    void exploresTheSimulatedSample()
    {
        Plan plan = quickPlan();
        Simulator::Settings settings;
        settings.sample.rows = settings.sample.cols = 40;
        plan.sample = settings;
        plan.patch = 8;
        const auto microscope = openMicroscope(plan, unwatched());
        plan.scalarizer = defaultScalarizer(microscope->energies());
        plan.steps = 30;
        plan.model.cycles = 60;
        const Run run = exploreQuietly(plan, *microscope);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QVERIFY2(run.steps.back().quality->r2 > 0.3,
                 qPrintable(QString::number(run.steps.back().quality->r2)));
    }
};

QTEST_GUILESS_MAIN(TestExperiment)
#include "tst_experiment.moc"
