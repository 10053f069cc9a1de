// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/check.h"

#include "base/tr.h"
#include "lineage/store/parts.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace helmscope {

namespace {

using Severity = LineageFinding::Severity;

constexpr int mostServerBytes = 2600; ///< of a text that does not compress, in its index
constexpr int mostServerName = 255;

/// Findings, bounded by kind of trouble.
class Findings
{
public:
    explicit Findings(int limit)
        : m_limit(limit)
    {
    }
    void add(const QString &kind, Severity severity, const QString &node, const QString &sentence)
    {
        Of &of = m_kinds[kind];
        of.severity = severity;
        if (++of.count <= m_limit)
            m_list.push_back({severity, sentence, node});
    }
    std::vector<LineageFinding> done()
    {
        for (const auto &[kind, of] : m_kinds)
            if (of.count > m_limit)
                m_list.push_back({of.severity,
                                  Tr::tr("… and %1 more: %2.").arg(of.count - m_limit).arg(kind),
                                  {}});
        std::stable_sort(m_list.begin(), m_list.end(),
                         [](const LineageFinding &a, const LineageFinding &b) {
                             return a.severity > b.severity;
                         });
        return std::move(m_list);
    }

private:
    struct Of
    {
        Severity severity = Severity::Note;
        qint64 count = 0;
    };
    int m_limit;
    std::map<QString, Of> m_kinds;
    std::vector<LineageFinding> m_list;
};

/// A text over the server's limit that compression will not bring below it, as far as zlib can say.
bool isTooLong(const QByteArray &text)
{
    return text.size() > mostServerBytes && qCompress(text, 1).size() - 4 > mostServerBytes;
}

QString named(const QString &what, qint64 id)
{
    return QStringLiteral("%1:%2").arg(what).arg(id);
}

void checkValue(const QVariant &value, const QString &name, const QString &node, Findings &findings)
{
    switch (value.userType()) {
    case QMetaType::LongLong:
        if (const qint64 number = value.toLongLong(); number > std::numeric_limits<qint32>::max() ||
                                                      number < std::numeric_limits<qint32>::min())
            findings.add(Tr::tr("integers beyond 32 bits"), Severity::Loss, node,
                         Tr::tr("Property %1 of %2 is %3: a CMF server keeps 32 bits and loses it.")
                             .arg(name, node)
                             .arg(number));
        return;
    case QMetaType::Double:
        if (const double number = value.toDouble(); !std::isfinite(number))
            findings.add(
                Tr::tr("numbers that are not finite"), Severity::Loss, node,
                Tr::tr("Property %1 of %2 is not finite: a CMF server loses %2.").arg(name, node));
        else if (QString::number(number, 'f', 6).toDouble() != number)
            findings.add(Tr::tr("numbers that a server rounds"), Severity::Note, node,
                         Tr::tr("Property %1 of %2 is %3: a CMF server rounds it to %4.")
                             .arg(name, node,
                                  QString::number(number, 'g', QLocale::FloatingPointShortest),
                                  QString::number(number, 'f', 6)));
        return;
    case QMetaType::QString:
        if (const QByteArray text = value.toString().toUtf8(); isTooLong(text))
            findings.add(Tr::tr("texts too long for a server's index"), Severity::Loss, node,
                         Tr::tr("Property %1 of %2 holds %3 bytes that hardly compress: a CMF "
                                "server loses %2.")
                             .arg(name, node)
                             .arg(text.size()));
        return;
    case QMetaType::Bool:
        findings.add(
            Tr::tr("truth values"), Severity::Loss, node,
            Tr::tr("Property %1 of %2 is a truth value: CMF writes it as 0.0.").arg(name, node));
        return;
    case QMetaType::UnknownType:
        findings.add(
            Tr::tr("properties without a value"), Severity::Damage, node,
            Tr::tr("Property %1 has no value: ML-Metadata cannot read %2 at all.").arg(name, node));
        return;
    }
    findings.add(Tr::tr("binary values"), Severity::Loss, node,
                 Tr::tr("Property %1 of %2 is binary: CMF writes it as 0.0.").arg(name, node));
}

/// The columns int_value, double_value, string_value, byte_value, proto_value, bool_value.
void checkValues(const Sql &row, int first, const QString &name, const QString &node,
                 Findings &findings)
{
    int values = 0;
    for (int i = 0; i < 6; ++i) {
        if (row[first + i].isNull())
            continue;
        ++values;
        checkValue(i == 5 ? QVariant(row[first + i].toBool()) : row[first + i], name, node,
                   findings);
    }
    if (values == 0)
        checkValue({}, name, node, findings);
    if (values > 1)
        findings.add(Tr::tr("properties with several values"), Severity::Damage, node,
                     Tr::tr("Property %1 of %2 has several values.").arg(name, node));
}

void checkName(const QString &name, const QString &node, Findings &findings)
{
    if (name.size() > mostServerName)
        findings.add(Tr::tr("names that are too long"), Severity::Loss, node,
                     Tr::tr("The name of %1 has %2 characters: a CMF server keeps %3 and loses %1.")
                         .arg(node)
                         .arg(name.size())
                         .arg(mostServerName));
}

} // namespace

namespace {

/// What a node alone shows.
void checkNode(const LineageNode &node, const QString &id, Findings &findings)
{
    static const std::set<QString> known{"Dataset",   "Model",       "Metrics", "Step_Metrics",
                                         "Dataslice", "Environment", "Label"};
    checkName(node.name, id, findings);
    if (node.kind != LineageNode::Kind::Artifact)
        return;
    if (!node.type.isEmpty() && !known.contains(node.type))
        findings.add(Tr::tr("artifacts of types CMF does not know"), Severity::Loss, id,
                     Tr::tr("%1 is of type %2, which CMF does not know: its server leaves it out.")
                         .arg(id, node.type));
    // "<path>:<hash>[:<execution>[:<uuid>]]": what comes before the hash is the path.
    const qsizetype hash = node.uri.isEmpty() ? -1 : node.name.indexOf(':' + node.uri);
    if (hash > 0 && node.name.left(hash).contains(':'))
        findings.add(Tr::tr("colons in paths"), Severity::Loss, id,
                     Tr::tr("The path of %1 holds a colon, \"%2\": its name breaks when it is "
                            "pushed.")
                         .arg(id, node.name.left(hash)));
}

void complainOfUuid(const QString &id, Findings &findings)
{
    findings.add(Tr::tr("executions without a uuid"), Severity::Loss, id,
                 Tr::tr("%1 has no Execution_uuid: a CMF server refuses to take it.").arg(id));
}

} // namespace

const char *keyOf(LineageFinding::Severity severity)
{
    switch (severity) {
    case Severity::Note:
        return "note";
    case Severity::Loss:
        return "loss";
    case Severity::Damage:
        return "damage";
    }
    return "";
}

std::vector<LineageFinding> checkLineage(const LineageStore &store, const Progress &progress,
                                         int limit)
{
    using Kind = LineageNode::Kind;
    const auto &d = LineageStoreParts::of(store);
    Findings findings(limit);
    for (const QString &note : store.notes())
        findings.add(note, Severity::Note, {}, note);
    if (d.version < currentSchema)
        findings.add("schema", Severity::Note, {},
                     Tr::tr("The store has schema %1; ML-Metadata of today opens only %2.")
                         .arg(d.version)
                         .arg(currentSchema));
    for (const Kind kind : {Kind::Artifact, Kind::Execution}) {
        const QString table = tableOf(kind), what = table.toLower();
        if (!d.tables.contains(table))
            continue;
        for (Sql row(d.base, QStringLiteral("SELECT %1 FROM %2").arg(d.nodeColumns(kind), table));
             row.next();) {
            const LineageNode node = d.nodeOf(row, kind);
            const QString id = named(what, node.id);
            if (!d.types.contains(row.id(1)))
                findings.add(Tr::tr("missing types"), Severity::Damage, id,
                             Tr::tr("%1 is of type %2, which the store does not have.")
                                 .arg(id)
                                 .arg(row.id(1)));
            checkNode(node, id, findings);
        }
        if (!progress(kind == Kind::Artifact ? 0.2 : 0.3))
            return findings.done();

        const QString properties = table + "Property";
        if (!d.tables.contains(properties))
            continue;
        std::set<std::pair<qint64, QString>> declared;
        if (d.tables.contains("TypeProperty"))
            for (Sql row(d.base, "SELECT type_id, name FROM TypeProperty"); row.next();)
                declared.emplace(row.id(0), row.text(1));
        QStringList columns{"p." + what + "_id",
                            QStringLiteral("substr(p.name, 1, %1)").arg(longestName),
                            "p.is_custom_property"};
        for (const char *value : {"int_value", "double_value", "string_value", "byte_value",
                                  "proto_value", "bool_value"})
            columns << d.column(properties, value,
                                qstrcmp(value, "string_value") == 0 ? longestText : 0);
        columns << "o.type_id"
                << "o.id";
        for (Sql row(d.base, QStringLiteral("SELECT %1 FROM %2 p LEFT JOIN %3 o ON o.id = p.%4_id")
                                 .arg(columns.join(", "), properties, table, what));
             row.next();) {
            const QString id = named(what, row.id(0)), name = row.text(1);
            if (row[10].isNull()) {
                findings.add(Tr::tr("properties of nothing"), Severity::Damage, id,
                             Tr::tr("Property %1 belongs to %2, which the store does not have.")
                                 .arg(name, id));
                continue;
            }
            checkName(name, id, findings);
            checkValues(row, 3, name, id, findings);
            if (row.id(2) == 0 && !declared.contains({row.id(9), name}))
                findings.add(Tr::tr("undeclared properties"), Severity::Damage, id,
                             Tr::tr("Property %1 of %2 is not declared by its type: ML-Metadata "
                                    "refuses to write %2 again.")
                                 .arg(name, id));
        }
        if (!progress(kind == Kind::Artifact ? 0.5 : 0.7))
            return findings.done();
    }
    if (d.tables.contains("Execution") && d.tables.contains("ExecutionProperty"))
        for (Sql row(d.base, "SELECT id FROM Execution WHERE id NOT IN (SELECT execution_id FROM "
                             "ExecutionProperty WHERE name = 'Execution_uuid' AND "
                             "is_custom_property = 0 AND string_value <> '')");
             row.next();)
            complainOfUuid(named("execution", row.id(0)), findings);
    const auto dangling = [&](const QString &table, const QString &column, const QString &of) {
        if (!d.tables.contains(table) || !d.tables.contains(of) ||
            !d.tables[table].contains(column))
            return;
        for (Sql row(d.base, QStringLiteral("SELECT t.rowid, t.%1 FROM %2 t LEFT JOIN %3 o ON "
                                            "o.id = t.%1 WHERE o.id IS NULL")
                                 .arg(column, table, of));
             row.next();)
            findings.add(Tr::tr("rows that point nowhere"), Severity::Damage,
                         named(of.toLower(), row.id(1)),
                         Tr::tr("%1 %2 names %3 %4, which the store does not have.")
                             .arg(table)
                             .arg(row.id(0))
                             .arg(of.toLower())
                             .arg(row.id(1)));
    };
    dangling("Event", "artifact_id", "Artifact");
    dangling("Event", "execution_id", "Execution");
    dangling("Association", "context_id", "Context");
    dangling("Association", "execution_id", "Execution");
    dangling("Attribution", "context_id", "Context");
    dangling("Attribution", "artifact_id", "Artifact");
    dangling("ParentContext", "context_id", "Context");
    dangling("ParentContext", "parent_context_id", "Context");
    if (d.tables.contains("Event")) {
        for (Sql row(d.base, "SELECT id, type FROM Event WHERE type NOT IN (1, 2, 3, 4, 5, 6, 7)");
             row.next();)
            findings.add(Tr::tr("events of unknown types"), Severity::Damage, {},
                         Tr::tr("Event %1 is of type %2: neither an input nor an output.")
                             .arg(row.id(0))
                             .arg(row.id(1)));
        if (d.tables.contains("Association"))
            for (Sql row(d.base, "SELECT id FROM Execution WHERE id NOT IN (SELECT execution_id "
                                 "FROM Association)");
                 row.next();)
                findings.add(
                    Tr::tr("executions in no stage"), Severity::Loss, named("execution", row.id(0)),
                    Tr::tr("execution:%1 is in no stage: CMF does not export it.").arg(row.id(0)));
    }
    for (const LineageContext &context : d.contexts)
        checkName(context.name, named("context", context.id), findings);
    progress(1);
    return findings.done();
}

QStringList checkLineage(const LineageGraph &graph)
{
    Findings findings(100);
    for (const LineageNode &node : graph.nodes) {
        const QString id = named(tableOf(node.kind).toLower(), node.id);
        checkNode(node, id, findings);
        for (const LineageProperty &property : node.properties)
            checkValue(property.value, property.name, id, findings);
        if (node.kind != LineageNode::Kind::Execution)
            continue;
        const LineageProperty *uuid = node.property("Execution_uuid");
        if (!uuid || uuid->value.toString().isEmpty())
            complainOfUuid(id, findings);
    }
    QStringList sentences = graph.problems;
    for (const LineageFinding &finding : findings.done())
        sentences << finding.sentence;
    return sentences;
}

} // namespace helmscope
