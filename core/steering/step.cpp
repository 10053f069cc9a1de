// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/step.h"

#include "dkl/bytes.h"

#include <algorithm>

namespace helmscope {

int Belief::rowOf(Pixel pixel) const
{
    const auto found =
        std::lower_bound(pixels.begin(), pixels.end(), pixel); // they are in row order
    return found != pixels.end() && *found == pixel ? int(found - pixels.begin()) : -1;
}

std::uint64_t hashOf(const Belief &belief)
{
    const std::int32_t next[] = {belief.next ? belief.next->row : -1,
                                 belief.next ? belief.next->col : -1};
    std::uint64_t hash = fnv1a(next, sizeof next);
    for (const Map *map : {&belief.mean, &belief.deviation, &belief.noise, &belief.acquisition})
        hash = fnv1a(map->data(), std::size_t(map->size()) * sizeof(float), hash);
    return hash;
}

std::uint64_t pathHash(const std::vector<Step> &steps, int count)
{
    std::uint64_t hash = fnv1a(nullptr, 0);
    for (int i = 0; i < count; ++i) {
        const Step &step = steps[std::size_t(i)];
        const std::int32_t pixel[] = {step.pixel.row, step.pixel.col};
        hash = fnv1a(pixel, sizeof pixel, hash);
        if (step.spectrum.size() > 0)
            hash = fnv1a(step.spectrum.data(), std::size_t(step.spectrum.size()) * sizeof(float),
                         hash);
        else
            hash = fnv1a(&step.value, sizeof step.value, hash);
    }
    return hash;
}

const char *keyOf(Reason reason)
{
    switch (reason) {
    case Reason::Initial:
        return "initial";
    case Reason::Acquisition:
        return "acquisition";
    case Reason::Queued:
        break;
    }
    return "queued";
}

const char *keyOf(Run::Outcome outcome)
{
    switch (outcome) {
    case Run::Outcome::Finished:
        return "finished";
    case Run::Outcome::TimeIsUp:
        return "time-is-up";
    case Run::Outcome::Plateau:
        return "plateau";
    case Run::Outcome::Stopped:
        return "stopped";
    case Run::Outcome::Exhausted:
        return "exhausted";
    case Run::Outcome::Failed:
        break;
    }
    return "failed";
}

} // namespace helmscope
