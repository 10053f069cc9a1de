// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/graph.h"

#include <QHash>
#include <QSet>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace helmscope {

namespace {

using Kind = LineageNode::Kind;
using Of = LineageDifference::Of;

bool isMetrics(const LineageNode &node)
{
    return node.type == "Metrics" || node.type == "mlmd.Metrics";
}

/// A digest in hexadecimal digits, of a directory with ".dir": not a uuid, a path or an address.
bool isContentHash(const QString &uri)
{
    constexpr qsizetype digitsOfMd5 = 32;
    const QStringView digits = QStringView(uri).chopped(uri.endsWith(".dir") ? 4 : 0);
    return digits.size() >= digitsOfMd5 && std::all_of(digits.begin(), digits.end(), [](QChar c) {
               const char16_t code = c.unicode();
               return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'f') ||
                      (code >= 'A' && code <= 'F');
           });
}

void unite(QStringList &into, const QStringList &more)
{
    QStringList all;
    std::set_union(into.begin(), into.end(), more.begin(), more.end(), std::back_inserter(all));
    into = all;
}

/// Takes from `other` what `node` lacks.
void unite(LineageNode &node, const LineageNode &other)
{
    unite(node.stages, other.stages);
    unite(node.pipelines, other.pipelines);
    if (other.createdMs > 0 && (node.createdMs == 0 || other.createdMs < node.createdMs))
        node.createdMs = other.createdMs;
    node.updatedMs = std::max(node.updatedMs, other.updatedMs);
    if (node.name.isEmpty())
        node.name = other.name;
    if (node.type.isEmpty())
        node.type = other.type;
    if (node.state == 0)
        node.state = other.state;
    const auto isBefore = [](const LineageProperty &a, const LineageProperty &b) {
        return std::tie(a.name, a.isCustom) < std::tie(b.name, b.isCustom);
    };
    std::vector<LineageProperty> all;
    std::set_union(node.properties.begin(), node.properties.end(), other.properties.begin(),
                   other.properties.end(), std::back_inserter(all), isBefore);
    node.properties = std::move(all);
}

/// What CMF itself writes beside what people chose, and what follows from the content.
bool isBookkeeping(const QString &property)
{
    static const QSet<QString> names{"Commit",
                                     "Context_ID",
                                     "Context_Type",
                                     "Execution_type_name",
                                     "Execution_uuid",
                                     "Git_End_Commit",
                                     "Git_Repo",
                                     "Git_Start_Commit",
                                     "Pipeline_Type",
                                     "Pipeline_id",
                                     "Python_Env",
                                     "git_repo",
                                     "metrics_name",
                                     "original_create_time_since_epoch",
                                     "url"};
    return names.contains(property);
}

bool isEqual(const QVariant &a, const QVariant &b)
{
    const std::optional<double> first = numberOf(a), second = numberOf(b);
    if (first && second && a.typeId() != b.typeId())
        return *first == *second; // CMF's client makes texts of numbers
    return a == b;
}

using Values = std::map<QString, QVariant>;

/// Adds what differs between two lists of named values.
void compare(const Values &first, const Values &second, Of of,
             std::vector<LineageDifference> &differences)
{
    auto a = first.begin(), b = second.begin();
    while (a != first.end() || b != second.end()) {
        const bool takesA = b == second.end() || (a != first.end() && a->first <= b->first);
        const bool takesB = a == first.end() || (b != second.end() && b->first <= a->first);
        const QVariant left = takesA ? a->second : QVariant();
        const QVariant right = takesB ? b->second : QVariant();
        if (!takesA || !takesB || !isEqual(left, right))
            differences.push_back({of, takesA ? a->first : b->first, left, right});
        if (takesA)
            ++a;
        if (takesB)
            ++b;
    }
}

/// Artifacts on one side of an execution, by name and hash, and the values of its metrics.
struct Surroundings
{
    std::map<QString, QStringList> inputs, outputs; ///< short name, hashes
    Values metrics;
};

Surroundings surroundingsOf(const LineageGraph &graph, int node)
{
    Surroundings result;
    std::vector<const LineageNode *> metrics;
    QSet<int> seen;
    for (const LineageEdge &edge : graph.edges) {
        const bool isInput = edge.to == node && edge.kind == LineageEdge::Kind::Input;
        const bool isOutput = edge.from == node && edge.kind == LineageEdge::Kind::Output;
        if (!isInput && !isOutput)
            continue;
        const int otherEnd = isInput ? edge.from : edge.to;
        const LineageNode &other = graph.nodes[std::size_t(otherEnd)];
        if (isOutput && isMetrics(other)) {
            if (!seen.contains(otherEnd))
                metrics.push_back(&other);
            seen.insert(otherEnd);
            continue;
        }
        QStringList &hashes = (isInput ? result.inputs : result.outputs)[other.shortName()];
        if (!hashes.contains(other.uri))
            hashes << other.uri;
    }
    QHash<QString, int> uses;
    for (const LineageNode *each : metrics)
        for (const LineageProperty &property : each->properties)
            ++uses[property.name];
    for (const LineageNode *each : metrics)
        for (const LineageProperty &property : each->properties)
            if (!isBookkeeping(property.name))
                result.metrics[uses[property.name] == 1 ? property.name
                                                        : each->shortName() + '/' + property.name] =
                    property.value;
    return result;
}

/// The hashes of each name as a text; content that `other` has too, under whatever name, is left
/// out.
Values onlyHere(const std::map<QString, QStringList> &artifacts,
                const std::map<QString, QStringList> &other)
{
    QSet<QString> known;
    for (const auto &[name, hashes] : other)
        for (const QString &hash : hashes)
            if (!hash.isEmpty())
                known.insert(hash);
    Values values;
    for (const auto &[name, hashes] : artifacts) {
        QStringList left;
        for (const QString &hash : hashes)
            if (!known.contains(hash))
                left << hash;
        left.sort();
        if (!left.isEmpty())
            values[name] = left.join(", ");
    }
    return values;
}

} // namespace

LineageGraph joinedByContent(const LineageGraph &graph)
{
    // The first that has a hash, or a uuid, stands for all.
    QHash<QString, int> firstOfHash, firstOfUuid;
    std::vector<int> place(graph.nodes.size());
    LineageGraph joined;
    joined.stores = graph.stores;
    joined.problems = graph.problems;
    const auto placeOf = [&](const LineageNode &node) -> int {
        const LineageProperty *uuids = node.property("Execution_uuid");
        const bool isArtifact = node.kind == Kind::Artifact;
        const QString key = isArtifact ? node.uri : uuids ? uuids->value.toString() : QString();
        if (isArtifact ? isMetrics(node) || !isContentHash(key) : key.isEmpty())
            return -1;
        const int next = int(joined.nodes.size());
        QHash<QString, int> &places = isArtifact ? firstOfHash : firstOfUuid;
        const auto known = places.constFind(key);
        const int found = known == places.cend() ? next : *known;
        if (found == next)
            places.insert(key, next);
        // Within one store two executions are two, whatever they say.
        const bool isSame =
            found < next && (isArtifact || joined.nodes[std::size_t(found)].store != node.store);
        return isSame ? found : -1;
    };
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const int found = placeOf(graph.nodes[i]);
        place[i] = found >= 0 ? found : int(joined.nodes.size());
        if (found >= 0)
            unite(joined.nodes[std::size_t(found)], graph.nodes[i]);
        else
            joined.nodes.push_back(graph.nodes[i]);
    }
    std::set<std::tuple<int, int, int>> seen; // of an event that was pulled no key came with it
    for (LineageEdge edge : graph.edges) {
        const int nodeCount = int(place.size());
        if (edge.from < 0 || edge.to < 0 || edge.from >= nodeCount || edge.to >= nodeCount)
            continue;
        edge.from = place[std::size_t(edge.from)];
        edge.to = place[std::size_t(edge.to)];
        if (seen.emplace(edge.from, edge.to, edge.event).second)
            joined.edges.push_back(edge);
    }
    return joined;
}

LineageGraph together(const std::vector<LineageGraph> &graphs)
{
    LineageGraph all;
    for (const LineageGraph &graph : graphs) {
        const int nodes = int(all.nodes.size()), stores = int(all.stores.size());
        all.stores += graph.stores;
        all.problems += graph.problems;
        for (LineageNode node : graph.nodes) {
            node.store += stores;
            all.nodes.push_back(std::move(node));
        }
        for (LineageEdge edge : graph.edges) {
            edge.from += nodes;
            edge.to += nodes;
            all.edges.push_back(std::move(edge));
        }
    }
    return joinedByContent(all);
}

std::vector<LineageDifference> differences(const LineageGraph &graph, int a, int b)
{
    const int count = int(graph.nodes.size());
    if (a < 0 || b < 0 || a >= count || b >= count)
        return {};
    Values chosen[2], kept[2];
    for (int side : {0, 1}) {
        const LineageNode &node = graph.nodes[std::size_t(side == 0 ? a : b)];
        kept[side]["type"] = node.type;
        if (node.kind == Kind::Artifact)
            kept[side]["uri"] = node.uri;
        for (const LineageProperty &property : node.properties)
            (isBookkeeping(property.name) ? kept : chosen)[side].emplace(property.name,
                                                                         property.value);
    }
    const Surroundings first = surroundingsOf(graph, a), second = surroundingsOf(graph, b);
    std::vector<LineageDifference> result;
    compare(chosen[0], chosen[1], Of::Property, result);
    compare(first.metrics, second.metrics, Of::Metric, result);
    compare(onlyHere(first.inputs, second.inputs), onlyHere(second.inputs, first.inputs), Of::Input,
            result);
    compare(onlyHere(first.outputs, second.outputs), onlyHere(second.outputs, first.outputs),
            Of::Output, result);
    compare(kept[0], kept[1], Of::Property, result);
    return result;
}

} // namespace helmscope
