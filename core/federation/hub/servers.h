// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

#include <mutex>
#include <optional>

namespace helmscope {

class HubDatabase;
class SideFiles;

/// Other servers (CMF's or hubs) that this one pulls from, on demand.
class Servers
{
public:
    Servers(HubDatabase &database, const SideFiles &files, qint64 largestDocument);

    /// The answers of register-server, server-list and sync; bodies as CMF has them.
    HubAnswer add(const HubRequest &request);
    HubAnswer list(const HubRequest &request);
    HubAnswer sync(const HubRequest &request);

    struct Pulled
    {
        bool isNews = false;
        qint64 latestMs = 0; ///< by the other server's clock
    };
    /// Pulls from the server of this name what is new since the last time, and merges it; throws
    /// Refusal. One at a time.
    Pulled pull(const QString &name);

private:
    HubDatabase &m_database;
    const SideFiles &m_files;
    qint64 m_largestDocument;
    std::mutex m_mutex; ///< of pull()

    struct Registered
    {
        QString url; ///< empty: there is none
        std::optional<qint64> sinceMs;
    };
    Registered registered(const QString &name) const;
};

} // namespace helmscope
