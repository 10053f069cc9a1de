// SPDX-License-Identifier: GPL-3.0-or-later
// What a LineageView paints around its nodes: labels of marks, the minimap, the legend.
#include "widgets/lineageviewparts.h"

#include <QFontMetricsF>

#include <algorithm>

namespace helmscope {

namespace {

constexpr std::size_t mostLabels = 600; ///< items of a picture whose marks are labelled
constexpr double minimapWidth = 176, minimapHeight = 116;

} // namespace

/// Names beside marks, as many as there is room for without one on top of another: executions
/// first, for they say what was done.
void LineageView::Parts::placeLabels()
{
    labels.clear();
    if (detail() != Detail::Mark || boxes.empty() || boxes.size() > mostLabels)
        return;
    const QFontMetricsF metrics(textFont(TextSize::Small));
    const double height = metrics.height();
    std::vector<QRectF> taken;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const double side = markSide(i);
        taken.emplace_back(boxes[i].center() * zoom - QPointF(side, side) / 2, QSizeF(side, side));
    }
    const auto isFree = [&taken](const QRectF &place) {
        return std::none_of(taken.begin(), taken.end(),
                            [&place](const QRectF &other) { return other.intersects(place); });
    };
    const auto put = [&](std::size_t item, const std::vector<double> &rooms) {
        const QPointF centre = boxes[item].center() * zoom;
        const double gap = markSide(item) / 2 + 2;
        for (double room : rooms) {
            const QString text = metrics.elidedText(title(item), Qt::ElideMiddle, room);
            const double width = metrics.horizontalAdvance(text) + 2, x = centre.x() - width / 2;
            // Below, above, and both a line further out.
            for (double y : {gap, -gap - height, gap + height, -gap - 2 * height}) {
                const QRectF place(x, centre.y() + y, width, height);
                if (isFree(place)) {
                    taken.push_back(place);
                    labels.push_back({int(item), place, text});
                    return;
                }
            }
        }
    };
    // A few letters of a file's name say nothing: of artifacts only where half of a box has room.
    const double column = boxes[0].width() * zoom;
    for (std::size_t i = 0; i < boxes.size(); ++i)
        if (classes[i] == LineageClass::Execution)
            put(i, {140, 90});
    for (std::size_t i = 0; i < boxes.size() && column > 56; ++i)
        if (classes[i] != LineageClass::Execution)
            put(i, {column * 1.2});
}

void LineageView::Parts::drawLabels(QPainter &painter, const QRectF &area) const
{
    painter.setFont(textFont(TextSize::Small));
    QColor veil = theme().plot;
    veil.setAlphaF(0.7F);
    for (const Label &label : labels) {
        const QRectF place = label.place.translated(offset);
        if (!place.intersects(area))
            continue;
        painter.fillRect(place, veil);
        painter.setPen(tone(theme().text, itemLights[std::size_t(label.item)]));
        painter.drawText(place, Qt::AlignCenter | Qt::TextSingleLine, label.text);
    }
}

QRectF LineageView::Parts::minimap() const
{
    if (!shown || visible().contains(QRectF(0, 0, shown->layout.width, shown->layout.height)))
        return {};
    const QRectF area = canvas();
    if (area.width() < 2.2 * minimapWidth || area.height() < 2.2 * minimapHeight)
        return {};
    QSizeF size(std::max(1.0, shown->layout.width), std::max(1.0, shown->layout.height));
    size.scale(minimapWidth, minimapHeight, Qt::KeepAspectRatio);
    size = size.expandedTo(QSizeF(24, 24));
    return {area.bottomRight() - QPointF(size.width() + 12, size.height() + 12), size};
}

void LineageView::Parts::drawMinimap(QPainter &painter)
{
    const QRectF place = minimap();
    if (place.isNull())
        return;
    const QSizeF scale(place.width() / std::max(1.0, shown->layout.width),
                       place.height() / std::max(1.0, shown->layout.height));
    const double ratio = view->devicePixelRatioF();
    if (mapPicture.isNull()) {
        mapPicture = QPixmap((place.size() * ratio).toSize());
        mapPicture.setDevicePixelRatio(ratio);
        mapPicture.fill(theme().panel);
        QPainter onMap(&mapPicture);
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            QRectF dot(boxes[i].x() * scale.width(), boxes[i].y() * scale.height(),
                       boxes[i].width() * scale.width(), boxes[i].height() * scale.height());
            const QPointF centre = dot.center();
            dot.setSize(dot.size().expandedTo(QSizeF(2, 2)));
            dot.moveCenter(centre);
            onMap.fillRect(dot, colourOf(classes[i], theme()));
        }
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.drawPixmap(place.topLeft(), mapPicture);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(theme().border);
    painter.drawRect(place);
    const QRectF seen = visible();
    const QRectF frame =
        QRectF(place.x() + seen.x() * scale.width(), place.y() + seen.y() * scale.height(),
               seen.width() * scale.width(), seen.height() * scale.height())
            .intersected(place);
    painter.setPen(QPen(theme().accent, 2));
    painter.drawRect(frame);
}

void LineageView::Parts::drawLegend(QPainter &painter) const
{
    const Theme &theme = this->theme();
    const QRectF area = canvas();
    const QRectF strip(0, area.bottom(), view->width(), view->height() - area.bottom());
    const QFont font = textFont(TextSize::Small);
    const QFontMetricsF metrics(font);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(strip, theme.window);
    painter.setFont(font);
    const QString scale = LineageView::tr("%1 %").arg(qRound(zoom * 100));
    painter.setPen(theme.quietText);
    painter.drawText(strip.adjusted(0, 0, -10, 0), Qt::AlignRight | Qt::AlignVCenter, scale);
    const double right = strip.right() - 18 - metrics.horizontalAdvance(LineageView::tr("000 %"));
    // Counts where there is room for all of them.
    std::vector<std::size_t> present;
    QStringList counted, bare;
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] > 0) {
            present.push_back(i);
            counted << classCount(LineageClass(i), counts[i]);
            bare << className(LineageClass(i));
        }
    const auto widthOf = [&metrics](const QStringList &texts, double gap) {
        double width = 10;
        for (const QString &text : texts)
            width += 20 + metrics.horizontalAdvance(text) + gap;
        return width;
    };
    const bool isRoomy = widthOf(counted, 14) <= right;
    const QStringList &texts = isRoomy ? counted : bare;
    const double gap = isRoomy ? 14 : 2;
    double x = 10;
    for (std::size_t k = 0; k < present.size(); ++k) {
        const auto which = LineageClass(present[k]);
        const double width = 19 + metrics.horizontalAdvance(texts[int(k)]);
        if (x + width > right) {
            painter.setPen(theme.quietText);
            painter.drawText(QPointF(x, strip.center().y() + metrics.ascent() / 2 - 1),
                             QStringLiteral("…"));
            break;
        }
        painter.save();
        painter.translate(x + 6, strip.center().y());
        painter.scale(12, 12);
        painter.fillPath(markOf(which), colourOf(which, theme));
        painter.restore();
        painter.setPen(theme.text);
        painter.drawText(QRectF(x + 17, strip.y(), width, strip.height()),
                         Qt::AlignLeft | Qt::AlignVCenter, texts[int(k)]);
        x += width + gap;
    }
}

} // namespace helmscope
