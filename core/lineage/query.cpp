// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/query.h"

#include "lineage/expression.h"

#include <algorithm>

namespace helmscope {

namespace {

/// What a name stands for at a node: a text, several (stages), or a property's value.
std::vector<QVariant> valuesOf(const LineageNode &node, const QString &name)
{
    const auto texts = [](const QStringList &list) {
        return std::vector<QVariant>(list.begin(), list.end());
    };
    const QString key = name.toLower();
    if (key == "kind")
        return {node.kind == LineageNode::Kind::Artifact ? "artifact" : "execution"};
    if (key == "type")
        return {node.type};
    if (key == "name")
        return {node.name};
    if (key == "short")
        return {node.shortName()};
    if (key == "uri")
        return {node.uri};
    if (key == "stage")
        return texts(node.stages);
    if (key == "pipeline")
        return texts(node.pipelines);
    if (key == "id")
        return {node.id};
    if (key == "store")
        return {node.store};
    if (key == "state")
        return {node.state};
    if (const LineageProperty *property = node.property(name))
        return {property->value};
    for (const LineageProperty &property : node.properties)
        if (property.name.compare(name, Qt::CaseInsensitive) == 0)
            return {property.value};
    return {};
}

bool holdsComparison(const LineageNode &node, const Expression &expression)
{
    if (expression.span)
        return compares(expression.name.toLower() == "created" ? node.createdMs : node.updatedMs,
                        expression.sign, *expression.span);
    const std::vector<QVariant> values = valuesOf(node, expression.name);
    const auto isHeld = [&](const QVariant &value) {
        return compares(value, expression.sign, expression.text);
    };
    // Of several, none may be equal where != or !~ is asked.
    return expression.sign.startsWith('!')
               ? !values.empty() && std::all_of(values.begin(), values.end(), isHeld)
               : std::any_of(values.begin(), values.end(), isHeld);
}

bool hasWord(const LineageNode &node, const QString &text)
{
    const auto has = [&](const QString &where) {
        return where.contains(text, Qt::CaseInsensitive);
    };
    return has(node.name) || has(node.shortName()) || has(node.type) || has(node.uri) ||
           std::any_of(node.stages.begin(), node.stages.end(), has);
}

bool holds(const LineageNode &node, const Expression &expression)
{
    const auto isHeld = [&node](const Expression &part) { return holds(node, part); };
    switch (expression.kind) {
    case Expression::Kind::Word:
        return hasWord(node, expression.text);
    case Expression::Kind::Comparison:
        return holdsComparison(node, expression);
    case Expression::Kind::And:
        return std::all_of(expression.parts.begin(), expression.parts.end(), isHeld);
    case Expression::Kind::Or:
        return std::any_of(expression.parts.begin(), expression.parts.end(), isHeld);
    case Expression::Kind::Not:
        return !holds(node, expression.parts.front());
    case Expression::Kind::All:
        break;
    }
    return true;
}

} // namespace

std::vector<int> matching(const LineageGraph &graph, const QString &expression)
{
    const Expression whole = parseExpression(expression);
    std::vector<int> found;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        if (holds(graph.nodes[i], whole))
            found.push_back(int(i));
    return found;
}

} // namespace helmscope
