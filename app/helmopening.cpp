// SPDX-License-Identifier: GPL-3.0-or-later
// What a Helm opens: samples, runs, recordings of others.
#include "app/helm.h"
#include "base/tr.h"
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

/// The sample a run was made on; its image is the run's own.
Sample sampleOf(const ShownRun &run)
{
    const std::shared_ptr<const Dataset> survey = run.sharedSurvey();
    return {run.plan().sample,     survey,
            run.energies(),        run.valueName(),
            run.plan().scalarizer, prepared({survey, &survey->image})};
}

} // namespace

Helm::Opened::Opened(Run read, OpenDocument::Record where)
    : run(ShownRun::finished(std::move(read)))
    , sample(sampleOf(run))
    , record(std::move(where))
{
}

void Helm::openFiles(const QStringList &files, bool asks)
{
    if (files.isEmpty())
        return;
    const int number = ++m_openNumber;
    if (const int open = files.size() == 1 ? idOf({files[0], {}, {}, {}}) : 0)
        return show(open);
    m_errands->run(
        titleOf(files), this,
        [files](const Progress &progress) { return readFiles(files, progress); },
        [this, number, asks, files](Answer answer) {
            if (number != m_openNumber)
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
        Opened opened(readRun(files[0], progress), {files[0], {}, {}, {}});
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

Helm::Opened Helm::readRunOf(const QString &workspace, const QString &id, const Progress &progress)
{
    const Workspace place(workspace);
    const QString folder = place.runFolder(id);
    return Opened(place.read(id, progress),
                  {QDir(folder).filePath("run.h5"), workspace, id, marksOf(folder)});
}

void Helm::openRun(const QString &workspace, const QString &id)
{
    const int number = ++m_openNumber;
    if (const int open = idOf({{}, workspace, id, {}}))
        return show(open);
    m_errands->run(
        tr("Opening run %1").arg(id), this,
        [workspace, id](const Progress &progress) { return readRunOf(workspace, id, progress); },
        [this, number](Opened opened) {
            if (number == m_openNumber)
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
            const auto past = std::make_shared<const Run>(Workspace(workspace).read(id, progress));
            return std::pair(past, sampleOf(ShownRun(past)));
        },
        [this, number, workspace, id](std::pair<std::shared_ptr<const Run>, Sample> read) {
            if (number != m_openNumber || refuseWhileGoing())
                return;
            const std::shared_ptr<const Run> past = std::move(read.first);
            take(std::move(read.second), idOf({{}, workspace, id, {}}));
            emit planRead(past->plan);
            begin(past->plan, {{}, workspace, id}, LiveRun::Begin::Running, {{}, past});
        });
}

void Helm::showForeign(const NamedRun &run, const QString &file)
{
    m_errands->run(
        titleOf({file}), this,
        [run = run.run, file](const Progress &) {
            return Opened(*run, {file, {}, {}, {}});
        },
        [this, number = ++m_openNumber](Opened opened) {
            if (number == m_openNumber)
                show(std::move(opened));
        });
}

void Helm::show(Opened opened)
{
    if (const int open = idOf(opened.record))
        return show(open); // opened twice before it was read
    ShownRun &run = opened.run;
    take(std::move(opened.sample));
    emit planRead(run.plan());
    m_now->plannedSteps = run.size();
    m_now->record = std::move(opened.record);
    m_now->isRecorded = true;
    m_now->run = std::move(run);
    boundBeliefs();
    emit documentsChanged();
    emit runShown();
    emit stepsTaken();
    emit marksChanged();
}

void Helm::openSample(const SampleSources &sources)
{
    const int number = ++m_openNumber;
    const auto *recorded = std::get_if<DatasetSources>(&sources);
    const auto *address = std::get_if<InstrumentAddress>(&sources);
    int again = 0; // an instrument is looked at again, unless it has something on it
    for (const auto &document : m_documents) {
        if (!document->sample || document->isRecorded ||
            !isSameSample(document->sample->sources, sources))
            continue;
        if (!address || document.get() == m_liveIn)
            return show(document->id);
        if (document->run.isEmpty())
            again = document->id;
    }
    m_errands->run(
        recorded  ? titleOf({recorded->image.file})
        : address ? tr("Survey at %1").arg(address->text())
                  : tr("Making the simulated sample"),
        this,
        [sources](const Progress &progress) { return helmscope::openSample(sources, progress); },
        [this, number, again](Sample sample) {
            if (number != m_openNumber)
                return;
            const OpenDocument *former = find(again);
            take(std::move(sample),
                 former && former->run.isEmpty() && former != m_liveIn ? again : 0);
            emit runShown();
        });
}

std::vector<int> Helm::reopen(const QList<QJsonObject> &all, int shown)
{
    std::vector<int> ids;
    for (qsizetype i = 0; i < all.size(); ++i)
        ids.push_back(++m_lastId);
    const auto read = [this, &all, &ids, number = m_openNumber](int index, bool isShown) {
        ++m_reopening;
        m_errands->run(
            tr("Opening again what was open"), this,
            [what = all[index]](const Progress &progress) { return readAgain(what, progress); },
            [this, isShown, number, id = ids[std::size_t(index)]](Reopened again) {
                take(std::move(again), id, isShown && number == m_openNumber);
            });
    };
    if (shown >= 0 && shown < all.size())
        read(shown, true);
    for (int i = 0; i < int(all.size()); ++i)
        if (i != shown)
            read(i, false);
    return ids;
}

Helm::Reopened Helm::readAgain(const QJsonObject &what, const Progress &progress)
{
    Reopened again;
    const QString id = what["run"].toString(), file = what["file"].toString();
    again.place = id.isEmpty() ? QFileInfo(file).fileName() : id;
    try {
        if (!id.isEmpty()) {
            again.read = readRunOf(what["workspace"].toString(), id, progress);
        } else if (what.contains("file")) {
            Answer answer = readFiles({file}, progress);
            if (auto *opened = std::get_if<Opened>(&answer))
                again.read = std::move(*opened);
            else if (auto *runs = std::get_if<std::vector<NamedRun>>(&answer))
                again.read = Opened(*runs->front().run, {file, {}, {}, {}});
            else
                fail(tr("%1 is no run.").arg(file));
        } else {
            const auto sources =
                DatasetSources::fromJson(what["sample"].toObject(), QStringLiteral("sample"));
            again.place = QFileInfo(sources.image.file).fileName();
            again.read = helmscope::openSample(sources, progress);
        }
    } catch (const std::exception &e) {
        again.trouble = QString::fromUtf8(e.what());
    }
    return again;
}

} // namespace helmscope
