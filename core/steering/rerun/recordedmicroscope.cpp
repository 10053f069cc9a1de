// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/rerun/recordedmicroscope.h"

#include "base/error.h"
#include "base/tr.h"
#include "instrument/forwardingmicroscope.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>

namespace helmscope {

struct RecordedMicroscope::Private
{
    std::shared_ptr<const Run> past;
    int steps = 0;
    Origin::Beyond beyond = Origin::Beyond::Sample;
    std::unique_ptr<Microscope> sample;
    /// A time the beam was somewhere: a step, or a reference check before it.
    struct Visit
    {
        int step = 0;
        int reference = -1;
    };
    By by = By::Beam;
    std::map<Pixel, std::vector<Visit>> visits; ///< of each pixel, in their order
    std::map<Pixel, std::size_t> made;          ///< visits that were asked for
    std::vector<const Resurvey *> surveys;      ///< taken during the run
    std::size_t surveysAsked = 0;
    Map predicted; ///< Beyond::Predicted only
    std::atomic<bool> isAborted = false;

    bool answersValues() const
    {
        return beyond == Origin::Beyond::Predicted || past->energies.channels() == 0;
    }
    const Step &step(int index) const { return past->steps[std::size_t(index)]; }

    /// Of the scalarizer that held last, whichever held when it was measured.
    double valueOf(const Step &measured) const
    {
        const Scalarizer &last = past->steps.back().scalarizer;
        return past->energies.channels() == 0 || measured.scalarizer == last
                   ? measured.value
                   : last(measured.spectrum, past->energies);
    }

    Measurement recorded(const Visit &visit) const
    {
        if (visit.reference < 0)
            return recorded(visit.step);
        const ReferenceCheck &check = step(visit.step).references[std::size_t(visit.reference)];
        Measurement answer;
        answer.dwellSeconds = check.dwellSeconds;
        answer.dose = check.dose;
        answer.value = answersValues() ? check.value : std::nan("");
        if (!answersValues())
            answer.spectrum = check.spectrum;
        return answer;
    }

    Measurement recorded(int index) const
    {
        const Step &measured = step(index);
        Measurement answer;
        answer.source = measured.source;
        answer.dwellSeconds = measured.dwellSeconds;
        answer.dose = measured.dose;
        answer.value = answersValues() ? valueOf(measured) : std::nan("");
        if (!answersValues())
            answer.spectrum = measured.spectrum;
        return answer;
    }

    Measurement standIn(Pixel pixel) const
    {
        Measurement answer;
        if (beyond == Origin::Beyond::Predicted) {
            answer.value = double(predicted(pixel.row, pixel.col));
            answer.source = Measurement::Source::Predicted;
            return answer;
        }
        int nearest = -1;
        double shortest = std::numeric_limits<double>::max();
        for (int i = 0; i < int(past->steps.size()); ++i) {
            if (step(i).source != Measurement::Source::Measured)
                continue; // of a branch's branch: what stands in for one pixel says less of others
            const double rows = step(i).pixel.row - pixel.row, cols = step(i).pixel.col - pixel.col;
            if (const double squared = rows * rows + cols * cols; squared < shortest) {
                shortest = squared;
                nearest = i;
            }
        }
        if (nearest < 0)
            fail(Tr::tr("The run measured nothing that could stand in for pixel (%1, %2).")
                     .arg(pixel.row)
                     .arg(pixel.col));
        answer = recorded(nearest);
        answer.dwellSeconds = answer.dose = 0;
        answer.source = Measurement::Source::Nearest;
        return answer;
    }
};

RecordedMicroscope::RecordedMicroscope(std::shared_ptr<const Run> past, int steps,
                                       Origin::Beyond beyond, std::unique_ptr<Microscope> sample,
                                       By by)
    : d(std::make_unique<Private>())
{
    d->past = std::move(past);
    const int made = int(d->past->steps.size());
    d->steps = steps < 0 ? made : std::min(steps, made);
    d->beyond = beyond;
    d->sample = std::move(sample);
    d->by = by;
    for (int i = 0; i < d->steps; ++i) {
        const Step &step = d->step(i);
        if (by == By::Sample) {
            d->visits[step.pixel].push_back({i, -1});
            continue;
        }
        for (std::size_t k = 0; k < step.references.size(); ++k)
            d->visits[step.references[k].beam].push_back({i, int(k)});
        d->visits[step.known < 0 ? step.pixel : step.beam].push_back({i, -1});
        for (const Resurvey &survey : step.surveys)
            d->surveys.push_back(&survey);
    }
    if (beyond != Origin::Beyond::Predicted)
        return;
    for (auto step = d->past->steps.rbegin(); step != d->past->steps.rend(); ++step)
        if (step->belief && step->scalarizer == d->past->steps.back().scalarizer) {
            d->predicted = step->belief->mean;
            return;
        }
    fail(Tr::tr("The run keeps no map of what its model expected: let the nearest measured pixel "
                "stand in instead."));
}

RecordedMicroscope::~RecordedMicroscope() = default;

QString RecordedMicroscope::name() const
{
    return Tr::tr("the record of '%1'").arg(d->past->survey.title);
}

Dataset RecordedMicroscope::survey(const Progress &progress)
{
    // The first one is what the run began with, however often it is asked for before a measurement.
    if (d->by == By::Sample || (d->made.empty() && d->surveysAsked == 0))
        return d->past->survey;
    const std::size_t index = d->surveysAsked++;
    if (index >= d->surveys.size()) {
        if (d->sample)
            return d->sample->survey(progress);
        fail(Tr::tr("The run took only %1 survey images, and another one is asked for.")
                 .arg(d->surveys.size() + 1));
    }
    if (!d->surveys[index]->image)
        fail(Tr::tr("Survey image %1 of the run is lost: what came of it cannot be done again.")
                 .arg(index + 2));
    Dataset survey = d->past->survey;
    survey.image = *d->surveys[index]->image;
    return survey;
}

EnergyAxis RecordedMicroscope::energies() const
{
    return d->answersValues() ? EnergyAxis() : d->past->energies;
}

Limits RecordedMicroscope::limits() const
{
    if (d->sample)
        return d->sample->limits();
    return {d->past->survey.rows(), d->past->survey.cols(), 0, 1e6};
}

Measurement RecordedMicroscope::measure(Pixel pixel, double dwellSeconds)
{
    checkLimits(name(), limits(), pixel, dwellSeconds);
    if (d->isAborted)
        fail(Tr::tr("The rerun was aborted: resume it before the next measurement."));
    const std::size_t visit = d->made[pixel]++;
    if (const auto found = d->visits.find(pixel); found != d->visits.end()) {
        // A place of the sample stays what it was; the beam may come back to a pixel.
        const std::vector<Private::Visit> &all = found->second;
        if (d->by == By::Sample)
            return d->recorded(all.front());
        if (visit < all.size() || !d->sample)
            return d->recorded(all[std::min(visit, all.size() - 1)]);
    }
    if (d->beyond != Origin::Beyond::Sample)
        return d->standIn(pixel);
    if (!d->sample)
        fail(Tr::tr("The run did not measure pixel (%1, %2), and nothing else is known of it.")
                 .arg(pixel.row)
                 .arg(pixel.col));
    return d->sample->measure(pixel, dwellSeconds);
}

void RecordedMicroscope::abort()
{
    d->isAborted = true;
    if (d->sample)
        d->sample->abort();
}

void RecordedMicroscope::resume()
{
    d->isAborted = false;
    if (d->sample)
        d->sample->resume();
}

std::optional<Dataset> RecordedMicroscope::groundTruth() const
{
    // Values of a prediction cannot be judged by spectra.
    return d->sample && d->beyond == Origin::Beyond::Sample ? d->sample->groundTruth()
                                                            : std::nullopt;
}

InstrumentState RecordedMicroscope::state() const
{
    return d->sample ? d->sample->state() : InstrumentState();
}

bool RecordedMicroscope::isBoundToThread() const
{
    return d->sample && d->sample->isBoundToThread();
}

void RecordedMicroscope::setPatience(const std::function<bool()> &patience)
{
    if (d->sample)
        d->sample->setPatience(patience);
}

bool RecordedMicroscope::isTruthNoisy() const
{
    return d->sample && d->sample->isTruthNoisy();
}

namespace {

/// See inRealTime().
class UnhurriedMicroscope final : public ForwardingMicroscope
{
public:
    UnhurriedMicroscope(std::unique_ptr<Microscope> inner, double factor)
        : ForwardingMicroscope(std::move(inner))
        , m_factor(factor)
    {
    }

    Measurement measure(Pixel pixel, double dwellSeconds) override
    {
        const auto start = std::chrono::steady_clock::now();
        Measurement answer = inner().measure(pixel, dwellSeconds);
        const std::chrono::duration<double> wanted(m_factor * answer.dwellSeconds);
        std::unique_lock lock(m_mutex);
        if (m_changed.wait_until(
                lock,
                start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(wanted),
                [this] { return m_isAborted; }))
            fail(Tr::tr("The measurement at pixel (%1, %2) was aborted.")
                     .arg(pixel.row)
                     .arg(pixel.col));
        return answer;
    }

    Stage moveStage(const StageTarget &target) override
    {
        constexpr double settleSeconds = 0.3;
        const Stage there = inner().moveStage(target);
        std::unique_lock lock(m_mutex);
        if (m_changed.wait_for(lock, std::chrono::duration<double>(m_factor * settleSeconds),
                               [this] { return m_isAborted; }))
            fail(Tr::tr("The move of the stage was aborted."));
        return there;
    }

    void abort() override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_isAborted = true;
        }
        m_changed.notify_all();
        inner().abort();
    }
    void resume() override
    {
        inner().resume();
        const std::lock_guard lock(m_mutex);
        m_isAborted = false;
    }

private:
    const double m_factor;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_isAborted = false; ///< under the mutex
};

} // namespace

std::unique_ptr<Microscope> inRealTime(std::unique_ptr<Microscope> microscope, double factor)
{
    if (!(factor >= 0 && factor <= 1000))
        fail(Tr::tr("A measurement cannot last %1 times its dwell: give a factor from 0 to 1000.")
                 .arg(factor));
    return std::make_unique<UnhurriedMicroscope>(std::move(microscope), factor);
}

} // namespace helmscope
