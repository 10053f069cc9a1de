// SPDX-License-Identifier: GPL-3.0-or-later
#include "knownoptimum.h"
#include "sentence.h"
#include "steering/recording/runfile.h"
#include "steering/rerun/verification.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <functional>

using namespace helmscope;

namespace {

/// A plan on the simulated sample that takes a few milliseconds a step.
Plan simulatedPlan()
{
    Plan plan;
    Simulator::Settings settings;
    settings.sample.rows = settings.sample.cols = 32;
    settings.sample.channels = 32;
    plan.sample = settings;
    plan.scalarizer.band = {0.43, 0.53};
    plan.patch = 6;
    plan.initial.count = 6;
    plan.steps = 14;
    plan.seed = 3;
    return plan;
}

/// Somebody who meddles at every turn.
Operator meddler()
{
    const auto asked = std::make_shared<int>(0);
    Operator person;
    person.orders = [asked] {
        Orders orders;
        switch (++*asked) {
        case 1: {
            Mask mask = Mask::Constant(32, 32, false);
            mask.topRows(8) = true;
            orders.forbidden = mask;
            orders.preferred = Preference{Mask::Constant(32, 32, false), 7.3};
            orders.preferred->pixels.bottomRows(9) = true;
            break;
        }
        case 8:
            orders.queue = {{20, 20}, {21, 5}, {99, 99}};
            break;
        case 9:
            orders.withdrawn = {{21, 5}};
            break;
        case 11:
            orders.acquisition = AcquisitionSettings{Acquisition::ExpectedImprovement, 0.02, 0.3};
            break;
        case 13:
            orders.scalarizer = Scalarizer{Scalarizer::Kind::PeakEnergy, {0.3, 0.6}, {}, {}, {}};
            orders.steps = 12;
            break;
        case 16:
            orders.acquisition = AcquisitionSettings{Acquisition::Thompson, 0.02, 0.3};
            break;
        }
        return orders;
    };
    const auto vetoes = std::make_shared<int>(0);
    person.approve = [vetoes](const Proposal &proposal) {
        const bool isVetoed = (proposal.number == 9 || proposal.number == 15) && ++*vetoes % 3 != 0;
        return isVetoed ? Verdict::Veto : Verdict::Measure;
    };
    return person;
}

} // namespace

class TestVerification : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    int m_files = 0;

    /// Explored, written to a file and read back: what a replay sees.
    std::shared_ptr<const Run> recorded(const Plan &plan, const Operator &person = {},
                                        const Progress &progress = unwatched())
    {
        const QString name = m_folder.filePath(QStringLiteral("run-%1.h5").arg(++m_files));
        const std::unique_ptr<Microscope> microscope = openMicroscope(plan, unwatched());
        std::optional<RunFile> file;
        const Run run = explore(
            plan, *microscope, progress, [&](const Step &step) { file->append(step); }, person,
            [&](const Run &start) { file.emplace(name, start); });
        file->finish(run);
        file.reset();
        return std::make_shared<const Run>(readRun(name, unwatched()));
    }

    static Verification verified(const std::shared_ptr<const Run> &run, VerifyBy by,
                                 double tolerance = 0)
    {
        return verifyRun(run, by, tolerance, unwatched());
    }

private Q_SLOTS:
    void theSamePlanIsTheSameRun_data()
    {
        QTest::addColumn<Plan>("plan");
        QTest::newRow("default") << simulatedPlan();
        Plan plan = simulatedPlan();
        plan.isVector = true;
        plan.bin = 4;
        QTest::newRow("vector") << plan;
        plan = simulatedPlan();
        plan.mapsEvery = 4;
        QTest::newRow("maps now and then") << plan;
        plan = quickPlan();
        plan.sample = simulatedPlan().sample;
        plan.scalarizer = simulatedPlan().scalarizer;
        plan.isWarmStart = true;
        QTest::newRow("warm network") << plan;
        plan = simulatedPlan();
        plan.model = presetFromKey("network").settings;
        plan.steps = 2;
        QTest::newRow("preset network") << plan;
        plan = simulatedPlan();
        plan.acquisition.kind = Acquisition::Thompson;
        QTest::newRow("Thompson") << plan;
        plan = simulatedPlan();
        plan.forbidden = Mask::Constant(32, 32, false);
        plan.forbidden.leftCols(10) = true;
        QTest::newRow("forbidden") << plan;
        plan = simulatedPlan();
        plan.preferred = {Mask::Constant(32, 32, false), 3.7};
        plan.preferred.pixels.leftCols(10) = true;
        QTest::newRow("preferred") << plan;
    }
    void theSamePlanIsTheSameRun()
    {
        QFETCH(Plan, plan);
        const auto run = recorded(plan);
        const int learnt = int(run->steps.size()) - plan.initial.count + 1;
        for (const VerifyBy by : {VerifyBy::Sample, VerifyBy::Record}) {
            const Verification found = verified(run, by);
            QVERIFY2(!found.first, qPrintable(found.text()));
            QCOMPARE(found.steps, int(run->steps.size()));
            QCOMPARE(found.maps, learnt);
            QVERIFY(found.text().startsWith("identical"));
        }
    }

    void whatTheOperatorSaidIsSaidAgain()
    {
        const auto run = recorded(simulatedPlan(), meddler());
        int vetoed = 0, ordered = 0;
        for (const Step &step : run->steps)
            for (const Intervention &said : step.interventions) {
                vetoed += bool(said.vetoed);
                ordered += !said.orders.isEmpty();
            }
        QVERIFY(vetoed >= 2);
        QCOMPARE(ordered, 6);
        QCOMPARE(run->steps.size(), std::size_t(6 + 12));
        for (const VerifyBy by : {VerifyBy::Sample, VerifyBy::Record}) {
            const Verification found = verified(run, by);
            QVERIFY2(!found.first, qPrintable(found.text()));
            QCOMPARE(found.steps, int(run->steps.size()));
        }
    }

    void namesTheFirstDifference_data()
    {
        using Change = std::function<void(Run &)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<int>("step");
        QTest::addColumn<QString>("what");
        QTest::newRow("pixel") << Change([](Run &run) {
            run.steps[9].pixel = {31, 31};
        }) << 10 << "pixel";
        QTest::newRow("value") << Change([](Run &run) { run.steps[8].value *= 1 + 1e-12; }) << 9
                               << "value";
        QTest::newRow("prediction") << Change([](Run &run) { run.steps[12].predictedMean += 1e-9; })
                                    << 13 << "predictedMean";
        QTest::newRow("spectrum") << Change([](Run &run) { run.steps[7].spectrum[5] += 1; }) << 8
                                  << "channel 5";
        QTest::newRow("model") << Change([](Run &run) { run.steps[11].modelHash ^= 1; }) << 12
                               << "model";
        QTest::newRow("map") << Change([](Run &run) {
            auto belief = std::make_shared<Belief>(*run.steps[10].belief);
            belief->deviation(3, 4) *= 2;
            run.steps[10].belief = belief;
            run.steps[10].mapsHash ^= 1;
        }) << 11 << "map of deviations at (3, 4)";
        QTest::newRow("hash alone")
            << Change([](Run &run) { run.steps[10].mapsHash ^= 1; }) << 11 << "hash";
        QTest::newRow("image") << Change([](Run &run) { run.survey.image(2, 3) += 1; }) << 0
                               << "survey image at (2, 3)";
        QTest::newRow("seed") << Change([](Run &run) { run.plan.seed = 99; }) << 1 << "pixel";
        QTest::newRow("acquisition")
            << Change([](Run &run) { run.steps[9].acquisition = Acquisition::Random; }) << 10
            << "acquisition";
        QTest::newRow("source") << Change([](Run &run) {
            run.steps[9].source = Measurement::Source::Nearest;
        }) << 10 << "source";
        QTest::newRow("trust") << Change([](Run &run) { run.steps[15].trust->bias += 1e-9; }) << 16
                               << "trustBias";
        QTest::newRow("a step too many") << Change([](Run &run) {
            run.steps.push_back(run.steps.back());
            run.steps.back().number = int(run.steps.size());
        }) << 21 << "number of steps";
    }
    void namesTheFirstDifference()
    {
        QFETCH(std::function<void(Run &)>, change);
        QFETCH(int, step);
        QFETCH(QString, what);
        static const std::shared_ptr<const Run> original = recorded(simulatedPlan());
        Run altered = *original;
        change(altered);
        const Verification found = verified(std::make_shared<const Run>(altered), VerifyBy::Sample);
        QVERIFY(found.first);
        QCOMPARE(found.first->step, step);
        QVERIFY2(found.first->what.contains(what), qPrintable(found.first->what));
        QVERIFY(found.first->recorded != found.first->now);
        QVERIFY(found.text().contains(found.first->recorded));
        QVERIFY(found.text().contains(found.first->now));
    }

    void aNoToAnotherPixelIsADifference()
    {
        Run altered = *recorded(simulatedPlan(), meddler());
        const auto step = std::find_if(altered.steps.begin(), altered.steps.end(), [](Step &s) {
            return !s.interventions.empty() && s.interventions.front().vetoed;
        });
        QVERIFY(step != altered.steps.end());
        const Pixel said = *step->interventions.front().vetoed;
        step->interventions.front().vetoed = Pixel{1, 2};
        const Verification found = verified(std::make_shared<const Run>(altered), VerifyBy::Sample);
        QVERIFY(found.first);
        QCOMPARE(found.first->step, step->number);
        QCOMPARE(found.first->what, QString("vetoed pixel"));
        QCOMPARE(found.first->recorded, QString("(1, 2)"));
        QCOMPARE(found.first->now, QStringLiteral("(%1, %2)").arg(said.row).arg(said.col));
    }

    void aToleranceLetsSmallDifferencesPass()
    {
        Run altered = *recorded(simulatedPlan());
        altered.steps[9].value *= 1 + 1e-7;
        altered.steps[9].modelHash ^= 1;
        const auto run = std::make_shared<const Run>(altered);
        QVERIFY(verified(run, VerifyBy::Sample).first);
        const Verification found = verified(run, VerifyBy::Sample, 1e-6);
        QVERIFY2(!found.first, qPrintable(found.text()));
        QVERIFY(found.largest > 0.9e-7 && found.largest < 1.1e-7);
        QVERIFY(found.text().contains("within"));
        QVERIFY(verified(run, VerifyBy::Sample, 1e-8).first);
    }

    void stoppedRunsAreComparedAsFarAsTheyWent()
    {
        for (int calls : {30, 60, 90, 120}) {
            int left = calls;
            Plan plan = simulatedPlan();
            plan.steps = 200;
            const auto run = recorded(plan, {}, [&left](double) { return --left > 0; });
            QCOMPARE(run->outcome, Run::Outcome::Stopped);
            if (run->steps.empty())
                continue;
            const Verification found = verified(run, VerifyBy::Sample);
            QVERIFY2(!found.first, qPrintable(found.text()));
            QCOMPARE(found.steps, int(run->steps.size()));
        }
    }

    void aStoppedVerificationSaysSo()
    {
        const auto run = recorded(simulatedPlan());
        int left = 12;
        const Verification found =
            verifyRun(run, VerifyBy::Record, 0, [&left](double) { return --left > 0; });
        QVERIFY(!found.isWhole);
        QVERIFY(!found.first);
        QVERIFY(found.steps < int(run->steps.size()));
        QVERIFY(found.text().contains("stopped"));
    }

    void goesOnAsIfNothingHadHappened()
    {
        Plan plan = simulatedPlan();
        const auto whole = recorded(plan, meddler());
        for (const std::size_t kept : {std::size_t(4), std::size_t(12), whole->steps.size() - 1}) {
            Run cut = *whole;
            cut.steps.resize(kept);
            cut.outcome = Run::Outcome::Stopped;
            cut.model.clear();
            std::vector<Step> steps;
            const Operator skipped = operatorOf(whole);
            // He goes on with what he said then; that of the kept steps is said already.
            for (std::size_t i = 0; i < kept; ++i) {
                do {
                    skipped.orders();
                } while (skipped.approve({}) == Verdict::Veto);
            }
            const Run run = continueRun(
                std::make_shared<const Run>(cut), openMicroscope(plan, unwatched()), unwatched(),
                [&](const Step &step) { steps.push_back(step); }, skipped);
            QCOMPARE(run.steps.size(), whole->steps.size());
            QCOMPARE(steps.size(), whole->steps.size() - kept);
            for (std::size_t i = 0; i < run.steps.size(); ++i) {
                QCOMPARE(run.steps[i].pixel, whole->steps[i].pixel);
                QCOMPARE(run.steps[i].mapsHash, whole->steps[i].mapsHash);
            }
        }
    }

    void doesNotGoOnFromWhatComesOutOtherwise()
    {
        Run cut = *recorded(simulatedPlan());
        cut.steps.resize(12);
        cut.steps[9].value += 1;
        QVERIFY(sentenceOf([&] {
                    continueRun(std::make_shared<const Run>(cut),
                                openMicroscope(simulatedPlan(), unwatched()), unwatched(), {});
                }).contains("value"));
    }

    void refusesASampleThatIsAnother()
    {
        const QString file = m_folder.filePath("scan.npy");
        const auto write = [&](char last) {
            QFile out(file);
            QByteArray bytes("\x93NUMPY\x01\x00\x76\x00", 10);
            bytes += "{'descr': '<f4', 'fortran_order': False, 'shape': (32, 32), }";
            bytes = bytes.leftJustified(127, ' ') + '\n';
            for (int i = 0; i < 32 * 32; ++i) {
                const float number = float(std::sin(0.3 * (i / 32)) * std::cos(0.2 * (i % 32)));
                bytes.append(reinterpret_cast<const char *>(&number), sizeof number);
            }
            bytes[bytes.size() - 4] = last;
            if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
                qFatal("cannot write");
        };
        write(1);
        Plan plan = simulatedPlan();
        DatasetSources sources;
        sources.image = {file, {}};
        sources.values = Address{file, {}};
        plan.sample = sources;
        const auto run = recorded(plan);
        QVERIFY2(!verified(run, VerifyBy::Sample).first,
                 qPrintable(verified(run, VerifyBy::Sample).text()));
        write(2);
        const QString sentence = sentenceOf([&] { verified(run, VerifyBy::Sample); });
        QVERIFY2(sentence.contains("sha256") && sentence.contains(file), qPrintable(sentence));
        QVERIFY(!verified(run, VerifyBy::Record).first); // the record is whole in itself
    }

    void realPairsAreIdentical_data()
    {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<QString>("scalarizer");
        QTest::newRow("SiO2 EDS") << QStringList{"sio2-haadf-eds/SiO2_HAADF_Image.hspy",
                                                 "sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy"}
                                  << "band:1.65-1.85";
        QTest::newRow("dust EDS") << QStringList{"idp-haadf-eds/idp0_eds_sp2_ebin4.npz"}
                                  << "band:1.65-1.85";
        QTest::newRow("nanocubes")
            << QStringList{"fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz"} << "";
    }
    void realPairsAreIdentical()
    {
        QFETCH(QStringList, files);
        QFETCH(QString, scalarizer);
        for (QString &file : files) {
            file = HELMSCOPE_SOURCE "/../shared/data/" + file;
            if (!QFileInfo::exists(file))
                QSKIP("the recordings are not here");
        }
        Plan plan;
        plan.sample = guessSources(files);
        if (!scalarizer.isEmpty())
            plan.scalarizer = Scalarizer::parse(scalarizer);
        plan.patch = 8;
        plan.steps = 6;
        const auto run = recorded(plan);
        QCOMPARE(run->outcome, Run::Outcome::Finished);
        for (const VerifyBy by : {VerifyBy::Sample, VerifyBy::Record}) {
            const Verification found = verified(run, by);
            QVERIFY2(!found.first, qPrintable(found.text()));
            QCOMPARE(found.steps, 16);
            QCOMPARE(found.maps, 7);
        }
    }
};

QTEST_GUILESS_MAIN(TestVerification)
#include "tst_verification.moc"
