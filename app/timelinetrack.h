// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

namespace helmscope {

/// Something on the way of a run that is worth finding again.
struct TimelineEvent
{
    enum class Kind { Mark, Change, Warning, FirstPointsEnd, Branch };
    Kind kind = Kind::Mark;
    int index = 0; ///< of the step, from 0
    QString text;
    bool operator==(const TimelineEvent &) const = default;
};

/// The line of a run's steps with a handle at the one that is looked at, and a sign of its own
/// shape for every kind of event. Its axis reaches to the planned end: nothing moves while the run
/// grows.
class TimelineTrack final : public QWidget
{
    Q_OBJECT
public:
    explicit TimelineTrack(QWidget *parent = nullptr);

    void setSteps(int steps, int planned);
    void setIndex(int index);
    void setEvents(std::vector<TimelineEvent> events);
    void addEvent(const TimelineEvent &event);
    const std::vector<TimelineEvent> &events() const { return m_events; }

    double xOf(int index) const;
    int indexAt(double x) const; ///< nearest step there is; -1 without any
    QPointF placeOf(const TimelineEvent &event) const;
    QString textAt(const QPointF &position) const; ///< of the tool tip

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void dragged(int index); ///< pressed or dragged to this step

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    bool event(QEvent *event) override;

private:
    QRectF line() const;
    int span() const { return std::max(m_planned, m_steps); }
    void paintEvents(QPainter &painter) const;

    int m_steps = 0, m_planned = 0, m_index = -1;
    std::vector<TimelineEvent> m_events;
};

} // namespace helmscope
