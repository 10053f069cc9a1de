// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timelinetrack.h"
#include "steering/step.h"

#include <QElapsedTimer>
#include <QTimer>

class QComboBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace helmscope {

/// The steps of a run to scrub, play and jump through; at its end it follows the newest step.
/// Steps are indices from 0 in its functions and numbers from 1 in what it wishes.
class Timeline final : public QWidget
{
    Q_OBJECT
public:
    explicit Timeline(QWidget *parent = nullptr);

    /// Another run: nothing of the last one stays.
    void clear();
    /// The next step: what it has to say becomes a sign, its times the pace of playing.
    void addStep(const Step &step);
    /// After addStep(); `planned`: how many steps the run is to have.
    void setPlanned(int planned);
    /// Marks, and where branches begin.
    void setEvents(std::vector<TimelineEvent> events);

    int steps() const { return int(m_waits.size()); }
    /// Which step is looked at; -1 without any.
    int index() const { return m_index; }
    bool isFollowing() const { return m_isFollowing; }
    bool isPlaying() const { return m_playing.isActive(); }
    void goTo(int index);
    void play();
    void pause();
    void setSpeed(int factor); ///< one of 1, 2, 5, 10, 20, 50, 100
    int speed() const;
    /// To the mark before (-1) or after (1); of none to the first or the newest step.
    void jump(int direction);
    /// Opens a field for the text of a mark at the step looked at.
    void askForMark();

    /// Why no mark can be set, or no branch begun; empty: it can.
    void setMarkObjection(const QString &sentence);
    void setBranchObjection(const QString &sentence);

    TimelineTrack *track() const { return m_track; }

signals:
    void moved(int index);
    void markWished(int step, const QString &text);
    void branchWished(int step);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QToolButton *addButton(const QString &name, const QString &iconName, const QString &text,
                           const QString &help);
    void makeButtons();
    void showState();
    void showEvents();
    void advance();
    void finishMark(bool isKept);

    TimelineTrack *m_track = nullptr;
    QLineEdit *m_markText = nullptr;
    QToolButton *m_first = nullptr, *m_markBefore = nullptr, *m_back = nullptr, *m_play = nullptr,
                *m_forward = nullptr, *m_markAfter = nullptr, *m_newest = nullptr,
                *m_mark = nullptr, *m_branch = nullptr;
    QComboBox *m_speed = nullptr;
    QLabel *m_number = nullptr;

    std::vector<double> m_waits; ///< seconds before each step, in the run
    std::vector<TimelineEvent> m_own, m_given;
    QString m_markObjection, m_branchObjection;
    std::int64_t m_lastTimeMs = 0;
    bool m_isInitial = false; ///< the last step was one of the first points
    int m_index = -1, m_planned = 0, m_markStep = 0;
    bool m_isFollowing = true;
    QTimer m_playing;
    QElapsedTimer m_sinceTick;
    double m_credit = 0; ///< seconds of the run that have gone by and are not yet shown
};

} // namespace helmscope
