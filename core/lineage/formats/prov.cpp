// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/formats.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace helmscope {

/// A typed literal of PROV-JSON.
static QJsonObject typed(const QString &value, const char *type)
{
    return {{"$", value}, {"type", type}};
}

QByteArray provOf(const LineageGraph &graph)
{
    const std::vector<qint64> ends = endsOf(graph);
    QJsonObject entities, activities, used, generated, derived;
    std::vector<std::vector<int>> inputs(graph.nodes.size()), outputs(graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const LineageNode &node = graph.nodes[i];
        QJsonObject body{{"prov:label", node.shortName()}, {"prov:type", node.type}};
        if (!node.name.isEmpty())
            body.insert("helmscope:name", node.name);
        if (!node.stages.isEmpty())
            body.insert("helmscope:stage", QJsonArray::fromStringList(node.stages));
        const QJsonObject properties = propertiesOf(node);
        for (auto it = properties.begin(); it != properties.end(); ++it) {
            // Attribute names are qualified names: no blanks, no colon of their own.
            QString name = it.key();
            for (QChar &c : name)
                if (!c.isLetterOrNumber() && c != '_' && c != '-')
                    c = '_';
            // Several of one name, as it is written here, are several values.
            const QString key = "helmscope:p_" + name;
            if (!body.contains(key)) {
                body.insert(key, it.value());
                continue;
            }
            QJsonArray values = body[key].isArray() ? body[key].toArray() : QJsonArray{body[key]};
            values.append(it.value());
            body.insert(key, values);
        }
        const QString id = "helmscope:" + uniqueName(node);
        if (node.kind == LineageNode::Kind::Artifact) {
            if (!node.uri.isEmpty())
                body.insert("helmscope:hash", node.uri);
            if (node.createdMs > 0)
                body.insert("helmscope:created", typed(isoTime(node.createdMs), "xsd:dateTime"));
            entities.insert(id, body);
            continue;
        }
        if (node.createdMs > 0) {
            body.insert("prov:startTime", isoTime(node.createdMs));
            body.insert("prov:endTime", isoTime(ends[i]));
        }
        activities.insert(id, body);
    }
    const auto idOf = [&](int node) {
        return "helmscope:" + uniqueName(graph.nodes[std::size_t(node)]);
    };
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
        const LineageEdge &edge = graph.edges[i];
        const bool isInput = edge.kind == LineageEdge::Kind::Input;
        const int artifact = isInput ? edge.from : edge.to;
        const int execution = isInput ? edge.to : edge.from;
        QJsonObject body{{"prov:activity", idOf(execution)}, {"prov:entity", idOf(artifact)}};
        if (edge.timeMs > 0)
            body.insert("prov:time", isoTime(edge.timeMs));
        (isInput ? used : generated).insert(QStringLiteral("_:e%1").arg(i), body);
        (isInput ? inputs : outputs)[std::size_t(execution)].push_back(artifact);
    }
    constexpr int mostDerived = 100'000; // an execution of m inputs and n outputs has m n of them
    int count = 0;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        for (const int out : outputs[i])
            for (const int in : inputs[i])
                if (count < mostDerived && in != out)
                    derived.insert(QStringLiteral("_:d%1").arg(count++),
                                   QJsonObject{{"prov:generatedEntity", idOf(out)},
                                               {"prov:usedEntity", idOf(in)},
                                               {"prov:activity", idOf(int(i))}});
    return QJsonDocument(
               QJsonObject{{"prefix", QJsonObject{{"helmscope", "https://helmscope.invalid/prov#"},
                                                  {"xsd", "http://www.w3.org/2001/XMLSchema#"}}},
                           {"entity", entities},
                           {"activity", activities},
                           {"used", used},
                           {"wasGeneratedBy", generated},
                           {"wasDerivedFrom", derived}})
        .toJson();
}

} // namespace helmscope
