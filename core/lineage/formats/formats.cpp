// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/formats/formats.h"

#include <QDateTime>
#include <QJsonValue>
#include <QUuid>

#include <algorithm>
#include <cmath>

namespace helmscope {

QString isoTime(qint64 ms)
{
    return ms > 0 ? QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs)
                  : QString();
}

QString printable(const QString &text)
{
    QString result;
    result.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (c.isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            result += c;
            result += text[++i];
            continue;
        }
        const char16_t code = c.unicode();
        const bool isSound = (code >= 0x20 || code == '\t' || code == '\n' || code == '\r') &&
                             !c.isSurrogate() && code < 0xfffe;
        result += isSound ? c : QChar(QChar::ReplacementCharacter);
    }
    return result;
}

QString uniqueName(const LineageNode &node)
{
    return QStringLiteral("%1-%2-%3")
        .arg(node.kind == LineageNode::Kind::Artifact ? "artifact" : "execution")
        .arg(node.store)
        .arg(node.id);
}

QJsonObject propertiesOf(const LineageNode &node)
{
    QJsonObject object;
    for (const LineageProperty &property : node.properties) {
        const QVariant &value = property.value;
        QJsonValue json = value.toString();
        if (value.typeId() == QMetaType::Bool)
            json = value.toBool();
        else if (value.typeId() == QMetaType::LongLong &&
                 std::abs(value.toDouble()) < 9007199254740992.0)
            json = value.toLongLong();
        else if (value.typeId() == QMetaType::Double && std::isfinite(value.toDouble()))
            json = value.toDouble();
        else if (value.typeId() == QMetaType::QByteArray)
            json = QString::fromLatin1(value.toByteArray().toBase64());
        // A declared one before a custom one of the same name.
        if (!object.contains(property.name))
            object.insert(property.name, json);
    }
    return object;
}

std::vector<qint64> endsOf(const LineageGraph &graph)
{
    std::vector<qint64> ends;
    for (const LineageNode &node : graph.nodes)
        ends.push_back(node.createdMs);
    for (const LineageEdge &edge : graph.edges)
        for (int end : {edge.from, edge.to})
            ends[std::size_t(end)] = std::max(ends[std::size_t(end)], edge.timeMs);
    return ends;
}

QStringList storeNames(const LineageGraph &graph)
{
    QStringList names;
    for (const QString &store : graph.stores)
        names << store.section('/', -1);
    return names;
}

QString runIdOf(const LineageGraph &graph, int execution)
{
    const LineageNode &node = graph.nodes[std::size_t(execution)];
    if (const LineageProperty *own = node.property("Execution_uuid")) {
        const QUuid uuid(own->value.toString().section(',', 0, 0));
        if (!uuid.isNull())
            return uuid.toString(QUuid::WithoutBraces);
    }
    static const QUuid space("{5b4ad3a2-30c5-4f0e-9a63-6f8f8f0f5c11}"); // ours, for executions
    const QString store = storeNames(graph).value(node.store);
    return QUuid::createUuidV5(space, store + '/' + uniqueName(node))
        .toString(QUuid::WithoutBraces);
}

} // namespace helmscope
