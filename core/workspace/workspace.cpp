// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/workspace.h"

#include "base/tr.h"
#include "history/repository.h"
#include "workspace/artifacts.h"
#include "workspace/folderlock.h"
#include "workspace/recordedrun.h"
#include "workspace/runversions.h"
#include "workspace/settling.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QStorageInfo>

#include <algorithm>

#include <unistd.h>

namespace helmscope {

namespace {

/// What git leaves alone beside the runs: databases do not merge.
constexpr const char *ignored[] = {"/mlmd", "/mlmd-journal", "/mlmd-wal", "/mlmd-shm"};

void addIgnored(const QString &folder)
{
    const QString name = folder + QStringLiteral("/.gitignore");
    QFile file(name);
    QByteArray text;
    if (file.exists()) {
        if (!file.open(QIODevice::ReadOnly) || file.size() > (1 << 20))
            fail(Tr::tr("Cannot read %1: %2.").arg(name, file.errorString()));
        text = file.readAll();
    }
    const QList<QByteArray> lines = text.split('\n');
    QByteArray more;
    for (const char *line : ignored)
        if (!lines.contains(line))
            more += QByteArray(line) + '\n';
    if (more.isEmpty())
        return;
    if (!text.isEmpty() && !text.endsWith('\n'))
        text += '\n';
    writeWhole(name, text + more);
}

RunEntry entryOf(const QString &folder, const QString &id)
{
    RunEntry entry;
    entry.id = id;
    entry.folder = folder;
    const RunFiles files(folder);
    try {
        PlanFile plan = readPlanFile(files.plan());
        entry.plan = std::move(plan.plan);
        entry.title = plan.title;
        entry.valueName = plan.valueName;
        entry.valueUnit = plan.valueUnit;
        entry.createdMs = plan.createdMs;
    } catch (const Error &error) {
        entry.problem = QString::fromUtf8(error.what());
        entry.createdMs = QFileInfo(folder).lastModified().toMSecsSinceEpoch();
    }
    const StepsEnd end = readStepsEnd(files.steps());
    entry.steps = end.steps;
    entry.outcome = end.outcome;
    entry.message = end.message;
    entry.isGoing = !end.outcome && FolderLock::stateOf(files.lock()) == FolderLock::State::Held;
    return entry;
}

} // namespace

Workspace Workspace::create(const QString &folder)
{
    if (!QDir().mkpath(folder))
        fail(Tr::tr("Cannot make the folder %1.").arg(folder));
    const QString path = QFileInfo(folder).canonicalFilePath();
    Repository::create(path);
    if (!QDir().mkpath(path + QStringLiteral("/runs")))
        fail(Tr::tr("Cannot make the folder %1/runs.").arg(path));
    addIgnored(path);
    initialiseDvc(path);
    // Without a person, or within a merge, the first version comes with the first run's.
    const Repository repository(path);
    if (repository.person() && repository.state() == Repository::State::Clean)
        Committing(path).workspace();
    return Workspace(path);
}

Workspace::Workspace(const QString &folder)
    : m_folder(QFileInfo(folder).canonicalFilePath())
{
    if (m_folder.isEmpty() || !isWorkspace(m_folder))
        fail(Tr::tr("%1 is no workspace of Helmscope: make one of it first.").arg(folder));
}

bool Workspace::isWorkspace(const QString &folder)
{
    return QFileInfo(folder + QStringLiteral("/.dvc/config")).isFile() &&
           Repository::isRepository(folder);
}

std::optional<Workspace> Workspace::containing(const QString &path)
{
    QFileInfo at(path);
    QString folder = at.isDir() ? at.canonicalFilePath() : at.dir().canonicalPath();
    while (!folder.isEmpty()) {
        if (isWorkspace(folder))
            return Workspace(folder);
        const QString parent = QFileInfo(folder).path();
        if (parent == folder)
            break;
        folder = parent;
    }
    return std::nullopt;
}

QString Workspace::runFolder(const QString &id) const
{
    if (!isRunId(id))
        fail(Tr::tr("'%1' is no name of a run.").arg(id));
    return m_folder + QStringLiteral("/runs/") + id;
}

QString Workspace::troubleWithRecording() const
{
    const QString runs = m_folder + QStringLiteral("/runs");
    const QString at = QFileInfo::exists(runs) ? runs : m_folder;
    if (::access(QFile::encodeName(at), W_OK | X_OK) != 0)
        return Tr::tr("Nothing can be written in %1: runs are recorded in %2 until that changes.")
            .arg(at, defaultSpillFolder(m_folder));
    constexpr qint64 leastBytes = 64 << 20;
    const QStorageInfo storage(at);
    if (storage.isValid() && storage.bytesAvailable() < leastBytes)
        return Tr::tr("There are only %1 MB left on the disk of %2: make room before a run.")
            .arg(storage.bytesAvailable() >> 20)
            .arg(m_folder);
    try {
        const Repository repository(m_folder);
        if (repository.state() != Repository::State::Clean)
            return Tr::tr("The git repository %1 is in the middle of a merge or the like: runs "
                          "are recorded, and their versions follow once that is done.")
                .arg(m_folder);
        if (!repository.person())
            return Tr::tr("Git does not know who you are in %1: runs are recorded, and their "
                          "versions follow once it does.")
                .arg(m_folder);
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

std::vector<RunEntry> Workspace::runs(const Progress &progress) const
{
    const QDir folder(m_folder + QStringLiteral("/runs"));
    const QStringList ids = folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Unsorted);
    std::vector<RunEntry> entries;
    entries.reserve(std::size_t(ids.size()));
    for (const QString &id : ids) {
        if (!isRunId(id))
            continue;
        if (!progress(double(entries.size()) / double(ids.size())))
            break;
        entries.push_back(entryOf(folder.filePath(id), id));
    }
    std::sort(entries.begin(), entries.end(), [](const RunEntry &a, const RunEntry &b) {
        return std::pair(a.createdMs, a.id) > std::pair(b.createdMs, b.id);
    });
    return entries;
}

std::optional<RunEntry> Workspace::entry(const QString &id) const
{
    if (!isRunId(id) || !QFileInfo(runFolder(id)).isDir())
        return std::nullopt;
    return entryOf(runFolder(id), id);
}

Run Workspace::read(const QString &id, const Progress &progress) const
{
    const QString folder = runFolder(id);
    if (!QFileInfo(folder).isDir())
        fail(Tr::tr("There is no run %1 in %2.").arg(id, m_folder));
    QString runFile;
    if (const RunFiles files(folder); !QFileInfo::exists(files.run())) {
        const std::optional<Artifact> known = readDvcFile(files.digest());
        if (known && QFileInfo::exists(cachePath(m_folder, known->md5)))
            runFile = cachePath(m_folder, known->md5);
    }
    RecordedRun recorded = readRecorded(folder, progress, runFile);
    recorded.run.survey.warnings << recorded.losses;
    return std::move(recorded.run);
}

std::optional<Person> personOf(const Workspace &workspace)
{
    return Repository(workspace.folder()).person();
}

void setPerson(const Workspace &workspace, const Person &person)
{
    Repository(workspace.folder()).setPerson(person);
}

} // namespace helmscope
