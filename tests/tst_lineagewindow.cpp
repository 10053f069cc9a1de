// SPDX-License-Identifier: GPL-3.0-or-later
// The lineage window on real stores, driven by clicks and keys.
#include "app/banner.h"
#include "app/lineagedetails.h"
#include "app/lineagefilter.h"
#include "app/lineagetables.h"
#include "app/lineagewindow.h"
#include "app/mainwindow.h"
#include "app/unattended.h"
#include "base/error.h"
#include "lineage/exports.h"
#include "lineage/writer.h"
#include "widgets/lineageview.h"
#include "widgets/theme.h"
#include "widgets/timerange.h"

#include <QApplication>
#include <QClipboard>
#include <QDragEnterEvent>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <set>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000;

const QString realStore = HELMSCOPE_SOURCE "/../shared/data/lineage/aldkl.mlmd";
const QString realJson = HELMSCOPE_SOURCE "/../shared/data/lineage/aldkl_push.json";

#define NEED_STORE                                                                                 \
    if (!QFile::exists(realStore))                                                                 \
    QSKIP("The real stores are not here.")

/// A chain of executions as CMF exports it: each uses what the last one made and makes `outputs`.
QByteArray chainAsJson(int executions, int outputs)
{
    const auto artifact = [](int id) {
        const QString hash = QStringLiteral("%1").arg(id, 32, 16, QLatin1Char('0'));
        return QJsonObject{{"type", "Dataset"},
                           {"type_id", 10},
                           {"id", id},
                           {"name", QStringLiteral("data/part_%1.npy:%2").arg(id).arg(hash)},
                           {"uri", hash},
                           {"create_time_since_epoch", 1'700'000'000'000.0 + id},
                           {"last_update_time_since_epoch", 1'700'000'000'000.0 + id},
                           {"properties", QJsonObject{{"Commit", hash}}},
                           {"custom_properties", QJsonObject{}}};
    };
    QJsonArray runs;
    int made = 0;
    for (int i = 1; i <= executions; ++i) {
        QJsonArray events;
        if (made > 0)
            events << QJsonObject{{"type", 3}, {"artifact", artifact(made)}};
        for (int k = 0; k < outputs; ++k)
            events << QJsonObject{{"type", 4}, {"artifact", artifact(++made)}};
        runs << QJsonObject{
            {"type", "Step"},
            {"type_id", 11},
            {"id", i},
            {"name", ""},
            {"events", events},
            {"create_time_since_epoch", 1'700'000'000'000.0 + made},
            {"last_update_time_since_epoch", 1'700'000'000'000.0 + made},
            {"properties", QJsonObject{{"Execution_uuid", QStringLiteral("uuid-%1").arg(i)},
                                       {"Context_Type", "big/Steer"},
                                       {"Pipeline_Type", "big"}}},
            {"custom_properties", QJsonObject{{"step", i}}}};
    }
    const QJsonObject stage{{"name", "big/Steer"},
                            {"type", "Pipeline_Stage"},
                            {"type_id", 12},
                            {"id", 2},
                            {"create_time_since_epoch", 1.0},
                            {"last_update_time_since_epoch", 1.0},
                            {"properties", QJsonObject{{"Pipeline_Stage", "big/Steer"}}},
                            {"custom_properties", QJsonObject{}},
                            {"executions", runs}};
    const QJsonObject pipeline{{"name", "big"},
                               {"type", "Parent_Context"},
                               {"type_id", 13},
                               {"id", 1},
                               {"create_time_since_epoch", 1.0},
                               {"last_update_time_since_epoch", 1.0},
                               {"properties", QJsonObject{{"Pipeline", "big"}}},
                               {"custom_properties", QJsonObject{}},
                               {"stages", QJsonArray{stage}}};
    return QJsonDocument(QJsonObject{{"Pipeline", QJsonArray{pipeline}}}).toJson();
}

} // namespace

class TestLineageWindow : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<LineageWindow> m_window;

    void openWindow(const QString &file)
    {
        m_window = std::make_unique<LineageWindow>();
        m_window->resize(1280, 800);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QSignalSpy drawn(m_window.get(), &LineageWindow::drawn);
        m_window->open(file);
        QTRY_VERIFY_WITH_TIMEOUT(!drawn.isEmpty(), longMilliseconds);
    }
    LineageView *view() const { return m_window->view(); }
    const LineageGraph &graph() const { return *m_window->graph(); }
    void wait() { QTRY_VERIFY_WITH_TIMEOUT(!m_window->isBusy(), longMilliseconds); }
    int nodeNamed(const QString &part) const
    {
        for (std::size_t i = 0; i < graph().nodes.size(); ++i)
            if (graph().nodes[i].name.contains(part) || graph().nodes[i].type == part)
                return int(i);
        return -1;
    }
    /// Nodes in the picture, those in closed groups counted.
    std::set<int> drawnNodes() const
    {
        std::set<int> nodes;
        if (!view()->isEmpty())
            for (const LineagePicture::Item &item : view()->picture()->items)
                nodes.insert(item.nodes.begin(), item.nodes.end());
        return nodes;
    }
    QTableView *table(const QString &name) const { return m_window->findChild<QTableView *>(name); }
    void selectRows(const QString &name, const std::vector<int> &rows) const
    {
        auto *selection = table(name)->selectionModel();
        selection->clearSelection();
        for (int row : rows)
            selection->select(table(name)->model()->index(row, 0),
                              QItemSelectionModel::Select | QItemSelectionModel::Rows);
    }
    QString searchText() const { return m_window->findChild<QLabel *>("found")->text(); }
    QString write(const QString &name, const QByteArray &bytes) const
    {
        QFile file(m_folder->filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qWarning("cannot write");
        return file.fileName();
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        applyTheme(*qApp, Theme::dark());
    }
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void cleanup() { m_window.reset(); }

    void saysWhatToDoWhenNothingIsOpen()
    {
        m_window = std::make_unique<LineageWindow>();
        m_window->show();
        QVERIFY(view()->isEmpty());
        QVERIFY(view()->accessibleDescription().contains("Open"));
        for (QAction *action : m_window->findChildren<QAction *>("compare"))
            QVERIFY(!action->isEnabled());
        m_window->search("x");
        m_window->focusOn(0);
        m_window->compareSelected();
        m_window->check();
        wait();
    }

    void showsTheRealStoreWhole()
    {
        NEED_STORE;
        openWindow(realStore);
        QCOMPARE(int(graph().nodes.size()), 50);
        QCOMPARE(int(graph().edges.size()), 67);
        QCOMPARE(int(drawnNodes().size()), 50);
        QCOMPARE(table("executions")->model()->rowCount(), 12);
        QCOMPARE(table("artifacts")->model()->rowCount(), 38);
        for (int node : drawnNodes())
            QVERIFY(QRectF(view()->rect()).contains(view()->rectOf(node)));
        // Every edge is drawn between two boxes, or is within a group.
        std::set<std::pair<int, int>> drawn(view()->picture()->edges.begin(),
                                            view()->picture()->edges.end());
        std::vector<int> itemOf(graph().nodes.size());
        for (std::size_t i = 0; i < view()->picture()->items.size(); ++i)
            for (int node : view()->picture()->items[i].nodes)
                itemOf[std::size_t(node)] = int(i);
        for (const LineageEdge &edge : graph().edges) {
            const std::pair ends(itemOf[std::size_t(edge.from)], itemOf[std::size_t(edge.to)]);
            QVERIFY(ends.first == ends.second || drawn.count(ends));
        }
        QVERIFY(m_window->windowTitle().contains("aldkl.mlmd"));
    }

    void opensTheJsonThatCmfExports()
    {
        NEED_STORE;
        openWindow(realJson);
        QCOMPARE(int(graph().nodes.size()), 50);
        QCOMPARE(int(drawnNodes().size()), 50);
    }

    void selectionGoesToGraphTablesAndDetails()
    {
        NEED_STORE;
        openWindow(realStore);
        const int model = nodeNamed("trained_dklgpr.pt");
        QVERIFY(model >= 0);
        QTest::mouseClick(view(), Qt::LeftButton, {}, view()->rectOf(model).center().toPoint());
        QCOMPARE(view()->selectedNode(), model);
        QCOMPARE(m_window->details()->node(), model);
        QCOMPARE(m_window->tables()->currentIndex(), 1);
        QCOMPARE(m_window->tables()->selectedNodes(), std::vector<int>{model});
        QTest::mouseClick(m_window->findChild<QToolButton *>("copyHash"), Qt::LeftButton);
        QCOMPARE(QApplication::clipboard()->text(), QString("1051ee1b85577ea3a9ff594c5ffedead"));
        // From a row of a table to the graph.
        m_window->tables()->setCurrentIndex(0);
        selectRows("executions", {});
        table("executions")
            ->selectionModel()
            ->setCurrentIndex(table("executions")->model()->index(2, 0),
                              QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        const int chosen = m_window->tables()->selectedNodes().at(0);
        QCOMPARE(view()->selectedNode(), chosen);
        QCOMPARE(m_window->details()->node(), chosen);
        QVERIFY(m_window->details()->properties()->rowCount() > 5);
    }

    void focusShowsWhatCameBeforeAndAfter()
    {
        NEED_STORE;
        openWindow(realStore);
        const int model = nodeNamed("trained_dklgpr.pt");
        QSignalSpy drawn(m_window.get(), &LineageWindow::drawn);
        QTest::mouseDClick(view(), Qt::LeftButton, {}, view()->rectOf(model).center().toPoint());
        QTRY_COMPARE(drawn.size(), 1);
        QCOMPARE(m_window->focus(), model);
        const std::vector<int> around = aroundNode(graph(), model, 4);
        QVERIFY(around.size() > 3 && around.size() < 50);
        QCOMPARE(drawnNodes(), std::set<int>(around.begin(), around.end()));
        QCOMPARE(view()->selectedNode(), model);
        // Back to everything, and forward again.
        QTest::keyClick(m_window.get(), Qt::Key_Left, Qt::AltModifier);
        QTRY_COMPARE(m_window->focus(), -1);
        QTRY_COMPARE(int(drawnNodes().size()), 50);
        QTest::keyClick(m_window.get(), Qt::Key_Right, Qt::AltModifier);
        QTRY_COMPARE(drawnNodes().size(), around.size());
    }

    void searchesByNameAndByValue()
    {
        NEED_STORE;
        openWindow(realStore);
        QSignalSpy searched(m_window.get(), &LineageWindow::searched);
        m_window->search("dklgpr");
        QTRY_COMPARE(searched.size(), 1);
        QCOMPARE(searched[0][0].toInt(), 7);
        QCOMPARE(table("artifacts")->model()->rowCount(), 7);
        QCOMPARE(table("executions")->model()->rowCount(), 0);
        QCOMPARE(int(drawnNodes().size()), 50); // marked, not left out
        m_window->search("lr < 0.1");
        QTRY_COMPARE(searched.size(), 2);
        int expected = 0; // counted here, by hand
        for (const LineageNode &node : graph().nodes)
            if (const LineageProperty *rate = node.property("lr"))
                expected += numberOf(rate->value).value_or(1) < 0.1 ? 1 : 0;
        QVERIFY(expected > 0);
        QCOMPARE(searched[1][0].toInt(), expected);
        QCOMPARE(table("executions")->model()->rowCount(), expected);
        // Enter goes to the next that was found.
        auto *field = m_window->findChild<QLineEdit *>("search");
        QTest::keyClick(field, Qt::Key_Return);
        const int first = view()->selectedNode();
        QVERIFY(first >= 0 && graph().nodes[std::size_t(first)].property("lr"));
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(expected == 1 || view()->selectedNode() != first);
        m_window->search("");
        QCOMPARE(table("executions")->model()->rowCount(), 12);
    }

    void saysWhatIsWrongWithASearch()
    {
        NEED_STORE;
        openWindow(realStore);
        QSignalSpy searched(m_window.get(), &LineageWindow::searched);
        m_window->search("lr < ");
        QTRY_COMPARE(searched.size(), 1);
        QCOMPARE(searched[0][0].toInt(), -1);
        QVERIFY2(searchText().size() > 12, qPrintable(searchText()));
        QCOMPARE(table("executions")->model()->rowCount(), 12); // nothing is taken away by it
        QVERIFY(!m_window->banner()->isVisible());
    }

    void filterLeavesOutTypesAndTimes()
    {
        NEED_STORE;
        openWindow(realStore);
        LineageFilter *filter = m_window->filter();
        QTreeWidgetItem *models =
            filter->findItems("Model", Qt::MatchExactly | Qt::MatchRecursive).value(0);
        QVERIFY(models);
        QSignalSpy drawn(m_window.get(), &LineageWindow::drawn);
        models->setCheckState(0, Qt::Unchecked);
        QTRY_COMPARE(drawn.size(), 1);
        QCOMPARE(int(drawnNodes().size()), 43);
        QCOMPARE(table("artifacts")->model()->rowCount(), 31);
        filter->setAll();
        QTRY_COMPARE(drawn.size(), 2);
        QCOMPARE(int(drawnNodes().size()), 50);
        // Everything unticked leaves words, not an empty view.
        for (int i = 0; i < filter->topLevelItemCount(); ++i)
            filter->topLevelItem(i)->setCheckState(0, Qt::Unchecked);
        QTRY_VERIFY(view()->isEmpty());
        QVERIFY(view()->accessibleDescription().contains("tick"));
        filter->setAll();
        QTRY_COMPARE(int(drawnNodes().size()), 50);
        TimeRange *times = m_window->timeRange();
        times->setRange(times->from(), (times->from() + times->to()) / 2);
        emit times->rangeChanged();
        QTRY_VERIFY(drawnNodes().size() < 50 && !drawnNodes().empty());
        for (int node : drawnNodes())
            QVERIFY(graph().nodes[std::size_t(node)].createdMs <= times->to());
    }

    void beginsWithTheNewestExecutionWhereTheWholeIsTooLarge()
    {
        openWindow(write("big.json", chainAsJson(1500, 3)));
        QCOMPARE(int(graph().nodes.size()), 6000);
        QVERIFY(m_window->focus() >= 0);
        const LineageNode &newest = graph().nodes[std::size_t(m_window->focus())];
        QCOMPARE(newest.kind, LineageNode::Kind::Execution);
        QVERIFY(newest.property("step"));
        QCOMPARE(newest.property("step")->value.toInt(), 1500);
        QVERIFY(drawnNodes().size() > 3 && drawnNodes().size() < 50);
        QCOMPARE(table("executions")->model()->rowCount(), 1500); // the overview has all
        QCOMPARE(table("artifacts")->model()->rowCount(), 4500);
        // A search finds what is not drawn; Enter goes there.
        QSignalSpy searched(m_window.get(), &LineageWindow::searched);
        m_window->search("step = 700");
        QTRY_COMPARE(searched.size(), 1);
        QCOMPARE(searched[0][0].toInt(), 1);
        QTest::keyClick(m_window->findChild<QLineEdit *>("search"), Qt::Key_Return);
        wait();
        QCOMPARE(graph().nodes[std::size_t(m_window->focus())].property("step")->value.toInt(),
                 700);
        QVERIFY(!view()->rectOf(m_window->focus()).isNull());
    }

    void readsAStoreInPartsWhereItIsTooLargeToBeReadWhole()
    {
        const QString file = m_folder->filePath("huge.mlmd");
        {
            LineageWriter writer(file);
            LineageWriter::Batch batch(writer);
            qint64 time = 1'700'000'000'000;
            const auto hash = [](int i) {
                return QStringLiteral("%1").arg(i, 32, 16, QLatin1Char('0'));
            };
            int made = 0;
            for (int i = 0; i < 7000; ++i) {
                LineageWriter::Run run;
                run.pipeline = "huge";
                run.stage = "Steer";
                run.type = "Step";
                run.uuid = QStringLiteral("uuid-%1").arg(i);
                run.timeMs = ++time;
                const qint64 execution = writer.execution(run);
                LineageWriter::Content content;
                if (made > 0) {
                    content.path = QStringLiteral("part_%1.npy").arg(made);
                    content.hash = hash(made);
                    writer.artifact(execution, content, true);
                }
                for (int k = 0; k < 2; ++k) {
                    content.path = QStringLiteral("part_%1.npy").arg(++made);
                    content.hash = hash(made);
                    content.timeMs = ++time;
                    writer.artifact(execution, content, false);
                }
            }
            batch.commit();
        }
        openWindow(file);
        QVERIFY(m_window->contents().isPart);
        QCOMPARE(m_window->contents().nodesInStore, qint64(21'000));
        QVERIFY(graph().nodes.size() < 2000);
        QVERIFY(m_window->banner()->sentence().contains("21"));
        QVERIFY(drawnNodes().size() > 3 && drawnNodes().size() < 50);
        // A search reads others, a focus reads their neighbourhood.
        QSignalSpy opened(m_window.get(), &LineageWindow::opened);
        m_window->search("part_5000.npy");
        QTRY_VERIFY_WITH_TIMEOUT(!opened.isEmpty(), longMilliseconds);
        wait();
        QCOMPARE(table("artifacts")->model()->rowCount(), 1);
        const int found = nodeNamed("part_5000.npy");
        QVERIFY(found >= 0);
        QCOMPARE(m_window->focus(), found);
        QVERIFY(!view()->rectOf(found).isNull());
        QVERIFY(drawnNodes().size() > 3);
    }

    void groupsOpenAndCloseInPlace()
    {
        openWindow(write("chain.json", chainAsJson(4, 30)));
        QCOMPARE(int(drawnNodes().size()), 124);
        const auto groups = [this] {
            return std::count_if(view()->picture()->items.begin(), view()->picture()->items.end(),
                                 [](const auto &item) { return item.isClosedGroup(); });
        };
        const auto before = groups();
        QVERIFY(before >= 4); // twenty-nine of each thirty stand together
        QVERIFY(view()->picture()->items.size() < 20);
        const auto closed =
            std::find_if(view()->picture()->items.begin(), view()->picture()->items.end(),
                         [](const auto &item) { return item.isClosedGroup(); });
        const int member = closed->nodes.front(), number = int(closed->nodes.size());
        QSignalSpy drawn(m_window.get(), &LineageWindow::drawn);
        QTest::mouseDClick(view(), Qt::LeftButton, {}, view()->rectOf(member).center().toPoint());
        QTRY_COMPARE(drawn.size(), 1);
        QCOMPARE(groups(), before - 1);
        QVERIFY(int(view()->picture()->items.size()) > number);
        view()->setSelectedNode(member);
        QTest::keyClick(view(), Qt::Key_G);
        QTRY_COMPARE(drawn.size(), 2);
        QCOMPARE(groups(), before);
    }

    void comparesExecutions()
    {
        NEED_STORE;
        openWindow(realStore);
        m_window->tables()->setCurrentIndex(0);
        std::vector<int> rows;
        auto *model = table("executions")->model();
        for (int row = 0; row < model->rowCount(); ++row)
            if (graph()
                    .nodes[std::size_t(
                        model->index(row, 0).data(LineageNodeModel::NodeRole).toInt())]
                    .type.startsWith("Training"))
                rows.push_back(row);
        QCOMPARE(int(rows.size()), 2);
        selectRows("executions", rows);
        QAction *compare = m_window->findChild<QAction *>("compare");
        QVERIFY(compare->isEnabled());
        compare->trigger();
        QCOMPARE(m_window->tables()->currentIndex(), 2);
        const LineageComparisonModel &comparison = m_window->tables()->comparison();
        // As SQL says: 100 and 200 cycles, the same rate.
        QCOMPARE(comparison.index(0, 0).data().toString(), QString("training_cycles"));
        std::set<QString> cycles{comparison.index(0, 2).data().toString(),
                                 comparison.index(0, 3).data().toString()};
        QCOMPARE(cycles, (std::set<QString>{"100", "200"}));
        QVERIFY(table("comparison")->isVisible());
    }

    void exportsInEveryForm()
    {
        NEED_STORE;
        openWindow(realStore);
        QVERIFY(!lineageExports().empty());
        for (const LineageExport &format : lineageExports()) {
            const QString file =
                m_folder->filePath(QStringLiteral("out-%1.%2").arg(format.key, format.suffix));
            m_window->exportTo(format.key, file);
            wait();
            QVERIFY2(QFileInfo(file).size() > 1000, qPrintable(file));
            QVERIFY(!m_window->banner()->isVisible());
        }
        // What is shown is what is written: less of a focus.
        const LineageExport &first = lineageExports().front();
        m_window->focusOn(nodeNamed("trained_dklgpr.pt"));
        const QString file = m_folder->filePath("focus");
        m_window->exportTo(first.key, file);
        wait();
        QVERIFY(
            QFileInfo(file).size() <
            QFileInfo(m_folder->filePath(QStringLiteral("out-%1.%2").arg(first.key, first.suffix)))
                .size());
        m_window->exportTo(first.key, m_folder->filePath("no/such/folder/file"));
        wait();
        QVERIFY(m_window->banner()->sentence().contains("no/such/folder"));
    }

    void checksTheStore()
    {
        NEED_STORE;
        openWindow(realStore);
        m_window->check();
        QTRY_VERIFY(m_window->tables()->count() > 4);
        QCOMPARE(m_window->tables()->currentIndex(), 4);
    }

    void badFilesGiveASentenceAndNoWindowIsEmptyWithoutWords_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no store") << "bad.mlmd" << QByteArray("this is a text and no database");
        QTest::newRow("empty") << "empty.mlmd" << QByteArray();
        QTest::newRow("truncated") << "cut.mlmd" << QByteArray("SQLite format 3\0\x10\0", 18);
        QTest::newRow("no JSON") << "bad.json" << QByteArray("{\"Pipeline\": [");
        QTest::newRow("other JSON") << "other.json" << QByteArray("{\"a\": 1}");
    }
    void badFilesGiveASentenceAndNoWindowIsEmptyWithoutWords()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        m_window = std::make_unique<LineageWindow>();
        m_window->show();
        QSignalSpy failed(m_window.get(), &LineageWindow::failed);
        m_window->open(write(name, bytes));
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, longMilliseconds);
        QVERIFY(m_window->banner()->isVisible());
        QVERIFY2(m_window->banner()->sentence().contains(name),
                 qPrintable(m_window->banner()->sentence()));
        QVERIFY(view()->isEmpty());
        QCOMPARE(view()->accessibleDescription(), m_window->banner()->sentence());
    }

    void aFileThatIsNotThereGivesASentence()
    {
        m_window = std::make_unique<LineageWindow>();
        m_window->show();
        QSignalSpy failed(m_window.get(), &LineageWindow::failed);
        m_window->open(m_folder->filePath("missing.mlmd"));
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(m_window->banner()->sentence().contains("missing.mlmd"));
        QVERIFY(!QFile::exists(m_folder->filePath("missing.mlmd"))); // none was made
    }

    void whatWasOpenStaysWhenTheNextCannotBeRead()
    {
        NEED_STORE;
        openWindow(realStore);
        QSignalSpy failed(m_window.get(), &LineageWindow::failed);
        m_window->open(write("bad.mlmd", "no"));
        QTRY_COMPARE(failed.size(), 1);
        QCOMPARE(int(drawnNodes().size()), 50);
        QVERIFY(m_window->windowTitle().contains("aldkl"));
    }

    void takesDroppedStores()
    {
        NEED_STORE;
        m_window = std::make_unique<LineageWindow>();
        m_window->show();
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(realStore)});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &drop);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->graph() && !view()->isEmpty(), longMilliseconds);
    }

    void theConsoleOpensALineageInAWindowOfItsOwn()
    {
        NEED_STORE;
        StartOptions options;
        options.rows = options.cols = 32;
        options.size = QSize(1000, 700);
        MainWindow console(options);
        console.show();
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(realStore)});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&console, &enter);
        QDropEvent drop({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&console, &drop);
        LineageWindow *window = nullptr;
        for (QWidget *widget : QApplication::topLevelWidgets())
            if (auto *found = qobject_cast<LineageWindow *>(widget))
                window = found;
        QVERIFY(window);
        QTRY_VERIFY_WITH_TIMEOUT(window->graph(), longMilliseconds);
        QCOMPARE(int(window->graph()->nodes.size()), 50);
        QVERIFY(!console.banner()->isVisible());
    }

    void savesPicturesUnattended()
    {
        NEED_STORE;
        StartOptions options;
        options.pictures = m_folder->filePath("pictures");
        options.isQuitAtEnd = true;
        m_window = std::make_unique<LineageWindow>();
        m_window->resize(1280, 800);
        UnattendedLineage unattended(options, m_window.get());
        QSignalSpy finished(&unattended, &UnattendedLineage::finished);
        m_window->show();
        m_window->open(realStore);
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, longMilliseconds);
        QCOMPARE(finished[0][0].toInt(), 0);
        for (const QString name : {"whole", "focus", "compare"}) {
            const QImage picture(m_folder->filePath("pictures/lineage-" + name + ".png"));
            QCOMPARE(picture.size(), QSize(1280, 800));
        }
    }

    void readsItsArguments()
    {
        const StartOptions options = StartOptions::parse(
            {"helmscope", "--lineage", "a.mlmd", "--focus", "model.pt", "--quit"});
        QCOMPARE(options.lineage, QString("a.mlmd"));
        QCOMPARE(options.focus, QString("model.pt"));
        for (const QStringList &wrong :
             {QStringList{"--lineage", "a.mlmd", "b.npz"}, QStringList{"--focus", "x"},
              QStringList{"--lineage", "a.mlmd", "--run"}})
            QVERIFY_THROWS_EXCEPTION(Error, StartOptions::parse(QStringList{"helmscope"} + wrong));
    }
};

QTEST_MAIN(TestLineageWindow)
#include "tst_lineagewindow.moc"
