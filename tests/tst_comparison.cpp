// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "steering/experiment.h"
#include "steering/quality.h"
#include "steering/rerun/comparison.h"

#include <QJsonArray>
#include <QTest>

#include <cmath>
#include <numbers>

using namespace helmscope;

namespace {

const double unknown = std::nan("");

/// Measures along the first row of an image of 4 × 6; RMSE and best value as given.
NamedRun runOf(const QString &name, const QString &group, const std::vector<double> &rmse)
{
    auto run = std::make_shared<Run>();
    run->survey.image = Map::Constant(4, 6, 1);
    run->plan.patch = 2;
    run->valueName = "mean";
    run->valueUnit = "counts";
    for (std::size_t i = 0; i < rmse.size(); ++i) {
        Step step;
        step.number = int(i + 1);
        step.pixel = {0, int(i)};
        step.value = step.bestValue = double(i);
        step.meanDeviation = unknown;
        step.measureSeconds = 0.5;
        step.learnSeconds = 1;
        step.dose = 10;
        if (std::isfinite(rmse[i])) {
            step.quality.emplace();
            step.quality->rmse = rmse[i];
            step.quality->nlpd = unknown;
        }
        run->steps.push_back(step);
    }
    return {name, group, run, {}, {}, false, {}};
}

std::shared_ptr<Run> changed(NamedRun &named)
{
    auto run = std::make_shared<Run>(*named.run);
    named.run = run;
    return run;
}

const ComparedCurve &curve(const Comparison &comparison, const QString &key, const QString &name)
{
    for (const ComparedCurve &curve : comparison.curves)
        if (curve.key == key && curve.name == name)
            return curve;
    throw Error("no curve " + key.toStdString() + " of " + name.toStdString());
}

} // namespace

class TestComparison : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aRunAloneIsItsCurve()
    {
        const Comparison result = compare({runOf("a", "", {unknown, 3, 2, 1})}, unwatched());
        const ComparedCurve &rmse = curve(result, "rmse", "a");
        QCOMPARE(rmse.runs, 1);
        QCOMPARE(rmse.steps, (std::vector<double>{2, 3, 4}));
        QCOMPARE(rmse.middle, (std::vector<double>{3, 2, 1}));
        QCOMPARE(rmse.low, rmse.middle);
        QCOMPARE(rmse.seconds, (std::vector<double>{3, 4.5, 6}));
        QCOMPARE(rmse.dose, (std::vector<double>{20, 30, 40}));
        for (const ComparedCurve &each : result.curves) // no curve of what nobody knows
            QVERIFY(each.key == "rmse" || each.key == "best" || each.key == "r2" ||
                    each.key == "coverage95");
        QVERIFY(result.partings.empty());
        QVERIFY(result.notes.isEmpty());
    }

    void aGroupIsMedianAndQuartilesOfTheRunsThatGotThere()
    {
        const Comparison result = compare({runOf("a", "seeds", {5, 1}), runOf("b", "seeds", {1, 2}),
                                           runOf("c", "", {9, 9}), runOf("d", "seeds", {2, 4, 7}),
                                           runOf("e", "seeds", {4, 8, 9})},
                                          unwatched());
        const ComparedCurve &rmse = curve(result, "rmse", "seeds");
        QCOMPARE(rmse.runs, 4);
        QCOMPARE(rmse.steps, (std::vector<double>{1, 2, 3}));
        QCOMPARE(rmse.middle, (std::vector<double>{3, 3, 8}));
        QCOMPARE(rmse.low, (std::vector<double>{1.75, 1.75, 7.5}));
        QCOMPARE(rmse.high, (std::vector<double>{4.25, 5, 8.5}));
        QCOMPARE(curve(result, "rmse", "c").runs, 1);
    }

    void saysWhereRunsPart()
    {
        NamedRun other = runOf("b", "", {1, 1, 1});
        changed(other)->steps[1].pixel = {3, 3};
        const Comparison result =
            compare({runOf("a", "", {1, 1, 1}), other, runOf("c", "", {1, 1, 1, 1})}, unwatched());
        QCOMPARE(result.partings.size(), 3u);
        QCOMPARE(result.partings[0].step, 2);
        QCOMPARE(result.partings[1].first, 0);
        QCOMPARE(result.partings[1].second, 2);
        QCOMPARE(result.partings[1].step, 0); // one goes on longer on the same path
        QCOMPARE(result.partings[2].step, 2);
    }

    void curvesBeginWhereTheValueWasLastChanged()
    {
        NamedRun named = runOf("a", "", {4, 3, 2, 1});
        const auto run = changed(named);
        for (std::size_t i = 2; i < 4; ++i)
            run->steps[i].scalarizer.band = {1, 2};
        const Comparison result = compare({named}, unwatched());
        QCOMPARE(curve(result, "rmse", "a").steps, (std::vector<double>{3, 4}));
        QCOMPARE(curve(result, "best", "a").steps, (std::vector<double>{3, 4}));
        QCOMPARE(result.notes.size(), 1);
        QVERIFY2(result.notes.front().contains("step 3"), qPrintable(result.notes.front()));
    }

    void reachedMeansThreeStepsInARow()
    {
        const Comparison result =
            compare({runOf("a", "", {1, 9, 2, 2, 2, 9}), runOf("b", "", {9, 9, 9, 9, 2, 2}),
                     runOf("c", "", {9, 2, unknown, 1, 2, 9})},
                    unwatched());
        const std::vector<Reached> got = reached(result, "rmse", 2);
        QCOMPARE(got.size(), 3u);
        QCOMPARE(got[0].step, std::optional<int>(3));
        QCOMPARE(got[0].seconds, 4.5);
        QCOMPARE(got[0].dose, 30.0);
        QVERIFY(!got[1].step);
        QCOMPARE(got[2].step, std::optional<int>(2));
        QCOMPARE(reached(result, "best", 3)[0].step, std::optional<int>(4)); // large is good
        QVERIFY_EXCEPTION_THROWN(reached(result, "luck", 1), Error);
    }

    void holdsMapsAgainstTheTruth()
    {
        NamedRun named = runOf("a", "", {unknown, unknown});
        named.truth = Map::Zero(4, 6);
        named.truth(2, 2) = 6;
        named.truth(0, 5) = 100; // no patch fits there, and nothing was predicted
        auto belief = std::make_shared<Belief>();
        belief->mean = Map::Constant(4, 6, std::nanf(""));
        belief->deviation = belief->mean;
        for (int col = 1; col < 5; ++col) {
            belief->mean(2, col) = 1;
            belief->deviation(2, col) = 2;
        }
        const auto run = changed(named);
        run->steps[0].pixel = {2, 1};
        run->steps[1].pixel = {2, 2};
        run->steps[1].belief = belief;
        const Comparison result = compare({named}, unwatched());
        QCOMPARE(curve(result, "mae", "a").steps, (std::vector<double>{2}));
        QCOMPARE(curve(result, "mae", "a").middle[0], 1.0); // of the two that are not measured
        QCOMPARE(curve(result, "rmseAll", "a").middle[0], std::sqrt(28.0 / 4));
        const double nlpd = 0.5 * std::log(2 * std::numbers::pi * 4) + 0.5 * 7 / 4;
        QVERIFY(std::abs(curve(result, "nlpdAll", "a").middle[0] - nlpd) < 1e-12);
        QCOMPARE(curve(result, "rmse", "a").middle[0],
                 judge(*belief, named.truth, {{2, 1}, {2, 2}}, false).rmse);
        QCOMPARE(curve(result, "regret", "a").middle, (std::vector<double>{6, 5}));
    }

    void recordedCurvesAreMarked()
    {
        NamedRun named = runOf("theirs", "", {unknown, unknown, unknown});
        named.recordedCurves["rmseAll"] = {unknown, 0.5, 0.25, 7}; // more than there are steps
        named.recordedCurves["novelty"] = {1, 2, 3};
        const Comparison result = compare({runOf("a", "", {1, 1}), named}, unwatched());
        const ComparedCurve &errors = curve(result, "rmseAll", "theirs");
        QVERIFY(errors.isForeign);
        QCOMPARE(errors.middle, (std::vector<double>{0.5, 0.25}));
        QVERIFY(!curve(result, "rmse", "a").isForeign);
    }

    void unknownTimeIsNotZero()
    {
        NamedRun named = runOf("a", "", {1, 2});
        for (Step &step : changed(named)->steps)
            step.measureSeconds = step.learnSeconds = step.dose = 0;
        const Comparison result = compare({named}, unwatched());
        QVERIFY(std::isnan(curve(result, "rmse", "a").seconds[1]));
        QCOMPARE(curve(result, "rmse", "a").dose[1], 0.0);
    }

    void saysWhatCannotBeCompared()
    {
        NamedRun other = runOf("b", "", {1});
        const auto run = changed(other);
        run->survey.image(1, 1) = 5;
        run->valueName = "ratio";
        run->valueUnit = "";
        const Comparison result = compare({runOf("a", "", {1}), other}, unwatched());
        QCOMPARE(result.notes.size(), 2);
        QVERIFY(result.notes[0].contains("another image"));
        QVERIFY(result.notes[1].contains("ratio"));
    }

    void refusesNoneAndTooMany()
    {
        QVERIFY_EXCEPTION_THROWN(compare({}, unwatched()), Error);
        QVERIFY_EXCEPTION_THROWN(
            compare(std::vector<NamedRun>(65, runOf("a", "", {1})), unwatched()), Error);
        QVERIFY_EXCEPTION_THROWN(compare({{"gone", "", nullptr, {}, {}, false, {}}}, unwatched()),
                                 Error);
        QVERIFY(compare({runOf("empty", "", {})}, unwatched()).curves.empty());
    }

    void csvIsQuotedWhereItMustBe()
    {
        const QByteArray csv =
            toCsv(compare({runOf("a, \"b\"", "g\nh", {unknown, 0.1})}, unwatched()));
        const QList<QByteArray> lines = csv.split('\r');
        QCOMPARE(lines.size(), 4); // header, two steps, and what follows the last line's end
        QVERIFY(lines[0].startsWith("run,group,step,row,col,value,seconds,dose,best,"));
        QVERIFY2(lines[1].startsWith("\n\"a, \"\"b\"\"\",\"g\nh\",1,0,0,0,1.5,10,0,"), lines[1]);
        QVERIFY(lines[2].contains(",0.1,"));
        const auto commas = lines[0].count(',');
        QCOMPARE(lines[2].count(',') - 1, commas); // one is in the name
        QCOMPARE(lines[3], "\n");
    }

    void jsonHoldsNullForWhatIsNotKnown()
    {
        const QJsonObject json =
            toJson(compare({runOf("a", "", {1, unknown, 3}), runOf("b", "", {1})}, unwatched()));
        const QJsonArray runs = json["runs"].toArray();
        QCOMPARE(runs.size(), 2);
        QCOMPARE(runs[0].toObject()["last"].toObject()["rmse"].toDouble(), 3.0);
        QVERIFY(!runs[0].toObject()["last"].toObject().contains("regret"));
        bool isSeen = false;
        for (const QJsonValue &value : json["curves"].toArray()) {
            const QJsonObject each = value.toObject();
            if (each["key"] != "rmse" || each["name"] != "a")
                continue;
            isSeen = true;
            QCOMPARE(each["median"].toArray().size(), 3);
            QVERIFY(each["median"].toArray()[1].isNull());
        }
        QVERIFY(isSeen);
        QVERIFY(json["partings"].toArray()[0].toObject()["step"].isNull());
    }

    void theTruthOfASimulatedRunIsFound()
    {
        Plan plan;
        Simulator::Settings settings;
        settings.sample.rows = settings.sample.cols = 32;
        plan.sample = settings;
        plan.initial.count = 4;
        plan.steps = 2;
        plan.model.cycles = 4;
        const std::unique_ptr<Microscope> microscope = openMicroscope(plan, unwatched());
        plan.scalarizer = defaultScalarizer(microscope->energies());
        NamedRun named;
        named.name = "simulated";
        named.run = std::make_shared<const Run>(
            explore(plan, *microscope, unwatched(), [](const Step &) {}));
        addTruth(named, unwatched());
        QCOMPARE(int(named.truth.rows()), 32);
        const auto curves = curvesOf(named);
        const double regret = curves.at("regret").back();
        QVERIFY(std::isfinite(regret));
        // Held against the truth again, the maps are as good as the run said; exactly so.
        NamedRun forgetful = named;
        const auto run = changed(forgetful);
        const std::optional<Quality> said = run->steps.back().quality;
        QVERIFY(said);
        for (Step &step : run->steps)
            step.quality.reset();
        QCOMPARE(curvesOf(forgetful).at("rmse").back(), said->rmse);
        QCOMPARE(curvesOf(forgetful).at("nlpd").back(), said->nlpd);
        QVERIFY(curves.at("mae").back() <= said->rmse);
    }
};

QTEST_GUILESS_MAIN(TestComparison)
#include "tst_comparison.moc"
