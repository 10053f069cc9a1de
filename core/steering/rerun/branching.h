// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/experiment.h"

namespace helmscope {

/// "What if": how to go on differently from a step of a run. What is absent stays as it was there.
struct Branch
{
    int step = 0; ///< the measurements up to this one are taken over; 0: none, from the beginning
    std::optional<AcquisitionSettings> acquisition;
    std::optional<Scalarizer> scalarizer;
    std::optional<DeepKernelSettings> model;
    std::optional<std::uint64_t> seed;
    std::optional<int> steps; ///< measurements to make after it; absent: as many as the run made
    std::optional<Mask> forbidden; ///< in place of the plan's
    /// Pixels around what the run measured after `step` are forbidden too, so that the branch must
    /// go elsewhere: so many pixels to each side; negative: none.
    int avoidRadius = -1;
    Origin::Beyond beyond = Origin::Beyond::Sample;
};

/// The plan of a branch: its first points are given, those of the run up to the step, with
/// acquisition, scalarizer and budget as they held there. `id` is how the run is known (of a
/// workspace), or its file's name. Throws Error when there is no such step, or nothing left to
/// measure.
Plan branchPlan(const Run &run, const QString &id, const Branch &branch);

/// The microscope for a branch's plan: the run's record, and beyond it what the plan's origin says.
/// Opens the sample for Beyond::Sample. Throws Error when the run is not what the origin says
/// (pathHash).
std::unique_ptr<Microscope> openBranch(const Plan &plan, std::shared_ptr<const Run> run,
                                       const Progress &progress);

/// Throws Error naming the file where the sample is not made from the files that a run was made
/// from, by their sha256; `now` is its survey.
void checkSampleFiles(const Dataset &recorded, const Dataset &now);

} // namespace helmscope
