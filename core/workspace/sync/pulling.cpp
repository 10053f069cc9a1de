// SPDX-License-Identifier: GPL-3.0-or-later
// Metadata, versions and artifacts from elsewhere.
#include "base/tr.h"
#include "federation/cmfanswer.h"
#include "history/repository.h"
#include "lineage/formats/jsontext.h"
#include "workspace/appendfile.h"
#include "workspace/runrecord.h"
#include "workspace/sync/parts.h"
#include "workspace/sync/versions.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>

namespace helmscope {

namespace {

using Outcome = SyncPart::Outcome;

QSet<QString> runsIn(const QString &workspace)
{
    QSet<QString> found;
    for (const QString &name :
         QDir(workspace + "/runs").entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        if (isRunId(name))
            found << name;
    return found;
}

/// As the recorder names the folder of a pipeline's documents.
QString folderOf(QString pipeline)
{
    pipeline = pipeline.replace(':', '_').replace('/', '_').left(200);
    return pipeline.startsWith('.') ? '_' + pipeline.mid(1) : pipeline;
}

class Pulling
{
public:
    Pulling(const QString &workspace, const PullChoice &choice, const Progress &progress)
        : m_workspace(QFileInfo(workspace).canonicalFilePath())
        , m_choice(choice)
        , m_progress(progress)
        , m_state(SyncState::read(workspace))
    {
    }

    SyncReport run()
    {
        const QSet<QString> before = runsIn(m_workspace);
        const SyncChoice &from = m_choice.remotes;
        if (from.versions) {
            take(*from.versions, [this](const Remote &remote) {
                SyncPart found =
                    pullVersions(m_workspace, m_choice, m_report, part(m_progress, 0, 0.3));
                found.remote = remote.name;
                return found;
            });
            // Documents that came, and those that a `git pull` by hand brought.
            add(takeDocuments(m_workspace, m_state.documents, m_choice.choose,
                              part(m_progress, 0.3, 0.35)));
            m_state.write(m_workspace);
        }
        if (from.metadata)
            take(*from.metadata, [this](const Remote &remote) {
                return attempt(remote, [this](SyncPart &part) { metadata(part); });
            });
        for (const QString &run : runsIn(m_workspace))
            if (!before.contains(run) && !m_report.runs.contains(run))
                m_report.runs << run;
        if (from.artifacts && m_choice.artifacts != PullChoice::Artifacts::None)
            take(*from.artifacts, [this](const Remote &remote) {
                return attempt(remote, [this](SyncPart &part) { artifacts(part); });
            });
        m_report.runs.sort();
        m_progress(1);
        return std::move(m_report);
    }

private:
    template <class Work>
    void take(const Remote &remote, Work work)
    {
        QElapsedTimer timer;
        timer.start();
        SyncPart part = work(remote);
        // A pull is not done later by itself.
        if (part.outcome == Outcome::Queued)
            part.outcome = Outcome::Failed;
        if (const QString warning = warningOf(remote, m_state); !warning.isEmpty())
            part.details << warning;
        m_state.write(m_workspace);
        log(m_workspace, part, false, m_report.runs, double(timer.elapsed()) / 1000);
        m_report.parts.push_back(part);
    }

    void add(const Taken &taken)
    {
        for (const QString &run : taken.runs)
            if (!m_report.runs.contains(run))
                m_report.runs << run;
        m_report.executions += taken.executions;
        m_report.conflicts.insert(m_report.conflicts.end(), taken.conflicts.begin(),
                                  taken.conflicts.end());
    }

    void metadata(SyncPart &part)
    {
        const Remote &remote = *m_choice.remotes.metadata;
        CmfServer server(accessOf(m_workspace, remote, m_state));
        SyncState::Server &known = m_state.servers[secretNameOf(remote)];
        known.traits = server.traits(m_progress);
        CmfWanted wanted;
        wanted.pipeline = m_choice.pipeline;
        wanted.stage = m_choice.stage;
        wanted.uuid = m_choice.uuid;
        wanted.sinceMs = m_choice.sinceMs;
        wanted.runs = m_choice.remotes.runs;
        const auto pulled = server.pull(wanted, helmscope::part(m_progress, 0.35, 0.5));
        if (!pulled)
            fail(wanted.isAll()
                     ? Tr::tr("%1 has no pipelines.").arg(server.shownAddress())
                     : Tr::tr("%1 has nothing of what was asked for: look at its pipelines first.")
                           .arg(server.shownAddress()));
        const QVariantMap document = parseDocument(*pulled, server.shownAddress());
        const Taken taken = takeDocument(m_workspace, document, m_choice.choose);
        add(taken);
        part.count = int(taken.executions.size());
        part.bytes = pulled->size();
        part.sentence = Tr::tr("%1 executions came, %2 of them are new here.")
                            .arg(executionsIn(document))
                            .arg(taken.executions.size());
        for (const SyncConflict &conflict : taken.conflicts)
            part.details << Tr::tr("%1 of %2 is \"%3\" there, \"%4\" here.")
                                .arg(conflict.name, conflict.where,
                                     conflict.theirs.toString().left(60),
                                     conflict.ours.toString().left(60));
        part.outcome = taken.conflicts.empty() ? Outcome::Done : Outcome::Partly;
        // What came from there need not go there; nor what it has all of (git may have brought it).
        QSet<QString> theirs(taken.executions.begin(), taken.executions.end());
        const QVariantMap here = workspaceDocument(m_workspace);
        QSet<QString> there;
        eachExecution(document,
                      [&](const QString &, const QString &, const QVariantMap &execution) {
                          for (const QString &uuid : uuidsOf(execution))
                              there << uuid;
                      });
        const Preparing how{server.traits(m_progress).isHub, privacyOf(syncRulesOf(m_workspace))};
        if (compareStored(prepareDocument(withExecutions(here, there), how).document, document)
                .isWhole())
            theirs.unite(there);
        eachExecution(here, [&](const QString &, const QString &, const QVariantMap &execution) {
            if (const QString uuid = uuidsOf(execution).value(0); theirs.contains(uuid))
                known.executions.insert(uuid, digestOf(execution));
        });
        if (!m_choice.remotes.versions)
            keepDocuments(here, taken.runs);
    }

    /// The lineage of runs that came, as files beside ours; git brings them where it is used.
    void keepDocuments(const QVariantMap &here, const QStringList &runs)
    {
        QMap<QString, QSet<QString>> uuidsOfFile;
        eachExecution(
            here, [&](const QString &pipeline, const QString &, const QVariantMap &execution) {
                const QString run = runOf(execution);
                if (runs.contains(run) && isRunId(run) && !folderOf(pipeline).isEmpty())
                    uuidsOfFile[QStringLiteral("lineage/%1/%2.json").arg(folderOf(pipeline), run)]
                        << uuidsOf(execution).value(0);
            });
        QStringList written;
        for (auto it = uuidsOfFile.cbegin(); it != uuidsOfFile.cend(); ++it) {
            const QString file = m_workspace + '/' + it.key();
            if (QFileInfo::exists(file) || QFileInfo(file).isSymLink())
                continue;
            if (!QDir().mkpath(QFileInfo(file).path()))
                fail(Tr::tr("Cannot make the folder of %1.").arg(file));
            // A folder that somebody else's repository made a link leads elsewhere.
            if (!QFileInfo(file).dir().canonicalPath().startsWith(m_workspace + '/'))
                continue;
            const QByteArray json = jsonText(withExecutions(here, it.value()));
            writeWhole(file, json);
            m_state.documents[it.key()] = QString::fromLatin1(
                QCryptographicHash::hash(json, QCryptographicHash::Md5).toHex());
            written << it.key();
        }
        Repository repository(m_workspace);
        if (written.isEmpty() || !repository.person() ||
            repository.state() != Repository::State::Clean)
            return;
        Repository::Change change;
        change.message = QStringLiteral("Lineage of %1 runs, pulled from %2")
                             .arg(runs.size())
                             .arg(m_choice.remotes.metadata->name);
        change.paths = written;
        repository.commit(change);
    }

    void artifacts(SyncPart &part)
    {
        const Remote &remote = *m_choice.remotes.artifacts;
        const QVariantMap document = workspaceDocument(m_workspace);
        std::vector<RunObject> objects =
            runObjects(m_workspace, runsByUuid(document), &part.details);
        const QStringList &runs = m_choice.remotes.runs;
        if (!runs.isEmpty())
            std::erase_if(objects,
                          [&](const RunObject &object) { return !runs.contains(object.run); });
        QStringList names;
        for (const RunObject &object : objects)
            if (!QFileInfo::exists(m_workspace + '/' + object.path))
                names << object.name;
        if (m_choice.artifacts == PullChoice::Artifacts::All)
            names += contents(document);
        names.removeDuplicates();
        const ObjectRemote opened = objectRemoteOf(m_workspace, remote);
        const TransferPlan plan = planDownload(opened, cacheOf(m_workspace), names,
                                               helmscope::part(m_progress, 0.5, 0.6));
        if (plan.isStopped)
            throw Stopped();
        const TransferOutcome outcome =
            download(opened, cacheOf(m_workspace), plan, helmscope::part(m_progress, 0.6, 0.95));
        QSet<QString> &there = m_state.stores[secretNameOf(remote)];
        for (const QString &name : outcome.moved)
            there << name;
        m_report.objects = outcome.moved;
        placeObjects(m_workspace, objects, helmscope::part(m_progress, 0.95, 1));
        part.count = int(outcome.moved.size());
        part.bytes = outcome.bytes;
        for (const auto &failed : {plan.failed, outcome.failed})
            for (const ObjectFailure &failure : failed)
                part.details << failure.sentence;
        int missing = 0;
        for (const RunObject &object : objects)
            if (plan.missing.contains(object.name)) {
                part.details << Tr::tr("%1 is not there.").arg(object.path);
                ++missing;
            }
        part.sentence = Tr::tr("%1 of %2 files came (%3).")
                            .arg(outcome.moved.size())
                            .arg(plan.toMove.size() + std::size_t(missing))
                            .arg(QLocale::c().formattedDataSize(outcome.bytes));
        part.outcome = outcome.isStopped        ? Outcome::Stopped
                       : part.details.isEmpty() ? Outcome::Done
                                                : Outcome::Partly;
    }

    /// What the lineage names and is no piece of a file of ours.
    QStringList contents(const QVariantMap &document) const
    {
        QStringList found;
        const QStringList &runs = m_choice.remotes.runs;
        eachExecution(document,
                      [&](const QString &, const QString &, const QVariantMap &execution) {
                          if (!runs.isEmpty() && !runs.contains(runOf(execution)))
                              return;
                          for (const QVariant &event : execution.value("events").toList()) {
                              const QVariantMap artifact = event.toMap().value("artifact").toMap();
                              const QString md5 = artifact.value("uri").toString();
                              if (isObjectName(md5) && artifact.value("type") != "Metrics" &&
                                  !artifact.value("name").toString().contains("/run.h5/"))
                                  found << md5;
                          }
                      });
        return found;
    }

    const QString m_workspace;
    const PullChoice &m_choice;
    const Progress &m_progress;
    SyncState m_state;
    SyncReport m_report;
};

} // namespace

SyncReport pull(const QString &workspace, const PullChoice &choice, const Progress &progress)
{
    const SyncLock lock(workspace);
    return Pulling(workspace, choice, progress).run();
}

} // namespace helmscope
