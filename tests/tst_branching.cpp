// SPDX-License-Identifier: GPL-3.0-or-later
#include "knownoptimum.h"
#include "sentence.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/recordedmicroscope.h"
#include "steering/rerun/verification.h"

#include <QElapsedTimer>
#include <QTest>

#include <thread>

using namespace helmscope;

namespace {

/// A run on the scene with the known optimum, as of an instrument that is no longer there.
std::shared_ptr<const Run> past(bool hasSpectra, Plan plan = quickPlan(),
                                const Operator &person = {})
{
    Replay replay(datasetWithKnownOptimum(hasSpectra));
    return std::make_shared<const Run>(explore(plan, replay, unwatched(), {}, person));
}

} // namespace

class TestBranching : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesOverWhatWasMeasured()
    {
        const auto run = past(true);
        Branch branch;
        branch.step = 9;
        branch.acquisition = AcquisitionSettings{Acquisition::UpperConfidenceBound, 0.01, 0.7};
        branch.seed = 77;
        branch.beyond = Origin::Beyond::Nearest;
        const Plan plan = branchPlan(*run, "r1", branch);
        QCOMPARE(plan.origin.run, QString("r1"));
        QCOMPARE(plan.origin.step, 9);
        QCOMPARE(plan.initial.given.size(), std::size_t(9));
        QCOMPARE(plan.steps, int(run->steps.size()) - 9);
        QCOMPARE(plan.seed, std::uint64_t(77));
        // It survives being saved.
        const Plan saved = Plan::fromJson(plan.toJson(), "a plan");
        QCOMPARE(saved.toJson(), plan.toJson());
        QCOMPARE(saved.origin, plan.origin);

        const std::unique_ptr<Microscope> microscope = openBranch(saved, run, unwatched());
        const Run went = explore(saved, *microscope, unwatched(), {});
        QCOMPARE(went.steps.size(), run->steps.size());
        for (std::size_t i = 0; i < 9; ++i) {
            QCOMPARE(went.steps[i].pixel, run->steps[i].pixel);
            QVERIFY(went.steps[i].spectrum == run->steps[i].spectrum);
            QCOMPARE(went.steps[i].value, run->steps[i].value);
            QCOMPARE(went.steps[i].dose, run->steps[i].dose);
            QCOMPARE(went.steps[i].source, Measurement::Source::Measured);
            QCOMPARE(went.steps[i].reason, Reason::Initial);
        }
        QCOMPARE(went.steps[9].acquisition, Acquisition::UpperConfidenceBound);
        // And a branch can be verified and branched in its turn.
        const Verification found =
            verifyRun(std::make_shared<const Run>(went), VerifyBy::Sample, 0, unwatched());
        QVERIFY2(!found.first, qPrintable(found.text()));
        Branch further;
        further.step = 12;
        further.beyond = Origin::Beyond::Nearest;
        QCOMPARE(branchPlan(went, "r2", further).initial.given.size(), std::size_t(12));
    }

    void marksWhatNobodyMeasured()
    {
        const auto run = past(true);
        Branch branch;
        branch.step = 7;
        branch.seed = 5;
        branch.steps = 12;
        branch.avoidRadius = 0;
        branch.beyond = Origin::Beyond::Nearest;
        const Plan plan = branchPlan(*run, "r1", branch);
        const Run went = explore(plan, *openBranch(plan, run, unwatched()), unwatched(), {});
        int standIns = 0, told = 0;
        for (const Step &step : went.steps) {
            const auto same = std::find_if(run->steps.begin(), run->steps.end(),
                                           [&](const Step &s) { return s.pixel == step.pixel; });
            const bool isMeasured = same != run->steps.end();
            QCOMPARE(step.source == Measurement::Source::Measured, isMeasured);
            standIns += !isMeasured;
            told += int(step.warnings.filter("stands in").size());
            if (isMeasured)
                continue;
            double shortest = 1e9;
            for (const Step &s : run->steps)
                shortest = std::min(shortest, std::hypot(s.pixel.row - step.pixel.row,
                                                         s.pixel.col - step.pixel.col));
            QVERIFY(std::any_of(run->steps.begin(), run->steps.end(), [&](const Step &s) {
                return s.spectrum == step.spectrum &&
                       std::hypot(s.pixel.row - step.pixel.row, s.pixel.col - step.pixel.col) ==
                           shortest;
            }));
            QCOMPARE(step.dose, 0.); // nobody shone on it
        }
        QCOMPARE(standIns, 12); // what the run measured afterwards is avoided
        QCOMPARE(told, 1);
    }

    void aPredictionStandsIn()
    {
        const auto run = past(true);
        Branch branch;
        branch.step = 8;
        branch.steps = 5;
        branch.seed = 5;
        branch.avoidRadius = 1;
        branch.beyond = Origin::Beyond::Predicted;
        const Plan plan = branchPlan(*run, "r1", branch);
        const Run went = explore(plan, *openBranch(plan, run, unwatched()), unwatched(), {});
        QCOMPARE(went.energies.channels(), 0); // values, not spectra
        const Map &mean = run->steps.back().belief->mean;
        for (std::size_t i = 0; i < went.steps.size(); ++i) {
            const Step &step = went.steps[i];
            if (i < 8)
                QCOMPARE(step.value, run->steps[i].value);
            else
                QCOMPARE(step.value, double(mean(step.pixel.row, step.pixel.col)));
            QCOMPARE(step.source,
                     i < 8 ? Measurement::Source::Measured : Measurement::Source::Predicted);
        }
        branch.scalarizer = Scalarizer::parse("band:1-1.5");
        QVERIFY(sentenceOf([&] { branchPlan(*run, "r1", branch); }).contains("nearest"));
        Run bare = *run;
        for (Step &step : bare.steps)
            step.belief.reset();
        QVERIFY(sentenceOf([&] {
                    openBranch(plan, std::make_shared<const Run>(bare), unwatched());
                }).contains("map"));
    }

    void theSampleAnswersWhereItIsKnown()
    {
        Plan plan;
        Simulator::Settings settings;
        settings.sample.rows = settings.sample.cols = 32;
        settings.sample.channels = 32;
        plan.sample = settings;
        plan.scalarizer.band = {0.43, 0.53};
        plan.patch = 6;
        plan.initial.count = 5;
        plan.steps = 6;
        Simulator simulator(settings);
        const auto run = std::make_shared<const Run>(explore(plan, simulator, unwatched(), {}));
        Branch branch;
        branch.step = 7;
        branch.acquisition = AcquisitionSettings{Acquisition::Random, 0.01, 0.5};
        const Plan other = branchPlan(*run, "r1", branch);
        const Run went = explore(other, *openBranch(other, run, unwatched()), unwatched(), {});
        QCOMPARE(went.steps.size(), run->steps.size());
        for (const Step &step : went.steps)
            QCOMPARE(step.source, Measurement::Source::Measured);
        QVERIFY(went.steps.back().quality); // the truth is known
        QVERIFY(went.steps.back().pixel != run->steps.back().pixel);
        for (const VerifyBy by : {VerifyBy::Sample, VerifyBy::Record}) {
            const Verification found =
                verifyRun(std::make_shared<const Run>(went), by, 0, unwatched());
            QVERIFY2(!found.first, qPrintable(found.text()));
            QCOMPARE(found.steps, int(went.steps.size()));
        }
        // From the beginning: the plan's own first points.
        branch.step = 0;
        QCOMPARE(branchPlan(*run, "r1", branch).initial, plan.initial);
        QCOMPARE(branchPlan(*run, "r1", branch).steps, plan.steps);
    }

    void holdsWhatTheOperatorHadOrdered()
    {
        int asked = 0;
        Operator person;
        person.orders = [&asked] {
            Orders orders;
            ++asked;
            if (asked == 8) {
                orders.acquisition =
                    AcquisitionSettings{Acquisition::ExpectedImprovement, 0.5, 0.3};
                orders.forbidden = Mask::Constant(28, 28, false);
                orders.forbidden->topRows(10) = true;
                orders.preferred = Preference{Mask::Constant(28, 28, true), 4};
            }
            if (asked == 11)
                orders.acquisition = AcquisitionSettings{Acquisition::Random, 0.5, 0.3};
            return orders;
        };
        person.approve = [](const Proposal &proposal) {
            static int vetoes = 0;
            return proposal.number == 8 && vetoes++ == 0 ? Verdict::Veto : Verdict::Measure;
        };
        const auto run = past(true, quickPlan(), person);
        Branch branch;
        branch.step = 9;
        branch.beyond = Origin::Beyond::Nearest;
        const Plan plan = branchPlan(*run, "r1", branch);
        QCOMPARE(plan.acquisition.kind, Acquisition::ExpectedImprovement);
        QCOMPARE(plan.acquisition.xi, 0.5);
        QVERIFY(plan.forbidden.topRows(10).count() > 270);
        QCOMPARE(plan.preferred.factor, 4.);
        QCOMPARE(plan.preferred.pixels.count(), Eigen::Index(28 * 28));
        for (const Step &step : run->steps)
            for (const Intervention &said : step.interventions)
                if (said.vetoed)
                    QVERIFY(plan.forbidden(said.vetoed->row, said.vetoed->col));
        branch.step = 6; // before all that
        QCOMPARE(branchPlan(*run, "r1", branch).acquisition.kind, quickPlan().acquisition.kind);
        QCOMPARE(branchPlan(*run, "r1", branch).forbidden.size(), Eigen::Index(0));
    }

    void ordersThatWereNotTakenDoNotHold()
    {
        Run run = *past(true);
        Intervention said;
        said.orders.forbidden = Mask::Constant(3, 3, true); // of another grid
        said.orders.acquisition = AcquisitionSettings{quickPlan().acquisition.kind, 0.01, -1};
        said.orders.scalarizer = Scalarizer::parse("band:100-200"); // outside of the axis
        said.vetoed = Pixel{20, 21};
        run.steps[6].interventions = {said};
        Branch branch;
        branch.step = 9;
        branch.beyond = Origin::Beyond::Nearest;
        const Plan plan = branchPlan(run, "r1", branch);
        QCOMPARE(plan.acquisition, quickPlan().acquisition);
        QCOMPARE(plan.scalarizer, quickPlan().scalarizer);
        QCOMPARE(plan.forbidden.rows(), Eigen::Index(28));
        QCOMPARE(plan.forbidden.count(), Eigen::Index(1));
        QVERIFY(plan.forbidden(20, 21));
        run.plan.forbidden = Mask::Constant(3, 3, true);
        QVERIFY(sentenceOf([&] { branchPlan(run, "r1", branch); }).contains("3 × 3"));
    }

    void whatStandsInDoesNotStandInAgain()
    {
        Run run = *past(true);
        run.steps.resize(3);
        run.steps[0].pixel = {0, 0};
        run.steps[1].pixel = {10, 10};
        run.steps[1].source = Measurement::Source::Nearest;
        run.steps[1].spectrum = run.steps[0].spectrum;
        run.steps[2].pixel = {14, 14};
        QVERIFY(run.steps[2].spectrum != run.steps[0].spectrum);
        RecordedMicroscope microscope(std::make_shared<const Run>(run), -1, Origin::Beyond::Nearest,
                                      nullptr);
        const Measurement answer = microscope.measure({11, 11}, 0.1);
        QVERIFY(answer.spectrum == run.steps[2].spectrum);
        QCOMPARE(answer.source, Measurement::Source::Nearest);
        QCOMPARE(microscope.measure({10, 10}, 0.1).source, Measurement::Source::Nearest);
    }

    void aRunThatMeasuredNothingHasNoPredictions()
    {
        Run run = *past(true);
        run.steps.clear();
        Branch branch;
        branch.beyond = Origin::Beyond::Predicted;
        branch.scalarizer = Scalarizer::parse("band:1-1.5");
        const Plan plan = branchPlan(run, "r1", branch);
        QVERIFY(sentenceOf([&] {
                    openBranch(plan, std::make_shared<const Run>(run), unwatched());
                }).contains("map"));
        branch.beyond = Origin::Beyond::Nearest;
        const Plan nearest = branchPlan(run, "r1", branch);
        const auto microscope = openBranch(nearest, std::make_shared<const Run>(run), unwatched());
        QVERIFY(sentenceOf([&] { microscope->measure({4, 4}, 0.1); }).contains("(4, 4)"));
    }

    void wholeSpectraAreTakenFromTheNearestOnly()
    {
        Plan vector = quickPlan();
        vector.isVector = true;
        vector.bin = 2;
        const auto run = past(true, vector);
        Branch branch;
        branch.step = 8;
        branch.seed = 5;
        branch.avoidRadius = 0;
        branch.beyond = Origin::Beyond::Predicted;
        QVERIFY(sentenceOf([&] { branchPlan(*run, "r1", branch); }).contains("nearest"));
        branch.beyond = Origin::Beyond::Nearest;
        const Plan plan = branchPlan(*run, "r1", branch);
        const Run went = explore(plan, *openBranch(plan, run, unwatched()), unwatched(), {});
        QCOMPARE(went.outcome, Run::Outcome::Finished);
        QCOMPARE(went.steps.size(), run->steps.size());
        QCOMPARE(went.steps.back().source, Measurement::Source::Nearest);
    }

    void refusesWhatCannotBe()
    {
        const auto run = past(false);
        Branch branch;
        for (const int step : {-1, 100}) {
            branch.step = step;
            QVERIFY(sentenceOf([&] {
                        branchPlan(*run, "r1", branch);
                    }).contains(QString::number(step)));
        }
        branch.step = 8;
        branch.forbidden = Mask::Constant(3, 3, false);
        QVERIFY(sentenceOf([&] { branchPlan(*run, "r1", branch); }).contains("28"));
        branch.forbidden = Mask::Constant(28, 28, true);
        QVERIFY(sentenceOf([&] { branchPlan(*run, "r1", branch); }).contains("Nothing is left"));
        branch.forbidden.reset();
        branch.beyond = Origin::Beyond::Nearest;
        const Plan plan = branchPlan(*run, "r1", branch);
        Run other = *run;
        other.steps[3].value += 1;
        QVERIFY(sentenceOf([&] {
                    openBranch(plan, std::make_shared<const Run>(other), unwatched());
                }).contains("r1"));
    }

    void takesItsTimeAndStopsAtOnce()
    {
        const auto unhurried =
            inRealTime(std::make_unique<Replay>(datasetWithKnownOptimum(false)), 0.5);
        QElapsedTimer time;
        time.start();
        unhurried->measure({1, 1}, 0.1);
        QVERIFY(time.elapsed() >= 50);
        std::thread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            unhurried->abort();
        });
        time.restart();
        const QString sentence = sentenceOf([&] { unhurried->measure({1, 2}, 60); });
        stopper.join();
        QVERIFY2(sentence.contains("aborted"), qPrintable(sentence));
        QVERIFY(time.elapsed() < 10'000);
        unhurried->resume();
        unhurried->measure({1, 3}, 0.001);
        QVERIFY(!sentenceOf([&] { inRealTime(nullptr, -1); }).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestBranching)
#include "tst_branching.moc"
