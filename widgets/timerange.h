// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

namespace helmscope {

/// When things were made, as a histogram with two handles: from and to. Drag a handle, or the span
/// between them; Left and Right move the handle used last, Shift by ten; a double click takes all.
class TimeRange final : public QWidget
{
    Q_OBJECT
public:
    explicit TimeRange(QWidget *parent = nullptr);

    /// Milliseconds since the epoch; 0 (unknown) is left out. The range becomes all of it.
    void setTimes(std::vector<qint64> times);
    void setRange(qint64 fromMs, qint64 toMs); ///< kept within the times, from before to
    void setAll();
    qint64 from() const { return m_from; }
    qint64 to() const { return m_to; }
    bool isAll() const; ///< nothing is left out, those of unknown time included
    bool holds(qint64 timeMs) const { return isAll() || (timeMs >= m_from && timeMs <= m_to); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void rangeChanged(); ///< by hand

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    enum class Drag { None, From, To, Span };
    QRectF bars() const;
    double xOf(qint64 time) const;
    qint64 timeAt(double x) const;
    void move(Drag what, qint64 from, qint64 to);
    void describe();

    std::vector<qint64> m_times; ///< sorted
    qint64 m_first = 0, m_last = 0, m_from = 0, m_to = 0;
    Drag m_drag = Drag::None, m_lastUsed = Drag::To;
    double m_pressedX = 0;
    qint64 m_fromThen = 0, m_toThen = 0;
};

} // namespace helmscope
