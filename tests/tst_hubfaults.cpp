// SPDX-License-Identifier: GPL-3.0-or-later
// What goes wrong on the way, by accident or on purpose: the hub answers, and nothing half is kept.

#include "failingdisk.h"
#include "hubfixture.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QRegularExpression>
#include <QTest>

#include <thread>

using namespace helmscope;

namespace {

QByteArray head(const RunningHub &hub, const QByteArray &line, const QByteArray &more)
{
    return line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + hub.token() + "\r\n" + more +
           "\r\n";
}

Hub::Settings impatient()
{
    Hub::Settings settings;
    settings.web.headSeconds = 1;
    settings.web.stallSeconds = 1;
    settings.web.idleSeconds = 1;
    return settings;
}

bool isAlive(const RunningHub &hub)
{
    const auto result = hub.client("")->Get("/healthz");
    return result && result->status == 200;
}

/// The program, as a user starts it.
class Program
{
public:
    explicit Program(const QStringList &arguments)
    {
        m_process.start(HELMSCOPE_BINARIES "/helmscope-hub", arguments);
        m_process.waitForStarted();
    }
    ~Program()
    {
        if (m_process.state() == QProcess::NotRunning)
            return;
        m_process.kill();
        m_process.waitForFinished();
    }
    /// What it prints, until this is in it or it ends.
    QString until(const QString &text)
    {
        while (!m_said.contains(text) && m_process.state() != QProcess::NotRunning &&
               m_process.waitForReadyRead(20'000))
            m_said += QString::fromUtf8(m_process.readAllStandardOutput());
        return m_said;
    }
    void kill()
    {
        m_process.kill();
        m_process.waitForFinished();
    }
    int end()
    {
        m_process.terminate();
        return exitCode();
    }
    int exitCode() { return m_process.waitForFinished(20'000) ? m_process.exitCode() : -1; }
    QString errors() { return QString::fromUtf8(m_process.readAllStandardError()); }

private:
    QProcess m_process;
    QString m_said;
};

} // namespace

class TestHubFaults : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void oneWhoSendsAByteAtATimeIsCutOff()
    {
        RunningHub hub(impatient());
        // A head that never ends
        QElapsedTimer timer;
        timer.start();
        hub.raw("GET /api/pipelines HTTP/1.1\r\nX-Slow: ", false);
        QVERIFY(timer.elapsed() < 8000);
        // A body that never comes
        timer.start();
        const QByteArray answer =
            hub.raw(head(hub, "POST /api/mlmd_push", "Content-Length: 1000\r\n") + "{", false);
        QVERIFY(timer.elapsed() < 8000);
        QVERIFY2(answer.startsWith("HTTP/1.1 400"), answer);
        // Nothing at all
        timer.start();
        QCOMPARE(hub.raw("", false), QByteArray());
        QVERIFY(timer.elapsed() < 8000);
        QVERIFY(isAlive(hub));
    }

    void manyWhoStallKeepNobodyOut()
    {
        Hub::Settings settings = impatient();
        settings.web.mostConnections = 8;
        RunningHub hub(settings);
        std::vector<std::thread> stalled;
        for (int i = 0; i < 16; ++i)
            stalled.emplace_back([&] { hub.raw("GET / HTTP/1.1\r\nX: ", false); });
        const bool isStillServed = isAlive(hub);
        for (std::thread &thread : stalled)
            thread.join();
        QVERIFY(isStillServed);
    }

    void oneWhoSendsSlowlyHoldsNobodyUp()
    {
        Hub::Settings settings;
        settings.web.stallSeconds = 5;
        RunningHub hub(settings);
        std::vector<std::thread> slow;
        std::atomic<int> ended = 0;
        for (int i = 0; i < 4; ++i)
            slow.emplace_back([&] {
                hub.raw(head(hub, "POST /api/mlmd_push", "Content-Length: 90000000\r\n") + "{",
                        false);
                ++ended;
            });
        QCOMPARE(statusOf(hub.push(documentOf("p", 10), "p")), QByteArray("200 success"));
        QCOMPARE(statusOf(hub.push(documentOf("q", 10), "q")), QByteArray("200 success"));
        QCOMPARE(ended.load(), 0); // they are still at it
        for (std::thread &thread : slow)
            thread.join();
    }

    void aBodyThatEndsEarlyStoresNothing()
    {
        RunningHub hub;
        const QByteArray body = pushBody(documentOf("p", 3), "p");
        const QByteArray request =
            head(hub, "POST /api/mlmd_push",
                 "Content-Length: " + QByteArray::number(body.size()) + "\r\n") +
            body;
        for (const int cut : {1, 100, 500}) {
            const QByteArray answer = hub.raw(request.chopped(cut));
            QVERIFY2(answer.startsWith("HTTP/1.1 400"), answer);
        }
        QCOMPARE(hub.pull("{}"), QByteArray("{\"Pipeline\": []}"));
        // The same, whole, though its sender says that it has no more to say.
        QVERIFY(hub.raw(request).contains("success"));
    }

    void aHeadThatSaysTwoThingsIsRefused_data()
    {
        QTest::addColumn<QByteArray>("more");
        QTest::newRow("two lengths") << QByteArray("Content-Length: 4\r\nContent-Length: 40\r\n");
        QTest::newRow("length and chunks")
            << QByteArray("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n");
        QTest::newRow("negative") << QByteArray("Content-Length: -4\r\n");
        QTest::newRow("no number") << QByteArray("Content-Length: 4x\r\n");
        QTest::newRow("coding of no kind") << QByteArray("Transfer-Encoding: xchunked\r\n");
    }
    void aHeadThatSaysTwoThingsIsRefused()
    {
        QFETCH(QByteArray, more);
        RunningHub hub;
        // What hides in the body must not be answered as a second request.
        const QByteArray answer = hub.raw(head(hub, "POST /api/mlmd_pull", more) +
                                          "{}{}GET /api/pipelines HTTP/1.1\r\n\r\n");
        QVERIFY2(answer.startsWith("HTTP/1.1 400"), answer);
        QCOMPARE(answer.count("HTTP/1.1"), 1);
    }

    void aBodyOfAGetIsNoSecondRequest()
    {
        RunningHub hub;
        const QByteArray hidden = head(hub, "GET /api/pipelines", "");
        const QByteArray answer =
            hub.raw(head(hub, "GET /healthz",
                         "Content-Length: " + QByteArray::number(hidden.size()) + "\r\n") +
                    hidden);
        QCOMPARE(answer.count("HTTP/1.1"), 1);
    }

    void whatIsTooLargeIsRefusedBeforeItIsSent()
    {
        Hub::Settings settings;
        settings.cmf.largestDocument = 10'000;
        RunningHub hub(settings);
        const QByteArray answer =
            hub.raw(head(hub, "POST /api/mlmd_push", "Content-Length: 99999999999\r\n"));
        QVERIFY2(answer.startsWith("HTTP/1.1 413"), answer);
        // In chunks nobody says how much comes.
        QByteArray chunks;
        for (int i = 0; i < 100; ++i)
            chunks += "3e8\r\n" + QByteArray(1000, ' ') + "\r\n";
        const QByteArray chunked =
            hub.raw(head(hub, "POST /api/mlmd_push", "Transfer-Encoding: chunked\r\n") + chunks +
                    "0\r\n\r\n");
        QVERIFY2(chunked.startsWith("HTTP/1.1 413"), chunked);
        QVERIFY(hub.raw("GET /" + QByteArray(7000, 'a') + " HTTP/1.1\r\n\r\n")
                    .startsWith("HTTP/1.1 4"));
        QVERIFY(isAlive(hub));
    }

    void aHeadOfManyLinesIsCutOff()
    {
        RunningHub hub;
        QByteArray lines;
        for (int i = 0; i < 20'000; ++i)
            lines += "X-" + QByteArray::number(i) + ": y\r\n";
        QVERIFY(!hub.raw(head(hub, "GET /api/pipelines", lines)).startsWith("HTTP/1.1 200"));
        QVERIFY(isAlive(hub));
    }

    void bombsOfJsonAndGzipDoNotGoOff()
    {
        Hub::Settings settings;
        settings.cmf.largestDocument = 1 << 20;
        RunningHub hub(settings);
        const auto client = hub.client();
        for (const QByteArray &payload :
             {QByteArray(400'000, '['), "{\"Pipeline\":" + QByteArray(400'000, '['),
              "{\"Pipeline\":[" + QByteArray("{},").repeated(100'000) + "{}]}",
              "{\"a\":" + QByteArray("{\"a\":").repeated(60'000),
              "[" + QByteArray("0,").repeated(200'000) + "0]"}) {
            const auto result = client->Post("/api/mlmd_push", pushBody(payload, "p").toStdString(),
                                             "application/json");
            QVERIFY(result);
            QVERIFY(result->status == 422 || result->status == 400);
        }
        // A gigabyte of spaces in a megabyte
        client->set_compress(true);
        const auto result =
            client->Post("/api/mlmd_push", std::string(200 << 20, ' '), "application/json");
        QVERIFY(!result || result->status == 413);
        QVERIFY(isAlive(hub));
    }

    void whatWasPushedTwiceIsStoredOnce()
    {
        RunningHub hub;
        const QByteArray body = pushBody(documentOf("p", 3), "p");
        const QByteArray request =
            head(hub, "POST /api/mlmd_push",
                 "Content-Length: " + QByteArray::number(body.size()) + "\r\n") +
            body;
        QVERIFY(hub.raw(request).contains("success"));
        const QByteArray before = hub.pull("{}");
        QVERIFY(hub.raw(request).contains("exists"));
        QVERIFY(hub.raw(request + request).count("exists") == 2); // two on one connection
        QCOMPARE(hub.pull("{}"), before);
    }

    void aFullDiskStoresNothingHalf()
    {
        RunningHub hub;
        QCOMPARE(statusOf(hub.push(documentOf("p", 1), "p")), QByteArray("200 success"));
        const QByteArray before = hub.pull("{}");
        const QByteArray content(1'000'000, 'x');
        const QByteArray md5 = QCryptographicHash::hash(content, QCryptographicHash::Md5).toHex();
        const std::string address =
            ("/artifacts/files/md5/" + md5.left(2) + '/' + md5.mid(2)).toStdString();
        for (const int at : {1, 2, 3}) {
            failingDisk(qPrintable(hub.folder() + "/hub/artifacts"), at, DiskIsFull);
            const auto result = hub.client()->Put(address, content.toStdString(), "");
            failingDisk("", 0, DiskWorks);
            QVERIFY(result);
            QVERIFY2(result->status == 507 || result->status == 500,
                     qPrintable(QString::number(result->status)));
            QCOMPARE(hub.client()->Get(address)->status, 404);
        }
        failingDisk(qPrintable(hub.folder() + "/hub/hub.sqlite"), 1, DiskIsFull);
        const auto result = hub.push(documentOf("p", 50), "p");
        failingDisk("", 0, DiskWorks);
        QVERIFY(result);
        QVERIFY2(result->status == 507 || result->status == 500, result->body.c_str());
        QCOMPARE(hub.pull("{}"), before);
        QCOMPARE(statusOf(hub.push(documentOf("p", 50), "p")), QByteArray("200 success"));
        QCOMPARE(hub.client()->Put(address, content.toStdString(), "")->status, 201);
    }

    void theProgramStartsWithoutConfigurationAndEndsInOrder()
    {
        QTemporaryDir folder;
        const QString data = folder.filePath("data");
        QByteArray token;
        {
            Program program({"--data", data, "--port", "0"});
            const QString said = program.until("hs_");
            const auto address = QRegularExpression("http://127\\.0\\.0\\.1:(\\d+)").match(said);
            QVERIFY2(address.hasMatch(), qPrintable(said + program.errors()));
            token = QRegularExpression("hs_\\S+").match(said).captured().toLatin1();
            httplib::Client client("127.0.0.1", address.captured(1).toInt());
            client.set_bearer_token_auth(token.toStdString());
            QCOMPARE(client.Get("/api/pipelines")->status, 200);
            const QString port = address.captured(1);
            Program second({"--data", folder.filePath("other"), "--port", port});
            QCOMPARE(second.exitCode(), 1);
            const QString problem = second.errors();
            QVERIFY2(problem.contains(port) && problem.count('\n') == 1, qPrintable(problem));
            QCOMPARE(program.end(), 0);
        }
        // The token is still good, and shown no more.
        Program again({"--data", data, "--port", "0"});
        const QString said = again.until("\n");
        QVERIFY(!said.contains("hs_"));
        const int port = QRegularExpression(":(\\d+),").match(said).captured(1).toInt();
        httplib::Client client("127.0.0.1", port);
        client.set_bearer_token_auth(token.toStdString());
        QCOMPARE(client.Get("/api/pipelines")->status, 200);
        // Another one, from beside the running hub
        Program add(
            {"--data", data, "token", "add", "bench", "--scope", "read", "--pipeline", "p"});
        const QString bench = add.until("hs_").trimmed();
        QCOMPARE(add.exitCode(), 0);
        const auto isKnown = [&] {
            client.set_bearer_token_auth(bench.toStdString());
            return client.Get("/api/pipelines")->status == 200;
        };
        QTRY_VERIFY(isKnown());
        Program list({"--data", data, "token", "list"});
        const QString tokens = list.until("nothing that it says");
        QVERIFY2(tokens.contains("bench\tread") && !tokens.contains("hs_"), qPrintable(tokens));
        Program revoke({"--data", data, "token", "revoke", "bench"});
        QCOMPARE(revoke.exitCode(), 0);
        QTRY_VERIFY(!isKnown());
        QCOMPARE(again.end(), 0);
    }

    void aHubThatIsKilledKeepsAllOfAPushOrNothing()
    {
        QTemporaryDir folder;
        const QString data = folder.filePath("data");
        QByteArray token;
        QStringList acknowledged;
        for (int round = 0; round < 6; ++round) {
            Program program({"--data", data, "--port", "0"});
            const QString said = program.until(token.isEmpty() ? "hs_" : "\n");
            if (token.isEmpty())
                token = QRegularExpression("hs_\\S+").match(said).captured().toLatin1();
            const int port = QRegularExpression(":(\\d+),").match(said).captured(1).toInt();
            const auto client = [&] {
                auto made = std::make_unique<httplib::Client>("127.0.0.1", port);
                made->set_bearer_token_auth(token.toStdString());
                return made;
            };
            // What was stored before is there, each whole.
            const std::string stored =
                client()->Post("/api/mlmd_pull", "{}", "application/json")->body;
            const QJsonArray pipelines = QJsonDocument::fromJson(QByteArray::fromStdString(stored))
                                             .object()["Pipeline"]
                                             .toArray();
            QStringList names;
            for (const QJsonValue &pipeline : pipelines) {
                names << pipeline["name"].toString();
                QCOMPARE(pipeline["stages"][0]["executions"].toArray().size(), 300);
            }
            for (const QString &name : acknowledged)
                QVERIFY2(names.contains(name), qPrintable(name));
            std::atomic<int> done = 0;
            std::atomic<bool> isOver = false;
            std::thread pushing([&] {
                for (int i = 0; i < 50; ++i) {
                    const QString name = QStringLiteral("p%1-%2").arg(round).arg(i);
                    const auto answer = client()->Post(
                        "/api/mlmd_push", pushBody(documentOf(name, 300, name), name).toStdString(),
                        "application/json");
                    if (statusOf(answer) != "200 success")
                        break;
                    acknowledged << name;
                    ++done;
                }
                isOver = true;
            });
            // The moment is the machine's to choose.
            while (done <= round % 3 && !isOver)
                std::this_thread::yield();
            for (int i = 0; i < 5 * round; ++i)
                client()->Get("/healthz");
            program.kill();
            pushing.join();
        }
        QVERIFY(acknowledged.size() >= 6);
    }

    void theProgramSaysWhatIsWrongInOneSentence_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("word");
        QTest::newRow("folder") << QStringList{"--data", "/proc/nothing"} << 1 << "--data";
        QTest::newRow("database") << QStringList{"--database", "postgres://x:secret@127.0.0.1:1/y"}
                                  << 1 << "127.0.0.1";
        QTest::newRow("kind of database") << QStringList{"--database", "mysql://x"} << 1 << "mysql";
        QTest::newRow("address") << QStringList{"--listen", "192.0.2.1"} << 1 << "192.0.2.1";
        QTest::newRow("certificate")
            << QStringList{"--tls-cert", "/none.pem", "--tls-key", "/none.pem"} << 1 << "/none.pem";
        QTest::newRow("key alone") << QStringList{"--tls-key", "/none.pem"} << 2 << "--tls-cert";
        QTest::newRow("scope") << QStringList{"--anonymous", "admin"} << 2 << "--anonymous";
    }
    void theProgramSaysWhatIsWrongInOneSentence()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, word);
        QTemporaryDir folder;
        if (!arguments.contains("--data"))
            arguments << "--data" << folder.filePath("data");
        Program program(arguments << "--port"
                                  << "0");
        QCOMPARE(program.exitCode(), code);
        const QString problem = program.errors();
        QVERIFY2(problem.contains(word) && !problem.contains("secret"), qPrintable(problem));
    }

    void tlsIsSpokenAndItsAbsenceWarnedOf()
    {
        QTemporaryDir folder;
        const QString key = folder.filePath("key.pem"), certificate = folder.filePath("cert.pem");
        QProcess openssl;
        openssl.start("openssl",
                      {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                       "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                       "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"});
        if (!openssl.waitForFinished(20'000) || openssl.exitCode() != 0)
            QSKIP("There is no program openssl.");
        Hub::Settings settings;
        settings.web.certificateFile = certificate;
        settings.web.keyFile = key;
        settings.web.headSeconds = 2;
        RunningHub hub(settings);
        httplib::SSLClient client("localhost", hub.port());
        client.set_ca_cert_path(certificate.toStdString());
        client.enable_server_certificate_verification(true);
        client.set_bearer_token_auth(hub.token().toStdString());
        const QByteArray content(5'000'000, 'y');
        const QByteArray md5 = QCryptographicHash::hash(content, QCryptographicHash::Md5).toHex();
        const std::string address =
            ("/artifacts/files/md5/" + md5.left(2) + '/' + md5.mid(2)).toStdString();
        const auto put = client.Put(address, content.toStdString(), "");
        QVERIFY(put && put->status == 201);
        const auto get = client.Get(address);
        QVERIFY(get && get->body == content.toStdString());
        // Who speaks no TLS gets nothing, and keeps nobody waiting.
        QVERIFY(!hub.raw("GET / HTTP/1.1\r\n\r\n", false).contains("200"));
        QVERIFY(client.Get("/healthz"));

        Program open({"--data", folder.filePath("data"), "--port", "0", "--listen", "0.0.0.0",
                      "--anonymous", "read"});
        open.until("\n");
        QCOMPARE(open.end(), 0);
        const QString warnings = open.errors();
        QVERIFY(warnings.contains("--tls-cert") && warnings.contains("without a token"));
    }

    void numbersAreThereForPrometheus()
    {
        RunningHub hub;
        hub.push(documentOf("p", 3), "p");
        const auto metrics = hub.client()->Get("/metrics");
        QVERIFY(metrics && metrics->status == 200);
        QVERIFY(metrics->body.find("helmscope_hub_stored_executions_total 3\n") !=
                std::string::npos);
        static const QRegularExpression line("^(#.*|[a-z_]+(\\{[^}]*\\})? [0-9.e+-]+)$");
        for (const QString &each :
             QString::fromStdString(metrics->body).split('\n', Qt::SkipEmptyParts))
            QVERIFY2(line.match(each).hasMatch(), qPrintable(each));
    }
};

QTEST_GUILESS_MAIN(TestHubFaults)
#include "tst_hubfaults.moc"
