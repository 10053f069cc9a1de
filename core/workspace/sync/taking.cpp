// SPDX-License-Identifier: GPL-3.0-or-later
// A pulled document into the workspace's store.
#include "base/tr.h"
#include "federation/cmfanswer.h"
#include "lineage/cmfjson.h"
#include "lineage/formats/jsontext.h"
#include "lineage/writer.h"
#include "workspace/sync/documents.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <algorithm>

namespace helmscope {

namespace {

using Choose = std::function<PullChoice::Side(const SyncConflict &)>;

const QString originalTime = QStringLiteral("original_create_time_since_epoch");

/// The time at which a thing was made, which servers keep beside their own.
void giveTimeBack(QVariantMap &object)
{
    QVariantMap custom = object.value("custom_properties").toMap();
    const QVariant time = custom.take(originalTime);
    bool isNumber = false;
    const qlonglong ms = time.toLongLong(&isNumber);
    if (isNumber && ms > 0)
        object.insert("create_time_since_epoch", ms);
    object.insert("custom_properties", custom);
}

/// What prepareDocument() made of an artifact, taken back.
QVariantMap artifactAsItWas(QVariantMap artifact)
{
    giveTimeBack(artifact);
    QVariantMap custom = artifact.value("custom_properties").toMap();
    if (const QString type = custom.take("artifact_type").toString(); !type.isEmpty())
        artifact.insert("type", type);
    if (const QString path = custom.take("full_name").toString(); !path.isEmpty()) {
        const QString uri = artifact.value("uri").toString();
        const QString name = artifact.value("name").toString();
        const qsizetype at = name.lastIndexOf(':' + uri);
        artifact.insert("name", path + (at >= 0 ? name.mid(at) : ':' + uri));
    }
    artifact.insert("custom_properties", custom);
    if (artifact.value("properties").toMap().value("url").toString() == " ") {
        QVariantMap declared = artifact.value("properties").toMap();
        declared.insert("url", QString());
        artifact.insert("properties", declared);
    }
    return artifact;
}

class Taking
{
public:
    Taking(const QString &workspace, const Choose &choose)
        : m_privacy(privacyOf(syncRulesOf(workspace)))
        , m_choose(choose)
    {
        eachExecution(workspaceDocument(workspace),
                      [this](const QString &, const QString &, const QVariantMap &execution) {
                          m_runs << runOf(execution);
                          for (const QString &uuid : uuidsOf(execution))
                              m_executions.insert(uuid, execution);
                          for (const QVariant &event : execution.value("events").toList()) {
                              const QVariantMap artifact = event.toMap().value("artifact").toMap();
                              m_artifacts.insert(artifact.value("uri").toString(), artifact);
                          }
                      });
    }

    QVariantMap document(const QVariantMap &given)
    {
        QVariantList pipelines;
        for (const QVariant &one : given.value("Pipeline").toList()) {
            QVariantMap pipeline = one.toMap();
            giveTimeBack(pipeline);
            QVariantList stages;
            for (const QVariant &each : pipeline.value("stages").toList()) {
                QVariantMap stage = each.toMap();
                giveTimeBack(stage);
                QVariantList executions;
                for (const QVariant &execution : stage.value("executions").toList())
                    if (const QVariantMap news =
                            this->execution(execution.toMap(), stage.value("name").toString());
                        !news.isEmpty())
                        executions << news;
                if (executions.isEmpty())
                    continue;
                stage.insert("executions", executions);
                stages << stage;
            }
            if (stages.isEmpty())
                continue;
            pipeline.insert("stages", stages);
            pipelines << pipeline;
        }
        return {{"Pipeline", pipelines}};
    }

    Taken taken;
    struct Reused
    {
        qint64 id = 0;
        QString uuids;
    };
    std::vector<Reused> reused; ///< executions that were used again elsewhere

private:
    bool isSame(const QString &name, const QVariant &ours, const QVariant &theirs) const
    {
        if (isSameStored(ours, theirs))
            return true;
        const QVariant shown = m_privacy(name, ours);
        return shown.isValid() && isSameStored(shown, theirs);
    }

    /// Their values that we do not have, or that are chosen over ours.
    QVariantMap news(const QVariantMap &theirs, const QVariantMap &ours, SyncConflict conflict)
    {
        QVariantMap made;
        for (auto it = theirs.cbegin(); it != theirs.cend(); ++it) {
            const auto known = ours.constFind(it.key());
            if (known == ours.constEnd()) {
                made.insert(it.key(), it.value());
                continue;
            }
            if (isSame(it.key(), *known, it.value()))
                continue;
            conflict.name = it.key();
            conflict.ours = *known;
            conflict.theirs = it.value();
            const QString key = conflict.key + '\n' + conflict.name;
            const PullChoice::Side side = m_choose ? m_choose(conflict) : PullChoice::Side::None;
            if (side == PullChoice::Side::Theirs)
                made.insert(it.key(), it.value());
            else if (side == PullChoice::Side::None && !m_reported.contains(key))
                taken.conflicts.push_back(conflict);
            m_reported << key;
        }
        return made;
    }

    QVariantMap execution(QVariantMap theirs, const QString &stage)
    {
        giveTimeBack(theirs);
        const QStringList uuids = uuidsOf(theirs);
        QVariantMap ours;
        for (const QString &uuid : uuids)
            if (m_executions.contains(uuid)) {
                ours = m_executions.value(uuid);
                break;
            }
        QVariantMap custom = theirs.value("custom_properties").toMap();
        QString type = custom.take("original_type").toString(); // servers call it by its stage
        if (type.isEmpty())
            type = custom.value("execution_type").toString();
        const bool isNew = ours.isEmpty();
        bool isNews = isNew;
        QSet<QString> known;
        if (isNew) {
            if (const QString run = runOf(theirs); !run.isEmpty() && !m_runs.contains(run)) {
                m_runs << run;
                taken.runs << run;
            }
            taken.executions << uuids.value(0);
            if (!type.isEmpty())
                theirs.insert("type", type);
        } else {
            SyncConflict conflict;
            conflict.of = SyncConflict::Of::Execution;
            conflict.where = nameOf(ours, stage);
            conflict.key = uuidsOf(ours).value(0);
            custom = news(custom, ours.value("custom_properties").toMap(), conflict);
            isNews = !custom.isEmpty();
            unite(ours, theirs, uuids);
            for (const QVariant &event : ours.value("events").toList())
                known << keyOfEvent(event.toMap());
        }
        theirs.insert("custom_properties", custom);
        QVariantList events;
        for (const QVariant &each : theirs.value("events").toList()) {
            QVariantMap event = each.toMap();
            const bool isKnown = known.contains(keyOfEvent(event));
            // A long text of ours, which stands in a property here.
            if (!isNew && !isKnown && isText(event.value("artifact").toMap(), ours))
                continue;
            QVariantMap artifact = artifactAsItWas(event.value("artifact").toMap());
            const auto here = m_artifacts.constFind(artifact.value("uri").toString());
            if (here != m_artifacts.constEnd()) {
                SyncConflict conflict;
                conflict.of = SyncConflict::Of::Artifact;
                conflict.where = here->value("name").toString().section(':', 0, 0);
                conflict.key = here->value("uri").toString();
                const QVariantMap more = news(artifact.value("custom_properties").toMap(),
                                              here->value("custom_properties").toMap(), conflict);
                artifact.insert("custom_properties", more);
                if (isKnown && more.isEmpty())
                    continue;
                // The same event, in the type that it has here.
                if (isKnown)
                    for (const QVariant &own : ours.value("events").toList())
                        if (keyOfEvent(own.toMap()) == keyOfEvent(event))
                            event.insert("type", own.toMap().value("type"));
            }
            isNews = true;
            event.insert("artifact", artifact);
            events << event;
        }
        theirs.insert("events", events);
        return isNews ? theirs : QVariantMap();
    }

    /// One that was used again has several uuids; both sides' are kept.
    void unite(const QVariantMap &ours, QVariantMap &theirs, const QStringList &uuids)
    {
        QStringList all = uuidsOf(ours);
        const QString here = all.join(',');
        for (const QString &uuid : uuids)
            if (!all.contains(uuid))
                all << uuid;
        if (all.join(',') != here)
            reused.push_back({ours.value("id").toLongLong(), all.join(',')});
        QVariantMap declared = theirs.value("properties").toMap();
        declared.insert("Execution_uuid", here); // by which it is found
        theirs.insert("properties", declared);
    }

    static QString keyOfEvent(const QVariantMap &event)
    {
        const int type = event.value("type").toInt();
        const bool isInput = type == 2 || type == 3 || type == 5;
        return event.value("artifact").toMap().value("uri").toString() + (isInput ? " in" : " out");
    }

    static bool isText(const QVariantMap &artifact, const QVariantMap &ours)
    {
        const QString of = artifact.value("custom_properties").toMap().value("text_of").toString();
        return !of.isEmpty() && (ours.value("custom_properties").toMap().contains(of) ||
                                 ours.value("properties").toMap().contains(of));
    }

    static QString nameOf(const QVariantMap &execution, const QString &stage)
    {
        const QString name = execution.value("name").toString();
        return name.isEmpty() ? stage + ' ' + uuidsOf(execution).value(0).left(8) : name;
    }

    PrivacyRule m_privacy;
    const Choose &m_choose;
    QHash<QString, QVariantMap> m_executions, m_artifacts; ///< by uuid, by content
    QSet<QString> m_runs, m_reported;
};

} // namespace

Taken takeDocument(const QString &workspace, const QVariantMap &document, const Choose &choose)
{
    Taking taking(workspace, choose);
    const QVariantMap news = taking.document(document);
    if (news.value("Pipeline").toList().isEmpty() && taking.reused.empty())
        return std::move(taking.taken);
    LineageWriter writer(workspace + QStringLiteral("/mlmd"));
    LineageWriter::Batch batch(writer);
    writeCmfJson(jsonText(news), Tr::tr("What was pulled"), writer);
    for (const Taking::Reused &one : taking.reused)
        writer.update(LineageNode::Kind::Execution, one.id,
                      {{QStringLiteral("Execution_uuid"), one.uuids, false}});
    batch.commit();
    return std::move(taking.taken);
}

Taken takeDocuments(const QString &workspace, QHash<QString, QString> &known, const Choose &choose,
                    const Progress &progress)
{
    constexpr qint64 mostBytes = 64 << 20;
    const QDir root(workspace);
    QVariantList pipelines;
    QHash<QString, QString> seen;
    for (QDirIterator it(root.filePath("lineage"), {"*.json"}, QDir::Files | QDir::NoSymLinks,
                         QDirIterator::Subdirectories);
         it.hasNext();) {
        const QString name = it.next(), path = root.relativeFilePath(name);
        QFile file(name);
        if (file.size() > mostBytes || !file.open(QIODevice::ReadOnly))
            continue;
        if (!progress(0.5))
            return {};
        const QByteArray json = file.readAll();
        const QString md5 =
            QString::fromLatin1(QCryptographicHash::hash(json, QCryptographicHash::Md5).toHex());
        if (known.value(path) == md5)
            continue;
        try {
            pipelines += parseDocument(json, path).value("Pipeline").toList();
        } catch (const Error &) {
            continue; // something else of the user's
        }
        seen.insert(path, md5);
    }
    if (pipelines.isEmpty())
        return {};
    Taken taken = takeDocument(workspace, {{"Pipeline", pipelines}}, choose);
    known.insert(seen);
    return taken;
}

} // namespace helmscope
