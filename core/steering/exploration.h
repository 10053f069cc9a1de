// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/recorded.h"
#include "base/tr.h"
#include "steering/believing.h"
#include "steering/live/heating.h"
#include "steering/live/watching.h"
#include "steering/obeying.h"
#include "steering/surveying.h"

#include <chrono>
#include <future>

namespace helmscope {

/// Seconds since it was made.
class Stopwatch
{
public:
    double seconds() const
    {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
    }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

/// A run in the making: each function is one act of the loop in explore().
class Exploration
{
public:
    /// Throws Error when plan and microscope do not fit.
    Exploration(const Plan &plan, Microscope &microscope, const Progress &progress,
                const Operator &person);
    Exploration(const Exploration &) = delete;
    Exploration &operator=(const Exploration &) = delete;

    const Run &run() const { return m_run; }

    /// The next pixel, approved; nothing when the run is over.
    std::optional<Proposal> choose();
    /// Sends the beam there; the plan says whether learning goes on meanwhile.
    void begin(const Proposal &proposal);
    /// Waits for what was begun. Nothing when the instrument failed: then the run is over.
    std::optional<Step> take();
    /// Whether something else than the next pixel comes once the beam is free.
    bool isBeamNeeded() const;
    /// Learns from all that is measured, where that is enough. `step` is told how it went.
    void learn(Step &step);
    /// Predicts what was learnt at every candidate, and what each is worth.
    void predict(Step &step);
    /// Judges the step where the truth is known, and makes it part of the run.
    const Step &keep(Step step);
    Run finish();

private:
    /// A measurement that is going on.
    struct Flight
    {
        Proposal proposal;
        Step step;                                          ///< what is known of it already
        std::future<std::pair<Measurement, double>> answer; ///< and the seconds it took
    };

    bool goesOn();
    /// Over, and what is measured last needs no thought any more.
    bool hasBroken() const
    {
        return m_isOver &&
               (m_run.outcome == Run::Outcome::Stopped || m_run.outcome == Run::Outcome::Failed);
    }
    int begun() const { return int(m_measured.size()) + (m_flight ? 1 : 0); }
    bool keepWatch();
    bool surveyAgain();
    bool checkReference();
    bool raise(const QString &alarm);
    bool failInstrument(const std::exception &error);
    Pixel reference() const;
    void leaveOutPoor();
    bool end(Run::Outcome outcome, const QString &message);
    void takeOrders();
    bool isOnPlateau() const;
    bool canLearn() const;
    void dropClosed(); ///< pixels that wait to be measured but may not be any more
    std::optional<Proposal> propose();
    Proposal proposal(int index, Reason reason) const;
    Dwells dwells() const; ///< with the one that goes on, as if it were over
    double valueOf(const Eigen::VectorXf &spectrum) const;
    std::vector<int> usable() const;
    std::optional<int> outlier() const;
    void sayOutlier(Step &step);
    void sayWhatIsOdd(Step &step);
    void sayWhatTheModelMet(Step &step);
    void judgeLeavingOneOut(Step &step);
    void sayHowItBegan(Step &step);
    void computeTruth();
    void computeWorth();
    void forgetOldBelief();
    double fractionAt(std::size_t measured) const;
    template <class Act>
    bool endure(Step &step, Act act);

    Microscope &m_microscope;
    const Operator &m_person;
    Progress m_watch; ///< the caller's; once told to stop it stays so
    bool m_isStopped = false;
    bool m_isOver = false;
    Stopwatch m_time;

    Run m_run;
    EnergyAxis m_valueEnergies;
    Field m_field;
    Wishes m_wishes;
    std::optional<Believing> m_believing;
    std::optional<Watching> m_watching;
    std::vector<PatchFlaws> m_flaws; ///< of each candidate
    std::optional<Pixel> m_reference;
    Eigen::VectorXf m_firstReference; ///< its spectrum at the first check
    std::optional<Flight> m_flight;
    std::optional<std::deque<int>>
        m_first;          ///< first points not yet measured; drawn at the first step
    int m_firstCount = 0; ///< of them, to begin with
    int m_firstBegun = 0;
    Step m_next; ///< what is known of the step to come: changes, warnings, times

    // Per measurement:
    std::vector<Pixel> m_measured;
    std::vector<double> m_values;          ///< by the scalarizer in force
    Dwells m_dwells;                       ///< and of the references
    std::vector<Eigen::VectorXf> m_binned; ///< vector mode only: what the model learns

    std::size_t m_learnt = 0;      ///< measurements the model knows
    std::vector<int> m_learntRows; ///< the measurements it learnt from
    int m_failures = 0;            ///< of learning and predicting, in a row
    bool m_isColdTold = false;     ///< the step before said that the model begins cold
    std::optional<int> m_outlier;  ///< the measurement told of last
    bool m_isSaturationTold = false, m_isStandInTold = false;
    QStringList m_toldByModel;       ///< of the last training, without numbers
    bool m_isValueStale = false;     ///< the outlook is about another value
    bool m_isBeginningStale = false; ///< the model begins elsewhere now and has not learnt yet
    std::shared_ptr<const DeepKernel> m_shownModel; ///< a copy, for who looks while it learns on
    std::optional<Outlook> m_outlook;
    Eigen::VectorXd m_worth;
    bool m_isWorthStale = false;
    std::vector<double> m_meanDeviations; ///< of the maps since the value was last changed

    std::optional<Dataset> m_truthData;
    Map m_truth;
};

/// What the model cannot do is a warning of the step and the run goes on, by what was believed
/// before; when nothing has worked for a while it ends, and what was measured is not lost.
template <class Act>
bool Exploration::endure(Step &step, Act act)
{
    constexpr int mostFailures = 10;
    try {
        act();
        return true;
    } catch (const std::exception &error) {
        const QString sentence = QString::fromUtf8(error.what());
        if (++m_failures >= mostFailures)
            end(Run::Outcome::Failed, sentence);
        else
            step.warnings << (m_outlook ? recorded("%1 The maps are those of an earlier step.")
                                        : QStringLiteral("%1"))
                                 .arg(sentence);
        m_isWorthStale = true;
        return false;
    }
}

} // namespace helmscope
