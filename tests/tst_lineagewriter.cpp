// SPDX-License-Identifier: GPL-3.0-or-later
// What is written is what ML-Metadata and CMF's client would have written.

#include "base/error.h"
#include "lineage/check.h"
#include "lineage/store.h"
#include "lineage/writer.h"

#include <QFile>
#include <QRegularExpression>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace helmscope;
using Kind = LineageNode::Kind;

namespace {

/// First columns of all rows, joined by |, sorted.
QStringList rows(const QString &file, const QString &statement)
{
    QStringList found;
    {
        QSqlDatabase base = QSqlDatabase::addDatabase("QSQLITE", "rows");
        base.setDatabaseName(file);
        base.setConnectOptions("QSQLITE_OPEN_READONLY");
        base.open();
        QSqlQuery query(base);
        query.exec(statement);
        while (query.next()) {
            QStringList fields;
            for (int i = 0; query.value(i).isValid(); ++i)
                fields << (query.value(i).isNull() ? "NULL" : query.value(i).toString());
            found << fields.join('|');
        }
    }
    QSqlDatabase::removeDatabase("rows");
    return found;
}

QStringList schemaOf(const QString &file)
{
    QStringList statements =
        rows(file, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> "
                   "'sqlite_sequence'");
    for (QString &statement : statements)
        statement = statement.simplified().remove(' ');
    statements.sort();
    return statements;
}

QString real(const QString &name)
{
    return HELMSCOPE_SOURCE "/../shared/data/lineage/" + name;
}

LineageWriter::Run run(const QString &uuid)
{
    LineageWriter::Run made;
    made.pipeline = "p";
    made.stage = "Train";
    made.type = "Train-run";
    made.command = "train";
    made.uuid = uuid;
    return made;
}

LineageWriter::Content content(const QString &type, const QString &path, const QString &hash)
{
    LineageWriter::Content made;
    made.type = type;
    made.path = path;
    made.hash = hash;
    return made;
}

} // namespace

class TestLineageWriter : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

private Q_SLOTS:
    void makesTheTablesOfMlmd()
    {
        const QString file = m_folder.filePath("new");
        LineageWriter{file};
        QCOMPARE(rows(file, "SELECT * FROM MLMDEnv"), QStringList{"10"});
        QCOMPARE(rows(file, "PRAGMA journal_mode"), QStringList{"delete"});
        QCOMPARE(rows(file, "SELECT id, name, type_kind FROM Type ORDER BY id").first(),
                 "1|mlmd.Dataset|1");
        const QString mlmd = real("aldkl.mlmd");
        if (!QFile::exists(mlmd))
            QSKIP("the real stores are not here");
        QCOMPARE(schemaOf(file), schemaOf(mlmd));
        QCOMPARE(rows(file, "SELECT id, name, version, type_kind FROM Type ORDER BY id"),
                 rows(mlmd, "SELECT id, name, version, type_kind FROM Type WHERE id < 10 "
                            "ORDER BY id"));
    }

    void namesThingsAsCmfDoes()
    {
        const QString file = m_folder.filePath("named");
        LineageWriter writer(file);
        const qint64 id = writer.execution(run("uuid-1"));
        const auto named = [&](const QString &type, const QString &hash) {
            const qint64 made = writer.artifact(id, content(type, "a/" + type, hash), false);
            return writer.store().node(Kind::Artifact, made)->name;
        };
        const QString execution = QString::number(id);
        QCOMPARE(named("Dataset", "h1"), "a/Dataset:h1");
        QCOMPARE(named("Model", "h2"), "a/Model:h2:" + execution);
        QCOMPARE(named("Dataslice", "h3"), "a/Dataslice:h3");
        QCOMPARE(named("Environment", "h4"), "a/Environment:h4");
        QCOMPARE(named("Label", "h5"), "a/Label:h5");
        const QRegularExpression uuid("^a/Step_Metrics:h6:" + execution + ":[0-9a-f-]{36}$");
        QVERIFY(uuid.match(named("Step_Metrics", "h6")).hasMatch());
        const QRegularExpression metrics("^a/Metrics:[0-9a-f-]{36}:" + execution + "$");
        QVERIFY(metrics.match(named("Metrics", {})).hasMatch());
        QVERIFY_EXCEPTION_THROWN(named("Plot", "h7"), Error);
        QCOMPARE(rows(file, "SELECT c.name, t.name FROM Context c JOIN Type t ON t.id = c.type_id "
                            "ORDER BY c.id"),
                 (QStringList{"p|Parent_Context", "p/Train|Pipeline_Stage"}));
        QCOMPARE(rows(file, "SELECT e.type FROM Event e JOIN Artifact a ON a.id = e.artifact_id "
                            "JOIN Type t ON t.id = a.type_id WHERE t.name IN ('Environment', "
                            "'Label')"),
                 (QStringList{"3", "3"}));
        QStringList sentences;
        for (const LineageFinding &finding : checkLineage(writer.store(), unwatched()))
            sentences << finding.sentence;
        QCOMPARE(sentences.join(u'\n'), QString());
    }

    void declaresWhatCmfDeclares()
    {
        const QString mlmd = real("demo_current_cmf.mlmd");
        if (!QFile::exists(mlmd))
            QSKIP("the real stores are not here");
        const QString file = m_folder.filePath("declared");
        LineageWriter writer(file);
        const qint64 id = writer.execution(run("uuid-1"));
        for (const char *type :
             {"Dataset", "Model", "Metrics", "Step_Metrics", "Dataslice", "Environment", "Label"})
            writer.artifact(id, content(type, type, QString("hash of ") + type), false);
        const QString statement =
            "SELECT t.name, p.name, p.data_type FROM TypeProperty p JOIN Type "
            "t ON t.id = p.type_id WHERE t.name NOT LIKE '%1' ORDER BY 1, 2";
        QCOMPARE(rows(file, statement),
                 rows(mlmd, statement.arg("demo/%").replace(
                                "NOT LIKE 'demo/%'", "NOT IN ('demo/Eval', 'Prepare-run')")));
    }

    void usesContentAgain()
    {
        LineageWriter writer(m_folder.filePath("again"));
        const qint64 first = writer.execution(run("uuid-1")),
                     second = writer.execution(run("uuid-2"));
        LineageWriter::Content data = content("Dataset", "a.npy", "hash");
        data.url = "/one";
        const qint64 made = writer.artifact(first, data, false);
        data.type = "Model"; // the first logging decides
        data.path = "elsewhere.npy";
        data.url = "/two";
        data.properties = {{"note", "later", true}};
        QCOMPARE(writer.artifact(second, data, true), made);
        QCOMPARE(writer.artifact(second, data, false), made); // no second event
        const LineageGraph graph = writer.store().graph(unwatched());
        QCOMPARE(graph.edges.size(), std::size_t(2));
        const LineageNode node = *writer.store().node(Kind::Artifact, made);
        QCOMPARE(node.type, "Dataset");
        QCOMPARE(node.property("url")->value.toString(), "p:/one,p:/two");
        QCOMPARE(node.property("note")->value.toString(), "later");
        QStringList keys;
        for (const LineageEdge &edge : graph.edges)
            keys << edge.key;
        keys.sort();
        QCOMPARE(keys, (QStringList{"", "elsewhere.npy:hash"}));
    }

    void keepsValuesThatCmfCanRead_data()
    {
        QTest::addColumn<QVariant>("given");
        QTest::addColumn<QVariant>("kept");
        const auto row = [](const char *name, const QVariant &given, const QVariant &kept) {
            QTest::newRow(name) << given << kept;
        };
        row("int", 7, qlonglong(7));
        row("largest", 2147483647, qlonglong(2147483647));
        row("beyond", qlonglong(2147483648), "2147483648");
        row("double", 0.25, 0.25);
        row("six decimals", 0.000001, 0.000001);
        row("smaller", 1e-7, "1e-07");
        row("a third", 1.0 / 3, "0.3333333333333333");
        row("nan", std::nan(""), "nan");
        row("bool", true, qlonglong(1));
        row("text", "abc", "abc");
        row("nothing", QVariant(), "None");
    }
    void keepsValuesThatCmfCanRead()
    {
        QFETCH(QVariant, given);
        QFETCH(QVariant, kept);
        const QVariant stored = storedValue(given);
        QCOMPARE(stored, kept);
        QCOMPARE(stored.userType(), kept.userType());
    }

    void cutsLongTextsAtACharacter()
    {
        const QString cut = storedValue(QString(3000, u'\u00e9')).toString();
        QVERIFY(cut.toUtf8().size() <= 2000);
        QVERIFY(!cut.contains(QChar::ReplacementCharacter));
        QVERIFY2(cut.endsWith("(cut, 6000 bytes)"), qPrintable(cut.right(40)));
    }

    void refusesWhatCmfCannotKeep()
    {
        LineageWriter writer(m_folder.filePath("refused"));
        const qint64 id = writer.execution(run("uuid-1"));
        QVERIFY_EXCEPTION_THROWN(writer.artifact(id, content("Dataset", "a:b", "h"), true), Error);
        QVERIFY_EXCEPTION_THROWN(
            writer.artifact(id, content("Dataset", QString(300, 'a'), "h"), true), Error);
        QVERIFY_EXCEPTION_THROWN(writer.putEvent(77, id, 3), Error);
        QVERIFY_EXCEPTION_THROWN(writer.pipeline("p/Train"), Error);
        QCOMPARE(writer.store().counts().artifacts, 0); // nothing half done
    }

    void takesABatchBack()
    {
        const QString file = m_folder.filePath("batch");
        LineageWriter writer(file);
        {
            LineageWriter::Batch batch(writer);
            writer.execution(run("uuid-1"));
        }
        QCOMPARE(writer.store().counts().contexts, 0);
        writer.execution(run("uuid-1")); // types are made anew
        QCOMPARE(writer.store().counts().executions, 1);
        QCOMPARE(rows(file, "SELECT count(*) FROM Association"), QStringList{"1"});
    }

    void movesTheTimeOfTheLastUpdateOnlyWithAChange()
    {
        LineageWriter writer(m_folder.filePath("times"));
        LineageWriter::Run made = run("uuid-1");
        made.timeMs = 1000;
        made.properties = {{"rate", 0.5, true}};
        const qint64 id = writer.execution(made);
        writer.update(Kind::Execution, id, {{"rate", 0.5, true}});
        QCOMPARE(writer.store().node(Kind::Execution, id)->updatedMs, 1000);
        writer.update(Kind::Execution, id, {{"rate", 0.25, true}});
        QVERIFY(writer.store().node(Kind::Execution, id)->updatedMs > 1000);
        QCOMPARE(writer.store().node(Kind::Execution, id)->createdMs, 1000);
    }
};

QTEST_GUILESS_MAIN(TestLineageWriter)
#include "tst_lineagewriter.moc"
