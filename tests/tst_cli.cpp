// SPDX-License-Identifier: GPL-3.0-or-later
// The command line, as a process: what it prints, returns and leaves on disk.

#include "base/error.h"
#include "cliprogram.h"
#include "data/formats.h"
#include "steering/recording/runfile.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace helmscope;

namespace {

/// A short exploration of the smallest sample.
QStringList quick(const QStringList &more = {})
{
    return QStringList{"explore", "--simulate", "32x32",    "--initial", "4",
                       "--steps", "3",          "--cycles", "4"} +
           more;
}

QByteArray contentOf(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

QString data(const QString &name)
{
    return HELMSCOPE_SOURCE "/../shared/data/" + name;
}

/// Steps that can be read of a run file; none while it cannot.
int stepsIn(const QString &file)
{
    try {
        return int(readRun(file, unwatched()).steps.size());
    } catch (const Error &) {
        return 0;
    }
}

} // namespace

class TestCli : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const QString &name) const { return m_folder.filePath(name); }

private Q_SLOTS:
    void explainsItself_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("all") << QStringList{"--help"} << QByteArray("explore");
        QTest::newRow("version") << QStringList{"--version"} << QByteArray("helmscope-cli");
        QTest::newRow("info") << QStringList{"info", "--help"} << QByteArray("HyperSpy");
        QTest::newRow("explore") << QStringList{"explore", "--help"} << QByteArray("Examples");
        QTest::newRow("export") << QStringList{"export", "--help"} << QByteArray("steps.csv");
    }
    void explainsItself()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, text);
        const Result result = cli(arguments);
        QCOMPARE(result.code, 0);
        QVERIFY2(result.out.contains(text), result.out);
    }

    void refusesWrongUsage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("named");
        const auto row = [](const char *name, const QStringList &arguments, const char *named) {
            QTest::newRow(name) << arguments << QByteArray(named);
        };
        row("no command", {}, "explore");
        row("unknown command", {"fly"}, "fly");
        row("unknown option", {"explore", "--simulate", "32x32", "--warp"}, "--warp");
        row("info of nothing", {"info"}, "FILE");
        row("nothing to explore", {"explore"}, "--simulate");
        row("both samples", {"explore", "--simulate", "32x32", "--image", "a.npy"}, "--image");
        row("image alone", {"explore", "--image", "a.npy"}, "--spectra");
        row("spectra without a scalarizer", {"explore", "--image", "a.npy", "--spectra", "b.npy"},
            "--scalarizer");
        row("spectra and values",
            {"explore", "--image", "a.npy", "--spectra", "b.npy", "--values", "c.npy"}, "--values");
        row("spectra without an image", {"explore", "--spectra", "b.npy"}, "--image");
        row("too small", {"explore", "--simulate", "31x32"}, "31x32");
        row("too large", {"explore", "--simulate", "32x513"}, "32x513");
        row("no size", {"explore", "--simulate", "small"}, "small");
        row("scalarizer", quick({"--scalarizer", "band"}), "--scalarizer");
        row("acquisition", quick({"--acquisition", "luck"}), "--acquisition");
        row("patch", quick({"--patch", "1"}), "--patch");
        row("a text for a number", quick({"--cycles", "ten"}), "--cycles");
        row("negative seed", quick({"--seed", "-1"}), "--seed");
        row("bin without spectra to predict", quick({"--bin", "4"}), "--vector");
        row("export without a folder", {"export", "run.h5"}, "--out");
    }
    void refusesWrongUsage()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, named);
        const Result result = cli(arguments);
        QCOMPARE(result.code, 2);
        QVERIFY2(result.err.contains(named), result.err);
        QCOMPARE(result.out, QByteArray());
    }

    void namesAMissingFile_data()
    {
        QTest::addColumn<QStringList>("arguments");
        const QString missing = path("missing.npy");
        QTest::newRow("info") << QStringList{"info", missing};
        QTest::newRow("explore") << QStringList{"explore", "--image", missing, "--values", missing};
        QTest::newRow("plan") << QStringList{"explore", "--plan", missing};
        QTest::newRow("export") << QStringList{"export", missing, "--out", path("nowhere")};
    }
    void namesAMissingFile()
    {
        QFETCH(QStringList, arguments);
        const Result result = cli(arguments);
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("missing.npy"), result.err);
        QCOMPARE(result.err.count('\n'), 1); // one sentence
        QVERIFY(!QFile::exists(path("nowhere")));
    }

    void saysWhatAFileHolds()
    {
        const QString file = data("sio2-haadf-eds/SiO2_HAADF_Image.hspy");
        if (!QFile::exists(file))
            QSKIP("the recorded data is not here");
        const Result text = cli({"info", file});
        QCOMPARE(text.code, 0);
        QVERIFY2(text.out.contains("HyperSpy") && text.out.contains("0.00855245 µm"), text.out);
        const Result result = cli({"info", "--json", file, path("absent.hspy")});
        QCOMPARE(result.code, 1); // one of the two is missing
        QVERIFY(result.err.contains("absent.hspy"));
        const QJsonArray files = result.json()["files"].toArray();
        QCOMPARE(files.size(), 1);
        const QJsonObject array = files[0]["arrays"][0].toObject();
        QCOMPARE(array["type"].toString(), "float32");
        QCOMPARE(array["shape"].toArray(), QJsonArray({128, 128}));
        const QJsonObject axis = array["axes"][0].toObject();
        QCOMPARE(axis["unit"].toString(), "µm");
        QVERIFY(std::abs(axis["scale"].toDouble() - 0.008552) < 1e-6);
    }

    void exploresARecordedMapOfValues()
    {
        const QString file = data("fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz");
        if (!QFile::exists(file))
            QSKIP("the recorded data is not here");
        const Result result = cli({"explore", "--image", file + ":haadf_u8", "--values",
                                   file + ":dipole_scalar", "--pixel-size-nm", "1.6045",
                                   "--initial", "5", "--steps", "2", "--cycles", "5", "--json"});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(result.json()["measured"].toInt(), 7);
        QVERIFY(result.json()["r2"].isDouble());
    }

    void printsOneObjectWithAllThatIsAsked()
    {
        const Result result = cli(quick({"--json"}));
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(result.out.count('\n'), 1);
        const QJsonObject object = result.json();
        QCOMPARE(object["steps"].toInt(), 3);
        QCOMPARE(object["measured"].toInt(), 7);
        QCOMPARE(object["judgedPixels"].toInt(), 17 * 17 - 7);
        for (const char *key : {"rmse", "r2", "nlpd", "coverage95", "bestValue", "seed", "threads"})
            QVERIFY2(object[key].isDouble(), key);
        QVERIFY(object["secondsPerStep"]["median"].toDouble() <=
                object["secondsPerStep"]["p95"].toDouble());
        QVERIFY(object["run"].isNull());
        QCOMPARE(object["path"].toArray().size(), 7);
        QCOMPARE(object["trust"]["predictions"].toInt(), 3);
        QCOMPARE(object["trust"]["judgement"].toString(), "too-few");
        QVERIFY(object["trust"]["verdict"].toString().contains("(3)"));
        QVERIFY(object["trust"]["leaveOneOutNlpd"].isDouble());
        const QJsonArray trust = object["trustOfSteps"].toArray();
        QCOMPARE(trust.size(), 4); // from the last first point on
        QCOMPARE(trust[0]["step"].toInt(), 4);
        QVERIFY(trust[0]["coverage95"].isNull() && trust[3]["coverage95"].isDouble());
        QVERIFY(!object["blas"].toString().isEmpty());
        // The scalarizer nobody named is said, and no bar is drawn where there is no terminal.
        QVERIFY2(result.err.contains("band:0.43-0.53"), result.err);
        QVERIFY(!result.err.contains('\x1b') && !result.err.contains('\r'));
    }

    void theSameSeedGivesTheSamePath()
    {
        const QJsonObject one = cli(quick({"--seed", "7", "--json"})).json();
        const QJsonObject two = cli(quick({"--seed", "7", "--json"})).json();
        const QJsonObject other = cli(quick({"--seed", "8", "--json"})).json();
        QCOMPARE(one["path"].toArray().size(), 7);
        QCOMPARE(one["path"].toArray(), two["path"].toArray());
        QCOMPARE(one["r2"].toDouble(), two["r2"].toDouble());
        QVERIFY(one["path"] != other["path"]);
    }

    void aSavedPlanGivesTheSamePath()
    {
        const QString plan = path("plan.json");
        const Result first = cli(quick(
            {"--acquisition", "ei", "--xi", "0.05", "--seed", "3", "--save-plan", plan, "--json"}));
        QVERIFY2(first.code == 0, first.err);
        const Result again = cli({"explore", "--plan", plan, "--json"});
        QVERIFY2(again.code == 0, again.err);
        QCOMPARE(again.json()["path"].toArray(), first.json()["path"].toArray());
        QCOMPARE(again.json()["acquisition"].toString(), "ei");
        const Result shorter = cli({"explore", "--plan", plan, "--steps", "1", "--json"});
        QCOMPARE(shorter.json()["measured"].toInt(), 5);
        // A plan, too, is not overwritten unasked.
        QCOMPARE(cli(quick({"--save-plan", plan})).code, 1);
    }

    void recordsTheRun()
    {
        const QString file = path("recorded.h5");
        const Result result = cli(quick({"--vector", "--bin", "16", "--out", file, "--json"}));
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(result.json()["run"].toString(), file);
        const Run run = readRun(file, unwatched());
        QVERIFY(run.plan.isVector && run.plan.bin == 16);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QCOMPARE(run.steps.size(), 7u);
        const QJsonArray path = result.json()["path"].toArray();
        for (int i = 0; i < 7; ++i) {
            QCOMPARE(run.steps[std::size_t(i)].pixel.row, path[i][0].toInt());
            QCOMPARE(run.steps[std::size_t(i)].pixel.col, path[i][1].toInt());
        }
        const Result told = cli({"info", "--json", file});
        QCOMPARE(told.code, 0);
        const QJsonObject info = told.json()["files"][0].toObject();
        QCOMPARE(info["measured"].toInt(), 7);
        QCOMPARE(info["initial"].toInt(), 4);
        QCOMPARE(info["outcome"].toString(), keyOf(Run::Outcome::Finished));
        QVERIFY(info["quality"]["r2"].isDouble());
        QVERIFY(cli({"info", file}).out.contains("simulated, 32 × 32"));
    }

    void replacesAFileOnlyWhenToldAndAble()
    {
        const QString file = path("existing.h5");
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly) && out.write("precious") == 8);
        out.close();
        const Result refused = cli(quick({"--out", file}));
        QCOMPARE(refused.code, 1);
        QVERIFY2(refused.err.contains("--overwrite"), refused.err);
        QCOMPARE(contentOf(file), QByteArray("precious"));
        // What cannot begin does not take the old file's place.
        const Result failed = cli(quick({"--patch", "64", "--out", file, "--overwrite"}));
        QCOMPARE(failed.code, 1);
        QCOMPARE(contentOf(file), QByteArray("precious"));
        const Result done = cli(quick({"--out", file, "--overwrite"}));
        QVERIFY2(done.code == 0, done.err);
        QCOMPARE(stepsIn(file), 7);
        QCOMPARE(QDir(m_folder.path()).entryList({"existing.h5*"}), QStringList{"existing.h5"});
        const Result nowhere = cli(quick({"--out", path("no/such/folder.h5")}));
        QCOMPARE(nowhere.code, 1);
        QVERIFY2(nowhere.err.contains("no/such"), nowhere.err);
    }

    void neverWritesOverWhatItExplores()
    {
        const QString file = data("fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz");
        if (!QFile::exists(file))
            QSKIP("the recorded data is not here");
        const QString copy = path("scan.npz");
        QVERIFY(QFile::copy(file, copy));
        const Result result = cli({"explore", "--image", copy + ":haadf_u8", "--values",
                                   copy + ":dipole_scalar", "--out", copy, "--overwrite"});
        QCOMPARE(result.code, 1);
        QCOMPARE(contentOf(copy), contentOf(file));
    }

    void stopsAtASignalAndSaves_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
    }
    void stopsAtASignalAndSaves()
    {
        QFETCH(int, signal);
        const QString file = path(QStringLiteral("stopped%1.h5").arg(signal));
        QProcess process;
        begin(process, quick({"--steps", "280", "--cycles", "15", "--out", file, "--json"}));
        QTRY_VERIFY_WITH_TIMEOUT(stepsIn(file) >= 6 || process.state() == QProcess::NotRunning,
                                 longestMs);
        QCOMPARE(process.state(), QProcess::Running);
        ::kill(pid_t(process.processId()), signal);
        QVERIFY(process.waitForFinished(longestMs));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains(file.toUtf8()), said);
        const Run run = readRun(file, unwatched());
        QCOMPARE(run.outcome, Run::Outcome::Stopped);
        QVERIFY(run.steps.size() >= 6 && run.steps.size() < 284);
        const QJsonObject object =
            QJsonDocument::fromJson(process.readAllStandardOutput()).object();
        QCOMPARE(object["measured"].toInt(), int(run.steps.size()));
    }

    void aKillLosesNoFinishedStep()
    {
        const QString file = path("killed.h5");
        QProcess process;
        begin(process, quick({"--steps", "280", "--cycles", "15", "--out", file}));
        int seen = 0;
        QTRY_VERIFY_WITH_TIMEOUT(
            (seen = stepsIn(file)) >= 6 || process.state() == QProcess::NotRunning, longestMs);
        QCOMPARE(process.state(), QProcess::Running);
        process.kill();
        QVERIFY(process.waitForFinished(longestMs));
        QCOMPARE(process.exitStatus(), QProcess::CrashExit);
        const Run run = readRun(file, unwatched());
        QVERIFY(int(run.steps.size()) >= seen);
        QCOMPARE(run.outcome, Run::Outcome::Stopped);
        // Its steps are those of an undisturbed run.
        const int steps = int(run.steps.size()) - 4;
        const QString whole = path("whole.h5");
        const Result result =
            cli(quick({"--steps", QString::number(steps), "--cycles", "15", "--out", whole}));
        QVERIFY2(result.code == 0, result.err);
        const Run undisturbed = readRun(whole, unwatched());
        QCOMPARE(undisturbed.steps.size(), run.steps.size());
        for (std::size_t i = 0; i < run.steps.size(); ++i) {
            QVERIFY(run.steps[i].pixel == undisturbed.steps[i].pixel);
            QCOMPARE(run.steps[i].value, undisturbed.steps[i].value);
        }
    }

    void stopsWhenTimeIsUp()
    {
        const Result result = cli(quick({"--steps", "280", "--max-seconds", "0.2", "--json"}));
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(result.json()["outcome"].toString(), keyOf(Run::Outcome::TimeIsUp));
        QVERIFY(result.json()["measured"].toInt() < 284);
    }

    void saysWhyItCannotStart()
    {
        const Result patch = cli(quick({"--patch", "64"}));
        QCOMPARE(patch.code, 1);
        QVERIFY(patch.err.contains("64"));
        const Result band = cli(quick({"--scalarizer", "band:50-60"}));
        QCOMPARE(band.code, 1);
        QVERIFY2(band.err.contains("50"), band.err);
    }

    void exportsARun()
    {
        const QString file = path("exported.h5"), folder = path("exported");
        QCOMPARE(cli(quick({"--out", file})).code, 0);
        const Result result = cli({"export", file, "--out", folder});
        QVERIFY2(result.code == 0, result.err);
        const Run run = readRun(file, unwatched());

        const QList<QByteArray> lines = contentOf(folder + "/steps.csv").trimmed().split('\n');
        QCOMPARE(lines.size(), 8);
        for (const QByteArray &line : lines)
            QCOMPARE(line.count(','), lines[0].count(','));
        const QList<QByteArray> last = lines.back().split(',');
        QCOMPARE(last[1].toInt(), run.steps.back().pixel.row);
        QVERIFY(std::abs(last[6].toDouble() - run.steps.back().value) <
                1e-9 * std::abs(last[6].toDouble()));

        const int predictions = int(lines[0].split(',').indexOf("predictions"));
        QCOMPARE(last[predictions].toInt(), run.steps.back().trust->predictions);
        QCOMPARE(last.back(), QByteArray("too-few"));
        QCOMPARE(lines[1].split(',')[predictions], QByteArray());

        const Map mean = readArray({folder + "/mean.npy", {}}, unwatched()).toMap();
        const Map &held = run.steps.back().belief->mean;
        QCOMPARE(mean.rows(), held.rows());
        for (Eigen::Index i = 0; i < mean.size(); ++i)
            QVERIFY(mean.data()[i] == held.data()[i] ||
                    (std::isnan(mean.data()[i]) && std::isnan(held.data()[i])));
        const Array spectra = readArray({folder + "/spectra.npy", {}}, unwatched());
        QCOMPARE(spectra.info.axes.size(), 2);
        QCOMPARE(spectra.info.axes[0].size, 7);
        QCOMPARE(spectra.info.axes[1].size, 128);
        QCOMPARE(float(spectra.samples.at(6 * 128 + 5)), run.steps[6].spectrum[5]);

        const Result again = cli({"export", file, "--out", folder});
        QCOMPARE(again.code, 1);
        QVERIFY(again.err.contains("--overwrite"));
        QCOMPARE(cli({"export", file, "--out", folder, "--overwrite"}).code, 0);
    }
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
