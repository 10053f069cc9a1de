// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/experiment.h"

#include "steering/exploration.h"

#include <utility>

namespace helmscope {

Run explore(const Plan &plan, Microscope &microscope, const Progress &progress,
            const OnStep &onStep, const Operator &person, const OnStart &onStart)
{
    Exploration exploration(plan, microscope, progress, person);
    if (onStart)
        onStart(exploration.run());
    const auto think = [&](Step &&step) {
        exploration.learn(step);
        exploration.predict(step);
        const Step &kept = exploration.keep(std::move(step));
        if (onStep)
            onStep(kept);
    };
    std::optional<Proposal> next = exploration.choose();
    while (next && !plan.watch.overlaps) {
        exploration.begin(*next);
        std::optional<Step> step = exploration.take();
        if (!step)
            break;
        think(*std::move(step));
        next = exploration.choose();
    }
    // While the beam dwells at a pixel the one before it is learnt and the one after it chosen: by
    // what is known then, always one measurement less, however long either takes.
    std::optional<Step> before;
    while (next && plan.watch.overlaps) {
        exploration.begin(*next);
        next.reset();
        if (before)
            think(*std::exchange(before, std::nullopt));
        const bool isFreeAfterwards = !exploration.isBeamNeeded();
        if (isFreeAfterwards)
            next = exploration.choose();
        before = exploration.take();
        if (!before)
            break;
        if (!isFreeAfterwards) {
            think(*std::exchange(before, std::nullopt));
            next = exploration.choose();
        }
    }
    if (before)
        think(*std::move(before));
    return exploration.finish();
}

} // namespace helmscope
