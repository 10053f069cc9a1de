// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

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

private:
    HubDatabase &m_database;
    const SideFiles &m_files;
    qint64 m_largestDocument;
};

} // namespace helmscope
