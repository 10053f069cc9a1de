// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

namespace helmscope {

/// Which part of an experiment a node of a lineage stands for.
struct ExperimentPlace
{
    QString run;  ///< its id in the workspace
    int step = 0; ///< from 1; 0: the run as a whole, or its survey
    bool operator==(const ExperimentPlace &) const = default;
};

/// By the custom properties `run` and `step` (of a block of steps its last one), or by the path of
/// an artifact, runs/<id>/...; nothing for a node that is no part of a run. The id is one that may
/// stand in a path.
std::optional<ExperimentPlace> experimentOf(const LineageNode &node);

/// The execution of this step, or of the block it is in; where there is none that of the run; -1
/// where there is not even that.
int executionOf(const LineageGraph &graph, const ExperimentPlace &place);

/// An artifact's path below its workspace, without the hash that follows it; empty for Metrics and
/// for what would lead out of the workspace.
QString pathOf(const LineageNode &artifact);

} // namespace helmscope
