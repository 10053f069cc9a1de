// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/banner.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace helmscope {

Banner::Banner(QWidget *parent)
    : QFrame(parent)
{
    setObjectName("banner");
    setAccessibleName(tr("Notice"));
    setWhatsThis(tr("What happened, and what can be done about it."));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 4, 8, 4);
    auto *sign = new QLabel(QStringLiteral("⚠"));
    sign->setAccessibleName(tr("Warning"));
    row->addWidget(sign);
    m_text = new QLabel;
    m_text->setWordWrap(true);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // wraps, never widens
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    row->addWidget(m_text, 1);
    m_more = new QLabel;
    row->addWidget(m_more);
    m_action = new QPushButton;
    m_action->setObjectName("bannerAction");
    m_action->setWhatsThis(tr("Does what the notice offers."));
    row->addWidget(m_action);
    m_action->hide(); // until there is something to offer
    m_dismiss = new QPushButton(tr("Dismiss"));
    m_dismiss->setToolTip(tr("Takes this notice away."));
    row->addWidget(m_dismiss);
    connect(m_dismiss, &QPushButton::clicked, this, &Banner::dismiss);
    connect(m_action, &QPushButton::clicked, this, [this] {
        if (m_notices.isEmpty())
            return;
        const Notice notice = m_notices.takeLast();
        showTop();
        if (notice.action)
            notice.action();
    });
    hide();
}

void Banner::tell(const QString &sentence, std::function<void()> onDismissed)
{
    m_notices.removeIf([&sentence](const Notice &notice) { return notice.sentence == sentence; });
    m_notices.append({sentence, std::move(onDismissed), {}, {}});
    showTop();
}

void Banner::offer(const QString &sentence, const QString &button, std::function<void()> action)
{
    m_notices.removeIf([&sentence](const Notice &notice) { return notice.sentence == sentence; });
    m_notices.append({sentence, {}, button, std::move(action)});
    showTop();
}

void Banner::withdraw(const QString &sentence)
{
    if (m_notices.removeIf(
            [&sentence](const Notice &notice) { return notice.sentence == sentence; }) > 0)
        showTop();
}

QString Banner::sentence() const
{
    return m_notices.isEmpty() ? QString() : m_notices.last().sentence;
}

void Banner::dismiss()
{
    if (m_notices.isEmpty())
        return;
    const Notice notice = m_notices.takeLast();
    if (notice.onDismissed)
        notice.onDismissed();
    showTop();
}

void Banner::showTop()
{
    setVisible(!m_notices.isEmpty());
    if (m_notices.isEmpty())
        return;
    m_text->setText(m_notices.last().sentence);
    m_action->setText(m_notices.last().button);
    m_action->setVisible(!m_notices.last().button.isEmpty());
    m_more->setText(m_notices.size() > 1 ? tr("1 of %1").arg(m_notices.size()) : QString());
}

} // namespace helmscope
