// SPDX-License-Identifier: GPL-3.0-or-later
// The lineage of the run in the console's window: on runs recorded here, driven by clicks.
#include "app/banner.h"
#include "app/lineagepanel.h"
#include "app/lineagewindow.h"
#include "app/openworkspace.h"
#include "app/panels.h"
#include "app/timeline.h"
#include "base/error.h"
#include "lineage/store.h"
#include "smallrun.h"
#include "smallwindow.h"
#include "steering/experiment.h"
#include "usehome.h"
#include "widgets/lineageview.h"
#include "workspace/lineage/runlineage.h"
#include "workspace/runrecorder.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <algorithm>

using namespace helmscope;

class TestLineagePanel : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;
    QString m_workspace, m_run, m_other, m_blocks, m_runOfBlocks;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    LineagePanel *panel() const { return m_window->lineagePanel(); }
    LineageView *view() const { return panel()->view(); }
    const LineageGraph &graph() const { return *panel()->scene().graph(); }
    const LineageNode &node(int index) const { return graph().nodes[std::size_t(index)]; }
    Timeline *timeline() const { return m_window->panels()->timeline(); }
    QString details() const { return panel()->findChild<QLabel *>("lineageDetails")->text(); }
    QString placeholder() const { return view()->accessibleDescription(); }
    int nodeNamed(const QString &beginning) const
    {
        for (std::size_t i = 0; i < graph().nodes.size(); ++i)
            if (graph().nodes[i].name.startsWith(beginning))
                return int(i);
        return -1;
    }
    /// Of all that is drawn; in a stack or alone.
    bool isAlone(int index) const
    {
        const auto &items = view()->picture()->items;
        return std::any_of(items.begin(), items.end(), [index](const LineagePicture::Item &item) {
            return item.nodes == std::vector<int>{index};
        });
    }
    void settle() { QTRY_VERIFY_WITH_TIMEOUT(!panel()->isBusy(), longMilliseconds); }
    void openRun(const QString &workspace, const QString &run, int step = 11)
    {
        m_window->showRunAt(workspace, {run, step});
        QTRY_COMPARE_WITH_TIMEOUT(m_window->helm()->runId(), run, longMilliseconds);
        QTRY_VERIFY_WITH_TIMEOUT(panel()->nodeOf(step) >= 0 &&
                                     experimentOf(node(panel()->nodeOf(step)))->run == run,
                                 longMilliseconds);
        settle();
    }
    void showWindow(const QString &layout = "lineage", const StartOptions &wished = smallOptions())
    {
        StartOptions options = wished;
        options.layout = layout;
        showSmallWindow(m_window, options);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_home.isValid());
        useHome(m_home.path());
        QStandardPaths::setTestModeEnabled(true);
        nameProgram("tst_lineagepanel");
        m_workspace = m_home.filePath("sample");
        const Workspace workspace = Workspace::create(m_workspace);
        setPerson(workspace, {"Ada Lovelace", "ada@example.org"});
        m_run = recordSmallRun(workspace, 3, 5, 6);
        m_other = recordSmallRun(workspace, 4, 5, 6);
        m_blocks = m_home.filePath("blocks");
        const Workspace inBlocks = Workspace::create(m_blocks);
        setPerson(inBlocks, {"Ada Lovelace", "ada@example.org"});
        setStepsPerExecution(m_blocks, 4);
        m_runOfBlocks = recordSmallRun(inBlocks, 3, 5, 6);
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        keepSettingsIn(m_folder->path());
    }
    void cleanup() { m_window.reset(); }

    // ---- what is read

    void aRunIsReadWithoutWhatIsBesideIt()
    {
        const QString file = m_workspace + "/mlmd";
        const LineageContents contents = readRunLineage(file, {m_run, 9}, 2, unwatched());
        QCOMPARE(contents.workspaces, QStringList{m_workspace});
        const LineageGraph &graph = *contents.graph;
        int executions = 0, others = 0;
        for (const LineageNode &node : graph.nodes) {
            const auto place = experimentOf(node);
            if (node.kind != LineageNode::Kind::Execution)
                continue;
            executions += place && place->run == m_run;
            others += !place || place->run != m_run;
        }
        QCOMPARE(executions, 11 + 2); // Survey and Explore
        QCOMPARE(others, 0);          // though they began with the same image
        QCOMPARE(contents.centre, executionOf(graph, {m_run, 9}));
        // All of it is in the whole store, edges included.
        const LineageGraph whole = LineageStore(file).graph(unwatched());
        std::vector<int> same;
        for (const LineageNode &node : graph.nodes)
            same.push_back(whole.indexOf(node.kind, node.id));
        QVERIFY(std::is_sorted(same.begin(), same.end()) && same.front() >= 0);
        QCOMPARE(subgraph(whole, same).edges.size(), graph.edges.size());

        QVERIFY(
            readRunLineage(file, {"20200101-000000-0000", 0}, 2, unwatched()).graph->nodes.empty());
        QVERIFY(readRunLineage(m_home.filePath("missing"), {m_run, 0}, 2, unwatched())
                    .graph->nodes.empty());
    }
    void aNodeIsReadAsFarAsTheDepth()
    {
        const QString file = m_workspace + "/mlmd";
        const LineageGraph whole = LineageStore(file).graph(unwatched());
        const int step = executionOf(whole, {m_run, 8});
        for (int depth : {1, 2, 5}) {
            const LineageContents contents =
                readNodeLineage(file, LineageNode::Kind::Execution,
                                whole.nodes[std::size_t(step)].id, depth, unwatched());
            std::vector<int> same;
            for (const LineageNode &node : contents.graph->nodes)
                same.push_back(whole.indexOf(node.kind, node.id));
            QCOMPARE(same, aroundNode(whole, step, depth));
        }
        QCOMPARE(readNodeLineage(file, LineageNode::Kind::Artifact, 999'999, 2, unwatched()).centre,
                 -1);
        QVERIFY_EXCEPTION_THROWN(readNodeLineage(m_home.filePath("missing"),
                                                 LineageNode::Kind::Artifact, 1, 2, unwatched()),
                                 Error);
    }
    void stepsWantedSinglyDivideTheirStack()
    {
        const LineageContents contents =
            readRunLineage(m_workspace + "/mlmd", {m_run, 6}, 1, unwatched());
        const int step = contents.centre;
        DrawingWish wish;
        for (int i = 0; i < int(contents.graph->nodes.size()); ++i)
            wish.nodes.push_back(i);
        wish.nodeSize = {180, 40};
        const auto stacks = [&] {
            std::vector<std::size_t> sizes;
            const LineageDrawing drawing = drawUp(contents, wish, nullptr, unwatched());
            for (const auto &item : drawing.picture->items)
                if (isOfSteps(*contents.graph, item))
                    sizes.push_back(item.nodes.size());
            return sizes;
        };
        QCOMPARE(stacks(), (std::vector<std::size_t>{11}));
        wish.singly = {step};
        QCOMPARE(stacks(), (std::vector<std::size_t>{5, 1, 5}));
    }

    // ---- step and node

    void theStepLookedAtIsSelectedAndAlone()
    {
        showWindow();
        openRun(m_workspace, m_run);
        for (int step : {11, 2, 6}) {
            timeline()->goTo(step - 1);
            QTRY_COMPARE_WITH_TIMEOUT(view()->selectedNode(), panel()->nodeOf(step),
                                      longMilliseconds);
            QTRY_VERIFY(isAlone(panel()->nodeOf(step)));
            QTRY_VERIFY(
                view()->rect().contains(view()->rectOf(panel()->nodeOf(step)).center().toPoint()));
            QVERIFY2(details().contains(QStringLiteral("Step %1").arg(step)),
                     qPrintable(details()));
        }
        // The others are in stacks, before and after.
        QVERIFY(!isAlone(panel()->nodeOf(1)));
        QVERIFY(!isAlone(panel()->nodeOf(11)));
    }
    void clickingAStepGoesThere()
    {
        showWindow();
        openRun(m_workspace, m_run);
        timeline()->goTo(5);
        QTRY_COMPARE(view()->selectedNode(), panel()->nodeOf(6));
        settle();
        QTest::mouseClick(view(), Qt::LeftButton, {},
                          view()->rectOf(panel()->nodeOf(5)).center().toPoint());
        QCOMPARE(m_window->panels()->shownIndex(), 4);
        QTRY_VERIFY(!panel()->isBusy());
        QCOMPARE(view()->selectedNode(), panel()->nodeOf(5));
        // What a step made is of that step: the node stays selected.
        const int spectrum = nodeNamed("runs/" + m_run + "/run.h5/steps/6/spectrum");
        QVERIFY(spectrum >= 0 && isAlone(spectrum));
        view()->centreOn(spectrum);
        QTest::mouseClick(view(), Qt::LeftButton, {}, view()->rectOf(spectrum).center().toPoint());
        QCOMPARE(m_window->panels()->shownIndex(), 5);
        settle();
        QCOMPARE(view()->selectedNode(), spectrum);
        QVERIFY2(details().contains("content"), qPrintable(details()));
    }
    void aBlockOfStepsIsOneNode()
    {
        showWindow();
        openRun(m_blocks, m_runOfBlocks, 6);
        const int block = panel()->nodeOf(6);
        QCOMPARE(panel()->nodeOf(5), block);
        QVERIFY(panel()->nodeOf(4) != block);
        QCOMPARE(view()->selectedNode(), block);
        // Choosing the block that the step is in moves nothing.
        emit view()->nodeSelected(block);
        QCOMPARE(m_window->panels()->shownIndex(), 5);
        view()->setSelectedNode(panel()->nodeOf(2));
        emit view()->nodeSelected(panel()->nodeOf(2));
        QCOMPARE(m_window->panels()->shownIndex(), 3); // its last one
    }

    // ---- elsewhere

    void otherNodesAreFocusedAndThereIsAWayBack()
    {
        showWindow();
        openRun(m_workspace, m_run);
        auto *back = panel()->findChild<QAction *>("lineageBack");
        QVERIFY(!back->isEnabled());
        const std::size_t all = graph().nodes.size();
        const QString survey = "runs/" + m_run + "/run.h5/survey";
        emit view()->nodeActivated(nodeNamed(survey));
        QTRY_VERIFY(back->isEnabled());
        settle();
        QVERIFY(graph().nodes.size() != all);
        QCOMPARE(node(view()->selectedNode()).name.section(':', 0, 0), survey);
        // The same image was the other run's: its survey made it, too.
        int other = -1;
        for (std::size_t i = 0; i < graph().nodes.size(); ++i)
            if (const auto place = experimentOf(graph().nodes[i]); place && place->run == m_other)
                other = int(i);
        QVERIFY(other >= 0);
        emit view()->nodeActivated(other);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->helm()->runId(), m_other, longMilliseconds);
        QTRY_VERIFY_WITH_TIMEOUT(panel()->nodeOf(11) >= 0 && !panel()->isBusy(), longMilliseconds);
        QCOMPARE(experimentOf(node(panel()->nodeOf(11)))->run, m_other);
        QVERIFY(!back->isEnabled()); // another run begins anew

        panel()->focusOn(nodeNamed(survey.left(5) + m_other + "/plan.json"));
        settle();
        back->trigger();
        settle();
        QCOMPARE(view()->selectedNode(), panel()->nodeOf(m_window->panels()->shownIndex() + 1));
    }
    void theWholeLineageOpensAtTheSelectedNode()
    {
        showWindow();
        openRun(m_workspace, m_run);
        const int plan = nodeNamed("runs/" + m_run + "/plan.json");
        view()->setSelectedNode(plan);
        panel()->findChild<QAction *>("lineageWindow")->trigger();
        LineageWindow *window = nullptr;
        for (QWidget *widget : QApplication::topLevelWidgets())
            if (auto *found = qobject_cast<LineageWindow *>(widget))
                window = found;
        QVERIFY(window);
        QTRY_VERIFY_WITH_TIMEOUT(window->graph() && !window->isBusy() && window->focus() >= 0,
                                 longMilliseconds);
        QCOMPARE(window->graph()->nodes[std::size_t(window->focus())].name, node(plan).name);
        QVERIFY(window->graph()->nodes.size() > graph().nodes.size());
        // Another one in the same window.
        view()->setSelectedNode(panel()->nodeOf(6));
        panel()->findChild<QAction *>("lineageWindow")->trigger();
        QTRY_COMPARE(window->focus(), executionOf(*window->graph(), {m_run, 6}));
    }
    void tabsHaveTheirOwn()
    {
        showWindow();
        openRun(m_workspace, m_run, 3);
        const int first = m_window->helm()->document().id;
        openRun(m_workspace, m_other, 7);
        QVERIFY(m_window->helm()->document().id != first);
        m_window->helm()->show(first);
        QTRY_VERIFY_WITH_TIMEOUT(panel()->nodeOf(3) >= 0 && !panel()->isBusy() &&
                                     experimentOf(node(panel()->nodeOf(3)))->run == m_run,
                                 longMilliseconds);
        QCOMPARE(view()->selectedNode(), panel()->nodeOf(3));
    }

    // ---- when

    void nothingIsReadWhileNobodyLooks()
    {
        showWindow("steer");
        m_window->showRunAt(m_workspace, {m_run, 4});
        QTRY_COMPARE_WITH_TIMEOUT(m_window->panels()->shownIndex(), 3, longMilliseconds);
        settle();
        QVERIFY(!panel()->scene().graph());
        m_window->findChild<QDockWidget *>("lineage")->toggleViewAction()->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(panel()->nodeOf(4) >= 0, longMilliseconds);
        QTRY_COMPARE(view()->selectedNode(), panel()->nodeOf(4));
    }
    void aRunThatGoesOnIsFollowed()
    {
        StartOptions options = smallOptions();
        options.files = QStringList{m_workspace};
        showWindow("lineage", options);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->workspace()->isOpen(), longMilliseconds);
        QVERIFY2(placeholder().contains("press Run"), qPrintable(placeholder()));
        m_window->startRun(LiveRun::Begin::OneStep);
        QTRY_VERIFY_WITH_TIMEOUT(!view()->isEmpty(), longMilliseconds);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->helm()->run().size(), 1, longMilliseconds);
        settle();
        QVERIFY(nodeNamed(m_window->helm()->runId()) >= 0);
        QTRY_VERIFY2(details().contains("Step 1 follows"), qPrintable(details()));
        m_window->helm()->resume();
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->helm()->isGoing(), longMilliseconds);
        QTRY_VERIFY_WITH_TIMEOUT(panel()->nodeOf(9) >= 0, longMilliseconds);
        QTRY_COMPARE(view()->selectedNode(), panel()->nodeOf(9));
        QVERIFY(nodeNamed("runs/" + m_window->helm()->runId() + "/run.h5:") >= 0);
    }

    // ---- nothing to be seen

    void aRunInAFileSaysHowToGetALineage()
    {
        showWindow("lineage", smallOptions(m_folder->path()));
        m_window->startRun();
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->helm()->isGoing(), longMilliseconds);
        QTRY_VERIFY2(placeholder().contains("file of its own"), qPrintable(placeholder()));
        QVERIFY(!panel()->findChild<QAction *>("lineageWindow")->isEnabled());
    }
    void whatCannotBeReadSaysWhy()
    {
        const QString folder = m_folder->filePath("broken");
        const Workspace workspace = Workspace::create(folder);
        setPerson(workspace, {"Ada Lovelace", "ada@example.org"});
        const QString run = recordSmallRun(workspace, 3, 5, 6);
        showWindow();
        openRun(folder, run);
        const std::size_t count = graph().nodes.size();
        QFile store(folder + "/mlmd");
        QVERIFY(store.open(QIODevice::WriteOnly | QIODevice::Truncate));
        store.write(QByteArray(5000, 'x'));
        store.close();
        panel()->findChild<QSpinBox *>()->setValue(3);
        // What was read stays.
        QTRY_VERIFY2(details().contains("mlmd"), qPrintable(details()));
        QCOMPARE(graph().nodes.size(), count);

        const int id = m_window->helm()->document().id;
        openRun(m_workspace, m_run);
        m_window->helm()->show(id);
        QTRY_VERIFY2(placeholder().contains("mlmd"), qPrintable(placeholder()));
        QVERIFY(view()->isEmpty());

        QVERIFY(store.remove());
        m_window->helm()->show(m_window->helm()->documents().back()->id);
        QTRY_VERIFY_WITH_TIMEOUT(!view()->isEmpty(), longMilliseconds);
        m_window->helm()->show(id);
        QTRY_VERIFY2(placeholder().contains("does not know run " + run), qPrintable(placeholder()));
    }

private:
    /// Whether the item is one or some of the run's steps.
    static bool isOfSteps(const LineageGraph &graph, const LineagePicture::Item &item)
    {
        const LineageNode &first = graph.nodes[std::size_t(item.nodes.front())];
        return first.kind == LineageNode::Kind::Execution && first.property("step");
    }
};

QTEST_MAIN(TestLineagePanel)
#include "tst_lineagepanel.moc"
