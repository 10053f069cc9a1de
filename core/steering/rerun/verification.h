// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/experiment.h"

namespace helmscope {

/// The operator of a run of the past: says at each step what was said then. After the last one,
/// `then` speaks (its functions may be empty).
Operator operatorOf(std::shared_ptr<const Run> past, const Operator &then = {});

/// The first thing in which a rerun is not what was recorded.
struct Difference
{
    int step = 0; ///< 0: before the first
    QString what; ///< "pixel", "value", "predicted mean", "map of deviations", ...
    QString recorded, now;
    double relative = 0; ///< size of the difference over that of the number (or the map's range)
};

struct Verification
{
    int steps = 0, maps = 0;         ///< compared
    std::optional<Difference> first; ///< beyond the tolerance
    double largest = 0;              ///< relative difference within it; 0: bit for bit
    QString text() const;            ///< "identical: 60 steps, 51 maps", or both sides
};

/// What the plan's measurements are taken from.
enum class VerifyBy {
    Sample, ///< measured again on the simulated or recorded sample
    Record  ///< what the run's file holds (also of a real instrument)
};

/// Runs the plan again and compares every choice, value, prediction, model and map with the
/// recorded one. `tolerance` 0: bit for bit (maps by their hash; of runs without hashes, to the
/// rounding of the file), as the same build on the same machine gives; above 0: relative, what
/// another build or machine may give (pixels and reasons must always agree). Steps that were cut
/// short by a stop are compared as far as they went. Throws Error when the sample cannot be opened
/// or is not what the run was made from (sha256 of its files). Stopped: compares what it has.
Verification verifyRun(std::shared_ptr<const Run> recorded, VerifyBy by, double tolerance,
                       const Progress &progress);

} // namespace helmscope
