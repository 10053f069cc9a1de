// SPDX-License-Identifier: GPL-3.0-or-later
#include "failingdisk.h"
#include "workspacesamples.h"

#include "base/json.h"
#include "steering/recording/rundigests.h"
#include "steering/recording/runfile.h"
#include "steering/recording/stepline.h"
#include "workspace/artifacts.h"
#include "workspace/folderlock.h"
#include "workspace/recordedrun.h"
#include "workspace/runrecord.h"
#include "workspace/settling.h"

#include <QElapsedTimer>
#include <QTest>

#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace helmscope;

namespace {

/// Turns one bit over in the middle of what is found.
bool flipBit(const QString &file, const QByteArray &at)
{
    QByteArray bytes = bytesOf(file);
    const qsizetype where = bytes.indexOf(at);
    if (where < 0)
        return false;
    bytes[where + at.size() / 2] = char(bytes[where + at.size() / 2] ^ 0x04);
    return writeBytes(file, bytes);
}

QByteArray rawBytes(const Eigen::VectorXf &spectrum)
{
    return {reinterpret_cast<const char *>(spectrum.data()),
            qsizetype(std::size_t(spectrum.size()) * sizeof(float))};
}

bool isSameMap(const Map &a, const Map &b)
{
    return a.rows() == b.rows() && a.cols() == b.cols() &&
           ((a == b) || (a.isNaN() && b.isNaN())).all();
}

} // namespace

class TestWorkspace : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase() { useHome(m_home.path()); }

    void isMadeInAFolderWithFilesAndARepository()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath("sample");
        git(folder.path(), {"init", "-q", path});
        git(path, {"config", "user.name", "Ada Example"});
        git(path, {"config", "user.email", "ada@example.org"});
        QVERIFY(writeBytes(path + "/.gitignore", "*.tmp"));
        QVERIFY(writeBytes(path + "/notes.txt", "mine"));
        git(path, {"add", ".gitignore", "notes.txt"});
        git(path, {"commit", "-qm", "mine"});
        QVERIFY(!Workspace::isWorkspace(path));
        QVERIFY(sentenceOf([&] { Workspace{path}; }).find("is no workspace") != std::string::npos);

        const Workspace made = Workspace::create(path);
        QVERIFY(Workspace::isWorkspace(path));
        QCOMPARE(bytesOf(path + "/.gitignore"),
                 QByteArray("*.tmp\n/mlmd\n/mlmd-journal\n/mlmd-wal\n/mlmd-shm\n"));
        QCOMPARE(bytesOf(path + "/notes.txt"), QByteArray("mine"));
        QVERIFY(QFileInfo::exists(path + "/.dvc/config"));
        QVERIFY(git(path, {"log", "--format=%s"}).startsWith("Workspace of Helmscope\nmine"));
        Workspace::create(path); // again: nothing changes
        QCOMPARE(git(path, {"rev-list", "--count", "HEAD"}), QString("2"));
        QVERIFY2(made.troubleWithRecording().isEmpty(), qPrintable(made.troubleWithRecording()));
        // .gitignore was the user's: what was added to it is his to commit.
        QCOMPARE(git(path, {"status", "--porcelain"}), QString("M .gitignore"));
    }

    void isFoundFromWithin()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        recording.plan.steps = 1;
        const QString id = recording.record(*workspace);
        for (const QString &path : {workspace->folder(), workspace->runFolder(id),
                                    workspace->runFolder(id) + "/run.h5"}) {
            const auto found = Workspace::containing(path);
            QVERIFY2(found, qPrintable(path));
            QCOMPARE(found->folder(), workspace->folder());
        }
        QVERIFY(!Workspace::containing(m_home.path()));
        QVERIFY(!Workspace::containing("/nowhere/at/all"));
    }

    void namesOfRunsNeverLeaveTheFolder_data()
    {
        QTest::addColumn<QString>("id");
        for (const char *id : {"..", ".", "", "../x", "a/b", ".git", "a b", "ü", "a\n"})
            QTest::newRow(id) << QString::fromUtf8(id);
    }
    void namesOfRunsNeverLeaveTheFolder()
    {
        QFETCH(QString, id);
        const TemporaryWorkspace workspace;
        QVERIFY(sentenceOf([&] { workspace->runFolder(id); }).find("no name of a run") !=
                std::string::npos);
        QVERIFY(!workspace->entry(id));
        RunRecorder recorder(*workspace, id, {});
        QVERIFY(isRunId(recorder.id()));
    }

    void listsRunsByWhatTheirFoldersSay()
    {
        const TemporaryWorkspace workspace;
        Recording one;
        one.id = "one";
        one.record(*workspace);
        const QString cut = recordCutOff(*workspace, 4);
        QVERIFY(QDir().mkpath(workspace.path("runs/strange")));
        QVERIFY(writeBytes(workspace.path("runs/strange/plan.json"), "{\"format\":"));
        const std::vector<RunEntry> runs = workspace->runs(unwatched());
        QCOMPARE(int(runs.size()), 3);
        const auto at = [&](const QString &id) {
            return *std::find_if(runs.begin(), runs.end(),
                                 [&](const RunEntry &entry) { return entry.id == id; });
        };
        QCOMPARE(at("one").steps, 14);
        QCOMPARE(at("one").outcome.value(), Run::Outcome::Finished);
        QCOMPARE(at("one").message, one.run.message);
        QCOMPARE(at("one").title, QString("A scene with a known optimum"));
        QCOMPARE(at("one").valueName, one.run.valueName);
        QCOMPARE(at("one").plan.toJson(), one.run.plan.toJson());
        QCOMPARE(at(cut).steps, 4);
        QVERIFY(!at(cut).outcome);
        QVERIFY(!at(cut).isGoing);
        QVERIFY(at("strange").problem.contains("plan.json"));
    }

    void twoThousandRunsAreListedQuickly()
    {
        const TemporaryWorkspace workspace;
        Recording one;
        one.id = "one";
        one.record(*workspace);
        const QString from = workspace->runFolder("one");
        for (int i = 0; i < 1999; ++i) {
            const QString to = workspace->runFolder(QString("run-%1").arg(i));
            QVERIFY(QDir().mkpath(to));
            for (const char *name : {"/plan.json", "/steps.jsonl"})
                QVERIFY(QFile::copy(from + name, to + name));
        }
        QElapsedTimer timer;
        timer.start();
        const std::vector<RunEntry> runs = workspace->runs(unwatched());
        std::printf("2,000 runs listed in %lld ms\n", static_cast<long long>(timer.elapsed()));
        QCOMPARE(int(runs.size()), 2000);
        QVERIFY(std::all_of(runs.begin(), runs.end(), [](const RunEntry &entry) {
            return entry.steps == 14 && entry.outcome && entry.problem.isEmpty();
        }));
    }

    void readsARunFromItsLinesWhereItsFileIsLost()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        const QString id = recording.record(*workspace);
        const QString folder = workspace->runFolder(id);
        const Run whole = workspace->read(id, unwatched());
        QVERIFY(whole.survey.warnings.isEmpty());
        QVERIFY(whole.model == recording.run.model);

        QVERIFY(QFile::remove(folder + "/run.h5")); // the cache still has it
        const Run cached = workspace->read(id, unwatched());
        QVERIFY(isSameMap(cached.survey.image, whole.survey.image));
        QVERIFY(cached.steps.back().belief);

        QVERIFY(QDir(workspace.path(".dvc/cache")).removeRecursively());
        const Run run = workspace->read(id, unwatched());
        QCOMPARE(run.steps.size(), whole.steps.size());
        for (std::size_t i = 0; i < run.steps.size(); ++i) {
            QCOMPARE(run.steps[i].value, whole.steps[i].value);
            QCOMPARE(run.steps[i].pixel, whole.steps[i].pixel);
            QCOMPARE(run.steps[i].modelHash, whole.steps[i].modelHash);
        }
        QCOMPARE(run.outcome, whole.outcome);
        QCOMPARE(run.survey.rows(), whole.survey.rows());
        QVERIFY2(run.survey.warnings.join(' ').contains("survey image"),
                 qPrintable(run.survey.warnings.join(' ')));
        QVERIFY2(run.survey.warnings.join(' ').contains("spectra of 14 steps"),
                 qPrintable(run.survey.warnings.join(' ')));
        QVERIFY(sentenceOf([&] { workspace->read("none", unwatched()); }).find("no run none") !=
                std::string::npos);
    }

    void aFlippedBitIsToldAndNotBelieved()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        recording.id = "text";
        recording.record(*workspace);
        recording.id = "file";
        recording.record(*workspace);

        // In the text: what is before it counts, and the file still has all.
        const QString lines = workspace->runFolder("text") + "/steps.jsonl";
        QVERIFY(flipBit(lines, "\"step\":6,\"row\":"));
        const StepsFile read = readStepsFile(lines, recording.plan);
        QCOMPARE(int(read.steps.size()), 5);
        QVERIFY2(read.problem.contains("Line 6 of"), qPrintable(read.problem));
        QVERIFY2(read.problem.contains("its sum is wrong"), qPrintable(read.problem));
        const Run fromFile = workspace->read("text", unwatched());
        QCOMPARE(fromFile.steps.size(), recording.run.steps.size());
        QVERIFY(fromFile.survey.warnings.join(' ').contains("Line 6 of"));

        // In the file, in a spectrum: the text knows what it was not.
        const QString file = workspace->runFolder("file") + "/run.h5";
        const Eigen::VectorXf spectrum = recording.run.steps[8].spectrum;
        QVERIFY(flipBit(file, rawBytes(spectrum)));
        QVERIFY(sentenceOf([&] { checkDigests(file, unwatched()); }).find("spectra") !=
                std::string::npos);
        const Run run = workspace->read("file", unwatched());
        QVERIFY2(run.survey.warnings.join(' ').contains("spectra of 1 steps"),
                 qPrintable(run.survey.warnings.join(' ')));
        QCOMPARE(int(run.steps[8].spectrum.size()), 0);
        QVERIFY(run.steps[7].spectrum == recording.run.steps[7].spectrum);
        QCOMPARE(run.steps[8].value, recording.run.steps[8].value);

        // All of its head: then the text alone tells.
        QVERIFY(writeBytes(file, "no HDF5"));
        QCOMPARE(workspace->read("file", unwatched()).steps.size(), recording.run.steps.size());
    }

    void hostileLinesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("steps");
        QTest::addColumn<bool>("isTold");
        QByteArray sum, twice;
        const QByteArray good = summed(lineOf(stepOne(), nullptr), &sum);
        twice = sum;
        QTest::newRow("empty") << QByteArray() << 0 << false;
        QTest::newRow("torn") << good + good.left(20) << 1 << false;
        QTest::newRow("torn amid zeros") << good + QByteArray(100, '\0') << 1 << false;
        QTest::newRow("no sum") << good + QByteArray("{\"step\":2}\n") << 1 << true;
        QTest::newRow("the same again") << good + good << 1 << true;
        QTest::newRow("wrong number")
            << good + summed(lineOf(stepOne(), nullptr), &sum) << 1 << true;
        QTest::newRow("deep") << good + summed("{\"step\":" + QByteArray(5000, '[') + "}", &twice)
                              << 1 << true;
        QTest::newRow("long") << good + QByteArray(17 << 20, 'x') + '\n' << 1 << true;
        QByteArray after;
        const QByteArray end = summed(endLineOf(Run::Outcome::Stopped, "Enough.", 0), &after);
        QTest::newRow("after the end")
            << end + summed(lineOf(stepOne(), nullptr), &after) << 0 << true;
    }
    void hostileLinesAreRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, steps);
        QFETCH(bool, isTold);
        const QTemporaryDir folder;
        const QString file = folder.filePath("steps.jsonl");
        QVERIFY(writeBytes(file, bytes));
        const StepsFile read = readStepsFile(file, quickPlan());
        QCOMPARE(int(read.steps.size()), steps);
        QVERIFY2(read.problem.isEmpty() != isTold, qPrintable(read.problem));
        QVERIFY(read.wholeBytes <= bytes.size());
        readStepsEnd(file); // whatever it says, it ends
    }

    void aTornLineIsCutOffAndTheRestIsWhole()
    {
        const TemporaryWorkspace workspace;
        const QString id = recordCutOff(*workspace, 9);
        const QString folder = workspace->runFolder(id);
        QVERIFY(QFileInfo::exists(folder + "/.lock")); // its owner is gone
        QCOMPARE(FolderLock::stateOf(folder + "/.lock"), FolderLock::State::Left);
        const QByteArray lines = bytesOf(folder + "/steps.jsonl");
        QVERIFY(writeBytes(folder + "/steps.jsonl", lines + "{\"step\":10,\"row\":3,\"c"));
        QVERIFY(QFile::resize(folder + "/run.h5", 5000)); // and the file is beyond help
        const std::vector<Recovered> recovered = workspace->recover(unwatched());
        QCOMPARE(int(recovered.size()), 1);
        QCOMPARE(recovered[0].run, id);
        QCOMPARE(recovered[0].steps, 9);
        QVERIFY(recovered[0].canContinue);
        QCOMPARE(recovered[0].sentence, QString("Run %1 was cut off after 9 of 14 measurements: "
                                                "all 9 are whole. It can go on.")
                                            .arg(id));
        QCOMPARE(bytesOf(folder + "/steps.jsonl"), lines);
        QVERIFY(isReadByH5dump(folder + "/run.h5"));
        const Run run = workspace->read(id, unwatched());
        QCOMPARE(int(run.steps.size()), 9);
        QVERIFY(run.survey.warnings.isEmpty());
        QVERIFY(run.steps[8].spectrum.size() > 0);
        QVERIFY(isSameMap(run.survey.image, datasetWithKnownOptimum(true).image));
        QVERIFY(workspace.git({"log", "-1", "--format=%s"})
                    .startsWith("Run " + id + ": cut off after 9 measurements"));
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
    }

    void theLockOfADeadProcessIsNone()
    {
        const TemporaryWorkspace workspace;
        const QString file = workspace.path("runs/.lock");
        int ends[2];
        QVERIFY(::pipe(ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            FolderLock lock;
            const char said = lock.take(file) ? 'y' : 'n';
            if (::write(ends[1], &said, 1) != 1)
                ::_exit(1);
            ::pause();
        }
        char said = 0;
        QCOMPARE(int(::read(ends[0], &said, 1)), 1);
        QCOMPARE(said, 'y');
        QCOMPARE(FolderLock::stateOf(file), FolderLock::State::Held);
        FolderLock ours;
        QVERIFY(!ours.take(file, 30));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        QCOMPARE(FolderLock::stateOf(file), FolderLock::State::Left);
        QVERIFY(ours.take(file));
        QVERIFY(ours.isInherited());
        ours.release();
        QCOMPARE(FolderLock::stateOf(file), FolderLock::State::None);
    }

    void whatIsRecordedIsNotRecovered()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        recording.afterStep = [&](RunRecorder &, const Step &) {
            QVERIFY(workspace->recover(unwatched()).empty());
        };
        recording.record(*workspace);
        QVERIFY2(recording.troubles.isEmpty(), qPrintable(recording.troubles.join(' ')));
    }

    void aResumedRunIsTheSameAsAnUninterruptedOne_data()
    {
        QTest::addColumn<bool>("hasSpectra");
        QTest::addColumn<int>("after");
        QTest::newRow("among the first points") << true << 3;
        QTest::newRow("later") << true << 10;
        QTest::newRow("values") << false << 8;
    }
    void aResumedRunIsTheSameAsAnUninterruptedOne()
    {
        QFETCH(bool, hasSpectra);
        QFETCH(int, after);
        const TemporaryWorkspace workspace;
        Recording whole;
        whole.id = "whole";
        whole.hasSpectra = hasSpectra;
        whole.record(*workspace);
        const QString id = recordCutOff(*workspace, after, quickPlan(), hasSpectra);
        QCOMPARE(int(workspace->recover(unwatched()).size()), 1);
        const Run past = workspace->read(id, unwatched());
        QCOMPARE(int(past.steps.size()), after);

        // The plan is run again from its beginning: what was recorded goes by.
        QStringList troubles;
        RunRecorder recorder(*workspace, id, [&](const QString &trouble) { troubles << trouble; });
        recorder.resume(past);
        QVERIFY(workspace->entry(id)->isGoing);
        Replay replay(datasetWithKnownOptimum(hasSpectra));
        const Run again = explore(quickPlan(), replay, unwatched(),
                                  [&](const Step &step) { recorder.append(step); });
        recorder.finish(again);
        QVERIFY2(troubles.isEmpty(), qPrintable(troubles.join(' ')));

        const Run one = workspace->read("whole", unwatched()),
                  other = workspace->read(id, unwatched());
        QCOMPARE(other.steps.size(), one.steps.size());
        for (std::size_t i = 0; i < one.steps.size(); ++i) {
            const Step &a = one.steps[i], &b = other.steps[i];
            QCOMPARE(a.pixel, b.pixel);
            QCOMPARE(a.value, b.value);
            QVERIFY(a.spectrum == b.spectrum);
            QCOMPARE(a.modelHash, b.modelHash);
            QCOMPARE(a.mapsHash, b.mapsHash);
            QCOMPARE(bool(a.belief), bool(b.belief));
            if (a.belief)
                QVERIFY(isSameMap(a.belief->mean, b.belief->mean));
        }
        QVERIFY(one.model == other.model);
        QCOMPARE(other.outcome, one.outcome);
        QVERIFY(checkDigests(workspace->runFolder(id) + "/run.h5", unwatched()) > 0);
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
    }

    void aRerunThatGoesElsewhereIsNotRecorded()
    {
        const TemporaryWorkspace workspace;
        const QString id = recordCutOff(*workspace, 8);
        workspace->recover(unwatched());
        const QByteArray lines = bytesOf(workspace->runFolder(id) + "/steps.jsonl");
        QStringList troubles;
        RunRecorder recorder(*workspace, id, [&](const QString &trouble) { troubles << trouble; });
        recorder.resume(workspace->read(id, unwatched()));
        Plan other = quickPlan();
        other.seed = 8;
        Replay replay(datasetWithKnownOptimum(true));
        recorder.finish(
            explore(other, replay, unwatched(), [&](const Step &step) { recorder.append(step); }));
        QCOMPARE(troubles.size(), 1);
        QVERIFY2(troubles[0].contains("another pixel"), qPrintable(troubles[0]));
        QCOMPARE(bytesOf(workspace->runFolder(id) + "/steps.jsonl"), lines);
    }

    void restoresARunAsItWas()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        const QString id = recording.record(*workspace);
        const QString folder = workspace->runFolder(id);
        const QString version = workspace.git({"rev-parse", "HEAD"});
        const QByteArray file = bytesOf(folder + "/run.h5"),
                         lines = bytesOf(folder + "/steps.jsonl");

        // Nothing is there any more.
        QVERIFY(QDir(folder).removeRecursively());
        QCOMPARE(workspace->restore(id, version, unwatched()), id);
        QCOMPARE(bytesOf(folder + "/run.h5"), file);
        QCOMPARE(bytesOf(folder + "/steps.jsonl"), lines);
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
        // Only something is missing.
        QVERIFY(QFile::remove(folder + "/steps.jsonl"));
        QCOMPARE(workspace->restore(id, "HEAD", unwatched()), id);
        QCOMPARE(bytesOf(folder + "/steps.jsonl"), lines);
        // Other content is never overwritten.
        QVERIFY(writeBytes(folder + "/steps.jsonl", "mine\n"));
        QCOMPARE(workspace->restore(id, version, unwatched()), id + "-restored");
        QCOMPARE(workspace->restore(id, version, unwatched()), id + "-restored-2");
        QCOMPARE(bytesOf(folder + "/steps.jsonl"), QByteArray("mine\n"));
        const Run back = workspace->read(id + "-restored", unwatched());
        QCOMPARE(back.steps.size(), recording.run.steps.size());
        QVERIFY(back.steps.back().belief);

        QVERIFY(sentenceOf([&] {
                    workspace->restore("other", version, unwatched());
                }).find("has no run other") != std::string::npos);
        QVERIFY(sentenceOf([&] {
                    workspace->restore(id, "none", unwatched());
                }).find("no version 'none'") != std::string::npos);
        QVERIFY(QDir(workspace.path("runs"))
                    .entryList({".rest*"}, QDir::AllEntries | QDir::Hidden)
                    .isEmpty());
    }

    void marksCanBeAddedAfterwards()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        const QString id = recording.record(*workspace);
        addMark(*workspace, id, {12, "later", 0});
        addMark(*workspace, id, {3, "früh", 1000});
        const std::vector<Mark> marks = marksOf(workspace->runFolder(id));
        QCOMPARE(int(marks.size()), 2);
        QCOMPARE(marks[0].text, QString("früh"));
        QCOMPARE(marks[0].timeMs, 1000);
        QCOMPARE(marks[1].step, 12);
        QVERIFY(marks[1].timeMs > 0);
        QCOMPARE(workspace.git({"log", "-1", "--format=%s"}),
                 "Run " + id + ": mark at step 3: früh");
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
        QVERIFY(marksOf("/nowhere").empty());
    }

private:
    static Step stepOne()
    {
        Step step;
        step.number = 1;
        step.pixel = {2, 3};
        step.value = 0.5;
        step.scalarizer = quickPlan().scalarizer;
        return step;
    }
};

QTEST_GUILESS_MAIN(TestWorkspace)
#include "tst_workspace.moc"
