// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <httplib.h>

#include <QtGlobal>

#include <chrono>
#include <vector>

namespace helmscope {

/// How long the hub waits for whom.
struct Patience
{
    int idleSeconds = 15;      ///< for the next request on an open connection
    int headSeconds = 10;      ///< for the whole head of a request (and TLS's greeting)
    int stallSeconds = 20;     ///< for the next byte of a body, either way
    qint64 slowestRate = 1024; ///< bytes/s of a body, once it has taken `stallSeconds`
};

/// One connection as httplib reads and writes it, plain or under TLS, that gives up on peers that
/// only pretend to talk.
class Peer final : public httplib::Stream
{
public:
    /// Takes the socket over, not the TLS context (null: plain).
    Peer(int socket, SSL_CTX *tls, const Patience &patience);
    ~Peer() override;
    Peer(const Peer &) = delete;
    Peer &operator=(const Peer &) = delete;

    bool greet(); ///< TLS's handshake
    /// Waits for a request to begin; false when there is none in time. `isCrowded`: others wait for
    /// this connection's thread.
    bool waitForRequest(const std::function<bool()> &isCrowded);
    void beginBody(); ///< the head is read
    void close();     ///< lets the peer read the answer even where it has not sent all it wanted

    qint64 received() const { return m_received; }
    qint64 sent() const { return m_sent; }

    bool is_readable() const override;
    bool is_writable() const override { return true; }
    ssize_t read(char *to, size_t size) override;
    ssize_t write(const char *from, size_t size) override;
    void get_remote_ip_and_port(std::string &ip, int &port) const override;
    void get_local_ip_and_port(std::string &ip, int &port) const override;
    socket_t socket() const override { return m_socket; }

private:
    using Clock = std::chrono::steady_clock;
    int m_socket;
    SSL *m_tls = nullptr;
    Patience m_patience;
    std::vector<char> m_buffer;
    std::size_t m_at = 0, m_end = 0; ///< of what is read ahead in the buffer
    bool m_isInHead = false;
    bool m_isReadOut = false; ///< nothing more comes; an answer may still go
    bool m_isBroken = false;
    Clock::time_point m_headEnds, m_bodyBegan;
    qint64 m_headBytes = 0, m_received = 0, m_sent = 0, m_bodyBytes = 0;

    bool wait(short events, int milliseconds) const;
    ssize_t fill(char *to, size_t size); ///< from the peer; waits as long as the phase allows
    int patienceMs() const;
    void address(bool isPeer, std::string &ip, int &port) const;
};

} // namespace helmscope
