// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSqlDatabase>
#include <QSqlQuery>
#include <QString>
#include <QVariant>

#include <functional>
#include <memory>
#include <vector>

namespace helmscope {

/// One connection to the hub's database, in words that SQLite and PostgreSQL both understand.
class SqlSession
{
public:
    SqlSession(const QSqlDatabase &base, bool isPostgres)
        : m_base(base)
        , m_isPostgres(isPostgres)
    {
    }
    bool isPostgres() const { return m_isPostgres; }

    /// Runs a statement; `row` gets each row of its answer. Throws Error with the database's
    /// reason.
    void run(const QString &statement, const QVariantList &values = {},
             const std::function<void(const QSqlQuery &)> &row = {});
    qint64 number(const QString &statement, const QVariantList &values = {}); ///< 0: no row

    /// SQL for "in this list", the list being one bound value made by listOf().
    QString inTexts() const;
    QString inNumbers() const;
    static QString listOf(const QStringList &texts);
    static QString listOf(const std::vector<qint64> &numbers);

    struct Column
    {
        const char *name;
        const char *type; ///< as PostgreSQL calls it
    };
    /// Many rows at once. `conflict`: what follows the rows, e.g. "ON CONFLICT DO NOTHING". On a
    /// server they may wait for flush(), or for the end of the transaction's work: until then run()
    /// does not see them.
    void insert(const QString &table, const std::vector<Column> &columns,
                const std::vector<QVariantList> &rows, const QString &conflict = {});
    /// A statement whose answer nobody needs, in turn with insert()'s.
    void later(const QString &statement, const QVariantList &values);
    /// Sends what waits, in one round trip.
    void flush();
    void forget() { m_waiting.clear(); } ///< what waits, unsent

private:
    QSqlDatabase m_base;
    bool m_isPostgres;
    QString m_waiting; ///< statements, each with its semicolon

    QString filled(const QString &statement, const QVariantList &values) const;
    QString quoted(const QVariant &value) const;
};

/// The hub's database: SQLite in a file, or PostgreSQL. It has threads of its own, each with its
/// connection (Qt binds one to its thread), and whoever asks waits; any thread may ask.
class HubDatabase
{
public:
    /// `where`: a file, or postgres://user:password@host:port/name. Makes the tables where there
    /// are none. Throws Error when it cannot be opened or is of another make.
    explicit HubDatabase(const QString &where);
    ~HubDatabase();
    HubDatabase(const HubDatabase &) = delete;
    HubDatabase &operator=(const HubDatabase &) = delete;

    /// Reads a state that does not change meanwhile.
    void read(const std::function<void(SqlSession &)> &work) const;
    /// One transaction: all of it, or nothing when `work` throws. Writers wait for each other,
    /// those of other hubs on the same database too; `work` runs again when the connection was
    /// lost.
    void write(const std::function<void(SqlSession &)> &work);
    bool isPostgres() const;
    /// Without user and password.
    QString description() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
