// SPDX-License-Identifier: GPL-3.0-or-later
// How a LineageView is painted. What lies outside of the area asked for is passed over by its
// bounding box; what is too small to be read is drawn as a mark.
#include "widgets/lineageviewparts.h"

#include <QFontMetricsF>
#include <QPaintEvent>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double wholeFrom = 0.68; ///< zoom from which both lines of a box can be read
constexpr double nameFrom = 13;    ///< height of a box on the screen from which a name can be

QColor mixed(const QColor &a, const QColor &b, double share)
{
    return QColor::fromRgbF(float(a.redF() * share + b.redF() * (1 - share)),
                            float(a.greenF() * share + b.greenF() * (1 - share)),
                            float(a.blueF() * share + b.blueF() * (1 - share)));
}

/// Through those points of a route that bound a piece in the area, each piece leaving and arriving
/// horizontally.
QPainterPath curveThrough(const std::vector<Layout::Point> &route, const QRectF &area)
{
    QPainterPath path;
    bool isJoined = false;
    for (std::size_t i = 1; i < route.size(); ++i) {
        const Layout::Point &a = route[i - 1], &b = route[i];
        const auto [left, right] = std::minmax(a.x, b.x);
        const auto [top, bottom] = std::minmax(a.y, b.y);
        if (right < area.left() || left > area.right() || bottom < area.top() ||
            top > area.bottom()) {
            isJoined = false;
            continue;
        }
        if (!isJoined)
            path.moveTo(a.x, a.y);
        isJoined = true;
        if (a.y == b.y || b.x <= a.x) {
            path.lineTo(b.x, b.y);
        } else {
            const double middle = (a.x + b.x) / 2;
            path.cubicTo(middle, a.y, middle, b.y, b.x, b.y);
        }
    }
    return path;
}

QPen edgePen(const QColor &colour, double width)
{
    QPen pen(colour, width);
    pen.setCosmetic(true);
    return pen;
}

} // namespace

LineageView::Parts::Detail LineageView::Parts::detail() const
{
    if (zoom >= wholeFrom)
        return Detail::Whole;
    const double height = boxes.empty() ? 0 : boxes[0].height() * zoom;
    return height >= nameFrom ? Detail::Name : Detail::Mark;
}

QColor LineageView::Parts::tone(const QColor &colour, Light light) const
{
    return light == Light::Dimmed ? mixed(colour, theme().plot, 0.22) : colour;
}

void LineageView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme &theme = m->theme();
    if (isEmpty()) {
        painter.fillRect(rect(), theme.plot);
        painter.setPen(theme.quietText);
        painter.setFont(textFont(TextSize::Body));
        painter.drawText(rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap,
                         m->placeholder);
    } else {
        m->renewLayer();
        painter.drawPixmap(QPointF(0, 0), m->layer);
        if (m->shown->hasThumbnails && m->detail() != Parts::Detail::Mark &&
            !m->thumbnailsSoon.isActive())
            m->thumbnailsSoon.start();
        m->drawMinimap(painter);
        m->drawLegend(painter);
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.accent, 1));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void LineageView::Parts::drawScene(QPainter &painter, const QRectF &area) const
{
    // Lines and rings reach beyond their boxes.
    const QRectF inScene = QRectF(view->toScene(area.topLeft()), area.size() / zoom)
                               .adjusted(-10 / zoom, -10 / zoom, 10 / zoom, 10 / zoom);
    const auto lights =
        hasLight ? std::vector<Light>{Light::Dimmed, Light::Lit} : std::vector<Light>{Light::Plain};
    for (Light light : lights)
        drawEdges(painter, inScene, light);
    for (Light light : lights)
        drawNodes(painter, inScene, light);
    drawLabels(painter, area);
}

double LineageView::Parts::markSide(std::size_t item) const
{
    return std::max(boxes[item].height() * zoom * 1.1, 3.0);
}

void LineageView::Parts::drawEdges(QPainter &painter, const QRectF &area, Light light) const
{
    std::vector<std::size_t> visible;
    for (std::size_t e = 0; e < edgeBoxes.size(); ++e)
        if (edgeLights[e] == light && edgeBoxes[e].intersects(area))
            visible.push_back(e);
    const QColor base = mixed(theme().quietText, theme().plot, theme().isDark ? 0.75 : 0.85);
    const QColor colour = light == Light::Lit ? theme().accent : tone(base, light);
    const double width = light == Light::Lit ? 1.8 : 1.1;

    if (isCrowded || detail() == Detail::Mark) {
        std::vector<QLineF> lines;
        const auto add = [&](const QPointF &a, const QPointF &b) {
            if (std::max(a.x(), b.x()) >= area.left() && std::min(a.x(), b.x()) <= area.right())
                lines.emplace_back(view->toView(a), view->toView(b));
        };
        const bool isMark = detail() == Detail::Mark;
        const double leastLine = 4 / zoom;
        for (std::size_t e : visible) {
            const auto &route = shown->layout.routes[e];
            // Bends that are straight, or nearer than a few pixels, need no line of their own.
            std::size_t last = 0;
            for (std::size_t i = 1; i < route.size(); ++i) {
                const bool isEnd = i + 1 == route.size();
                const bool isStraight =
                    !isEnd && route[i].y == route[last].y && route[i + 1].y == route[i].y;
                const bool isNear =
                    std::abs(route[i].x - route[last].x) + std::abs(route[i].y - route[last].y) <
                    leastLine;
                if (!isEnd && (isStraight || isNear))
                    continue;
                add({route[last].x, route[last].y}, {route[i].x, route[i].y});
                last = i;
            }
            if (isMark && !route.empty()) { // marks are narrower than the boxes they stand for
                const auto [from, to] = shown->edges[e];
                add(boxes[std::size_t(from)].center(), {route.front().x, route.front().y});
                add({route.back().x, route.back().y}, boxes[std::size_t(to)].center());
            }
        }
        painter.setRenderHint(QPainter::Antialiasing, !isCrowded);
        painter.setPen(QPen(colour, light == Light::Lit && !isCrowded ? 1.6 : 1));
        painter.drawLines(lines.data(), int(lines.size()));
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(offset);
    painter.scale(zoom, zoom);
    painter.setPen(edgePen(colour, width));
    for (std::size_t e : visible) {
        painter.setBrush(Qt::NoBrush);
        painter.drawPath(curveThrough(shown->layout.routes[e], area));
        if (detail() != Detail::Whole || shown->layout.routes[e].empty())
            continue;
        const Layout::Point &tip = shown->layout.routes[e].back();
        painter.setBrush(colour);
        const QPointF arrow[]{{tip.x, tip.y}, {tip.x - 6, tip.y - 3.2}, {tip.x - 6, tip.y + 3.2}};
        painter.drawPolygon(arrow, 3);
    }
    painter.restore();
}

void LineageView::Parts::drawNodes(QPainter &painter, const QRectF &area, Light light) const
{
    const bool isMark = detail() == Detail::Mark;
    painter.setRenderHint(QPainter::Antialiasing, !isMark);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (itemLights[i] != light || !boxes[i].intersects(area))
            continue;
        if (isMark)
            drawMark(painter, i, light);
        else
            drawBox(painter, i, light);
    }
}

void LineageView::Parts::drawMark(QPainter &painter, std::size_t item, Light light) const
{
    const QColor colour = tone(colourOf(classes[item], theme()), light);
    const double side = markSide(item);
    const QPointF centre = view->toView(boxes[item].center());
    const QRectF square(centre - QPointF(side, side) / 2, QSizeF(side, side));
    if (side < 5)
        painter.fillRect(square.toRect(), colour);
    else
        painter.drawPixmap(square.topLeft(), stamp(classes[item], light, side));
    drawFrame(painter, square, item, 1);
}

/// A mark as it is drawn at this zoom: thousands of them are the same few.
const QPixmap &LineageView::Parts::stamp(LineageClass which, Light light, double side) const
{
    if (side != stampSide) {
        stamps.clear();
        stampSide = side;
    }
    QPixmap &picture = stamps[{which, light}];
    if (!picture.isNull())
        return picture;
    const double ratio = view->devicePixelRatioF();
    picture = QPixmap((QSizeF(side, side) * ratio).toSize().expandedTo({1, 1}));
    picture.setDevicePixelRatio(ratio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(side / 2, side / 2);
    painter.scale(side, side);
    painter.fillPath(markOf(which), tone(colourOf(which, theme()), light));
    return picture;
}

/// The rings of a selected and of a found one.
void LineageView::Parts::drawFrame(QPainter &painter, const QRectF &box, std::size_t item,
                                   double scale) const
{
    const bool isSelected = itemOf(selected) == int(item);
    if (!isSelected && !isMatch[item])
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    QPen pen(theme().accent, (isSelected ? 2.5 : 1.6) / scale,
             isSelected ? Qt::SolidLine : Qt::DashLine);
    painter.setPen(pen);
    const double out = 3 / scale;
    painter.drawRoundedRect(box.adjusted(-out, -out, out, out), 6, 6);
}

void LineageView::Parts::drawBox(QPainter &painter, std::size_t item, Light light) const
{
    const Theme &theme = this->theme();
    const bool isWhole = detail() == Detail::Whole;
    const bool isExecution = classes[item] == LineageClass::Execution;
    const bool isGroup = shown->items[item].isClosedGroup();
    const QColor own = colourOf(classes[item], theme);
    const QColor edge = isExecution ? theme.quietText : own;
    const QColor fill = isExecution ? theme.raised : mixed(own, theme.panel, 0.10);
    const QRectF box(QPointF(0, 0), boxes[item].size());
    const double radius = isExecution ? box.height() / 3 : 3;

    painter.save();
    painter.translate(view->toView(boxes[item].topLeft()));
    painter.scale(zoom, zoom);
    QPen pen(tone(edge, light), 1.3);
    painter.setPen(pen);
    painter.setBrush(tone(fill, light));
    if (isGroup) // a stack of cards
        for (double out : {6.0, 3.0})
            painter.drawRoundedRect(box.translated(out, out), radius, radius);
    painter.drawRoundedRect(box, radius, radius);
    double left = 10;
    if (!isExecution) {
        left = lineageMarkWidth;
        painter.save();
        painter.translate(lineageMarkWidth / 2 + 1, box.height() / 2);
        painter.scale(15, 15);
        painter.fillPath(markOf(classes[item]), tone(own, light));
        painter.restore();
    }
    drawFrame(painter, box, item, zoom);
    if (hasThumbnailRoom(item))
        drawThumbnail(painter, item, light);
    const double right = hasThumbnailRoom(item) ? thumbnailSide() + 8 : 6;
    const QRectF text = box.adjusted(left, 4, -right, -4);
    if (isWhole) {
        QFont bold = textFont(TextSize::Body);
        if (isExecution)
            bold.setWeight(QFont::DemiBold);
        const QFont small = textFont(TextSize::Small);
        if (cutTitles[item].isEmpty()) {
            cutTitles[item] =
                QFontMetricsF(bold).elidedText(title(item), Qt::ElideMiddle, text.width());
            cutCaptions[item] =
                QFontMetricsF(small).elidedText(caption(item), Qt::ElideRight, text.width());
        }
        painter.setFont(bold);
        painter.setPen(tone(theme.text, light));
        painter.drawText(text, Qt::AlignLeft | Qt::AlignTop | Qt::TextSingleLine, cutTitles[item]);
        painter.setFont(small);
        painter.setPen(tone(theme.quietText, light));
        painter.drawText(text, Qt::AlignLeft | Qt::AlignBottom | Qt::TextSingleLine,
                         cutCaptions[item]);
        painter.restore();
        return;
    }
    painter.restore();
    // One line, in a size of the screen.
    QFont font = textFont(TextSize::Small);
    font.setPixelSize(int(std::clamp(box.height() * zoom * 0.58, 8.0, 11.0)));
    const QRectF line(view->toView(boxes[item].topLeft() + QPointF(left, 0)),
                      QSizeF((box.width() - left - right + 2) * zoom, box.height() * zoom));
    painter.setFont(font);
    painter.setPen(tone(theme.text, light));
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                     QFontMetricsF(font).elidedText(title(item), Qt::ElideMiddle, line.width()));
}

} // namespace helmscope
