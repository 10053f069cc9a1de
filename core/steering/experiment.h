// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

namespace helmscope {

/// Called after each measurement on explore()'s thread.
using OnStep = std::function<void(const Step &)>;
/// Called once, before the first measurement, with everything but steps.
using OnStart = std::function<void(const Run &)>;

/// Measure, learn, predict, choose, repeat. Measures the plan's first points, learns once from all
/// of them, then one pixel a step until the budget, the time, a plateau, no candidate left, or
/// `progress` ends it; stopped is not failed: it returns what it has. The first points come as
/// steps as they are measured; the last of them bears the first belief. If the instrument fails,
/// the run so far is returned with Outcome::Failed and the sentence. Throws Error when it cannot
/// start (plan and microscope do not fit). The same plan and instrument give the same steps, bit
/// for bit, on the same machine and build.
Run explore(const Plan &plan, Microscope &microscope, const Progress &progress,
            const OnStep &onStep, const Operator &person = {}, const OnStart &onStart = {});

} // namespace helmscope
