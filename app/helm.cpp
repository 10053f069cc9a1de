// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helm.h"

#include "base/error.h"

#include <QDateTime>
#include <QFileInfo>

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
    const double bytes = layers * sizeof(float) * sample.survey.rows() * sample.survey.cols() *
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
        m_live.reset();
        setState(State::Ready);
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
        emit troubled(tr("A run is going on: stop it before opening something else."));
    return isGoing();
}

void Helm::start(Plan plan, const RecordTo &to, LiveRun::Begin begin)
{
    if (!m_sample || isGoing())
        return;
    const auto *wished = std::get_if<Simulator::Settings>(&plan.sample);
    const Unrest unrest = wished ? wished->unrest : Unrest();
    plan.sample = m_sample->sources;
    if (auto *simulated = std::get_if<Simulator::Settings>(&plan.sample))
        simulated->unrest = unrest; // how it behaves is the plan's, what it is the sample's
    m_parent.reset();
    this->begin(std::move(plan), to, begin, {});
}

void Helm::startBranch(std::shared_ptr<const Run> past, const Branch &branch, const RecordTo &to)
{
    if (!m_sample || isGoing())
        return;
    Plan plan;
    const QString name = runName();
    try {
        plan = branchPlan(*past, name, branch);
    } catch (const Error &e) {
        emit troubled(QString::fromUtf8(e.what()));
        return;
    }
    m_parent = past;
    m_parentName = name;
    allowAll(); // the branch's plan has its own
    begin(
        plan, to, LiveRun::Begin::Running,
        {[plan, past](const Progress &progress) { return openBranch(plan, past, progress); }, {}});
}

void Helm::begin(Plan plan, const RecordTo &to, LiveRun::Begin begin, LiveRun::Ground ground)
{
    if (!ground.resumed) // what is recorded stays as it was begun
        plan.mapsEvery = mapsEvery(plan, *m_sample);
    m_live = std::make_unique<LiveRun>(plan, to, begin, std::move(ground));
    m_live->setRealTime(m_isRealTime);
    if (m_regions.forbidden.size() > 0)
        m_live->forbid(m_regions.forbidden);
    if (!m_regions.preferred.isEmpty())
        m_live->prefer(m_regions.preferred);
    m_queue.clear();
    m_toldWarnings.clear();
    m_lastInstrument.reset();
    m_record = {};
    m_recording.reset();
    m_plannedSteps = pointsOf(plan) + plan.steps;
    LiveRun *live = m_live.get();
    connect(live, &LiveRun::started, this, [this](const std::shared_ptr<const Run> &start) {
        m_run = ShownRun(*start);
        emit runShown();
    });
    connect(live, &LiveRun::stepTaken, this, &Helm::takeStep);
    connect(live, &LiveRun::proposed, this, &Helm::proposed);
    connect(live, &LiveRun::troubled, this, &Helm::troubled);
    connect(live, &LiveRun::alarmed, this, [this](const QString &sentence) {
        m_toldWarnings.insert(sentence);
        emit troubled(tr("Paused: %1").arg(sentence));
    });
    connect(live, &LiveRun::recordingBegun, this,
            [this](const std::shared_ptr<Recording> &recording) {
                m_recording = recording;
                m_record = {recording->fileName(), recording->workspace(), recording->id(), {}};
                emit recordingBegun();
                emit marksChanged();
            });
    connect(live, &LiveRun::held, this, [this] {
        if (m_live && m_live->isPaused() && !m_live->isStopping())
            setState(State::Paused);
    });
    setState(State::Running);
    emit ordersChanged();
    m_runJob = m_runs->run(
        tr("Steering"), this, [live](const Progress &progress) { return live->steer(progress); },
        [this](const Run &run) { end(run); });
}

void Helm::takeStep(const std::shared_ptr<const Step> &step)
{
    m_run.append(step);
    if (const auto found = std::find(m_queue.begin(), m_queue.end(), step->pixel);
        found != m_queue.end()) {
        m_queue.erase(found);
        emit ordersChanged();
    }
    for (const QString &warning : step->warnings) {
        if (m_toldWarnings.contains(warning))
            continue; // once a run is enough: the steps keep them all
        m_toldWarnings.insert(warning);
        emit troubled(tr("Step %1: %2").arg(step->number).arg(warning));
    }
    m_hasUntold = true;
    if (!m_pace.isActive())
        tellSteps();
}

void Helm::tellSteps()
{
    m_hasUntold = false;
    m_pace.start();
    emit stepsTaken();
}

void Helm::end(const Run &run)
{
    if (m_hasUntold)
        tellSteps();
    // Not deleted by what it may be calling: end() comes from the Jobs, not from the run.
    const bool isAborted = m_live->isAborted();
    m_lastInstrument = m_live->instrument();
    m_live.reset();
    m_queue.clear();
    m_run.setEnd(run);
    m_plannedSteps = m_run.size();
    setState(State::Ready);
    emit ordersChanged();
    if (run.outcome == Run::Outcome::Failed && !isAborted)
        emit troubled(run.message);
    emit runEnded(run.outcome, isAborted ? tr("Aborted by the operator.") : run.message);
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
    if (m_live)
        m_live->setAcquisition(settings);
}

void Helm::setScalarizer(const Scalarizer &scalarizer)
{
    if (m_live)
        m_live->setScalarizer(scalarizer);
}

void Helm::setSteps(int steps)
{
    if (!m_live)
        return;
    m_live->setSteps(steps);
    m_plannedSteps = pointsOf(m_live->plan()) + steps;
}

void Helm::setApproving(bool isApproving)
{
    if (m_live)
        m_live->setApproving(isApproving);
}

void Helm::answer(Verdict verdict)
{
    if (m_live)
        m_live->answer(verdict);
}

void Helm::mark(int step, const QString &text)
{
    if (step < 1 || step > m_run.size() || m_record.id.isEmpty())
        return;
    const Mark mark{step, text, QDateTime::currentMSecsSinceEpoch()};
    m_record.marks.push_back(mark);
    emit marksChanged();
    m_errands->run(
        tr("Keeping a mark"), this,
        [mark, recording = m_recording, record = m_record](const Progress &) {
            if (recording)
                recording->mark(mark.step, mark.text);
            else
                addMark(Workspace(record.workspace), record.id, mark);
        },
        [] {});
}

std::optional<InstrumentState> Helm::instrument() const
{
    return m_live ? m_live->instrument() : m_lastInstrument;
}

QString Helm::runName() const
{
    if (!m_record.id.isEmpty())
        return m_record.id;
    return m_record.file.isEmpty() ? tr("this run") : QFileInfo(m_record.file).completeBaseName();
}

bool Helm::queue(Pixel pixel)
{
    if (!m_live || m_state == State::Stopping ||
        std::find(m_queue.begin(), m_queue.end(), pixel) != m_queue.end())
        return false;
    m_live->queue(pixel);
    m_queue.push_back(pixel);
    emit ordersChanged();
    return true;
}

bool Helm::unqueue(Pixel pixel)
{
    const auto found = std::find(m_queue.begin(), m_queue.end(), pixel);
    if (!m_live || found == m_queue.end())
        return false;
    m_live->unqueue(pixel);
    m_queue.erase(found);
    emit ordersChanged();
    return true;
}

void Helm::setRegions(const Regions &regions)
{
    const auto isOfGrid = [this](const Mask &mask) {
        return mask.size() == 0 || (m_sample && mask.rows() == m_sample->survey.rows() &&
                                    mask.cols() == m_sample->survey.cols());
    };
    if (!isOfGrid(regions.forbidden) || !isOfGrid(regions.preferred.pixels) || regions == m_regions)
        return;
    m_regions = regions;
    if (m_live) {
        m_live->forbid(m_regions.forbidden);
        m_live->prefer(m_regions.preferred);
    }
    emit ordersChanged();
}

void Helm::forbid(Pixel corner, Pixel opposite)
{
    if (!m_sample)
        return;
    const int rows = m_sample->survey.rows(), cols = m_sample->survey.cols();
    Mask pixels = Mask::Constant(rows, cols, false);
    const auto [top, bottom] = std::minmax(corner.row, opposite.row);
    const auto [left, right] = std::minmax(corner.col, opposite.col);
    for (int row = std::max(0, top); row <= std::min(rows - 1, bottom); ++row)
        for (int col = std::max(0, left); col <= std::min(cols - 1, right); ++col)
            pixels(row, col) = true;
    setRegions(forbidding(m_regions, pixels));
}

void Helm::allowAll()
{
    Regions none;
    none.preferred.factor = m_regions.preferred.factor;
    setRegions(none);
}

int Helm::plannedSteps() const
{
    return std::max(m_plannedSteps, m_run.size());
}

double Helm::secondsLeft() const
{
    return isGoing() ? (plannedSteps() - m_run.size()) * m_run.secondsPerStep() : 0;
}

} // namespace helmscope
