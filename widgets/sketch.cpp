// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/sketch.h"

#include "widgets/theme.h"
#include "widgets/ticks.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

struct Span
{
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void take(double value)
    {
        if (!std::isfinite(value))
            return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    /// With a little around it; something where there was nothing.
    Span padded(double share) const
    {
        if (!(low <= high))
            return {0, 1};
        const double size = high > low ? high - low : std::max(std::abs(high), 1e-12);
        return {low - share * size, high + share * size};
    }
};

/// A line with at most a lowest and a highest point a pixel column: as many points as can be seen.
void drawCurve(QPainter &painter, const Sketch::Curve &curve, const QRectF &area, const Span &xs,
               const Span &ys)
{
    QPolygonF line;
    const auto flush = [&] {
        if (line.size() > 1)
            painter.drawPolyline(line);
        else if (line.size() == 1)
            painter.drawEllipse(line.first(), 1.5, 1.5);
        line.clear();
    };
    const auto place = [&](double x, double y) {
        return QPointF(area.left() + (x - xs.low) / (xs.high - xs.low) * area.width(),
                       area.bottom() - (y - ys.low) / (ys.high - ys.low) * area.height());
    };
    const std::size_t count = std::min(curve.x.size(), curve.y.size());
    for (std::size_t i = 0; i < count;) {
        if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) {
            flush();
            ++i;
            continue;
        }
        const QPointF first = place(curve.x[i], curve.y[i]);
        double low = first.y(), high = first.y(), last = first.y();
        for (++i; i < count && std::isfinite(curve.x[i]) && std::isfinite(curve.y[i]); ++i) {
            const QPointF next = place(curve.x[i], curve.y[i]);
            if (std::abs(next.x() - first.x()) >= 1)
                break;
            low = std::min(low, next.y());
            high = std::max(high, next.y());
            last = next.y();
        }
        line << first;
        if (low < high)
            line << QPointF(first.x(), low) << QPointF(first.x(), high) << QPointF(first.x(), last);
    }
    flush();
}

} // namespace

void drawSketch(QPainter &painter, const QRectF &area, const Sketch &sketch,
                const QPalette &palette, bool isBare)
{
    const Theme &theme = themeOf(palette);
    Span xs, ys;
    for (const Sketch::Curve &curve : sketch.curves) {
        for (double x : curve.x)
            xs.take(x);
        for (double y : curve.y)
            ys.take(y);
    }
    xs = xs.padded(xs.high > xs.low ? 0 : 0.5);
    ys = ys.padded(0.06);
    QRectF plot = area;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(area, theme.plot);
    if (!isBare) {
        const QFont font = textFont(TextSize::Small);
        const QFontMetricsF metrics(font);
        painter.setFont(font);
        const int rows = std::max(2, int(area.height() / (3 * metrics.height())));
        const std::vector<double> yTicks = roundTicks(ys.low, ys.high, rows);
        const double yStep = yTicks.size() > 1 ? yTicks[1] - yTicks[0] : ys.high - ys.low;
        const NumberFormat yFormat =
            numberFormat(std::max(std::abs(ys.low), std::abs(ys.high)), yStep);
        double wide = 0;
        for (double tick : yTicks)
            wide = std::max(wide, metrics.horizontalAdvance(yFormat.text(tick)));
        const bool hasNames = sketch.curves.size() > 1;
        plot = area.adjusted(wide + 10, metrics.height() * (hasNames ? 2.2 : 1.2), -10,
                             -2 * metrics.height() - 6);
        if (plot.width() < 20 || plot.height() < 16) {
            painter.restore();
            return;
        }
        const std::vector<double> xTicks =
            roundTicks(xs.low, xs.high, std::max(2, int(plot.width() / 70)));
        const double xStep = xTicks.size() > 1 ? xTicks[1] - xTicks[0] : xs.high - xs.low;
        const NumberFormat xFormat =
            numberFormat(std::max(std::abs(xs.low), std::abs(xs.high)), xStep);
        for (double tick : yTicks) {
            const double y = plot.bottom() - (tick - ys.low) / (ys.high - ys.low) * plot.height();
            painter.setPen(theme.grid);
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
            painter.setPen(theme.quietText);
            painter.drawText(
                QRectF(area.left(), y - metrics.height(), wide + 5, 2 * metrics.height()),
                Qt::AlignRight | Qt::AlignVCenter, yFormat.text(tick));
        }
        for (double tick : xTicks) {
            const double x = plot.left() + (tick - xs.low) / (xs.high - xs.low) * plot.width();
            painter.setPen(theme.grid);
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
            painter.setPen(theme.quietText);
            painter.drawText(QRectF(x - 50, plot.bottom() + 3, 100, metrics.height()),
                             Qt::AlignHCenter | Qt::AlignTop, xFormat.text(tick));
        }
        painter.setPen(theme.quietText);
        painter.drawText(QRectF(plot.left(), area.bottom() - metrics.height() - 1, plot.width(),
                                metrics.height()),
                         Qt::AlignHCenter, xFormat.unit(sketch.xName));
        painter.drawText(
            QRectF(area.left() + 5, area.top() + 1, area.width() - 10, metrics.height()),
            Qt::AlignLeft, yFormat.unit(sketch.yName));
        double x = area.left() + 5;
        for (std::size_t i = 0; hasNames && i < sketch.curves.size(); ++i) {
            painter.setPen(QPen(theme.series[i % theme.series.size()], 2));
            const double y = area.top() + 1.7 * metrics.height();
            painter.drawLine(QPointF(x, y), QPointF(x + 12, y));
            painter.setPen(theme.text);
            painter.drawText(QPointF(x + 16, y + metrics.ascent() / 2 - 1), sketch.curves[i].name);
            x += 28 + metrics.horizontalAdvance(sketch.curves[i].name);
        }
        painter.setClipRect(plot.adjusted(-1, -1, 1, 1));
    }
    painter.setBrush(Qt::NoBrush);
    for (std::size_t i = 0; i < sketch.curves.size(); ++i) {
        painter.setPen(QPen(theme.series[i % theme.series.size()], isBare ? 1.2 : 1.5));
        drawCurve(painter, sketch.curves[i], plot, xs, ys);
    }
    painter.restore();
}

SketchView::SketchView(QWidget *parent)
    : QWidget(parent)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
}

void SketchView::setSketch(Sketch sketch)
{
    m_sketch = std::move(sketch);
    setAccessibleName(m_sketch.yName);
    update();
}

void SketchView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    drawSketch(painter, rect(), m_sketch, palette(), false);
}

} // namespace helmscope
