// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/schema.h"

#include "base/tr.h"
#include "federation/hub/store/database.h"
#include "lineage/store/schema.h"

namespace helmscope {

namespace {

/// A statement for SQLite in PostgreSQL's words. Its integers have 64 bits here and its texts any
/// length, which CMF's own server has not.
QString inPostgres(QString statement)
{
    statement.replace("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT PRIMARY KEY")
        .replace("`schema_version` INTEGER", "`schema_version` BIGINT")
        .replace(" INT ", " BIGINT ")
        .replace(" INT,", " BIGINT,")
        .replace(" INT)", " BIGINT)")
        .replace("TINYINT(1)", "SMALLINT")
        .replace("VARCHAR(255)", "TEXT")
        .replace(" DOUBLE", " DOUBLE PRECISION")
        .replace(" BLOB", " BYTEA")
        .remove('`');
    return statement;
}

/// MLMD's own statements but for two things: artifacts of one name are kept apart (sites do name
/// alike), and values have no index, which a long text breaks in PostgreSQL and nobody here asks.
QStringList lineageStatements(bool isPostgres)
{
    QStringList statements;
    int type = 0;
    for (QString statement : schemaStatements()) {
        if (statement.contains("_property_"))
            continue;
        if (statement.startsWith("CREATE TABLE `Artifact` "))
            statement.remove(", UNIQUE(`type_id`, `name`)");
        if (isPostgres && statement.startsWith("INSERT INTO `Type`(`name`"))
            statement.replace("`Type`(`name`", "Type(id, name")
                .replace("VALUES(", QStringLiteral("VALUES(%1, ").arg(++type));
        statements << (isPostgres ? inPostgres(statement) : statement);
    }
    return statements;
}

const QStringList &hubStatements()
{
    static const QStringList statements{
        "CREATE INDEX idx_association_execution_id ON Association(execution_id)",
        "CREATE INDEX idx_event_artifact_id ON Event(artifact_id)",
        "CREATE INDEX idx_context_name ON Context(name)",
        "CREATE INDEX idx_execution_name ON Execution(name) WHERE name IS NOT NULL",
        // Which execution of a pipeline a uuid means.
        "CREATE TABLE hub_uuid (uuid TEXT NOT NULL, pipeline_id BIGINT NOT NULL, execution_id "
        "BIGINT NOT NULL, PRIMARY KEY (uuid, pipeline_id))",
        // What its maker says of a node and MLMD's tables have no place for: when it was last
        // changed by the maker's clock, and the type that the maker gave an execution. kind: 0
        // execution, 1 artifact, 2 context.
        "CREATE TABLE hub_origin (kind SMALLINT NOT NULL, id BIGINT NOT NULL, updated_ms BIGINT "
        "NOT NULL, user_type TEXT, PRIMARY KEY (kind, id))",
        "CREATE TABLE hub_token (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT "
        "NULL UNIQUE, scope SMALLINT NOT NULL, pipelines TEXT NOT NULL, created_ms BIGINT NOT "
        "NULL)",
        "CREATE TABLE registered_servers (id BIGINT PRIMARY KEY, server_name TEXT NOT NULL UNIQUE, "
        "host_info TEXT NOT NULL UNIQUE, last_sync_time BIGINT)",
        "CREATE TABLE hub_version (version BIGINT PRIMARY KEY)",
        "INSERT INTO hub_version(version) VALUES(1)"};
    return statements;
}

/// From version 1 to 2: when to sync.
const QStringList &scheduleStatements()
{
    static const QStringList statements{
        // mode: 0 once, 1 interval, 2 daily, 3 weekly; weekday 1 Monday to 7; next_ms: null when
        // no turn is left.
        "CREATE TABLE hub_schedule (id BIGINT PRIMARY KEY, server_id BIGINT NOT NULL, mode "
        "SMALLINT NOT NULL, start_ms BIGINT NOT NULL, timezone TEXT NOT NULL, interval_ms BIGINT "
        "NOT NULL, weekday SMALLINT NOT NULL, start_local TEXT NOT NULL, next_ms BIGINT)",
        "CREATE TABLE hub_sync_log (id BIGINT PRIMARY KEY, schedule_id BIGINT NOT NULL, server_id "
        "BIGINT NOT NULL, run_ms BIGINT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL)",
        "CREATE INDEX idx_sync_log_schedule ON hub_sync_log(schedule_id)",
        "CREATE INDEX idx_sync_log_server ON hub_sync_log(server_id)",
        "UPDATE hub_version SET version = 2"};
    return statements;
}

bool hasTable(SqlSession &session, const QString &name)
{
    return session.number(session.isPostgres()
                              ? "SELECT count(*) FROM information_schema.tables WHERE table_schema "
                                "= current_schema() AND lower(table_name) = ?"
                              : "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND "
                                "lower(name) = ?",
                          {name}) > 0;
}

} // namespace

void makeTables(SqlSession &session)
{
    if (hasTable(session, "hub_version")) {
        const qint64 version = session.number("SELECT max(version) FROM hub_version");
        if (version < 1 || version > hubVersion)
            fail(Tr::tr("The hub's database is of version %1 and this hub knows versions up to %2: "
                        "use a newer helmscope-hub.")
                     .arg(version)
                     .arg(hubVersion));
        if (version == 1)
            for (const QString &statement : scheduleStatements())
                session.run(statement);
        return;
    }
    if (hasTable(session, "type") || hasTable(session, "artifact"))
        fail(Tr::tr("The database already holds tables of ML-Metadata that are not this hub's: "
                    "give it an empty database."));
    for (const QString &statement :
         lineageStatements(session.isPostgres()) + hubStatements() + scheduleStatements())
        session.run(statement);
}

} // namespace helmscope
