// SPDX-License-Identifier: GPL-3.0-or-later
// Searches of a store that is too large to be read whole: an expression becomes sets of ids, each
// part answered by the index that serves it.

#include "base/tr.h"
#include "lineage/expression.h"
#include "lineage/store/parts.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

namespace helmscope {

namespace {

using Ids = std::vector<qint64>; // sorted, once each
using Kind = LineageNode::Kind;

Ids tidied(Ids ids)
{
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

Ids both(const Ids &a, const Ids &b)
{
    Ids result;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

Ids either(const Ids &a, const Ids &b)
{
    Ids result;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

Ids without(const Ids &a, const Ids &b)
{
    Ids result;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

std::string folded(const QString &text)
{
    return text.toCaseFolded().toUtf8().toStdString();
}

/// One search over the nodes of one kind.
class Search
{
public:
    Search(const LineageStoreParts::Store &store, Kind kind)
        : m_store(store)
        , m_kind(kind)
        , m_table(tableOf(kind))
        , m_text(store.searchText(kind))
    {
    }

    Ids matching(const Expression &expression) const
    {
        switch (expression.kind) {
        case Expression::Kind::Word:
            return withWord(expression.text);
        case Expression::Kind::Comparison:
            return comparing(expression);
        case Expression::Kind::Not:
            return without(all(), matching(expression.parts.front()));
        case Expression::Kind::And:
            return matchingAll(expression.parts);
        case Expression::Kind::Or: {
            Ids ids;
            for (const Expression &part : expression.parts)
                ids = either(ids, matching(part));
            return ids;
        }
        case Expression::Kind::All:
            break;
        }
        return all();
    }

    /// The first `limit` of the store's order for which it holds, looked up one by one: where many
    /// nodes hold, that is sooner than finding them all. Nothing: they are rare, find them all.
    std::optional<Ids> first(const Expression &expression, int limit) const
    {
        if (!hasProperty(expression) || std::size_t(limit) >= m_text.ids.size())
            return std::nullopt;
        Ids found;
        for (std::size_t i = 0; i < m_text.ids.size() && int(found.size()) < limit; ++i) {
            if (i == mostLookedUp)
                return std::nullopt;
            if (holds(expression, m_text.ids[i]))
                found.push_back(m_text.ids[i]);
        }
        return tidied(std::move(found));
    }

private:
    static constexpr std::size_t mostLookedUp = 5'000;

    /// Whether a part asks for a property: those are sought among all rows of that name.
    static bool hasProperty(const Expression &expression)
    {
        static const QStringList ofNode{"created", "updated", "kind",  "type",
                                        "name",    "short",   "uri",   "id",
                                        "store",   "state",   "stage", "pipeline"};
        if (expression.kind == Expression::Kind::Comparison)
            return !expression.span && !ofNode.contains(expression.name.toLower());
        return std::any_of(expression.parts.begin(), expression.parts.end(), hasProperty);
    }

    Ids matchingAll(const std::vector<Expression> &parts) const
    {
        // Properties last: of few nodes they are looked up one by one.
        std::vector<const Expression *> order;
        for (const Expression &part : parts)
            order.push_back(&part);
        std::stable_partition(order.begin(), order.end(),
                              [](const Expression *part) { return !hasProperty(*part); });
        Ids ids = matching(*order.front());
        for (std::size_t i = 1; i < order.size() && !ids.empty(); ++i) {
            if (ids.size() > mostLookedUp || !hasProperty(*order[i])) {
                ids = both(ids, matching(*order[i]));
                continue;
            }
            std::erase_if(ids, [&](qint64 id) { return !holds(*order[i], id); });
        }
        return ids;
    }

    /// For one node. What needs no property is found once for all of them.
    bool holds(const Expression &expression, qint64 id) const
    {
        if (!hasProperty(expression)) {
            auto known = m_known.find(&expression);
            if (known == m_known.end())
                known = m_known.emplace(&expression, matching(expression)).first;
            return std::binary_search(known->second.begin(), known->second.end(), id);
        }
        const auto part = [&](const Expression &each) { return holds(each, id); };
        switch (expression.kind) {
        case Expression::Kind::And:
            return std::all_of(expression.parts.begin(), expression.parts.end(), part);
        case Expression::Kind::Or:
            return std::any_of(expression.parts.begin(), expression.parts.end(), part);
        case Expression::Kind::Not:
            return !part(expression.parts.front());
        default:
            return hasSuchProperty(expression, id);
        }
    }

    bool hasSuchProperty(const Expression &expression, qint64 id) const
    {
        const QString table = m_table + "Property";
        if (!m_store.tables.contains(table) || m_text.values.isEmpty())
            return false;
        auto lookup = m_lookups.find(expression.name);
        if (lookup == m_lookups.end()) {
            const QStringList values = m_text.values;
            const QString custom = m_store.column(table, "is_custom_property");
            lookup =
                m_lookups
                    .emplace(expression.name,
                             Lookup{namesLike(expression.name),
                                    values,
                                    QStringLiteral("SELECT %1 FROM %2 WHERE %3 = ? AND name = ? "
                                                   "ORDER BY %4")
                                        .arg(values.join(','), table, owner(), custom),
                                    {}})
                    .first;
            lookup->second.row.emplace(m_store.base, lookup->second.statement);
        }
        auto &[names, values, statement, row] = lookup->second;
        for (const QString &name : names) {
            row->bind(0, id).bind(1, name).exec();
            if (!row->next())
                continue;
            for (int i = 0; i < values.size(); ++i)
                if (!(*row)[i].isNull())
                    return isMatch(values[i], (*row)[i], expression);
        }
        return false;
    }

    struct Lookup
    {
        QStringList names, values;
        QString statement;
        std::optional<Sql> row;
    };
    mutable std::map<const Expression *, Ids> m_known;
    mutable std::map<QString, Lookup> m_lookups;

    static bool isMatch(const QString &column, const QVariant &value, const Expression &expression)
    {
        return compares(column == "bool_value" ? QVariant(value.toLongLong() != 0) : value,
                        expression.sign, expression.text);
    }

    const LineageStoreParts::Store &m_store;
    Kind m_kind;
    QString m_table;
    const SearchText &m_text;

    Ids all() const { return tidied(m_text.ids); }
    QString owner() const { return m_table.toLower() + "_id"; }

    Ids idsOf(const QString &statement, const QList<QVariant> &values = {}) const
    {
        Ids ids;
        Sql row(m_store.base, statement);
        for (int i = 0; i < values.size(); ++i)
            row.bind(i, values[i]);
        while (row.next())
            ids.push_back(row.id(0));
        return tidied(std::move(ids));
    }

    template <class Holds>
    Ids ofTypes(Holds holds) const
    {
        std::unordered_set<qint64> types;
        for (auto type = m_store.types.cbegin(); type != m_store.types.cend(); ++type)
            if (holds(type.value()))
                types.insert(type.key());
        Ids ids;
        if (!types.empty())
            for (std::size_t i = 0; i < m_text.ids.size(); ++i)
                if (types.contains(m_text.types[i]))
                    ids.push_back(m_text.ids[i]);
        return tidied(std::move(ids));
    }

    /// Nodes in a stage (or pipeline) whose name holds.
    template <class Holds>
    Ids inContexts(bool isStage, Holds holds) const
    {
        QStringList wanted;
        for (const LineageContext &context : m_store.contexts) {
            LineageNode names;
            m_store.addContext(names, context.id);
            for (const QString &name : isStage ? names.stages : names.pipelines)
                if (holds(name) && !wanted.contains(name))
                    wanted << name;
        }
        Ids ids;
        for (const QString &name : wanted)
            ids = either(ids, idsOf(m_store.idsInContexts(m_kind, isStage ? QString() : name,
                                                          isStage ? name : QString())));
        return ids;
    }

    Ids withWord(const QString &text) const
    {
        const std::string word = folded(text);
        Ids ids;
        for (std::size_t row = m_text.find(word, 0); row < m_text.ids.size();
             row = m_text.find(word, row + 1))
            ids.push_back(m_text.ids[row]);
        const auto has = [&](const QString &where) {
            return where.contains(text, Qt::CaseInsensitive);
        };
        return either(tidied(std::move(ids)), either(ofTypes(has), inContexts(true, has)));
    }

    /// A column of the node's own table, gone through whole.
    Ids ofColumn(const QString &column, const Expression &expression) const
    {
        Ids ids;
        for (Sql row(m_store.base, QStringLiteral("SELECT id, %1 FROM %2").arg(column, m_table));
             row.next();)
            if (compares(row[1].isNull() ? QVariant(QString()) : row[1], expression.sign,
                         expression.text))
                ids.push_back(row.id(0));
        return tidied(std::move(ids));
    }

    Ids comparing(const Expression &expression) const
    {
        const QString key = expression.name.toLower();
        const auto holds = [&](const QString &text) {
            return compares(text, expression.sign, expression.text);
        };
        if (expression.span && key == "created") {
            Ids ids;
            for (std::size_t i = 0; i < m_text.ids.size(); ++i)
                if (compares(m_text.created[i], expression.sign, *expression.span))
                    ids.push_back(m_text.ids[i]);
            return tidied(std::move(ids));
        }
        if (expression.span) {
            Ids ids;
            for (Sql row(
                     m_store.base,
                     QStringLiteral("SELECT id, %1 FROM %2")
                         .arg(m_store.column(m_table, "last_update_time_since_epoch"), m_table));
                 row.next();)
                if (compares(row.id(1), expression.sign, *expression.span))
                    ids.push_back(row.id(0));
            return tidied(std::move(ids));
        }
        if (key == "kind")
            return holds(m_kind == Kind::Artifact ? "artifact" : "execution") ? all() : Ids();
        if (key == "type")
            return ofTypes(holds);
        if (key == "name" || key == "short")
            return ofColumn(m_store.column(m_table, "name"), expression);
        if (key == "uri")
            return ofColumn(m_kind == Kind::Artifact ? m_store.column(m_table, "uri") : "NULL",
                            expression);
        if (key == "id")
            return ofColumn("id", expression);
        if (key == "store")
            return compares(0, expression.sign, expression.text) ? all() : Ids();
        if (key == "state")
            return ofColumn(
                QStringLiteral("coalesce(%1, 0)")
                    .arg(m_store.column(m_table,
                                        m_kind == Kind::Artifact ? "state" : "last_known_state")),
                expression);
        if (key == "stage" || key == "pipeline") {
            const bool isStage = key == "stage", isNegative = expression.sign.startsWith('!');
            const Ids found = inContexts(isStage, [&](const QString &text) {
                return isNegative != compares(text, expression.sign, expression.text);
            });
            if (!isNegative)
                return found;
            return without(inContexts(isStage, [](const QString &) { return true; }), found);
        }
        return ofProperty(expression);
    }

    /// Names of properties that are `name` whatever their case, itself first.
    QStringList namesLike(const QString &name) const
    {
        const QString table = m_table + "Property";
        QStringList names{name};
        for (const char *value : {"int_value", "double_value", "string_value"}) {
            if (!m_store.tables.value(table).contains(value))
                continue;
            // From name to name along the index that MLMD keeps of the values that are there.
            for (Sql row(m_store.base,
                         QStringLiteral("WITH RECURSIVE names(n) AS (SELECT min(name) FROM %1 "
                                        "WHERE %2 IS NOT NULL UNION ALL SELECT (SELECT min(name) "
                                        "FROM %1 WHERE %2 IS NOT NULL AND name > n) FROM names "
                                        "WHERE n IS NOT NULL LIMIT 5000) SELECT n FROM names WHERE "
                                        "n IS NOT NULL")
                             .arg(table, value));
                 row.next();)
                if (const QString found = row.text(0);
                    found.compare(name, Qt::CaseInsensitive) == 0 && !names.contains(found))
                    names << found;
        }
        return names;
    }

    Ids ofProperty(const Expression &expression) const
    {
        const QString table = m_table + "Property";
        if (!m_store.tables.contains(table))
            return {};
        // A node's first property of that name decides; mostly there is but one kind of them.
        std::vector<std::pair<QString, int>> groups;
        for (const QString &name : namesLike(expression.name))
            for (const int isCustom : {0, 1})
                if (hasRows(table, name, isCustom))
                    groups.emplace_back(name, isCustom);
        Ids found, hasOne;
        for (const auto &[name, isCustom] : groups) {
            Ids owners;
            const Ids matches =
                ofRows(table, name, isCustom, expression, groups.size() > 1 ? &owners : nullptr);
            found = either(found, without(matches, hasOne));
            hasOne = either(hasOne, owners);
        }
        return found;
    }

    QString rowsOf(const QString &what, const QString &table, const QString &value) const
    {
        const QString custom = m_store.column(table, "is_custom_property");
        return QStringLiteral("SELECT %1 FROM %2 WHERE name = ? AND %3 = ? AND %4 IS NOT NULL")
            .arg(what, table, custom == "NULL" ? QStringLiteral("0") : custom, value);
    }

    bool hasRows(const QString &table, const QString &name, int isCustom) const
    {
        for (const QString &value : m_text.values)
            if (bound(rowsOf("1", table, value) + " LIMIT 1", name, isCustom).next())
                return true;
        return false;
    }

    /// Different ones, from one to the next along the index.
    std::vector<QVariant> valuesUpTo(std::size_t most, const QString &table, const QString &value,
                                     const QString &name, int isCustom) const
    {
        std::vector<QVariant> known;
        const QString smallest = QStringLiteral("min(%1)").arg(value);
        {
            Sql row = bound(rowsOf(smallest, table, value), name, isCustom);
            if (!row.next() || row[0].isNull())
                return known;
            known.push_back(row[0]);
        }
        Sql next(m_store.base, rowsOf(smallest, table, value) + " AND " + value + " > ?");
        while (known.size() < most) {
            next.bind(0, name).bind(1, isCustom).bind(2, known.back()).exec();
            if (!next.next() || next[0].isNull())
                break;
            known.push_back(next[0]);
        }
        return known;
    }

    /// Owners of rows that match, and of all these rows.
    Ids ofRows(const QString &table, const QString &name, int isCustom,
               const Expression &expression, Ids *owners) const
    {
        Ids matches;
        for (const QString &value : m_text.values) {
            // Of settings there are few values: those that match are asked for one by one.
            constexpr std::size_t few = 1000;
            std::vector<QVariant> known;
            if (!owners)
                known = valuesUpTo(few + 1, table, value, name, isCustom);
            if (!owners && known.size() <= few) {
                Sql row(m_store.base, rowsOf(owner(), table, value) + " AND " + value + " = ?");
                for (const QVariant &each : known) {
                    if (!isMatch(value, each, expression))
                        continue;
                    row.bind(0, name).bind(1, isCustom).bind(2, each);
                    for (row.exec(); row.next();)
                        matches.push_back(row.id(0));
                }
                continue;
            }
            // In the order of the index, equal values come together: each is compared once.
            QVariant last;
            bool isHeld = false;
            for (Sql row = bound(rowsOf(value + ", " + owner(), table, value), name, isCustom);
                 row.next();) {
                QVariant here = row[0];
                if (!last.isValid() || here != last) {
                    isHeld = isMatch(value, here, expression);
                    last = std::move(here);
                }
                if (isHeld)
                    matches.push_back(row.id(1));
                if (owners)
                    owners->push_back(row.id(1));
            }
        }
        if (owners)
            *owners = tidied(std::move(*owners));
        return tidied(std::move(matches));
    }

    Sql bound(const QString &statement, const QString &name, int isCustom) const
    {
        Sql sql(m_store.base, statement);
        sql.bind(0, name).bind(1, isCustom);
        return sql;
    }
};

} // namespace

std::vector<LineageNode> LineageStore::matching(const QString &expression, int limit,
                                                const Progress &progress) const
{
    const Expression whole = parseExpression(expression);
    std::vector<LineageNode> nodes;
    for (const Kind kind : {Kind::Artifact, Kind::Execution}) {
        if (!d->tables.contains(tableOf(kind)))
            continue;
        if (!progress(0.5 * int(kind)))
            break;
        const Search search(*d, kind);
        std::optional<Ids> some = search.first(whole, limit);
        const Ids ids = some ? std::move(*some) : search.matching(whole);
        const SearchText &all = d->searchText(kind);
        std::vector<qint64> newest;
        for (std::size_t i = 0; i < all.ids.size() && int(newest.size()) < limit; ++i)
            if (std::binary_search(ids.begin(), ids.end(), all.ids[i]))
                newest.push_back(all.ids[i]);
        const std::vector<LineageNode> rows = d->rows(kind, newest);
        nodes.insert(nodes.end(), rows.begin(), rows.end());
    }
    progress(1);
    return nodes;
}

} // namespace helmscope
