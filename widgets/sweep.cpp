// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/sweep.h"

#include <QHash>
#include <QMap>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr qsizetype mostCategories = 12;
constexpr qsizetype longestCategory = 60; ///< a longer text is a description
constexpr std::size_t mostAxes = 24;

/// Also what Python printed of a number: "tensor(3.4e-05, device='cpu')", "np.float64(0.1)".
std::optional<double> numberIn(const QVariant &value)
{
    if (const std::optional<double> number = numberOf(value))
        return number;
    static const QRegularExpression printed(
        "^(?:tensor|(?:np|numpy)\\.\\w+|array)\\(([-+0-9.eE]+)(?:, [^()]*)?\\)$");
    const QRegularExpressionMatch match = printed.match(value.toString());
    return match.hasMatch() ? numberOf(match.captured(1)) : std::nullopt;
}

bool isNoted(const LineageProperty &property)
{
    return !property.isCustom || property.name == "Python_Env" ||
           property.name == "original_create_time_since_epoch";
}

} // namespace

Sweep sweepOf(const LineageGraph &graph, const std::vector<int> &nodes)
{
    Sweep sweep;
    for (int node : nodes)
        if (node >= 0 && std::size_t(node) < graph.nodes.size() &&
            graph.nodes[std::size_t(node)].kind == LineageNode::Kind::Execution)
            sweep.nodes.push_back(node);
    std::stable_sort(sweep.nodes.begin(), sweep.nodes.end(), [&graph](int a, int b) {
        return graph.nodes[std::size_t(a)].createdMs < graph.nodes[std::size_t(b)].createdMs;
    });
    QHash<int, std::size_t> rowOf;
    for (std::size_t row = 0; row < sweep.nodes.size(); ++row)
        rowOf.insert(sweep.nodes[row], row);

    // By whether it is a metric, and name.
    QMap<std::pair<bool, QString>, std::vector<QVariant>> columns;
    const auto take = [&](bool isMetric, std::size_t row, const LineageProperty &property) {
        if (isNoted(property))
            return;
        std::vector<QVariant> &column = columns[{isMetric, property.name}];
        column.resize(sweep.nodes.size());
        column[row] = property.value;
    };
    for (std::size_t row = 0; row < sweep.nodes.size(); ++row)
        for (const LineageProperty &property :
             graph.nodes[std::size_t(sweep.nodes[row])].properties)
            take(false, row, property);
    for (const LineageEdge &edge : graph.edges) {
        const auto row = rowOf.constFind(edge.from);
        const LineageNode &made = graph.nodes[std::size_t(edge.to)];
        if (row != rowOf.cend() && (made.type == "Metrics" || made.type == "Step_Metrics"))
            for (const LineageProperty &property : made.properties)
                take(true, *row, property);
    }

    for (auto column = columns.cbegin(); column != columns.cend(); ++column) {
        Sweep::Axis axis{column.key().second, column.key().first, {}, {}};
        QStringList texts;
        bool areNumbers = true;
        for (const QVariant &value : *column)
            if (value.isValid() && !numberIn(value)) {
                areNumbers = false;
                texts << value.toString();
            }
        if (!areNumbers) {
            if (axis.isMetric)
                continue; // what a file is called, and the like
            for (const QVariant &value : *column)
                if (value.isValid())
                    texts << value.toString();
            texts.sort();
            texts.removeDuplicates();
            if (texts.size() > mostCategories ||
                std::any_of(texts.begin(), texts.end(),
                            [](const QString &text) { return text.size() > longestCategory; }))
                continue;
            axis.categories = texts;
        }
        double low = std::numeric_limits<double>::infinity(), high = -low;
        int known = 0;
        for (const QVariant &value : *column) {
            double number = std::numeric_limits<double>::quiet_NaN();
            if (value.isValid())
                number = areNumbers ? *numberIn(value) : double(texts.indexOf(value.toString()));
            axis.values.push_back(number);
            if (std::isfinite(number)) {
                low = std::min(low, number);
                high = std::max(high, number);
                ++known;
            }
        }
        if ((known > 1 || (axis.isMetric && known == 1)) && (axis.isMetric || low < high) &&
            sweep.axes.size() < mostAxes)
            sweep.axes.push_back(std::move(axis));
    }
    return sweep;
}

} // namespace helmscope
