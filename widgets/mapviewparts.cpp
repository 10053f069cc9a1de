// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/mapviewparts.h"

#include "widgets/colorbar.h"
#include "widgets/redlight.h"
#include "widgets/scalebar.h"
#include "widgets/ticks.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double unitSpace = 4; ///< the window's one unit of spacing
constexpr double histogramHeight = 44;

} // namespace

MapView::Parts::Layout MapView::Parts::layout() const
{
    Layout places;
    QRectF rest = QRectF(view->rect()).adjusted(unitSpace, unitSpace, -unitSpace, -unitSpace);
    const double line = std::ceil(QFontMetricsF(textFont(TextSize::Body)).height());
    places.title = QRectF(rest.left(), rest.top(), rest.width(), line);
    rest.setTop(places.title.bottom() + unitSpace);
    if (isHistogramVisible && rest.height() > 3 * histogramHeight) {
        places.histogram = rest;
        places.histogram.setTop(rest.bottom() - histogramHeight);
        rest.setBottom(places.histogram.top() - unitSpace);
    }
    const double barWidth = colorBarWidth();
    if (isBarVisible && rest.width() > 2.5 * barWidth) {
        places.bar = rest;
        places.bar.setLeft(rest.right() - barWidth);
        rest.setRight(places.bar.left() - 2 * unitSpace);
        places.histogram.setRight(std::min(places.histogram.right(), rest.right()));
        if (isFit && image.map()) { // beside the picture, not beside the empty space around it
            const QSizeF grid = gridSize();
            const double shown =
                grid.width() * std::min(rest.width() / grid.width(), rest.height() / grid.height());
            places.bar.moveLeft(
                std::min(places.bar.left(), rest.center().x() + shown / 2 + 2 * unitSpace));
        }
    }
    places.map = rest;
    return places;
}

QSizeF MapView::Parts::gridSize() const
{
    const auto &map = image.map();
    return map ? QSizeF(double(map->cols()) / ratio, double(map->rows()) / ratio) : QSizeF(1, 1);
}

double MapView::Parts::fitZoom() const
{
    const QSizeF area = layout().map.size(), size = gridSize();
    return std::max(1e-6, std::min(area.width() / size.width(), area.height() / size.height()));
}

void MapView::Parts::keepInside()
{
    const double fit = fitZoom(), nativeZoom = ratio / view->devicePixelRatioF();
    if (isFit) {
        zoom = fit;
        centre = QPointF(gridSize().width() / 2, gridSize().height() / 2);
        return;
    }
    zoom = std::clamp(zoom, std::min(fit, nativeZoom), std::max(4 * fit, 64 * nativeZoom));
    centre.setX(std::clamp(centre.x(), 0.0, gridSize().width()));
    centre.setY(std::clamp(centre.y(), 0.0, gridSize().height()));
}

QTransform MapView::Parts::toView() const
{
    const QPointF middle = layout().map.center();
    return {zoom, 0, 0, zoom, middle.x() - zoom * centre.x(), middle.y() - zoom * centre.y()};
}

void MapView::Parts::zoomAbout(const QPointF &position, double factor)
{
    const QPointF grid = toView().inverted().map(position);
    const double fit = fitZoom();
    isFit = false;
    zoom *= factor;
    // Zooming out ends at the whole map.
    if (factor < 1 && zoom <= fit && zoom / factor >= fit)
        isFit = true;
    keepInside();
    if (!isFit) {
        const QPointF middle = layout().map.center();
        centre = grid - (position - middle) / zoom;
        keepInside();
    }
    updateAll();
}

void MapView::Parts::showRegion()
{
    if (!isFit && !region.isEmpty()) {
        const QSizeF area = layout().map.size();
        zoom = std::min(area.width() / region.width(), area.height() / region.height());
        centre = region.center();
    }
    keepInside();
}

bool MapView::Parts::hasPixel(Pixel pixel) const
{
    return image.map() && pixel.row >= 0 && pixel.col >= 0 &&
           (pixel.row + 1) * ratio <= image.map()->rows() &&
           (pixel.col + 1) * ratio <= image.map()->cols();
}

bool MapView::Parts::isOtherSize(const Map &map) const
{
    const auto &old = image.map();
    return !old || old->rows() != map.rows() || old->cols() != map.cols();
}

void MapView::Parts::showNewMap(bool isOtherSize)
{
    if (isOtherSize && image.map()) {
        isFit = true;
        keepInside();
        adoptView();
    }
    keepInside();
    renewLimits();
    updateAll();
}

void MapView::Parts::adoptView()
{
    for (const QPointer<MapView> &peer : linked)
        if (peer && peer->m->image.map() && peer->m->gridSize() == gridSize()) {
            if (!peer->m->isFit)
                view->setViewRect(peer->viewRect());
            cursor = peer->m->cursor;
            pinned = peer->m->pinned;
            return;
        }
    if (cursor && !hasPixel(*cursor))
        cursor.reset();
    if (pinned && !hasPixel(*pinned))
        pinned.reset();
}

void MapView::Parts::renewLimits()
{
    if (!isLocked && image.map())
        limits = image.limits();
}

void MapView::Parts::updateAll()
{
    mapPicture = {};
    updateOverlay();
}

void MapView::Parts::updateOverlay()
{
    marksPicture = {};
    view->update();
}

void MapView::Parts::paint(QPainter &painter)
{
    painter.fillRect(view->rect(), theme().window);
    if (view->isEmpty()) {
        drawPlaceholder(painter);
    } else {
        const Layout places = layout();
        if (places.map.width() >= 1 && places.map.height() >= 1) {
            drawMap(painter, places);
            drawMarks(painter, places);
            drawGraphics(painter, places);
            if (isCursorVisible)
                drawCursor(painter, places);
        }
        drawTitle(painter, places);
        drawHistogram(painter, places);
    }
    if (isCursorVisible)
        drawFocus(painter);
}

void MapView::Parts::drawMap(QPainter &painter, const Layout &places)
{
    const QRectF whole =
        toView().mapRect(QRectF(QPointF(0, 0), gridSize())).intersected(places.map);
    if (whole.isEmpty())
        return;
    const bool isFigure = figureRatio > 0; // its hatching stays lines
    if (image.hasMissing() && isFigure) {
        painter.fillRect(whole, theme().plot);
        hatchMissing(painter, whole, theme().quietText);
    }
    const double device = fineness();
    if (mapPicture.isNull()) {
        const QSize size((places.map.size() * device).toSize());
        QRectF source =
            toView().inverted().mapRect(QRectF(places.map.topLeft(), QSizeF(size) / device));
        const auto scaledBy = [&source](double factor) {
            return QRectF(source.topLeft() * factor, source.size() * factor);
        };
        const bool isRed = isInRedLight();
        const auto shown = [isRed](Colormap kind) { return isRed ? inRedLight(kind) : kind; };
        mapPicture = image.render(size, scaledBy(ratio), shown(colormap), limits, tone);
        if (blend.map() && blendOpacity > 0) {
            const double finer = double(blend.map()->cols()) / gridSize().width();
            if (mapPicture.format() != QImage::Format_ARGB32_Premultiplied)
                mapPicture = mapPicture.convertToFormat(QImage::Format_ARGB32_Premultiplied);
            QPainter over(&mapPicture);
            over.setOpacity(blendOpacity);
            over.drawImage(
                0, 0, blend.render(size, scaledBy(finer), shown(blendColormap), blendLimits, {}));
        }
        if (isRed)
            redden(mapPicture);
        mapPicture.setDevicePixelRatio(device);
        if (image.hasMissing() && !isFigure) {
            QImage hatched(mapPicture.size(), QImage::Format_ARGB32_Premultiplied);
            hatched.setDevicePixelRatio(device);
            hatched.fill(Qt::transparent);
            QPainter under(&hatched);
            const QRectF inside = whole.translated(-places.map.topLeft());
            under.fillRect(inside, theme().plot);
            hatchMissing(under, inside, theme().quietText);
            under.drawImage(QPointF(0, 0), mapPicture);
            under.end();
            mapPicture = hatched;
        }
    }
    painter.drawImage(places.map.topLeft(), mapPicture);
}

void MapView::Parts::drawMarks(QPainter &painter, const Layout &places)
{
    if (isOverlayVisible && figureRatio > 0) {
        painter.save();
        painter.setClipRect(places.map);
        drawOverlay(painter, overlay, toView(), selectedStep);
        painter.restore();
    } else if (isOverlayVisible) {
        if (marksPicture.isNull()) {
            const double device = view->devicePixelRatioF();
            marksPicture = QPixmap((places.map.size() * device).toSize());
            marksPicture.setDevicePixelRatio(device);
            marksPicture.fill(Qt::transparent);
            QPainter marks(&marksPicture);
            marks.setClipRect(QRectF(QPointF(0, 0), places.map.size()));
            const QPointF shift = -places.map.topLeft();
            drawOverlay(marks, overlay, toView() * QTransform::fromTranslate(shift.x(), shift.y()),
                        selectedStep);
            if (isInRedLight()) {
                marks.end();
                QImage red = marksPicture.toImage();
                redden(red, true); // of several runs each has its red
                marksPicture = QPixmap::fromImage(red);
            }
        }
        painter.drawPixmap(places.map.topLeft(), marksPicture);
    }
    painter.save();
    painter.setClipRect(places.map);
    const QRectF seen = toView().mapRect(QRectF(QPointF(0, 0), gridSize())).intersected(places.map);
    drawBar(painter, seen);
    if (drag == Drag::Region) {
        const QRectF frame = QRectF(pressedAt, draggedTo).normalized();
        painter.fillRect(frame, QColor(0, 0, 0, 90));
        painter.setPen(QPen(ink(), 1.2, Qt::DashLine));
        painter.drawRect(frame);
    }
    painter.restore();
}

void MapView::Parts::drawBar(QPainter &painter, const QRectF &seen)
{
    const ScaleBar wanted = scaleBar(seen.width(), zoom, pixelSizeNm, isReciprocal);
    if (figureRatio > 0 || !(wanted.length > 0))
        return drawScaleBar(painter, seen, wanted);
    const QSizeF room = seen.size().boundedTo({2 * wanted.length + 300, 160});
    const double device = view->devicePixelRatioF();
    if (bar.picture.isNull() || bar.text != wanted.text || bar.length != wanted.length ||
        bar.room != room || bar.picture.devicePixelRatio() != device || bar.ink != ink()) {
        bar = {QPixmap((room * device).toSize()), wanted.text, wanted.length, room, ink()};
        bar.picture.setDevicePixelRatio(device);
        bar.picture.fill(Qt::transparent);
        QPainter onto(&bar.picture);
        drawScaleBar(onto, QRectF(QPointF(0, 0), room), wanted, bar.ink);
    }
    painter.drawPixmap(QPointF(seen.left(), seen.bottom() - room.height()), bar.picture);
}

void MapView::Parts::drawCursor(QPainter &painter, const Layout &places) const
{
    painter.save();
    painter.setClipRect(places.map);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF whole =
        toView().mapRect(QRectF(QPointF(0, 0), gridSize())).intersected(places.map);
    const auto frameOf = [this](Pixel pixel, double least) {
        QRectF frame = view->rectOf(pixel);
        const double grow = std::max(0.0, (least - frame.width()) / 2);
        return frame.adjusted(-grow, -grow, grow, grow);
    };
    const auto draw = [&painter](const auto &shape, double width, const QColor &colour) {
        painter.setPen(QPen(QColor(0, 0, 0, 160), width + 2));
        shape();
        painter.setPen(QPen(colour, width));
        shape();
    };
    if (cursor) {
        const QRectF frame = frameOf(*cursor, 9);
        const QPointF c = frame.center();
        // Filled, not stroked: at every move of the mouse, in every map.
        const auto fill = [&](double width, const QColor &colour) {
            const double half = width / 2;
            painter.fillRect(
                QRectF(QPointF(whole.left(), c.y() - half), QPointF(frame.left(), c.y() + half)),
                colour);
            painter.fillRect(
                QRectF(QPointF(frame.right(), c.y() - half), QPointF(whole.right(), c.y() + half)),
                colour);
            painter.fillRect(
                QRectF(QPointF(c.x() - half, whole.top()), QPointF(c.x() + half, frame.top())),
                colour);
            painter.fillRect(QRectF(QPointF(c.x() - half, frame.bottom()),
                                    QPointF(c.x() + half, whole.bottom())),
                             colour);
        };
        fill(3, QColor(0, 0, 0, 160));
        QColor thread = ink();
        thread.setAlpha(190);
        fill(1, thread);
        draw([&] { painter.drawRect(frame); }, 1, ink());
    }
    if (pinned) {
        const QRectF frame = frameOf(*pinned, 13).adjusted(-1, -1, 1, 1);
        draw([&] { painter.drawRect(frame); }, 2, theme().accent);
    }
    painter.restore();
}

void MapView::Parts::drawTitle(QPainter &painter, const Layout &places) const
{
    painter.save();
    const QFont font = textFont(TextSize::Body);
    const QFontMetricsF metrics(font);
    QString value = cursor && figureRatio == 0 ? view->readOut(*cursor) : QString();
    double valueWidth = metrics.horizontalAdvance(value);
    QRectF line = places.title;
    for (const QObject *each : view->children()) // a button at the end of the line
        if (const auto *part = qobject_cast<const QWidget *>(each);
            part && part->isVisibleTo(view) && line.intersects(part->geometry())) {
            if (part->geometry().center().x() > line.center().x())
                line.setRight(part->geometry().left() - unitSpace);
            else
                line.setLeft(part->geometry().right() + unitSpace);
        }
    const double width = line.width();
    if (valueWidth > 0.7 * width) {
        value = metrics.elidedText(value, Qt::ElideRight, 0.7 * width);
        valueWidth = metrics.horizontalAdvance(value);
    }
    painter.setFont(font);
    painter.setPen(theme().text);
    const double room = value.isEmpty() ? width : width - valueWidth - 2 * unitSpace;
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(title, Qt::ElideRight, room));
    painter.setPen(theme().quietText);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, value);
    if (places.bar.isValid())
        drawColorBar(painter, places.bar, {colormap, limits, tone, unit, isInRedLight()}, theme());
    painter.restore();
}

void MapView::Parts::drawHistogram(QPainter &painter, const Layout &places)
{
    const QRectF area = places.histogram;
    if (area.isEmpty() || !image.map())
        return;
    const auto &[bins, range] = image.histogram();
    painter.save();
    painter.fillRect(area, theme().plot);
    // Square roots: a few bright pixels beside much vacuum are still seen.
    const auto shown = [this](int count) {
        return isHistogramLogarithmic ? std::log1p(double(count)) : std::sqrt(double(count));
    };
    const double most = shown(*std::max_element(bins.begin(), bins.end()));
    const double width = area.width() / double(bins.size());
    for (std::size_t i = 0; i < bins.size() && most > 0; ++i) {
        const double height = shown(bins[i]) / most * (area.height() - 2);
        painter.fillRect(QRectF(area.left() + width * double(i), area.bottom() - height,
                                std::max(1.0, width), height),
                         theme().quietText);
    }
    painter.setRenderHint(QPainter::Antialiasing);
    for (double value : {limits.low, limits.high}) {
        const double fraction = (value - range.low) / (range.high - range.low);
        const double x = area.left() + std::clamp(fraction, 0.0, 1.0) * area.width();
        painter.setPen(QPen(theme().accent, 2));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    }
    painter.restore();
}

void MapView::Parts::drawPlaceholder(QPainter &painter) const
{
    painter.setFont(textFont(TextSize::Body));
    painter.setPen(theme().quietText);
    const QRectF area = QRectF(view->rect()).adjusted(16, 8, -16, -8);
    painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, placeholder);
    painter.setPen(theme().text);
    painter.drawText(layout().title, Qt::AlignLeft | Qt::AlignVCenter, title);
}

void MapView::Parts::drawFocus(QPainter &painter) const
{
    if (!view->hasFocus())
        return;
    painter.setPen(QPen(theme().accent, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(view->rect()).adjusted(0.5, 0.5, -0.5, -0.5));
}

} // namespace helmscope
