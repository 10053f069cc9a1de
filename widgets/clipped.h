// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLineF>
#include <QList>
#include <QPaintDevice>
#include <QPainter>
#include <QRectF>

#include <algorithm>

namespace helmscope {

/// On a screen what is painted again and again is kept as pixels; in a figure it stays lines.
inline bool isFigure(const QPainter &painter)
{
    return painter.device()->devType() != QInternal::Pixmap;
}

/// What of marks lies within a painter's clip: the rest is seen in files that know no clipping, as
/// SVG by Qt. Without a clip all of it does.
class Clipped
{
public:
    explicit Clipped(const QPainter &painter)
        : m_area(painter.clipBoundingRect())
        , m_margin(isFigure(painter) ? 0 : furthest)
    {
    }
    /// Of a mark; on a screen also where only its rim is seen.
    bool operator()(const QPointF &centre) const
    {
        return m_area.isEmpty() ||
               m_area.adjusted(-m_margin, -m_margin, m_margin, m_margin).contains(centre);
    }
    QRectF operator()(const QRectF &rect) const
    {
        return m_area.isEmpty() ? rect : rect.intersected(m_area);
    }
    /// Liang and Barsky's; a null line where nothing is left.
    QLineF operator()(const QLineF &line) const
    {
        if (m_area.isEmpty())
            return line;
        double from = 0, to = 1;
        const auto cut = [&from, &to](double along, double room) {
            if (along == 0)
                return room >= 0;
            (along < 0 ? from : to) =
                along < 0 ? std::max(from, room / along) : std::min(to, room / along);
            return from <= to;
        };
        const bool isLeft = cut(-line.dx(), line.x1() - m_area.left()) &&
                            cut(line.dx(), m_area.right() - line.x1()) &&
                            cut(-line.dy(), line.y1() - m_area.top()) &&
                            cut(line.dy(), m_area.bottom() - line.y1());
        return isLeft ? QLineF(line.pointAt(from), line.pointAt(to)) : QLineF();
    }
    QList<QLineF> operator()(const QList<QLineF> &lines) const
    {
        QList<QLineF> left;
        for (const QLineF &line : lines)
            if (const QLineF rest = (*this)(line); !rest.isNull())
                left << rest;
        return left;
    }

private:
    static constexpr double furthest = 16; ///< that a mark reaches, pixels

    QRectF m_area;
    double m_margin;
};

} // namespace helmscope
