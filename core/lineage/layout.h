// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <utility>
#include <vector>

namespace helmscope {

/// A directed graph to be drawn, in plain numbers: no lineage here, no GUI.
struct LayoutInput
{
    struct Size
    {
        double width = 0, height = 0;
    };
    std::vector<Size> sizes;                ///< one a node, in the unit of the answer
    std::vector<std::pair<int, int>> edges; ///< from, to; cycles, loops and doubles are allowed
    /// Where nodes stood before, for a graph that grew: order within a layer follows it. Empty, or
    /// one a node; NaN for new ones.
    std::vector<std::pair<double, double>> previous;
    double layerGap = 60,
           nodeGap = 14; ///< between layers (along x), between nodes of one (along y)
};

struct Layout
{
    struct Point
    {
        double x = 0, y = 0;
    };
    std::vector<Point> centres;             ///< one a node
    std::vector<int> layers;                ///< one a node, 0 is leftmost
    std::vector<std::vector<Point>> routes; ///< one an edge: from the right side of `from` to the
                                            ///< left side of `to`, bends between
    double width = 0, height = 0;
    int crossings = 0; ///< of edges between neighbouring layers
};

/// Left to right in layers (Sugiyama, Tagawa and Toda 1981): cycles are broken by reversing edges
/// found by depth-first search, layers by network of longest paths pulled tight, long edges get
/// bends, order by medians with transposition (Gansner et al. 1993), coordinates after Brandes and
/// Koepf 2002. Parts that are not joined stand below each other. Time O((n + e) log n) a sweep;
/// stopped, it answers the best so far. The same input gives the same layout.
Layout layOut(const LayoutInput &input, const Progress &progress);

} // namespace helmscope
