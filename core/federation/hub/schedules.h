// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace helmscope {

class HubDatabase;
class Servers;

/// When to pull from which registered server, as CMF's web page asks for it: once, every so many
/// minutes or hours, each day or each week at a place's local time. Kept in the database; of
/// several hubs on one database one takes each turn. Turns missed while no hub ran are made up for
/// by one.
class Schedules
{
public:
    /// Looks for what is due every `lookMs` milliseconds, on a thread of its own.
    Schedules(HubDatabase &database, Servers &servers, int lookMs);
    ~Schedules();
    Schedules(const Schedules &) = delete;
    Schedules &operator=(const Schedules &) = delete;

    /// The answers of POST schedule-sync, GET schedules, DELETE schedule-sync/{id},
    /// GET schedule-sync/logs/{id} and GET server/{id}/completed-logs.
    HubAnswer add(const HubRequest &request);
    HubAnswer list(const HubRequest &request) const;
    HubAnswer remove(const HubRequest &request, const QString &id);
    HubAnswer logs(const HubRequest &request, const QString &id) const;
    HubAnswer serverLogs(const HubRequest &request, const QString &id) const;

private:
    void work();
    void takeTurns();

    HubDatabase &m_database;
    Servers &m_servers;
    const int m_lookMs;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_isEnding = false;
    std::thread m_thread; ///< last: it uses the others
};

/// What repeats: from `startMs` on (Unix time), in the local time of `zone`.
struct Recurrence
{
    enum class Mode { Once, Interval, Daily, Weekly };
    Mode mode = Mode::Once;
    qint64 startMs = 0;
    QByteArray zone;       ///< IANA's name
    qint64 intervalMs = 0; ///< of Interval
    int weekday = 0;       ///< of Weekly: 1 Monday to 7 Sunday

    /// The first turn later than `afterMs`; nothing when none is left. A local time that a clock
    /// change leaves out is taken an hour later.
    std::optional<qint64> next(qint64 afterMs) const;
};

} // namespace helmscope
