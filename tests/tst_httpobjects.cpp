// SPDX-License-Identifier: GPL-3.0-or-later
// httplib before Qt: system headers define what Qt's do not mind.
#include "httpserver.h"

#include "killedpush.h"

#include <QTcpServer>
#include <QTcpSocket>

#include <atomic>

using namespace helmscope;

namespace {

/// Keeps objects below a folder, as the hub does: an upload may go on.
class ObjectSite
{
public:
    explicit ObjectSite(const SampleCache &place, bool isResumable = true)
        : m_root(place.remote())
    {
        const auto file = [this](const httplib::Request &asked) {
            return m_root + QString::fromStdString(asked.path);
        };
        site.server.set_payload_max_length(1ll << 40);
        // HEAD comes here, too.
        site.server.Get(".*", [=, this](const httplib::Request &asked, httplib::Response &answer) {
            ++(asked.method == "HEAD" ? heads : gets);
            if (asked.has_header("Authorization"))
                authorization = asked.get_header_value("Authorization");
            if (asked.has_header("Range"))
                range = asked.get_header_value("Range");
            const QString path = file(asked);
            if (!QFileInfo(path).isFile()) {
                answer.status = 404;
                if (const QFileInfo part(path + ".part"); isResumable && part.exists())
                    answer.set_header("Upload-Offset", std::to_string(part.size()));
                return;
            }
            const auto in = std::make_shared<QFile>(path);
            if (!in->open(QIODevice::ReadOnly))
                qFatal("unreadable");
            if (in->size() == 0) // httplib's providers have something
                return answer.set_content("", "application/octet-stream");
            answer.set_content_provider(
                std::size_t(in->size()), "application/octet-stream",
                [in](std::size_t offset, std::size_t length, httplib::DataSink &sink) {
                    in->seek(qint64(offset));
                    const QByteArray block = in->read(std::min<qint64>(length, 1 << 20));
                    return sink.write(block.constData(), std::size_t(block.size()));
                });
        });
        site.server.Put(".*", [=, this](const httplib::Request &asked, httplib::Response &answer,
                                        const httplib::ContentReader &read) {
            const QString path = file(asked), part = path + ".part";
            QDir().mkpath(QFileInfo(path).path());
            qint64 from = 0;
            if (asked.has_header("Content-Range")) {
                ++resumed;
                from = QString::fromStdString(asked.get_header_value("Content-Range"))
                           .mid(6)
                           .section('-', 0, 0)
                           .toLongLong();
            }
            QFile out(part);
            if (!out.open(QIODevice::ReadWrite | QIODevice::Unbuffered) || !out.resize(from) ||
                !out.seek(from))
                qFatal("cannot write");
            const bool isWhole = read([&](const char *data, std::size_t bytes) {
                received += qint64(bytes);
                return out.write(data, qint64(bytes)) == qint64(bytes);
            });
            out.close();
            if (!isWhole)
                return;
            const QString name = objectNameOf(path.mid(path.indexOf("files/md5/")));
            if (SampleCache::md5Of(SampleCache::read(part)) != name.left(32)) {
                QFile::remove(part);
                answer.status = 422;
                return;
            }
            QFile::rename(part, path);
            answer.status = 201;
        });
        site.start();
    }

    HttpServer site;
    std::atomic<int> heads = 0, gets = 0, resumed = 0;
    std::atomic<qint64> received = 0;
    std::string authorization, range;

private:
    QString m_root;
};

/// Says one thing to everybody who connects, and hangs up or not.
class RawSite
{
public:
    RawSite(const QByteArray &head, const QByteArray &get, bool staysOpen)
    {
        m_thread = std::thread([=, this] {
            QTcpServer server;
            if (!server.listen(QHostAddress::LocalHost))
                qFatal("no port");
            m_port = server.serverPort();
            std::vector<std::unique_ptr<QTcpSocket>> open;
            while (!m_isOver) {
                if (!server.waitForNewConnection(20))
                    continue;
                std::unique_ptr<QTcpSocket> socket(server.nextPendingConnection());
                QByteArray asked;
                while (!asked.contains("\r\n\r\n") && socket->waitForReadyRead(1000))
                    asked += socket->readAll();
                socket->write(asked.startsWith("HEAD") ? head : get);
                socket->waitForBytesWritten(1000);
                if (staysOpen && !asked.startsWith("HEAD")) {
                    open.push_back(std::move(socket));
                } else {
                    socket->disconnectFromHost();
                    if (socket->state() != QAbstractSocket::UnconnectedState)
                        socket->waitForDisconnected(1000);
                }
            }
        });
        while (m_port == 0)
            std::this_thread::yield();
    }
    ~RawSite()
    {
        m_isOver = true;
        m_thread.join();
    }
    QString url() const { return QStringLiteral("http://127.0.0.1:%1/x").arg(m_port.load()); }

private:
    std::atomic<int> m_port = 0;
    std::atomic<bool> m_isOver = false;
    std::thread m_thread;
};

QByteArray head(int bytes)
{
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + QByteArray::number(bytes) +
           "\r\n\r\n";
}

} // namespace

class TestHttpObjects : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goesAndComesBackWithAToken()
    {
        const SampleCache here, there, place;
        ObjectSite site(place);
        ObjectRemote remote = objectRemote(site.site.url("/some%20where/"));
        remote.credentials.token = "sesame";
        const QString large = here.add(noise(30'000'000)), empty = here.add({});
        const QString folder = here.addFolder({{"a", "one"}, {"b", "two"}});
        const QStringList all{large, empty, folder};
        const TransferOutcome went = push(remote, here, all);
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        QCOMPARE(site.authorization, std::string("Bearer sesame"));
        QCOMPARE(SampleCache::read(place.remote() + "/some where/" + objectPath(large)),
                 here.content(large));
        remote.remote.options["custom_auth_header"] = "Authorization";
        remote.credentials.token = "Bearer scitoken"; // OSDF's way
        const TransferOutcome came = pull(remote, there, all);
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        QCOMPARE(site.authorization, std::string("Bearer scitoken"));
        for (const QString &name : all)
            QCOMPARE(there.content(name), here.content(name));
        QVERIFY(planUpload(remote, here.path(), all, unwatched()).toMove.empty());
    }

    void aDirectorSendsToACache()
    {
        const SampleCache here, place;
        ObjectSite cache(place);
        HttpServer director;
        std::string shown;
        director.server.Get(
            "/director/(.*)", [&](const httplib::Request &asked, httplib::Response &answer) {
                shown = asked.get_header_value("Authorization");
                answer.status = 307;
                answer.set_header(
                    "Location",
                    cache.site.url('/' + QString::fromStdString(asked.matches[1])).toStdString());
            });
        director.start();
        const QByteArray content = noise(5'000'000);
        const QString name = SampleCache::md5Of(content);
        SampleCache::write(place.remote() + '/' + objectPath(name), content);
        ObjectRemote remote = objectRemote(director.url("/director"));
        remote.credentials.token = "Bearer scitoken";
        remote.remote.options["custom_auth_header"] = "Authorization";
        const TransferOutcome came = pull(remote, here, {name});
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        QVERIFY(here.content(name) == content);
        QCOMPARE(shown, std::string("Bearer scitoken"));
        QCOMPARE(cache.authorization, std::string()); // it stays with the director

        // What has begun goes on at the cache, and the token goes along where that is wanted.
        const SampleCache there;
        SampleCache::write(there.path() + "/partial/" + name, content.left(3'000'000));
        remote.remote.options["redirects"] = "with-token";
        QVERIFY(pull(remote, there, {name}).isComplete());
        QCOMPARE(cache.range, std::string("bytes=3000000-"));
        QCOMPARE(cache.authorization, std::string("Bearer scitoken"));

        // A cache that gives something else is found out.
        const SampleCache third;
        SampleCache::write(place.remote() + '/' + objectPath(name), noise(5'000'000, 2));
        const TransferOutcome bad = pull(remote, third, {name});
        QVERIFY2(sentencesOf(bad).contains("damaged at the remote"), qPrintable(sentencesOf(bad)));

        remote.remote.options["redirects"] = "anywhere";
        const QString said = thrownBy([&] { openObjectStore(remote); });
        QVERIFY2(said.contains("with-token"), qPrintable(said));
    }

    void aDownloadGoesOn()
    {
        const SampleCache here, place;
        ObjectSite site(place);
        const QByteArray content = noise(5'000'000);
        const QString name = SampleCache::md5Of(content);
        SampleCache::write(place.remote() + '/' + objectPath(name), content);
        SampleCache::write(here.path() + "/partial/" + name, content.left(3'000'000));
        QVERIFY(pull(objectRemote(site.site.url()), here, {name}).isComplete());
        QCOMPARE(site.range, std::string("bytes=3000000-"));
        QCOMPARE(here.content(name), content);
    }

    void anUploadGoesOnAfterTenKills()
    {
        const SampleCache here, place;
        ObjectSite site(place);
        constexpr qint64 bytes = 200'000'000;
        const QString name = here.add(noise(bytes));
        pushThroughTenKills(site.site.url(), here, name, bytes,
                            [&] { return site.received.load(); });
        QVERIFY(site.resumed >= 8);
        QVERIFY2(site.received < bytes * 1.3, qPrintable(QString::number(site.received)));
        QVERIFY(SampleCache::read(place.remote() + '/' + objectPath(name)) == here.content(name));
    }

    void aServerThatCannotGoOnGetsItWhole()
    {
        const SampleCache here, place;
        ObjectSite site(place, false);
        const QString name = here.add(noise(100'000));
        SampleCache::write(place.remote() + '/' + objectPath(name) + ".part", "left over");
        QVERIFY(push(objectRemote(site.site.url()), here, {name}).isComplete());
        QCOMPARE(site.resumed.load(), 0);
        QCOMPARE(SampleCache::read(place.remote() + '/' + objectPath(name)), here.content(name));
    }

    void whatBelongsToAnotherPartBeginsAnew()
    {
        const SampleCache here, place;
        ObjectSite site(place);
        const QString name = here.add(noise(100'000));
        SampleCache::write(place.remote() + '/' + objectPath(name) + ".part", QByteArray(500, 'x'));
        const TransferOutcome went = push(objectRemote(site.site.url()), here, {name});
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        QCOMPARE(SampleCache::read(place.remote() + '/' + objectPath(name)), here.content(name));
    }

    void refusalsAreSaid_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("isPassing");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("401") << 401 << false << "give another";
        QTest::newRow("403") << 403 << false << "does not allow it";
        QTest::newRow("405") << 405 << false << "takes no objects";
        QTest::newRow("413") << 413 << false << "too large for its server";
        QTest::newRow("429") << 429 << true << "it may work later";
        QTest::newRow("500") << 500 << true << "it may work later";
        QTest::newRow("503") << 503 << true << "it may work later";
        QTest::newRow("507") << 507 << false << "disk of the server";
    }
    void refusalsAreSaid()
    {
        QFETCH(int, status);
        QFETCH(bool, isPassing);
        QFETCH(QString, sentence);
        HttpServer site;
        site.server.Put(".*", [=](const httplib::Request &, httplib::Response &answer) {
            answer.status = status;
        });
        site.start();
        const SampleCache here;
        const TransferOutcome went =
            push(objectRemote(site.url()), here, {here.add(noise(3'000'000))});
        QCOMPARE(went.failed.size(), 1u);
        QCOMPARE(went.failed[0].isPassing, isPassing);
        QVERIFY2(went.failed[0].sentence.contains(sentence), qPrintable(went.failed[0].sentence));
    }

    void whatTheServerSaysIsNotTrusted_data()
    {
        QTest::addColumn<QByteArray>("get");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("wrong bytes") << head(5) + "other"
                                     << "damaged at the remote";
        QTest::newRow("more than announced before") << head(7) + "content"
                                                    << "announces 7 bytes";
        QTest::newRow("longer without a length")
            << QByteArray("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nmuch more") << "sends more";
        QTest::newRow("ends early") << head(5) + "con"
                                    << "(passing)";
        QTest::newRow("no HTTP") << QByteArray("SSH-2.0-x\r\n") << "cannot be reached";
    }
    void whatTheServerSaysIsNotTrusted()
    {
        QFETCH(QByteArray, get);
        QFETCH(QString, sentence);
        RawSite site(head(5), get, false);
        const SampleCache here;
        const QString name = SampleCache::md5Of("conte");
        const TransferOutcome came = pull(objectRemote(site.url()), here, {name});
        QVERIFY2(sentencesOf(came).contains(sentence), qPrintable(sentencesOf(came)));
        QVERIFY(objectInCache(here.path(), name).isEmpty());
    }

    void aServerThatFallsSilentIsLeft()
    {
        RawSite site(head(500), head(500) + "some", true);
        const SampleCache here;
        const QString name(32, 'a');
        ObjectRemote remote = objectRemote(site.url());
        remote.silenceMs = 1000;
        QElapsedTimer clock;
        clock.start();
        const TransferOutcome came = pull(remote, here, {name});
        QVERIFY2(sentencesOf(came).contains("(passing)"), qPrintable(sentencesOf(came)));
        QVERIFY(clock.elapsed() < 30'000);
        QCOMPARE(SampleCache::read(here.path() + "/partial/" + name).left(4), QByteArray("some"));
    }

    void aServerThatIsGoneIsUnreachable()
    {
        const SampleCache here, place;
        auto site = std::make_unique<ObjectSite>(place);
        const ObjectRemote remote = objectRemote(site->site.url());
        QStringList names;
        for (int i = 0; i < 40; ++i)
            names << here.add(noise(1000, quint32(i)));
        const TransferPlan plan = planUpload(remote, here.path(), names, unwatched());
        QCOMPARE(plan.toMove.size(), 40u);
        site.reset();
        const TransferOutcome went = upload(remote, here.path(), plan, unwatched());
        QCOMPARE(went.failed.size(), 40u);
        for (const ObjectFailure &failure : went.failed)
            QVERIFY2(failure.isPassing, qPrintable(failure.sentence));
        QVERIFY_EXCEPTION_THROWN(planUpload(remote, here.path(), names, unwatched()), Unreachable);
        QVERIFY_EXCEPTION_THROWN(openObjectStore(remote)->reach(unwatched()), Unreachable);
    }

    void stopsAtOnce()
    {
        RawSite site(head(500), head(500) + "some", true);
        const SampleCache here;
        ObjectRemote remote = objectRemote(site.url());
        remote.silenceMs = 60'000;
        const TransferPlan plan =
            planDownload(remote, here.path(), {QString(32, 'a')}, unwatched());
        QElapsedTimer clock;
        clock.start();
        const TransferOutcome came =
            download(remote, here.path(), plan, [&](double) { return clock.elapsed() < 300; });
        QVERIFY(came.isStopped);
        QVERIFY(came.failed.empty());
        QVERIFY(clock.elapsed() < 10'000);
    }
};

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (isPusher(argc, argv))
        return pusher(argv);
    TestHttpObjects test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_httpobjects.moc"
