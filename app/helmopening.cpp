// SPDX-License-Identifier: GPL-3.0-or-later
// What a Helm opens: samples, runs, recordings of others.
#include "app/helm.h"
#include "steering/recording/foreignrun.h"
#include "steering/recording/runfile.h"

#include <QDir>
#include <QFileInfo>

namespace helmscope {

namespace {

QString titleOf(const QStringList &files)
{
    return files.size() == 1 ? Helm::tr("Opening %1").arg(QFileInfo(files[0]).fileName())
                             : Helm::tr("Opening %1 files").arg(files.size());
}

} // namespace

void Helm::openFiles(const QStringList &files, bool asks)
{
    if (files.isEmpty() || refuseWhileGoing())
        return;
    const int number = ++m_openNumber;
    m_errands->run(
        titleOf(files), this,
        [files](const Progress &progress) { return readFiles(files, progress); },
        [this, number, asks, files](Answer answer) {
            if (number != m_openNumber || refuseWhileGoing())
                return;
            if (auto *opened = std::get_if<Opened>(&answer))
                return show(std::move(*opened));
            if (auto *runs = std::get_if<std::vector<NamedRun>>(&answer)) {
                if (asks && runs->size() > 1)
                    emit foreignRead(*runs, files[0]);
                else
                    showForeign(runs->front(), files[0]);
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

Helm::Answer Helm::readFiles(const QStringList &files, const Progress &progress)
{
    if (files.size() == 1 && isRunFile(files[0])) {
        Opened opened{readRun(files[0], progress), {files[0], {}, {}, {}}};
        // A run of a workspace can be marked, whichever way it was opened.
        if (const auto workspace = Workspace::containing(files[0])) {
            const QDir folder = QFileInfo(files[0]).absoluteDir();
            if (workspace->runFolder(folder.dirName()) == folder.absolutePath())
                opened.record = {files[0], workspace->folder(), folder.dirName(),
                                 marksOf(folder.absolutePath())};
        }
        return opened;
    }
    if (files.size() == 1 && holdsForeignRuns(files[0])) {
        std::vector<NamedRun> runs = readForeignRuns(files[0], progress);
        if (!runs.empty())
            return runs;
    }
    return contentsOf(files);
}

void Helm::openRun(const QString &workspace, const QString &id)
{
    if (refuseWhileGoing())
        return;
    const int number = ++m_openNumber;
    m_errands->run(
        tr("Opening run %1").arg(id), this,
        [workspace, id](const Progress &progress) {
            const Workspace place(workspace);
            const QString folder = place.runFolder(id);
            return Opened{place.read(id, progress),
                          {QDir(folder).filePath("run.h5"), workspace, id, marksOf(folder)}};
        },
        [this, number](Opened opened) {
            if (number == m_openNumber && !refuseWhileGoing())
                show(std::move(opened));
        });
}

void Helm::continueRun(const QString &workspace, const QString &id)
{
    if (refuseWhileGoing())
        return;
    const int number = ++m_openNumber;
    m_errands->run(
        tr("Opening run %1").arg(id), this,
        [workspace, id](const Progress &progress) {
            return std::make_shared<const Run>(Workspace(workspace).read(id, progress));
        },
        [this, number, workspace, id](const std::shared_ptr<const Run> &past) {
            if (number != m_openNumber || refuseWhileGoing())
                return;
            take({past->plan.sample, past->survey, past->energies, past->valueName,
                  past->plan.scalarizer});
            emit planRead(past->plan);
            begin(past->plan, {{}, workspace, id}, LiveRun::Begin::Running, {{}, past});
        });
}

void Helm::showForeign(const NamedRun &run, const QString &file)
{
    if (!refuseWhileGoing())
        show({*run.run, {file, {}, {}, {}}});
}

void Helm::show(Opened opened)
{
    Run &run = opened.run;
    take({run.plan.sample, run.survey, run.energies, run.valueName, run.plan.scalarizer});
    emit planRead(run.plan);
    m_plannedSteps = int(run.steps.size());
    m_record = std::move(opened.record);
    m_run = ShownRun::finished(std::move(run));
    emit runShown();
    emit stepsTaken();
    emit marksChanged();
}

void Helm::openSample(const SampleSources &sources)
{
    if (refuseWhileGoing())
        return;
    const int number = ++m_openNumber;
    const auto *recorded = std::get_if<DatasetSources>(&sources);
    const auto *address = std::get_if<InstrumentAddress>(&sources);
    m_errands->run(
        recorded  ? titleOf({recorded->image.file})
        : address ? tr("Survey at %1").arg(address->text())
                  : tr("Making the simulated sample"),
        this,
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
    m_lastInstrument.reset();
    m_regions = {};
    m_queue.clear();
    m_record = {};
    m_recording.reset();
    m_parent.reset();
    m_plannedSteps = 0;
    setState(State::Ready);
    emit sampleOpened();
    emit ordersChanged();
    for (const QString &warning : m_sample->survey.warnings)
        emit troubled(warning);
}

} // namespace helmscope
