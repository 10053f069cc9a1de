// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/clilineagetext.h"

#include "app/cli.h"
#include "lineage/graph.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace helmscope {

QString idOf(const LineageGraph &graph, const LineageNode &node)
{
    const QString id = QStringLiteral("%1:%2")
                           .arg(node.kind == LineageNode::Kind::Artifact ? "artifact" : "execution")
                           .arg(node.id);
    return graph.stores.size() > 1 ? id + '@' + QString::number(node.store + 1) : id;
}

static QJsonObject toJson(const LineageGraph &graph, const LineageNode &node)
{
    QJsonArray properties;
    for (const LineageProperty &property : node.properties)
        properties.append(QJsonObject{{"name", property.name},
                                      {"value", QJsonValue::fromVariant(property.value)},
                                      {"isCustom", property.isCustom}});
    return {{"id", idOf(graph, node)},
            {"type", node.type},
            {"name", node.name},
            {"shortName", node.shortName()},
            {"uri", node.uri},
            {"created", double(node.createdMs)},
            {"updated", double(node.updatedMs)},
            {"stages", QJsonArray::fromStringList(node.stages)},
            {"pipelines", QJsonArray::fromStringList(node.pipelines)},
            {"properties", properties}};
}

QJsonObject toJson(const LineageGraph &graph)
{
    QJsonArray nodes, edges;
    for (const LineageNode &node : graph.nodes)
        nodes.append(toJson(graph, node));
    for (const LineageEdge &edge : graph.edges)
        edges.append(
            QJsonObject{{"from", idOf(graph, graph.nodes[std::size_t(edge.from)])},
                        {"to", idOf(graph, graph.nodes[std::size_t(edge.to)])},
                        {"kind", edge.kind == LineageEdge::Kind::Input ? "input" : "output"},
                        {"event", edge.event},
                        {"time", double(edge.timeMs)},
                        {"key", edge.key}});
    return {{"stores", QJsonArray::fromStringList(graph.stores)},
            {"nodes", nodes},
            {"edges", edges},
            {"problems", QJsonArray::fromStringList(graph.problems)}};
}

void printNodes(const LineageGraph &graph, const std::vector<int> &nodes)
{
    for (int index : nodes) {
        const LineageNode &node = graph.nodes[std::size_t(index)];
        printOut(QStringLiteral("%1  %2  %3  %4")
                     .arg(idOf(graph, node), -14)
                     .arg(node.type, -16)
                     .arg(node.createdMs > 0
                              ? QDateTime::fromMSecsSinceEpoch(node.createdMs, Qt::UTC)
                                    .toString("yyyy-MM-dd HH:mm:ss")
                              : QString(19, u' '),
                          node.shortName()));
    }
}

void printColumns(const LineageGraph &graph, std::vector<int> nodes, const QStringList &columns)
{
    std::stable_sort(nodes.begin(), nodes.end(), [&graph](int a, int b) {
        return graph.nodes[std::size_t(a)].createdMs < graph.nodes[std::size_t(b)].createdMs;
    });
    const auto field = [](QString text) {
        if (!text.contains(',') && !text.contains('"') && !text.contains('\n'))
            return text;
        return '"' + text.replace('"', "\"\"") + '"';
    };
    QStringList header{"id"};
    for (const QString &column : columns)
        header << field(column);
    printOut(header.join(','));
    for (int index : nodes) {
        const LineageNode &node = graph.nodes[std::size_t(index)];
        QStringList fields{idOf(graph, node)};
        for (const QString &column : columns) {
            const LineageProperty *property = node.property(column);
            fields << field(property           ? property->value.toString()
                            : column == "name" ? node.shortName()
                            : column == "type" ? node.type
                            : column == "uri"  ? node.uri
                                               : QString());
        }
        printOut(fields.join(','));
    }
}

void print(const QJsonObject &object)
{
    printOut(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

} // namespace helmscope
