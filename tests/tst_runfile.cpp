// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/rundigests.h"
#include "steering/recording/runfile.h"
#include "steering/recording/stepline.h"

#include "base/error.h"
#include "knownoptimum.h"
#include "steering/experiment.h"
#include "steering/trust.h"

#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>

using namespace helmscope;

namespace {

bool same(double a, double b)
{
    return a == b || (std::isnan(a) && std::isnan(b));
}

bool same(const Map &a, const Map &b)
{
    return a.rows() == b.rows() && a.cols() == b.cols() &&
           ((a == b) || (a.isNaN() && b.isNaN())).all();
}

/// The first thing in which two steps differ; empty when they are equal. Times and beliefs apart.
QString difference(const Step &a, const Step &b)
{
    const auto where = [&](const char *what) {
        return QString("%1 of step %2").arg(what).arg(a.number);
    };
    if (a.number != b.number || a.pixel != b.pixel || a.reason != b.reason)
        return where("number, pixel or reason");
    if (a.acquisition != b.acquisition || a.scalarizer != b.scalarizer)
        return where("acquisition or scalarizer");
    if (!same(a.acquisitionValue, b.acquisitionValue) || !same(a.value, b.value) ||
        !same(a.bestValue, b.bestValue))
        return where("a value");
    if (!same(a.predictedMean, b.predictedMean) || !same(a.predictedNoise, b.predictedNoise) ||
        !same(a.predictedDeviation, b.predictedDeviation) ||
        !same(a.meanDeviation, b.meanDeviation))
        return where("a prediction");
    if (a.spectrum != b.spectrum)
        return where("spectrum");
    if (a.dwellSeconds != b.dwellSeconds || a.dose != b.dose)
        return where("dwell or dose");
    if (a.losses != b.losses || a.modelHash != b.modelHash)
        return where("losses or hash");
    if (a.changes != b.changes || a.warnings != b.warnings)
        return where("notes");
    if (toJson(a.interventions) != toJson(b.interventions) || a.source != b.source)
        return where("interventions or source");
    if (bool(a.quality) != bool(b.quality) ||
        (a.quality &&
         (a.quality->pixels != b.quality->pixels || !same(a.quality->r2, b.quality->r2) ||
          !same(a.quality->rmse, b.quality->rmse) || !same(a.quality->nlpd, b.quality->nlpd) ||
          !same(a.quality->coverage95, b.quality->coverage95))))
        return where("quality");
    if (bool(a.trust) != bool(b.trust) ||
        (a.trust &&
         (a.trust->predictions != b.trust->predictions || a.trust->outliers != b.trust->outliers ||
          toJson(*a.trust) != toJson(*b.trust))))
        return where("trust");
    return {};
}

/// Maps are rounded in the file, by a 65,536th of their range at most.
bool nearlySame(const Map &a, const Map &b)
{
    if (a.rows() != b.rows() || a.cols() != b.cols())
        return false;
    float lowest = std::numeric_limits<float>::max(), highest = -lowest, furthest = 0;
    for (Eigen::Index i = 0; i < a.size(); ++i) {
        if (std::isnan(a.data()[i]) != std::isnan(b.data()[i]))
            return false;
        if (std::isnan(a.data()[i]))
            continue;
        lowest = std::min(lowest, b.data()[i]);
        highest = std::max(highest, b.data()[i]);
        furthest = std::max(furthest, std::abs(a.data()[i] - b.data()[i]));
    }
    return furthest <= (highest - lowest) / 65536;
}

QString differenceOfBeliefs(const Step &a, const Step &b)
{
    const bool isSame = bool(a.belief) == bool(b.belief) &&
                        (!a.belief || (nearlySame(a.belief->mean, b.belief->mean) &&
                                       nearlySame(a.belief->deviation, b.belief->deviation) &&
                                       nearlySame(a.belief->acquisition, b.belief->acquisition) &&
                                       a.belief->next == b.belief->next &&
                                       nearlySame(a.belief->noise, b.belief->noise))) &&
                        a.mapsHash == b.mapsHash;
    return isSame ? QString() : QString("belief of step %1").arg(a.number);
}

Dataset recording(bool hasSpectra)
{
    Dataset dataset = datasetWithKnownOptimum(hasSpectra);
    dataset.provenance << Provenance{"image", "scan.hspy", "Experiments/HAADF", "HyperSpy",
                                     QString(64, 'a')};
    dataset.warnings << "The image had one odd pixel."
                     << "Σ: not only ASCII, “quoted”.";
    return dataset;
}

/// Explores and records; with an operator who changes things on the way.
Run record(const QString &file, Plan plan, bool hasSpectra,
           const std::function<void(const Step &)> &afterStep = {})
{
    Replay replay(recording(hasSpectra));
    std::optional<RunFile> out;
    int asked = 0;
    Operator person;
    person.orders = [&] {
        Orders orders;
        switch (++asked) {
        case 8:
            orders.queue = {{20, 20}, {99, 99}};
            break;
        case 10:
            orders.acquisition = AcquisitionSettings{Acquisition::ExpectedImprovement, 0.02, 0.3};
            break;
        case 11:
            if (hasSpectra)
                orders.scalarizer =
                    Scalarizer{Scalarizer::Kind::PeakEnergy, {1.4, 2.6}, {}, {}, {}};
            break;
        }
        return orders;
    };
    const Run run = explore(
        plan, replay, unwatched(),
        [&](const Step &step) {
            out->append(step);
            if (afterStep)
                afterStep(step);
        },
        person, [&](const Run &start) { out.emplace(file, start); });
    out->finish(run);
    return run;
}

/// What the child process that is killed explores.
Plan endlessPlan()
{
    Plan plan = quickPlan();
    plan.steps = 500;
    return plan;
}

} // namespace

class TestRunFile : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    static QString sentenceOf(const std::function<void()> &act)
    {
        try {
            act();
        } catch (const Error &error) {
            return error.what();
        }
        return {};
    }
    static QByteArray bytesOf(const QString &file)
    {
        QFile in(file);
        return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
    }
    QString fileOf(const QString &name, const QByteArray &bytes) const
    {
        QFile out(path(name));
        return out.open(QIODevice::WriteOnly) && out.write(bytes) == bytes.size() ? out.fileName()
                                                                                  : QString();
    }

private Q_SLOTS:
    void readsBackWhatWasWritten_data()
    {
        QTest::addColumn<bool>("hasSpectra");
        QTest::addColumn<bool>("isVector");
        QTest::addColumn<int>("mapsEvery");
        QTest::newRow("spectra") << true << false << 1;
        QTest::newRow("values") << false << false << 1;
        QTest::newRow("vector") << true << true << 1;
        QTest::newRow("maps now and then") << true << false << 4;
    }
    void readsBackWhatWasWritten()
    {
        QFETCH(bool, hasSpectra);
        QFETCH(bool, isVector);
        QFETCH(int, mapsEvery);
        Plan plan = quickPlan();
        plan.isVector = isVector;
        plan.mapsEvery = mapsEvery;
        plan.steps = 9;
        plan.seed = std::uint64_t(-3);
        const QString file = path(QString("round-%1.h5").arg(QTest::currentDataTag()));
        const Run run = record(file, plan, hasSpectra);
        const Run back = readRun(file, unwatched());

        QCOMPARE(back.plan.toJson(), run.plan.toJson());
        QCOMPARE(back.plan.seed, plan.seed);
        QVERIFY(back.energies == run.energies);
        QCOMPARE(back.valueName, run.valueName);
        QCOMPARE(back.valueUnit, run.valueUnit);
        QCOMPARE(back.outcome, run.outcome);
        QCOMPARE(back.message, run.message);
        QVERIFY(back.model == run.model);
        QVERIFY(same(back.survey.image, run.survey.image));
        QCOMPARE(back.survey.title, run.survey.title);
        QCOMPARE(back.survey.imageQuantity, run.survey.imageQuantity);
        QCOMPARE(back.survey.pixelSizeNm, run.survey.pixelSizeNm);
        QCOMPARE(back.survey.warnings, run.survey.warnings);
        QCOMPARE(back.survey.provenance.size(), 1);
        QCOMPARE(back.survey.provenance[0].sha256, QString(64, 'a'));
        QCOMPARE(back.survey.provenance[0].array, QString("Experiments/HAADF"));

        QCOMPARE(back.steps.size(), run.steps.size());
        bool hasNotes = false, hasOrders = false;
        for (std::size_t i = 0; i < run.steps.size(); ++i) {
            QCOMPARE(difference(back.steps[i], run.steps[i]), QString());
            QCOMPARE(differenceOfBeliefs(back.steps[i], run.steps[i]), QString());
            QCOMPARE(back.steps[i].learnSeconds, run.steps[i].learnSeconds);
            QCOMPARE(back.steps[i].timeMs, run.steps[i].timeMs);
            QVERIFY(back.steps[i].timeMs > 0);
            hasNotes = hasNotes || !run.steps[i].changes.isEmpty();
            hasOrders = hasOrders || !run.steps[i].interventions.empty();
        }
        QVERIFY(hasNotes);
        QVERIFY(hasOrders);
        QVERIFY(back.steps.back().belief);
        QVERIFY(checkDigests(file, unwatched()) > 30);
    }

    void aStepComesBackFromItsLine()
    {
        Plan plan = quickPlan();
        plan.steps = 9;
        const Run run = record(path("lines.h5"), plan, true);
        const Step *before = nullptr;
        for (const Step &step : run.steps) {
            const QByteArray line = lineOf(step, before);
            QVERIFY(!line.contains('\n'));
            const StepLine read =
                stepFromLine(line, before ? before->scalarizer : plan.scalarizer, "a line");
            QCOMPARE(read.channels, int(step.spectrum.size()));
            QCOMPARE(read.spectrumHash, hashOf(step.spectrum));
            Step plain = step; // without what stands in the run file only
            plain.spectrum.resize(0);
            plain.losses.clear();
            QCOMPARE(difference(read.step, plain), QString());
            QCOMPARE(read.step.mapsHash, step.mapsHash);
            QCOMPARE(read.step.timeMs, step.timeMs);
            QCOMPARE(read.step.learnSeconds, step.learnSeconds);
            before = &step;
        }
    }

    void refusesOddLines_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QString>("names");
        QTest::newRow("no JSON") << QByteArray("{\"step\":1,") << "JSON";
        QTest::newRow("no object") << QByteArray("[1]") << "object";
        QTest::newRow("step") << QByteArray(R"({"step":0})") << "step";
        QTest::newRow("row") << QByteArray(R"({"step":1,"row":-5})") << "row";
        QTest::newRow("text for number") << QByteArray(R"({"step":1,"value":"x"})") << "value";
        QTest::newRow("reason") << QByteArray(R"({"step":1,"reason":"whim"})") << "whim";
        QTest::newRow("hash") << QByteArray(R"({"step":1,"mapsHash":"xyz"})") << "mapsHash";
        QTest::newRow("mask") << QByteArray(R"({"step":1,"interventions":[{"forbidden":{"rows":2,)"
                                            R"("cols":2,"runs":[[0,0,9]]}}]})")
                              << "runs";
        QTest::newRow("huge mask") << QByteArray(R"({"step":1,"interventions":[{"forbidden":)"
                                                 R"({"rows":65536,"cols":65536,"runs":[]}}]})")
                                   << "too many";
    }
    void refusesOddLines()
    {
        QFETCH(QByteArray, line);
        QFETCH(QString, names);
        const QString sentence = sentenceOf([&] { stepFromLine(line, {}, "line 7 of steps"); });
        QVERIFY2(sentence.contains(names) && sentence.contains("line 7"), qPrintable(sentence));
    }

    void namesWhatAFlippedBitDamaged_data()
    {
        QTest::addColumn<QString>("damaged");
        for (const char *name : {"survey/image", "spectra", "steps/value", "maps/mean"})
            QTest::newRow(name) << QString(name);
    }
    void namesWhatAFlippedBitDamaged()
    {
        QFETCH(QString, damaged);
        Plan plan = quickPlan();
        plan.steps = 3;
        const QString file = path("flipped-" + QString(damaged).replace('/', '-') + ".h5");
        const Run run = record(file, plan, true);
        QByteArray bytes = bytesOf(file);
        const Step &step = run.steps[2];
        const auto raw = [](const auto *numbers, std::size_t count) {
            return QByteArray(reinterpret_cast<const char *>(numbers),
                              qsizetype(count * sizeof *numbers));
        };
        QByteArray sought;
        if (damaged == "survey/image")
            sought = raw(run.survey.image.data() + 40, 8);
        else if (damaged == "spectra")
            sought = raw(step.spectrum.data(), std::size_t(step.spectrum.size()));
        else if (damaged == "steps/value")
            sought = raw(&step.value, 1);
        else // a compressed chunk: zlib's header at its fastest
            sought = QByteArray("\x78\x01", 2);
        const qsizetype at = bytes.indexOf(sought);
        QVERIFY(at > 0);
        bytes[at + (damaged == "maps/mean" ? 40 : 3)] =
            char(bytes[at + (damaged == "maps/mean" ? 40 : 3)] ^ 1);
        const QString sentence =
            sentenceOf([&] { checkDigests(fileOf("bad.h5", bytes), unwatched()); });
        // Of the compressed lists whichever comes first in the file.
        const QString named = damaged == "maps/mean" ? QString("inflate") : damaged;
        QVERIFY2(sentence.contains(named), qPrintable(sentence));
    }

    void readsAFileFromBeforeThereWasTrust()
    {
        // helmscope-cli explore --simulate 32x32 --patch 4 --initial 3 --steps 2 --cycles 3,
        // written without the columns of the trust; qCompress()ed.
        const QString file = fileOf(
            "old.h5", qUncompress(bytesOf(HELMSCOPE_SOURCE "/tests/data/run-before-trust.h5.z")));
        const Run run = readRun(file, unwatched());
        QCOMPARE(int(run.steps.size()), 5);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        for (const Step &step : run.steps)
            QVERIFY(!step.trust.has_value());
        QVERIFY(run.steps.back().quality.has_value());
    }

    void readsARunWhileItGrows()
    {
        const QString file = path("growing.h5");
        int read = 0;
        record(file, quickPlan(), true, [&](const Step &step) {
            if (step.number % 5 != 0)
                return;
            const Run sofar = readRun(file, unwatched());
            QCOMPARE(int(sofar.steps.size()), step.number);
            QCOMPARE(difference(sofar.steps.back(), step), QString());
            QCOMPARE(sofar.outcome, Run::Outcome::Stopped);
            QVERIFY(sofar.message.contains(QString::number(step.number)));
            ++read;
        });
        QCOMPARE(read, 2);
    }

    void losesNoFinishedStepWhenKilled()
    {
        const QString file = path("killed.h5");
        QProcess child;
        child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        child.start(QCoreApplication::applicationFilePath(), {"explore", file});
        QVERIFY(child.waitForStarted());
        int finished = 0;
        while (finished < 12) { // it says so after each step
            QVERIFY(child.waitForReadyRead(60000));
            finished += int(child.readAllStandardOutput().count('\n'));
        }
        child.kill(); // SIGKILL
        QVERIFY(child.waitForFinished());
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);
        finished += int(child.readAllStandardOutput().count('\n'));

        QVERIFY(isRunFile(file));
        const Run read = readRun(file, unwatched());
        QVERIFY(int(read.steps.size()) >= finished);
        QCOMPARE(read.outcome, Run::Outcome::Stopped);

        // The same plan goes the same way here: what was read is right to the last bit.
        Plan plan = endlessPlan();
        plan.steps = int(read.steps.size()) - plan.initial.count;
        Replay replay(recording(true));
        const Run again = explore(plan, replay, unwatched(), {});
        QCOMPARE(again.steps.size(), read.steps.size());
        for (std::size_t i = 0; i < again.steps.size(); ++i) {
            QCOMPARE(difference(read.steps[i], again.steps[i]), QString());
            QCOMPARE(differenceOfBeliefs(read.steps[i], again.steps[i]), QString());
        }
    }

    void refusesToOverwrite()
    {
        const QString file = fileOf("there.h5", "something precious");
        QVERIFY(sentenceOf([&] { record(file, quickPlan(), true); }).contains(file));
        QCOMPARE(bytesOf(file), QByteArray("something precious"));
        QVERIFY(
            !sentenceOf([&] { record(path("no/such/folder.h5"), quickPlan(), true); }).isEmpty());
    }

    void takesNothingAfterTheEnd()
    {
        const QString file = path("ended.h5");
        Run run;
        run.plan = quickPlan();
        run.survey = recording(false);
        RunFile out(file, run);
        out.finish(run);
        QVERIFY(sentenceOf([&] { out.append(Step()); }).contains(file));
        QVERIFY(sentenceOf([&] { out.finish(run); }).contains(file));
        QVERIFY(readRun(file, unwatched()).steps.empty());
    }

    void takesStepsInTheirOrder()
    {
        const QString file = path("order.h5");
        Run run;
        run.plan = quickPlan();
        run.survey = recording(false);
        RunFile out(file, run);
        Step step;
        step.number = 2;
        QVERIFY(sentenceOf([&] { out.append(step); }).contains("step 1"));
        step.number = 1;
        step.spectrum = Eigen::VectorXf::Zero(3);
        QVERIFY(sentenceOf([&] { out.append(step); }).contains("3 channels"));
        step.spectrum = {};
        out.append(step);
        QVERIFY(sentenceOf([&] { out.append(step); }).contains("step 2"));
        QCOMPARE(int(readRun(file, unwatched()).steps.size()), 1);
    }

    void recordsAPlanOfManyGivenPoints()
    {
        const QString file = path("many.h5");
        Run run;
        run.plan = quickPlan();
        run.plan.initial.kind = InitialPoints::Kind::Given;
        for (int i = 0; i < 40000; ++i) // far more than a small attribute holds
            run.plan.initial.given.push_back({i / 200, i % 200});
        run.survey = recording(false);
        RunFile(file, run).finish(run);
        QVERIFY(readRun(file, unwatched()).plan.initial == run.plan.initial);
    }

    void stopsReadingWhenTold()
    {
        const QString file = path("stopped.h5");
        record(file, quickPlan(), true);
        for (int most : {0, 1, 3})
            QCOMPARE(sentenceOf([&] {
                         int asked = 0;
                         readRun(file, [&](double) { return asked++ < most; });
                     }),
                     QString("Stopped."));
    }

    void knowsItsOwnFiles()
    {
        const QString file = path("own.h5");
        record(file, quickPlan(), false);
        QVERIFY(isRunFile(file));
        QVERIFY(!isRunFile(path("absent.h5")));
        QVERIFY(!isRunFile(fileOf("text.h5", "no HDF5 at all")));
        QVERIFY(!isRunFile(fileOf("empty.h5", {})));
        QVERIFY(!isRunFile(m_folder.path()));
        {
            Hdf5File other(path("other.h5"), Hdf5File::Mode::Create);
            other.setAttribute("/", "format", "something else");
        }
        QVERIFY(!isRunFile(path("other.h5")));
        QVERIFY(sentenceOf([&] { readRun(path("other.h5"), unwatched()); }).contains("no run"));
        QVERIFY(sentenceOf([&] { readRun(path("absent.h5"), unwatched()); }).contains("absent.h5"));
    }

    void refusesHeadsThatMakeNoSense_data()
    {
        QTest::addColumn<QString>("attribute");
        QTest::addColumn<QVariant>("value");
        QTest::addColumn<QString>("names");
        QTest::newRow("newer") << "version" << QVariant(qint64(3)) << "version";
        QTest::newRow("no JSON") << "plan" << QVariant("{") << "JSON";
        QTest::newRow("odd plan") << "plan" << QVariant(R"({"patch": 0})") << "patch";
        QTest::newRow("number for text") << "valueName" << QVariant(5.) << "valueName";
        QTest::newRow("ratio 0") << "imageRatio" << QVariant(qint64(0)) << "image";
        QTest::newRow("ratio 3") << "imageRatio" << QVariant(qint64(3)) << "image";
        QTest::newRow("pixel size") << "pixelSizeNm" << QVariant(-1.) << "pixel size";
        QTest::newRow("provenance") << "provenance" << QVariant("[") << "provenance";
        QTest::newRow("no lists") << "title" << QVariant("as it should be") << "steps/number";
    }
    void refusesHeadsThatMakeNoSense()
    {
        QFETCH(QString, attribute);
        QFETCH(QVariant, value);
        QFETCH(QString, names);
        const QString file = path(QString("head-%1.h5").arg(QTest::currentDataTag()));
        {
            Hdf5File out(file, Hdf5File::Mode::Create);
            QMap<QString, QVariant> attributes{{"format", "helmscope-run"},
                                               {"version", qint64(1)},
                                               {"plan", "{}"},
                                               {"title", ""},
                                               {"imageQuantity", ""},
                                               {"imageRatio", qint64(1)},
                                               {"pixelSizeNm", 1.},
                                               {"valueName", ""},
                                               {"valueUnit", ""},
                                               {"provenance", "[]"},
                                               {"warnings", ""}};
            attributes[attribute] = value;
            for (auto it = attributes.begin(); it != attributes.end(); ++it)
                out.setAttribute("/", it.key(), it.value());
            out.makeGroup("survey");
            out.write("survey/image", {4, 4}, std::span<const float>(std::vector<float>(16)));
        }
        const QString sentence = sentenceOf([&] { readRun(file, unwatched()); });
        QVERIFY2(sentence.contains(names) && sentence.contains(file), qPrintable(sentence));
    }

    void survivesACutFile()
    {
        const QString file = path("whole.h5");
        record(file, quickPlan(), true);
        const QByteArray whole = bytesOf(file);
        QVERIFY(whole.size() > 10000);
        for (int i = 0; i < 40; ++i) {
            const QString cut = fileOf("cut.h5", whole.left(whole.size() * i / 40));
            const QString sentence = sentenceOf([&] { readRun(cut, unwatched()); });
            QVERIFY2(sentence.contains("cut.h5"), qPrintable(sentence));
        }
    }

    void survivesDamagedBytes()
    {
        const QString file = path("sound.h5");
        Plan plan = quickPlan();
        plan.steps = 2;
        record(file, plan, true);
        const QByteArray sound = bytesOf(file);
        // HDF5 1.10 checks the sums of its structures, but not of the heap of its variable-length
        // texts: a damaged one crashes H5HG_read, which nobody outside can prevent.
        QList<std::pair<qsizetype, qsizetype>> heaps;
        for (qsizetype at = sound.indexOf("GCOL"); at >= 0; at = sound.indexOf("GCOL", at + 4))
            heaps << std::pair(at, at + qFromLittleEndian<qint64>(sound.constData() + at + 8));
        const auto isInHeap = [&](qsizetype at) {
            return std::any_of(heaps.begin(), heaps.end(), [at](const auto &heap) {
                return at >= heap.first && at < heap.second;
            });
        };
        std::mt19937_64 bits(5);
        int refused = 0;
        for (int i = 0; i < 150; ++i) {
            QByteArray damaged = sound;
            // Half of them near the beginning, where the structure is dense.
            const std::uint64_t range = std::uint64_t(i % 2 ? sound.size() : 8192);
            for (int k = 0; k < 8; ++k) {
                const qsizetype at = qsizetype(bits() % range);
                if (!isInHeap(at))
                    damaged[at] = char(bits());
            }
            const QString name = fileOf("damaged.h5", damaged);
            try {
                readRun(name, unwatched());
            } catch (const Error &error) {
                ++refused;
                QVERIFY2(QString(error.what()).contains("damaged.h5"), error.what());
            }
        }
        QVERIFY(refused > 20);
    }
};

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    if (arguments.size() == 3 && arguments[1] == "explore") { // the child that is to be killed
        Replay replay(recording(true));
        std::optional<RunFile> out;
        explore(
            endlessPlan(), replay, unwatched(),
            [&](const Step &step) {
                out->append(step);
                std::printf("%d\n", step.number);
                std::fflush(stdout);
            },
            {}, [&](const Run &start) { out.emplace(arguments[2], start); });
        return 0;
    }
    TestRunFile test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_runfile.moc"
