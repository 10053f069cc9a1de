// SPDX-License-Identifier: GPL-3.0-or-later
// The beam: where it goes, what it answers, and what that says of the instrument.
#include "steering/exploration.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "steering/quality.h"
#include "steering/recording/endings.h"
#include "steering/recording/inwords.h"
#include "steering/trust.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

namespace helmscope {

static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

void Exploration::begin(const Proposal &proposal)
{
    Flight flight;
    flight.proposal = proposal;
    Step &step = flight.step = std::exchange(m_next, {});
    step.number = proposal.number;
    step.pixel = proposal.pixel;
    const Watching::Place place = m_watching->placeOf(proposal.pixel, proposal.number - 1);
    step.beam = place.beam;
    step.driftRows = place.rows;
    step.driftCols = place.cols;
    step.isDriftExtrapolated = place.isExtrapolated;
    step.driftXNm = step.driftCols * m_run.survey.pixelSizeNm;
    step.driftYNm = step.driftRows * m_run.survey.pixelSizeNm;
    step.known = m_run.plan.watch.isActive() ? proposal.known : -1;
    step.reason = proposal.reason;
    step.acquisition = m_wishes.acquisition.kind;
    step.scalarizer = m_wishes.scalarizer;
    step.acquisitionValue = proposal.acquisitionValue;
    step.predictedMean = proposal.predictedMean;
    step.predictedDeviation = proposal.predictedDeviation;
    step.predictedNoise = proposal.predictedNoise;
    step.heat = proposal.heat;
    while (!step.interventions.empty() && step.interventions.back().isEmpty())
        step.interventions.pop_back();
    // A rethink before it is not what is believed after it.
    step.losses.clear();
    step.mapsHash = 0;
    step.belief.reset();
    step.trust.reset();
    step.modelHash = 0;
    step.meanDeviation = unknown;

    const int index = m_field.indexOf(step.pixel);
    step.flaws = m_flaws[std::size_t(index)];
    m_field.markPending(index);
    dropClosed();
    m_firstBegun += step.reason == Reason::Initial;
    // Only this measures until take(): an instrument is used by one thread at a time.
    // Deferred, the path is the same: it is the order of choices that the plan says.
    const bool isMeanwhile = m_run.plan.watch.overlaps && !m_microscope.isBoundToThread();
    const auto policy = isMeanwhile ? std::launch::async : std::launch::deferred;
    flight.answer = std::async(policy, [this, beam = step.beam, dwell = m_run.plan.dwellSeconds] {
        const Stopwatch time;
        Measurement measurement = m_microscope.measure(beam, dwell);
        return std::pair(std::move(measurement), time.seconds());
    });
    m_flight.emplace(std::move(flight));
}

bool Exploration::failInstrument(const std::exception &error)
{
    const QString sentence = inEnglish(QString::fromUtf8(error.what()));
    if (m_watch(fractionAt(m_measured.size())))
        return end(Run::Outcome::Failed, sentence);
    // An instrument that is aborted fails.
    return end(Run::Outcome::Stopped,
               recordedText(Ending::StoppedBy).arg(m_measured.size()).arg(sentence));
}

std::optional<Step> Exploration::take()
{
    Flight flight = std::move(*m_flight);
    m_flight.reset();
    Measurement measurement;
    Step &step = flight.step;
    try {
        std::tie(measurement, step.measureSeconds) = flight.answer.get();
        if (measurement.spectrum.size() != m_run.energies.channels())
            fail(
                Tr::tr("%1 answered a spectrum of %2 channels at pixel %3; its energy axis has %4.")
                    .arg(m_microscope.name())
                    .arg(measurement.spectrum.size())
                    .arg(textOf(step.pixel))
                    .arg(m_run.energies.channels()));
    } catch (const std::exception &error) {
        failInstrument(error);
        return std::nullopt;
    }
    if (step.scalarizer != m_wishes.scalarizer) { // it was changed while the beam was there
        step.scalarizer = m_wishes.scalarizer;
        step.predictedMean = step.predictedDeviation = step.predictedNoise = unknown;
        step.acquisitionValue = unknown;
    }
    step.value = m_valueEnergies.channels() > 0 ? valueOf(measurement.spectrum) : measurement.value;
    step.spectrum = std::move(measurement.spectrum);
    step.dwellSeconds = measurement.dwellSeconds;
    step.dose = measurement.dose;
    step.source = measurement.source;
    step.timeMs = QDateTime::currentMSecsSinceEpoch();
    if (step.source != Measurement::Source::Measured && !std::exchange(m_isStandInTold, true))
        step.warnings
            << (step.source == Measurement::Source::Nearest
                    ? recorded("Nobody measured pixel %1: the nearest measured one stands "
                               "in. Such steps are marked; this is said once.")
                    : recorded("Nobody measured pixel %1: what a model expected stands in. "
                               "Such steps are marked; this is said once."))
                   .arg(textOf(step.pixel));
    sayWhatIsOdd(step);

    m_field.markMeasured(m_field.indexOf(step.pixel));
    m_measured.push_back(step.pixel);
    m_values.push_back(step.value);
    m_dwells.add(step.pixel, step.number, step.dwellSeconds);
    if (m_believing->isVector())
        m_binned.push_back(binned(step.spectrum, m_run.plan.bin));
    return std::move(step);
}

Dwells Exploration::dwells() const
{
    Dwells dwells = m_dwells;
    if (m_flight)
        dwells.add(m_flight->step.pixel, m_flight->step.number, m_run.plan.dwellSeconds);
    return dwells;
}

void Exploration::leaveOutPoor()
{
    const WatchSettings &watch = m_run.plan.watch;
    m_flaws = judgePatches(m_run.survey, m_field.pixels(), m_run.plan.patch, watch.leastSharpness);
    if (watch.isActive())
        m_run.flaws = flawsOf(m_run.survey.image);
    if (!watch.leavesOutPoor)
        return;
    int poor = 0;
    for (std::size_t i = 0; i < m_flaws.size(); ++i)
        if (m_flaws[i].any()) {
            m_field.markPoor(int(i));
            ++poor;
        }
    if (poor == m_field.size())
        fail(Tr::tr("The patches of all %1 candidates are saturated, charged, blank or blurred: "
                    "take a better survey image, or let the plan keep poor patches.")
                 .arg(poor));
    if (poor > 0)
        m_next.warnings << recorded(
                               "%1 of %2 candidates are left out: their patches are saturated, "
                               "charged, blank or blurred.")
                               .arg(poor)
                               .arg(m_field.size());
}

bool Exploration::isBeamNeeded() const
{
    return m_watching->isSurveyDue(begun()) || m_watching->isReferenceDue(begun());
}

bool Exploration::keepWatch()
{
    if (m_flight)
        return true; // the beam dwells
    return surveyAgain() && checkReference();
}

bool Exploration::raise(const QString &alarm)
{
    m_next.warnings << alarm;
    if (m_person.alarm && m_person.alarm(alarm) && m_watch(fractionAt(m_measured.size())))
        return true;
    return end(Run::Outcome::Stopped, alarm);
}

bool Exploration::surveyAgain()
{
    const int measured = int(m_measured.size());
    while (m_watching->isSurveyDue(measured)) {
        Resurvey taken;
        try {
            taken = m_watching->survey(m_microscope, measured, [this, measured](double) {
                return m_watch(fractionAt(std::size_t(measured)));
            });
        } catch (const std::exception &error) {
            return failInstrument(error);
        }
        if (const QString warning = m_watching->warningOf(taken); !warning.isEmpty())
            m_next.warnings << warning;
        const QString alarm = m_watching->alarmOf(taken);
        m_next.surveys.push_back(std::move(taken));
        if (!alarm.isEmpty() && !raise(alarm))
            return false;
    }
    const Limits limits = m_microscope.limits();
    m_field.reach([&](Pixel pixel) {
        const Pixel beam = m_watching->beamAt(pixel);
        return beam.row >= 0 && beam.col >= 0 && beam.row < limits.rows && beam.col < limits.cols;
    });
    return true;
}

Pixel Exploration::reference() const
{
    if (m_run.plan.watch.reference)
        return *m_run.plan.watch.reference;
    return m_measured.empty() && !m_first->empty() ? m_field.pixels()[std::size_t(m_first->front())]
           : m_measured.empty()                    ? m_field.pixels().front()
                                                   : m_measured.front();
}

bool Exploration::checkReference()
{
    const int measured = int(m_measured.size());
    if (!m_watching->isReferenceDue(measured))
        return true;
    if (!m_reference)
        m_reference = reference();
    ReferenceCheck check;
    check.pixel = *m_reference;
    check.beam = m_watching->placeOf(check.pixel, measured).beam;
    const Limits limits = m_microscope.limits();
    if (check.beam.row < 0 || check.beam.col < 0 || check.beam.row >= limits.rows ||
        check.beam.col >= limits.cols) {
        m_watching->check(check, unknown, measured);
        m_next.warnings << recorded("The reference at %1 has drifted out of the scan: it is not "
                                    "measured this time.")
                               .arg(textOf(check.pixel));
        return true;
    }
    double value = unknown;
    try {
        Measurement measurement = m_microscope.measure(check.beam, m_run.plan.dwellSeconds);
        if (measurement.spectrum.size() != m_run.energies.channels())
            fail(Tr::tr("%1 answered a spectrum of %2 channels at the reference; its energy axis "
                        "has %3.")
                     .arg(m_microscope.name())
                     .arg(measurement.spectrum.size())
                     .arg(m_run.energies.channels()));
        value = m_valueEnergies.channels() > 0 ? valueOf(measurement.spectrum) : measurement.value;
        check.spectrum = std::move(measurement.spectrum);
        check.dwellSeconds = measurement.dwellSeconds;
        check.dose = measurement.dose;
    } catch (const std::exception &error) {
        return failInstrument(error);
    }
    if (m_firstReference.size() == 0)
        m_firstReference = check.spectrum;
    m_watching->check(check, value, measured);
    m_dwells.add(check.pixel, measured, check.dwellSeconds);
    m_isWorthStale = m_isWorthStale || m_wishes.acquisition.heating.isOn();
    const QString alarm = m_watching->alarmOf(check);
    m_next.references.push_back(std::move(check));
    return alarm.isEmpty() || raise(alarm);
}

void Exploration::sayWhatIsOdd(Step &step)
{
    const Eigen::Index odd = step.spectrum.size() - step.spectrum.array().isFinite().count();
    if (!std::isfinite(step.value))
        step.warnings << recorded("The value at pixel %1 is not defined.").arg(textOf(step.pixel));
    if (odd > 0)
        step.warnings
            << (m_believing->isVector()
                    ? recorded("%1 of the %2 channels of the spectrum at pixel %3 are not "
                               "finite: it may be left out of what the model learns.")
                    : recorded("%1 of the %2 channels of the spectrum at pixel %3 are not "
                               "finite."))
                   .arg(odd)
                   .arg(step.spectrum.size())
                   .arg(textOf(step.pixel));
    const int saturated = m_isSaturationTold ? 0 : saturatedChannels(step.spectrum);
    if (saturated == 0)
        return;
    m_isSaturationTold = true;
    step.warnings << recorded(
                         "The spectrum at pixel %1 seems saturated: %2 neighbouring channels "
                         "have its largest value, %3. A shorter dwell time helps; this is said "
                         "once.")
                         .arg(textOf(step.pixel))
                         .arg(saturated)
                         .arg(double(step.spectrum.maxCoeff()));
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
