// SPDX-License-Identifier: GPL-3.0-or-later
// Private to this folder.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

namespace helmscope {

/// Ends conversations over SSH that fall silent: libgit2 would wait for ever. It watches the
/// connections that libgit2 opens on this thread while it lives.
class GitSilence
{
public:
    explicit GitSilence(int silenceMs);
    ~GitSilence();
    GitSilence(const GitSilence &) = delete;
    GitSilence &operator=(const GitSilence &) = delete;

    /// Work is being done here: nothing is waited for. From any thread.
    void giveSign() { ++m_signs; }
    /// Whether a connection was given up.
    bool hasEnded() const { return m_hasEnded; }
    int milliseconds() const { return m_silenceMs; }

    /// libgit2 opens its connections through us from now on.
    static void install();

private:
    friend struct WatchedStream;
    void watch(int socket);
    void run();

    const int m_silenceMs;
    GitSilence *m_before = nullptr; ///< of this thread
    std::atomic<unsigned> m_signs = 0;
    std::atomic<bool> m_hasEnded = false, m_isOver = false;
    std::mutex m_mutex;
    int m_socket = -1; ///< a descriptor of our own, under the mutex
    std::thread m_thread;
};

} // namespace helmscope
