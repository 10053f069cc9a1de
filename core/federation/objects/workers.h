// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/store.h"

#include <condition_variable>
#include <mutex>

namespace helmscope {

/// Several threads, each with a connection of its own, that do the same for many objects while the
/// caller's thread watches.
class Workers
{
public:
    Workers(const ObjectRemote &remote, int connections);

    /// Calls `work` for 0 .. count-1, several at a time; `fraction` and `progress` on this thread.
    /// The first thing thrown ends it and is thrown here. False: stopped.
    bool run(int count, const std::function<void(ObjectStore &, int)> &work,
             const std::function<double()> &fraction, const Progress &progress);

    /// For `work`: whether to go on; and a pause that ends early when not.
    bool goesOn() const;
    bool pause(int milliseconds);

private:
    ObjectRemote m_remote;
    int m_connections;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_isStopped = false;
};

} // namespace helmscope
