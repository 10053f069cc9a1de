// SPDX-License-Identifier: GPL-3.0-or-later
// The phases of layOut(), each of one connected part. Private to core/lineage and its tests.
#pragma once

#include "base/progress.h"
#include "lineage/adjacency.h"

#include <utility>
#include <vector>

namespace helmscope {

using LayoutEdges = std::vector<std::pair<int, int>>;

/// Which edges to turn round so that no cycle is left: those that lead back in a depth-first
/// search. Loops are not counted as cycles. One a edge.
std::vector<char> edgesToReverse(int nodeCount, const LayoutEdges &edges);

/// Layers of an acyclic graph: longest paths, then each node is pulled to where its edges are
/// shortest. The leftmost is 0, each edge leads to a higher one; loops are ignored.
std::vector<int> layersOf(int nodeCount, const LayoutEdges &edges);

/// A part whose edges span one layer each: long ones were cut at bends. Long edges of one node
/// share their bends as far as they run together, like a cable.
struct LayeredPart
{
    /// Bends of an edge are the vertices first, first + 1, ... from left to right.
    struct Route
    {
        int first = 0, count = 0;
        bool isAround = false; ///< too long for bends: led round the whole part
    };
    int nodeCount = 0;                    ///< vertices below are nodes, the others bends
    std::vector<int> layer;               ///< of each vertex
    std::vector<std::vector<int>> layers; ///< vertices of each layer, top to bottom
    LayoutEdges segments;                 ///< from a layer to the next
    std::vector<Route> routes;            ///< one an edge
    std::vector<double> heights;          ///< of each vertex
    std::vector<double> previous;         ///< along y, of each vertex; NaN: unknown
    bool isBend(int vertex) const { return vertex >= nodeCount; }
    Adjacency links() const;
};

/// `edges` lead from lower to higher layers, loops apart. At most `bendLimit` bends.
LayeredPart cutAtLayers(const std::vector<int> &layer, const LayoutEdges &edges,
                        int bendLimit = 400'000);

/// Puts the vertices of each layer in an order with few crossings; those with a previous place keep
/// their order. Stopped, it keeps the best so far.
void orderLayers(LayeredPart &part, const Progress &progress);
/// Crossings of segments.
long long crossingsOf(const LayeredPart &part);

/// Where each vertex stands along y: in the order of its layer, `nodeGap` between nodes (half of it
/// beside bends), long edges as straight as can be.
std::vector<double> placeAlong(const LayeredPart &part, double nodeGap);

} // namespace helmscope
