// SPDX-License-Identifier: GPL-3.0-or-later
// The command line in a workspace, as a process, also on a disk that fails.
#include "failingdisk.h"
#include "workspacesamples.h"

#include "steering/recording/runfile.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace helmscope;

namespace {

constexpr int longestMs = 120'000; // also under the sanitizers, on a busy machine

struct Result
{
    int code = -1; ///< -1: it was killed
    QString out, err;
    QJsonObject json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }
};

Result cli(const QStringList &arguments, const QString &failing = {}, long at = 0,
           int how = DiskWorks)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("OMP_NUM_THREADS", "1");
    if (!failing.isEmpty()) {
        environment.insert("LD_PRELOAD", FAILINGDISK);
        environment.insert("ASAN_OPTIONS",
                           environment.value("ASAN_OPTIONS") + ":verify_asan_link_order=0");
        environment.insert("FAILINGDISK_FOLDER", failing);
        environment.insert("FAILINGDISK_AT", QString::number(at));
        environment.insert("FAILINGDISK_HOW", QString::number(how));
    }
    process.setProcessEnvironment(environment);
    process.start(HELMSCOPE_BINARIES "/helmscope-cli", arguments);
    Result result;
    if (process.waitForFinished(longestMs) && process.exitStatus() == QProcess::NormalExit)
        result.code = process.exitCode();
    result.out = QString::fromUtf8(process.readAllStandardOutput());
    result.err = QString::fromUtf8(process.readAllStandardError());
    return result;
}

QStringList quick(const QString &workspace)
{
    return {"explore",  "--simulate", "32x32",       "--initial", "4",       "--steps", "5",
            "--cycles", "10",         "--workspace", workspace,   "--patch", "8",       "--json"};
}

} // namespace

class TestCliWorkspace : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;
    std::optional<QTemporaryDir> m_folder; ///< made once it is known where it is quick
    QString path(const QString &name) const { return m_folder->filePath(name); }
    QString made(const QString &name) const
    {
        const Result result =
            cli({"init", path(name), "--name", "Ada Example", "--email", "ada@example.org"});
        if (result.code != 0)
            qFatal("%s", qPrintable(result.err));
        return path(name);
    }

private Q_SLOTS:
    void initTestCase()
    {
        useHome(m_home.path());
        m_folder.emplace(QDir::tempPath() + "/helmscope-XXXXXX");
    }

    void makesAWorkspace()
    {
        const Result result = cli({"init", path("new")});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QVERIFY2(result.out.contains("Git does not know who you are"), qPrintable(result.out));
        QVERIFY(Workspace::isWorkspace(path("new")));
        const QString folder = made("new"); // again, with a name
        QCOMPARE(git(folder, {"log", "--format=%an %s"}),
                 QString("Ada Example Workspace of Helmscope"));
        QCOMPARE(git(folder, {"status", "--porcelain"}), QString());
        QCOMPARE(cli({"init", path("new"), "--name", "Ada"}).code, 2);
        QCOMPARE(cli({"runs", folder}).out, "There are no runs in " + folder + ".\n");
    }

    void recordsInIt()
    {
        const QString folder = made("recorded");
        const Result result = cli(quick(folder));
        QVERIFY2(result.code == 0, qPrintable(result.err));
        const QString id = result.json()["id"].toString();
        QCOMPARE(result.json()["run"].toString(), folder + "/runs/" + id + "/run.h5");
        QCOMPARE(readRun(folder + "/runs/" + id + "/run.h5", unwatched()).steps.size(), 9u);
        QCOMPARE(git(folder, {"status", "--porcelain"}), QString());
        QVERIFY(git(folder, {"log", "-1", "--format=%s"})
                    .startsWith("Run " + id + ": finished after 9 measurements"));

        const QJsonObject listed = cli({"runs", folder, "--json"}).json();
        QCOMPARE(listed["runs"].toArray().size(), 1);
        const QJsonObject run = listed["runs"][0].toObject();
        QCOMPARE(run["id"].toString(), id);
        QCOMPARE(run["steps"].toInt(), 9);
        QCOMPARE(run["outcome"].toString(), QString("finished"));
        QVERIFY(cli({"runs", folder}).out.contains(id));
        QCOMPARE(cli({"recover", folder}).out, "All runs in " + folder + " are in order.\n");
    }

    void aNewFolderBecomesOneAndAnotherDoesNot()
    {
        const Result fresh = cli(quick(path("fresh")));
        QVERIFY2(fresh.code == 0, qPrintable(fresh.err));
        QVERIFY2(fresh.err.contains("who you are"), qPrintable(fresh.err)); // nobody is known
        QDir().mkpath(path("full"));
        QVERIFY(writeBytes(path("full/notes.txt"), "mine"));
        const Result other = cli(quick(path("full")));
        QCOMPARE(other.code, 1);
        QVERIFY2(other.err.contains("helmscope-cli init"), qPrintable(other.err));
        QCOMPARE(QDir(path("full")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot).size(), 1);
    }

    void goesOnAfterAKillAsIfNothingHadHappened()
    {
        const QString whole = made("whole"), killed = made("killed");
        const QJsonObject expected = cli(quick(whole)).json();
        QString id;
        // Somewhere amid the steps: earlier ones make the folder, later ones the end.
        for (long at = 400; id.isEmpty() && at < 1500; at += 60) {
            const Result result = cli(quick(killed), killed, at, DiskKills);
            QVERIFY2(result.code == -1, qPrintable(result.err));
            const Result recovered = cli({"recover", killed, "--json"});
            QVERIFY2(recovered.code == 0, qPrintable(recovered.err));
            for (const QJsonValue &one : recovered.json()["recovered"].toArray())
                if (one["canContinue"].toBool() && one["steps"].toInt() >= 5)
                    id = one["run"].toString();
        }
        QVERIFY(!id.isEmpty());
        QVERIFY(cli({"runs", killed}).out.contains("cut off"));
        const QString before = bytesOf(killed + "/runs/" + id + "/steps.jsonl");
        const Result result = cli({"explore", "--workspace", killed, "--continue", id, "--json"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QCOMPARE(result.json()["path"], expected["path"]);
        QCOMPARE(result.json()["bestValue"], expected["bestValue"]);
        QCOMPARE(result.json()["id"].toString(), id);
        QVERIFY(QString(bytesOf(killed + "/runs/" + id + "/steps.jsonl")).startsWith(before));
        QVERIFY(isReadByH5dump(killed + "/runs/" + id + "/run.h5"));
        QCOMPARE(git(killed, {"status", "--porcelain"}), QString());

        const Result again = cli({"explore", "--workspace", killed, "--continue", id});
        QCOMPARE(again.code, 1);
        QVERIFY2(again.err.contains("has ended"), qPrintable(again.err));
        QCOMPARE(cli({"explore", "--workspace", killed, "--continue", id, "--seed", "3"}).code, 2);
        QCOMPARE(cli({"explore", "--workspace", killed, "--continue", "../x"}).code, 1);
        QCOMPARE(cli({"explore", "--continue", id}).code, 2);
    }

    void aFullDiskLosesNothing()
    {
        const QString folder = made("filled");
        const Result result = cli(quick(folder), folder, 700, DiskIsFull);
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QVERIFY2(result.err.contains("No space left on device"), qPrintable(result.err));
        const QString file = result.json()["run"].toString();
        QVERIFY2(file.contains("/helmscope/spill/"), qPrintable(file));
        QCOMPARE(readRun(file, unwatched()).steps.size(), 9u);
        const Result recovered = cli({"recover", folder});
        QVERIFY2(recovered.out.contains("all 9 measurements are whole"), qPrintable(recovered.out));
        QVERIFY(!QFileInfo::exists(file));
        QCOMPARE(cli({"runs", folder, "--json"}).json()["runs"][0]["steps"].toInt(), 9);
        QCOMPARE(git(folder, {"status", "--porcelain"}), QString());
    }

    void restoresAVersion()
    {
        const QString folder = made("restored");
        const QString id = cli(quick(folder)).json()["id"].toString();
        const QString run = folder + "/runs/" + id;
        const QByteArray file = bytesOf(run + "/run.h5");
        QVERIFY(QDir(run).removeRecursively());
        const Result result = cli({"restore", folder, id, "HEAD"});
        QCOMPARE(result.code, 0);
        QCOMPARE(result.out, "Restored in " + run + "\n");
        QCOMPARE(bytesOf(run + "/run.h5"), file);
        QCOMPARE(cli({"restore", folder, id, "nothing"}).code, 1);
        QCOMPARE(cli({"restore", folder, "../..", "HEAD"}).code, 1);
        QCOMPARE(cli({"runs", m_home.path()}).code, 1);
    }

    /// A run of elsewhere, and the seeds' table of it: step, where, largest uncertainty, error.
    void takesARunInAndTellsItStepByStep()
    {
        const QString folder = made("imported"), file = path("elsewhere.h5");
        const Result recorded = cli({"explore", "--simulate", "32x32", "--initial", "4", "--steps",
                                     "5", "--cycles", "10", "--patch", "8", "--out", file});
        QVERIFY2(recorded.code == 0, qPrintable(recorded.err));
        const Result taken = cli({"import", folder, file});
        QVERIFY2(taken.code == 0, qPrintable(taken.err));
        QCOMPARE(git(folder, {"status", "--porcelain"}), QString());
        const Run run = readRun(file, unwatched());
        const Run here = readRun(folder + "/runs/elsewhere/run.h5", unwatched());
        QCOMPARE(here.steps.size(), run.steps.size());
        QCOMPARE(pathHash(here.steps, 9), pathHash(run.steps, 9));
        const Result table =
            cli({"lineage", folder + "/mlmd", "--query", "type = Step and run = elsewhere",
                 "--columns", "step,row,column,largest_deviation,rmse"});
        QVERIFY2(table.code == 0, qPrintable(table.err));
        const QStringList lines = table.out.trimmed().split('\n');
        QCOMPARE(lines.size(), 10);
        QCOMPARE(lines[0], "id,step,row,column,largest_deviation,rmse");
        const QStringList last = lines[9].split(',');
        QCOMPARE(last[1], "9");
        QCOMPARE(last[2].toInt(), run.steps[8].pixel.row);
        float largest = 0; // the map is NaN outside of the candidates
        for (const float deviation : run.steps[8].belief->deviation.reshaped())
            largest = std::max(largest, std::isnan(deviation) ? 0.f : deviation);
        QCOMPARE(last[4].toFloat(), largest);
        QCOMPARE(last[5].toDouble(), run.steps[8].quality->rmse);

        const Result again = cli({"import", folder, file});
        QCOMPARE(again.code, 1);
        QVERIFY2(again.err.contains("elsewhere"), qPrintable(again.err));
        QCOMPARE(cli({"import", folder, file, "--name", "../out"}).code, 1);
        QCOMPARE(cli({"import", folder, folder + "/.gitignore"}).code, 1);
    }
};

QTEST_GUILESS_MAIN(TestCliWorkspace)
#include "tst_cliworkspace.moc"
