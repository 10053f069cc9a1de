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

qint64 endOf(const LineageGraph &graph, int execution)
{
    qint64 end = graph.nodes[std::size_t(execution)].createdMs;
    for (const LineageEdge &edge : graph.edges)
        if (edge.from == execution || edge.to == execution)
            end = std::max(end, edge.timeMs);
    return end;
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
    const QString store = graph.stores.value(node.store);
    return QUuid::createUuidV5(space, store + '/' + uniqueName(node))
        .toString(QUuid::WithoutBraces);
}

} // namespace helmscope
