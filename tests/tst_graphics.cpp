// SPDX-License-Identifier: GPL-3.0-or-later
// What is drawn onto maps to measure with: by mouse, by keys, taken back.
#include "widgets/graphics.h"
#include "widgets/mapview.h"
#include "widgets/theme.h"

#include <QAccessible>
#include <QApplication>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

#include <cmath>

using namespace helmscope;

namespace {

void send(QWidget &widget, QEvent::Type type, const QPointF &at, Qt::MouseButton button,
          Qt::MouseButtons buttons, Qt::KeyboardModifiers modifiers)
{
    QMouseEvent event(type, at, widget.mapToGlobal(at), button, buttons, modifiers);
    QApplication::sendEvent(&widget, &event);
}

/// Two linked views of a map of 100 x 80 pixels, with one set of graphics.
struct Shown
{
    QUndoStack stack;
    Graphics graphics{&stack};
    MapView view, other;
    Shown()
    {
        Map map = Map::Zero(80, 100);
        map(3, 4) = 1;
        for (MapView *each : {&view, &other}) {
            each->resize(520, 440);
            each->setMap(map);
            each->setPixelSizeNm(0.5);
            each->setGraphics(&graphics);
            each->show();
        }
        linkMaps({&view, &other});
        view.activateWindow();
        view.setFocus();
    }
    QPointF at(double x, double y) const
    {
        const QRectF pixel = view.rectOf({0, 0});
        return pixel.topLeft() + QPointF(x, y) * pixel.width();
    }
    void drag(const QPointF &from, const QPointF &to, Qt::KeyboardModifiers modifiers = {})
    {
        const QPointF a = at(from.x(), from.y()), b = at(to.x(), to.y());
        send(view, QEvent::MouseButtonPress, a, Qt::LeftButton, Qt::LeftButton, modifiers);
        for (double part : {0.3, 0.7, 1.0})
            send(view, QEvent::MouseMove, a + part * (b - a), Qt::NoButton, Qt::LeftButton,
                 modifiers);
        send(view, QEvent::MouseButtonRelease, b, Qt::LeftButton, Qt::NoButton, modifiers);
    }
    void click(const QPointF &grid)
    {
        const QPointF a = at(grid.x(), grid.y());
        send(view, QEvent::MouseMove, a, Qt::NoButton, Qt::NoButton, {});
        send(view, QEvent::MouseButtonPress, a, Qt::LeftButton, Qt::LeftButton, {});
        send(view, QEvent::MouseButtonRelease, a, Qt::LeftButton, Qt::NoButton, {});
    }
    void press(int key, Qt::KeyboardModifiers modifiers = {}, int times = 1)
    {
        while (times-- > 0)
            QTest::keyClick(&view, Qt::Key(key), modifiers);
    }
    const Graphic &newest() const { return graphics.all().back(); }
};

bool isNear(const QPointF &a, const QPointF &b)
{
    return std::hypot(a.x() - b.x(), a.y() - b.y()) < 1e-6;
}

} // namespace

class TestGraphics : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::dark()); }

    void eachShapeIsDrawnByItsKey_data()
    {
        QTest::addColumn<int>("key");
        QTest::addColumn<Graphic::Kind>("kind");
        QTest::newRow("pick") << int(Qt::Key_P) << Graphic::Kind::Pick;
        QTest::newRow("rectangle") << int(Qt::Key_C) << Graphic::Kind::Rectangle;
        QTest::newRow("ellipse") << int(Qt::Key_E) << Graphic::Kind::Ellipse;
        QTest::newRow("profile") << int(Qt::Key_L) << Graphic::Kind::Profile;
    }
    void eachShapeIsDrawnByItsKey()
    {
        QFETCH(int, key);
        QFETCH(Graphic::Kind, kind);
        Shown shown;
        shown.press(key);
        shown.drag({20, 30}, {50, 45});
        QCOMPARE(shown.graphics.all().size(), std::size_t(1));
        QCOMPARE(shown.newest().kind, kind);
        QVERIFY(isNear(shown.newest().points[0], {20, 30}));
        QVERIFY(isNear(shown.newest().points[1], {50, 45}));
        QCOMPARE(shown.graphics.tool(), MapTool::Hand); // the next drag moves the map
        QCOMPARE(shown.graphics.selected(), shown.newest().number);
        // The other view draws it too.
        const QImage without = [&] {
            Shown empty;
            return empty.other.picture();
        }();
        QVERIFY(shown.other.picture() != without);
    }

    void aPolygonIsClickedCornerByCorner()
    {
        Shown shown;
        shown.press(Qt::Key_G);
        for (const QPointF &corner : {QPointF(10, 10), QPointF(40, 12), QPointF(30, 40)})
            shown.click(corner);
        QVERIFY(shown.graphics.all().empty());
        send(shown.view, QEvent::MouseButtonDblClick, shown.at(30, 40), Qt::LeftButton,
             Qt::LeftButton, {});
        QCOMPARE(shown.graphics.all().size(), std::size_t(1));
        QCOMPARE(shown.newest().points.size(), std::size_t(3));
        QVERIFY(isNear(shown.newest().points[2], {30, 40}));
        // Two corners are none.
        shown.press(Qt::Key_G);
        shown.click({5, 5});
        shown.click({9, 9});
        send(shown.view, QEvent::MouseButtonDblClick, shown.at(9, 9), Qt::LeftButton,
             Qt::LeftButton, {});
        QCOMPARE(shown.graphics.all().size(), std::size_t(1));
    }

    void allOfItCanBeDoneWithKeys()
    {
        Shown shown;
        shown.view.setCursorPixel(Pixel{20, 30});
        shown.press(Qt::Key_C);
        shown.press(Qt::Key_Return);
        shown.press(Qt::Key_Right, Qt::ShiftModifier);
        shown.press(Qt::Key_Down, {}, 4);
        shown.press(Qt::Key_Return);
        QCOMPARE(shown.graphics.all().size(), std::size_t(1));
        const Mask mask = maskOf(shown.newest().region(), 80, 100);
        QCOMPARE(mask.count(), Eigen::Index(11 * 5)); // both corners' pixels belong to it
        QVERIFY(mask(20, 30) && mask(24, 40));

        shown.press(Qt::Key_Left, Qt::ShiftModifier); // it is selected: the arrows nudge it
        QVERIFY(isNear(shown.newest().points[0], {20, 20}));
        shown.press(Qt::Key_Delete);
        QVERIFY(shown.graphics.all().empty());
        shown.stack.undo();
        shown.stack.undo();
        QVERIFY(isNear(shown.newest().points[0], {30, 20}));

        // A polygon: Enter twice at its last corner.
        shown.press(Qt::Key_Escape);
        shown.press(Qt::Key_G);
        shown.view.setCursorPixel(Pixel{40, 40});
        shown.press(Qt::Key_Return);
        shown.press(Qt::Key_Right, {}, 6);
        shown.press(Qt::Key_Return);
        shown.press(Qt::Key_Down, {}, 6);
        shown.press(Qt::Key_Return, {}, 2);
        QCOMPARE(shown.newest().kind, Graphic::Kind::Polygon);
        QCOMPARE(shown.newest().points.size(), std::size_t(3));
    }

    void handlesReshapeAndTheEdgeMoves()
    {
        Shown shown;
        shown.press(Qt::Key_C);
        shown.drag({20, 20}, {40, 40});
        shown.drag({40, 40}, {60, 50}); // its lower right corner
        QVERIFY(isNear(shown.newest().points[1], {60, 50}));
        shown.drag({40, 20}, {45, 10}); // the middle of its upper side: only up
        QVERIFY(isNear(shown.newest().points[0], {20, 10}));
        shown.drag({30, 30}, {35, 33}); // selected: its inside
        QVERIFY(isNear(shown.newest().points[0], {25, 13}));
        QCOMPARE(shown.stack.count(), 4); // each drag is one change
        for (int i = 0; i < 3; ++i)
            shown.stack.undo();
        QVERIFY(isNear(shown.newest().points[1], {40, 40}));

        shown.press(Qt::Key_L);
        shown.drag({10, 60}, {50, 60});
        const double width = shown.newest().width;
        shown.drag({30, 60 + width / 2}, {30, 65}); // the handle beside it sets the width
        QVERIFY(std::abs(shown.newest().width - 10) < 1e-6);
        QVERIFY(isNear(shown.newest().points[0], {10, 60}));
    }

    void shiftKeepsSquaresSquare()
    {
        Shown shown;
        shown.press(Qt::Key_C);
        shown.drag({20, 20}, {50, 30}, Qt::ShiftModifier);
        QVERIFY(isNear(shown.newest().points[1], {50, 50}));
        shown.press(Qt::Key_L);
        shown.drag({20, 20}, {50, 22}, Qt::ShiftModifier);
        QVERIFY(std::abs(shown.newest().points[1].y() - 20) < 1e-6);
    }

    void everythingCanBeTakenBack()
    {
        Shown shown;
        for (int key : {Qt::Key_C, Qt::Key_E}) {
            shown.press(key);
            shown.drag({20, 20}, {40, 40});
        }
        const std::vector<Graphic> both = shown.graphics.all();
        shown.press(Qt::Key_Delete);
        QCOMPARE(shown.graphics.all().size(), std::size_t(1));
        shown.stack.undo();
        QCOMPARE(shown.graphics.all(), both);
        shown.stack.undo();
        shown.stack.undo();
        QVERIFY(shown.graphics.all().empty());
        QVERIFY(!shown.stack.canUndo());
        for (int i = 0; i < 2; ++i)
            shown.stack.redo();
        QCOMPARE(shown.graphics.all(), both);
    }

    void tabGoesThroughThemAndOn()
    {
        Shown shown;
        for (double x : {10., 30., 50.}) {
            shown.press(Qt::Key_C);
            shown.drag({x, 20}, {x + 10, 40});
        }
        shown.graphics.select(0);
        QVERIFY(QTest::qWaitForWindowActive(&shown.view));
        for (int number : {1, 2, 3}) {
            shown.press(Qt::Key_Tab);
            QCOMPARE(shown.graphics.selected(), number);
        }
        // A screen reader hears which it is.
        QVERIFY(shown.view.accessibleDescription().contains("Rectangle 3"));
        QVERIFY(shown.view.accessibleDescription().contains("5.00 × 10.0 nm"));
        shown.press(Qt::Key_Tab);
        QCOMPARE(shown.graphics.selected(), 0); // nobody is caught
    }

    void aClickDrawsNothingButAPick()
    {
        Shown shown;
        shown.press(Qt::Key_C);
        shown.drag({20.5, 20.5}, {20.5, 20.5});
        QVERIFY(shown.graphics.all().empty());
        shown.press(Qt::Key_P);
        shown.drag({20.5, 30.5}, {20.5, 30.5});
        const Mask mask = maskOf(shown.newest().region(), 80, 100);
        QCOMPARE(mask.count(), Eigen::Index(1));
        QVERIFY(mask(30, 20));
    }

    void paintedRegionsAreTold_data()
    {
        QTest::addColumn<int>("key");
        QTest::addColumn<int>("pixels");
        QTest::newRow("rectangle") << int(Qt::Key_C) << 20 * 10;
        QTest::newRow("ellipse") << int(Qt::Key_E) << 157;
        QTest::newRow("brush") << int(Qt::Key_B) << 0;
    }
    void paintedRegionsAreTold()
    {
        QFETCH(int, key);
        QFETCH(int, pixels);
        Shown shown;
        Mask painted;
        DrawnFor purpose = DrawnFor::Measuring;
        connect(&shown.view, &MapView::regionPainted, &shown.view,
                [&](const Mask &mask, DrawnFor what) {
                    painted = mask;
                    purpose = what;
                });
        shown.graphics.setPurpose(DrawnFor::Preferring);
        shown.press(key);
        shown.drag({20, 30}, {40, 40});
        QCOMPARE(purpose, DrawnFor::Preferring);
        QCOMPARE(painted.rows(), Eigen::Index(80));
        QCOMPARE(painted.cols(), Eigen::Index(100));
        if (pixels > 0)
            QVERIFY(std::abs(int(painted.count()) - pixels) <= 4);
        else
            QVERIFY(painted(30, 20) && painted(35, 30) && painted(39, 39) && !painted(20, 20));
        QVERIFY(shown.graphics.all().empty());           // it measures nothing
        QVERIFY(shown.graphics.tool() != MapTool::Hand); // one paints on
    }

    void theZoomToolFillsTheView()
    {
        Shown shown;
        shown.press(Qt::Key_Z);
        shown.drag({20, 20}, {40, 36});
        const QRectF seen = shown.view.viewRect();
        QVERIFY(seen.contains(QRectF(20, 20, 20, 16).adjusted(1e-6, 1e-6, -1e-6, -1e-6)));
        QVERIFY(seen.width() < 30);
        QVERIFY(std::abs(shown.other.viewRect().center().x() - 30) < 1e-6); // linked
        shown.click({30, 28});
        QVERIFY(shown.view.viewRect().width() < 0.6 * seen.width());
    }

    void escapeLeavesTheToolThenTheGraphic()
    {
        Shown shown;
        shown.press(Qt::Key_C);
        shown.drag({20, 20}, {40, 36});
        shown.press(Qt::Key_E);
        shown.press(Qt::Key_Escape);
        QCOMPARE(shown.graphics.tool(), MapTool::Hand);
        QVERIFY(shown.graphics.selected() != 0);
        shown.press(Qt::Key_Escape);
        QCOMPARE(shown.graphics.selected(), 0);
    }

    void sizesAreInNanometres()
    {
        Graphic graphic;
        graphic.points = {{10, 10}, {4, 30}};
        QCOMPARE(graphic.sizeText(0.5), QString("3.00 × 10.0 nm"));
        QCOMPARE(graphic.sizeText(0), QString("6.00 × 20.0 px"));
        graphic.kind = Graphic::Kind::Profile;
        graphic.points = {{0, 0}, {30, 40}};
        graphic.width = 5;
        QCOMPARE(graphic.sizeText(2), QString("100 × 10.0 nm"));
        QVERIFY(std::abs(double(maskOf(graphic.region(), 60, 60).count()) - 250) < 15);
    }
};

QTEST_MAIN(TestGraphics)
#include "tst_graphics.moc"
