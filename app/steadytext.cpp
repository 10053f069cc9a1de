// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/steadytext.h"

#include "widgets/letters.h"

#include <QEvent>
#include <QLabel>

namespace helmscope {

SteadyText::SteadyText(QLabel *label, QWidget *parent)
    : QWidget(parent)
    , m_label(label)
{
    label->setParent(this);
    setSizePolicy(label->sizePolicy());
    fitToLetters(this, [this](const QFontMetrics &) {
        m_room = {};
        renew();
    });
}

QSize SteadyText::sizeHint() const
{
    return m_room;
}

QSize SteadyText::minimumSizeHint() const
{
    return {m_label->minimumWidth() == 1 ? 1 : m_room.width(), m_room.height()};
}

/// The label says by this that its text, its font or whether it is shown has changed.
bool SteadyText::event(QEvent *event)
{
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange) {
        if (event->type() != QEvent::LayoutRequest)
            m_room = {};
        renew();
    }
    return QWidget::event(event);
}

void SteadyText::resizeEvent(QResizeEvent *)
{
    m_label->setGeometry(rect());
}

void SteadyText::renew()
{
    // A label that waits to be shown with its window is hidden too.
    const bool isHiddenAway =
        m_label->isHidden() && m_label->testAttribute(Qt::WA_WState_ExplicitShowHide);
    const bool isEmpty = isHiddenAway || m_label->text().isEmpty();
    QSize wanted = m_label->sizeHint().expandedTo(m_label->minimumSize());
    if (isEmpty)
        wanted.setWidth(isHiddenAway ? 0 : m_label->minimumWidth());
    const QSize room = isEmpty ? wanted : wanted.expandedTo(m_room);
    if (room == m_room)
        return;
    m_room = room;
    updateGeometry();
}

} // namespace helmscope
