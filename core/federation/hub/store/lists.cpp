// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/lists.h"

#include "federation/hub/store/database.h"
#include "federation/hub/store/nodes.h"
#include "lineage/formats/jsontext.h"

#include <algorithm>

namespace helmscope {

namespace {

/// From executions `x` to the stages `s` and pipelines `c` that they are in.
const QString inPipelines =
    QStringLiteral(" JOIN Association m ON m.execution_id = x.id JOIN Context s ON s.id = "
                   "m.context_id JOIN ParentContext r ON r.context_id = s.id JOIN Context c ON "
                   "c.id = r.parent_context_id ");

struct Entry
{
    qint64 id = 0, createdMs = 0;
    QString name, type, uri;
    QVariantMap properties, custom;

    QString text(const QString &property) const
    {
        return listedText(custom.contains(property) ? custom.value(property)
                                                    : properties.value(property));
    }
    qint64 originalMs() const
    {
        const qint64 said = custom.value(originalTime).toString().toLongLong();
        return said > 0 ? said : createdMs;
    }
    bool holds(const QString &filter) const
    {
        if (filter.isEmpty() || name.contains(filter, Qt::CaseInsensitive))
            return true;
        for (const QVariantMap *map : {&properties, &custom})
            for (const QVariant &value : *map)
                if (listedText(value).contains(filter, Qt::CaseInsensitive))
                    return true;
        return false;
    }
    QVariantList listed() const
    {
        QVariantList list;
        for (const QVariantMap *map : {&properties, &custom})
            for (auto it = map->cbegin(); it != map->cend(); ++it)
                list.push_back(QVariantMap{{"name", it.key()}, {"value", listedText(it.value())}});
        return list;
    }
    QVariantMap flat() const
    {
        QVariantMap row = properties;
        for (auto it = custom.cbegin(); it != custom.cend(); ++it)
            row.insert("custom_properties_" + it.key(), it.value());
        row.insert("id", id);
        row.insert("name", name);
        row.insert("type", type);
        row.insert("create_time_since_epoch", createdMs);
        if (!uri.isEmpty())
            row.insert("uri", uri);
        return row;
    }
};

/// Nodes of these ids, by id.
std::vector<Entry> entries(SqlSession &session, bool isArtifact, std::vector<qint64> ids)
{
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::vector<Entry> found;
    if (ids.empty())
        return found;
    const QString table = isArtifact ? "Artifact" : "Execution";
    std::map<qint64, std::size_t> places;
    session.run(QStringLiteral("SELECT n.id, n.name, n.create_time_since_epoch, t.name, %2 FROM "
                               "%1 n JOIN Type t ON t.id = n.type_id WHERE n.id %3 ORDER BY n.id")
                    .arg(table, isArtifact ? "n.uri" : "''", session.inNumbers()),
                {SqlSession::listOf(ids)}, [&](const QSqlQuery &row) {
                    Entry entry;
                    entry.id = row.value(0).toLongLong();
                    entry.name = row.value(1).toString();
                    entry.createdMs = row.value(2).toLongLong();
                    entry.type = row.value(3).toString();
                    entry.uri = row.value(4).toString();
                    places.emplace(entry.id, found.size());
                    found.push_back(std::move(entry));
                });
    session.run(QStringLiteral("SELECT %2_id, name, is_custom_property, int_value, double_value, "
                               "string_value, bool_value FROM %1Property WHERE %2_id %3")
                    .arg(table, table.toLower(), session.inNumbers()),
                {SqlSession::listOf(ids)}, [&](const QSqlQuery &row) {
                    const auto place = places.find(row.value(0).toLongLong());
                    if (place == places.end())
                        return;
                    Entry &entry = found[place->second];
                    (row.value(2).toInt() != 0 ? entry.custom : entry.properties)
                        .insert(row.value(1).toString(), storedValue(row, 3));
                });
    return found;
}

std::vector<qint64> ids(SqlSession &session, const QString &statement, const QVariantList &values)
{
    std::vector<qint64> found;
    session.run(statement, values,
                [&](const QSqlQuery &row) { found.push_back(row.value(0).toLongLong()); });
    return found;
}

QVariantMap page(const std::vector<Entry> &all, const ListWish &wish,
                 const std::function<QVariantMap(const Entry &)> &item)
{
    QVariantList items;
    const qint64 first = qint64(wish.page - 1) * wish.perPage;
    for (qint64 i = first; i < std::min<qint64>(first + wish.perPage, qint64(all.size())); ++i)
        items.push_back(item(all[std::size_t(i)]));
    return {{"total_items", qint64(all.size())}, {"items", items}};
}

} // namespace

QString listedText(const QVariant &value)
{
    if (value.userType() == QMetaType::QString)
        return value.toString();
    if (value.userType() == QMetaType::Bool)
        return value.toBool() ? QStringLiteral("True") : QStringLiteral("False");
    return value.isValid() ? QString::fromLatin1(jsonText(value)) : QString();
}

QStringList stagesOf(SqlSession &session, const QString &pipeline)
{
    QStringList stages;
    session.run("SELECT s.name FROM Context c JOIN ParentContext r ON r.parent_context_id = c.id "
                "JOIN Context s ON s.id = r.context_id WHERE c.name = ? ORDER BY s.name",
                {pipeline}, [&](const QSqlQuery &row) { stages << row.value(0).toString(); });
    return stages;
}

QStringList artifactTypes(SqlSession &session, const QStringList &pipelines, const QString &stage)
{
    QStringList types;
    QVariantList values;
    QString where = " WHERE t.name <> 'Environment'";
    if (!pipelines.isEmpty()) {
        where += " AND c.name " + session.inTexts();
        values << SqlSession::listOf(pipelines);
    }
    if (!stage.isEmpty()) {
        where += " AND s.name = ?";
        values << stage;
    }
    session.run("SELECT DISTINCT t.name FROM Type t JOIN Artifact a ON a.type_id = t.id JOIN Event "
                "e ON e.artifact_id = a.id JOIN Execution x ON x.id = e.execution_id" +
                    inPipelines + where + " ORDER BY t.name",
                values, [&](const QSqlQuery &row) { types << row.value(0).toString(); });
    return types;
}

QVariantMap artifactsOfStage(SqlSession &session, const ListWish &wish)
{
    std::vector<Entry> all = entries(
        session, true,
        ids(session,
            "SELECT DISTINCT a.id FROM Artifact a JOIN Type t ON t.id = a.type_id JOIN Event e ON "
            "e.artifact_id = a.id JOIN Execution x ON x.id = e.execution_id" +
                inPipelines + "WHERE c.name = ? AND s.name = ? AND t.name = ?",
            {wish.pipeline, wish.stage, wish.type}));
    std::erase_if(all, [&](const Entry &entry) { return !entry.holds(wish.filter); });
    std::stable_sort(all.begin(), all.end(), [&](const Entry &a, const Entry &b) {
        const Entry &first = wish.isAscending ? a : b, &second = wish.isAscending ? b : a;
        return wish.sortField == "name" ? first.name < second.name
                                        : first.originalMs() < second.originalMs();
    });
    return page(all, wish, [](const Entry &entry) {
        return QVariantMap{{"artifact_id", entry.id},
                           {"name", entry.name},
                           {"create_time_since_epoch", entry.createdMs},
                           {"artifact_properties", entry.listed()}};
    });
}

QVariantMap executionsOfStage(SqlSession &session, const ListWish &wish)
{
    std::vector<Entry> all = entries(session, false,
                                     ids(session,
                                         "SELECT DISTINCT x.id FROM Execution x" + inPipelines +
                                             "WHERE c.name = ? AND s.name = ?",
                                         {wish.pipeline, wish.stage}));
    std::erase_if(all, [&](const Entry &entry) { return !entry.holds(wish.filter); });
    std::stable_sort(all.begin(), all.end(), [&](const Entry &a, const Entry &b) {
        return wish.isAscending ? a.originalMs() < b.originalMs() : b.originalMs() < a.originalMs();
    });
    return page(all, wish, [](const Entry &entry) {
        return QVariantMap{{"execution_id", entry.id}, {"execution_properties", entry.listed()}};
    });
}

std::optional<QVariantList> executionNames(SqlSession &session, const QString &pipeline)
{
    if (session.number(
            "SELECT count(*) FROM Context c JOIN Type t ON t.id = c.type_id WHERE c.name "
            "= ? AND t.name = 'Parent_Context'",
            {pipeline}) == 0)
        return std::nullopt;
    QVariantList names;
    session.run("SELECT s.name, p.string_value FROM Execution x" + inPipelines +
                    "JOIN ExecutionProperty p ON p.execution_id = x.id AND p.name = "
                    "'Execution_uuid' AND p.is_custom_property = 0 WHERE c.name = ? ORDER BY x.id",
                {pipeline}, [&](const QSqlQuery &row) {
                    names.push_back(row.value(0).toString().section('/', 1) + '_' +
                                    row.value(1).toString().left(4));
                });
    return names;
}

QVariantList modelCard(SqlSession &session, qint64 model, const QStringList &pipelines)
{
    const auto rows = [](const std::vector<Entry> &of) -> QVariant {
        QVariantList list;
        for (const Entry &entry : of)
            list.push_back(entry.flat());
        if (list.isEmpty())
            return QStringLiteral("");
        return list;
    };
    QString where = "WHERE e.artifact_id = ?";
    QVariantList values{model};
    if (!pipelines.isEmpty()) {
        where += " AND c.name " + session.inTexts();
        values << SqlSession::listOf(pipelines);
    }
    const std::vector<qint64> executions =
        ids(session,
            "SELECT DISTINCT x.id FROM Execution x JOIN Event e ON e.execution_id = x.id" +
                inPipelines + where,
            values);
    const std::vector<Entry> found = entries(session, true, {model});
    const bool isModel = !found.empty() && found.front().type == "Model" &&
                         (pipelines.isEmpty() || !executions.empty());
    const auto others = [&](const char *events) {
        if (!isModel || executions.empty())
            return rows({});
        return rows(entries(session, true,
                            ids(session,
                                QStringLiteral("SELECT DISTINCT artifact_id FROM Event WHERE type "
                                               "IN (%1) AND artifact_id <> ? AND execution_id ")
                                        .arg(QLatin1String(events)) +
                                    session.inNumbers(),
                                {model, SqlSession::listOf(executions)})));
    };
    return {rows(isModel ? found : std::vector<Entry>{}),
            rows(isModel ? entries(session, false, executions) : std::vector<Entry>{}),
            others("2, 3, 5"), others("1, 4, 6, 7")};
}

} // namespace helmscope
