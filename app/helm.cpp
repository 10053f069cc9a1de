// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helm.h"

#include "base/error.h"
#include "steering/recording/inwords.h"

#include <QDateTime>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace helmscope {

namespace {

using namespace std::chrono_literals;

/// Maps of a run are kept and recorded up to about this much; above, every second, third, ...
/// step's.
constexpr double mostMapBytes = 512.0 * 1024 * 1024;

int mapsEvery(const Plan &plan, const Sample &sample)
{
    double layers = 3;
    if (plan.isVector)
        layers += 2.0 * sample.energies.channels() / std::max(1, plan.bin);
    const double bytes = layers * sizeof(float) * sample.survey->rows() * sample.survey->cols() *
                         (plan.steps + plan.initial.count);
    return std::max(1, int(std::ceil(bytes / mostMapBytes)));
}

int pointsOf(const Plan &plan)
{
    return plan.initial.kind == InitialPoints::Kind::Given ? int(plan.initial.given.size())
                                                           : plan.initial.count;
}

} // namespace

Helm::Helm(QObject *parent)
    : QObject(parent)
    , m_runs(std::make_unique<Jobs>())
    , m_errands(std::make_unique<Jobs>())
{
    m_pace.setInterval(50ms);
    m_pace.setSingleShot(true);
    connect(&m_pace, &QTimer::timeout, this, [this] {
        if (m_hasUntold)
            tellSteps();
    });
    connect(m_errands.get(), &Jobs::failed, this,
            [this](const QString &, const QString &sentence) { emit troubled(sentence); });
    connect(m_runs.get(), &Jobs::failed, this, [this](const QString &, const QString &sentence) {
        emit troubled(sentence); // it could not even start, or what was shown of it failed
    });
    connect(m_runs.get(), &Jobs::ended, this, [this](int job) {
        if (job != m_runJob || !m_live)
            return;
        leaveLive();
        emit runEnded(Run::Outcome::Failed, {});
    });
}

Helm::~Helm() = default;

void Helm::setState(State state)
{
    if (state == m_state)
        return;
    m_state = state;
    emit stateChanged(state);
}

bool Helm::refuseWhileGoing()
{
    if (isGoing())
        emit troubled(
            tr("%1 is going on: stop it before another run begins.").arg(m_liveIn->runName()));
    return isGoing();
}

void Helm::start(Plan plan, const RecordTo &to, LiveRun::Begin begin)
{
    if (!sample() || isGoing())
        return;
    if (m_now->isRecorded)
        fork(); // what was opened stays what it is
    const auto *wished = std::get_if<Simulator::Settings>(&plan.sample);
    const Unrest unrest = wished ? wished->unrest : Unrest();
    plan.sample = sample()->sources;
    if (auto *simulated = std::get_if<Simulator::Settings>(&plan.sample))
        simulated->unrest = unrest; // how it behaves is the plan's, what it is the sample's
    m_now->parent.reset();
    this->begin(std::move(plan), to, begin, {});
}

void Helm::startBranch(std::shared_ptr<const Run> past, const Branch &branch, const RecordTo &to)
{
    if (!sample() || isGoing())
        return;
    Plan plan;
    const QString name = runName();
    try {
        plan = branchPlan(*past, name, branch);
    } catch (const Error &e) {
        emit troubled(QString::fromUtf8(e.what()));
        return;
    }
    fork();
    m_now->parent = past;
    m_now->parentName = name;
    allowAll(); // the branch's plan has its own
    begin(
        plan, to, LiveRun::Begin::Running,
        {[plan, past](const Progress &progress) { return openBranch(plan, past, progress); }, {}});
}

void Helm::begin(Plan plan, const RecordTo &to, LiveRun::Begin begin, LiveRun::Ground ground)
{
    OpenDocument &document = *m_now;
    if (!ground.resumed) // what is recorded stays as it was begun
        plan.mapsEvery = mapsEvery(plan, *document.sample);
    m_live = std::make_unique<LiveRun>(plan, to, begin, std::move(ground));
    m_live->setRealTime(m_isRealTime);
    if (document.regions.forbidden.size() > 0)
        m_live->forbid(document.regions.forbidden);
    if (!document.regions.preferred.isEmpty())
        m_live->prefer(document.regions.preferred);
    document.queue.clear();
    document.toldWarnings.clear();
    document.lastInstrument.reset();
    document.record = {};
    document.recording.reset();
    document.isRecorded = false;
    document.plannedSteps = pointsOf(plan) + plan.steps;
    m_liveIn = &document;
    m_proposal.reset();
    LiveRun *live = m_live.get();
    connectLive(live);
    setState(State::Running);
    emit documentsChanged();
    emit ordersChanged();
    m_runJob = m_runs->run(
        tr("Steering"), this, [live](const Progress &progress) { return live->steer(progress); },
        [this](const Run &run) { end(run); });
}

void Helm::connectLive(LiveRun *live)
{
    connect(live, &LiveRun::started, this, [this](const std::shared_ptr<const Run> &start) {
        m_liveIn->run = ShownRun(start);
        if (m_liveIn->guard)
            guardDose(m_liveIn->guard->limit, m_liveIn->guard->probeNm);
        if (isLiveShown())
            emit runShown();
    });
    connect(live, &LiveRun::stepTaken, this, &Helm::takeStep);
    connect(live, &LiveRun::proposed, this, [this](const Proposal &proposal) {
        m_proposal = proposal;
        emit proposed(proposal);
    });
    connect(live, &LiveRun::troubled, this, &Helm::tellOfLive);
    connect(live, &LiveRun::alarmed, this, [this](const QString &sentence) {
        m_liveIn->toldWarnings.insert(sentence);
        tellOfLive(tr("Paused: %1").arg(inWords(sentence)));
    });
    connect(
        live, &LiveRun::recordingBegun, this, [this](const std::shared_ptr<Recording> &recording) {
            m_liveIn->recording = recording;
            m_liveIn->record = {recording->fileName(), recording->workspace(), recording->id(), {}};
            emit recordingBegun();
            emit documentsChanged();
            if (isLiveShown())
                emit marksChanged();
        });
    connect(live, &LiveRun::held, this, [this] {
        if (m_live && m_live->isPaused() && !m_live->isStopping())
            setState(State::Paused);
    });
}

/// Names the run where it is not the one that is looked at.
void Helm::tellOfLive(const QString &sentence)
{
    emit troubled(isLiveShown() || !m_liveIn ? sentence
                                             : tr("%1: %2").arg(m_liveIn->runName(), sentence));
}

void Helm::takeStep(const std::shared_ptr<const Step> &step)
{
    OpenDocument &document = *m_liveIn;
    document.run.append(step);
    m_proposal.reset();
    keepDose(*step);
    if (const auto found = std::find(document.queue.begin(), document.queue.end(), step->pixel);
        found != document.queue.end()) {
        document.queue.erase(found);
        if (isLiveShown())
            emit ordersChanged();
    }
    for (const QString &warning : step->warnings) {
        if (document.toldWarnings.contains(warning))
            continue; // once a run is enough: the steps keep them all
        document.toldWarnings.insert(warning);
        tellOfLive(tr("Step %1: %2").arg(step->number).arg(inWords(warning)));
    }
    m_hasUntold = true;
    if (!m_pace.isActive())
        tellSteps();
}

void Helm::tellSteps()
{
    m_hasUntold = false;
    m_pace.start();
    boundBeliefs();
    if (isLiveShown())
        emit stepsTaken();
    emit liveAdvanced();
}

void Helm::leaveLive()
{
    m_lastLive = m_liveIn->id;
    // Not deleted by what it may be calling: it comes from the Jobs, not from the run.
    m_live.reset();
    m_liveIn = nullptr;
    m_proposal.reset();
    showStateOfShown();
    emit documentsChanged();
}

void Helm::end(const Run &run)
{
    if (m_hasUntold)
        tellSteps();
    const bool isAborted = m_live->isAborted(), isShown = isLiveShown();
    OpenDocument &document = *m_liveIn;
    document.lastInstrument = m_live->instrument();
    document.queue.clear();
    document.run.setEnd(run);
    document.plannedSteps = document.run.size();
    leaveLive();
    if (isShown)
        emit ordersChanged();
    const QString how = inWords(run.message);
    if (run.outcome == Run::Outcome::Failed && !isAborted)
        emit troubled(isShown ? how : tr("%1: %2").arg(document.runName(), how));
    emit runEnded(run.outcome, isAborted ? tr("Aborted by the operator.") : how);
}

void Helm::surveyAgain()
{
    if (m_live)
        m_live->survey();
}

void Helm::pause()
{
    if (!m_live || m_state == State::Stopping)
        return;
    m_live->pause();
    setState(State::Paused);
}

void Helm::resume()
{
    if (!m_live || m_state == State::Stopping)
        return;
    m_live->resume();
    setState(State::Running);
}

void Helm::stepOnce()
{
    if (!m_live || m_state == State::Stopping)
        return;
    m_live->stepOnce();
    setState(State::Running);
}

void Helm::stop()
{
    if (!m_live)
        return;
    m_live->stop();
    m_runs->stop(m_runJob);
    setState(State::Stopping);
}

void Helm::abort()
{
    if (!m_live)
        return;
    m_live->abort(); // first of all
    stop();
}

void Helm::setAcquisition(const AcquisitionSettings &settings)
{
    if (isLiveShown())
        m_live->setAcquisition(settings);
}

void Helm::setScalarizer(const Scalarizer &scalarizer)
{
    if (isLiveShown())
        m_live->setScalarizer(scalarizer);
}

bool Helm::beginFrom(const Beginning &beginning, const QString &reason)
{
    if (!isLiveShown())
        return false;
    m_live->beginFrom(beginning, reason);
    return true;
}

void Helm::setSteps(int steps)
{
    if (!isLiveShown())
        return;
    m_live->setSteps(steps);
    m_liveIn->plannedSteps = pointsOf(m_live->plan()) + steps;
}

void Helm::setApproving(bool isApproving)
{
    if (m_live)
        m_live->setApproving(isApproving);
}

void Helm::answer(Verdict verdict)
{
    m_proposal.reset();
    if (m_live)
        m_live->answer(verdict);
}

void Helm::mark(int step, const QString &text)
{
    if (step < 1 || step > run().size() || runId().isEmpty())
        return;
    const Mark mark{step, text, QDateTime::currentMSecsSinceEpoch()};
    m_now->record.marks.push_back(mark);
    emit marksChanged();
    m_errands->run(
        tr("Keeping a mark"), this,
        [mark, recording = m_now->recording, record = m_now->record](const Progress &) {
            if (recording)
                recording->mark(mark.step, mark.text);
            else
                addMark(Workspace(record.workspace), record.id, mark);
        },
        [] {});
}

std::optional<InstrumentState> Helm::instrument() const
{
    return m_live ? m_live->instrument() : m_now->lastInstrument;
}

bool Helm::queue(Pixel pixel)
{
    std::vector<Pixel> &queue = m_now->queue;
    if (!isLiveShown() || m_state == State::Stopping ||
        std::find(queue.begin(), queue.end(), pixel) != queue.end())
        return false;
    m_live->queue(pixel);
    queue.push_back(pixel);
    emit ordersChanged();
    return true;
}

bool Helm::unqueue(Pixel pixel)
{
    std::vector<Pixel> &queue = m_now->queue;
    const auto found = std::find(queue.begin(), queue.end(), pixel);
    if (!isLiveShown() || found == queue.end())
        return false;
    m_live->unqueue(pixel);
    queue.erase(found);
    emit ordersChanged();
    return true;
}

double Helm::secondsLeft() const
{
    return m_liveIn ? (m_liveIn->steps() - m_liveIn->run.size()) * m_liveIn->run.secondsPerStep()
                    : 0;
}

} // namespace helmscope
