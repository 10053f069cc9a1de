// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/cmfjson.h"
#include "lineage/graph.h"
#include "lineage/store.h"

#include "base/progress.h"

#include <QFile>
#include <QTest>

#include <cmath>
#include <limits>
#include <set>

using namespace helmscope;

namespace {

using Kind = LineageNode::Kind;
using Of = LineageDifference::Of;
using Ints = std::vector<int>;

const QString realStore = QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/lineage/aldkl.mlmd");
const QString hash = QStringLiteral("0123456789abcdef0123456789abcdef");

LineageNode artifact(qint64 id, const QString &name, const QString &uri = hash,
                     const QString &type = "Dataset", int store = 0)
{
    LineageNode node;
    node.id = id;
    node.store = store;
    node.type = type;
    node.name = name;
    node.uri = uri;
    return node;
}

LineageNode execution(qint64 id, const QString &stage, const QString &uuid = {}, int store = 0)
{
    LineageNode node;
    node.kind = Kind::Execution;
    node.id = id;
    node.store = store;
    node.type = "run";
    node.stages = QStringList{stage};
    node.pipelines = QStringList{stage.section('/', 0, 0)};
    if (!uuid.isEmpty())
        node.properties.push_back({"Execution_uuid", uuid, false});
    return node;
}

void join(LineageGraph &graph, int from, int to)
{
    LineageEdge edge;
    edge.from = from;
    edge.to = to;
    const bool isInput = graph.nodes[std::size_t(from)].kind == Kind::Artifact;
    edge.kind = isInput ? LineageEdge::Kind::Input : LineageEdge::Kind::Output;
    edge.event = isInput ? 3 : 4;
    graph.edges.push_back(edge);
}

/// raw(0) -> prepare(5) -> patches(1), spectra(2); patches -> train(6) -> model(3);
/// model, spectra -> infer(7) -> map(4).
LineageGraph sample()
{
    LineageGraph graph;
    graph.stores = QStringList{"mlmd"};
    graph.nodes = {artifact(1, "data/raw.npy:" + hash),
                   artifact(2, "patches.npy:a", "a"),
                   artifact(3, "spectra.npy:b", "b"),
                   artifact(4, "model.pt:c:2", "c", "Model"),
                   artifact(5, "map.npy:d", "d"),
                   execution(1, "p/Prepare", "946cab04-6108-11ee-9354-3372780f8360"),
                   execution(2, "p/Train"),
                   execution(3, "p/Infer")};
    for (const auto &[from, to] :
         {std::pair(0, 5), std::pair(5, 1), std::pair(5, 2), std::pair(1, 6), std::pair(6, 3),
          std::pair(3, 7), std::pair(2, 7), std::pair(7, 4)})
        join(graph, from, to);
    return graph;
}

QStringList lines(const std::vector<LineageDifference> &differences)
{
    static const char *const kinds[]{"property", "input", "output", "metric"};
    QStringList lines;
    for (const LineageDifference &each : differences)
        lines << QStringLiteral("%1 %2: %3 | %4")
                     .arg(kinds[int(each.of)], each.name, each.first.toString(),
                          each.second.toString());
    return lines;
}

} // namespace

class TestLineageGraph : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsNumbersAlsoFromTexts()
    {
        QCOMPARE(numberOf(QVariant(qlonglong(7))), 7.0);
        QCOMPARE(numberOf(QVariant(0.25)), 0.25);
        QCOMPARE(numberOf(QVariant(true)), 1.0);
        QCOMPARE(numberOf(QVariant(" 1e-7 ")), 1e-7);
        for (const QVariant &none :
             {QVariant(), QVariant(""), QVariant("0.1 nm"), QVariant("1,000"), QVariant("nan"),
              QVariant("0x10"), QVariant(QByteArray("1")), QVariant(QString(100, '1')),
              QVariant(std::nan(""))})
            QVERIFY2(!numberOf(none), qPrintable(none.toString()));
    }

    void callsNodesAsPeopleDo_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("uri");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const QString &uri, const char *expected) {
            QTest::newRow(name) << QString(name) << uri << QString(expected);
        };
        row("logs/a/patches.npy:abc", "abc", "patches.npy");
        row("model.pt:abc:12", "abc", "model.pt");
        row("test_loss:4de19cb6-6109:3", "4de19cb6-6109", "test_loss");
        row("C:/data/scan.h5:abc", "abc", "scan.h5"); // a colon in the path
        row("odd:name.npy:xyz", "abc", "odd");        // not its hash: what CMF shows
        row("raw/:abc.dir", "abc.dir", "raw");
        row("plain", "", "plain");
        row("", "abc", "abc");
    }
    void callsNodesAsPeopleDo()
    {
        QFETCH(QString, name);
        QFETCH(QString, uri);
        QFETCH(QString, expected);
        QCOMPARE(artifact(1, name, uri).shortName(), expected);
    }

    void callsExecutionsByStageAndUuid()
    {
        LineageNode node = execution(3, "p/Train/Deep", "946cab04-6108,second");
        QCOMPARE(node.shortName(), "Train/Deep_946c");
        node.name = "946cab04-6108"; // named by its uuid, so as to be pushed again
        QCOMPARE(node.shortName(), "Train/Deep_946c");
        node.name = "nightly";
        QCOMPARE(node.shortName(), "nightly");
        node = execution(3, "p/Train");
        QCOMPARE(node.shortName(), "Train_3");
        node.stages.clear();
        QCOMPARE(node.shortName(), "run_3");
        QCOMPARE(artifact(9, "", "", "Model").shortName(), "Model 9");
    }

    void declaredPropertiesComeBeforeCustomOnes()
    {
        LineageNode node;
        node.properties = {{"a", 1, true}, {"a", 2, false}, {"b", 3, true}};
        QCOMPARE(node.property("a")->value, 2);
        QCOMPARE(node.property("b")->value, 3);
        QVERIFY(!node.property("c"));
    }

    void findsNodesByAnyOfTheirNames()
    {
        const LineageGraph graph = sample();
        QCOMPARE(graph.indexOf(Kind::Artifact, 5), 4);
        QCOMPARE(graph.indexOf(Kind::Execution, 1), 5);
        QCOMPARE(graph.indexOf(Kind::Execution, 9), -1);
        QCOMPARE(graph.indexOf(Kind::Artifact, 1, 1), -1);
        QCOMPARE(graph.find("raw.npy"), Ints{0});
        QCOMPARE(graph.find("data/raw.npy:" + hash), Ints{0});
        QCOMPARE(graph.find("c"), Ints{3});
        QCOMPARE(graph.find("946cab04-6108-11ee-9354-3372780f8360"), Ints{5});
        QCOMPARE(graph.find("Prepare_946c"), Ints{5});
        QCOMPARE(graph.find(" 2 "), (Ints{1, 6}));
        QCOMPARE(graph.find("artifact:2"), Ints{1});
        QCOMPARE(graph.find("execution:2"), Ints{6});
        QVERIFY(graph.find("").empty());
        QVERIFY(graph.find("nothing").empty());
    }

    void walksUpDownAndAround()
    {
        const LineageGraph graph = sample();
        QCOMPARE(reach(graph, {3}, Walk::Up), (Ints{0, 1, 3, 5, 6}));
        QCOMPARE(reach(graph, {1}, Walk::Down), (Ints{1, 3, 4, 6, 7}));
        QCOMPARE(reach(graph, {3}, Walk::Both, 1), (Ints{3, 6, 7}));
        QCOMPARE(reach(graph, {4}, Walk::Up, 2), (Ints{2, 3, 4, 7}));
        QCOMPARE(reach(graph, {4, 4, 99, -1}, Walk::Down), Ints{4});
        QCOMPARE(reach(graph, {3}, Walk::Up, 0), Ints{3});
        QVERIFY(reach(graph, {}, Walk::Both).empty());
    }

    void walksThroughCyclesOnce()
    {
        LineageGraph graph = sample();
        join(graph, 4, 5); // the map is what the next preparation begins with
        QCOMPARE(reach(graph, {3}, Walk::Down).size(), 7u); // all but the raw data
        QCOMPARE(path(graph, 4, 0), (Ints{4, 7, 2, 5, 0})); // made from it, if not by the shortest
        QCOMPARE(path(graph, 4, 2), (Ints{4, 5, 2}));
    }

    void cutsOutAPart()
    {
        const LineageGraph part = subgraph(sample(), {7, 3, 4, 4, -5});
        QCOMPARE(part.nodes.size(), 3u);
        QCOMPARE(part.nodes[0].id, 4);
        QCOMPARE(part.edges.size(), 2u);
        QCOMPARE(part.edges[0].from, 0);
        QCOMPARE(part.edges[0].to, 2);
        QCOMPARE(part.stores, QStringList{"mlmd"});
    }

    void findsTheShortestWay()
    {
        const LineageGraph graph = sample();
        QCOMPARE(path(graph, 0, 4), (Ints{0, 5, 2, 7, 4}));
        QCOMPARE(path(graph, 4, 0), (Ints{4, 7, 2, 5, 0})); // against the edges
        QCOMPARE(path(graph, 3, 2), (Ints{3, 7, 2}));       // neither made the other
        QCOMPARE(path(graph, 3, 3), Ints{3});
        LineageGraph apart = graph;
        apart.nodes.push_back(execution(9, "p/Alone"));
        QVERIFY(path(apart, 0, 8).empty());
        QVERIFY(path(apart, 0, 99).empty());
    }

    void findsTheNearestCommonOrigin()
    {
        LineageGraph graph = sample();
        QCOMPARE(commonOrigin(graph, 1, 2), Ints{5}); // not the raw data before it
        QCOMPARE(commonOrigin(graph, 3, 4), Ints{3}); // one made the other
        QCOMPARE(commonOrigin(graph, 0, 0), Ints{0});
        graph.nodes.push_back(artifact(6, "other"));
        QVERIFY(commonOrigin(graph, 4, 8).empty());
        join(graph, 3, 5); // prepare, patches, train and model on a cycle are equally near
        QCOMPARE(commonOrigin(graph, 2, 3), (Ints{1, 3, 5, 6}));
    }

    void joinsStoresByContent()
    {
        const QString uuid = "946cab04-6108-11ee-9354-3372780f8360";
        LineageGraph graph;
        graph.stores = QStringList{"here", "there"};
        graph.nodes = {artifact(1, "raw:" + hash),
                       artifact(2, "loss:" + hash, hash, "Metrics"), // a Metrics' uri is no hash
                       artifact(3, "x:short", "short"),
                       execution(1, "p/Train", uuid),
                       artifact(1, "copy/raw:" + hash, hash, "Dataset", 1),
                       artifact(2, "y:short", "short", "Dataset", 1),
                       execution(4, "p/Train", uuid, 1),
                       execution(5, "p/Other", "other", 1)};
        graph.nodes[0].createdMs = 50;
        graph.nodes[4].createdMs = 20;
        graph.nodes[0].properties = {{"kept", 1, true}};
        graph.nodes[4].properties = {{"kept", 2, true}, {"more", 3, true}};
        graph.nodes[4].pipelines = QStringList{"q"};
        join(graph, 0, 3);
        join(graph, 4, 6); // the same event, as the other store has it
        join(graph, 4, 7);
        const LineageGraph joined = joinedByContent(graph);
        QCOMPARE(joined.nodes.size(), 6u);
        QCOMPARE(joined.edges.size(), 2u);
        QCOMPARE(joined.edges[1].from, 0);
        QCOMPARE(joined.nodes[std::size_t(joined.edges[1].to)].id, 5);
        const LineageNode &raw = joined.nodes[0];
        QCOMPARE(raw.name, "raw:" + hash);
        QCOMPARE(raw.createdMs, 20);
        QCOMPARE(raw.pipelines, QStringList{"q"});
        QCOMPARE(raw.property("kept")->value, 1);
        QCOMPARE(raw.property("more")->value, 3);
        QVERIFY(std::is_sorted(joined.nodes.begin(), joined.nodes.end(),
                               [](const LineageNode &a, const LineageNode &b) {
                                   return std::tie(a.store, a.kind, a.id) <
                                          std::tie(b.store, b.kind, b.id);
                               }));
    }

    void executionsOfOneStoreStayApart()
    {
        LineageGraph graph;
        graph.nodes = {execution(1, "p/T", "same"), execution(2, "p/T", "same")};
        QCOMPARE(joinedByContent(graph).nodes.size(), 2u);
    }

    void saysWhatDiffersBetweenExecutions()
    {
        LineageGraph graph;
        graph.nodes = {artifact(1, "patches.npy:a", "a"),
                       artifact(2, "patches.npy:b", "b"),
                       artifact(3, "spectra.npy:c", "c"),
                       artifact(4, "model.pt:d:1", "d", "Model"),
                       artifact(5, "model.pt:e:2", "e", "Model"),
                       artifact(6, "loss:u1:1", "u1", "Metrics"),
                       artifact(7, "loss:u2:2", "u2", "Metrics"),
                       execution(1, "p/Train", "one"),
                       execution(2, "p/Train", "two")};
        auto &first = graph.nodes[7].properties, &second = graph.nodes[8].properties;
        first.insert(first.end(), {{"epochs", qlonglong(10), true},
                                   {"learning_rate", 0.01, true},
                                   {"seed", qlonglong(1), true}});
        second.insert(second.end(), {{"epochs", qlonglong(20), true},
                                     {"learning_rate", "0.01", true}, // as CMF's client leaves it
                                     {"width", qlonglong(64), true}});
        graph.nodes[5].properties = {{"metrics_name", "loss:u1:1", false}, {"rmse", 0.5, true}};
        graph.nodes[6].properties = {{"metrics_name", "loss:u2:2", false}, {"rmse", 0.25, true}};
        for (const auto &[from, to] :
             {std::pair(0, 7), std::pair(2, 7), std::pair(7, 3), std::pair(7, 5), std::pair(1, 8),
              std::pair(2, 8), std::pair(8, 4), std::pair(8, 6)})
            join(graph, from, to);
        const QStringList expected{"property epochs: 10 | 20",
                                   "property seed: 1 | ",
                                   "property width:  | 64",
                                   "metric rmse: 0.5 | 0.25",
                                   "input patches.npy: a | b",
                                   "output model.pt: d | e",
                                   "property Execution_uuid: one | two"};
        QCOMPARE(lines(differences(graph, 7, 8)), expected);
        QVERIFY(differences(graph, 7, 7).empty());
        QVERIFY(differences(graph, 7, 99).empty());
        QVERIFY(!differences(graph, 7, 8)[1].second.isValid());
        QCOMPARE(lines(differences(graph, 0, 1)), QStringList{"property uri: a | b"});
    }

    void metricsOfOneNameAreToldApart()
    {
        LineageGraph graph;
        graph.nodes = {artifact(1, "train:u1:1", "u1", "Metrics"),
                       artifact(2, "test:u2:1", "u2", "Metrics"), execution(1, "p/T"),
                       execution(2, "p/T")};
        graph.nodes[0].properties = {{"rmse", 1.0, true}};
        graph.nodes[1].properties = {{"rmse", 2.0, true}};
        join(graph, 2, 0);
        join(graph, 2, 1);
        QCOMPARE(lines(differences(graph, 2, 3)),
                 (QStringList{"metric test/rmse: 2 | ", "metric train/rmse: 1 | "}));
    }

    void answersForTheRealStore()
    {
        if (!QFile::exists(realStore))
            QSKIP("shared/data/lineage/aldkl.mlmd is not here");
        const LineageGraph graph = LineageStore(realStore).graph(unwatched());
        QCOMPARE(graph.nodes.size(), 50u);
        QCOMPARE(graph.edges.size(), 67u);
        const Ints raw = graph.find("Plasmonic_EELS_FITO0_edgehole_01.npy");
        QCOMPARE(raw.size(), 1u);
        // All but the raw file and what prepared it come of it, and they lead to it.
        QCOMPARE(reach(graph, raw, Walk::Down).size(), 50u);
        const int model = graph.find("AL_dklgpr_exp5.pt").front();
        const Ints way = path(graph, raw.front(), model);
        QCOMPARE(way.front(), raw.front());
        QCOMPARE(way.back(), model);
        for (std::size_t i = 1; i < way.size(); ++i)
            QVERIFY(std::any_of(graph.edges.begin(), graph.edges.end(), [&](const auto &edge) {
                return edge.from == way[i - 1] && edge.to == way[i];
            }));
        QCOMPARE(joinedByContent(graph).nodes.size(), 50u); // each content is there once
        const auto between = differences(graph, graph.indexOf(Kind::Execution, 8),
                                         graph.indexOf(Kind::Execution, 9));
        QVERIFY(!between.empty());
        QVERIFY(std::any_of(between.begin(), between.end(),
                            [](const auto &each) { return each.of == Of::Input; }));
    }

    /// A store and what a server gave back of it: one lineage, in which ids say whose they are.
    void storesOfSeveralSitesAreOneLineage()
    {
        const QString folder = HELMSCOPE_SOURCE "/../shared/data/lineage/";
        if (!QFile::exists(folder + "aldkl.mlmd"))
            QSKIP("the recorded stores are not there");
        const LineageGraph ours = LineageStore(folder + "aldkl.mlmd").graph(unwatched());
        const LineageGraph pulled = readCmfJson(folder + "aldkl_pull.json");
        const LineageGraph demo = LineageStore(folder + "demo_current_cmf.mlmd").graph(unwatched());
        const LineageGraph all = together({ours, pulled, demo});
        QCOMPARE(all.stores.size(), 3);
        int executions = 0;
        for (const LineageNode &node : all.nodes)
            executions += node.kind == LineageNode::Kind::Execution;
        QCOMPARE(executions, 12 + 3); // what was pulled is what was there
        QVERIFY(all.nodes.size() < ours.nodes.size() + pulled.nodes.size() + demo.nodes.size());
        QCOMPARE(all.find("execution:2").size(), std::size_t(2));
        const std::vector<int> third = all.find("execution:2@3");
        QCOMPARE(third.size(), std::size_t(1));
        QCOMPARE(all.nodes[std::size_t(third[0])].store, 2);
        QVERIFY(all.find("execution:2@4").empty());
        QVERIFY(ours.find("execution:2@3").empty()); // of one store an @ is part of a name
        QCOMPARE(together({}).nodes.size(), std::size_t(0));
    }
};

QTEST_GUILESS_MAIN(TestLineageGraph)
#include "tst_lineagegraph.moc"
