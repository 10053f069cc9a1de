// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

#include <QString>

#include <set>
#include <utility>
#include <vector>

namespace helmscope {

/// Nodes which stand in the same place of a graph, drawn as one until opened.
struct LineageGroup
{
    std::vector<int> members; ///< indices into the graph's nodes, sorted; two at least
    QString name;             ///< "100 × Steering", "97 × spectrum_*.npy", "29 × Dataset"
    QString what;             ///< the same without the number: "Steering"
};

/// "100 × Steering".
QString nameOfGroup(std::size_t count, const QString &what);

struct GroupingOptions
{
    int fewestSiblings = 5; ///< fewer are drawn singly
    int longestSeries = 6;  ///< executions of one stage in a series; more become a group
};

/// Groups without a node in common, in the order of their first members:
/// - series: executions of one stage, each of which shares an artifact with another;
/// - what hangs on nothing but one series: artifacts of one type and one name but for its digits;
/// - siblings: of the others artifacts of one type, or executions of one stage, whose neighbours
///   up and down are the same ones (at least one).
/// Time O((n + e) log n).
std::vector<LineageGroup> siblingGroups(const LineageGraph &graph,
                                        const GroupingOptions &options = {});

/// A graph in which a closed group is one node.
struct GroupedGraph
{
    std::vector<LineageGroup> groups; ///< open ones too
    std::vector<int> groupOf;         ///< of each node of the graph; -1: none
    /// What is drawn, in the order of the first nodes: a node itself, or all members of a closed
    /// group.
    std::vector<std::vector<int>> items;
    std::vector<int> itemOf;                ///< of each node of the graph
    std::vector<std::pair<int, int>> edges; ///< between items, each once, sorted; no loops
};

/// `open`: indices of groups whose members are drawn singly.
GroupedGraph grouped(const LineageGraph &graph, const std::set<int> &open = {},
                     const GroupingOptions &options = {});

} // namespace helmscope
