// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/database.h"

#include "federation/hub/refusal.h"
#include "federation/hub/store/schema.h"
#include "lineage/formats/jsontext.h"

#include <QFile>
#include <QSqlDriver>
#include <QSqlError>
#include <QSqlField>
#include <QUrl>
#include <QUuid>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace helmscope {

namespace {

/// The connection is gone; the same work may succeed on a new one.
class Lost : public Error
{
    using Error::Error;
};

/// Any number: what several hubs on one PostgreSQL agree on while one of them writes.
constexpr qint64 writersLock = 7'423'117;

[[noreturn]] void failAs(const QSqlError &error, const QSqlDatabase &base, bool isPostgres)
{
    const QString reason = error.databaseText().simplified();
    const QString code = error.nativeErrorCode();
    if (isPostgres) {
        // Class 08: connection; 57P0x: shut down. Without a code the server did not answer at all.
        if (error.type() == QSqlError::ConnectionError || code.startsWith("08") ||
            code.startsWith("57P") || code.isEmpty())
            throw Lost(Tr::tr("The connection to the hub's database was lost: %1.")
                           .arg(reason)
                           .toStdString());
        if (code == "53100")
            refuse(507, Tr::tr("The disk of the hub's database is full; nothing was stored."));
    } else if (code.toInt() % 256 == 13) {
        refuse(507, Tr::tr("The disk of the hub is full; nothing was stored."));
    }
    fail(Tr::tr("The hub's database cannot be used: %1 (%2).").arg(reason, base.databaseName()));
}

/// PostgreSQL keeps no such character, and its library would end the statement there.
void refuseNul(const QString &text)
{
    const qsizetype place = text.indexOf(QChar(u'\0'));
    if (place >= 0)
        refuse(422, Tr::tr("The text after \"%1\" holds the character U+0000, which the hub's "
                           "database cannot store; nothing was stored. Take it out.")
                        .arg(text.mid(std::max<qsizetype>(0, place - 40),
                                      std::min<qsizetype>(place, 40))));
}

/// A value as an element of PostgreSQL's array literal ("Array Input and Output Syntax" of its
/// manual). Doubles have the digits that bring them back bit for bit.
void appendElement(QString &list, const QVariant &value, bool isFirst)
{
    if (!isFirst)
        list += ',';
    if (value.isNull()) {
        list += "NULL";
    } else if (value.userType() == QMetaType::Double) {
        list += QString::number(value.toDouble(), 'g', 17);
    } else if (value.userType() == QMetaType::QString) {
        const QString text = value.toString();
        refuseNul(text);
        list += '"';
        for (const QChar c : text) {
            if (c == u'"' || c == u'\\')
                list += '\\';
            list += c;
        }
        list += '"';
    } else {
        list += value.toString();
    }
}

} // namespace

// ---- one connection

void SqlSession::run(const QString &statement, const QVariantList &values,
                     const std::function<void(const QSqlQuery &)> &row)
{
    QSqlQuery query(m_base);
    query.setForwardOnly(true);
    if (values.isEmpty() || m_isPostgres) {
        if (!query.exec(values.isEmpty() ? statement : filled(statement, values)))
            failAs(query.lastError(), m_base, m_isPostgres);
    } else {
        if (!query.prepare(statement))
            failAs(query.lastError(), m_base, m_isPostgres);
        for (const QVariant &value : values)
            query.addBindValue(value);
        if (!query.exec())
            failAs(query.lastError(), m_base, m_isPostgres);
    }
    if (!row)
        return;
    while (query.next())
        row(query);
    if (query.lastError().isValid())
        failAs(query.lastError(), m_base, m_isPostgres);
}

/// The statement with its values in their places, as the driver writes them. Preparing it on the
/// server takes three round trips where this takes one.
QString SqlSession::filled(const QString &statement, const QVariantList &values) const
{
    QString text;
    text.reserve(statement.size() + 256);
    qsizetype next = 0;
    for (const QChar c : statement) {
        if (c != u'?') {
            text += c;
            continue;
        }
        text += quoted(values[next++]);
    }
    return text;
}

QString SqlSession::quoted(const QVariant &value) const
{
    if (value.userType() == QMetaType::QString)
        refuseNul(value.toString());
    QSqlField field(QString(), value.metaType());
    field.setValue(value);
    return m_base.driver()->formatValue(field);
}

qint64 SqlSession::number(const QString &statement, const QVariantList &values)
{
    qint64 found = 0;
    run(statement, values, [&](const QSqlQuery &row) { found = row.value(0).toLongLong(); });
    return found;
}

QString SqlSession::inTexts() const
{
    return m_isPostgres ? QStringLiteral("IN (SELECT json_array_elements_text(?::json))")
                        : QStringLiteral("IN (SELECT value FROM json_each(?))");
}

QString SqlSession::inNumbers() const
{
    return m_isPostgres ? QStringLiteral("IN (SELECT json_array_elements_text(?::json)::bigint)")
                        : QStringLiteral("IN (SELECT value FROM json_each(?))");
}

QString SqlSession::listOf(const QStringList &texts)
{
    QVariantList list;
    for (const QString &text : texts)
        list.push_back(text);
    return QString::fromLatin1(jsonText(list));
}

QString SqlSession::listOf(const std::vector<qint64> &numbers)
{
    QString list = QStringLiteral("[");
    for (const qint64 number : numbers)
        list += (list.size() > 1 ? "," : "") + QString::number(number);
    return list + ']';
}

void SqlSession::insert(const QString &table, const std::vector<Column> &columns,
                        const std::vector<QVariantList> &rows, const QString &conflict)
{
    if (rows.empty())
        return;
    QStringList names, places;
    for (const Column &column : columns) {
        names << column.name;
        places << QStringLiteral("?");
    }
    const QString head = QStringLiteral("INSERT INTO %1(%2) ").arg(table, names.join(", "));
    if (m_isPostgres) {
        // A column an array: a server takes thousands of rows so in a fraction of the time that
        // their JSON needs.
        constexpr std::size_t batch = 20'000;
        constexpr qsizetype most = 8 << 20; // characters that wait
        for (std::size_t begin = 0; begin < rows.size(); begin += batch) {
            const std::size_t end = std::min(rows.size(), begin + batch);
            m_waiting += head + "SELECT * FROM unnest(";
            for (std::size_t i = 0; i < columns.size(); ++i) {
                QString list = QStringLiteral("{");
                for (std::size_t row = begin; row < end; ++row)
                    appendElement(list, rows[row][qsizetype(i)], row == begin);
                m_waiting += (i > 0 ? ", " : "") + quoted(list + '}') +
                             "::" + QLatin1String(columns[i].type) + "[]";
            }
            m_waiting += ") " + conflict + ";\n";
            if (m_waiting.size() > most)
                flush();
        }
        return;
    }
    QSqlQuery query(m_base);
    if (!query.prepare(head + "VALUES(" + places.join(", ") + ") " + conflict))
        failAs(query.lastError(), m_base, m_isPostgres);
    for (const QVariantList &row : rows) {
        for (int i = 0; i < row.size(); ++i)
            query.bindValue(i, row[i]);
        if (!query.exec())
            failAs(query.lastError(), m_base, m_isPostgres);
    }
}

void SqlSession::later(const QString &statement, const QVariantList &values)
{
    if (m_isPostgres)
        m_waiting += filled(statement, values) + ";\n";
    else
        run(statement, values);
}

void SqlSession::flush()
{
    if (m_waiting.isEmpty())
        return;
    QSqlQuery query(m_base);
    const bool isDone = query.exec(std::exchange(m_waiting, {}));
    if (!isDone)
        failAs(query.lastError(), m_base, m_isPostgres);
}

// ---- threads

namespace {

/// What somebody waits for.
struct Task
{
    const std::function<void(SqlSession &)> &work;
    std::exception_ptr error;
    std::promise<void> done;
};
using Tasks = std::vector<Task *>;

/// A thread with a connection, and what it has to do: of what has come meanwhile, up to `most` at
/// once.
class Worker
{
public:
    using Performing = std::function<void(QSqlDatabase &, const Tasks &)>;

    Worker(std::size_t most, std::function<QSqlDatabase()> open, Performing perform)
        : m_most(most)
        , m_thread(
              [this, open = std::move(open), perform = std::move(perform)] { run(open, perform); })
    {
    }
    ~Worker()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_isEnding = true;
        }
        m_wake.notify_all();
        m_thread.join();
    }

    /// Waits; throws what the work threw.
    void carryOut(const std::function<void(SqlSession &)> &work)
    {
        Task task{work, {}, {}};
        std::future<void> done = task.done.get_future();
        {
            const std::lock_guard lock(m_mutex);
            m_tasks.push_back(&task);
        }
        m_wake.notify_one();
        done.get();
        if (task.error)
            std::rethrow_exception(task.error);
    }
    std::size_t waiting() const
    {
        const std::lock_guard lock(m_mutex);
        return m_tasks.size() + (m_isBusy ? 1 : 0);
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Task *> m_tasks;
    bool m_isEnding = false, m_isBusy = false;
    std::size_t m_most;
    std::thread m_thread; ///< last: it uses the others

    void run(const std::function<QSqlDatabase()> &open, const Performing &perform)
    {
        QString name;
        {
            QSqlDatabase base = open();
            name = base.connectionName();
            for (;;) {
                Tasks tasks;
                {
                    std::unique_lock lock(m_mutex);
                    m_isBusy = false;
                    m_wake.wait(lock, [this] { return m_isEnding || !m_tasks.empty(); });
                    if (m_tasks.empty())
                        break;
                    m_isBusy = true;
                    while (!m_tasks.empty() && tasks.size() < m_most) {
                        tasks.push_back(m_tasks.front());
                        m_tasks.pop_front();
                    }
                }
                perform(base, tasks);
                for (Task *task : tasks)
                    task->done.set_value();
            }
            base.close();
        }
        QSqlDatabase::removeDatabase(name);
    }
};

} // namespace

struct HubDatabase::Private
{
    QString where;
    bool isPostgres = false;
    std::vector<std::unique_ptr<Worker>> readers;
    std::unique_ptr<Worker> writer;

    QSqlDatabase connection(bool mayWrite) const;
    void ensureOpen(QSqlDatabase &base) const;
    void perform(QSqlDatabase &base, const Tasks &tasks, bool isWriting) const;
    void transact(QSqlDatabase &base, const Tasks &tasks, bool isWriting) const;
    void inOneTransaction(SqlSession &session, const Tasks &tasks, const QString &begin) const;
};

QSqlDatabase HubDatabase::Private::connection(bool mayWrite) const
{
    const QString name = "helmscope-hub-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
    QSqlDatabase base = QSqlDatabase::addDatabase(isPostgres ? "QPSQL" : "QSQLITE", name);
    if (isPostgres) {
        const QUrl url(where);
        base.setHostName(url.host());
        base.setPort(url.port(5432));
        base.setUserName(url.userName(QUrl::FullyDecoded));
        base.setPassword(url.password(QUrl::FullyDecoded));
        base.setDatabaseName(url.path(QUrl::FullyDecoded).mid(1));
        base.setConnectOptions("connect_timeout=10;application_name=helmscope-hub");
    } else {
        base.setDatabaseName(where);
        base.setConnectOptions(mayWrite ? "QSQLITE_BUSY_TIMEOUT=10000"
                                        : "QSQLITE_BUSY_TIMEOUT=10000;QSQLITE_OPEN_READONLY");
    }
    return base;
}

void HubDatabase::Private::ensureOpen(QSqlDatabase &base) const
{
    if (base.isOpen())
        return;
    if (!base.isValid())
        fail(isPostgres ? Tr::tr("Qt's driver for PostgreSQL is missing: install libqt6sql6-psql.")
                        : Tr::tr("Qt's driver for SQLite is missing: install libqt6sql6-sqlite."));
    if (!base.open()) {
        const QString reason = base.lastError().databaseText().simplified();
        if (isPostgres)
            throw Lost(Tr::tr("Cannot reach the database %1 at %2: %3.")
                           .arg(base.databaseName(), base.hostName(), reason)
                           .toStdString());
        fail(Tr::tr("Cannot open the hub's database %1: %2.").arg(base.databaseName(), reason));
    }
    SqlSession session(base, isPostgres);
    if (isPostgres) {
        session.run("SET client_min_messages = warning");
        session.run("SET default_transaction_isolation = 'repeatable read'");
        return;
    }
    session.run("PRAGMA trusted_schema = OFF");
    session.run("PRAGMA temp_store = MEMORY");
    if (base.connectOptions().contains("READONLY"))
        return;
    session.run("PRAGMA journal_mode = WAL"); // the hub's own file: readers go on while one writes
    session.run("PRAGMA synchronous = FULL"); // what was answered "success" outlives a power cut
}

/// All of these in one transaction, since a disk takes as long for one as for thirty; what one of
/// them throws takes back that one only.
void HubDatabase::Private::inOneTransaction(SqlSession &session, const Tasks &tasks,
                                            const QString &begin) const
{
    session.run(begin);
    for (Task *task : tasks) {
        const bool mayTakeBack = tasks.size() > 1;
        if (mayTakeBack)
            session.run("SAVEPOINT task");
        try {
            task->work(session);
            session.flush();
        } catch (const Lost &) {
            throw;
        } catch (...) {
            if (!mayTakeBack)
                throw;
            task->error = std::current_exception();
            session.forget();
            // A full disk has ended the whole transaction: then this fails, and so do all of them.
            session.run("ROLLBACK TO SAVEPOINT task");
        }
        if (mayTakeBack)
            session.run("RELEASE SAVEPOINT task");
    }
    session.run("COMMIT");
}

void HubDatabase::Private::transact(QSqlDatabase &base, const Tasks &tasks, bool isWriting) const
{
    for (Task *task : tasks)
        task->error = {};
    ensureOpen(base);
    SqlSession session(base, isPostgres);
    const bool isLocking = isPostgres && isWriting;
    // The lock before the first look at the tables, or that look would be of before.
    if (isLocking)
        session.run(QStringLiteral("SELECT pg_advisory_lock(%1)").arg(writersLock));
    const QString unlock = QStringLiteral("SELECT pg_advisory_unlock(%1)").arg(writersLock);
    try {
        inOneTransaction(session, tasks,
                         !isPostgres ? isWriting ? "BEGIN IMMEDIATE" : "BEGIN"
                         : isWriting ? "BEGIN"
                                     : "BEGIN READ ONLY");
    } catch (...) {
        QSqlQuery(base).exec("ROLLBACK");
        if (isLocking)
            QSqlQuery(base).exec(unlock);
        throw;
    }
    if (isLocking)
        session.run(unlock);
}

void HubDatabase::Private::perform(QSqlDatabase &base, const Tasks &tasks, bool isWriting) const
{
    try {
        try {
            transact(base, tasks, isWriting);
        } catch (const Lost &) {
            base.close();
            transact(base, tasks, isWriting);
        }
    } catch (...) {
        for (Task *task : tasks)
            task->error = std::current_exception();
    }
}

HubDatabase::HubDatabase(const QString &where)
    : d(std::make_unique<Private>())
{
    d->where = where;
    d->isPostgres = where.startsWith("postgres://") || where.startsWith("postgresql://");
    if (!d->isPostgres && where.contains("://"))
        fail(Tr::tr("%1 is no database the hub knows: name a file, or "
                    "postgres://user:password@host:port/name.")
                 .arg(where.section("://", 0, 0)));
    const auto perform = [this](bool isWriting) {
        return [this, isWriting](QSqlDatabase &base, const Tasks &tasks) {
            d->perform(base, tasks, isWriting);
        };
    };
    d->writer = std::make_unique<Worker>(
        32, [this] { return d->connection(true); }, perform(true));
    write([](SqlSession &session) { makeTables(session); });
    if (!d->isPostgres)
        for (const char *suffix : {"", "-wal", "-shm"}) // tokens' hashes are nobody else's business
            QFile::setPermissions(where + suffix, QFile::ReadOwner | QFile::WriteOwner);
    for (int i = 0; i < 3; ++i)
        d->readers.push_back(std::make_unique<Worker>(
            1, [this] { return d->connection(false); }, perform(false)));
}

HubDatabase::~HubDatabase() = default;

void HubDatabase::read(const std::function<void(SqlSession &)> &work) const
{
    Worker *least = d->readers.front().get();
    for (const std::unique_ptr<Worker> &reader : d->readers)
        if (reader->waiting() < least->waiting())
            least = reader.get();
    least->carryOut(work);
}

void HubDatabase::write(const std::function<void(SqlSession &)> &work)
{
    d->writer->carryOut(work);
}

bool HubDatabase::isPostgres() const
{
    return d->isPostgres;
}

QString HubDatabase::description() const
{
    return d->isPostgres ? QUrl(d->where).toDisplayString(QUrl::RemoveUserInfo) : d->where;
}

} // namespace helmscope
