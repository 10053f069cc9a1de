// SPDX-License-Identifier: GPL-3.0-or-later
// What a MapView is made of; for its own sources only.
#pragma once

#include "widgets/graphics.h"
#include "widgets/mapimage.h"
#include "widgets/mapview.h"
#include "widgets/redlight.h"
#include "widgets/theme.h"

#include <QPainterPath>
#include <QPixmap>
#include <QPointer>

namespace helmscope {

/// The edge of a graphic, or its line, where it lies in the view.
QPainterPath outlineOf(const Graphic &graphic, const QTransform &toView);

struct MapView::Parts
{
    explicit Parts(MapView *v)
        : view(v)
    {
    }

    /// The widget's parts, from top to bottom and from left to right.
    struct Layout
    {
        QRectF title, map, bar, histogram;
    };
    Layout layout() const;

    // Grid coordinates and the widget's.
    QSizeF gridSize() const; ///< columns, rows
    double fitZoom() const;
    QTransform toView() const;
    void keepInside(); ///< zoom and centre within reason
    void showRegion(); ///< zoom and centre for it, in the area there is
    void zoomAbout(const QPointF &position, double factor);
    bool hasPixel(Pixel pixel) const;

    bool isOtherSize(const Map &map) const; ///< than what is shown
    void showNewMap(bool isOtherSize);
    void adoptView(); ///< cursor, zoom and place of a linked view of the same grid
    void renewLimits();
    void updateAll();     ///< map, overlay and all
    void updateOverlay(); ///< marks only

    // Painting; the two pictures are kept until what they show changes.
    void drawMap(QPainter &painter, const Layout &places);
    void drawMarks(QPainter &painter, const Layout &places);
    void drawBar(QPainter &painter, const QRectF &seen);
    void drawCursor(QPainter &painter, const Layout &places) const;
    void drawTitle(QPainter &painter, const Layout &places) const;
    void drawHistogram(QPainter &painter, const Layout &places);
    void paint(QPainter &painter);
    void fillLimitsMenu(QMenu *menu);
    double fineness() const { return figureRatio > 0 ? figureRatio : view->devicePixelRatioF(); }
    void drawPlaceholder(QPainter &painter) const;
    void drawFocus(QPainter &painter) const;

    // What the user does.
    void moveCursor(Pixel pixel); ///< and says so
    void click(Pixel pixel);
    void tellView(); ///< zoomed or moved by hand
    void dragLimit(double x);
    void fillMenu(QMenu *menu);
    void addGamma(QMenu *menu);

    // What is drawn to measure with: true when it was for that.
    bool pressGraphics(const QMouseEvent *event);
    bool moveGraphics(const QMouseEvent *event);
    bool releaseGraphics(const QMouseEvent *event);
    bool keyGraphics(const QKeyEvent *event);
    void drawGraphics(QPainter &painter, const Layout &places) const;
    void beginDrawing(const QPointF &at, bool isByKeys);
    void drawTo(QPointF at, bool isConstrained);
    void finishDrawing();
    void tellSelected();
    QPointF gridAt(const QPointF &position) const; ///< on the map, or on its edge
    std::optional<std::pair<int, int>> graphicAt(const QPointF &position) const;
    const Theme &theme() const { return figureTheme ? *figureTheme : themeOf(view->palette()); }
    /// On the screen under the dim theme; what is kept has its colours.
    bool isInRedLight() const { return isRedLit(theme()) && figureRatio == 0 && !isPicture; }
    QColor ink() const { return isInRedLight() ? inkOn(theme()) : QColor(Qt::white); }

    MapView *view;
    MapImage image;
    QString title, unit, placeholder, missingText;
    double pixelSizeNm = 0; ///< or 1/nm a pixel
    bool isReciprocal = false;
    int ratio = 1;
    bool isBarVisible = true, isHistogramVisible = false, isOverlayVisible = true;
    bool isCursorVisible = true; ///< not on pictures
    bool isPicture = false;      ///< what is painted now is one

    bool isHistogramLogarithmic = false;
    double figureRatio = 0; ///< of a figure in the making; else 0
    const Theme *figureTheme = nullptr;

    MapImage blend;
    Colormap blendColormap = Colormap::Viridis;
    ColorLimits blendLimits;
    double blendOpacity = 0;

    Colormap colormap = Colormap::Gray;
    Tone tone;
    ColorLimits limits;
    bool isLocked = false;

    MapOverlay overlay;
    int selectedStep = 0;
    std::optional<Pixel> cursor, pinned;

    bool isFit = true;
    double zoom = 1;          ///< of the widget's pixels per pixel of the grid
    QPointF centre{0.5, 0.5}; ///< of what is visible, grid coordinates

    QRectF region; ///< what was last zoomed to; kept in view when the widget is resized

    QList<QPointer<MapView>> linked;

    QImage mapPicture;
    QPixmap marksPicture;
    struct
    {
        QPixmap picture;
        QString text;
        double length = 0;
        QSizeF room;
        QColor ink = Qt::white;
    } bar; ///< the scale bar as drawn last: its halo costs more than the map

    QPointer<Graphics> graphics;
    /// What is being drawn: its last point follows the mouse or the cursor.
    struct Drawing
    {
        Graphic graphic;
        std::vector<QPointF> stroke; ///< of the brush; else empty
        bool isByKeys = false;
    };
    std::optional<Drawing> drawing;
    struct Grabbed
    {
        Graphic before;
        int handle = -1; ///< -1: all of it
        QPointF from;
    };
    std::optional<Grabbed> grabbed;

    enum class Drag { None, Undecided, Pan, Region, Low, High, Draw, Grab, Zoom } drag = Drag::None;
    QPointF pressedAt, draggedTo;
};

} // namespace helmscope
