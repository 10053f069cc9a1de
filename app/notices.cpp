// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/notices.h"

#include <QAccessible>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QTimer>
#include <QToolButton>

#include <algorithm>

namespace helmscope {

namespace {

constexpr qsizetype most = 3;
constexpr int margin = 12, aboveStatusLine = 36;

} // namespace

Notices::Notices(QWidget *window)
    : QObject(window)
    , m_window(window)
{
    window->installEventFilter(this);
}

void Notices::tell(const QString &sentence)
{
    QFrame *notice = add(sentence, false);
    QTimer::singleShot(m_milliseconds, notice, [this, notice] {
        m_shown.removeAll(notice);
        delete notice;
        place();
    });
}

void Notices::tellFailure(const QString &sentence)
{
    add(sentence, true);
}

QFrame *Notices::add(const QString &sentence, bool stays)
{
    auto *notice = new QFrame(m_window);
    notice->setObjectName("notice");
    notice->setFrameShape(QFrame::StyledPanel);
    notice->setAutoFillBackground(true);
    notice->setBackgroundRole(QPalette::Button);
    notice->setFocusPolicy(Qt::NoFocus);
    notice->setAccessibleName(sentence);
    auto *row = new QHBoxLayout(notice);
    row->setContentsMargins(12, 8, 12, 8);
    auto *words = new QLabel((stays ? QStringLiteral("⚠ ") : QString()) + sentence);
    words->setTextFormat(Qt::PlainText);
    words->setWordWrap(true);
    row->addWidget(words, 1);
    if (stays) {
        auto *dismiss = new QToolButton;
        dismiss->setText(QStringLiteral("✕"));
        dismiss->setAutoRaise(true);
        dismiss->setFocusPolicy(Qt::NoFocus); // the list of jobs is for the keyboard
        dismiss->setAccessibleName(tr("Dismiss"));
        dismiss->setToolTip(tr("Takes this notice away; it stays in the list of jobs."));
        connect(dismiss, &QToolButton::clicked, notice, [this, notice] {
            m_shown.removeAll(notice);
            notice->deleteLater();
            notice->hide();
            place();
        });
        row->addWidget(dismiss, 0, Qt::AlignTop);
    }
    m_shown.append(notice);
    while (m_shown.size() > most)
        delete m_shown.takeFirst();
    place();
    notice->show();
    notice->raise();
    QAccessibleEvent alert(notice, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
    return notice;
}

/// From the corner upwards, the newest lowest.
void Notices::place()
{
    const int width = std::min(420, m_window->width() - 2 * margin);
    int bottom = m_window->height() - aboveStatusLine;
    for (auto each = m_shown.rbegin(); each != m_shown.rend(); ++each) {
        if (!*each)
            continue;
        const int wanted =
            std::max((*each)->heightForWidth(width), (*each)->minimumSizeHint().height());
        const int left = m_window->layoutDirection() == Qt::RightToLeft
                             ? margin
                             : m_window->width() - width - margin;
        (*each)->setGeometry(left, bottom - wanted, width, wanted);
        bottom -= wanted + 8;
    }
}

QStringList Notices::sentences() const
{
    QStringList all;
    for (const QPointer<QFrame> &notice : m_shown)
        if (notice)
            all << notice->accessibleName();
    return all;
}

bool Notices::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_window && event->type() == QEvent::Resize)
        place();
    return QObject::eventFilter(watched, event);
}

} // namespace helmscope
