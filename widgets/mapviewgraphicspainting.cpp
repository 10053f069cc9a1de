// SPDX-License-Identifier: GPL-3.0-or-later
// How what is drawn onto a MapView looks.
#include "widgets/mapviewparts.h"

#include <QPainter>
#include <QPainterPath>

namespace helmscope {

namespace {

constexpr double handleSide = 7;
constexpr double leastForWords = 240; ///< width of a map

void strokeTwice(QPainter &painter, const QPainterPath &path, double width, const QColor &colour,
                 Qt::PenStyle style = Qt::SolidLine)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 170), width + 2));
    painter.drawPath(path);
    painter.setPen(QPen(colour, width, style));
    painter.drawPath(path);
}

} // namespace

QPainterPath outlineOf(const Graphic &graphic, const QTransform &toView)
{
    QPainterPath path;
    if (graphic.points.size() < 2)
        return path;
    if (graphic.isLine()) {
        path.moveTo(graphic.points[0]);
        path.lineTo(graphic.points[1]);
    } else if (graphic.kind == Graphic::Kind::Polygon) {
        path.addPolygon(QPolygonF(QList<QPointF>(graphic.points.begin(), graphic.points.end())));
        path.closeSubpath();
    } else {
        const QRectF frame = QRectF(graphic.points[0], graphic.points[1]).normalized();
        if (graphic.kind == Graphic::Kind::Ellipse)
            path.addEllipse(frame);
        else
            path.addRect(frame);
    }
    return toView.map(path);
}

void MapView::Parts::drawGraphics(QPainter &painter, const Layout &places) const
{
    if (!graphics)
        return;
    painter.save();
    painter.setClipRect(places.map);
    painter.setRenderHint(QPainter::Antialiasing);
    const QTransform transform = toView();
    const auto &colours = theme().series;
    const QFont font = textFont(TextSize::Small);
    painter.setFont(font);
    const auto draw = [&](const Graphic &graphic, const QColor &colour, bool isSelected) {
        const QPainterPath path = outlineOf(graphic, transform);
        strokeTwice(painter, path, isSelected ? 2 : 1.4, colour);
        if (graphic.isLine() && graphic.width * zoom > 4) {
            Graphic band = graphic;
            band.kind = Graphic::Kind::Polygon;
            band.points = graphic.region().points;
            painter.setPen(QPen(colour, 1, Qt::DashLine));
            painter.drawPath(outlineOf(band, transform));
        }
        if (isSelected && isCursorVisible)
            for (const QPointF &handle : handlesOf(graphic)) {
                const QPointF at = transform.map(handle);
                const QPointF half(handleSide / 2, handleSide / 2);
                painter.setPen(QPen(QColor(0, 0, 0, 200), 1));
                painter.setBrush(ink());
                painter.drawRect(QRectF(at - half, at + half));
            }
        if (places.map.width() < leastForWords)
            return; // words would hide a small map
        QString words = graphic.number > 0 ? graphic.name() : QString();
        if (isSelected || graphic.number == 0)
            words = (words + ' ' + graphic.sizeText(pixelSizeNm)).trimmed();
        QPainterPath text;
        text.addText(path.boundingRect().topLeft() - QPointF(0, 5), font, words);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(QColor(0, 0, 0, 190), 3, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPath(text);
        painter.fillPath(text, colour);
    };
    for (const Graphic &graphic : graphics->all())
        draw(graphic, colours[std::size_t(graphic.number) % colours.size()],
             graphic.number == graphics->selected());
    if (drawing && !drawing->stroke.empty()) {
        QPainterPath stroke(transform.map(drawing->stroke.front()));
        for (const QPointF &point : drawing->stroke)
            stroke.lineTo(transform.map(point) + QPointF(0.01, 0));
        painter.setBrush(Qt::NoBrush);
        QColor wide = ink();
        wide.setAlpha(120);
        painter.setPen(
            QPen(wide, graphics->brush() * zoom, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPath(stroke);
    } else if (drawing) {
        draw(drawing->graphic, ink(), false);
    }
    if (drag == Drag::Zoom) {
        QPainterPath frame;
        frame.addRect(QRectF(pressedAt, draggedTo).normalized());
        strokeTwice(painter, frame, 1.2, ink(), Qt::DashLine);
    }
    if (graphics->tool() == MapTool::Brush && cursor && !drawing) {
        QPainterPath round;
        const double radius = graphics->brush() * zoom / 2;
        round.addEllipse(view->rectOf(*cursor).center(), radius, radius);
        strokeTwice(painter, round, 1, ink());
    }
    painter.restore();
}

} // namespace helmscope
