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
    QString what; ///< "pixel", "value", "predictedMean", "map of deviations", ...
    QString recorded, now;
};

struct Verification
{
    int steps = 0, maps = 0;         ///< compared
    std::optional<Difference> first; ///< beyond the tolerance
    double largest = 0;              ///< relative difference within it; 0: bit for bit
    bool isWhole = true;             ///< false: stopped before all steps were compared
    QString text() const; ///< "identical: 60 steps, 51 maps", or the difference with both sides
};

/// What the plan's measurements are taken from.
enum class VerifyBy {
    Sample, ///< measured again on the simulated or recorded sample
    Record  ///< what the run's file holds (also of a real instrument)
};

/// Runs the plan again and compares every choice, value, prediction, model and map with the
/// recorded one. `tolerance` 0: bit for bit (maps by their hash; of runs without hashes to the
/// rounding of the file), as the same build on the same machine gives; above 0: relative, for what
/// another build or machine may give (pixels and reasons must always agree). Of a run that was
/// stopped the last step may have been cut short: its model and maps count only where they agree.
/// A branch's first points, and all of a branch that ran on stand-ins, come from the record. Times
/// never count. Throws Error when the sample cannot be opened or is not what the run was made from
/// (sha256 of its files).
Verification verifyRun(const std::shared_ptr<const Run> &recorded, VerifyBy by, double tolerance,
                       const Progress &progress);

/// Goes on with a run that was cut off: its steps are done again from the record, without being
/// told of, so that the model is where it was; then the microscope of the plan measures on. The
/// steps so far must come out as recorded (another build may fail there: then Error says so, and a
/// branch is the way). `onStart` and `onStep` are called as explore() does, for new steps only.
Run continueRun(const std::shared_ptr<const Run> &past, std::unique_ptr<Microscope> microscope,
                const Progress &progress, const OnStep &onStep, const Operator &person = {},
                const OnStart &onStart = {});

} // namespace helmscope
