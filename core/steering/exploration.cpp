// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/exploration.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "steering/quality.h"
#include "steering/recording/endings.h"
#include "steering/trust.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace helmscope {

static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

Exploration::Exploration(const Plan &plan, Microscope &microscope, const Progress &progress,
                         const Operator &person)
    : m_microscope(microscope)
    , m_person(person)
{
    // A plan may come from code as well: the ranges are known where it is read.
    Plan::fromJson(plan.toJson(), Tr::tr("the plan"));
    m_watch = [this, progress](double fraction) {
        m_isStopped = m_isStopped || !progress(std::min(fraction, 1.));
        return !m_isStopped;
    };
    m_run.plan = plan;
    m_wishes = {plan.acquisition, plan.scalarizer, plan.steps, {}, {}, {},
                plan.patch,       plan.beginning};

    Ground ground = surveyFor(plan, microscope, [this](double) { return m_watch(0); });
    m_run.survey = std::move(ground.survey);
    m_run.energies = std::move(ground.energies);
    m_run.valueName = ground.valueName;
    m_run.valueUnit = ground.valueUnit;
    m_valueEnergies = std::move(ground.valueEnergies);
    m_field = std::move(ground.field);
    m_next.warnings = ground.warnings;

    if (plan.forbidden.size() > 0) {
        if (plan.forbidden.rows() != m_field.rows() || plan.forbidden.cols() != m_field.cols())
            fail(Tr::tr("The plan forbids pixels of a grid of %1 × %2, and %3 has %4 × %5.")
                     .arg(plan.forbidden.rows())
                     .arg(plan.forbidden.cols())
                     .arg(microscope.name())
                     .arg(m_field.rows())
                     .arg(m_field.cols()));
        m_wishes.forbidden = plan.forbidden;
        m_field.forbid(plan.forbidden);
    }
    if (plan.preferred.pixels.size() > 0) {
        const Mask &pixels = plan.preferred.pixels;
        if (pixels.rows() != m_field.rows() || pixels.cols() != m_field.cols())
            fail(Tr::tr("The plan prefers pixels of a grid of %1 × %2, and %3 has %4 × %5.")
                     .arg(pixels.rows())
                     .arg(pixels.cols())
                     .arg(microscope.name())
                     .arg(m_field.rows())
                     .arg(m_field.cols()));
        m_wishes.preferred = plan.preferred;
    }
    m_firstCount = int(firstPoints(plan.initial, m_field, plan.seed).size()); // throws, rather now
    m_believing.emplace(m_run.plan, m_run.survey, m_field.pixels(),
                        plan.isVector ? m_valueEnergies : EnergyAxis());
    m_watching.emplace(m_run.plan.watch, m_run.survey);
    leaveOutPoor();
    m_truthData = microscope.groundTruth();
    computeTruth();
}

double Exploration::fractionAt(std::size_t measured) const
{
    return double(measured) / std::max(1, m_firstCount + m_wishes.steps);
}

bool Exploration::end(Run::Outcome outcome, const QString &message)
{
    m_run.outcome = outcome;
    m_run.message = message;
    m_isOver = true;
    return false;
}

bool Exploration::goesOn()
{
    if (m_isOver)
        return false;
    const int count = begun();
    const QString stopped = recordedText(Ending::Stopped).arg(count);
    if (!m_watch(fractionAt(m_measured.size())))
        return end(Run::Outcome::Stopped, stopped);
    takeOrders();
    if (!m_watch(fractionAt(m_measured.size()))) // the operator may have been waited for
        return end(Run::Outcome::Stopped, stopped);

    if (!m_first) { // only now: the first orders may forbid some
        const std::vector<int> first = firstPoints(m_run.plan.initial, m_field, m_run.plan.seed);
        m_first.emplace(first.begin(), first.end());
        m_firstCount = int(first.size());
    }
    const Stopping &rules = m_run.plan.stopping;
    if (m_first->empty() && count - m_firstBegun >= m_wishes.steps)
        return end(Run::Outcome::Finished, recordedText(Ending::Done).arg(count));
    if (rules.afterSeconds > 0 && m_time.seconds() >= rules.afterSeconds)
        return end(Run::Outcome::TimeIsUp,
                   recordedText(Ending::TimeIsUp).arg(rules.afterSeconds).arg(count));
    if (isOnPlateau())
        return end(Run::Outcome::Plateau, recordedText(Ending::Plateau)
                                              .arg(100 * rules.plateauChange)
                                              .arg(rules.plateauSteps)
                                              .arg(count));
    return keepWatch();
}

void Exploration::takeOrders()
{
    if (!m_person.orders)
        return;
    Intervention said{m_person.orders(), std::nullopt};
    const bool isSurveyWanted = said.orders.survey;
    const Obeyed obeyed = obey(said.orders, m_wishes, m_field, m_valueEnergies);
    // What a rerun would have to read but never needs is not kept; the note tells of it.
    if (said.orders.beginning && said.orders.beginning->hash != m_wishes.beginning.hash)
        said.orders.beginning.reset();
    if (said.orders.acquisition && !said.orders.acquisition->isValid())
        said.orders.acquisition.reset(); // no record could be read that holds it
    m_next.interventions.push_back(std::move(said));
    if (isSurveyWanted)
        m_watching->wantSurvey();
    m_next.changes << obeyed.notes;
    m_isWorthStale = m_isWorthStale || obeyed.isWorthStale;
    if (obeyed.isBeginningStale) {
        m_believing->beginFrom(m_wishes.beginning);
        m_isBeginningStale = true;
        m_isColdTold = false;
        m_outlook.reset(); // the next pixel is chosen by the new one
    }
    if (!obeyed.isValueStale)
        return;
    m_isValueStale = true;
    m_outlook.reset(); // it and its deviations are of another quantity
    m_meanDeviations.clear();
    for (std::size_t i = 0; i < m_values.size(); ++i)
        m_values[i] = valueOf(m_run.steps[i].spectrum);
    if (m_firstReference.size() > 0)
        m_watching->restart(valueOf(m_firstReference));
    computeTruth();
}

bool Exploration::isOnPlateau() const
{
    const std::size_t steps = std::size_t(m_run.plan.stopping.plateauSteps);
    if (steps == 0 || m_meanDeviations.size() <= steps)
        return false;
    // The extremes, not the ends: a curve that happens to come back is no plateau.
    const auto [low, high] = std::minmax_element(m_meanDeviations.end() - std::ptrdiff_t(steps) - 1,
                                                 m_meanDeviations.end());
    return *high - *low < m_run.plan.stopping.plateauChange * *high;
}

std::optional<Proposal> Exploration::choose()
{
    while (goesOn()) {
        dropClosed();
        if (!m_outlook) {
            learn(m_next);
            predict(m_next);
        } else if (m_isWorthStale) {
            endure(m_next, [this] { computeWorth(); });
        }
        if (m_isStopped || m_isOver)
            continue;
        const std::optional<Proposal> next = propose();
        if (!next) {
            end(Run::Outcome::Exhausted, recordedText(Ending::Exhausted));
            break;
        }
        if (!m_person.approve || m_person.approve(*next) == Verdict::Measure)
            return next;
        if (!m_person.orders) // else it was made when they were asked for
            m_next.interventions.emplace_back();
        m_next.interventions.back().vetoed = next->pixel;
        m_field.markVetoed(m_field.indexOf(next->pixel));
        m_next.changes << recorded("Pixel %1 was vetoed.").arg(textOf(next->pixel));
    }
    return std::nullopt;
}

void Exploration::dropClosed()
{
    const auto drop = [this](std::deque<int> &indices, const QString &note) {
        for (; !indices.empty() && !m_field.isOpen(indices.front()); indices.pop_front()) {
            const int index = indices.front();
            if (!m_field.isVetoed(index) && !m_field.isMeasured(index) &&
                !m_field.isPending(index)) // else it was told
                m_next.changes << note.arg(textOf(m_field.pixels()[std::size_t(index)]));
        }
    };
    drop(m_wishes.queue, recorded("The queued pixel %1 may not be measured any more."));
    drop(*m_first, recorded("The first pixel %1 may not be measured."));
}

std::optional<Proposal> Exploration::propose()
{
    if (!m_wishes.queue.empty())
        return proposal(m_wishes.queue.front(), Reason::Queued);
    if (!m_first->empty())
        return proposal(m_first->front(), Reason::Initial);
    if (const int best = m_outlook ? bestOf(m_worth, m_field) : -1; best >= 0)
        return proposal(best, Reason::Acquisition);

    // Nothing to choose by: at random, like the first points.
    const std::vector<int> open = m_field.open();
    if (open.empty())
        return std::nullopt;
    const std::uint64_t seed =
        derivedSeed(m_run.plan.seed, Draw::FirstPixels, std::uint64_t(begun()) + 1);
    const int index = open[std::size_t(drawnFrom(int(open.size()), 1, seed).front())];
    const QString why =
        m_outlook ? recorded("No pixel has a defined worth: pixel %1 is random.")
        : m_failures > 0
            ? recorded("The model could not learn: pixel %1 is random.")
            : recorded("Too few values are defined to learn from: pixel %1 is random.");
    m_next.warnings << why.arg(textOf(m_field.pixels()[std::size_t(index)]));
    return proposal(index, Reason::Acquisition);
}

Proposal Exploration::proposal(int index, Reason reason) const
{
    Proposal proposal;
    proposal.number = begun() + 1;
    proposal.pixel = m_field.pixels()[std::size_t(index)];
    proposal.reason = reason;
    const bool isChosen = reason == Reason::Acquisition && m_outlook;
    proposal.known = m_outlook ? int(m_learnt) : 0;
    proposal.acquisitionValue = isChosen ? m_worth[index] : unknown;
    proposal.predictedMean = m_outlook ? m_outlook->mean[index] : unknown;
    proposal.predictedDeviation = m_outlook ? m_outlook->deviation[index] : unknown;
    proposal.predictedNoise = m_outlook ? m_outlook->noise[index] : unknown;
    if (m_wishes.acquisition.heating.isOn())
        proposal.heat =
            heatAt(proposal.pixel, m_wishes.acquisition.heating, dwells(), proposal.number);
    return proposal;
}

} // namespace helmscope
