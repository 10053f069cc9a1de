// SPDX-License-Identifier: GPL-3.0-or-later
// Times of the hub over the loopback: bench_hub [--json] [--postgres] [--clients N]. A recorded
// pipeline (where it is), one of 109 executions and 472 events, one of 10,000 executions, many
// clients at once, and an artifact of 200 MB beside what plain curl reaches from a server of files.

#include "hubfixture.h"

#include "federation/objects/objectfile.h"
#include "federation/objects/transfer.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>
#include <vector>

using namespace helmscope;

namespace {

QJsonObject results;

void say(const char *what, double value, const char *unit)
{
    results.insert(QStringLiteral("%1 [%2]").arg(what, unit), value);
    std::printf("%-52s %10.2f %s\n", what, value, unit);
    std::fflush(stdout);
}

[[noreturn]] void end(const char *what)
{
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

/// Executions with 472 events over 109 of them, in 12 stages, as a meta-learning study has; then
/// more of the same.
QByteArray study(const QString &pipeline, int executions, double eventsEach, const QString &prefix)
{
    const int stages = 12;
    std::vector<QJsonArray> runs(stages);
    const auto md5 = [](const QString &of) {
        return QString::fromLatin1(
            QCryptographicHash::hash(of.toUtf8(), QCryptographicHash::Md5).toHex());
    };
    int events = 0;
    for (int i = 0; i < executions; ++i) {
        QJsonArray list;
        for (; events < int(std::lround((i + 1) * eventsEach)); ++events) {
            // Every third is something an earlier run made.
            const bool isInput = events % 3 == 0;
            const QString uri = md5(prefix + QString::number(isInput ? events / 2 : events));
            const QJsonObject properties{
                {"git_repo", "git@host:lab/repo.git"},
                {"Commit", uri},
                {"url", pipeline + ":s3://bucket/files/md5/" + uri.left(2) + '/' + uri.mid(2)}};
            list.append(QJsonObject{
                {"type", isInput ? 3 : 4},
                {"artifact", QJsonObject{{"type", "Dataset"},
                                         {"name", "artifacts/" + uri.left(6) + ".npy:" + uri},
                                         {"uri", uri},
                                         {"create_time_since_epoch", 1.7e12 + events},
                                         {"last_update_time_since_epoch", 1.7e12 + events},
                                         {"properties", properties},
                                         {"custom_properties", QJsonObject()}}}});
        }
        const QString stage = QStringLiteral("%1/Stage %2").arg(pipeline).arg(i % stages);
        runs[std::size_t(i % stages)].append(
            QJsonObject{{"name", ""},
                        {"type", "Run"},
                        {"create_time_since_epoch", 1.7e12 + i},
                        {"last_update_time_since_epoch", 1.7e12 + i},
                        {"properties",
                         QJsonObject{{"Context_Type", stage},
                                     {"Execution", "['train.py']"},
                                     {"Git_Repo", "git@host:lab/repo.git"},
                                     {"Git_Start_Commit", md5("commit")},
                                     {"Git_End_Commit", ""},
                                     {"Execution_uuid", md5(prefix + "run" + QString::number(i))}}},
                        {"custom_properties", QJsonObject{{"seed", i},
                                                          {"learning_rate", 1e-4 * i},
                                                          {"window_size", 16},
                                                          {"optimizer", "adam"}}},
                        {"events", list}});
    }
    QJsonArray all;
    for (int i = 0; i < stages; ++i)
        all.append(QJsonObject{{"name", QStringLiteral("%1/Stage %2").arg(pipeline).arg(i)},
                               {"create_time_since_epoch", 1.7e12},
                               {"custom_properties", QJsonObject()},
                               {"executions", runs[std::size_t(i)]}});
    return QJsonDocument(
               QJsonObject{{"Pipeline", QJsonArray{QJsonObject{{"name", pipeline},
                                                               {"create_time_since_epoch", 1.7e12},
                                                               {"stages", all}}}}})
        .toJson(QJsonDocument::Compact);
}

double msOf(const std::function<void()> &work)
{
    QElapsedTimer timer;
    timer.start();
    work();
    return double(timer.nsecsElapsed()) / 1e6;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double residentMb(const char *key)
{
    QFile status("/proc/self/status");
    if (status.open(QIODevice::ReadOnly))
        for (const QByteArray &line : status.readAll().split('\n'))
            if (line.startsWith(key))
                return line.mid(qsizetype(qstrlen(key)) + 1).simplified().split(' ')[0].toDouble() /
                       1024;
    return 0;
}

/// Medians of pushing and pulling a document that is new each time.
void pushAndPull(RunningHub &hub, const char *what, const std::function<QByteArray(int)> &document,
                 const std::function<QString(int)> &pipeline, int times)
{
    std::vector<double> pushes, pulls, again;
    for (int i = 0; i < times; ++i) {
        const std::string body = pushBody(document(i), pipeline(i)).toStdString();
        const auto client = hub.client();
        client->Get("/healthz"); // connected
        const auto push = [&](const char *status) {
            const auto answer = client->Post("/api/mlmd_push", body, "application/json");
            if (statusOf(answer) != status)
                end(statusOf(answer).constData());
        };
        pushes.push_back(msOf([&] { push("200 success"); }));
        again.push_back(msOf([&] { push("200 exists"); }));
        const std::string wish = "{\"pipeline_name\": \"" + pipeline(i).toStdString() + "\"}";
        pulls.push_back(msOf([&] {
            const auto answer = client->Post("/api/mlmd_pull", wish, "application/json");
            if (!answer || answer->status != 200)
                end("no pull");
        }));
    }
    say(qPrintable(QStringLiteral("push of %1").arg(what)), median(pushes), "ms");
    say(qPrintable(QStringLiteral("push of %1, known").arg(what)), median(again), "ms");
    say(qPrintable(QStringLiteral("pull of %1").arg(what)), median(pulls), "ms");
}

void manyClients(RunningHub &hub, int clients, int pushes)
{
    std::vector<std::vector<double>> times(static_cast<std::size_t>(clients));
    std::vector<std::vector<std::string>> bodies(static_cast<std::size_t>(clients));
    for (int c = 0; c < clients; ++c)
        for (int i = 0; i < pushes; ++i)
            bodies[std::size_t(c)].push_back(pushBody(study(QStringLiteral("lab%1").arg(c), 4, 4.33,
                                                            QStringLiteral("%1-%2-").arg(c).arg(i)),
                                                      QStringLiteral("lab%1").arg(c))
                                                 .toStdString());
    const double before = residentMb("VmRSS:");
    std::vector<std::thread> threads;
    std::atomic<int> stored = 0;
    const double all = msOf([&] {
        for (int c = 0; c < clients; ++c)
            threads.emplace_back([&, c] {
                const auto client = hub.client();
                for (const std::string &body : bodies[std::size_t(c)])
                    times[std::size_t(c)].push_back(msOf([&] {
                        stored += statusOf(client->Post("/api/mlmd_push", body,
                                                        "application/json")) == "200 success";
                    }));
            });
        for (std::thread &thread : threads)
            thread.join();
    });
    std::vector<double> each;
    for (const std::vector<double> &of : times)
        each.insert(each.end(), of.begin(), of.end());
    std::sort(each.begin(), each.end());
    if (stored != clients * pushes)
        end("a push was lost");
    say(qPrintable(QStringLiteral("%1 clients at once, median").arg(clients)),
        each[each.size() / 2], "ms");
    say(qPrintable(QStringLiteral("%1 clients at once, 99th percentile").arg(clients)),
        each[each.size() * 99 / 100], "ms");
    say("pushes a second", 1000.0 * clients * pushes / all, "1/s");
    say("memory of hub and clients, peak", residentMb("VmHWM:"), "MB");
    say("of that before the clients came", before, "MB");
}

/// curl's own time for one transfer; ms.
double curl(const QStringList &arguments)
{
    QProcess process;
    process.start("curl",
                  QStringList{"-sS", "-f", "-o", "/dev/null", "-w", "%{time_total}"} + arguments);
    if (!process.waitForFinished(300'000) || process.exitCode() != 0)
        end(process.readAllStandardError().constData());
    return 1000 * process.readAllStandardOutput().toDouble();
}

void transfer(RunningHub &hub)
{
    constexpr int megabytes = 200;
    QTemporaryDir folder;
    const QString file = folder.filePath("artifact");
    QFile out(file);
    QCryptographicHash md5(QCryptographicHash::Md5);
    if (!out.open(QIODevice::WriteOnly))
        end("no room");
    QByteArray piece(1 << 20, Qt::Uninitialized);
    std::uint32_t state = 12345;
    for (int i = 0; i < megabytes; ++i) {
        for (char &c : piece)
            c = char((state = state * 1664525u + 1013904223u) >> 24);
        out.write(piece);
        md5.addData(piece);
    }
    out.close();
    const QString hash = QString::fromLatin1(md5.result().toHex());
    const QString artifact = QStringLiteral("http://127.0.0.1:%1/artifacts/files/md5/%2/%3")
                                 .arg(hub.port())
                                 .arg(hash.left(2), hash.mid(2));
    const QStringList token{"-H", "Authorization: Bearer " + QString(hub.token())};
    const QString stored =
        hub.folder() + "/hub/artifacts/files/md5/" + hash.left(2) + '/' + hash.mid(2);
    // Ours, of an object that was hashed when it came into the cache.
    const QString cache = folder.filePath("cache"), known = cache + '/' + objectPath(hash);
    QDir().mkpath(QFileInfo(known).path());
    if (!QFile::copy(file, known))
        end("no room");
    {
        QFile times(known);
        if (!times.open(QIODevice::ReadWrite) ||
            !times.setFileTime(QDateTime::currentDateTime().addSecs(-60),
                               QFileDevice::FileModificationTime))
            end("no time of the object");
        times.close();
        ObjectFile object(known, hash, ObjectFile::Hashing::UnlessVerified);
        while (object.read(piece.data(), piece.size()) > 0)
            ;
    }
    ObjectRemote remote;
    remote.remote.kind = Remote::Kind::Artifacts;
    remote.remote.name = "hub";
    remote.remote.url = QStringLiteral("http://127.0.0.1:%1/artifacts").arg(hub.port());
    remote.credentials.token = QString::fromLatin1(hub.token());
    std::vector<double> up, down, plainUp, plainDown, ours;
    QProcess server;
    server.setWorkingDirectory(folder.path());
    server.setProcessChannelMode(QProcess::MergedChannels);
    // What nginx would be: files in, files out, nothing verified.
    const bool hasNginx = QFile::exists("/usr/sbin/nginx");
    const int port = 20000 + int(QCoreApplication::applicationPid() % 20000);
    if (hasNginx) {
        QFile configuration(folder.filePath("nginx.conf"));
        configuration.open(QIODevice::WriteOnly);
        configuration.write(
            QStringLiteral(
                "daemon off; worker_processes 1; user root; pid %1/pid; error_log stderr;\n"
                "load_module modules/ngx_http_dav_ext_module.so;\n"
                "events {}\nhttp { access_log off; sendfile on; client_body_temp_path "
                "%1/t; client_max_body_size 0; server { listen 127.0.0.1:%2; root %1; "
                "location / { dav_methods PUT; } } }\n")
                .arg(folder.path())
                .arg(port)
                .remove("load_module modules/ngx_http_dav_ext_module.so;\n")
                .toUtf8());
        configuration.close();
        server.start("/usr/sbin/nginx", {"-c", folder.filePath("nginx.conf"), "-e", "stderr"});
        server.waitForStarted();
        for (int i = 0; i < 100; ++i) {
            httplib::Client client("127.0.0.1", port);
            if (client.Head("/artifact"))
                break;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    const QString plain = QStringLiteral("http://127.0.0.1:%1/").arg(port);
    for (int i = 0; i < 5; ++i) {
        QFile::remove(stored);
        const TransferPlan plan = planUpload(remote, cache, {hash}, unwatched());
        QElapsedTimer clock;
        clock.start();
        if (!upload(remote, cache, plan, unwatched()).isComplete())
            end("the upload fails");
        ours.push_back(double(clock.nsecsElapsed()) / 1e6);
        QFile::remove(stored);
        up.push_back(curl(token + QStringList{"-T", file, artifact}));
        down.push_back(curl(token + QStringList{artifact}));
        if (hasNginx) {
            plainUp.push_back(curl({"-T", file, plain + "put"}));
            plainDown.push_back(curl({plain + "artifact"}));
        }
    }
    const auto rate = [](const std::vector<double> &times) {
        return 1000 * megabytes / median(times);
    };
    say("upload to the hub", rate(up), "MB/s");
    say("our upload to the hub", rate(ours), "MB/s");
    say("our upload to the hub: of plain curl to it", 100 * rate(ours) / rate(up), "%");
    say("download from the hub", rate(down), "MB/s");
    if (!hasNginx)
        return;
    say("upload to nginx", rate(plainUp), "MB/s");
    say("download from nginx", rate(plainDown), "MB/s");
    say("our upload to the hub: of plain curl to nginx", 100 * rate(ours) / rate(plainUp), "%");
    say("upload: of plain curl to nginx", 100 * rate(up) / rate(plainUp), "%");
    say("download: of plain curl from nginx", 100 * rate(down) / rate(plainDown), "%");
    server.terminate();
    server.waitForFinished(5000);
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    const int place = int(arguments.indexOf("--clients"));
    const int clients = place > 0 ? arguments.value(place + 1).toInt() : 100;
    Hub::Settings settings;
    settings.gate.requestsPerSecond = 0;
    std::unique_ptr<OwnPostgres> postgres;
    if (arguments.contains("--postgres")) {
        postgres = std::make_unique<OwnPostgres>();
        if (!postgres->problem().isEmpty())
            end(qPrintable(postgres->problem()));
        settings.database = postgres->newDatabase();
    }
    RunningHub hub(settings);
    const QByteArray real = recorded("aldkl_push.json");
    if (!real.isEmpty())
        pushAndPull(
            hub, "aldkl (12 executions, 67 events)",
            [&](int i) { // other contents of the same shape
                QByteArray text = real;
                const QByteArray n = QByteArray::number(i);
                return text.replace("ALDKL", "ALDKL" + n)
                    .replace("\"uri\": \"", "\"uri\": \"" + n)
                    .replace("\"uri\":\"", "\"uri\":\"" + n);
            },
            [](int i) { return QStringLiteral("ALDKL%1").arg(i); }, 9);
    pushAndPull(
        hub, "109 executions, 472 events",
        [](int i) {
            return study(QStringLiteral("study%1").arg(i), 109, 472.0 / 109,
                         QStringLiteral("s%1-").arg(i));
        },
        [](int i) { return QStringLiteral("study%1").arg(i); }, 9);
    manyClients(hub, clients, 5);
    pushAndPull(
        hub, "10,000 executions, 43,303 events",
        [](int) { return study("large", 10'000, 472.0 / 109, "large-"); },
        [](int) { return QStringLiteral("large"); }, 1);
    if (!postgres)
        transfer(hub);
    if (arguments.contains("--json"))
        std::puts(QJsonDocument(results).toJson().constData());
}
