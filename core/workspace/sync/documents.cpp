// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/documents.h"

#include "federation/cmfanswer.h"
#include "lineage/cmfjson.h"
#include "lineage/formats/jsontext.h"
#include "lineage/store.h"

#include <QCryptographicHash>
#include <QFileInfo>

#include <algorithm>

namespace helmscope {

QVariantMap workspaceDocument(const QString &workspace)
{
    const QString file = workspace + QStringLiteral("/mlmd");
    if (!QFileInfo::exists(file))
        return {{"Pipeline", QVariantList()}};
    const QByteArray json = storeToCmfJson(LineageStore(file));
    // Every execution has a uuid then, the same each time.
    Preparing how;
    how.isForHub = true;
    return prepareDocument(parseJson(json, file).toMap(), how).document;
}

QString digestOf(const QVariantMap &execution)
{
    QVariantMap declared = execution.value("properties").toMap();
    for (const char *own : {"Context_ID", "Pipeline_id", "Execution_type_name"})
        declared.remove(own);
    QStringList events;
    for (const QVariant &each : execution.value("events").toList()) {
        const QVariantMap artifact = each.toMap().value("artifact").toMap();
        events << each.toMap().value("type").toString() + ' ' + artifact.value("uri").toString();
    }
    events.sort();
    const QByteArray text =
        jsonText(QVariantMap{{"name", execution.value("name")},
                             {"properties", declared},
                             {"custom_properties", execution.value("custom_properties")},
                             {"events", events.join('\n')}});
    return QString::fromLatin1(
        QCryptographicHash::hash(text, QCryptographicHash::Md5).toHex().left(16));
}

QString runOf(const QVariantMap &execution)
{
    return execution.value("custom_properties").toMap().value("run").toString();
}

void eachExecution(const QVariantMap &document, const OfExecution &visit)
{
    for (const QVariant &one : document.value("Pipeline").toList()) {
        const QVariantMap pipeline = one.toMap();
        for (const QVariant &each : pipeline.value("stages").toList()) {
            const QVariantMap stage = each.toMap();
            for (const QVariant &execution : stage.value("executions").toList())
                visit(pipeline.value("name").toString(), stage.value("name").toString(),
                      execution.toMap());
        }
    }
}

QVariantMap withExecutions(const QVariantMap &document, const QSet<QString> &uuids)
{
    QVariantList pipelines;
    for (const QVariant &one : document.value("Pipeline").toList()) {
        QVariantMap pipeline = one.toMap();
        QVariantList stages;
        for (const QVariant &each : pipeline.value("stages").toList()) {
            QVariantMap stage = each.toMap();
            QVariantList executions;
            for (const QVariant &execution : stage.value("executions").toList())
                if (uuids.contains(uuidsOf(execution.toMap()).value(0)))
                    executions << execution;
            if (executions.isEmpty())
                continue;
            stage.insert("executions", executions);
            stages << stage;
        }
        if (stages.isEmpty())
            continue;
        pipeline.insert("stages", stages);
        pipelines << pipeline;
    }
    return {{"Pipeline", pipelines}};
}

namespace {

QString eventKey(const QVariantMap &event)
{
    const int type = event.value("type").toInt();
    const bool isInput = type == 2 || type == 3 || type == 5;
    return event.value("artifact").toMap().value("uri").toString() + (isInput ? " in" : " out");
}

/// The first one's values and what only the second one has.
QVariantMap unitedMaps(const QVariantMap &first, QVariantMap second)
{
    for (auto it = first.cbegin(); it != first.cend(); ++it)
        second.insert(it.key(), it.value());
    return second;
}

QVariantMap unitedExecution(const QVariantMap &first, const QVariantMap &second)
{
    QVariantMap made = first;
    made.insert("custom_properties", unitedMaps(first.value("custom_properties").toMap(),
                                                second.value("custom_properties").toMap()));
    QVariantList events = first.value("events").toList();
    QSet<QString> known;
    for (const QVariant &event : events)
        known << eventKey(event.toMap());
    for (const QVariant &event : second.value("events").toList())
        if (!known.contains(eventKey(event.toMap())))
            events << event;
    made.insert("events", events);
    return made;
}

/// Two lists of things with names, those in both joined by `join`.
template <class KeyOf, class Join>
QVariantList unitedLists(QVariantList first, const QVariantList &second, KeyOf keyOfOne, Join join)
{
    QHash<QString, qsizetype> places;
    for (qsizetype i = 0; i < first.size(); ++i)
        places.insert(keyOfOne(first[i].toMap()), i);
    for (const QVariant &each : second) {
        const auto at = places.constFind(keyOfOne(each.toMap()));
        if (at == places.constEnd())
            first << each;
        else
            first[*at] = join(first[*at].toMap(), each.toMap());
    }
    return first;
}

QString nameOf(const QVariantMap &object)
{
    return object.value("name").toString();
}

} // namespace

std::optional<QByteArray> unitedDocuments(const QByteArray &first, const QByteArray &second)
{
    try {
        const QVariantMap ours = parseDocument(first, "ours"), theirs = parseDocument(second, "it");
        const auto joinStages = [](QVariantMap a, const QVariantMap &b) {
            a.insert("executions",
                     unitedLists(
                         a.value("executions").toList(), b.value("executions").toList(),
                         [](const QVariantMap &one) { return uuidsOf(one).value(0); },
                         unitedExecution));
            return a;
        };
        const auto joinPipelines = [&](QVariantMap a, const QVariantMap &b) {
            a.insert("stages", unitedLists(a.value("stages").toList(), b.value("stages").toList(),
                                           nameOf, joinStages));
            return a;
        };
        return jsonText(QVariantMap{
            {"Pipeline", unitedLists(ours.value("Pipeline").toList(),
                                     theirs.value("Pipeline").toList(), nameOf, joinPipelines)}});
    } catch (const Error &) {
        return std::nullopt;
    }
}

} // namespace helmscope
