// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/cmfrest.h"

#include "federation/hub/audit.h"
#include "federation/hub/gate.h"
#include "federation/hub/refusal.h"
#include "federation/hub/store/database.h"
#include "federation/hub/store/document.h"
#include "federation/hub/store/jsonreader.h"
#include "federation/hub/store/merging.h"
#include "federation/hub/store/pulling.h"

#include <QDateTime>
#include <QDir>
#include <QHash>

#include <condition_variable>
#include <mutex>
#include <optional>

namespace helmscope {

namespace {

/// A member of a request's body is not as it must be: as FastAPI, which CMF's server is made with,
/// says it.
HubAnswer invalid(const QString &field, const QString &message, const QString &type)
{
    return HubAnswer::json(
        QVariantMap{{"detail",
                     QVariantList{QVariantMap{
                         {"loc", QVariantList{"body", field}}, {"msg", message}, {"type", type}}}}},
        422);
}

/// Large documents take memory: so many bytes of them are worked on at once.
class Turn
{
public:
    explicit Turn(qint64 bytes)
        : m_bytes(bytes)
    {
        std::unique_lock lock(mutex);
        free.wait(lock, [bytes] { return used == 0 || used + bytes <= most; });
        used += bytes;
    }
    ~Turn()
    {
        {
            const std::lock_guard lock(mutex);
            used -= m_bytes;
        }
        free.notify_all();
    }
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;

private:
    static constexpr qint64 most = 16 << 20;
    static inline std::mutex mutex;
    static inline std::condition_variable free;
    static inline qint64 used = 0;
    qint64 m_bytes;
};

} // namespace

CmfRest::CmfRest(HubDatabase &database, Audit &audit, const Settings &settings)
    : m_database(database)
    , m_audit(audit)
    , m_settings(settings)
{
}

HubAnswer CmfRest::answer(HubRequest &request, const QStringList &path)
{
    using Route = HubAnswer (CmfRest::*)(const HubRequest &);
    static const QHash<QString, std::pair<const char *, Route>> routes{
        {"mlmd_push", {"POST", &CmfRest::push}},
        {"mlmd_pull", {"POST", &CmfRest::pull}},
        {"pipelines", {"GET", &CmfRest::pipelines}},
    };
    if (path.isEmpty() || path.first().isEmpty())
        return HubAnswer::json(QVariantList{"cmf-server"});
    const auto route = routes.constFind(path.first());
    if (route == routes.cend())
        return HubAnswer::detail("Not Found", 404);
    if (request.method != route->first && !(request.method == "HEAD" && *route->first == 'G'))
        return HubAnswer::detail("Method Not Allowed", 405);
    return (this->*route->second)(request);
}

HubAnswer CmfRest::push(const HubRequest &request)
{
    require(request, Scope::Push);
    const qint64 length = request.contentLength();
    const Turn turn(length < 0 ? m_settings.largestDocument : length);
    QByteArray body = request.body(m_settings.largestDocument);
    QString pipeline, uuid;
    QByteArray payload;
    bool hasPipeline = false, hasPayload = false;
    {
        JsonReader json(body, Tr::tr("The body"));
        if (json.peek() != JsonReader::Kind::Object)
            return invalid("pipeline_name", "Input should be an object", "model_attributes_type");
        QStringList wrong;
        json.object([&](const QString &key) {
            const bool isText = json.peek() == JsonReader::Kind::String;
            const bool isNull = json.peek() == JsonReader::Kind::Null;
            if (key != "pipeline_name" && key != "json_payload" && key != "exec_uuid")
                return json.skip();
            if (!isText) {
                if (!(isNull && key == "exec_uuid"))
                    wrong << key;
                return json.skip();
            }
            const QString text = json.string();
            if (key == "pipeline_name") {
                pipeline = text;
                hasPipeline = true;
            } else if (key == "exec_uuid") {
                uuid = text;
            } else {
                payload = text.toUtf8();
                hasPayload = true;
            }
        });
        json.end();
        if (!wrong.isEmpty())
            return invalid(wrong.first(), "Input should be a valid string", "string_type");
    }
    body.clear();
    if (!hasPipeline)
        return invalid("pipeline_name", "Field required", "missing");
    if (pipeline.isEmpty())
        return invalid("pipeline_name", "String should have at least 1 character",
                       "string_too_short");
    if (!hasPayload)
        return invalid("json_payload", "Field required", "missing");
    require(request, Scope::Push, pipeline);

    const PipelineDocument document = readDocument(payload, Tr::tr("The pipeline document"));
    payload.clear();
    if (!document.has(pipeline))
        return HubAnswer::json(QVariantMap{{"status", "pipeline_not_exist"}});
    MergeOutcome outcome;
    m_database.write([&](Session &session) {
        outcome = merge(session, document, {pipeline, uuid, QDateTime::currentMSecsSinceEpoch()});
        if (!uuid.isEmpty() && outcome.executions == 0)
            refuse(422, Tr::tr("The document has no execution %1 in pipeline %2; nothing was "
                               "stored.")
                            .arg(uuid, pipeline));
    });
    m_audit.addMerge(outcome.newExecutions, outcome.newArtifacts, outcome.newEvents);
    return HubAnswer::json(QVariantMap{{"status", outcome.isNews() ? "success" : "exists"}});
}

HubAnswer CmfRest::pull(const HubRequest &request)
{
    require(request, Scope::Read);
    const QByteArray body = request.body(1 << 20);
    PullWish wish;
    std::optional<qint64> since;
    QString wrong;
    JsonReader json(body, Tr::tr("The body"));
    if (json.peek() != JsonReader::Kind::Object)
        return invalid("pipeline_name", "Input should be an object", "model_attributes_type");
    json.object([&](const QString &key) {
        const JsonReader::Kind kind = json.peek();
        const QVariant value = json.value();
        if (kind == JsonReader::Kind::Null)
            return;
        if (key == "pipeline_name" || key == "exec_uuid") {
            if (kind != JsonReader::Kind::String)
                wrong = key;
            else if (key == "exec_uuid")
                wish.executionUuid = value.toString();
            else
                wish.pipeline = value.toString();
        } else if (key == "last_sync_time") {
            if (kind != JsonReader::Kind::Number)
                wrong = key;
            else
                since = qint64(value.toDouble());
        }
    });
    json.end();
    if (!wrong.isEmpty())
        return invalid(wrong, "Input is not of the right type", "type_error");
    if (since && *since <= 0 && !wish.pipeline)
        return HubAnswer::detail("Pipeline None not found.", 406);
    wish.sinceMs = since.value_or(0);
    if (wish.pipeline)
        require(request, Scope::Read, *wish.pipeline);
    const Caller caller = request.caller;
    wish.mayRead = [caller](const QString &pipeline) { return caller.maySee(pipeline); };
    Pulled pulled;
    m_database.read([&](Session &session) { pulled = helmscope::pull(session, wish); });
    if (wish.pipeline && !pulled.hasPipeline)
        return HubAnswer::detail(QStringLiteral("Pipeline %1 not found.").arg(*wish.pipeline), 404);
    HubAnswer answer;
    answer.type = "text/html; charset=utf-8"; // as CMF's server says it
    answer.body = !wish.executionUuid.isEmpty() && !pulled.hasExecution ? QByteArray("no_exec_uuid")
                                                                        : pulled.document;
    return answer;
}

HubAnswer CmfRest::pipelines(const HubRequest &request)
{
    require(request, Scope::Read);
    QVariantList names;
    m_database.read([&](Session &session) {
        names.clear();
        session.run("SELECT c.name FROM Context c JOIN Type t ON t.id = c.type_id WHERE t.name = "
                    "'Parent_Context' AND t.type_kind = 2 ORDER BY c.name",
                    {}, [&](const QSqlQuery &row) {
                        if (request.caller.maySee(row.value(0).toString()))
                            names.push_back(row.value(0).toString());
                    });
    });
    return HubAnswer::json(names);
}

} // namespace helmscope
