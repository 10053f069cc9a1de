// SPDX-License-Identifier: GPL-3.0-or-later
// Carrying out a plan of what is pushed.
#include "base/tr.h"
#include "federation/cmfanswer.h"
#include "lineage/formats/jsontext.h"
#include "workspace/appendfile.h"
#include "workspace/artifacts.h"
#include "workspace/sync/outbox.h"
#include "workspace/sync/parts.h"
#include "workspace/sync/versions.h"

#include <QDateTime>
#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>

namespace helmscope {

namespace {

using Outcome = SyncPart::Outcome;
using Kind = Remote::Kind;

/// What is ticked, with all above it, of one kind.
void chosenContents(const std::vector<SyncItem> &items, Kind kind, QStringList &contents,
                    QStringList &runs)
{
    for (const SyncItem &item : items) {
        if (!item.isChosen || item.part != kind)
            continue;
        contents += item.contents;
        if (!item.run.isEmpty() && !runs.contains(item.run))
            runs << item.run;
        chosenContents(item.children, kind, contents, runs);
    }
}

/// One pipeline with half of its executions.
QVariantMap half(const QVariantMap &document, bool isFirst)
{
    QStringList uuids;
    eachExecution(document, [&uuids](const QString &, const QString &, const QVariantMap &one) {
        uuids << uuidsOf(one).value(0);
    });
    const qsizetype middle = uuids.size() / 2;
    const QStringList part = isFirst ? uuids.mid(0, middle) : uuids.mid(middle);
    return withExecutions(document, QSet<QString>(part.begin(), part.end()));
}

/// A small file of the workspace that a document names; nothing for what leads out of it.
std::optional<QByteArray> smallFile(const QString &workspace, const QString &path)
{
    constexpr qint64 mostBytes = 16 << 20;
    const QString file = QFileInfo(workspace + '/' + path).canonicalFilePath();
    QFile in(file);
    if (file.isEmpty() || !file.startsWith(workspace + '/') || !QFileInfo(file).isFile() ||
        in.size() > mostBytes || !in.open(QIODevice::ReadOnly))
        return std::nullopt;
    return in.readAll();
}

class Pushing
{
public:
    Pushing(const QString &workspace, const PushPlan &plan, const Progress &progress)
        : m_workspace(QFileInfo(workspace).canonicalFilePath())
        , m_plan(plan)
        , m_progress(progress)
        , m_state(SyncState::read(workspace))
    {
        QStringList uuids;
        chosenContents(plan.items, Kind::Metadata, uuids, m_runs);
        chosenContents(plan.items, Kind::Artifacts, m_objects, m_runs);
        chosenContents(plan.items, Kind::Versions, m_branches, m_runs);
        m_document =
            withExecutions(workspaceDocument(workspace), QSet<QString>(uuids.begin(), uuids.end()));
    }

    SyncReport run()
    {
        for (const auto &remote :
             {m_plan.choice.metadata, m_plan.choice.artifacts, m_plan.choice.versions})
            if (remote)
                warningOf(*remote, m_state); // the plan has said it
        // What documents name is there before them.
        prepareTexts();
        if (m_plan.choice.artifacts && !m_objects.isEmpty())
            take(*m_plan.choice.artifacts, [this](SyncPart &part) { artifacts(part); });
        if (m_plan.choice.metadata && executionsIn(m_document) > 0)
            take(*m_plan.choice.metadata, [this](SyncPart &part) { metadata(part); });
        if (m_plan.choice.versions && !m_branches.isEmpty())
            takePart(m_branches, [this] {
                return pushVersions(m_workspace, *m_plan.choice.versions, m_branches,
                                    part(m_progress, 0.9, 1));
            });
        queue();
        m_progress(1);
        return std::move(m_report);
    }

private:
    void take(const Remote &remote, const std::function<void(SyncPart &)> &work)
    {
        takePart(m_runs, [&] { return attempt(remote, work); });
    }

    template <class Work>
    void takePart(const QStringList &what, Work work)
    {
        QElapsedTimer timer;
        timer.start();
        const SyncPart part = work();
        m_state.write(m_workspace);
        log(m_workspace, part, true, what, double(timer.elapsed()) / 1000);
        m_report.parts.push_back(part);
    }

    Preparing preparing() const
    {
        Preparing how;
        how.isForHub = m_plan.choice.metadata &&
                       m_state.servers.value(secretNameOf(*m_plan.choice.metadata)).traits.isHub;
        how.privacy = privacyOf(syncRulesOf(m_workspace));
        return how;
    }

    /// Texts that become artifacts go into the cache.
    void prepareTexts()
    {
        if (!m_plan.choice.metadata || executionsIn(m_document) == 0)
            return;
        const Remote &remote = *m_plan.choice.metadata;
        try {
            CmfServer server(accessOf(m_workspace, remote, m_state));
            m_state.servers[secretNameOf(remote)].traits = server.traits(m_progress);
        } catch (const Error &) {
            return; // said again where it matters
        }
        const PreparedDocument prepared = prepareDocument(m_document, preparing());
        for (auto it = prepared.texts.cbegin(); it != prepared.texts.cend(); ++it) {
            const QString file = cachePath(m_workspace, it.key());
            if (!QFileInfo::exists(file)) {
                if (!QDir().mkpath(QFileInfo(file).path()))
                    fail(Tr::tr("Cannot make the folder of %1.").arg(file));
                writeWhole(file, it.value());
            }
            if (m_plan.choice.artifacts && !m_objects.contains(it.key()))
                m_objects << it.key();
        }
    }

    void artifacts(SyncPart &part)
    {
        const Remote &remote = *m_plan.choice.artifacts;
        const ObjectRemote opened = objectRemoteOf(m_workspace, remote);
        m_objects.removeDuplicates();
        const TransferPlan plan = planUpload(opened, cacheOf(m_workspace), m_objects,
                                             helmscope::part(m_progress, 0, 0.1));
        if (plan.isStopped)
            throw Stopped();
        QSet<QString> &there = m_state.stores[secretNameOf(remote)];
        for (const TransferPlan::Item &item : plan.there)
            there << item.name;
        const TransferOutcome outcome =
            upload(opened, cacheOf(m_workspace), plan, helmscope::part(m_progress, 0.1, 0.6));
        for (const QString &name : outcome.moved)
            there << name;
        part.count = int(outcome.moved.size());
        part.bytes = outcome.bytes;
        for (const QString &missing : plan.missing)
            part.details << Tr::tr("The content %1 is not here.").arg(missing);
        bool isPassing = false;
        for (const auto &failed : {plan.failed, outcome.failed})
            for (const ObjectFailure &failure : failed) {
                part.details << failure.sentence;
                isPassing = isPassing || failure.isPassing;
            }
        part.sentence = Tr::tr("Sent %1 of %2 files (%3); %4 were there.")
                            .arg(outcome.moved.size())
                            .arg(plan.toMove.size())
                            .arg(QLocale::c().formattedDataSize(outcome.bytes))
                            .arg(plan.there.size());
        part.outcome = outcome.isStopped                               ? Outcome::Stopped
                       : isPassing                                     ? Outcome::Queued
                       : part.details.isEmpty()                        ? Outcome::Done
                       : outcome.moved.isEmpty() && plan.there.empty() ? Outcome::Failed
                                                                       : Outcome::Partly;
    }

    /// CMF's client finds the content of an artifact by its url.
    QVariantMap withUrls(const QVariantMap &document) const
    {
        if (!m_plan.choice.artifacts)
            return document;
        const QSet<QString> there = m_state.stores.value(secretNameOf(*m_plan.choice.artifacts));
        QString root = m_plan.choice.artifacts->url;
        while (root.endsWith('/'))
            root.chop(1);
        QVariantList pipelines;
        for (const QVariant &one : document.value("Pipeline").toList()) {
            QVariantMap pipeline = one.toMap();
            QVariantList stages = pipeline.value("stages").toList();
            for (QVariant &each : stages) {
                QVariantMap stage = each.toMap();
                QVariantList executions = stage.value("executions").toList();
                for (QVariant &execution : executions) {
                    QVariantMap made = execution.toMap();
                    QVariantList events = made.value("events").toList();
                    for (QVariant &event : events)
                        event = withUrl(event.toMap(), there,
                                        pipeline.value("name").toString() + ':' + root);
                    made.insert("events", events);
                    execution = made;
                }
                stage.insert("executions", executions);
                each = stage;
            }
            pipeline.insert("stages", stages);
            pipelines << pipeline;
        }
        return {{"Pipeline", pipelines}};
    }

    static QVariantMap withUrl(QVariantMap event, const QSet<QString> &there, const QString &root)
    {
        QVariantMap artifact = event.value("artifact").toMap();
        QVariantMap properties = artifact.value("properties").toMap();
        const QString md5 = artifact.value("uri").toString();
        if (!there.contains(md5) || !properties.value("url").toString().trimmed().isEmpty())
            return event;
        properties.insert("url", root + '/' + objectPath(md5));
        artifact.insert("properties", properties);
        event.insert("artifact", artifact);
        return event;
    }

    void metadata(SyncPart &part)
    {
        const Remote &remote = *m_plan.choice.metadata;
        CmfServer server(accessOf(m_workspace, remote, m_state));
        m_state.servers[secretNameOf(remote)].traits = server.traits(m_progress);
        const QVariantMap document = prepareDocument(withUrls(m_document), preparing()).document;
        StoredComparison all;
        const QVariantList pipelines = document.value("Pipeline").toList();
        double done = 0;
        for (const QVariant &each : pipelines) {
            const QVariantMap one{{"Pipeline", QVariantList{each}}};
            const double from = 0.6 + 0.3 * done / double(pipelines.size());
            const StoredComparison found =
                pipeline(server, each.toMap().value("name").toString(), one, part,
                         helmscope::part(m_progress, from, from + 0.3 / double(pipelines.size())));
            all.executions += found.executions;
            all.storedExecutions += found.storedExecutions;
            all.events += found.events;
            all.storedEvents += found.storedEvents;
            all.missing += found.missing;
            all.changed += found.changed;
            ++done;
            m_state.write(m_workspace); // what is there is known, whatever comes
        }
        part.sentence = all.sentence();
        part.details = all.missing + all.changed;
        part.outcome = all.isWhole()              ? Outcome::Done
                       : all.storedExecutions > 0 ? Outcome::Partly
                                                  : Outcome::Failed;
        extras(server, document);
    }

    StoredComparison pipeline(CmfServer &server, const QString &name, const QVariantMap &document,
                              SyncPart &part, const Progress &progress)
    {
        CmfWanted wanted;
        wanted.pipeline = name;
        if (executionsIn(document) == 1)
            eachExecution(document,
                          [&](const QString &, const QString &, const QVariantMap &execution) {
                              wanted.uuid = uuidsOf(execution).value(0);
                          });
        StoredComparison found;
        QVariantMap there;
        // What a server lost of named executions, it may take the second time.
        for (int attempt = 0; attempt < 2; ++attempt) {
            send(server, name, document, part, progress);
            const auto pulled = server.pull(wanted, progress);
            there = pulled ? parseDocument(*pulled, server.shownAddress()) : QVariantMap();
            found = compareStored(document, there);
            if (found.missing.isEmpty())
                break;
        }
        SyncState::Server &known = m_state.servers[secretNameOf(*m_plan.choice.metadata)];
        QSet<QString> stored;
        eachExecution(there, [&](const QString &, const QString &, const QVariantMap &execution) {
            for (const QString &uuid : uuidsOf(execution))
                stored << uuid;
        });
        eachExecution(m_document,
                      [&](const QString &of, const QString &, const QVariantMap &execution) {
                          const QString uuid = uuidsOf(execution).value(0);
                          if (of.left(100) == name.left(100) && stored.contains(uuid)) {
                              known.executions.insert(uuid, digestOf(execution));
                              ++part.count;
                          }
                      });
        return found;
    }

    /// In halves where it is too much at once.
    void send(CmfServer &server, const QString &name, const QVariantMap &document, SyncPart &part,
              const Progress &progress)
    {
        const QByteArray json = jsonText(document);
        try {
            server.push(name, json, {}, progress);
            part.bytes += json.size();
        } catch (const TooLarge &) {
            if (executionsIn(document) < 2)
                throw;
            send(server, name, half(document, true), part, progress);
            send(server, name, half(document, false), part, progress);
        }
    }

    /// What CMF's client sends after a push; it does not matter to ours whether it is taken.
    void extras(CmfServer &server, const QVariantMap &document)
    {
        QSet<QString> seen;
        eachExecution(document, [&](const QString &, const QString &,
                                    const QVariantMap &execution) {
            const QString path =
                execution.value("custom_properties").toMap().value("Python_Env").toString();
            if (!path.isEmpty() && !seen.contains(path)) {
                seen << path;
                if (const auto content = smallFile(m_workspace, path))
                    server.putEnvironment(path, *content, m_progress);
            }
            for (const QVariant &event : execution.value("events").toList()) {
                const QVariantMap artifact = event.toMap().value("artifact").toMap();
                const QString md5 = artifact.value("uri").toString();
                if (artifact.value("type") != "Label" || seen.contains(md5) || !isObjectName(md5))
                    continue;
                seen << md5;
                if (const auto content = smallFile(m_workspace, ".dvc/cache/" + objectPath(md5)))
                    server.putLabel(md5, *content, m_progress);
            }
        });
    }

    void queue()
    {
        QueuedPush later;
        for (const SyncPart &part : m_report.parts)
            if (part.outcome == Outcome::Queued) {
                later.remotes << part.remote;
                later.reason = part.sentence;
            }
        if (later.remotes.isEmpty())
            return;
        later.runs = m_plan.choice.runs;
        later.queuedMs = QDateTime::currentMSecsSinceEpoch();
        queuePush(m_workspace, later);
    }

    const QString m_workspace;
    const PushPlan &m_plan;
    const Progress &m_progress;
    SyncState m_state;
    QVariantMap m_document;
    QStringList m_objects, m_branches, m_runs;
    SyncReport m_report;
};

} // namespace

SyncReport push(const QString &workspace, const PushPlan &plan, const Progress &progress)
{
    const SyncLock lock(workspace);
    return Pushing(workspace, plan, progress).run();
}

} // namespace helmscope
