// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/nodes.h"

#include "federation/hub/store/database.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace helmscope {

const QString originalTime = QStringLiteral("original_create_time_since_epoch");

namespace {

const char *const owners[] = {"Execution", "Artifact", "Context"};
const char *const ownerColumns[] = {"execution_id", "artifact_id", "context_id"};

/// What is a list in CMF: both sites' parts stay.
bool isList(const Nodes::Property &property)
{
    return property.isCustom ? property.name == "labels" || property.name == "labels_uri"
                             : property.name == "url";
}

/// Two lists joined by commas as one, in which each part stands once.
QString both(const QString &first, const QString &second)
{
    QStringList parts = first.split(',');
    for (const QString &part : second.split(','))
        if (!part.trimmed().isEmpty() && !parts.contains(part))
            parts << part;
    parts.removeAll(QString());
    return parts.join(',');
}

QVariantList valueColumns(const QVariant &value)
{
    QVariantList columns{QVariant(), QVariant(), QVariant(), QVariant()};
    switch (value.userType()) {
    case QMetaType::Bool:
        columns[3] = value;
        break;
    case QMetaType::Int:
    case QMetaType::LongLong:
        columns[0] = value.toLongLong();
        break;
    case QMetaType::Double:
        columns[1] = value;
        break;
    default:
        // An empty text is no null
        columns[2] = value.toString().isNull() ? QStringLiteral("") : value.toString();
    }
    return columns;
}

bool isSame(const QVariant &a, const QVariant &b)
{
    return a.userType() == b.userType() && a == b;
}

} // namespace

Nodes::Nodes(SqlSession &session, Kind kind, qint64 lastId)
    : m_session(session)
    , m_kind(kind)
    , m_firstNew(lastId + 1)
    , m_next(lastId)
{
}

void Nodes::load(const std::vector<qint64> &ids)
{
    if (ids.empty())
        return;
    for (const qint64 id : ids)
        m_stored[id];
    const QVariantList list{SqlSession::listOf(ids)};
    m_session.run(QStringLiteral("SELECT %2, name, is_custom_property, int_value, "
                                 "double_value, string_value, bool_value FROM %1Property "
                                 "WHERE %2 %3")
                      .arg(owners[m_kind], ownerColumns[m_kind], m_session.inNumbers()),
                  list, [this](const QSqlQuery &row) {
                      m_stored[row.value(0).toLongLong()]
                          .properties[{row.value(1).toString(), row.value(2).toInt() != 0}] =
                          storedValue(row, 3);
                  });
    m_session.run(QStringLiteral("SELECT id, updated_ms FROM hub_origin WHERE kind = %1 AND "
                                 "id %2")
                      .arg(m_kind)
                      .arg(m_session.inNumbers()),
                  list, [this](const QSqlQuery &row) {
                      m_stored[row.value(0).toLongLong()].updatedMs = row.value(1).toLongLong();
                  });
}

QVariant storedValue(const QSqlQuery &row, int first)
{
    if (!row.isNull(first))
        return row.value(first).toLongLong();
    if (!row.isNull(first + 1))
        return row.value(first + 1).toDouble();
    if (!row.isNull(first + 3))
        return row.value(first + 3).toBool();
    return row.value(first + 2).toString();
}

void Nodes::put(qint64 id, const Property &property)
{
    m_rows.push_back(QVariantList{id, property.name, int(property.isCustom)} +
                     valueColumns(property.value));
    Properties &properties = m_stored[id].properties;
    const auto [place, isNew] = properties.try_emplace({property.name, property.isCustom});
    place->second = property.value;
    m_mayRepeat = m_mayRepeat || !isNew;
}

bool Nodes::update(qint64 id, const PipelineDocument::Entity &entity,
                   bool (*isLeft)(const Property &))
{
    Stored &stored = m_stored[id];
    const bool isNewer = entity.updatedMs > stored.updatedMs;
    bool isChanged = false;
    for (const Property &property : entity.properties) {
        if (property.name == originalTime || (isLeft && isLeft(property)))
            continue;
        const auto known = stored.properties.find({property.name, property.isCustom});
        Property put = property;
        if (known != stored.properties.end()) {
            if (isSame(known->second, property.value))
                continue;
            const bool isUnsaid = known->second.toString().trimmed().isEmpty() &&
                                  !property.value.toString().trimmed().isEmpty();
            if (isList(property))
                put.value = both(known->second.toString(), property.value.toString());
            else if (!isNewer && !isUnsaid)
                continue;
            if (isSame(known->second, put.value))
                continue;
        }
        this->put(id, put);
        isChanged = true;
    }
    if (isNewer)
        setOrigin(id, entity.updatedMs);
    return isChanged;
}

void Nodes::setOrigin(qint64 id, qint64 updatedMs, const QString &userType)
{
    Stored &stored = m_stored[id];
    stored.updatedMs = std::max(stored.updatedMs, updatedMs);
    m_origins[id].first = stored.updatedMs;
    if (!userType.isEmpty())
        m_origins[id].second = userType;
}

void Nodes::write(qint64 nowMs)
{
    std::vector<QVariantList> rows;
    if (m_mayRepeat) {
        // Of two values for one property the later one stays; one statement may not hold both.
        std::map<std::tuple<qint64, QString, bool>, std::size_t> last;
        for (std::size_t i = 0; i < m_rows.size(); ++i)
            last[{m_rows[i][0].toLongLong(), m_rows[i][1].toString(), m_rows[i][2].toBool()}] = i;
        for (const auto &[key, place] : last)
            rows.push_back(std::move(m_rows[place]));
    } else {
        rows = std::move(m_rows);
    }
    const std::vector<SqlSession::Column> columns{{ownerColumns[m_kind], "bigint"},
                                                  {"name", "text"},
                                                  {"is_custom_property", "smallint"},
                                                  {"int_value", "bigint"},
                                                  {"double_value", "double precision"},
                                                  {"string_value", "text"},
                                                  {"bool_value", "boolean"}};
    // What is new meets nothing stored, and goes in faster when nobody has to look.
    const auto insert = [&](const QString &table, const std::vector<SqlSession::Column> &of,
                            std::vector<QVariantList> these, int idColumn,
                            const QString &conflict) {
        const auto firstOld =
            std::stable_partition(these.begin(), these.end(), [&](const QVariantList &row) {
                return row[idColumn].toLongLong() >= m_firstNew;
            });
        const std::vector<QVariantList> old(std::make_move_iterator(firstOld),
                                            std::make_move_iterator(these.end()));
        these.erase(firstOld, these.end());
        m_session.insert(table, of, these);
        m_session.insert(table, of, old, conflict);
    };
    const QString table = QStringLiteral("%1Property").arg(owners[m_kind]);
    const QString conflict =
        QStringLiteral("ON CONFLICT (%1, name, is_custom_property) DO UPDATE SET "
                       "int_value = excluded.int_value, double_value = "
                       "excluded.double_value, string_value = "
                       "excluded.string_value, bool_value = excluded.bool_value")
            .arg(ownerColumns[m_kind]);
    if (m_session.isPostgres()) {
        insert(table, columns, std::move(rows), 0, conflict);
    } else {
        // Binding a value costs Qt more than storing it costs SQLite: the three that are null of
        // each four are left out.
        std::vector<QVariantList> byColumn[4];
        for (QVariantList &row : rows)
            for (int i = 0; i < 4; ++i)
                if (!row[3 + i].isNull())
                    byColumn[i].push_back({row[0], row[1], row[2], std::move(row[3 + i])});
        for (std::size_t i = 0; i < 4; ++i)
            insert(table, {columns[0], columns[1], columns[2], columns[3 + i]},
                   std::move(byColumn[i]), 0, conflict);
    }
    std::vector<QVariantList> origins;
    for (const auto &[id, origin] : m_origins)
        origins.push_back(
            {int(m_kind), id, origin.first, origin.second.isEmpty() ? QVariant() : origin.second});
    insert(
        "hub_origin",
        {{"kind", "smallint"}, {"id", "bigint"}, {"updated_ms", "bigint"}, {"user_type", "text"}},
        std::move(origins), 1,
        "ON CONFLICT (kind, id) DO UPDATE SET updated_ms = excluded.updated_ms, "
        "user_type = coalesce(excluded.user_type, hub_origin.user_type)");
    if (!m_touched.empty())
        m_session.later(
            QStringLiteral("UPDATE %1 SET last_update_time_since_epoch = %2 WHERE "
                           "id %3")
                .arg(owners[m_kind])
                .arg(nowMs)
                .arg(m_session.inNumbers()),
            {SqlSession::listOf(std::vector<qint64>(m_touched.begin(), m_touched.end()))});
}

} // namespace helmscope
