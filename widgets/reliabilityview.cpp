// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/reliabilityview.h"

#include "widgets/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace helmscope {

ReliabilityView::ReliabilityView(QWidget *parent)
    : QWidget(parent)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Reliability of σ"));
    setToolTip(tr("How often values lay within the intervals that were predicted of them before "
                  "they were measured, against how often they should have. On the diagonal σ is "
                  "right; below it σ is too narrow, above it too wide. The band is the line's 95 % "
                  "interval."));
    setWhatsThis(toolTip());
}

void ReliabilityView::setPoints(std::vector<ReliabilityPoint> points, int predictions,
                                const QString &verdict)
{
    m_points = std::move(points);
    m_predictions = predictions;
    m_verdict = verdict;
    QStringList told;
    for (const ReliabilityPoint &point : m_points)
        for (const double level : {0.5, 0.8, 0.95})
            if (std::abs(point.level - level) < 1e-9)
                told << tr("%1 % interval: %2 %")
                            .arg(std::lround(100 * level))
                            .arg(std::lround(100 * point.observed));
    setAccessibleDescription((QStringList{m_verdict} << told).join(QStringLiteral(", ")));
    update();
}

void ReliabilityView::paintEvent(QPaintEvent *)
{
    const Theme &theme = themeOf(palette());
    QPainter painter(this);
    painter.fillRect(rect(), theme.panel);
    const QFont font = textFont(TextSize::Small);
    painter.setFont(font);
    const QFontMetricsF metrics(font);
    if (m_points.empty()) {
        painter.setPen(theme.quietText);
        painter.drawText(
            QRectF(rect()).adjusted(12, 8, -12, -8), Qt::AlignCenter | Qt::TextWordWrap,
            tr("How far σ can be believed will appear here after the first predictions: "
               "press Run."));
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    const double line = metrics.height();
    painter.setPen(theme.text);
    painter.drawText(QRectF(8, 4, width() - 16, line), Qt::AlignLeft,
                     metrics.elidedText(m_verdict, Qt::ElideRight, width() - 16));
    const double left = metrics.horizontalAdvance("100 %") + 10;
    QRectF area(left, line + 12, width() - left - 12, height() - 3 * line - 24);
    if (area.width() < 30 || area.height() < 30)
        return;
    const double side = std::min(area.width(), 1.6 * area.height()); // not stretched without end
    area.setWidth(side);
    const auto at = [&area](double level, double observed) {
        return QPointF(area.left() + level * area.width(),
                       area.bottom() - observed * area.height());
    };
    painter.fillRect(area, theme.plot);
    for (const int percent : {0, 50, 80, 95}) {
        const double level = percent / 100.;
        const QString text = tr("%1 %").arg(percent);
        painter.setPen(theme.grid);
        painter.drawLine(at(level, 0), at(level, 1));
        painter.drawLine(at(0, level), at(1, level));
        painter.setPen(theme.quietText);
        if (percent == 80)
            continue; // its words would run into those of 95 %
        painter.drawText(QRectF(at(level, 0) + QPointF(-40, 3), QSizeF(80, line)), Qt::AlignHCenter,
                         text);
        painter.drawText(QRectF(0, at(0, level).y() - line / 2, left - 5, line), Qt::AlignRight,
                         text);
    }
    const double room = width() - area.left() - 8;
    painter.drawText(
        QRectF(area.left(), area.bottom() + line + 4, room, line), Qt::AlignLeft,
        metrics.elidedText(tr("predicted interval · predictions: %1").arg(m_predictions),
                           Qt::ElideRight, room));
    QPainterPath band, measured;
    for (auto it = m_points.begin(); it != m_points.end(); ++it) {
        if (it == m_points.begin())
            band.moveTo(at(it->level, it->high));
        else
            band.lineTo(at(it->level, it->high));
        const QPointF point = at(it->level, it->observed);
        if (it == m_points.begin())
            measured.moveTo(point);
        else
            measured.lineTo(point);
    }
    for (auto it = m_points.rbegin(); it != m_points.rend(); ++it)
        band.lineTo(at(it->level, it->low));
    band.closeSubpath();
    QColor fill = theme.predicted;
    fill.setAlphaF(0.22F);
    painter.fillPath(band, fill);
    painter.setPen(QPen(theme.quietText, 1.2, Qt::DashLine));
    painter.drawLine(at(0, 0), at(1, 1));
    painter.setPen(QPen(theme.measured, 1.8));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(measured);
    painter.setBrush(theme.measured);
    for (const ReliabilityPoint &point : m_points)
        for (const double level : {0.5, 0.8, 0.95})
            if (std::abs(point.level - level) < 1e-9)
                painter.drawEllipse(at(point.level, point.observed), 3.5, 3.5);
}

} // namespace helmscope
