// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/protocol/service.h"

#include <functional>

class QTcpServer;

namespace helmscope {

/// Offers a microscope on the network: PROTOCOL.md. Lives in a thread with an event loop.
class InstrumentServer final : public QObject
{
    Q_OBJECT
public:
    struct Settings
    {
        ServiceSettings service;
        QString host = "127.0.0.1";       ///< address to listen on
        int port = 0;                     ///< 0: any free one
        QString certificateFile, keyFile; ///< PEM; both or none
    };

    /// Throws Error where it cannot listen, and where anybody but this machine could reach it
    /// without token and certificate.
    InstrumentServer(std::unique_ptr<Microscope> microscope, const Settings &settings);
    ~InstrumentServer() override;

    int port() const;

private:
    void take();

    Service m_service;
    std::unique_ptr<QTcpServer> m_server;
    int m_sessions = 0, m_open = 0;
};

/// A server with a thread of its own, until it is destroyed. Throws as the server does.
class ServedInstrument final
{
public:
    ServedInstrument(std::unique_ptr<Microscope> microscope,
                     const InstrumentServer::Settings &settings);
    ~ServedInstrument();
    ServedInstrument(const ServedInstrument &) = delete;
    ServedInstrument &operator=(const ServedInstrument &) = delete;

    int port() const { return m_port; }

private:
    QThread m_thread;
    QObject m_hand; ///< lives in it
    std::unique_ptr<InstrumentServer> m_server;
    int m_port = 0;
};

} // namespace helmscope
