// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/recording/inwords.h"
#include "steering/step.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace helmscope {

/// The run on the screen, live or read from a file: steps that nobody changes any more, and the
/// questions the views ask of them. Steps are counted from 0 here.
class ShownRun
{
public:
    ShownRun();
    /// Everything but the steps of `start`, which nobody changes any more.
    explicit ShownRun(std::shared_ptr<const Run> start);
    /// A finished run with its steps.
    static ShownRun finished(Run run);
    /// The same without a copy: the steps stay the run's.
    static ShownRun of(const std::shared_ptr<const Run> &run);

    /// The run as a value, its steps (and the beliefs that are kept) included.
    Run asRun() const;

    void append(std::shared_ptr<const Step> step);

    bool isEmpty() const { return m_steps.empty(); }
    int size() const { return int(m_steps.size()); }
    const Step &at(int index) const { return *m_steps[std::size_t(index)]; }
    const Step &newest() const { return *m_steps.back(); }
    const std::vector<std::shared_ptr<const Step>> &steps() const { return m_steps; }

    const Plan &plan() const { return m_start->plan; }
    const EnergyAxis &energies() const { return m_start->energies; }
    QString valueName() const { return inWords(m_start->valueName); } ///< in words
    QString valueUnit() const { return inWords(m_start->valueUnit); } ///< likewise
    const Dataset &survey() const { return m_start->survey; }
    std::shared_ptr<const Dataset> sharedSurvey() const { return {m_start, &m_start->survey}; }
    const Flaws &flaws() const { return m_start->flaws; }
    /// The last model's bytes once it has ended; empty before, and without one.
    const std::string &model() const { return m_end ? m_end->model : m_start->model; }
    /// How it ended, once it has.
    void setEnd(const Run &run);

    /// The belief held after step `index`: its own, else that of the nearest earlier step whose
    /// maps are kept, else the nearest later one's. With the index of the step it belongs to.
    struct Held
    {
        std::shared_ptr<const Belief> belief; ///< null: none is kept
        int index = -1;
    };
    Held beliefAt(int index) const;

    /// The newest step up to `index` that measured this pixel.
    std::optional<int> measuredAt(Pixel pixel, int index) const;
    /// The step up to `index` whose pixel is nearest; the newest of equals.
    std::optional<int> nearestTo(Pixel pixel, int index) const;

    /// Seconds per step: the median of the last twenty that learnt; 0 when none did.
    double secondsPerStep() const;
    double largestDose() const
    {
        return m_largestDose;
    } ///< of a pixel, electrons per square angstrom

    /// Lets every second belief go, but never the newest.
    void forgetSomeBeliefs();
    std::size_t beliefBytes() const { return m_beliefBytes; } ///< of the beliefs that are kept

private:
    /// Its steps are not looked at. Nobody changes it: copies of this share the survey image.
    std::shared_ptr<const Run> m_start;
    struct End
    {
        Run::Outcome outcome;
        QString message;
        std::string model;
    };
    std::optional<End> m_end; ///< nothing: as m_start says
    std::vector<std::shared_ptr<const Step>> m_steps;
    double m_largestDose = 0;
    std::size_t m_beliefBytes = 0;
};

} // namespace helmscope
