// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QFrame>
#include <QList>
#include <QTimer>

class QLabel;
class QProgressBar;
class QPushButton;
class QVBoxLayout;

namespace helmscope {

class Jobs;

/// Everything that is going on, waits, or has failed, in one place: with time left, a way to
/// cancel, and of what failed the sentence that says what to do, until it is dismissed.
class JobsPanel final : public QFrame
{
    Q_OBJECT
public:
    explicit JobsPanel(QWidget *parent = nullptr);

    /// Also several; they may go before this.
    void watch(Jobs *jobs);
    int going() const { return int(m_going.size()); }
    int failures() const { return int(m_failures.size()); }
    /// The same for all that is shown: "2 jobs", "1 failed"; empty: nothing is.
    QString summary() const;
    /// As a popup over this button, within its window.
    void openAbove(QWidget *button);

signals:
    void changed(); ///< how many go on or have failed
    void failed(const QString &title, const QString &sentence);
    /// A job has ended, and had not failed.
    void finished(const QString &title, double seconds);

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Going
    {
        Jobs *jobs;
        int number;
        QString title;
        QElapsedTimer since;
        bool isStopped = false;
        QProgressBar *bar = nullptr;
        QLabel *left = nullptr;
        double fraction = 0, secondsLeft = -1;
    };
    struct Failure
    {
        QString title, sentence;
        bool operator==(const Failure &) const = default;
    };
    void begin(Jobs *jobs, int number, const QString &title);
    void advance(Jobs *jobs, int number, double fraction, double secondsLeft);
    void end(Jobs *jobs, int number);
    void fail(Jobs *jobs, const QString &title, const QString &sentence);
    QStringList waiting() const;
    void fill();
    void addGoing(Going &going);
    void addFailure(const Failure &failure);
    static void showProgress(const Going &going);

    QList<Jobs *> m_jobs;
    QList<Going> m_going;
    QList<Failure> m_failures; ///< the newest first
    QList<int> m_failedNow;    ///< their ended() follows failed()
    QStringList m_waiting;     ///< shown
    QVBoxLayout *m_list = nullptr;
    QWidget *m_page = nullptr;
    QPushButton *m_dismissAll = nullptr;
    QTimer m_look; ///< nobody says when a job begins to wait
};

} // namespace helmscope
