// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/mapview.h"
#include "widgets/preparedmap.h"
#include "widgets/scalebar.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QFileDialog>
#include <QMenu>
#include <QMessageBox>
#include <QMouseEvent>
#include <QPainter>
#include <QPicture>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

#include <cmath>
#include <limits>

using namespace helmscope;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// Dark with one bright pixel.
Map mapWithBrightPixel(int rows, int cols, Pixel bright)
{
    Map map = Map::Constant(rows, cols, 0.1F);
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < cols; ++c)
            map(r, c) += 0.001F * float((7 * r + 3 * c) % 11);
    map(bright.row, bright.col) = 1;
    return map;
}

void send(QWidget &widget, QEvent::Type type, const QPointF &at, Qt::MouseButton button,
          Qt::MouseButtons buttons, Qt::KeyboardModifiers modifiers = {})
{
    QMouseEvent event(type, at, widget.mapToGlobal(at), button, buttons, modifiers);
    QApplication::sendEvent(&widget, &event);
}

void hover(QWidget &widget, const QPointF &at)
{
    send(widget, QEvent::MouseMove, at, Qt::NoButton, Qt::NoButton);
}

void drag(QWidget &widget, const QPointF &from, const QPointF &to, Qt::MouseButton button,
          Qt::KeyboardModifiers modifiers = {})
{
    send(widget, QEvent::MouseButtonPress, from, button, button, modifiers);
    for (double part : {0.3, 0.7, 1.0})
        send(widget, QEvent::MouseMove, from + part * (to - from), Qt::NoButton, button, modifiers);
    send(widget, QEvent::MouseButtonRelease, to, button, Qt::NoButton, modifiers);
}

void wheel(QWidget &widget, const QPointF &at, int delta)
{
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&widget, &event);
}

QPointF gridAt(const MapView &view, const QPointF &position)
{
    const QRectF pixel = view.rectOf({0, 0});
    return (position - pixel.topLeft()) / pixel.width();
}

/// A view on the screen, of the size the tests count on.
struct Shown
{
    MapView view;
    explicit Shown(const Map &map, QSize size = {420, 360})
    {
        view.resize(size);
        view.setMap(map);
        view.show();
        if (!QTest::qWaitForWindowExposed(&view))
            qWarning("not exposed");
    }
};

} // namespace

class TestMapView : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aFigureOfAPartHasNoMarksBesideIt()
    {
        MapView view;
        view.resize(400, 300);
        view.setMap(Map::Constant(64, 64, 1));
        MapOverlay overlay;
        overlay.path = {{{1, 1}, 1, Reason::Initial},
                        {{62, 60}, 2, Reason::Acquisition},
                        {{30, 31}, 3, Reason::Acquisition},
                        {{2, 62}, 4, Reason::Queued}};
        overlay.next = Pixel{63, 0};
        overlay.vetoed = {{0, 63}};
        overlay.queued = {{60, 2}, {33, 33}};
        overlay.pinned = {{{5, 5}, Qt::red}};
        overlay.forbidden = Mask::Constant(64, 64, true);
        overlay.harmed = overlay.forbidden;
        view.setOverlay(overlay);
        view.setViewRect(QRectF(28, 28, 8, 8)); // all of the map would be 3,000 pixels wide
        // What a file gets that knows no clipping.
        QPicture picture;
        QPainter painter(&picture);
        view.paintFigure(painter);
        painter.end();
        const QRect drawn = picture.boundingRect();
        QVERIFY2(view.rect().adjusted(-4, -4, 4, 4).contains(drawn),
                 qPrintable(QStringLiteral("%1 x %2").arg(drawn.width()).arg(drawn.height())));
    }

    void aMapThatWasPreparedLooksAsTheMapItself()
    {
        auto map = std::make_shared<Map>(mapWithBrightPixel(301, 203, {40, 50}));
        map->block(100, 100, 20, 7) = missing;
        MapView plain, prepared;
        for (MapView *view : {&plain, &prepared}) {
            view->resize(150, 170); // reduced: averages are shown
            view->setHistogramVisible(true);
        }
        plain.setMap(std::shared_ptr<const Map>(map));
        prepared.setPrepared(helmscope::prepared(map));
        QCOMPARE(prepared.sharedMap().get(), map.get());
        QCOMPARE(prepared.limits(), plain.limits());
        QCOMPARE(prepared.picture(), plain.picture());
        // What the next map does not share is forgotten.
        prepared.setMap(mapWithBrightPixel(301, 203, {200, 150}));
        QVERIFY(prepared.picture() != plain.picture());
        plain.setMap(mapWithBrightPixel(301, 203, {200, 150}));
        QCOMPARE(prepared.picture(), plain.picture());
        QVERIFY(!helmscope::prepared(nullptr));
        QVERIFY(!helmscope::prepared(std::make_shared<const Map>()));
        prepared.setPrepared(nullptr);
        QVERIFY(prepared.isEmpty());
    }

    void initTestCase() { applyTheme(*qApp, Theme::dark()); }

    void answersThePixelUnderAPosition()
    {
        Shown shown(mapWithBrightPixel(30, 50, {3, 4}));
        for (Pixel pixel : {Pixel{0, 0}, Pixel{29, 49}, Pixel{7, 31}}) {
            const QRectF rect = shown.view.rectOf(pixel);
            QCOMPARE(shown.view.pixelAt(rect.center()), std::optional(pixel));
            QCOMPARE(shown.view.pixelAt(rect.topLeft() + QPointF(0.01, 0.01)),
                     std::optional(pixel));
        }
        QVERIFY(!shown.view.pixelAt({1, 1}));
        // Whole and centred: nothing of it lies outside the area.
        QVERIFY(shown.view.mapArea()
                    .adjusted(-1e-6, -1e-6, 1e-6, 1e-6)
                    .contains(shown.view.rectOf({0, 0}).united(shown.view.rectOf({29, 49}))));
    }

    void hoveringMovesTheCursorAndAClickPinsIt()
    {
        Shown shown(mapWithBrightPixel(20, 20, {3, 4}));
        MapView &view = shown.view;
        QSignalSpy moved(&view, &MapView::cursorMoved), clicked(&view, &MapView::pixelClicked),
            pinned(&view, &MapView::pinChanged);
        hover(view, view.rectOf({5, 6}).center());
        QCOMPARE(moved.size(), 1);
        QCOMPARE(moved[0][0].value<Pixel>(), (Pixel{5, 6}));
        QCOMPARE(view.cursorPixel(), std::optional(Pixel{5, 6}));
        hover(view, view.rectOf({5, 6}).center() + QPointF(1, 1));
        QCOMPARE(moved.size(), 1); // still the same pixel

        QTest::mouseClick(&view, Qt::LeftButton, {}, view.rectOf({8, 9}).center().toPoint());
        QCOMPARE(clicked.size(), 1);
        QCOMPARE(clicked[0][0].value<Pixel>(), (Pixel{8, 9}));
        QCOMPARE(view.pinnedPixel(), std::optional(Pixel{8, 9}));

        hover(view, view.rectOf({1, 1}).center());
        QCOMPARE(view.cursorPixel(), std::optional(Pixel{1, 1}));
        QEvent leave(QEvent::Leave);
        QApplication::sendEvent(&view, &leave);
        QCOMPARE(view.cursorPixel(), std::optional(Pixel{8, 9})); // back to the pinned one
        QCOMPARE(moved.last()[0].value<Pixel>(), (Pixel{8, 9}));

        QTest::mouseClick(&view, Qt::LeftButton, {}, view.rectOf({8, 9}).center().toPoint());
        QVERIFY(!view.pinnedPixel());
        QVERIFY(!pinned.last()[0].value<std::optional<Pixel>>());
        QApplication::sendEvent(&view, &leave);
        QCOMPARE(view.cursorPixel(), std::optional(Pixel{8, 9})); // stays, without a pin
    }

    void aDoubleClickDoesNotUnpin()
    {
        Shown shown(mapWithBrightPixel(20, 20, {3, 4}));
        const QPoint at = shown.view.rectOf({8, 9}).center().toPoint();
        QTest::mouseClick(&shown.view, Qt::LeftButton, {}, at);
        QTest::mouseDClick(&shown.view, Qt::LeftButton, {}, at);
        QVERIFY(shown.view.pinnedPixel().has_value());
    }

    void theBrightestPixelIsWhereItBelongs_data()
    {
        QTest::addColumn<int>("colormap");
        for (const ColormapRow &row : colormaps())
            if (row.kind != Colormap::Diverging) // dark at both ends
                QTest::newRow(row.key) << int(row.kind);
    }
    void theBrightestPixelIsWhereItBelongs()
    {
        QFETCH(int, colormap);
        Shown shown(mapWithBrightPixel(24, 30, {17, 5}));
        shown.view.setColormap(Colormap(colormap));
        shown.view.setBarVisible(false);
        const QImage image = shown.view.picture();
        const QRect whole = shown.view.rectOf({0, 0}).united(shown.view.rectOf({14, 29})).toRect();
        const QRect target = shown.view.rectOf({17, 5}).toAlignedRect().adjusted(1, 1, -1, -1);
        const int bright = qGray(image.pixel(target.center()));
        for (int y = whole.top() + 1; y < whole.bottom(); ++y)
            for (int x = whole.left() + 1; x < whole.right(); ++x)
                QVERIFY(qGray(image.pixel(x, y)) < bright);
        for (int y = target.top(); y <= target.bottom(); ++y) // a square of one colour
            QCOMPARE(image.pixel(target.left(), y), image.pixel(target.right(), y));
    }

    void averagesWhatIsReduced()
    {
        Map board(1024, 1024);
        for (int r = 0; r < 1024; ++r)
            for (int c = 0; c < 1024; ++c)
                board(r, c) = float((r + c) % 2);
        Shown shown(board);
        shown.view.setLimits({0, 1});
        const QImage image = shown.view.picture();
        const QPoint middle = shown.view.mapArea().center().toPoint();
        QVERIFY(std::abs(qGray(image.pixel(middle)) - 128) <= 2);
        QVERIFY(std::abs(qGray(image.pixel(middle + QPoint(17, -23))) - 128) <= 2);
    }

    void hatchesWhatIsMissing()
    {
        Map map = Map::Constant(20, 20, 0.5F);
        map.topRows(10).setConstant(missing);
        Shown shown(map);
        shown.view.setLimits({0, 1});
        const QImage image = shown.view.picture();
        const auto colours = [&](Pixel from, Pixel to) {
            QSet<QRgb> found;
            const QRect area = shown.view.rectOf(from)
                                   .united(shown.view.rectOf(to))
                                   .toRect()
                                   .adjusted(2, 2, -2, -2);
            for (int y = area.top(); y <= area.bottom(); ++y)
                for (int x = area.left(); x <= area.right(); ++x)
                    found << image.pixel(x, y);
            return found;
        };
        QCOMPARE(colours({10, 0}, {14, 19}), QSet<QRgb>{colorTable(Colormap::Gray)[128]});
        const QSet<QRgb> hatched = colours({0, 0}, {9, 19});
        QVERIFY(hatched.size() > 1); // lines, their edges, and what is behind them
        QVERIFY(hatched.contains(themeOf(shown.view.palette()).plot.rgb()));
    }

    void readsOutValueAndUnit()
    {
        Map map = Map::Constant(4, 6, 0.25F);
        map(0, 0) = missing;
        map(3, 4) = 0.4137F;
        Shown shown(map);
        shown.view.setUnit("eV");
        shown.view.setLimits({0, 0.5});
        QCOMPARE(shown.view.readOut({3, 4}), QString("0.4137 eV"));
        QCOMPARE(shown.view.readOut({1, 1}), QString("0.2500 eV")); // as wide as the other
        QCOMPARE(shown.view.readOut({0, 0}), QString("not predicted"));
        shown.view.setMissingText("already measured");
        QCOMPARE(shown.view.readOut({0, 0}), QString("already measured"));
        QCOMPARE(shown.view.readOut({4, 0}), QString());
    }

    void aFinerImageSpeaksInPixelsOfTheGrid()
    {
        Map image = Map::Constant(40, 60, 0);
        image.block(2 * 3, 2 * 7, 2, 2) << 1, 2, 3, 6;
        MapView view;
        view.resize(420, 360);
        view.setImageRatio(2);
        view.setMap(image);
        QCOMPARE(view.pixelAt(view.rectOf({19, 29}).center()), std::optional(Pixel{19, 29}));
        view.setLimits({0, 6});
        QCOMPARE(view.readOut({3, 7}), QString("3.000"));
        QCOMPARE(view.readOut({20, 0}), QString()); // beyond the grid
        view.setCursorPixel(Pixel{20, 0});
        QVERIFY(!view.cursorPixel());
    }

    void theWheelZoomsAboutTheMouse()
    {
        Shown shown(mapWithBrightPixel(100, 100, {3, 4}));
        MapView &view = shown.view;
        QSignalSpy changed(&view, &MapView::viewChanged);
        const QPointF at = view.mapArea().center() + QPointF(40, -30);
        const QPointF before = gridAt(view, at);
        const double width = view.rectOf({0, 0}).width();
        wheel(view, at, 240);
        QCOMPARE(changed.size(), 1);
        QVERIFY(view.rectOf({0, 0}).width() > 1.3 * width);
        const QPointF after = gridAt(view, at);
        QVERIFY(std::hypot(after.x() - before.x(), after.y() - before.y()) < 1e-6);
        for (int i = 0; i < 5; ++i)
            wheel(view, at, -240);
        QVERIFY(std::abs(view.rectOf({0, 0}).width() - width) < 1e-9); // ends at the whole map
    }

    void dragsTheMapAlong()
    {
        Shown shown(mapWithBrightPixel(100, 100, {3, 4}));
        MapView &view = shown.view;
        view.setViewRect({20, 20, 30, 30});
        for (Qt::MouseButton button : {Qt::MiddleButton, Qt::LeftButton}) {
            QSignalSpy clicked(&view, &MapView::pixelClicked);
            const QPointF from = view.mapArea().center();
            const QPointF held = gridAt(view, from);
            drag(view, from, from + QPointF(50, 25), button);
            const QPointF there = gridAt(view, from + QPointF(50, 25));
            QVERIFY(std::hypot(there.x() - held.x(), there.y() - held.y()) < 1e-6);
            QCOMPARE(clicked.size(), 0);
        }
    }

    void hasKeysForZoomAndCursor()
    {
        Shown shown(mapWithBrightPixel(600, 600, {3, 4}));
        MapView &view = shown.view;
        const double whole = view.rectOf({0, 0}).width();
        QTest::keyClick(&view, Qt::Key_1);
        QCOMPARE(view.rectOf({0, 0}).width() * view.devicePixelRatioF(), 1.0);
        QTest::keyClick(&view, Qt::Key_2);
        QCOMPARE(view.rectOf({0, 0}).width() * view.devicePixelRatioF(), 2.0);
        QTest::keyClick(&view, Qt::Key_Plus);
        QCOMPARE(view.rectOf({0, 0}).width() * view.devicePixelRatioF(), 2.5);
        QTest::keyClick(&view, Qt::Key_Minus);
        QTest::keyClick(&view, Qt::Key_0);
        QCOMPARE(view.rectOf({0, 0}).width(), whole);

        QSignalSpy moved(&view, &MapView::cursorMoved), clicked(&view, &MapView::pixelClicked);
        view.setCursorPixel(Pixel{100, 100});
        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(view.cursorPixel(), std::optional(Pixel{110, 101}));
        QCOMPARE(moved.size(), 2);
        view.setCursorPixel(Pixel{0, 599});
        QTest::keyClick(&view, Qt::Key_Up);
        QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(view.cursorPixel(), std::optional(Pixel{0, 599}));
        QTest::keyClick(&view, Qt::Key_Space);
        QCOMPARE(clicked.size(), 1);
        QCOMPARE(view.pinnedPixel(), std::optional(Pixel{0, 599}));
    }

    void nothingJumpsWhenTheNextMapComes()
    {
        Shown shown(mapWithBrightPixel(50, 50, {3, 4}));
        MapView &view = shown.view;
        const QRectF area = view.mapArea();
        view.setViewRect({10, 10, 20, 20});
        const QRectF region = view.viewRect();
        view.setMap(Map(mapWithBrightPixel(50, 50, {9, 9}) * -12345.6F));
        QCOMPARE(view.viewRect(), region);
        QCOMPARE(view.mapArea(), area); // wider numbers at the colour bar do not move the map
        view.setLimitsLocked(true);
        const ColorLimits locked = view.limits();
        view.setMap(mapWithBrightPixel(50, 50, {1, 1}));
        QCOMPARE(view.limits(), locked);
        view.setLimitsLocked(false);
        QVERIFY(!(view.limits() == locked));
        view.setMap(mapWithBrightPixel(60, 50, {1, 1})); // another size is shown whole
        QVERIFY(view.viewRect().adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(QRectF(0, 0, 50, 60)));
    }

    void linkedViewsShareCursorPinAndZoom()
    {
        MapView image, mean, late;
        for (MapView *view : {&image, &mean, &late})
            view->resize(300, 260);
        image.setImageRatio(2);
        image.setMap(mapWithBrightPixel(80, 80, {1, 1}));
        mean.setMap(mapWithBrightPixel(40, 40, {1, 1}));
        linkMaps({&image, &mean, &late});
        QSignalSpy echo(&mean, &MapView::cursorMoved);
        hover(image, image.rectOf({11, 12}).center());
        QCOMPARE(mean.cursorPixel(), std::optional(Pixel{11, 12}));
        QCOMPARE(echo.size(), 0); // a follower says nothing
        QTest::mouseClick(&mean, Qt::LeftButton, {}, mean.rectOf({5, 6}).center().toPoint());
        QCOMPARE(image.pinnedPixel(), std::optional(Pixel{5, 6}));
        wheel(image, image.mapArea().center(), 600);
        QCOMPARE(mean.viewRect().center(), image.viewRect().center());
        QVERIFY(std::abs(mean.viewRect().width() - image.viewRect().width()) < 0.01);
        late.setMap(mapWithBrightPixel(40, 40, {1, 1}));
        QVERIFY(std::abs(late.viewRect().width() - image.viewRect().width()) < 0.01);
        QCOMPARE(late.pinnedPixel(), std::optional(Pixel{5, 6}));
    }

    void marksARegionByDraggingWithShift()
    {
        Shown shown(mapWithBrightPixel(40, 40, {3, 4}));
        MapView &view = shown.view;
        QSignalSpy drawn(&view, &MapView::regionDrawn), clicked(&view, &MapView::pixelClicked);
        drag(view, view.rectOf({20, 25}).center(), view.rectOf({10, 12}).center(), Qt::LeftButton,
             Qt::ShiftModifier);
        QCOMPARE(drawn.size(), 1);
        QCOMPARE(drawn[0][0].toRect(), QRect(QPoint(12, 10), QPoint(25, 20)));
        QCOMPARE(clicked.size(), 0);
    }

    void dragsLimitsInTheHistogram()
    {
        Map ramp(50, 50);
        for (int i = 0; i < 2500; ++i)
            ramp.data()[i] = float(i) / 2499;
        Shown shown(ramp);
        MapView &view = shown.view;
        view.setHistogramVisible(true);
        (void)view.grab(); // counted when first drawn
        QSignalSpy changed(&view, &MapView::limitsChanged);
        const QRectF area = view.mapArea();
        const double y = view.height() - 15;
        drag(view, {area.left() + 2, y}, {area.left() + area.width() / 4, y}, Qt::LeftButton);
        QVERIFY(changed.size() >= 1);
        QVERIFY(view.areLimitsLocked());
        QVERIFY(std::abs(view.limits().low - 0.25) < 0.01);
        QVERIFY(view.limits().high > 0.99);
        QTest::mouseDClick(&view, Qt::LeftButton, {}, QPoint(int(area.center().x()), int(y)));
        QVERIFY(!view.areLimitsLocked());
        QVERIFY(view.limits().low < 0.01);
    }

    void drawsThePathAndTheNextPixel()
    {
        Shown shown(Map::Constant(40, 40, 0.5F), {500, 460});
        MapView &view = shown.view;
        const QImage before = view.picture();
        MapOverlay overlay;
        overlay.path = {{{10, 10}, 1, Reason::Initial}, {{30, 12}, 2, Reason::Acquisition}};
        overlay.next = Pixel{20, 30};
        overlay.vetoed = {{35, 35}};
        overlay.queued = {{5, 35}};
        overlay.forbidden = Mask::Constant(40, 40, false);
        overlay.forbidden.block(0, 0, 6, 6).setConstant(true);
        view.setOverlay(overlay);
        const QImage after = view.picture();
        const auto differ = [&](Pixel pixel, double radius) {
            const QPointF c = view.rectOf(pixel).center();
            const QRect area =
                QRectF(c - QPointF(radius, radius), c + QPointF(radius, radius)).toRect();
            return before.copy(area) != after.copy(area);
        };
        for (Pixel pixel : {Pixel{10, 10}, Pixel{30, 12}, Pixel{20, 30}, Pixel{35, 35},
                            Pixel{5, 35}, Pixel{2, 2}})
            QVERIFY2(differ(pixel, 9), qPrintable(QString::number(pixel.row)));
        QVERIFY(!differ({20, 3}, 9)); // nothing where nothing is
        view.setOverlayVisible(false);
        QCOMPARE(view.picture(), before);
    }

    void theMenuOffersWhatTheViewCanDo()
    {
        Shown shown(mapWithBrightPixel(40, 40, {3, 4}));
        MapView &view = shown.view;
        QSignalSpy chosen(&view, &MapView::colormapChanged);
        std::optional<Pixel> asked;
        connect(&view, &MapView::menuRequested, this, [&](QMenu *menu, std::optional<Pixel> pixel) {
            asked = pixel;
            menu->addAction("Measure here next");
        });
        const QPoint at = view.rectOf({7, 8}).center().toPoint();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, view.mapToGlobal(at));
        QApplication::sendEvent(&view, &event);
        QCOMPARE(asked, std::optional(Pixel{7, 8}));
        QMenu *menu = view.findChild<QMenu *>();
        QVERIFY(menu);
        QCOMPARE(menu->actions().first()->text(), QString("Measure here next"));
        for (QAction *action : view.findChildren<QAction *>())
            if (action->text() == "Magma")
                action->trigger();
        QCOMPARE(view.colormap(), Colormap::Magma);
        QCOMPARE(chosen.size(), 1);
        menu->close();
    }

    void theMenuSavesThePictureOrSaysWhyNot()
    {
        const QTemporaryDir folder;
        Shown shown(mapWithBrightPixel(40, 40, {3, 4}));
        MapView &view = shown.view;
        const auto saveAs = [&view](const QString &file) {
            const QPoint at = view.rectOf({7, 8}).center().toPoint();
            QContextMenuEvent event(QContextMenuEvent::Mouse, at, view.mapToGlobal(at));
            QApplication::sendEvent(&view, &event);
            auto *menu = view.findChild<QMenu *>();
            for (QAction *action : menu->actions())
                if (action->text().contains("Save the picture"))
                    action->trigger();
            delete menu;
            auto *dialog = view.findChild<QFileDialog *>();
            emit dialog->fileSelected(file);
            delete dialog;
        };
        const QString file = folder.filePath("map.png");
        saveAs(file);
        QTRY_VERIFY(QFile::exists(file)); // all of it at once
        QCOMPARE(QImage(file).convertToFormat(QImage::Format_RGB32),
                 view.picture().convertToFormat(QImage::Format_RGB32));

        saveAs(folder.filePath("nowhere/map.png"));
        QTRY_VERIFY(view.findChild<QMessageBox *>());
        const QString sentence = view.findChild<QMessageBox *>()->text();
        QVERIFY2(sentence.contains("nowhere/map.png") && sentence.contains("elsewhere"),
                 qPrintable(sentence));
    }

    void anEmptyViewSaysWhatWillAppear()
    {
        MapView view;
        view.resize(300, 200);
        view.setPlaceholder("Press Run.");
        QVERIFY(view.isEmpty());
        const QImage image = view.picture();
        QSet<QRgb> colours;
        for (int y = 80; y < 120; ++y)
            for (int x = 50; x < 250; ++x)
                colours << image.pixel(x, y);
        QVERIFY(colours.size() > 2);
        // Nothing to do for the user, and nothing breaks.
        hover(view, {100, 100});
        wheel(view, {100, 100}, 120);
        QTest::mouseClick(&view, Qt::LeftButton, {}, {100, 100});
        QTest::keyClick(&view, Qt::Key_1);
        view.setMap(mapWithBrightPixel(3, 3, {1, 1}));
        QVERIFY(!view.isEmpty());
        view.clear();
        QVERIFY(view.isEmpty());
    }

    void showsOddMaps_data()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("cols");
        QTest::addColumn<float>("value");
        QTest::newRow("one pixel") << 1 << 1 << 3.0F;
        QTest::newRow("nothing known") << 9 << 9 << missing;
        QTest::newRow("infinite") << 9 << 9 << std::numeric_limits<float>::infinity();
        QTest::newRow("a line") << 1 << 5000 << 0.0F;
        QTest::newRow("a column") << 5000 << 3 << -1.0F;
        QTest::newRow("huge values") << 5 << 5 << 3e38F;
    }
    void showsOddMaps()
    {
        QFETCH(int, rows);
        QFETCH(int, cols);
        QFETCH(float, value);
        MapView view;
        view.resize(200, 150);
        view.setHistogramVisible(true);
        view.setMap(Map(Map::Constant(rows, cols, value)));
        QVERIFY(view.limits().high > view.limits().low);
        QVERIFY(!view.picture().isNull());
        QTest::keyClick(&view, Qt::Key_Right);
        wheel(view, view.mapArea().center(), 12000);
        QVERIFY(!view.picture().isNull());
        view.resize(30, 20); // smaller than anything needs
        QVERIFY(!view.picture().isNull());
    }

    void theScaleBarIsARoundLength_data()
    {
        QTest::addColumn<double>("width");
        QTest::addColumn<double>("zoom");
        QTest::addColumn<double>("nm");
        QTest::addColumn<QString>("text");
        QTest::addColumn<double>("length");
        QTest::newRow("nm") << 400.0 << 4.0 << 1.0 << "20 nm" << 80.0;
        QTest::newRow("fifty") << 470.0 << 4.9 << 1.64 << "50 nm" << 50 * 4.9 / 1.64;
        QTest::newRow("pm") << 400.0 << 10.0 << 0.05 << "500 pm" << 100.0;
        QTest::newRow("µm") << 500.0 << 1.0 << 10.0 << "1 µm" << 100.0;
        QTest::newRow("mm") << 500.0 << 1.0 << 1e4 << "1 mm" << 100.0;
        QTest::newRow("uncalibrated") << 400.0 << 4.0 << 0.0 << "20 px" << 80.0;
        QTest::newRow("within a pixel") << 100.0 << 400.0 << 0.0 << "" << 0.0;
        QTest::newRow("no width") << 0.0 << 4.0 << 1.0 << "" << 0.0;
    }
    void theScaleBarIsARoundLength()
    {
        QFETCH(double, width);
        QFETCH(double, zoom);
        QFETCH(double, nm);
        const ScaleBar bar = scaleBar(width, zoom, nm);
        QTEST(bar.text, "text");
        QFETCH(double, length);
        QVERIFY(std::abs(bar.length - length) < 1e-6);
    }

    void theScaleBarIsNeverShortNorLong()
    {
        for (double zoom = 0.01; zoom < 100; zoom *= 1.037) {
            const double part = scaleBar(400, zoom, 0.3).length / 400;
            QVERIFY2(part > 0.14 && part < 0.36, qPrintable(QString::number(part)));
        }
    }
};

QTEST_MAIN(TestMapView)
#include "tst_mapview.moc"
