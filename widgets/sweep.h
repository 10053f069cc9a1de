// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

namespace helmscope {

/// Executions as points of many dimensions: what was set and what came of it.
struct Sweep
{
    struct Axis
    {
        QString name;
        bool isMetric = false;      ///< a number of the Metrics that came of it
        std::vector<double> values; ///< one an execution; NaN where it has none
        QStringList categories;     ///< of texts: the value is an index into these, sorted
    };
    std::vector<int> nodes; ///< executions, the oldest first
    std::vector<Axis> axes; ///< parameters, then metrics, each in the order of their names
};

/// Of the executions among `nodes`: each property that people gave and each number of a Metrics,
/// or of a Step_Metrics; a property only where it differs among them. Texts that are numbers count
/// as numbers, and what Python prints of one; other texts of properties make an axis where there
/// are at most twelve of them.
Sweep sweepOf(const LineageGraph &graph, const std::vector<int> &nodes);

} // namespace helmscope
