// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "history/version.h"

namespace helmscope {

/// How one row of a log is drawn beside its version: lanes are columns from 0 at the left.
struct LaneRow
{
    int lane = 0; ///< of the version's dot
    /// Lines from the upper edge (lane) to the lower edge (lane) of the row that pass or bend by
    /// the dot; -1 at one end: begins or ends at the dot.
    std::vector<std::pair<int, int>> lines;
    int width = 1; ///< lanes in use
};

/// Lanes of a log in the order it is shown; a version's first parent stays in its lane where it
/// can. Parents that are not in the list run on to the end. O(n * lanes).
std::vector<LaneRow> lanes(const std::vector<Version> &log);

} // namespace helmscope
