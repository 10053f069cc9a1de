// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/experiment.h"
#include "workspace/runrecorder.h"

namespace helmscope {

/// Records a run of `initial` + `steps` points on one and the same small simulated sample; answers
/// its id.
inline QString recordSmallRun(const Workspace &workspace, std::uint64_t seed, int initial,
                              int steps)
{
    Plan plan;
    plan.sample = simulatedSample(32, 32, 3);
    plan.initial.count = initial;
    plan.steps = steps;
    plan.model.cycles = 5;
    plan.seed = seed;
    const auto microscope = openMicroscope(plan, unwatched());
    plan.scalarizer = defaultScalarizer(microscope->energies());
    RunRecorder recorder(workspace, {}, [](const QString &) {});
    const Run run = explore(
        plan, *microscope, unwatched(), [&](const Step &step) { recorder.append(step); }, {},
        [&](const Run &start) { recorder.begin(start); });
    recorder.finish(run);
    return recorder.id();
}

} // namespace helmscope
