// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

#include <functional>
#include <memory>

namespace helmscope {

/// HTTP/1.1 for one function that answers requests, over cpp-httplib. The function is called on
/// many threads at once.
class WebServer
{
public:
    struct Settings
    {
        QString listen = QStringLiteral("127.0.0.1");
        int port = 8380;                  ///< 0: any free one
        QString certificateFile, keyFile; ///< PEM; both or none
        int mostConnections = 400;
        int idleSeconds = 15, headSeconds = 10, stallSeconds = 20;
    };
    struct Done
    {
        qint64 bytesIn = 0, bytesOut = 0;
        double seconds = 0;
        int status = 0;
    };
    using Answering = std::function<HubAnswer(HubRequest &)>;
    using Report = std::function<void(const HubRequest &, const Done &)>;

    /// Listens when it returns; throws Error where it cannot. `report` is called after each answer.
    WebServer(const Settings &settings, Answering answering, Report report);
    /// Takes no more requests, and waits a few seconds for those under way.
    ~WebServer();
    int port() const;
    int connections() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
