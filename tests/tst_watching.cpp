// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/experiment.h"
#include "steering/live/liverecord.h"
#include "steering/recording/runfile.h"
#include "steering/recording/stepline.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/recordedmicroscope.h"
#include "steering/rerun/verification.h"

#include "base/error.h"

#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <set>

using namespace helmscope;

namespace {

Plan simulatedPlan(const Unrest &unrest)
{
    Plan plan;
    Simulator::Settings sample;
    sample.sample.rows = sample.sample.cols = 64;
    sample.sample.channels = 32;
    sample.unrest = unrest;
    plan.sample = sample;
    plan.scalarizer.band = {0.35, 0.55};
    plan.patch = 8;
    plan.initial.count = 5;
    plan.steps = 15;
    plan.model.cycles = 10;
    return plan;
}

Unrest drifting(double x, double y)
{
    Unrest unrest;
    unrest.driftXNmPerSecond = x;
    unrest.driftYNmPerSecond = y;
    unrest.surveySeconds = 0;
    return unrest;
}

Run explored(const Plan &plan, const Operator &person = {})
{
    return explore(plan, *openMicroscope(plan, unwatched()), unwatched(), {}, person);
}

/// Through a run file and back.
std::shared_ptr<const Run> recorded(const Plan &plan, const QString &file,
                                    const Operator &person = {})
{
    std::optional<RunFile> out;
    const std::unique_ptr<Microscope> microscope = openMicroscope(plan, unwatched());
    const Run run = explore(
        plan, *microscope, unwatched(), [&](const Step &step) { out->append(step); }, person,
        [&](const Run &start) { out.emplace(file, start); });
    out->finish(run);
    out.reset();
    return std::make_shared<const Run>(readRun(file, unwatched()));
}

/// A simulator whose n-th survey image, from 0, shows another sample.
class Losing final : public Microscope
{
public:
    Losing(const Plan &plan, int first, int last)
        : m_first(first)
        , m_last(last)
        , m_inner(std::get<Simulator::Settings>(plan.sample))
    {
    }
    QString name() const override { return m_inner.name(); }
    Dataset survey(const Progress &progress) override
    {
        Dataset survey = m_inner.survey(progress);
        if (m_surveys >= m_first && m_surveys <= m_last) {
            Simulator::Settings other;
            other.sample.rows = other.sample.cols = 64;
            other.sample.seed = std::uint64_t(77 + m_surveys);
            other.sample.tiltDegrees = -40;
            other.sample.cubeNm = 17;
            survey.image = Simulator(other).survey(progress).image;
        }
        ++m_surveys;
        return survey;
    }
    EnergyAxis energies() const override { return m_inner.energies(); }
    Limits limits() const override { return m_inner.limits(); }
    Measurement measure(Pixel pixel, double dwell) override
    {
        return m_inner.measure(pixel, dwell);
    }
    void abort() override { m_inner.abort(); }
    void resume() override { m_inner.resume(); }

private:
    int m_first, m_last, m_surveys = 0;
    Simulator m_inner;
};

QList<Pixel> path(const Run &run)
{
    QList<Pixel> pixels;
    for (const Step &step : run.steps)
        pixels << step.pixel;
    return pixels;
}

} // namespace

class TestWatching : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aCalmSampleIsWhatItWas()
    {
        Simulator::Settings settings;
        settings.sample.rows = settings.sample.cols = 48;
        settings.hasShotNoise = false;
        settings.imageNoise = 0;
        Simulator calm(settings);
        const Map first = calm.survey(unwatched()).image;
        calm.measure({20, 20}, 1);
        QVERIFY((calm.survey(unwatched()).image == first).all());
        QVERIFY(calm.measure({20, 20}, 1).spectrum ==
                Nanocubes(settings.sample).expected({20, 20}));
    }

    void theSimulatedSampleDriftsAsTold()
    {
        Simulator::Settings settings;
        settings.sample.rows = settings.sample.cols = 48;
        settings.hasShotNoise = false;
        settings.imageNoise = 0;
        settings.unrest = drifting(3.2, -1.6); // 2 pixels right, 1 up in a second
        Simulator microscope(settings);
        const Map first = microscope.survey(unwatched()).image;
        microscope.measure({20, 20}, 1);
        QCOMPARE(microscope.drift().xNm, 3.2);
        QCOMPARE(microscope.drift().yNm, -1.6);
        const Map later = microscope.survey(unwatched()).image;
        QVERIFY((later.block(0, 2, 47, 46) - first.block(1, 0, 47, 46)).abs().maxCoeff() < 1e-4f);
        // What lay at (21, 18) is measured at (20, 20) now.
        settings.unrest.driftXNmPerSecond = settings.unrest.driftYNmPerSecond = 0;
        const Eigen::VectorXf moved = microscope.measure({20, 20}, 1e-4).spectrum;
        const Eigen::VectorXf still = Simulator(settings).measure({21, 18}, 1e-4).spectrum;
        QVERIFY((moved - still).cwiseAbs().maxCoeff() < 1e-2f * still.maxCoeff());
    }

    void theRandomWalkHasItsDeviation()
    {
        double squares = 0;
        for (int seed = 1; seed <= 200; ++seed) {
            Simulator::Settings settings;
            settings.sample.rows = settings.sample.cols = 32;
            settings.sample.channels = 8;
            settings.sample.seed = std::uint64_t(seed);
            settings.unrest.walkNm = 2;
            Simulator microscope(settings);
            microscope.measure({0, 0}, 4);
            const Simulator::Drift drift = microscope.drift();
            squares += drift.xNm * drift.xNm + drift.yNm * drift.yNm;
            QCOMPARE(microscope.drift().xNm, drift.xNm);
        }
        // 2 nm a root second each way over 4 s: 16 nm^2 each; 400 draws: 7 %, four times that.
        QVERIFY2(std::abs(squares / 400 - 16) < 0.28 * 16,
                 qPrintable(QString::number(squares / 400)));
    }

    void losingTheFocusBlurs()
    {
        Unrest unrest;
        unrest.defocusNmPerSecond = 2;
        const Plan plan = simulatedPlan(unrest);
        const auto microscope = openMicroscope(plan, unwatched());
        const double before = sharpnessOf(microscope->survey(unwatched()).image, 16).whole;
        microscope->measure({20, 20}, 2);
        QVERIFY(sharpnessOf(microscope->survey(unwatched()).image, 16).whole < 0.6 * before);
    }

    void theBeamLeavesCarbon()
    {
        Unrest unrest;
        unrest.contaminationPerSecond = 0.5;
        Plan plan = simulatedPlan(unrest);
        std::get<Simulator::Settings>(plan.sample).hasShotNoise = false;
        const auto microscope = openMicroscope(plan, unwatched());
        const double first = double(microscope->measure({20, 20}, 1).spectrum.sum());
        const double second = double(microscope->measure({20, 20}, 1).spectrum.sum());
        QVERIFY(std::abs(second / first - std::exp(-0.5)) < 1e-5);
        const double far = double(microscope->measure({50, 50}, 1).spectrum.sum());
        const double fresh =
            double(openMicroscope(plan, unwatched())->measure({50, 50}, 1).spectrum.sum());
        QVERIFY(std::abs(far / fresh - 1) < 1e-6);
    }

    void theBeamFollowsTheSample()
    {
        Plan plan = simulatedPlan(drifting(8, 4.8)); // over 20 dwells of 50 ms: 5 and 3 pixels
        plan.watch.surveyEvery = 4;
        const Run run = explored(plan);
        QVERIFY2(run.outcome == Run::Outcome::Finished, qPrintable(run.message));
        QCOMPARE(int(run.steps.size()), 20);
        int surveys = 0;
        for (const Step &step : run.steps) {
            // The dwells before the last image are those of the steps up to it.
            const int at = 4 * ((step.number - 1) / 4);
            QVERIFY2(std::abs(step.driftXNm - 8 * 0.05 * at) < 0.5,
                     qPrintable(QStringLiteral("%1: %2").arg(step.number).arg(step.driftXNm)));
            QVERIFY(std::abs(step.driftYNm - 4.8 * 0.05 * at) < 0.5);
            QCOMPARE(step.beam.col - step.pixel.col, int(std::lround(step.driftCols)));
            QCOMPARE(step.beam.row - step.pixel.row, int(std::lround(step.driftRows)));
            surveys += int(step.surveys.size());
            for (const Resurvey &taken : step.surveys)
                QVERIFY(taken.isTrusted && taken.quality > 0.8 && taken.image);
        }
        QCOMPARE(surveys, 4);
        QCOMPARE(run.steps.back().beam.col - run.steps.back().pixel.col, 4);
    }

    void theBeamFollowsBetweenImagesWhenToldTo()
    {
        Plan plan = simulatedPlan(drifting(8, 4.8)); // a steady 0.4 nm and 0.24 nm a measurement
        plan.watch.surveyEvery = 6;
        const Run without = explored(plan);
        plan.watch.extrapolates = true;
        const Run run = explored(plan);
        QVERIFY2(run.outcome == Run::Outcome::Finished, qPrintable(run.message));
        double error = 0, errorWithout = 0;
        for (const Step &step : run.steps) {
            const int at = step.number - 1;
            // Known only by the first image until the second: nothing to go on by.
            QCOMPARE(step.isDriftExtrapolated, at > 6 && at % 6 != 0);
            const double wanted = 8 * 0.05 * at;
            if (at >= 6) {
                QVERIFY2(std::abs(step.driftXNm - wanted) < 0.7,
                         qPrintable(QStringLiteral("%1: %2").arg(step.number).arg(step.driftXNm)));
                QVERIFY(std::abs(step.driftYNm - 4.8 * 0.05 * at) < 0.7);
                error += std::abs(step.driftXNm - wanted);
                errorWithout += std::abs(without.steps[std::size_t(at)].driftXNm - wanted);
            }
            QCOMPARE(step.beam.col - step.pixel.col, int(std::lround(step.driftCols)));
        }
        for (const Step &step : without.steps)
            QVERIFY(!step.isDriftExtrapolated);
        QVERIFY2(error < errorWithout / 3,
                 qPrintable(QStringLiteral("%1 %2").arg(error).arg(errorWithout)));
        const QJsonObject marked = liveToJson(run.steps[8]);
        QVERIFY(marked["driftExtrapolated"].toBool());
        Step again;
        again.pixel = run.steps[8].pixel;
        liveFromJson(marked, again, "a step");
        QVERIFY(again.isDriftExtrapolated);
    }

    void surveysWhenTheDriftIsLarge()
    {
        Plan plan = simulatedPlan(drifting(8, 0));
        plan.watch.surveyAtNm = 2; // 5 measurements of 0.4 nm
        const Run run = explored(plan);
        QList<int> at;
        for (const Step &step : run.steps)
            if (!step.surveys.empty())
                at << step.number;
        QVERIFY2(at.size() >= 2 && at.first() == 6, qPrintable(QString::number(at.size())));
        for (int i = 1; i < at.size(); ++i)
            QVERIFY2(std::abs(at[i] - at[i - 1] - 5) <= 1, qPrintable(QString::number(at[i])));
    }

    void theOperatorMayAskForASurvey()
    {
        int asked = 0;
        Operator person;
        person.orders = [&asked] {
            Orders orders;
            orders.survey = ++asked == 8;
            return orders;
        };
        Plan plan = simulatedPlan(drifting(8, 0));
        plan.watch.leastRegistration = 0.45;
        const Run run = explored(plan, person);
        for (const Step &step : run.steps)
            QCOMPARE(int(step.surveys.size()), step.number == 8 ? 1 : 0);
    }

    void stopsWhenTheShiftCannotBeTold()
    {
        Plan plan = simulatedPlan(drifting(2, 2));
        plan.watch.surveyEvery = 6;
        Losing microscope(plan, 2, 2);
        const Run run = explore(plan, microscope, unwatched(), {});
        QVERIFY(run.outcome == Run::Outcome::Stopped);
        QVERIFY2(run.message.contains("drifted cannot be told"), qPrintable(run.message));
        QCOMPARE(int(run.steps.size()), 12);
    }

    void goesOnAfterTheAlarmWithAnotherImage()
    {
        Plan plan = simulatedPlan(drifting(2, 2));
        plan.watch.surveyEvery = 6;
        Losing microscope(plan, 2, 3);
        QStringList alarms;
        Operator person;
        person.alarm = [&alarms](const QString &sentence) {
            alarms << sentence;
            return true;
        };
        const Run run = explore(plan, microscope, unwatched(), {}, person);
        QVERIFY(run.outcome == Run::Outcome::Finished);
        QCOMPARE(alarms.size(), 2);
        const Step &after = run.steps[12];
        QCOMPARE(int(after.surveys.size()), 3);
        QVERIFY(!after.surveys[0].isTrusted && !after.surveys[1].isTrusted &&
                after.surveys[2].isTrusted);
        QVERIFY(after.warnings.join(' ').contains("drifted cannot be told"));
    }

    void theReferenceTellsOfContamination()
    {
        Unrest unrest;
        unrest.contaminationPerSecond = 1;
        Plan plan = simulatedPlan(unrest);
        std::get<Simulator::Settings>(plan.sample).hasShotNoise = false;
        plan.watch.reference = Pixel{30, 30};
        plan.watch.referenceEvery = 5;
        plan.forbidden = Mask::Constant(64, 64, false);
        plan.forbidden.block(15, 15, 30, 30) = true; // nobody else leaves carbon there
        const Run run = explored(plan);
        int checks = 0;
        for (const Step &step : run.steps)
            for (const ReferenceCheck &check : step.references) {
                QCOMPARE(step.number % 5, 1);
                const double expected = std::exp(-0.05 * checks) - 1;
                QVERIFY2(std::abs(check.change - expected) < 1e-3,
                         qPrintable(QString::number(check.change)));
                ++checks;
            }
        QCOMPARE(checks, 4);

        plan.watch.mostChange = 0.08; // the second check: -4.9 %, the third: -9.5 %
        const Run limited = explored(plan);
        QVERIFY(limited.outcome == Run::Outcome::Stopped);
        QCOMPARE(int(limited.steps.size()), 10);
        QVERIFY2(limited.message.contains("reference at (30, 30)") &&
                     limited.message.contains("-9.5 %"),
                 qPrintable(limited.message));
    }

    void poorPatchesAreFlaggedAndLeftOut()
    {
        Plan plan = simulatedPlan({});
        std::get<Simulator::Settings>(plan.sample).sample.vacuumFraction = 0.4;
        plan.initial.kind = InitialPoints::Kind::Grid;
        plan.initial.count = 25;
        plan.watch.leastSharpness = 0.3;
        const Run all = explored(plan);
        int poor = 0;
        for (const Step &step : all.steps)
            poor += step.flaws.any();
        QVERIFY2(poor > 2, qPrintable(QString::number(poor)));
        plan.watch.leavesOutPoor = true;
        const Run sound = explored(plan);
        for (const Step &step : sound.steps)
            QVERIFY(!step.flaws.any());
        QVERIFY(sound.steps.front().warnings.join(' ').contains("left out"));
        plan.watch.leastSharpness = 1e6;
        QVERIFY_EXCEPTION_THROWN(explored(plan), Error);
    }

    void overlappedChoicesKnowOneMeasurementLess()
    {
        Plan plan = simulatedPlan({});
        plan.watch.overlaps = true;
        const Run run = explored(plan);
        QVERIFY2(run.outcome == Run::Outcome::Finished, qPrintable(run.message));
        QCOMPARE(int(run.steps.size()), 20);
        std::set<Pixel> seen;
        for (const Step &step : run.steps) {
            QVERIFY(seen.insert(step.pixel).second);
            if (step.reason == Reason::Acquisition)
                QCOMPARE(step.known, step.number - 2);
            if (step.number >= plan.initial.count)
                QVERIFY(step.belief && step.modelHash != 0);
        }
        QCOMPARE(path(explored(plan)), path(run));
        plan.watch.overlaps = false;
        plan.watch.surveyEvery = 100;
        const Run alone = explored(plan);
        for (const Step &step : alone.steps)
            if (step.reason == Reason::Acquisition)
                QCOMPARE(step.known, step.number - 1);
        QVERIFY(path(alone) != path(run)); // it did not know as much
    }

    void anOverlappedRunObeysAndEnds()
    {
        Plan plan = simulatedPlan({});
        plan.watch.overlaps = true;
        int asked = 0;
        Operator person;
        person.orders = [&asked] {
            Orders orders;
            if (++asked == 9)
                orders.scalarizer.emplace().band = {0.8, 1.0};
            if (asked == 10)
                orders.queue = {{31, 33}};
            return orders;
        };
        int calls = 0;
        person.approve = [&calls](const Proposal &) {
            return ++calls == 12 ? Verdict::Veto : Verdict::Measure;
        };
        QTemporaryDir folder;
        const auto run = recorded(plan, folder.filePath("run.h5"), person);
        QVERIFY(run->outcome == Run::Outcome::Finished);
        QVERIFY(path(*run).contains(Pixel{31, 33}));
        const Verification again = verifyRun(run, VerifyBy::Sample, 0, unwatched());
        QVERIFY2(!again.first && again.isWhole, qPrintable(again.text()));
    }

    void everythingIsDoneAgainBitForBit_data()
    {
        QTest::addColumn<bool>("overlaps");
        QTest::newRow("one after the other") << false;
        QTest::newRow("overlapped") << true;
    }
    void everythingIsDoneAgainBitForBit()
    {
        QFETCH(bool, overlaps);
        Unrest unrest = drifting(9, -5);
        unrest.walkNm = 0.5;
        unrest.surveySeconds = 0.1;
        unrest.contaminationPerSecond = 0.2;
        unrest.defocusNmPerSecond = 0.1;
        Plan plan = simulatedPlan(unrest);
        plan.watch.overlaps = overlaps;
        plan.watch.surveyEvery = 3;
        plan.watch.referenceEvery = 4;
        plan.watch.leavesOutPoor = true;
        QTemporaryDir folder;
        const auto run = recorded(plan, folder.filePath("run.h5"));
        QVERIFY2(run->outcome == Run::Outcome::Finished, qPrintable(run->message));
        QVERIFY(run->plan.watch == plan.watch);
        for (const VerifyBy by : {VerifyBy::Sample, VerifyBy::Record}) {
            const Verification again = verifyRun(run, by, 0, unwatched());
            QVERIFY2(!again.first && again.isWhole, qPrintable(again.text()));
            QCOMPARE(again.steps, 20);
        }
        // A changed drift shows.
        auto other = std::make_shared<Run>(*run);
        other->steps[10].driftRows += 0.25;
        const Verification differs = verifyRun(other, VerifyBy::Record, 0, unwatched());
        QVERIFY(differs.first && differs.first->step == 11);

        // A run that was cut off goes on as if it had not been.
        auto cut = std::make_shared<Run>(*run);
        cut->steps.resize(11);
        cut->outcome = Run::Outcome::Stopped;
        const Run whole =
            continueRun(cut, openMicroscope(plan, unwatched()), unwatched(), {}, {}, {});
        QCOMPARE(path(whole), path(*run));
    }

    void aRecordWithoutAnImageSaysSo()
    {
        Plan plan = simulatedPlan(drifting(2, 2));
        plan.watch.surveyEvery = 6;
        auto run = std::make_shared<Run>(explored(plan));
        run->steps[6].surveys[0].image.reset();
        const Verification again = verifyRun(run, VerifyBy::Record, 0, unwatched());
        QVERIFY(again.first && again.text().contains("is lost"));
    }

    void branchesOfADriftingRunTakeItsPlacesOver()
    {
        Plan plan = simulatedPlan(drifting(8, 4));
        plan.watch.surveyEvery = 4;
        const auto run = std::make_shared<const Run>(explored(plan));
        Branch branch;
        branch.step = 12;
        const Plan other = branchPlan(*run, "run", branch);
        QVERIFY(!other.watch.surveys());
        const Run branched = explore(other, *openBranch(other, run, unwatched()), unwatched(), {});
        QVERIFY2(branched.outcome == Run::Outcome::Finished, qPrintable(branched.message));
        for (int i = 0; i < 12; ++i)
            QVERIFY(branched.steps[std::size_t(i)].spectrum == run->steps[std::size_t(i)].spectrum);
    }

    void linesKeepWhatWasWatched()
    {
        Plan plan = simulatedPlan(drifting(8, 4));
        plan.watch.surveyEvery = 4;
        plan.watch.referenceEvery = 5;
        const Run run = explored(plan);
        for (const Step &step : run.steps) {
            const Step back = stepFromLine(lineOf(step, nullptr), {}, "a line").step;
            QCOMPARE(liveToJson(back), liveToJson(step));
            QCOMPARE(back.beam, step.beam);
        }
        Step step;
        for (const char *bad : {R"({"known": -2})", R"({"known": 1, "beam": [1]})",
                                R"({"known": 1, "surveys": [{"rows": "x"}]})"})
            QVERIFY_EXCEPTION_THROWN(
                liveFromJson(QJsonDocument::fromJson(bad).object(), step, "a line"), Error);
    }

    void planKeepsItsWatch()
    {
        Plan plan = simulatedPlan(drifting(1, 2));
        plan.watch = {7, 2.5, 0.6, true, true, 0.4, 9, Pixel{3, 4}, 0.2, true};
        const Plan back = Plan::fromJson(plan.toJson(), "a plan");
        QVERIFY(back.watch == plan.watch);
        QVERIFY(std::get<Simulator::Settings>(back.sample) ==
                std::get<Simulator::Settings>(plan.sample));
        QCOMPARE(differencesOf({}, plan.watch).size(), 10);
        QVERIFY(differencesOf(plan.watch, plan.watch).isEmpty());
        for (const char *bad : {R"({"surveyEvery": -1})", R"({"leastRegistration": 2})",
                                R"({"reference": [1]})", R"({"mostChange": "much"})"})
            QVERIFY_EXCEPTION_THROWN(watchFromJson(QJsonDocument::fromJson(bad).object(), "a plan"),
                                     Error);
    }
};

QTEST_GUILESS_MAIN(TestWatching)
#include "tst_watching.moc"
