// SPDX-License-Identifier: GPL-3.0-or-later
#include "failingdisk.h"
#include "workspacesamples.h"

#include "base/error.h"
#include "history/repository.h"
#include "steering/recording/rundigests.h"
#include "steering/recording/runfile.h"
#include "steering/recording/stepline.h"
#include "workspace/folderlock.h"
#include "workspace/runrecord.h"
#include "workspace/spectrajournal.h"

#include <QJsonDocument>
#include <QStandardPaths>
#include <QTest>

#include <thread>

using namespace helmscope;

class TestRunRecorder : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;

    static QStringList summaries(const TemporaryWorkspace &workspace)
    {
        return workspace.git({"log", "--format=%s"}).split('\n');
    }
    static void failAt(const TemporaryWorkspace &workspace, int how)
    {
        failingDisk(qPrintable(workspace->folder()), 1, how);
    }

private Q_SLOTS:
    void initTestCase()
    {
        useHome(m_home.path());
        if (QStandardPaths::findExecutable("git").isEmpty())
            QSKIP("Debian's git is not installed.");
    }
    void cleanup() { failingDisk("", -1, DiskWorks); }

    void putsEveryStepOnTheDiskBeforeItReturns()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        recording.afterStep = [&](RunRecorder &recorder, const Step &step) {
            const StepsFile lines =
                readStepsFile(recorder.folder() + "/steps.jsonl", recording.plan);
            QCOMPARE(int(lines.steps.size()), step.number);
            QVERIFY2(lines.problem.isEmpty(), qPrintable(lines.problem));
            QCOMPARE(lineOf(lines.steps.back(), nullptr),
                     lineOf(step, nullptr)
                         .replace("\"channels\":24,\"spectrumHash\":\"" +
                                      QByteArray::number(qulonglong(hashOf(step.spectrum)), 16)
                                          .rightJustified(16, '0'),
                                  "\"channels\":0,\"spectrumHash\":\"0000000000000000"));
            QCOMPARE(lines.spectrumHashes.back(), hashOf(step.spectrum));
            const auto journal = readSpectraJournal(recorder.folder() + "/spectra.part");
            QVERIFY(journal);
            QCOMPARE(int(journal->spectra.size()), step.number);
            QVERIFY(journal->spectra.back() == step.spectrum);
            // The file can be read while it grows.
            const Run growing = readRun(recorder.runFile(), unwatched());
            QCOMPARE(int(growing.steps.size()), step.number);
            QVERIFY(workspace->entry(recorder.id())->isGoing);
        };
        const QString id = recording.record(*workspace);
        QVERIFY2(recording.troubles.isEmpty(), qPrintable(recording.troubles.join(' ')));
        const QString folder = workspace->runFolder(id);
        QVERIFY(!QFileInfo::exists(folder + "/spectra.part"));
        QVERIFY(!QFileInfo::exists(folder + "/.lock"));
        QVERIFY(!workspace->entry(id)->isGoing);
        QVERIFY(checkDigests(folder + "/run.h5", unwatched()) > 0);
        const StepsFile lines = readStepsFile(folder + "/steps.jsonl", recording.plan);
        QCOMPARE(lines.outcome.value(), Run::Outcome::Finished);
        QCOMPARE(lines.message, recording.run.message);
    }

    void commitsAtTheStartAtMarksAndAtTheEnd()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        recording.afterStep = [](RunRecorder &recorder, const Step &step) {
            if (step.number == 9)
                std::thread([&] { recorder.mark(9, "a bright \"spot\""); }).join();
        };
        const QString id = recording.record(*workspace);
        QVERIFY2(recording.troubles.isEmpty(), qPrintable(recording.troubles.join(' ')));
        const QStringList log = summaries(workspace);
        QCOMPARE(log.size(), 4);
        QVERIFY2(log[0].startsWith("Run " + id + ": finished after 14 measurements, best "),
                 qPrintable(log[0]));
        QCOMPARE(log[1], "Run " + id + ": mark at step 9: a bright \"spot\"");
        QVERIFY2(log[2].startsWith("Run " + id + ": begins: "), qPrintable(log[2]));
        QCOMPARE(log[3], QString("Workspace of Helmscope"));
        const auto marks = marksOf(workspace->runFolder(id));
        QCOMPARE(int(marks.size()), 1);
        QCOMPARE(marks[0].step, 9);
        QCOMPARE(marks[0].text, QString("a bright \"spot\""));

        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
        int code = -1;
        const QString complaints = workspace.git({"fsck", "--strict", "--no-dangling"}, &code);
        QVERIFY2(code == 0, qPrintable(complaints));
        const QString files = workspace.git({"ls-tree", "-r", "--name-only", "HEAD"});
        for (const char *name : {"plan.json", "steps.jsonl", "run.h5.dvc", "marks.jsonl"})
            QVERIFY2(files.contains("runs/" + id + '/' + name), qPrintable(files));
        for (const char *name : {"run.h5\n", "spectra.part", ".lock", "mlmd", "cache"})
            QVERIFY2(!files.contains(name), qPrintable(files));
        QVERIFY2(files.contains("lineage/"), qPrintable(files));
        const QString message = workspace.git({"log", "-1", "--format=%an <%ae>%n%b"});
        QVERIFY2(message.startsWith("Ada Example <ada@example.org>"), qPrintable(message));
        QVERIFY2(message.contains("Steps: 14"), qPrintable(message));
        QVERIFY2(message.contains("R²: "), qPrintable(message));
    }

    void diffsOfPlansAndStepsCanBeRead()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        const QString id = recording.record(*workspace);
        const QString steps = workspace.git({"diff", "HEAD^", "HEAD", "--", "runs"});
        QVERIFY2(steps.contains("+{\"step\":7,\"row\":"), qPrintable(steps.left(2000)));
        QVERIFY(steps.contains("\"reason\":\"acquisition\""));
        QVERIFY(!steps.contains("Binary files"));
        const QString plan = workspace.git({"diff", "HEAD^^", "HEAD^", "--", "runs"});
        QVERIFY2(plan.contains("+    \"format\": \"helmscope-run-plan\""), qPrintable(plan));
        QVERIFY(plan.contains("+        \"seed\": 7"));
        Q_UNUSED(id)
    }

    void twoCanRecordAtOnce()
    {
        const TemporaryWorkspace workspace;
        Recording one, other;
        std::optional<RunRecorder> second;
        QString between;
        one.afterStep = [&](RunRecorder &, const Step &step) {
            if (step.number == 3) // in the middle of the first a second run from begin to end
                between = other.record(*workspace);
        };
        one.id = other.id = "the-same-second";
        const QString first = one.record(*workspace);
        QCOMPARE(first, QString("the-same-second"));
        QCOMPARE(between, QString("the-same-second-2"));
        QVERIFY2((one.troubles + other.troubles).isEmpty(), qPrintable(one.troubles.join(' ')));
        QCOMPARE(int(workspace->runs(unwatched()).size()), 2);
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
        QCOMPARE(workspace->read(first, unwatched()).steps.size(),
                 workspace->read(between, unwatched()).steps.size());
    }

    void recordsWhileTheUserMergesAndCommitsLater()
    {
        const TemporaryWorkspace workspace;
        writeBytes(workspace.path("notes.txt"), "one\n");
        workspace.git({"add", "notes.txt"});
        workspace.git({"commit", "-qm", "notes"});
        workspace.git({"checkout", "-qb", "side"});
        writeBytes(workspace.path("notes.txt"), "two\n");
        workspace.git({"commit", "-qam", "two"});
        workspace.git({"checkout", "-q", "main"});
        writeBytes(workspace.path("notes.txt"), "three\n");
        workspace.git({"commit", "-qam", "three"});
        int code = 0;
        workspace.git({"merge", "side"}, &code);
        QVERIFY(code != 0);
        QVERIFY(workspace->troubleWithRecording().contains("merge"));

        Recording recording;
        const QString id = recording.record(*workspace);
        QCOMPARE(recording.troubles.size(), 1);
        QVERIFY2(recording.troubles[0].contains("merge"), qPrintable(recording.troubles[0]));
        QCOMPARE(int(workspace->read(id, unwatched()).steps.size()), 14);
        QVERIFY(workspace.git({"status"}).contains("You have unmerged paths"));
        QVERIFY(!workspace.git({"log", "--format=%s"}).contains(id));

        workspace.git({"merge", "--abort"});
        Recording next; // brings the version of the first along
        next.record(*workspace);
        QVERIFY2(next.troubles.isEmpty(), qPrintable(next.troubles.join(' ')));
        QVERIFY(summaries(workspace).join('\n').contains("Run " + id + ": finished"));
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
    }

    void recordsWhileGitIsLocked()
    {
        const TemporaryWorkspace workspace;
        writeBytes(workspace.path(".git/refs/heads/main.lock"), "");
        Recording recording;
        recording.plan.steps = 1;
        const QString id = recording.record(*workspace);
        QCOMPARE(recording.troubles.size(), 1);
        QVERIFY2(recording.troubles[0].contains("lock"), qPrintable(recording.troubles[0]));
        QVERIFY(QFile::remove(workspace.path(".git/refs/heads/main.lock")));
        const std::vector<Recovered> recovered = workspace->recover(unwatched());
        QCOMPARE(int(recovered.size()), 1);
        QVERIFY2(recovered[0].sentence.contains("all 7 measurements are whole"),
                 qPrintable(recovered[0].sentence));
        QVERIFY(!recovered[0].canContinue);
        QVERIFY(summaries(workspace)[0].startsWith("Run " + id + ": finished"));
        QVERIFY(workspace->recover(unwatched()).empty());
    }

    void recordsWhereGitKnowsNobody()
    {
        const TemporaryWorkspace workspace(false);
        QVERIFY(!personOf(*workspace));
        QVERIFY(workspace->troubleWithRecording().contains("who you are"));
        Recording recording;
        const QString id = recording.record(*workspace);
        QCOMPARE(recording.troubles.size(), 1);
        QVERIFY2(recording.troubles[0].contains("who you are"), qPrintable(recording.troubles[0]));
        setPerson(*workspace, {"Ada Example", "ada@example.org"});
        QCOMPARE(int(workspace->recover(unwatched()).size()), 1);
        QVERIFY(summaries(workspace)[0].startsWith("Run " + id));
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
    }

    void aBranchIsABranchInGit()
    {
        const TemporaryWorkspace workspace;
        Recording parent;
        parent.afterStep = [](RunRecorder &recorder, const Step &step) {
            if (step.number == 8)
                recorder.mark(8, "interesting");
        };
        const QString from = parent.record(*workspace);
        const QString marked = workspace.git({"rev-parse", "HEAD^"});
        Recording branch;
        branch.id = "what-if";
        branch.plan.origin = {from, 9, {}, Origin::Beyond::Sample};
        branch.plan.acquisition.kind = Acquisition::ExpectedImprovement;
        const QString id = branch.record(*workspace);
        QVERIFY2(branch.troubles.isEmpty(), qPrintable(branch.troubles.join(' ')));

        QCOMPARE(workspace.git({"branch", "--list", "run/*", "--format=%(refname:short)"}),
                 QString("run/what-if"));
        // It begins at the newest version that knew no more than nine steps.
        QCOMPARE(workspace.git({"merge-base", "HEAD^", "run/what-if"}), marked);
        QCOMPARE(workspace.git({"rev-list", "--parents", "-n1", "HEAD"}).split(' ').size(), 3);
        QCOMPARE(workspace.git({"rev-parse", "HEAD^2"}),
                 workspace.git({"rev-parse", "run/what-if"}));
        QCOMPARE(workspace.git({"branch", "--show-current"}), QString("main"));
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
        QCOMPARE(workspace->entry(id)->plan.origin.run, from);
        int code = -1;
        workspace.git({"fsck", "--strict"}, &code);
        QCOMPARE(code, 0);
    }

    void theUsersOwnFilesAreNotTouched()
    {
        const TemporaryWorkspace workspace;
        writeBytes(workspace.path("paper.tex"), "staged\n");
        workspace.git({"add", "paper.tex"});
        writeBytes(workspace.path("draft.txt"), "not staged\n");
        Recording recording;
        recording.record(*workspace);
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString("A  paper.tex\n?? draft.txt"));
    }

    void goesElsewhereWhereTheDiskFails_data()
    {
        QTest::addColumn<int>("how");
        QTest::addColumn<int>("after"); ///< steps; 0: at the beginning
        QTest::addColumn<QString>("cause");
        QTest::newRow("full at a step") << int(DiskIsFull) << 5 << "No space left";
        QTest::newRow("full after a model") << int(DiskIsFull) << 10 << "No space left";
        QTest::newRow("broken at a step") << int(DiskIsBroken) << 7 << "Input/output error";
        QTest::newRow("read-only from the start") << int(DiskIsReadOnly) << 0 << "Read-only";
        QTest::newRow("full at the end") << int(DiskIsFull) << 14 << "No space left";
    }
    void goesElsewhereWhereTheDiskFails()
    {
        QFETCH(int, how);
        QFETCH(int, after);
        QFETCH(QString, cause);
        const TemporaryWorkspace workspace;
        Recording recording;
        QString spilled;
        bool wasSpilled = false;
        if (after == 0)
            failAt(workspace, how);
        recording.afterStep = [&](RunRecorder &recorder, const Step &step) {
            spilled = recorder.folder();
            wasSpilled = recorder.isSpilled();
            if (step.number == after)
                failAt(workspace, how);
        };
        const QString id = recording.record(*workspace);
        QCOMPARE(wasSpilled, after < 14);
        QCOMPARE(recording.troubles.size(), 1);
        QVERIFY2(recording.troubles[0].contains(cause), qPrintable(recording.troubles[0]));
        QVERIFY2(recording.troubles[0].contains(workspace->runFolder(id)),
                 qPrintable(recording.troubles[0]));
        const QString folder = m_home.path() + "/data/helmscope/spill";
        QVERIFY2(recording.troubles[0].contains(folder), qPrintable(recording.troubles[0]));

        // While the disk is as it is, nothing is lost and it is said.
        std::vector<Recovered> still = workspace->recover(unwatched());
        QVERIFY(!still.empty());
        QVERIFY2(still[0].sentence.contains(folder), qPrintable(still[0].sentence));
        QCOMPARE(still[0].steps, 14);

        failingDisk("", -1, DiskWorks);
        const std::vector<Recovered> recovered = workspace->recover(unwatched());
        QCOMPARE(int(recovered.size()), 1);
        QVERIFY2(recovered[0].sentence.contains("all 14 measurements are whole"),
                 qPrintable(recovered[0].sentence));
        const Run back = workspace->read(id, unwatched());
        QCOMPARE(back.steps.size(), recording.run.steps.size());
        for (std::size_t i = 0; i < back.steps.size(); ++i) {
            QCOMPARE(lineOf(back.steps[i], nullptr), lineOf(recording.run.steps[i], nullptr));
            QVERIFY(back.steps[i].spectrum == recording.run.steps[i].spectrum);
            if (how == DiskIsFull) // its run file could still be read
                QCOMPARE(bool(back.steps[i].belief), bool(recording.run.steps[i].belief));
        }
        QVERIFY(back.model == recording.run.model);
        QVERIFY(isReadByH5dump(workspace->runFolder(id) + "/run.h5"));
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
        QVERIFY(workspace->recover(unwatched()).empty());
    }

    void saysSoWhereNothingCanBeRecorded()
    {
        const TemporaryWorkspace workspace;
        Recording recording;
        recording.settings.spillFolder = "/proc/nowhere";
        recording.afterStep = [&](RunRecorder &recorder, const Step &step) {
            if (step.number == 5)
                failAt(workspace, DiskIsFull);
            if (step.number > 5)
                QVERIFY(recorder.folder().isEmpty());
        };
        recording.record(*workspace);
        QCOMPARE(recording.run.outcome, Run::Outcome::Finished); // the run goes on
        QCOMPARE(recording.troubles.size(), 1);
        QVERIFY2(recording.troubles[0].contains("its recording ends here"),
                 qPrintable(recording.troubles[0]));
        failingDisk("", -1, DiskWorks);
        const std::vector<Recovered> recovered = workspace->recover(unwatched());
        QCOMPARE(int(recovered.size()), 1);
        QCOMPARE(recovered[0].steps, 5);
        QVERIFY(recovered[0].canContinue);
    }
};

QTEST_GUILESS_MAIN(TestRunRecorder)
#include "tst_runrecorder.moc"
