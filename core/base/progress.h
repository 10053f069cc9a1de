// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <utility>

namespace helmscope {

/// Called by long work with the fraction done, 0..1; answers whether to go on. It may block
/// (pause). Work that is told to stop returns what it has; stopped is not failed.
using Progress = std::function<bool(double fraction)>;

/// Progress for work nobody watches: goes on to the end.
inline Progress unwatched()
{
    return [](double) { return true; };
}

/// The part [from, to] of `whole` as a progress of its own.
inline Progress part(Progress whole, double from, double to)
{
    return [whole = std::move(whole), from, to](double fraction) {
        return whole(from + fraction * (to - from));
    };
}

} // namespace helmscope
