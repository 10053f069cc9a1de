// SPDX-License-Identifier: GPL-3.0-or-later
// Workspace::recover() and restore(): what was cut off is made whole, what was is put back.
#include "base/tr.h"
#include "history/repository.h"
#include "workspace/artifacts.h"
#include "workspace/folderlock.h"
#include "workspace/settling.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace helmscope {

namespace {

/// Measurements a plan asks for, first points counted.
int wanted(const Run &run)
{
    int first = 0;
    for (const Step &step : run.steps)
        first += step.reason == Reason::Initial;
    const InitialPoints &initial = run.plan.initial;
    const int planned =
        initial.kind == InitialPoints::Kind::Given ? int(initial.given.size()) : initial.count;
    int steps = run.plan.steps;
    for (const Step &step : run.steps)
        for (const Intervention &said : step.interventions)
            steps = said.orders.steps.value_or(steps);
    const bool isLearning = !run.steps.empty() && run.steps.back().reason != Reason::Initial;
    return (isLearning ? first : std::max(first, planned)) + steps;
}

/// A recorder that died before its run had a plan recorded nothing.
bool isEmptyBeginning(const RunFiles &files)
{
    if (QFileInfo::exists(files.plan()) || QFileInfo(files.steps()).size() > 0)
        return false;
    const QStringList found = QDir(files.folder)
                                  .entryList(QDir::Files | QDir::Dirs | QDir::Hidden |
                                             QDir::System | QDir::NoDotAndDotDot);
    const QStringList ours{".lock", ".gitignore", "steps.jsonl", "run.h5"};
    return std::all_of(found.begin(), found.end(), [&](const QString &name) {
        return ours.contains(name) || name.endsWith(".part");
    });
}

void removeParts(const RunFiles &files)
{
    for (const QString &name :
         QDir(files.folder).entryList({QStringLiteral("*.part")}, QDir::Files))
        if (name != QFileInfo(files.spectra()).fileName())
            QFile::remove(files.folder + '/' + name);
}

/// Whether all of a run's spectra can be read back from its run file.
bool holdsAll(const RunFiles &files, const RecordedRun &recorded)
{
    const Run read = readRun(files.run(), unwatched());
    if (read.steps.size() != recorded.run.steps.size())
        return false;
    for (std::size_t i = 0; i < read.steps.size(); ++i)
        if (recorded.run.steps[i].spectrum.size() > 0 &&
            read.steps[i].spectrum != recorded.run.steps[i].spectrum)
            return false;
    return true;
}

/// Makes whole what the recorder of a run left, and answers what there is.
RecordedRun mend(const RunFiles &files, const Progress &progress)
{
    removeParts(files);
    RecordedRun recorded = readRecorded(files.folder, part(progress, 0, 0.3));
    const StepsFile &lines = recorded.lines;
    const bool isSound = lines.problem.isEmpty();
    if (isSound) {
        const bool isThere = QFileInfo::exists(files.steps());
        if (isThere && QFileInfo(files.steps()).size() > lines.wholeBytes)
            AppendFile::goOn(files.steps(), lines.wholeBytes, true); // cuts the torn line off
        if (!isThere)
            AppendFile::create(files.steps(), true);
        if (!QFileInfo::exists(files.ignored()))
            writeWhole(files.ignored(), ignoredInRunFolder());
        if (!recorded.isRunFileWhole)
            writeRunFile(files.run(), recorded.run, recorded.isEnded);
        if (recorded.isEnded && !lines.outcome) {
            // The run file had got its end, the text had not.
            QByteArray sum = lines.sum;
            AppendFile::goOn(files.steps(), lines.wholeBytes, true)
                .append(summed(endLineOf(recorded.run.outcome, recorded.run.message,
                                         QFileInfo(files.run()).lastModified().toMSecsSinceEpoch()),
                               &sum));
        }
    }
    if (QFileInfo::exists(files.spectra()) && holdsAll(files, recorded))
        QFile::remove(files.spectra());
    syncFolder(files.folder);
    return readRecorded(files.folder, part(progress, 0.3, 0.5));
}

Recovered told(const QString &id, const RecordedRun &recorded)
{
    Recovered told;
    told.run = id;
    told.steps = int(recorded.run.steps.size());
    const int all = std::max(wanted(recorded.run), told.steps);
    const QString losses = recorded.losses.isEmpty() ? QString() : ' ' + recorded.losses.join(' ');
    if (!recorded.lines.problem.isEmpty()) {
        told.sentence = Tr::tr("Run %1 is damaged: %2 measurements of it can be told; the files "
                               "are left as they are.%3")
                            .arg(id)
                            .arg(told.steps)
                            .arg(losses);
    } else if (recorded.isEnded) {
        told.sentence =
            Tr::tr("Run %1 had ended and was not put in order: all %2 measurements are whole.%3")
                .arg(id)
                .arg(told.steps)
                .arg(losses);
    } else {
        told.canContinue = told.steps < all;
        told.sentence = Tr::tr("Run %1 was cut off after %2 of %3 measurements: all %2 are "
                               "whole.%4")
                            .arg(id)
                            .arg(told.steps)
                            .arg(all)
                            .arg(losses);
        if (told.canContinue)
            told.sentence += Tr::tr(" It can go on.");
    }
    return told;
}

} // namespace

std::vector<Recovered> Workspace::recover(const Progress &progress) const
{
    std::vector<Recovered> all;
    for (const auto &[id, sentence] : bringHome(m_folder)) {
        Recovered left;
        left.run = id;
        left.steps = readStepsEnd(RunFiles(defaultSpillFolder(m_folder) + '/' + id).steps()).steps;
        left.sentence = sentence;
        all.push_back(std::move(left));
    }
    const QDir folder(m_folder + QStringLiteral("/runs"));
    const QStringList ids = folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    for (int i = 0; i < ids.size(); ++i) {
        const QString &id = ids[i];
        const RunFiles files(folder.filePath(id));
        const auto isSpilled = [&] {
            return QFileInfo::exists(defaultSpillFolder(m_folder) + '/' + id);
        };
        if (!isRunId(id) || isSpilled())
            continue;
        const FolderLock::State state = FolderLock::stateOf(files.lock());
        const bool isLeft = state == FolderLock::State::Left ||
                            (state == FolderLock::State::None &&
                             (QFileInfo::exists(files.spectra()) || isEmptyBeginning(files)));
        if (!isLeft)
            continue;
        const double done = double(i) / double(ids.size()), next = double(i + 1) / ids.size();
        if (!progress(done))
            break;
        try {
            FolderLock lock;
            if (!lock.take(files.lock()))
                continue;
            if (isEmptyBeginning(files)) {
                QDir(files.folder).removeRecursively();
                continue;
            }
            const RecordedRun recorded = mend(files, part(progress, done, next));
            Recovered one = told(id, recorded);
            const QStringList sentences =
                settle(m_folder, id, recorded, {}, part(progress, done, next));
            if (sentences.isEmpty())
                lock.release();
            else
                one.sentence += ' ' + sentences.join(' ');
            all.push_back(std::move(one));
        } catch (const Error &error) {
            Recovered one;
            one.run = id;
            one.sentence = QString::fromUtf8(error.what());
            all.push_back(std::move(one));
        }
    }
    return all;
}

QString Workspace::restore(const QString &id, const QString &version,
                           const Progress &progress) const
{
    const QString home = runFolder(id);
    const QString prefix = QStringLiteral("runs/%1/").arg(id);
    const Repository repository(m_folder);
    const std::optional<Version> found = repository.version(version);
    if (!found)
        fail(Tr::tr("There is no version '%1' in %2.").arg(version, m_folder));
    std::vector<std::pair<QString, QByteArray>> files;
    for (const QString &path : repository.files(found->id, QStringLiteral("runs/") + id)) {
        const QString name = path.mid(prefix.size());
        const std::optional<QByteArray> bytes = repository.file(found->id, path);
        // Folders of a run are of nobody's; names become paths.
        if (!path.startsWith(prefix) || name.contains('/') || name == ".lock" || !bytes)
            continue;
        files.emplace_back(name, *bytes);
    }
    if (files.empty())
        fail(Tr::tr("Version %1 of %2 has no run %3.").arg(version, m_folder, id));

    // All of it is put together beside, and only then gets its name.
    const QString beside = m_folder + QStringLiteral("/runs/.restoring-") + id;
    QDir(beside).removeRecursively();
    if (!QDir().mkpath(beside))
        fail(Tr::tr("Cannot make the folder %1.").arg(beside));
    try {
        for (const auto &[name, bytes] : files)
            writeWhole(beside + '/' + name, bytes);
        for (const char *artifact : {"run.h5", "model.dkl"}) {
            const QString file = beside + '/' + QString::fromLatin1(artifact);
            if (const std::optional<Artifact> known = readDvcFile(file + ".dvc"))
                linkFromCache(m_folder, known->md5, file, progress);
        }
        const auto isSame = [](const QString &a, const QString &b) {
            QFile one(a), other(b);
            if (QFileInfo(a).size() != QFileInfo(b).size() || !one.open(QIODevice::ReadOnly) ||
                !other.open(QIODevice::ReadOnly))
                return false;
            while (!one.atEnd())
                if (one.read(4 << 20) != other.read(4 << 20))
                    return false;
            return true;
        };
        const QStringList names = QDir(beside).entryList(QDir::Files | QDir::Hidden);
        const bool isFree =
            FolderLock::stateOf(RunFiles(home).lock()) != FolderLock::State::Held &&
            std::all_of(names.begin(), names.end(), [&](const QString &name) {
                const QString there = home + '/' + name;
                return !QFileInfo::exists(there) || isSame(beside + '/' + name, there);
            });
        QString restored = id;
        if (isFree && QFileInfo::exists(home)) {
            for (const QString &name : names)
                if (!QFileInfo::exists(home + '/' + name))
                    putInPlace(beside + '/' + name, home + '/' + name);
            QDir(beside).removeRecursively();
            return restored;
        }
        for (int n = 1; QFileInfo::exists(runFolder(restored)); ++n)
            restored = n == 1 ? id + QStringLiteral("-restored")
                              : QStringLiteral("%1-restored-%2").arg(id).arg(n);
        putInPlace(beside, runFolder(restored));
        return restored;
    } catch (...) {
        QDir(beside).removeRecursively();
        throw;
    }
}

} // namespace helmscope
