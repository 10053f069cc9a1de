// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/gitremotesilence.h"

#include <git2.h>
#include <git2/sys/stream.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helmscope {

namespace {

thread_local GitSilence *current = nullptr;
constexpr int connectMs = 20'000;
constexpr auto lookEvery = std::chrono::milliseconds(100);

/// Bytes that came, and bytes of ours that the other side has taken.
std::uint64_t bytesOver(int socket)
{
    tcp_info known = {};
    socklen_t length = sizeof known;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &known, &length) != 0)
        return 0;
    return known.tcpi_bytes_received + known.tcpi_bytes_acked;
}

/// A connection, or -1.
int connectTo(const char *host, const char *port)
{
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    if (::getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    for (const addrinfo *one = found; one; one = one->ai_next) {
        const int socket = ::socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                    one->ai_protocol);
        if (socket < 0)
            continue;
        pollfd ready{socket, POLLOUT, 0};
        int trouble = 0;
        socklen_t length = sizeof trouble;
        const bool isBegun =
            ::connect(socket, one->ai_addr, one->ai_addrlen) == 0 || errno == EINPROGRESS;
        if (isBegun && ::poll(&ready, 1, connectMs) == 1 &&
            ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &trouble, &length) == 0 && trouble == 0 &&
            ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) & ~O_NONBLOCK) == 0)
            return socket;
        ::close(socket);
    }
    return -1;
}

} // namespace

/// Laid out as libgit2's own git_socket_stream, which its SSH takes the socket from.
struct WatchedStream
{
    git_stream parent;
    char *host;
    char *port;
    int socket;

    static WatchedStream *of(git_stream *stream)
    {
        return reinterpret_cast<WatchedStream *>(stream);
    }
    static int init(git_stream **out, const char *host, const char *port)
    {
        auto *made = static_cast<WatchedStream *>(std::calloc(1, sizeof(WatchedStream)));
        if (!made)
            return -1;
        made->host = ::strdup(host);
        made->port = ::strdup(port);
        made->socket = -1;
        made->parent.version = GIT_STREAM_VERSION;
        made->parent.connect = connect;
        made->parent.read = read;
        made->parent.write = write;
        made->parent.close = close;
        made->parent.free = release;
        *out = &made->parent;
        return 0;
    }
    static int connect(git_stream *stream)
    {
        WatchedStream *self = of(stream);
        self->socket = connectTo(self->host, self->port);
        if (self->socket < 0) {
            git_error_set_str(GIT_ERROR_NET, "the server cannot be connected to");
            return -1;
        }
        if (current)
            current->watch(self->socket);
        return 0;
    }
    static ssize_t read(git_stream *stream, void *data, size_t bytes)
    {
        const ssize_t got = ::recv(of(stream)->socket, data, bytes, 0);
        if (got < 0)
            git_error_set_str(GIT_ERROR_NET, std::strerror(errno));
        return got;
    }
    static ssize_t write(git_stream *stream, const char *data, size_t bytes, int)
    {
        const ssize_t sent = ::send(of(stream)->socket, data, bytes, MSG_NOSIGNAL);
        if (sent < 0)
            git_error_set_str(GIT_ERROR_NET, std::strerror(errno));
        return sent;
    }
    static int close(git_stream *stream)
    {
        WatchedStream *self = of(stream);
        if (self->socket >= 0)
            ::close(self->socket);
        self->socket = -1;
        return 0;
    }
    static void release(git_stream *stream)
    {
        WatchedStream *self = of(stream);
        close(stream);
        std::free(self->host);
        std::free(self->port);
        std::free(self);
    }
};

void GitSilence::install()
{
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 7
    git_libgit2_opts(GIT_OPT_SET_SERVER_TIMEOUT, 60'000);
#else
    git_stream_registration ours = {GIT_STREAM_VERSION, &WatchedStream::init, nullptr};
    git_stream_register(GIT_STREAM_STANDARD, &ours);
#endif
}

GitSilence::GitSilence(int silenceMs)
    : m_silenceMs(silenceMs)
    , m_before(current)
{
    current = this;
}

GitSilence::~GitSilence()
{
    current = m_before;
    m_isOver = true;
    if (m_thread.joinable())
        m_thread.join();
    if (m_socket >= 0)
        ::close(m_socket);
}

void GitSilence::watch(int socket)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_socket >= 0)
            ::close(m_socket);
        // A descriptor of ours: libgit2 may close its own at any time.
        m_socket = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    }
    if (!m_thread.joinable())
        m_thread = std::thread([this] { run(); });
}

void GitSilence::run()
{
    using Clock = std::chrono::steady_clock;
    std::uint64_t bytes = 0;
    unsigned signs = 0;
    Clock::time_point last = Clock::now();
    while (!m_isOver) {
        {
            const std::lock_guard lock(m_mutex);
            const std::uint64_t bytesNow = bytesOver(m_socket);
            const unsigned signsNow = m_signs;
            if (bytesNow != bytes || signsNow != signs)
                last = Clock::now();
            bytes = bytesNow;
            signs = signsNow;
            if (Clock::now() - last > std::chrono::milliseconds(m_silenceMs)) {
                m_hasEnded = true;
                ::shutdown(m_socket, SHUT_RDWR); // libssh2 wakes up from its wait
                return;
            }
        }
        std::this_thread::sleep_for(lookEvery);
    }
}

} // namespace helmscope
