// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/historylanes.h"

#include "widgets/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int mostLanes = 12;
constexpr int margin = 6;
constexpr int longestLabel = 180;

double pitchOf(const QRect &row)
{
    return std::max(10, row.height() / 2);
}

} // namespace

HistoryLanes::HistoryLanes(const HistoryModel *model, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_model(model)
{
}

int HistoryLanes::paintLanes(QPainter &painter, const QStyleOptionViewItem &option,
                             const LaneRow &row, bool isMerge) const
{
    const Theme &theme = themeOf(option.palette);
    const QRectF area = option.rect;
    const double pitch = pitchOf(option.rect);
    const auto x = [&](int lane) { return area.left() + margin + pitch * (lane + 0.5); };
    const auto colour = [&](int lane) { return theme.series[std::size_t(lane) % 8]; };
    const int lane = std::min(row.lane, mostLanes);
    const QPointF dot(x(lane), area.center().y());
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setClipRect(option.rect);
    // Lanes keep their colours in the selected row.
    const int width = int(margin + pitch * std::min(row.width, mostLanes)) + margin;
    if (option.state & QStyle::State_Selected)
        painter.fillRect(QRectF(area.left(), area.top(), width - margin / 2., area.height()),
                         option.palette.color(QPalette::Base));
    painter.setBrush(Qt::NoBrush);
    for (const auto &[from, to] : row.lines) {
        if (from > mostLanes || to > mostLanes)
            continue;
        // A bend belongs to the line that leaves or joins, which lies further right.
        painter.setPen(
            QPen(colour(std::max(from < 0 ? row.lane : from, to < 0 ? row.lane : to)), 1.8));
        const QPointF begin = from < 0 ? dot : QPointF(x(from), area.top() - 0.5);
        const QPointF end = to < 0 ? dot : QPointF(x(to), area.bottom() + 0.5);
        if (begin.x() == end.x()) {
            painter.drawLine(begin, end);
            continue;
        }
        const double middle = (begin.y() + end.y()) / 2;
        QPainterPath path(begin);
        path.cubicTo({begin.x(), middle}, {end.x(), middle}, end);
        painter.drawPath(path);
    }
    const double radius = pitch * 0.28;
    painter.setPen(QPen(colour(row.lane), 1.8));
    painter.setBrush(isMerge ? option.palette.color(QPalette::Base) : colour(row.lane));
    painter.drawEllipse(dot, radius, radius);
    painter.restore();
    return width;
}

int HistoryLanes::paintReference(QPainter &painter, const QStyleOptionViewItem &option,
                                 const Reference &reference, int left, int right) const
{
    const Theme &theme = themeOf(option.palette);
    const bool isTag = reference.kind == Reference::Kind::Tag;
    QFont font = textFont(TextSize::Small);
    font.setBold(reference.isCurrent);
    const QFontMetrics metrics(font);
    // A tag is told by its shape too: a point at its left.
    const int point = isTag ? 6 : 0;
    const QString text = metrics.elidedText(reference.name, Qt::ElideMiddle,
                                            std::min(longestLabel, right - left - 12 - point));
    const int width = metrics.horizontalAdvance(text) + 10 + point;
    if (left + width > right || text.isEmpty())
        return 0;
    const QRectF box(left + 0.5, option.rect.center().y() - metrics.height() / 2 - 0.5, width - 1,
                     metrics.height() + 1);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor colour = isTag ? theme.measured : theme.accent;
    painter.setPen(
        QPen(reference.kind == Reference::Kind::RemoteBranch ? theme.quietText : colour, 1));
    painter.setBrush(theme.window);
    if (isTag) {
        QPainterPath path(QPointF(box.left(), box.center().y()));
        path.lineTo(box.left() + point, box.top());
        path.lineTo(box.topRight());
        path.lineTo(box.bottomRight());
        path.lineTo(box.left() + point, box.bottom());
        path.closeSubpath();
        painter.drawPath(path);
    } else {
        painter.drawRoundedRect(box, 3, 3);
    }
    painter.setPen(theme.text);
    painter.setFont(font);
    painter.drawText(box.adjusted(point, 0, 0, 0), Qt::AlignCenter, text);
    painter.restore();
    return width + 5;
}

void HistoryLanes::paint(QPainter *painter, const QStyleOptionViewItem &option,
                         const QModelIndex &index) const
{
    // Drawn without the style, which takes several times as long where there is a style sheet.
    const bool isSelected = option.state & QStyle::State_Selected;
    const QPalette::ColorGroup group =
        option.state & QStyle::State_Active ? QPalette::Active : QPalette::Inactive;
    if (isSelected)
        painter->fillRect(option.rect, option.palette.color(group, QPalette::Highlight));
    int left = option.rect.left() + margin;
    const int right = option.rect.right() - margin;
    const std::shared_ptr<const HistoryLog> &log = m_model->log();
    const int row = m_model->versionAt(index.row());
    if (!log || row < 0)
        return;
    if (index.column() == HistoryModel::Summary) {
        const std::size_t at = std::size_t(row);
        const bool isMerge = log->versions[at].parents.size() > 1;
        static const LaneRow dotOnly;
        left =
            option.rect.left() +
            paintLanes(*painter, option, m_model->isNarrowed() ? dotOnly : log->lanes[at], isMerge);
        for (const int reference : log->referencesAt[at])
            left += paintReference(*painter, option, log->references[std::size_t(reference)], left,
                                   left + (right - left) / 2);
    }
    painter->setFont(option.font);
    painter->setPen(
        option.palette.color(group, isSelected ? QPalette::HighlightedText : QPalette::Text));
    const QRect place(left, option.rect.top(), right - left, option.rect.height());
    if (place.width() > 0)
        painter->drawText(
            place, Qt::AlignVCenter | Qt::TextSingleLine,
            option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, place.width()));
}

QSize HistoryLanes::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return {480, rowHeight(option.fontMetrics)};
}

} // namespace helmscope
