// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timelinetrack.h"

#include "widgets/theme.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <cmath>

namespace helmscope {

namespace {

using Kind = TimelineEvent::Kind;
constexpr double margin = 10;      ///< left and right of the line: room for half a handle
constexpr double reach = 7;        ///< pixels around a sign that mean it
constexpr qsizetype mostLines = 8; ///< of a tool tip

/// Marks stand over the line, what happened by itself under it.
double offsetOf(Kind kind)
{
    return kind == Kind::Mark || kind == Kind::Branch ? -10 : 10;
}

QPainterPath diamond(const QPointF &centre)
{
    QPainterPath path(centre + QPointF(0, -5));
    for (QPointF corner : {QPointF(5, 0), QPointF(0, 5), QPointF(-5, 0)})
        path.lineTo(centre + corner);
    path.closeSubpath();
    return path;
}

QPainterPath triangle(const QPointF &centre, double up)
{
    QPainterPath path(centre + QPointF(0, -4.5 * up));
    path.lineTo(centre + QPointF(4.5, 3.5 * up));
    path.lineTo(centre + QPointF(-4.5, 3.5 * up));
    path.closeSubpath();
    return path;
}

QPainterPath fork(const QPointF &centre)
{
    QPainterPath path(centre + QPointF(-4, 5));
    path.lineTo(centre + QPointF(-4, -5));
    path.moveTo(centre + QPointF(-4, 2));
    path.lineTo(centre + QPointF(4, -5));
    return path;
}

QString wordFor(const TimelineEvent &event)
{
    switch (event.kind) {
    case Kind::Mark:
        return event.text.isEmpty() ? TimelineTrack::tr("◆ A mark.")
                                    : TimelineTrack::tr("◆ Mark: %1").arg(event.text);
    case Kind::Change:
        return TimelineTrack::tr("▲ Changed before it: %1").arg(event.text);
    case Kind::Warning:
        return TimelineTrack::tr("⚠ %1").arg(event.text);
    case Kind::FirstPointsEnd:
    case Kind::Branch:
        return event.text;
    }
    return {};
}

} // namespace

TimelineTrack::TimelineTrack(QWidget *parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void TimelineTrack::setSteps(int steps, int planned)
{
    if (steps == m_steps && planned == m_planned)
        return;
    m_steps = steps;
    m_planned = planned;
    update();
}

void TimelineTrack::setIndex(int index)
{
    if (index == m_index)
        return;
    m_index = index;
    update();
}

void TimelineTrack::setEvents(std::vector<TimelineEvent> events)
{
    if (events == m_events)
        return;
    m_events = std::move(events);
    update();
}

void TimelineTrack::addEvent(const TimelineEvent &event)
{
    m_events.push_back(event);
    update();
}

QRectF TimelineTrack::line() const
{
    return {margin, height() / 2.0, std::max(1.0, width() - 2 * margin), 0};
}

double TimelineTrack::xOf(int index) const
{
    const int last = span() - 1;
    return line().left() + (last > 0 ? double(index) / last : 0) * line().width();
}

int TimelineTrack::indexAt(double x) const
{
    const double share = (x - line().left()) / line().width();
    const long index = std::lround(share * std::max(0, span() - 1));
    return int(std::clamp<long>(index, m_steps > 0 ? 0 : -1, m_steps - 1));
}

QPointF TimelineTrack::placeOf(const TimelineEvent &event) const
{
    return {xOf(event.index), line().top() + offsetOf(event.kind)};
}

QString TimelineTrack::textAt(const QPointF &position) const
{
    if (m_steps == 0)
        return tr("The steps of a run appear here.");
    QStringList lines;
    qsizetype more = 0;
    for (const TimelineEvent &event : m_events) {
        if (std::abs(placeOf(event).x() - position.x()) > reach)
            continue;
        const QString text = tr("Step %1. %2").arg(event.index + 1).arg(wordFor(event));
        if (lines.size() < mostLines)
            lines << text;
        else
            ++more;
    }
    if (more > 0)
        lines << tr("and %1 more").arg(more);
    if (lines.isEmpty())
        lines << tr("Step %1").arg(indexAt(position.x()) + 1);
    return lines.join('\n');
}

void TimelineTrack::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme &theme = themeOf(palette());
    const QRectF axis = line();
    const double y = axis.top();
    painter.setPen(QPen(theme.border, 4, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(axis.topLeft(), axis.topRight());
    if (m_steps > 0) {
        painter.setPen(QPen(theme.quietText, 4, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(xOf(0), y), QPointF(xOf(m_steps - 1), y));
        painter.setPen(QPen(theme.accent, 4, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(xOf(0), y), QPointF(xOf(std::max(0, m_index)), y));
    }
    paintEvents(painter);
    if (m_index >= 0 && m_steps > 0) {
        const QRectF handle(xOf(m_index) - 4.5, y - 9, 9, 18);
        painter.setPen(QPen(theme.window, 1.5));
        painter.setBrush(theme.accent);
        painter.drawRoundedRect(handle, 3, 3);
    }
    if (parentWidget() && parentWidget()->hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(theme.accent);
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void TimelineTrack::paintEvents(QPainter &painter) const
{
    const Theme &theme = themeOf(palette());
    // Of signs that would lie on one another one is drawn: a run may have thousands.
    std::array<double, 5> lastX;
    lastX.fill(-100);
    for (const TimelineEvent &event : m_events) {
        const QPointF place = placeOf(event);
        double &last = lastX[std::size_t(event.kind)];
        if (std::abs(place.x() - last) < 1.5)
            continue;
        last = place.x();
        painter.setBrush(Qt::NoBrush);
        switch (event.kind) {
        case Kind::Mark:
            painter.setPen(QPen(theme.window, 1));
            painter.setBrush(theme.accent);
            painter.drawPath(diamond(place));
            break;
        case Kind::Change:
            painter.setPen(QPen(theme.text, 1.4));
            painter.drawPath(triangle(place, 1));
            break;
        case Kind::Warning:
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme.bad);
            painter.drawPath(triangle(place, -1));
            break;
        case Kind::FirstPointsEnd: {
            painter.setPen(QPen(theme.text, 1.4));
            const double y = line().top();
            // Between the last first point and the first chosen one.
            const double x = span() > 1 ? (xOf(event.index) + xOf(event.index + 1)) / 2 : xOf(0);
            painter.drawLine(QPointF(x, y - 8), QPointF(x, y + 8));
            break;
        }
        case Kind::Branch:
            painter.setPen(QPen(theme.text, 1.6, Qt::SolidLine, Qt::RoundCap));
            painter.drawPath(fork(place));
            break;
        }
    }
}

void TimelineTrack::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return event->ignore();
    if (m_steps > 0)
        emit dragged(indexAt(event->position().x()));
    event->ignore(); // the timeline takes the keyboard then
}

void TimelineTrack::mouseMoveEvent(QMouseEvent *event)
{
    if (event->buttons() & Qt::LeftButton && m_steps > 0)
        emit dragged(indexAt(event->position().x()));
}

bool TimelineTrack::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), textAt(QPointF(help->pos())), this);
        return true;
    }
    return QWidget::event(event);
}

QSize TimelineTrack::sizeHint() const
{
    return {400, 36};
}

QSize TimelineTrack::minimumSizeHint() const
{
    return {120, 36};
}

} // namespace helmscope
