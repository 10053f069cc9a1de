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
    QString name;             ///< "97 × Dataset", "100 × Steering"
};

struct GroupingOptions
{
    int fewestSiblings = 4; ///< artifacts, or executions, of one type at the same neighbours
    int longestSeries = 6;  ///< executions of one stage in a row; more become a group
};

/// Groups without a node in common, in the order of their first members:
/// 1. artifacts of one type, or executions of one stage, with the same neighbours up and down
///    (Metrics and other private results of grouped executions follow them in 3.);
/// 2. series: executions of one stage, each joined to the next by an artifact or all of one run;
/// 3. artifacts of one type and name that hang on nothing but the members of one group.
/// Time O((n + e) log n).
std::vector<LineageGroup> siblingGroups(const LineageGraph &graph,
                                        const GroupingOptions &options = {});

/// A graph in which closed groups are one node.
struct GroupedGraph
{
    std::vector<LineageGroup> groups; ///< open ones too
    std::vector<int> groupOf;         ///< of each node of the graph; -1: none
    /// What is drawn: the node itself, or all members of a closed group.
    std::vector<std::vector<int>> items;
    std::vector<int> itemOf;                ///< of each node of the graph
    std::vector<std::pair<int, int>> edges; ///< between items, each once, sorted; loops left out
};

/// `open`: indices of groups whose members are drawn singly.
GroupedGraph grouped(const LineageGraph &graph, const std::set<int> &open = {},
                     const GroupingOptions &options = {});

} // namespace helmscope
