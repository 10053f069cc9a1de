// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/store.h"

#include "base/tr.h"
#include "lineage/store/parts.h"

#include <QFile>
#include <QFileInfo>
#include <QSqlError>
#include <QUuid>

#include <algorithm>
#include <map>

namespace helmscope {

namespace {

/// Copies a store and what SQLite keeps beside it.
void copyWithJournals(const QString &from, const QString &to)
{
    for (const char *suffix : {"", "-journal", "-wal"}) {
        QFile in(from + suffix);
        if (*suffix && !in.exists())
            continue;
        if (!in.copy(to + suffix))
            fail(Tr::tr("Cannot copy %1 to read it: %2.").arg(from + suffix, in.errorString()));
        QFile::setPermissions(to + suffix, QFile::ReadOwner | QFile::WriteOwner);
    }
}

[[noreturn]] void failAsLocked(const QString &file)
{
    const QString holder = holderOf(file), name = QFileInfo(file).fileName();
    if (holder.isEmpty())
        fail(Tr::tr("%1 is in use by another program: wait until that is done, then try again.")
                 .arg(name));
    fail(Tr::tr("%1 is in use by another program (%2): wait until that is done, then try again.")
             .arg(name, holder));
}

} // namespace

Sql::Sql(const QSqlDatabase &base, const QString &statement)
    : m_query(base)
    , m_base(base)
{
    m_query.setForwardOnly(true);
    if (!m_query.prepare(statement)) {
        if (m_query.lastError().nativeErrorCode().toInt() % 256 == 5)
            failAsLocked(base.databaseName());
        fail(Tr::tr("The store cannot be read: %1.").arg(m_query.lastError().databaseText()));
    }
}

Sql &Sql::bind(int place, const QVariant &value)
{
    m_query.bindValue(place, value);
    m_isExecuted = false;
    return *this;
}

void Sql::exec()
{
    if (!m_query.exec()) {
        const QSqlError error = m_query.lastError();
        if (error.nativeErrorCode().toInt() % 256 == 5)
            failAsLocked(m_base.databaseName());
        fail(Tr::tr("The store cannot be used: %1.").arg(error.databaseText()));
    }
    m_isExecuted = true;
}

bool Sql::next()
{
    if (!m_isExecuted)
        exec();
    if (m_query.next())
        return true;
    if (m_query.lastError().isValid())
        fail(Tr::tr("The store cannot be read on: %1.").arg(m_query.lastError().databaseText()));
    return false;
}

LineageStore::Private::~Private()
{
    base.close();
    base = {};
    QSqlDatabase::removeDatabase(connection);
}

void LineageStore::Private::open(bool mayWrite)
{
    if (connection.isEmpty())
        connection = "helmscope-lineage-" + QUuid::createUuid().toString(QUuid::WithoutBraces);
    if (base.isValid()) {
        base.close();
        base = {};
        QSqlDatabase::removeDatabase(connection);
    }
    base = QSqlDatabase::addDatabase("QSQLITE", connection);
    if (!base.isValid())
        fail(Tr::tr("Qt's driver for SQLite is missing: install libqt6sql6-sqlite."));
    base.setDatabaseName(copy ? copy->filePath("store") : file);
    base.setConnectOptions(QStringLiteral("QSQLITE_BUSY_TIMEOUT=%1%2")
                               .arg(waitMs)
                               .arg(mayWrite ? "" : ";QSQLITE_OPEN_READONLY"));
    if (!base.open())
        fail(Tr::tr("Cannot open %1: %2.").arg(file, base.lastError().databaseText()));
    // Functions in a foreign schema shall not run; a broken page shall be an error.
    for (const char *pragma : {"PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON",
                               "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -65536"})
        Sql(base, pragma).exec();
}

void LineageStore::Private::openCopy(const QString &why)
{
    copy = std::make_unique<QTemporaryDir>();
    if (!copy->isValid())
        fail(Tr::tr("Cannot make a folder for a copy of %1: %2.").arg(file, copy->errorString()));
    copyWithJournals(file, copy->filePath("store"));
    notes << why;
    open(true); // rolls back, in the copy
}

void LineageStore::Private::readHead()
{
    tables = tablesOf(base);
    if (!tables.contains("Artifact") && !tables.contains("Execution"))
        fail(Tr::tr("%1 is an SQLite file but no ML-Metadata store: it has neither artifacts nor "
                    "executions.")
                 .arg(file));
    if (tables.contains("MLMDEnv"))
        for (Sql sql(base, "SELECT max(schema_version) FROM MLMDEnv"); sql.next();)
            version = int(std::clamp<qint64>(sql.id(0), -1, 1'000'000));
    if (version > currentSchema)
        fail(Tr::tr("%1 has schema %2 of ML-Metadata, which is newer than %3: a newer Helmscope "
                    "is needed.")
                 .arg(file)
                 .arg(version)
                 .arg(currentSchema));
    if (version > 0 && version < oldestSchema)
        fail(Tr::tr("%1 has schema %2 of ML-Metadata; the oldest that is read is %3. Let MLMD 1.0 "
                    "or newer upgrade a copy of it.")
                 .arg(file)
                 .arg(version)
                 .arg(oldestSchema));
    if (version <= 0)
        notes << Tr::tr("The store does not say its schema; it is read as far as it goes.");
    QStringList missing;
    for (const QString &table : schemaTables())
        if (!tables.contains(table) && !(table.startsWith("Parent") && version < 6))
            missing << table;
    if (!missing.isEmpty())
        notes << Tr::tr("Tables are missing, and taken as empty: %1.").arg(missing.join(", "));

    if (tables.contains("Type"))
        for (Sql sql(base,
                     QStringLiteral("SELECT id, substr(name, 1, %1) FROM Type").arg(longestName));
             sql.next();)
            types.insert(sql.id(0), sql.text(1));
    if (!tables.contains("Context"))
        return;
    for (Sql sql(base, QStringLiteral("SELECT id, type_id, substr(name, 1, %1) FROM Context")
                           .arg(longestName));
         sql.next();) {
        LineageContext context{sql.id(0), types.value(sql.id(1)), sql.text(2), {}, false};
        context.isPipeline = context.type == "Parent_Context" || context.type == "pipeline";
        contexts.insert(context.id, context);
    }
    if (tables.contains("ParentContext"))
        for (Sql sql(base, "SELECT context_id, parent_context_id FROM ParentContext");
             sql.next();) {
            const auto child = contexts.find(sql.id(0));
            const auto parent = contexts.find(sql.id(1));
            if (child == contexts.end() || parent == contexts.end())
                continue;
            child->parents.push_back(parent->id);
        }
}

LineageStore::LineageStore(const QString &file, Mode mode, int waitMs)
    : d(std::make_unique<Private>())
{
    d->waitMs = waitMs;
    d->file = file;
    d->mode = mode;
    const QFileInfo info(file);
    bool isNew = mode == Mode::Write && (!info.exists() || info.size() == 0);
    if (info.isDir())
        fail(Tr::tr("%1 is a folder; name the store in it (CMF calls it mlmd).").arg(file));
    if (isNew && !info.exists()) {
        QFile made(file);
        if (!made.open(QIODevice::WriteOnly | QIODevice::Append))
            fail(Tr::tr("Cannot make %1: %2.").arg(file, made.errorString()));
    }
    d->opened = OpenFile(file);
    if (!isNew) {
        const StoreHead &head = d->opened.head();
        if (!head.problem.isEmpty())
            fail(Tr::tr("Cannot read %1: %2.").arg(file, head.problem));
        if (!head.isStore)
            fail(Tr::tr("%1 is no lineage store: it is not an SQLite file.").arg(file));
        if (mode == Mode::Read && head.keepsLog)
            d->openCopy(Tr::tr("%1 keeps a write-ahead log; it is read from a copy, so that "
                               "nothing is left beside it.")
                            .arg(file));
    }
    try {
        if (!d->copy)
            d->open(mode == Mode::Write);
        Sql sql(d->base, "SELECT count(*) FROM sqlite_master");
        // Empty also when the one that made it was ended amid that, and it is taken back now.
        if (sql.next() && sql.id(0) == 0 && mode == Mode::Write)
            isNew = true;
    } catch (const Error &) {
        // SQLite cannot roll a hot journal back without writing.
        const QFileInfo journal(file + "-journal");
        if (mode == Mode::Write || d->copy || !journal.exists() || journal.size() == 0)
            throw;
        d->openCopy(Tr::tr("A program that wrote %1 was ended amid its work (%2 is left); what it "
                           "had not finished is taken back, in a copy that is read instead.")
                        .arg(file, journal.fileName()));
    }
    if (isNew) {
        Sql(d->base, "BEGIN IMMEDIATE").exec();
        if (tablesOf(d->base).isEmpty()) // another may have been quicker
            for (const QString &statement : schemaStatements())
                Sql(d->base, statement).exec();
        Sql(d->base, "COMMIT").exec();
    }
    d->readHead();
    if (mode == Mode::Write && d->version != currentSchema)
        fail(Tr::tr("%1 has schema %2 of ML-Metadata and can be read only; schema %3 is written.")
                 .arg(file)
                 .arg(d->version)
                 .arg(currentSchema));
}

LineageStore::~LineageStore() = default;

bool LineageStore::isOne(const QString &file)
{
    return QFileInfo(file).isFile() && OpenFile(file).head().isStore;
}

const QString &LineageStore::fileName() const
{
    return d->file;
}

int LineageStore::schemaVersion() const
{
    return d->version;
}

const QStringList &LineageStore::notes() const
{
    return d->notes;
}

LineageStore::Counts LineageStore::counts() const
{
    Counts counts;
    const auto countOf = [this](const QString &table) -> qint64 {
        if (!d->tables.contains(table))
            return 0;
        Sql sql(d->base, QStringLiteral("SELECT count(*) FROM %1").arg(table));
        return sql.next() ? sql.id(0) : 0;
    };
    const auto typesOf = [this](const QString &table) {
        std::vector<std::pair<QString, qint64>> found;
        if (d->tables.contains(table))
            for (Sql sql(d->base,
                         QStringLiteral("SELECT type_id, count(*) FROM %1 GROUP BY type_id")
                             .arg(table));
                 sql.next();)
                found.emplace_back(d->types.value(sql.id(0)), sql.id(1));
        std::sort(found.begin(), found.end());
        return found;
    };
    counts.artifacts = countOf("Artifact");
    counts.executions = countOf("Execution");
    counts.contexts = countOf("Context");
    counts.events = countOf("Event");
    counts.artifactTypes = typesOf("Artifact");
    counts.executionTypes = typesOf("Execution");

    // An execution that stands in a pipeline's context and in one of its stages counts once there.
    QHash<qint64, qint64> inContext;
    if (d->tables.contains("Association"))
        for (Sql sql(d->base, "SELECT context_id, count(*) FROM Association GROUP BY context_id");
             sql.next();)
            inContext.insert(sql.id(0), sql.id(1));
    std::map<QString, qint64> pipelines, stages;
    for (const LineageContext &context : d->contexts) {
        LineageNode names;
        d->addContext(names, context.id);
        for (const QString &stage : names.stages)
            stages[stage] += inContext.value(context.id);
        for (const QString &pipeline : names.pipelines)
            pipelines[pipeline] += inContext.value(context.id);
    }
    counts.pipelines.assign(pipelines.begin(), pipelines.end());
    counts.stages.assign(stages.begin(), stages.end());
    return counts;
}

} // namespace helmscope
