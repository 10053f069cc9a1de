// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/cmfrest.h"

#include "federation/hub/audit.h"
#include "federation/hub/gate.h"
#include "federation/hub/refusal.h"
#include "federation/hub/store/database.h"
#include "federation/hub/store/document.h"
#include "federation/hub/store/jsonreader.h"
#include "federation/hub/store/lists.h"
#include "federation/hub/store/merging.h"
#include "federation/hub/store/pulling.h"
#include "federation/hub/store/tangledtrees.h"

#include <QDateTime>
#include <QDir>
#include <QHash>
#include <QSet>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace helmscope {

namespace {

/// A member of a request's body is not as it must be: as FastAPI, which CMF's server is made with,
/// says it.
HubAnswer invalid(const QString &field, const QString &message, const QString &type,
                  const QString &where = QStringLiteral("body"))
{
    return HubAnswer::json(
        QVariantMap{{"detail",
                     QVariantList{QVariantMap{
                         {"loc", QVariantList{where, field}}, {"msg", message}, {"type", type}}}}},
        422);
}

/// Memory for bodies as they come: whoever finds too many under way comes again.
class Room
{
public:
    explicit Room(qint64 bytes)
        : m_bytes(bytes)
    {
        if (used.fetch_add(bytes) + bytes > most && bytes < used) {
            used -= bytes;
            refuse(503, Tr::tr("Too much is being pushed at once: try again."));
        }
    }
    ~Room() { used -= m_bytes; }
    Room(const Room &) = delete;
    Room &operator=(const Room &) = delete;

private:
    static constexpr qint64 most = qint64(512) << 20;
    static inline std::atomic<qint64> used = 0;
    qint64 m_bytes;
};

/// A document takes several times its size while it is merged: so many bytes are worked on at once.
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
    , m_files(settings.folder, settings.largestFile)
    , m_servers(database, m_files, settings.largestDocument)
    , m_schedules(database, m_servers, settings.scheduleMs)
{
}

HubAnswer CmfRest::answer(HubRequest &request, const QStringList &path)
{
    using Route = std::function<HubAnswer()>;
    const QString name = path.value(0);
    if (name.isEmpty())
        return HubAnswer::json(QVariantList{"cmf-server"});
    struct Method
    {
        Route get, post, remove = {};
    };
    const auto push = [&](HubAnswer (SideFiles::*store)(const HubRequest &) const) {
        return Route([this, &request, store] {
            require(request, Scope::Push, request.parameter("pipeline_name"));
            return (m_files.*store)(request);
        });
    };
    const auto fetch = [&](HubAnswer (SideFiles::*fetch_)(const HubRequest &) const) {
        return Route([this, &request, fetch_] {
            require(request, Scope::Read);
            return (m_files.*fetch_)(request);
        });
    };
    const QHash<QString, Method> routes{
        {"mlmd_push", {{}, [&] { return this->push(request); }}},
        {"mlmd_pull", {{}, [&] { return pull(request); }}},
        {"python-env", {fetch(&SideFiles::environment), push(&SideFiles::storeEnvironment)}},
        {"download-python-env", {fetch(&SideFiles::environments), {}}},
        {"label", {{}, push(&SideFiles::storeLabel)}},
        {"label-data", {fetch(&SideFiles::label), {}}},
        {"tensorboard", {{}, push(&SideFiles::storeBoard)}},
        {"acknowledge",
         {{},
          [&] {
              require(request, Scope::Read);
              request.body(1 << 16);
              return HubAnswer::json(QVariantMap{{"message", "Hi, I acknowledge your request."}});
          }}},
        {"register-server", {{}, [&] { return m_servers.add(request); }}},
        {"server-list", {[&] { return m_servers.list(request); }, {}}},
        {"sync", {{}, [&] { return m_servers.sync(request); }}},
        {"schedules", {[&] { return m_schedules.list(request); }, {}}},
    };
    static const QSet<QString> questions{"pipelines",
                                         "artifact_types",
                                         "pipeline-stages",
                                         "executions-by-stage",
                                         "artifact-types-by-stage",
                                         "artifacts-by-stage",
                                         "list-of-executions",
                                         "model-card",
                                         "artifact-lineage",
                                         "execution-lineage",
                                         "artifact-execution-lineage"};
    Method method = routes.value(name);
    if (questions.contains(name))
        method.get = [&] { return reading(request, path); };
    if (name == "schedule-sync" && path.size() == 1)
        method.post = [&] { return m_schedules.add(request); };
    else if (name == "schedule-sync" && path.size() == 2)
        method.remove = [&] { return m_schedules.remove(request, path[1]); };
    else if (name == "schedule-sync" && path.size() == 3 && path[1] == "logs")
        method.get = [&] { return m_schedules.logs(request, path[2]); };
    else if (name == "server" && path.size() == 3 && path[2] == "completed-logs")
        method.get = [&] { return m_schedules.serverLogs(request, path[1]); };
    if (!method.get && !method.post && !method.remove)
        return HubAnswer::detail("Not Found", 404);
    const Route &route = request.method == "POST"                              ? method.post
                         : request.method == "GET" || request.method == "HEAD" ? method.get
                         : request.method == "DELETE"                          ? method.remove
                                                                               : Route();
    return route ? route() : HubAnswer::detail("Method Not Allowed", 405);
}

HubAnswer CmfRest::push(const HubRequest &request)
{
    require(request, Scope::Push);
    const qint64 length = request.contentLength();
    const Room room(length < 0 ? m_settings.largestDocument
                               : std::min(length, m_settings.largestDocument));
    QByteArray body = request.body(m_settings.largestDocument);
    const Turn turn(body.size()); // only now: a slow line holds nobody up
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
            if (key == "pipeline_name") {
                pipeline = json.string();
                hasPipeline = true;
            } else if (key == "exec_uuid") {
                uuid = json.string();
            } else {
                payload = json.utf8();
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
    m_database.write([&](SqlSession &session) {
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
    m_database.read([&](SqlSession &session) { pulled = helmscope::pull(session, wish); });
    if (wish.pipeline && !pulled.hasPipeline)
        return HubAnswer::detail(QStringLiteral("Pipeline %1 not found.").arg(*wish.pipeline), 404);
    HubAnswer answer;
    answer.type = "text/html; charset=utf-8"; // as CMF's server says it
    answer.body = !wish.executionUuid.isEmpty() && !pulled.hasExecution ? QByteArray("no_exec_uuid")
                                                                        : pulled.document;
    return answer;
}

QVariant CmfRest::read(const std::function<QVariant(SqlSession &)> &question) const
{
    QVariant answer;
    m_database.read([&](SqlSession &session) { answer = question(session); });
    return answer;
}

HubAnswer CmfRest::reading(const HubRequest &request, const QStringList &path)
{
    require(request, Scope::Read);
    const QString name = path.first();
    const QStringList &only = request.caller.pipelines;
    if (name == "pipelines")
        return pipelines(request);
    if (name == "artifact_types")
        return HubAnswer::json(read([&](SqlSession &session) {
                                   return QVariant(artifactTypes(session, only));
                               }).toList());
    if (name == "model-card") {
        bool isNumber = false;
        const qint64 model = request.parameter("modelId").toLongLong(&isNumber);
        if (!isNumber)
            return invalid("modelId", "Input should be a valid integer", "int_parsing", "query");
        return HubAnswer::json(
            read([&](SqlSession &session) { return QVariant(modelCard(session, model, only)); }));
    }
    if (name.endsWith("lineage"))
        return trees(request, path);
    const QString pipeline = path.value(1);
    if (path.size() != 2 || pipeline.isEmpty())
        return HubAnswer::detail("Not Found", 404);
    require(request, Scope::Read, pipeline);
    if (name == "pipeline-stages") {
        const QVariantList stages = read([&](SqlSession &session) {
                                        return QVariant(stagesOf(session, pipeline));
                                    }).toList();
        return HubAnswer::json(
            QVariantMap{{"stages", stages}, {"total_stages", qint64(stages.size())}});
    }
    if (name == "list-of-executions") {
        const QVariant names = read([&](SqlSession &session) {
            const auto found = executionNames(session, pipeline);
            return found ? QVariant(*found) : QVariant();
        });
        if (!names.isValid())
            return HubAnswer::detail(QStringLiteral("Pipeline %1 not found.").arg(pipeline), 404);
        return HubAnswer::json(names);
    }
    const bool isOfArtifacts = name == "artifacts-by-stage";
    ListWish wish;
    wish.pipeline = pipeline;
    wish.stage = request.parameter("stage_name");
    wish.type = request.parameter("artifact_type");
    wish.page = request.parameter("active_page", "1").toInt();
    wish.perPage = request.parameter("record_per_page", "5").toInt();
    wish.sortField = request.parameter("sort_field", "name");
    wish.isAscending =
        request.parameter("sort_order", isOfArtifacts ? "asc" : "desc").toLower() != "desc";
    wish.filter = request.parameter("filter_value");
    if (wish.stage.isEmpty())
        return invalid("stage_name", "Field required", "missing", "query");
    if (isOfArtifacts && wish.type.isEmpty())
        return invalid("artifact_type", "Field required", "missing", "query");
    if (wish.page < 1 || wish.perPage < 1 || wish.perPage > 10'000)
        return invalid(wish.page < 1 ? "active_page" : "record_per_page",
                       "Input should be greater than or equal to 1", "greater_than_equal", "query");
    return HubAnswer::json(read([&](SqlSession &session) -> QVariant {
        if (name == "artifact-types-by-stage")
            return QVariantList(QVariant(artifactTypes(session, {pipeline}, wish.stage)).toList());
        return isOfArtifacts ? artifactsOfStage(session, wish) : executionsOfStage(session, wish);
    }));
}

/// artifact-lineage/tangled-tree/{pipeline}, execution-lineage/tangled-tree/{uuid}/{pipeline} and
/// artifact-execution-lineage/tangled-tree/{pipeline}
HubAnswer CmfRest::trees(const HubRequest &request, const QStringList &path)
{
    const bool isOfExecutions = path.first() == "execution-lineage";
    if (path.size() != (isOfExecutions ? 4 : 3) || path[1] != "tangled-tree" ||
        path.last().isEmpty())
        return HubAnswer::detail("Not Found", 404);
    const QString pipeline = path.last(), uuid = isOfExecutions ? path[2] : QString();
    require(request, Scope::Read, pipeline);
    const Tree tree = isOfExecutions                       ? Tree::Executions
                      : path.first() == "artifact-lineage" ? Tree::Artifacts
                                                           : Tree::Both;
    bool isKnown = false;
    const QVariant found = read([&](SqlSession &session) {
        isKnown = executionNames(session, pipeline).has_value();
        const auto nodes = tangledTree(
            session, tree, pipeline,
            [&](const QString &other) { return request.caller.maySee(other); }, uuid);
        return nodes ? QVariant(*nodes) : QVariant();
    });
    if (!isKnown)
        return HubAnswer::detail(QStringLiteral("Pipeline %1 not found.").arg(pipeline), 404);
    if (!found.isValid() && isOfExecutions)
        return HubAnswer::json(QVariantMap{
            {"error", QStringLiteral("Pipeline %1 has no execution %2.").arg(pipeline, uuid)}});
    return HubAnswer::json(found.toList());
}

HubAnswer CmfRest::pipelines(const HubRequest &request)
{
    require(request, Scope::Read);
    QVariantList names;
    m_database.read([&](SqlSession &session) {
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
