// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to a graph: names, reach, paths, origins, joined content, differences, groups.
#include "lineage/graph.h"

#include "lineage/grouping.h"

#include <QTest>

#include <algorithm>

using namespace helmscope;
using Kind = LineageNode::Kind;

namespace {

class Made
{
public:
    int artifact(const QString &name, const QString &hash, const char *type = "Dataset",
                 int store = 0)
    {
        return add(Kind::Artifact, name, hash, type, store);
    }
    int execution(const QString &stage, int store = 0)
    {
        const int index = add(Kind::Execution, {}, {}, "run", store);
        graph.nodes[std::size_t(index)].stages = QStringList{"p/" + stage};
        return index;
    }
    void edge(int from, int to)
    {
        LineageEdge made;
        made.from = from;
        made.to = to;
        made.kind = graph.nodes[std::size_t(from)].kind == Kind::Artifact
                        ? LineageEdge::Kind::Input
                        : LineageEdge::Kind::Output;
        made.event = made.kind == LineageEdge::Kind::Input ? 3 : 4;
        graph.edges.push_back(made);
    }
    LineageGraph graph;

private:
    int add(Kind kind, const QString &name, const QString &hash, const char *type, int store)
    {
        while (graph.stores.size() <= store)
            graph.stores << QString("store%1").arg(graph.stores.size());
        LineageNode node;
        node.kind = kind;
        node.store = store;
        node.id = qint64(graph.nodes.size()) + 1;
        node.type = type;
        node.name = hash.isEmpty() ? name : name + ':' + hash;
        node.uri = hash;
        graph.nodes.push_back(node);
        return int(graph.nodes.size()) - 1;
    }
};

/// raw -> prepare -> patches -> train -> model; raw -> survey -> image.
struct Chain : Made
{
    // Artifacts first: a graph's nodes are sorted.
    int raw = artifact("data/raw.npy", "aaaa"), patches = artifact("patches.npy", "bbbb"),
        model = artifact("model.pt", "cccc:3", "Model"), image = artifact("image.npy", "dddd");
    int prepare = execution("Prepare"), train = execution("Train"), survey = execution("Survey");
    Chain()
    {
        graph.nodes[std::size_t(model)].uri = "cccc";
        edge(raw, prepare);
        edge(prepare, patches);
        edge(patches, train);
        edge(train, model);
        edge(raw, survey);
        edge(survey, image);
    }
};

std::vector<int> sorted(std::vector<int> numbers)
{
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

} // namespace

class TestLineageGraph : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void namesAreShort()
    {
        Chain chain;
        QCOMPARE(chain.graph.nodes[std::size_t(chain.raw)].shortName(), "raw.npy");
        QCOMPARE(chain.graph.nodes[std::size_t(chain.model)].shortName(), "model.pt");
        LineageNode &train = chain.graph.nodes[std::size_t(chain.train)];
        train.properties = {{"Execution_uuid", "946cab04-6108-11ee-9354-3372780f8360", false}};
        QCOMPARE(train.shortName(), "Train_946c");
        QVERIFY(!chain.graph.nodes[std::size_t(chain.survey)].shortName().isEmpty());
    }

    void textsThatAreNumbersCount()
    {
        QCOMPARE(numberOf(QVariant("0.01")), std::optional(0.01));
        QCOMPARE(numberOf(QVariant("1e-3")), std::optional(0.001));
        QCOMPARE(numberOf(QVariant(qlonglong(7))), std::optional(7.0));
        QCOMPARE(numberOf(QVariant(true)), std::optional(1.0));
        QVERIFY(!numberOf(QVariant("adam")) && !numberOf(QVariant()) && !numberOf(QVariant("")));
    }

    void aDeclaredPropertyComesBeforeACustomOne()
    {
        LineageNode node;
        node.properties = {{"lr", 1.0, true}, {"lr", 2.0, false}};
        QCOMPARE(node.property("lr")->value, 2.0);
        QVERIFY(!node.property("other"));
    }

    void walksUpAndDownAndNoFurtherThanAsked()
    {
        Chain c;
        QCOMPARE(reach(c.graph, {c.model}, Walk::Up),
                 sorted({c.raw, c.prepare, c.patches, c.train, c.model}));
        QCOMPARE(reach(c.graph, {c.model}, Walk::Up, 2), sorted({c.patches, c.train, c.model}));
        QCOMPARE(reach(c.graph, {c.prepare}, Walk::Down),
                 sorted({c.prepare, c.patches, c.train, c.model}));
        QCOMPARE(int(reach(c.graph, {c.image}, Walk::Both).size()), 7);
        QCOMPARE(reach(c.graph, {c.image}, Walk::Both, 0), std::vector{c.image});
    }

    void cyclesEnd()
    {
        Chain c;
        c.edge(c.model, c.prepare); // used to make what it was made from
        QCOMPARE(int(reach(c.graph, {c.patches}, Walk::Down).size()), 4);
        QCOMPARE(int(reach(c.graph, {c.patches}, Walk::Up).size()), 5);
        QVERIFY(!path(c.graph, c.model, c.patches).empty());
    }

    void findsTheShortestPath()
    {
        Chain c;
        QCOMPARE(path(c.graph, c.raw, c.model),
                 (std::vector{c.raw, c.prepare, c.patches, c.train, c.model}));
        // Joined only against the direction: over what both come from.
        QCOMPARE(path(c.graph, c.image, c.patches),
                 (std::vector{c.image, c.survey, c.raw, c.prepare, c.patches}));
        const int alone = c.artifact("alone", "eeee");
        QVERIFY(path(c.graph, c.raw, alone).empty());
        QCOMPARE(path(c.graph, c.raw, c.raw), std::vector{c.raw});
    }

    void theNearestCommonOriginIsTold()
    {
        Chain c;
        QCOMPARE(commonOrigin(c.graph, c.model, c.image), std::vector{c.raw});
        const int alone = c.artifact("alone", "eeee");
        QVERIFY(commonOrigin(c.graph, c.model, alone).empty());
    }

    void aPartKeepsTheEdgesAmongItsNodes()
    {
        Chain c;
        const LineageGraph part = subgraph(c.graph, {c.raw, c.prepare, c.patches, c.model});
        QCOMPARE(part.nodes.size(), 4u);
        QCOMPARE(part.edges.size(), 2u);
        for (const LineageEdge &edge : part.edges)
            QVERIFY(edge.from >= 0 && edge.from < 4 && edge.to >= 0 && edge.to < 4);
    }

    void nodesAreFoundByWhatPeopleCallThem()
    {
        Chain c;
        for (const char *text : {"raw.npy", "data/raw.npy:aaaa", "aaaa", "artifact:1"})
            QVERIFY2(c.graph.find(text) == std::vector{c.raw}, text);
        QVERIFY(c.graph.find("nothing").empty());
        QCOMPARE(c.graph.indexOf(Kind::Execution, 5), c.prepare);
        QCOMPARE(c.graph.indexOf(Kind::Artifact, 5), -1);
    }

    void equalContentIsOneNodeAcrossStores()
    {
        Made made;
        const QString hash = "0123456789abcdef0123456789abcdef";
        const int model = made.artifact("model.pt", hash, "Model", 0);
        const int one = made.artifact("metrics", "uuid", "Metrics", 0);
        const int train = made.execution("Train", 0);
        const int copy = made.artifact("received.pt", hash, "Model", 1);
        const int two = made.artifact("metrics", "uuid", "Metrics", 1);
        const int steer = made.execution("Steer", 1);
        made.edge(train, model);
        made.edge(copy, steer);
        made.edge(train, one);
        made.edge(steer, two);
        const LineageGraph joined = joinedByContent(made.graph);
        QCOMPARE(joined.nodes.size(), 5u); // the metrics' uri is no hash
        const int from = joined.indexOf(Kind::Execution, made.graph.nodes[std::size_t(train)].id);
        const int to = joined.indexOf(Kind::Execution, made.graph.nodes[std::size_t(steer)].id, 1);
        QCOMPARE(path(joined, from, to).size(), 3u);
    }

    void differencesAreWhatPeopleChose()
    {
        Chain c;
        c.graph.nodes[std::size_t(c.prepare)].properties = {
            {"Execution_uuid", "a", false}, {"lr", "0.01", true}, {"same", 1.0, true}};
        c.graph.nodes[std::size_t(c.survey)].properties = {
            {"Execution_uuid", "b", false}, {"lr", 0.02, true}, {"same", 1.0, true}};
        const auto found = differences(c.graph, c.prepare, c.survey);
        QVERIFY(!found.empty());
        QCOMPARE(found.front().name, "lr");
        QCOMPARE(found.front().of, LineageDifference::Of::Property);
        QVERIFY(std::none_of(found.begin(), found.end(), [](const LineageDifference &difference) {
            return difference.name == "same";
        }));
        QVERIFY(std::any_of(found.begin(), found.end(), [](const LineageDifference &difference) {
            return difference.of == LineageDifference::Of::Output;
        }));
        QVERIFY(differences(c.graph, c.prepare, c.prepare).empty());
    }

    void siblingsBecomeOneGroup()
    {
        Chain c;
        std::vector<int> siblings;
        for (int i = 0; i < 6; ++i) {
            siblings.push_back(c.artifact(QString("plot%1.png").arg(i), QString("f%1").arg(i)));
            c.edge(c.train, siblings.back());
        }
        const std::vector<LineageGroup> groups = siblingGroups(c.graph);
        QCOMPARE(groups.size(), 1u);
        QCOMPARE(groups[0].members, siblings); // not the model: another type
        QCOMPARE(groups[0].name, QString::fromUtf8("6 × plot*.png"));
        QVERIFY(siblingGroups({}).empty());
    }
};

QTEST_GUILESS_MAIN(TestLineageGraph)
#include "tst_lineagegraph.moc"
