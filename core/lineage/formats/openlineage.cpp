// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/formats.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>

#include <algorithm>
#include <numeric>

namespace helmscope {

static constexpr const char *producer = "https://helmscope.invalid/" HELMSCOPE_VERSION;
static QString schema(const char *what)
{
    return QStringLiteral("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/%1").arg(what);
}

/// Every facet names who made it and its schema; ours add fields to those of the core schema.
static QJsonObject facet(QJsonObject body, const QString &schemaUrl)
{
    body.insert("_producer", producer);
    body.insert("_schemaURL", schemaUrl);
    return body;
}

static QString namespaceOf(const LineageNode &node)
{
    return "cmf://" + (node.pipelines.isEmpty() ? QStringLiteral("lineage") : node.pipelines[0]);
}

/// Each artifact as a dataset, by node; two of one name are told apart.
static std::vector<QJsonObject> datasetsOf(const LineageGraph &graph)
{
    std::vector<QJsonObject> datasets;
    QSet<QString> taken;
    for (const LineageNode &node : graph.nodes) {
        datasets.emplace_back();
        if (node.kind != LineageNode::Kind::Artifact)
            continue;
        QString name = node.name.isEmpty() ? uniqueName(node) : node.name;
        const QString space = namespaceOf(node);
        if (taken.contains(space + '\n' + name))
            name += " (" + uniqueName(node) + ')';
        taken.insert(space + '\n' + name);
        QJsonObject facets{
            {"helmscope_artifact",
             facet({{"type", node.type}, {"uri", node.uri}, {"properties", propertiesOf(node)}},
                   schema("DatasetFacet"))}};
        if (!node.uri.isEmpty())
            facets.insert("version", facet({{"datasetVersion", node.uri}},
                                           "https://openlineage.io/spec/facets/1-0-0/"
                                           "DatasetVersionDatasetFacet.json"
                                           "#/$defs/DatasetVersionDatasetFacet"));
        datasets.back() = {{"namespace", space}, {"name", name}, {"facets", facets}};
    }
    return datasets;
}

/// What became of a run, by Execution.last_known_state; CMF's stores do not say.
static QString eventTypeOf(const LineageNode &execution)
{
    constexpr int running = 2, failed = 4, canceled = 6;
    return execution.state == running    ? "RUNNING"
           : execution.state == failed   ? "FAIL"
           : execution.state == canceled ? "ABORT"
                                         : "COMPLETE";
}

/// Required by the schema; the beginning of time where the store has none.
static QString eventTime(qint64 ms)
{
    const QString time = isoTime(ms);
    return time.isEmpty() ? QStringLiteral("1970-01-01T00:00:00.000Z") : time;
}

QByteArray openLineageOf(const LineageGraph &graph)
{
    const std::vector<QJsonObject> datasets = datasetsOf(graph);
    const std::vector<qint64> ends = endsOf(graph);
    std::vector<QJsonArray> inputs(graph.nodes.size()), outputs(graph.nodes.size());
    std::vector<char> isUsed(graph.nodes.size(), 0);
    for (const LineageEdge &edge : graph.edges) {
        const bool isInput = edge.kind == LineageEdge::Kind::Input;
        const std::size_t artifact = std::size_t(isInput ? edge.from : edge.to);
        const std::size_t execution = std::size_t(isInput ? edge.to : edge.from);
        (isInput ? inputs : outputs)[execution].append(datasets[artifact]);
        isUsed[artifact] = 1;
    }
    std::vector<std::size_t> order(graph.nodes.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return graph.nodes[a].createdMs < graph.nodes[b].createdMs;
    });
    QJsonArray events;
    for (const std::size_t i : order) {
        const LineageNode &node = graph.nodes[i];
        if (node.kind == LineageNode::Kind::Artifact) {
            if (!isUsed[i])
                events.append(QJsonObject{{"eventTime", eventTime(node.createdMs)},
                                          {"producer", producer},
                                          {"schemaURL", schema("DatasetEvent")},
                                          {"dataset", datasets[i]}});
            continue;
        }
        const QString stage = node.stages.isEmpty() ? node.type : node.stages.first();
        const QJsonObject own = facet({{"type", node.type},
                                       {"started", isoTime(node.createdMs)},
                                       {"properties", propertiesOf(node)}},
                                      schema("RunFacet"));
        events.append(
            QJsonObject{{"eventTime", eventTime(ends[i])},
                        {"eventType", eventTypeOf(node)},
                        {"producer", producer},
                        {"schemaURL", schema("RunEvent")},
                        {"run", QJsonObject{{"runId", runIdOf(graph, int(i))},
                                            {"facets", QJsonObject{{"helmscope_execution", own}}}}},
                        {"job", QJsonObject{{"namespace", namespaceOf(node)},
                                            {"name", stage.isEmpty() ? uniqueName(node) : stage},
                                            {"facets", QJsonObject()}}},
                        {"inputs", inputs[i]},
                        {"outputs", outputs[i]}});
    }
    return QJsonDocument(events).toJson();
}

} // namespace helmscope
