// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/merging.h"

#include "federation/hub/refusal.h"
#include "federation/hub/store/database.h"
#include "federation/hub/store/nodes.h"
#include "lineage/store/schema.h"

#include <QHash>
#include <QSet>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace helmscope {

namespace {

using Document = PipelineDocument;
using Property = Document::Property;

/// Properties that the store itself gives an execution.
bool isOurs(const Property &property)
{
    static const QSet<QString> names{"Context_ID", "Pipeline_id", "Pipeline_Type",
                                     "Execution_type_name", "Execution_uuid"};
    return !property.isCustom && names.contains(property.name);
}

/// The last ids and time in the tables; in one question, since a database may be far away.
struct Last
{
    explicit Last(SqlSession &session)
    {
        QStringList questions;
        for (const char *table :
             {"Execution", "Artifact", "Context", "Type", "Event", "Association", "Attribution"})
            questions << QStringLiteral("(SELECT max(id) FROM %1)").arg(QLatin1String(table));
        for (const char *table : {"Execution", "Context"})
            questions << QStringLiteral("(SELECT max(last_update_time_since_epoch) FROM %1)")
                             .arg(QLatin1String(table));
        session.run("SELECT " + questions.join(", "), {}, [this](const QSqlQuery &row) {
            int column = 0;
            for (qint64 *each :
                 {&execution, &artifact, &context, &type, &event, &association, &attribution})
                *each = row.value(column++).toLongLong();
            timeMs = std::max(row.value(column).toLongLong(), row.value(column + 1).toLongLong());
        });
    }
    qint64 execution = 0, artifact = 0, context = 0, type = 0, event = 0, association = 0,
           attribution = 0, timeMs = 0;
};

class Merge
{
public:
    Merge(SqlSession &session, const PipelineDocument &document, const MergeWish &wish)
        : m_session(session)
        , m_document(document)
        , m_wish(wish)
        , m_last(session)
        // No two merges have one time, whatever the clock does: who asks for what is new since a
        // time misses nothing.
        , m_nowMs(std::max(wish.nowMs, m_last.timeMs + 1))
        , m_contexts(session, Nodes::Context, m_last.context)
        , m_executions(session, Nodes::Execution, m_last.execution)
        , m_artifacts(session, Nodes::Artifact, m_last.artifact)
    {
    }

    MergeOutcome all()
    {
        choose();
        types();
        contexts();
        artifacts();
        executions();
        events();
        m_contexts.write(m_nowMs);
        m_artifacts.write(m_nowMs);
        m_executions.write(m_nowMs);
        return m_outcome;
    }

private:
    struct Run
    {
        const Document::Execution *execution;
        const Document::Stage *stage;
        const Document::Pipeline *pipeline;
        qint64 id = 0, stageId = 0, pipelineId = 0;
        bool isNew = false;
    };

    SqlSession &m_session;
    const PipelineDocument &m_document;
    const MergeWish &m_wish;
    Last m_last;
    qint64 m_nowMs;
    MergeOutcome m_outcome;
    Nodes m_contexts, m_executions, m_artifacts;
    std::vector<Run> m_runs;
    std::vector<const Document::Pipeline *> m_pipelines;
    QHash<QString, qint64> m_types;                 ///< by kind and name
    QHash<QString, std::pair<qint64, int>> m_names; ///< contexts: id, kind of type
    std::vector<qint64> m_artifactIds;              ///< by place in the document; 0: not asked for
    std::set<int> m_changedArtifacts;               ///< by place in the document

    static QString originalOf(const Document::Entity &entity)
    {
        return QString::number(entity.createdMs);
    }

    void choose()
    {
        for (const Document::Pipeline &pipeline : m_document.pipelines) {
            if (!m_wish.pipeline.isEmpty() && pipeline.name != m_wish.pipeline)
                continue;
            m_pipelines.push_back(&pipeline);
            for (const Document::Stage &stage : pipeline.stages)
                for (const Document::Execution &execution : stage.executions)
                    if (m_wish.executionUuid.isEmpty() ||
                        execution.uuids.contains(m_wish.executionUuid))
                        m_runs.push_back({&execution, &stage, &pipeline});
        }
        m_outcome.executions = int(m_runs.size());
    }

    qint64 type(TypeKind kind, const QString &name)
    {
        return m_types.value(QString::number(int(kind)) + name);
    }

    void types()
    {
        std::set<std::pair<int, QString>> wanted{{int(TypeKind::Context), "Parent_Context"},
                                                 {int(TypeKind::Context), "Pipeline_Stage"}};
        for (const Document::Artifact &artifact : m_document.artifacts)
            wanted.insert({int(TypeKind::Artifact), artifact.type});
        for (const Run &run : m_runs)
            wanted.insert({int(TypeKind::Execution), run.stage->name});
        QStringList names;
        for (const auto &[kind, name] : wanted)
            names << name;
        m_session.run("SELECT id, name, type_kind FROM Type WHERE name " + m_session.inTexts() +
                          " ORDER BY id",
                      {SqlSession::listOf(names)}, [&](const QSqlQuery &row) {
                          const QString key = row.value(2).toString() + row.value(1).toString();
                          if (!m_types.contains(key))
                              m_types.insert(key, row.value(0).toLongLong());
                      });
        std::vector<QVariantList> rows;
        for (const auto &[kind, name] : wanted) {
            const QString key = QString::number(kind) + name;
            if (m_types.contains(key))
                continue;
            m_types.insert(key, ++m_last.type);
            rows.push_back({m_last.type, name, kind});
        }
        m_session.insert("Type", {{"id", "bigint"}, {"name", "text"}, {"type_kind", "smallint"}},
                         rows);
    }

    /// ML-Metadata wants the declared properties of a type named.
    void declare(std::map<std::pair<qint64, QString>, int> &declared, qint64 type,
                 const Property &property)
    {
        if (property.isCustom)
            return;
        const int kind = property.value.userType() == QMetaType::LongLong ? int(PropertyType::Int)
                         : property.value.userType() == QMetaType::Double
                             ? int(PropertyType::Double)
                             : int(PropertyType::String);
        declared.emplace(std::pair(type, property.name), kind);
    }
    void write(const std::map<std::pair<qint64, QString>, int> &declared)
    {
        std::vector<QVariantList> rows;
        for (const auto &[key, kind] : declared)
            rows.push_back({key.first, key.second, kind});
        m_session.insert("TypeProperty",
                         {{"type_id", "bigint"}, {"name", "text"}, {"data_type", "bigint"}}, rows,
                         "ON CONFLICT DO NOTHING");
    }

    void contexts()
    {
        QStringList names;
        for (const Document::Pipeline *pipeline : m_pipelines) {
            names << pipeline->name;
            for (const Document::Stage &stage : pipeline->stages)
                names << stage.name;
        }
        const qint64 pipelineType = type(TypeKind::Context, "Parent_Context");
        const qint64 stageType = type(TypeKind::Context, "Pipeline_Stage");
        std::vector<qint64> known;
        QHash<QString, std::pair<qint64, qint64>> stored; // id, type
        m_session.run("SELECT name, id, type_id FROM Context WHERE name " + m_session.inTexts(),
                      {SqlSession::listOf(names)}, [&](const QSqlQuery &row) {
                          stored.insert(row.value(0).toString(),
                                        {row.value(1).toLongLong(), row.value(2).toLongLong()});
                          known.push_back(row.value(1).toLongLong());
                      });
        m_contexts.load(known);
        std::vector<QVariantList> rows, parents;
        std::map<std::pair<qint64, QString>, int> declared;
        const auto put = [&](const Document::Entity &entity, qint64 ofType, const char *property) {
            const auto old = stored.constFind(entity.name);
            if (old != stored.cend()) {
                if (old->second != ofType)
                    refuse(409, Tr::tr("\"%1\" cannot be the name of a %2 here: it already stands "
                                       "for something else. Give it another name.")
                                    .arg(entity.name, ofType == pipelineType ? Tr::tr("pipeline")
                                                                             : Tr::tr("stage")));
                if (m_contexts.update(old->first, entity, nullptr)) {
                    m_contexts.touch(old->first);
                    ++m_outcome.changedContexts;
                }
                return old->first;
            }
            const qint64 id = m_contexts.newId();
            stored.insert(entity.name, {id, ofType});
            rows.push_back({id, ofType, entity.name, m_nowMs, m_nowMs});
            m_contexts.put(id, {property, false, entity.name});
            declare(declared, ofType, {property, false, entity.name});
            bool hasOriginal = false;
            for (const Property &each : entity.properties) {
                m_contexts.put(id, each);
                declare(declared, ofType, each);
                hasOriginal = hasOriginal || (each.isCustom && each.name == originalTime);
            }
            if (!hasOriginal && entity.createdMs > 0 && ofType == stageType)
                m_contexts.put(id, {originalTime, true, originalOf(entity)});
            m_contexts.setOrigin(id, entity.updatedMs);
            ++m_outcome.changedContexts;
            return id;
        };
        QHash<QString, qint64> ids;
        for (const Document::Pipeline *pipeline : m_pipelines) {
            const qint64 parent = put(*pipeline, pipelineType, "Pipeline");
            ids.insert(pipeline->name, parent);
            for (const Document::Stage &stage : pipeline->stages) {
                const qint64 child = put(stage, stageType, "Pipeline_Stage");
                ids.insert(stage.name, child);
                parents.push_back({child, parent});
            }
        }
        m_session.insert("Context",
                         {{"id", "bigint"},
                          {"type_id", "bigint"},
                          {"name", "text"},
                          {"create_time_since_epoch", "bigint"},
                          {"last_update_time_since_epoch", "bigint"}},
                         rows);
        m_session.insert("ParentContext",
                         {{"context_id", "bigint"}, {"parent_context_id", "bigint"}}, parents,
                         "ON CONFLICT DO NOTHING");
        write(declared);
        for (Run &run : m_runs) {
            run.pipelineId = ids.value(run.pipeline->name);
            run.stageId = ids.value(run.stage->name);
        }
    }

    void artifacts()
    {
        m_artifactIds.assign(m_document.artifacts.size(), 0);
        std::set<int> used;
        for (const Run &run : m_runs)
            for (const Document::Event &event : run.execution->events)
                used.insert(event.artifact);
        QStringList uris, names;
        for (const int place : used) {
            const Document::Artifact &artifact = m_document.artifacts[std::size_t(place)];
            if (artifact.uri.isEmpty())
                names << artifact.name;
            else
                uris << artifact.uri;
        }
        QHash<QString, qint64> byUri, byName;
        if (!uris.isEmpty())
            m_session.run("SELECT uri, min(id) FROM Artifact WHERE uri " + m_session.inTexts() +
                              " GROUP BY uri",
                          {SqlSession::listOf(uris)}, [&](const QSqlQuery &row) {
                              byUri.insert(row.value(0).toString(), row.value(1).toLongLong());
                          });
        if (!names.isEmpty()) // without content, only its type and name say what it is
            m_session.run("SELECT type_id, name, min(id) FROM Artifact WHERE (uri IS NULL OR uri = "
                          "'') AND name " +
                              m_session.inTexts() + " GROUP BY type_id, name",
                          {SqlSession::listOf(names)}, [&](const QSqlQuery &row) {
                              byName.insert(row.value(0).toString() + '\n' +
                                                row.value(1).toString(),
                                            row.value(2).toLongLong());
                          });
        std::vector<qint64> known;
        for (const int place : used) {
            const Document::Artifact &artifact = m_document.artifacts[std::size_t(place)];
            const qint64 id =
                artifact.uri.isEmpty()
                    ? byName.value(QString::number(type(TypeKind::Artifact, artifact.type)) + '\n' +
                                   artifact.name)
                    : byUri.value(artifact.uri);
            m_artifactIds[std::size_t(place)] = id;
            if (id)
                known.push_back(id);
        }
        m_artifacts.load(known);
        std::vector<QVariantList> rows;
        std::map<std::pair<qint64, QString>, int> declared;
        for (const int place : used) {
            const Document::Artifact &artifact = m_document.artifacts[std::size_t(place)];
            qint64 &id = m_artifactIds[std::size_t(place)];
            if (id) {
                if (m_artifacts.update(id, artifact, nullptr)) {
                    m_artifacts.touch(id);
                    m_changedArtifacts.insert(place);
                    ++m_outcome.changedArtifacts;
                }
                continue;
            }
            id = m_artifacts.newId();
            const qint64 ofType = type(TypeKind::Artifact, artifact.type);
            rows.push_back({id, ofType, artifact.uri.isEmpty() ? QStringLiteral("") : artifact.uri,
                            artifact.name.isEmpty() ? QVariant() : artifact.name, m_nowMs,
                            m_nowMs});
            bool hasOriginal = false;
            for (const Property &each : artifact.properties) {
                m_artifacts.put(id, each);
                declare(declared, ofType, each);
                hasOriginal = hasOriginal || (each.isCustom && each.name == originalTime);
            }
            if (!hasOriginal && artifact.createdMs > 0)
                m_artifacts.put(id, {originalTime, true, originalOf(artifact)});
            m_artifacts.setOrigin(id, artifact.updatedMs);
            ++m_outcome.newArtifacts;
        }
        m_session.insert("Artifact",
                         {{"id", "bigint"},
                          {"type_id", "bigint"},
                          {"uri", "text"},
                          {"name", "text"},
                          {"create_time_since_epoch", "bigint"},
                          {"last_update_time_since_epoch", "bigint"}},
                         rows);
        write(declared);
    }

    /// Ids of the stored executions among those of the document.
    void find()
    {
        QStringList uuids, names;
        for (const Run &run : m_runs) {
            uuids += run.execution->uuids;
            if (!run.execution->name.isEmpty())
                names << run.execution->name;
        }
        QHash<std::pair<qint64, QString>, qint64> byUuid, byName;
        m_session.run("SELECT uuid, pipeline_id, execution_id FROM hub_uuid WHERE uuid " +
                          m_session.inTexts(),
                      {SqlSession::listOf(uuids)}, [&](const QSqlQuery &row) {
                          byUuid.insert({row.value(1).toLongLong(), row.value(0).toString()},
                                        row.value(2).toLongLong());
                      });
        if (!names.isEmpty())
            m_session.run("SELECT type_id, name, id FROM Execution WHERE name " +
                              m_session.inTexts(),
                          {SqlSession::listOf(names)}, [&](const QSqlQuery &row) {
                              byName.insert({row.value(0).toLongLong(), row.value(1).toString()},
                                            row.value(2).toLongLong());
                          });
        std::vector<qint64> known;
        for (Run &run : m_runs) {
            const Document::Execution &execution = *run.execution;
            const std::pair named(type(TypeKind::Execution, run.stage->name), execution.name);
            if (!execution.name.isEmpty())
                run.id = byName.value(named);
            for (const QString &uuid : execution.uuids)
                if (run.id == 0)
                    run.id = byUuid.value({run.pipelineId, uuid});
            if (run.id == 0) {
                run.id = m_executions.newId();
                run.isNew = true;
                if (!execution.name.isEmpty())
                    byName.insert(named, run.id);
            } else {
                known.push_back(run.id);
            }
            for (const QString &uuid : execution.uuids) // the same run twice in one document
                if (!byUuid.contains({run.pipelineId, uuid}))
                    byUuid.insert({run.pipelineId, uuid}, run.id);
        }
        std::sort(known.begin(), known.end());
        known.erase(std::unique(known.begin(), known.end()), known.end());
        m_executions.load(known);
    }

    void executions()
    {
        find();
        std::vector<QVariantList> rows, associations, uuidRows;
        std::map<std::pair<qint64, QString>, int> declared;
        for (const Run &run : m_runs) {
            const Document::Execution &execution = *run.execution;
            const qint64 ofType = type(TypeKind::Execution, run.stage->name);
            const QString userType = execution.type == run.stage->name ? QString() : execution.type;
            for (const QString &uuid : execution.uuids)
                uuidRows.push_back({uuid, run.pipelineId, run.id});
            associations.push_back({run.stageId, run.id, run.isNew});
            QStringList uuids = execution.uuids;
            if (run.isNew) {
                rows.push_back({run.id, ofType,
                                execution.name.isEmpty() ? QVariant() : execution.name, m_nowMs,
                                m_nowMs});
                bool hasOriginal = false;
                for (const Property &each : execution.properties) {
                    if (!isOurs(each))
                        m_executions.put(run.id, each);
                    declare(declared, ofType, each);
                    hasOriginal = hasOriginal || (each.isCustom && each.name == originalTime);
                }
                for (const Property &each :
                     {Property{"Context_ID", false, run.stageId},
                      Property{"Pipeline_id", false, run.pipelineId},
                      Property{"Pipeline_Type", false, run.pipeline->name},
                      Property{"Execution_type_name", false, run.stage->name}}) {
                    m_executions.put(run.id, each);
                    declare(declared, ofType, each);
                }
                if (!hasOriginal && execution.createdMs > 0)
                    m_executions.put(run.id, {originalTime, true, originalOf(execution)});
                m_executions.setOrigin(run.id, execution.updatedMs, userType);
                ++m_outcome.newExecutions;
            } else {
                const auto &stored = m_executions.properties(run.id);
                const auto known = stored.find({QStringLiteral("Execution_uuid"), false});
                if (known != stored.end()) {
                    QStringList all = known->second.toString().split(',', Qt::SkipEmptyParts);
                    for (const QString &uuid : execution.uuids)
                        if (!all.contains(uuid))
                            all << uuid;
                    uuids = all;
                }
                if (m_executions.update(run.id, execution, isOurs)) {
                    m_executions.touch(run.id);
                    ++m_outcome.changedExecutions;
                }
                if (!userType.isEmpty())
                    m_executions.setOrigin(run.id, execution.updatedMs, userType);
            }
            const auto &now = m_executions.properties(run.id);
            const auto said = now.find({QStringLiteral("Execution_uuid"), false});
            if (said == now.end() || said->second.toString() != uuids.join(',')) {
                m_executions.put(run.id, {"Execution_uuid", false, uuids.join(',')});
                if (!run.isNew) {
                    m_executions.touch(run.id);
                    ++m_outcome.changedExecutions;
                }
            }
        }
        m_session.insert("Execution",
                         {{"id", "bigint"},
                          {"type_id", "bigint"},
                          {"name", "text"},
                          {"create_time_since_epoch", "bigint"},
                          {"last_update_time_since_epoch", "bigint"}},
                         rows);
        m_session.insert("hub_uuid",
                         {{"uuid", "text"}, {"pipeline_id", "bigint"}, {"execution_id", "bigint"}},
                         uuidRows, "ON CONFLICT DO NOTHING");
        join("Association", "execution_id", associations);
        write(declared);
    }

    /// Rows of Association or Attribution: context, node, whether the node is new; those that are
    /// there stay.
    void join(const QString &table, const char *node, const std::vector<QVariantList> &pairs)
    {
        std::set<std::pair<qint64, qint64>> known;
        std::vector<qint64> ids;
        for (const QVariantList &pair : pairs)
            if (!pair[2].toBool())
                ids.push_back(pair[1].toLongLong());
        if (!ids.empty())
            m_session.run(QStringLiteral("SELECT context_id, %2 FROM %1 WHERE %2 %3")
                              .arg(table, node, m_session.inNumbers()),
                          {SqlSession::listOf(ids)}, [&](const QSqlQuery &row) {
                              known.insert({row.value(0).toLongLong(), row.value(1).toLongLong()});
                          });
        qint64 &next = table == "Association" ? m_last.association : m_last.attribution;
        std::vector<QVariantList> rows;
        for (const QVariantList &pair : pairs)
            if (known.insert({pair[0].toLongLong(), pair[1].toLongLong()}).second)
                rows.push_back({++next, pair[0], pair[1]});
        m_session.insert(table, {{"id", "bigint"}, {"context_id", "bigint"}, {node, "bigint"}},
                         rows);
    }

    void events()
    {
        std::set<std::tuple<qint64, qint64, int>> known;
        std::vector<qint64> old;
        for (const Run &run : m_runs)
            if (!run.isNew)
                old.push_back(run.id);
        if (!old.empty())
            m_session.run("SELECT artifact_id, execution_id, type FROM Event WHERE execution_id " +
                              m_session.inNumbers(),
                          {SqlSession::listOf(old)}, [&](const QSqlQuery &row) {
                              known.insert({row.value(0).toLongLong(), row.value(1).toLongLong(),
                                            row.value(2).toInt()});
                          });
        qint64 &next = m_last.event;
        std::vector<QVariantList> rows, paths, attributions;
        for (const Run &run : m_runs) {
            bool isChanged = false;
            for (const Document::Event &event : run.execution->events) {
                const qint64 artifact = m_artifactIds[std::size_t(event.artifact)];
                // Whoever asks for what is new gets whole executions: what changed in an artifact
                // reaches him with those that have it.
                isChanged = isChanged || m_changedArtifacts.count(event.artifact) > 0;
                if (!known.insert({artifact, run.id, event.type}).second)
                    continue;
                isChanged = true;
                rows.push_back({++next, artifact, run.id, event.type,
                                event.timeMs > 0 ? event.timeMs : m_nowMs});
                if (!event.path.isEmpty())
                    paths.push_back({next, 0, event.path});
                attributions.push_back({run.stageId, artifact, m_artifacts.isNew(artifact)});
            }
            if (isChanged && !run.isNew)
                m_executions.touch(run.id);
        }
        m_outcome.newEvents = int(rows.size());
        m_session.insert("Event",
                         {{"id", "bigint"},
                          {"artifact_id", "bigint"},
                          {"execution_id", "bigint"},
                          {"type", "bigint"},
                          {"milliseconds_since_epoch", "bigint"}},
                         rows);
        m_session.insert(
            "EventPath",
            {{"event_id", "bigint"}, {"is_index_step", "smallint"}, {"step_key", "text"}}, paths);
        join("Attribution", "artifact_id", attributions);
    }
};

} // namespace

MergeOutcome merge(SqlSession &session, const PipelineDocument &document, const MergeWish &wish)
{
    return Merge(session, document, wish).all();
}

} // namespace helmscope
