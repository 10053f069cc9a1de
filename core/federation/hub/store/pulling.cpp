// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/pulling.h"

#include "federation/hub/store/database.h"
#include "lineage/formats/jsontext.h"

#include <QHash>

#include <map>
#include <set>
#include <vector>

namespace helmscope {

namespace {

struct Row
{
    qint64 id = 0, typeId = 0, createdMs = 0, updatedMs = 0;
    QString name, uri, userType;
    QByteArray declared, custom; ///< members of an object, as text
};

void addMember(QByteArray &object, const QString &key, const QVariant &value)
{
    if (!object.isEmpty())
        object += ", ";
    object += jsonText(key) + ": " + jsonText(value);
}

class Pull
{
public:
    Pull(SqlSession &session, const PullWish &wish)
        : m_session(session)
        , m_wish(wish)
    {
    }

    Pulled document()
    {
        contexts();
        executions();
        events();
        return write();
    }

private:
    struct Event
    {
        qint64 artifact, timeMs;
        int type;
        QString path;
    };

    SqlSession &m_session;
    const PullWish &m_wish;
    QHash<qint64, QString> m_types;
    std::map<qint64, Row> m_contexts, m_executions, m_artifacts;
    std::vector<qint64> m_pipelines;
    std::map<qint64, std::vector<qint64>> m_stagesOf, m_runsOf;
    std::map<qint64, std::vector<Event>> m_events;
    Pulled m_pulled;

    void rows(const QString &columns, const QString &table, const QString &where,
              const QVariantList &values, std::map<qint64, Row> &to)
    {
        m_session.run(QStringLiteral("SELECT id, type_id, create_time_since_epoch, "
                                     "last_update_time_since_epoch, %1 FROM %2 WHERE %3")
                          .arg(columns, table, where),
                      values, [&](const QSqlQuery &row) {
                          Row &to_ = to[row.value(0).toLongLong()];
                          to_.id = row.value(0).toLongLong();
                          to_.typeId = row.value(1).toLongLong();
                          to_.createdMs = row.value(2).toLongLong();
                          to_.updatedMs = row.value(3).toLongLong();
                          to_.name = row.value(4).toString();
                          to_.uri = row.value(5).toString();
                      });
    }

    void properties(const QString &owner, std::map<qint64, Row> &of)
    {
        std::vector<qint64> ids;
        for (const auto &[id, row] : of)
            ids.push_back(id);
        if (ids.empty())
            return;
        m_session.run(
            QStringLiteral("SELECT %2_id, name, is_custom_property, int_value, double_value, "
                           "string_value, bool_value FROM %1Property WHERE %2_id %3")
                .arg(owner, owner.toLower(), m_session.inNumbers()),
            {SqlSession::listOf(ids)}, [&](const QSqlQuery &row) {
                const auto found = of.find(row.value(0).toLongLong());
                if (found == of.end())
                    return;
                const QVariant value = !row.isNull(3)   ? QVariant(row.value(3).toLongLong())
                                       : !row.isNull(4) ? QVariant(row.value(4).toDouble())
                                       : !row.isNull(6) ? QVariant(row.value(6).toBool())
                                                        : QVariant(row.value(5).toString());
                addMember(row.value(2).toInt() != 0 ? found->second.custom : found->second.declared,
                          row.value(1).toString(), value);
            });
    }

    void contexts()
    {
        m_session.run("SELECT id, name FROM Type", {}, [this](const QSqlQuery &row) {
            m_types.insert(row.value(0).toLongLong(), row.value(1).toString());
        });
        std::map<qint64, Row> all;
        rows("name, ''", "Context", "1 = 1", {}, all);
        std::set<qint64> wanted;
        for (const auto &[id, row] : all) {
            if (m_types.value(row.typeId) != "Parent_Context" ||
                (m_wish.pipeline && row.name != *m_wish.pipeline) ||
                (m_wish.mayRead && !m_wish.mayRead(row.name)))
                continue;
            m_pipelines.push_back(id);
            wanted.insert(id);
        }
        m_pulled.hasPipeline = !m_pipelines.empty();
        m_session.run("SELECT parent_context_id, context_id FROM ParentContext ORDER BY 1, 2", {},
                      [&](const QSqlQuery &row) {
                          if (!wanted.count(row.value(0).toLongLong()))
                              return;
                          m_stagesOf[row.value(0).toLongLong()].push_back(
                              row.value(1).toLongLong());
                      });
        for (const auto &[pipeline, stages] : m_stagesOf)
            wanted.insert(stages.begin(), stages.end());
        for (auto &[id, row] : all)
            if (wanted.count(id))
                m_contexts.emplace(id, std::move(row));
        properties("Context", m_contexts);
    }

    void executions()
    {
        std::vector<qint64> stages;
        for (const auto &[pipeline, of] : m_stagesOf)
            stages.insert(stages.end(), of.begin(), of.end());
        if (stages.empty())
            return;
        std::vector<qint64> ids;
        std::set<qint64> wanted;
        if (!m_wish.executionUuid.isEmpty()) {
            m_session.run("SELECT execution_id FROM hub_uuid WHERE uuid = ? AND pipeline_id " +
                              m_session.inNumbers(),
                          {m_wish.executionUuid, SqlSession::listOf(m_pipelines)},
                          [&](const QSqlQuery &row) { wanted.insert(row.value(0).toLongLong()); });
            m_pulled.hasExecution = !wanted.empty();
        }
        m_session.run("SELECT a.context_id, e.id FROM Association a JOIN Execution e ON e.id = "
                      "a.execution_id WHERE a.context_id " +
                          m_session.inNumbers() +
                          (m_wish.sinceMs > 0
                               ? QStringLiteral(" AND e.last_update_time_since_epoch > %1")
                                     .arg(m_wish.sinceMs)
                               : QString()) +
                          " ORDER BY e.id",
                      {SqlSession::listOf(stages)}, [&](const QSqlQuery &row) {
                          const qint64 id = row.value(1).toLongLong();
                          if (!m_wish.executionUuid.isEmpty() && !wanted.count(id))
                              return;
                          m_runsOf[row.value(0).toLongLong()].push_back(id);
                          ids.push_back(id);
                      });
        if (ids.empty())
            return;
        rows("name, ''", "Execution", "id " + m_session.inNumbers(), {SqlSession::listOf(ids)},
             m_executions);
        properties("Execution", m_executions);
        m_session.run("SELECT id, user_type FROM hub_origin WHERE kind = 0 AND user_type IS NOT "
                      "NULL AND id " +
                          m_session.inNumbers(),
                      {SqlSession::listOf(ids)}, [&](const QSqlQuery &row) {
                          m_executions[row.value(0).toLongLong()].userType =
                              row.value(1).toString();
                      });
    }

    void events()
    {
        std::vector<qint64> ids, artifacts;
        for (const auto &[id, row] : m_executions)
            ids.push_back(id);
        if (ids.empty())
            return;
        std::set<qint64> seen;
        m_session.run("SELECT e.execution_id, e.artifact_id, e.type, e.milliseconds_since_epoch, "
                      "p.step_key FROM Event e LEFT JOIN EventPath p ON p.event_id = e.id WHERE "
                      "e.execution_id " +
                          m_session.inNumbers() + " ORDER BY e.id",
                      {SqlSession::listOf(ids)}, [&](const QSqlQuery &row) {
                          m_events[row.value(0).toLongLong()].push_back(
                              {row.value(1).toLongLong(), row.value(3).toLongLong(),
                               row.value(2).toInt(), row.value(4).toString()});
                          if (seen.insert(row.value(1).toLongLong()).second)
                              artifacts.push_back(row.value(1).toLongLong());
                      });
        if (artifacts.empty())
            return;
        rows("name, uri", "Artifact", "id " + m_session.inNumbers(),
             {SqlSession::listOf(artifacts)}, m_artifacts);
        properties("Artifact", m_artifacts);
    }

    /// The members that all kinds have; open at its end.
    QByteArray opened(const Row &row, const QString &type) const
    {
        QByteArray object =
            "{\"create_time_since_epoch\": " + QByteArray::number(row.createdMs) +
            ", \"custom_properties\": {" + row.custom + "}, \"id\": " + QByteArray::number(row.id) +
            ", \"last_update_time_since_epoch\": " + QByteArray::number(row.updatedMs) +
            ", \"properties\": {" + row.declared + "}, \"type\": " + jsonText(type) +
            ", \"type_id\": " + QByteArray::number(row.typeId);
        return object;
    }

    QByteArray executionText(const Row &row, std::map<qint64, QByteArray> &artifactTexts)
    {
        QByteArray text =
            opened(row, row.userType.isEmpty() ? m_types.value(row.typeId) : row.userType) +
            ", \"name\": " + jsonText(row.name) + ", \"events\": [";
        bool isFirst = true;
        for (const Event &event : m_events[row.id]) {
            QByteArray &artifact = artifactTexts[event.artifact];
            if (artifact.isEmpty()) {
                const Row &of = m_artifacts[event.artifact];
                artifact = opened(of, m_types.value(of.typeId));
                if (!of.name.isEmpty())
                    artifact += ", \"name\": " + jsonText(of.name);
                artifact += ", \"uri\": " + jsonText(of.uri) + '}';
            }
            text += (isFirst ? "{\"type\": " : ", {\"type\": ") + QByteArray::number(event.type) +
                    ", \"milliseconds_since_epoch\": " + QByteArray::number(event.timeMs);
            if (!event.path.isEmpty())
                text += ", \"path\": " + jsonText(event.path);
            text += ", \"artifact\": " + artifact + '}';
            isFirst = false;
        }
        return text + "]}";
    }

    Pulled write()
    {
        std::map<qint64, QByteArray> artifactTexts;
        QByteArray &all = m_pulled.document;
        all = "{\"Pipeline\": [";
        bool isFirstPipeline = true;
        for (const qint64 pipeline : m_pipelines) {
            QByteArray stages;
            for (const qint64 stage : m_stagesOf[pipeline]) {
                const auto runs = m_runsOf.find(stage);
                const Row &row = m_contexts[stage];
                if (m_wish.sinceMs > 0 && runs == m_runsOf.end() && row.updatedMs <= m_wish.sinceMs)
                    continue;
                stages += (stages.isEmpty() ? "" : ", ") + opened(row, "Pipeline_Stage") +
                          ", \"name\": " + jsonText(row.name) + ", \"executions\": [";
                if (runs != m_runsOf.end())
                    for (std::size_t i = 0; i < runs->second.size(); ++i) {
                        if (i > 0)
                            stages += ", ";
                        stages += executionText(m_executions[runs->second[i]], artifactTexts);
                    }
                stages += "]}";
            }
            const Row &row = m_contexts[pipeline];
            if (m_wish.sinceMs > 0 && stages.isEmpty() && row.updatedMs <= m_wish.sinceMs)
                continue;
            all += (isFirstPipeline ? "" : ", ") + opened(row, "Parent_Context") +
                   ", \"name\": " + jsonText(row.name) + ", \"stages\": [" + stages + "]}";
            isFirstPipeline = false;
        }
        all += "]}";
        return std::move(m_pulled);
    }
};

} // namespace

Pulled pull(SqlSession &session, const PullWish &wish)
{
    return Pull(session, wish).document();
}

} // namespace helmscope
