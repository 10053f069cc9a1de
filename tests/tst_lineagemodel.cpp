// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineagesamples.h"
#include "widgets/lineagemodel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QTest>

using namespace helmscope;

namespace {

using Properties = std::vector<LineageProperty>;

/// Two trainings on one data set: one with numbers, one with the texts that CMF makes of them.
struct TwoRuns
{
    SampleLineage sample;
    int data, first, second, model, metrics;
    std::shared_ptr<const LineageGraph> graph;

    TwoRuns()
    {
        data = sample.artifact("data.npy");
        first = sample.execution("Train A", Properties{{"Git_Repo", "a.git", false},
                                                       {"epochs", qlonglong(100), true},
                                                       {"lr", 0.01, true},
                                                       {"note", "a\nb", true}});
        second = sample.execution("Train B", Properties{{"Git_Repo", "b.git", false},
                                                        {"epochs", qlonglong(20), true},
                                                        {"lr", "0.01", true}});
        model = sample.artifact("model.pt", "Model");
        metrics = sample.artifact("loss", "Metrics");
        sample.graph.nodes[std::size_t(metrics)].properties = {{"loss", 0.25, true}};
        sample.edge(data, first);
        sample.edge(data, second);
        sample.edge(first, model);
        sample.edge(first, metrics);
        graph = std::make_shared<const LineageGraph>(sample.graph);
    }
};

QString cell(const QAbstractItemModel &model, int row, int column)
{
    return model.index(row, column).data().toString();
}

int columnOf(const QAbstractItemModel &model, const QString &header)
{
    for (int i = 0; i < model.columnCount(); ++i)
        if (model.headerData(i, Qt::Horizontal).toString() == header)
            return i;
    return -1;
}

int rowOf(const QAbstractItemModel &model, const QString &name)
{
    for (int i = 0; i < model.rowCount(); ++i)
        if (cell(model, i, 0) == name)
            return i;
    return -1;
}

} // namespace

class TestLineageModel : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void listsItsKindWithItsProperties()
    {
        const TwoRuns runs;
        LineageNodeModel model(LineageNode::Kind::Execution);
        QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), 0);
        model.setGraph(runs.graph);
        QCOMPARE(model.rowCount(), 2);
        // What most have comes first; what CMF notes by itself is no column.
        QCOMPARE(model.headerData(LineageNodeModel::FirstProperty, Qt::Horizontal).toString(),
                 QString("epochs"));
        QCOMPARE(columnOf(model, "Git_Repo"), -1);
        const int rate = columnOf(model, "lr"), note = columnOf(model, "note");
        QVERIFY(rate > 0 && note > rate);
        QCOMPARE(cell(model, 0, rate), QString("0.01"));
        QCOMPARE(cell(model, 1, rate), QString("0.01"));
        QCOMPARE(cell(model, 0, note), QString("a b")); // one line
        QCOMPARE(cell(model, 1, note), QString());
        // What it scored is a column, too.
        const int loss = columnOf(model, "loss");
        QCOMPARE(cell(model, 0, loss), QString("0.25"));
        QCOMPARE(cell(model, 1, loss), QString());
        QVERIFY(model.headerData(loss, Qt::Horizontal, Qt::TextAlignmentRole).toInt() &
                Qt::AlignRight);
        QCOMPARE(cell(model, 0, LineageNodeModel::Sources), QString("1"));
        QCOMPARE(cell(model, 0, LineageNodeModel::Results), QString("2"));
        QCOMPARE(model.index(1, 0).data(LineageNodeModel::NodeRole).toInt(), runs.second);
        QCOMPARE(model.rowOf(runs.second), 1);
        QCOMPARE(model.rowOf(runs.data), -1);
    }

    void numbersAreAlignedRightAndSortAsNumbers()
    {
        const TwoRuns runs;
        LineageNodeModel model(LineageNode::Kind::Execution);
        model.setGraph(runs.graph);
        const int epochs = columnOf(model, "epochs"), rate = columnOf(model, "lr");
        const auto alignment = [&model](int row, int column) {
            return model.index(row, column).data(Qt::TextAlignmentRole).toInt();
        };
        QVERIFY(alignment(0, epochs) & Qt::AlignRight);
        QVERIFY(alignment(1, rate) & Qt::AlignRight); // a number as a text
        QVERIFY(alignment(0, LineageNodeModel::Name) & Qt::AlignLeft);
        QSortFilterProxyModel sorted;
        QAbstractItemModelTester tester(&sorted);
        sorted.setSourceModel(&model);
        sorted.setSortRole(LineageNodeModel::SortRole);
        sorted.sort(epochs); // 20 before 100, though "100" is before "20"
        QCOMPARE(cell(sorted, 0, epochs), QString("20"));
        sorted.sort(epochs, Qt::DescendingOrder);
        QCOMPARE(cell(sorted, 0, epochs), QString("100"));
    }

    void showsTheNodesItIsGiven()
    {
        const TwoRuns runs;
        LineageNodeModel model(LineageNode::Kind::Artifact);
        QAbstractItemModelTester tester(&model);
        model.setGraph(runs.graph);
        QCOMPARE(model.rowCount(), 3);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.setNodes({runs.model, runs.first, -1, 4000});
        QCOMPARE(reset.size(), 1);
        QCOMPARE(model.nodes(), std::vector<int>{runs.model});
        QCOMPARE(cell(model, 0, LineageNodeModel::Type), QString("Model"));
        model.setNodes({});
        QCOMPARE(model.rowCount(), 0);
        model.setGraph(nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void propertiesSayHowTheyAreStored()
    {
        const TwoRuns runs;
        LineagePropertyModel model;
        QAbstractItemModelTester tester(&model);
        model.setNode(runs.graph->nodes[std::size_t(runs.second)]);
        const int rate = rowOf(model, "lr"), epochs = rowOf(model, "epochs"),
                  repository = rowOf(model, "Git_Repo");
        QVERIFY(rate > 0 && epochs > 0);
        QVERIFY(repository > rate); // what people gave comes first
        QCOMPARE(cell(model, rate, LineagePropertyModel::StoredAs), QString("number, as text"));
        QCOMPARE(cell(model, epochs, LineagePropertyModel::StoredAs), QString("integer"));
        QCOMPARE(cell(model, repository, LineagePropertyModel::StoredAs), QString("text"));
        QCOMPARE(cell(model, rowOf(model, "Type"), LineagePropertyModel::Value), QString("run"));
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void comparisonBeginsWithWhatDiffers()
    {
        const TwoRuns runs;
        LineageComparisonModel model;
        QAbstractItemModelTester tester(&model);
        model.compare(runs.graph, {runs.first, runs.second});
        QCOMPARE(model.columnCount(), 4);
        QCOMPARE(model.headerData(2, Qt::Horizontal).toString(),
                 runs.graph->nodes[std::size_t(runs.first)].shortName());
        // Parameters that differ, then metrics and outputs that do, then what is equal, last CMF's.
        QCOMPARE(cell(model, 0, 0), QString("epochs"));
        QCOMPARE(cell(model, 0, 2), QString("100"));
        QCOMPARE(cell(model, 0, 3), QString("20"));
        QCOMPARE(cell(model, 1, 0), QString("note"));
        QCOMPARE(cell(model, 1, 3), QString("–"));
        QCOMPARE(cell(model, 2, 0), QString("loss"));
        QCOMPARE(cell(model, 2, 1), QString("metric"));
        const int rate = rowOf(model, "lr"), repository = rowOf(model, "Git_Repo"),
                  output = rowOf(model, "Model"), input = rowOf(model, "Dataset");
        QVERIFY(output > 2 && output < rate);
        QVERIFY(input > output && repository > rate && repository > input);
        QVERIFY(!model.index(rate, 0).data(LineageComparisonModel::DiffersRole).toBool());
        QVERIFY(model.index(repository, 0).data(LineageComparisonModel::DiffersRole).toBool());
        QCOMPARE(model.differing(), 4); // epochs, note, loss, Model
        QVERIFY(model.index(0, 2).data(Qt::TextAlignmentRole).toInt() & Qt::AlignRight);
        model.compare(runs.graph, {runs.first, 4000});
        QCOMPARE(model.columnCount(), 3);
        model.compare(nullptr, {});
        QCOMPARE(model.rowCount(), 0);
    }
};

QTEST_MAIN(TestLineageModel)
#include "tst_lineagemodel.moc"
