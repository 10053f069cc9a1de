// SPDX-License-Identifier: GPL-3.0-or-later
// What the hub keeps beside lineage: artifacts by content and the git of workspaces; and who may.

#include "hubfixture.h"

#include <QCryptographicHash>
#include <QDirIterator>
#include <QRandomGenerator>
#include <QTest>

#include <algorithm>
#include <thread>

using namespace helmscope;

namespace {

QByteArray randomBytes(int size, quint32 seed)
{
    QRandomGenerator random(seed);
    QByteArray bytes(size, Qt::Uninitialized);
    for (char &byte : bytes)
        byte = char(random.generate());
    return bytes;
}

std::string addressOf(const QByteArray &content, const char *suffix = "")
{
    const QByteArray md5 = QCryptographicHash::hash(content, QCryptographicHash::Md5).toHex();
    return ("/artifacts/files/md5/" + md5.left(2) + '/' + md5.mid(2) + suffix).toStdString();
}

std::string rangeOf(qint64 first, qint64 count, qint64 total)
{
    return "bytes " + std::to_string(first) + '-' + std::to_string(first + count - 1) + '/' +
           std::to_string(total);
}

/// git as a user runs it, without his configuration.
QByteArray git(const QString &folder, const QStringList &arguments, bool isToSucceed = true)
{
    QProcess process;
    process.setWorkingDirectory(folder);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("GIT_CONFIG_GLOBAL", "/dev/null");
    environment.insert("GIT_CONFIG_NOSYSTEM", "1");
    environment.insert("GIT_TERMINAL_PROMPT", "0");
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("git", QStringList{"-c", "user.name=t", "-c", "user.email=t@t"} + arguments);
    process.waitForFinished(60'000);
    const QByteArray said = process.readAll();
    if ((process.exitCode() == 0) != isToSucceed)
        qWarning("git %s: %s", qPrintable(arguments.join(' ')), said.constData());
    return (process.exitCode() == 0) == isToSucceed ? said + " " : QByteArray();
}

int partials(const RunningHub &hub)
{
    return int(QDir(hub.folder() + "/hub/artifacts/partial").entryList(QDir::Files).size());
}

} // namespace

class TestHubFiles : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void anArtifactComesBackAsItWas()
    {
        RunningHub hub;
        const auto client = hub.client();
        for (const int size : {0, 1, 4096, 3'000'000}) {
            const QByteArray content = randomBytes(size, 1);
            const std::string address = addressOf(content);
            QCOMPARE(client->Get(address)->status, 404);
            QCOMPARE(client->Put(address, content.toStdString(), "")->status, size ? 201 : 201);
            QCOMPARE(client->Put(address, content.toStdString(), "")->status, 200);
            QCOMPARE(client->Get(address)->body, content.toStdString());
            const auto head = client->Head(address);
            QCOMPARE(head->status, 200);
            QCOMPARE(head->get_header_value("Content-Length"), std::to_string(size));
        }
        QCOMPARE(partials(hub), 0);
    }

    void partsOfAnArtifactAreServed_data()
    {
        QTest::addColumn<QByteArray>("range");
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("count");
        QTest::newRow("middle") << QByteArray("bytes=10-19") << 206 << 10 << 10;
        QTest::newRow("rest") << QByteArray("bytes=990-") << 206 << 990 << 10;
        QTest::newRow("last") << QByteArray("bytes=-7") << 206 << 993 << 7;
        QTest::newRow("more than all") << QByteArray("bytes=0-99999") << 206 << 0 << 1000;
        QTest::newRow("beyond") << QByteArray("bytes=1000-") << 416 << 0 << 0;
        QTest::newRow("backwards") << QByteArray("bytes=20-10") << 416 << 0 << 0;
        QTest::newRow("several") << QByteArray("bytes=1-2,5-6") << 200 << 0 << 1000;
    }
    void partsOfAnArtifactAreServed()
    {
        QFETCH(QByteArray, range);
        QFETCH(int, status);
        QFETCH(int, first);
        QFETCH(int, count);
        RunningHub hub;
        const QByteArray content = randomBytes(1000, 2);
        hub.client()->Put(addressOf(content), content.toStdString(), "");
        const auto part =
            hub.client()->Get(addressOf(content), httplib::Headers{{"Range", range.toStdString()}});
        QVERIFY(part);
        QCOMPARE(part->status, status);
        if (status != 416)
            QCOMPARE(QByteArray::fromStdString(part->body), content.mid(first, count));
    }

    void bytesThatAreNotTheArtifactAreRefused()
    {
        RunningHub hub;
        const auto client = hub.client();
        const QByteArray content = randomBytes(100'000, 3);
        QByteArray wrong = content;
        wrong[5] = char(wrong[5] ^ 1);
        QCOMPARE(client->Put(addressOf(content), wrong.toStdString(), "")->status, 422);
        const auto resumed = client->Put(
            addressOf(content), httplib::Headers{{"Content-Range", rangeOf(0, 100'000, 100'000)}},
            wrong.toStdString(), "");
        QCOMPARE(resumed->status, 422);
        QCOMPARE(client->Get(addressOf(content))->status, 404);
        QCOMPARE(partials(hub), 0);
    }

    void anUploadGoesOnWhereItStopped()
    {
        RunningHub hub;
        const auto client = hub.client();
        const QByteArray content = randomBytes(2'000'000, 4);
        const std::string address = addressOf(content);
        const auto put = [&](qint64 first, qint64 count) {
            return client->Put(
                address, httplib::Headers{{"Content-Range", rangeOf(first, count, content.size())}},
                content.mid(first, count).toStdString(), "");
        };
        const auto offset = [&] {
            return client->Head(address)->get_header_value("Upload-Offset");
        };
        QCOMPARE(put(0, 500'000)->status, 202);
        QCOMPARE(offset(), std::string("500000"));
        // Too far on: the hub says where it is.
        const auto gap = put(900'000, 100'000);
        QCOMPARE(gap->status, 409);
        QCOMPARE(gap->get_header_value("Upload-Offset"), std::string("500000"));
        // The connection breaks in the middle of a part: what came stays.
        const QByteArray head = QByteArray("PUT ") + address.c_str() +
                                " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + hub.token() +
                                "\r\nContent-Length: 1000000\r\nContent-Range: bytes "
                                "500000-1499999/2000000\r\n\r\n";
        QVERIFY(hub.raw(head + content.mid(500'000, 300'000)).startsWith("HTTP/1.1 400"));
        QCOMPARE(offset(), std::string("800000"));
        QCOMPARE(put(800'000, 1'200'000)->status, 201);
        QCOMPARE(client->Get(address)->body, content.toStdString());
        QCOMPARE(partials(hub), 0);
    }

    void aBrokenPlainUploadCanGoOnToo()
    {
        RunningHub hub;
        const QByteArray content = randomBytes(1'000'000, 5);
        const std::string address = addressOf(content);
        const QByteArray head = QByteArray("PUT ") + address.c_str() +
                                " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + hub.token() +
                                "\r\nContent-Length: 1000000\r\n\r\n";
        QVERIFY(hub.raw(head + content.left(600'000)).startsWith("HTTP/1.1 400"));
        const auto client = hub.client();
        const auto partial = client->Head(address);
        QCOMPARE(partial->status, 404);
        QCOMPARE(partial->get_header_value("Upload-Offset"), std::string("600000"));
        const auto rest = client->Put(
            address, httplib::Headers{{"Content-Range", rangeOf(600'000, 400'000, 1'000'000)}},
            content.mid(600'000).toStdString(), "");
        QCOMPARE(rest->status, 201);
    }

    void anUploadInChunksIsTaken()
    {
        RunningHub hub;
        const QByteArray content = randomBytes(700'000, 9);
        // As DVC sends it: nobody says how much comes.
        const auto result = hub.client()->Put(
            addressOf(content),
            [&](size_t offset, httplib::DataSink &sink) {
                const QByteArray piece = content.mid(qsizetype(offset), 50'000);
                if (piece.isEmpty())
                    sink.done();
                else
                    sink.write(piece.constData(), std::size_t(piece.size()));
                return true;
            },
            "application/octet-stream");
        QVERIFY(result);
        QCOMPARE(result->status, 201);
        QCOMPARE(hub.client()->Get(addressOf(content))->body, content.toStdString());
    }

    void manyMayUploadOneArtifactAtOnce()
    {
        RunningHub hub;
        const QByteArray content = randomBytes(1'000'000, 6);
        std::vector<std::thread> threads;
        std::atomic<int> stored = 0;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const auto result =
                    hub.client()->Put(addressOf(content), content.toStdString(), "");
                stored += result && result->status / 100 == 2;
            });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(stored.load(), 8);
        QCOMPARE(hub.client()->Get(addressOf(content))->body, content.toStdString());
        QCOMPARE(partials(hub), 0);
    }

    void aDirectoryWhoseMembersLeadOutIsRefused_data()
    {
        QTest::addColumn<QByteArray>("list");
        QTest::addColumn<int>("status");
        const QByteArray md5(32, 'a');
        const auto member = [&](const char *path) {
            return "[{\"md5\": \"" + md5 + "\", \"relpath\": \"" + path + "\"}]";
        };
        QTest::newRow("good") << member("a/b.txt") << 201;
        QTest::newRow("empty") << QByteArray("[]") << 201;
        QTest::newRow("up") << member("../b") << 422;
        QTest::newRow("up inside") << member("a/../../b") << 422;
        QTest::newRow("absolute") << member("/etc/passwd") << 422;
        QTest::newRow("of Windows") << member("..\\\\b") << 422;
        QTest::newRow("escaped") << member("\\u002e\\u002e/b") << 422;
        QTest::newRow("no hash") << QByteArray("[{\"md5\": \"x\", \"relpath\": \"a\"}]") << 422;
        QTest::newRow("no list") << QByteArray("{}") << 422;
        QTest::newRow("Python") << QByteArray("__import__('os')") << 422;
    }
    void aDirectoryWhoseMembersLeadOutIsRefused()
    {
        QFETCH(QByteArray, list);
        QFETCH(int, status);
        RunningHub hub;
        QCOMPARE(hub.client()->Put(addressOf(list, ".dir"), list.toStdString(), "")->status,
                 status);
    }

    void noPathLeadsOutOfTheFolder_data()
    {
        QTest::addColumn<QByteArray>("path");
        for (const char *path :
             {"/artifacts/files/md5/../../hub.sqlite", "/artifacts/../hub.sqlite",
              "/artifacts/files/md5/%2e%2e/%2e%2e", "/artifacts/files/md5/..%2f..%2fhub.sqlite/x",
              "/artifacts//etc/passwd", "/artifacts/files/md5/ab/%c0%ae%c0%ae",
              "/artifacts/files/md5/ab/\xef\xbc\x8e\xef\xbc\x8e", "/artifacts/files/md5/ab/%00",
              "/artifacts/files/md5/AB/CDEF0123456789abcdef0123456789", "/git/../hub.sqlite",
              "/git/..%2fx.git/info/refs?service=git-upload-pack", "/git/%2e%2e.git/info/refs",
              "/git/x.git/config", "/git/x.git/objects/info/packs", "/git/-x.git/info/refs",
              "/hub.sqlite", "/audit.jsonl", "/%2e%2e/etc/passwd", "/api/%0d%0aX-Evil:1"})
            QTest::newRow(path) << QByteArray(path);
    }
    void noPathLeadsOutOfTheFolder()
    {
        QFETCH(QByteArray, path);
        RunningHub hub;
        for (const char *method : {"GET", "PUT", "POST"}) {
            const QByteArray answer = hub.raw(
                QByteArray(method) + ' ' + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                hub.token() + "\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
            QVERIFY2(answer.startsWith("HTTP/1.1 4"), answer);
        }
        for (QDirIterator it(hub.folder(), QDir::Files, QDirIterator::Subdirectories);
             it.hasNext();) {
            const QString file = QDir(hub.folder()).relativeFilePath(it.next());
            QVERIFY2(file.startsWith("hub/hub.sqlite") || file == "hub/audit.jsonl",
                     qPrintable(file));
        }
    }

    void gitPushesAndClones()
    {
        RunningHub hub;
        QTemporaryDir folder;
        const QString reader = hub.makeToken("reader", Scope::Read);
        const auto url = [&](const QString &token) {
            return QStringLiteral("http://any:%1@127.0.0.1:%2/git/sample.git")
                .arg(token)
                .arg(hub.port());
        };
        const QString work = folder.filePath("work"), copy = folder.filePath("copy");
        QVERIFY(!git(folder.path(), {"init", "-q", "-b", "main", work}).isEmpty());
        QFile file(work + "/spectra.bin");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(randomBytes(3'000'000, 7)); // more than git buffers: it comes in chunks
        file.close();
        QVERIFY(!git(work, {"add", "."}).isEmpty());
        QVERIFY(!git(work, {"commit", "-qm", "first"}).isEmpty());
        // Nothing is there yet, and who only reads does not make it.
        QVERIFY(!git(folder.path(), {"clone", "-q", url(reader), copy}, false).isEmpty());
        QVERIFY(!git(work, {"push", "-q", url(reader), "main"}, false).isEmpty());
        QVERIFY(!git(work, {"push", "-q", url("hs_wrong"), "main"}, false).isEmpty());
        QVERIFY(!QFile::exists(hub.folder() + "/hub/git/sample.git"));
        QVERIFY(!git(work, {"push", "-q", url(hub.token()), "main"}).isEmpty());
        QVERIFY(!git(folder.path(), {"clone", "-q", url(reader), copy}).isEmpty());
        QCOMPARE(git(copy, {"rev-parse", "HEAD"}), git(work, {"rev-parse", "HEAD"}));
        // Histories that went apart are not overwritten.
        QVERIFY(!git(copy, {"commit", "-q", "--allow-empty", "-m", "theirs"}).isEmpty());
        QVERIFY(!git(work, {"commit", "-q", "--allow-empty", "-m", "ours"}).isEmpty());
        QVERIFY(!git(copy, {"push", "-q", url(hub.token()), "main"}).isEmpty());
        QVERIFY(git(work, {"push", url(hub.token()), "main"}, false).contains("fetch first"));
        // A token in the path does as well.
        const QString inPath = QStringLiteral("http://127.0.0.1:%1/t/%2/git/sample.git")
                                   .arg(hub.port())
                                   .arg(QString(reader));
        QVERIFY(!git(work, {"fetch", "-q", inPath, "main"}).isEmpty());
    }

    void aTokenOpensWhatItIsFor()
    {
        RunningHub hub;
        hub.push(documentOf("p", 1), "p");
        hub.push(documentOf("q", 1, "v"), "q");
        const QByteArray content = randomBytes(10, 8);
        const QByteArray reader = hub.makeToken("reader", Scope::Read);
        const QByteArray onlyP = hub.makeToken("only p", Scope::Push, {"p"});
        const auto push = [&](const QByteArray &token, const char *pipeline) {
            const auto result = hub.client(token)->Post(
                "/api/mlmd_push", pushBody(documentOf(pipeline, 2, "w"), pipeline).toStdString(),
                "application/json");
            return result ? result->status : 0;
        };
        const auto get = [&](const QByteArray &token, const std::string &path) {
            const auto result = hub.client(token)->Get(path);
            return result ? result->status : 0;
        };
        for (const char *open : {"/", "/api", "/api/", "/healthz"})
            QCOMPARE(get("", open), 200);
        for (const char *closed : {"/api/pipelines", "/metrics", "/artifacts/files/md5/ab/cd",
                                   "/git/x.git/info/refs?service=git-upload-pack", "/nothing"}) {
            QCOMPARE(get("", closed), 401);
            QCOMPARE(get("hs_wrong", closed), 401);
        }
        QCOMPARE(get(reader, "/metrics"), 200);
        QCOMPARE(push("", "p"), 401);
        QCOMPARE(push(reader, "p"), 403);
        QCOMPARE(hub.client(reader)->Put(addressOf(content), content.toStdString(), "")->status,
                 403);
        QCOMPARE(push(onlyP, "p"), 200);
        QCOMPARE(push(onlyP, "q"), 403);
        QCOMPARE(hub.client(onlyP)->Get("/api/pipelines")->body, std::string("[\"p\"]"));
        QCOMPARE(hub.client(onlyP)
                     ->Post("/api/mlmd_pull", "{\"pipeline_name\":\"q\"}", "application/json")
                     ->status,
                 403);
        QVERIFY(hub.client(onlyP)
                    ->Post("/api/mlmd_pull", "{}", "application/json")
                    ->body.find("q/Train") == std::string::npos);
        // An artifact is for those whose runs have it.
        QCOMPARE(hub.client()->Put(addressOf(content), content.toStdString(), "")->status, 201);
        QCOMPARE(get(reader, addressOf(content)), 200);
        QCOMPARE(get(onlyP, addressOf(content)), 403);
        QCOMPARE(hub.client(onlyP)->Head(addressOf(content))->status, 200); // it may store it
        QCOMPARE(get(onlyP, addressOf("nobody has this")), 404);
        // Revoked is revoked.
        QVERIFY(hub.hub().tokens().revoke("reader"));
        QCOMPARE(get(reader, "/api/pipelines"), 401);
        QVERIFY(!hub.hub().tokens().revoke("reader"));
        // Nothing that is kept gives a token away.
        for (const char *kept : {"audit.jsonl", "hub.sqlite", "hub.sqlite-wal"}) {
            QFile file(hub.folder() + "/hub/" + kept);
            if (file.open(QIODevice::ReadOnly))
                QVERIFY(!file.readAll().contains("hs_"));
        }
    }

    void theLogSaysWhoDidWhatAndNoToken()
    {
        RunningHub hub;
        QCOMPARE(hub.client("")->Get("/t/" + hub.token().toStdString() + "/api/pipelines")->status,
                 200);
        QCOMPARE(
            hub.client("")->Get("/%74/" + hub.token().toStdString() + "/api/pipelines")->status,
            200);
        QCOMPARE(hub.client("")->Get("/t/hs_wrong/api/pipelines")->status, 401);
        QFile log(hub.folder() + "/hub/audit.jsonl");
        const auto lines = [&] {
            log.close();
            return log.open(QIODevice::ReadOnly) ? log.readAll().split('\n') : QByteArrayList();
        };
        QTRY_COMPARE(lines().size(), 4);
        // Written once the answer is sent, by several threads: in any order.
        const QByteArrayList all = lines();
        const auto count = [&all](auto... words) {
            return std::count_if(all.begin(), all.end(), [&](const QByteArray &line) {
                return (line.contains(words) && ...);
            });
        };
        QCOMPARE(count("\"who\": \"test\"", "200"), 2);
        QVERIFY(count("\"who\": \"test\"", "/t/.../api") >= 1);
        QCOMPARE(count("401"), 1);
        QVERIFY(!lines().join().contains("hs_"));
        QCOMPARE(log.permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
    }

    void anybodyMayReadWhereItIsSaid()
    {
        Hub::Settings settings;
        settings.gate.anonymous = Scope::Read;
        RunningHub hub(settings);
        const auto nobody = hub.client("");
        QCOMPARE(nobody->Get("/api/pipelines")->status, 200);
        QCOMPARE(nobody
                     ->Post("/api/mlmd_push", pushBody(documentOf("p", 1), "p").toStdString(),
                            "application/json")
                     ->status,
                 401);
    }

    void tooManyRequestsWait()
    {
        Hub::Settings settings;
        settings.gate.requestsPerSecond = 5;
        settings.gate.burst = 10;
        RunningHub hub(settings);
        const auto client = hub.client();
        int refused = 0;
        for (int i = 0; i < 30; ++i) {
            const auto result = client->Get("/api/pipelines");
            QVERIFY(result);
            if (result->status != 429)
                continue;
            ++refused;
            QCOMPARE(result->get_header_value("Retry-After"), std::string("1"));
        }
        QVERIFY2(refused >= 10 && refused <= 20, qPrintable(QString::number(refused)));
    }
};

QTEST_GUILESS_MAIN(TestHubFiles)
#include "tst_hubfiles.moc"
