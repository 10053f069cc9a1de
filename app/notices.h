// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>
#include <QPointer>
#include <QStringList>

class QFrame;
class QWidget;

namespace helmscope {

/// Quiet words in the lower right corner of a window, over whatever is there: they take neither the
/// keyboard nor room, are told to screen readers, and vanish; those of failures stay until they are
/// dismissed. At most three at a time.
class Notices final : public QObject
{
    Q_OBJECT
public:
    explicit Notices(QWidget *window);

    void tell(const QString &sentence);
    void tellFailure(const QString &sentence);
    QStringList sentences() const; ///< shown, the newest last
    int shownMilliseconds() const { return m_milliseconds; }
    void setShownMilliseconds(int milliseconds) { m_milliseconds = milliseconds; }

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QFrame *add(const QString &sentence, bool stays);
    void place();

    QWidget *m_window;
    QList<QPointer<QFrame>> m_shown;
    int m_milliseconds = 6000;
};

} // namespace helmscope
