// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/cmfjson.h"

#include "base/tr.h"
#include "lineage/formats/jsontext.h"
#include "lineage/store/parts.h"
#include "lineage/writer.h"

#include <QFile>

#include <algorithm>
#include <map>
#include <set>

namespace helmscope {

namespace {

constexpr qint64 largestDocument = 1'000'000'000; ///< bytes

// ---- reading

std::vector<LineageProperty> propertiesOf(const QVariantMap &object, QStringList &problems,
                                          const QString &of)
{
    std::vector<LineageProperty> properties;
    const auto add = [&](const char *key, bool isCustom) {
        const QVariantMap map = object.value(key).toMap();
        for (auto it = map.cbegin(); it != map.cend(); ++it) {
            LineageProperty property{it.key().left(longestName), it.value(), isCustom};
            if (int(properties.size()) >= mostProperties) {
                problems << Tr::tr("%1 has over %2 properties; the first are shown.")
                                .arg(of)
                                .arg(mostProperties);
                return;
            }
            switch (it.value().userType()) {
            case QMetaType::QVariantMap:
            case QMetaType::QVariantList:
                property.value = QString::fromUtf8(jsonText(it.value()));
                break;
            case QMetaType::UnknownType:
                problems << Tr::tr("Property %1 of %2 is null, which stops a CMF server.")
                                .arg(it.key(), of);
                break;
            case QMetaType::QString:
                property.value = it.value().toString().left(longestText);
                break;
            }
            properties.push_back(std::move(property));
        }
    };
    add("properties", false);
    add("custom_properties", true);
    std::sort(properties.begin(), properties.end(),
              [](const LineageProperty &a, const LineageProperty &b) {
                  return std::pair(a.name, a.isCustom) < std::pair(b.name, b.isCustom);
              });
    return properties;
}

QString textOf(const QVariantMap &object, const char *key)
{
    return object.value(key).toString().left(longestName);
}

LineageNode nodeOf(const QVariantMap &object, LineageNode::Kind kind, QStringList &problems)
{
    LineageNode node;
    node.kind = kind;
    node.id = object.value("id").toLongLong();
    node.type = textOf(object, "type");
    node.name = textOf(object, "name");
    if (kind == LineageNode::Kind::Artifact)
        node.uri = textOf(object, "uri");
    node.createdMs = object.value("create_time_since_epoch").toLongLong();
    node.updatedMs = object.value("last_update_time_since_epoch").toLongLong();
    node.properties =
        propertiesOf(object, problems, node.name.isEmpty() ? Tr::tr("an execution") : node.name);
    if (const LineageProperty *original = node.property("original_create_time_since_epoch"))
        if (const auto time = numberOf(original->value); time && *time > 0 && *time < 1e15)
            node.createdMs = qint64(*time);
    return node;
}

QVariantList pipelinesOf(const QByteArray &json, const QString &name)
{
    const QVariant document = parseJson(json, name);
    const QVariant pipelines = document.toMap().value("Pipeline");
    if (document.userType() != QMetaType::QVariantMap ||
        pipelines.userType() != QMetaType::QVariantList)
        fail(Tr::tr("%1 is no lineage of CMF: it has no list \"Pipeline\".").arg(name));
    return pipelines.toList();
}

QByteArray contentOf(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    if (in.size() > largestDocument)
        fail(Tr::tr("%1 is larger than %2 MB, too large for a lineage of CMF.")
                 .arg(file)
                 .arg(largestDocument / 1'000'000));
    return in.readAll();
}

/// Ids as the document has them where each is used once, else new ones.
class Ids
{
public:
    qint64 give(qint64 wished)
    {
        if (wished > 0 && wished < (qint64(1) << 53) && m_used.insert(wished).second)
            return wished;
        while (!m_used.insert(m_next).second)
            ++m_next;
        return m_next;
    }

private:
    std::set<qint64> m_used;
    qint64 m_next = 1'000'000'000;
};

} // namespace

LineageGraph cmfJsonToGraph(const QByteArray &json, const QString &name)
{
    using Kind = LineageNode::Kind;
    struct Found
    {
        std::map<QString, int> places;
        Ids ids;
    };
    LineageGraph graph;
    graph.stores = {name};
    Found found[2];
    const auto place = [&](LineageNode node) -> int {
        const LineageProperty *uuid = node.property("Execution_uuid");
        const QString key =
            QString::number(node.id) + '\n' +
            (node.kind == Kind::Artifact ? node.type + '\n' + node.name + '\n' + node.uri
             : uuid                      ? uuid->value.toString()
                                         : QString::number(node.createdMs) + node.name);
        Found &of = found[int(node.kind)];
        // An execution without id and uuid is one of its own each time.
        const bool isNameless = node.kind == Kind::Execution && node.id == 0 && !uuid;
        const auto before = of.places.find(key);
        if (before != of.places.end() && !isNameless)
            return before->second;
        node.id = of.ids.give(node.id);
        const int index = int(graph.nodes.size());
        graph.nodes.push_back(std::move(node));
        of.places.emplace(key, index);
        return index;
    };
    std::set<std::tuple<int, int, int>> events;
    for (const QVariant &pipeline : pipelinesOf(json, name)) {
        const QString pipelineName = textOf(pipeline.toMap(), "name");
        for (const QVariant &stage : pipeline.toMap().value("stages").toList()) {
            const QString stageName = textOf(stage.toMap(), "name");
            for (const QVariant &each : stage.toMap().value("executions").toList()) {
                const int run = place(nodeOf(each.toMap(), Kind::Execution, graph.problems));
                graph.nodes[std::size_t(run)].stages << stageName;
                graph.nodes[std::size_t(run)].pipelines << pipelineName;
                if (graph.nodes[std::size_t(run)].type.isEmpty())
                    graph.nodes[std::size_t(run)].type = stageName;
                for (const QVariant &event : each.toMap().value("events").toList()) {
                    const QVariantMap object = event.toMap();
                    if (object.value("artifact").userType() != QMetaType::QVariantMap) {
                        graph.problems
                            << Tr::tr("An event of stage %1 has no artifact; it is left out.")
                                   .arg(stageName);
                        continue;
                    }
                    const int artifact = place(
                        nodeOf(object.value("artifact").toMap(), Kind::Artifact, graph.problems));
                    LineageNode &node = graph.nodes[std::size_t(artifact)];
                    node.stages << stageName;
                    node.pipelines << pipelineName;
                    tidy(node);
                    LineageEdge edge;
                    edge.event = object.value("type").toInt();
                    const bool isInput = isInputEvent(edge.event) == 1; // else output, as CMF
                    edge.kind = isInput ? LineageEdge::Kind::Input : LineageEdge::Kind::Output;
                    edge.from = isInput ? artifact : run;
                    edge.to = isInput ? run : artifact;
                    if (events.emplace(artifact, run, edge.event).second)
                        graph.edges.push_back(edge);
                }
            }
        }
    }
    // In the order that a graph promises.
    std::vector<int> order(graph.nodes.size()), places(graph.nodes.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = int(i);
    std::sort(order.begin(), order.end(), [&graph](int a, int b) {
        const LineageNode &first = graph.nodes[std::size_t(a)],
                          &second = graph.nodes[std::size_t(b)];
        return std::pair(first.kind, first.id) < std::pair(second.kind, second.id);
    });
    std::vector<LineageNode> nodes;
    nodes.reserve(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        places[std::size_t(order[i])] = int(i);
        nodes.push_back(std::move(graph.nodes[std::size_t(order[i])]));
        tidy(nodes.back());
    }
    graph.nodes = std::move(nodes);
    for (LineageEdge &edge : graph.edges) {
        edge.from = places[std::size_t(edge.from)];
        edge.to = places[std::size_t(edge.to)];
    }
    std::sort(graph.edges.begin(), graph.edges.end(),
              [](const LineageEdge &a, const LineageEdge &b) {
                  return std::tie(a.from, a.to, a.event) < std::tie(b.from, b.to, b.event);
              });
    return graph;
}

LineageGraph readCmfJson(const QString &file)
{
    return cmfJsonToGraph(contentOf(file), file);
}

// ---- writing documents

namespace {

QVariant encoded(const QVariant &value)
{
    switch (value.userType()) {
    case QMetaType::LongLong:
    case QMetaType::Double:
    case QMetaType::QString:
        return value;
    }
    return 0.0; // as CMF writes bools and binary values
}

void addProperties(QVariantMap &object, const std::vector<LineageProperty> &properties)
{
    QVariantMap declared, custom;
    for (const LineageProperty &property : properties) {
        if (!property.isCustom)
            declared.insert(property.name, encoded(property.value));
        else
            custom.insert(property.name == "type" ? QStringLiteral("user_type") : property.name,
                          encoded(property.value));
    }
    object.insert("properties", declared);
    object.insert("custom_properties", custom);
}

/// What only a store knows of a node.
struct Extra
{
    qint64 typeId = 0, createdMs = 0;
};

QVariantMap objectOf(const LineageNode &node, const Extra &extra)
{
    QVariantMap object{
        {"id", node.id},
        {"type", node.type},
        {"create_time_since_epoch", extra.createdMs > 0 ? extra.createdMs : node.createdMs},
        {"last_update_time_since_epoch", node.updatedMs}};
    if (extra.typeId > 0)
        object.insert("type_id", extra.typeId);
    if (!node.name.isEmpty() || node.kind == LineageNode::Kind::Execution)
        object.insert("name", node.name);
    if (!node.uri.isEmpty())
        object.insert("uri", node.uri);
    addProperties(object, node.properties);
    return object;
}

/// Stages of a graph with what is in them, as lists of objects by the stage's name.
std::map<QString, QVariantList> executionsByStage(const LineageGraph &graph,
                                                  const std::vector<Extra> &extra)
{
    std::map<int, std::vector<const LineageEdge *>> eventsOf;
    const auto isRun = [&graph](int node) {
        return graph.nodes[std::size_t(node)].kind == LineageNode::Kind::Execution;
    };
    for (const LineageEdge &edge : graph.edges)
        eventsOf[isRun(edge.from) ? edge.from : edge.to].push_back(&edge);
    std::map<QString, QVariantList> stages;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const LineageNode &node = graph.nodes[i];
        if (node.kind != LineageNode::Kind::Execution)
            continue;
        QVariantMap object = objectOf(node, extra[i]);
        QVariantList events;
        for (const LineageEdge *edge : eventsOf[int(i)]) {
            const std::size_t artifact = std::size_t(isRun(edge->from) ? edge->to : edge->from);
            events.push_back(
                QVariantMap{{"type", edge->event},
                            {"artifact", objectOf(graph.nodes[artifact], extra[artifact])}});
        }
        object.insert("events", events);
        for (const QString &stage : node.stages)
            stages[stage].push_back(object);
    }
    return stages;
}

} // namespace

QByteArray storeToCmfJson(const LineageStore &store, const QStringList &pipelines)
{
    const auto &d = LineageStoreParts::of(store);
    const LineageGraph graph = store.graph(unwatched());
    std::vector<Extra> extra(graph.nodes.size());
    for (auto kind : {LineageNode::Kind::Artifact, LineageNode::Kind::Execution})
        if (d.tables.contains(tableOf(kind)))
            for (Sql row(d.base,
                         "SELECT id, type_id, create_time_since_epoch FROM " + tableOf(kind));
                 row.next();)
                if (const int index = graph.indexOf(kind, row.id(0)); index >= 0)
                    extra[std::size_t(index)] = {row.id(1), row.id(2)};
    const std::map<QString, QVariantList> stages = executionsByStage(graph, extra);

    std::map<qint64, std::vector<LineageProperty>> properties;
    if (d.tables.contains("ContextProperty"))
        for (Sql row(d.base, "SELECT context_id, name, is_custom_property, coalesce(int_value, "
                             "double_value, string_value) FROM ContextProperty");
             row.next();)
            properties[row.id(0)].push_back({row.text(1), row[3], row.id(2) != 0});
    std::map<qint64, QVariantMap> objects;
    if (d.tables.contains("Context"))
        for (Sql row(d.base, "SELECT id, type_id, create_time_since_epoch, "
                             "last_update_time_since_epoch FROM Context");
             row.next();) {
            const LineageContext context = d.contexts.value(row.id(0));
            QVariantMap object{{"id", context.id},
                               {"name", context.name},
                               {"type", context.type},
                               {"type_id", row.id(1)},
                               {"create_time_since_epoch", row.id(2)},
                               {"last_update_time_since_epoch", row.id(3)}};
            addProperties(object, properties[context.id]);
            objects[context.id] = object;
        }
    QVariantList list;
    for (auto &[id, object] : objects) {
        const LineageContext context = d.contexts.value(id);
        if (!context.isPipeline || (!pipelines.isEmpty() && !pipelines.contains(context.name)))
            continue;
        QVariantList children;
        for (auto &[childId, child] : objects) {
            const LineageContext stage = d.contexts.value(childId);
            if (std::find(stage.parents.begin(), stage.parents.end(), id) == stage.parents.end())
                continue;
            const auto runs = stages.find(stage.name);
            QVariantMap whole = child;
            whole.insert("executions", runs == stages.end() ? QVariantList() : runs->second);
            children.push_back(whole);
        }
        object.insert("stages", children);
        list.push_back(object);
    }
    return jsonText(QVariantMap{{"Pipeline", list}});
}

QByteArray graphToCmfJson(const LineageGraph &graph)
{
    struct Times
    {
        qint64 first = 0, last = 0;
        void add(const LineageNode &node)
        {
            if (first == 0 || (node.createdMs > 0 && node.createdMs < first))
                first = node.createdMs;
            last = std::max({last, node.createdMs, node.updatedMs});
        }
    };
    std::map<QString, Times> stageTimes, pipelineTimes;
    std::map<QString, std::set<QString>> stagesOf;
    for (const LineageNode &node : graph.nodes) {
        if (node.kind != LineageNode::Kind::Execution)
            continue;
        for (const QString &stage : node.stages) {
            stageTimes[stage].add(node);
            for (const QString &pipeline : node.pipelines)
                if (node.pipelines.size() == 1 || stage.startsWith(pipeline + '/'))
                    stagesOf[pipeline].insert(stage);
        }
        for (const QString &pipeline : node.pipelines)
            pipelineTimes[pipeline].add(node);
    }
    const std::map<QString, QVariantList> runs =
        executionsByStage(graph, std::vector<Extra>(graph.nodes.size()));
    const auto context = [](const QString &name, const char *type, const char *property,
                            const Times &times) {
        return QVariantMap{{"name", name},
                           {"type", type},
                           {"create_time_since_epoch", times.first},
                           {"last_update_time_since_epoch", times.last},
                           {"properties", QVariantMap{{property, name}}},
                           {"custom_properties", QVariantMap()}};
    };
    QVariantList pipelines;
    for (const auto &[name, stages] : stagesOf) {
        QVariantList list;
        for (const QString &stage : stages) {
            QVariantMap object =
                context(stage, "Pipeline_Stage", "Pipeline_Stage", stageTimes[stage]);
            const auto found = runs.find(stage);
            object.insert("executions", found == runs.end() ? QVariantList() : found->second);
            list.push_back(object);
        }
        QVariantMap object = context(name, "Parent_Context", "Pipeline", pipelineTimes[name]);
        object.insert("stages", list);
        pipelines.push_back(object);
    }
    return jsonText(QVariantMap{{"Pipeline", pipelines}});
}

} // namespace helmscope
