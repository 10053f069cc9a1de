// SPDX-License-Identifier: GPL-3.0-or-later
// Several samples and runs open at once, in the real window: one is looked at, one is steered.
#include "app/banner.h"
#include "app/dosepanel.h"
#include "app/opentabs.h"
#include "app/openworkspace.h"
#include "app/panels.h"
#include "app/planpanel.h"
#include "app/runbar.h"
#include "app/timeline.h"
#include "dkl/presets.h"
#include "smallwindow.h"
#include "steering/recording/runfile.h"
#include "widgets/mapview.h"
#include "widgets/spectrumview.h"

#include <QAction>
#include <QDir>
#include <QElapsedTimer>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include <cstdio>

using namespace helmscope;

namespace {

void click(QWidget *widget)
{
    QTest::mouseClick(widget, Qt::LeftButton);
}

} // namespace

class TestTabs : public QObject
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
    OpenTabs *tabs() const { return m_window->tabs(); }
    Panels *panels() const { return m_window->panels(); }
    QString file(const QString &name) const { return m_folder->filePath(name); }
    int shown() const { return helm()->document().id; }

    void openWindow(const StartOptions &options) { showSmallWindow(m_window, options); }
    void openWindow() { openWindow(smallOptions(m_folder->path())); }
    /// With a run that does not end by itself, and steps slow enough to act between them.
    void openEndlessWindow()
    {
        StartOptions options = smallOptions(m_folder->path());
        options.steps = 300;
        openWindow(options);
        Plan plan = m_window->planPanel()->plan();
        plan.model = presetFromKey("network").settings;
        plan.model.cycles = 50;
        m_window->planPanel()->setPlan(plan);
    }
    void openSimulated(int rows, std::uint64_t seed)
    {
        const int before = shown();
        helm()->openSample(simulatedSample(rows, rows, seed));
        QTRY_VERIFY_WITH_TIMEOUT(shown() != before, longMilliseconds);
    }
    void waitForEnd() { QTRY_VERIFY_WITH_TIMEOUT(!helm()->isGoing(), longMilliseconds); }
    void waitForSteps(const OpenDocument &document, int steps)
    {
        QTRY_VERIFY_WITH_TIMEOUT(document.run.size() >= steps, longMilliseconds);
    }
    /// Runs to the budget; what was recorded.
    QString recordRun()
    {
        click(button("run"));
        waitForEnd();
        return helm()->recordedIn();
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        nameProgram("tst_tabs");
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

    void whatIsOpenedTakesThePlaceOfTheUntouchedSample()
    {
        openWindow();
        QCOMPARE(tabs()->count(), 1);
        openSimulated(40, 5);
        QCOMPARE(tabs()->count(), 1);
        QCOMPARE(helm()->sample()->survey->rows(), 40);
        // Touched, it stays.
        helm()->forbid({0, 0}, {3, 3});
        openSimulated(48, 6);
        QCOMPARE(tabs()->count(), 2);
        QCOMPARE(tabs()->currentIndex(), 1);
        QCOMPARE(helm()->sample()->survey->rows(), 48);
        QVERIFY(helm()->regions().isEmpty());
        // Drawn on, too.
        panels()->graphics()->add({0, Graphic::Kind::Rectangle, {{2, 2}, {9, 9}}});
        openSimulated(36, 7);
        QCOMPARE(tabs()->count(), 3);
        QVERIFY(!m_window->undo()->canUndo());
    }

    void whatIsOpenAlreadyIsShown()
    {
        openWindow();
        helm()->forbid({0, 0}, {3, 3});
        const int first = shown();
        openSimulated(40, 5);
        helm()->forbid({0, 0}, {3, 3});
        helm()->openSample(simulatedSample(32, 32, 3));
        QCOMPARE(shown(), first);
        QCOMPARE(tabs()->count(), 2);
        // A run likewise, by its file.
        const QString recording = recordRun();
        const int second = helm()->documents()[1]->id;
        helm()->show(second);
        helm()->openFiles({recording}, false);
        QCOMPARE(shown(), first);
        QCOMPARE(tabs()->count(), 2);
    }

    void whatBelongsToATabComesBackWithIt()
    {
        openWindow();
        recordRun();
        const int first = shown();
        panels()->timeline()->goTo(5);
        panels()->survey()->setViewRect({4, 6, 10, 10});
        panels()->mean()->setLimits({0.25f, 0.75f});
        panels()->spectrum()->setLogarithmic(true);
        panels()->graphics()->add({0, Graphic::Kind::Rectangle, {{2, 2}, {9, 9}}});
        panels()->dose()->setLimit(1e9);
        helm()->forbid({0, 0}, {3, 3});
        Plan plan = m_window->planPanel()->plan();
        plan.steps = 77;
        plan.seed = 21;
        plan.acquisition.kind = Acquisition::ExpectedImprovement;
        m_window->planPanel()->setPlan(plan);
        const ViewState before = panels()->viewState();
        const QString scalarizer = m_window->planPanel()->scalarizer().text();

        openSimulated(40, 5);
        QVERIFY(helm()->run().isEmpty());
        QCOMPARE(panels()->shownIndex(), -1);
        QCOMPARE(panels()->table()->model()->rowCount(), 0);
        QVERIFY(panels()->graphics()->all().empty());
        QVERIFY(panels()->mean()->isEmpty() && !panels()->mean()->areLimitsLocked());
        QVERIFY(!m_window->undo()->canUndo());
        Plan other = m_window->planPanel()->plan();
        other.steps = 33;
        m_window->planPanel()->setPlan(other);
        panels()->graphics()->add({0, Graphic::Kind::Ellipse, {{1, 1}, {5, 5}}});
        const int second = shown();

        helm()->show(first);
        const ViewState after = panels()->viewState();
        QCOMPARE(after.step, 5);
        QCOMPARE(panels()->shownIndex(), 5);
        QCOMPARE(panels()->table()->model()->rowCount(), 9);
        QVERIFY(after.maps.size() == before.maps.size());
        for (std::size_t i = 0; i < before.maps.size(); ++i) {
            QCOMPARE(after.maps[i].isLocked, before.maps[i].isLocked);
            QVERIFY(
                (after.maps[i].region.center() - before.maps[i].region.center()).manhattanLength() <
                1e-6);
        }
        QCOMPARE(panels()->mean()->limits().low, 0.25f);
        QVERIFY(panels()->spectrum()->isLogarithmic());
        QCOMPARE(panels()->dose()->limit(), 1e9);
        QCOMPARE(int(panels()->graphics()->all().size()), 1);
        QCOMPARE(panels()->graphics()->all()[0].kind, Graphic::Kind::Rectangle);
        QVERIFY(!helm()->regions().isEmpty());
        QCOMPARE(m_window->planPanel()->plan().steps, 77);
        QCOMPARE(m_window->planPanel()->plan().seed, std::uint64_t(21));
        QCOMPARE(m_window->planPanel()->plan().acquisition.kind, Acquisition::ExpectedImprovement);
        QCOMPARE(m_window->planPanel()->scalarizer().text(), scalarizer);
        // Each takes back its own.
        m_window->undo()->undo();
        QVERIFY(panels()->graphics()->all().empty());
        helm()->show(second);
        QCOMPARE(m_window->planPanel()->plan().steps, 33);
        QCOMPARE(int(panels()->graphics()->all().size()), 1);
        QCOMPARE(panels()->graphics()->all()[0].kind, Graphic::Kind::Ellipse);
        m_window->undo()->undo();
        QVERIFY(panels()->graphics()->all().empty());
        helm()->show(first);
        m_window->undo()->redo();
        QCOMPARE(int(panels()->graphics()->all().size()), 1);
    }

    void aLiveRunGoesOnBehindAnotherTab()
    {
        openEndlessWindow();
        click(button("run"));
        const int running = shown();
        const OpenDocument &document = *helm()->live();
        waitForSteps(document, 6);
        openSimulated(40, 5);
        QVERIFY(helm()->isGoing() && !helm()->isLiveShown());
        QVERIFY(tabs()->tabText(0).endsWith(QStringLiteral("●")));
        QVERIFY(tabs()->accessibleTabName(0).contains("running"));
        // Its orders are not those of the plan that is edited here.
        m_window->planPanel()->setAcquisition(Acquisition::Random);
        m_window->planPanel()->setSteps(2);
        QVERIFY(!helm()->queue({20, 20}));
        const int before = document.run.size();
        waitForSteps(document, before + 5);
        QVERIFY(helm()->run().isEmpty());
        QCOMPARE(panels()->table()->model()->rowCount(), 0);
        // The bar says whose it is, and acts on it.
        QVERIFY(find<QToolButton>("liveRun")->isVisible());
        QVERIFY(m_window->runBar()->pause()->toolTip().contains(document.runName()));
        click(button("pause"));
        QCOMPARE(helm()->state(), Helm::State::Paused);
        QVERIFY(tabs()->tabText(0).endsWith(QStringLiteral("❚❚")));
        click(button("run"));
        QCOMPARE(helm()->state(), Helm::State::Running);
        // Back again: all steps are there, and it follows.
        click(find<QToolButton>("liveRun"));
        QCOMPARE(shown(), running);
        QVERIFY(!find<QToolButton>("liveRun")->isVisible());
        QCOMPARE(panels()->shownIndex(), helm()->run().size() - 1);
        QCOMPARE(panels()->table()->model()->rowCount(), helm()->run().size());
        const int now = helm()->run().size();
        QTRY_VERIFY_WITH_TIMEOUT(panels()->table()->model()->rowCount() > now, longMilliseconds);
        click(button("stop"));
        waitForEnd();
        const Run run = readRun(helm()->recordedIn(), unwatched());
        QCOMPARE(int(run.steps.size()), helm()->run().size());
        for (int i = 0; i < helm()->run().size(); ++i) {
            QCOMPARE(run.steps[std::size_t(i)].pixel, helm()->run().at(i).pixel);
            QVERIFY2(run.steps[std::size_t(i)].changes.isEmpty(),
                     qPrintable(run.steps[std::size_t(i)].changes.join("; ")));
        }
    }

    void abortsFromAnotherTab_data()
    {
        QTest::addColumn<bool>("isByKeys");
        QTest::newRow("button") << false;
        QTest::newRow("Esc twice") << true;
    }
    void abortsFromAnotherTab()
    {
        QFETCH(bool, isByKeys);
        openEndlessWindow();
        click(button("run"));
        const int running = shown();
        waitForSteps(*helm()->live(), 6);
        openSimulated(40, 5);
        QSignalSpy ended(helm(), &Helm::runEnded);
        if (isByKeys) {
            QTest::keyClick(m_window->windowHandle(), Qt::Key_Escape);
            QTest::keyClick(m_window->windowHandle(), Qt::Key_Escape);
        } else {
            QVERIFY(find<QPushButton>("abort")->isEnabled());
            click(find<QPushButton>("abort"));
        }
        waitForEnd();
        QCOMPARE(ended.size(), 1);
        QVERIFY(ended[0][1].toString().contains("Aborted"));
        QVERIFY(helm()->run().isEmpty()); // of the tab that is shown
        // The window says so, and leads there.
        QVERIFY2(m_window->banner()->sentence().contains("has ended"),
                 qPrintable(m_window->banner()->sentence()));
        click(m_window->banner()->findChild<QPushButton *>("bannerAction"));
        QCOMPARE(shown(), running);
        QCOMPARE(panels()->table()->model()->rowCount(), helm()->run().size());
    }

    void aProposalWaitsUntilItsPixelIsLookedAt()
    {
        openEndlessWindow();
        m_window->findChild<QAction *>("approve")->setChecked(true);
        QSignalSpy proposed(helm(), &Helm::proposed);
        click(button("run"));
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 1, longMilliseconds);
        const int running = shown();
        auto *measure = find<QPushButton>("measure");
        QVERIFY(measure->isVisible() && measure->isEnabled());
        openSimulated(40, 5);
        QVERIFY(!measure->isVisible());
        QVERIFY2(m_window->banner()->sentence().contains("waits for you"),
                 qPrintable(m_window->banner()->sentence()));
        click(m_window->banner()->findChild<QPushButton *>("bannerAction"));
        QCOMPARE(shown(), running);
        QVERIFY(measure->isVisible() && measure->isEnabled());
        QVERIFY(!m_window->banner()->isVisible());
        const Pixel wanted = proposed[0][0].value<Proposal>().pixel;
        click(measure);
        QTRY_VERIFY_WITH_TIMEOUT(helm()->run().measuredAt(wanted, 1000), longMilliseconds);
        // Answered and asked again elsewhere: said once more, and gone when it is stopped there.
        QTRY_COMPARE_WITH_TIMEOUT(proposed.size(), 2, longMilliseconds);
        helm()->show(helm()->documents()[1]->id);
        QVERIFY(m_window->banner()->sentence().contains("waits for you"));
        click(button("stop"));
        waitForEnd();
        QVERIFY(!m_window->banner()->sentence().contains("waits for you"));
    }

    void theLimitOfTheDoseHoldsBehindAnotherTab()
    {
        openEndlessWindow();
        click(button("run"));
        const OpenDocument &document = *helm()->live();
        waitForSteps(document, 6);
        click(button("pause"));
        QTRY_COMPARE_WITH_TIMEOUT(panels()->shownIndex(), document.run.size() - 1, 5000);
        const double once = document.run.largestDose();
        QVERIFY(once > 0);
        panels()->dose()->setLimit(1.5 * once); // a second visit would be too much
        QVERIFY(helm()->forbidden().count() >= 5);
        openSimulated(40, 5);
        QVERIFY(helm()->regions().isEmpty());
        panels()->dose()->setLimit(0); // this tab's own
        const int before = document.run.size();
        click(button("run"));
        waitForSteps(document, before + 5);
        helm()->stop();
        waitForEnd();
        QVERIFY(helm()->regions().isEmpty());
        for (const auto &step : document.run.steps())
            QVERIFY(document.regions.forbidden(step->pixel.row, step->pixel.col));
    }

    void theKeyboardReachesEveryTab()
    {
        openWindow();
        QList<int> ids;
        for (int i = 0; i < 3; ++i) {
            helm()->forbid({0, 0}, {3, 3});
            ids << shown();
            if (i < 2)
                openSimulated(40 + 4 * i, 5);
        }
        QCOMPARE(tabs()->count(), 3);
        const auto press = [this](Qt::Key key, Qt::KeyboardModifiers modifiers) {
            QTest::keyClick(m_window.get(), key, modifiers);
        };
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        press(Qt::Key_Tab, Qt::ControlModifier);
        QCOMPARE(shown(), ids[0]);
        press(Qt::Key_Backtab, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(shown(), ids[2]);
        press(Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(shown(), ids[1]);
        press(Qt::Key_9, Qt::ControlModifier); // there is none
        QCOMPARE(shown(), ids[1]);
        press(Qt::Key_W, Qt::ControlModifier);
        QCOMPARE(tabs()->count(), 2);
        QCOMPARE(shown(), ids[2]);
        // The middle button closes, a click shows.
        QTest::mouseClick(tabs(), Qt::MiddleButton, {}, tabs()->tabRect(1).center());
        QCOMPARE(tabs()->count(), 1);
        QCOMPARE(shown(), ids[0]);
    }

    void theLastTabLeavesAnEmptyWindowThatSaysWhatToDo()
    {
        openWindow();
        recordRun();
        panels()->graphics()->add({0, Graphic::Kind::Rectangle, {{2, 2}, {9, 9}}});
        m_window->closeTab(shown());
        QCOMPARE(tabs()->count(), 0);
        QVERIFY(tabs()->isHidden());
        QCOMPARE(helm()->state(), Helm::State::Empty);
        QVERIFY(!helm()->sample());
        QVERIFY(panels()->survey()->isEmpty() && panels()->mean()->isEmpty());
        QVERIFY(panels()->graphics()->all().empty());
        QCOMPARE(panels()->table()->model()->rowCount(), 0);
        QVERIFY(!button("run")->isEnabled());
        panels()->timeline()->goTo(3); // nothing to go to
        m_window->compareShown();
        openSimulated(40, 5);
        QCOMPARE(helm()->state(), Helm::State::Ready);
        QVERIFY(button("run")->isEnabled());
        QVERIFY(!panels()->survey()->isEmpty());
    }

    void closingALiveRunAsksFirst()
    {
        openEndlessWindow();
        click(button("run"));
        const int running = shown();
        waitForSteps(*helm()->live(), 6);
        const QString recording = helm()->recordedIn();
        openSimulated(40, 5);
        m_window->closeTab(running);
        auto *question = find<QMessageBox>("closeTabQuestion");
        QVERIFY(question);
        click(question->buttons().at(1)); // keep running
        QTRY_VERIFY(!find<QMessageBox>("closeTabQuestion"));
        QVERIFY(helm()->isGoing());
        QCOMPARE(tabs()->count(), 2);
        helm()->close(running); // nobody asked
        QCOMPARE(tabs()->count(), 2);
        m_window->closeTab(running);
        click(find<QMessageBox>("closeTabQuestion")->buttons().at(0));
        waitForEnd();
        QTRY_COMPARE(tabs()->count(), 1);
        QVERIFY(!helm()->find(running));
        QVERIFY(readRun(recording, unwatched()).steps.size() >= 6);
        QVERIFY(!helm()->lastLive());
    }

    void aRunOfARecordedSampleGetsATabOfItsOwn()
    {
        openWindow();
        const QString recording = recordRun();
        m_window->closeTab(shown());
        helm()->openFiles({recording}, false);
        QTRY_COMPARE_WITH_TIMEOUT(helm()->run().size(), 9, longMilliseconds);
        const int recorded = shown();
        panels()->graphics()->add({0, Graphic::Kind::Rectangle, {{2, 2}, {9, 9}}});
        click(button("run"));
        QVERIFY(shown() != recorded);
        QCOMPARE(tabs()->count(), 2);
        QCOMPARE(int(panels()->graphics()->all().size()), 1); // of the same sample
        waitForEnd();
        QCOMPARE(helm()->run().size(), 9);
        QVERIFY(helm()->recordedIn() != recording);
        QCOMPARE(helm()->find(recorded)->run.size(), 9);
        QCOMPARE(helm()->find(recorded)->record.file, recording);
    }

    void opensAgainWhatWasOpen()
    {
        openWindow();
        const QString one = recordRun(), two = recordRun(), three = recordRun();
        QVERIFY(one != two && two != three);
        for (const QString &recording : {one, two, three}) { // the last is on the sample's tab
            helm()->openFiles({recording}, false);
            QTRY_COMPARE_WITH_TIMEOUT(helm()->recordedIn(), recording, longMilliseconds);
        }
        QCOMPARE(tabs()->count(), 3);
        helm()->show(helm()->documents()[0]->id);
        panels()->timeline()->goTo(2);
        helm()->show(helm()->documents()[1]->id);
        panels()->timeline()->goTo(6);
        QTRY_VERIFY(QSettings().value("window/tabs").toString().contains("\"step\":7"));
        const QString first = helm()->documents()[0]->record.file;
        const QString last = helm()->documents()[2]->record.file;
        m_window.reset(); // nobody closed it: as after a crash
        QVERIFY(QFile::remove(last));

        StartOptions options;
        options.isPlain = true;
        openWindow(options);
        QTRY_COMPARE_WITH_TIMEOUT(tabs()->count(), 2, longMilliseconds);
        QTRY_VERIFY(!helm()->isReopening());
        QCOMPARE(tabs()->currentIndex(), 1);
        QCOMPARE(panels()->shownIndex(), 6);
        QCOMPARE(m_window->planPanel()->plan().seed, std::uint64_t(3)); // the run's
        helm()->show(helm()->documents()[0]->id);
        QCOMPARE(helm()->recordedIn(), first);
        QCOMPARE(panels()->shownIndex(), 2);
        QVERIFY2(m_window->banner()->sentence().startsWith("Not opened again: ") &&
                     m_window->banner()->sentence().contains(QFileInfo(last).fileName()),
                 qPrintable(m_window->banner()->sentence()));
        QCOMPARE(m_window->banner()->sentence().count("Not opened"), 1);
    }

    void beginsAnewWhereNothingCanBeOpenedAgain_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("none") << QString();
        QTest::newRow("no JSON") << "{\"tabs\":[";
        QTest::newRow("other types") << R"({"shown":"x","tabs":[1,"a",[],null]})";
        QTest::newRow("gone") << R"({"shown":7,"tabs":[{"file":"/nowhere/a.h5"},{"run":"x"}]})";
        QTest::newRow("empty") << R"({"shown":-3,"tabs":[{},{"sample":{"image":5}}]})";
    }
    void beginsAnewWhereNothingCanBeOpenedAgain()
    {
        QFETCH(QString, text);
        QSettings().setValue("window/tabs", text);
        StartOptions options;
        options.isPlain = true;
        openWindow(options);
        QTRY_VERIFY(!helm()->isReopening());
        QCOMPARE(tabs()->count(), 1);
        QVERIFY(helm()->sample()->isSimulated());
    }

    void tabsTakeOtherPlacesAndKeepThem()
    {
        StartOptions options = smallOptions(m_folder->path());
        options.isPlain = true;
        openWindow(options);
        QStringList recordings;
        for (const QString &name : {QStringLiteral("one"), QStringLiteral("two")}) {
            const QString recording = recordRun();
            QVERIFY(QFile::copy(recording, file(name + ".h5")));
            recordings << file(name + ".h5");
        }
        recordings << helm()->recordedIn();
        while (tabs()->count() > 0)
            helm()->close(tabs()->idAt(0));
        for (const QString &recording : std::as_const(recordings)) {
            helm()->openFiles({recording}, false);
            QTRY_COMPARE_WITH_TIMEOUT(helm()->recordedIn(), recording, longMilliseconds);
        }
        const auto names = [this] {
            QStringList found;
            for (int i = 0; i < tabs()->count(); ++i)
                found << helm()->find(tabs()->idAt(i))->runName();
            return found;
        };
        const QString third = names().last();
        QCOMPARE(names(), QStringList({"one", "two", third}));
        find<QAction>("moveTabLeft")->trigger();
        QCOMPARE(names(), QStringList({"one", third, "two"}));
        QCOMPARE(tabs()->currentIndex(), 1); // the same one is shown
        QCOMPARE(helm()->recordedIn(), recordings.last());
        find<QAction>("moveTabRight")->trigger();
        find<QAction>("moveTabRight")->trigger(); // it is the last already
        QCOMPARE(names(), QStringList({"one", "two", third}));
        // By dragging the first one over the second.
        const QPoint from = tabs()->tabRect(0).center(), to = tabs()->tabRect(1).center();
        QTest::mousePress(tabs(), Qt::LeftButton, {}, from);
        for (int x = from.x(); x <= to.x() + 5; x += 5)
            QTest::mouseMove(tabs(), {x, from.y()});
        QTest::mouseRelease(tabs(), Qt::LeftButton, {}, {to.x() + 5, to.y()});
        QTRY_COMPARE(names(), QStringList({"two", "one", third}));
        QCOMPARE(int(helm()->documents().size()), tabs()->count());
        for (int i = 0; i < tabs()->count(); ++i)
            QCOMPARE(helm()->documents()[std::size_t(i)]->id, tabs()->idAt(i));
        m_window->close();
        openWindow(options);
        QTRY_VERIFY_WITH_TIMEOUT(!helm()->isReopening(), longMilliseconds);
        QCOMPARE(names(), QStringList({"two", "one", third}));
    }

    void picturesAndArgumentsOpenNothingAgain()
    {
        openWindow();
        const QString recording = recordRun();
        helm()->openFiles({recording}, false);
        m_window->close();
        QVERIFY(QSettings().value("window/tabs").toString().contains("run.h5"));
        StartOptions options = smallOptions(m_folder->path());
        options.isPlain = true;
        options.pictures = file("pictures");
        openWindow(options);
        QVERIFY(helm()->sample()->isSimulated() && helm()->run().isEmpty());
        QVERIFY(StartOptions::parse({"helmscope"}).isPlain);
        QVERIFY(StartOptions::parse({"helmscope", "--theme", "light"}).isPlain);
        QVERIFY(!StartOptions::parse({"helmscope", "a.h5"}).isPlain);
        QVERIFY(!StartOptions::parse({"helmscope", "--run"}).isPlain);
    }

    void aRunThatWasCutOffIsThereAgain()
    {
        QStandardPaths::setTestModeEnabled(true);
        StartOptions options = smallOptions(m_folder->path());
        options.out.clear();
        options.files = QStringList{file("place")};
        QVERIFY(QDir().mkpath(file("place")));
        Workspace::create(file("place"));
        options.steps = 300;
        openWindow(options);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->workspace()->isOpen(), longMilliseconds);
        click(button("run"));
        waitForSteps(*helm()->live(), 7);
        const QString id = helm()->runId();
        QVERIFY(!id.isEmpty());
        QTRY_VERIFY(QSettings().value("window/tabs").toString().contains(id));
        m_window.reset(); // in the middle of it
        StartOptions plain;
        plain.isPlain = true;
        openWindow(plain);
        QTRY_VERIFY(!helm()->isReopening());
        QCOMPARE(helm()->runId(), id);
        QVERIFY(helm()->run().size() >= 7);
        // Its workspace is open again, too.
        QTRY_VERIFY_WITH_TIMEOUT(m_window->workspace()->isOpen(), longMilliseconds);
        QCOMPARE(QDir(m_window->workspace()->folder()).canonicalPath(),
                 QDir(file("place")).canonicalPath());
    }

    void manyTabsKeepOnlySoManyBeliefs()
    {
        // What a document costs besides its sample is bounded: thinned, it still has its newest.
        const auto filled = [](int steps, int side) {
            ShownRun run;
            for (int i = 0; i < steps; ++i) {
                Belief belief;
                belief.mean = belief.deviation = belief.acquisition = Map::Zero(side, side);
                Step step;
                step.number = i + 1;
                step.belief = std::make_shared<const Belief>(belief);
                run.append(std::make_shared<const Step>(step));
            }
            return run;
        };
        ShownRun run = filled(9, 64);
        const std::size_t each = 3 * 64 * 64 * sizeof(float);
        QCOMPARE(run.beliefBytes(), 9 * each);
        run.forgetSomeBeliefs();
        QCOMPARE(run.beliefBytes(), 5 * each);
        QVERIFY(run.newest().belief);
        for (int i = 0; i < 5; ++i)
            run.forgetSomeBeliefs();
        QCOMPARE(run.beliefBytes(), each);
        QVERIFY(run.newest().belief);
        // Forgotten is freed, also of a run that was read whole.
        Run whole;
        whole.steps.resize(4);
        std::weak_ptr<const Belief> first;
        for (Step &step : whole.steps) {
            Belief belief;
            belief.mean = belief.deviation = belief.acquisition = Map::Zero(8, 8);
            auto shared = std::make_shared<const Belief>(belief);
            if (first.expired())
                first = shared;
            step.belief = shared;
        }
        ShownRun finished = ShownRun::finished(std::move(whole));
        QVERIFY(!first.expired());
        finished.forgetSomeBeliefs();
        QVERIFY(first.expired());
    }

    void switchingIsQuick()
    {
        openWindow();
        recordRun();
        const int first = shown();
        openSimulated(96, 5);
        const int second = shown();
        qint64 slowest = 0;
        for (int i = 0; i < 20; ++i) {
            QElapsedTimer time;
            time.start();
            helm()->show(i % 2 ? second : first);
            slowest = std::max(slowest, time.nsecsElapsed());
        }
        std::printf("slowest switch of 20: %.1f ms\n", double(slowest) * 1e-6);
        QCOMPARE(shown(), second);
    }
};

QTEST_MAIN(TestTabs)
#include "tst_tabs.moc"
