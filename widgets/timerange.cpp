// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/timerange.h"

#include "widgets/lineagestyle.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr double handleReach = 7;
constexpr int binCount = 120;

} // namespace

TimeRange::TimeRange(QWidget *parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Time filter"));
    setToolTip(tr("When things were made. Drag the ends to leave out what is earlier or later; a "
                  "double click takes all of it."));
}

void TimeRange::setTimes(std::vector<qint64> times)
{
    std::erase_if(times, [](qint64 time) { return time <= 0; });
    std::sort(times.begin(), times.end());
    m_times = std::move(times);
    m_first = m_times.empty() ? 0 : m_times.front();
    m_last = m_times.empty() ? 0 : m_times.back();
    m_from = m_first;
    m_to = m_last;
    setEnabled(m_last > m_first);
    describe();
    update();
}

void TimeRange::setRange(qint64 fromMs, qint64 toMs)
{
    m_from = std::clamp(fromMs, m_first, m_last);
    m_to = std::clamp(toMs, m_from, m_last);
    describe();
    update();
}

void TimeRange::setAll()
{
    setRange(m_first, m_last);
}

bool TimeRange::isAll() const
{
    return m_from <= m_first && m_to >= m_last;
}

QRectF TimeRange::bars() const
{
    const double text = QFontMetricsF(textFont(TextSize::Small)).height() + 4;
    return QRectF(rect()).adjusted(10, 4, -10, -text);
}

double TimeRange::xOf(qint64 time) const
{
    const double span = std::max<double>(1, double(m_last - m_first));
    return bars().left() + double(time - m_first) / span * bars().width();
}

qint64 TimeRange::timeAt(double x) const
{
    const double share = (x - bars().left()) / std::max(1.0, bars().width());
    return m_first + qint64(std::llround(share * double(m_last - m_first)));
}

void TimeRange::move(Drag what, qint64 from, qint64 to)
{
    const qint64 oldFrom = m_from, oldTo = m_to;
    if (what == Drag::From) {
        m_from = std::clamp(from, m_first, m_to);
    } else if (what == Drag::To) {
        m_to = std::clamp(to, m_from, m_last);
    } else if (what == Drag::Span) {
        const qint64 span = to - from;
        m_from = std::clamp(from, m_first, m_last - span);
        m_to = m_from + span;
    }
    if (m_from == oldFrom && m_to == oldTo)
        return;
    describe();
    update();
    emit rangeChanged();
}

void TimeRange::describe()
{
    setAccessibleDescription(isAll() ? tr("All times")
                                     : tr("From %1 to %2").arg(timeText(m_from), timeText(m_to)));
}

void TimeRange::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Theme &theme = themeOf(palette());
    const QRectF area = bars();
    painter.fillRect(rect(), theme.window);
    painter.fillRect(area, theme.plot);
    const QFont font = textFont(TextSize::Small);
    painter.setFont(font);
    const QRectF line(area.left(), area.bottom() + 2, area.width(),
                      rect().bottom() - area.bottom());
    if (m_last <= m_first) {
        painter.setPen(theme.quietText);
        painter.drawText(line, Qt::AlignLeft,
                         m_times.empty() ? tr("No times are known.") : timeText(m_first));
        return;
    }
    std::array<int, binCount> bins{};
    for (qint64 time : m_times) {
        const double share = double(time - m_first) / double(m_last - m_first);
        ++bins[std::size_t(std::min(binCount - 1, int(share * binCount)))];
    }
    const double most = *std::max_element(bins.begin(), bins.end());
    const double width = area.width() / binCount;
    for (int i = 0; i < binCount; ++i) {
        if (bins[std::size_t(i)] == 0)
            continue;
        // By the root: a single one is still seen beside a crowd.
        const double height = std::sqrt(bins[std::size_t(i)] / most) * (area.height() - 2);
        const QRectF bar(area.left() + i * width, area.bottom() - height, std::max(1.5, width - 1),
                         height);
        const bool isIn = bar.right() >= xOf(m_from) && bar.left() <= xOf(m_to);
        painter.fillRect(bar, isIn ? theme.quietText : theme.border);
    }
    const double left = xOf(m_from), right = xOf(m_to);
    QColor veil = theme.window;
    veil.setAlphaF(0.6F);
    painter.fillRect(QRectF(area.left(), area.top(), left - area.left(), area.height()), veil);
    painter.fillRect(QRectF(right, area.top(), area.right() - right, area.height()), veil);
    painter.setPen(QPen(theme.accent, 2));
    painter.drawLine(QPointF(left, area.top()), QPointF(left, area.bottom()));
    painter.drawLine(QPointF(right, area.top()), QPointF(right, area.bottom()));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.accent);
    for (double x : {left, right})
        painter.drawRoundedRect(QRectF(x - 3, area.center().y() - 7, 6, 14), 2, 2);
    painter.setPen(isAll() ? theme.quietText : theme.text);
    painter.drawText(line, Qt::AlignLeft, timeText(m_from));
    painter.drawText(line, Qt::AlignRight, timeText(m_to));
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(theme.accent);
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void TimeRange::mousePressEvent(QMouseEvent *event)
{
    const double x = m_pressedX = event->position().x();
    m_fromThen = m_from;
    m_toThen = m_to;
    const double toFrom = std::abs(x - xOf(m_from)), toTo = std::abs(x - xOf(m_to));
    if (std::min(toFrom, toTo) <= handleReach)
        m_drag = toFrom < toTo || (toFrom == toTo && x < xOf(m_from)) ? Drag::From : Drag::To;
    else if (x > xOf(m_from) && x < xOf(m_to))
        m_drag = Drag::Span;
    else
        m_drag = x < xOf(m_from) ? Drag::From : Drag::To;
    if (m_drag != Drag::Span) {
        m_lastUsed = m_drag;
        move(m_drag, timeAt(x), timeAt(x));
    }
}

void TimeRange::mouseMoveEvent(QMouseEvent *event)
{
    const double x = event->position().x();
    if (m_drag == Drag::None) {
        const bool isAtHandle =
            std::min(std::abs(x - xOf(m_from)), std::abs(x - xOf(m_to))) <= handleReach;
        setCursor(isAtHandle ? Qt::SizeHorCursor : Qt::ArrowCursor);
        return;
    }
    if (m_drag == Drag::Span) {
        const qint64 by = timeAt(x) - timeAt(m_pressedX);
        move(m_drag, m_fromThen + by, m_toThen + by);
    } else {
        move(m_drag, timeAt(x), timeAt(x));
    }
}

void TimeRange::mouseReleaseEvent(QMouseEvent *)
{
    m_drag = Drag::None;
}

void TimeRange::mouseDoubleClickEvent(QMouseEvent *)
{
    if (isAll())
        return;
    setAll();
    emit rangeChanged();
}

void TimeRange::keyPressEvent(QKeyEvent *event)
{
    const bool isLeft = event->key() == Qt::Key_Left;
    if ((!isLeft && event->key() != Qt::Key_Right) || event->modifiers() & Qt::AltModifier)
        return QWidget::keyPressEvent(event);
    const qint64 one = std::max<qint64>(1, (m_last - m_first) / 200);
    const qint64 by = (isLeft ? -one : one) * (event->modifiers() & Qt::ShiftModifier ? 10 : 1);
    move(m_lastUsed, m_from + by, m_to + by);
}

QSize TimeRange::sizeHint() const
{
    return {400, 56};
}

QSize TimeRange::minimumSizeHint() const
{
    return {120, 48};
}

} // namespace helmscope
