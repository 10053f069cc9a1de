// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the tables that people look through: newest first, filtered as they type.

#include "lineage/store/parts.h"

#include <QFile>

#include <algorithm>
#include <limits>
#include <numeric>

#include <string.h>
#include <sys/stat.h>

namespace helmscope {

namespace {

/// Of the text that is searched, so that offsets fit 32 bits and memory stays bounded.
constexpr std::size_t mostSearched = 3'000'000'000;
constexpr int longestSearched = 512; ///< characters of a name or a uri

/// Rows come by id: read in the order of the file, and mostly that of time already.
void sortNewestFirst(SearchText &all)
{
    if (std::is_sorted(all.created.rbegin(), all.created.rend()))
        return;
    std::vector<std::uint32_t> order(all.ids.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&all](std::uint32_t a, std::uint32_t b) {
        return all.created[a] > all.created[b];
    });
    SearchText sorted;
    sorted.text.reserve(all.text.size());
    for (const std::uint32_t row : order) {
        sorted.offsets.push_back(std::uint32_t(sorted.text.size()));
        sorted.text.append(all.text, all.offsets[row], all.offsets[row + 1] - all.offsets[row]);
        sorted.ids.push_back(all.ids[row]);
        sorted.types.push_back(all.types[row]);
        sorted.created.push_back(all.created[row]);
    }
    sorted.offsets.push_back(std::uint32_t(sorted.text.size()));
    all = std::move(sorted);
}

} // namespace

std::size_t SearchText::find(const std::string &word, std::size_t from) const
{
    if (from >= ids.size())
        return ids.size();
    const char *begin = text.data() + offsets[from];
    const void *hit = memmem(begin, text.size() - offsets[from], word.data(), word.size());
    if (!hit)
        return ids.size();
    const auto offset = std::uint32_t(static_cast<const char *>(hit) - text.data());
    return std::size_t(std::upper_bound(offsets.begin(), offsets.end(), offset) - offsets.begin()) -
           1;
}

StoreStamp LineageStore::Private::stamp() const
{
    struct stat about
    {
    };
    if (::stat(QFile::encodeName(file), &about) != 0)
        return {file, 0, 0};
    return {file, qint64(about.st_size),
            qint64(about.st_mtim.tv_sec) * 1'000'000'000 + about.st_mtim.tv_nsec};
}

/// SQLite has no index for "anywhere in the name", and its LIKE over a million rows takes most of
/// a second; one text in memory is gone through in milliseconds.
bool LineageStore::Private::readText(LineageNode::Kind kind, SearchText &all,
                                     const Progress &progress) const
{
    const QString table = tableOf(kind);
    if (!tables.contains(table))
        return true;
    const bool isArtifact = kind == LineageNode::Kind::Artifact;
    double rows = 0;
    for (Sql row(base, QStringLiteral("SELECT max(id) FROM %1").arg(table)); row.next();)
        rows = double(row.id(0));
    for (Sql row(base,
                 QStringLiteral("SELECT id, %1, %2, %3, %4 FROM %5 ORDER BY id DESC")
                     .arg(column(table, "type_id"), column(table, "create_time_since_epoch"),
                          column(table, "name", longestSearched),
                          isArtifact ? column(table, "uri", longestSearched) : "NULL", table));
         row.next();) {
        if (all.text.size() > mostSearched)
            break;
        if (all.ids.size() % 16384 == 0 &&
            !progress(std::min(1., double(all.ids.size()) / std::max(rows, 1.))))
            return false;
        all.offsets.push_back(std::uint32_t(all.text.size()));
        all.ids.push_back(row.id(0));
        all.types.push_back(row.id(1));
        all.created.push_back(row.id(2));
        const QString name = row.text(3), uri = row.text(4);
        all.text += name.toCaseFolded().toUtf8().toStdString();
        // Most names end in the hash already.
        if (!uri.isEmpty() && !name.contains(uri)) {
            all.text += '\n';
            all.text += uri.toCaseFolded().toUtf8().toStdString();
        }
        all.text += '\0';
    }
    all.offsets.push_back(std::uint32_t(all.text.size()));
    sortNewestFirst(all);
    return true;
}

/// Columns without an index, which CMF never fills, cost a pass over the table at each question.
void LineageStore::Private::readValueColumns(LineageNode::Kind kind, SearchText &all) const
{
    const QString table = tableOf(kind) + "Property";
    for (const char *value :
         {"int_value", "double_value", "string_value", "byte_value", "proto_value", "bool_value"})
        if (tables.value(table).contains(value) &&
            Sql(base,
                QStringLiteral("SELECT 1 FROM %1 WHERE %2 IS NOT NULL LIMIT 1").arg(table, value))
                .next())
            all.values << value;
}

const SearchText &LineageStore::Private::searchText(LineageNode::Kind kind) const
{
    if (index)
        return index->texts[int(kind)];
    std::unique_ptr<SearchText> &slot = texts[int(kind)];
    if (!slot) {
        slot = std::make_unique<SearchText>();
        readText(kind, *slot, unwatched());
        readValueColumns(kind, *slot);
    }
    return *slot;
}

std::shared_ptr<const LineageSearchIndex>
LineageStore::prepareSearch(const Progress &progress) const
{
    auto index = std::make_shared<LineageSearchIndex>();
    index->stamp = d->stamp();
    for (const LineageNode::Kind kind : {LineageNode::Kind::Artifact, LineageNode::Kind::Execution})
        if (!d->readText(kind, index->texts[int(kind)],
                         part(progress, 0.5 * int(kind), 0.5 + 0.5 * int(kind))))
            return nullptr;
        else
            d->readValueColumns(kind, index->texts[int(kind)]);
    return index;
}

bool LineageStore::use(std::shared_ptr<const LineageSearchIndex> index)
{
    if (!index || index->stamp != d->stamp())
        return false;
    d->index = std::move(index);
    return true;
}

QString LineageStore::Private::idsInContexts(LineageNode::Kind kind, const QString &pipeline,
                                             const QString &stage) const
{
    QStringList ids;
    for (const LineageContext &context : contexts) {
        LineageNode names;
        addContext(names, context.id);
        if ((stage.isEmpty() || names.stages.contains(stage)) &&
            (pipeline.isEmpty() || names.pipelines.contains(pipeline)))
            ids << QString::number(context.id);
    }
    if (ids.isEmpty() || !tables.contains("Association"))
        return QStringLiteral("SELECT NULL WHERE 0");
    const QString executions =
        QStringLiteral("SELECT execution_id FROM Association WHERE context_id IN (%1)")
            .arg(ids.join(','));
    if (kind == LineageNode::Kind::Execution)
        return executions;
    if (!tables.contains("Event"))
        return QStringLiteral("SELECT NULL WHERE 0");
    return QStringLiteral("SELECT artifact_id FROM Event WHERE execution_id IN (%1)")
        .arg(executions);
}

std::vector<LineageNode> LineageStore::list(const Query &query) const
{
    const QString table = tableOf(query.kind);
    if (!d->tables.contains(table) || query.limit <= 0)
        return {};
    const qint64 from = query.fromMs;
    const qint64 to = query.toMs > 0 ? query.toMs : std::numeric_limits<qint64>::max();
    const bool isInContext = !query.pipeline.isEmpty() || !query.stage.isEmpty();
    std::unordered_set<qint64> types;
    for (auto type = d->types.cbegin(); type != d->types.cend(); ++type)
        if (type.value() == query.type)
            types.insert(type.key());

    std::vector<qint64> ids;
    const std::string text =
        query.text.trimmed().left(longestSearched).toCaseFolded().toUtf8().toStdString();
    if (text.empty()) {
        QStringList conditions;
        if (!query.type.isEmpty()) {
            QStringList ofType{"-1"};
            for (qint64 id : types)
                ofType << QString::number(id);
            conditions << "type_id IN (" + ofType.join(',') + ")";
        }
        const bool hasTimes = d->tables[table].contains("create_time_since_epoch");
        if (hasTimes && from > 0)
            conditions << QStringLiteral("create_time_since_epoch >= %1").arg(from);
        if (hasTimes && query.toMs > 0)
            conditions << QStringLiteral("create_time_since_epoch <= %1").arg(to);
        if (isInContext)
            conditions << "id IN (" + d->idsInContexts(query.kind, query.pipeline, query.stage) +
                              ")";
        for (Sql row(
                 d->base,
                 QStringLiteral("SELECT id FROM %1 %2 ORDER BY %3 id DESC LIMIT %4 OFFSET %5")
                     .arg(table,
                          conditions.isEmpty() ? QString() : "WHERE " + conditions.join(" AND "),
                          hasTimes ? "create_time_since_epoch DESC," : "")
                     .arg(query.limit)
                     .arg(std::max(0, query.offset)));
             row.next();)
            ids.push_back(row.id(0));
    } else {
        const SearchText &all = d->searchText(query.kind);
        std::unordered_set<qint64> inContext, typesWithText;
        if (isInContext)
            for (Sql row(d->base, d->idsInContexts(query.kind, query.pipeline, query.stage));
                 row.next();)
                inContext.insert(row.id(0));
        for (auto type = d->types.cbegin(); type != d->types.cend(); ++type)
            if (type.value().toCaseFolded().toUtf8().toStdString().find(text) != std::string::npos)
                typesWithText.insert(type.key());
        int skipped = 0;
        // Next row whose text matches, by one memmem over all; rows of a matching type besides.
        std::size_t row = 0, nextMatch = 0;
        const std::size_t rows = all.ids.size();
        const auto findFrom = [&](std::size_t first) { return all.find(text, first); };
        nextMatch = findFrom(0);
        while (row < rows && int(ids.size()) < query.limit) {
            if (typesWithText.empty())
                row = nextMatch; // nothing between can match
            if (row >= rows)
                break;
            const bool isMatch = row == nextMatch;
            if (isMatch)
                nextMatch = findFrom(row + 1);
            const qint64 created = all.created[row];
            if ((isMatch || typesWithText.contains(all.types[row])) &&
                (query.type.isEmpty() || types.contains(all.types[row])) && created >= from &&
                created <= to && (!isInContext || inContext.contains(all.ids[row])) &&
                skipped++ >= query.offset)
                ids.push_back(all.ids[row]);
            ++row;
        }
    }
    return d->rows(query.kind, ids);
}

std::vector<LineageNode> LineageStore::Private::rows(LineageNode::Kind kind,
                                                     const std::vector<qint64> &wanted) const
{
    std::vector<LineageNode> nodes;
    Sql byId(
        base,
        QStringLiteral("SELECT %1 FROM %2 WHERE id = ?").arg(nodeColumns(kind), tableOf(kind)));
    for (const qint64 id : wanted) {
        byId.bind(0, id).exec();
        if (byId.next())
            nodes.push_back(nodeOf(byId, kind));
    }
    if (tables.contains("Association") && tables.contains("Context") && !nodes.empty()) {
        std::unordered_map<qint64, LineageNode *> byNode;
        QStringList ids;
        for (LineageNode &node : nodes) {
            byNode.emplace(node.id, &node);
            ids << QString::number(node.id);
        }
        const bool isArtifact = kind == LineageNode::Kind::Artifact;
        QString statement;
        if (!isArtifact)
            statement = QStringLiteral("SELECT execution_id, context_id FROM Association WHERE "
                                       "context_id IN (SELECT id FROM Context) AND execution_id "
                                       "IN (%1)")
                            .arg(ids.join(','));
        else if (tables.contains("Event"))
            statement = QStringLiteral("SELECT e.artifact_id, a.context_id FROM Event e CROSS JOIN "
                                       "Context c CROSS JOIN Association a ON a.context_id = c.id "
                                       "AND a.execution_id = e.execution_id WHERE e.artifact_id "
                                       "IN (%1)")
                            .arg(ids.join(','));
        if (!statement.isEmpty())
            for (Sql row(base, statement); row.next();)
                if (const auto node = byNode.find(row.id(0)); node != byNode.end())
                    addContext(*node->second, row.id(1));
        for (LineageNode &node : nodes)
            tidy(node);
    }
    return nodes;
}

} // namespace helmscope
