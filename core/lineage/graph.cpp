// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/graph.h"

#include "lineage/adjacency.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace helmscope {

namespace {

using Kind = LineageNode::Kind;

Adjacency adjacencyOf(const LineageGraph &graph)
{
    return Adjacency(int(graph.nodes.size()), int(graph.edges.size()), [&graph](int i) {
        const LineageEdge &edge = graph.edges[std::size_t(i)];
        return std::pair(edge.from, edge.to);
    });
}

bool isNode(const LineageGraph &graph, int node)
{
    return node >= 0 && node < int(graph.nodes.size());
}

QStringList uuidsOf(const LineageNode &node)
{
    const LineageProperty *property = node.property("Execution_uuid");
    return property ? property->value.toString().split(',', Qt::SkipEmptyParts) : QStringList();
}

QString executionName(const LineageNode &node)
{
    // A name that is the uuid was given so that the execution can be pushed more than once.
    const QStringList uuids = uuidsOf(node);
    if (!node.name.isEmpty() && !uuids.contains(node.name))
        return node.name;
    QString stage = node.stages.value(0);
    stage = stage.section('/', 1).isEmpty() ? stage : stage.section('/', 1);
    if (stage.isEmpty())
        stage = node.type;
    const QString tail = uuids.isEmpty() ? QString::number(node.id) : uuids.first().left(4);
    return stage.isEmpty() ? tail : stage + '_' + tail;
}

/// Path part of "<path>:<hash>[:<execution>[:<uuid>]]"; a path may hold colons itself.
QString pathOf(const LineageNode &node)
{
    qsizetype end = node.uri.isEmpty() ? -1 : node.name.indexOf(':' + node.uri);
    if (end < 0)
        end = node.name.indexOf(':');
    QString path = end < 0 ? node.name : node.name.left(end);
    while (path.size() > 1 && path.endsWith('/'))
        path.chop(1);
    return path;
}

/// Shortest walk from `a` to `b` over the links that `linksOf` gives for a node.
template <class LinksOf>
std::vector<int> shortest(int nodeCount, int a, int b, LinksOf linksOf)
{
    std::vector<int> before(std::size_t(nodeCount), -1), queue{a};
    before[std::size_t(a)] = a;
    for (std::size_t i = 0; i < queue.size() && before[std::size_t(b)] < 0; ++i)
        linksOf(queue[i], [&](int next) {
            if (before[std::size_t(next)] < 0) {
                before[std::size_t(next)] = queue[i];
                queue.push_back(next);
            }
        });
    if (before[std::size_t(b)] < 0)
        return {};
    std::vector<int> walk{b};
    while (walk.back() != a)
        walk.push_back(before[std::size_t(walk.back())]);
    std::reverse(walk.begin(), walk.end());
    return walk;
}

/// Strongly connected component of each node (Tarjan 1972, without recursion), only among nodes
/// that `isIn` lets in; -1 for the others.
std::vector<int> components(const Adjacency &adjacency, const std::vector<char> &isIn)
{
    const std::size_t count = std::size_t(adjacency.nodeCount());
    std::vector<int> component(count, -1), number(count, -1), low(count, 0), open;
    struct Frame
    {
        int node;
        std::size_t link;
    };
    std::vector<Frame> frames;
    int numbers = 0, found = 0;
    for (std::size_t root = 0; root < count; ++root) {
        if (!isIn[root] || number[root] >= 0)
            continue;
        frames.push_back({int(root), 0});
        while (!frames.empty()) {
            const std::size_t node = std::size_t(frames.back().node);
            if (number[node] < 0) {
                number[node] = low[node] = numbers++;
                open.push_back(int(node));
            }
            const auto links = adjacency.down(int(node));
            int child = -1;
            for (std::size_t &link = frames.back().link; link < links.size() && child < 0; ++link) {
                const std::size_t next = std::size_t(links[link].node);
                if (!isIn[next])
                    continue;
                if (number[next] < 0)
                    child = int(next);
                else if (component[next] < 0)
                    low[node] = std::min(low[node], number[next]);
            }
            if (child >= 0) {
                frames.push_back({child, 0});
                continue;
            }
            frames.pop_back();
            if (!frames.empty()) {
                int &above = low[std::size_t(frames.back().node)];
                above = std::min(above, low[node]);
            }
            if (low[node] != number[node])
                continue;
            for (int last = -1; last != int(node);) {
                last = open.back();
                open.pop_back();
                component[std::size_t(last)] = found;
            }
            ++found;
        }
    }
    return component;
}

} // namespace

std::optional<double> numberOf(const QVariant &value)
{
    constexpr qsizetype longestNumber = 64;
    double number = 0;
    switch (value.typeId()) {
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Double:
    case QMetaType::Float:
    case QMetaType::Bool:
        number = value.toDouble();
        break;
    case QMetaType::QString: {
        const QString text = value.toString();
        bool isNumber = false;
        if (text.size() <= longestNumber)
            number = text.trimmed().toDouble(&isNumber);
        if (!isNumber)
            return {};
        break;
    }
    default:
        return {};
    }
    return std::isnan(number) ? std::nullopt : std::optional(number);
}

QString LineageNode::shortName() const
{
    if (kind == Kind::Execution)
        return executionName(*this);
    const QString part = pathOf(*this).section('/', -1);
    if (!part.isEmpty())
        return part;
    if (!uri.isEmpty())
        return uri;
    return type.isEmpty() ? QString::number(id) : QStringLiteral("%1 %2").arg(type).arg(id);
}

const LineageProperty *LineageNode::property(const QString &wanted) const
{
    const LineageProperty *custom = nullptr;
    for (const LineageProperty &property : properties) {
        if (property.name != wanted)
            continue;
        if (!property.isCustom)
            return &property;
        if (!custom)
            custom = &property;
    }
    return custom;
}

int LineageGraph::indexOf(LineageNode::Kind kind, qint64 id, int store) const
{
    const auto key = std::tuple(store, kind, id);
    const auto keyOf = [](const LineageNode &node) {
        return std::tuple(node.store, node.kind, node.id);
    };
    const auto found =
        std::lower_bound(nodes.begin(), nodes.end(), key,
                         [&](const LineageNode &node, const auto &k) { return keyOf(node) < k; });
    return found != nodes.end() && keyOf(*found) == key ? int(found - nodes.begin()) : -1;
}

std::vector<int> LineageGraph::find(const QString &text) const
{
    QString wanted = text.trimmed();
    if (wanted.isEmpty())
        return {};
    int store = -1; // any
    if (stores.size() > 1) {
        bool isNumber = false;
        const int number = wanted.section('@', -1).toInt(&isNumber);
        if (isNumber && wanted.contains('@') && number >= 1 && number <= stores.size()) {
            store = number - 1;
            wanted = wanted.section('@', 0, -2);
        }
    }
    const bool saysArtifact = wanted.startsWith("artifact:");
    const bool saysExecution = wanted.startsWith("execution:");
    bool isId = false;
    const qint64 id = wanted
                          .mid(saysArtifact    ? qsizetype(qstrlen("artifact:"))
                               : saysExecution ? qsizetype(qstrlen("execution:"))
                                               : 0)
                          .toLongLong(&isId);
    std::vector<int> found;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const LineageNode &node = nodes[i];
        if (store >= 0 && node.store != store)
            continue;
        const bool isKind = node.kind == Kind::Artifact ? !saysExecution : !saysArtifact;
        if ((isId && isKind && node.id == id) || node.name == wanted || node.uri == wanted ||
            node.shortName() == wanted ||
            (node.kind == Kind::Execution && uuidsOf(node).contains(wanted)))
            found.push_back(int(i));
    }
    return found;
}

std::vector<int> reach(const LineageGraph &graph, const std::vector<int> &start, Walk walk,
                       int depth)
{
    const Adjacency adjacency = adjacencyOf(graph);
    std::vector<char> isReached(graph.nodes.size(), 0);
    std::vector<int> reached;
    const auto add = [&](int node) {
        if (isNode(graph, node) && !isReached[std::size_t(node)]) {
            isReached[std::size_t(node)] = 1;
            reached.push_back(node);
        }
    };
    for (int node : start)
        add(node);
    std::size_t begin = 0;
    for (int steps = 0; begin < reached.size() && (depth < 0 || steps < depth); ++steps) {
        const std::size_t end = reached.size();
        for (; begin < end; ++begin) {
            const int node = reached[begin];
            if (walk != Walk::Up)
                for (const Adjacency::Link &link : adjacency.down(node))
                    add(link.node);
            if (walk != Walk::Down)
                for (const Adjacency::Link &link : adjacency.up(node))
                    add(link.node);
        }
    }
    std::sort(reached.begin(), reached.end());
    return reached;
}

LineageGraph subgraph(const LineageGraph &graph, const std::vector<int> &nodes)
{
    std::vector<int> kept;
    for (int node : nodes)
        if (isNode(graph, node))
            kept.push_back(node);
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());

    LineageGraph part;
    part.stores = graph.stores;
    part.problems = graph.problems;
    part.nodes.reserve(kept.size());
    std::vector<int> place(graph.nodes.size(), -1);
    for (int node : kept) {
        place[std::size_t(node)] = int(part.nodes.size());
        part.nodes.push_back(graph.nodes[std::size_t(node)]);
    }
    for (const LineageEdge &edge : graph.edges) {
        if (!isNode(graph, edge.from) || !isNode(graph, edge.to))
            continue;
        const int from = place[std::size_t(edge.from)], to = place[std::size_t(edge.to)];
        if (from < 0 || to < 0)
            continue;
        part.edges.push_back(edge);
        part.edges.back().from = from;
        part.edges.back().to = to;
    }
    return part;
}

std::vector<int> path(const LineageGraph &graph, int a, int b)
{
    if (!isNode(graph, a) || !isNode(graph, b))
        return {};
    const Adjacency adjacency = adjacencyOf(graph);
    const auto down = [&adjacency](int node, auto visit) {
        for (const Adjacency::Link &link : adjacency.down(node))
            visit(link.node);
    };
    const auto up = [&adjacency](int node, auto visit) {
        for (const Adjacency::Link &link : adjacency.up(node))
            visit(link.node);
    };
    std::vector<int> walk = shortest(adjacency.nodeCount(), a, b, down);
    if (walk.empty())
        walk = shortest(adjacency.nodeCount(), a, b, up);
    if (walk.empty())
        walk = shortest(adjacency.nodeCount(), a, b, [&](int node, auto visit) {
            down(node, visit);
            up(node, visit);
        });
    return walk;
}

std::vector<int> commonOrigin(const LineageGraph &graph, int a, int b)
{
    if (!isNode(graph, a) || !isNode(graph, b))
        return {};
    const std::vector<int> aboveA = reach(graph, {a}, Walk::Up);
    const std::vector<int> aboveB = reach(graph, {b}, Walk::Up);
    std::vector<int> common;
    std::set_intersection(aboveA.begin(), aboveA.end(), aboveB.begin(), aboveB.end(),
                          std::back_inserter(common));
    // What lies between two common ancestors is one itself, so single edges tell who reaches whom;
    // those on one cycle are equally near.
    const Adjacency adjacency = adjacencyOf(graph);
    std::vector<char> isCommon(graph.nodes.size(), 0);
    for (int node : common)
        isCommon[std::size_t(node)] = 1;
    const std::vector<int> component = components(adjacency, isCommon);
    std::vector<char> leadsOn(graph.nodes.size(), 0); // by component
    for (int node : common)
        for (const Adjacency::Link &link : adjacency.down(node))
            if (isCommon[std::size_t(link.node)] &&
                component[std::size_t(link.node)] != component[std::size_t(node)])
                leadsOn[std::size_t(component[std::size_t(node)])] = 1;
    std::erase_if(
        common, [&](int node) { return leadsOn[std::size_t(component[std::size_t(node)])] != 0; });
    return common;
}

} // namespace helmscope
