// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineagesamples.h"
#include "widgets/lineagestyle.h"
#include "widgets/timerange.h"

#include <QApplication>
#include <QHelpEvent>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>
#include <QWheelEvent>

#include <set>

using namespace helmscope;

namespace {

/// survey -> prepare -> patches, spectra -> train -> model -> infer -> map; beside it `other`.
struct Shown
{
    SampleLineage sample;
    int survey, prepare, patches, spectra, train, model, infer, map, other;
    LineageView view;

    explicit Shown(QSize size = {900, 420})
    {
        survey = sample.artifact("survey.npy");
        prepare = sample.execution("Prepare");
        patches = sample.artifact("patches.npy");
        spectra = sample.artifact("spectra.npy");
        train = sample.execution("Train");
        model = sample.artifact("model.pt", "Model");
        infer = sample.execution("Infer");
        map = sample.artifact("map.npy");
        other = sample.artifact("other.npy");
        for (auto [from, to] :
             {std::pair(survey, prepare), std::pair(prepare, patches), std::pair(prepare, spectra),
              std::pair(patches, train), std::pair(spectra, train), std::pair(train, model),
              std::pair(model, infer), std::pair(infer, map)})
            sample.edge(from, to);
        view.resize(size);
        view.setPicture(pictureInColumns(sample.graph, {0, 1, 2, 2, 3, 4, 5, 6, 0}));
        view.show();
        view.setFocus();
        view.activateWindow();
        if (!QTest::qWaitForWindowActive(&view)) // its focus frame comes with it
            qWarning("not active");
    }
    QPoint placeOf(int node) const { return view.rectOf(node).center().toPoint(); }
    void press(int key, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::keyClick(&view, Qt::Key(key), modifiers);
    }
};

void wheel(QWidget &widget, const QPointF &at, QPoint delta,
           Qt::KeyboardModifiers modifiers = Qt::NoModifier)
{
    QWheelEvent event(at, widget.mapToGlobal(at), {}, delta, Qt::NoButton, modifiers,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&widget, &event);
}

void send(QWidget &widget, QEvent::Type type, const QPointF &at, Qt::MouseButton button,
          Qt::MouseButtons buttons)
{
    QMouseEvent event(type, at, widget.mapToGlobal(at), button, buttons, Qt::NoModifier);
    QApplication::sendEvent(&widget, &event);
}

void drag(QWidget &widget, const QPointF &from, const QPointF &to)
{
    send(widget, QEvent::MouseButtonPress, from, Qt::LeftButton, Qt::LeftButton);
    for (double part : {0.3, 0.7, 1.0})
        send(widget, QEvent::MouseMove, from + part * (to - from), Qt::NoButton, Qt::LeftButton);
    send(widget, QEvent::MouseButtonRelease, to, Qt::LeftButton, Qt::NoButton);
}

double distance(const QPointF &a, const QPointF &b)
{
    return std::hypot(a.x() - b.x(), a.y() - b.y());
}

/// Of the picture, around a place.
std::set<QRgb> coloursAround(const QImage &image, QPoint place, int reach)
{
    std::set<QRgb> colours;
    for (int y = place.y() - reach; y <= place.y() + reach; ++y)
        for (int x = place.x() - reach; x <= place.x() + reach; ++x)
            if (image.rect().contains(x, y))
                colours.insert(image.pixel(x, y));
    return colours;
}

/// Of any channel of any pixel.
int largestDifference(const QImage &a, const QImage &b)
{
    int largest = a.size() == b.size() ? 0 : 255;
    for (int y = 0; y < a.height() && largest < 255; ++y)
        for (int x = 0; x < a.width(); ++x) {
            const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
            largest = std::max({largest, std::abs(qRed(p) - qRed(q)),
                                std::abs(qGreen(p) - qGreen(q)), std::abs(qBlue(p) - qBlue(q))});
        }
    return largest;
}

} // namespace

class TestLineageView : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, Theme::dark()); }

    void selectsWhatIsClicked()
    {
        Shown shown;
        QSignalSpy selected(&shown.view, &LineageView::nodeSelected);
        QTest::mouseClick(&shown.view, Qt::LeftButton, {}, shown.placeOf(shown.model));
        QCOMPARE(selected.size(), 1);
        QCOMPARE(selected[0][0].toInt(), shown.model);
        QCOMPARE(shown.view.selectedNode(), shown.model);
        QVERIFY(shown.view.accessibleDescription().contains("model.pt"));
        // Beside all nodes: nothing is selected any more.
        QTest::mouseClick(&shown.view, Qt::LeftButton, {}, QPoint(4, 4));
        QCOMPARE(shown.view.selectedNode(), -1);
    }

    void settersSayNothing()
    {
        Shown shown;
        QSignalSpy selected(&shown.view, &LineageView::nodeSelected);
        QSignalSpy moved(&shown.view, &LineageView::viewChanged);
        shown.view.setSelectedNode(shown.model);
        shown.view.setZoom(2);
        shown.view.showNode(shown.survey);
        shown.view.fit();
        QVERIFY(selected.isEmpty() && moved.isEmpty());
        shown.view.setSelectedNode(1000); // there is none
        QCOMPARE(shown.view.selectedNode(), -1);
    }

    void walksToParentsChildrenAndSiblings()
    {
        Shown shown;
        shown.view.setSelectedNode(shown.survey);
        shown.press(Qt::Key_Right);
        QCOMPARE(shown.view.selectedNode(), shown.prepare);
        shown.press(Qt::Key_Right);
        QCOMPARE(shown.view.selectedNode(), shown.patches); // the nearest in height
        shown.press(Qt::Key_Down);
        QCOMPARE(shown.view.selectedNode(), shown.spectra);
        shown.press(Qt::Key_Up);
        QCOMPARE(shown.view.selectedNode(), shown.patches);
        shown.press(Qt::Key_Up); // the first already
        QCOMPARE(shown.view.selectedNode(), shown.patches);
        shown.press(Qt::Key_Down);
        shown.press(Qt::Key_Left);
        QCOMPARE(shown.view.selectedNode(), shown.prepare);
        shown.press(Qt::Key_Right); // back where it came from
        QCOMPARE(shown.view.selectedNode(), shown.spectra);
        for (int i = 0; i < 9; ++i)
            shown.press(Qt::Key_Right);
        QCOMPARE(shown.view.selectedNode(), shown.map); // where it ends, it stays
    }

    void walkingBringsTheNodeIntoSight()
    {
        Shown shown;
        shown.view.setZoom(2);
        shown.view.setSelectedNode(shown.survey);
        for (int i = 0; i < 6; ++i)
            shown.press(Qt::Key_Right);
        QCOMPARE(shown.view.selectedNode(), shown.map);
        QVERIFY(QRectF(shown.view.rect()).contains(shown.view.rectOf(shown.map)));
    }

    void highlightsWhatItCameFromAndWhatCameOfIt()
    {
        Shown shown;
        shown.view.setSelectedNode(shown.patches);
        const std::vector<int> expected{shown.survey, shown.prepare, shown.patches, shown.train,
                                        shown.model,  shown.infer,   shown.map};
        QCOMPARE(shown.view.highlighted(), expected); // not spectra, not other
        shown.view.setSelectedNode(shown.other);
        QCOMPARE(shown.view.highlighted(), std::vector<int>{shown.other});
        shown.view.setSelectedNode(-1);
        QVERIFY(shown.view.highlighted().empty());
    }

    void dimsTheOthers()
    {
        Shown shown;
        const auto brightest = [&shown](int node) {
            const QImage image = shown.view.grab().toImage();
            int most = 0;
            for (QRgb colour : coloursAround(image, shown.placeOf(node), 12))
                most = std::max(most, qGray(colour));
            return most;
        };
        const int before = brightest(shown.other);
        shown.view.setSelectedNode(shown.model);
        QVERIFY2(brightest(shown.other) < before / 2, qPrintable(QString::number(before)));
        shown.view.setSelectedNode(-1);
        QCOMPARE(brightest(shown.other), before);
    }

    void zoomKeepsThePointUnderTheCursor()
    {
        Shown shown;
        for (const QPointF at : {QPointF(120, 80), QPointF(700, 300)})
            for (int delta : {120, 360, -240, -120}) {
                const QPointF before = shown.view.toScene(at);
                const double zoom = shown.view.zoom();
                wheel(shown.view, at, {0, delta});
                QVERIFY(shown.view.zoom() != zoom);
                // Half a pixel, because the picture is shifted by whole ones.
                QVERIFY(distance(shown.view.toView(before), at) < 1);
            }
    }

    void zoomHasBounds()
    {
        Shown shown;
        wheel(shown.view, {300, 200}, {0, 120 * 200});
        QCOMPARE(shown.view.zoom(), 4.0);
        wheel(shown.view, {300, 200}, {0, -120 * 400});
        QVERIFY(shown.view.zoom() > 0.01);
        shown.view.setZoom(-1);
        shown.view.setZoom(std::numeric_limits<double>::quiet_NaN());
        QVERIFY(shown.view.zoom() > 0.01);
    }

    void fitsAllOfIt()
    {
        Shown shown;
        shown.view.setZoom(3);
        QVERIFY(!QRectF(shown.view.rect()).contains(shown.view.rectOf(shown.map)));
        shown.press(Qt::Key_0);
        for (int node = 0; node < 9; ++node)
            QVERIFY(QRectF(shown.view.rect()).contains(shown.view.rectOf(node)));
        // Stays whole when the window changes.
        shown.view.resize(500, 300);
        QTRY_VERIFY(QRectF(shown.view.rect()).contains(shown.view.rectOf(shown.map)));
        shown.press(Qt::Key_1);
        QCOMPARE(shown.view.zoom(), 1.0);
        shown.press(Qt::Key_Plus);
        QCOMPARE(shown.view.zoom(), 1.25);
        shown.press(Qt::Key_Minus);
        QCOMPARE(shown.view.zoom(), 1.0);
    }

    void pansByDraggingByWheelAndByKeys()
    {
        Shown shown;
        shown.view.setZoom(1);
        QPointF before = shown.view.toView({});
        drag(shown.view, {450, 380}, {400, 350});
        QCOMPARE(shown.view.toView({}) - before, QPointF(-50, -30));
        QCOMPARE(shown.view.selectedNode(), -1); // a drag selects nothing
        before = shown.view.toView({});
        wheel(shown.view, {100, 100}, {-120, 0});
        QVERIFY(shown.view.toView({}).x() < before.x());
        before = shown.view.toView({});
        shown.press(Qt::Key_Right);
        QVERIFY(shown.view.toView({}).x() < before.x());
        // Nobody loses the picture.
        drag(shown.view, {10, 10}, {9000, 9000});
        QVERIFY(shown.view.toView({}).x() < shown.view.width());
    }

    void whatAPanUncoversIsPaintedAsTheWhole()
    {
        Shown shown;
        shown.view.setZoom(1);
        (void)shown.view.grab();
        drag(shown.view, {450, 380}, {387, 341}); // shifts the layer
        const QImage shifted = shown.view.grab().toImage();
        QApplication::sendEvent(&shown.view, std::make_unique<QEvent>(QEvent::StyleChange).get());
        const QImage whole = shown.view.grab().toImage(); // painted anew
        // Antialiasing may differ by a shade where lines were cut.
        QVERIFY2(largestDifference(shifted, whole) <= 24,
                 qPrintable(QString::number(largestDifference(shifted, whole))));
    }

    void minimapMovesTheView()
    {
        Shown shown;
        shown.view.setZoom(4);
        const QPointF corner(shown.view.width() - 30, shown.view.height() - 50);
        const QPointF before = shown.view.toView({});
        QTest::mouseClick(&shown.view, Qt::LeftButton, {}, corner.toPoint());
        QVERIFY(shown.view.toView({}).x() < before.x()); // to the right end
        QCOMPARE(shown.view.selectedNode(), -1);
    }

    void activatesByDoubleClickAndEnter()
    {
        Shown shown;
        QSignalSpy activated(&shown.view, &LineageView::nodeActivated);
        QTest::mouseDClick(&shown.view, Qt::LeftButton, {}, shown.placeOf(shown.train));
        QCOMPARE(activated.size(), 1);
        QCOMPARE(activated[0][0].toInt(), shown.train);
        shown.view.setSelectedNode(shown.map);
        shown.press(Qt::Key_Return);
        QCOMPARE(activated.last()[0].toInt(), shown.map);
    }

    void groupsOpenByDoubleClickEnterAndG()
    {
        Shown shown;
        auto picture = pictureInColumns(shown.sample.graph, {0, 1, 2, 2, 3, 4, 5, 6, 0});
        // patches and spectra stand together; what they were is one box.
        picture->items[std::size_t(shown.patches)] = {{shown.patches, shown.spectra}, {}, 7};
        picture->items.erase(picture->items.begin() + shown.spectra);
        picture->layout.centres.erase(picture->layout.centres.begin() + shown.spectra);
        picture->layout.layers.erase(picture->layout.layers.begin() + shown.spectra);
        for (auto &[from, to] : picture->edges)
            for (int *end : {&from, &to})
                if (*end >= shown.spectra)
                    --*end;
        shown.view.setPicture(picture);
        QCOMPARE(shown.view.rectOf(shown.spectra), shown.view.rectOf(shown.patches));
        QSignalSpy toggled(&shown.view, &LineageView::groupToggled);
        QSignalSpy activated(&shown.view, &LineageView::nodeActivated);
        QTest::mouseDClick(&shown.view, Qt::LeftButton, {}, shown.placeOf(shown.spectra));
        shown.view.setSelectedNode(shown.patches);
        shown.press(Qt::Key_Return);
        shown.press(Qt::Key_G);
        QCOMPARE(toggled.size(), 3);
        for (const auto &arguments : toggled)
            QCOMPARE(arguments[0].toInt(), 7);
        QVERIFY(activated.isEmpty());
    }

    void keepsPlaceAndSelectionWhenThePictureGrows()
    {
        Shown shown;
        shown.view.setZoom(0.9);
        shown.view.setSelectedNode(shown.model);
        const QPointF before = shown.view.rectOf(shown.model).center();
        auto grown = pictureInColumns(shown.sample.graph, {0, 1, 2, 2, 4, 5, 6, 7, 0});
        shown.view.setPicture(grown, shown.model);
        QCOMPARE(shown.view.selectedNode(), shown.model);
        QCOMPARE(shown.view.zoom(), 0.9);
        QVERIFY(distance(shown.view.rectOf(shown.model).center(), before) < 1);
        QVERIFY(!shown.view.highlighted().empty());
    }

    void namesAreCutInTheMiddleAndWholeInTheToolTip()
    {
        SampleLineage sample;
        const QString name =
            "a_very_long_name_that_nobody_can_show_in_a_box_of_that_width_0001.npy";
        const int node = sample.artifact("folder/" + name);
        LineageView view;
        view.resize(600, 300);
        view.setPicture(pictureInColumns(sample.graph, {0}));
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        QVERIFY(view.rectOf(node).width() < 260);
        const QPoint place = view.rectOf(node).center().toPoint();
        QHelpEvent help(QEvent::ToolTip, place, view.mapToGlobal(place));
        QApplication::sendEvent(&view, &help);
        QVERIFY2(QToolTip::text().contains("folder/" + name), qPrintable(QToolTip::text()));
        QToolTip::hideText();
    }

    void everyClassHasAColourAndAShapeOfItsOwn()
    {
        std::set<QRgb> colours;
        std::set<QString> shapes;
        for (int i = 0; i < lineageClassCount; ++i) {
            for (const Theme *theme : {&Theme::dark(), &Theme::light()})
                QVERIFY(colourOf(LineageClass(i), *theme) != theme->plot);
            colours.insert(colourOf(LineageClass(i), Theme::dark()).rgb());
            QString outline;
            for (const QPointF &point : markOf(LineageClass(i)).toFillPolygon())
                outline += QStringLiteral("%1,%2 ").arg(point.x()).arg(point.y());
            shapes.insert(outline);
            QVERIFY(QRectF(-0.501, -0.501, 1.002, 1.002)
                        .contains(markOf(LineageClass(i)).boundingRect()));
        }
        QCOMPARE(int(colours.size()), lineageClassCount);
        QCOMPARE(int(shapes.size()), lineageClassCount);
    }

    void saysWhatToDoWhenEmpty()
    {
        LineageView view;
        view.resize(400, 300);
        QVERIFY(view.isEmpty());
        QVERIFY(!view.accessibleName().isEmpty());
        const auto colours = coloursAround(view.grab().toImage(), {200, 150}, 100);
        QVERIFY(colours.size() > 2); // there is text
        QSignalSpy selected(&view, &LineageView::nodeSelected);
        QTest::mouseClick(&view, Qt::LeftButton, {}, {200, 150});
        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_Return);
        QVERIFY(selected.isEmpty());
    }

    void foundOnesAreRingedAndTheOthersDimmed()
    {
        Shown shown;
        const QImage before = shown.view.grab().toImage();
        shown.view.setMatches({shown.model});
        const QImage after = shown.view.grab().toImage();
        const QPoint edge = shown.view.rectOf(shown.other).center().toPoint();
        QVERIFY(coloursAround(before, edge, 10) != coloursAround(after, edge, 10));
        shown.view.setMatches({});
        QVERIFY2(
            largestDifference(shown.view.grab().toImage(), before) <= 24,
            qPrintable(QString::number(largestDifference(shown.view.grab().toImage(), before))));
    }

    void followsTheTheme()
    {
        Shown shown;
        const QRgb dark = shown.view.grab().toImage().pixel(3, 3);
        applyTheme(*qApp, Theme::light());
        const QRgb light = shown.view.grab().toImage().pixel(3, 3);
        applyTheme(*qApp, Theme::dark());
        QCOMPARE(QColor(light), Theme::light().plot);
        QCOMPARE(QColor(dark), Theme::dark().plot);
    }

    void timeRangeIsDraggedAndReset()
    {
        TimeRange range;
        range.resize(420, 56);
        range.setTimes({0, 1000, 1100, 1500, 2000});
        range.show();
        QVERIFY(QTest::qWaitForWindowExposed(&range));
        QCOMPARE(range.from(), qint64(1000)); // what is not known does not count
        QVERIFY(range.isAll() && range.holds(0));
        QSignalSpy changed(&range, &TimeRange::rangeChanged);
        drag(range, {10, 15}, {210, 15}); // half of 400
        QVERIFY(!changed.isEmpty());
        QVERIFY2(std::abs(range.from() - 1500) < 10, qPrintable(QString::number(range.from())));
        QVERIFY(!range.isAll() && !range.holds(1100) && range.holds(2000) && !range.holds(0));
        QTest::keyClick(&range, Qt::Key_Right);
        QVERIFY(range.from() > 1500);
        QTest::mouseDClick(&range, Qt::LeftButton, {}, QPoint(300, 15));
        QVERIFY(range.isAll());
        range.setRange(5000, 10); // kept within
        QVERIFY(range.from() <= range.to() && range.to() <= 2000);
    }
};

QTEST_MAIN(TestLineageView)
#include "tst_lineageview.moc"
