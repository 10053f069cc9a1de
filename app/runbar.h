// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helm.h"

#include <QToolBar>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace helmscope {

/// The tool bar that steers: run, pause, step, stop, policy and budget, pace, and ABORT in its
/// fixed place. It only says what the operator wants.
class RunBar final : public QToolBar
{
    Q_OBJECT
public:
    using State = Helm::State;

    explicit RunBar(QWidget *parent = nullptr);

    void setState(State state);
    State state() const { return m_state; }
    /// What a run waits for, a sentence (a lost connection, a lease); empty: nothing.
    void setTrouble(const QString &sentence);
    /// The run all of this steers, while another document is looked at; empty: it is the one shown.
    void setLiveName(const QString &name);
    QString stateText() const;
    void setAcquisition(Acquisition kind);
    void setSteps(int steps);
    void setCost(const QString &text); ///< in place of the pace, before a run
    /// 0 when nobody knows yet.
    void setPace(double secondsPerStep, double secondsLeft);

    QAction *run() const { return m_run; }
    QAction *pause() const { return m_pause; }
    QAction *step() const { return m_step; }
    QAction *stop() const { return m_stop; }
    QAction *abort() const { return m_abort; }

signals:
    void liveWished(); ///< the document of the live run is to be shown
    void acquisitionChosen(helmscope::Acquisition kind);
    void stepsChosen(int steps);

private:
    QAction *makeAction(const QString &text, const QString &icon, const QKeySequence &shortcut,
                        const QString &help);
    QWidget *buttonOf(QAction *action);

    void showState();
    void showHelp();

    State m_state = State::Empty;
    QString m_trouble, m_liveName;
    QAction *m_run = nullptr, *m_pause = nullptr, *m_step = nullptr, *m_stop = nullptr,
            *m_abort = nullptr;
    QComboBox *m_acquisition = nullptr;
    QSpinBox *m_steps = nullptr;
    QLabel *m_pace = nullptr, *m_stateText = nullptr;
    QToolButton *m_live = nullptr;
    QPushButton *m_abortButton = nullptr;
};

/// "0:08", "12:34", "1:02:03".
QString clockText(double seconds);

} // namespace helmscope
