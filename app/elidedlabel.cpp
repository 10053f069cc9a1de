// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/elidedlabel.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>

namespace helmscope {

/// Where words can be seen: one that is kept in a place narrower than itself is cut there.
QRect ElidedLabel::room() const
{
    QRect seen = contentsRect();
    if (const QWidget *place = parentWidget())
        seen &= place->rect().translated(-pos());
    return seen;
}

bool ElidedLabel::isElided() const
{
    return !Qt::mightBeRichText(text()) && fontMetrics().horizontalAdvance(text()) > room().width();
}

bool ElidedLabel::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && toolTip().isEmpty() && isElided()) {
        QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(), text(), this);
        return true;
    }
    return QLabel::event(event);
}

void ElidedLabel::paintEvent(QPaintEvent *event)
{
    if (!isElided())
        return QLabel::paintEvent(event);
    QPainter painter(this);
    style()->drawItemText(
        &painter, room(), int(QStyle::visualAlignment(layoutDirection(), alignment())), palette(),
        isEnabled(), fontMetrics().elidedText(text(), Qt::ElideRight, room().width()),
        foregroundRole());
}

} // namespace helmscope
