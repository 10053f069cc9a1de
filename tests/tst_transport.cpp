// SPDX-License-Identifier: GPL-3.0-or-later
// httplib before Qt: system headers define what Qt's do not mind.
#include "httpserver.h"

#include "federation/redirect.h"
#include "federation/transport.h"

#include <QElapsedTimer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace helmscope;

namespace {

TransferRequest request(const QString &url, const QByteArray &method = "GET")
{
    TransferRequest made;
    made.url = QUrl(url);
    made.method = method;
    return made;
}

enum class Trouble { None, Lasting, Passing };

/// What is said, and whether trying again may help.
std::pair<Trouble, QString> troubleOf(const std::function<void()> &work)
{
    try {
        work();
    } catch (const Unreachable &error) {
        return {Trouble::Passing, QString::fromStdString(error.what())};
    } catch (const Error &error) {
        return {Trouble::Lasting, QString::fromStdString(error.what())};
    }
    return {Trouble::None, {}};
}

} // namespace

class TestTransport : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersHaveStatusHeadersAndBody()
    {
        HttpServer site;
        site.server.Get("/a b", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_header("X-Some", "thing");
            answer.set_content("hello", "text/plain");
        });
        site.start();
        Transport transport;
        const TransferAnswer found = transport.exchange(request(site.url("/a%20b")), unwatched());
        QCOMPARE(found.status, 200);
        QCOMPARE(found.body, QByteArray("hello"));
        QCOMPARE(found.header("x-some"), QByteArray("thing"));
        QVERIFY(found.isOk());
        const TransferAnswer none = transport.exchange(request(site.url("/none")), unwatched());
        QCOMPARE(none.status, 404);
        QVERIFY(!none.isOk());
    }

    void bodiesGoAsTheyAre()
    {
        HttpServer site;
        std::string type, got, method;
        const auto keep = [&](const httplib::Request &asked, httplib::Response &answer) {
            type = asked.get_header_value("Content-Type");
            got = asked.body;
            method = asked.method;
            answer.status = 201;
        };
        site.server.Post("/p", keep);
        site.server.Put("/p", keep);
        site.start();
        Transport transport;
        QCOMPARE(transport.postJson(request(site.url("/p")), "{\"a\":1}", unwatched()).status, 201);
        QCOMPARE(type, std::string("application/json"));
        QCOMPARE(got, std::string("{\"a\":1}"));
        QCOMPARE(method, std::string("POST"));

        const QByteArray large(5'000'000, 'x');
        qint64 given = 0;
        TransferRequest put = request(site.url("/p"), "PUT");
        put.sourceBytes = large.size();
        put.source = [&](char *buffer, qint64 room) {
            const qint64 bytes = std::min<qint64>(room, large.size() - given);
            memcpy(buffer, large.constData() + given, size_t(bytes));
            given += bytes;
            return bytes;
        };
        double last = 0;
        QCOMPARE(transport
                     .exchange(put,
                               [&](double f) {
                                   last = f;
                                   return true;
                               })
                     .status,
                 201);
        QCOMPARE(qint64(got.size()), qint64(large.size()));
        QVERIFY(last > 0.9);
    }

    void aSinkTakesOnlyWhatIsGood()
    {
        HttpServer site;
        site.server.Get("/f", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content("0123456789", "application/octet-stream");
        });
        site.start();
        Transport transport;
        QByteArray got;
        TransferRequest ask = request(site.url("/f"));
        ask.sink = [&](const char *data, qint64 bytes) {
            got.append(data, int(bytes));
            return true;
        };
        QVERIFY(transport.exchange(ask, unwatched()).isOk());
        QCOMPARE(got, QByteArray("0123456789"));
        got.clear();
        ask.from = 4;
        QCOMPARE(transport.exchange(ask, unwatched()).status, 206);
        QCOMPARE(got, QByteArray("456789"));
        got.clear();
        ask.url = QUrl(site.url("/none"));
        ask.from = 0;
        QCOMPARE(transport.exchange(ask, unwatched()).status, 404);
        QVERIFY(got.isEmpty()); // an error page is no content
        ask.url = QUrl(site.url("/f"));
        ask.sink = [](const char *, qint64) { return false; };
        QVERIFY(transport.exchange(ask, unwatched()).isStopped);
    }

    void saysWhatComesBeforeItComes()
    {
        HttpServer site;
        site.server.Get("/f", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_header("ETag", "\"sum\"");
            answer.set_content(std::string(3'000'000, 'x'), "application/octet-stream");
        });
        site.start();
        Transport transport;
        TransferRequest ask = request(site.url("/f"), "HEAD");
        QCOMPARE(transport.exchange(ask, unwatched()).announcedBytes, 3'000'000);
        int begun = 0;
        qint64 got = 0;
        ask.method = "GET";
        ask.begun = [&](const TransferAnswer &answer) {
            ++begun;
            return got == 0 && answer.status == 200 && answer.announcedBytes == 3'000'000 &&
                   answer.header("etag") == "\"sum\"";
        };
        ask.sink = [&](const char *, qint64 bytes) {
            got += bytes;
            return true;
        };
        QVERIFY(transport.exchange(ask, unwatched()).isOk());
        QCOMPARE(begun, 1);
        QCOMPARE(got, 3'000'000);
        ask.begun = [](const TransferAnswer &) { return false; };
        got = 0;
        QVERIFY(transport.exchange(ask, unwatched()).isStopped);
        QCOMPARE(got, 0);
    }

    void aKeptConnectionThatIsGoneCostsNothing()
    {
        // One answer each connection, then it hangs up without saying so.
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        QByteArray body(100'000, 'x'), second;
        std::thread peer([&, port = server.serverPort()] {
            Transport transport;
            TransferRequest put = request(QStringLiteral("http://127.0.0.1:%1/").arg(port), "PUT");
            qint64 at = 0;
            put.sourceBytes = body.size();
            put.source = [&](char *buffer, qint64 room) {
                const qint64 bytes = std::min<qint64>(room, body.size() - at);
                memcpy(buffer, body.constData() + at, size_t(bytes));
                at += bytes;
                return bytes;
            };
            put.rewind = [&](qint64 offset) {
                at = offset;
                return true;
            };
            QCOMPARE(transport.exchange(put, unwatched()).status, 200);
            at = 0;
            QCOMPARE(transport.exchange(put, unwatched()).status, 200);
        });
        for (int i = 0; i < 2; ++i) {
            QVERIFY(server.waitForNewConnection(5000));
            const std::unique_ptr<QTcpSocket> socket(server.nextPendingConnection());
            second.clear();
            while (!second.contains("\r\n\r\n") ||
                   second.size() - second.indexOf("\r\n\r\n") - 4 < body.size())
                if (!socket->waitForReadyRead(5000))
                    break;
                else
                    second += socket->readAll();
            socket->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            socket->waitForBytesWritten(5000);
        }
        peer.join();
        QVERIFY(second.endsWith(body));
    }

    void stopsWhenTold()
    {
        HttpServer site;
        site.server.Get("/slow", [](const httplib::Request &, httplib::Response &answer) {
            std::this_thread::sleep_for(std::chrono::seconds(4));
            answer.set_content("late", "text/plain");
        });
        site.start();
        Transport transport;
        QElapsedTimer clock;
        clock.start();
        const TransferAnswer answer = transport.exchange(
            request(site.url("/slow")), [&](double) { return clock.elapsed() < 50; });
        QVERIFY(answer.isStopped);
        QVERIFY(!answer.isOk());
        QVERIFY(clock.elapsed() < 3500); // it was to last 4 s
    }

    void tellsWhatIsWorthTryingAgain()
    {
        Transport transport;
        QTcpServer taken;
        QVERIFY(taken.listen(QHostAddress::LocalHost));
        const int port = taken.serverPort();
        taken.close();
        const auto [kind, nobody] = troubleOf([&] {
            transport.exchange(request(QStringLiteral("http://127.0.0.1:%1/").arg(port)),
                               unwatched());
        });
        QVERIFY(kind == Trouble::Passing);
        QVERIFY2(nobody.contains("nothing answers there"), qPrintable(nobody));
        QVERIFY2(nobody.contains(QString::number(port)), qPrintable(nobody));
        const auto [oddKind, odd] =
            troubleOf([&] { transport.exchange(request("gopher://127.0.0.1/"), unwatched()); });
        QVERIFY(oddKind == Trouble::Lasting);
        QVERIFY2(odd.contains("no address of a server"), qPrintable(odd));
        QVERIFY(troubleOf([&] {
                    transport.exchange(request("file:///etc/passwd"), unwatched());
                }).first == Trouble::Lasting);
    }

    void anAnswerWithoutEndIsRefused()
    {
        HttpServer site;
        site.server.Get("/long", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content(std::string(3 << 20, 'x'), "text/plain");
        });
        site.start();
        Transport transport;
        TransferRequest ask = request(site.url("/long"));
        ask.mostBytes = 1 << 20;
        const auto [kind, said] = troubleOf([&] { transport.exchange(ask, unwatched()); });
        QVERIFY(kind == Trouble::Lasting);
        QVERIFY2(said.contains("more than 1 MB"), qPrintable(said));
    }

    void credentialsStayWithTheirHost()
    {
        HttpServer site, other;
        std::string first, second;
        other.server.Get("/x", [&](const httplib::Request &asked, httplib::Response &answer) {
            second = asked.get_header_value("Authorization");
            answer.set_content("x", "text/plain");
        });
        other.start();
        site.server.Get("/go", [&](const httplib::Request &asked, httplib::Response &answer) {
            first = asked.get_header_value("Authorization");
            answer.set_redirect(other.url("/x").toStdString());
        });
        site.start();
        Transport transport;
        TransferRequest ask = request(site.url("/go"));
        ask.credentials.token = "sesame";
        QCOMPARE(transport.exchange(ask, unwatched()).status, 200);
        QCOMPARE(first, std::string("Bearer sesame"));
        QCOMPARE(second, std::string());
        // Nor in another header of ours.
        ask.credentials.header = "Authorization";
        ask.credentials.token = "Bearer scitoken";
        QCOMPARE(transport.exchange(ask, unwatched()).status, 200);
        QCOMPARE(first, std::string("Bearer scitoken"));
        QCOMPARE(second, std::string());
        // Unless the request says so.
        ask.takesCredentialsAlong = true;
        QCOMPARE(transport.exchange(ask, unwatched()).status, 200);
        QCOMPARE(second, std::string("Bearer scitoken"));

        const auto [kind, refused] = troubleOf(
            [&] { transport.exchange(request("http://me:secret@127.0.0.1/"), unwatched()); });
        QVERIFY(kind == Trouble::Lasting);
        QVERIFY(refused.contains("do not belong in the address"));
        QVERIFY(!refused.contains("secret"));
    }

    void redirectsGoNowhereElse_data()
    {
        QTest::addColumn<QByteArray>("location");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("to the disk") << QByteArray("file:///etc/passwd") << "none of a web server";
        QTest::newRow("to ftp") << QByteArray("ftp://127.0.0.1/x") << "none of a web server";
        QTest::newRow("to sftp") << QByteArray("sftp://127.0.0.1/x") << "none of a web server";
        QTest::newRow("with a user")
            << QByteArray("http://me:secret@127.0.0.1/") << "none of a web server";
        QTest::newRow("to nothing") << QByteArray("http://") << "none of a web server";
        QTest::newRow("too long") << "/" + QByteArray(9000, 'x') << "none of a web server";
        QTest::newRow("round") << QByteArray("/go") << "without end";
    }
    void redirectsGoNowhereElse()
    {
        QFETCH(QByteArray, location);
        QFETCH(QString, sentence);
        HttpServer site;
        std::atomic<int> asked = 0;
        site.server.Get("/go", [&](const httplib::Request &, httplib::Response &answer) {
            ++asked;
            answer.status = 307;
            answer.set_header("Location", location.toStdString());
        });
        site.start();
        Transport transport;
        for (const QByteArray method : {"GET", "HEAD"}) {
            asked = 0;
            TransferRequest ask = request(site.url("/go"));
            ask.method = method;
            const auto [kind, said] = troubleOf([&] { transport.exchange(ask, unwatched()); });
            QVERIFY(kind == Trouble::Lasting);
            QVERIFY2(said.contains(sentence) && !said.contains("secret"), qPrintable(said));
            QCOMPARE(asked.load(), sentence == "without end" ? 1 + mostRedirects : 1);
        }
    }

    void encryptionIsNotTakenAwayByARedirect()
    {
        TransferRequest ask = request("https://director.org/x");
        ask.credentials.token = "sesame";
        const auto to = [&](const QByteArray &location) {
            TransferAnswer answer;
            answer.status = 307;
            answer.headers = {{"location", location}};
            return redirected(ask, answer);
        };
        const auto [kind, said] = troubleOf([&] { to("http://cache.org/x"); });
        QVERIFY(kind == Trouble::Lasting);
        QVERIFY2(said.contains("does not encrypt"), qPrintable(said));
        QCOMPARE(to("https://cache.org/x")->url, QUrl("https://cache.org/x"));
        QVERIFY(to("https://cache.org/x")->credentials.isEmpty());
        QVERIFY(to("https://director.org:8443/x")->credentials.isEmpty()); // another server
        QCOMPARE(to("/y")->credentials.token, QString("sesame"));
        QCOMPARE(to("https://director.org:443/y")->credentials.token, QString("sesame"));
        ask.takesCredentialsAlong = true;
        QCOMPARE(to("https://cache.org/x")->credentials.token, QString("sesame"));
        ask.url = QUrl("http://director.org/x");
        QVERIFY(to("http://cache.org/x")->credentials.isEmpty()); // in clear: never
        QVERIFY(to("http://127.0.0.1.cache.org/x")->credentials.isEmpty());
        QVERIFY(!to("http://127.0.0.1:81/x")->credentials.isEmpty());
        ask.followsRedirects = false;
        QVERIFY(!to("https://cache.org/x"));
        ask.followsRedirects = true;
        ask.method = "PUT";
        QVERIFY(!to("https://cache.org/x"));
    }

    void messagesShowNoSecret()
    {
        QCOMPARE(shownAddress(QUrl("https://u:p@h.org:81/t/TOKEN/api/x?X-Amz-Signature=1#f")),
                 QString("https://h.org:81/t/…/api/x"));
        QCOMPARE(shownAddress(QUrl("http://h/t/TOKEN")), QString("http://h/t/…"));
        QCOMPARE(shownAddress(QUrl("http://h/things")), QString("http://h/things"));
    }

    void aServerThatHangsUpIsUnreachable()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        std::thread peer([port = server.serverPort()] {
            Transport transport;
            const auto [kind, said] = troubleOf([&] {
                transport.exchange(request(QStringLiteral("http://127.0.0.1:%1/").arg(port)),
                                   unwatched());
            });
            QVERIFY2(said.contains("cannot be reached") && kind == Trouble::Passing,
                     qPrintable(said));
        });
        QVERIFY(server.waitForNewConnection(5000));
        QTcpSocket *socket = server.nextPendingConnection();
        QVERIFY(socket->waitForReadyRead(5000));
        socket->abort();
        peer.join();
    }
};

QTEST_GUILESS_MAIN(TestTransport)
#include "tst_transport.moc"
