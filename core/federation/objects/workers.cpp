// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/workers.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>

namespace helmscope {

Workers::Workers(const ObjectRemote &remote, int connections)
    : m_remote(remote)
    , m_connections(std::clamp(connections, 1, 32))
{
}

bool Workers::goesOn() const
{
    const std::lock_guard lock(m_mutex);
    return !m_isStopped;
}

bool Workers::pause(int milliseconds)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, std::chrono::milliseconds(milliseconds),
                       [this] { return m_isStopped; });
    return !m_isStopped;
}

bool Workers::run(int count, const std::function<void(ObjectStore &, int)> &work,
                  const std::function<double()> &fraction, const Progress &progress)
{
    m_isStopped = false;
    int next = 0, running = 0;
    std::exception_ptr thrown;
    const auto labour = [&] {
        try {
            const std::unique_ptr<ObjectStore> store = openObjectStore(m_remote);
            for (;;) {
                int mine = 0;
                {
                    const std::lock_guard lock(m_mutex);
                    if (m_isStopped || next >= count)
                        break;
                    mine = next++;
                }
                work(*store, mine);
            }
        } catch (...) {
            const std::lock_guard lock(m_mutex);
            if (!thrown)
                thrown = std::current_exception();
            m_isStopped = true;
        }
        {
            const std::lock_guard lock(m_mutex);
            --running;
        }
        m_changed.notify_all();
    };

    bool isStopped = !progress(fraction());
    if (isStopped)
        return false;
    std::vector<std::thread> threads;
    const auto end = [&] {
        for (std::thread &thread : threads)
            thread.join();
    };
    try {
        for (int i = 0; i < std::min(m_connections, count); ++i) {
            {
                const std::lock_guard lock(m_mutex);
                ++running;
            }
            threads.emplace_back(labour);
        }
        for (;;) {
            {
                std::unique_lock lock(m_mutex);
                m_changed.wait_for(lock, std::chrono::milliseconds(50),
                                   [&] { return running == 0; });
                if (running == 0)
                    break;
            }
            if (!isStopped && !progress(fraction())) {
                isStopped = true;
                {
                    const std::lock_guard lock(m_mutex);
                    m_isStopped = true;
                }
                m_changed.notify_all();
            }
        }
    } catch (...) {
        {
            const std::lock_guard lock(m_mutex);
            m_isStopped = true;
        }
        m_changed.notify_all();
        end();
        throw;
    }
    end();
    if (thrown)
        std::rethrow_exception(thrown);
    progress(fraction());
    return !isStopped;
}

} // namespace helmscope
