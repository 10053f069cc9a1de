// SPDX-License-Identifier: GPL-3.0-or-later
// The real window on a small simulated sample, driven by clicks and keys.
#include "app/banner.h"
#include "app/opendialog.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/runbar.h"
#include "app/statusline.h"
#include "app/timeline.h"
#include "app/unattended.h"
#include "app/watchdialog.h"
#include "base/tr.h"
#include "dkl/presets.h"
#include "metalearning/metamodel.h"
#include "smallwindow.h"
#include "steering/recording/runfile.h"
#include "widgets/mapview.h"
#include "widgets/stepmodel.h"
#include "widgets/theme.h"
#include "widgets/watchview.h"

#include <QAbstractItemModel>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QImage>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace helmscope;

namespace {

void click(QWidget *widget)
{
    QTest::mouseClick(widget, Qt::LeftButton);
}

/// Longest time the event loop did not come round, by a timer that wants to fire every 5 ms.
class LoopWatch : public QObject
{
public:
    LoopWatch()
    {
        m_since.start();
        connect(&m_timer, &QTimer::timeout, this,
                [this] { m_longest = std::max(m_longest, m_since.restart()); });
        m_timer.start(5);
    }
    qint64 longest() const { return m_longest; }

private:
    QTimer m_timer;
    QElapsedTimer m_since;
    qint64 m_longest = 0;
};

} // namespace

class TestWindow : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<MainWindow> m_window;

    template <class Widget>
    Widget *find(const QString &name) const
    {
        return m_window->findChild<Widget *>(name);
    }
    QToolButton *button(const QString &name) const { return find<QToolButton>(name + "Button"); }
    Helm *helm() const { return m_window->helm(); }
    int tableRows() const { return m_window->panels()->table()->model()->rowCount(); }
    QString file(const QString &name) const { return m_folder->filePath(name); }
    Run recorded() const { return readRun(helm()->recordedIn(), unwatched()); }

    void openWindow(StartOptions options) { showSmallWindow(m_window, options); }
    void openWindow() { openWindow(smallOptions(m_folder->path())); }
    void waitForEnd() { QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds); }
    void waitForSteps(int steps)
    {
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().size() >= steps, longMilliseconds);
    }
    /// Training that takes long enough to be in the middle of.
    void makeTheModelHeavy()
    {
        Plan plan = m_window->planPanel()->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.cycles = 200;
        m_window->planPanel()->setPlan(plan);
    }
    /// With a budget that does not end by itself during a test: the network makes a step slow
    /// enough, where the default model would be through before anybody clicked.
    void openEndlessWindow(int cycles = 50)
    {
        StartOptions options = smallOptions(m_folder->path());
        options.steps = 200;
        openWindow(options);
        Plan plan = m_window->planPanel()->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.cycles = cycles;
        m_window->planPanel()->setPlan(plan);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        nameProgram("tst_window");
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

    void isReadyToRunOnTheSimulatedSample()
    {
        QElapsedTimer time;
        time.start();
        openWindow();
        std::printf("ready after %lld ms\n", static_cast<long long>(time.elapsed()));
        QVERIFY(button("run")->isEnabled());
        QVERIFY(!button("pause")->isEnabled());
        QVERIFY(!button("stop")->isEnabled());
        QVERIFY(!find<QPushButton>("abort")->isEnabled());
        QCOMPARE(helm()->sample()->survey->rows(), 32);
        QVERIFY(helm()->run().isEmpty());
    }

    void runsToItsBudgetByAClick()
    {
        openWindow();
        click(button("run"));
        QCOMPARE(helm()->state(), Helm::State::Running);
        QVERIFY(find<QPushButton>("abort")->isEnabled());
        waitForEnd();
        QCOMPARE(helm()->run().size(), 9);
        QCOMPARE(tableRows(), 9);
        QVERIFY(helm()->run().newest().belief);
        QCOMPARE(helm()->run().newest().reason, Reason::Acquisition);
        QCOMPARE(helm()->recordedIn(), file("run.h5"));
        const Run run = recorded();
        QCOMPARE(int(run.steps.size()), 9);
        QCOMPARE(run.outcome, Run::Outcome::Finished);
        QCOMPARE(run.steps.back().pixel, helm()->run().newest().pixel);
        QVERIFY(button("run")->isEnabled());
    }

    void takesItsTimeWhenToldTo()
    {
        openWindow();
        Plan plan = m_window->planPanel()->plan();
        plan.dwellSeconds = 0.1;
        m_window->planPanel()->setPlan(plan);
        find<QAction>("realTime")->trigger();
        QElapsedTimer time;
        time.start();
        QTest::mouseClick(button("run"), Qt::LeftButton);
        waitForEnd();
        QVERIFY(helm()->run().size() > 3);
        QVERIFY(time.elapsed() >= 100 * helm()->run().size());
        for (const Step &step : recorded().steps)
            QVERIFY(step.measureSeconds >= 0.1);
    }

    void beginsFromAMetaModel()
    {
        const QString file = m_folder->filePath("meta.h5");
        MetaModel meta;
        meta.start =
            std::make_shared<const ModelStart>(usualPriors(presets().front().settings, 16));
        meta.card["name"] = "of the cubes";
        writeMetaModel(file, meta);
        openWindow();
        QTRY_VERIFY_WITH_TIMEOUT(helm()->sample(), longMilliseconds);
        auto *begin = m_window->findChild<QPushButton *>("begin");
        QVERIFY(begin && begin->isEnabled() && !begin->text().contains(QStringLiteral("●")));
        m_window->readBeginningFrom(file);
        QTRY_VERIFY(begin->text().contains(QStringLiteral("●")));
        QVERIFY2(begin->toolTip().contains("meta.h5"), qPrintable(begin->toolTip()));
        m_window->startRun();
        waitForEnd();
        QVERIFY(!helm()->run().isEmpty());
        QCOMPARE(helm()->run().plan().beginning.hash, meta.hash());
        const int last = helm()->run().size() - 1;
        QVERIFY(helm()->run().at(last).warmth);
        QCOMPARE(recorded().plan.beginning.hash, meta.hash());
        // What is none changes nothing and is said.
        m_window->readBeginningFrom(m_folder->filePath("none.h5"));
        QTRY_VERIFY(m_window->banner()->sentence().contains("none.h5"));
        QCOMPARE(m_window->planPanel()->plan().beginning.hash, meta.hash());
        m_window->planPanel()->setBeginning({}, {});
        QVERIFY(!begin->text().contains(QStringLiteral("●")));
    }

    void pausesWhenTheReferenceChangesAndGoesOnWhenTold()
    {
        openWindow();
        Plan plan = m_window->planPanel()->plan();
        plan.watch.referenceEvery = 3;
        plan.watch.mostChange = 0.5;
        Unrest unrest;
        unrest.contaminationPerSecond = 40; // two mean free paths in a dwell
        std::get<Simulator::Settings>(plan.sample).unrest = unrest;
        m_window->planPanel()->setPlan(plan);
        QSignalSpy told(helm(), &Helm::troubled);
        click(button("run"));
        QTRY_VERIFY_WITH_TIMEOUT(helm()->state() == Helm::State::Paused, longMilliseconds);
        QVERIFY(m_window->findChild<Banner *>()->sentence().contains("contaminates or damages"));
        const int steps = helm()->run().size();
        QVERIFY(steps >= 3 && steps < 9);
        while (helm()->isGoing()) { // each further multiple of the limit is told again
            if (helm()->state() == Helm::State::Paused)
                click(button("run"));
            QTest::qWait(10);
        }
        QCOMPARE(helm()->run().size(), 9);
        QCOMPARE(recorded().plan.watch, plan.watch);
        const WatchView *view = m_window->panels()->watch();
        QVERIFY2(view->textOf(4).contains("reference -"), qPrintable(view->textOf(4)));
        QVERIFY(view->textOf(99).isEmpty());
    }

    void theSurveyImageFollowsTheDrift()
    {
        StartOptions options = smallOptions(m_folder->path());
        options.rows = options.cols = 64;
        openWindow(options);
        Plan plan = m_window->planPanel()->plan();
        plan.watch.surveyEvery = 3;
        Unrest unrest;
        unrest.driftXNmPerSecond = 16; // half a pixel a dwell
        unrest.surveySeconds = 0;
        std::get<Simulator::Settings>(plan.sample).unrest = unrest;
        m_window->planPanel()->setPlan(plan);
        const Map first = m_window->panels()->survey()->map();
        click(button("run"));
        waitForEnd();
        QCOMPARE(helm()->run().size(), 9);
        const Map &last = m_window->panels()->survey()->map();
        // Three pixels of the right edge have left the field; the rest shows the same places.
        QVERIFY(std::isnan(last(30, 63)) && std::isfinite(last(30, 50)));
        const auto inner = [](const Map &map) { return map.block(8, 8, 48, 48); };
        QVERIFY((inner(last) - inner(first)).abs().mean() < 0.1f);
        QVERIFY(helm()->run().newest().driftXNm > 3);
    }

    void theWatchIsAskedForInADialog()
    {
        Plan plan;
        plan.watch = {7, 2.5, 0.6, true, true, 0.4, 9, Pixel{3, 4}, 0.2, true};
        Unrest unrest;
        unrest.driftYNmPerSecond = -1.5;
        const WatchDialog dialog(plan.watch, &unrest, nullptr);
        QVERIFY(dialog.watch() == plan.watch);
        QVERIFY(dialog.unrest() == unrest);
        QVERIFY(watchWords(plan.watch).contains("image every 7"));
        QCOMPARE(watchWords({}), QStringLiteral("nothing"));
    }

    void saysWhetherTheDeviationsFit()
    {
        openWindow();
        auto *line = m_window->findChild<StatusLine *>();
        const Theme &theme = themeOf(line->palette());
        const auto label = [line] {
            for (QLabel *each : line->findChildren<QLabel *>())
                if (each->accessibleName() == QLatin1String("Trust"))
                    return each;
            return static_cast<QLabel *>(nullptr);
        };
        QVERIFY(label() && label()->isHidden());
        click(button("run"));
        waitForEnd();
        QVERIFY(label()->isVisible());
        QVERIFY(label()->text().contains("not judged yet")); // 4 predictions
        QVERIFY(label()->toolTip().contains("(4)"));

        Trust trust;
        trust.predictions = 40;
        trust.calibration = 1.62;
        trust.calibrationLow = 1.25;
        trust.calibrationHigh = 2.2;
        line->setTrust(trust);
        QVERIFY(label()->text().contains("1.6 × too narrow") && label()->text().contains("▲"));
        QVERIFY(label()->text().contains(theme.bad.name()));
        trust.calibration = trust.calibrationLow = trust.calibrationHigh = 1;
        line->setTrust(trust);
        QVERIFY(label()->text().contains("fits") && label()->text().contains("✓"));
        trust.outliers = 2;
        line->setTrust(trust);
        QVERIFY(label()->text().contains("most values") && label()->text().contains("◆"));
        QVERIFY(label()->toolTip().contains("far outside even so: 2"));
        line->setTrust(std::nullopt);
        QVERIFY(label()->isHidden());
    }

    void takesTheSamePathTwiceAndRecordsBoth()
    {
        openWindow();
        const auto path = [this] {
            std::vector<Pixel> pixels;
            for (const auto &step : helm()->run().steps())
                pixels.push_back(step->pixel);
            return pixels;
        };
        click(button("run"));
        waitForEnd();
        const std::vector<Pixel> first = path();
        click(button("run"));
        QTRY_VERIFY(helm()->isGoing());
        waitForEnd();
        QCOMPARE(path(), first);
        QCOMPARE(helm()->recordedIn(), file("run-2.h5"));
    }

    void holdsWhilePaused()
    {
        openEndlessWindow();
        click(button("run"));
        waitForSteps(6);
        click(button("pause"));
        QCOMPARE(helm()->state(), Helm::State::Paused);
        QSignalSpy steps(helm(), &Helm::stepsTaken);
        while (steps.wait(2500)) // what was on its way, however busy the machine
            ;
        const int held = helm()->run().size();
        QVERIFY(!steps.wait(700));
        QCOMPARE(helm()->run().size(), held);
        QCOMPARE(button("run")->text(), QString("Resume"));
        click(button("run"));
        waitForSteps(held + 2);
        click(button("stop"));
        waitForEnd();
    }

    void stepMakesOneStepAndPauses()
    {
        openEndlessWindow();
        for (int wanted = 1; wanted <= 7; ++wanted) {
            click(button("step"));
            QTRY_COMPARE_WITH_TIMEOUT(helm()->state(), Helm::State::Paused, longMilliseconds);
            QCOMPARE(helm()->run().size(), wanted);
        }
        click(button("stop"));
        waitForEnd();
        QCOMPARE(helm()->run().size(), 7);
    }

    void stopsAPausedRunAndRecordsIt()
    {
        openEndlessWindow();
        click(button("run"));
        waitForSteps(7);
        click(button("pause"));
        click(button("stop"));
        waitForEnd();
        const Run run = recorded();
        QCOMPARE(run.outcome, Run::Outcome::Stopped);
        QCOMPARE(int(run.steps.size()), helm()->run().size());
    }

    void abortsByItsButton()
    {
        openEndlessWindow(40);
        makeTheModelHeavy();
        click(button("run"));
        waitForSteps(5);
        QElapsedTimer time;
        time.start();
        click(find<QPushButton>("abort"));
        waitForEnd();
        std::printf("aborted and recorded after %lld ms\n", static_cast<long long>(time.elapsed()));
        QVERIFY(int(recorded().steps.size()) >= 5);
        // Not for good: the next run has a microscope again.
        click(button("step"));
        QTRY_COMPARE_WITH_TIMEOUT(helm()->state(), Helm::State::Paused, longMilliseconds);
    }

    void abortsByEscapeTwiceEvenBehindADialog()
    {
        openEndlessWindow();
        click(button("run"));
        waitForSteps(5);
        QMessageBox box(QMessageBox::Information, "In the way", "Modal.", QMessageBox::Ok);
        box.setModal(true);
        box.show();
        QVERIFY(QTest::qWaitForWindowExposed(&box));
        QTest::keyClick(box.windowHandle(), Qt::Key_Escape);
        QVERIFY(helm()->state() == Helm::State::Running);
        QTest::keyClick(m_window->windowHandle(), Qt::Key_Escape);
        QVERIFY(helm()->state() != Helm::State::Running); // a quick step may have ended by now
        waitForEnd();
    }

    void answersClicksWhileTheModelTrains()
    {
        openEndlessWindow(20);
        makeTheModelHeavy();
        click(button("run"));
        waitForSteps(6);
        LoopWatch watch;
        auto *plan = m_window->findChild<QDockWidget *>("plan");
        qint64 slowest = 0;
        for (int i = 0; i < 20; ++i) {
            QElapsedTimer time;
            time.start();
            QTimer::singleShot(20, this, [plan] { plan->setVisible(!plan->isVisible()); });
            const bool wasVisible = plan->isVisible();
            QTRY_VERIFY(plan->isVisible() != wasVisible);
            slowest = std::max(slowest, time.elapsed());
        }
        click(button("stop"));
        waitForEnd();
        std::printf("event loop never away for more than %lld ms during a run\n",
                    static_cast<long long>(watch.longest()));
        QVERIFY2(watch.longest() < 500, qPrintable(QString::number(watch.longest())));
    }

    void ordersHoldFromTheNextStepOnAndAreNoted()
    {
        openEndlessWindow();
        click(button("run"));
        waitForSteps(7);
        click(button("pause"));
        m_window->planPanel()->setAcquisition(Acquisition::ExpectedImprovement);
        m_window->planPanel()->setSteps(300);
        click(button("run"));
        const int before = helm()->run().size();
        waitForSteps(before + 3);
        click(button("stop"));
        waitForEnd();
        QStringList changes;
        for (const auto &step : helm()->run().steps())
            changes << step->changes;
        QVERIFY2(changes.size() >= 2, qPrintable(changes.join("; ")));
        QCOMPARE(helm()->run().newest().acquisition, Acquisition::ExpectedImprovement);
        QStringList kept;
        for (const Step &step : recorded().steps)
            kept << step.changes;
        QCOMPARE(kept, changes);
    }

    void measuresAQueuedPixelNext()
    {
        openEndlessWindow();
        QVERIFY(!helm()->queue({16, 16})); // no run yet
        click(button("run"));
        waitForSteps(6);
        click(button("pause"));
        Pixel wanted{12, 12};
        while (helm()->run().measuredAt(wanted, 1000))
            ++wanted.col;
        emit m_window->panels()->queueWished(wanted);
        QCOMPARE(int(helm()->queued().size()), 1);
        click(button("run"));
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().measuredAt(wanted, 1000), longMilliseconds);
        const int index = *helm()->run().measuredAt(wanted, 1000);
        QCOMPARE(helm()->run().at(index).reason, Reason::Queued);
        QVERIFY(helm()->queued().empty());
        click(button("stop"));
        waitForEnd();
    }

    void staysOutOfForbiddenRegions()
    {
        openEndlessWindow();
        helm()->forbid({0, 0}, {31, 15});
        click(button("run"));
        waitForSteps(15);
        click(button("stop"));
        waitForEnd();
        for (const auto &step : helm()->run().steps())
            QVERIFY(step->pixel.col > 15);
        helm()->allowAll();
        QCOMPARE(int(helm()->forbidden().size()), 0);
    }

    void asksBeforeEachStepWhenToldTo()
    {
        openEndlessWindow();
        helm()->setApproving(true);
        auto *approve = m_window->findChild<QAction *>("approve");
        QVERIFY(approve);
        approve->setChecked(true);
        QSignalSpy proposed(helm(), &Helm::proposed);
        click(button("run"));
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 1, longMilliseconds);
        const auto first = proposed[0][0].value<Proposal>();
        click(find<QPushButton>("veto"));
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 2, longMilliseconds);
        const auto second = proposed[1][0].value<Proposal>();
        QVERIFY(second.pixel != first.pixel);
        click(find<QPushButton>("measure"));
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 3, longMilliseconds);
        QVERIFY(helm()->run().measuredAt(second.pixel, 1000));
        QVERIFY(!helm()->run().measuredAt(first.pixel, 1000));
        click(button("stop")); // while it waits for an answer
        waitForEnd();
    }

    void looksBackAtEarlierStepsWithoutJumping()
    {
        openWindow();
        click(button("run"));
        waitForEnd();
        Timeline *timeline = m_window->panels()->timeline();
        QCOMPARE(timeline->index(), 8);
        timeline->goTo(5);
        QVERIFY(!timeline->isFollowing());
        QVERIFY(m_window->panels()->shownIndex() == 5);
        // The table shows the same step, and leads to others by its keys.
        QTableView *table = m_window->panels()->table();
        const auto row = [table] {
            const QModelIndexList rows = table->selectionModel()->selectedRows();
            return rows.size() == 1 ? rows.first().data(StepModel::NumberRole).toInt() : 0;
        };
        QCOMPARE(row(), 6);
        table->sortByColumn(StepModel::Number, Qt::DescendingOrder);
        timeline->goTo(2);
        QCOMPARE(row(), 3);
        table->sortByColumn(StepModel::Number, Qt::AscendingOrder);
        table->setFocus();
        QTest::keyClick(table, Qt::Key_Down);
        QCOMPARE(timeline->index(), 3);
        QCOMPARE(row(), 4);
    }

    void saysWhyAFileCannotBeOpened()
    {
        openWindow();
        helm()->openFiles({file("missing.hspy")}, false);
        QTRY_VERIFY(m_window->banner()->isVisible());
        QVERIFY2(m_window->banner()->sentence().contains("missing.hspy"),
                 qPrintable(m_window->banner()->sentence()));
        QCOMPARE(helm()->state(), Helm::State::Ready); // what was open still is
        click(m_window->banner()->findChild<QPushButton *>());
        QVERIFY(!m_window->banner()->isVisible());
    }

    void opensARecordedRunAgain()
    {
        openWindow();
        click(button("run"));
        waitForEnd();
        const QString recording = helm()->recordedIn();
        m_window.reset();
        StartOptions options;
        options.files = QStringList{recording};
        options.theme = "dark";
        openWindow(options);
        QTRY_COMPARE(helm()->run().size(), 9);
        QCOMPARE(tableRows(), 9);
        QCOMPARE(m_window->planPanel()->plan().seed, std::uint64_t(3));
        QCOMPARE(m_window->planPanel()->plan().model.cycles, 4);
    }

    void takesDroppedFiles()
    {
        openWindow();
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file("dropped.npz"))});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &drop);
        QTRY_VERIFY(m_window->banner()->sentence().contains("dropped.npz"));
    }

    void recordsElsewhereWhereItCannotWrite()
    {
        StartOptions options = smallOptions(m_folder->path());
        QFile blocker(file("a file"));
        QVERIFY(blocker.open(QIODevice::WriteOnly));
        options.out = file("a file/run.h5"); // its folder cannot be made, not even by root
        openWindow(options);
        click(button("run"));
        waitForEnd();
        QVERIFY(m_window->banner()->isVisible());
        QVERIFY(helm()->recordedIn().startsWith(QDir::tempPath()));
        QCOMPARE(int(recorded().steps.size()), 9);
        QVERIFY(QFile::remove(helm()->recordedIn()));
    }

    void asksBeforeClosingWhileRunningThenStopsAndSaves()
    {
        openEndlessWindow(20);
        makeTheModelHeavy();
        click(button("run"));
        waitForSteps(6);
        m_window->close();
        QVERIFY(m_window->isVisible());
        QTRY_VERIFY(m_window->findChild<QMessageBox *>());
        // Keep running
        auto *question = m_window->findChild<QMessageBox *>();
        click(question->buttons().at(1));
        QTRY_VERIFY(!m_window->findChild<QMessageBox *>());
        QVERIFY(helm()->isGoing());
        // Stop and save
        m_window->close();
        QTRY_VERIFY(m_window->findChild<QMessageBox *>());
        question = m_window->findChild<QMessageBox *>();
        QElapsedTimer time;
        time.start();
        click(question->buttons().at(0));
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), longMilliseconds);
        std::printf("stopped, saved and closed after %lld ms\n",
                    static_cast<long long>(time.elapsed()));
        const Run run = recorded();
        QCOMPARE(run.outcome, Run::Outcome::Stopped);
        QCOMPARE(int(run.steps.size()), helm()->run().size());
    }

    void dyingWhileRunningLeavesAReadableRun()
    {
        openEndlessWindow();
        click(button("run"));
        waitForSteps(6);
        click(button("pause")); // a paused worker must let go, too
        const QString recording = helm()->recordedIn();
        m_window.reset();
        QVERIFY(readRun(recording, unwatched()).steps.size() >= 6);
    }

    void remembersItsLayout()
    {
        openWindow();
        auto *plan = m_window->findChild<QDockWidget *>("plan");
        QVERIFY(plan->isVisible());
        plan->close();
        m_window->close();
        openWindow();
        QVERIFY(!m_window->findChild<QDockWidget *>("plan")->isVisible());
    }

    void savesPicturesUnattended()
    {
        StartOptions options = smallOptions(m_folder->path());
        options.pictures = file("pictures");
        options.isRunAtOnce = true;
        options.isQuitAtEnd = true;
        options.size = QSize(1280, 800);
        m_window = std::make_unique<MainWindow>(options);
        Unattended unattended(options, m_window.get());
        m_window->show();
        m_window->begin();
        QSignalSpy finished(&unattended, &Unattended::finished);
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, longMilliseconds);
        QCOMPARE(finished[0][0].toInt(), 0);
        for (const QString name : {"helmscope-begin.png", "helmscope-end.png"}) {
            const QImage picture(file("pictures/" + name));
            QCOMPARE(picture.size(), QSize(1280, 800));
        }
    }

    void actionsHaveTextAndHelpAndNoSingleKeyMovesTheBeam()
    {
        openWindow();
        for (QAction *action :
             {m_window->runBar()->run(), m_window->runBar()->pause(), m_window->runBar()->step(),
              m_window->runBar()->stop(), m_window->runBar()->abort()}) {
            QVERIFY(!action->text().isEmpty());
            QVERIFY(!action->toolTip().isEmpty());
            const QKeySequence keys = action->shortcut();
            QVERIFY(keys.isEmpty() || keys[0].keyboardModifiers() != Qt::NoModifier);
        }
        QTest::keyClicks(m_window.get(), "rpsn 0123456789");
        QTest::keyClick(m_window.get(), Qt::Key_Return);
        QTest::keyClick(m_window.get(), Qt::Key_Space);
        QVERIFY(!helm()->isGoing());
    }

    void saysWhichArgumentIsWrong_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("named");
        QTest::newRow("number") << QStringList{"--steps", "many"} << "--steps";
        QTest::newRow("size") << QStringList{"--simulate", "8x8"} << "--simulate";
        QTest::newRow("theme") << QStringList{"--theme", "pink"} << "--theme";
        QTest::newRow("unknown") << QStringList{"--frobnicate"} << "frobnicate";
        QTest::newRow("acquisition") << QStringList{"--acquisition", "best"} << "best";
        QTest::newRow("both") << QStringList{"--simulate", "96x96", "a.npz"} << "--simulate";
    }
    void saysWhichArgumentIsWrong()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, named);
        QString sentence;
        try {
            StartOptions::parse(QStringList{"helmscope"} + arguments);
        } catch (const Error &e) {
            sentence = QString::fromUtf8(e.what());
        }
        QVERIFY2(sentence.contains(named), qPrintable(sentence));
    }

    void readsItsArguments()
    {
        const StartOptions options = StartOptions::parse(
            {"helmscope", "--simulate", "64x48", "--seed", "7", "--run", "--acquisition", "ei",
             "--scalarizer", "band:0.3-0.4", "--size", "1280x800", "--quit", "--out", "a.h5"});
        QCOMPARE(options.rows, 64);
        QCOMPARE(options.cols, 48);
        QCOMPARE(*options.seed, std::uint64_t(7));
        QVERIFY(options.isRunAtOnce && options.isQuitAtEnd);
        QCOMPARE(*options.acquisition, Acquisition::ExpectedImprovement);
        QCOMPARE(options.scalarizer->band, (Band{0.3, 0.4}));
        QCOMPARE(options.size, QSize(1280, 800));
        QCOMPARE(options.out, QString("a.h5"));
    }

    void remembersBeliefsOfEarlierSteps()
    {
        ShownRun run;
        const auto add = [&run](Pixel pixel, bool hasBelief) {
            Step step;
            step.pixel = pixel;
            step.dose = 2;
            if (hasBelief)
                step.belief = std::make_shared<const Belief>();
            run.append(std::make_shared<const Step>(step));
        };
        QVERIFY(!run.beliefAt(0).belief);
        add({1, 1}, false);
        add({5, 5}, true);
        add({1, 1}, false);
        add({9, 9}, true);
        QCOMPARE(run.beliefAt(0).index, 1); // none before: the nearest later one
        QCOMPARE(run.beliefAt(1).index, 1);
        QCOMPARE(run.beliefAt(2).index, 1);
        QCOMPARE(run.beliefAt(3).index, 3);
        QCOMPARE(*run.measuredAt({1, 1}, 3), 2);
        QCOMPARE(*run.measuredAt({1, 1}, 1), 0);
        QVERIFY(!run.measuredAt({2, 2}, 3));
        QCOMPARE(*run.nearestTo({6, 4}, 3), 1);
        QCOMPARE(run.largestDose(), 2.0);
    }

    void opensTheRealPairs_data()
    {
        QTest::addColumn<QStringList>("files");
        QTest::addColumn<bool>("hasSpectra");
        const QString data = HELMSCOPE_SOURCE "/../shared/data/";
        QTest::newRow("sio2") << QStringList{data + "sio2-haadf-eds/SiO2_HAADF_Image.hspy",
                                             data + "sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy"}
                              << true;
        QTest::newRow("idp") << QStringList{data + "idp-haadf-eds/idp0_eds_sp2_ebin4.npz"} << true;
        QTest::newRow("fito") << QStringList{data +
                                             "fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz"}
                              << false;
    }
    void opensTheRealPairs()
    {
        QFETCH(QStringList, files);
        QFETCH(bool, hasSpectra);
        for (const QString &name : files)
            if (!QFile::exists(name))
                QSKIP("The recorded data are not here.");
        StartOptions options = smallOptions(m_folder->path());
        options.files = files;
        openWindow(options);
        QCOMPARE(helm()->sample()->hasSpectra(), hasSpectra);
        click(button("run"));
        waitForEnd();
        QCOMPARE(helm()->run().size(), 9);
    }
};

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
