// SPDX-License-Identifier: GPL-3.0-or-later
// What a push would do.
#include "base/tr.h"
#include "federation/cmfanswer.h"
#include "lineage/formats/jsontext.h"
#include "workspace/sync/parts.h"
#include "workspace/sync/versions.h"
#include "workspace/workspace.h"

#include <QFileInfo>

#include <algorithm>
#include <map>

namespace helmscope {

namespace {

/// Runs that are going on: their executions would be frozen half-done on a server.
QSet<QString> goingRuns(const QString &workspace)
{
    QSet<QString> going;
    for (const RunEntry &entry : Workspace(workspace).runs(unwatched()))
        if (entry.isGoing)
            going << entry.id;
    return going;
}

bool isWanted(const SyncChoice &choice, const QString &run)
{
    return choice.runs.isEmpty() || choice.runs.contains(run);
}

SyncItem partItem(const Remote &remote)
{
    SyncItem item;
    item.part = remote.kind;
    item.name = remote.name;
    return item;
}

void sum(SyncItem &item)
{
    if (item.children.empty())
        return;
    item.count = 0;
    item.bytes = 0;
    for (SyncItem &child : item.children) {
        sum(child);
        item.count += child.count;
        item.bytes += child.bytes;
    }
}

class Planning
{
public:
    Planning(const QString &workspace, const SyncChoice &choice, const Progress &progress)
        : m_workspace(workspace)
        , m_progress(progress)
        , m_state(SyncState::read(workspace))
        , m_document(workspaceDocument(workspace))
        , m_going(goingRuns(workspace))
    {
        m_plan.choice = choice;
    }

    PushPlan plan()
    {
        for (const QString &run : m_going)
            if (isWanted(m_plan.choice, run))
                m_plan.notes
                    << Tr::tr("Run %1 is going on: it can be pushed when it has ended.").arg(run);
        try {
            if (m_plan.choice.metadata)
                metadata(*m_plan.choice.metadata);
            if (m_plan.choice.artifacts && m_progress(0.3))
                artifacts(*m_plan.choice.artifacts);
            if (m_plan.choice.versions && m_progress(0.9))
                m_plan.items.push_back(versionsToPush(m_workspace, *m_plan.choice.versions));
        } catch (const Stopped &) {
            m_plan.isStopped = true;
        }
        for (SyncItem &item : m_plan.items)
            sum(item);
        if (m_plan.choice.versions && !m_plan.items.empty() &&
            m_plan.items.back().part == Remote::Kind::Versions && m_plan.items.back().count > 0)
            m_plan.notes << Tr::tr("Versions go as they were committed, with names of people and "
                                   "samples: untick them where that must stay here.");
        for (const auto &remote :
             {m_plan.choice.metadata, m_plan.choice.artifacts, m_plan.choice.versions})
            if (remote)
                if (const QString warning = warningOf(*remote, m_state); !warning.isEmpty())
                    m_plan.notes << warning;
        return std::move(m_plan);
    }

private:
    void metadata(const Remote &remote)
    {
        CmfTraits traits;
        CmfServer server(accessOf(m_workspace, remote, m_state));
        try {
            traits = server.traits(m_progress);
        } catch (const Stopped &) {
            throw;
        } catch (const Error &error) { // the push will say it, too
            m_plan.notes << QString::fromUtf8(error.what());
        }
        const auto known = m_state.servers.value(secretNameOf(remote)).executions;
        QSet<QString> pending;
        std::map<QString, std::map<QString, SyncItem>> runs; // by pipeline
        eachExecution(m_document,
                      [&](const QString &pipeline, const QString &, const QVariantMap &execution) {
                          const QString uuid = uuidsOf(execution).value(0), run = runOf(execution);
                          if (!isWanted(m_plan.choice, run) || m_going.contains(run) ||
                              known.value(uuid) == digestOf(execution))
                              return;
                          pending << uuid;
                          SyncItem &item = runs[pipeline][run];
                          item.kind = SyncItem::Kind::Run;
                          item.part = remote.kind;
                          item.run = run;
                          item.name = run.isEmpty() ? Tr::tr("other executions") : run;
                          item.contents << uuid;
                          item.bytes += jsonText(execution).size();
                          ++item.count;
                      });
        SyncItem whole = partItem(remote);
        for (auto &[pipeline, items] : runs) {
            SyncItem item;
            item.kind = SyncItem::Kind::Pipeline;
            item.part = remote.kind;
            item.name = pipeline;
            for (auto &[run, one] : items)
                item.children.push_back(std::move(one));
            whole.children.push_back(std::move(item));
        }
        m_plan.items.push_back(std::move(whole));
        losses(withExecutions(m_document, pending), traits);
    }

    void losses(const QVariantMap &document, const CmfTraits &traits)
    {
        std::map<QString, int> counts;
        Preparing how;
        how.isForHub = traits.isHub;
        how.privacy = [&counts, rule = privacyOf(syncRulesOf(m_workspace))](const QString &name,
                                                                            const QVariant &value) {
            const QVariant shown = rule(name, value);
            if (!shown.isValid() && value.isValid())
                ++counts[name];
            return shown;
        };
        PreparedDocument prepared = prepareDocument(document, how);
        m_plan.losses = std::move(prepared.losses);
        for (const auto &[name, count] : counts)
            m_plan.leftOut << Tr::tr("%1 (%2 times)").arg(name).arg(count);
        if (!prepared.texts.isEmpty() && !m_plan.choice.artifacts)
            m_plan.notes << Tr::tr("Texts too long for the server stay here: there is no remote "
                                   "for artifacts.");
    }

    void artifacts(const Remote &remote)
    {
        std::vector<RunObject> objects =
            runObjects(m_workspace, runsByUuid(m_document), &m_plan.notes);
        std::erase_if(objects, [this](const RunObject &object) {
            return !isWanted(m_plan.choice, object.run) || m_going.contains(object.run);
        });
        QSet<QString> there = m_state.stores.value(secretNameOf(remote));
        QHash<QString, qint64> sizes;
        try {
            QStringList names;
            for (const RunObject &object : objects)
                names << object.name;
            names.removeDuplicates();
            const TransferPlan plan =
                planUpload(objectRemoteOf(m_workspace, remote), cacheOf(m_workspace), names,
                           part(m_progress, 0.3, 0.9));
            if (plan.isStopped)
                throw Stopped();
            there.clear();
            for (const TransferPlan::Item &item : plan.there)
                there << item.name;
            for (const QString &missing : plan.missing)
                for (const RunObject &object : objects)
                    if (object.name == missing)
                        m_plan.notes << Tr::tr("%1 is neither here nor there: its content is lost "
                                               "to this workspace.")
                                            .arg(object.path);
            for (const QString &missing : plan.missing)
                there << missing;
        } catch (const Stopped &) {
            throw;
        } catch (const Error &error) {
            m_plan.notes << QString::fromUtf8(error.what());
        }
        std::map<QString, SyncItem> runs;
        QSet<QString> seen;
        for (const RunObject &object : objects) {
            if (there.contains(object.name) || seen.contains(object.name))
                continue;
            seen << object.name;
            SyncItem file;
            file.kind = SyncItem::Kind::File;
            file.part = remote.kind;
            file.name = object.path;
            file.run = object.run;
            file.contents = {object.name};
            file.count = 1;
            file.bytes = object.bytes;
            SyncItem &item = runs[object.run];
            item.kind = SyncItem::Kind::Run;
            item.part = remote.kind;
            item.run = object.run;
            item.name = object.run.isEmpty() ? Tr::tr("other files") : object.run;
            item.children.push_back(std::move(file));
        }
        SyncItem whole = partItem(remote);
        for (auto &[run, item] : runs)
            whole.children.push_back(std::move(item));
        m_plan.items.push_back(std::move(whole));
    }

    const QString m_workspace;
    const Progress &m_progress;
    SyncState m_state;
    const QVariantMap m_document;
    const QSet<QString> m_going;
    PushPlan m_plan;
};

} // namespace

PushPlan planPush(const QString &workspace, const SyncChoice &choice, const Progress &progress)
{
    return Planning(workspace, choice, progress).plan();
}

Unpushed unpushed(const QString &workspace, const SyncChoice &choice)
{
    const SyncState state = SyncState::read(workspace);
    const QVariantMap document = workspaceDocument(workspace);
    const QSet<QString> going = goingRuns(workspace);
    Unpushed found;
    if (choice.metadata) {
        const auto known = state.servers.value(secretNameOf(*choice.metadata)).executions;
        eachExecution(
            document, [&](const QString &, const QString &, const QVariantMap &execution) {
                if (isWanted(choice, runOf(execution)) && !going.contains(runOf(execution)) &&
                    known.value(uuidsOf(execution).value(0)) != digestOf(execution))
                    ++found.executions;
            });
    }
    if (choice.artifacts) {
        QSet<QString> there = state.stores.value(secretNameOf(*choice.artifacts));
        for (const RunObject &object : runObjects(workspace, runsByUuid(document), nullptr))
            if (isWanted(choice, object.run) && !going.contains(object.run) &&
                !there.contains(object.name)) {
                there << object.name;
                ++found.files;
            }
    }
    if (choice.versions) {
        SyncItem item = versionsToPush(workspace, *choice.versions);
        sum(item);
        found.versions = item.count;
    }
    return found;
}

} // namespace helmscope
