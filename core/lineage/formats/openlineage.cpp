// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/formats.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace helmscope {

static constexpr const char *producer = "https://helmscope.invalid/" HELMSCOPE_VERSION;
static constexpr const char *eventSchema =
    "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// A facet of our own: every facet names who made it and its schema.
static QJsonObject facet(QJsonObject body)
{
    body.insert("_producer", producer);
    body.insert("_schemaURL", "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet");
    return body;
}

QByteArray openLineageOf(const LineageGraph &graph)
{
    std::vector<int> executions;
    std::vector<QJsonArray> inputs(graph.nodes.size()), outputs(graph.nodes.size());
    for (const LineageEdge &edge : graph.edges) {
        const bool isInput = edge.kind == LineageEdge::Kind::Input;
        const int artifact = isInput ? edge.from : edge.to;
        const int execution = isInput ? edge.to : edge.from;
        const LineageNode &node = graph.nodes[std::size_t(artifact)];
        const QString pipeline = node.pipelines.isEmpty() ? "lineage" : node.pipelines.first();
        QJsonObject facets{
            {"helmscope_artifact",
             facet({{"type", node.type}, {"uri", node.uri}, {"properties", propertiesOf(node)}})}};
        QJsonObject dataset{{"namespace", "cmf://" + pipeline},
                            {"name", node.name.isEmpty() ? uniqueName(node) : node.name},
                            {"facets", facets}};
        (isInput ? inputs : outputs)[std::size_t(execution)].append(dataset);
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        if (graph.nodes[i].kind == LineageNode::Kind::Execution)
            executions.push_back(int(i));
    std::stable_sort(executions.begin(), executions.end(), [&](int a, int b) {
        return graph.nodes[std::size_t(a)].createdMs < graph.nodes[std::size_t(b)].createdMs;
    });
    QJsonArray events;
    for (const int i : executions) {
        const LineageNode &node = graph.nodes[std::size_t(i)];
        const QString stage = node.stages.isEmpty() ? node.type : node.stages.first();
        const QString pipeline = node.pipelines.isEmpty() ? "lineage" : node.pipelines.first();
        const QString end = isoTime(endOf(graph, i));
        events.append(QJsonObject{
            // Required by the schema; the beginning of time where the store has none.
            {"eventTime", end.isEmpty() ? "1970-01-01T00:00:00.000Z" : end},
            {"eventType", "COMPLETE"},
            {"producer", producer},
            {"schemaURL", eventSchema},
            {"run",
             QJsonObject{{"runId", runIdOf(graph, i)},
                         {"facets", QJsonObject{{"helmscope_execution",
                                                 facet({{"type", node.type},
                                                        {"started", isoTime(node.createdMs)},
                                                        {"properties", propertiesOf(node)}})}}}}},
            {"job", QJsonObject{{"namespace", "cmf://" + pipeline},
                                {"name", stage.isEmpty() ? uniqueName(node) : stage},
                                {"facets", QJsonObject()}}},
            {"inputs", inputs[std::size_t(i)]},
            {"outputs", outputs[std::size_t(i)]}});
    }
    return QJsonDocument(events).toJson();
}

} // namespace helmscope
