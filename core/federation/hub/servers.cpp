// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/servers.h"

#include "federation/hub/gate.h"
#include "federation/hub/refusal.h"
#include "federation/hub/sidefiles.h"
#include "federation/hub/store/database.h"
#include "federation/hub/store/document.h"
#include "federation/hub/store/jsonreader.h"
#include "federation/hub/store/merging.h"
#include "lineage/formats/jsontext.h"

#include <httplib.h>

#include <QDateTime>
#include <QUrl>

namespace helmscope {

namespace {

struct Named
{
    QString name, url;
    std::optional<qint64> lastSync;
};

Named named(const HubRequest &request)
{
    const QByteArray body = request.body(1 << 16);
    Named server;
    JsonReader json(body, Tr::tr("The body"));
    if (json.peek() != JsonReader::Kind::Object)
        json.complain(Tr::tr("something that is no object stands"));
    json.object([&](const QString &key) {
        const QVariant value = json.value();
        if (key == "server_name")
            server.name = value.toString().trimmed();
        else if (key == "server_url")
            server.url = value.toString().trimmed();
        else if (key == "last_sync_time" && value.isValid())
            server.lastSync = value.toLongLong();
    });
    while (server.url.endsWith('/'))
        server.url.chop(1);
    const QUrl url(server.url);
    if (server.name.isEmpty() || server.name.size() > 255 || !url.isValid() ||
        (url.scheme() != "http" && url.scheme() != "https") || url.host().isEmpty())
        refuse(422, Tr::tr("A server needs a server_name, and a server_url that begins with "
                           "http:// or https://."));
    return server;
}

/// Another server's REST; its address may hold a token in its path.
class Other
{
public:
    explicit Other(const QString &address)
        : m_path(QUrl(address).path(QUrl::FullyEncoded).toStdString())
        , m_client(QUrl(address)
                       .toString(QUrl::RemovePath | QUrl::RemoveQuery | QUrl::RemoveFragment |
                                 QUrl::FullyEncoded)
                       .toStdString())
    {
        m_client.set_connection_timeout(10);
        m_client.set_read_timeout(120);
        m_client.set_follow_location(false); // nobody else sees what we ask
    }

    /// The answer's body; throws Refusal 502 when there is none.
    QByteArray post(const char *path, const QVariantMap &body, qint64 most)
    {
        httplib::Request request;
        request.method = "POST";
        request.path = m_path + path;
        request.body = jsonText(body).toStdString();
        request.set_header("Content-Type", "application/json");
        return send(request, most);
    }
    QByteArray get(const char *path, qint64 most)
    {
        httplib::Request request;
        request.method = "GET";
        request.path = m_path + path;
        return send(request, most);
    }

private:
    std::string m_path;
    httplib::Client m_client;

    QByteArray send(httplib::Request &request, qint64 most)
    {
        QByteArray body;
        request.content_receiver = [&](const char *bytes, size_t size, uint64_t, uint64_t) {
            body.append(bytes, qsizetype(size));
            return body.size() <= most;
        };
        const httplib::Result result = m_client.send(request);
        if (!result)
            refuse(500, Tr::tr("Target server is not reachable: %1.")
                            .arg(QString::fromStdString(httplib::to_string(result.error()))));
        if (result->status != 200)
            refuse(502, Tr::tr("The other server answers with status %1: %2")
                            .arg(result->status)
                            .arg(QString::fromUtf8(body.left(300))));
        return body;
    }
};

/// An address without a token in it.
QString shown(const QString &url)
{
    const QUrl of(url);
    return of.path().startsWith("/t/")
               ? of.toString(QUrl::RemovePath | QUrl::RemoveUserInfo) + "/t/..."
               : of.toString(QUrl::RemoveUserInfo);
}

} // namespace

Servers::Servers(HubDatabase &database, const SideFiles &files, qint64 largestDocument)
    : m_database(database)
    , m_files(files)
    , m_largestDocument(largestDocument)
{
}

HubAnswer Servers::add(const HubRequest &request)
{
    require(request, Scope::Admin);
    const Named server = named(request);
    Other(server.url)
        .post("/api/acknowledge", {{"server_name", server.name}, {"server_url", server.url}},
              1 << 16);
    QString message = QStringLiteral("Server registered successfully");
    m_database.write([&](SqlSession &session) {
        if (session.number("SELECT count(*) FROM registered_servers WHERE server_name = ?",
                           {server.name})) {
            message = "Server name already exists. Please use a different name.";
            return;
        }
        if (session.number("SELECT count(*) FROM registered_servers WHERE host_info = ?",
                           {server.url}))
            refuse(500, Tr::tr("A server with this address is registered already."));
        session.insert(
            "registered_servers",
            {{"id", "bigint"},
             {"server_name", "text"},
             {"host_info", "text"},
             {"last_sync_time", "bigint"}},
            {{session.number("SELECT coalesce(max(id), 0) + 1 FROM registered_servers"),
              server.name, server.url, server.lastSync ? QVariant(*server.lastSync) : QVariant()}});
    });
    return HubAnswer::json(QVariantMap{{"message", message}});
}

HubAnswer Servers::list(const HubRequest &request)
{
    require(request, Scope::Read);
    QVariantList servers;
    m_database.read([&](SqlSession &session) {
        servers.clear();
        session.run("SELECT id, server_name, host_info, last_sync_time FROM registered_servers "
                    "ORDER BY id",
                    {}, [&](const QSqlQuery &row) {
                        servers.push_back(QVariantMap{
                            {"id", row.value(0).toLongLong()},
                            {"server_name", row.value(1).toString()},
                            {"host_info", shown(row.value(2).toString())},
                            {"last_sync_time",
                             row.isNull(3) ? QVariant() : QVariant(row.value(3).toLongLong())}});
                    });
    });
    return HubAnswer::json(servers);
}

Servers::Registered Servers::registered(const QString &name) const
{
    Registered found;
    m_database.read([&](SqlSession &session) {
        found = {};
        session.run("SELECT host_info, last_sync_time FROM registered_servers WHERE server_name = "
                    "?",
                    {name}, [&](const QSqlQuery &row) {
                        found.url = row.value(0).toString();
                        if (!row.isNull(1) && row.value(1).toLongLong() > 0)
                            found.sinceMs = row.value(1).toLongLong();
                    });
    });
    return found;
}

HubAnswer Servers::sync(const HubRequest &request)
{
    require(request, Scope::Admin);
    const Named asked = named(request);
    const QString url = registered(asked.name).url;
    // server-list shows no tokens, so the address may come without.
    if (url.isEmpty() || (asked.url != url && asked.url != shown(url)))
        return HubAnswer::detail("Server not found in the registered servers list.", 404);
    const Pulled pulled = pull(asked.name);
    return HubAnswer::json(
        QVariantMap{{"message", pulled.isNews ? "Sync successful." : "Nothing new."},
                    {"status", pulled.isNews ? "success" : "exists"},
                    {"last_sync_time", pulled.latestMs}});
}

Servers::Pulled Servers::pull(const QString &name)
{
    const std::lock_guard lock(m_mutex);
    const auto [url, since] = registered(name);
    if (url.isEmpty())
        refuse(404, Tr::tr("There is no registered server \"%1\".").arg(name));
    Other other(url);
    const QByteArray text =
        other.post("/api/mlmd_pull", {{"last_sync_time", since ? QVariant(*since) : QVariant()}},
                   m_largestDocument);
    MergeOutcome outcome;
    // By the other server's clock: ours may be a day ahead of it.
    qint64 latest = since.value_or(0);
    bool isEmpty = false;
    {
        JsonReader json(text, Tr::tr("What the other server sent"));
        if (json.peek() == JsonReader::Kind::Object)
            json.object([&](const QString &key) {
                if (key != "Pipeline" || json.peek() != JsonReader::Kind::Array)
                    return json.skip();
                isEmpty = true;
                json.array([&] {
                    isEmpty = false;
                    json.skip();
                });
            });
    }
    if (!isEmpty) {
        const PipelineDocument document =
            readDocument(text, Tr::tr("The document of %1").arg(name));
        for (const PipelineDocument::Pipeline &pipeline : document.pipelines) {
            latest = std::max(latest, pipeline.updatedMs);
            for (const PipelineDocument::Stage &stage : pipeline.stages) {
                latest = std::max(latest, stage.updatedMs);
                for (const PipelineDocument::Execution &execution : stage.executions)
                    latest = std::max(latest, execution.updatedMs);
            }
        }
        m_files.addEnvironments([&] {
            const QByteArray zip = other.get("/api/download-python-env", qint64(64) << 20);
            // A server without environments says so in JSON; an empty zip has 22 bytes.
            return zip.startsWith('{') ? QByteArray("PK\x05\x06", 4) + QByteArray(18, '\0') : zip;
        }());
        m_database.write([&](SqlSession &session) {
            outcome = merge(session, document, {{}, {}, QDateTime::currentMSecsSinceEpoch()});
            session.run("UPDATE registered_servers SET last_sync_time = ? WHERE server_name = ?",
                        {latest, name});
        });
    }
    return {outcome.isNews(), latest};
}

} // namespace helmscope
