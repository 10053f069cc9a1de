// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/query.h"

#include "base/error.h"

#include <QTest>

using namespace helmscope;

namespace {

/// 0: a dataset of 2023; 1: a model of 2024; 2: the execution between them, its rate a text as CMF
/// stores it; 3: an execution without properties.
LineageGraph sample()
{
    LineageGraph graph;
    LineageNode data;
    data.type = "Dataset";
    data.name = "raw/scan.npy:abc123";
    data.uri = "abc123";
    data.id = 1;
    data.createdMs = 1'696'161'600'000; // 2023-10-01T12:00Z
    LineageNode model = data;
    model.type = "Model";
    model.name = "model.pkl:def456:7";
    model.uri = "def456";
    model.id = 2;
    model.createdMs = 1'704'067'200'000; // 2024-01-01T00:00Z
    LineageNode train;
    train.kind = LineageNode::Kind::Execution;
    train.id = 1;
    train.type = "Train run";
    train.stages = QStringList{"al/Evaluate", "al/Train"};
    train.properties = {{"learning_rate", "0.005", true},
                        {"cycles", qlonglong(200), true},
                        {"note", "a \"quoted\" word", true}};
    LineageNode bare = train;
    bare.id = 2;
    bare.type = "Other";
    bare.stages = QStringList{"al/Other"};
    bare.properties.clear();
    graph.nodes = {data, model, train, bare};
    return graph;
}

} // namespace

class TestLineageQuery : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsWhatItIsAskedFor_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QList<int>>("expected");
        const auto row = [](const char *expression, const QList<int> &expected) {
            QTest::newRow(expression) << QString(expression) << expected;
        };
        row("", {0, 1, 2, 3});
        row("scan", {0});
        row("SCAN", {0});
        row("def456", {1});
        row("train", {2});
        row("type = Model", {1});
        row("type = \"Train run\"", {2});
        row("type != Model", {0, 2, 3});
        row("name:model", {1});
        row("stage ~ train", {2});
        row("stage !~ train", {3}); // artifacts have no stage here
        row("learning_rate < 0.01", {2});
        row("learning_rate = 5e-3", {2});
        row("learning_rate > 0.01", {});
        row("learning_rate != 1", {2}); // those without it fulfil no comparison
        row("cycles >= 200 cycles <= 200", {2});
        row("cycles > 100 and not type = Other", {2});
        row("not cycles > 100", {0, 1, 3});
        row("kind = artifact type = Model or kind = execution cycles = 200", {1, 2});
        row("kind = artifact and (type = Model or scan)", {0, 1});
        row("created > 2023-12", {1});
        row("created = 2023-10", {0});
        row("created = 2023-10-01", {0});
        row("created < 2024", {0});
        row("created <= 2024", {0, 1});
        row("created >= 2023-10-01T12:00:00Z", {0, 1});
        row("note ~ '\"quoted\"'", {2});
        row("note ~ \"a \\\"quoted\"", {2});
        row("id = 2", {1, 3});
    }
    void findsWhatItIsAskedFor()
    {
        QFETCH(QString, expression);
        QFETCH(QList<int>, expected);
        const std::vector<int> found = matching(sample(), expression);
        QCOMPARE(QList<int>(found.begin(), found.end()), expected);
    }

    void saysWhereAMistakeIs_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QString>("part");
        const auto row = [](const char *expression, const char *part) {
            QTest::newRow(expression) << QString(expression) << QString(part);
        };
        row("type =", "position 7");
        row("(scan", "position 6");
        row("scan )", "position 6");
        row("= 5", "position 1");
        row("and scan", "position 1");
        row("scan or", "position 8");
        row("name ~ \"open", "position 8");
        row("created > soon", "position 11");
        row("! scan", "position 1");
    }
    void saysWhereAMistakeIs()
    {
        QFETCH(QString, expression);
        QFETCH(QString, part);
        try {
            matching(sample(), expression);
            QFAIL("no error");
        } catch (const Error &error) {
            QVERIFY2(QString(error.what()).contains(part), error.what());
        }
    }

    void survivesHostileExpressions()
    {
        QVERIFY_EXCEPTION_THROWN(matching(sample(), QString(5000, '(')), Error);
        QVERIFY_EXCEPTION_THROWN(matching(sample(), QString(100'000, 'x')), Error);
        QCOMPARE(matching(sample(), QString("not ").repeated(2000) + "scan").size(), 1u);
        QVERIFY(matching({}, "scan").empty());
    }
};

QTEST_GUILESS_MAIN(TestLineageQuery)
#include "tst_lineagequery.moc"
