// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/believing.h"
#include "steering/obeying.h"
#include "steering/surveying.h"

#include <chrono>

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
    /// Nothing when the instrument failed: then the run is over.
    std::optional<Step> measure(const Proposal &proposal);
    /// Learns from all that is measured, where that is enough. `step` is told how it went.
    void learn(Step &step);
    /// Predicts what was learnt at every candidate, and what each is worth.
    void predict(Step &step);
    /// Judges the step where the truth is known, and makes it part of the run.
    const Step &keep(Step step);
    Run finish();

private:
    bool goesOn();
    bool end(Run::Outcome outcome, const QString &message);
    void takeOrders();
    bool isOnPlateau() const;
    bool canLearn() const;
    void dropClosed(); ///< pixels that wait to be measured but may not be any more
    std::optional<Proposal> propose();
    Proposal proposal(int index, Reason reason) const;
    double valueOf(const Eigen::VectorXf &spectrum) const;
    std::vector<int> usable() const;
    std::optional<int> outlier() const;
    void sayOutlier(Step &step);
    void sayWhatIsOdd(Step &step);
    void sayWhatTheModelMet(Step &step);
    void judgeLeavingOneOut(Step &step);
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
    std::optional<std::deque<int>>
        m_first;          ///< first points not yet measured; drawn at the first step
    int m_firstCount = 0; ///< of them, to begin with
    int m_firstMeasured = 0;
    Step m_next; ///< what is known of the step to come: changes, warnings, times

    // Per measurement:
    std::vector<Pixel> m_measured;
    std::vector<double> m_values;          ///< by the scalarizer in force
    std::vector<Eigen::VectorXf> m_binned; ///< vector mode only: what the model learns

    std::size_t m_learnt = 0;      ///< measurements the model knows
    std::vector<int> m_learntRows; ///< the measurements it learnt from
    int m_failures = 0;            ///< of learning and predicting, in a row
    std::optional<int> m_outlier;  ///< the measurement told of last
    bool m_isSaturationTold = false, m_isStandInTold = false;
    QStringList m_toldByModel;   ///< of the last training, without numbers
    bool m_isValueStale = false; ///< the outlook is about another value
    std::optional<Outlook> m_outlook;
    Eigen::VectorXd m_worth;
    bool m_isWorthStale = false;
    std::vector<double> m_meanDeviations; ///< of the maps since the value was last changed

    std::optional<Dataset> m_truthData;
    Map m_truth;
};

} // namespace helmscope
