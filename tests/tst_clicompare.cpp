// SPDX-License-Identifier: GPL-3.0-or-later
// Comparisons on the command line, as a process.

#include "cliprogram.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace helmscope;

namespace {

QByteArray contentOf(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

QJsonObject curveOf(const QJsonObject &json, const QString &key, const QString &name)
{
    for (const QJsonValue &value : json["curves"].toArray())
        if (value["key"] == key && value["name"] == name)
            return value.toObject();
    return {};
}

const QString recorded = HELMSCOPE_SOURCE "/../shared/data/beacon-pfm/beacon_pfm_replay.npz";

} // namespace

class TestClicompare : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const QString &name) const { return m_folder.filePath(name); }

private Q_SLOTS:
    void initTestCase()
    {
        const auto explore = [this](const QString &name, const QStringList &more) {
            const Result result =
                cli(QStringList{"explore", "--simulate", "32x32", "--initial", "4", "--steps", "5",
                                "--cycles", "4", "--sample-seed", "3", "--out", path(name)} +
                    more);
            QVERIFY2(result.code == 0, result.err);
        };
        QDir(m_folder.path()).mkdir("again");
        explore("one.h5", {});
        explore("two.h5", {"--seed", "2"});
        explore("again/run.h5", {});
        explore("ei.h5", {"--acquisition", "ei"});
    }

    void seedsAreAGroup()
    {
        const Result result = cli(
            {"compare", path("one.h5"), path("two.h5"), path("ei.h5"), path("again"), "--json"});
        QVERIFY2(result.code == 0, result.err);
        const QJsonObject json = result.json();
        const QJsonArray runs = json["runs"].toArray();
        QCOMPARE(runs.size(), 4);
        QCOMPARE(runs[3]["name"].toString(), QString("again"));
        const QString group = runs[0]["group"].toString();
        QVERIFY(!group.isEmpty());
        QCOMPARE(runs[1]["group"].toString(), group);
        QCOMPARE(runs[3]["group"].toString(), group);
        QVERIFY(runs[2]["group"].toString().isEmpty());
        const QJsonObject together = curveOf(json, "rmse", group);
        QCOMPARE(together["runs"].toInt(), 3);
        QCOMPARE(together["middle"].toArray().size(), 9);
        const double low = together["low"].toArray().last().toDouble(),
                     middle = together["middle"].toArray().last().toDouble(),
                     high = together["high"].toArray().last().toDouble();
        QVERIFY(low > 0 && low <= middle && middle <= high && low < high);
        QVERIFY(!curveOf(json, "regret", "ei").isEmpty());
        QVERIFY(!runs[2]["differences"].toArray().isEmpty()); // another acquisition
        for (const QJsonValue &parting : json["partings"].toArray()) {
            const QString pair = parting["first"].toString() + ' ' + parting["second"].toString();
            if (pair == "one again")
                QVERIFY(parting["step"].isNull()); // the same plan, the same path
            if (pair == "one two")
                QVERIFY(parting["step"].toInt() > 0);
            if (pair == "one ei")
                QVERIFY(parting["step"].toInt() > 4); // the first pixels depend on the seed only
        }
    }

    void tellsAPersonInATable()
    {
        const Result result = cli({"compare", path("one.h5"), path("again"), path("ei.h5"),
                                   "--reach", "rmse=1e9", "--reach", "rmse=0"});
        QVERIFY2(result.code == 0, result.err);
        const QList<QByteArray> lines = result.out.split('\n');
        QVERIFY(lines[0].contains("RMSE") && lines[0].contains("NLPD") &&
                lines[0].contains("best value") && lines[0].contains("seconds"));
        QVERIFY(lines[1].startsWith("one and 1 more"));
        QVERIFY(lines[2].startsWith("ei"));
        QVERIFY(result.out.contains("one and again never part."));
        QVERIFY(result.out.contains("ei differs from one in acquisition"));
        QVERIFY(result.out.contains("ei reached rmse 1e+09 at step 4, after "));
        QVERIFY(result.out.contains("ei never reached rmse 0."));
    }

    void reachedIsInTheJsonToo()
    {
        const Result result =
            cli({"compare", path("ei.h5"), "--json", "--reach", "rmse=1e9", "--reach", "r2=2"});
        QVERIFY2(result.code == 0, result.err);
        const QJsonArray reached = result.json()["reached"].toArray();
        QCOMPARE(reached.size(), 2);
        QCOMPARE(reached[0]["step"].toInt(), 4);
        QVERIFY(reached[0]["seconds"].toDouble() > 0);
        QVERIFY(reached[1]["step"].isNull());
    }

    void writesTableAndFigure()
    {
        const QString csv = path("all.csv"), figure = path("all.svg");
        const QStringList arguments{"compare",     path("one.h5"), path("two.h5"),
                                    path("ei.h5"), "--csv",        csv,
                                    "--figure",    figure};
        Result result = cli(arguments);
        QVERIFY2(result.code == 0, result.err);
        const QByteArray table = contentOf(csv);
        QCOMPARE(table.count("\r\n"), 1 + 3 * 9);
        QVERIFY(table.startsWith("run,group,step,row,col,value,seconds,dose,best,"));

        QXmlStreamReader xml(contentOf(figure));
        int paths = 0;
        QStringList words;
        while (!xml.atEnd()) {
            xml.readNext();
            if (xml.isStartElement() && xml.name() == QLatin1String("path"))
                ++paths;
            if (xml.isStartElement() && xml.name() == QLatin1String("text")) {
                QVERIFY(xml.attributes().value("font-size").toInt() >= 10);
                words << xml.readElementText();
            }
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QVERIFY(paths > 20);
        QVERIFY(words.contains("ei"));
        QVERIFY(words.filter("RMSE (").size() > 0); // with its unit
        QVERIFY(words.contains("measured pixels"));

        result = cli(arguments);
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("--overwrite"), result.err);
        result = cli(arguments + QStringList{"--overwrite"});
        QVERIFY2(result.code == 0, result.err);
        QCOMPARE(contentOf(csv), table);
    }

    void comparesWithThePublishedRuns()
    {
        if (!QFile::exists(recorded))
            QSKIP("The published runs are not here.");
        const Result result =
            cli({"compare", recorded, "--json", "--figure", path("published.svg")});
        QVERIFY2(result.code == 0, result.err);
        const QJsonObject json = result.json();
        QCOMPARE(json["runs"].toArray().size(), 3);
        for (const QJsonValue &run : json["runs"].toArray()) {
            QVERIFY(run["group"].toString().isEmpty());
            const QJsonObject curve = curveOf(json, "rmseAll", run["name"].toString());
            QVERIFY(curve["recorded"].toBool());
            QCOMPARE(curve["middle"].toArray().size(), 310);
        }
        QVERIFY(contentOf(path("published.svg")).contains("(as recorded)"));
    }

    void refusesWhatCannotBeMeant_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("named");
        const auto row = [](const char *name, const QStringList &arguments, int code,
                            const char *named) {
            QTest::newRow(name) << arguments << code << QByteArray(named);
        };
        const QString run = path("one.h5");
        row("nothing", {}, 2, "RUN");
        row("absent", {path("absent.h5")}, 1, "absent.h5");
        row("no run", {HELMSCOPE_SOURCE "/README.md"}, 1, "README.md");
        row("no goal", {run, "--reach", "rmse"}, 2, "rmse");
        row("no such curve", {run, "--reach", "luck=1"}, 2, "luck=1");
        row("no number", {run, "--reach", "rmse=low"}, 2, "rmse=low");
        row("figure of another kind", {run, "--figure", path("a.png")}, 2, ".svg");
        row("over a run", {run, "--csv", run, "--overwrite"}, 2, "one.h5");
        row("nowhere", {run, "--csv", path("no/where.csv")}, 1, "where.csv");
    }
    void refusesWhatCannotBeMeant()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QByteArray, named);
        const Result result = cli(QStringList{"compare"} + arguments);
        QCOMPARE(result.code, code);
        QVERIFY2(result.err.contains(named), result.err);
    }
};

QTEST_GUILESS_MAIN(TestClicompare)
#include "tst_clicompare.moc"
