// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/peer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace helmscope {

namespace {

constexpr qint64 largestHead = 64 << 10;
constexpr std::size_t bufferSize = 64 << 10;

} // namespace

Peer::Peer(int socket, SSL_CTX *tls, const Patience &patience)
    : m_socket(socket)
    , m_patience(patience)
    , m_headEnds(Clock::now() + std::chrono::seconds(patience.headSeconds))
{
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (tls) {
        m_tls = SSL_new(tls);
        if (m_tls)
            SSL_set_fd(m_tls, socket);
        else
            m_isBroken = true;
    }
}

Peer::~Peer()
{
    if (m_tls)
        SSL_free(m_tls);
    ::close(m_socket);
}

bool Peer::wait(short events, int milliseconds) const
{
    // Clients that send head and body apart wait for our word on the first; without this they get
    // it after 40 ms.
    const int yes = 1;
    if (events == POLLIN)
        setsockopt(m_socket, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
    pollfd poll{m_socket, events, 0};
    const auto ends = Clock::now() + std::chrono::milliseconds(milliseconds);
    for (;;) {
        const int left =
            int(std::chrono::duration_cast<std::chrono::milliseconds>(ends - Clock::now()).count());
        const int found = ::poll(&poll, 1, std::max(left, 0));
        if (found >= 0 || errno != EINTR)
            return found > 0;
    }
}

bool Peer::greet()
{
    if (!m_tls)
        return !m_isBroken;
    for (;;) {
        ERR_clear_error();
        const int done = SSL_accept(m_tls);
        if (done == 1)
            return true;
        const int reason = SSL_get_error(m_tls, done);
        const int left =
            int(std::chrono::duration_cast<std::chrono::milliseconds>(m_headEnds - Clock::now())
                    .count());
        if (left <= 0 || (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) ||
            !wait(reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, left)) {
            m_isBroken = true;
            return false;
        }
    }
}

bool Peer::waitForRequest(const std::function<bool()> &isCrowded)
{
    const auto ends = Clock::now() + std::chrono::seconds(m_patience.idleSeconds);
    while (!m_isBroken && !m_isReadOut && m_at == m_end && !(m_tls && SSL_pending(m_tls) > 0)) {
        if (wait(POLLIN, 100))
            break;
        if (Clock::now() > ends || isCrowded())
            return false;
    }
    m_isInHead = true;
    m_headBytes = 0;
    m_headEnds = Clock::now() + std::chrono::seconds(m_patience.headSeconds);
    m_received = 0;
    m_sent = 0;
    return !m_isBroken && !m_isReadOut;
}

void Peer::beginBody()
{
    m_isInHead = false;
    m_bodyBegan = Clock::now();
    m_bodyBytes = 0;
}

int Peer::patienceMs() const
{
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    if (m_isInHead)
        return int(duration_cast<milliseconds>(m_headEnds - Clock::now()).count());
    return m_patience.stallSeconds * 1000;
}

ssize_t Peer::fill(char *to, size_t size)
{
    for (;;) {
        ssize_t got = 0;
        short wanted = POLLIN;
        if (m_tls) {
            ERR_clear_error();
            got = SSL_read(m_tls, to, int(std::min<size_t>(size, 1 << 30)));
            if (got <= 0) {
                const int reason = SSL_get_error(m_tls, int(got));
                if (reason == SSL_ERROR_ZERO_RETURN)
                    return 0;
                if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE)
                    return -1;
                wanted = reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
                got = -1;
            }
        } else {
            got = recv(m_socket, to, size, 0);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
                return -1;
        }
        if (got >= 0)
            return got;
        const int patience = patienceMs();
        if (patience <= 0 || !wait(wanted, patience))
            return -1;
    }
}

ssize_t Peer::read(char *to, size_t size)
{
    if (m_isReadOut)
        return -1;
    if (m_at == m_end) {
        if (m_buffer.empty())
            m_buffer.resize(bufferSize);
        const ssize_t got = fill(m_buffer.data(), m_buffer.size());
        if (got <= 0) {
            m_isReadOut = true;
            return got;
        }
        m_at = 0;
        m_end = std::size_t(got);
        m_received += got;
        if (!m_isInHead) {
            m_bodyBytes += got;
            const auto took =
                std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - m_bodyBegan)
                    .count();
            if (took > m_patience.stallSeconds && m_bodyBytes / took < m_patience.slowestRate) {
                m_isReadOut = true;
                return -1;
            }
        }
    }
    const std::size_t part = std::min(size, m_end - m_at);
    std::memcpy(to, m_buffer.data() + m_at, part);
    m_at += part;
    if (m_isInHead && (m_headBytes += qint64(part)) > largestHead) {
        m_isReadOut = true;
        return -1;
    }
    return ssize_t(part);
}

ssize_t Peer::write(const char *from, size_t size)
{
    const auto began = Clock::now();
    for (size_t done = 0; done < size;) {
        if (m_isBroken)
            return -1;
        ssize_t put = 0;
        short wanted = POLLOUT;
        if (m_tls) {
            ERR_clear_error();
            put = SSL_write(m_tls, from + done, int(std::min<size_t>(size - done, 1 << 20)));
            if (put <= 0) {
                const int reason = SSL_get_error(m_tls, int(put));
                m_isBroken = reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE;
                wanted = reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
            }
        } else {
            put = send(m_socket, from + done, size - done, MSG_NOSIGNAL);
            if (put < 0 && errno == EINTR)
                continue;
            m_isBroken = put < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
        }
        if (put > 0) {
            done += size_t(put);
            m_sent += put;
        } else if (!m_isBroken) {
            m_isBroken = !wait(wanted, m_patience.stallSeconds * 1000);
        }
        const auto took =
            std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began).count();
        if (took > m_patience.stallSeconds && qint64(done) / took < m_patience.slowestRate)
            m_isBroken = true;
    }
    return ssize_t(size);
}

void Peer::close()
{
    if (m_tls && !m_isBroken)
        SSL_shutdown(m_tls);
    ::shutdown(m_socket, SHUT_WR);
    // Closing with bytes unread would reset the connection, and the answer with it.
    char waste[16384];
    const auto ends = Clock::now() + std::chrono::seconds(2);
    qint64 wasted = 0;
    while (!m_isBroken && Clock::now() < ends && wasted < (16 << 20) && wait(POLLIN, 500)) {
        const ssize_t got = recv(m_socket, waste, sizeof waste, 0);
        if (got <= 0)
            break;
        wasted += got;
    }
    m_isBroken = true;
}

bool Peer::is_readable() const
{
    return m_at < m_end || (m_tls && SSL_pending(m_tls) > 0) || wait(POLLIN, 0);
}

void Peer::address(bool isPeer, std::string &ip, int &port) const
{
    sockaddr_storage storage;
    socklen_t size = sizeof storage;
    auto *raw = reinterpret_cast<sockaddr *>(&storage);
    if ((isPeer ? getpeername(m_socket, raw, &size) : getsockname(m_socket, raw, &size)) != 0)
        return;
    char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
    if (getnameinfo(raw, size, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        ip = host;
        port = std::atoi(service);
    }
}

void Peer::get_remote_ip_and_port(std::string &ip, int &port) const
{
    address(true, ip, port);
}

void Peer::get_local_ip_and_port(std::string &ip, int &port) const
{
    address(false, ip, port);
}

} // namespace helmscope
