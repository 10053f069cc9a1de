// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/runversions.h"

#include "base/tr.h"
#include "history/repository.h"

#include <QDateTime>
#include <QDirIterator>
#include <QFileInfo>

#include <cmath>

namespace helmscope {

namespace {

QString textOf(double number)
{
    return std::isfinite(number) ? QString::number(number, 'g', 4) : QStringLiteral("–");
}

QString sampleOf(const PlanFile &plan)
{
    return QStringLiteral("%1, %2 × %3 pixels")
        .arg(plan.title.isEmpty() ? QStringLiteral("a sample without a title") : plan.title)
        .arg(plan.rows)
        .arg(plan.cols);
}

QString withUnit(const QString &number, const PlanFile &plan)
{
    return plan.valueUnit.isEmpty() ? number : number + ' ' + plan.valueUnit;
}

QString originOf(const PlanFile &plan)
{
    const Origin &origin = plan.plan.origin;
    return origin.run.isEmpty() ? QString()
                                : QStringLiteral("Branches from step %1 of run %2.\n")
                                      .arg(origin.step)
                                      .arg(origin.run);
}

/// Files beside the runs that make the folder a workspace.
QStringList ownFiles(const QString &workspace, const Repository &repository)
{
    QStringList missing;
    for (const QString &file : {QStringLiteral(".gitignore"), QStringLiteral(".dvcignore"),
                                QStringLiteral(".dvc/config"), QStringLiteral(".dvc/.gitignore")})
        if (QFileInfo::exists(workspace + '/' + file) &&
            (repository.head().isEmpty() || !repository.file(repository.head(), file)))
            missing << file;
    return missing;
}

QString lockFileOf(const QString &workspace)
{
    const QString git = workspace + QStringLiteral("/.git"); // a file in a work tree of another
    return QFileInfo(git).isDir() ? git + QStringLiteral("/helmscope.lock")
                                  : workspace + QStringLiteral("/runs/.lock");
}

/// What a recorder that died while committing left: git itself would wait for these forever.
/// Younger ones than ours can only be the user's own git's, and stay.
void removeLeftLocks(const QString &workspace, qint64 sinceMs)
{
    constexpr qint64 longestCommitMs = 10'000;
    const QString git = workspace + QStringLiteral("/.git");
    for (QDirIterator it(git, {QStringLiteral("*.lock")}, QDir::Files | QDir::Hidden,
                         QDirIterator::Subdirectories);
         it.hasNext();) {
        const QFileInfo found(it.next());
        const qint64 ms = found.lastModified().toMSecsSinceEpoch();
        if (found.fileName() != QLatin1String("helmscope.lock") && ms >= sinceMs &&
            ms <= sinceMs + longestCommitMs)
            QFile::remove(found.filePath());
    }
}

/// The newest version of the parent's run that knew no more than the step; empty: none.
QString versionBefore(const Repository &repository, const Origin &origin)
{
    if (!isRunId(origin.run))
        return {}; // a run of no workspace, known by its file
    const QString beginning = QStringLiteral("Run %1: ").arg(origin.run);
    const QString file = QStringLiteral("runs/%1/steps.jsonl").arg(origin.run);
    for (const Version &version : repository.log(100'000)) {
        if (!version.message.startsWith(beginning))
            continue;
        const std::optional<QByteArray> lines = repository.file(version.id, file);
        const qsizetype steps =
            lines ? lines->count('\n') - lines->startsWith("{\"end\"") - lines->count("\n{\"end\"")
                  : 0;
        if (steps <= origin.step)
            return version.id;
    }
    return {};
}

} // namespace

// What git keeps is in English whoever records it: other sites read it, and so do we.
QString beginMessage(const PlanFile &plan)
{
    const Plan &p = plan.plan;
    const int first = p.initial.kind == InitialPoints::Kind::Given ? int(p.initial.given.size())
                                                                   : p.initial.count;
    return QStringLiteral("Run %1: begins: %2 by %3, %4 + %5 measurements\n\n%6Sample: %7\nValue: "
                          "%2\nSeed: %8\n")
        .arg(plan.id, plan.valueName, QString::fromUtf8(rowOf(p.acquisition.kind).name))
        .arg(first)
        .arg(p.steps)
        .arg(originOf(plan), sampleOf(plan))
        .arg(p.seed);
}

QString markMessage(const PlanFile &plan, const Mark &mark)
{
    return QStringLiteral("Run %1: mark at step %2: %3\n")
        .arg(plan.id)
        .arg(mark.step)
        .arg(mark.text);
}

QString endMessage(const PlanFile &plan, const StepsFile &lines)
{
    const QString ended =
        lines.outcome ? QString::fromLatin1(keyOf(*lines.outcome)) : QStringLiteral("cut off");
    QString text = QStringLiteral("Run %1: %2 after %3 measurements")
                       .arg(plan.id, ended)
                       .arg(lines.steps.size());
    const double best = lines.steps.empty() ? std::nan("") : lines.steps.back().bestValue;
    const Quality *quality = nullptr;
    for (const Step &step : lines.steps)
        if (step.quality)
            quality = &*step.quality;
    if (std::isfinite(best))
        text += QStringLiteral(", best %1").arg(withUnit(textOf(best), plan));
    if (quality)
        text += QStringLiteral(", R² %1").arg(textOf(quality->r2));
    text += QStringLiteral("\n\n");
    if (!lines.message.isEmpty())
        text += lines.message + '\n';
    text += originOf(plan);
    text += QStringLiteral("Sample: %1\nValue: %2\nSteps: %3\n")
                .arg(sampleOf(plan), plan.valueName)
                .arg(lines.steps.size());
    if (std::isfinite(best))
        text += QStringLiteral("Best value: %1\n").arg(withUnit(textOf(best), plan));
    if (quality)
        text += QStringLiteral("R²: %1\nRMSE: %2\nNLPD: %3\n")
                    .arg(textOf(quality->r2), withUnit(textOf(quality->rmse), plan),
                         textOf(quality->nlpd));
    return text;
}

Committing::Committing(const QString &workspace)
    : m_folder(workspace)
{
    const QString file = lockFileOf(workspace);
    if (!m_lock.take(file, 5000))
        fail(Tr::tr("Cannot commit in %1: another program has been committing for 5 s (%2).")
                 .arg(workspace, file));
    if (m_lock.isInherited())
        removeLeftLocks(workspace, m_lock.inheritedMs());
}

Committing::~Committing()
{
    m_lock.release(); // nobody died, whatever else went wrong
}

QString Committing::run(const QString &id, const PlanFile &plan, const QString &message, bool isEnd,
                        const QStringList &more)
{
    Repository repository(m_folder);
    Repository::Change change;
    change.message = message;
    change.paths << QStringLiteral("runs/") + id;
    change.paths << more;
    const QStringList own = ownFiles(m_folder, repository);
    if (plan.plan.origin.run.isEmpty()) {
        change.paths << own;
        return repository.commit(change);
    }
    change.branch = QStringLiteral("run/") + id;
    if (!repository.version(change.branch))
        change.from = versionBefore(repository, plan.plan.origin);
    const QString tip = repository.commit(change);
    if (!isEnd)
        return tip;
    change.branch.clear();
    change.from.clear();
    change.paths << own;
    change.alsoParents << tip;
    change.message.replace(QStringLiteral("Run %1: ").arg(plan.id),
                           QStringLiteral("Run %1: joined: ").arg(plan.id));
    return repository.commit(change);
}

void Committing::files(const QStringList &paths, const QString &message)
{
    Repository repository(m_folder);
    Repository::Change change;
    change.message = message;
    change.paths = paths + ownFiles(m_folder, repository);
    repository.commit(change);
}

void Committing::workspace()
{
    Repository repository(m_folder);
    Repository::Change change;
    change.message = QStringLiteral("Workspace of Helmscope");
    change.paths = ownFiles(m_folder, repository);
    if (!change.paths.isEmpty())
        repository.commit(change);
}

} // namespace helmscope
