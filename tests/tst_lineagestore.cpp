// SPDX-License-Identifier: GPL-3.0-or-later
// Stores of ML-Metadata: real ones against plain SQL, old and broken ones, and what is left beside.

#include "base/error.h"
#include "lineage/query.h"
#include "lineage/store.h"
#include "lineage/writer.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <set>

using namespace helmscope;
using Kind = LineageNode::Kind;

namespace {

QString real(const QString &name)
{
    return HELMSCOPE_SOURCE "/../shared/data/lineage/" + name;
}

/// A connection of the test's own.
class Plain
{
public:
    explicit Plain(const QString &file, bool mayWrite = true)
        : m_base(QSqlDatabase::addDatabase("QSQLITE", "plain"))
    {
        m_base.setDatabaseName(file);
        if (!mayWrite)
            m_base.setConnectOptions("QSQLITE_OPEN_READONLY");
        m_base.open();
    }
    ~Plain()
    {
        m_base.close();
        m_base = {};
        QSqlDatabase::removeDatabase("plain");
    }
    qint64 number(const QString &statement)
    {
        QSqlQuery query(m_base);
        return query.exec(statement) && query.next() ? query.value(0).toLongLong() : -1;
    }
    void exec(const QString &statement)
    {
        QSqlQuery query(m_base);
        QVERIFY2(query.exec(statement), qPrintable(statement + ": " + query.lastError().text()));
    }

private:
    QSqlDatabase m_base;
};

/// A small store of our own writing: raw -> prepare -> clean -> train -> model.
QString sampleStore(const QTemporaryDir &folder, const QString &name)
{
    const QString file = folder.filePath(name);
    LineageWriter writer(file);
    const qint64 prepare =
        writer.execution({"p", "Prepare", "Prepare-run", "cmd", "uuid-1", {}, {}, {}, {}, 1000});
    const qint64 train =
        writer.execution({"p", "Train", "Train-run", "cmd", "uuid-2", {}, {}, {}, {}, 2000});
    const auto content = [](const QString &type, const QString &path, const QString &hash) {
        LineageWriter::Content made;
        made.type = type;
        made.path = path;
        made.hash = hash;
        made.timeMs = 1500;
        return made;
    };
    writer.artifact(prepare, content("Dataset", "raw.npy", "hash-raw"), true);
    writer.artifact(prepare, content("Dataset", "clean.npy", "hash-clean"), false);
    writer.artifact(train, content("Dataset", "clean.npy", "hash-clean"), true);
    writer.artifact(train, content("Model", "model.pt", "hash-model"), false);
    return file;
}

} // namespace

class TestLineageStore : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

private Q_SLOTS:
    void readsEveryNodeAndEdgeOfRealStores_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("executions");
        QTest::addColumn<int>("artifacts");
        QTest::addColumn<int>("events");
        QTest::newRow("aldkl") << real("aldkl.mlmd") << 12 << 38 << 67;
        QTest::newRow("demo") << real("demo_current_cmf.mlmd") << -1 << -1 << -1;
    }
    void readsEveryNodeAndEdgeOfRealStores()
    {
        QFETCH(QString, file);
        QFETCH(int, executions);
        if (!QFile::exists(file))
            QSKIP("the real stores are not here");
        Plain plain(file, false);
        const LineageStore store(file);
        QCOMPARE(store.schemaVersion(), 10);
        const LineageGraph graph = store.graph(unwatched());
        QCOMPARE(graph.problems, QStringList());
        const auto count = [&graph](Kind kind) {
            return qint64(std::count_if(graph.nodes.begin(), graph.nodes.end(),
                                        [kind](const LineageNode &n) { return n.kind == kind; }));
        };
        QCOMPARE(count(Kind::Artifact), plain.number("select count(*) from Artifact"));
        QCOMPARE(count(Kind::Execution), plain.number("select count(*) from Execution"));
        QCOMPARE(qint64(graph.edges.size()), plain.number("select count(*) from Event"));
        qint64 properties = 0;
        for (const LineageNode &node : graph.nodes)
            properties += qint64(node.properties.size());
        QCOMPARE(properties, plain.number("select (select count(*) from ArtifactProperty) + "
                                          "(select count(*) from ExecutionProperty)"));
        const LineageStore::Counts counts = store.counts();
        QCOMPARE(counts.events, qint64(graph.edges.size()));
        QCOMPARE(counts.executions, count(Kind::Execution));
        if (executions > 0) {
            QTEST(int(counts.executions), "executions");
            QTEST(int(counts.artifacts), "artifacts");
            QTEST(int(counts.events), "events");
        }
        for (const LineageNode &node : graph.nodes) {
            QVERIFY(!node.type.isEmpty());
            QVERIFY2(!node.pipelines.isEmpty(), qPrintable(node.name));
            QVERIFY2(!node.stages.isEmpty(), qPrintable(node.name));
        }
        for (const LineageEdge &edge : graph.edges) {
            const bool isInput = edge.kind == LineageEdge::Kind::Input;
            const LineageNode &from = graph.nodes[std::size_t(edge.from)];
            const LineageNode &to = graph.nodes[std::size_t(edge.to)];
            QCOMPARE(from.kind, isInput ? Kind::Artifact : Kind::Execution);
            QCOMPARE(to.kind, isInput ? Kind::Execution : Kind::Artifact);
            QCOMPARE(plain.number(
                         QStringLiteral(
                             "select count(*) from Event where artifact_id = %1 and execution_id = "
                             "%2 and type = %3")
                             .arg(isInput ? from.id : to.id)
                             .arg(isInput ? to.id : from.id)
                             .arg(edge.event)),
                     qint64(1));
        }
    }

    void leavesTheFileAlone()
    {
        const QString file = sampleStore(m_folder, "alone");
        QFile::setPermissions(file, QFile::ReadOwner);
        const QDateTime before = QFileInfo(file).lastModified();
        {
            const LineageStore store(file);
            QCOMPARE(store.graph(unwatched()).edges.size(), std::size_t(4));
            for (const char *suffix : {"-journal", "-wal", "-shm"})
                QVERIFY(!QFile::exists(file + suffix));
        }
        QCOMPARE(QFileInfo(file).lastModified(), before);
    }

    void readsStoresOfOlderSchemas()
    {
        const QString file = sampleStore(m_folder, "old");
        {
            Plain plain(file);
            for (const char *table : {"Artifact", "Execution", "Context", "Type"}) {
                plain.exec(
                    QStringLiteral("DROP INDEX idx_%1_external_id").arg(QString(table).toLower()));
            }
            for (const char *table : {"Artifact", "Execution", "Context"}) {
                plain.exec(
                    QStringLiteral("ALTER TABLE %1Property DROP COLUMN bool_value").arg(table));
                plain.exec(
                    QStringLiteral("ALTER TABLE %1Property DROP COLUMN proto_value").arg(table));
                plain.exec(
                    QStringLiteral("ALTER TABLE %1Property DROP COLUMN byte_value").arg(table));
            }
            plain.exec("DROP TABLE Attribution");
            plain.exec("UPDATE MLMDEnv SET schema_version = 6");
        }
        const LineageStore store(file);
        QCOMPARE(store.schemaVersion(), 6);
        QCOMPARE(store.graph(unwatched()).edges.size(), std::size_t(4));
        QVERIFY(store.notes().join(' ').contains("Attribution"));
        QVERIFY_EXCEPTION_THROWN(LineageStore(file, LineageStore::Mode::Write), Error);
    }

    void refusesWhatIsNoStore_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char *kind : {"missing", "folder", "text", "empty", "other tables", "newer",
                                 "too old", "cut short"})
            QTest::newRow(kind) << kind;
    }
    void refusesWhatIsNoStore()
    {
        QFETCH(QString, kind);
        const QString file = m_folder.filePath("not-" + kind);
        if (kind == "folder")
            QVERIFY(QDir().mkpath(file));
        if (kind == "text" || kind == "empty") {
            QFile out(file);
            QVERIFY(out.open(QIODevice::WriteOnly));
            out.write(kind == "text" ? "Hello, I am no store." : "");
        }
        if (kind == "other tables")
            Plain(file).exec("CREATE TABLE Notes(id INTEGER)");
        if (kind == "newer" || kind == "too old") {
            sampleStore(m_folder, "not-" + kind);
            Plain(file).exec(QStringLiteral("UPDATE MLMDEnv SET schema_version = %1")
                                 .arg(kind == "newer" ? 11 : 4));
        }
        if (kind == "cut short") {
            sampleStore(m_folder, "not-" + kind);
            QVERIFY(QFile::resize(file, 5000));
        }
        try {
            LineageStore(file).graph(unwatched());
            QFAIL("it was read");
        } catch (const Error &error) {
            QVERIFY(QString::fromStdString(error.what()).endsWith('.'));
        }
    }

    void rollsAHotJournalBackInACopy()
    {
        const QString file = sampleStore(m_folder, "whole");
        const QString hot = m_folder.filePath("hot");
        {
            Plain plain(file);
            plain.exec("PRAGMA cache_size = 1"); // so that changed pages reach the file
            plain.exec("PRAGMA cache_spill = 1");
            plain.exec("BEGIN IMMEDIATE");
            plain.exec("DELETE FROM Event");
            plain.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                       "20000) INSERT INTO Type(name, type_kind) SELECT 'junk ' || i, 1 FROM n");
            QVERIFY(QFile::exists(file + "-journal"));
            QVERIFY(QFile::copy(file, hot)); // as a killed program leaves it
            QVERIFY(QFile::copy(file + "-journal", hot + "-journal"));
            plain.exec("ROLLBACK");
        }
        const QByteArray before = [&] {
            QFile in(hot);
            return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
        }();
        const LineageStore store(hot);
        QCOMPARE(store.graph(unwatched()).edges.size(), std::size_t(4));
        QVERIFY(!store.notes().isEmpty());
        QFile after(hot);
        QVERIFY(after.open(QIODevice::ReadOnly));
        QCOMPARE(after.readAll(), before);
    }

    void showsWhatCanBeShownOfABrokenStore()
    {
        const QString file = sampleStore(m_folder, "broken");
        {
            Plain plain(file);
            plain.exec("INSERT INTO Event(artifact_id, execution_id, type) VALUES(999, 1, 3)");
            plain.exec("INSERT INTO Event(artifact_id, execution_id, type) VALUES(1, 888, 3)");
            plain.exec("INSERT INTO Event(artifact_id, execution_id, type) VALUES('x', 1, 3)");
            plain.exec("INSERT INTO Event(artifact_id, execution_id, type) VALUES(1, 1, 77)");
            plain.exec(
                "INSERT INTO Event(artifact_id, execution_id, type) VALUES(1, 2, 4)"); // cycle
            plain.exec("INSERT INTO Event(artifact_id, execution_id, type) VALUES(3, 1, 3)");
            plain.exec("INSERT INTO Artifact(type_id, name) VALUES(4711, 'of no type')");
            plain.exec("INSERT INTO ArtifactProperty(artifact_id, name, is_custom_property) "
                       "VALUES(1, 'nothing', 1)");
            plain.exec("INSERT INTO ArtifactProperty(artifact_id, name, is_custom_property, "
                       "int_value) VALUES(1, 'text as int', 1, 'seven')");
            plain.exec("INSERT INTO ArtifactProperty(artifact_id, name, is_custom_property, "
                       "string_value) VALUES(1, 'huge', 1, hex(zeroblob(2000000)))");
            plain.exec("INSERT INTO ParentContext VALUES(1, 2)"); // and 2 in 1
            plain.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                       "1000000) INSERT INTO ArtifactProperty(artifact_id, name, "
                       "is_custom_property, int_value) SELECT 2, 'p' || i, 1, i FROM n");
        }
        const LineageStore store(file);
        const LineageGraph graph = store.graph(unwatched());
        QCOMPARE(graph.edges.size(), std::size_t(6));
        QCOMPARE(graph.nodes.size(), std::size_t(6));
        const LineageNode &first = graph.nodes[0];
        QCOMPARE(first.property("text as int")->value, QVariant("seven"));
        QCOMPARE(first.property("huge")->value.toString().size(), 1'000'000);
        QVERIFY(!first.property("nothing")->value.isValid());
        QVERIFY(graph.nodes[1].properties.size() <= 10'000);
        const QString problems = graph.problems.join('\n');
        for (const char *word : {"999", "888", "77", "4711", "nothing", "huge", "10000"})
            QVERIFY2(problems.contains(word), qPrintable(problems + "\nlacks " + word));
        QCOMPARE(store.neighbourhood(Kind::Execution, 1, 10).edges.size(), std::size_t(6));
    }

    void readsTheNeighbourhoodOfANode()
    {
        const QString file = sampleStore(m_folder, "around");
        const LineageStore store(file);
        const LineageGraph whole = store.graph(unwatched());
        for (int depth = 0; depth < 5; ++depth) {
            const LineageGraph part = store.neighbourhood(Kind::Artifact, 1, depth);
            QCOMPARE(part.nodes.size(), std::size_t(std::min(depth + 1, 5)));
            QCOMPARE(part.edges.size(), std::size_t(std::min(depth, 4)));
        }
        const LineageGraph all = store.neighbourhood(Kind::Artifact, 1, -1);
        QCOMPARE(all.nodes.size(), whole.nodes.size());
        for (std::size_t i = 0; i < all.nodes.size(); ++i) {
            QCOMPARE(all.nodes[i].name, whole.nodes[i].name);
            QCOMPARE(all.nodes[i].stages, whole.nodes[i].stages);
            QVERIFY(all.nodes[i].properties == whole.nodes[i].properties);
        }
        const LineageGraph bounded = store.neighbourhood(Kind::Artifact, 1, -1, 2);
        QCOMPARE(bounded.nodes.size(), std::size_t(2));
        QVERIFY(!bounded.problems.isEmpty());
        QVERIFY(store.neighbourhood(Kind::Artifact, 4711, 3).nodes.empty());
    }

    void theLineOfNodesLeavesOutWhatIsBesideIt()
    {
        const LineageStore store(sampleStore(m_folder, "line.mlmd"));
        const LineageGraph whole = store.graph(unwatched());
        for (int start = 0; start < int(whole.nodes.size()); ++start)
            for (int depth : {0, 1, 2, -1}) {
                const LineageNode &from = whole.nodes[std::size_t(start)];
                std::set<std::pair<Kind, qint64>> wanted, found;
                for (Walk walk : {Walk::Up, Walk::Down})
                    for (int node : reach(whole, {start}, walk, depth))
                        wanted.emplace(whole.nodes[std::size_t(node)].kind,
                                       whole.nodes[std::size_t(node)].id);
                for (const LineageNode &node : store.lineOf({{from.kind, from.id}}, depth).nodes)
                    found.emplace(node.kind, node.id);
                QCOMPARE(found, wanted);
            }
        const LineageGraph bounded = store.lineOf({{Kind::Artifact, 1}}, -1, 2);
        QCOMPARE(bounded.nodes.size(), std::size_t(2));
        QVERIFY(!bounded.problems.isEmpty());
        QVERIFY(store.lineOf({{Kind::Artifact, 4711}}, 3).nodes.empty());
        QVERIFY(store.lineOf({}, 3).nodes.empty());
    }
    void executionsAreFoundByTheBeginningOfTheirNames()
    {
        const QString file = m_folder.filePath("names.mlmd");
        std::vector<qint64> trains;
        {
            LineageWriter writer(file);
            for (const char *name : {"T-1", "U-1", "T-2"}) {
                LineageWriter::Run entry;
                entry.pipeline = "p";
                entry.stage = entry.type = "Train";
                entry.uuid = entry.name = QString::fromLatin1(name);
                entry.timeMs = 1000;
                const qint64 id = writer.execution(entry);
                if (entry.name.startsWith('T'))
                    trains.push_back(id);
            }
        }
        const LineageStore store(file);
        QCOMPARE(trains.size(), std::size_t(2));
        QCOMPARE(store.executionsNamed("T", 100), trains);
        QCOMPARE(store.executionsNamed({}, 1).size(), std::size_t(1));
        QVERIFY(store.executionsNamed("T-1x", 100).empty());
        QVERIFY(store.executionsNamed("t%", 100).empty()); // no pattern
    }

    void listsNewestFirstAndFilters()
    {
        const LineageStore store(sampleStore(m_folder, "listed"));
        LineageStore::Query query;
        query.kind = Kind::Execution;
        const auto ids = [&](const LineageStore::Query &asked) {
            QList<qint64> found;
            for (const LineageNode &node : store.list(asked))
                found << node.id;
            return found;
        };
        QCOMPARE(ids(query), (QList<qint64>{2, 1}));
        query.stage = "p/Train";
        QCOMPARE(ids(query), QList<qint64>{2});
        query.stage.clear();
        query.fromMs = 1, query.toMs = 1500;
        QCOMPARE(ids(query), QList<qint64>{1});
        LineageStore::Query artifacts;
        artifacts.text = "CLEAN";
        QCOMPARE(ids(artifacts), QList<qint64>{2});
        artifacts.text = "npy";
        QCOMPARE(ids(artifacts), (QList<qint64>{2, 1}));
        artifacts.offset = 1;
        QCOMPARE(ids(artifacts), QList<qint64>{1});
        artifacts.offset = 0;
        artifacts.limit = 1;
        QCOMPARE(ids(artifacts), QList<qint64>{2});
        artifacts.limit = 10;
        artifacts.stage = "p/Train";
        QCOMPARE(ids(artifacts), QList<qint64>{2});
        artifacts.text = "model"; // name and type
        QCOMPARE(ids(artifacts), QList<qint64>{3});
        artifacts.text = "no such";
        QCOMPARE(ids(artifacts), QList<qint64>());
        QCOMPARE(store.node(Kind::Artifact, 2)->stages, (QStringList{"p/Prepare", "p/Train"}));
        QVERIFY(!store.node(Kind::Artifact, 99));
    }

    /// The same nodes, whether the store is read whole or asked.
    void findsInPlaceWhatAGraphFinds_data()
    {
        QTest::addColumn<QString>("expression");
        for (const char *expression : {"",
                                       "fito",
                                       "model",
                                       "learning_rate < 0.1",
                                       "Learning_Rate >= 0.001",
                                       "not fito",
                                       "type = Dataset",
                                       "type ~ model or stage ~ train",
                                       "kind = execution",
                                       "kind = execution and not window_size = 16",
                                       "stage != ALDKL/x",
                                       "stage !~ data",
                                       "pipeline = aldkl",
                                       "uri ~ cf0f",
                                       "name ~ npy and created > 2023-01-01",
                                       "created < 2023-10",
                                       "updated >= 2023-10-02",
                                       "id < 5",
                                       "state = 0",
                                       "window_size = 16",
                                       "Commit ~ cf0",
                                       "nothing = 3",
                                       "window_size != 3",
                                       "url ~ s3 and (id = 1 or id = 2)"})
            QTest::newRow(expression) << QString(expression);
    }

    void findsInPlaceWhatAGraphFinds()
    {
        QFETCH(QString, expression);
        int compared = 0;
        for (const char *name : {"aldkl.mlmd", "demo_current_cmf.mlmd"}) {
            const QString file = QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/lineage/") + name;
            if (!QFile::exists(file))
                continue;
            const LineageStore store(file);
            const LineageGraph graph = store.graph(unwatched());
            std::set<std::pair<LineageNode::Kind, qint64>> expected, found;
            for (int index : matching(graph, expression)) {
                const LineageNode &node = graph.nodes[std::size_t(index)];
                expected.emplace(node.kind, node.id);
            }
            for (const LineageNode &node : store.matching(expression, 100'000, unwatched()))
                found.emplace(node.kind, node.id);
            QCOMPARE(found.size(), expected.size());
            QVERIFY(found == expected);
            // Of few they are looked up one by one: the same, the newest of them.
            std::vector<std::pair<LineageNode::Kind, qint64>> all, few, newest;
            for (const LineageNode &node : store.matching(expression, 100'000, unwatched()))
                all.emplace_back(node.kind, node.id);
            for (const LineageNode &node : store.matching(expression, 3, unwatched()))
                few.emplace_back(node.kind, node.id);
            for (const auto &each : all)
                if (std::count_if(newest.begin(), newest.end(),
                                  [&](const auto &one) { return one.first == each.first; }) < 3)
                    newest.push_back(each);
            QCOMPARE(few, newest);
            compared += int(expected.size());
        }
        if (compared == 0 && !QFile::exists(HELMSCOPE_SOURCE "/../shared/data/lineage"))
            QSKIP("the recorded stores are not there");
    }

    void anIndexServesUntilTheFileIsWrittenTo()
    {
        const QString file = m_folder.filePath("indexed.mlmd");
        LineageWriter::Run run;
        run.pipeline = "p";
        run.stage = run.type = "S";
        run.name = "first";
        LineageWriter(file).execution(run);
        std::shared_ptr<const LineageSearchIndex> index;
        {
            const LineageStore store(file);
            index = store.prepareSearch(unwatched());
            QVERIFY(index);
            QVERIFY(!store.prepareSearch([](double) { return false; }));
        }
        LineageStore again(file);
        QVERIFY(again.use(index));
        QCOMPARE(again.matching("first", 10, unwatched()).size(), std::size_t(1));
        run.name = "second";
        LineageWriter(file).execution(run);
        LineageStore after(file);
        QVERIFY(!after.use(index));
        QVERIFY(!after.use(nullptr));
        QCOMPARE(after.matching("second", 10, unwatched()).size(), std::size_t(1));
    }

    /// Someone else writes: waiting ends, with a sentence that says so.
    void aLockedStoreIsWaitedForThenNamed()
    {
        const QString file = m_folder.filePath("locked.mlmd");
        LineageWriter::Run run;
        run.pipeline = "p";
        run.stage = run.type = "S";
        LineageWriter(file).execution(run);
        LineageWriter holder(file);
        LineageWriter::Batch batch(holder);
        holder.execution(run);
        try {
            LineageWriter other(file, 100);
            other.execution(run);
            QFAIL("two wrote at once");
        } catch (const Error &error) {
            const QString sentence = QString::fromUtf8(error.what());
            QVERIFY2(sentence.contains(QFileInfo(file).fileName()), qPrintable(sentence));
            QVERIFY2(sentence.contains(QString::number(QCoreApplication::applicationPid())),
                     qPrintable(sentence));
        }
        batch.commit();
        LineageWriter(file, 100).execution(run);
    }
};

QTEST_GUILESS_MAIN(TestLineageStore)
#include "tst_lineagestore.moc"
