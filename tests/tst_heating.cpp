// SPDX-License-Identifier: GPL-3.0-or-later
// A time-since-neighbour penalty: its formula, its clock, and runs under it.
#include "knownoptimum.h"
#include "sentence.h"
#include "steering/experiment.h"
#include "steering/live/heating.h"
#include "steering/recording/runfile.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/verification.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>

using namespace helmscope;

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

Field squareField(int side)
{
    std::vector<Pixel> pixels;
    for (int row = 0; row < side; ++row)
        for (int col = 0; col < side; ++col)
            pixels.push_back({row, col});
    return Field(pixels, side, side);
}

Plan planWith(const Heating &heating)
{
    Plan plan = quickPlan();
    plan.steps = 14;
    plan.acquisition = {Acquisition::UpperConfidenceBound, 0.01, 0.2, heating};
    return plan;
}

/// Slow to recover, as wide as a tenth of the scene.
constexpr Heating strong{1, 3, 1, 0.2};

Run run(const Plan &plan, const Operator &person = {})
{
    Replay replay(datasetWithKnownOptimum(true));
    return explore(plan, replay, unwatched(), {}, person);
}

bool isSamePath(const Run &a, const Run &b)
{
    if (a.steps.size() != b.steps.size())
        return false;
    for (std::size_t i = 0; i < a.steps.size(); ++i)
        if (a.steps[i].pixel != b.steps[i].pixel || a.steps[i].mapsHash != b.steps[i].mapsHash ||
            a.steps[i].modelHash != b.steps[i].modelHash)
            return false;
    return true;
}

/// Mean way, pixels, from a step that the model chose to the one before it.
double meanWay(const Run &run)
{
    double sum = 0;
    int count = 0;
    for (std::size_t i = 1; i < run.steps.size(); ++i) {
        if (run.steps[i].reason != Reason::Acquisition)
            continue;
        const Pixel a = run.steps[i].pixel, b = run.steps[i - 1].pixel;
        sum += std::hypot(a.row - b.row, a.col - b.col);
        ++count;
    }
    return sum / count;
}

} // namespace

class TestHeating : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void fallsWithDistanceAndTime()
    {
        const Field field = squareField(20);
        const Heating heating{0.8, 2, 3, 0.5};
        Dwells dwells;
        dwells.add({10, 10}, 1, 0.25);
        const auto at = [&](int number, Pixel pixel) {
            return heatOf(heating, dwells, number, field)[field.indexOf(pixel)];
        };
        // The next step begins half a second after the dwell's end.
        const double left = std::exp(-0.5 / 3);
        QCOMPARE(at(2, {10, 10}), left);
        QCOMPARE(at(2, {10, 12}), left * std::exp(-0.5));
        QCOMPARE(at(2, {13, 14}), left * std::exp(-25. / 8));
        QCOMPARE(at(4, {10, 12}), std::exp(-1.5 / 3) * std::exp(-0.5));
        // Another dwell far away lets time go by as well.
        dwells.add({0, 0}, 2, 1);
        QCOMPARE(at(3, {10, 10}), std::exp(-2. / 3));
    }

    void countsTheWorstDwellAndNotTheirSum()
    {
        const Field field = squareField(9);
        const Heating heating{1, 2, 10, 1};
        Dwells both, first, second;
        first.add({4, 2}, 1, 0.5);
        both.add({4, 2}, 1, 0.5);
        both.add({4, 6}, 2, 0.5);
        const Eigen::VectorXd heat = heatOf(heating, both, 3, field);
        QVERIFY(heat.maxCoeff() < 1);
        // In the middle the later one counts; the time of the earlier is longer.
        QCOMPARE(heat[field.indexOf({4, 4})], std::exp(-0.5 - 0.1));
        QCOMPARE(heat[field.indexOf({4, 2})], std::exp(-2.5 / 10));
        const Heat worst = heatAt({4, 4}, heating, both, 3);
        QCOMPARE(worst.number, 2);
        QCOMPARE(worst.pixels, 2.);
        QCOMPARE(worst.seconds, 1.);
        QCOMPARE(worst.lost, heat[field.indexOf({4, 4})]);
    }

    void isForgottenAfterManyRecoveries()
    {
        const Field field = squareField(5);
        Dwells dwells;
        dwells.add({2, 2}, 1, 1);
        const Heating heating{1, 2, 0.01, 1};
        QCOMPARE(heatOf(heating, dwells, 2, field).maxCoeff(), 0.);
        QCOMPARE(heatAt({2, 2}, heating, dwells, 2).number, 0);
        QVERIFY(textOf(heatAt({2, 2}, heating, dwells, 2)).isEmpty());
    }

    void lowersWhateverTheSignAndScale_data()
    {
        QTest::addColumn<double>("offset");
        QTest::addColumn<double>("scale");
        QTest::newRow("positive") << 0. << 1.;
        QTest::newRow("negative") << -7. << 1.;
        QTest::newRow("far from zero") << 1e6 << 1e-3;
        QTest::newRow("small") << 0. << 1e-12;
    }
    void lowersWhateverTheSignAndScale()
    {
        QFETCH(double, offset);
        QFETCH(double, scale);
        const Field field = squareField(6);
        Eigen::VectorXd plain(field.size());
        for (int i = 0; i < field.size(); ++i)
            plain[i] = std::sin(1.7 * i) + 1;
        const Heating heating{0.9, 1.5, 5, 0};
        Dwells dwells;
        dwells.add({3, 3}, 1, 1);
        const Eigen::VectorXd heat = heatOf(heating, dwells, 2, field);
        Eigen::VectorXd cooled = plain, other = (scale * plain.array() + offset).matrix();
        coolDown(cooled, heating, heat, field);
        coolDown(other, heating, heat, field);
        const double floor = plain.minCoeff();
        for (int i = 0; i < field.size(); ++i) {
            QVERIFY(cooled[i] <= plain[i] && cooled[i] >= floor);
            const double expected = floor + (1 - 0.9 * heat[i]) * (plain[i] - floor);
            QVERIFY(std::abs(cooled[i] - expected) < 1e-14);
            // As much of its range, wherever zero is.
            QVERIFY(std::abs(other[i] - (scale * cooled[i] + offset)) <=
                    1e-9 * (scale + 1e-6 * std::abs(offset)));
        }
        QVERIFY(cooled[field.indexOf({3, 3})] < plain[field.indexOf({3, 3})]);
    }

    void leavesWhatIsNotDefinedAndWhatMayNotBeChosen()
    {
        Field field = squareField(3);
        Eigen::VectorXd worth = Eigen::VectorXd::Constant(9, 2);
        worth[0] = undefined;
        worth[1] = -100; // closed: no floor
        worth[2] = 1;
        field.markMeasured(1);
        Dwells dwells;
        dwells.add({1, 1}, 1, 1);
        const Heating full{1, 1000, 1e6, 0};
        coolDown(worth, full, heatOf(full, dwells, 2, field), field);
        QVERIFY(std::isnan(worth[0]));
        QCOMPARE(worth[1], -100.);
        QVERIFY(std::abs(worth[4] - 1) < 1e-9); // as little as any
        Eigen::VectorXd none = Eigen::VectorXd::Constant(9, undefined);
        coolDown(none, full, heatOf(full, dwells, 2, field), field);
        QVERIFY(none.array().isNaN().all());
    }

    void isOffUnlessAskedForAndThenTheSameRun()
    {
        const Run plain = run(planWith({}));
        // What it would be like is kept, and changes nothing.
        const Run off = run(planWith({0, 20, 100, 1}));
        QVERIFY(isSamePath(plain, off));
        QVERIFY(!planWith({}).toJson()["acquisition"].toObject().contains("heating"));
        for (const Step &step : off.steps)
            QCOMPARE(step.heat.number, 0);
    }

    void theBeamGoesFartherFromStepToStep()
    {
        const Run plain = run(planWith({})), hot = run(planWith(strong));
        QVERIFY2(meanWay(hot) > meanWay(plain) + 1,
                 qPrintable(QString("%1 %2").arg(meanWay(hot)).arg(meanWay(plain))));
        // Weak, wide or not, it says of each step what it took.
        QVERIFY(std::any_of(hot.steps.begin(), hot.steps.end(),
                            [](const Step &step) { return step.heat.lost > 0; }));
        QVERIFY(isSamePath(hot, run(planWith(strong)))); // no clock of the computer is in it
    }

    void theMapOfTheAcquisitionShowsIt()
    {
        const Run plain = run(planWith({})), hot = run(planWith(strong));
        // The first map that was learnt: until then both are one run.
        const std::size_t first = std::size_t(planWith({}).initial.count) - 1;
        const Belief &cool = *plain.steps[first].belief, &shown = *hot.steps[first].belief;
        QVERIFY((cool.mean.isNaN() || cool.mean == shown.mean).all());
        Dwells dwells;
        for (std::size_t i = 0; i <= first; ++i)
            dwells.add(hot.steps[i].pixel, hot.steps[i].number, hot.steps[i].dwellSeconds);
        const auto isOpen = cool.acquisition.isFinite();
        const float floor = isOpen.select(cool.acquisition, 1e9F).minCoeff();
        int compared = 0, lowered = 0;
        for (int row = 0; row < cool.acquisition.rows(); ++row)
            for (int col = 0; col < cool.acquisition.cols(); ++col) {
                const float was = cool.acquisition(row, col), is = shown.acquisition(row, col);
                QCOMPARE(std::isfinite(is), std::isfinite(was));
                if (!std::isfinite(was))
                    continue;
                const Heat heat = heatAt({row, col}, strong, dwells, int(first) + 2);
                const double expected = floor + (1 - heat.lost) * double(was - floor);
                QVERIFY(std::abs(double(is) - expected) < 1e-5);
                ++compared;
                lowered += is < was - 0.01F;
            }
        QVERIFY(compared > 300);
        QVERIFY(lowered > 30);
    }

    void canBeChangedWhileTheRunGoesOn()
    {
        int asked = 0;
        Operator person;
        person.orders = [&asked] {
            Orders orders;
            AcquisitionSettings settings = planWith({}).acquisition;
            if (++asked == 9) {
                settings.heating = strong;
                orders.acquisition = settings;
            } else if (asked == 12) {
                settings.heating.radius = -1;
                orders.acquisition = settings;
            }
            return orders;
        };
        const Run changed = run(planWith({}), person), plain = run(planWith({}));
        for (std::size_t i = 0; i < 8; ++i)
            QVERIFY(changed.steps[i].pixel == plain.steps[i].pixel);
        QVERIFY(!isSamePath(changed, plain));
        QVERIFY(changed.steps[8].changes.join(' ').contains("Heating is now up to 100 %"));
        QVERIFY(!changed.steps[8].changes.join(' ').contains("ξ")); // that stayed
        QVERIFY(changed.steps[11].changes.join(' ').contains("heating lies outside its range"));
        QVERIFY(changed.steps[8].heat.number > 0);
        QCOMPARE(changed.steps[7].heat.number, 0);
    }

    void aRecordedRunIsTheSameAgain_data()
    {
        QTest::addColumn<bool>("overlaps");
        QTest::addColumn<int>("referenceEvery");
        QTest::newRow("one after the other") << false << 0;
        QTest::newRow("overlapped") << true << 0;
        QTest::newRow("with references") << false << 4;
    }
    void aRecordedRunIsTheSameAgain()
    {
        QFETCH(bool, overlaps);
        QFETCH(int, referenceEvery);
        Plan plan = planWith(strong);
        Simulator::Settings sample;
        sample.sample.rows = sample.sample.cols = 32;
        sample.sample.channels = 48;
        plan.sample = sample;
        plan.scalarizer.band = {0.4, 0.6};
        plan.watch.overlaps = overlaps;
        plan.watch.referenceEvery = referenceEvery;
        const QTemporaryDir folder;
        const QString name = folder.filePath("run.h5");
        const std::unique_ptr<Microscope> microscope = openMicroscope(plan, unwatched());
        int asked = 0;
        Operator person;
        person.orders = [&] {
            Orders orders;
            if (++asked == 12) {
                orders.acquisition = plan.acquisition;
                orders.acquisition->heating.recoverySeconds = 0.4;
            }
            return orders;
        };
        std::optional<RunFile> file;
        const Run live = explore(
            plan, *microscope, unwatched(), [&](const Step &step) { file->append(step); }, person,
            [&](const Run &start) { file.emplace(name, start); });
        file->finish(live);
        file.reset();
        const auto read = std::make_shared<const Run>(readRun(name, unwatched()));
        QVERIFY(read->plan.acquisition.heating == strong);
        for (std::size_t i = 0; i < live.steps.size(); ++i) {
            QCOMPARE(read->steps[i].heat.lost, live.steps[i].heat.lost);
            QCOMPARE(read->steps[i].heat.number, live.steps[i].heat.number);
        }
        for (const VerifyBy by : {VerifyBy::Record, VerifyBy::Sample}) {
            const Verification verification = verifyRun(read, by, 0, unwatched());
            QVERIFY2(!verification.first && verification.isWhole, qPrintable(verification.text()));
        }
        // A branch goes on under what was ordered.
        Branch branch;
        branch.step = 15;
        QCOMPARE(branchPlan(*read, "run", branch).acquisition.heating.recoverySeconds, 0.4);
    }

    void aPlanKeepsItAndNamesWhatIsWrong()
    {
        const Plan plan = planWith({0.25, 7.5, 0.125, 0.5});
        QVERIFY(Plan::fromJson(plan.toJson(), "it").acquisition == plan.acquisition);
        const auto spoilt = [&](const char *key, const QJsonValue &value) {
            QJsonObject object = plan.toJson();
            QJsonObject acquisition = object["acquisition"].toObject();
            QJsonObject heating = acquisition["heating"].toObject();
            heating[QLatin1String(key)] = value;
            acquisition["heating"] = heating;
            object["acquisition"] = acquisition;
            return sentenceOf([&] { Plan::fromJson(object, "it"); });
        };
        QVERIFY(spoilt("strength", 1.5).contains("'strength'"));
        QVERIFY(spoilt("strength", -0.1).contains("heating"));
        QVERIFY(spoilt("radius", 0).contains("'radius'"));
        QVERIFY(spoilt("recoverySeconds", 0).contains("'recoverySeconds'"));
        QVERIFY(spoilt("stepSeconds", -1).contains("'stepSeconds'"));
        QVERIFY(spoilt("radius", "wide").contains("'radius'"));
        QCOMPARE(spoilt("colour", "red"), QString());
        QJsonObject object = plan.toJson();
        object["acquisition"] = QJsonObject{{"kind", "ei"}, {"heating", 3}};
        QVERIFY(sentenceOf([&] { Plan::fromJson(object, "it"); }).contains("'heating'"));
        // Plans from before it know none.
        object["acquisition"] = QJsonObject{{"kind", "ei"}};
        QVERIFY(Plan::fromJson(object, "it").acquisition.heating == Heating());
    }

    void sourcesThatAnswerNonsenseStopNoClock()
    {
        Dwells dwells;
        dwells.add({1, 1}, 1, undefined);
        dwells.add({1, 2}, 2, -5);
        dwells.add({1, 3}, 3, std::numeric_limits<double>::infinity());
        QCOMPARE(dwells.secondsSince(dwells.all().front(), 4, {1, 1, 1, 2}), 6.);
    }

    void saysItInWords()
    {
        QCOMPARE(textOf(Heating()), QString("none"));
        QVERIFY(textOf(Heating{0.8, 3, 2, 0}).contains("80 %"));
        QCOMPARE(textOf(Heat{0.404, 12, 2.236, 0.8}),
                 QString("40 % less: step 12 was 2.2 pixels away, 0.8 s before"));
        QCOMPARE(textOf(Heat{0.004, 12, 2.236, 0.8}), QString());
    }
};

QTEST_GUILESS_MAIN(TestHeating)
#include "tst_heating.moc"
