// SPDX-License-Identifier: GPL-3.0-or-later
// The real window in a real workspace, driven by clicks and keys.
#include "app/banner.h"
#include "app/branchdialog.h"
#include "app/comparecolumn.h"
#include "app/comparewindow.h"
#include "app/foreigndialog.h"
#include "app/historywindow.h"
#include "app/openworkspace.h"
#include "app/panels.h"
#include "app/persondialog.h"
#include "app/planpanel.h"
#include "app/runspanel.h"
#include "app/timeline.h"
#include "app/unattended.h"
#include "history/repository.h"
#include "smallwindow.h"
#include "steering/experiment.h"
#include "usehome.h"
#include "widgets/historymodel.h"
#include "widgets/mapview.h"
#include "widgets/stepmodel.h"
#include "workspace/runrecorder.h"

#include <QAbstractItemModel>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollBar>
#include <QSettings>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <cstdio>

using namespace helmscope;

namespace {

template <class Widget>
Widget *topLevel()
{
    for (QWidget *widget : QApplication::topLevelWidgets())
        if (auto *found = qobject_cast<Widget *>(widget); found && found->isVisible())
            return found;
    return nullptr;
}

Plan smallPlan()
{
    Plan plan;
    plan.sample = simulatedSample(32, 32, 3);
    plan.initial.count = 5;
    plan.steps = 6;
    plan.model.cycles = 5;
    plan.seed = 3;
    const auto microscope = openMicroscope(plan, unwatched());
    plan.scalarizer = defaultScalarizer(microscope->energies());
    return plan;
}

/// A run whose recorder went after so many steps, as with a kill.
QString cutOffRun(const Workspace &workspace, int steps)
{
    const Plan plan = smallPlan();
    const auto microscope = openMicroscope(plan, unwatched());
    RunRecorder recorder(workspace, {}, [](const QString &) {});
    int taken = 0;
    explore(
        plan, *microscope, [&](double) { return taken < steps; },
        [&](const Step &step) {
            if (taken < steps)
                recorder.append(step);
            ++taken;
        },
        {}, [&](const Run &start) { recorder.begin(start); });
    return recorder.id();
}

} // namespace

class TestWorkspaceWindow : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_home;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    template <class Widget>
    Widget *find(const QString &name) const
    {
        return m_window->findChild<Widget *>(name);
    }
    Helm *helm() const { return m_window->helm(); }
    RunsPanel *panel() const { return m_window->runsPanel(); }
    QAbstractItemModel *rows() const { return panel()->table()->model(); }
    Timeline *timeline() const { return m_window->panels()->timeline(); }
    QString banner() const { return m_window->banner()->sentence(); }
    QString folder() const { return m_folder->filePath("sample"); }

    StartOptions options() const
    {
        StartOptions options = smallOptions();
        options.size = {1280, 800};
        return options;
    }
    void openWindow(const QStringList &files = {})
    {
        StartOptions chosen = options();
        chosen.files = files;
        showSmallWindow(m_window, chosen);
    }
    Workspace makeWorkspace()
    {
        const Workspace workspace = Workspace::create(folder());
        setPerson(workspace, {"Ada Lovelace", "ada@example.org"});
        return workspace;
    }
    void run()
    {
        QTest::mouseClick(find<QToolButton>("runButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds);
        waitForJobs();
    }
    void waitForJobs()
    {
        QTRY_VERIFY_WITH_TIMEOUT(
            m_window->workspace()->jobs().isIdle() && helm()->errands().isIdle(), longMilliseconds);
    }
    void waitForWorkspace()
    {
        QTRY_VERIFY_WITH_TIMEOUT(m_window->workspace()->isOpen(), longMilliseconds);
        waitForJobs();
    }
    void showRuns()
    {
        auto *dock = find<QDockWidget>("runs");
        dock->show();
        dock->raise();
        QTRY_VERIFY(panel()->isVisible());
    }
    QPoint centreOf(const QModelIndex &index) const
    {
        return panel()->table()->visualRect(index).center();
    }
    void press(const QString &bannerButton)
    {
        auto *button = m_window->banner()->findChild<QPushButton *>("bannerAction");
        QCOMPARE(button->text(), bannerButton);
        QTest::mouseClick(button, Qt::LeftButton);
    }
    void picture(QWidget *widget, const QString &name)
    {
        savePictureInto(qEnvironmentVariable("HELMSCOPE_PICTURES"), widget, name);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_home.isValid());
        useHome(m_home.path());
        QStandardPaths::setTestModeEnabled(true);
        nameProgram("tst_workspacewindow");
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        keepSettingsIn(m_folder->path());
    }
    void cleanup()
    {
        m_window.reset();
        m_folder.reset();
    }

    void theFirstRunMakesTheDefaultWorkspaceAndAsksForANameOnce()
    {
        openWindow();
        QVERIFY(!m_window->workspace()->isOpen());
        showRuns();
        QCOMPARE(panel()->table()->isVisible(), false); // a sentence says what will appear
        run();
        waitForWorkspace();
        QCOMPARE(m_window->workspace()->folder(), m_home.filePath("Documents/Helmscope"));
        QTRY_COMPARE(rows()->rowCount(), 1);
        QVERIFY(!helm()->runId().isEmpty());
        QVERIFY(QFile::exists(helm()->recordedIn()));
        QTRY_VERIFY(m_window->findChild<PersonDialog *>());
        auto *dialog = m_window->findChild<PersonDialog *>();
        QVERIFY(!dialog->isModal());
        auto *name = dialog->findChild<QLineEdit *>("personName");
        auto *email = dialog->findChild<QLineEdit *>("personEmail");
        QTest::keyClicks(name, "Ada Lovelace");
        QTest::keyClicks(email, "ada@example.org");
        QTest::keyClick(email, Qt::Key_Return);
        waitForJobs();
        const auto person = personOf(Workspace(m_window->workspace()->folder()));
        QVERIFY(person);
        QCOMPARE(person->name, QString("Ada Lovelace"));
        QTRY_VERIFY(!m_window->findChild<PersonDialog *>());
        run();
        QTRY_COMPARE(rows()->rowCount(), 2);
        QVERIFY(!m_window->findChild<PersonDialog *>());
    }

    void opensAWorkspaceFromTheCommandLineAndItsRunsByDoubleClick()
    {
        makeWorkspace();
        openWindow({folder()});
        waitForWorkspace();
        run();
        const QString first = helm()->runId();
        const std::vector<Pixel> path = [this] {
            std::vector<Pixel> pixels;
            for (const auto &step : helm()->run().steps())
                pixels.push_back(step->pixel);
            return pixels;
        }();
        m_window->planPanel()->setAcquisition(Acquisition::Random);
        run();
        const QString second = helm()->runId();
        QVERIFY(first != second);
        QTRY_COMPARE(rows()->rowCount(), 2);
        showRuns();
        auto *search = find<QLineEdit>("searchRuns");
        QTest::keyClicks(search, "random");
        QCOMPARE(rows()->rowCount(), 1);
        QTest::keyClicks(search, " nonsense");
        QCOMPARE(rows()->rowCount(), 0);
        QVERIFY(!panel()->table()->isVisible());
        search->clear();
        QCOMPARE(rows()->rowCount(), 2);
        const auto rowOf = [this](const QString &id) {
            for (int row = 0; row < rows()->rowCount(); ++row)
                if (rows()->index(row, 0).data().toString() == id)
                    return rows()->index(row, 0);
            return QModelIndex();
        };
        QTableView *table = panel()->table();
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, centreOf(rowOf(first)));
        QTest::mouseDClick(table->viewport(), Qt::LeftButton, {}, centreOf(rowOf(first)));
        QTRY_COMPARE_WITH_TIMEOUT(helm()->runId(), first, longMilliseconds);
        QTRY_COMPARE(helm()->run().size(), int(path.size()));
        QCOMPARE(helm()->run().newest().pixel, path.back());
        QVERIFY(helm()->run().newest().belief);
        // Two of them side by side.
        table->selectAll();
        auto *compare = find<QPushButton>("compareRuns");
        QVERIFY(compare->isEnabled());
        picture(m_window.get(), "runs-dock");
        QTest::mouseClick(compare, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(topLevel<CompareWindow>() &&
                                     topLevel<CompareWindow>()->columns().size() == 2,
                                 longMilliseconds);
    }

    void aRunsFileBringsItsWorkspace()
    {
        makeWorkspace();
        openWindow({folder()});
        waitForWorkspace();
        run();
        const QString file = helm()->recordedIn();
        m_window.reset();
        openWindow({file});
        waitForWorkspace();
        QCOMPARE(QDir(m_window->workspace()->folder()), QDir(folder()));
        QTRY_COMPARE(rows()->rowCount(), 1);
        QCOMPARE(helm()->run().size(), 9);
    }

    void keepsMarksDuringARunAndAfterIt()
    {
        const Workspace workspace = makeWorkspace();
        openWindow({folder()});
        waitForWorkspace();
        Plan plan = m_window->planPanel()->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.cycles = 60;
        plan.steps = 40; // still going when its marks are set
        m_window->planPanel()->setPlan(plan);
        QTest::mouseClick(find<QToolButton>("runButton"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().size() >= 7, longMilliseconds);
        QVERIFY(helm()->isGoing());
        const auto mark = [this](int index, const QString &text) {
            timeline()->goTo(index);
            QTest::mouseClick(find<QToolButton>("mark"), Qt::LeftButton);
            auto *field = find<QLineEdit>("markText");
            QTest::keyClicks(field, text);
            QTest::keyClick(field, Qt::Key_Return);
        };
        mark(3, "first glimpse");
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds);
        mark(9, "a second thought");
        waitForJobs();
        const QString id = helm()->runId();
        const std::vector<Mark> kept = marksOf(workspace.runFolder(id));
        QCOMPARE(int(kept.size()), 2);
        QCOMPARE(kept[0].step, 4);
        QCOMPARE(kept[0].text, QString("first glimpse"));
        QCOMPARE(kept[1].step, 10);
        timeline()->goTo(5);
        picture(m_window.get(), "timeline-marks");
        m_window.reset();

        openWindow({folder()});
        waitForWorkspace();
        helm()->openRun(folder(), id);
        QTRY_COMPARE_WITH_TIMEOUT(helm()->run().size(), 45, longMilliseconds);
        const auto &events = timeline()->track()->events();
        QCOMPARE(std::count_if(events.begin(), events.end(),
                               [](const TimelineEvent &event) {
                                   return event.kind == TimelineEvent::Kind::Mark;
                               }),
                 std::ptrdiff_t(2));
        timeline()->goTo(0);
        QTest::mouseClick(find<QToolButton>("markAfter"), Qt::LeftButton);
        QCOMPARE(timeline()->index(), 3);
        for (MapView *map : {m_window->panels()->mean(), m_window->panels()->survey()})
            QVERIFY(!map->isEmpty()); // all views follow
        QCOMPARE(int(m_window->panels()->survey()->overlay().path.size()), 4);
    }

    void saysWhatWasRecoveredAndContinuesTheRun()
    {
        const Workspace workspace = makeWorkspace();
        const QString id = cutOffRun(workspace, 8);
        openWindow({folder()});
        waitForWorkspace();
        QTRY_VERIFY2(banner().contains(id), qPrintable(banner()));
        picture(m_window.get(), "recovered");
        press("Continue the run");
        QTRY_VERIFY_WITH_TIMEOUT(helm()->isGoing() || helm()->run().size() == 11, longMilliseconds);
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing() && helm()->run().size() == 11,
                                 longMilliseconds);
        QCOMPARE(helm()->runId(), id);
        waitForJobs();
        const Run whole = workspace.read(id, unwatched());
        QCOMPARE(int(whole.steps.size()), 11);
        QCOMPARE(whole.outcome, Run::Outcome::Finished);
        // The path is the one it would have taken.
        const Plan plan = smallPlan();
        const auto microscope = openMicroscope(plan, unwatched());
        const Run straight = explore(plan, *microscope, unwatched(), {});
        for (std::size_t i = 0; i < straight.steps.size(); ++i)
            QCOMPARE(whole.steps[i].pixel, straight.steps[i].pixel);
    }

    void branchesFromAStepAndComparesWithWhereItCameFrom()
    {
        makeWorkspace();
        openWindow({folder()});
        waitForWorkspace();
        run();
        const QString parent = helm()->runId();
        timeline()->goTo(6);
        QTest::mouseClick(find<QToolButton>("branch"), Qt::LeftButton);
        auto *dialog = m_window->findChild<BranchDialog *>();
        QVERIFY(dialog);
        QTRY_VERIFY(dialog->isVisible());
        auto *kind = dialog->findChild<QComboBox *>("branchAcquisition");
        kind->setCurrentIndex(kind->findData(int(Acquisition::Random)));
        QTest::mouseClick(dialog->findChild<QRadioButton *>("beyondNearest"), Qt::LeftButton, {},
                          {8, 8});
        dialog->findChild<QSpinBox *>("branchSteps")->setValue(6);
        QTest::qWait(30);
        picture(dialog, "branch-dialog");
        QTest::mouseClick(dialog->findChild<QPushButton *>("startBranch"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing() && helm()->run().size() == 13,
                                 longMilliseconds);
        waitForJobs();
        QVERIFY(helm()->runId() != parent);
        QCOMPARE(helm()->run().plan().origin.run, parent);
        QTRY_COMPARE(rows()->rowCount(), 2);
        // What nobody measured is told apart: in the path and in the table.
        const auto &path = m_window->panels()->survey()->overlay().path;
        QVERIFY(!path[6].isStandIn);
        const auto standIn = std::find_if(path.begin(), path.end(),
                                          [](const PathPoint &point) { return point.isStandIn; });
        QVERIFY(standIn != path.end());
        const QModelIndex cell = m_window->panels()->table()->model()->index(
            int(standIn - path.begin()), StepModel::Measured);
        QVERIFY(cell.data().toString().startsWith("(nearest)"));
        const auto &events = timeline()->track()->events();
        QVERIFY(std::any_of(events.begin(), events.end(), [](const TimelineEvent &event) {
            return event.kind == TimelineEvent::Kind::Branch && event.index == 6;
        }));
        picture(m_window.get(), "branch-run");
        QTRY_VERIFY2(banner().contains("branch has ended"), qPrintable(banner()));
        press("Compare with the run it came from");
        QTRY_VERIFY_WITH_TIMEOUT(topLevel<CompareWindow>() &&
                                     topLevel<CompareWindow>()->columns().size() == 2,
                                 longMilliseconds);
        auto *compare = topLevel<CompareWindow>();
        QCOMPARE(compare->comparison()->runs[0].name, parent);
        QTest::qWait(50);
        picture(compare, "compare-branch");
    }

    void showsTheHistoryAndPutsARunBack()
    {
        const Workspace workspace = makeWorkspace();
        openWindow();
        QVERIFY(!m_window->openHistory());
        QVERIFY(banner().contains("workspace"));
        m_window->openWorkspace(folder());
        waitForWorkspace();
        run();
        const QString id = helm()->runId();
        const QString file = helm()->recordedIn();
        HistoryWindow *history = m_window->openHistory();
        QVERIFY(history);
        QTRY_VERIFY_WITH_TIMEOUT(history->model()->rowCount() >= 2 && !history->isBusy(),
                                 longMilliseconds);
        QTest::qWait(50);
        picture(history, "history");
        QVERIFY(QFile::remove(file));
        const QString version = Repository(folder()).head();
        emit history->restoreWished(id, version);
        QTRY_VERIFY_WITH_TIMEOUT(banner().contains(id), longMilliseconds);
        QVERIFY(QFile::exists(file));
        press("Open it");
        QTRY_COMPARE_WITH_TIMEOUT(helm()->run().size(), 9, longMilliseconds);
        emit history->runWished(id);
        waitForJobs();
        QCOMPARE(helm()->runId(), id);
    }

    void offersToMakeADroppedFolderIntoAWorkspace()
    {
        QVERIFY(QDir().mkpath(folder()));
        openWindow();
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(folder())});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &enter);
        QDropEvent drop({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &drop);
        QTRY_VERIFY(banner().contains("no workspace yet"));
        press("Make it one");
        waitForWorkspace();
        QVERIFY(Workspace::isWorkspace(folder()));
        QCOMPARE(OpenWorkspace::recent().first(), folder());
        QVERIFY(m_window->windowTitle().contains("sample"));
    }

    void oneFileIsStillRecordedWhereTheCommandLineSays()
    {
        StartOptions chosen = options();
        chosen.out = m_folder->filePath("run.h5");
        m_window = std::make_unique<MainWindow>(chosen);
        m_window->show();
        m_window->begin();
        QTRY_VERIFY_WITH_TIMEOUT(helm()->state() == Helm::State::Ready, longMilliseconds);
        run();
        QCOMPARE(helm()->recordedIn(), chosen.out);
        QVERIFY(helm()->runId().isEmpty());
        QVERIFY(!m_window->workspace()->isOpen());
        QVERIFY(!find<QToolButton>("mark")->isEnabled());
        QVERIFY(find<QToolButton>("mark")->toolTip().contains("workspace"));
        QVERIFY(find<QToolButton>("branch")->isEnabled());
    }

    void opensRecordingsOfOthersByTheirMethod()
    {
        const QString npz =
            QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/beacon-pfm/beacon_pfm_replay.npz");
        if (!QFile::exists(npz))
            QSKIP("The recording beacon_pfm_replay.npz is not here.");
        openWindow();
        helm()->openFiles({npz}, true);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->findChild<ForeignDialog *>(), longMilliseconds);
        auto *dialog = m_window->findChild<ForeignDialog *>();
        auto *methods = dialog->findChild<QListWidget *>("methods");
        QCOMPARE(methods->count(), 3);
        methods->setCurrentRow(1);
        QTest::keyClick(methods, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(helm()->run().size(), 310, longMilliseconds);
        QVERIFY(m_window->panels()->mean()->isEmpty());
        QVERIFY(!m_window->panels()->survey()->isEmpty());
        timeline()->goTo(100);
        QTest::qWait(50);
        picture(m_window.get(), "foreign-run");
    }

    void twoThousandRunsScroll()
    {
        RunsPanel runs;
        runs.resize(700, 260);
        runs.show();
        QVERIFY(QTest::qWaitForWindowExposed(&runs));
        std::vector<RunEntry> entries;
        for (int i = 0; i < 2000; ++i) {
            RunEntry entry;
            entry.id = QStringLiteral("2026%1").arg(i, 4, 10, QChar('0'));
            entry.title = "simulated sample";
            entry.valueName = i % 2 ? "mean 0.43-0.53 eV" : "peak 0.3-0.6 eV";
            entry.steps = i;
            entry.createdMs = 1'700'000'000'000 + i * 60'000LL;
            entry.outcome = Run::Outcome::Finished;
            entries.push_back(entry);
        }
        QElapsedTimer time;
        time.start();
        runs.setRuns("a", entries);
        runs.repaint();
        const qint64 filled = time.restart();
        QScrollBar *bar = runs.table()->verticalScrollBar();
        qint64 longest = 0;
        for (int i = 0; i <= 100; ++i) {
            time.restart();
            bar->setValue(bar->maximum() * i / 100);
            runs.table()->viewport()->repaint();
            longest = std::max(longest, time.elapsed());
        }
        std::printf("2000 runs shown in %lld ms, a scrolled picture in at most %lld ms\n",
                    static_cast<long long>(filled), static_cast<long long>(longest));
        QCOMPARE(runs.table()->model()->index(0, 0).data().toString(), QString("20261999"));
        QTest::keyClicks(runs.findChild<QLineEdit *>("searchRuns"), "peak");
        QCOMPARE(runs.table()->model()->rowCount(), 1000);
    }
};

QTEST_MAIN(TestWorkspaceWindow)
#include "tst_workspacewindow.moc"
