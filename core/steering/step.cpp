// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/step.h"

#include <algorithm>

namespace helmscope {

int Belief::rowOf(Pixel pixel) const
{
    const auto found =
        std::lower_bound(pixels.begin(), pixels.end(), pixel); // they are in row order
    return found != pixels.end() && *found == pixel ? int(found - pixels.begin()) : -1;
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
