// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/hub.h"

#include "federation/hub/artifactfiles.h"
#include "federation/hub/audit.h"
#include "federation/hub/refusal.h"
#include "federation/hub/store/database.h"
#include "federation/hub/store/schema.h"
#include "federation/hub/tokens.h"

#include <QDir>
#include <QFileInfo>

#include <cstdio>

namespace helmscope {

namespace {

Hub::Settings completed(Hub::Settings settings)
{
    if (!QDir().mkpath(settings.folder) || !QFileInfo(settings.folder).isWritable())
        fail(Tr::tr("Cannot write to the folder %1: choose another with --data.")
                 .arg(settings.folder));
    QFile::setPermissions(settings.folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    settings.cmf.folder = settings.folder;
    settings.git.folder = settings.folder + "/git";
    if (settings.database.isEmpty())
        settings.database = settings.folder + "/hub.sqlite";
    return settings;
}

} // namespace

struct Hub::Private
{
    explicit Private(const Settings &of)
        : settings(completed(of))
        , audit(settings.folder + "/audit.jsonl")
        , database(settings.database)
        , tokens(database)
        , gate(tokens, settings.gate)
        , cmf(database, audit, settings.cmf)
        , artifacts(settings.folder + "/artifacts")
        , git(settings.git)
    {
    }
    Settings settings;
    Audit audit;
    HubDatabase database;
    Tokens tokens;
    Gate gate;
    CmfRest cmf;
    ArtifactFiles artifacts;
    GitRepositories git;
    std::unique_ptr<WebServer> web; ///< last: it uses all the others

    HubAnswer route(HubRequest &request);
    bool mayFetch(const HubRequest &request, const QString &artifact) const;
};

/// Whether a token for some pipelines may have this content: one of their runs must have used or
/// made it, itself or in a directory.
bool Hub::Private::mayFetch(const HubRequest &request, const QString &artifact) const
{
    if (request.caller.pipelines.isEmpty())
        return true;
    bool isTheirs = false;
    QStringList directories;
    database.read([&](SqlSession &session) {
        directories.clear();
        session.run("SELECT DISTINCT a.uri FROM Artifact a JOIN Event e ON e.artifact_id = a.id "
                    "JOIN Association s ON s.execution_id = e.execution_id JOIN ParentContext p ON "
                    "p.context_id = s.context_id JOIN Context c ON c.id = p.parent_context_id "
                    "WHERE (a.uri = ? OR a.uri LIKE '%.dir') AND c.name " +
                        session.inTexts(),
                    {artifact, SqlSession::listOf(request.caller.pipelines)},
                    [&](const QSqlQuery &row) {
                        if (row.value(0).toString() == artifact)
                            isTheirs = true;
                        else
                            directories << row.value(0).toString();
                    });
    });
    for (const QString &directory : directories)
        isTheirs = isTheirs || artifacts.holds(directory, artifact);
    return isTheirs;
}

HubAnswer Hub::Private::route(HubRequest &request)
{
    gate.admit(request);
    const QString first = request.path.first();
    if (first == "healthz") {
        qint64 version = 0;
        database.read([&](SqlSession &session) {
            version = session.number("SELECT max(version) FROM hub_version");
        });
        return HubAnswer::json(QVariantMap{{"status", version == hubVersion ? "ok" : "broken"},
                                           {"server", "helmscope-hub"}});
    }
    if (first == "metrics") {
        require(request, Scope::Read);
        HubAnswer answer = HubAnswer::text(audit.metrics(web ? web->connections() : 0));
        answer.type = "text/plain; version=0.0.4; charset=utf-8";
        return answer;
    }
    if (first == "artifacts") {
        const bool isWriting = request.method == "PUT" || request.method == "POST";
        require(request, isWriting ? Scope::Push : Scope::Read);
        return artifacts.answer(request, request.path.mid(1), [&](const QString &artifact) {
            return mayFetch(request, artifact);
        });
    }
    if (first == "git")
        return git.answer(request, request.path.mid(1));
    return cmf.answer(request, first == "api" ? request.path.mid(1) : request.path);
}

Hub::Hub(const Settings &settings)
    : d(std::make_unique<Private>(settings))
{
}

Hub::~Hub() = default;

Tokens &Hub::tokens()
{
    return d->tokens;
}

void Hub::listen()
{
    d->web = std::make_unique<WebServer>(
        d->settings.web, [this](HubRequest &request) { return answer(request); },
        [this](const HubRequest &request, const WebServer::Done &done) {
            d->audit.add({request.caller.name, request.remote, request.method,
                          loggedPath(request.target), done.status, done.bytesIn, done.bytesOut,
                          done.seconds, request.note});
        });
}

int Hub::port() const
{
    return d->web ? d->web->port() : 0;
}

QString Hub::databaseDescription() const
{
    return d->database.description();
}

HubAnswer Hub::answer(HubRequest &request)
{
    HubAnswer answer;
    try {
        answer = d->route(request);
    } catch (const Refusal &refusal) {
        request.note = QString::fromStdString(refusal.what());
        answer = HubAnswer::detail(request.note, refusal.status);
        if (refusal.status == 401) // git asks its user for the password then
            answer.headers.push_back({"WWW-Authenticate", "Basic realm=\"helmscope-hub\""});
        if (refusal.status == 429 || refusal.status == 423 || refusal.status == 503)
            answer.headers.push_back({"Retry-After", "1"});
    } catch (const std::exception &error) {
        // What is wrong inside is for the hub's own log.
        request.note = QString::fromUtf8(error.what());
        std::fprintf(stderr, "helmscope-hub: %s\n", error.what());
        answer = HubAnswer::detail(Tr::tr("The hub could not do this; its log says why. Nothing "
                                          "was stored."),
                                   500);
    }
    return answer;
}

} // namespace helmscope
