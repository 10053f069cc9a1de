// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/historymodel.h"

#include <QStyledItemDelegate>

namespace helmscope {

/// Draws a version's row, all its columns; in the first the lanes of its branches, its branches and
/// tags as labels, its summary.
/// A dot of a merge is hollow. Of more than twelve lanes the rest is not drawn.
class HistoryLanes final : public QStyledItemDelegate
{
    Q_OBJECT
public:
    explicit HistoryLanes(const HistoryModel *model, QObject *parent = nullptr);

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

    /// Height of all rows.
    static int rowHeight(const QFontMetrics &metrics) { return metrics.height() + 10; }

private:
    int paintLanes(QPainter &painter, const QStyleOptionViewItem &option, const LaneRow &row,
                   bool isMerge) const; ///< answers its width
    int paintReference(QPainter &painter, const QStyleOptionViewItem &option,
                       const Reference &reference, int left, int right) const; ///< likewise

    const HistoryModel *m_model;
};

} // namespace helmscope
