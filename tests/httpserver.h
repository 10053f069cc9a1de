// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <httplib.h>

#include <QByteArray>
#include <QString>

#include <thread>

/// A server on the loopback for a test; stops with it. Set its handlers, then start().
class HttpServer
{
public:
    HttpServer()
    {
        server.set_keep_alive_max_count(1000);
        server.set_read_timeout(5, 0);
    }
    ~HttpServer() { stop(); }
    HttpServer(const HttpServer &) = delete;
    HttpServer &operator=(const HttpServer &) = delete;

    /// The system chooses the port, unless one is given: a server that comes back.
    void start(int port = 0)
    {
        m_port = port;
        if (port == 0)
            m_port = server.bind_to_any_port("127.0.0.1");
        else if (!server.bind_to_port("127.0.0.1", port))
            m_port = -1;
        m_thread = std::thread([this] { server.listen_after_bind(); });
        while (m_port > 0 && !server.is_running())
            std::this_thread::yield();
    }
    void stop()
    {
        server.stop();
        if (m_thread.joinable())
            m_thread.join();
    }
    int port() const { return m_port; }
    QString url(const QString &path = {}) const
    {
        return QStringLiteral("http://127.0.0.1:%1").arg(m_port) + path;
    }

    httplib::Server server;

private:
    int m_port = 0;
    std::thread m_thread;
};
