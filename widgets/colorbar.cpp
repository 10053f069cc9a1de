// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/colorbar.h"

#include "widgets/redlight.h"
#include "widgets/ticks.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double stripe = 12, tick = 4, space = 4;

QFont font()
{
    return textFont(TextSize::Small);
}

} // namespace

double colorBarWidth()
{
    return std::ceil(stripe + tick + space +
                     QFontMetricsF(font()).horizontalAdvance(QStringLiteral("−00.00")));
}

void drawColorBar(QPainter &painter, const QRectF &area, const ColorBar &bar, const Theme &theme)
{
    const QFontMetricsF metrics(font());
    const double line = metrics.height();
    const QRectF strip(area.left(), area.top() + line + space, stripe,
                       area.height() - line - space - std::ceil(line / 2));
    if (strip.height() < line)
        return;
    const TonedColors colors(bar.isRed ? inRedLight(bar.colormap) : bar.colormap, {0, 1}, bar.tone);
    QImage ramp(1, 256, QImage::Format_RGB32);
    for (int i = 0; i < 256; ++i)
        *reinterpret_cast<QRgb *>(ramp.scanLine(i)) = colors(float(255 - i) / 255);
    if (bar.isRed)
        redden(ramp);

    painter.save();
    painter.setFont(font());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(strip, ramp);
    painter.setPen(QPen(theme.border, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(strip.adjusted(-0.5, -0.5, 0.5, 0.5));

    const double range = bar.limits.high - bar.limits.low;
    const int count = std::clamp(int(strip.height() / (2.2 * line)), 1, 9);
    const std::vector<double> ticks = roundTicks(bar.limits.low, bar.limits.high, count + 1);
    const double resolution = ticks.size() > 1 ? ticks[1] - ticks[0] : range;
    const NumberFormat format =
        numberFormat(std::max(std::abs(bar.limits.low), std::abs(bar.limits.high)), resolution);
    for (double value : ticks) {
        const double y = strip.bottom() - (value - bar.limits.low) / range * strip.height();
        painter.setPen(QPen(theme.quietText, 1));
        painter.drawLine(QPointF(strip.right() + 1, y), QPointF(strip.right() + 1 + tick, y));
        painter.setPen(theme.text);
        const QRectF place(strip.right() + 1 + tick + space / 2, y - line / 2,
                           area.right() - strip.right() - tick - space / 2, line);
        painter.drawText(place,
                         Qt::AlignLeft | Qt::AlignAbsolute | Qt::AlignVCenter | Qt::TextDontClip,
                         format.text(value));
    }
    painter.setPen(theme.quietText);
    const QString unit = metrics.elidedText(format.unit(bar.unit), Qt::ElideRight, area.width());
    painter.drawText(QRectF(area.left(), area.top(), area.width(), line),
                     Qt::AlignLeft | Qt::AlignVCenter, unit);
    painter.restore();
}

} // namespace helmscope
