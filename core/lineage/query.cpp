// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/query.h"

#include "lineage/queryparts.h"

#include <algorithm>
#include <optional>

namespace helmscope {

namespace {

using Kind = LineageNode::Kind;
using namespace query;

bool contains(const QString &text, const QString &part)
{
    return text.contains(part, Qt::CaseInsensitive);
}

/// Names of Artifact.state and Execution.last_known_state.
QString stateName(const LineageNode &node)
{
    static const char *const artifact[]{"unknown", "pending",   "live",     "marked_for_deletion",
                                        "deleted", "abandoned", "reference"};
    static const char *const execution[]{"unknown", "new",    "running", "complete",
                                         "failed",  "cached", "canceled"};
    constexpr int states = 7;
    if (node.state < 0 || node.state >= states)
        return {};
    return QLatin1String((node.kind == Kind::Artifact ? artifact : execution)[node.state]);
}

class Matcher
{
public:
    explicit Matcher(const LineageGraph &graph)
        : m_graph(graph)
    {
    }

    bool holds(const Term &term, const LineageNode &node) const
    {
        const auto part = [&](const Term &each) { return holds(each, node); };
        switch (term.kind) {
        case Term::Kind::And:
            return std::all_of(term.parts.begin(), term.parts.end(), part);
        case Term::Kind::Or:
            return std::any_of(term.parts.begin(), term.parts.end(), part);
        case Term::Kind::Not:
            return !part(term.parts.front());
        case Term::Kind::Word:
            return hasWord(term.value, node);
        case Term::Kind::Comparison:
            break;
        }
        return compares(term, node) ||
               (term.op == Operator::Colon && hasWord(term.name + ':' + term.value, node));
    }

private:
    static bool hasWord(const QString &word, const LineageNode &node)
    {
        return contains(node.name, word) || contains(node.uri, word) || contains(node.type, word) ||
               std::any_of(node.stages.begin(), node.stages.end(),
                           [&word](const QString &stage) { return contains(stage, word); }) ||
               contains(node.shortName(), word);
    }

    static bool compares(const Term &term, qint64 time)
    {
        switch (term.op) {
        case Operator::NotEqual:
        case Operator::HasNot:
            return time < term.span.from || time >= term.span.to;
        case Operator::Less:
            return time < term.span.from;
        case Operator::LessEqual:
            return time < term.span.to;
        case Operator::Greater:
            return time >= term.span.to;
        case Operator::GreaterEqual:
            return time >= term.span.from;
        default:
            return time >= term.span.from && time < term.span.to;
        }
    }

    /// -1, 0, 1; nothing where the two cannot be compared.
    static std::optional<int> order(const Term &term, const QVariant &value)
    {
        if (term.number) {
            const std::optional<double> number = numberOf(value);
            if (number)
                return *number < *term.number ? -1 : *number > *term.number ? 1 : 0;
            if (term.op != Operator::Equal && term.op != Operator::NotEqual)
                return {};
        }
        return QString::compare(value.toString(), term.value, Qt::CaseInsensitive);
    }

    static bool isTrue(Operator op, const Term &term, const QVariant &value)
    {
        if (op == Operator::Has || op == Operator::Colon)
            return contains(value.toString(), term.value);
        const std::optional<int> sign = order(term, value);
        switch (op) {
        case Operator::Equal:
            return sign == 0;
        case Operator::Less:
            return sign && *sign < 0;
        case Operator::LessEqual:
            return sign && *sign <= 0;
        case Operator::Greater:
            return sign && *sign > 0;
        case Operator::GreaterEqual:
            return sign && *sign >= 0;
        default:
            return false;
        }
    }

    bool compares(const Term &term, const LineageNode &node) const
    {
        if (term.field == Field::Created || term.field == Field::Updated) {
            const qint64 time = term.field == Field::Created ? node.createdMs : node.updatedMs;
            return time > 0 && compares(term, time);
        }
        const QVariantList values = valuesOf(term, node);
        // != and !~ hold where none of several values is, or has, the one given.
        const bool isDenied = term.op == Operator::NotEqual || term.op == Operator::HasNot;
        const Operator op = term.op == Operator::NotEqual ? Operator::Equal
                            : term.op == Operator::HasNot ? Operator::Has
                                                          : term.op;
        const bool isAny = std::any_of(values.begin(), values.end(), [&](const QVariant &value) {
            return isTrue(op, term, value);
        });
        return isDenied ? !values.isEmpty() && !isAny : isAny;
    }

    QVariantList valuesOf(const Term &term, const LineageNode &node) const
    {
        const bool isArtifact = node.kind == Kind::Artifact;
        const auto some = [](const QString &text) {
            return text.isEmpty() ? QVariantList() : QVariantList{text};
        };
        switch (term.field) {
        case Field::Property:
            return propertiesNamed(term.name, node);
        case Field::NodeKind:
            return {isArtifact ? "artifact" : "execution"};
        case Field::Type:
            return some(node.type);
        case Field::Name:
            return some(node.name);
        case Field::Short:
            return some(node.shortName());
        case Field::Uri:
            return some(node.uri);
        case Field::Uuid: {
            const LineageProperty *uuids = node.property("Execution_uuid");
            QVariantList values;
            if (uuids)
                for (const QString &uuid : uuids->value.toString().split(','))
                    values << uuid;
            return values;
        }
        case Field::Stage: {
            QVariantList values; // full names, and what follows the pipeline's
            for (const QString &stage : node.stages) {
                values << stage;
                if (const QString last = stage.section('/', 1); !last.isEmpty())
                    values << last;
            }
            return values;
        }
        case Field::Pipeline:
            return QVariantList(node.pipelines.begin(), node.pipelines.end());
        case Field::Id:
            return {node.id};
        case Field::Artifact:
            return isArtifact ? QVariantList{node.id} : QVariantList();
        case Field::Execution:
            return isArtifact ? QVariantList() : QVariantList{node.id};
        case Field::Store:
            return some(m_graph.stores.value(node.store));
        case Field::State:
            return {qlonglong(node.state), stateName(node)};
        case Field::Created:
        case Field::Updated:
            break;
        }
        return {};
    }

    static QVariantList propertiesNamed(const QString &name, const LineageNode &node)
    {
        QVariantList exact, alike;
        for (const LineageProperty &property : node.properties)
            if (property.name == name)
                exact << property.value;
            else if (property.name.compare(name, Qt::CaseInsensitive) == 0)
                alike << property.value;
        return exact.isEmpty() ? alike : exact;
    }

    const LineageGraph &m_graph;
};

} // namespace

std::vector<int> matching(const LineageGraph &graph, const QString &expression)
{
    const Term term = query::parse(expression);
    const Matcher matcher(graph);
    std::vector<int> nodes;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        if (matcher.holds(term, graph.nodes[i]))
            nodes.push_back(int(i));
    return nodes;
}

} // namespace helmscope
