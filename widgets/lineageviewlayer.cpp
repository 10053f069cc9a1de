// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas of a LineageView as it was painted last, and how it is kept up with what is shown
// without holding up the window: it is shifted, scaled, and painted piece by piece.
#include "widgets/lineageviewparts.h"

#include <QElapsedTimer>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr auto smoothEdges = 1500; ///< so many at once are drawn as curves, more as lines

} // namespace

/// By what is in sight, not by the clock: the same view is painted in the same way everywhere.
bool LineageView::Parts::takesLong() const
{
    constexpr std::ptrdiff_t mostEdges = 120, mostBoxes = 250;
    if (boxes.size() < std::size_t(mostBoxes) && edgeBoxes.size() < std::size_t(mostEdges))
        return false;
    const QRectF area = visible();
    const auto isSeen = [&area](const QRectF &box) { return box.intersects(area); };
    return std::count_if(edgeBoxes.begin(), edgeBoxes.end(), isSeen) > mostEdges ||
           std::count_if(boxes.begin(), boxes.end(), isSeen) > mostBoxes;
}

/// What was painted before stands in, moved and scaled to where it belongs now.
void LineageView::Parts::rescaleLayer(const QSize &size, double ratio)
{
    if (unpainted.isEmpty() && !layer.isNull()) {
        wholeLayer = layer;
        wholeOffset = layerOffset;
        wholeZoom = layerZoom;
    }
    const bool isElsewhere =
        wholeZoom != zoom || wholeOffset != offset || wholeLayer.size() != size;
    if (wholeLayer.isNull() || wholeZoom <= 0 || wholeLayer.devicePixelRatio() != ratio) {
        layer.fill(theme().plot);
    } else if (isElsewhere) {
        layer.fill(theme().plot);
        const double scale = zoom / wholeZoom;
        QPainter painter(&layer);
        painter.drawPixmap(
            QRectF(offset - wholeOffset * scale, wholeLayer.deviceIndependentSize() * scale),
            wholeLayer, QRectF(wholeLayer.rect()));
    }
}

/// Paints what is new on the canvas: all of it, or what a shift uncovered. Where that takes long,
/// a piece at a time, and nothing while the user zooms on.
void LineageView::Parts::renewLayer()
{
    const double ratio = view->devicePixelRatioF();
    const QSize size = (canvas().size() * ratio).toSize();
    const QRect whole(QPoint(0, 0), size);
    if (layer.size() != size || layer.devicePixelRatio() != ratio) {
        if (unpainted.isEmpty() && !layer.isNull()) {
            wholeLayer = layer;
            wholeOffset = layerOffset;
            wholeZoom = layerZoom;
        }
        layer = QPixmap(size);
        layer.setDevicePixelRatio(ratio);
        unpainted = whole;
        isLayerStale = true;
    }
    const bool isLong = takesLong();
    bool isRescaled = false;
    const QPoint shift = ((offset - layerOffset) * ratio).toPoint();
    if (isLayerStale) {
        if (isLong)
            rescaleLayer(size, ratio);
        // Decided for the whole canvas, so that what a shift uncovers looks like the rest.
        const QRectF area = visible();
        isCrowded = std::count_if(edgeBoxes.begin(), edgeBoxes.end(), [&area](const QRectF &box) {
                        return box.intersects(area);
                    }) > smoothEdges;
        placeLabels();
        unpainted = whole;
        isRescaled = isLong;
    } else if (std::abs(shift.x()) >= size.width() || std::abs(shift.y()) >= size.height()) {
        unpainted = whole;
    } else if (!shift.isNull()) {
        layer.scroll(shift.x(), shift.y(), layer.rect());
        const QRegion uncovered = QRegion(whole) - QRect(shift, size);
        unpainted = (unpainted.translated(shift) & whole) | uncovered;
        if (isLong) {
            QPainter painter(&layer);
            for (const QRect &part : uncovered)
                painter.fillRect(
                    QRectF(QPointF(part.topLeft()) / ratio, QSizeF(part.size()) / ratio),
                    theme().plot);
        }
    }
    layerOffset = offset;
    layerZoom = zoom;
    isLayerStale = false;
    if (unpainted.isEmpty())
        return;
    if (isLong && settle.isActive())
        return; // it goes on when the zooming is over
    if (isRescaled)
        return pieces.start(); // enough for one paint
    if (isLong)
        return paintPieces();
    QPainter painter(&layer);
    for (const QRect &part : unpainted) {
        const QRectF area(QPointF(part.topLeft()) / ratio, QSizeF(part.size()) / ratio);
        painter.setClipRect(area);
        painter.fillRect(area, theme().plot);
        drawScene(painter, area);
    }
    unpainted = {};
}

/// From the middle outwards, for some milliseconds.
void LineageView::Parts::paintPieces()
{
    constexpr qint64 mostMilliseconds = 7;
    constexpr int side = 112;
    const double ratio = layer.devicePixelRatio();
    const QPointF middle = QRectF(layer.rect()).center();
    std::vector<QRect> tiles;
    for (int y = 0; y < layer.height(); y += side)
        for (int x = 0; x < layer.width(); x += side)
            if (const QRect tile(x, y, side, side); unpainted.intersects(tile))
                tiles.push_back(tile);
    const auto distance = [&middle](const QRect &tile) {
        const QPointF off = QRectF(tile).center() - middle;
        return QPointF::dotProduct(off, off);
    };
    std::sort(tiles.begin(), tiles.end(),
              [&distance](const QRect &a, const QRect &b) { return distance(a) < distance(b); });
    QElapsedTimer time;
    time.start();
    QPainter painter(&layer);
    for (const QRect &tile : tiles) {
        const QRect part = (unpainted & tile).boundingRect();
        const QRectF area(QPointF(part.topLeft()) / ratio, QSizeF(part.size()) / ratio);
        painter.setClipRect(area);
        painter.fillRect(area, theme().plot);
        drawScene(painter, area);
        unpainted -= part;
        if (time.elapsed() >= mostMilliseconds)
            break;
    }
    if (!unpainted.isEmpty())
        pieces.start();
}

} // namespace helmscope
