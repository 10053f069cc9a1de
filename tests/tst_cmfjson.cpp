// SPDX-License-Identifier: GPL-3.0-or-later
// CMF's pipeline document: equal to what CMF's client wrote of the same store, and back again.

#include "base/error.h"
#include "lineage/check.h"
#include "lineage/cmfjson.h"
#include "lineage/formats/jsontext.h"
#include "lineage/merge.h"
#include "lineage/store.h"
#include "lineage/writer.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace helmscope;

namespace {

QString real(const QString &name)
{
    return HELMSCOPE_SOURCE "/../shared/data/lineage/" + name;
}

QByteArray contentOf(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

/// The same for documents that differ in the order of their lists only.
QByteArray canonical(const QVariant &value)
{
    if (value.userType() == QMetaType::QVariantMap) {
        QByteArray text = "{";
        const QVariantMap map = value.toMap();
        for (auto it = map.cbegin(); it != map.cend(); ++it)
            text += jsonText(it.key()) + ':' + canonical(it.value()) + ',';
        return text + '}';
    }
    if (value.userType() == QMetaType::QVariantList) {
        QByteArrayList parts;
        for (const QVariant &each : value.toList())
            parts << canonical(each);
        std::sort(parts.begin(), parts.end());
        return '[' + parts.join(',') + ']';
    }
    return jsonText(value);
}

QByteArray canonical(const QByteArray &json)
{
    return canonical(parseJson(json, "test"));
}

/// Without the numbers that a store gives itself.
QVariant withoutIds(const QVariant &value)
{
    if (value.userType() == QMetaType::QVariantList) {
        QVariantList list;
        for (const QVariant &each : value.toList())
            list.push_back(withoutIds(each));
        return list;
    }
    if (value.userType() != QMetaType::QVariantMap)
        return value;
    QVariantMap map = value.toMap();
    for (const char *key : {"id", "type_id", "Context_ID", "Pipeline_id"})
        map.remove(key);
    for (QVariant &each : map)
        each = withoutIds(each);
    return map;
}

} // namespace

class TestCmfJson : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

private Q_SLOTS:
    void writesWhatCmfsClientWrites_data()
    {
        QTest::addColumn<QString>("store");
        QTest::addColumn<QString>("document");
        QTest::newRow("aldkl") << "aldkl.mlmd"
                               << "aldkl_push.json";
        QTest::newRow("demo") << "demo_current_cmf.mlmd"
                              << "demo_push.json";
    }
    void writesWhatCmfsClientWrites()
    {
        QFETCH(QString, store);
        QFETCH(QString, document);
        if (!QFile::exists(real(store)))
            QSKIP("the real stores are not here");
        const QByteArray ours = storeToCmfJson(LineageStore(real(store)));
        QCOMPARE(canonical(ours), canonical(contentOf(real(document))));
    }

    void comesBackEqualFromAStore_data() { writesWhatCmfsClientWrites_data(); }
    void comesBackEqualFromAStore()
    {
        QFETCH(QString, store);
        if (!QFile::exists(real(store)))
            QSKIP("the real stores are not here");
        const QByteArray before = storeToCmfJson(LineageStore(real(store)));
        LineageWriter writer(m_folder.filePath(store));
        writeCmfJson(before, "test", writer);
        QCOMPARE(canonical(withoutIds(parseJson(storeToCmfJson(writer.store()), "back"))),
                 canonical(withoutIds(parseJson(before, "before"))));
        const LineageStore::Counts counts = writer.store().counts(),
                                   real_ = LineageStore(real(store)).counts();
        QCOMPARE(counts.artifacts, real_.artifacts);
        QCOMPARE(counts.executions, real_.executions);
        QCOMPARE(counts.events, real_.events);
        writeCmfJson(before, "again", writer); // by uuid, uri and name: nothing twice
        QCOMPARE(writer.store().counts().events, counts.events);
        QCOMPARE(writer.store().counts().artifacts, counts.artifacts);
    }

    void readsDocumentsAsGraphs()
    {
        if (!QFile::exists(real("aldkl_push.json")))
            QSKIP("the real stores are not here");
        const LineageGraph graph = readCmfJson(real("aldkl_push.json"));
        for (const LineageGraph &each :
             {graph, cmfJsonToGraph(graphToCmfJson(graph), "of the graph")}) {
            const auto runs =
                std::count_if(each.nodes.begin(), each.nodes.end(), [](const LineageNode &node) {
                    return node.kind == LineageNode::Kind::Execution;
                });
            QCOMPARE(runs, 12);
            QCOMPARE(each.nodes.size(), std::size_t(12 + 38));
            QCOMPARE(each.edges.size(), std::size_t(67));
        }
    }

    void tellsIntegersFromDoubles()
    {
        const QVariantMap map = parseJson("{\"a\": 1, \"b\": 1.0, \"c\": -2e-7, \"d\": \"\\u00e9\\n"
                                          "\\ud83d\\ude00\", \"e\": [true, null, [NaN]]}",
                                          "test")
                                    .toMap();
        QCOMPARE(map["a"], QVariant(qlonglong(1)));
        QCOMPARE(map["b"].userType(), int(QMetaType::Double));
        QCOMPARE(jsonText(map["b"]), "1.0");
        QCOMPARE(map["d"].toString(), QString::fromUtf8("\u00e9\n\U0001F600"));
        QCOMPARE(map["e"].toList().size(), 3);
        QCOMPARE(jsonText(map), "{\"a\": 1, \"b\": 1.0, \"c\": -2e-07, \"d\": \"\\u00e9\\u000a"
                                "\\ud83d\\ude00\", \"e\": [true, null, [null]]}");
    }

    void refusesWhatIsNoDocument_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("a list") << QByteArray("[]");
        QTest::newRow("no pipelines") << QByteArray("{}");
        QTest::newRow("a number for them") << QByteArray("{\"Pipeline\": 3}");
        QTest::newRow("cut short") << QByteArray("{\"Pipeline\": [{\"name\": \"p");
        QTest::newRow("more after it") << QByteArray("{\"Pipeline\": []} x");
        QTest::newRow("too deep") << "{\"Pipeline\": " + QByteArray(100'000, '[');
        QTest::newRow("half an escape") << QByteArray("{\"Pipeline\": [\"\\u12");
        QTest::newRow("no number") << QByteArray("{\"Pipeline\": [--1]}");
    }
    void refusesWhatIsNoDocument()
    {
        QFETCH(QByteArray, json);
        QVERIFY_EXCEPTION_THROWN(cmfJsonToGraph(json, "test"), Error);
    }

    void readsWhatItCanOfOddDocuments()
    {
        const LineageGraph graph = cmfJsonToGraph(
            "{\"Pipeline\": [3, {\"name\": \"p\", \"stages\": [{\"name\": \"p/s\", \"executions\": "
            "[{\"id\": 5, \"name\": 7, \"properties\": {\"n\": null, \"l\": [1]}, \"events\": ["
            "{\"type\": 3}, {\"type\": 3, \"artifact\": {\"uri\": \"u\", \"id\": -4}}, 9]}]}]}]}",
            "test");
        QCOMPARE(graph.nodes.size(), std::size_t(2));
        QCOMPARE(graph.edges.size(), std::size_t(1));
        QCOMPARE(graph.nodes[1].property("l")->value.toString(), "[1]");
        QCOMPARE(graph.problems.size(), 3);
    }

    void mergesStoresByCmfsIdentities()
    {
        const auto sample = [this](const QString &name, const QString &uuid) {
            const QString file = m_folder.filePath(name);
            LineageWriter writer(file);
            LineageWriter::Run run;
            run.pipeline = "p", run.stage = "s", run.type = "t", run.uuid = uuid;
            LineageWriter::Content content;
            content.path = name + ".npy", content.hash = "shared";
            writer.artifact(writer.execution(run), content, true);
            return file;
        };
        const QString first = sample("a", "uuid-1"), second = sample("b", "uuid-2");
        const QString both = m_folder.filePath("both");
        const MergeCounts counts = mergeStores(first, second, both, unwatched());
        QCOMPARE(counts.artifacts, 1);
        QCOMPARE(counts.executions, 2);
        QCOMPARE(counts.contexts, 2);
        QCOMPARE(counts.events, 2);
        QCOMPARE(checkLineage(LineageStore(both), unwatched()).size(), std::size_t(0));
        QVERIFY_EXCEPTION_THROWN(mergeStores(first, second, both, unwatched()), Error);
        const QString none = m_folder.filePath("none");
        QVERIFY_EXCEPTION_THROWN(mergeStores(first, real("missing"), none, unwatched()), Error);
        QVERIFY_EXCEPTION_THROWN(mergeStores(first, second, none, [](double) { return false; }),
                                 Error);
        QVERIFY(!QFile::exists(none));
    }

    /// Real stores with an empty one, and with themselves: nothing is lost, nothing doubled.
    void mergingLosesNothing_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("aldkl") << "aldkl.mlmd";
        QTest::newRow("demo") << "demo_current_cmf.mlmd";
    }

    void mergingLosesNothing()
    {
        QFETCH(QString, name);
        if (!QFile::exists(real(name)))
            QSKIP("the recorded stores are not there");
        const QString other = m_folder.filePath("other " + name);
        {
            LineageWriter writer(other);
            LineageWriter::Run run;
            run.pipeline = "of another site", run.stage = "s", run.type = "t";
            const qint64 execution = writer.execution(run);
            writer.setState(LineageNode::Kind::Execution, execution, 4);
            // In no stage, which no document can say.
            writer.putExecution(writer.type(TypeKind::Execution, "loose"), "loose", {}, 5, 3);
        }
        const LineageGraph before = LineageStore(real(name)).graph(unwatched());
        const QString twice = m_folder.filePath("twice " + name);
        mergeStores(real(name), real(name), twice, unwatched());
        const LineageGraph same = LineageStore(twice).graph(unwatched());
        QCOMPARE(same.nodes.size(), before.nodes.size());
        QCOMPARE(same.edges.size(), before.edges.size());

        const QString both = m_folder.filePath("both " + name);
        mergeStores(other, real(name), both, unwatched());
        const LineageGraph graph = LineageStore(both).graph(unwatched());
        QCOMPARE(graph.nodes.size(), before.nodes.size() + 2);
        QCOMPARE(graph.edges.size(), before.edges.size());
        const auto described = [](const LineageGraph &of) {
            QStringList lines;
            for (const LineageEdge &edge : of.edges)
                lines << QStringLiteral("%1 %2 %3 %4 %5")
                             .arg(of.nodes[std::size_t(edge.from)].name,
                                  of.nodes[std::size_t(edge.to)].name)
                             .arg(edge.event)
                             .arg(edge.timeMs)
                             .arg(edge.key);
            for (const LineageNode &node : of.nodes) {
                QString line = QStringLiteral("%1 %2 %3 %4 %5 %6 ")
                                   .arg(node.type, node.name, node.uri)
                                   .arg(node.state)
                                   .arg(node.createdMs)
                                   .arg(node.updatedMs) +
                               node.stages.join(',') + node.pipelines.join(',');
                for (const LineageProperty &property : node.properties)
                    if (property.name != "Context_ID" && property.name != "Pipeline_id")
                        line += QStringLiteral(" %1=%2(%3)")
                                    .arg(property.name, property.value.toString())
                                    .arg(property.value.userType());
                lines << line;
            }
            lines.sort();
            return lines;
        };
        const QStringList all = described(graph), wanted = described(before);
        for (const QString &line : wanted)
            QVERIFY2(all.contains(line), qPrintable(line));
        const std::vector<int> loose = graph.find("loose");
        QCOMPARE(loose.size(), std::size_t(1));
        QCOMPARE(graph.nodes[std::size_t(loose[0])].state, 3);
        QVERIFY(graph.nodes[std::size_t(loose[0])].stages.isEmpty());
        // Ids of contexts are those of the new store.
        const std::vector<LineageFinding> findings = checkLineage(LineageStore(both), unwatched());
        for (const LineageFinding &finding : findings)
            QVERIFY2(finding.severity != LineageFinding::Severity::Damage,
                     qPrintable(finding.sentence));
    }
};

QTEST_GUILESS_MAIN(TestCmfJson)
#include "tst_cmfjson.moc"
