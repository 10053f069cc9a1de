// SPDX-License-Identifier: GPL-3.0-or-later
// Two workspaces, one server: what is pushed here comes there, whatever happens in between.
#include "cmffake.h"

#include "workspacesamples.h"

#include "federation/secrets.h"
#include "lineage/store.h"
#include "lineage/writer.h"
#include "workspace/artifacts.h"
#include "workspace/sync/documents.h"
#include "workspace/sync/outbox.h"
#include "workspace/sync/syncing.h"
#include "workspace/sync/syncstate.h"
#include "workspace/sync/transferlog.h"

#include <QTest>

using namespace helmscope;

namespace {

using Outcome = SyncPart::Outcome;

Remote serverAt(const QString &url)
{
    Remote remote;
    remote.name = "server";
    remote.url = url;
    remote.isDefault = true;
    return remote;
}

Remote folderAt(const QString &path)
{
    Remote remote;
    remote.kind = Remote::Kind::Artifacts;
    remote.name = "store";
    remote.url = path;
    remote.isDefault = true;
    return remote;
}

SyncChoice to(const Remote &server)
{
    SyncChoice choice;
    choice.metadata = server;
    return choice;
}

PullChoice from(const Remote &server)
{
    PullChoice choice;
    choice.remotes.metadata = server;
    return choice;
}

LineageProperty own(const char *name, const QVariant &value)
{
    return {QString::fromLatin1(name), value, true};
}

/// One execution in the workspace's lineage, with a dataset in and a model out.
void logRun(const Workspace &workspace, const QString &run,
            const std::vector<LineageProperty> &properties = {}, const QString &pipeline = "lab")
{
    LineageWriter writer(workspace.folder() + "/mlmd");
    LineageWriter::Run entry;
    entry.pipeline = pipeline;
    entry.stage = entry.type = "Explore";
    entry.command = "explore";
    entry.uuid = "uuid-" + run;
    entry.name = run;
    entry.properties = properties;
    entry.properties.push_back(own("run", run));
    const qint64 execution = writer.execution(entry);
    LineageWriter::Content content;
    content.path = "data/" + run + ".csv";
    content.hash = QString::fromLatin1(
        QCryptographicHash::hash(run.toUtf8(), QCryptographicHash::Md5).toHex());
    writer.artifact(execution, content, true);
    content.type = "Model";
    content.path = "model.pt";
    content.hash = QString::fromLatin1(
        QCryptographicHash::hash("m" + run.toUtf8(), QCryptographicHash::Md5).toHex());
    writer.artifact(execution, content, false);
}

SyncReport pushAll(const Workspace &workspace, const SyncChoice &choice)
{
    return push(workspace.folder(), planPush(workspace.folder(), choice, unwatched()), unwatched());
}

SyncReport pullAll(const Workspace &workspace, const PullChoice &choice)
{
    return pull(workspace.folder(), choice, unwatched());
}

/// What two workspaces have to agree on: executions by uuid with their custom properties and
/// events; ids and what servers make of types aside.
QStringList contentOf(const Workspace &workspace)
{
    QStringList lines;
    eachExecution(
        workspaceDocument(workspace.folder()),
        [&lines](const QString &pipeline, const QString &stage, const QVariantMap &execution) {
            QString line = pipeline + '|' + stage + '|' + uuidsOf(execution).join(',') + '|' +
                           execution["type"].toString() + '|' +
                           execution["create_time_since_epoch"].toString();
            const QVariantMap custom = execution["custom_properties"].toMap();
            for (auto it = custom.begin(); it != custom.end(); ++it)
                line += '|' + it.key() + '=' + it.value().toString();
            QStringList events;
            for (const QVariant &event : execution["events"].toList()) {
                const QVariantMap artifact = event.toMap()["artifact"].toMap();
                events << event.toMap()["type"].toString() + ' ' + artifact["type"].toString() +
                              ' ' + artifact["uri"].toString();
            }
            events.sort();
            lines << line + '|' + events.join(';');
        });
    lines.sort();
    return lines;
}

QVariant valueOf(const Workspace &workspace, const QString &uuid, const QString &name)
{
    QVariant found;
    eachExecution(workspaceDocument(workspace.folder()),
                  [&](const QString &, const QString &, const QVariantMap &execution) {
                      if (uuidsOf(execution).contains(uuid))
                          found = execution["custom_properties"].toMap()[name];
                  });
    return found;
}

} // namespace

class TestSync : public QObject
{
    Q_OBJECT
    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase()
    {
        useHome(m_home.path());
        qputenv("HELMSCOPE_SECRETS_FILE", m_home.filePath("secrets.json").toUtf8());
    }

    void whatIsPushedHereComesThere()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one, two;
        logRun(*one, "r1", {own("lr", 1e-7), own("epochs", 10LL), own("note", "ü")});
        logRun(*one, "r2");
        logRun(*one, "other", {}, "elsewhere");

        const PushPlan plan = planPush(one->folder(), to(server), unwatched());
        QCOMPARE(plan.items.size(), std::size_t(1));
        QCOMPARE(plan.items[0].count, 3);
        QCOMPARE(plan.items[0].children.size(), std::size_t(2)); // pipelines
        QVERIFY(plan.bytes() > 0);
        QCOMPARE(unpushed(one->folder(), to(server)).executions, 3);
        const SyncReport pushed = push(one->folder(), plan, unwatched());
        QVERIFY2(pushed.isDone(),
                 qPrintable(pushed.parts[0].sentence + pushed.parts[0].details.join(' ')));
        QCOMPARE(pushed.parts[0].sentence, QString("Stored 3 of 3 executions and 6 of 6 events."));
        QVERIFY(unpushed(one->folder(), to(server)).isNone());
        QVERIFY(planPush(one->folder(), to(server), unwatched()).isEmpty());

        const SyncReport pulled = pullAll(*two, from(server));
        QVERIFY2(pulled.isDone(),
                 qPrintable(pulled.parts[0].sentence + pulled.parts[0].details.join(' ')));
        QCOMPARE(pulled.executions.size(), 3);
        QCOMPARE(pulled.runs, (QStringList{"other", "r1", "r2"}));
        QCOMPARE(contentOf(*two), contentOf(*one));
        QVERIFY(QFileInfo::exists(two.path("lineage/lab/r1.json")));
        QVERIFY(unpushed(two->folder(), to(server)).isNone());

        // Once more, nothing is new, in either direction.
        const SyncReport again = pullAll(*two, from(server));
        QVERIFY(again.isDone());
        QVERIFY(again.executions.isEmpty() && again.conflicts.empty());
        QCOMPARE(contentOf(*two), contentOf(*one));
        // And what the other one adds comes back.
        logRun(*two, "r3", {own("lr", 0.5)});
        QVERIFY(pushAll(*two, to(server)).isDone());
        QCOMPARE(pullAll(*one, from(server)).runs, QStringList{"r3"});
        QCOMPARE(contentOf(*two), contentOf(*one));
        QCOMPARE(fake.uuids().size(), 4);
    }

    void aRealRunGoesAndComesWithItsFiles()
    {
        CmfFake fake;
        fake.http.start();
        const TemporaryWorkspace one, two;
        const QTemporaryDir store;
        SyncChoice choice = to(serverAt(fake.http.url()));
        choice.artifacts = folderAt(store.path());
        Recording recording;
        const QString run = recording.record(*one);
        QCOMPARE(recording.troubles, QStringList());
        const PushPlan plan = planPush(one->folder(), choice, unwatched());
        QVERIFY(plan.items[1].count >= 3); // run.h5, model, metrics
        QCOMPARE(plan.items[1].children.size(), std::size_t(1));
        QCOMPARE(plan.items[1].children[0].run, run);
        const SyncReport pushed = push(one->folder(), plan, unwatched());
        for (const SyncPart &part : pushed.parts)
            QVERIFY2(part.outcome == Outcome::Done,
                     qPrintable(part.sentence + part.details.join(' ')));
        QVERIFY(unpushed(one->folder(), choice).isNone());

        // Its text files as git would bring them, then its content.
        QVERIFY(QDir().mkpath(two->runFolder(run)));
        for (const char *name : {"plan.json", "steps.jsonl", "run.h5.dvc", "model.dkl.dvc"})
            QVERIFY(
                QFile::copy(one->runFolder(run) + '/' + name, two->runFolder(run) + '/' + name));
        PullChoice pulling;
        pulling.remotes = choice;
        const SyncReport pulled = pullAll(*two, pulling);
        for (const SyncPart &part : pulled.parts)
            QVERIFY2(part.outcome == Outcome::Done,
                     qPrintable(part.sentence + part.details.join(' ')));
        QCOMPARE(two->read(run, unwatched()).steps.size(), recording.run.steps.size());
        QCOMPARE(bytesOf(two->runFolder(run) + "/run.h5"),
                 bytesOf(one->runFolder(run) + "/run.h5"));
        // The sample's name stayed at home.
        QVERIFY(contentOf(*one).join('\n').contains("|sample="));
        QVERIFY(!contentOf(*two).join('\n').contains("|sample="));
        QVERIFY(!plan.leftOut.isEmpty());
        QVERIFY(pullAll(*two, pulling).objects.isEmpty());
    }

    void whatIsPrivateStaysHere()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one, two;
        logRun(*one, "r1",
               {own("sample", "secret alloy"), own("comment", "do not tell"),
                own("file", QDir::homePath() + "/data.dm4"), own("lr", 0.5)});
        const PushPlan plan = planPush(one->folder(), to(server), unwatched());
        QCOMPARE(plan.leftOut.size(), 2);
        push(one->folder(), plan, unwatched());
        QVERIFY(pullAll(*two, from(server)).isDone());
        QVERIFY(!valueOf(*two, "uuid-r1", "sample").isValid());
        QVERIFY(!valueOf(*two, "uuid-r1", "comment").isValid());
        QCOMPARE(valueOf(*two, "uuid-r1", "file").toString(), QString("~/data.dm4"));
        // Here it is still there, and no conflict.
        QVERIFY(pullAll(*one, from(server)).conflicts.empty());
        QCOMPARE(valueOf(*one, "uuid-r1", "sample").toString(), QString("secret alloy"));
        SyncRules rules = syncRulesOf(one->folder());
        rules.privateNames = {};
        setSyncRules(one->folder(), rules);
        QVERIFY(syncRulesOf(one->folder()).privateNames.isEmpty());
        QVERIFY(planPush(one->folder(), to(server), unwatched()).leftOut.isEmpty());
    }

    void whatIsUntickedStaysHere()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one;
        logRun(*one, "r1");
        logRun(*one, "r2");
        PushPlan plan = planPush(one->folder(), to(server), unwatched());
        plan.items[0].children[0].children[0].isChosen = false;
        QVERIFY(push(one->folder(), plan, unwatched()).isDone());
        QCOMPARE(fake.uuids(), QStringList{"uuid-r2"});
        plan.items[0].isChosen = false;
        QVERIFY(plan.isEmpty());
        SyncChoice choice = to(server);
        choice.runs = {"r1"};
        pushAll(*one, choice);
        QCOMPARE(fake.uuids().size(), 2);
    }

    void anAnswerThatIsLostMakesNoDuplicate()
    {
        CmfFake fake;
        fake.diesAtPush = 1;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one;
        setRemote(one->folder(), server);
        logRun(*one, "r1");
        const SyncReport first = pushAll(*one, to(server));
        QCOMPARE(first.parts[0].outcome, Outcome::Queued);
        QCOMPARE(fake.uuids().size(), 1); // it has it, and could not say so
        QCOMPARE(unpushed(one->folder(), to(server)).executions, 1);
        QCOMPARE(queuedPushes(one->folder()).size(), std::size_t(1));
        const auto reports =
            retryQueued(one->folder(), true, QDateTime::currentMSecsSinceEpoch(), unwatched());
        QCOMPARE(reports.size(), std::size_t(1));
        QVERIFY(reports[0].isDone());
        QCOMPARE(fake.uuids().size(), 1);
        QVERIFY(queuedPushes(one->folder()).empty());
        QVERIFY(unpushed(one->folder(), to(server)).isNone());
    }

    void whatCannotGoNowGoesLater()
    {
        CmfFake fake;
        fake.http.start();
        const int port = fake.http.port();
        const Remote server = serverAt(fake.http.url());
        fake.http.stop();
        const TemporaryWorkspace one;
        setRemote(one->folder(), server);
        logRun(*one, "r1");
        const PushPlan plan = planPush(one->folder(), to(server), unwatched());
        QVERIFY(!plan.notes.isEmpty()); // that it cannot be reached
        QCOMPARE(plan.items[0].count, 1);
        QCOMPARE(push(one->folder(), plan, unwatched()).parts[0].outcome, Outcome::Queued);
        push(one->folder(), plan, unwatched()); // is queued once
        const QueuedPush queued = queuedPushes(one->folder()).at(0);
        QCOMPARE(queuedPushes(one->folder()).size(), std::size_t(1));
        QCOMPARE(queued.remotes, QStringList{"server"});

        const auto tried = [&](qint64 nowMs) {
            return retryQueued(one->folder(), false, nowMs, unwatched()).size();
        };
        qint64 now = queued.nextMs;
        QCOMPARE(tried(now - 1000), std::size_t(0));
        QCOMPARE(tried(now), std::size_t(1));
        QCOMPARE(queuedPushes(one->folder())[0].nextMs - now, qint64(60'000));
        for (int i = 0; i < 10; ++i) {
            now = queuedPushes(one->folder())[0].nextMs;
            QCOMPARE(tried(now), std::size_t(1));
        }
        QCOMPARE(queuedPushes(one->folder())[0].nextMs - now, qint64(3'600'000));
        // A clock that was set back by a day does not keep it waiting for a day.
        now -= 86'400'000;
        fake.http.start(port);
        if (fake.http.port() != port)
            QSKIP("The port was taken meanwhile.");
        QCOMPARE(tried(now), std::size_t(1));
        QVERIFY(queuedPushes(one->folder()).empty());
        QCOMPARE(fake.uuids().size(), 1);
    }

    void refusalsAreSaidAndNotRepeated_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("outcome");
        QTest::newRow("500") << 500 << int(Outcome::Failed);
        QTest::newRow("413 of one execution") << 413 << int(Outcome::Failed);
        QTest::newRow("503") << 503 << int(Outcome::Queued);
    }
    void refusalsAreSaidAndNotRepeated()
    {
        QFETCH(int, status);
        QFETCH(int, outcome);
        CmfFake fake;
        fake.statusOfPush = status;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one;
        logRun(*one, "r1");
        const SyncReport report = pushAll(*one, to(server));
        QCOMPARE(int(report.parts[0].outcome), outcome);
        QVERIFY(report.parts[0].sentence.endsWith('.'));
        QCOMPARE(queuedPushes(one->folder()).size(),
                 std::size_t(outcome == int(Outcome::Queued) ? 1 : 0));
        fake.statusOfPush = 0;
        QVERIFY(pushAll(*one, to(server)).isDone());
    }

    void whatIsTooMuchAtOnceGoesInParts()
    {
        CmfFake fake;
        fake.http.server.set_payload_max_length(12'000);
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one;
        for (int i = 0; i < 20; ++i)
            logRun(*one, QStringLiteral("r%1").arg(i));
        const SyncReport report = pushAll(*one, to(server));
        QVERIFY2(report.isDone(), qPrintable(report.parts[0].sentence));
        QCOMPARE(fake.uuids().size(), 20);
        QVERIFY(fake.pushes > 1);
    }

    void whatAServerLosesIsMendedBefore()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one, two;
        QString text;
        for (int i = 0; i < 1000; ++i)
            text += QString::number(qHash(i, 7), 36);
        {
            LineageWriter writer(one.path("mlmd"));
            writer.setVerbatim(true); // as another program would have written it
            LineageWriter::Run entry;
            entry.pipeline = "lab";
            entry.stage = entry.type = "Train";
            entry.uuid = "u1";
            entry.properties = {own("parameters", text), own("big", 5'000'000'000LL),
                                own("lr", 1.0 / 3)};
            writer.execution(entry);
        }
        const QTemporaryDir store;
        SyncChoice choice = to(server);
        choice.artifacts = folderAt(store.path());
        const PushPlan plan = planPush(one->folder(), choice, unwatched());
        QCOMPARE(plan.losses.size(), std::size_t(3));
        const SyncReport report = push(one->folder(), plan, unwatched());
        const QString md5 = QString::fromLatin1(
            QCryptographicHash::hash(text.toUtf8(), QCryptographicHash::Md5).toHex());
        QCOMPARE(bytesOf(store.filePath("files/md5/" + md5.left(2) + '/' + md5.mid(2))),
                 text.toUtf8());
        QVERIFY2(report.parts.back().outcome == Outcome::Done,
                 qPrintable(report.parts.back().details.join(' ')));
        QVERIFY(pullAll(*two, from(server)).isDone());
        QCOMPARE(valueOf(*two, "u1", "lr").toDouble(), 1.0 / 3);
        // Pulled back, the whole values stand here.
        const SyncReport back = pullAll(*one, from(server));
        QVERIFY(back.conflicts.empty());
        QCOMPARE(valueOf(*one, "u1", "parameters").toString(), text);
        QVERIFY(unpushed(one->folder(), choice).isNone());
    }

    void environmentsAndLabelsGoAlong()
    {
        CmfFake fake;
        fake.http.start();
        const TemporaryWorkspace one;
        QVERIFY(QDir().mkpath(one.path("cmf_artifacts")));
        QVERIFY(writeBytes(one.path("cmf_artifacts/python_env_1.txt"), "numpy==1\n"));
        logRun(*one, "r1", {own("Python_Env", "cmf_artifacts/python_env_1.txt")});
        logRun(*one, "r2", {own("Python_Env", "../../../../../../etc/passwd")});
        const QByteArray labels = "a,b\n";
        const QString md5 =
            QString::fromLatin1(QCryptographicHash::hash(labels, QCryptographicHash::Md5).toHex());
        {
            LineageWriter writer(one.path("mlmd"));
            LineageWriter::Content content;
            content.type = "Label";
            content.path = "labels.csv";
            content.hash = md5;
            writer.artifact(writer.executionNamed("Explore", "r1"), content, true);
            const QString cached = cachePath(one->folder(), md5);
            QVERIFY(QDir().mkpath(QFileInfo(cached).path()));
            QVERIFY(writeBytes(cached, labels));
        }
        QVERIFY(pushAll(*one, to(serverAt(fake.http.url()))).isDone());
        fake.files.sort();
        QStringList sent{md5, "cmf_artifacts/python_env_1.txt"};
        sent.sort();
        QCOMPARE(fake.files, sent);
    }

    void aRefusalOfOneKindDoesNotKeepTheOthers()
    {
        CmfFake fake;
        fake.statusOfPush = 403;
        fake.http.start();
        const TemporaryWorkspace one;
        const QTemporaryDir store;
        SyncChoice choice = to(serverAt(fake.http.url()));
        choice.artifacts = folderAt(store.path());
        logRun(*one, "r1");
        QVERIFY(QDir().mkpath(one->runFolder("r1")));
        QVERIFY(writeBytes(one->runFolder("r1") + "/run.h5", "content"));
        storeArtifact(one->folder(), "runs/r1/run.h5", unwatched());
        const SyncReport report = pushAll(*one, choice);
        QCOMPARE(report.parts.size(), std::size_t(2));
        QCOMPARE(report.parts[0].outcome, Outcome::Done);
        QCOMPARE(report.parts[1].outcome, Outcome::Failed);
    }

    void linksDoNotLeadOutOfTheWorkspace()
    {
        const TemporaryWorkspace one;
        const QTemporaryDir store, outside;
        SyncChoice choice;
        choice.artifacts = folderAt(store.path());
        QVERIFY(QDir().mkpath(one->runFolder("r1")));
        QVERIFY(writeBytes(one->runFolder("r1") + "/run.h5", "content"));
        const Stored stored = storeArtifact(one->folder(), "runs/r1/run.h5", unwatched());
        QVERIFY(pushAll(*one, choice).isDone());
        // A workspace of somebody else, whose folder is a link to ours.
        const TemporaryWorkspace two;
        writeDvcFile(outside.filePath("run.h5.dvc"), stored.artifact);
        QVERIFY(QFile::link(outside.path(), two->runFolder("r1")));
        PullChoice pulling;
        pulling.remotes = choice;
        pullAll(*two, pulling);
        QVERIFY(!QFileInfo::exists(outside.filePath("run.h5")));
    }

    void differentValuesAreConflictsWithBothSides()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one, two;
        logRun(*one, "r1", {own("verdict", "good")});
        logRun(*two, "r1", {own("verdict", "bad"), own("more", 1LL)});
        pushAll(*one, to(server));
        const SyncReport pulled = pullAll(*two, from(server));
        QCOMPARE(pulled.conflicts.size(), std::size_t(1));
        QCOMPARE(pulled.conflicts[0].name, QString("verdict"));
        QCOMPARE(pulled.conflicts[0].ours.toString(), QString("bad"));
        QCOMPARE(pulled.conflicts[0].theirs.toString(), QString("good"));
        QCOMPARE(pulled.parts[0].outcome, Outcome::Partly);
        QCOMPARE(valueOf(*two, "uuid-r1", "verdict").toString(), QString("bad"));
        PullChoice choice = from(server);
        choice.choose = [](const SyncConflict &) { return PullChoice::Side::Theirs; };
        QVERIFY(pullAll(*two, choice).conflicts.empty());
        QCOMPARE(valueOf(*two, "uuid-r1", "verdict").toString(), QString("good"));
        QCOMPARE(valueOf(*two, "uuid-r1", "more").toInt(), 1);
    }

    void partsOfAServerCanBePulled()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one, two;
        logRun(*one, "r1");
        logRun(*one, "r2", {}, "elsewhere");
        logRun(*one, "r3");
        pushAll(*one, to(server));
        QCOMPARE(pipelinesOf(two->folder(), server, unwatched()),
                 (QStringList{"elsewhere", "lab"}));
        const LineageGraph graph = lineageOf(two->folder(), server, "lab", unwatched());
        QCOMPARE(graph.find("uuid-r1").size(), std::size_t(1));
        QVERIFY(!QFileInfo::exists(two.path("mlmd"))); // nothing was pulled
        PullChoice choice = from(server);
        choice.pipeline = "elsewhere";
        QCOMPARE(pullAll(*two, choice).runs, QStringList{"r2"});
        choice = from(server);
        choice.remotes.runs = {"r3"};
        QCOMPARE(pullAll(*two, choice).runs, QStringList{"r3"});
        choice = from(server);
        choice.pipeline = "none";
        const SyncReport none = pullAll(*two, choice);
        QCOMPARE(none.parts[0].outcome, Outcome::Failed);
    }

    void aClockThatIsADayOffLosesNothing_data()
    {
        QTest::addColumn<qint64>("offsetMs");
        QTest::newRow("behind") << qint64(-86'400'000);
        QTest::newRow("ahead") << qint64(86'400'000);
    }
    void aClockThatIsADayOffLosesNothing()
    {
        QFETCH(qint64, offsetMs);
        CmfFake fake;
        fake.http.server.set_post_routing_handler(
            [&fake](const httplib::Request &, httplib::Response &answer) {
                const QDateTime now = QDateTime::fromMSecsSinceEpoch(
                    QDateTime::currentMSecsSinceEpoch() + fake.clockOffsetMs, Qt::UTC);
                answer.set_header(
                    "Date",
                    QLocale::c().toString(now, "ddd, dd MMM yyyy HH:mm:ss 'GMT'").toStdString());
            });
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one, two;
        logRun(*one, "r1");
        pushAll(*one, to(server));
        QVERIFY(pullAll(*two, from(server)).isDone());
        fake.clockOffsetMs = offsetMs; // its clock is set meanwhile
        logRun(*one, "r2");
        pushAll(*one, to(server));
        PullChoice choice = from(server);
        choice.sinceMs = QDateTime::currentMSecsSinceEpoch() - 3'600'000;
        QCOMPARE(pullAll(*two, choice).runs, QStringList{"r2"});
        QCOMPARE(contentOf(*two), contentOf(*one));
    }

    void nonsenseChangesNothingHere_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::newRow("a page") << QByteArray("<html></html>");
        QTest::newRow("deep") << QByteArray(1'000'000, '[');
        QTest::newRow("wrong types") << QByteArray(
            R"({"Pipeline":[{"name":"p","stages":[{"name":"p/S","executions":[{"properties":{},"events":[{"type":"x"}]}]}]}]})");
        QTest::newRow("a pipeline without a name")
            << QByteArray(R"({"Pipeline":[{"name":"","stages":[{"name":"S","executions":)"
                          R"([{"properties":{"Execution_uuid":"u"},"events":[]}]}]}]})");
        QTest::newRow("null") << QByteArray(
            R"({"Pipeline":[{"name":"p","stages":[{"name":null,"executions":[]}]}]})");
    }
    void nonsenseChangesNothingHere()
    {
        QFETCH(QByteArray, answer);
        CmfFake fake;
        fake.givenPull = answer;
        fake.http.start();
        const TemporaryWorkspace one;
        logRun(*one, "r1");
        const QStringList before = contentOf(*one);
        const SyncReport report = pullAll(*one, from(serverAt(fake.http.url())));
        QCOMPARE(report.parts[0].outcome, Outcome::Failed);
        QCOMPARE(contentOf(*one), before);
    }

    void runsThatGoOnWait()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one;
        Recording recording;
        int pending = -1;
        QStringList notes;
        recording.afterStep = [&](RunRecorder &, const Step &step) {
            if (step.number == 3) {
                const PushPlan plan = planPush(one->folder(), to(server), unwatched());
                pending = plan.items[0].count;
                notes = plan.notes;
            }
        };
        recording.record(*one);
        QCOMPARE(pending, 0);
        QVERIFY(!notes.isEmpty());
        QVERIFY(unpushed(one->folder(), to(server)).executions > 2);
    }

    void stoppedInTheMiddleItGoesOnLater()
    {
        CmfFake fake;
        fake.http.start();
        const Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one;
        logRun(*one, "r1", {}, "a");
        logRun(*one, "r2", {}, "b");
        const PushPlan plan = planPush(one->folder(), to(server), unwatched());
        // Each time a little further, until it is done.
        int rounds = 0;
        for (; rounds < 50; ++rounds) {
            int left = rounds * 3;
            const SyncReport report =
                push(one->folder(), plan, [&left](double) { return left-- > 0; });
            if (!report.parts.empty() && report.isDone())
                break;
            QCOMPARE(report.parts[0].outcome, Outcome::Stopped);
        }
        QVERIFY(rounds > 0 && rounds < 50);
        QCOMPARE(fake.uuids().size(), 2);
    }

    void theHistoryOfTransfersHoldsNoSecret()
    {
        CmfFake fake;
        fake.http.start();
        Remote server = serverAt(fake.http.url());
        const TemporaryWorkspace one;
        Credentials credentials;
        credentials.token = "t0p-s3cret";
        keepCredentials(server, credentials);
        logRun(*one, "r1");
        pushAll(*one, to(server));
        pullAll(*one, from(server));
        const std::vector<Transfer> history = transfers(one->folder());
        QCOMPARE(history.size(), std::size_t(2));
        QVERIFY(!history[0].isPush && history[1].isPush);
        QCOMPARE(history[1].runs, QStringList{"r1"});
        QCOMPARE(history[1].count, 1);
        QCOMPARE(history[1].outcome, QString("done"));
        for (const QString &name : QDir(placeOfSyncing(one->folder())).entryList(QDir::Files))
            QVERIFY(!bytesOf(placeOfSyncing(one->folder()) + '/' + name).contains("s3cret"));
        QVERIFY(one.git({"status", "--porcelain"}).indexOf("transfers") < 0);
    }

    void oneAtATimeWorksInAWorkspace()
    {
        const TemporaryWorkspace one;
        const SyncLock lock(one->folder());
        QVERIFY_EXCEPTION_THROWN(pullAll(*one, {}), Error);
    }

    void documentsAreUnitedByContent()
    {
        const TemporaryWorkspace one, two;
        logRun(*one, "r1");
        logRun(*two, "r2");
        const QByteArray first = jsonText(workspaceDocument(one->folder())),
                         second = jsonText(workspaceDocument(two->folder()));
        const auto united = unitedDocuments(first, second);
        QVERIFY(united);
        QCOMPARE(executionsIn(parseDocument(*united, "both")), 2);
        QCOMPARE(*unitedDocuments(*united, second), *united);
        QVERIFY(!unitedDocuments(first, "something else"));
        // What git brought is taken into the store once.
        QVERIFY(QDir().mkpath(one.path("lineage/lab")));
        QVERIFY(writeBytes(one.path("lineage/lab/r2.json"), second));
        QHash<QString, QString> known;
        QCOMPARE(takeDocuments(one->folder(), known, {}, unwatched()).runs, QStringList{"r2"});
        QVERIFY(takeDocuments(one->folder(), known, {}, unwatched()).executions.isEmpty());
        QCOMPARE(known.size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestSync)
#include "tst_sync.moc"
