// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QList>
#include <QStatusBar>
#include <QString>

class QLabel;
class QProgressBar;
class QToolButton;

namespace helmscope {

class Jobs;
class JobsPanel;

/// The bottom line: what lies under the cursor, how far the run is, what it cost, which jobs are
/// going on.
class StatusLine final : public QStatusBar
{
    Q_OBJECT
public:
    explicit StatusLine(QWidget *parent = nullptr);

    /// Shows their progress and a way to cancel; of several at once, the one that began last.
    void watch(Jobs *jobs);
    /// All of them, and what failed; opened by the button at the end of the line.
    JobsPanel *jobsPanel() const { return m_jobsPanel; }
    void openJobs();

    void setReadOut(const QString &position, const QString &values);
    void setStep(const QString &text);
    void setDose(double electronsPerSquareAngstrom); ///< 0: unknown
    void setOutcome(const QString &sentence);        ///< how the run ended
    /// What is known of a microscope on the network; nothing: there is none.
    void setInstrument(const std::optional<InstrumentState> &state);
    void setTrust(const std::optional<Trust> &trust); ///< whether σ can be believed
    /// What is not pushed yet, and all of it in words; empty: nothing, or nowhere to push to.
    void setUnpushed(const QString &text, const QString &explanation);
    /// `name`: of the run; empty: the file's own.
    void setRecording(const QString &file, const QString &name = {});

signals:
    void unpushedClicked();

public:
    /// No text ever widens the window.
    QSize minimumSizeHint() const override;

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Entry
    {
        Jobs *jobs;
        int number;
        QString title;
        double fraction, secondsLeft;
    };
    void showNewestJob();
    void showJobsSummary();

    QLabel *m_position = nullptr, *m_values = nullptr, *m_step = nullptr, *m_dose = nullptr,
           *m_outcome = nullptr, *m_trust = nullptr, *m_recording = nullptr,
           *m_instrument = nullptr, *m_job = nullptr;
    QProgressBar *m_progress = nullptr;
    QToolButton *m_cancel = nullptr, *m_unpushed = nullptr, *m_jobsButton = nullptr;
    JobsPanel *m_jobsPanel = nullptr;
    QList<Entry> m_entries;
    std::optional<Trust> m_shownTrust;
};

} // namespace helmscope
