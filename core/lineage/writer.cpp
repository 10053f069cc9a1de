// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/writer.h"

#include "base/tr.h"
#include "lineage/store/parts.h"

#include <QDateTime>
#include <QLocale>
#include <QUuid>

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr int mostNameCharacters = 255;
constexpr int mostTextBytes = 2000;

qint64 timeOr(qint64 timeMs)
{
    return timeMs > 0 ? timeMs : QDateTime::currentMSecsSinceEpoch();
}

/// MLMD writes doubles with six decimals.
bool survivesRounding(double number)
{
    return QString::number(number, 'f', 6).toDouble() == number;
}

QString cutText(const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    if (bytes.size() <= mostTextBytes)
        return text;
    const QString note = QStringLiteral("… (cut, %1 bytes)").arg(bytes.size());
    qsizetype end = mostTextBytes - note.toUtf8().size();
    while (end > 0 && (bytes[end] & 0xC0) == 0x80) // not amid a character
        --end;
    return QString::fromUtf8(bytes.left(end)) + note;
}

PropertyType typeOf(const QVariant &value)
{
    switch (value.userType()) {
    case QMetaType::LongLong:
        return PropertyType::Int;
    case QMetaType::Double:
        return PropertyType::Double;
    }
    return PropertyType::String;
}

QString checkedName(const QString &name, const QString &what)
{
    if (name.size() > mostNameCharacters)
        fail(Tr::tr("The name of %1 is longer than %2 characters, which CMF's server cannot keep: "
                    "%3…")
                 .arg(what)
                 .arg(mostNameCharacters)
                 .arg(name.left(60)));
    return name;
}

std::vector<LineageProperty> texts(std::initializer_list<std::pair<const char *, QString>> rows)
{
    std::vector<LineageProperty> properties;
    for (const auto &[name, value] : rows)
        properties.push_back({name, value, false});
    return properties;
}

void addCustom(std::vector<LineageProperty> &to, const std::vector<LineageProperty> &custom)
{
    for (LineageProperty property : custom) {
        property.isCustom = true;
        to.push_back(std::move(property));
    }
}

} // namespace

QVariant storedValue(const QVariant &value)
{
    switch (value.userType()) {
    case QMetaType::Bool:
        return qlonglong(value.toBool());
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::LongLong:
    case QMetaType::ULong:
    case QMetaType::ULongLong: {
        bool isExact = false;
        const qlonglong number = value.toLongLong(&isExact);
        if (isExact && number >= std::numeric_limits<qint32>::min() &&
            number <= std::numeric_limits<qint32>::max())
            return number;
        return value.toString();
    }
    case QMetaType::Float:
    case QMetaType::Double: {
        const double number = value.toDouble();
        if (std::isnan(number))
            return QStringLiteral("nan");
        if (std::isinf(number))
            return number > 0 ? QStringLiteral("inf") : QStringLiteral("-inf");
        if (survivesRounding(number))
            return number;
        return QString::number(number, 'g', QLocale::FloatingPointShortest);
    }
    case QMetaType::UnknownType:
        return QStringLiteral("None");
    }
    return cutText(value.toString());
}

namespace {

/// As storedValue, but nothing is made shorter or rounded: what another store held already.
QVariant verbatimValue(const QVariant &value)
{
    switch (value.userType()) {
    case QMetaType::LongLong:
        return value;
    case QMetaType::Double:
        if (std::isfinite(value.toDouble()))
            return value;
        break;
    case QMetaType::QString:
        return value;
    }
    return storedValue(value);
}

} // namespace

LineageWriter::LineageWriter(const QString &file, int waitMs)
    : m_store(std::make_unique<LineageStore>(file, LineageStore::Mode::Write, waitMs))
{
    const auto &d = *m_store->d;
    for (const QString &table : schemaTables())
        if (!d.tables.contains(table))
            fail(Tr::tr("%1 lacks the table %2: nothing can be written to it. Merge it into a new "
                        "store instead.")
                     .arg(file, table));
}

LineageWriter::~LineageWriter() = default;

LineageWriter::Batch::Batch(LineageWriter &writer)
    : m_writer(writer)
    , m_isOurs(!writer.m_isInBatch)
{
    if (!m_isOurs)
        return;
    Sql(writer.m_store->d->base, "BEGIN IMMEDIATE").exec();
    writer.m_isInBatch = true;
}

LineageWriter::Batch::~Batch()
{
    if (!m_isOurs || m_isDone)
        return;
    m_writer.m_isInBatch = false;
    // What was learnt of types meanwhile is taken back with them.
    m_writer.m_types.clear();
    m_writer.m_declared.clear();
    QSqlQuery(m_writer.m_store->d->base).exec("ROLLBACK");
    try {
        LineageStore::Private &d = *m_writer.m_store->d;
        d.types.clear();
        d.contexts.clear();
        d.readHead();
    } catch (const Error &) {
        // The next call says so.
    }
}

void LineageWriter::Batch::commit()
{
    if (m_isOurs && !m_isDone) {
        Sql(m_writer.m_store->d->base, "COMMIT").exec();
        m_writer.m_isInBatch = false;
    }
    m_isDone = true;
}

qint64 LineageWriter::find(const QString &statement, const QList<QVariant> &values) const
{
    Sql sql(m_store->d->base, statement);
    for (int i = 0; i < values.size(); ++i)
        sql.bind(i, values[i]);
    return sql.next() ? sql.id(0) : 0;
}

void LineageWriter::declare(qint64 type, const QString &name, PropertyType kind)
{
    auto declared = m_declared.find(type);
    if (declared == m_declared.end()) {
        declared = m_declared.insert(type, {});
        Sql sql(m_store->d->base, "SELECT name, data_type FROM TypeProperty WHERE type_id = ?");
        for (sql.bind(0, type); sql.next();)
            declared->insert(sql.text(0), int(sql.id(1)));
    }
    if (declared->contains(name))
        return;
    Sql(m_store->d->base, "INSERT INTO TypeProperty(type_id, name, data_type) VALUES(?, ?, ?)")
        .bind(0, type)
        .bind(1, name)
        .bind(2, int(kind))
        .exec();
    declared->insert(name, int(kind));
}

qint64 LineageWriter::type(TypeKind kind, const QString &name,
                           const std::vector<std::pair<QString, PropertyType>> &properties)
{
    Batch batch(*this);
    const QString key = QString::number(int(kind)) + name;
    qint64 &id = m_types[key];
    if (id == 0)
        id = find("SELECT id FROM Type WHERE name = ? AND type_kind = ? AND version IS NULL "
                  "ORDER BY id LIMIT 1",
                  {name, int(kind)});
    if (id == 0) {
        Sql sql(m_store->d->base, "INSERT INTO Type(name, type_kind) VALUES(?, ?)");
        sql.bind(0, checkedName(name, Tr::tr("a type"))).bind(1, int(kind)).exec();
        id = sql.lastId();
        m_store->d->types.insert(id, name);
    }
    const qint64 found = id;
    for (const auto &[property, dataType] : properties)
        declare(found, property, dataType);
    batch.commit();
    return found;
}

void LineageWriter::putProperties(const QString &owner, qint64 id,
                                  const std::vector<LineageProperty> &properties)
{
    if (properties.empty())
        return;
    const qint64 of = find(QStringLiteral("SELECT type_id FROM %1 WHERE id = ?").arg(owner), {id});
    for (const LineageProperty &property : properties) {
        if (property.name.isEmpty())
            fail(Tr::tr("A property of %1 %2 has no name.").arg(owner.toLower()).arg(id));
        QVariant value = m_isVerbatim ? verbatimValue(property.value) : storedValue(property.value);
        if (value.userType() == QMetaType::QString && value.toString().isNull())
            value = QStringLiteral(""); // Qt binds a null string as NULL
        PropertyType kind = typeOf(value);
        if (!property.isCustom) {
            declare(of, property.name, kind);
            // MLMD refuses a value of another type than its type declares.
            if (kind != PropertyType::String &&
                m_declared[of].value(property.name) == int(PropertyType::String)) {
                value = value.toString();
                kind = PropertyType::String;
            }
        }
        const char *column = kind == PropertyType::Int      ? "int_value"
                             : kind == PropertyType::Double ? "double_value"
                                                            : "string_value";
        // Replaced as a whole: exactly one value stands in a row.
        Sql(m_store->d->base,
            QStringLiteral("INSERT OR REPLACE INTO %1Property(%2_id, name, is_custom_property, %3) "
                           "VALUES(?, ?, ?, ?)")
                .arg(owner, owner.toLower(), column))
            .bind(0, id)
            .bind(1, checkedName(property.name, Tr::tr("a property")))
            .bind(2, int(property.isCustom))
            .bind(3, value)
            .exec();
    }
}

qint64 LineageWriter::putContext(qint64 type, const QString &name,
                                 const std::vector<LineageProperty> &properties, qint64 timeMs)
{
    if (name.isEmpty())
        fail(Tr::tr("A pipeline or stage needs a name."));
    Batch batch(*this);
    const qint64 time = timeOr(timeMs);
    Sql sql(m_store->d->base, "INSERT INTO Context(type_id, name, create_time_since_epoch, "
                              "last_update_time_since_epoch) VALUES(?, ?, ?, ?)");
    sql.bind(0, type).bind(1, checkedName(name, Tr::tr("a context"))).bind(2, time).bind(3, time);
    sql.exec();
    const qint64 id = sql.lastId();
    putProperties("Context", id, properties);
    const QString typeName = m_store->d->types.value(type);
    m_store->d->contexts.insert(id, {id, typeName, name, {}, typeName == "Parent_Context"});
    batch.commit();
    return id;
}

qint64 LineageWriter::putExecution(qint64 type, const QString &name,
                                   const std::vector<LineageProperty> &properties, qint64 timeMs,
                                   int state)
{
    Batch batch(*this);
    const qint64 time = timeOr(timeMs);
    Sql sql(m_store->d->base,
            "INSERT INTO Execution(type_id, last_known_state, name, create_time_since_epoch, "
            "last_update_time_since_epoch) VALUES(?, ?, ?, ?, ?)");
    sql.bind(0, type)
        .bind(1, state == 0 ? QVariant() : state)
        .bind(2, name.isEmpty() ? QVariant() : checkedName(name, Tr::tr("an execution")))
        .bind(3, time)
        .bind(4, time)
        .exec();
    const qint64 id = sql.lastId();
    putProperties("Execution", id, properties);
    batch.commit();
    return id;
}

qint64 LineageWriter::putArtifact(qint64 type, const QString &name, const QString &uri,
                                  const std::vector<LineageProperty> &properties, qint64 timeMs,
                                  int state)
{
    Batch batch(*this);
    const qint64 time = timeOr(timeMs);
    Sql sql(m_store->d->base,
            "INSERT INTO Artifact(type_id, uri, state, name, create_time_since_epoch, "
            "last_update_time_since_epoch) VALUES(?, ?, ?, ?, ?, ?)");
    sql.bind(0, type)
        .bind(1, uri.isNull() ? QVariant() : uri)
        .bind(2, state == 0 ? QVariant() : state)
        .bind(3, name.isEmpty() ? QVariant() : checkedName(name, Tr::tr("an artifact")))
        .bind(4, time)
        .bind(5, time)
        .exec();
    const qint64 id = sql.lastId();
    putProperties("Artifact", id, properties);
    batch.commit();
    return id;
}

void LineageWriter::update(LineageNode::Kind kind, qint64 id,
                           const std::vector<LineageProperty> &properties)
{
    Batch batch(*this);
    const QString table = tableOf(kind);
    // MLMD moves the time of the last update only where something changed.
    std::vector<LineageProperty> changed;
    for (const LineageProperty &property : properties) {
        Sql sql(m_store->d->base,
                QStringLiteral("SELECT coalesce(int_value, double_value, string_value) FROM "
                               "%1Property WHERE %2_id = ? AND name = ? AND is_custom_property = ?")
                    .arg(table, table.toLower()));
        sql.bind(0, id).bind(1, property.name).bind(2, int(property.isCustom));
        if (!sql.next() || sql[0] != storedValue(property.value))
            changed.push_back(property);
    }
    if (!changed.empty()) {
        putProperties(table, id, changed);
        Sql(m_store->d->base,
            QStringLiteral("UPDATE %1 SET last_update_time_since_epoch = ? WHERE id = ?")
                .arg(table))
            .bind(0, timeOr(0))
            .bind(1, id)
            .exec();
    }
    batch.commit();
}

void LineageWriter::setState(LineageNode::Kind kind, qint64 id, int state)
{
    const QString table = tableOf(kind);
    const char *column = kind == LineageNode::Kind::Artifact ? "state" : "last_known_state";
    Batch batch(*this);
    Sql(m_store->d->base, QStringLiteral("UPDATE %1 SET %2 = ?, last_update_time_since_epoch = ? "
                                         "WHERE id = ? AND %2 IS NOT ?")
                              .arg(table, column))
        .bind(0, state)
        .bind(1, timeOr(0))
        .bind(2, id)
        .bind(3, state)
        .exec();
    batch.commit();
}

bool LineageWriter::putEvent(qint64 artifact, qint64 execution, int type, const QString &key,
                             qint64 timeMs)
{
    Batch batch(*this);
    if (!find("SELECT id FROM Artifact WHERE id = ?", {artifact}) ||
        !find("SELECT id FROM Execution WHERE id = ?", {execution}))
        fail(Tr::tr("An event needs an artifact and an execution that the store has (%1, %2).")
                 .arg(artifact)
                 .arg(execution));
    if (find("SELECT id FROM Event WHERE artifact_id = ? AND execution_id = ? AND type = ?",
             {artifact, execution, type})) {
        batch.commit();
        return false;
    }
    Sql sql(m_store->d->base, "INSERT INTO Event(artifact_id, execution_id, type, "
                              "milliseconds_since_epoch) VALUES(?, ?, ?, ?)");
    sql.bind(0, artifact).bind(1, execution).bind(2, type).bind(3, timeOr(timeMs)).exec();
    if (!key.isEmpty())
        Sql(m_store->d->base,
            "INSERT INTO EventPath(event_id, is_index_step, step_key) VALUES(?, 0, ?)")
            .bind(0, sql.lastId())
            .bind(1, key)
            .exec();
    batch.commit();
    return true;
}

void LineageWriter::putParent(qint64 child, qint64 parent)
{
    Batch batch(*this);
    Sql(m_store->d->base,
        "INSERT OR IGNORE INTO ParentContext(context_id, parent_context_id) VALUES(?, ?)")
        .bind(0, child)
        .bind(1, parent)
        .exec();
    std::vector<qint64> &parents = m_store->d->contexts[child].parents;
    if (std::find(parents.begin(), parents.end(), parent) == parents.end())
        parents.push_back(parent);
    batch.commit();
}

void LineageWriter::associate(qint64 context, qint64 execution)
{
    Batch batch(*this);
    Sql(m_store->d->base,
        "INSERT OR IGNORE INTO Association(context_id, execution_id) VALUES(?, ?)")
        .bind(0, context)
        .bind(1, execution)
        .exec();
    batch.commit();
}

void LineageWriter::attribute(qint64 context, qint64 artifact)
{
    Batch batch(*this);
    Sql(m_store->d->base, "INSERT OR IGNORE INTO Attribution(context_id, artifact_id) VALUES(?, ?)")
        .bind(0, context)
        .bind(1, artifact)
        .exec();
    batch.commit();
}

// ---- CMF

qint64 LineageWriter::context(const char *type, const QString &name, qint64 timeMs)
{
    // By name over all types, as CMF does.
    Sql sql(m_store->d->base, "SELECT c.id, t.name FROM Context c LEFT JOIN Type t ON t.id = "
                              "c.type_id WHERE c.name = ? ORDER BY c.id LIMIT 1");
    sql.bind(0, name);
    if (sql.next()) {
        if (sql.text(1) != type)
            fail(Tr::tr("\"%1\" is already the name of something else (%2) in this store: choose "
                        "another.")
                     .arg(name, sql.text(1)));
        return sql.id(0);
    }
    const QString property = qstrcmp(type, "Parent_Context") == 0
                                 ? QStringLiteral("Pipeline")
                                 : QStringLiteral("Pipeline_Stage");
    return putContext(this->type(TypeKind::Context, type, {{property, PropertyType::String}}), name,
                      {{property, name, false}}, timeMs);
}

qint64 LineageWriter::pipeline(const QString &name, qint64 timeMs)
{
    Batch batch(*this);
    const qint64 id = context("Parent_Context", name, timeMs);
    batch.commit();
    return id;
}

qint64 LineageWriter::stage(const QString &pipeline, const QString &stage, qint64 timeMs)
{
    if (stage.isEmpty())
        fail(Tr::tr("A stage of pipeline \"%1\" needs a name.").arg(pipeline));
    Batch batch(*this);
    const qint64 parent = this->pipeline(pipeline, timeMs);
    const qint64 id = context("Pipeline_Stage", pipeline + '/' + stage, timeMs);
    putParent(id, parent);
    batch.commit();
    return id;
}

qint64 LineageWriter::execution(const Run &run)
{
    Batch batch(*this);
    const qint64 stage = this->stage(run.pipeline, run.stage, run.timeMs);
    const qint64 parent = pipeline(run.pipeline);
    const QString full = run.pipeline + '/' + run.stage;
    const qint64 of = type(TypeKind::Execution, run.type.isEmpty() ? full : run.type,
                           {{"Context_Type", PropertyType::String},
                            {"Context_ID", PropertyType::Int},
                            {"Execution", PropertyType::String},
                            {"Execution_type_name", PropertyType::String},
                            {"Pipeline_Type", PropertyType::String},
                            {"Pipeline_id", PropertyType::Int},
                            {"Git_Repo", PropertyType::String},
                            {"Git_Start_Commit", PropertyType::String},
                            {"Git_End_Commit", PropertyType::String},
                            {"Execution_uuid", PropertyType::String}});
    std::vector<LineageProperty> properties = texts(
        {{"Context_Type", full},
         {"Execution", run.command},
         {"Execution_type_name", full},
         {"Pipeline_Type", run.pipeline},
         {"Git_Repo", run.gitRepository},
         {"Git_Start_Commit", run.gitCommit},
         {"Git_End_Commit", QStringLiteral("")},
         {"Execution_uuid",
          run.uuid.isEmpty() ? QUuid::createUuid().toString(QUuid::WithoutBraces) : run.uuid}});
    properties.push_back({"Context_ID", stage, false});
    properties.push_back({"Pipeline_id", parent, false});
    addCustom(properties, run.properties);
    const qint64 id = putExecution(of, run.name, properties, run.timeMs);
    associate(stage, id);
    batch.commit();
    return id;
}

qint64 LineageWriter::executionNamed(const QString &type, const QString &name) const
{
    return find("SELECT e.id FROM Type t JOIN Execution e ON e.type_id = t.id AND e.name = ? WHERE "
                "t.name = ? AND t.type_kind = 0",
                {name, type});
}

qint64 LineageWriter::artifact(qint64 execution, const Content &content, bool isInput)
{
    static const QStringList known{"Dataset",   "Model",       "Metrics", "Step_Metrics",
                                   "Dataslice", "Environment", "Label"};
    if (!known.contains(content.type))
        fail(Tr::tr("CMF knows no artifacts of type \"%1\"; it knows %2.")
                 .arg(content.type, known.join(", ")));
    if (content.path.isEmpty() || content.path.contains(':'))
        fail(Tr::tr("\"%1\" cannot be the path of an artifact: it must not be empty, and CMF takes "
                    "a colon for the end of it.")
                 .arg(content.path));
    const bool isMetrics = content.type == "Metrics";
    if (content.hash.isEmpty() && !isMetrics)
        fail(Tr::tr("Artifact \"%1\" needs the hash of its content.").arg(content.path));
    Batch batch(*this);
    Sql where(m_store->d->base,
              "SELECT a.context_id, c.name, p.name FROM Association a JOIN Context c ON c.id = "
              "a.context_id LEFT JOIN ParentContext r ON r.context_id = c.id LEFT JOIN Context p "
              "ON p.id = r.parent_context_id WHERE a.context_id IN (SELECT id FROM Context) AND "
              "a.execution_id = ? LIMIT 1");
    where.bind(0, execution);
    if (!where.next())
        fail(Tr::tr("The store has no execution %1 in a stage.").arg(execution));
    const qint64 stage = where.id(0);
    const QString pipeline = where.text(2);
    const auto newUuid = [] { return QUuid::createUuid().toString(QUuid::WithoutBraces); };
    const QString uri = content.hash.isEmpty() ? newUuid() : content.hash;
    const QString plain = content.path + ':' + uri;
    const QString url = content.url.isEmpty() ? QString() : pipeline + ':' + content.url;
    const bool isAlwaysInput = content.type == "Environment" || content.type == "Label";
    const bool isAlwaysOutput = isMetrics || content.type == "Step_Metrics";
    const int event = (isInput || isAlwaysInput) && !isAlwaysOutput ? 3 : 4;

    const qint64 first = find("SELECT id FROM Artifact WHERE uri = ? ORDER BY id LIMIT 1", {uri});
    if (first != 0 && !isMetrics) {
        std::vector<LineageProperty> properties;
        addCustom(properties, content.properties);
        if (!url.isEmpty()) {
            Sql old(m_store->d->base,
                    "SELECT string_value FROM ArtifactProperty WHERE artifact_id = ? AND name = "
                    "'url' AND is_custom_property = 0");
            old.bind(0, first);
            const QString before = old.next() ? old.text(0) : QString();
            if (!before.contains(url))
                properties.push_back({"url", before.isEmpty() ? url : before + ',' + url, false});
        }
        update(LineageNode::Kind::Artifact, first, properties);
        const qint64 last =
            find("SELECT id FROM Artifact WHERE uri = ? ORDER BY id DESC LIMIT 1", {uri});
        if (!find("SELECT id FROM Event WHERE artifact_id = ? AND execution_id = ?",
                  {last, execution}))
            putEvent(last, execution, event, plain, content.timeMs);
        batch.commit();
        return first;
    }

    QString name = plain;
    if (content.type == "Model" || isMetrics || content.type == "Step_Metrics")
        name += ':' + QString::number(execution);
    if (content.type == "Step_Metrics")
        name += ':' + newUuid();
    std::vector<LineageProperty> properties;
    if (isMetrics)
        properties = texts({{"metrics_name", name}});
    else if (content.type == "Step_Metrics")
        properties = texts({{"Commit", uri}, {"url", url}});
    else if (content.type == "Model")
        properties = texts({{"model_framework", content.framework},
                            {"model_type", content.modelType},
                            {"model_name", content.modelName},
                            {"Commit", uri},
                            {"url", url}});
    else
        properties = texts({{"git_repo", content.gitRepository},
                            {"Commit", uri},
                            {"url", content.type == "Label" ? plain : url}});
    addCustom(properties, content.properties);
    const qint64 id =
        putArtifact(type(TypeKind::Artifact, content.type), name, uri, properties, content.timeMs);
    putEvent(id, execution, event, {}, content.timeMs); // CMF gives a path from the second on
    attribute(stage, id);
    batch.commit();
    return id;
}

} // namespace helmscope
