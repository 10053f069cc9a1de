// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/formats.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>
#include <QUrl>

#include <algorithm>

namespace helmscope {

static QJsonObject reference(const QString &id)
{
    return {{"@id", id}};
}

QByteArray roCrateOf(const LineageGraph &graph)
{
    const std::vector<qint64> ends = endsOf(graph);
    const QString profile = "https://w3id.org/ro/wfrun/process/0.5";
    QJsonArray mentions, things;
    QSet<QString> instruments;
    std::vector<QString> ids(graph.nodes.size());
    std::vector<QJsonArray> objects(graph.nodes.size()), results(graph.nodes.size());
    qint64 newest = 0;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        ids[i] = "#" + uniqueName(graph.nodes[i]);
    for (const LineageEdge &edge : graph.edges) {
        const bool isInput = edge.kind == LineageEdge::Kind::Input;
        const int artifact = isInput ? edge.from : edge.to;
        const int execution = isInput ? edge.to : edge.from;
        (isInput ? objects : results)[std::size_t(execution)].append(
            reference(ids[std::size_t(artifact)]));
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const LineageNode &node = graph.nodes[i];
        newest = std::max({newest, node.createdMs, node.updatedMs});
        QJsonArray values;
        const QJsonObject properties = propertiesOf(node);
        for (auto it = properties.begin(); it != properties.end(); ++it) {
            const QString id = QStringLiteral("%1-%2").arg(ids[i]).arg(values.size());
            things.append(QJsonObject{{"@id", id},
                                      {"@type", "PropertyValue"},
                                      {"name", it.key()},
                                      {"value", it.value()}});
            values.append(reference(id));
        }
        if (node.kind == LineageNode::Kind::Artifact) {
            // The files themselves are not in the crate: contextual entities, not data entities.
            QJsonObject body{{"@id", ids[i]},
                             {"@type", "CreativeWork"},
                             {"name", node.shortName()},
                             {"alternateName", node.name},
                             {"additionalType", node.type}};
            if (!node.uri.isEmpty())
                body.insert("identifier", node.uri);
            if (node.createdMs > 0)
                body.insert("dateCreated", isoTime(node.createdMs));
            if (!values.isEmpty())
                body.insert("additionalProperty", values);
            things.append(body);
            continue;
        }
        const QString stage = node.stages.isEmpty() ? node.type : node.stages.first();
        const QString tool =
            "#stage-" +
            QString::fromLatin1(QUrl::toPercentEncoding(stage.isEmpty() ? "unknown" : stage));
        if (!instruments.contains(tool)) {
            instruments.insert(tool);
            things.append(QJsonObject{{"@id", tool},
                                      {"@type", "SoftwareApplication"},
                                      {"name", stage.isEmpty() ? "unknown" : stage}});
        }
        QJsonObject action{{"@id", ids[i]},
                           {"@type", "CreateAction"},
                           {"name", node.shortName()},
                           {"instrument", reference(tool)},
                           {"object", objects[i]},
                           {"result", results[i]}};
        if (node.createdMs > 0) {
            action.insert("startTime", isoTime(node.createdMs));
            action.insert("endTime", isoTime(ends[i]));
        }
        if (const LineageProperty *command = node.property("Execution"))
            action.insert("description", command->value.toString());
        constexpr int failed = 4; // of Execution.last_known_state
        if (node.state == failed)
            action.insert("actionStatus", reference("http://schema.org/FailedActionStatus"));
        if (!values.isEmpty())
            action.insert("additionalProperty", values);
        things.append(action);
        mentions.append(reference(ids[i]));
    }
    QJsonArray all{
        QJsonObject{{"@id", "ro-crate-metadata.json"},
                    {"@type", "CreativeWork"},
                    {"conformsTo", reference("https://w3id.org/ro/crate/1.1")},
                    {"about", reference("./")}},
        QJsonObject{{"@id", "./"},
                    {"@type", "Dataset"},
                    {"name", graph.stores.isEmpty() ? "Lineage" : storeNames(graph).join(", ")},
                    {"description", "Lineage exported by Helmscope " HELMSCOPE_VERSION},
                    {"datePublished", newest > 0 ? isoTime(newest) : "1970-01-01T00:00:00.000Z"},
                    {"license", "Not stated; ask the owner of the store."},
                    {"conformsTo", reference(profile)},
                    {"mentions", mentions}},
        QJsonObject{{"@id", profile},
                    {"@type", "CreativeWork"},
                    {"name", "Process Run Crate"},
                    {"version", "0.5"}}};
    for (const QJsonValue &thing : things)
        all.append(thing);
    return QJsonDocument(
               QJsonObject{{"@context", "https://w3id.org/ro/crate/1.1/context"}, {"@graph", all}})
        .toJson();
}

} // namespace helmscope
