// SPDX-License-Identifier: GPL-3.0-or-later
#include "sentence.h"
#include "steering/experiment.h"
#include "steering/recording/foreignrun.h"
#include "steering/rerun/comparison.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QTest>

#include <numbers>

using namespace helmscope;

namespace {

/// Steps along a row with these values, judged by `rmse`.
std::shared_ptr<const Run> made(const std::vector<double> &values, const std::vector<double> &rmse,
                                int row = 0)
{
    Run run;
    run.survey.image = Map::Constant(8, 8, 1);
    run.valueUnit = "counts";
    double best = -1e9;
    for (std::size_t i = 0; i < values.size(); ++i) {
        Step step;
        step.number = int(i + 1);
        step.pixel = {i < 2 ? 0 : row, int(i)};
        step.value = values[i];
        step.bestValue = best = std::max(best, values[i]);
        step.meanDeviation = std::nan("");
        step.measureSeconds = 0.5;
        step.learnSeconds = 0.5;
        step.dose = 10;
        if (i < rmse.size() && std::isfinite(rmse[i])) {
            step.quality.emplace();
            step.quality->rmse = rmse[i];
        }
        run.steps.push_back(step);
    }
    return std::make_shared<const Run>(run);
}

const ComparedCurve *curve(const Comparison &comparison, const QString &key, const QString &name)
{
    for (const ComparedCurve &one : comparison.curves)
        if (one.key == key && one.name == name)
            return &one;
    return nullptr;
}

} // namespace

class TestComparison : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsOfEachRun()
    {
        NamedRun a{"a", {}, made({1, 3, 2, 5}, {}), {}, Map::Constant(8, 8, 4)};
        a.truth(3, 3) = 9;
        const NamedRun b{"b", {}, made({1, 3, 4}, {}, 5), {}, {}};
        const Comparison found = compare({a, b}, unwatched());
        QCOMPARE(curve(found, "best", "a")->middle, (std::vector<double>{1, 3, 3, 5}));
        QCOMPARE(curve(found, "best", "a")->low, curve(found, "best", "a")->middle);
        QCOMPARE(curve(found, "regret", "a")->middle, (std::vector<double>{8, 6, 6, 4}));
        QVERIFY(!curve(found, "regret", "b"));
        QVERIFY(!curve(found, "deviation", "a")); // nothing is known of it
        QCOMPARE(curve(found, "best", "a")->seconds, (std::vector<double>{1, 2, 3, 4}));
        QCOMPARE(curve(found, "best", "a")->dose, (std::vector<double>{10, 20, 30, 40}));
        QCOMPARE(curve(found, "best", "b")->steps, (std::vector<double>{1, 2, 3}));
        QCOMPARE(found.partings.size(), std::size_t(1));
        QCOMPARE(found.partings[0].step, 3);
        QCOMPARE(compare({a, a}, unwatched()).partings[0].step, 0);
        QCOMPARE(found.valueUnit, QString("counts"));
    }

    void aGroupHasAMedianAndQuartiles()
    {
        std::vector<NamedRun> runs;
        for (int i = 1; i <= 5; ++i)
            runs.push_back(
                {QString::number(i), "seeds", made({double(i), double(i * i)}, {}), {}, {}});
        runs.push_back({"longer", "seeds", made({3, 9, 40}, {}), {}, {}});
        const Comparison found = compare(runs, unwatched());
        const ComparedCurve *best = curve(found, "best", "seeds");
        QVERIFY(best);
        QCOMPARE(best->runs, 6);
        // 1 2 3 3 4 5 and 1 4 9 9 16 25: linear interpolation between order statistics.
        QCOMPARE(best->middle, (std::vector<double>{3, 9, 40}));
        QCOMPARE(best->low, (std::vector<double>{2.25, 5.25, 40}));
        QCOMPARE(best->high, (std::vector<double>{3.75, 14.25, 40}));
    }

    void tellsWhenAQualityWasReached()
    {
        const double none = std::nan("");
        const auto run = made({1, 1, 1, 1, 1, 1, 1, 1}, {9, 1, 9, none, 2, 1, 2, 1});
        const Comparison found = compare({{"a", {}, run, {}, {}}}, unwatched());
        std::vector<Reached> when = reached(found, "rmse", 2);
        QCOMPARE(when.size(), std::size_t(1));
        QCOMPARE(when[0].step, std::optional(5)); // one good step among bad ones does not count
        QCOMPARE(when[0].seconds, 5.);
        QCOMPARE(when[0].dose, 50.);
        QCOMPARE(reached(found, "rmse", 1)[0].step, std::optional(8)); // the last one, at the end
        QVERIFY(!reached(found, "rmse", 0.5)[0].step);
        QCOMPARE(reached(found, "best", 1)[0].step, std::optional(1)); // higher is better
        QVERIFY(reached(found, "mae", 1).empty());
        QVERIFY(sentenceOf([&] { reached(found, "luck", 1); }).contains("luck"));
    }

    void aValueThatWasChangedIsNotMixed()
    {
        Run run = *made({1, 2, 30, 40}, {});
        run.steps[0].scalarizer.band = run.steps[1].scalarizer.band = {1, 2};
        const Comparison found =
            compare({{"a", {}, std::make_shared<const Run>(run), {}, {}}}, unwatched());
        const std::vector<double> &best = curve(found, "best", "a")->middle;
        QVERIFY(std::isnan(best[0]) && std::isnan(best[1]));
        QCOMPARE(best[2], 30.);
        QVERIFY(found.notes.join(' ').contains("step 3"));
    }

    void saysWhatCannotBeCompared()
    {
        Run other = *made({1, 2}, {});
        other.survey.image(0, 0) = 5;
        const Comparison found = compare({{"a", {}, made({1, 2}, {}), {}, {}},
                                          {"b", {}, std::make_shared<const Run>(other), {}, {}}},
                                         unwatched());
        QCOMPARE(found.notes.size(), 1);
        QVERIFY(found.notes[0].contains("different images"));
        QVERIFY(!sentenceOf([] { compare({}, unwatched()); }).isEmpty());
        QVERIFY(
            !sentenceOf([] {
                 compare(std::vector<NamedRun>(65, {"a", {}, made({1}, {}), {}, {}}), unwatched());
             }).isEmpty());
        QCOMPARE(sentenceOf([] {
                     compare({{"a", {}, made({1}, {}), {}, {}}}, [](double) { return false; });
                 }),
                 QString("Stopped."));
    }

    void holdsMapsAgainstTheTruth()
    {
        Run run = *made({0, 1}, {});
        auto belief = std::make_shared<Belief>();
        belief->mean = belief->deviation = Map::Constant(8, 8, std::nanf(""));
        for (int col = 0; col < 4; ++col) {
            belief->mean(0, col) = 1;
            belief->deviation(0, col) = 2;
        }
        run.steps[1].belief = belief;
        NamedRun named{"a", {}, std::make_shared<const Run>(run), {}, Map::Zero(8, 8)};
        named.truth(0, 1) = 6;
        named.truth(5, 5) = 100; // nothing is predicted there: it could not be measured
        const Comparison found = compare({named}, unwatched());
        QCOMPARE(curve(found, "mae", "a")->middle[1], 1.); // of the two that are not measured
        QCOMPARE(curve(found, "rmseAll", "a")->middle[1], std::sqrt(28. / 4));
        const double nlpd = 0.5 * std::log(2 * std::numbers::pi * 4) + 0.5 * 7 / 4;
        QVERIFY(std::abs(curve(found, "nlpdAll", "a")->middle[1] - nlpd) < 1e-12);
        QCOMPARE(curve(found, "regret", "a")->middle, (std::vector<double>{6, 5}));
        named.truth = Map::Zero(3, 3); // of something else: left alone
        QVERIFY(!curve(compare({named}, unwatched()), "mae", "a"));
    }

    void writesTables()
    {
        const NamedRun a{"a, \"the first\"", {}, made({1, 3}, {0.5}), {}, {}};
        const Comparison found = compare({a}, unwatched());
        const QByteArray csv = toCsv(found);
        const QList<QByteArray> lines = csv.split('\n');
        QVERIFY(lines[0].startsWith("run,group,step,row,col,value,seconds,dose,best"));
        QVERIFY2(lines[1].startsWith("\"a, \"\"the first\"\"\",,1,0,0,1,1,10,1"), lines[1]);
        QCOMPARE(lines.size(), 4);
        const QJsonObject json = toJson(found);
        QCOMPARE(json["runs"].toArray().size(), 1);
        QCOMPARE(json["curves"].toArray()[0].toObject()["key"].toString(), QString("best"));
    }

    void theSimulatedSampleKnowsItsTruth()
    {
        Plan plan;
        Simulator::Settings settings;
        settings.sample.rows = settings.sample.cols = 32;
        settings.sample.channels = 32;
        plan.sample = settings;
        plan.scalarizer.band = {0.43, 0.53};
        plan.patch = 6;
        plan.initial.count = 5;
        plan.steps = 5;
        Simulator simulator(settings);
        const auto run = std::make_shared<const Run>(explore(plan, simulator, unwatched(), {}));
        const Comparison found = compare({{"a", {}, run, {}, {}}}, unwatched());
        const ComparedCurve *regret = curve(found, "regret", "a"), *mae = curve(found, "mae", "a"),
                            *rmse = curve(found, "rmse", "a");
        QVERIFY(regret && mae && rmse);
        QVERIFY(regret->middle.back() <= regret->middle.front());
        QVERIFY(mae->middle.back() > 0 && mae->middle.back() <= rmse->middle.back() * (1 + 1e-6));
    }

    void readsWhatOthersRecorded()
    {
        const QString file = HELMSCOPE_SOURCE "/../shared/data/beacon-pfm/beacon_pfm_replay.npz";
        if (!QFileInfo::exists(file))
            QSKIP("the recording is not here");
        QVERIFY(holdsForeignRuns(file));
        const std::vector<NamedRun> runs = readForeignRuns(file, unwatched());
        QCOMPARE(runs.size(), std::size_t(3));
        for (const NamedRun &named : runs) {
            QCOMPARE(named.run->steps.size(), std::size_t(310));
            QCOMPARE(named.recordedCurves.at("rmseAll").size(), std::size_t(310));
            // Judged before each choice: the first number is of the model that knew the seeds.
            QVERIFY(std::isnan(named.recordedCurves.at("rmseAll")[8]));
            QVERIFY(std::isfinite(named.recordedCurves.at("rmseAll")[9]));
            for (std::size_t i = 0; i < 10; ++i)
                QCOMPARE(named.run->steps[i].pixel, runs[0].run->steps[i].pixel); // the same seeds
        }
        const Comparison found = compare(runs, unwatched());
        for (const Parting &parting : found.partings)
            QVERIFY(parting.step == 11 || parting.step == 12); // after the seeds
        QVERIFY(curve(found, "rmseAll", runs[0].name)->isForeign);
        QVERIFY(curve(found, "nlpdAll", runs[0].name)->isForeign);
        QVERIFY(!curve(found, "nlpd", runs[0].name)); // ours is over the truth's deviation
        QVERIFY(found.notes.join(' ').contains("MAE"));

        // Ours beside theirs: the same image, truth and first points.
        Plan plan = planLike(runs[1]);
        plan.steps = 10;
        const std::unique_ptr<Microscope> microscope = openMicroscope(plan, unwatched());
        const auto ours = std::make_shared<const Run>(explore(plan, *microscope, unwatched(), {}));
        QCOMPARE(ours->steps.size(), std::size_t(20));
        const Comparison both =
            compare({runs[1], {"ours", {}, ours, {}, runs[1].truth}}, unwatched());
        for (std::size_t i = 0; i < 10; ++i) {
            QCOMPARE(ours->steps[i].pixel, runs[1].run->steps[i].pixel);
            QCOMPARE(ours->steps[i].value, runs[1].run->steps[i].value);
        }
        QVERIFY(curve(both, "mae", "ours"));
        QVERIFY(curve(both, "mae", "ours")->middle.back() > 0);
        QVERIFY(curve(both, "rmseAll", "ours")->middle.back() <=
                curve(both, "rmse", "ours")->middle.back()); // what was measured is known
        QVERIFY(!holdsForeignRuns(HELMSCOPE_SOURCE
                                  "/../shared/data/idp-haadf-eds/idp0_eds_sp2_ebin4.npz"));
        QVERIFY(!holdsForeignRuns(HELMSCOPE_SOURCE "/README.md"));
    }
};

QTEST_GUILESS_MAIN(TestComparison)
#include "tst_comparison.moc"
