// SPDX-License-Identifier: GPL-3.0-or-later
// From a lineage to the experiment and back, in the real windows on a run recorded here; what its
// artifacts hold; executions held against each other.
#include "app/artifactcontent.h"
#include "app/banner.h"
#include "app/contentpane.h"
#include "app/experimentplace.h"
#include "app/lineagedetails.h"
#include "app/lineagetables.h"
#include "app/lineagewindow.h"
#include "app/mainwindow.h"
#include "app/panels.h"
#include "app/sweeppage.h"
#include "app/timeline.h"
#include "lineage/store.h"
#include "lineagesamples.h"
#include "smallrun.h"
#include "steering/recording/runfile.h"
#include "usehome.h"
#include "widgets/mapview.h"
#include "widgets/parallelview.h"
#include "widgets/stepmodel.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QMenu>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace helmscope;

namespace {

constexpr int longMilliseconds = 60'000;
const QString realStore = HELMSCOPE_SOURCE "/../shared/data/lineage/aldkl.mlmd";

LineageNode artifactAt(const QString &path, const QString &md5 = {})
{
    LineageNode node;
    node.type = "Dataset";
    node.uri = md5;
    node.name = path + ':' + md5;
    return node;
}

} // namespace

class TestExperimentLineage : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;
    QString m_workspace, m_run;
    std::unique_ptr<LineageWindow> m_window;
    std::unique_ptr<MainWindow> m_console;

    void openLineage(const QString &file)
    {
        m_window = std::make_unique<LineageWindow>();
        m_window->resize(1280, 800);
        m_window->show();
        QSignalSpy drawn(m_window.get(), &LineageWindow::drawn);
        m_window->open(file);
        QTRY_VERIFY_WITH_TIMEOUT(drawn.count() > 0 && !m_window->isBusy(), longMilliseconds);
    }
    void openConsole()
    {
        StartOptions options;
        options.rows = options.cols = 32;
        options.theme = "dark";
        options.size = {1280, 800};
        options.files = QStringList{m_workspace};
        m_console = std::make_unique<MainWindow>(options);
        m_console->show();
        m_console->begin();
        QTRY_VERIFY_WITH_TIMEOUT(m_console->workspace() && m_console->helm()->errands().isIdle() &&
                                     m_console->helm()->state() == Helm::State::Ready,
                                 longMilliseconds);
    }
    const LineageGraph &graph() const { return *m_window->graph(); }
    int stepNode(int step) const { return executionOf(graph(), {m_run, step}); }
    int artifactNode(const QString &path) const
    {
        for (std::size_t i = 0; i < graph().nodes.size(); ++i)
            if (pathOf(graph().nodes[i]) == path)
                return int(i);
        return -1;
    }
    ArtifactContent contentOf(const QString &path)
    {
        return readContent(m_workspace, artifactAt(path), unwatched());
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_home.isValid());
        useHome(m_home.path());
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("Helmscope");
        QCoreApplication::setApplicationName("tst_experimentlineage");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_home.path());
        m_workspace = m_home.filePath("sample");
        const Workspace workspace = Workspace::create(m_workspace);
        setPerson(workspace, {"Ada Lovelace", "ada@example.org"});
        m_run = recordSmallRun(workspace, 3, 5, 6); // once for all tests
        QVERIFY(QFile::exists(m_workspace + "/mlmd"));
    }
    void cleanup()
    {
        m_window.reset();
        m_console.reset();
    }

    // ---- places

    void aNodeTellsWhichStepItStandsFor()
    {
        SampleLineage sample;
        sample.execution("Step", {{"run", "r1", true}, {"step", qlonglong(7), true}});
        sample.execution(
            "Step",
            {{"run", "r1", true}, {"first_step", qlonglong(8), true}, {"last_step", "11", true}});
        sample.execution("Explore", {{"run", "r1", true}});
        sample.execution("Train", {{"step", qlonglong(7), true}});
        sample.execution("Evil", {{"run", "../../etc", true}});
        sample.artifact("runs/r2/run.h5/steps/17/spectrum");
        sample.artifact("runs/r2/run.h5");
        sample.artifact("runs/../../x/run.h5");
        sample.artifact("data/runs/r2/run.h5");
        const auto &nodes = sample.graph.nodes;
        using Place = ExperimentPlace;
        QCOMPARE(experimentOf(nodes[0]), std::optional(Place{"r1", 7}));
        QCOMPARE(experimentOf(nodes[1]), std::optional(Place{"r1", 11}));
        QCOMPARE(experimentOf(nodes[2]), std::optional(Place{"r1", 0}));
        for (std::size_t i : {3U, 4U, 7U, 8U})
            QVERIFY(!experimentOf(nodes[i]));
        QCOMPARE(experimentOf(nodes[5]), std::optional(Place{"r2", 17}));
        QCOMPARE(experimentOf(nodes[6]), std::optional(Place{"r2", 0}));
        QCOMPARE(executionOf(sample.graph, {"r1", 7}), 0);
        QCOMPARE(executionOf(sample.graph, {"r1", 9}), 1); // in the block
        QCOMPARE(executionOf(sample.graph, {"r1", 12}), 2);
        QCOMPARE(executionOf(sample.graph, {"r3", 1}), -1);
    }

    void everyStepOfARecordedRunIsFound()
    {
        const LineageGraph graph = LineageStore(m_workspace + "/mlmd").graph(unwatched());
        const Run run = readRun(m_workspace + "/runs/" + m_run + "/run.h5", unwatched());
        QCOMPARE(run.steps.size(), std::size_t(11));
        for (const Step &step : run.steps) {
            const int node = executionOf(graph, {m_run, step.number});
            QVERIFY(node >= 0);
            const LineageNode &found = graph.nodes[std::size_t(node)];
            QCOMPARE(experimentOf(found), std::optional(ExperimentPlace{m_run, step.number}));
            QCOMPARE(found.property("row")->value.toInt(), step.pixel.row);
            QCOMPARE(found.property("column")->value.toInt(), step.pixel.col);
        }
    }

    void enterOnAStepAsksForItsRunAndOtherNodesAreFocused()
    {
        openLineage(m_workspace + "/mlmd");
        QSignalSpy wished(m_window.get(), &LineageWindow::runWished);
        m_window->showPlace({m_run, 9});
        QTRY_COMPARE(m_window->view()->selectedNode(), stepNode(9));
        QVERIFY(!m_window->view()->rectOf(stepNode(9)).isNull());
        QTRY_VERIFY(!m_window->isBusy());
        QTest::keyClick(m_window->view(), Qt::Key_Return);
        QCOMPARE(wished.count(), 1);
        QCOMPARE(wished[0][0].toString(), m_workspace);
        QCOMPARE(wished[0][1].value<ExperimentPlace>(), (ExperimentPlace{m_run, 9}));
        QVERIFY(m_window->findChild<QAction *>("openRun")->isEnabled());

        m_window->showPlace({m_run, 999});
        QTRY_VERIFY(m_window->banner()->sentence().contains("999"));
    }

    void aStoreOutsideOfAWorkspaceFocusesAsBefore()
    {
        QTemporaryDir folder;
        QVERIFY(QFile::copy(m_workspace + "/mlmd", folder.filePath("copy.mlmd")));
        openLineage(folder.filePath("copy.mlmd"));
        QSignalSpy wished(m_window.get(), &LineageWindow::runWished);
        m_window->activate(stepNode(9));
        QTRY_COMPARE(m_window->focus(), stepNode(9));
        QCOMPARE(wished.count(), 0);
        QVERIFY(!m_window->findChild<QAction *>("openRun")->isEnabled());
    }

    void theConsoleOpensTheRunAtTheStepWithItsPixelMarked()
    {
        openConsole();
        LineageWindow *lineage = m_console->openLineage(m_workspace + "/mlmd");
        QTRY_VERIFY_WITH_TIMEOUT(lineage->graph() && !lineage->isBusy(), longMilliseconds);
        lineage->activate(executionOf(*lineage->graph(), {m_run, 8}));
        QTRY_COMPARE_WITH_TIMEOUT(m_console->helm()->runId(), m_run, longMilliseconds);
        const Step &step = m_console->helm()->run().at(7);
        QTRY_COMPARE(m_console->panels()->shownIndex(), 7);
        for (MapView *map : {m_console->panels()->survey(), m_console->panels()->mean()})
            QCOMPARE(map->pinnedPixel(), std::optional(step.pixel));
        // The run is shown: another step of it is at once.
        lineage->activate(executionOf(*lineage->graph(), {m_run, 3}));
        QCOMPARE(m_console->panels()->shownIndex(), 2);
    }

    void aPixelOpensItsNode()
    {
        openConsole();
        m_console->showRunAt(m_workspace, {m_run, 6});
        QTRY_COMPARE_WITH_TIMEOUT(m_console->panels()->shownIndex(), 5, longMilliseconds);
        MapView *survey = m_console->panels()->survey();
        const Pixel pixel = m_console->helm()->run().at(5).pixel;
        auto *menu = new QMenu(survey);
        emit survey->menuRequested(menu, pixel);
        QAction *show = nullptr;
        for (QAction *action : menu->actions())
            if (action->text() == "Show in the lineage")
                show = action;
        QVERIFY(show);
        show->trigger();
        LineageWindow *lineage = nullptr;
        for (QWidget *widget : QApplication::topLevelWidgets())
            if (auto *found = qobject_cast<LineageWindow *>(widget))
                lineage = found;
        QVERIFY(lineage);
        QTRY_VERIFY_WITH_TIMEOUT(lineage->graph() && lineage->view()->selectedNode() >= 0 &&
                                     !lineage->isBusy(),
                                 longMilliseconds);
        const auto place =
            experimentOf(lineage->graph()->nodes[std::size_t(lineage->view()->selectedNode())]);
        QCOMPARE(place, std::optional(ExperimentPlace{m_run, 6}));
        delete menu;

        // From the table of steps: the same window goes there.
        QTableView *table = m_console->panels()->table();
        emit m_console->panels()->lineageWished(
            table->model()->index(1, 0).data(StepModel::NumberRole).toInt());
        QTRY_COMPARE(lineage->view()->selectedNode(), executionOf(*lineage->graph(), {m_run, 2}));
        delete lineage;
    }

    void aSecondStoreIsJoinedByContent()
    {
        QTemporaryDir folder;
        const QString copy = folder.filePath("elsewhere.mlmd");
        QVERIFY(QFile::copy(m_workspace + "/mlmd", copy));
        openLineage(m_workspace + "/mlmd");
        const std::size_t count = graph().nodes.size(), edges = graph().edges.size();
        QSignalSpy opened(m_window.get(), &LineageWindow::opened);
        m_window->add(copy);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, longMilliseconds);
        QTRY_VERIFY(!m_window->isBusy());
        // A copy says all of it once more; the numbers of Metrics have no content to know them by.
        const auto metrics =
            std::count_if(graph().nodes.begin(), graph().nodes.end(),
                          [](const LineageNode &node) { return node.type == "Metrics"; });
        QCOMPARE(metrics, 2);
        QCOMPARE(graph().nodes.size(), count + 1);
        QCOMPARE(graph().edges.size(), edges + 1);
        const LineageContents &contents = m_window->contents();
        QCOMPARE(contents.inStores[std::size_t(stepNode(4))], (std::vector<int>{0, 1}));
        QVERIFY(m_window->banner()->sentence().contains("elsewhere.mlmd"));
        const auto &items = m_window->view()->picture()->items;
        QVERIFY(std::any_of(items.begin(), items.end(), [](const LineagePicture::Item &item) {
            return item.mark == QStringLiteral("①②");
        }));
        m_window->add(copy);
        QVERIFY(m_window->banner()->sentence().contains("already"));
        m_window->add(folder.filePath("missing.mlmd"));
        QTRY_VERIFY(m_window->banner()->sentence().contains("missing.mlmd"));
        QCOMPARE(m_window->contents().files.size(), 2); // what was open stays
    }

    void theCommonOriginOfTwoNodesIsMarked()
    {
        openLineage(m_workspace + "/mlmd");
        const int maps = artifactNode("runs/" + m_run + "/run.h5/steps/9/maps");
        const int spectrum = artifactNode("runs/" + m_run + "/run.h5/steps/9/spectrum");
        QVERIFY(maps >= 0 && spectrum >= 0);
        m_window->select(maps);
        m_window->select(spectrum);
        m_window->showCommonOrigin(maps, spectrum);
        QTRY_VERIFY(m_window->banner()->sentence().contains("Step 9"));
        QTRY_COMPARE(m_window->details()->node(), stepNode(9));
        QVERIFY(m_window->view()->selectedNode() >= 0);
    }

    // ---- contents

    void theContentsOfARunAreThoseOfItsFile()
    {
        const Run run = readRun(m_workspace + "/runs/" + m_run + "/run.h5", unwatched());
        const QString file = "runs/" + m_run + "/run.h5";
        const Step &step = run.steps[8];

        const ArtifactContent survey = contentOf(file + "/survey");
        QCOMPARE(survey.images.size(), std::size_t(1));
        QVERIFY((*survey.images[0].map == run.survey.image).all());

        const ArtifactContent spectrum = contentOf(file + "/steps/9/spectrum");
        QCOMPARE(spectrum.sketches.size(), std::size_t(1));
        QCOMPARE(spectrum.sketches[0].curves[0].x, run.energies.values);
        QCOMPARE(spectrum.sketches[0].curves[0].y.size(), std::size_t(step.spectrum.size()));
        QCOMPARE(float(spectrum.sketches[0].curves[0].y[40]), step.spectrum[40]);
        QVERIFY(spectrum.sentence.contains("Step 9"));

        QVERIFY(step.belief);
        const ArtifactContent maps = contentOf(file + "/steps/9/maps");
        QCOMPARE(maps.images.size(), std::size_t(3));
        const Map &mean = *maps.images[0].map;
        QVERIFY((mean == step.belief->mean || (mean.isNaN() && step.belief->mean.isNaN())).all());
        QVERIFY(mean.isFinite().any());

        const ArtifactContent whole = contentOf(file);
        QVERIFY(whole.sketches.size() >= 2 && whole.images.size() >= 4);
        QCOMPARE(whole.sketches[0].curves[0].y.back(), run.steps.back().value);

        const ArtifactContent lines = contentOf("runs/" + m_run + "/steps.jsonl");
        QVERIFY(lines.table.rows.size() >= run.steps.size());
        const ArtifactContent model = contentOf("runs/" + m_run + "/model.dkl");
        QVERIFY2(model.table.header.size() == 2, qPrintable(model.sentence));
        const auto hash = QStringLiteral("%1").arg(run.steps.back().modelHash, 16, 16, QChar('0'));
        QCOMPARE(model.table.rows.back()[1], hash);
        QVERIFY(contentOf("runs/" + m_run + "/plan.json").text.contains("\"seed\""));

        for (const ArtifactContent &content : {survey, spectrum, maps, whole})
            QCOMPARE(thumbnailOf(content, {48, 48}, QApplication::palette()).size(), QSize(48, 48));
        QVERIFY(thumbnailOf(model, {48, 48}, QApplication::palette()).isNull());
    }

    void contentIsTakenFromTheCacheByItsHash()
    {
        QTemporaryDir folder;
        const QString md5 = "0123456789abcdef0123456789abcdef";
        const QString cached = folder.filePath(".dvc/cache/files/md5/01/" + md5.mid(2));
        QVERIFY(QDir().mkpath(QFileInfo(cached).path()));
        QFile file(cached);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("step,loss\n1,0.5\n2,0.25\n3,0.125\n4,\n");
        file.close();
        const ArtifactContent content =
            readContent(folder.path(), artifactAt("gone/metrics.csv", md5), unwatched());
        QCOMPARE(content.table.header, (QStringList{"step", "loss"}));
        QCOMPARE(content.table.rows.size(), std::size_t(4));
        QCOMPARE(content.sketches.size(), std::size_t(1));
        QCOMPARE(content.sketches[0].xName, "step");
        QCOMPARE(content.sketches[0].curves[0].y[2], 0.125);
    }

    void whatCannotBeShownGivesASentence_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("word");
        QTest::newRow("binary") << "a.bin" << QByteArray("\0\1\2\3", 4) << "no view";
        QTest::newRow("picture") << "a.png" << QByteArray("\x89PNG, but no more") << "a.png";
        QTest::newRow("model") << "a.dkl" << QByteArray(500, 'x') << "model";
        QTest::newRow("array") << "a.npy" << QByteArray("\x93NUMPY") << "a.npy";
        QTest::newRow("lines") << "a.jsonl" << QByteArray("{\"a\":1}\n[[[[[\n") << "Line 2";
    }
    void whatCannotBeShownGivesASentence()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(QString, word);
        QTemporaryDir folder;
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        file.close();
        const ArtifactContent content = readContent(folder.path(), artifactAt(name), unwatched());
        QVERIFY2(content.sentence.contains(word), qPrintable(content.sentence));
        QVERIFY(content.images.empty() && content.picture.isNull());
    }

    void nothingOutsideOfTheWorkspaceIsRead()
    {
        QTemporaryDir folder, outside;
        QFile secret(outside.filePath("secret.txt"));
        QVERIFY(secret.open(QIODevice::WriteOnly));
        secret.write("secret");
        secret.close();
        QVERIFY(QFile::link(secret.fileName(), folder.filePath("link.txt")));
        for (const QString &path : {"../" + QFileInfo(outside.path()).fileName() + "/secret.txt",
                                    secret.fileName(), QStringLiteral("link.txt")}) {
            const ArtifactContent content =
                readContent(folder.path(), artifactAt(path), unwatched());
            QVERIFY2(content.isEmpty(), qPrintable(path));
        }
    }

    void aChangedFileIsSaidToBe()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath("a.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("other");
        file.close();
        const ArtifactContent content = readContent(
            folder.path(), artifactAt("a.txt", "0123456789abcdef0123456789abcdef"), unwatched());
        QCOMPARE(content.text, "other");
        QVERIFY(content.sentence.contains("changed since"));
    }

    void detailsAndBoxesShowTheContent()
    {
        openLineage(m_workspace + "/mlmd");
        const int maps = artifactNode("runs/" + m_run + "/run.h5/steps/9/maps");
        QVERIFY(maps >= 0);
        m_window->focusOn(maps);
        ContentPane *pane = m_window->details()->contentPane();
        QTRY_COMPARE_WITH_TIMEOUT(pane->content().images.size(), std::size_t(3), longMilliseconds);
        QCOMPARE(pane->pages()->count(), 3);
        QVERIFY(pane->isVisible());
        QVERIFY(m_window->view()->picture()->hasThumbnails);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isReadingContents() && !m_window->isBusy(),
                                 longMilliseconds);
        // The picture in the box has more colours than box and text.
        m_window->view()->setZoom(1);
        m_window->view()->showNode(maps);
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                const QImage shot = m_window->view()->grab().toImage();
                const QRect box = m_window->view()->rectOf(maps).toRect();
                QSet<QRgb> colours;
                for (int y = box.top() + 8; y < box.bottom() - 8; ++y)
                    for (int x = box.right() - 34; x < box.right() - 8; ++x)
                        colours << shot.pixel(x, y);
                return colours.size() > 40;
            }(),
            longMilliseconds);
        // An execution has none.
        m_window->select(stepNode(9));
        QTRY_VERIFY(!pane->isVisible());
    }

    void theTableOfAContentIsAProperModel()
    {
        ContentTableModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
        model.setTable({{"name", "value"}, {{"a", "0.5"}, {"b"}}});
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.index(0, 1).data(ContentTableModel::SortRole), QVariant(0.5));
        QCOMPARE(model.index(1, 1).data().toString(), QString());
        model.setTable({});
        QCOMPARE(model.rowCount(), 0);
    }

    // ---- sweeps

    void aSweepHasAnAxisForEachNumberThatDiffers()
    {
        SampleLineage sample;
        for (int i = 0; i < 4; ++i) {
            const int run =
                sample.execution("Train", {{"lr", QString::number(0.01 * (i + 1)), true},
                                           {"fixed", qlonglong(7), true},
                                           {"kernel", i % 2 ? "rbf" : "matern", true},
                                           {"uuid", QString::number(i), false}});
            const int metrics = sample.artifact(QStringLiteral("metrics %1").arg(i), "Metrics");
            sample.graph.nodes[std::size_t(metrics)].properties = {
                {"rmse", QStringLiteral("tensor(%1, device='cpu')").arg(1.0 / (i + 1)), true}};
            sample.edge(run, metrics);
        }
        const Sweep sweep = sweepOf(sample.graph, {6, 4, 2, 0, 1, 99});
        QCOMPARE(sweep.nodes, (std::vector<int>{0, 2, 4, 6}));
        QCOMPARE(sweep.axes.size(), std::size_t(3));
        QCOMPARE(sweep.axes[0].name, "kernel");
        QCOMPARE(sweep.axes[0].categories, (QStringList{"matern", "rbf"}));
        QCOMPARE(sweep.axes[1].values, (std::vector<double>{0.01, 0.02, 0.03, 0.04}));
        QVERIFY(sweep.axes[2].isMetric);
        QCOMPARE(sweep.axes[2].values[3], 0.25);
    }

    void brushingKeepsWhatPassesThere()
    {
        ParallelView view;
        Sweep sweep;
        sweep.nodes = {3, 5, 8, 9};
        constexpr double none = std::numeric_limits<double>::quiet_NaN();
        sweep.axes = {{"a", false, {0, 1, 2, 3}, {}}, {"b", true, {4, 3, none, 1}, {}}};
        view.setSweep(sweep);
        view.resize(600, 300);
        view.show();
        QCOMPARE(view.colourAxis(), 1);
        QSignalSpy brushed(&view, &ParallelView::brushed);
        const QPoint from = view.positionOf(0, 0.5).toPoint(),
                     to = view.positionOf(0, 2.4).toPoint();
        QTest::mousePress(&view, Qt::LeftButton, {}, from);
        QTest::mouseMove(&view, to);
        QTest::mouseRelease(&view, Qt::LeftButton, {}, to);
        QCOMPARE(brushed.count(), 1);
        QCOMPARE(view.kept(), (std::vector<int>{5, 8}));
        view.setBrush(1, 0, 10);
        QCOMPARE(view.kept(), (std::vector<int>{5})); // 8 has no value there
        QTest::keyClick(&view, Qt::Key_Escape);
        QCOMPARE(view.kept().size(), std::size_t(4));
        QSignalSpy chosen(&view, &ParallelView::colourAxisChosen);
        QTest::keyClick(&view, Qt::Key_Space);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(view.colourAxis(), 0);
    }

    void aBrushFiltersTablesAndGraph()
    {
        openLineage(m_workspace + "/mlmd");
        SweepPage *page = m_window->tables()->sweep();
        QTRY_VERIFY(!page->parallel()->sweep().axes.empty());
        const auto &axes = page->parallel()->sweep().axes;
        const auto step = std::find_if(axes.begin(), axes.end(),
                                       [](const Sweep::Axis &axis) { return axis.name == "step"; });
        QVERIFY(step != axes.end());
        const std::size_t all = m_window->tables()->nodes(LineageNode::Kind::Execution).size();
        QCOMPARE(all, std::size_t(13)); // survey, exploration, eleven steps
        page->parallel()->setBrush(int(step - axes.begin()), 4, 6);
        emit page->parallel()->brushed();
        QTRY_COMPARE(m_window->tables()->nodes(LineageNode::Kind::Execution).size(),
                     std::size_t(3));
        QTRY_VERIFY(!m_window->isBusy());
        QVERIFY(m_window->view()->rectOf(stepNode(9)).isNull());
        QVERIFY(!m_window->view()->rectOf(stepNode(5)).isNull());
        QVERIFY(page->parallel()->hasBrushes()); // the sweep is still that of all
        QVERIFY(!page->curve()->sketch().isEmpty());
        QTest::mouseClick(page->findChild<QWidget *>("keepAll"), Qt::LeftButton);
        QTRY_COMPARE(m_window->tables()->nodes(LineageNode::Kind::Execution).size(), all);
    }

    void theSweepOfTheSeedsIsReadFromTheirStore()
    {
        if (!QFile::exists(realStore))
            QSKIP("The real stores are not here.");
        const LineageGraph graph = LineageStore(realStore).graph(unwatched());
        std::vector<int> nodes(graph.nodes.size());
        for (std::size_t i = 0; i < nodes.size(); ++i)
            nodes[i] = int(i);
        const Sweep sweep = sweepOf(graph, nodes);
        QCOMPARE(sweep.nodes.size(), std::size_t(12));
        const auto cycles =
            std::find_if(sweep.axes.begin(), sweep.axes.end(),
                         [](const Sweep::Axis &axis) { return axis.name == "training_cycles"; });
        QVERIFY(cycles != sweep.axes.end());
        QCOMPARE(int(std::count(cycles->values.begin(), cycles->values.end(), 100.0)), 1);
        QCOMPARE(int(std::count(cycles->values.begin(), cycles->values.end(), 200.0)), 1);
    }
};

QTEST_MAIN(TestExperimentLineage)
#include "tst_experimentlineage.moc"
