// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"
#include "federation/hub/schedules.h"
#include "federation/hub/servers.h"
#include "federation/hub/sidefiles.h"

#include <functional>

namespace helmscope {

class Audit;
class HubDatabase;

/// CMF's REST as its own client, web page and servers speak it.
class CmfRest
{
public:
    struct Settings
    {
        QString folder; ///< for environments, labels, TensorBoard's files
        qint64 largestDocument = qint64(96) << 20; ///< bytes of a body of JSON
        qint64 largestFile = qint64(64) << 20;     ///< of an environment, label, event file
        int scheduleMs = 30'000;                   ///< how often schedules are looked at
    };
    CmfRest(HubDatabase &database, Audit &audit, const Settings &settings);

    /// `path` without "api". Throws Refusal.
    HubAnswer answer(HubRequest &request, const QStringList &path);

private:
    HubDatabase &m_database;
    Audit &m_audit;
    Settings m_settings;
    SideFiles m_files;
    Servers m_servers;
    Schedules m_schedules; ///< last: its thread uses the others

    HubAnswer push(const HubRequest &request);
    HubAnswer pull(const HubRequest &request);
    HubAnswer reading(const HubRequest &request, const QStringList &path);
    HubAnswer trees(const HubRequest &request, const QStringList &path);
    HubAnswer pipelines(const HubRequest &request);
    QVariant read(const std::function<QVariant(class SqlSession &)> &question) const;
};

} // namespace helmscope
