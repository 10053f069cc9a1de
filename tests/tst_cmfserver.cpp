// SPDX-License-Identifier: GPL-3.0-or-later
#include "cmffake.h"

#include "federation/cmfdocument.h"
#include "federation/cmfserver.h"

#include <QFile>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace helmscope;

namespace {

QByteArray recorded(const char *name)
{
    QFile file(QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/lineage/") + name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

CmfServer::Access accessTo(const QString &url)
{
    CmfServer::Access access;
    access.remote.name = "server";
    access.remote.url = url;
    access.connectMs = access.silenceMs = 20'000; // a busy machine is not a silent server
    access.answerMs = 20'000;
    return access;
}

/// A document of one execution.
QByteArray small(const QVariantMap &custom = {}, const QString &uuid = "u1",
                 const QString &artifactType = "Dataset", const QString &name = "m.bin")
{
    const QString md5 = "0123456789abcdef0123456789abcdef";
    const QVariantMap artifact{{"type", artifactType},
                               {"name", name + ':' + md5},
                               {"uri", md5},
                               {"create_time_since_epoch", 1LL},
                               {"properties", QVariantMap()},
                               {"custom_properties", QVariantMap()}};
    const QVariantMap execution{
        {"name", ""},
        {"create_time_since_epoch", 1LL},
        {"properties",
         QVariantMap{{"Execution_uuid", uuid}, {"Context_Type", "p/S"}, {"Execution", "cmd"}}},
        {"custom_properties", custom},
        {"events", QVariantList{QVariantMap{{"type", 4LL}, {"artifact", artifact}}}}};
    const QVariantMap stage{{"name", "p/S"},
                            {"custom_properties", QVariantMap()},
                            {"create_time_since_epoch", 1LL},
                            {"executions", QVariantList{execution}}};
    return jsonText(
        QVariantMap{{"Pipeline", QVariantList{QVariantMap{{"name", "p"},
                                                          {"create_time_since_epoch", 1LL},
                                                          {"stages", QVariantList{stage}}}}}});
}

QVariantMap parsed(const QByteArray &json)
{
    return parseDocument(json, "document");
}

QVariantMap executionOf(const QVariantMap &document)
{
    return document["Pipeline"]
        .toList()[0]
        .toMap()["stages"]
        .toList()[0]
        .toMap()["executions"]
        .toList()[0]
        .toMap();
}

/// What is said, and whether trying again may help.
struct Trouble
{
    bool isAny = false, isPassing = false;
    QString sentence;
};
template <class Work>
Trouble troubleOf(Work work)
{
    try {
        work();
    } catch (const Unreachable &error) {
        return {true, true, QString::fromStdString(error.what())};
    } catch (const Error &error) {
        return {true, false, QString::fromStdString(error.what())};
    }
    return {};
}

/// A server that says these bytes to whoever connects, then waits or goes.
class RawServer : public QTcpServer
{
public:
    explicit RawServer(const QByteArray &answer, bool isClosing)
    {
        listen(QHostAddress::LocalHost);
        connect(this, &QTcpServer::newConnection, this, [this, answer, isClosing] {
            QTcpSocket *socket = nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket, answer, isClosing] {
                socket->readAll();
                socket->write(answer);
                if (isClosing)
                    socket->disconnectFromHost();
            });
        });
    }
    QString url() const { return QStringLiteral("http://127.0.0.1:%1").arg(serverPort()); }
};

/// Runs work beside an event loop, which the raw servers need.
template <class Work>
Trouble beside(Work work)
{
    Trouble trouble;
    std::atomic<bool> isDone = false;
    std::thread thread([&] {
        trouble = troubleOf(work);
        isDone = true;
    });
    while (!isDone)
        QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
    thread.join();
    return trouble;
}

} // namespace

class TestCmfServer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void speaksEveryGeneration_data()
    {
        QTest::addColumn<int>("generation");
        for (int generation = 0; generation <= 4; ++generation)
            QTest::addRow("G%d", generation) << generation;
    }
    void speaksEveryGeneration()
    {
        QFETCH(int, generation);
        CmfFake fake(generation);
        fake.http.start();
        CmfServer server(accessTo(fake.http.url()));
        QCOMPARE(server.traits(unwatched()).generation, generation);
        QCOMPARE(server.traits(unwatched()).hasStageLists, generation == 4);
        QVERIFY(!server.traits(unwatched()).isHub);
        QCOMPARE(server.push("p", small(), {}, unwatched()), CmfServer::Pushed::Stored);
        QCOMPARE(server.push("p", small(), {}, unwatched()), CmfServer::Pushed::Known);
        QCOMPARE(server.pipelines(unwatched()), QStringList{"p"});
        QCOMPARE(server.stages("p", unwatched()), QStringList{"p/S"});
        QCOMPARE(server.executions("p", unwatched()), QStringList{"S_u1"});
        CmfWanted wanted;
        wanted.pipeline = "p";
        const auto whole = server.pull(wanted, unwatched());
        QVERIFY(whole);
        QVERIFY(compareStored(parsed(small()), parsed(*whole)).isWhole());
        wanted.uuid = "u1";
        QVERIFY(server.pull(wanted, unwatched()));
        wanted.uuid = "none";
        QVERIFY(!server.pull(wanted, unwatched()));
        wanted = {};
        wanted.pipeline = "unknown";
        QVERIFY(!server.pull(wanted, unwatched()));
        QVERIFY(server.pull({}, unwatched())); // all of them
        wanted = {};
        wanted.sinceMs = QDateTime::currentMSecsSinceEpoch() + 3'600'000;
        QCOMPARE(executionsIn(parsed(*server.pull(wanted, unwatched()))), 0);
        wanted.sinceMs = 1000;
        QCOMPARE(executionsIn(parsed(*server.pull(wanted, unwatched()))), 1);
        QCOMPARE(server.putEnvironment("cmf_artifacts/python_env_1.txt", "a==1\n", unwatched()),
                 generation >= 1);
        QCOMPARE(server.putLabel("0123", "a,b\n", unwatched()), generation >= 3);
        QCOMPARE(fake.files.size(), generation >= 3 ? 2 : generation >= 1 ? 1 : 0);
    }

    void whatIsKnownOfAServerIsNotAskedAgain()
    {
        CmfFake fake;
        fake.http.start();
        std::atomic<int> requests = 0;
        fake.http.server.set_logger(
            [&](const httplib::Request &, const httplib::Response &) { ++requests; });
        CmfServer first(accessTo(fake.http.url() + "/api/"));
        CmfServer::Access known = accessTo(fake.http.url());
        known.traits = first.traits(unwatched());
        QTRY_COMPARE(int(requests), 3);
        requests = 0;
        CmfServer(known).pipelines(unwatched());
        QTRY_COMPARE(int(requests), 1); // it counts once it has answered
    }

    void whatIsNoCmfServerIsSaidSo()
    {
        HttpServer site;
        site.server.Get(".*", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content("<html>It works!</html>", "text/html");
        });
        site.start();
        CmfServer server(accessTo(site.url()));
        const Trouble trouble = troubleOf([&] { server.traits(unwatched()); });
        QVERIFY(trouble.isAny && !trouble.isPassing);
        QVERIFY(trouble.sentence.contains("no CMF server"));
    }

    void recordedExchangesAreWhole_data()
    {
        QTest::addColumn<QByteArray>("pushed");
        QTest::addColumn<QByteArray>("pulled");
        QTest::addColumn<QString>("pipeline");
        QTest::addColumn<int>("executions");
        QTest::addColumn<int>("events");
        QTest::newRow("aldkl") << recorded("aldkl_push.json") << recorded("aldkl_pull.json")
                               << "ALDKL" << 12 << 67;
        QTest::newRow("demo") << recorded("demo_push.json") << recorded("demo_pull.json") << "demo"
                              << 3 << 0;
    }
    void recordedExchangesAreWhole()
    {
        QFETCH(QByteArray, pushed);
        QFETCH(QByteArray, pulled);
        QFETCH(QString, pipeline);
        QFETCH(int, executions);
        QFETCH(int, events);
        if (pushed.isEmpty())
            QSKIP("The recorded exchanges are not here.");
        CmfFake fake;
        fake.givenPull = pulled;
        fake.http.start();
        CmfServer server(accessTo(fake.http.url()));
        const PreparedDocument prepared = prepareDocument(parsed(pushed), {});
        QCOMPARE(server.push(pipeline, jsonText(prepared.document), {}, unwatched()),
                 CmfServer::Pushed::Stored);
        CmfWanted wanted;
        wanted.pipeline = pipeline;
        const auto answer = server.pull(wanted, unwatched());
        QVERIFY(answer);
        const StoredComparison found = compareStored(parsed(pushed), parsed(*answer));
        QCOMPARE(found.executions, executions);
        QCOMPARE(found.storedExecutions, executions);
        QCOMPARE(found.missing, QStringList());
        if (events > 0)
            QCOMPARE(found.storedEvents, events);
        QCOMPARE(found.changed, QStringList());
        // One that the server has lost is named.
        QVariantMap document = parsed(*answer);
        QVariantList stages = document["Pipeline"].toList()[0].toMap()["stages"].toList();
        stages.removeFirst();
        QVariantMap whole = document["Pipeline"].toList()[0].toMap();
        whole["stages"] = stages;
        document["Pipeline"] = QVariantList{whole};
        const StoredComparison lost = compareStored(parsed(pushed), document);
        QVERIFY(lost.storedExecutions < executions);
        QVERIFY(!lost.missing.isEmpty());
    }

    void mendsWhatAServerWouldLose_data()
    {
        QTest::addColumn<QVariant>("given");
        QTest::addColumn<QVariant>("sent");
        QTest::newRow("nothing") << QVariant() << QVariant("None");
        QTest::newRow("small") << QVariant(1e-7) << QVariant("1e-07");
        QTest::newRow("a third") << QVariant(1.0 / 3) << QVariant("0.3333333333333333");
        QTest::newRow("exact") << QVariant(0.25) << QVariant(0.25);
        QTest::newRow("not a number") << QVariant(qQNaN()) << QVariant("nan");
        QTest::newRow("large") << QVariant(5'000'000'000LL) << QVariant("5000000000");
        QTest::newRow("integer") << QVariant(5LL) << QVariant(5LL);
        QTest::newRow("truth") << QVariant(true) << QVariant(1LL);
        QTest::newRow("list") << QVariant(QVariantList{1LL, "a"}) << QVariant("[1, \"a\"]");
    }
    void mendsWhatAServerWouldLose()
    {
        QFETCH(QVariant, given);
        QFETCH(QVariant, sent);
        QVariantMap document = parsed(small({{"x", 1LL}}));
        // Not through JSON, which cannot say it.
        QVariantMap pipeline = document["Pipeline"].toList()[0].toMap(),
                    stage = pipeline["stages"].toList()[0].toMap(),
                    execution = stage["executions"].toList()[0].toMap();
        execution["custom_properties"] = QVariantMap{{"x", given}};
        stage["executions"] = QVariantList{execution};
        pipeline["stages"] = QVariantList{stage};
        document["Pipeline"] = QVariantList{pipeline};
        const PreparedDocument prepared = prepareDocument(document, {});
        const QVariant kept = executionOf(prepared.document)["custom_properties"].toMap()["x"];
        QCOMPARE(kept, sent);
        QCOMPARE(kept.userType(), sent.userType());
        QCOMPARE(prepared.losses.empty(),
                 given.userType() == sent.userType() || given.userType() == QMetaType::Bool);
        QVERIFY(isSameStored(given, sent));
        // Once prepared, nothing is left to do.
        const PreparedDocument again = prepareDocument(prepared.document, {});
        QCOMPARE(again.document, prepared.document);
        QVERIFY(again.losses.empty());
    }

    void longTextsBecomeArtifacts()
    {
        QString text;
        for (int i = 0; i < 3000; ++i)
            text += QString::number(qHash(i, 7), 36);
        const QByteArray document = small({{"parameters", text}});
        CmfFake fake;
        fake.http.start();
        CmfServer server(accessTo(fake.http.url()));
        // As it is, the server says "success" and loses the execution.
        QCOMPARE(server.push("p", document, {}, unwatched()), CmfServer::Pushed::Stored);
        QVERIFY(fake.uuids().isEmpty());
        const PreparedDocument prepared = prepareDocument(parsed(document), {});
        QCOMPARE(prepared.losses.size(), std::size_t(1));
        QCOMPARE(prepared.texts.size(), 1);
        QCOMPARE(prepared.texts.first(), text.toUtf8());
        server.push("p", jsonText(prepared.document), {}, unwatched());
        const auto answer = server.pull({}, unwatched());
        const StoredComparison found = compareStored(prepared.document, parsed(*answer));
        QVERIFY2(found.isWhole(), qPrintable((found.missing + found.changed).join('\n')));
        QCOMPARE(found.sentence(), QString("Stored 1 of 1 executions and 2 of 2 events."));
    }

    void namesAndTypesAreMadeFit()
    {
        const QString longPath = "s3://bucket/" + QString(300, 'x') + "/file.csv";
        const PreparedDocument prepared =
            prepareDocument(parsed(small({}, "u1", "Figure", longPath)), {});
        const QVariantMap artifact =
            executionOf(prepared.document)["events"].toList()[0].toMap()["artifact"].toMap();
        QCOMPARE(artifact["type"].toString(), QString("Dataset"));
        QCOMPARE(artifact["custom_properties"].toMap()["artifact_type"].toString(),
                 QString("Figure"));
        QCOMPARE(artifact["custom_properties"].toMap()["full_name"].toString(), longPath);
        const QString name = artifact["name"].toString();
        QVERIFY(name.size() <= 255);
        QCOMPARE(name.section(':', 1), QString("0123456789abcdef0123456789abcdef"));
        QCOMPARE(prepared.losses.size(), std::size_t(3));
        for (const DocumentLoss &loss : prepared.losses)
            QVERIFY(!loss.remedy.isEmpty());
        const PreparedDocument again = prepareDocument(prepared.document, {});
        QCOMPARE(again.document, prepared.document);
    }

    void anExecutionWithoutUuidGetsAlwaysTheSame()
    {
        const QVariantMap document = parsed(small({}, ""));
        const PreparedDocument first = prepareDocument(document, {}),
                               second = prepareDocument(document, {});
        QVERIFY(!uuidsOf(executionOf(first.document)).isEmpty());
        QCOMPARE(first.document, second.document);
    }

    void aHubIsAskedForLess()
    {
        Preparing how;
        how.isForHub = true;
        const QByteArray document =
            small({{"x", 1e-7}, {"n", 5'000'000'000LL}, {"t", QString(5000, 'a')}}, "u1", "Figure");
        const PreparedDocument prepared = prepareDocument(parsed(document), how);
        QVERIFY(prepared.losses.empty());
        QCOMPARE(executionOf(prepared.document)["custom_properties"].toMap()["x"], QVariant(1e-7));
    }

    void privateValuesStayHere()
    {
        Preparing how;
        how.privacy = [](const QString &name, const QVariant &value) {
            return name == "sample" ? QVariant() : value;
        };
        const PreparedDocument prepared =
            prepareDocument(parsed(small({{"sample", "secret alloy"}, {"x", 1LL}})), how);
        QVERIFY(!jsonText(prepared.document).contains("secret alloy"));
        QCOMPARE(executionOf(prepared.document)["custom_properties"].toMap()["x"], QVariant(1LL));
    }

    void nullsAreNotSent()
    {
        CmfFake fake;
        fake.http.start();
        CmfServer server(accessTo(fake.http.url()));
        const Trouble trouble = troubleOf([&] {
            server.push("p", small({{"x", QVariant()}}), {}, unwatched());
        });
        QVERIFY(trouble.isAny && !trouble.isPassing);
        QCOMPARE(int(fake.pushes), 0);
    }

    void refusalsAreSentences_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("isPassing");
        for (const int status : {400, 401, 403, 413, 422, 500})
            QTest::addRow("%d", status) << status << false;
        for (const int status : {429, 502, 503, 504})
            QTest::addRow("%d", status) << status << true;
    }
    void refusalsAreSentences()
    {
        QFETCH(int, status);
        QFETCH(bool, isPassing);
        CmfFake fake;
        fake.statusOfPush = status;
        fake.http.start();
        CmfServer::Access access = accessTo(fake.http.url());
        access.credentials.token = "s3cret-token";
        CmfServer server(access);
        const Trouble trouble = troubleOf([&] { server.push("p", small(), {}, unwatched()); });
        QVERIFY(trouble.isAny);
        QCOMPARE(trouble.isPassing, isPassing);
        QVERIFY(trouble.sentence.endsWith('.'));
        QVERIFY(!trouble.sentence.contains("s3cret"));
    }

    void hostileAnswersAreRefused_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::newRow("no JSON") << QByteArray("<html>hello</html>");
        QTest::newRow("cut off") << small().chopped(10);
        QTest::newRow("a list") << QByteArray("[1,2,3]");
        QTest::newRow("a number") << QByteArray("{\"Pipeline\": 3}");
        QTest::newRow("stages are none")
            << QByteArray(R"({"Pipeline":[{"name":"p","stages":{}}]})");
        QTest::newRow("an event is none") << QByteArray(
            R"({"Pipeline":[{"name":"p","stages":[{"name":"p/S","executions":[{"properties":{},"events":[7]}]}]}]})");
        QTest::newRow("deep") << QByteArray(100'000, '[');
        QTest::newRow("many") << '[' + QByteArray("0,").repeated(5'000'000) + "0]";
    }
    void hostileAnswersAreRefused()
    {
        QFETCH(QByteArray, answer);
        CmfFake fake;
        fake.givenPull = answer;
        fake.http.start();
        CmfServer server(accessTo(fake.http.url()));
        const Trouble trouble = troubleOf([&] { server.pull({}, unwatched()); });
        QVERIFY(trouble.isAny && !trouble.isPassing);
        QVERIFY(trouble.sentence.size() < 500);
    }

    void anAnswerThatIsTooLongIsCut()
    {
        CmfFake fake;
        fake.givenPull = QByteArray(3 << 20, ' ');
        fake.http.start();
        CmfServer::Access access = accessTo(fake.http.url());
        access.mostBytes = 1 << 20;
        CmfServer server(access);
        const Trouble trouble = troubleOf([&] { server.pull({}, unwatched()); });
        QVERIFY(trouble.isAny && !trouble.isPassing);
    }

    void brokenConnectionsMayWorkLater_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("isClosing");
        QTest::newRow("closes at once") << QByteArray() << true;
        QTest::newRow("half a head") << QByteArray("HTTP/1.1 200 OK\r\nContent-Le") << true;
        QTest::newRow("less than it says")
            << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[\"cmf") << true;
        QTest::newRow("says nothing") << QByteArray() << false;
        QTest::newRow("half an answer, then nothing")
            << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[\"cmf") << false;
    }
    void brokenConnectionsMayWorkLater()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, isClosing);
        RawServer site(bytes, isClosing);
        CmfServer::Access access = accessTo(site.url());
        access.silenceMs = 1000;
        const Trouble trouble = beside([&] { CmfServer(access).traits(unwatched()); });
        QVERIFY(trouble.isAny && trouble.isPassing);
    }

    void aTrickleHasALimit()
    {
        HttpServer site;
        site.server.Get("/api/", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_chunked_content_provider(
                "application/json", [](size_t, httplib::DataSink &sink) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(100));
                    return sink.write("          ", 10);
                });
        });
        site.start();
        CmfServer::Access access = accessTo(site.url());
        access.answerMs = 1000;
        QElapsedTimer timer;
        timer.start();
        const Trouble trouble = troubleOf([&] { CmfServer(access).traits(unwatched()); });
        QVERIFY(trouble.isAny && trouble.isPassing);
        QVERIFY(timer.elapsed() < 10'000);
    }

    void aServerThatIsNotThereMayComeBack()
    {
        CmfFake fake;
        fake.http.start();
        const QString url = fake.http.url();
        fake.http.stop();
        const Trouble trouble = troubleOf([&] { CmfServer(accessTo(url)).traits(unwatched()); });
        QVERIFY(trouble.isAny && trouble.isPassing);
    }

    void stopsWhenAsked()
    {
        CmfFake fake;
        fake.http.start();
        CmfServer server(accessTo(fake.http.url()));
        QVERIFY_EXCEPTION_THROWN(server.traits([](double) { return false; }), Stopped);
    }
};

QTEST_GUILESS_MAIN(TestCmfServer)
#include "tst_cmfserver.moc"
