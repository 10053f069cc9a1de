// SPDX-License-Identifier: GPL-3.0-or-later
#include "cliprogram.h"
#include "steering/recording/runfile.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

/// replay, branch and explore --repeat, by the program itself.
class TestCliReplay : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString m_run;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    static QStringList quick(const QStringList &more)
    {
        return QStringList{"explore",
                           "--simulate",
                           "32x32",
                           "--initial",
                           "5",
                           "--steps",
                           "8",
                           "--patch",
                           "6",
                           "--threads",
                           "1",
                           "--scalarizer",
                           "band:0.43-0.53"} +
               more;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QDir(m_folder.path()).mkpath("runs/r1");
        m_run = path("runs/r1/run.h5");
        const Result result = cli(quick({"--out", m_run}));
        QVERIFY2(result.code == 0, result.err);
    }

    void verifiesARun()
    {
        for (const char *by : {"sample", "record"}) {
            const Result result = cli({"replay", m_run, "--verify", "--by", by, "--threads", "1"});
            QVERIFY2(result.code == 0, result.err);
            QCOMPARE(result.out, QByteArray("identical: 13 steps, 9 maps\n"));
        }
        // Its folder will do.
        const Result result =
            cli({"replay", path("runs/r1"), "--verify", "--json", "--threads", "1"});
        QVERIFY(result.json()["identical"].toBool());
        QCOMPARE(result.json()["steps"].toInt(), 13);
    }

    void saysWhereARunIsAnother()
    {
        // Written anew with one value changed, so that nothing in the file is damaged.
        const Run run = readRun(m_run, unwatched());
        const QString file = path("altered.h5");
        {
            RunFile out(file, run);
            for (Step step : run.steps) {
                if (step.number == 10)
                    step.value += 1;
                out.append(step);
            }
            out.finish(run);
        }
        const Result result = cli({"replay", file, "--verify", "--threads", "1"});
        QCOMPARE(result.code, 1);
        QVERIFY2(result.out.startsWith("different at step 10: value: recorded"), result.out);
        const Result told = cli({"replay", file, "--verify", "--json", "--threads", "1"});
        QCOMPARE(told.code, 1);
        QCOMPARE(told.json()["difference"]["step"].toInt(), 10);
        QCOMPARE(told.json()["difference"]["what"].toString(), QString("value"));
        QVERIFY(!told.json()["identical"].toBool());
    }

    void aFlippedBitIsRefusedByName()
    {
        QFile in(m_run);
        QVERIFY(in.open(QIODevice::ReadOnly));
        QByteArray bytes = in.readAll();
        const Run run = readRun(m_run, unwatched());
        const Eigen::VectorXf &spectrum = run.steps[4].spectrum;
        const qsizetype at = bytes.indexOf(QByteArray(
            reinterpret_cast<const char *>(spectrum.data()), qsizetype(spectrum.size()) * 4));
        QVERIFY(at > 0);
        bytes[at + 6] = char(bytes[at + 6] ^ 0x10);
        const QString file = path("flipped.h5");
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly) && out.write(bytes) == bytes.size());
        out.close();
        const Result result = cli({"replay", file, "--verify"});
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("'spectra'") && result.err.contains("damaged"), result.err);
        QCOMPARE(result.out, QByteArray());
    }

    void showsTheSteps()
    {
        const Result result = cli({"replay", m_run});
        QCOMPARE(result.code, 0);
        QCOMPARE(result.out.count('\n'), 13 + 3);
        QVERIFY(result.out.contains("integrated") || result.out.contains("acquisition"));
        QVERIFY(cli({"replay", m_run, "--speed", "1000"}).out == result.out);
    }

    void branchesWhereItIsTold()
    {
        const QString file = path("branch.h5");
        const Result result = cli({"branch", m_run, "--from", "7", "--acquisition", "random",
                                   "--seed", "9", "--steps", "4", "--beyond", "nearest", "--avoid",
                                   "1", "--out", file, "--json", "--threads", "1"});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(result.json()["origin"]["run"].toString(), QString("r1"));
        QCOMPARE(result.json()["origin"]["step"].toInt(), 7);
        QCOMPARE(result.json()["measured"].toInt(), 11);
        const Run parent = readRun(m_run, unwatched()), branch = readRun(file, unwatched());
        for (std::size_t i = 0; i < 7; ++i)
            QCOMPARE(branch.steps[i].pixel, parent.steps[i].pixel);
        for (std::size_t i = 7; i < 11; ++i)
            QCOMPARE(branch.steps[i].source, Measurement::Source::Nearest);
        QCOMPARE(cli({"replay", file, "--verify", "--threads", "1"}).code, 0);
        // Not over what is there, and not from nowhere.
        QCOMPARE(cli({"branch", m_run, "--from", "7", "--out", file}).code, 1);
        const Result nowhere = cli({"branch", m_run, "--from", "70"});
        QCOMPARE(nowhere.code, 1);
        QVERIFY2(nowhere.err.contains("70") && nowhere.err.contains("13"), nowhere.err);
        const Result nothing = cli({"branch", m_run, "--from", "13"});
        QCOMPARE(nothing.code, 1);
        QVERIFY2(nothing.err.contains("--steps"), nothing.err);
        QCOMPARE(cli({"branch", m_run}).code, 2);
    }

    void repeatsWithOtherSeeds()
    {
        const Result result =
            cli(quick({"--repeat", "3", "--seed", "5", "--out", path("seed.h5"), "--json"}));
        QVERIFY2(result.code == 0, result.err);
        const QJsonArray runs = result.json()["runs"].toArray();
        QCOMPARE(runs.size(), 3);
        QStringList paths;
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(runs[i]["seed"].toInt(), 5 + i);
            const Run run = readRun(path(QStringLiteral("seed-%1.h5").arg(i + 1)), unwatched());
            QCOMPARE(run.plan.seed, std::uint64_t(5 + i));
            // The same sample, and another way through it.
            QCOMPARE(std::get<Simulator::Settings>(run.plan.sample).sample.seed, std::uint64_t(5));
            paths << QJsonDocument(runs[i]["path"].toArray()).toJson();
        }
        QCOMPARE(paths.removeDuplicates(), 0);
        const QJsonObject r2 = result.json()["summary"]["r2"].toObject();
        QVERIFY(r2["lowerQuartile"].toDouble() <= r2["median"].toDouble());
        QVERIFY(r2["median"].toDouble() <= r2["upperQuartile"].toDouble());
        // None of them over a file that is there.
        QCOMPARE(cli(quick({"--repeat", "3", "--out", path("seed.h5")})).code, 1);
    }

    void takesItsTime()
    {
        QElapsedTimer time;
        time.start();
        QCOMPARE(cli(quick({"--dwell", "0.05", "--real-time", "2"})).code, 0);
        QVERIFY(time.elapsed() >= 13 * 100);
    }

    void refusesWhatIsNoRun()
    {
        QFile out(path("no.h5"));
        QVERIFY(out.open(QIODevice::WriteOnly) && out.write("text") == 4);
        out.close();
        for (const QString &what : {path("no.h5"), path("none.h5"), m_folder.path()}) {
            const Result result = cli({"replay", what, "--verify"});
            QCOMPARE(result.code, 1);
            QVERIFY2(result.err.contains(what.toLocal8Bit()), result.err);
        }
    }
};

QTEST_GUILESS_MAIN(TestCliReplay)
#include "tst_clireplay.moc"
