// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/liverun.h"

#include "instrument/forwardingmicroscope.h"
#include "metalearning/beginning.h"
#include "metalearning/beginningchoice.h"
#include "steering/rerun/recordedmicroscope.h"
#include "steering/rerun/verification.h"

#include <QScopeGuard>
#include <QThread>

#include <algorithm>
#include <chrono>
#include <utility>

namespace helmscope {

namespace {

/// How often a waiting worker looks whether its job was stopped: ~Jobs does not know of the run.
constexpr auto glance = std::chrono::milliseconds(30);

/// One core is left to the window; more than four gain nothing on a few hundred points.
int threadsForTheModel()
{
    return std::clamp(QThread::idealThreadCount() - 1, 1, 4);
}

} // namespace

LiveRun::LiveRun(const Plan &plan, const RecordTo &to, Begin begin, Ground ground, QObject *parent)
    : QObject(parent)
    , m_plan(plan)
    , m_recordTo(to)
    , m_ground(std::move(ground))
    , m_stepsToPause(begin == Begin::OneStep ? 1 : 0)
{
}

Run LiveRun::steer(const Progress &progress)
{
    setModelThreads(threadsForTheModel()); // here: OpenMP counts threads for the calling thread
    const Progress whileOpening = [&](double) { return progress(0) && !isStopping(); };
    std::unique_ptr<Microscope> opened =
        m_ground.open ? m_ground.open(whileOpening) : openMicroscope(m_plan, whileOpening);
    const std::shared_ptr<Microscope> microscope =
        m_isRealTime ? inRealTime(std::move(opened), 1) : std::move(opened);
    microscope->setPatience([whileOpening] { return whileOpening(0); });
    {
        const std::lock_guard lock(m_mutex);
        m_microscope = microscope;
        if (m_isAborted)
            microscope->abort();
    }
    // An instrument is left on the worker, since it may take a while to say farewell.
    const auto leave = qScopeGuard([this, &microscope] {
        microscope->release(); // before the last look at it, and without the lock
        const std::lock_guard lock(m_mutex);
        m_lastState = m_microscope->state();
        m_microscope.reset();
    });
    const auto recording = std::make_shared<Recording>(
        m_recordTo, [this](const QString &sentence) { emit troubled(sentence); });
    const Operator person{
        [this, &progress] { return takeOrders(progress); },
        [this, &progress](const Proposal &proposal) { return judge(proposal, progress); },
        [this, &progress](const QString &alarm) { return pauseFor(alarm, progress); }};
    const auto hold = [&](double fraction) { return this->hold(progress, fraction); };
    const auto onStep = [&](const Step &step) {
        recording->append(step); // on disk before it is on the screen
        emit stepTaken(std::make_shared<const Step>(step));
        countStep();
    };
    const auto onStart = [&](const Run &start) {
        if (m_ground.resumed)
            recording->resume(*m_ground.resumed);
        else
            recording->begin(start);
        {
            const std::lock_guard lock(m_mutex);
            m_recording = recording;
        }
        emit recordingBegun(recording);
        emit started(std::make_shared<const Run>(start));
        if (const auto &past = m_ground.resumed)
            for (const Step &step : past->steps)
                emit stepTaken(std::shared_ptr<const Step>(past, &step));
    };
    // Meta-models are not part of a plan's text: what they say is read by who carries it out.
    Plan plan = m_plan;
    if (!plan.beginning.start)
        readBeginning(plan);
    std::shared_ptr<const Run> resumed = m_ground.resumed;
    if (resumed) {
        auto whole = std::make_shared<Run>(*resumed);
        readBeginnings(*whole);
        resumed = whole;
    }
    const Company with = choosingBeginning(plan, resumed.get(), {person, onStep, onStart},
                                           [&](double) { return progress(0) && !isStopping(); });
    Run run = resumed ? continueRun(resumed, std::make_unique<ForwardingMicroscope>(microscope),
                                    hold, with.onStep, with.person, with.onStart)
                      : explore(plan, *microscope, hold, with.onStep, with.person, with.onStart);
    recording->finish(run);
    return run;
}

bool LiveRun::hold(const Progress &progress, double fraction)
{
    bool goesOn = progress(fraction);
    std::unique_lock lock(m_mutex);
    if (m_isPaused && goesOn && !m_isStopped) {
        emit held();
        while (m_isPaused && !m_isStopped && goesOn) {
            m_changed.wait_for(lock, glance);
            goesOn = progress(fraction);
        }
    }
    return goesOn && !m_isStopped;
}

Orders LiveRun::takeOrders(const Progress &progress)
{
    // Whatever is ordered during a pause holds for the step after it.
    hold(progress, 0);
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_orders, {});
}

bool LiveRun::pauseFor(const QString &alarm, const Progress &progress)
{
    pause();
    emit alarmed(alarm);
    return hold(progress, 0);
}

Verdict LiveRun::judge(const Proposal &proposal, const Progress &progress)
{
    std::unique_lock lock(m_mutex);
    if (!m_isApproving)
        return Verdict::Measure;
    m_verdict.reset();
    emit proposed(proposal);
    while (!m_verdict && m_isApproving && !m_isStopped && progress(0))
        m_changed.wait_for(lock, glance);
    if (m_verdict)
        return *m_verdict;
    // Nobody answered: with approval switched off all is approved, with a stop nothing is.
    return m_isApproving ? Verdict::Veto : Verdict::Measure;
}

void LiveRun::countStep()
{
    const std::lock_guard lock(m_mutex);
    if (m_stepsToPause > 0 && --m_stepsToPause == 0)
        m_isPaused = true;
}

void LiveRun::pause()
{
    const std::lock_guard lock(m_mutex);
    m_isPaused = true;
    m_stepsToPause = 0;
}

void LiveRun::resume()
{
    const std::lock_guard lock(m_mutex);
    m_isPaused = false;
    m_stepsToPause = 0;
    m_changed.notify_all();
}

void LiveRun::stepOnce()
{
    const std::lock_guard lock(m_mutex);
    m_isPaused = false;
    m_stepsToPause = 1;
    m_changed.notify_all();
}

void LiveRun::stop()
{
    const std::lock_guard lock(m_mutex);
    m_isStopped = true;
    m_changed.notify_all();
}

void LiveRun::abort()
{
    const std::lock_guard lock(m_mutex);
    m_isAborted = true;
    if (m_microscope)
        m_microscope->abort();
    m_isStopped = true;
    m_changed.notify_all();
}

void LiveRun::queue(Pixel pixel)
{
    const std::lock_guard lock(m_mutex);
    m_orders.queue.push_back(pixel);
}

void LiveRun::unqueue(Pixel pixel)
{
    const std::lock_guard lock(m_mutex);
    const auto waiting = std::find(m_orders.queue.begin(), m_orders.queue.end(), pixel);
    if (waiting != m_orders.queue.end())
        m_orders.queue.erase(waiting); // nobody was told yet
    else
        m_orders.withdrawn.push_back(pixel);
}

void LiveRun::prefer(const Preference &preferred)
{
    const std::lock_guard lock(m_mutex);
    m_orders.preferred = preferred;
}

void LiveRun::forbid(const Mask &mask)
{
    const std::lock_guard lock(m_mutex);
    m_orders.forbidden = mask;
}

void LiveRun::setAcquisition(const AcquisitionSettings &settings)
{
    const std::lock_guard lock(m_mutex);
    m_orders.acquisition = settings;
}

void LiveRun::setScalarizer(const Scalarizer &scalarizer)
{
    const std::lock_guard lock(m_mutex);
    m_orders.scalarizer = scalarizer;
}

void LiveRun::beginFrom(const Beginning &beginning, const QString &reason)
{
    const std::lock_guard lock(m_mutex);
    m_orders.beginning = beginning;
    m_orders.beginningReason = reason;
}

void LiveRun::setSteps(int steps)
{
    const std::lock_guard lock(m_mutex);
    m_orders.steps = steps;
}

void LiveRun::survey()
{
    const std::lock_guard lock(m_mutex);
    m_orders.survey = true;
}

void LiveRun::setApproving(bool isApproving)
{
    const std::lock_guard lock(m_mutex);
    m_isApproving = isApproving;
    m_changed.notify_all();
}

void LiveRun::answer(Verdict verdict)
{
    const std::lock_guard lock(m_mutex);
    m_verdict = verdict;
    m_changed.notify_all();
}

bool LiveRun::isPaused() const
{
    const std::lock_guard lock(m_mutex);
    return m_isPaused;
}

bool LiveRun::isStopping() const
{
    const std::lock_guard lock(m_mutex);
    return m_isStopped;
}

std::optional<InstrumentState> LiveRun::instrument() const
{
    const std::lock_guard lock(m_mutex);
    return m_microscope ? std::optional(m_microscope->state()) : m_lastState;
}

bool LiveRun::isAborted() const
{
    const std::lock_guard lock(m_mutex);
    return m_isAborted;
}

std::shared_ptr<Recording> LiveRun::recording() const
{
    const std::lock_guard lock(m_mutex);
    return m_recording;
}

std::vector<Pixel> LiveRun::queued() const
{
    const std::lock_guard lock(m_mutex);
    return m_orders.queue;
}

} // namespace helmscope
