// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/schedules.h"

#include "federation/hub/gate.h"
#include "federation/hub/refusal.h"
#include "federation/hub/servers.h"
#include "federation/hub/store/database.h"
#include "federation/hub/store/jsonreader.h"

#include <QDateTime>
#include <QTimeZone>

#include <algorithm>
#include <array>

namespace helmscope {

namespace {

constexpr int mostSchedules = 1000;
constexpr int keptLogs = 1000; ///< of each schedule

constexpr std::array<const char *, 4> modeNames{"once", "interval", "daily", "weekly"};
constexpr std::array<const char *, 7> dayNames{"monday", "tuesday",  "wednesday", "thursday",
                                               "friday", "saturday", "sunday"};

QString isoOf(qint64 ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODate);
}

/// Monday is 0 for CMF's page; a name or its first three letters will do too.
int weekdayOf(const QVariant &value)
{
    bool isNumber = false;
    const int number = value.toInt(&isNumber);
    if (isNumber)
        return number >= 0 && number <= 6 ? number + 1 : 0;
    const QString name = value.toString().trimmed().toLower();
    for (std::size_t i = 0; i < dayNames.size(); ++i)
        if (name.size() >= 3 && QLatin1String(dayNames[i]).startsWith(name))
            return int(i) + 1;
    return 0;
}

struct Wish
{
    qint64 server = 0;
    QString start; ///< as it was asked for, local
    Recurrence recurrence;
};

Wish wishOf(const QByteArray &body)
{
    QVariantMap fields;
    JsonReader json(body, Tr::tr("The body"));
    if (json.peek() != JsonReader::Kind::Object)
        json.complain(Tr::tr("something that is no object stands"));
    json.object([&](const QString &key) { fields.insert(key, json.value()); });
    json.end();
    Wish wish;
    wish.server = fields["server_id"].toLongLong();
    if (wish.server <= 0)
        refuse(422, Tr::tr("A schedule needs the server_id of a registered server."));
    Recurrence &recurrence = wish.recurrence;
    recurrence.zone = fields.value("timezone", "UTC").toString().toLatin1();
    const QTimeZone zone(recurrence.zone);
    if (!zone.isValid())
        refuse(422, Tr::tr("\"%1\" is no time zone known here: name one as Europe/Berlin or UTC.")
                        .arg(QString::fromLatin1(recurrence.zone.left(60))));
    wish.start = fields["start_time_local_iso"].toString().left(40);
    QDateTime start = QDateTime::fromString(wish.start, Qt::ISODate);
    if (!start.isValid())
        refuse(422, Tr::tr("start_time_local_iso must be a local time as 2026-05-01T03:30."));
    start = QDateTime(start.date(), start.time(), zone);
    recurrence.startMs = start.toMSecsSinceEpoch();
    if (fields["one_time"].toBool())
        return wish;
    const QString mode = fields["recurrence_mode"].toString();
    const auto known = std::find(modeNames.begin() + 1, modeNames.end(), mode);
    if (known == modeNames.end())
        refuse(422, Tr::tr("recurrence_mode must be interval, daily or weekly."));
    recurrence.mode = Recurrence::Mode(known - modeNames.begin());
    if (recurrence.mode == Recurrence::Mode::Interval) {
        const QString unit = fields["interval_unit"].toString();
        const qint64 value = fields["interval_value"].toLongLong();
        if ((unit != "minutes" && unit != "hours") || value < 1 || value > 10'000)
            refuse(422, Tr::tr("An interval needs an interval_unit, minutes or hours, and an "
                               "interval_value of 1 to 10000."));
        recurrence.intervalMs = value * (unit == "hours" ? 3'600'000 : 60'000);
    } else if (recurrence.mode == Recurrence::Mode::Weekly) {
        recurrence.weekday = fields.contains("weekly_day") && fields["weekly_day"].isValid()
                                 ? weekdayOf(fields["weekly_day"])
                                 : start.date().dayOfWeek();
        if (recurrence.weekday == 0)
            refuse(422, Tr::tr("weekly_day must be 0 (Monday) to 6 (Sunday), or a day's name."));
    }
    return wish;
}

qint64 idOf(const QString &text)
{
    bool isNumber = false;
    const qint64 id = text.toLongLong(&isNumber);
    if (!isNumber || id <= 0)
        refuse(422, Tr::tr("\"%1\" is no id.").arg(text.left(40)));
    return id;
}

Recurrence recurrenceOf(const QSqlQuery &row, int first)
{
    Recurrence recurrence;
    recurrence.mode = Recurrence::Mode(std::clamp(row.value(first).toInt(), 0, 3));
    recurrence.startMs = row.value(first + 1).toLongLong();
    recurrence.zone = row.value(first + 2).toByteArray();
    recurrence.intervalMs = row.value(first + 3).toLongLong();
    recurrence.weekday = row.value(first + 4).toInt();
    return recurrence;
}
constexpr const char *recurrenceColumns = "mode, start_ms, timezone, interval_ms, weekday";

QVariantList logsWhere(HubDatabase &database, const QString &column, qint64 id)
{
    QVariantList logs;
    database.read([&](SqlSession &session) {
        logs.clear();
        session.run("SELECT id, schedule_id, server_id, run_ms, status, message FROM hub_sync_log "
                    "WHERE " +
                        column + " = ? ORDER BY id DESC LIMIT 1000",
                    {id}, [&](const QSqlQuery &row) {
                        logs.push_back(
                            QVariantMap{{"id", row.value(0).toLongLong()},
                                        {"schedule_id", row.value(1).toLongLong()},
                                        {"server_id", row.value(2).toLongLong()},
                                        {"run_time_utc", isoOf(row.value(3).toLongLong())},
                                        {"status", row.value(4).toString()},
                                        {"message", row.value(5).toString()}});
                    });
    });
    return logs;
}

} // namespace

std::optional<qint64> Recurrence::next(qint64 afterMs) const
{
    if (startMs > afterMs && mode != Mode::Weekly)
        return startMs;
    switch (mode) {
    case Mode::Once:
        return std::nullopt;
    case Mode::Interval:
        if (intervalMs <= 0)
            return std::nullopt;
        return startMs + ((afterMs - startMs) / intervalMs + 1) * intervalMs;
    case Mode::Daily:
    case Mode::Weekly:
        break;
    }
    const QTimeZone place(zone);
    if (!place.isValid())
        return std::nullopt;
    const QDateTime start = QDateTime::fromMSecsSinceEpoch(startMs, place);
    QDate day = QDateTime::fromMSecsSinceEpoch(std::max(startMs, afterMs), place).date();
    for (int i = 0; i <= 8; ++i, day = day.addDays(1)) {
        if (mode == Mode::Weekly && day.dayOfWeek() != weekday)
            continue;
        const qint64 turn = QDateTime(day, start.time(), place).toMSecsSinceEpoch();
        if (turn > afterMs && turn >= startMs)
            return turn;
    }
    return std::nullopt;
}

Schedules::Schedules(HubDatabase &database, Servers &servers, int lookMs)
    : m_database(database)
    , m_servers(servers)
    , m_lookMs(lookMs)
    , m_thread([this] { work(); })
{
}

Schedules::~Schedules()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isEnding = true;
    }
    m_wake.notify_all();
    m_thread.join();
}

void Schedules::work()
{
    std::unique_lock lock(m_mutex);
    while (!m_wake.wait_for(lock, std::chrono::milliseconds(m_lookMs),
                            [this] { return m_isEnding; })) {
        lock.unlock();
        try {
            takeTurns();
        } catch (const std::exception &error) { // of the database: it may be back next time
            std::fprintf(stderr, "helmscope-hub: %s\n", error.what());
        }
        lock.lock();
    }
}

void Schedules::takeTurns()
{
    struct Due
    {
        qint64 id, server, turnMs;
        QString name;
        std::optional<qint64> next;
    };
    const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
    std::vector<Due> due;
    m_database.read([&](SqlSession &session) {
        due.clear();
        session.run(
            QStringLiteral("SELECT h.id, h.server_id, h.next_ms, s.server_name, %1 FROM "
                           "hub_schedule h JOIN registered_servers s ON s.id = h.server_id WHERE "
                           "h.next_ms <= ? ORDER BY h.next_ms")
                .arg(QLatin1String(recurrenceColumns)),
            {nowMs}, [&](const QSqlQuery &row) {
                due.push_back({row.value(0).toLongLong(), row.value(1).toLongLong(),
                               row.value(2).toLongLong(), row.value(3).toString(),
                               recurrenceOf(row, 4).next(nowMs)});
            });
    });
    for (const Due &each : due) {
        {
            const std::lock_guard lock(m_mutex);
            if (m_isEnding)
                return;
        }
        // Taken before it is done: another hub on this database leaves it alone, and what fails is
        // tried at its next turn.
        bool isOurs = false;
        m_database.write([&](SqlSession &session) {
            isOurs =
                session.number("SELECT count(*) FROM hub_schedule WHERE id = ? AND next_ms = ?",
                               {each.id, each.turnMs}) == 1;
            if (isOurs)
                session.run(
                    "UPDATE hub_schedule SET next_ms = ? WHERE id = ?",
                    {each.next ? QVariant(*each.next) : QVariant(QMetaType(QMetaType::LongLong)),
                     each.id});
        });
        if (!isOurs)
            continue;
        QString status = "success", message;
        try {
            const Servers::Pulled pulled = m_servers.pull(each.name);
            message = pulled.isNews ? Tr::tr("Sync successful.") : Tr::tr("Nothing new.");
        } catch (const std::exception &error) {
            status = "failed";
            message = QString::fromUtf8(error.what()).left(1000);
        }
        m_database.write([&](SqlSession &session) {
            session.insert("hub_sync_log",
                           {{"id", "bigint"},
                            {"schedule_id", "bigint"},
                            {"server_id", "bigint"},
                            {"run_ms", "bigint"},
                            {"status", "text"},
                            {"message", "text"}},
                           {{session.number("SELECT coalesce(max(id), 0) + 1 FROM hub_sync_log"),
                             each.id, each.server, nowMs, status, message}});
            session.flush();
            session.run("DELETE FROM hub_sync_log WHERE schedule_id = ? AND id <= (SELECT id FROM "
                        "hub_sync_log WHERE schedule_id = ? ORDER BY id DESC LIMIT 1 OFFSET " +
                            QString::number(keptLogs) + ")",
                        {each.id, each.id});
        });
    }
}

HubAnswer Schedules::add(const HubRequest &request)
{
    require(request, Scope::Admin);
    const Wish wish = wishOf(request.body(1 << 16));
    const Recurrence &recurrence = wish.recurrence;
    const qint64 nowMs = QDateTime::currentMSecsSinceEpoch();
    const std::optional<qint64> next = recurrence.next(nowMs);
    if (!next)
        refuse(400, Tr::tr("%1 is over in %2: a sync that is done once needs a time to come.")
                        .arg(wish.start, QString::fromLatin1(recurrence.zone)));
    qint64 id = 0;
    m_database.write([&](SqlSession &session) {
        if (!session.number("SELECT count(*) FROM registered_servers WHERE id = ?", {wish.server}))
            refuse(404, Tr::tr("There is no registered server %1.").arg(wish.server));
        if (session.number("SELECT count(*) FROM hub_schedule") >= mostSchedules)
            refuse(400,
                   Tr::tr("There are %1 schedules already: delete some first.").arg(mostSchedules));
        id = session.number("SELECT coalesce(max(id), 0) + 1 FROM hub_schedule");
        session.insert("hub_schedule",
                       {{"id", "bigint"},
                        {"server_id", "bigint"},
                        {"mode", "smallint"},
                        {"start_ms", "bigint"},
                        {"timezone", "text"},
                        {"interval_ms", "bigint"},
                        {"weekday", "smallint"},
                        {"start_local", "text"},
                        {"next_ms", "bigint"}},
                       {{id, wish.server, int(recurrence.mode), recurrence.startMs,
                         QString::fromLatin1(recurrence.zone), recurrence.intervalMs,
                         recurrence.weekday, wish.start, *next}});
    });
    return HubAnswer::json(QVariantMap{{"message", "Schedule created successfully"},
                                       {"schedule_id", id},
                                       {"next_run_time_utc", isoOf(*next)}});
}

HubAnswer Schedules::list(const HubRequest &request) const
{
    require(request, Scope::Read);
    const qint64 server =
        request.hasParameter("server_id") ? idOf(request.parameter("server_id")) : 0;
    QVariantList rows;
    m_database.read([&](SqlSession &session) {
        rows.clear();
        session.run(
            QStringLiteral("SELECT id, server_id, start_local, next_ms, %1 FROM hub_schedule WHERE "
                           "server_id = ? OR ? = 0 ORDER BY id")
                .arg(QLatin1String(recurrenceColumns)),
            {server, server}, [&](const QSqlQuery &row) {
                const Recurrence of = recurrenceOf(row, 4);
                const bool isInterval = of.mode == Recurrence::Mode::Interval;
                const bool isHours = of.intervalMs % 3'600'000 == 0;
                rows.push_back(QVariantMap{
                    {"id", row.value(0).toLongLong()},
                    {"server_id", row.value(1).toLongLong()},
                    {"start_time_local_iso", row.value(2).toString()},
                    {"timezone", QString::fromLatin1(of.zone)},
                    {"one_time", of.mode == Recurrence::Mode::Once},
                    {"recurrence_mode", of.mode == Recurrence::Mode::Once
                                            ? QVariant()
                                            : QVariant(modeNames[std::size_t(of.mode)])},
                    {"interval_unit",
                     isInterval ? QVariant(isHours ? "hours" : "minutes") : QVariant()},
                    {"interval_value",
                     isInterval ? QVariant(of.intervalMs / (isHours ? 3'600'000 : 60'000))
                                : QVariant()},
                    {"weekly_day",
                     of.mode == Recurrence::Mode::Weekly ? QVariant(of.weekday - 1) : QVariant()},
                    {"active", !row.isNull(3)},
                    {"next_run_time_utc",
                     row.isNull(3) ? QVariant() : QVariant(isoOf(row.value(3).toLongLong()))}});
            });
    });
    return HubAnswer::json(rows);
}

HubAnswer Schedules::remove(const HubRequest &request, const QString &text)
{
    require(request, Scope::Admin);
    const qint64 id = idOf(text);
    m_database.write([&](SqlSession &session) {
        if (!session.number("SELECT count(*) FROM hub_schedule WHERE id = ?", {id}))
            refuse(404, Tr::tr("There is no schedule %1.").arg(id));
        session.run("DELETE FROM hub_schedule WHERE id = ?", {id});
    });
    return HubAnswer::json(QVariantMap{{"message", "Schedule deleted successfully"}});
}

HubAnswer Schedules::logs(const HubRequest &request, const QString &id) const
{
    require(request, Scope::Read);
    return HubAnswer::json(logsWhere(m_database, "schedule_id", idOf(id)));
}

HubAnswer Schedules::serverLogs(const HubRequest &request, const QString &id) const
{
    require(request, Scope::Read);
    return HubAnswer::json(logsWhere(m_database, "server_id", idOf(id)));
}

} // namespace helmscope
