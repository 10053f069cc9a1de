// SPDX-License-Identifier: GPL-3.0-or-later
// From rows to a graph: all of a store, or what lies around one node.

#include "base/tr.h"
#include "lineage/store/parts.h"

#include <QFileInfo>

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

namespace helmscope {

namespace {

/// Sentences about one kind of trouble: the first few, then only counted.
class Complaints
{
public:
    explicit Complaints(QStringList &list)
        : m_list(list)
    {
    }
    ~Complaints()
    {
        if (m_count > most)
            m_list << Tr::tr("… and %1 more events like these.").arg(m_count - most);
    }
    Complaints(const Complaints &) = delete;
    Complaints &operator=(const Complaints &) = delete;
    void add(const QString &sentence)
    {
        if (++m_count <= most)
            m_list << sentence;
    }

private:
    static constexpr qint64 most = 20;
    QStringList &m_list;
    qint64 m_count = 0;
};

/// The value of a row of a property table: the first column that holds one. SQLite keeps what was
/// put in, whatever the column was declared as; so do we.
QVariant valueOf(const Sql &row, int first)
{
    for (int i = 0; i < 6; ++i) {
        QVariant value = row[first + i];
        if (value.isNull())
            continue;
        if (i == 5)
            return value.toLongLong() != 0;
        return value;
    }
    return {};
}

} // namespace

QString tableOf(LineageNode::Kind kind)
{
    return kind == LineageNode::Kind::Artifact ? QStringLiteral("Artifact")
                                               : QStringLiteral("Execution");
}

void tidy(LineageNode &node)
{
    node.stages.sort();
    node.stages.removeDuplicates();
    node.pipelines.sort();
    node.pipelines.removeDuplicates();
}

QString LineageStore::Private::column(const QString &table, const QString &name, int longest) const
{
    if (!tables.value(table).contains(name))
        return QStringLiteral("NULL");
    return longest > 0 ? QStringLiteral("substr(%1, 1, %2)").arg(name).arg(longest) : name;
}

QString LineageStore::Private::nodeColumns(LineageNode::Kind kind) const
{
    const QString table = tableOf(kind);
    const bool isArtifact = kind == LineageNode::Kind::Artifact;
    return QStringList{"id",
                       column(table, "type_id"),
                       column(table, "name", longestName),
                       isArtifact ? column(table, "uri", longestName) : "NULL",
                       column(table, isArtifact ? "state" : "last_known_state"),
                       column(table, "create_time_since_epoch"),
                       column(table, "last_update_time_since_epoch")}
        .join(", ");
}

LineageNode LineageStore::Private::nodeOf(const Sql &row, LineageNode::Kind kind) const
{
    LineageNode node;
    node.kind = kind;
    node.id = row.id(0);
    node.type = types.value(row.id(1));
    node.name = row.text(2);
    node.uri = row.text(3);
    node.state = row[4].toInt();
    node.createdMs = row.id(5);
    node.updatedMs = row.id(6);
    return node;
}

void LineageStore::Private::addContext(LineageNode &node, qint64 id) const
{
    const auto context = contexts.find(id);
    if (context == contexts.end())
        return;
    if (context->isPipeline) {
        node.pipelines << context->name;
        return;
    }
    node.stages << context->name;
    if (context->parents.empty() && context->name.contains('/')) {
        node.pipelines << context->name.section('/', 0, 0); // "<pipeline>/<stage>"
        return;
    }
    for (qint64 parent : context->parents)
        node.pipelines << contexts.value(parent).name;
}

void LineageStore::Private::readProperties(LineageNode::Kind kind, const QString &inside,
                                           const std::function<LineageNode *(qint64)> &node,
                                           QStringList &problems) const
{
    const QString table = tableOf(kind) + "Property";
    const QString owner = tableOf(kind).toLower() + "_id";
    if (!tables.contains(table))
        return;
    QStringList columns{owner, QStringLiteral("substr(name, 1, %1)").arg(longestName),
                        column(table, "is_custom_property")};
    for (const char *value : {"int_value", "double_value"})
        columns << column(table, value);
    // One more than shown, to see that there is more.
    for (const char *value : {"string_value", "byte_value", "proto_value"})
        columns << column(table, value, longestText + 1);
    columns << column(table, "bool_value");
    qint64 last = -1, tooMany = -1;
    LineageNode *of = nullptr;
    for (Sql row(base, QStringLiteral("SELECT %1 FROM %2 %3 ORDER BY %4")
                           .arg(columns.join(", "), table,
                                inside.isEmpty() ? QString() : "WHERE " + inside, owner));
         row.next();) {
        if (row.id(0) != last || !of)
            of = node(row.id(0));
        last = row.id(0);
        if (!of)
            continue;
        LineageProperty property{row.text(1), valueOf(row, 3), row.id(2) != 0};
        const QString what = tableOf(kind).toLower();
        if (int(of->properties.size()) >= mostProperties) {
            if (tooMany != last)
                problems << Tr::tr("%1 %2 has over %3 properties; the first are shown.")
                                .arg(what)
                                .arg(last)
                                .arg(mostProperties);
            tooMany = last;
            continue;
        }
        if (!property.value.isValid())
            problems << Tr::tr("Property %1 of %2 %3 has no value: ML-Metadata itself cannot read "
                               "that %2.")
                            .arg(property.name, what)
                            .arg(last);
        if (property.value.userType() == QMetaType::QString &&
            property.value.toString().size() > longestText) {
            property.value = property.value.toString().left(longestText);
            problems << Tr::tr("Property %1 of %2 %3 is longer than %4 characters; it is cut.")
                            .arg(property.name, what)
                            .arg(last)
                            .arg(longestText);
        } else if (property.value.userType() == QMetaType::QByteArray &&
                   property.value.toByteArray().size() > longestText) {
            property.value = property.value.toByteArray().left(longestText);
        }
        if (property.isCustom && property.name == "original_create_time_since_epoch")
            if (const auto time = numberOf(property.value); time && *time > 0 && *time < 1e15)
                of->createdMs = qint64(*time);
        of->properties.push_back(std::move(property));
    }
}

namespace {

void sortProperties(LineageNode &node)
{
    std::sort(node.properties.begin(), node.properties.end(),
              [](const LineageProperty &a, const LineageProperty &b) {
                  return std::pair(a.name, a.isCustom) < std::pair(b.name, b.isCustom);
              });
}

void sortEdges(LineageGraph &graph)
{
    std::sort(graph.edges.begin(), graph.edges.end(),
              [](const LineageEdge &a, const LineageEdge &b) {
                  return std::tie(a.from, a.to, a.event) < std::tie(b.from, b.to, b.event);
              });
}

void complainOfMissing(Complaints &complaints, qint64 event, const QString &what, qint64 id)
{
    complaints.add(Tr::tr("Event %1 names %2 %3, which the store does not have.")
                       .arg(event)
                       .arg(what)
                       .arg(id));
}

} // namespace

LineageGraph LineageStore::graph(const Progress &progress) const
{
    using Kind = LineageNode::Kind;
    LineageGraph graph;
    graph.stores = {QFileInfo(d->file).fileName()};
    graph.problems = d->notes;
    std::unordered_map<qint64, int> places[2];
    for (Kind kind : {Kind::Artifact, Kind::Execution}) {
        if (!d->tables.contains(tableOf(kind)))
            continue;
        for (Sql row(d->base, QStringLiteral("SELECT %1 FROM %2 ORDER BY id")
                                  .arg(d->nodeColumns(kind), tableOf(kind)));
             row.next();) {
            if (graph.nodes.size() % 4096 == 0 && !progress(0.1))
                return graph;
            places[int(kind)].emplace(row.id(0), int(graph.nodes.size()));
            graph.nodes.push_back(d->nodeOf(row, kind));
            if (!d->types.contains(row.id(1)))
                graph.problems << Tr::tr("%1 %2 is of type %3, which the store does not have.")
                                      .arg(tableOf(kind).toLower())
                                      .arg(row.id(0))
                                      .arg(row.id(1));
        }
    }
    if (!progress(0.3))
        return graph;
    for (Kind kind : {Kind::Artifact, Kind::Execution}) {
        d->readProperties(
            kind, {},
            [&](qint64 id) -> LineageNode * {
                const auto place = places[int(kind)].find(id);
                return place == places[int(kind)].end() ? nullptr
                                                        : &graph.nodes[std::size_t(place->second)];
            },
            graph.problems);
        if (!progress(kind == Kind::Artifact ? 0.5 : 0.7))
            return graph;
    }
    const auto &artifacts = places[int(Kind::Artifact)], &executions = places[int(Kind::Execution)];
    if (d->tables.contains("Association"))
        for (Sql row(d->base, "SELECT context_id, execution_id FROM Association"); row.next();)
            if (const auto place = executions.find(row.id(1)); place != executions.end())
                d->addContext(graph.nodes[std::size_t(place->second)], row.id(0));

    if (d->tables.contains("Event")) {
        Complaints complaints(graph.problems);
        std::unordered_map<qint64, QString> keys;
        if (d->tables.contains("EventPath"))
            for (Sql row(d->base,
                         QStringLiteral("SELECT event_id, substr(step_key, 1, %1) FROM EventPath "
                                        "WHERE step_key IS NOT NULL ORDER BY rowid")
                             .arg(longestName));
                 row.next();) {
                QString &key = keys[row.id(0)];
                if (key.size() < longestName)
                    key += (key.isEmpty() ? QString() : QStringLiteral("/")) + row.text(1);
            }
        for (Sql row(d->base, QStringLiteral("SELECT id, artifact_id, execution_id, type, %1 "
                                             "FROM Event ORDER BY id")
                                  .arg(d->column("Event", "milliseconds_since_epoch")));
             row.next();) {
            const auto artifact = artifacts.find(row.id(1));
            const auto execution = executions.find(row.id(2));
            if (artifact == artifacts.end())
                complainOfMissing(complaints, row.id(0), Tr::tr("artifact"), row.id(1));
            else if (execution == executions.end())
                complainOfMissing(complaints, row.id(0), Tr::tr("execution"), row.id(2));
            if (artifact == artifacts.end() || execution == executions.end())
                continue;
            LineageEdge edge;
            edge.event = int(row.id(3));
            const int isInput = isInputEvent(edge.event);
            if (isInput < 0) {
                complaints.add(Tr::tr("Event %1 is neither an input nor an output (type %2); it "
                                      "is left out.")
                                   .arg(row.id(0))
                                   .arg(row.id(3)));
                continue;
            }
            edge.kind = isInput ? LineageEdge::Kind::Input : LineageEdge::Kind::Output;
            edge.from = isInput ? artifact->second : execution->second;
            edge.to = isInput ? execution->second : artifact->second;
            edge.timeMs = row.id(4);
            if (const auto key = keys.find(row.id(0)); key != keys.end())
                edge.key = key->second;
            LineageNode &node = graph.nodes[std::size_t(artifact->second)];
            const LineageNode &run = graph.nodes[std::size_t(execution->second)];
            node.stages += run.stages;
            node.pipelines += run.pipelines;
            if (node.stages.size() > 64)
                tidy(node);
            graph.edges.push_back(std::move(edge));
        }
    }
    for (LineageNode &node : graph.nodes) {
        tidy(node);
        sortProperties(node);
    }
    sortEdges(graph);
    progress(1);
    return graph;
}

LineageGraph LineageStore::neighbourhood(LineageNode::Kind kind, qint64 id, int depth,
                                         int limit) const
{
    using Kind = LineageNode::Kind;
    LineageGraph graph;
    graph.stores = {QFileInfo(d->file).fileName()};
    graph.problems = d->notes;
    std::set<std::pair<Kind, qint64>> found{{kind, id}};
    std::deque<std::pair<std::pair<Kind, qint64>, int>> open{{{kind, id}, 0}};
    const bool hasEvents = d->tables.contains("Event");
    bool isCut = false;
    if (hasEvents) {
        Sql ofArtifact(d->base, "SELECT execution_id FROM Event WHERE artifact_id = ? LIMIT ?");
        Sql ofExecution(d->base, "SELECT artifact_id FROM Event WHERE execution_id = ? LIMIT ?");
        while (!open.empty() && !isCut) {
            const auto [node, distance] = open.front();
            open.pop_front();
            if (depth >= 0 && distance >= depth)
                continue;
            const bool isArtifact = node.first == Kind::Artifact;
            Sql &sql = isArtifact ? ofArtifact : ofExecution;
            // Several events may join the same two.
            for (sql.bind(0, node.second).bind(1, limit * 4 + 1).exec(); sql.next();) {
                const std::pair next{isArtifact ? Kind::Execution : Kind::Artifact, sql.id(0)};
                if (found.contains(next))
                    continue;
                if (int(found.size()) >= limit) {
                    isCut = true;
                    break;
                }
                found.insert(next);
                open.push_back({next, distance + 1});
            }
        }
    }
    if (isCut)
        graph.problems << Tr::tr("Only the %1 nearest nodes are shown.").arg(limit);
    d->fill(graph, found);
    return graph;
}

LineageGraph LineageStore::around(const std::vector<qint64> &executions) const
{
    using Kind = LineageNode::Kind;
    LineageGraph graph;
    graph.stores = {QFileInfo(d->file).fileName()};
    graph.problems = d->notes;
    std::set<std::pair<Kind, qint64>> found;
    const bool hasEvents = d->tables.contains("Event");
    Sql artifacts(d->base, hasEvents ? "SELECT artifact_id FROM Event WHERE execution_id = ?"
                                     : "SELECT NULL WHERE ? IS NULL");
    for (qint64 execution : executions) {
        found.emplace(Kind::Execution, execution);
        for (artifacts.bind(0, execution).exec(); artifacts.next();)
            found.emplace(Kind::Artifact, artifacts.id(0));
    }
    d->fill(graph, found);
    return graph;
}

/// Nodes with their properties, and the edges among them.
void LineageStore::Private::fill(LineageGraph &graph,
                                 const std::set<std::pair<LineageNode::Kind, qint64>> &found) const
{
    using Kind = LineageNode::Kind;
    const Private *const d = this; // as in the store's own functions
    const bool hasEvents = d->tables.contains("Event");
    std::unordered_map<qint64, int> places[2];
    QStringList ids[2];
    for (Kind each : {Kind::Artifact, Kind::Execution}) {
        if (!d->tables.contains(tableOf(each)))
            continue;
        Sql row(d->base, QStringLiteral("SELECT %1 FROM %2 WHERE id = ?")
                             .arg(d->nodeColumns(each), tableOf(each)));
        for (const auto &[of, number] : found) {
            if (of != each)
                continue;
            row.bind(0, number).exec();
            if (!row.next()) {
                graph.problems << Tr::tr("The store has no %1 %2, though it is named.")
                                      .arg(tableOf(each).toLower())
                                      .arg(number);
                continue;
            }
            places[int(each)].emplace(number, int(graph.nodes.size()));
            ids[int(each)] << QString::number(number);
            graph.nodes.push_back(d->nodeOf(row, each));
        }
        const QString owner = tableOf(each).toLower() + "_id";
        const auto node = [&](qint64 number) -> LineageNode * {
            const auto place = places[int(each)].find(number);
            return place == places[int(each)].end() ? nullptr
                                                    : &graph.nodes[std::size_t(place->second)];
        };
        if (!ids[int(each)].isEmpty())
            d->readProperties(each, owner + " IN (" + ids[int(each)].join(',') + ")", node,
                              graph.problems);
    }
    const auto &artifacts = places[int(Kind::Artifact)], &executions = places[int(Kind::Execution)];
    // The index begins with the context: named one by one, it serves.
    if (d->tables.contains("Association") && d->tables.contains("Context") && !executions.empty())
        for (Sql sql(d->base, QStringLiteral("SELECT context_id, execution_id FROM Association "
                                             "WHERE context_id IN (SELECT id FROM Context) "
                                             "AND execution_id IN (%1)")
                                  .arg(ids[int(Kind::Execution)].join(',')));
             sql.next();)
            d->addContext(graph.nodes[std::size_t(executions.at(sql.id(1)))], sql.id(0));
    if (hasEvents && !executions.empty()) {
        Sql key(d->base, d->tables.contains("EventPath")
                             ? QStringLiteral("SELECT substr(step_key, 1, %1) FROM EventPath WHERE "
                                              "event_id = ? AND step_key IS NOT NULL LIMIT 16")
                                   .arg(longestName)
                             : QStringLiteral("SELECT NULL WHERE ? < 0"));
        for (Sql row(d->base,
                     QStringLiteral("SELECT id, artifact_id, execution_id, type, %1 FROM Event "
                                    "WHERE execution_id IN (%2)")
                         .arg(d->column("Event", "milliseconds_since_epoch"),
                              ids[int(Kind::Execution)].join(',')));
             row.next();) {
            const auto artifact = artifacts.find(row.id(1));
            const int isInput = isInputEvent(int(row.id(3)));
            if (artifact == artifacts.end() || isInput < 0)
                continue;
            const int run = executions.at(row.id(2));
            LineageEdge edge;
            edge.event = int(row.id(3));
            edge.kind = isInput ? LineageEdge::Kind::Input : LineageEdge::Kind::Output;
            edge.from = isInput ? artifact->second : run;
            edge.to = isInput ? run : artifact->second;
            edge.timeMs = row.id(4);
            QStringList steps;
            for (key.bind(0, row.id(0)).exec(); key.next();)
                steps << key.text(0);
            edge.key = steps.join('/');
            LineageNode &node = graph.nodes[std::size_t(artifact->second)];
            node.stages += graph.nodes[std::size_t(run)].stages;
            node.pipelines += graph.nodes[std::size_t(run)].pipelines;
            graph.edges.push_back(std::move(edge));
        }
    }
    for (LineageNode &node : graph.nodes) {
        tidy(node);
        sortProperties(node);
    }
    sortEdges(graph);
}

std::optional<LineageNode> LineageStore::node(LineageNode::Kind kind, qint64 id) const
{
    LineageGraph graph = neighbourhood(kind, id, 0);
    if (graph.nodes.empty())
        return {};
    LineageNode node = std::move(graph.nodes.front());
    if (kind == LineageNode::Kind::Artifact && d->tables.contains("Event") &&
        d->tables.contains("Association") && d->tables.contains("Context")) {
        for (Sql sql(d->base,
                     QStringLiteral("SELECT DISTINCT context_id FROM Association WHERE context_id "
                                    "IN (SELECT id FROM Context) AND execution_id IN "
                                    "(SELECT execution_id FROM Event WHERE artifact_id = %1)")
                         .arg(id));
             sql.next();)
            d->addContext(node, sql.id(0));
        tidy(node);
    }
    return node;
}

} // namespace helmscope
