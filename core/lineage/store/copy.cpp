// SPDX-License-Identifier: GPL-3.0-or-later
// One store into another, row by row: what no document of CMF holds stays too (times of events,
// states, executions in no stage, all kinds of values).

#include "base/tr.h"
#include "lineage/store/parts.h"
#include "lineage/writer.h"

namespace helmscope {

namespace {

using Places = std::unordered_map<qint64, qint64>; // id there -> id here

constexpr const char *valueColumns[] = {"int_value",  "double_value", "string_value",
                                        "byte_value", "proto_value",  "bool_value"};

class Copy
{
public:
    Copy(const LineageStore &from, LineageWriter &to)
        : m_from(LineageStoreParts::of(from))
        , m_to(LineageStoreParts::of(to.store()))
        , m_writer(to)
    {
    }

    bool all(const Progress &progress)
    {
        types();
        contexts();
        if (!progress(0.1))
            return false;
        nodes("Execution");
        if (!progress(0.4))
            return false;
        nodes("Artifact");
        if (!progress(0.7))
            return false;
        joins("Association", "context_id", m_contexts, "execution_id", m_places["Execution"]);
        joins("Attribution", "context_id", m_contexts, "artifact_id", m_places["Artifact"]);
        joins("ParentContext", "context_id", m_contexts, "parent_context_id", m_contexts);
        events();
        return progress(1);
    }

private:
    const LineageStoreParts::Store &m_from, &m_to;
    LineageWriter &m_writer;
    Places m_types, m_contexts;
    QHash<QString, Places> m_places; ///< of "Artifact" and "Execution"

    Sql read(const QString &statement) const { return Sql(m_from.base, statement); }
    Sql write(const QString &statement) const { return Sql(m_to.base, statement); }

    qint64 find(const QString &statement, const QList<QVariant> &values) const
    {
        Sql sql = write(statement);
        for (int i = 0; i < values.size(); ++i)
            sql.bind(i, values[i]);
        return sql.next() ? sql.id(0) : 0;
    }

    void types()
    {
        if (!m_from.tables.contains("Type"))
            return;
        for (Sql row = read("SELECT id, name, type_kind FROM Type"); row.next();) {
            const qint64 kind = row.id(2);
            if (kind < 0 || kind > 2 || row.text(1).isEmpty())
                continue;
            m_types.emplace(row.id(0), m_writer.type(TypeKind(kind), row.text(1)));
        }
        if (!m_from.tables.contains("TypeProperty"))
            return;
        Sql declare = write("INSERT OR IGNORE INTO TypeProperty(type_id, name, data_type) "
                            "VALUES(?, ?, ?)");
        for (Sql row = read("SELECT type_id, name, data_type FROM TypeProperty"); row.next();)
            if (const auto type = m_types.find(row.id(0)); type != m_types.end())
                declare.bind(0, type->second).bind(1, row[1]).bind(2, row[2]).exec();
    }

    /// The type here; one of its own where the other store lacks it.
    qint64 typeOf(qint64 there, TypeKind kind)
    {
        const auto known = m_types.find(there);
        if (known != m_types.end())
            return known->second;
        return m_types.emplace(there, m_writer.type(kind, QStringLiteral("Unknown"))).first->second;
    }

    /// Rows of a property table; of a node that both have, those that it lacks here.
    void properties(const QString &owner, const Places &places, const Places &types)
    {
        const QString table = owner + "Property", column = owner.toLower() + "_id";
        if (!m_from.tables.contains(table))
            return;
        QStringList values;
        for (const char *value : valueColumns)
            values << m_from.column(table, value);
        Sql put = write(QStringLiteral("INSERT OR IGNORE INTO %1(%2, name, is_custom_property, "
                                       "int_value, double_value, string_value, byte_value, "
                                       "proto_value, bool_value) VALUES(?,?,?,?,?,?,?,?,?)")
                            .arg(table, column));
        Sql declare = write("INSERT OR IGNORE INTO TypeProperty(type_id, name, data_type) "
                            "VALUES(?, ?, ?)");
        for (Sql row = read(QStringLiteral("SELECT %1, name, %2, %3 FROM %4")
                                .arg(column, m_from.column(table, "is_custom_property"),
                                     values.join(", "), table));
             row.next();) {
            const auto place = places.find(row.id(0));
            if (place == places.end())
                continue;
            bool hasValue = false;
            put.bind(0, place->second).bind(1, row[1]).bind(2, row.id(2));
            for (int i = 0; i < 6; ++i) {
                // Ids of contexts are those of this store now.
                QVariant value = row[3 + i];
                if (i == 0 && owner == "Execution" && row.id(2) == 0 &&
                    (row.text(1) == "Context_ID" || row.text(1) == "Pipeline_id"))
                    if (const auto context = m_contexts.find(value.toLongLong());
                        context != m_contexts.end())
                        value = context->second;
                hasValue = hasValue || !value.isNull();
                put.bind(3 + i, value);
            }
            if (!hasValue) // ML-Metadata could read that node no more
                continue;
            put.exec();
            if (row.id(2) == 0)
                if (const auto type = types.find(place->second); type != types.end())
                    declare.bind(0, type->second)
                        .bind(1, row[1])
                        .bind(2, !row[3].isNull()   ? 1
                                 : !row[4].isNull() ? 2
                                                    : 3)
                        .exec();
        }
    }

    void contexts()
    {
        if (!m_from.tables.contains("Context"))
            return;
        Places types;
        Sql put = write("INSERT INTO Context(type_id, name, create_time_since_epoch, "
                        "last_update_time_since_epoch) VALUES(?, ?, ?, ?)");
        for (Sql row = read(QStringLiteral("SELECT id, type_id, name, %1, %2 FROM Context")
                                .arg(m_from.column("Context", "create_time_since_epoch"),
                                     m_from.column("Context", "last_update_time_since_epoch")));
             row.next();) {
            const qint64 type = typeOf(row.id(1), TypeKind::Context);
            qint64 id = find("SELECT id FROM Context WHERE name = ? ORDER BY id LIMIT 1", {row[2]});
            if (id == 0) {
                put.bind(0, type).bind(1, row.text(2)).bind(2, row.id(3)).bind(3, row.id(4)).exec();
                id = put.lastId();
            }
            m_contexts.emplace(row.id(0), id);
            types.emplace(id, type);
        }
        properties("Context", m_contexts, types);
    }

    /// Uuids of all executions there.
    std::unordered_map<qint64, QString> uuids() const
    {
        std::unordered_map<qint64, QString> found;
        if (m_from.tables.contains("ExecutionProperty"))
            for (Sql row = read("SELECT execution_id, string_value FROM ExecutionProperty WHERE "
                                "name = 'Execution_uuid' AND string_value IS NOT NULL");
                 row.next();)
                found.emplace(row.id(0), row.text(1));
        return found;
    }

    void nodes(const QString &table)
    {
        if (!m_from.tables.contains(table))
            return;
        const bool isArtifact = table == "Artifact";
        const QString state = isArtifact ? "state" : "last_known_state";
        const auto uuidOf = isArtifact ? std::unordered_map<qint64, QString>() : uuids();
        Places &places = m_places[table];
        Places types;
        Sql put = write(QStringLiteral("INSERT INTO %1(type_id, name, %2, create_time_since_epoch, "
                                       "last_update_time_since_epoch%3) VALUES(?, ?, ?, ?, ?%4)")
                            .arg(table, state, isArtifact ? ", uri" : "", isArtifact ? ", ?" : ""));
        Sql known = write(
            isArtifact ? "SELECT a.id FROM Artifact a LEFT JOIN Type t ON t.id = a.type_id WHERE "
                         "a.uri = ? ORDER BY a.id LIMIT 1"
                       : "SELECT execution_id FROM ExecutionProperty WHERE name = 'Execution_uuid' "
                         "AND is_custom_property = 0 AND string_value = ? ORDER BY 1 LIMIT 1");
        Sql named =
            write(QStringLiteral("SELECT id FROM %1 WHERE type_id = ? AND name = ?").arg(table));
        const qint64 before =
            find(QStringLiteral("SELECT coalesce(max(id), 0) FROM %1").arg(table), {});
        for (Sql row = read(QStringLiteral("SELECT id, type_id, name, %1, %2, %3, %4 FROM %5")
                                .arg(m_from.column(table, state),
                                     m_from.column(table, "create_time_since_epoch"),
                                     m_from.column(table, "last_update_time_since_epoch"),
                                     isArtifact ? m_from.column(table, "uri") : "NULL", table));
             row.next();) {
            const qint64 type =
                typeOf(row.id(1), isArtifact ? TypeKind::Artifact : TypeKind::Execution);
            QString identity = row.text(6);
            if (!isArtifact) {
                const auto uuid = uuidOf.find(row.id(0));
                identity = uuid == uuidOf.end() ? QString() : uuid->second;
            }
            qint64 id = 0;
            if (!identity.isEmpty() && known.bind(0, identity).next())
                id = known.id(0);
            QString name = row.text(2);
            const auto isTaken = [&] {
                return !name.isEmpty() && named.bind(0, type).bind(1, name).next();
            };
            // Within one store two nodes are two, whatever they say.
            if (id > before)
                id = 0;
            if (id == 0 && isArtifact && identity.isEmpty() && isTaken() && named.id(0) <= before)
                id = named.id(0);
            if (id == 0) {
                const QString wanted = name;
                for (int n = 2; isTaken(); ++n)
                    name = QStringLiteral("%1 (%2)").arg(wanted).arg(n);
                put.bind(0, type).bind(1, name.isEmpty() ? QVariant() : name).bind(2, row[3]);
                put.bind(3, row.id(4)).bind(4, row.id(5));
                if (isArtifact)
                    put.bind(5, row[6]);
                put.exec();
                id = put.lastId();
            }
            places.emplace(row.id(0), id);
            types.emplace(id, type);
        }
        properties(table, places, types);
    }

    void joins(const QString &table, const QString &first, const Places &firsts,
               const QString &second, const Places &seconds)
    {
        if (!m_from.tables.contains(table))
            return;
        Sql put = write(QStringLiteral("INSERT OR IGNORE INTO %1(%2, %3) VALUES(?, ?)")
                            .arg(table, first, second));
        for (Sql row = read(QStringLiteral("SELECT %1, %2 FROM %3").arg(first, second, table));
             row.next();) {
            const auto a = firsts.find(row.id(0)), b = seconds.find(row.id(1));
            if (a != firsts.end() && b != seconds.end())
                put.bind(0, a->second).bind(1, b->second).exec();
        }
    }

    void events()
    {
        if (!m_from.tables.contains("Event"))
            return;
        const Places &artifacts = m_places["Artifact"], &executions = m_places["Execution"];
        std::unordered_map<qint64, std::vector<std::vector<QVariant>>> paths;
        if (m_from.tables.contains("EventPath"))
            for (Sql row = read("SELECT event_id, is_index_step, step_index, step_key FROM "
                                "EventPath ORDER BY rowid");
                 row.next();)
                paths[row.id(0)].push_back({row[1], row[2], row[3]});
        Sql put = write("INSERT OR IGNORE INTO Event(artifact_id, execution_id, type, "
                        "milliseconds_since_epoch) VALUES(?, ?, ?, ?)");
        Sql changed = write("SELECT changes()");
        Sql step = write("INSERT INTO EventPath(event_id, is_index_step, step_index, step_key) "
                         "VALUES(?, ?, ?, ?)");
        for (Sql row = read(QStringLiteral("SELECT id, artifact_id, execution_id, type, %1 FROM "
                                           "Event ORDER BY id")
                                .arg(m_from.column("Event", "milliseconds_since_epoch")));
             row.next();) {
            const auto artifact = artifacts.find(row.id(1));
            const auto execution = executions.find(row.id(2));
            if (artifact == artifacts.end() || execution == executions.end())
                continue;
            put.bind(0, artifact->second).bind(1, execution->second).bind(2, row.id(3));
            put.bind(3, row[4]).exec();
            changed.exec();
            if (!changed.next() || changed.id(0) == 0) // both have it
                continue;
            const qint64 id = put.lastId();
            if (const auto path = paths.find(row.id(0)); path != paths.end())
                for (const std::vector<QVariant> &each : path->second)
                    step.bind(0, id).bind(1, each[0]).bind(2, each[1]).bind(3, each[2]).exec();
        }
    }
};

} // namespace

bool copyStore(const LineageStore &from, LineageWriter &to, const Progress &progress)
{
    LineageWriter::Batch batch(to);
    if (!Copy(from, to).all(progress))
        return false;
    batch.commit();
    return true;
}

} // namespace helmscope
