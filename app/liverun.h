// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/recording.h"
#include "steering/experiment.h"

#include <QObject>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace helmscope {

/// The run that is going on: the operator's choices on one side, explore() on the other. Made and
/// spoken to in the window's thread; steer() alone runs on a worker. One object a run.
class LiveRun final : public QObject
{
    Q_OBJECT
public:
    enum class Begin { Running, OneStep };

    /// What is not as in a run of its own.
    struct Ground
    {
        /// Opens what is measured with, on the worker; empty: the plan's own microscope.
        std::function<std::unique_ptr<Microscope>(const Progress &)> open;
        /// A run that was cut off: it is done again from its record, then goes on.
        std::shared_ptr<const Run> resumed;
    };

    /// `to` is where the run is recorded if that can be done.
    LiveRun(const Plan &plan, const RecordTo &to, Begin begin, Ground ground = {},
            QObject *parent = nullptr);

    /// Whether a measurement lasts its dwell, whoever answers it; before steer().
    void setRealTime(bool isRealTime) { m_isRealTime = isRealTime; }

    /// Opens the plan's microscope, explores, records. Blocks; call it once, on a worker.
    Run steer(const Progress &progress);

    const Plan &plan() const { return m_plan; }
    /// The record of it, once it is begun; null before. On any thread.
    std::shared_ptr<Recording> recording() const;

    // What the operator may say at any time. Never blocks.
    void pause();
    void resume();
    /// One step more, then pause.
    void stepOnce();
    void stop();
    /// Stops the microscope at once, from the caller's thread, then the run.
    void abort();
    void queue(Pixel pixel);
    void unqueue(Pixel pixel);
    void forbid(const Mask &mask);
    void prefer(const Preference &preferred);
    void setAcquisition(const AcquisitionSettings &settings);
    void setScalarizer(const Scalarizer &scalarizer);
    /// Which has been read; none wanted: cold.
    void beginFrom(const Beginning &beginning, const QString &reason);
    void setSteps(int steps);
    void survey(); ///< a new survey image before the next measurement
    /// Whether each proposed pixel waits for answer().
    void setApproving(bool isApproving);
    void answer(Verdict verdict);

    bool isPaused() const;
    bool isStopping() const;
    bool isAborted() const;
    /// What is known of the microscope now; nothing before it is opened.
    std::optional<InstrumentState> instrument() const;
    /// Queued and not yet given to explore().
    std::vector<Pixel> queued() const;

signals: // all from the worker's thread
    void started(const std::shared_ptr<const helmscope::Run> &start);
    void stepTaken(const std::shared_ptr<const helmscope::Step> &step);
    void proposed(const helmscope::Proposal &proposal);
    /// The worker holds still, because of pause() or after stepOnce().
    void held();
    /// The record is begun, or could not be: see recording().
    void recordingBegun(const std::shared_ptr<helmscope::Recording> &recording);
    /// Why the run pauses by itself; it goes on with resume().
    void alarmed(const QString &sentence);
    /// A sentence for the user; the run goes on.
    void troubled(const QString &sentence);

private:
    /// Waits while paused; answers whether to go on.
    bool hold(const Progress &progress, double fraction);
    Orders takeOrders(const Progress &progress);
    bool pauseFor(const QString &alarm, const Progress &progress);
    Verdict judge(const Proposal &proposal, const Progress &progress);
    void countStep();

    const Plan m_plan;
    const RecordTo m_recordTo;
    const Ground m_ground;

    bool m_isRealTime = false;

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    // Under the mutex:
    std::shared_ptr<Microscope> m_microscope;
    std::optional<InstrumentState> m_lastState; ///< when the microscope was left
    std::shared_ptr<Recording> m_recording;
    Orders m_orders;
    std::optional<Verdict> m_verdict;
    bool m_isApproving = false;
    bool m_isPaused = false;
    bool m_isStopped = false;
    bool m_isAborted = false;
    int m_stepsToPause = 0; ///< pause after so many; 0: go on
};

} // namespace helmscope
