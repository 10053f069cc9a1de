// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/exploration.h"

#include "base/tr.h"
#include "steering/quality.h"
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
    m_wishes = {plan.acquisition, plan.scalarizer, plan.steps, {}, {}};

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
    m_firstCount = int(firstPoints(plan.initial, m_field, plan.seed).size()); // throws, rather now
    m_believing.emplace(m_run.plan, m_run.survey, m_field.pixels(),
                        plan.isVector ? m_valueEnergies : EnergyAxis());
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
            step.warnings << (m_outlook ? Tr::tr("%1 The maps are those of an earlier step.")
                                        : QStringLiteral("%1"))
                                 .arg(sentence);
        m_isWorthStale = true;
        return false;
    }
}

bool Exploration::goesOn()
{
    if (m_isOver)
        return false;
    const int count = int(m_measured.size());
    const QString stopped = Tr::tr("Stopped after %1 measurements.").arg(count);
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
    if (m_first->empty() && count - m_firstMeasured >= m_wishes.steps)
        return end(Run::Outcome::Finished, Tr::tr("All %1 measurements are done.").arg(count));
    if (rules.afterSeconds > 0 && m_time.seconds() >= rules.afterSeconds)
        return end(Run::Outcome::TimeIsUp, Tr::tr("The time of %1 s is up after %2 measurements.")
                                               .arg(rules.afterSeconds)
                                               .arg(count));
    if (isOnPlateau())
        return end(Run::Outcome::Plateau,
                   Tr::tr("The map's mean deviation changed by less than %1 % over %2 steps, after "
                          "%3 measurements.")
                       .arg(100 * rules.plateauChange)
                       .arg(rules.plateauSteps)
                       .arg(count));
    return true;
}

void Exploration::takeOrders()
{
    if (!m_person.orders)
        return;
    Intervention said{m_person.orders(), std::nullopt};
    const Obeyed obeyed = obey(said.orders, m_wishes, m_field, m_valueEnergies);
    m_next.interventions.push_back(std::move(said));
    m_next.changes << obeyed.notes;
    m_isWorthStale = m_isWorthStale || obeyed.isWorthStale;
    if (!obeyed.isValueStale)
        return;
    m_isValueStale = true;
    m_outlook.reset(); // it and its deviations are of another quantity
    m_meanDeviations.clear();
    for (std::size_t i = 0; i < m_values.size(); ++i)
        m_values[i] = valueOf(m_run.steps[i].spectrum);
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
            end(Run::Outcome::Exhausted, Tr::tr("No pixel is left that may be measured."));
            break;
        }
        if (!m_person.approve || m_person.approve(*next) == Verdict::Measure)
            return next;
        if (!m_person.orders) // else it was made when they were asked for
            m_next.interventions.emplace_back();
        m_next.interventions.back().vetoed = next->pixel;
        m_field.markVetoed(m_field.indexOf(next->pixel));
        m_next.changes << Tr::tr("Pixel %1 was vetoed.").arg(textOf(next->pixel));
    }
    return std::nullopt;
}

void Exploration::dropClosed()
{
    const auto drop = [this](std::deque<int> &indices, const QString &note) {
        for (; !indices.empty() && !m_field.isOpen(indices.front()); indices.pop_front()) {
            const int index = indices.front();
            if (!m_field.isVetoed(index) && !m_field.isMeasured(index)) // else it was told
                m_next.changes << note.arg(textOf(m_field.pixels()[std::size_t(index)]));
        }
    };
    drop(m_wishes.queue, Tr::tr("The queued pixel %1 may not be measured any more."));
    drop(*m_first, Tr::tr("The first pixel %1 may not be measured."));
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
        derivedSeed(m_run.plan.seed, Draw::FirstPixels, m_measured.size() + 1);
    const int index = open[std::size_t(drawnFrom(int(open.size()), 1, seed).front())];
    const QString why =
        m_outlook        ? Tr::tr("No pixel has a defined worth: pixel %1 is random.")
        : m_failures > 0 ? Tr::tr("The model could not learn: pixel %1 is random.")
                         : Tr::tr("Too few values are defined to learn from: pixel %1 is random.");
    m_next.warnings << why.arg(textOf(m_field.pixels()[std::size_t(index)]));
    return proposal(index, Reason::Acquisition);
}

Proposal Exploration::proposal(int index, Reason reason) const
{
    Proposal proposal;
    proposal.number = int(m_measured.size()) + 1;
    proposal.pixel = m_field.pixels()[std::size_t(index)];
    proposal.reason = reason;
    const bool isChosen = reason == Reason::Acquisition && m_outlook;
    proposal.acquisitionValue = isChosen ? m_worth[index] : unknown;
    proposal.predictedMean = m_outlook ? m_outlook->mean[index] : unknown;
    proposal.predictedDeviation = m_outlook ? m_outlook->deviation[index] : unknown;
    proposal.predictedNoise = m_outlook ? m_outlook->noise[index] : unknown;
    return proposal;
}

std::optional<Step> Exploration::measure(const Proposal &proposal)
{
    const Stopwatch time;
    Measurement measurement;
    try {
        measurement = m_microscope.measure(proposal.pixel, m_run.plan.dwellSeconds);
        if (measurement.spectrum.size() != m_run.energies.channels())
            fail(
                Tr::tr("%1 answered a spectrum of %2 channels at pixel %3; its energy axis has %4.")
                    .arg(m_microscope.name())
                    .arg(measurement.spectrum.size())
                    .arg(textOf(proposal.pixel))
                    .arg(m_run.energies.channels()));
    } catch (const std::exception &error) {
        const QString sentence = QString::fromUtf8(error.what());
        if (m_watch(fractionAt(m_measured.size())))
            end(Run::Outcome::Failed, sentence);
        else // an instrument that is aborted fails
            end(Run::Outcome::Stopped,
                Tr::tr("Stopped after %1 measurements: %2").arg(m_measured.size()).arg(sentence));
        return std::nullopt;
    }
    Step step = std::exchange(m_next, {});
    step.measureSeconds = time.seconds();
    step.number = proposal.number;
    step.pixel = proposal.pixel;
    step.reason = proposal.reason;
    step.acquisition = m_wishes.acquisition.kind;
    step.scalarizer = m_wishes.scalarizer;
    step.acquisitionValue = proposal.acquisitionValue;
    step.predictedMean = proposal.predictedMean;
    step.predictedDeviation = proposal.predictedDeviation;
    step.predictedNoise = proposal.predictedNoise;
    step.value = m_valueEnergies.channels() > 0 ? valueOf(measurement.spectrum) : measurement.value;
    step.spectrum = std::move(measurement.spectrum);
    step.dwellSeconds = measurement.dwellSeconds;
    step.dose = measurement.dose;
    while (!step.interventions.empty() && step.interventions.back().isEmpty())
        step.interventions.pop_back();
    step.source = measurement.source;
    step.timeMs = QDateTime::currentMSecsSinceEpoch();
    if (step.source != Measurement::Source::Measured && !std::exchange(m_isStandInTold, true))
        step.warnings << (step.source == Measurement::Source::Nearest
                              ? Tr::tr("Nobody measured pixel %1: the nearest measured one stands "
                                       "in. Such steps are marked; this is said once.")
                              : Tr::tr("Nobody measured pixel %1: what a model expected stands in. "
                                       "Such steps are marked; this is said once."))
                             .arg(textOf(step.pixel));
    // A rethink before it is not what is believed after it.
    step.losses.clear();
    step.mapsHash = 0;
    step.belief.reset();
    step.trust.reset();
    step.modelHash = 0;
    step.meanDeviation = unknown;
    sayWhatIsOdd(step);

    m_field.markMeasured(m_field.indexOf(step.pixel));
    dropClosed();
    m_firstMeasured += step.reason == Reason::Initial;
    m_measured.push_back(step.pixel);
    m_values.push_back(step.value);
    if (m_believing->isVector())
        m_binned.push_back(binned(step.spectrum, m_run.plan.bin));
    return step;
}

void Exploration::sayWhatIsOdd(Step &step)
{
    const Eigen::Index odd = step.spectrum.size() - step.spectrum.array().isFinite().count();
    if (!std::isfinite(step.value))
        step.warnings << Tr::tr("The value at pixel %1 is not defined.").arg(textOf(step.pixel));
    if (odd > 0)
        step.warnings << (m_believing->isVector()
                              ? Tr::tr("%1 of the %2 channels of the spectrum at pixel %3 are not "
                                       "finite: it may be left out of what the model learns.")
                              : Tr::tr("%1 of the %2 channels of the spectrum at pixel %3 are not "
                                       "finite."))
                             .arg(odd)
                             .arg(step.spectrum.size())
                             .arg(textOf(step.pixel));
    const int saturated = m_isSaturationTold ? 0 : saturatedChannels(step.spectrum);
    if (saturated == 0)
        return;
    m_isSaturationTold = true;
    step.warnings << Tr::tr("The spectrum at pixel %1 seems saturated: %2 neighbouring channels "
                            "have its largest value, %3. A shorter dwell time helps; this is said "
                            "once.")
                         .arg(textOf(step.pixel))
                         .arg(saturated)
                         .arg(double(step.spectrum.maxCoeff()));
}

/// One that dwarfs all others is a fault of the instrument rather than of the sample, and scaled by
/// it all others would be the same. It counts as soon as another one is of its kind.
std::optional<int> Exploration::outlier() const
{
    constexpr int fewest = 4;
    constexpr double dwarfing = 1e5;
    int defined = 0, at = -1;
    double largest = 0, second = 0;
    for (std::size_t i = 0; i < m_measured.size(); ++i) {
        const double size = m_believing->isVector() ? double(m_binned[i].cwiseAbs().maxCoeff())
                                                    : std::abs(m_values[i]);
        if (!std::isfinite(size) || (m_believing->isVector() && !m_binned[i].allFinite()))
            continue;
        ++defined;
        if (size > largest) {
            second = std::exchange(largest, size);
            at = int(i);
        } else {
            second = std::max(second, size);
        }
    }
    if (defined >= fewest && second > 0 && largest > dwarfing * second)
        return at;
    return std::nullopt;
}

void Exploration::sayOutlier(Step &step)
{
    const std::optional<int> odd = outlier();
    if (odd && odd != m_outlier)
        step.warnings << Tr::tr("The value %1 at pixel %2 is over 100,000 times larger than any "
                                "other: it is left out of what the model learns until another "
                                "one confirms it.")
                             .arg(m_values[std::size_t(*odd)])
                             .arg(textOf(m_measured[std::size_t(*odd)]));
    m_outlier = odd;
}

/// What it said after the training before as well is not repeated, even with other numbers.
void Exploration::sayWhatTheModelMet(Step &step)
{
    QStringList told;
    for (const std::string &warning : m_believing->model()->warnings()) {
        const QString sentence = QString::fromStdString(warning);
        QString words = sentence;
        words.removeIf([](QChar c) { return !c.isLetter(); });
        if (!m_toldByModel.contains(words) && !step.warnings.contains(sentence))
            step.warnings << sentence;
        told << words;
    }
    m_toldByModel = told;
}

void Exploration::judgeLeavingOneOut(Step &step)
{
    const ScalarPosterior others = m_believing->leaveOneOut(m_wishes.scalarizer);
    Eigen::VectorXd values(others.mean.size());
    for (Eigen::Index i = 0; i < values.size(); ++i)
        values[i] = m_values[std::size_t(m_learntRows[std::size_t(i)])];
    step.trust.emplace().leaveOneOutNlpd = meanNlpd(values, others.mean, others.deviation);
}

double Exploration::valueOf(const Eigen::VectorXf &spectrum) const
{
    return m_wishes.scalarizer(
        m_believing->isVector() ? binned(spectrum, m_run.plan.bin) : spectrum, m_valueEnergies);
}

std::vector<int> Exploration::usable() const
{
    const std::optional<int> odd = outlier();
    std::vector<int> numbers;
    for (std::size_t i = 0; i < m_measured.size(); ++i)
        if (int(i) != odd &&
            (m_believing->isVector() ? m_binned[i].allFinite() : std::isfinite(m_values[i])))
            numbers.push_back(int(i));
    return numbers;
}

bool Exploration::canLearn() const
{
    return m_first && m_first->empty() && usable().size() >= 2;
}

void Exploration::learn(Step &step)
{
    const bool isAnotherTask = m_isValueStale && !m_believing->isVector();
    if (m_isOver || !canLearn() || (m_learnt == m_measured.size() && !isAnotherTask))
        return;
    const Stopwatch time;
    const std::vector<int> rows = usable();
    const Eigen::Index outputs = m_believing->isVector() ? m_valueEnergies.channels() : 1;
    Eigen::MatrixXd targets(Eigen::Index(rows.size()), outputs);
    std::vector<Pixel> pixels;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t row = std::size_t(rows[i]);
        pixels.push_back(m_measured[row]);
        if (m_believing->isVector())
            targets.row(Eigen::Index(i)) = m_binned[row].cast<double>().transpose();
        else
            targets(Eigen::Index(i), 0) = m_values[row];
    }
    sayOutlier(step);
    endure(step, [&] {
        const std::size_t count = m_measured.size();
        step.losses = m_believing->learn(pixels, targets, m_run.plan.isWarmStart && !isAnotherTask,
                                         part(m_watch, fractionAt(count - 1), fractionAt(count)));
        m_learnt = count;
        m_learntRows = rows;
        step.modelHash = m_believing->model()->hash();
        sayWhatTheModelMet(step);
    });
    step.learnSeconds += time.seconds();
}

void Exploration::predict(Step &step)
{
    if (m_isOver || m_isStopped || !canLearn() || m_learnt != m_measured.size())
        return;
    const Stopwatch time;
    endure(step, [&] {
        const double reached = fractionAt(m_measured.size());
        std::optional<Outlook> outlook = m_believing->predict(
            m_wishes.scalarizer, [this, reached](double) { return m_watch(reached); });
        if (!outlook)
            return;
        const Eigen::Index odd =
            outlook->mean.size() -
            (outlook->mean + outlook->deviation).cast<float>().array().isFinite().count();
        if (odd > 0)
            step.warnings << Tr::tr("What the model expects cannot be shown at %1 of %2 pixels: it "
                                    "is not finite, or too large for a map.")
                                 .arg(odd)
                                 .arg(outlook->mean.size());
        m_outlook = std::move(outlook);
        m_isValueStale = false;
        m_failures = 0;
        judgeLeavingOneOut(step);
        computeWorth();

        auto belief = std::make_shared<Belief>();
        belief->mean = m_field.mapOf(m_outlook->mean);
        belief->deviation = m_field.mapOf(m_outlook->deviation);
        Eigen::VectorXd worth = m_worth;
        for (int i = 0; i < m_field.size(); ++i)
            if (!m_field.isOpen(i))
                worth[i] = unknown;
        belief->acquisition = m_field.mapOf(worth);
        if (const int best = bestOf(m_worth, m_field); best >= 0)
            belief->next = m_field.pixels()[std::size_t(best)];
        belief->noise = m_field.mapOf(m_outlook->noise);
        if (m_believing->isVector()) {
            belief->energies = m_valueEnergies;
            belief->pixels = m_field.pixels();
            belief->spectra = std::exchange(m_outlook->spectra, {});
            belief->spectraDeviation = std::exchange(m_outlook->spectraDeviation, {});
        }
        step.mapsHash = hashOf(*belief);
        step.belief = std::move(belief);

        const Eigen::ArrayXd deviation = m_outlook->deviation.array();
        const auto isDefined = deviation.isFinite();
        step.meanDeviation = isDefined.select(deviation, 0).sum() / double(isDefined.count());
        m_meanDeviations.push_back(step.meanDeviation);
    });
    step.predictSeconds += time.seconds();
}

void Exploration::computeWorth()
{
    const std::optional<int> odd = outlier();
    std::vector<double> values;
    for (std::size_t i = 0; i < m_values.size(); ++i)
        if (std::isfinite(m_values[i]) && int(i) != odd)
            values.push_back(m_values[i]);
    const Situation situation{
        m_outlook->mean,
        m_outlook->deviation,
        std::move(values),
        m_run.plan.seed,
        int(m_measured.size()) + 1,
        [this](const std::vector<int> &candidates, std::uint64_t seed) {
            return m_believing->draw(candidates, m_wishes.scalarizer, seed);
        },
        [this](const std::vector<int> &others) {
            const double reached = fractionAt(m_measured.size());
            return m_believing->varianceReduction(
                others, m_wishes.scalarizer, [this, reached](double) { return m_watch(reached); });
        },
    };
    m_worth = worthOfAll(m_wishes.acquisition, situation, m_field);
    m_isWorthStale = false;
}

void Exploration::computeTruth()
{
    if (!m_truthData)
        return;
    const Plan &plan = m_run.plan;
    if (m_valueEnergies.channels() > 0 && m_truthData->hasSpectra())
        m_truth =
            scalarize(plan.isVector ? m_truthData->spectra.binned(plan.bin) : m_truthData->spectra,
                      m_wishes.scalarizer);
    else if (m_valueEnergies.channels() == 0 && m_truthData->hasValues())
        m_truth = m_truthData->values;
    if (m_truth.size() > 0 &&
        (m_truth.rows() != m_field.rows() || m_truth.cols() != m_field.cols()))
        fail(Tr::tr("%1 cannot be explored: its full scan has %2 × %3 pixels, its grid %4 × %5.")
                 .arg(m_microscope.name())
                 .arg(m_truth.rows())
                 .arg(m_truth.cols())
                 .arg(m_field.rows())
                 .arg(m_field.cols()));
}

const Step &Exploration::keep(Step step)
{
    step.bestValue = unknown;
    const std::optional<int> odd = outlier();
    for (std::size_t i = 0; i < m_values.size(); ++i)
        if (std::isfinite(m_values[i]) && int(i) != odd && !(step.bestValue >= m_values[i]))
            step.bestValue = m_values[i];
    if (step.belief && m_truth.size() > 0)
        step.quality = judge(*step.belief, m_truth, m_measured, m_microscope.isTruthNoisy());
    if (step.belief)
        forgetOldBelief();
    m_run.steps.push_back(std::move(step));
    Step &kept = m_run.steps.back();
    Trust trust = trustOf(m_run.steps);
    if (kept.trust)
        trust.leaveOneOutNlpd = kept.trust->leaveOneOutNlpd;
    if (kept.trust || trust.predictions > 0)
        kept.trust = trust;
    return kept;
}

void Exploration::forgetOldBelief()
{
    const auto last = std::find_if(m_run.steps.rbegin(), m_run.steps.rend(),
                                   [](const Step &step) { return bool(step.belief); });
    if (last == m_run.steps.rend())
        return;
    if (last->number % m_run.plan.mapsEvery != 0) {
        last->belief.reset();
    } else if (last->belief->spectra.size() > 0) { // the maps stay, the spectra are too big
        auto maps = std::make_shared<Belief>();
        maps->mean = last->belief->mean;
        maps->deviation = last->belief->deviation;
        maps->acquisition = last->belief->acquisition;
        maps->next = last->belief->next;
        maps->noise = last->belief->noise;
        last->belief = std::move(maps);
    }
}

Run Exploration::finish()
{
    if (const DeepKernel *model = m_believing->model(); model && model->isTrained())
        m_run.model = model->serialize();
    return std::move(m_run);
}

} // namespace helmscope
