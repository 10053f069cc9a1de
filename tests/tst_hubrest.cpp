// SPDX-License-Identifier: GPL-3.0-or-later
// CMF's lists, trees and side files, and a hub that pulls from another.

#include "federation/hub/schedules.h"
#include "federation/hub/store/database.h"
#include "hubfixture.h"
#include "lineage/formats/jsontext.h"

#include <QDateTime>
#include <QDir>
#include <QTest>

#include <zip.h>

using namespace helmscope;

namespace {

QVariant answerOf(const RunningHub &hub, const char *path, int status = 200)
{
    const auto result = hub.client()->Get(path);
    if (!result || result->status != status)
        qWarning("%s: %d %s", path, result ? result->status : 0,
                 result ? result->body.c_str() : "");
    return result && result->status == status
               ? parseJson(QByteArray::fromStdString(result->body), path)
               : QVariant();
}

/// "id<parent,parent" of each node of a tree.
QStringList nodesOf(const QVariant &tree)
{
    QStringList nodes;
    for (const QVariant &group : tree.toList())
        for (const QVariant &node : group.toList()) {
            QStringList parents = node.toMap().value("parents").toStringList();
            parents.sort();
            nodes << node.toMap().value("id").toString() + '<' + parents.join(',');
        }
    nodes.sort();
    return nodes;
}

/// One run of a stage: letters of what it takes and gives.
QByteArray run(const QByteArray &uuid, const QByteArray &in, const QByteArray &out)
{
    QByteArrayList events;
    const auto add = [&](char letter, int type) {
        const QByteArray uri(32, letter);
        events << "{\"type\":" + QByteArray::number(type) +
                      ",\"artifact\":{\"type\":\"Dataset\",\"name\":\"dir/" +
                      QByteArray(1, letter) + ".bin:" + uri + "\",\"uri\":\"" + uri +
                      "\",\"create_time_since_epoch\":1,\"properties\":{},\"custom_properties\":{}"
                      "}}";
    };
    for (const char letter : in)
        add(letter, 3);
    for (const char letter : out)
        add(letter, 4);
    return "{\"name\":\"\",\"create_time_since_epoch\":1,\"properties\":{\"Execution_uuid\":\"" +
           uuid +
           "\",\"Context_Type\":\"s\",\"Execution\":\"c\"},\"custom_properties\":{},"
           "\"events\":[" +
           events.join(',') + "]}";
}

QByteArray pipelineOf(const QByteArray &name, const QByteArrayList &runs)
{
    return "{\"Pipeline\":[{\"name\":\"" + name +
           "\",\"create_time_since_epoch\":1,\"stages\":[{\"name\":\"" + name +
           "/S\",\"custom_properties\":{},\"create_time_since_epoch\":1,\"executions\":[" +
           runs.join(',') + "]}]}]}";
}

std::string formOf(const std::string &part, const std::string &fileName, const std::string &content)
{
    return "--xyz\r\nContent-Disposition: form-data; name=\"" + part + "\"; filename=\"" +
           fileName + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content +
           "\r\n--xyz--\r\n";
}
const char *const formType = "multipart/form-data; boundary=xyz";

} // namespace

class TestHubRest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void listsWhatIsInAStage()
    {
        RunningHub hub;
        QCOMPARE(statusOf(hub.push(documentOf("p", 12), "p")), QByteArray("200 success"));
        QCOMPARE(answerOf(hub, "/api/pipeline-stages/p").toMap(),
                 (QVariantMap{{"stages", QVariantList{"p/Train"}}, {"total_stages", 1LL}}));
        QCOMPARE(answerOf(hub, "/api/pipeline-stages/nothing").toMap().value("total_stages"),
                 QVariant(0LL));
        QCOMPARE(answerOf(hub, "/api/artifact_types").toStringList(),
                 (QStringList{"Dataset", "Model"}));
        QCOMPARE(
            answerOf(hub, "/api/artifact-types-by-stage/p?stage_name=p%2FTrain").toStringList(),
            (QStringList{"Dataset", "Model"}));
        const QVariantMap models =
            answerOf(hub, "/api/artifacts-by-stage/p?stage_name=p/Train&artifact_type=Model"
                          "&active_page=2&record_per_page=5")
                .toMap();
        QCOMPARE(models.value("total_items"), QVariant(12LL));
        QCOMPARE(models.value("items").toList().size(), 5);
        for (const QVariant &property :
             models.value("items").toList()[0].toMap().value("artifact_properties").toList())
            QCOMPARE(property.toMap().value("value").userType(), int(QMetaType::QString));
        QCOMPARE(answerOf(hub, "/api/artifacts-by-stage/p?stage_name=p/Train&artifact_type=Model"
                               "&active_page=9")
                     .toMap()
                     .value("items"),
                 QVariant(QVariantList()));
        const QVariantMap runs =
            answerOf(hub, "/api/executions-by-stage/p?stage_name=p/Train&record_per_page=20&"
                          "filter_value=U-1")
                .toMap();
        QCOMPARE(runs.value("total_items"), QVariant(3LL)); // u-1, u-10, u-11
        answerOf(hub, "/api/executions-by-stage/p", 422);
        QCOMPARE(answerOf(hub, "/api/list-of-executions/p").toStringList().first(),
                 QString("Train_u-0"));
        answerOf(hub, "/api/list-of-executions/nothing", 404);
    }

    void cardOfAModelHasWhatItWasMadeFrom()
    {
        RunningHub hub;
        QCOMPARE(statusOf(hub.push(documentOf("p", 1), "p")), QByteArray("200 success"));
        const qlonglong id =
            answerOf(hub, "/api/artifacts-by-stage/p?stage_name=p/Train&artifact_type=Model")
                .toMap()
                .value("items")
                .toList()[0]
                .toMap()
                .value("artifact_id")
                .toLongLong();
        const QVariantList card =
            answerOf(hub, qPrintable(QStringLiteral("/api/model-card?modelId=%1").arg(id)))
                .toList();
        QCOMPARE(card.size(), 4);
        QCOMPARE(card[0].toList()[0].toMap().value("custom_properties_rows"), QVariant(0LL));
        QCOMPARE(card[1].toList().size(), 1);
        QCOMPARE(card[2].toList()[0].toMap().value("type"), QVariant("Dataset"));
        QCOMPARE(card[3], QVariant("")); // no other outputs
        QCOMPARE(answerOf(hub, "/api/model-card?modelId=999").toList(),
                 (QVariantList{"", "", "", ""}));
        answerOf(hub, "/api/model-card?modelId=x", 422);
    }

    void treesFollowWhatAnotherPipelineMade()
    {
        RunningHub hub;
        hub.push(pipelineOf("first", {run("1111", "a", "b")}), "first");
        hub.push(pipelineOf("second", {run("2222", "b", "c"), run("3333", "c", "d")}), "second");
        QCOMPARE(nodesOf(answerOf(hub, "/api/artifact-lineage/tangled-tree/second")),
                 (QStringList{"a.bin:aaaa<", "b.bin:bbbb<a.bin:aaaa", "c.bin:cccc<b.bin:bbbb",
                              "d.bin:dddd<c.bin:cccc"}));
        QCOMPARE(nodesOf(answerOf(hub, "/api/execution-lineage/tangled-tree/3333/second")),
                 (QStringList{"S_1111<", "S_2222<S_1111", "S_3333<S_2222"}));
        // Ancestors only
        QCOMPARE(nodesOf(answerOf(hub, "/api/execution-lineage/tangled-tree/2222/second")),
                 (QStringList{"S_1111<", "S_2222<S_1111"}));
        QCOMPARE(nodesOf(answerOf(hub, "/api/artifact-execution-lineage/tangled-tree/first")),
                 (QStringList{"artifact_name_a.bin:aaaa<",
                              "artifact_name_b.bin:bbbb<execution_name_S_1111",
                              "execution_name_S_1111<artifact_name_a.bin:aaaa"}));
        QVERIFY(answerOf(hub, "/api/execution-lineage/tangled-tree/9999/second")
                    .toMap()
                    .contains("error"));
        answerOf(hub, "/api/artifact-lineage/tangled-tree/nothing", 404);
        // Who may see one pipeline sees nothing of the other's runs.
        const auto limited = hub.client(hub.makeToken("limited", Scope::Read, {"second"}));
        const auto tree = limited->Get("/api/execution-lineage/tangled-tree/2222/second");
        QVERIFY(tree && tree->status == 200);
        QCOMPARE(nodesOf(parseJson(QByteArray::fromStdString(tree->body), "tree")),
                 QStringList{"S_2222<"});
    }

    void aCycleLosesNoNodeAndNoTwoHaveOneId()
    {
        RunningHub hub;
        // b is made from a and a from b; two uuids begin alike.
        hub.push(pipelineOf("p", {run("1111-x", "a", "b"), run("1111-y", "b", "a"),
                                  run("2222", "a", "c")}),
                 "p");
        const QStringList artifacts =
            nodesOf(answerOf(hub, "/api/artifact-lineage/tangled-tree/p"));
        QCOMPARE(artifacts.size(), 3);
        const QStringList both =
            nodesOf(answerOf(hub, "/api/artifact-execution-lineage/tangled-tree/p"));
        QCOMPARE(both.size(), 6);
        QSet<QString> ids;
        for (const QString &node : both)
            ids << node.section('<', 0, 0);
        QCOMPARE(ids.size(), 6);
    }

    void aLongChainIsNoTrouble()
    {
        RunningHub hub;
        QByteArrayList runs;
        for (int i = 0; i < 3000; ++i) {
            const auto artifact = [](int n, int type) {
                const QByteArray uri = QByteArray::number(n).rightJustified(32, '0');
                return "{\"type\":" + QByteArray::number(type) +
                       ",\"artifact\":{\"type\":\"Dataset\",\"name\":\"x:" + uri + "\",\"uri\":\"" +
                       uri + "\",\"properties\":{},\"custom_properties\":{}}}";
            };
            runs << run(QByteArray::number(i), "", "")
                        .replace("\"events\":[]",
                                 "\"events\":[" + artifact(i, 3) + ',' + artifact(i + 1, 4) + ']');
        }
        QCOMPARE(statusOf(hub.push(pipelineOf("p", runs), "p")), QByteArray("200 success"));
        QCOMPARE(nodesOf(answerOf(hub, "/api/artifact-lineage/tangled-tree/p")).size(), 3001);
    }

    void keepsTheFilesOfCmfsClient()
    {
        RunningHub hub;
        const auto client = hub.client();
        const auto post = [&](const char *path, const std::string &form) {
            const auto result = client->Post(path, form, formType);
            return result ? result->status : 0;
        };
        const std::string name = "cmf_artifacts/python_env_0123.txt";
        QCOMPARE(post("/api/python-env", formOf("file", name, "numpy==1.24\n")), 200);
        const auto text = client->Get("/api/python-env?file_name=python_env_0123.txt");
        QVERIFY(text && text->status == 200);
        QCOMPARE(text->body, std::string("numpy==1.24\n"));
        QVERIFY(text->get_header_value("Content-Type").rfind("text/plain", 0) == 0);
        QCOMPARE(client->Get("/api/python-env?file_name=x.sh")->status, 400);
        QCOMPARE(client->Get("/api/python-env?file_name=missing.txt")->status, 404);
        QCOMPARE(client->Get("/api/python-env?file_name=../audit.txt")->status, 404);
        QCOMPARE(client->Get("/api/python-env?file_name=..")->status, 400);
        QCOMPARE(post("/api/python-env", formOf("other", name, "x")), 422);
        QCOMPARE(client->Post("/api/python-env", "{}", "application/json")->status, 422);
        QCOMPARE(post("/api/label", formOf("file", "0123abc", "first")), 200);
        QCOMPARE(post("/api/label", formOf("file", "0123abc", "second")), 200);
        QCOMPARE(client->Get("/api/label-data?file_name=0123abc")->body, std::string("first"));
        QCOMPARE(post("/api/tensorboard?pipeline_name=..%2Fp", formOf("file", "run/1/events", "e")),
                 200);
        QVERIFY(QFile::exists(hub.folder() + "/hub/tensorboard/%2E%2E%2Fp/run/1/events"));
        for (const char *trick : {"../up", "/etc/passwd", "a/../../b", "a//b", ".hidden"})
            QCOMPARE(post("/api/tensorboard?pipeline_name=p", formOf("file", trick, "e")), 400);
        QCOMPARE(post("/api/tensorboard", formOf("file", "x", "e")), 422);
    }

    void knowsWhenTheNextTurnIs_data()
    {
        QTest::addColumn<int>("mode");
        QTest::addColumn<QString>("start");
        QTest::addColumn<QString>("after");
        QTest::addColumn<QString>("next");
        using Mode = Recurrence::Mode;
        const auto row = [](const char *name, Mode mode, const char *start, const char *after,
                            const char *next) {
            QTest::newRow(name) << int(mode) << start << after << next;
        };
        row("once", Mode::Once, "2026-05-01T03:30:00Z", "2026-04-30T00:00:00Z",
            "2026-05-01T03:30:00Z");
        row("once, over", Mode::Once, "2026-05-01T03:30:00Z", "2026-05-01T03:30:00Z", "");
        row("interval of 45 min", Mode::Interval, "2026-05-01T03:30:00Z", "2026-05-01T05:00:00Z",
            "2026-05-01T05:45:00Z");
        row("interval, not begun", Mode::Interval, "2026-05-01T03:30:00Z", "2026-04-01T05:00:00Z",
            "2026-05-01T03:30:00Z");
        // 03:30 in Berlin: 01:30 UTC in summer, 02:30 in winter.
        row("daily over the end of summer time", Mode::Daily, "2026-05-01T01:30:00Z",
            "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z");
        row("daily, the day after", Mode::Daily, "2026-05-01T01:30:00Z", "2026-10-25T02:30:00Z",
            "2026-10-26T02:30:00Z");
        row("weekly", Mode::Weekly, "2026-05-01T01:30:00Z", "2026-05-01T01:30:00Z",
            "2026-05-06T01:30:00Z"); // from a Friday to the Wednesday
        row("weekly, today", Mode::Weekly, "2026-05-01T01:30:00Z", "2026-05-06T01:00:00Z",
            "2026-05-06T01:30:00Z");
    }
    void knowsWhenTheNextTurnIs()
    {
        QFETCH(int, mode);
        QFETCH(QString, start);
        QFETCH(QString, after);
        QFETCH(QString, next);
        const auto ms = [](const QString &text) {
            return QDateTime::fromString(text, Qt::ISODate).toMSecsSinceEpoch();
        };
        const Recurrence recurrence{Recurrence::Mode(mode), ms(start), "Europe/Berlin", 45 * 60'000,
                                    3};
        const std::optional<qint64> found = recurrence.next(ms(after));
        QCOMPARE(found ? QDateTime::fromMSecsSinceEpoch(*found, Qt::UTC).toString(Qt::ISODate)
                       : QString(),
                 next);
    }

    void pullsFromAnotherHubWhenItIsTime_data()
    {
        QTest::addColumn<bool>("onPostgres");
        QTest::newRow("SQLite") << false;
        QTest::newRow("PostgreSQL") << true;
    }
    void pullsFromAnotherHubWhenItIsTime()
    {
        QFETCH(bool, onPostgres);
        Hub::Settings settings;
        settings.cmf.scheduleMs = 20;
        std::unique_ptr<OwnPostgres> postgres;
        if (onPostgres) {
            postgres = std::make_unique<OwnPostgres>();
            if (!postgres->problem().isEmpty())
                QSKIP(qPrintable(postgres->problem()));
            settings.database = postgres->newDatabase();
        }
        RunningHub ours(settings), theirs;
        QCOMPARE(statusOf(theirs.push(documentOf("p", 2), "p")), QByteArray("200 success"));
        const auto client = ours.client();
        const std::string url = "http://127.0.0.1:" + std::to_string(theirs.port()) + "/t/" +
                                theirs.makeToken("mirror", Scope::Read).toStdString();
        client->Post("/api/register-server",
                     "{\"server_name\": \"theirs\", \"server_url\": \"" + url + "\"}",
                     "application/json");
        const auto schedule = [&](const QByteArray &body) {
            const auto answer =
                client->Post("/api/schedule-sync", body.toStdString(), "application/json");
            QVariantMap said = parseJson(QByteArray::fromStdString(answer->body), "answer").toMap();
            said.insert("http", answer->status);
            return said;
        };
        const QString soon =
            QDateTime::currentDateTimeUtc().addSecs(1).toString("yyyy-MM-ddTHH:mm:ss");
        const QVariantMap once =
            schedule("{\"server_id\": 1, \"timezone\": \"UTC\", \"start_time_local_iso\": \"" +
                     soon.toLatin1() + "\", \"one_time\": true}");
        QCOMPARE(once["http"].toInt(), 200);
        QCOMPARE(once["next_run_time_utc"].toString(), soon + 'Z');
        const QVariantMap hourly =
            schedule("{\"server_id\": 1, \"timezone\": \"UTC\", \"start_time_local_iso\": "
                     "\"2026-01-01T00:10\", \"one_time\": false, \"recurrence_mode\": "
                     "\"interval\", \"interval_unit\": \"hours\", \"interval_value\": 6}");
        QCOMPARE(hourly["http"].toInt(), 200);
        QTRY_VERIFY_WITH_TIMEOUT(ours.pull("{}").contains("u-1"), 10'000);
        QTRY_COMPARE_WITH_TIMEOUT(answerOf(ours, "/api/server/1/completed-logs").toList().size(), 1,
                                  5000);
        const QVariantMap log = answerOf(ours, "/api/schedule-sync/logs/1").toList()[0].toMap();
        QCOMPARE(log["status"].toString(), QString("success"));
        QCOMPARE(log["message"].toString(), QString("Sync successful."));
        const QVariantList all = answerOf(ours, "/api/schedules?server_id=1").toList();
        QCOMPARE(all.size(), 2);
        QCOMPARE(all[0].toMap()["active"].toBool(), false);
        QVERIFY(all[0].toMap()["next_run_time_utc"].isNull());
        QCOMPARE(all[1].toMap()["interval_unit"].toString(), QString("hours"));
        QCOMPARE(all[1].toMap()["interval_value"].toInt(), 6);
        QVERIFY(answerOf(ours, "/api/schedules?server_id=2").toList().isEmpty());
        QCOMPARE(client->Delete("/api/schedule-sync/2")->status, 200);
        QCOMPARE(client->Delete("/api/schedule-sync/2")->status, 404);
        QCOMPARE(answerOf(ours, "/api/schedules").toList().size(), 1);

        const QByteArray good = "\"timezone\": \"UTC\", \"start_time_local_iso\": "
                                "\"2026-01-01T00:10\"";
        QCOMPARE(schedule("{\"server_id\": 1, " + good + ", \"one_time\": true}")["http"].toInt(),
                 400); // over
        QCOMPARE(
            schedule("{\"server_id\": 7, " + good + ", \"recurrence_mode\": \"daily\"}")["http"]
                .toInt(),
            404);
        for (const char *wrong :
             {"\"recurrence_mode\": \"yearly\"", "\"recurrence_mode\": \"interval\"",
              "\"recurrence_mode\": \"interval\", \"interval_unit\": \"hours\", "
              "\"interval_value\": 0",
              "\"recurrence_mode\": \"weekly\", \"weekly_day\": 9",
              "\"recurrence_mode\": \"daily\", \"timezone\": \"Moon/Sea\""})
            QCOMPARE(schedule("{\"server_id\": 1, " + good + ", " + wrong + "}")["http"].toInt(),
                     422);
        const auto reader = ours.client(ours.makeToken("reader", Scope::Read));
        QCOMPARE(reader->Post("/api/schedule-sync", "{}", "application/json")->status, 403);
        QCOMPARE(reader->Delete("/api/schedule-sync/1")->status, 403);
    }

    void aScheduleWhoseServerIsGoneSaysSo()
    {
        Hub::Settings settings;
        settings.cmf.scheduleMs = 20;
        RunningHub ours(settings);
        const auto client = ours.client();
        {
            RunningHub theirs;
            client->Post("/api/register-server",
                         "{\"server_name\": \"theirs\", \"server_url\": \"http://127.0.0.1:" +
                             std::to_string(theirs.port()) + "/t/" +
                             theirs.makeToken("mirror", Scope::Read).toStdString() + "\"}",
                         "application/json");
        }
        const QString soon =
            QDateTime::currentDateTimeUtc().addSecs(1).toString("yyyy-MM-ddTHH:mm:ss");
        const auto answer = client->Post("/api/schedule-sync",
                                         "{\"server_id\": 1, \"start_time_local_iso\": \"" +
                                             soon.toStdString() + "\", \"one_time\": true}",
                                         "application/json");
        QCOMPARE(answer->status, 200);
        QTRY_COMPARE_WITH_TIMEOUT(answerOf(ours, "/api/schedule-sync/logs/1").toList().size(), 1,
                                  10'000);
        const QVariantMap log = answerOf(ours, "/api/schedule-sync/logs/1").toList()[0].toMap();
        QCOMPARE(log["status"].toString(), QString("failed"));
        QVERIFY2(log["message"].toString().contains("not reachable"),
                 qPrintable(log["message"].toString()));
    }

    void aHubOfBeforeLearnsToKeepSchedules()
    {
        QTemporaryDir folder;
        Hub::Settings settings;
        settings.folder = folder.filePath("hub");
        {
            RunningHub old(settings);
            QCOMPARE(statusOf(old.push(documentOf("p", 1), "p")), QByteArray("200 success"));
        }
        const QStringList files =
            QDir(settings.folder).entryList({"*.sqlite", "*.db"}, QDir::Files);
        QCOMPARE(files.size(), 1);
        {
            HubDatabase database(settings.folder + '/' + files.first());
            database.write([](SqlSession &session) {
                for (const char *statement :
                     {"DROP TABLE hub_schedule", "DROP TABLE hub_sync_log",
                      "UPDATE hub_version SET version = 1", "DELETE FROM hub_token"})
                    session.run(statement);
            });
        }
        RunningHub now(settings);
        QVERIFY(answerOf(now, "/api/schedules").toList().isEmpty());
        QVERIFY(now.pull("{}").contains("u-0"));
        QCOMPARE(answerOf(now, "/healthz").toMap()["status"].toString(), QString("ok"));
    }

    void pullsFromAnotherHub()
    {
        RunningHub ours, theirs;
        QCOMPARE(statusOf(theirs.push(documentOf("p", 4), "p")), QByteArray("200 success"));
        theirs.client()->Post("/api/python-env", formOf("file", "python_env_1.txt", "torch\n"),
                              formType);
        const std::string url = "http://127.0.0.1:" + std::to_string(theirs.port()) + "/t/" +
                                theirs.makeToken("mirror", Scope::Read).toStdString();
        const std::string server = "{\"server_name\": \"theirs\", \"server_url\": \"" + url + "\"}";
        const auto client = ours.client();
        const auto post = [&](const char *path) {
            return client->Post(path, server, "application/json");
        };
        QCOMPARE(post("/api/sync")->status, 404);
        QCOMPARE(post("/api/register-server")->body,
                 std::string("{\"message\": \"Server registered successfully\"}"));
        QVERIFY(post("/api/register-server")->body.find("already exists") != std::string::npos);
        // Nobody learns the token from the list.
        const std::string list = client->Get("/api/server-list")->body;
        QVERIFY(list.find("theirs") != std::string::npos);
        QVERIFY(list.find("hs_") == std::string::npos);
        QCOMPARE(statusOf(post("/api/sync")), QByteArray("200 success"));
        QCOMPARE(statusOf(post("/api/sync")), QByteArray("200 exists"));
        QCOMPARE(client->Get("/api/python-env?file_name=python_env_1.txt")->body,
                 std::string("torch\n"));
        const QByteArray wish = "{\"pipeline_name\":\"p\",\"exec_uuid\":\"u-3\"}";
        QVERIFY(ours.pull(wish).contains("u-3"));
        QCOMPARE(statusOf(theirs.push(documentOf("p", 6), "p")), QByteArray("200 success"));
        QCOMPARE(statusOf(post("/api/sync")), QByteArray("200 success"));
        QVERIFY(ours.pull("{}").contains("u-5"));
        // Whoever may only push cannot make the hub ask around.
        const auto pusher = ours.client(ours.makeToken("pusher", Scope::Push));
        QCOMPARE(pusher->Post("/api/sync", server, "application/json")->status, 403);
        QCOMPARE(pusher->Post("/api/register-server", server, "application/json")->status, 403);
        const char *nowhere = "{\"server_name\": \"x\", \"server_url\": \"http://127.0.0.1:1\"}";
        QCOMPARE(client->Post("/api/register-server", nowhere, "application/json")->status, 500);
        const char *file = "{\"server_name\": \"x\", \"server_url\": \"file:///etc/passwd\"}";
        QCOMPARE(client->Post("/api/register-server", file, "application/json")->status, 422);
    }

    void aZipBombIsNotUnpacked()
    {
        // A server that is none of ours, with much air in its zip.
        httplib::Server other;
        QTemporaryDir folder;
        const QByteArray name = QFile::encodeName(folder.filePath("bomb.zip"));
        int error = 0;
        zip_t *zip = zip_open(name.constData(), ZIP_CREATE, &error);
        QVERIFY(zip);
        const QByteArray air(64 << 20, '\0');
        for (const char *each : {"a.txt", "b.txt"})
            zip_file_add(zip, each,
                         zip_source_buffer(zip, air.constData(), zip_uint64_t(air.size()), 0), 0);
        QCOMPARE(zip_close(zip), 0);
        QFile file(folder.filePath("bomb.zip"));
        QVERIFY(file.open(QIODevice::ReadOnly) && file.size() < (1 << 20));
        const std::string bomb = file.readAll().toStdString();
        other.Post("/api/acknowledge", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content("{}", "application/json");
        });
        other.Post("/api/mlmd_pull", [](const httplib::Request &, httplib::Response &answer) {
            answer.set_content(documentOf("p", 1).toStdString(), "text/html");
        });
        other.Get("/api/download-python-env",
                  [&](const httplib::Request &, httplib::Response &answer) {
                      answer.set_content(bomb, "application/zip");
                  });
        const int port = other.bind_to_any_port("127.0.0.1");
        std::thread thread([&] { other.listen_after_bind(); });
        RunningHub hub;
        const std::string server = "{\"server_name\": \"bomb\", \"server_url\": "
                                   "\"http://127.0.0.1:" +
                                   std::to_string(port) + "\"}";
        const auto client = hub.client();
        client->Post("/api/register-server", server, "application/json");
        const auto synced = client->Post("/api/sync", server, "application/json");
        other.stop();
        thread.join();
        QVERIFY(synced);
        QCOMPARE(synced->status, 500);
        QCOMPARE(hub.pull("{}"), QByteArray("{\"Pipeline\": []}"));
    }
};

QTEST_GUILESS_MAIN(TestHubRest)
#include "tst_hubrest.moc"
