// SPDX-License-Identifier: GPL-3.0-or-later
#include "hubfixture.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QTest>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

using namespace helmscope;

// ---- PostgreSQL

static int freePort()
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int port = 0;
    if (bind(socket, reinterpret_cast<sockaddr *>(&address), size) == 0 &&
        getsockname(socket, reinterpret_cast<sockaddr *>(&address), &size) == 0)
        port = ntohs(address.sin_port);
    close(socket);
    return port;
}

void OwnPostgres::start(QProcess &process, const QString &program,
                        const QStringList &arguments) const
{
    // PostgreSQL refuses to run as root.
    process.setWorkingDirectory("/");
    if (geteuid() == 0)
        process.start("setpriv", QStringList{"--reuid=postgres", "--regid=postgres",
                                             "--clear-groups", m_programs + '/' + program} +
                                     arguments);
    else
        process.start(m_programs + '/' + program, arguments);
}

bool OwnPostgres::run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    start(process, program, arguments);
    const bool isDone = process.waitForFinished(60'000) && process.exitCode() == 0;
    if (!isDone)
        m_problem = program + ": " + QString::fromLocal8Bit(process.readAllStandardError());
    return isDone;
}

OwnPostgres::OwnPostgres()
{
    const QDir versions("/usr/lib/postgresql");
    for (const QString &version : versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        if (QFile::exists(versions.filePath(version) + "/bin/initdb"))
            m_programs = versions.filePath(version) + "/bin";
    if (m_programs.isEmpty()) {
        m_problem = "there is no PostgreSQL (package postgresql)";
        return;
    }
    // The cluster's own user needs a way in.
    QFile::setPermissions(m_folder.path(), QFile::Permissions(0x7777));
    const QString data = m_folder.filePath("data");
    if (!run("initdb", {"--pgdata", data, "--username=hub", "--auth=trust", "--no-sync",
                        "--encoding=UTF8", "--locale=C"}))
        return;
    m_port = freePort();
    m_server.setProcessChannelMode(QProcess::MergedChannels);
    start(m_server, "postgres",
          {"-D", data, "-p", QString::number(m_port), "-c", "listen_addresses=127.0.0.1", "-c",
           "fsync=off", "-c", "unix_socket_directories=" + m_folder.path()});
    QElapsedTimer timer;
    timer.start();
    QString log;
    while (!log.contains("ready to accept connections")) {
        if (timer.elapsed() > 30'000 || m_server.state() == QProcess::NotRunning) {
            m_problem = "PostgreSQL does not start: " + log;
            return;
        }
        m_server.waitForReadyRead(1000);
        log += QString::fromLocal8Bit(m_server.readAll());
    }
}

OwnPostgres::~OwnPostgres()
{
    if (m_server.state() == QProcess::NotRunning)
        return;
    ::kill(pid_t(m_server.processId()), SIGINT); // "fast": waits for no session
    if (!m_server.waitForFinished(10'000)) {
        m_server.kill();
        m_server.waitForFinished(5'000);
    }
}

QString OwnPostgres::newDatabase()
{
    const QString name = QStringLiteral("hub%1").arg(++m_count);
    if (!run("createdb", {"-h", "127.0.0.1", "-p", QString::number(m_port), "-U", "hub", name}))
        qFatal("%s", qPrintable(m_problem));
    return QStringLiteral("postgres://hub:any@127.0.0.1:%1/%2").arg(m_port).arg(name);
}

void OwnPostgres::dropConnections()
{
    if (!run("psql", {"-h", "127.0.0.1", "-p", QString::number(m_port), "-U", "hub", "-q", "-o",
                      "/dev/null", "-c",
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                      "application_name = 'helmscope-hub'",
                      "postgres"}))
        qFatal("%s", qPrintable(m_problem));
}

// ---- the hub

RunningHub::RunningHub(const Hub::Settings &given)
{
    Hub::Settings settings = given;
    if (settings.folder.isEmpty())
        settings.folder = m_folder.filePath("hub");
    settings.web.port = 0;
    m_hub = std::make_unique<Hub>(settings);
    m_token = makeToken("test", Scope::Admin);
    m_hub->listen();
}

QByteArray RunningHub::makeToken(const QString &name, Scope scope, const QStringList &pipelines)
{
    return m_hub->tokens().add({name, scope, pipelines, 0}).toLatin1();
}

std::unique_ptr<httplib::Client> RunningHub::client(const QByteArray &token) const
{
    auto client = std::make_unique<httplib::Client>("127.0.0.1", port());
    if (!token.isEmpty())
        client->set_bearer_token_auth(token.toStdString());
    client->set_read_timeout(60);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    return client;
}

httplib::Result RunningHub::push(const QByteArray &document, const QString &pipeline,
                                 const QString &uuid) const
{
    return client()->Post("/api/mlmd_push", pushBody(document, pipeline, uuid).toStdString(),
                          "application/json");
}

QByteArray RunningHub::pull(const QByteArray &wish) const
{
    const auto result = client()->Post("/api/mlmd_pull", wish.toStdString(), "application/json");
    return result && result->status == 200 ? QByteArray::fromStdString(result->body) : QByteArray();
}

QByteArray RunningHub::raw(const QByteArray &bytes, bool isHalfClosed) const
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(std::uint16_t(port()));
    QByteArray answer;
    if (connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0) {
        send(socket, bytes.constData(), std::size_t(bytes.size()), MSG_NOSIGNAL);
        if (isHalfClosed)
            shutdown(socket, SHUT_WR);
        char buffer[4096];
        for (pollfd poll{socket, POLLIN, 0}; ::poll(&poll, 1, 30'000) > 0;) {
            const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
            if (got <= 0)
                break;
            answer.append(buffer, got);
        }
    }
    close(socket);
    return answer;
}

QByteArray pushBody(const QByteArray &document, const QString &pipeline, const QString &uuid)
{
    QJsonObject body{{"pipeline_name", pipeline}, {"json_payload", QString::fromUtf8(document)}};
    body.insert("exec_uuid", uuid.isEmpty() ? QJsonValue() : QJsonValue(uuid));
    return QJsonDocument(body).toJson(QJsonDocument::Compact);
}

QByteArray statusOf(const httplib::Result &result)
{
    if (!result)
        return "no answer: " + QByteArray::fromStdString(httplib::to_string(result.error()));
    const QJsonObject body =
        QJsonDocument::fromJson(QByteArray::fromStdString(result->body)).object();
    const QString said =
        body.contains("status") ? body.value("status").toString() : body.value("detail").toString();
    return QByteArray::number(result->status) + ' ' + said.toUtf8();
}

QByteArray documentOf(const QString &pipeline, int runs, const QString &prefix)
{
    QJsonArray executions;
    for (int i = 0; i < runs; ++i) {
        const QString uuid = prefix + '-' + QString::number(i);
        const auto md5 = [&](const char *what) {
            return QString::fromLatin1(
                QCryptographicHash::hash((uuid + what).toUtf8(), QCryptographicHash::Md5).toHex());
        };
        const auto artifact = [&](const char *type, const QString &uri) {
            return QJsonObject{{"type", type},
                               {"name", QString(type) + ".bin:" + uri},
                               {"uri", uri},
                               {"create_time_since_epoch", 1'700'000'000'000.0 + i},
                               {"last_update_time_since_epoch", 1'700'000'000'000.0 + i},
                               {"properties", QJsonObject{{"Commit", uri}}},
                               {"custom_properties", QJsonObject{{"rows", i}}}};
        };
        executions.append(QJsonObject{
            {"name", ""},
            {"type", "Train-run"},
            {"create_time_since_epoch", 1'700'000'000'000.0 + i},
            {"last_update_time_since_epoch", 1'700'000'000'000.0 + i},
            {"properties", QJsonObject{{"Execution_uuid", uuid},
                                       {"Context_Type", pipeline + "/Train"},
                                       {"Execution", "train"}}},
            {"custom_properties", QJsonObject{{"seed", i}, {"rate", "0.001"}}},
            {"events",
             QJsonArray{QJsonObject{{"type", 3}, {"artifact", artifact("Dataset", md5("in"))}},
                        QJsonObject{{"type", 4}, {"artifact", artifact("Model", md5("out"))}}}}});
    }
    const QJsonObject stage{{"name", pipeline + "/Train"},
                            {"create_time_since_epoch", 1'700'000'000'000.0},
                            {"custom_properties", QJsonObject()},
                            {"executions", executions}};
    return QJsonDocument(
               QJsonObject{{"Pipeline",
                            QJsonArray{QJsonObject{{"name", pipeline},
                                                   {"create_time_since_epoch", 1'700'000'000'000.0},
                                                   {"stages", QJsonArray{stage}}}}}})
        .toJson(QJsonDocument::Compact);
}

QByteArray recorded(const QString &name)
{
    QFile in(QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/lineage/") + name);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}
