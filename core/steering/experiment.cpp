// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/experiment.h"

#include "steering/exploration.h"

namespace helmscope {

Run explore(const Plan &plan, Microscope &microscope, const Progress &progress,
            const OnStep &onStep, const Operator &person, const OnStart &onStart)
{
    Exploration exploration(plan, microscope, progress, person);
    if (onStart)
        onStart(exploration.run());
    while (const std::optional<Proposal> next = exploration.choose()) {
        std::optional<Step> step = exploration.measure(*next);
        if (!step)
            break;
        exploration.learn(*step);
        exploration.predict(*step);
        const Step &kept = exploration.keep(*std::move(step));
        if (onStep)
            onStep(kept);
    }
    return exploration.finish();
}

} // namespace helmscope
