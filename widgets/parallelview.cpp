// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/parallelview.h"

#include "widgets/colormap.h"
#include "widgets/theme.h"
#include "widgets/ticks.h"

#include <QApplication>
#include <QFontMetricsF>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double grip = 14;             ///< beside an axis, in which it is meant
constexpr std::size_t manyLines = 1500; ///< more are drawn without smoothing

double distanceTo(const QPointF &point, const QPointF &a, const QPointF &b)
{
    const QPointF along = b - a;
    const double squared = QPointF::dotProduct(along, along);
    const double t =
        squared > 0 ? std::clamp(QPointF::dotProduct(point - a, along) / squared, 0.0, 1.0) : 0;
    const QPointF off = point - (a + t * along);
    return std::hypot(off.x(), off.y());
}

} // namespace

ParallelView::ParallelView(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Parallel coordinates"));
    setToolTip(tr("Drag along an axis: only executions that pass there are kept in graph and "
                  "tables. A click on the axis keeps all again, one on its name colours by it."));
}

void ParallelView::setSweep(Sweep sweep)
{
    m_sweep = std::move(sweep);
    m_ranges.clear();
    for (const Sweep::Axis &axis : m_sweep.axes) {
        Range range{std::numeric_limits<double>::infinity(),
                    -std::numeric_limits<double>::infinity()};
        for (double value : axis.values)
            if (std::isfinite(value)) {
                range.low = std::min(range.low, value);
                range.high = std::max(range.high, value);
            }
        if (!(range.low < range.high)) { // one number alone
            const double around = std::max(std::abs(range.low) * 0.1, 1e-12);
            range = {range.low - around, range.high + around};
        }
        m_ranges.push_back(range);
    }
    m_colour = int(m_sweep.axes.size()) - 1;
    m_current = 0;
    m_dragged = -1;
    setAccessibleDescription(
        tr("%1 executions, %2 axes").arg(m_sweep.nodes.size()).arg(m_sweep.axes.size()));
    renew();
}

void ParallelView::renew()
{
    m_lines = {};
    update();
}

// ---- brushes

void ParallelView::setBrush(int axis, double low, double high)
{
    if (axis < 0 || axis >= int(m_ranges.size()))
        return;
    Range &range = m_ranges[std::size_t(axis)];
    range.isBrushed = true;
    std::tie(range.brushLow, range.brushHigh) = std::minmax(low, high);
    renew();
}

void ParallelView::clearBrush(int axis)
{
    if (axis >= 0 && axis < int(m_ranges.size()))
        m_ranges[std::size_t(axis)].isBrushed = false;
    renew();
}

void ParallelView::clearBrushes()
{
    for (Range &range : m_ranges)
        range.isBrushed = false;
    renew();
}

bool ParallelView::hasBrushes() const
{
    return std::any_of(m_ranges.begin(), m_ranges.end(),
                       [](const Range &range) { return range.isBrushed; });
}

bool ParallelView::passes(std::size_t row) const
{
    for (std::size_t i = 0; i < m_ranges.size(); ++i) {
        const double value = m_sweep.axes[i].values[row];
        if (m_ranges[i].isBrushed &&
            !(value >= m_ranges[i].brushLow && value <= m_ranges[i].brushHigh))
            return false;
    }
    return true;
}

std::vector<int> ParallelView::kept() const
{
    std::vector<int> nodes;
    for (std::size_t row = 0; row < m_sweep.nodes.size(); ++row)
        if (passes(row))
            nodes.push_back(m_sweep.nodes[row]);
    std::sort(nodes.begin(), nodes.end());
    return nodes;
}

void ParallelView::setColourAxis(int axis)
{
    if (axis < 0 || axis >= int(m_sweep.axes.size()))
        return;
    m_colour = axis;
    renew();
}

void ParallelView::setSelectedNode(int node)
{
    if (m_selected != node) {
        m_selected = node;
        renew();
    }
}

// ---- places

QRectF ParallelView::plotArea() const
{
    const QFontMetricsF metrics(textFont(TextSize::Small));
    return QRectF(rect()).adjusted(56, 2 * metrics.height() + 10, -70, -metrics.height() - 6);
}

double ParallelView::xOf(int axis) const
{
    const QRectF area = plotArea();
    const auto gaps = double(std::max<std::size_t>(1, m_sweep.axes.size() - 1));
    return m_sweep.axes.size() == 1 ? area.center().x() : area.left() + axis * area.width() / gaps;
}

QPointF ParallelView::positionOf(int axis, double value) const
{
    const QRectF area = plotArea();
    const Range &range = m_ranges[std::size_t(axis)];
    return {xOf(axis),
            area.bottom() - (value - range.low) / (range.high - range.low) * area.height()};
}

double ParallelView::valueAt(int axis, double y) const
{
    const QRectF area = plotArea();
    const Range &range = m_ranges[std::size_t(axis)];
    return range.low + (area.bottom() - y) / area.height() * (range.high - range.low);
}

int ParallelView::axisAt(const QPointF &position) const
{
    for (int axis = 0; axis < int(m_sweep.axes.size()); ++axis)
        if (std::abs(position.x() - xOf(axis)) <= grip)
            return axis;
    return -1;
}

int ParallelView::lineAt(const QPointF &position) const
{
    int nearest = -1;
    double least = 5;
    for (std::size_t row = 0; row < m_sweep.nodes.size(); ++row) {
        if (!passes(row))
            continue;
        for (int axis = 0; axis + 1 < int(m_sweep.axes.size()); ++axis) {
            const double a = m_sweep.axes[std::size_t(axis)].values[row],
                         b = m_sweep.axes[std::size_t(axis) + 1].values[row];
            if (!std::isfinite(a) || !std::isfinite(b))
                continue;
            const double distance =
                distanceTo(position, positionOf(axis, a), positionOf(axis + 1, b));
            if (distance < least) {
                least = distance;
                nearest = int(row);
            }
        }
    }
    return nearest;
}

// ---- painting

QColor ParallelView::colourOf(std::size_t row) const
{
    const Theme &theme = themeOf(palette());
    if (m_colour < 0)
        return theme.accent;
    const Range &range = m_ranges[std::size_t(m_colour)];
    const double value = m_sweep.axes[std::size_t(m_colour)].values[row];
    if (!std::isfinite(value))
        return theme.quietText;
    const double share = (value - range.low) / (range.high - range.low);
    // The ends of the map nearest to the ground could not be seen on it.
    const double place = theme.isDark ? 0.18 + 0.82 * share : 0.88 * share;
    return colorTable(Colormap::Viridis)[std::size_t(std::clamp(place, 0.0, 1.0) * 255)];
}

void ParallelView::drawLines(QPainter &painter) const
{
    const Theme &theme = themeOf(palette());
    painter.setRenderHint(QPainter::Antialiasing, m_sweep.nodes.size() <= manyLines);
    const auto draw = [&](std::size_t row) {
        QPolygonF line;
        const auto flush = [&] {
            if (line.size() > 1)
                painter.drawPolyline(line);
            line.clear();
        };
        for (int axis = 0; axis < int(m_sweep.axes.size()); ++axis) {
            const double value = m_sweep.axes[std::size_t(axis)].values[row];
            if (std::isfinite(value))
                line << positionOf(axis, value);
            else
                flush();
            if (std::isfinite(value)) { // also where its neighbours have none
                painter.save();
                painter.setBrush(painter.pen().color());
                painter.drawEllipse(positionOf(axis, value), 1.6, 1.6);
                painter.restore();
            }
        }
        flush();
    };
    QColor left = theme.quietText;
    left.setAlphaF(0.18F);
    painter.setPen(QPen(left, 1));
    for (std::size_t row = 0; row < m_sweep.nodes.size(); ++row)
        if (!passes(row))
            draw(row);
    for (std::size_t row = 0; row < m_sweep.nodes.size(); ++row)
        if (passes(row)) {
            const bool isSelected = m_sweep.nodes[row] == m_selected;
            painter.setPen(QPen(colourOf(row), isSelected ? 3.5 : 1.4));
            draw(row);
        }
}

void ParallelView::drawAxes(QPainter &painter) const
{
    const Theme &theme = themeOf(palette());
    const QRectF area = plotArea();
    const QFont font = textFont(TextSize::Small);
    const QFontMetricsF metrics(font);
    painter.setFont(font);
    const double gap = m_sweep.axes.size() > 1 ? xOf(1) - xOf(0) : area.width();
    for (int axis = 0; axis < int(m_sweep.axes.size()); ++axis) {
        const Sweep::Axis &what = m_sweep.axes[std::size_t(axis)];
        const Range &range = m_ranges[std::size_t(axis)];
        const double x = xOf(axis);
        painter.setPen(QPen(axis == m_current && hasFocus() ? theme.accent : theme.text, 1));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        // Every other name stands higher where they would run into each other.
        const bool isHigh = axis % 2 == 0 && gap < 150;
        const double room = isHigh || gap < 150 ? 2 * gap - 8 : gap - 8;
        QFont bold = font;
        bold.setBold(axis == m_colour);
        painter.setFont(bold);
        painter.setPen(axis == m_colour ? theme.accent : theme.text);
        const QString mark = what.isMetric ? QStringLiteral(" ▲") : QString();
        const double y = area.top() - (isHigh ? 2 : 1) * metrics.height() - 6;
        QRectF place(x - room / 2, y, room, metrics.height());
        // Names at the edges stay in the window.
        if (place.left() < 2)
            place.moveLeft(2);
        if (place.right() > width() - 2)
            place.moveRight(width() - 2);
        const QString name =
            QFontMetricsF(bold).elidedText(what.name + mark, Qt::ElideMiddle, room);
        painter.drawText(place,
                         place.center().x() < x - 1   ? Qt::AlignRight
                         : place.center().x() > x + 1 ? Qt::AlignLeft
                                                      : Qt::AlignHCenter,
                         name);
        painter.setFont(font);
        const auto tick = [&](double value, const QString &text) {
            const QPointF at = positionOf(axis, value);
            painter.setPen(theme.text);
            painter.drawLine(at - QPointF(3, 0), at + QPointF(3, 0));
            const QRectF box(at + QPointF(6, -metrics.height() / 2),
                             QSizeF(std::max(20.0, std::min(gap, 90.0) - 12), metrics.height()));
            const QString cut = metrics.elidedText(text, Qt::ElideRight, box.width());
            QColor ground = theme.plot;
            ground.setAlphaF(0.75F);
            painter.fillRect(
                QRectF(box.topLeft(), QSizeF(metrics.horizontalAdvance(cut), box.height())),
                ground);
            painter.setPen(theme.quietText);
            painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, cut);
        };
        if (!what.categories.isEmpty()) {
            for (int i = 0; i < what.categories.size(); ++i)
                tick(i, what.categories[i]);
        } else {
            const std::vector<double> ticks =
                roundTicks(range.low, range.high, std::max(3, int(area.height() / 28)));
            const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : range.high - range.low;
            const NumberFormat format =
                numberFormat(std::max(std::abs(range.low), std::abs(range.high)), step);
            for (double value : ticks)
                tick(value, format.text(value));
            if (format.exponent != 0) {
                painter.setPen(theme.quietText);
                painter.drawText(QRectF(x - gap / 2, area.bottom() + 3, gap, metrics.height()),
                                 Qt::AlignHCenter, format.unit({}));
            }
        }
        if (range.isBrushed) {
            const double top = positionOf(axis, std::min(range.brushHigh, range.high)).y(),
                         bottom = positionOf(axis, std::max(range.brushLow, range.low)).y();
            QColor fill = theme.accent;
            fill.setAlphaF(0.35F);
            const QRectF brush(x - 6, top, 12, std::max(2.0, bottom - top));
            painter.fillRect(brush, fill);
            painter.setPen(theme.accent);
            painter.drawRect(brush);
        }
    }
}

void ParallelView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme &theme = themeOf(palette());
    if (m_sweep.axes.empty()) {
        painter.fillRect(rect(), theme.plot);
        painter.setPen(theme.quietText);
        painter.setFont(textFont(TextSize::Body));
        painter.drawText(rect().adjusted(24, 8, -24, -8), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("No number differs among the executions that are shown: there is "
                            "nothing to hold against each other."));
        return;
    }
    const QSize pixels = size() * devicePixelRatioF();
    if (m_lines.size() != pixels) {
        m_lines = QPixmap(pixels);
        m_lines.setDevicePixelRatio(devicePixelRatioF());
        m_lines.fill(theme.plot);
        QPainter onLines(&m_lines);
        drawLines(onLines);
    }
    painter.drawPixmap(0, 0, m_lines);
    drawAxes(painter);
}

void ParallelView::resizeEvent(QResizeEvent *)
{
    renew();
}

void ParallelView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        renew();
    QWidget::changeEvent(event);
}

// ---- what the user does

void ParallelView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_pressedAt = event->position();
    m_dragged = axisAt(m_pressedAt);
    if (m_dragged >= 0)
        m_current = m_dragged;
    if (m_dragged >= 0 && m_pressedAt.y() < plotArea().top() - 3) {
        setColourAxis(m_dragged);
        emit colourAxisChosen(std::exchange(m_dragged, -1));
    } else if (m_dragged < 0) {
        if (const int row = lineAt(m_pressedAt); row >= 0) {
            setSelectedNode(m_sweep.nodes[std::size_t(row)]);
            emit nodeSelected(m_selected);
        }
    }
}

void ParallelView::mouseMoveEvent(QMouseEvent *event)
{
    if (m_dragged < 0 ||
        (event->position() - m_pressedAt).manhattanLength() < QApplication::startDragDistance())
        return;
    setBrush(m_dragged, valueAt(m_dragged, m_pressedAt.y()),
             valueAt(m_dragged, event->position().y()));
}

void ParallelView::mouseReleaseEvent(QMouseEvent *event)
{
    const int axis = std::exchange(m_dragged, -1);
    if (axis < 0)
        return;
    const bool isClick =
        (event->position() - m_pressedAt).manhattanLength() < QApplication::startDragDistance();
    if (isClick && !m_ranges[std::size_t(axis)].isBrushed)
        return;
    if (isClick)
        clearBrush(axis);
    emit brushed();
}

void ParallelView::keyPressEvent(QKeyEvent *event)
{
    const int axes = int(m_sweep.axes.size());
    if (axes == 0)
        return QWidget::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
        m_current = std::clamp(m_current + (event->key() == Qt::Key_Left ? -1 : 1), 0, axes - 1);
        return update();
    case Qt::Key_Space:
        setColourAxis(m_current);
        emit colourAxisChosen(m_current);
        return;
    case Qt::Key_Escape:
        if (!hasBrushes())
            break;
        clearBrushes();
        emit brushed();
        return;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

} // namespace helmscope
