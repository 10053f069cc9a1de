// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/settling.h"

#include "base/tr.h"
#include "history/repository.h"
#include "workspace/artifacts.h"
#include "workspace/folderlock.h"
#include "workspace/lineage/runlineage.h"
#include "workspace/runversions.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace helmscope {

namespace {

/// What a run's folder has, in the order it is brought home: what tells that all is there, last.
QStringList carried(const QString &folder)
{
    const RunFiles files(folder);
    return {files.plan(),    files.ignored(), files.marks(),
            files.spectra(), files.run(),     files.steps()};
}

void copyWhole(const QString &from, const QString &to)
{
    QFile in(from);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(from, in.errorString()));
    const QString beside = to + QStringLiteral(".part");
    QFile::remove(beside);
    try {
        AppendFile out = AppendFile::create(beside, false);
        while (!in.atEnd()) {
            const QByteArray block = in.read(4 << 20);
            if (block.isEmpty())
                fail(Tr::tr("Cannot read %1: %2.").arg(from, in.errorString()));
            out.append(block);
        }
        syncFile(beside);
        putInPlace(beside, to);
    } catch (...) {
        QFile::remove(beside);
        throw;
    }
}

/// Whether what lies at home is the beginning of what was spilled.
bool isBeginning(const QString &home, const QString &spilled)
{
    QFile at(home), other(spilled);
    if (!at.exists())
        return true;
    if (!at.open(QIODevice::ReadOnly) || !other.open(QIODevice::ReadOnly) ||
        at.size() > (qint64(1) << 30))
        return false;
    QByteArray begun = at.readAll();
    begun.truncate(begun.lastIndexOf('\n') + 1); // a torn line is none
    return other.read(begun.size()) == begun;
}

void bringHome(const QString &workspace, const QString &id, const QString &spilled)
{
    const QString home = workspace + QStringLiteral("/runs/") + id;
    const RunFiles at(home), from(spilled);
    if (!isBeginning(at.steps(), from.steps()))
        fail(Tr::tr("Run %1 in %2 is another one than that in %3: move one of them away.")
                 .arg(id, home, spilled));
    if (!QFileInfo(home).isDir() && !QDir().mkpath(home))
        fail(Tr::tr("Cannot make the folder %1.").arg(home));
    FolderLock lock;
    if (!lock.take(at.lock(), 500))
        fail(Tr::tr("Run %1 is being recorded by another program.").arg(id));
    for (const QString &file : carried(spilled))
        if (QFileInfo::exists(file))
            copyWhole(file, home + '/' + QFileInfo(file).fileName());
    if (!QFileInfo::exists(from.spectra()))
        QFile::remove(at.spectra());
    QDir(spilled).removeRecursively();
    // The lock's file stays: the run is to be put in order.
}

} // namespace

QStringList settle(const QString &workspace, const QString &id, const RecordedRun &recorded,
                   const QString &beginVersion, const Progress &progress)
{
    QStringList sentences;
    const auto attempt = [&](auto act) {
        try {
            act();
        } catch (const std::exception &error) {
            sentences << QString::fromUtf8(error.what());
        }
    };
    attempt([&] {
        const QString path = QStringLiteral("runs/%1/run.h5").arg(id);
        const QString file = workspace + '/' + path;
        // Known already, and the same: nothing to hash.
        const std::optional<Artifact> known = readDvcFile(file + ".dvc");
        if (!known || known->size != QFileInfo(file).size() ||
            md5Of(file, part(progress, 0, 0.3)) != known->md5)
            storeArtifact(workspace, path, part(progress, 0.3, 0.6));
    });
    attempt([&] {
        Committing committing(workspace);
        QStringList more;
        if (recorded.isEnded)
            attempt([&] {
                more = recordLineage({workspace, id, recorded.plan.createdMs, beginVersion},
                                     recorded.run, part(progress, 0.6, 0.9));
            });
        committing.run(id, recorded.plan, endMessage(recorded.plan, recorded.lines),
                       recorded.isEnded, more);
    });
    return sentences;
}

void settleLeft(const QString &workspace, const Progress &progress)
{
    const QString runs = workspace + QStringLiteral("/runs/");
    try {
        const Repository repository(workspace);
        if (repository.state() != Repository::State::Clean || !repository.person())
            return; // no better than the last time
    } catch (const Error &) {
        return;
    }
    for (const QString &id : QDir(runs).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const RunFiles files(runs + id);
        if (!isRunId(id) || FolderLock::stateOf(files.lock()) != FolderLock::State::Left ||
            !readStepsEnd(files.steps()).outcome || !QFileInfo::exists(files.run()))
            continue;
        try {
            FolderLock lock;
            if (!lock.take(files.lock()))
                continue;
            const RecordedRun recorded = readRecorded(files.folder, progress);
            if (recorded.isRunFileWhole && settle(workspace, id, recorded, {}, progress).isEmpty())
                lock.release();
        } catch (const std::exception &) {
            continue; // recover() says what is wrong with it
        }
    }
}

QString defaultSpillFolder(const QString &workspace)
{
    const QString path = QFileInfo(workspace).canonicalFilePath();
    const QByteArray hash =
        QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Md5).toHex().left(12);
    // The same for window and command line, whose own folders differ.
    return QStringLiteral("%1/helmscope/spill/%2-%3")
        .arg(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation),
             QDir(path).dirName(), QString::fromLatin1(hash));
}

std::vector<std::pair<QString, QString>> bringHome(const QString &workspace)
{
    std::vector<std::pair<QString, QString>> left;
    const QDir spill(defaultSpillFolder(workspace));
    for (const QString &id : spill.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString folder = spill.filePath(id);
        if (!isRunId(id) || FolderLock::stateOf(RunFiles(folder).lock()) == FolderLock::State::Held)
            continue;
        try {
            bringHome(workspace, id, folder);
        } catch (const Error &error) {
            left.emplace_back(id, Tr::tr("Run %1 still lies in %2: %3")
                                      .arg(id, folder, QString::fromUtf8(error.what())));
        }
    }
    return left;
}

} // namespace helmscope
