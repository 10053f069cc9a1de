// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helm.h"

#include "steering/recording/runfile.h"

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

QString titleOf(const QStringList &files)
{
    return files.size() == 1 ? Helm::tr("Opening %1").arg(QFileInfo(files[0]).fileName())
                             : Helm::tr("Opening %1 files").arg(files.size());
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

void Helm::openFiles(const QStringList &files, bool asks)
{
    if (files.isEmpty() || refuseWhileGoing())
        return;
    const int number = ++m_openNumber;
    using Answer = std::variant<Contents, Run>;
    m_errands->run(
        titleOf(files), this,
        [files](const Progress &progress) -> Answer {
            if (files.size() == 1 && isRunFile(files[0]))
                return readRun(files[0], progress);
            return contentsOf(files);
        },
        [this, number, asks, files](Answer answer) {
            if (number != m_openNumber || refuseWhileGoing())
                return;
            if (auto *read = std::get_if<Run>(&answer)) {
                Sample sample{read->plan.sample, read->survey, read->energies, read->valueName,
                              read->plan.scalarizer};
                take(std::move(sample));
                emit planRead(read->plan);
                m_plannedSteps = int(read->steps.size());
                m_recordedIn = files[0];
                m_run = ShownRun::finished(std::move(*read));
                emit runShown();
                emit stepsTaken();
                return;
            }
            const Contents &contents = std::get<Contents>(answer);
            if (asks && contents.isAmbiguous())
                emit unclear(contents);
            else if (!contents.objection.isEmpty())
                emit troubled(contents.objection);
            else
                openSample(contents.guess);
        });
}

void Helm::openSample(const std::variant<Simulator::Settings, DatasetSources> &sources)
{
    if (refuseWhileGoing())
        return;
    const int number = ++m_openNumber;
    const auto *recorded = std::get_if<DatasetSources>(&sources);
    m_errands->run(
        recorded ? titleOf({recorded->image.file}) : tr("Making the simulated sample"), this,
        [sources](const Progress &progress) { return helmscope::openSample(sources, progress); },
        [this, number](Sample sample) {
            if (number != m_openNumber || refuseWhileGoing())
                return;
            take(std::move(sample));
            emit runShown();
        });
}

void Helm::take(Sample sample)
{
    m_sample = std::move(sample);
    m_run = {};
    m_forbidden = Mask();
    m_queue.clear();
    m_recordedIn.clear();
    m_plannedSteps = 0;
    setState(State::Ready);
    emit sampleOpened();
    emit ordersChanged();
    for (const QString &warning : m_sample->survey.warnings)
        emit troubled(warning);
}

void Helm::start(Plan plan, const QString &file, LiveRun::Begin begin)
{
    if (!m_sample || isGoing())
        return;
    plan.sample = m_sample->sources;
    plan.mapsEvery = mapsEvery(plan, *m_sample);
    m_live = std::make_unique<LiveRun>(plan, file, begin);
    if (m_forbidden.size() > 0)
        m_live->forbid(m_forbidden);
    m_queue.clear();
    m_toldWarnings.clear();
    m_recordedIn.clear();
    m_plannedSteps = plan.initial.count + plan.steps;
    LiveRun *live = m_live.get();
    connect(live, &LiveRun::started, this, [this](const std::shared_ptr<const Run> &start) {
        m_run = ShownRun(*start);
        emit runShown();
    });
    connect(live, &LiveRun::stepTaken, this, &Helm::takeStep);
    connect(live, &LiveRun::proposed, this, &Helm::proposed);
    connect(live, &LiveRun::troubled, this, &Helm::troubled);
    connect(live, &LiveRun::recordedIn, this,
            [this](const QString &where) { m_recordedIn = where; });
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
    m_live.reset();
    m_queue.clear();
    m_plannedSteps = m_run.size();
    setState(State::Ready);
    emit ordersChanged();
    if (run.outcome == Run::Outcome::Failed && !isAborted)
        emit troubled(run.message);
    emit runEnded(run.outcome, isAborted ? tr("Aborted by the operator.") : run.message);
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
    m_plannedSteps = m_live->plan().initial.count + steps;
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

void Helm::forbid(Pixel corner, Pixel opposite)
{
    if (!m_sample)
        return;
    const int rows = m_sample->survey.rows(), cols = m_sample->survey.cols();
    if (m_forbidden.size() == 0)
        m_forbidden = Mask::Constant(rows, cols, false);
    const auto [top, bottom] = std::minmax(corner.row, opposite.row);
    const auto [left, right] = std::minmax(corner.col, opposite.col);
    for (int row = std::max(0, top); row <= std::min(rows - 1, bottom); ++row)
        for (int col = std::max(0, left); col <= std::min(cols - 1, right); ++col)
            m_forbidden(row, col) = true;
    if (m_live)
        m_live->forbid(m_forbidden);
    emit ordersChanged();
}

void Helm::allowAll()
{
    m_forbidden = Mask();
    if (m_live)
        m_live->forbid(m_forbidden);
    emit ordersChanged();
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
