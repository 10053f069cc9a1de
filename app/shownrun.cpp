// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shownrun.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace helmscope {

namespace {

/// Maps of earlier steps are kept up to about this much.
constexpr std::size_t mostBeliefBytes = std::size_t(512) << 20;

std::size_t bytesOf(const Belief &belief)
{
    const auto numbers = belief.mean.size() + belief.deviation.size() + belief.acquisition.size() +
                         belief.spectra.size() + belief.spectraDeviation.size();
    return std::size_t(numbers) * sizeof(float) + belief.pixels.size() * sizeof(Pixel);
}

} // namespace

ShownRun::ShownRun()
{
    static const auto none = std::make_shared<const Run>();
    m_start = none;
}

ShownRun::ShownRun(std::shared_ptr<const Run> start)
    : m_start(std::move(start))
{
}

void ShownRun::setEnd(const Run &run)
{
    m_end = {run.outcome, run.message, run.model};
}

ShownRun ShownRun::finished(Run run)
{
    // Each step by itself, not as parts of the run: what is forgotten must really go.
    std::vector<Step> steps = std::exchange(run.steps, {});
    ShownRun shown(std::make_shared<const Run>(std::move(run)));
    for (Step &step : steps)
        shown.append(std::make_shared<const Step>(std::move(step)));
    return shown;
}

ShownRun ShownRun::of(const std::shared_ptr<const Run> &run)
{
    ShownRun shown(run);
    for (const Step &step : run->steps)
        shown.append(std::shared_ptr<const Step>(run, &step));
    return shown;
}

Run ShownRun::asRun() const
{
    Run run;
    run.plan = m_start->plan;
    run.survey = m_start->survey;
    run.flaws = m_start->flaws;
    run.energies = m_start->energies;
    run.valueName = m_start->valueName;
    run.valueUnit = m_start->valueUnit;
    run.outcome = m_end ? m_end->outcome : m_start->outcome;
    run.message = m_end ? m_end->message : m_start->message;
    run.model = m_end ? m_end->model : m_start->model;
    run.steps.reserve(m_steps.size());
    for (const auto &step : m_steps)
        run.steps.push_back(*step);
    return run;
}

void ShownRun::append(std::shared_ptr<const Step> step)
{
    m_largestDose = std::max(m_largestDose, step->dose);
    if (step->belief)
        m_beliefBytes += bytesOf(*step->belief);
    m_steps.push_back(std::move(step));
    if (m_beliefBytes > mostBeliefBytes)
        forgetSomeBeliefs();
}

/// The timeline stays evenly covered.
void ShownRun::forgetSomeBeliefs()
{
    bool isKept = true; // counted from the newest
    m_beliefBytes = 0;
    for (auto it = m_steps.rbegin(); it != m_steps.rend(); ++it) {
        if (!(*it)->belief)
            continue;
        if (isKept) {
            m_beliefBytes += bytesOf(*(*it)->belief);
        } else {
            Step lighter = **it;
            lighter.belief.reset();
            *it = std::make_shared<const Step>(std::move(lighter));
        }
        isKept = !isKept;
    }
}

ShownRun::Held ShownRun::beliefAt(int index) const
{
    for (int i = std::min(index, size() - 1); i >= 0; --i)
        if (at(i).belief)
            return {at(i).belief, i};
    for (int i = std::max(index + 1, 0); i < size(); ++i)
        if (at(i).belief)
            return {at(i).belief, i};
    return {};
}

std::optional<int> ShownRun::measuredAt(Pixel pixel, int index) const
{
    for (int i = std::min(index, size() - 1); i >= 0; --i)
        if (at(i).pixel == pixel)
            return i;
    return std::nullopt;
}

std::optional<int> ShownRun::nearestTo(Pixel pixel, int index) const
{
    std::optional<int> nearest;
    long shortest = std::numeric_limits<long>::max();
    for (int i = std::min(index, size() - 1); i >= 0; --i) {
        const long rows = at(i).pixel.row - pixel.row, cols = at(i).pixel.col - pixel.col;
        if (const long squared = rows * rows + cols * cols; squared < shortest) {
            shortest = squared;
            nearest = i;
        }
    }
    return nearest;
}

double ShownRun::secondsPerStep() const
{
    std::vector<double> seconds;
    for (auto it = m_steps.rbegin(); it != m_steps.rend() && seconds.size() < 20; ++it)
        if (!(*it)->losses.empty())
            seconds.push_back((*it)->measureSeconds + (*it)->learnSeconds + (*it)->predictSeconds);
    if (seconds.empty())
        return 0;
    const auto middle = seconds.begin() + std::ptrdiff_t(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    return *middle;
}

} // namespace helmscope
