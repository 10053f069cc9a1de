// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/runrecorder.h"

#include "base/tr.h"
#include "dkl/bytes.h"
#include "workspace/folderlock.h"
#include "workspace/lineage/runlineage.h"
#include "workspace/marks.h"
#include "workspace/runversions.h"
#include "workspace/settling.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QScopeGuard>

#include <cerrno>
#include <cstring>
#include <mutex>

#include <sys/stat.h>

namespace helmscope {

namespace {

PlanFile planFileOf(const Run &start, const QString &id)
{
    PlanFile file;
    file.id = id;
    file.createdMs = QDateTime::currentMSecsSinceEpoch();
    file.program = QStringLiteral("Helmscope " HELMSCOPE_VERSION);
    file.plan = start.plan;
    file.title = start.survey.title;
    file.rows = start.survey.rows();
    file.cols = start.survey.cols();
    file.pixelSizeNm = start.survey.gridPixelSizeNm();
    file.imageHash = QStringLiteral("%1").arg(
        fnv1a(start.survey.image.data(), std::size_t(start.survey.image.size()) * sizeof(float)),
        16, 16, QChar('0'));
    file.valueName = start.valueName;
    file.valueUnit = start.valueUnit;
    file.channels = start.energies.channels();
    file.provenance = start.survey.provenance;
    return file;
}

QString textOf(const std::exception &error)
{
    return QString::fromUtf8(error.what());
}

/// The maps of past steps, as far as the run file they went to can be read. A copy of it is, at
/// `copy`: HDF5 keeps hold of a file that it could not close.
void fetchMaps(Run &past, const QString &runFile, const QString &copy)
{
    QFile::remove(copy);
    if (!QFile::copy(runFile, copy))
        return;
    const auto remove = qScopeGuard([&] { QFile::remove(copy); });
    try {
        const Run read = readRun(copy, unwatched());
        for (std::size_t i = 0; i < std::min(past.steps.size(), read.steps.size()); ++i)
            if (!past.steps[i].belief && past.steps[i].mapsHash == read.steps[i].mapsHash)
                past.steps[i].belief = read.steps[i].belief;
    } catch (const Error &) {
        return; // a rerun makes them again
    }
}

void forgetMaps(Run &past)
{
    for (std::size_t i = 0; i + 1 < past.steps.size(); ++i)
        past.steps[i].belief.reset();
}

/// A new folder below `runs`, called `id` or with a number behind where that is taken.
QString makeRunFolder(const QString &runs, QString *id)
{
    if (!QFileInfo(runs).isDir() && !QDir().mkpath(runs))
        fail(Tr::tr("Cannot make the folder %1.").arg(runs));
    const QString wanted = *id;
    for (int n = 2;; ++n) {
        const QString folder = runs + '/' + *id;
        if (::mkdir(QFile::encodeName(folder), 0777) == 0) {
            syncFolder(runs);
            return folder;
        }
        if (errno != EEXIST)
            fail(Tr::tr("Cannot make the folder %1: %2.")
                     .arg(folder, QString::fromLocal8Bit(std::strerror(errno))));
        *id = QStringLiteral("%1-%2").arg(wanted).arg(n);
    }
}

} // namespace

struct RunRecorder::Private
{
    QString workspace, id;
    OnTrouble onTrouble;
    Settings settings;

    FolderLock home, spill;           ///< of the run's folder there
    std::unique_ptr<RunFolder> place; ///< none: nothing is recorded (any more)
    PastOfRun past;
    QString beginVersion;
    bool isSpilled = false;
    bool isVersionMissing = false;       ///< and told
    std::unique_ptr<RunLineage> lineage; ///< none: it follows when the run is settled

    std::mutex mutex; ///< of what mark() touches
    QString folder;
    struct NewMark
    {
        Mark mark;
        bool isWritten = false;
    };
    std::vector<NewMark> uncommitted;

    QString homeFolder() const { return workspace + QStringLiteral("/runs/") + id; }
    void moveTo(const QString &newFolder)
    {
        const std::lock_guard lock(mutex);
        folder = newFolder;
    }

    template <class Act>
    bool write(Act act);
    void goElsewhere(const QString &cause);
    void version(const QString &message);
    void commitMarks();
    void missVersion(const QString &why);
    void beginLineage(const Run &start);
    template <class Act>
    void inLineage(Act act);
};

/// When it began, and four digits by chance: sites that push to each other begin runs in the same
/// second.
static QString newRunId()
{
    return QStringLiteral("%1-%2")
        .arg(QDateTime::currentDateTime().toString(u"yyyyMMdd-HHmmss"))
        .arg(QRandomGenerator::global()->bounded(0x10000), 4, 16, QLatin1Char('0'));
}

RunRecorder::RunRecorder(const Workspace &workspace, const QString &id, OnTrouble onTrouble)
    : RunRecorder(workspace, id, std::move(onTrouble), Settings())
{
}

RunRecorder::RunRecorder(const Workspace &workspace, const QString &id, OnTrouble onTrouble,
                         const Settings &settings)
    : d(std::make_unique<Private>())
{
    d->workspace = workspace.folder();
    d->id = isRunId(id) ? id : newRunId();
    d->onTrouble = onTrouble ? std::move(onTrouble) : [](const QString &) {};
    d->settings = settings;
}

RunRecorder::~RunRecorder() = default;

const QString &RunRecorder::id() const
{
    return d->id;
}

QString RunRecorder::folder() const
{
    const std::lock_guard lock(d->mutex);
    return d->folder;
}

QString RunRecorder::runFile() const
{
    const QString at = folder();
    return at.isEmpty() ? QString() : RunFiles(at).run();
}

bool RunRecorder::isSpilled() const
{
    return d->isSpilled;
}

/// Does it where the run is recorded; if that fails, where it is recorded then.
template <class Act>
bool RunRecorder::Private::write(Act act)
{
    while (place) {
        try {
            act(*place);
            return true;
        } catch (const std::exception &error) {
            goElsewhere(textOf(error));
        }
    }
    return false;
}

/// All that was recorded so far is written to the spill folder, or nothing is recorded any more.
void RunRecorder::Private::goElsewhere(const QString &cause)
{
    const QString before = folder.isEmpty() ? homeFolder() : folder;
    place.reset();
    if (isSpilled) {
        moveTo({});
        onTrouble(Tr::tr("%1 The run goes on, but its recording ends here; what was recorded lies "
                         "in %2.")
                      .arg(cause, before));
        return;
    }
    const QString root =
        settings.spillFolder.isEmpty() ? defaultSpillFolder(workspace) : settings.spillFolder;
    const QString there = root + '/' + id;
    try {
        if (!QDir().mkpath(there))
            fail(Tr::tr("Cannot make the folder %1.").arg(there));
        if (!spill.take(RunFiles(there).lock(), 500))
            fail(Tr::tr("%1 is in use by another program.").arg(there));
        fetchMaps(past.run, RunFiles(before).run(), there + QStringLiteral("/past.h5.part"));
        place = std::make_unique<RunFolder>(there, past, false, settings.isSynced);
        forgetMaps(past.run);
        for (const Mark &mark : marksOf(before))
            appendMark(there, mark);
        isSpilled = true;
        moveTo(there);
        onTrouble(Tr::tr("%1 Recording goes on in %2 instead of %3, and comes home when the "
                         "workspace is opened and can be written again.")
                      .arg(cause, there, before));
    } catch (const std::exception &error) {
        moveTo({});
        onTrouble(Tr::tr("%1 Nor can it be recorded in %2: %3 The run goes on, but its recording "
                         "ends here.")
                      .arg(cause, there, textOf(error)));
    }
}

void RunRecorder::Private::missVersion(const QString &why)
{
    if (!isVersionMissing)
        onTrouble(Tr::tr("%1 The run is recorded all the same; its version is committed once that "
                         "is possible.")
                      .arg(why));
    isVersionMissing = true;
}

void RunRecorder::Private::version(const QString &message)
{
    if (!place || isSpilled)
        return;
    try {
        const QString made = Committing(workspace).run(id, past.plan, message, false);
        if (beginVersion.isEmpty())
            beginVersion = made;
    } catch (const std::exception &error) {
        missVersion(textOf(error));
    }
}

/// Lineage while it happens is a convenience: what cannot be written now is written when the run is
/// settled, from its files, and told there.
template <class Act>
void RunRecorder::Private::inLineage(Act act)
{
    try {
        if (lineage && !isSpilled)
            act(*lineage);
    } catch (const std::exception &) {
        lineage.reset();
    }
}

void RunRecorder::Private::beginLineage(const Run &start)
{
    if (!place || isSpilled)
        return;
    try {
        lineage = std::make_unique<RunLineage>(
            LineageOf{workspace, id, past.plan.createdMs, beginVersion}, start);
    } catch (const std::exception &) {
        return;
    }
}

void RunRecorder::begin(const Run &start)
{
    settleLeft(d->workspace, unwatched());
    d->past.run = start;
    d->past.run.steps.clear();
    d->past.plan = planFileOf(start, d->id);
    try {
        const QString folder = makeRunFolder(d->workspace + QStringLiteral("/runs"), &d->id);
        d->past.plan.id = d->id;
        d->moveTo(folder);
        if (!d->home.take(RunFiles(folder).lock()))
            fail(Tr::tr("%1 is in use by another program.").arg(folder));
        d->place = std::make_unique<RunFolder>(folder, d->past, false, d->settings.isSynced);
    } catch (const std::exception &error) {
        d->goElsewhere(textOf(error));
    }
    d->version(beginMessage(d->past.plan));
    d->beginLineage(start);
}

void RunRecorder::resume(const Run &past)
{
    const QString folder = d->homeFolder();
    const RunFiles files(folder);
    try {
        if (!d->home.take(files.lock(), 500))
            fail(Tr::tr("Run %1 is being recorded by another program.").arg(d->id));
        d->past.plan = readPlanFile(files.plan());
        const StepsFile lines = readStepsFile(files.steps(), d->past.plan.plan);
        if (!lines.problem.isEmpty())
            fail(lines.problem);
        if (lines.outcome)
            fail(Tr::tr("Run %1 has ended and cannot go on; branch from it instead.").arg(d->id));
        if (lines.steps.size() != past.steps.size())
            fail(Tr::tr("Cannot go on with run %1: %2 steps are recorded, not %3.")
                     .arg(d->id)
                     .arg(lines.steps.size())
                     .arg(past.steps.size()));
        QFile file(files.steps());
        if (!file.open(QIODevice::ReadOnly))
            fail(Tr::tr("Cannot read %1: %2.").arg(file.fileName(), file.errorString()));
        d->past.lines = file.read(lines.wholeBytes);
        d->past.sum = lines.sum;
        d->past.run = past;
    } catch (const std::exception &error) {
        d->onTrouble(Tr::tr("%1 The run goes on without being recorded.").arg(textOf(error)));
        return;
    }
    d->moveTo(folder);
    try {
        d->place = std::make_unique<RunFolder>(folder, d->past, true, d->settings.isSynced);
        d->beginLineage(past);
        for (const Step &step : past.steps)
            d->inLineage([&](RunLineage &lineage) { lineage.append(step); });
        forgetMaps(d->past.run);
    } catch (const std::exception &error) {
        d->goElsewhere(textOf(error));
    }
}

void RunRecorder::append(const Step &step)
{
    if (!d->place)
        return;
    PastOfRun &past = d->past;
    if (step.number >= 1 && std::size_t(step.number) <= past.run.steps.size()) {
        // A rerun comes by what is recorded already.
        if (past.run.steps[std::size_t(step.number - 1)].pixel == step.pixel)
            return;
        d->place.reset();
        d->onTrouble(Tr::tr("Step %1 of this rerun measured another pixel than was recorded: run "
                            "%2 stays as it was, and what follows is not recorded.")
                         .arg(step.number)
                         .arg(d->id));
        return;
    }
    d->commitMarks();
    QByteArray sum;
    const QByteArray line = past.nextLine(step, &sum);
    if (!d->write([&](RunFolder &place) { place.appendLine(step, line); }))
        return;
    past.add(step, line, sum);
    try {
        d->place->appendToRunFile(step);
    } catch (const std::exception &error) {
        d->goElsewhere(textOf(error)); // with this step
    }
    d->inLineage([&](RunLineage &lineage) { lineage.append(step); });
}

void RunRecorder::mark(int step, const QString &text)
{
    const Mark mark{step, text, QDateTime::currentMSecsSinceEpoch()};
    const std::lock_guard lock(d->mutex);
    if (d->folder.isEmpty())
        return;
    bool isWritten = true;
    try {
        appendMark(d->folder, mark);
    } catch (const std::exception &) {
        isWritten = false; // tried again before the next step, where the disk's trouble is told
    }
    d->uncommitted.push_back({mark, isWritten});
}

void RunRecorder::Private::commitMarks()
{
    std::vector<NewMark> marks;
    {
        const std::lock_guard lock(mutex);
        marks.swap(uncommitted);
    }
    for (const NewMark &one : marks) {
        if (!one.isWritten)
            write([&](RunFolder &at) { appendMark(at.files().folder, one.mark); });
        version(markMessage(past.plan, one.mark));
    }
}

void RunRecorder::finish(const Run &run)
{
    if (!d->place)
        return;
    d->commitMarks();
    QByteArray sum = d->past.sum;
    const QByteArray line =
        summed(endLineOf(run.outcome, run.message, QDateTime::currentMSecsSinceEpoch()), &sum);
    const bool isWritten = d->write([&](RunFolder &place) { place.finish(run, line); });
    d->place.reset();
    d->inLineage([](RunLineage &lineage) { lineage.flush(); });
    d->lineage.reset();
    if (!isWritten || d->isSpilled)
        return; // recover() brings it home
    try {
        const RecordedRun recorded = readRecorded(d->homeFolder(), unwatched());
        const QStringList sentences =
            settle(d->workspace, d->id, recorded, d->beginVersion, unwatched());
        if (sentences.isEmpty())
            d->home.release();
        else
            d->missVersion(sentences.join(' '));
    } catch (const std::exception &error) {
        d->missVersion(textOf(error));
    }
    settleLeft(d->workspace, unwatched());
}

} // namespace helmscope
