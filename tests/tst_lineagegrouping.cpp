// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/grouping.h"

#include <QTest>

#include <algorithm>

using namespace helmscope;

namespace {

using Kind = LineageNode::Kind;

/// Nodes by name; digits of names tell members of one kind apart.
struct Sample
{
    LineageGraph graph;

    int artifact(const QString &name, const QString &type = "Dataset")
    {
        LineageNode node;
        node.type = type;
        node.name = name;
        return add(node);
    }
    int execution(const QString &stage)
    {
        LineageNode node;
        node.kind = Kind::Execution;
        node.stages = QStringList{"p/" + stage};
        return add(node);
    }
    void join(int from, int to)
    {
        LineageEdge edge;
        edge.from = from;
        edge.to = to;
        graph.edges.push_back(edge);
    }

private:
    int add(LineageNode &node)
    {
        node.id = qint64(graph.nodes.size()) + 1;
        graph.nodes.push_back(node);
        return int(graph.nodes.size()) - 1;
    }
};

/// A survey, then steps: each takes the survey and the last model, makes a model, a spectrum and a
/// map; the last model is reported.
Sample run(int steps)
{
    Sample sample;
    const int survey = sample.artifact("survey.h5");
    int model = sample.artifact("start.pt", "Model");
    for (int i = 0; i < steps; ++i) {
        const int step = sample.execution("Steering");
        sample.join(survey, step);
        sample.join(model, step);
        model = sample.artifact(QStringLiteral("model_%1.pt").arg(i), "Model");
        sample.join(step, model);
        sample.join(step, sample.artifact(QStringLiteral("spectrum_%1.npy").arg(i)));
        sample.join(step, sample.artifact(QStringLiteral("map_%1.npy").arg(i)));
    }
    const int report = sample.execution("Report");
    sample.join(model, report);
    return sample;
}

QStringList names(const std::vector<LineageGroup> &groups)
{
    QStringList names;
    for (const LineageGroup &group : groups)
        names << group.name;
    return names;
}

} // namespace

class TestLineageGrouping : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void siblingsAtTheSameNeighboursAreOne()
    {
        Sample sample;
        const int step = sample.execution("Infer");
        for (int i = 0; i < 5; ++i)
            sample.join(step, sample.artifact(QStringLiteral("map_%1.npy").arg(i)));
        const int used = sample.artifact("map_9.npy"); // also used by another
        sample.join(step, used);
        sample.join(used, sample.execution("Report"));
        sample.join(step, sample.artifact("model.pt", "Model"));
        const auto groups = siblingGroups(sample.graph);
        QCOMPARE(groups.size(), 1u);
        QCOMPARE(groups[0].members, (std::vector<int>{1, 2, 3, 4, 5}));
        QCOMPARE(groups[0].name, "5 × map_*.npy");
    }

    void fewSiblingsAndUnlikeOnesStandAlone()
    {
        Sample sample;
        const int step = sample.execution("Infer");
        for (int i = 0; i < 4; ++i)
            sample.join(step, sample.artifact(QStringLiteral("a%1").arg(i)));
        for (int i = 0; i < 4; ++i)
            sample.join(step, sample.artifact(QStringLiteral("m%1").arg(i), "Model"));
        QVERIFY(siblingGroups(sample.graph).empty());
        QCOMPARE(names(siblingGroups(sample.graph, {.fewestSiblings = 4})),
                 (QStringList{"4 × a*", "4 × m*"}));
    }

    void siblingsOfUnlikeNamesAreCalledByTheirType()
    {
        Sample sample;
        const int step = sample.execution("Infer");
        for (const char *name : {"one", "two", "three", "four", "five"})
            sample.join(step, sample.artifact(name));
        QCOMPARE(names(siblingGroups(sample.graph)), QStringList{"5 × Dataset"});
    }

    void nodesWithoutNeighboursAreNoSiblings()
    {
        Sample sample;
        for (int i = 0; i < 20; ++i)
            sample.artifact(QStringLiteral("a%1").arg(i));
        QVERIFY(siblingGroups(sample.graph).empty());
    }

    void aLongSeriesIsOneAndSoIsWhatHangsOnIt()
    {
        const Sample sample = run(100);
        const auto groups = siblingGroups(sample.graph);
        QCOMPARE(names(groups), (QStringList{"100 × Steering", "99 × model_*.pt",
                                             "100 × spectrum_*.npy", "100 × map_*.npy"}));
        std::vector<char> isIn(sample.graph.nodes.size(), 0);
        for (const LineageGroup &group : groups)
            for (int member : group.members) {
                QVERIFY(!isIn[std::size_t(member)]); // no node in two groups
                isIn[std::size_t(member)] = 1;
            }
        // Survey, first and last model and the report stand alone.
        QCOMPARE(std::count(isIn.begin(), isIn.end(), 0), 4);
    }

    void aShortSeriesIsShown()
    {
        QVERIFY(siblingGroups(run(4).graph).empty());
        // Six steps are still a picture; what would be their followers are too.
        QVERIFY(siblingGroups(run(6).graph).empty());
        QCOMPARE(names(siblingGroups(run(7).graph)).value(0), "7 × Steering");
    }

    void runsOfOneStageThatShareNothingStayApart()
    {
        Sample sample;
        for (int i = 0; i < 20; ++i)
            sample.join(sample.artifact(QStringLiteral("in%1").arg(i)), sample.execution("Train"));
        QVERIFY(siblingGroups(sample.graph).empty());
    }

    void aGroupedGraphHoldsEachNodeOnce()
    {
        const Sample sample = run(100);
        const GroupedGraph closed = grouped(sample.graph);
        QCOMPARE(closed.items.size(), 8u);
        std::size_t held = 0;
        for (std::size_t item = 0; item < closed.items.size(); ++item)
            for (int node : closed.items[item]) {
                ++held;
                QCOMPARE(closed.itemOf[std::size_t(node)], int(item));
            }
        QCOMPARE(held, sample.graph.nodes.size());
        QVERIFY(std::is_sorted(closed.edges.begin(), closed.edges.end()));
        for (const LineageEdge &edge : sample.graph.edges) {
            const std::pair ends(closed.itemOf[std::size_t(edge.from)],
                                 closed.itemOf[std::size_t(edge.to)]);
            QVERIFY(ends.first == ends.second ||
                    std::binary_search(closed.edges.begin(), closed.edges.end(), ends));
        }
    }

    void anOpenGroupIsDrawnSingly()
    {
        const Sample sample = run(100);
        const GroupedGraph open = grouped(sample.graph, {0});
        QCOMPARE(open.groups.size(), 4u);
        QCOMPARE(open.items.size(), 8u + 99);
        QCOMPARE(open.groupOf[2], 0); // still known as a member
        QCOMPARE(open.items[std::size_t(open.itemOf[2])], std::vector<int>{2});
        QCOMPARE(grouped(sample.graph, {0, 1, 2, 3}).items.size(), sample.graph.nodes.size());
    }

    void brokenEdgesAndEmptyGraphsAreBorne()
    {
        QVERIFY(grouped({}).items.empty());
        Sample sample = run(2);
        sample.join(-1, 3);
        sample.join(2, 5000);
        const GroupedGraph graph = grouped(sample.graph);
        QCOMPARE(graph.items.size(), sample.graph.nodes.size());
    }
};

QTEST_GUILESS_MAIN(TestLineageGrouping)
#include "tst_lineagegrouping.moc"
