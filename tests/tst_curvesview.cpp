// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/curvesview.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QDockWidget>
#include <QMainWindow>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

#include <cmath>
#include <limits>

using namespace helmscope;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::vector<Step> stepsOf(int count, bool isTruthKnown = false)
{
    std::vector<Step> steps;
    for (int i = 1; i <= count; ++i) {
        Step step;
        step.number = i;
        step.value = std::sin(i * 1.7);
        step.bestValue = std::min(1.0, 0.1 * i);
        step.meanDeviation = i < 10 ? missing : 1.0 / i;
        if (i >= 10)
            step.losses = {3.0, 2.0 - 0.01 * i};
        if (isTruthKnown && i >= 10)
            step.quality = Quality{100, 0.1, 1 - 5.0 / i, 0.2, 0.93};
        if (i == 20)
            step.changes = {"acquisition: uncertainty → ei"};
        steps.push_back(step);
    }
    return steps;
}

struct Shown
{
    CurvesView view;
    QWidget *plot;
    explicit Shown(int steps, QSize size = {800, 200}, bool isTruthKnown = false)
    {
        view.resize(size);
        view.setSteps(stepsOf(steps, isTruthKnown));
        view.show();
        plot = view.findChild<QWidget *>("plot");
        if (!QTest::qWaitForWindowExposed(&view))
            qWarning("not exposed");
        view.grab();
    }
    void press(int number)
    {
        const QPointF at = plot->mapFrom(&view, view.positionOf(number));
        QMouseEvent event(QEvent::MouseButtonPress, at, plot->mapToGlobal(at), Qt::LeftButton,
                          Qt::LeftButton, {});
        QApplication::sendEvent(plot, &event);
    }
};

} // namespace

class TestCurvesView : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::dark()); }

    void aClickSelectsTheNearestStep()
    {
        Shown shown(30);
        QSignalSpy selected(&shown.view, &CurvesView::stepSelected);
        for (int number : {1, 17, 30}) {
            shown.press(number);
            QCOMPARE(selected.last()[0].toInt(), number);
            QCOMPARE(shown.view.selectedStep(), number);
        }
        QCOMPARE(selected.size(), 3);
    }

    void arrowKeysWalkAlongTheSteps()
    {
        Shown shown(30);
        QSignalSpy selected(&shown.view, &CurvesView::stepSelected);
        shown.view.setSelectedStep(5);
        QCOMPARE(selected.size(), 0); // setters say nothing
        QTest::keyClick(&shown.view, Qt::Key_Right);
        QCOMPARE(shown.view.selectedStep(), 6);
        QTest::keyClick(&shown.view, Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(shown.view.selectedStep(), 16);
        QTest::keyClick(&shown.view, Qt::Key_Home);
        QTest::keyClick(&shown.view, Qt::Key_Left);
        QCOMPARE(shown.view.selectedStep(), 1);
        QTest::keyClick(&shown.view, Qt::Key_End);
        QCOMPARE(shown.view.selectedStep(), 30);
        QCOMPARE(selected.size(), 5);
    }

    void theAxisDoesNotJumpWhileThePlannedStepsCome()
    {
        Shown shown(12);
        shown.view.setPlannedSteps(100);
        shown.view.grab();
        const QPointF before = shown.view.positionOf(50);
        const std::vector<Step> more = stepsOf(60);
        for (int i = 12; i < 60; ++i)
            shown.view.addStep(more[std::size_t(i)]);
        shown.view.grab();
        QVERIFY(std::abs(shown.view.positionOf(50).x() - before.x()) < 12); // only wider numbers
        QCOMPARE(shown.view.steps(), 60);
    }

    void isNotPlottedWhileItIsBehindAnotherTab()
    {
        QMainWindow window; // as in the console: docks that share a place
        auto *front = new QDockWidget, *behind = new QDockWidget;
        auto *view = new CurvesView;
        front->setWidget(new QWidget);
        behind->setWidget(view);
        window.addDockWidget(Qt::RightDockWidgetArea, front);
        window.addDockWidget(Qt::RightDockWidgetArea, behind);
        window.tabifyDockWidget(front, behind);
        window.resize(800, 400);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        behind->raise();
        QTRY_VERIFY(!view->visibleRegion().isEmpty());
        view->setSteps(stepsOf(10));
        auto *plot = view->findChild<QWidget *>("plot");
        QSignalSpy replotted(plot, SIGNAL(afterReplot()));
        QTRY_VERIFY(!replotted.isEmpty());
        front->raise();
        QTRY_VERIFY(view->visibleRegion().isEmpty());
        auto *soon = plot->findChild<QTimer *>("replotSoon", Qt::FindDirectChildrenOnly);
        QTRY_VERIFY(!soon->isActive());
        const auto before = replotted.size();
        view->setSelectedStep(3);
        QVERIFY(soon->isActive());
        QTRY_VERIFY(!soon->isActive());
        QCOMPARE(replotted.size(), before);
        behind->raise();
        QTRY_VERIFY(replotted.size() > before);
        // A picture of what was not seen yet shows it as it is now.
        front->raise();
        QTRY_VERIFY(view->visibleRegion().isEmpty());
        QTRY_VERIFY(!soon->isActive());
        const QImage old = view->grab().toImage();
        view->setSelectedStep(8);
        QTRY_VERIFY(!soon->isActive());
        QVERIFY(view->grab().toImage() != old);
    }

    void qualityAppearsOnlyWhereTheTruthIsKnown()
    {
        Shown unknown(30), known(30, {800, 200}, true);
        // Four instead of three axes in the same width: the first ones are narrower.
        const auto width = [](const Shown &shown) {
            return shown.view.positionOf(30).x() - shown.view.positionOf(1).x();
        };
        QVERIFY(width(known) < 0.85 * width(unknown));
    }

    void coverageAppearsOnceThereAreEnoughPredictions()
    {
        const auto width = [](CurvesView &view) {
            view.grab();
            return view.positionOf(30).x() - view.positionOf(1).x();
        };
        const auto shownWith = [&](int predictions) {
            std::vector<Step> steps = stepsOf(30);
            steps.back().trust.emplace().predictions = predictions;
            steps.back().trust->coverage95 = 0.9;
            CurvesView view;
            view.resize(800, 200);
            view.setSteps(steps);
            return width(view);
        };
        QVERIFY(shownWith(20) < 0.85 * shownWith(4));
    }

    void showsWhereTheRunTurnsFromTheMetaModelToCold()
    {
        std::vector<Step> steps = stepsOf(30);
        const auto judge = [&steps](int number, WarmAgainstCold warmth) {
            for (std::size_t i = std::size_t(number - 1); i < steps.size(); ++i)
                steps[i].warmth = warmth; // it stands until it is judged again
        };
        judge(5, {{5, 0.5, 1.0}, {5, 0.8, 1.5}});    // the meta-model helps
        judge(12, {{12, 0.6, 1.4}, {12, 0.5, 0.9}}); // hurts
        judge(20, {{20, 0.3, 0.4}, {20, 0.4, 0.5}}); // helps again
        CurvesView view;
        view.resize(900, 200);
        view.setSteps(steps);
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        view.grab();
        const double narrow = view.positionOf(30).x() - view.positionOf(1).x();
        QVERIFY(!view.textOf(4).contains("meta-model"));
        QVERIFY2(view.textOf(5).contains("it begins from the meta-model") &&
                     view.textOf(5).contains("0.50") && view.textOf(5).contains("on 5 points"),
                 qPrintable(view.textOf(5)));
        QVERIFY2(view.textOf(13).contains("the model begins cold") &&
                     view.textOf(13).contains("by 0.68 nats"), // 0.5 + ln(0.6 / 0.5)
                 qPrintable(view.textOf(13)));
        QVERIFY(view.textOf(30).contains("it begins from the meta-model"));
        judge(30, {{30, 0.4, 0.45}, {30, 0.4, 0.5}}); // of so many points it may be chance
        view.setSteps(steps);
        QVERIFY2(view.textOf(30).contains("Better by only 0.05") &&
                     view.textOf(30).contains("begins cold"),
                 qPrintable(view.textOf(30)));

        QStringList turns;
        for (const QObject *item : view.findChild<QWidget *>("plot")->findChildren<QObject *>())
            if (item->inherits("QCPItemText"))
                turns << item->property("text").toString();
        QCOMPARE(turns, (QStringList{"cold", "warm", "cold"}));

        view.setSteps(stepsOf(30)); // of a run without a meta-model: no such axes
        QTRY_VERIFY(view.positionOf(30).x() - view.positionOf(1).x() > 1.15 * narrow);
        QVERIFY(!view.textOf(13).contains("meta-model"));
    }

    void standsOneUnderTheOtherInATallView()
    {
        Shown wide(30, {800, 200}), tall(30, {300, 700});
        QVERIFY(wide.view.positionOf(30).x() < 0.4 * wide.view.width());
        QVERIFY(tall.view.positionOf(30).x() > 0.8 * tall.view.width());
        QVERIFY(tall.view.positionOf(30).y() < 0.4 * tall.view.height());
    }

    void clearingEmptiesIt()
    {
        Shown shown(30, {800, 200}, true);
        shown.view.setSelectedStep(12);
        shown.view.clear();
        QCOMPARE(shown.view.steps(), 0);
        QCOMPARE(shown.view.selectedStep(), 0);
        QVERIFY(!shown.view.grab().isNull());
        QSignalSpy selected(&shown.view, &CurvesView::stepSelected);
        QTest::keyClick(&shown.view, Qt::Key_Right);
        QCOMPARE(selected.size(), 0);
        shown.view.setSteps(stepsOf(5));
        QCOMPARE(shown.view.steps(), 5);
    }

    void anEmptyViewSaysWhatWillAppear()
    {
        CurvesView view;
        view.resize(400, 160);
        const QImage before = view.grab().toImage();
        view.setPlaceholder("Press Run.");
        QVERIFY(view.grab().toImage() != before);
    }

    void valuesThatAreNotNumbersAreLeftOut()
    {
        CurvesView view;
        view.resize(400, 160);
        Step step;
        step.number = 1;
        step.value = step.bestValue = step.meanDeviation = missing;
        step.losses = {std::numeric_limits<double>::infinity()};
        step.quality = Quality{0, missing, missing, missing, missing};
        view.addStep(step);
        step.number = 2;
        view.addStep(step);
        QCOMPARE(view.steps(), 2);
        QVERIFY(!view.grab().isNull());
        QVERIFY(std::isfinite(view.positionOf(1).x()));
    }

    void followsTheTheme()
    {
        Shown shown(20);
        shown.view.setPalette(Theme::light().palette());
        QTRY_COMPARE(shown.view.grab().toImage().pixelColor(2, shown.view.height() - 3),
                     Theme::light().window);
    }
};

QTEST_MAIN(TestCurvesView)
#include "tst_curvesview.moc"
