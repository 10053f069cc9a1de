// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder is killed, 200 times, at any moment and inside of writes: what it had said was
// recorded is there afterwards, for us, for git and for HDF5's own tools.
#include "failingdisk.h"
#include "workspacesamples.h"

#include "steering/recording/runfile.h"
#include "steering/recording/stepline.h"
#include "workspace/runrecord.h"

#include <QElapsedTimer>
#include <QTest>

#include <cstdio>
#include <random>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace helmscope;

namespace {

/// A run that was made once, to be recorded again and again: learning takes longer than recording.
struct Source
{
    Run start, run;
    bool isSynced = true;
};

Source source(bool hasSpectra, int steps)
{
    Source made;
    made.isSynced = hasSpectra;
    Plan plan = quickPlan();
    plan.initial.count = 3;
    plan.steps = steps - 3;
    Replay replay(datasetWithKnownOptimum(hasSpectra));
    made.run =
        explore(plan, replay, unwatched(), {}, {}, [&](const Run &start) { made.start = start; });
    return made;
}

/// What the child does: records, and says of each step over the pipe that append() has returned.
/// Never returns.
[[noreturn]] void record(const Source &source, const Workspace &workspace, const QString &resumed,
                         int pipe)
{
    RunRecorder recorder(workspace, resumed.isEmpty() ? QStringLiteral("run") : resumed,
                         [](const QString &trouble) {
                             std::fprintf(stderr, "%s\n", qPrintable(trouble));
                             ::_exit(4); // a killed one before it must not be in the way
                         },
                         {{}, source.isSynced});
    const auto say = [pipe](char what) {
        if (::write(pipe, &what, 1) != 1)
            ::_exit(3);
    };
    if (resumed.isEmpty())
        recorder.begin(source.start);
    else
        recorder.resume(workspace.read(resumed, unwatched()));
    say('b');
    for (const Step &step : source.run.steps) {
        recorder.append(step);
        say('s');
    }
    recorder.mark(1, "a mark");
    recorder.finish(source.run);
    say('f');
    ::_exit(0);
}

/// What a child had announced before it died.
struct Announced
{
    int steps = 0;
    bool isFinished = false, isKilled = false;
    long calls = 0;
};

} // namespace

class TestKilled : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;
    unsigned m_seed = 0;
    Source m_spectra, m_values;

    /// Forks a child that records; `at`: the call on the disk at which it dies (0: none), otherwise
    /// it is killed after `microseconds`.
    static Announced let(const Source &source, const Workspace &workspace, const QString &resumed,
                         long at, long microseconds)
    {
        int ends[2];
        if (::pipe(ends) != 0)
            qFatal("no pipe");
        const pid_t child = ::fork();
        if (child < 0)
            qFatal("cannot fork");
        if (child == 0) {
            ::close(ends[0]);
            failingDisk(qPrintable(workspace.folder()), at, at > 0 ? DiskKills : DiskWorks);
            record(source, workspace, resumed, ends[1]);
        }
        ::close(ends[1]);
        if (microseconds > 0) {
            ::usleep(useconds_t(microseconds));
            ::kill(child, SIGKILL);
        }
        Announced announced;
        char what = 0;
        while (::read(ends[0], &what, 1) == 1) {
            announced.steps += what == 's';
            announced.isFinished = announced.isFinished || what == 'f';
        }
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        announced.isKilled = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        if (!announced.isKilled && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
            qFatal("the child ended with status %d", status);
        return announced;
    }

    /// How many calls on the disk a whole recording makes.
    static long callsOf(const Source &source)
    {
        const TemporaryWorkspace workspace;
        failingDisk(qPrintable(workspace->folder()), -1, DiskWorks);
        {
            RunRecorder recorder(*workspace, "run", {}, {{}, source.isSynced});
            recorder.begin(source.start);
            for (const Step &step : source.run.steps)
                recorder.append(step);
            recorder.mark(1, "a mark");
            recorder.finish(source.run);
        }
        const long calls = failingDiskCalls();
        failingDisk("", -1, DiskWorks);
        return calls;
    }

    /// What must hold of a recovered run; `toldBefore`: steps that had been announced.
    static void check(const TemporaryWorkspace &workspace, const Source &source,
                      const Announced &announced, bool isThorough)
    {
        const std::optional<RunEntry> entry = workspace->entry("run");
        if (!entry) {
            QCOMPARE(announced.steps, 0); // died before there was a plan
            return;
        }
        QVERIFY2(entry->problem.isEmpty(), qPrintable(entry->problem));
        QVERIFY(!entry->isGoing);
        QVERIFY2(entry->steps >= announced.steps,
                 qPrintable(QString("%1 < %2").arg(entry->steps).arg(announced.steps)));
        if (announced.isFinished)
            QVERIFY(entry->outcome);
        const Run run = workspace->read("run", unwatched());
        QVERIFY2(run.survey.warnings == source.start.survey.warnings,
                 qPrintable(run.survey.warnings.join(' ')));
        QVERIFY((run.survey.image == source.start.survey.image).all());
        QCOMPARE(int(run.steps.size()), entry->steps);
        for (std::size_t i = 0; i < run.steps.size(); ++i) {
            QCOMPARE(lineOf(run.steps[i], nullptr), lineOf(source.run.steps[i], nullptr));
            QVERIFY(run.steps[i].spectrum == source.run.steps[i].spectrum);
        }
        const QString folder = workspace->runFolder("run");
        QVERIFY(!QFileInfo::exists(folder + "/.lock"));
        QCOMPARE(QDir(folder).entryList({"*.part"}), QStringList());
        // The text by itself tells the same.
        const StepsFile lines = readStepsFile(folder + "/steps.jsonl", source.run.plan);
        QVERIFY2(lines.problem.isEmpty(), qPrintable(lines.problem));
        QCOMPARE(int(lines.steps.size()), entry->steps);
        QCOMPARE(QFileInfo(folder + "/steps.jsonl").size(), lines.wholeBytes);
        if (!isThorough)
            return;
        int code = -1;
        QString complaint = workspace.git({"fsck", "--strict", "--no-dangling"}, &code);
        QVERIFY2(code == 0 && !complaint.contains("error"), qPrintable(complaint));
        QVERIFY2(isReadByH5dump(folder + "/run.h5", &complaint), qPrintable(complaint));
        QCOMPARE(workspace.git({"status", "--porcelain"}), QString());
    }

private Q_SLOTS:
    void initTestCase()
    {
        useHome(m_home.path());
        m_seed = qEnvironmentVariableIsSet("KILLED_SEED")
                     ? qEnvironmentVariable("KILLED_SEED").toUInt()
                     : std::random_device()();
        std::printf("KILLED_SEED=%u makes the same random moments again\n", m_seed);
        std::fflush(stdout);
        m_spectra = source(true, 5);
        m_values = source(false, 5);
    }

    void findsEveryStepThatWasAnnounced_data()
    {
        QTest::addColumn<bool>("hasSpectra");
        QTest::addColumn<bool>("isInsideOfCalls");
        QTest::addColumn<int>("times");
        QTest::newRow("inside of calls on the disk") << true << true << 120;
        QTest::newRow("values, inside of calls") << false << true << 30;
        QTest::newRow("at any time") << true << false << 50;
    }
    void findsEveryStepThatWasAnnounced()
    {
        QFETCH(bool, hasSpectra);
        QFETCH(bool, isInsideOfCalls);
        QFETCH(int, times);
        const Source &source = hasSpectra ? m_spectra : m_values;
        std::mt19937 random(m_seed);
        const long calls = callsOf(source);
        QVERIFY2(calls > 100, qPrintable(QString::number(calls)));
        QElapsedTimer timer;
        timer.start();
        {
            const TemporaryWorkspace workspace;
            const Announced whole = let(source, *workspace, {}, 0, 0);
            QVERIFY(whole.isFinished);
        }
        const long whole = long(timer.nsecsElapsed() / 1000);
        int kills = 0, found = 0, resumed = 0;
        for (int i = 0; kills < times && i < 2 * times; ++i) {
            const TemporaryWorkspace workspace;
            const long at = isInsideOfCalls ? 1 + long(random() % unsigned(calls)) : 0;
            const long microseconds = isInsideOfCalls ? 0 : 1000 + long(random() % unsigned(whole));
            const QByteArray where = QString("kill %1: call %2 of %3, %4 us")
                                         .arg(i)
                                         .arg(at)
                                         .arg(calls)
                                         .arg(microseconds)
                                         .toUtf8();
            const Announced announced = let(source, *workspace, {}, at, microseconds);
            kills += announced.isKilled;
            const bool isThorough = i % 4 == 0;
            for (const Recovered &one : workspace->recover(unwatched())) {
                QVERIFY2(one.steps >= announced.steps, where + ' ' + one.sentence.toUtf8());
                QVERIFY2(one.sentence.endsWith("whole.") || one.sentence.endsWith("can go on."),
                         where + ' ' + one.sentence.toUtf8());
            }
            check(workspace, source, announced, isThorough);
            if (QTest::currentTestFailed())
                QFAIL(where);
            found += announced.steps;
            QVERIFY2(workspace->recover(unwatched()).empty(), where); // once is enough

            // It goes on, and is killed once more, and goes on to its end.
            const std::optional<RunEntry> entry = workspace->entry("run");
            if (!entry || entry->outcome || i % 3 != 0)
                continue;
            ++resumed;
            const Announced again =
                let(source, *workspace, "run", 1 + long(random() % unsigned(calls)), 0);
            workspace->recover(unwatched());
            check(workspace, source, again, isThorough);
            if (!workspace->entry("run")->outcome) {
                const Announced last = let(source, *workspace, "run", 0, 0);
                QVERIFY2(last.isFinished, where);
            }
            check(workspace, source, Announced{5, true, false, 0}, true);
            if (QTest::currentTestFailed())
                QFAIL(where + ", resumed");
            QCOMPARE(workspace->entry("run")->outcome.value(), Run::Outcome::Finished);
        }
        std::printf("%s: %d killed, %d announced steps all found, %d runs gone on with, "
                    "%.1f s\n",
                    QTest::currentDataTag(), kills, found, resumed, double(timer.elapsed()) / 1000);
        std::fflush(stdout);
        QCOMPARE(kills, times);
    }
};

QTEST_GUILESS_MAIN(TestKilled)
#include "tst_killed.moc"
