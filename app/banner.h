// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QList>

#include <functional>

class QLabel;
class QPushButton;

namespace helmscope {

/// A strip above the views with a sentence of what went wrong: seen, not in the way, gone when
/// dismissed. The newest sentence is on top; the one below it shows when it is dismissed.
class Banner final : public QFrame
{
    Q_OBJECT
public:
    explicit Banner(QWidget *parent = nullptr);

    /// The same sentence is shown once. `onDismissed` is called when it is dismissed by hand.
    void tell(const QString &sentence, std::function<void()> onDismissed = {});
    /// With a button that does something about it; pressed, the notice is gone.
    void offer(const QString &sentence, const QString &button, std::function<void()> action);
    /// Takes the sentence away: it does not hold any more.
    void withdraw(const QString &sentence);
    /// The sentence on top; empty when there is none.
    QString sentence() const;

private:
    struct Notice
    {
        QString sentence;
        std::function<void()> onDismissed;
        QString button;
        std::function<void()> action;
    };
    void dismiss();
    void showTop();

    QList<Notice> m_notices;
    QLabel *m_text = nullptr, *m_more = nullptr;
    QPushButton *m_action = nullptr, *m_dismiss = nullptr;
};

} // namespace helmscope
