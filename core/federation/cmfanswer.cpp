// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/cmfanswer.h"

#include "base/tr.h"
#include "lineage/formats/jsontext.h"

#include <algorithm>
#include <functional>

namespace helmscope {

namespace {

constexpr int deepest = 64;
constexpr qint64 mostValues = 4'000'000; ///< each costs about a hundred bytes
constexpr int mostNames = 100'000;
constexpr int longestName = 4096;

void look(const QByteArray &json, const QString &where)
{
    int depth = 0;
    qint64 values = 0;
    bool isInText = false;
    for (qsizetype i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (isInText) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                isInText = false;
            continue;
        }
        switch (c) {
        case '"':
            isInText = true;
            break;
        case '{':
        case '[':
            ++values;
            if (++depth > deepest)
                fail(Tr::tr("%1 answers with JSON nested deeper than %2 levels.")
                         .arg(where)
                         .arg(deepest));
            break;
        case '}':
        case ']':
            --depth;
            break;
        case ',':
            if (++values > mostValues)
                fail(Tr::tr("%1 answers with over %2 values: ask for less of it, one pipeline "
                            "or one run.")
                         .arg(where)
                         .arg(mostValues));
            break;
        }
    }
}

bool isMap(const QVariant &value)
{
    return value.userType() == QMetaType::QVariantMap;
}

bool isList(const QVariant &value)
{
    return value.userType() == QMetaType::QVariantList;
}

bool isText(const QVariant &value)
{
    return value.userType() == QMetaType::QString;
}

bool isMapOrNothing(const QVariantMap &object, const char *key)
{
    return !object.contains(key) || isMap(object.value(key));
}

bool isEvent(const QVariant &value)
{
    const QVariantMap event = value.toMap(), artifact = event.value("artifact").toMap();
    return isMap(event.value("artifact")) &&
           event.value("type").userType() == QMetaType::LongLong &&
           isText(artifact.value("type")) && isMapOrNothing(artifact, "properties") &&
           isMapOrNothing(artifact, "custom_properties");
}

bool isExecution(const QVariant &value)
{
    const QVariantMap execution = value.toMap();
    const QVariantList events = execution.value("events").toList();
    return isMap(value) && isMap(execution.value("properties")) &&
           isMapOrNothing(execution, "custom_properties") && isList(execution.value("events")) &&
           std::all_of(events.begin(), events.end(), isEvent);
}

bool isStage(const QVariant &value)
{
    const QVariantMap stage = value.toMap();
    const QVariantList executions = stage.value("executions").toList();
    return isMap(value) && isText(stage.value("name")) && isList(stage.value("executions")) &&
           std::all_of(executions.begin(), executions.end(), isExecution);
}

bool isPipeline(const QVariant &value)
{
    const QVariantMap pipeline = value.toMap();
    const QVariantList stages = pipeline.value("stages").toList();
    return isMap(value) && isText(pipeline.value("name")) && isList(pipeline.value("stages")) &&
           std::all_of(stages.begin(), stages.end(), isStage);
}

using Visit = std::function<void(const QVariantMap &)>;

void eachExecution(const QVariantMap &document, const Visit &visit)
{
    for (const QVariant &pipeline : document.value("Pipeline").toList())
        for (const QVariant &stage : pipeline.toMap().value("stages").toList())
            for (const QVariant &execution : stage.toMap().value("executions").toList())
                visit(execution.toMap());
}

qint64 updated(const QVariantMap &object)
{
    return object.value("last_update_time_since_epoch").toLongLong();
}

} // namespace

QVariant parseAnswer(const QByteArray &json, const QString &where)
{
    look(json, where);
    return parseJson(json, Tr::tr("The answer of %1").arg(where));
}

QVariantMap parseDocument(const QByteArray &json, const QString &where)
{
    const QVariant answer = parseAnswer(json, where);
    const QVariantMap document = answer.toMap();
    const QVariantList pipelines = document.value("Pipeline").toList();
    if (!isMap(answer) || !isList(document.value("Pipeline")) ||
        !std::all_of(pipelines.begin(), pipelines.end(), isPipeline))
        fail(Tr::tr("%1 answers with something else than a lineage of CMF.").arg(where));
    return document;
}

bool CmfWanted::isAll() const
{
    return pipeline.isEmpty() && stage.isEmpty() && uuid.isEmpty() && runs.isEmpty() &&
           sinceMs <= 0;
}

QVariantMap wantedPart(const QVariantMap &document, const CmfWanted &wanted)
{
    if (wanted.isAll())
        return document;
    const bool isChosen = !wanted.uuid.isEmpty() || !wanted.runs.isEmpty() || wanted.sinceMs > 0;
    const auto isWanted = [&wanted](const QVariantMap &execution) {
        if (!wanted.uuid.isEmpty() && !uuidsOf(execution).contains(wanted.uuid))
            return false;
        if (!wanted.runs.isEmpty() &&
            !wanted.runs.contains(
                execution.value("custom_properties").toMap().value("run").toString()))
            return false;
        return wanted.sinceMs <= 0 || updated(execution) > wanted.sinceMs;
    };
    QVariantList pipelines;
    for (const QVariant &each : document.value("Pipeline").toList()) {
        QVariantMap pipeline = each.toMap();
        const QString name = pipeline.value("name").toString();
        if (!wanted.pipeline.isEmpty() && name != wanted.pipeline)
            continue;
        QVariantList stages;
        for (const QVariant &one : pipeline.value("stages").toList()) {
            QVariantMap stage = one.toMap();
            const QString full = stage.value("name").toString();
            if (!wanted.stage.isEmpty() && full != wanted.stage &&
                full != name + '/' + wanted.stage)
                continue;
            if (isChosen) {
                QVariantList executions;
                for (const QVariant &execution : stage.value("executions").toList())
                    if (isWanted(execution.toMap()))
                        executions << execution;
                if (executions.isEmpty())
                    continue;
                stage.insert("executions", executions);
            }
            stages << stage;
        }
        if (stages.isEmpty() && (isChosen || !wanted.stage.isEmpty()))
            continue;
        pipeline.insert("stages", stages);
        pipelines << pipeline;
    }
    return {{"Pipeline", pipelines}};
}

QStringList namesIn(const QByteArray &json, const QString &where)
{
    const QVariant answer = parseAnswer(json, where);
    QStringList names;
    if (!isList(answer) || answer.toList().size() > mostNames)
        fail(Tr::tr("%1 answers with something else than a list of names.").arg(where));
    for (const QVariant &name : answer.toList()) {
        if (!isText(name) || name.toString().size() > longestName)
            fail(Tr::tr("%1 answers with something else than a list of names.").arg(where));
        names << name.toString();
    }
    names.removeDuplicates();
    names.sort();
    return names;
}

QString detailIn(const QByteArray &body)
{
    constexpr int mostBytes = 64 << 10, mostShown = 200;
    if (body.isEmpty() || body.size() > mostBytes)
        return {};
    QString found;
    try {
        const QVariantMap answer = parseAnswer(body, {}).toMap();
        const QVariant detail = answer.value("detail");
        if (isText(detail))
            found = detail.toString();
        // FastAPI: only where and why; what was sent stands beside it.
        for (const QVariant &each : detail.toList()) {
            QStringList place;
            for (const QVariant &step : each.toMap().value("loc").toList())
                place << step.toString();
            found += (found.isEmpty() ? "" : "; ") + place.join('.') + ": " +
                     each.toMap().value("msg").toString();
        }
        for (const char *key : {"error", "message", "status"})
            if (found.isEmpty() && isText(answer.value(key)))
                found = answer.value(key).toString();
    } catch (const std::exception &) {
        return {}; // a page of some proxy
    }
    for (QChar &c : found)
        if (!c.isPrint())
            c = ' ';
    return found.simplified().left(mostShown);
}

qint64 newestIn(const QVariantMap &document)
{
    qint64 newest = 0;
    for (const QVariant &pipeline : document.value("Pipeline").toList()) {
        newest = std::max(newest, updated(pipeline.toMap()));
        for (const QVariant &stage : pipeline.toMap().value("stages").toList())
            newest = std::max(newest, updated(stage.toMap()));
    }
    eachExecution(document, [&newest](const QVariantMap &execution) {
        newest = std::max(newest, updated(execution));
    });
    return newest;
}

int executionsIn(const QVariantMap &document)
{
    int count = 0;
    eachExecution(document, [&count](const QVariantMap &) { ++count; });
    return count;
}

QStringList uuidsOf(const QVariantMap &execution)
{
    return execution.value("properties")
        .toMap()
        .value("Execution_uuid")
        .toString()
        .split(',', Qt::SkipEmptyParts);
}

} // namespace helmscope
