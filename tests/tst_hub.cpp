// SPDX-License-Identifier: GPL-3.0-or-later
// The hub as CMF's client sees it: what is pushed is stored, once, and comes back.

#include "hubfixture.h"
#include "lineage/formats/jsontext.h"

#include <QTest>

#include <algorithm>
#include <thread>

using namespace helmscope;

namespace {

const QString original = QStringLiteral("original_create_time_since_epoch");

/// Executions of a document by uuid.
QMap<QString, QVariantMap> runsOf(const QByteArray &document)
{
    QMap<QString, QVariantMap> runs;
    const QVariantMap all = parseJson(document, "document").toMap();
    for (const QVariant &pipeline : all.value("Pipeline").toList())
        for (const QVariant &stage : pipeline.toMap().value("stages").toList())
            for (const QVariant &run : stage.toMap().value("executions").toList())
                runs.insert(
                    run.toMap().value("properties").toMap().value("Execution_uuid").toString(),
                    run.toMap());
    return runs;
}

QVariantMap without(QVariantMap map, const QStringList &keys)
{
    for (const QString &key : keys)
        map.remove(key);
    return map;
}

/// What an execution says of its artifacts, in an order of its own.
QStringList eventsOf(const QVariantMap &run)
{
    QStringList events;
    for (const QVariant &event : run.value("events").toList()) {
        const QVariantMap artifact = event.toMap().value("artifact").toMap();
        events << QString::fromLatin1(jsonText(QVariantMap{
            {"type", event.toMap().value("type")},
            {"of", artifact.value("type")},
            {"name", artifact.value("name")},
            {"uri", artifact.value("uri")},
            {"properties", artifact.value("properties")},
            {"custom", without(artifact.value("custom_properties").toMap(), {original})}}));
    }
    events.sort();
    return events;
}

QByteArray json(const char *text)
{
    return QByteArray(text).replace('\'', '"');
}

/// A document of one run with these custom properties, last changed at `updatedMs`.
QByteArray oneRun(const QByteArray &custom, qint64 updatedMs, const QByteArray &events = {})
{
    return json("{'Pipeline':[{'name':'p','create_time_since_epoch':1,'stages':[{'name':'p/S',"
                "'custom_properties':{},'create_time_since_epoch':1,'executions':[{'name':'',"
                "'create_time_since_epoch':1,'last_update_time_since_epoch':") +
           QByteArray::number(updatedMs) +
           json(",'properties':{'Execution_uuid':'u1','Context_Type':'p/S','Execution':'cmd'},"
                "'custom_properties':") +
           custom + ",\"events\":[" + events + "]}]}]}]}";
}

QByteArray eventOf(int type, const QByteArray &uri, const QByteArray &custom = "{}",
                   const QByteArray &kind = "Dataset", const QByteArray &name = {})
{
    return "{\"type\":" + QByteArray::number(type) + ",\"artifact\":{\"type\":\"" + kind +
           "\",\"name\":\"" + (name.isEmpty() ? "m.bin:" + uri : name) + "\",\"uri\":\"" + uri +
           "\",\"create_time_since_epoch\":1,\"properties\":{},\"custom_properties\":" + custom +
           "}}";
}

} // namespace

class TestHub : public QObject
{
    Q_OBJECT
private:
    std::unique_ptr<OwnPostgres> m_postgres;

    /// A new hub on the database of this row of the tests.
    std::unique_ptr<RunningHub> newHub()
    {
        QFETCH_GLOBAL(bool, isPostgres);
        Hub::Settings settings;
        if (isPostgres)
            settings.database = m_postgres->newDatabase();
        return std::make_unique<RunningHub>(settings);
    }

private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<bool>("isPostgres");
        QTest::newRow("SQLite") << false;
        m_postgres = std::make_unique<OwnPostgres>();
        if (m_postgres->problem().isEmpty())
            QTest::newRow("PostgreSQL") << true;
        else
            qWarning("Not tested on PostgreSQL: %s", qPrintable(m_postgres->problem()));
    }

    void givesBackWhatCmfsClientPushed_data()
    {
        QTest::addColumn<QString>("pipeline");
        QTest::addColumn<QString>("file");
        QTest::newRow("aldkl") << "ALDKL"
                               << "aldkl";
        QTest::newRow("demo") << "demo"
                              << "demo";
    }
    void givesBackWhatCmfsClientPushed()
    {
        QFETCH(QString, pipeline);
        QFETCH(QString, file);
        const QByteArray pushed = recorded(file + "_push.json");
        const QByteArray served = recorded(file + "_pull.json");
        if (pushed.isEmpty() || served.isEmpty())
            QSKIP("The recorded exchanges are not here.");
        const auto hub = newHub();
        QCOMPARE(statusOf(hub->push(pushed, pipeline)), QByteArray("200 success"));
        const QByteArray wish = "{\"pipeline_name\": \"" + pipeline.toUtf8() + "\"}";
        const auto before = runsOf(pushed), after = runsOf(hub->pull(wish)),
                   theirs = runsOf(served);
        QCOMPARE(after.keys(), before.keys());
        QCOMPARE(after.keys(), theirs.keys());
        const QStringList ids{"Context_ID", "Pipeline_id"};
        for (const QString &uuid : before.keys()) {
            const QVariantMap &run = after[uuid];
            // Nothing of it is lost …
            QCOMPARE(eventsOf(run), eventsOf(before[uuid]));
            QCOMPARE(run.value("type"), before[uuid].value("type"));
            QCOMPARE(run.value("name"), before[uuid].value("name"));
            QCOMPARE(without(run.value("custom_properties").toMap(), {original}),
                     before[uuid].value("custom_properties").toMap());
            // … and it looks as it does from CMF's server.
            QCOMPARE(without(run.value("properties").toMap(), ids),
                     without(theirs[uuid].value("properties").toMap(), ids));
            QCOMPARE(run.value("custom_properties").toMap(),
                     theirs[uuid].value("custom_properties").toMap());
        }
        QCOMPARE(statusOf(hub->push(pushed, pipeline)), QByteArray("200 exists"));
        // What was pulled may be pushed again: it is the same.
        QCOMPARE(statusOf(hub->push(hub->pull(wish), pipeline)), QByteArray("200 exists"));
        QCOMPARE(runsOf(hub->pull(wish)), after);
    }

    void keepsWhatCmfLoses_data()
    {
        QTest::addColumn<QByteArray>("pushed");
        QTest::addColumn<QVariant>("pulled");
        const QByteArray text(100'000, 'x');
        QTest::newRow("small double") << QByteArray("1e-7") << QVariant(1e-7);
        QTest::newRow("third") << QByteArray("0.3333333333333333") << QVariant(1.0 / 3);
        QTest::newRow("nearest to zero") << QByteArray("5e-324") << QVariant(5e-324);
        QTest::newRow("1.0 is no 1") << QByteArray("1.0") << QVariant(1.0);
        QTest::newRow("64 bits") << QByteArray("9223372036854775807")
                                 << QVariant(std::numeric_limits<qlonglong>::max());
        QTest::newRow("beyond 64 bits")
            << QByteArray("92233720368547758079") << QVariant("92233720368547758079");
        QTest::newRow("true") << QByteArray("true") << QVariant(true);
        QTest::newRow("null, in CMF's word") << QByteArray("null") << QVariant("None");
        QTest::newRow("NaN, as text") << QByteArray("NaN") << QVariant("NaN");
        QTest::newRow("infinite, as text") << QByteArray("-Infinity") << QVariant("-Infinity");
        QTest::newRow("list, as text")
            << QByteArray("[1, {\"a\": null}]") << QVariant("[1, {\"a\": null}]");
        QTest::newRow("long text") << '"' + text + '"' << QVariant(QString::fromLatin1(text));
        QTest::newRow("empty text") << QByteArray("\"\"") << QVariant(QStringLiteral(""));
        QTest::newRow("all of Unicode")
            << QByteArray("\"h\\u00e9 \\ud83d\\udd2c \xc3\xa9 \\\\ '\\n \"")
            << QVariant(QString::fromUtf8("h\xc3\xa9 \xf0\x9f\x94\xac \xc3\xa9 \\ '\n "));
    }
    void keepsWhatCmfLoses()
    {
        QFETCH(QByteArray, pushed);
        QFETCH(QVariant, pulled);
        const auto hub = newHub();
        const QByteArray document = oneRun("{\"v\": " + pushed + "}", 5);
        QCOMPARE(statusOf(hub->push(document, "p")), QByteArray("200 success"));
        const QVariant value = runsOf(hub->pull("{\"pipeline_name\": \"p\"}"))
                                   .value("u1")
                                   .value("custom_properties")
                                   .toMap()
                                   .value("v");
        QCOMPARE(value.userType(), pulled.userType() == QMetaType::LongLong ? QMetaType::LongLong
                                                                            : pulled.userType());
        QCOMPARE(value, pulled);
        QCOMPARE(statusOf(hub->push(document, "p")), QByteArray("200 exists"));
    }

    void keepsTypesAndNamesThatCmfDrops()
    {
        const auto hub = newHub();
        const QByteArray longName(3000, 'n');
        const QByteArray events = eventOf(4, "a1", "{}", "Micrograph") + ',' +
                                  eventOf(3, "a2", "{}", "Dataset", "s3://b/x:y:a2") + ',' +
                                  eventOf(4, "a3", "{}", "Dataset", longName) + ',' +
                                  eventOf(4, "a2", "{}", "Dataset", "s3://b/x:y:a2") + ',' +
                                  eventOf(6, "a4", "{}", "Validation_output");
        QCOMPARE(statusOf(hub->push(oneRun("{}", 5, events), "p")), QByteArray("200 success"));
        const QVariantMap run = runsOf(hub->pull("{}")).value("u1");
        QCOMPARE(eventsOf(run), eventsOf(runsOf(oneRun("{}", 5, events)).value("u1")));
    }

    void refusesByNameWhatNoStoreKeeps_data()
    {
        QTest::addColumn<QByteArray>("document");
        QTest::addColumn<QByteArray>("status");
        QTest::newRow("no pipelines") << QByteArray("{\"Pipeline\": []}") << QByteArray("400");
        QTest::newRow("no list") << QByteArray("{}") << QByteArray("400");
        QTest::newRow("not JSON") << QByteArray("{\"Pipeline\": [") << QByteArray("422");
        QTest::newRow("a list") << QByteArray("[]") << QByteArray("422");
        QTest::newRow("NUL") << oneRun("{\"v\": \"a\\u0000b\"}", 5) << QByteArray("422");
        QTest::newRow("half a character") << oneRun("{\"v\": \"\\ud83d\"}", 5) << QByteArray("422");
        QTest::newRow("a run without uuid")
            << oneRun("{}", 5).replace("Execution_uuid", "Execution_id")
            << QByteArray("422 version_update");
        QTest::newRow("an event of no type")
            << oneRun("{}", 5, eventOf(3, "a").replace("\"type\":3", "\"type\":99"))
            << QByteArray("422");
        QTest::newRow("an event of nothing")
            << oneRun("{}", 5, "{\"type\": 3}") << QByteArray("422");
        QTest::newRow("a time that is none")
            << oneRun("{}", 5).replace("\"create_time_since_epoch\":1,",
                                       "\"create_time_since_epoch\":\"x\",")
            << QByteArray("422");
        QTest::newRow("nested deeply")
            << oneRun("{\"v\": " + QByteArray(100'000, '[') + QByteArray(100'000, ']') + "}", 5)
            << QByteArray("422");
        QTest::newRow("a stage with the pipeline's name")
            << oneRun("{}", 5).replace("\"name\":\"p/S\"", "\"name\":\"p\"") << QByteArray("409");
    }
    void refusesByNameWhatNoStoreKeeps()
    {
        QFETCH(QByteArray, document);
        QFETCH(QByteArray, status);
        const auto hub = newHub();
        const QByteArray answer = statusOf(hub->push(document, "p"));
        QVERIFY2(answer.startsWith(status) && answer.size() > 5, answer);
        // All or nothing
        QCOMPARE(hub->pull("{}"), QByteArray("{\"Pipeline\": []}"));
    }

    void answersAsCmfsServerDoes()
    {
        const auto hub = newHub();
        QCOMPARE(statusOf(hub->push(documentOf("p", 3), "other")),
                 QByteArray("200 pipeline_not_exist"));
        QCOMPARE(statusOf(hub->push(documentOf("p", 3), "p", "u-1")), QByteArray("200 success"));
        QCOMPARE(runsOf(hub->pull("{}")).keys(), QStringList{"u-1"});
        QCOMPARE(statusOf(hub->push(documentOf("p", 3), "p", "nobody's")).left(3),
                 QByteArray("422"));
        QCOMPARE(statusOf(hub->push(documentOf("p", 3), "p")), QByteArray("200 success"));
        QCOMPARE(runsOf(hub->pull("{}")).size(), 3);
        QCOMPARE(runsOf(hub->pull("{\"pipeline_name\":\"p\",\"exec_uuid\":\"u-2\"}")).keys(),
                 QStringList{"u-2"});
        QCOMPARE(hub->pull("{\"pipeline_name\":\"p\",\"exec_uuid\":\"nobody's\"}"),
                 QByteArray("no_exec_uuid"));
        const auto client = hub->client();
        const auto pull =
            client->Post("/api/mlmd_pull", "{\"pipeline_name\": \"p\"}", "application/json");
        QVERIFY(pull && pull->get_header_value("Content-Type").rfind("text/html", 0) == 0);
        const auto post = [&](const char *path, const char *body) {
            const auto result = client->Post(path, body, "application/json");
            return result ? result->status : 0;
        };
        QCOMPARE(post("/api/mlmd_pull", "{\"pipeline_name\": \"x\"}"), 404);
        QCOMPARE(post("/api/mlmd_pull", "{\"last_sync_time\": 0}"), 406);
        QCOMPARE(post("/mlmd_pull", "{}"), 200); // the generation before /api
        QCOMPARE(post("/api/mlmd_push", "{}"), 422);
        QCOMPARE(post("/api/mlmd_push", "{\"pipeline_name\": null, \"json_payload\": \"{}\"}"),
                 422);
        QCOMPARE(post("/api/mlmd_push", "{\"pipeline_name\": \"p\", \"json_payload\": {}}"), 422);
        QCOMPARE(post("/api/mlmd_push", "nonsense"), 422);
        QCOMPARE(client->Get("/api/mlmd_pull")->status, 405);
        QCOMPARE(client->Get("/api/nothing")->status, 404);
        QCOMPARE(client->Get("/api/pipelines")->body, std::string("[\"p\"]"));
    }

    void givesOnlyWhatIsNewSinceATime()
    {
        const auto hub = newHub();
        QCOMPARE(statusOf(hub->push(documentOf("p", 2), "p")), QByteArray("200 success"));
        const QVariantMap first =
            parseJson(hub->pull("{}"), "pull").toMap().value("Pipeline").toList()[0].toMap();
        const qint64 then = first.value("last_update_time_since_epoch").toLongLong();
        const QByteArray since = "{\"last_sync_time\": " + QByteArray::number(then) + "}";
        QCOMPARE(hub->pull(since), QByteArray("{\"Pipeline\": []}"));
        QCOMPARE(statusOf(hub->push(documentOf("p", 3), "p")), QByteArray("200 success"));
        QCOMPARE(runsOf(hub->pull(since)).keys(), QStringList{"u-2"});
    }

    void newEventsOfAKnownRunAreTaken()
    {
        const auto hub = newHub();
        QCOMPARE(statusOf(hub->push(oneRun("{}", 5, eventOf(3, "a1")), "p")),
                 QByteArray("200 success"));
        const QByteArray more = oneRun("{}", 5, eventOf(3, "a1") + ',' + eventOf(4, "a2"));
        QCOMPARE(statusOf(hub->push(more, "p")), QByteArray("200 success"));
        QCOMPARE(statusOf(hub->push(more, "p")), QByteArray("200 exists"));
        QCOMPARE(runsOf(hub->pull("{}")).value("u1").value("events").toList().size(), 2);
        // An older copy takes nothing away.
        QCOMPARE(statusOf(hub->push(oneRun("{}", 5, eventOf(3, "a1")), "p")),
                 QByteArray("200 exists"));
        QCOMPARE(runsOf(hub->pull("{}")).value("u1").value("events").toList().size(), 2);
    }

    void ofTwoValuesTheOneChangedLaterStays()
    {
        const auto hub = newHub();
        const auto value = [&](const char *name) {
            return runsOf(hub->pull("{}"))
                .value("u1")
                .value("custom_properties")
                .toMap()
                .value(name);
        };
        QCOMPARE(statusOf(hub->push(oneRun("{\"v\": 1}", 100), "p")), QByteArray("200 success"));
        QCOMPARE(statusOf(hub->push(oneRun("{\"v\": 2, \"w\": 3}", 200), "p")),
                 QByteArray("200 success"));
        QCOMPARE(value("v"), QVariant(2LL));
        // The clock of another site is a day behind: what it adds is taken, what it says otherwise
        // is older.
        QCOMPARE(statusOf(hub->push(oneRun("{\"v\": 9, \"x\": 4}", 50), "p")),
                 QByteArray("200 success"));
        QCOMPARE(value("v"), QVariant(2LL));
        QCOMPARE(value("w"), QVariant(3LL));
        QCOMPARE(value("x"), QVariant(4LL));
        QCOMPARE(statusOf(hub->push(oneRun("{\"v\": 1}", 100), "p")), QByteArray("200 exists"));
    }

    void aRunOfANameIsExtended()
    {
        const auto hub = newHub();
        const auto named = [](const char *uuid, const QByteArray &events) {
            return oneRun("{}", 5, events)
                .replace("\"name\":\"\"", "\"name\":\"Eval\"")
                .replace("\"u1\"", QByteArray("\"") + uuid + '"');
        };
        QCOMPARE(statusOf(hub->push(named("u1", eventOf(3, "a1")), "p")),
                 QByteArray("200 success"));
        QCOMPARE(statusOf(hub->push(named("u2", eventOf(3, "a2")), "p")),
                 QByteArray("200 success"));
        const auto runs = runsOf(hub->pull("{}"));
        QCOMPARE(runs.keys(), QStringList{"u1,u2"});
        QCOMPARE(runs.first().value("events").toList().size(), 2);
        QCOMPARE(runsOf(hub->pull("{\"pipeline_name\":\"p\",\"exec_uuid\":\"u2\"}")).size(), 1);
    }

    void sitesThatPushAtOnceLoseNothing()
    {
        const auto hub = newHub();
        constexpr int sites = 12;
        std::vector<std::thread> threads;
        std::vector<QByteArray> answers(sites);
        for (int i = 0; i < sites; ++i)
            threads.emplace_back([&, i] {
                // Each has runs of its own and some that all have.
                answers[std::size_t(i)] =
                    statusOf(hub->push(documentOf("p", 5, QStringLiteral("site%1").arg(i)), "p"));
                statusOf(hub->push(documentOf("p", 10, "common"), "p"));
            });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(answers, std::vector<QByteArray>(sites, "200 success"));
        const auto runs = runsOf(hub->pull("{}"));
        QCOMPARE(runs.size(), sites * 5 + 10);
        for (const QVariantMap &run : runs)
            QCOMPARE(run.value("events").toList().size(), 2);
        QSet<qlonglong> ids;
        for (const QVariantMap &run : runs)
            ids << run.value("id").toLongLong();
        QCOMPARE(ids.size(), runs.size());
    }

    void aLostConnectionToTheDatabaseIsMadeAnew()
    {
        QFETCH_GLOBAL(bool, isPostgres);
        if (!isPostgres)
            QSKIP("A file is not lost.");
        const auto hub = newHub();
        QCOMPARE(statusOf(hub->push(documentOf("p", 1), "p")), QByteArray("200 success"));
        m_postgres->dropConnections();
        QCOMPARE(statusOf(hub->push(documentOf("p", 2), "p")), QByteArray("200 success"));
        m_postgres->dropConnections();
        QCOMPARE(runsOf(hub->pull("{}")).size(), 2);
    }

    void twoHubsShareOnePostgres()
    {
        QFETCH_GLOBAL(bool, isPostgres);
        if (!isPostgres)
            QSKIP("A file has one hub.");
        Hub::Settings settings;
        settings.database = m_postgres->newDatabase();
        RunningHub first(settings);
        QTemporaryDir other;
        settings.folder = other.filePath("hub");
        Hub second(settings);
        second.listen();
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                httplib::Client client("127.0.0.1", i % 2 ? first.port() : second.port());
                client.set_bearer_token_auth(first.token().toStdString());
                client.Post("/api/mlmd_push",
                            pushBody(documentOf("p", 6, QString::number(i / 2)), "p").toStdString(),
                            "application/json");
            });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(runsOf(first.pull("{}")).size(), 4 * 6);
    }
};

QTEST_GUILESS_MAIN(TestHub)
#include "tst_hub.moc"
