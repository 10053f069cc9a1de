// SPDX-License-Identifier: GPL-3.0-or-later
// Two workspaces that work through one hub, by lineage, artifacts and git, and end equal.
#include "workspacesamples.h"

#include "federation/cmfanswer.h"
#include "history/gitremote.h"
#include "workspace/sync/documents.h"
#include "workspace/sync/syncing.h"

#include <QRegularExpression>
#include <QTest>

using namespace helmscope;

namespace {

using Kind = Remote::Kind;

Remote remoteOf(Kind kind, const QString &url)
{
    Remote remote;
    remote.kind = kind;
    remote.name = kind == Kind::Versions ? "origin" : "hub";
    remote.url = url;
    remote.isDefault = true;
    return remote;
}

/// The program, on a free port of the loopback.
class RunningHub
{
public:
    RunningHub()
    {
        m_process.start(HELMSCOPE_BINARIES "/helmscope-hub",
                        {"--port", "0", "--data", m_folder.filePath("hub"), "--print-token"});
        static const QRegularExpression address(R"(at (http://[0-9.:]+),)"),
            shown(R"(once\): (\S+))");
        QString said;
        while (!shown.match(said).hasMatch() && m_process.waitForReadyRead(30'000))
            said += QString::fromUtf8(m_process.readAllStandardOutput());
        url = address.match(said).captured(1);
        token = shown.match(said).captured(1);
    }
    ~RunningHub()
    {
        m_process.terminate();
        if (!m_process.waitForFinished(10'000))
            m_process.kill();
        m_process.waitForFinished();
    }
    QString url, token;

private:
    QTemporaryDir m_folder{QDir::tempPath() + "/helmscope-XXXXXX"};
    QProcess m_process;
};

QString troublesOf(const SyncReport &report)
{
    QStringList lines;
    for (const SyncPart &part : report.parts)
        if (part.outcome != SyncPart::Outcome::Done)
            lines << keyOf(part.kind) + QStringLiteral(": ") + part.sentence + ' ' +
                         part.details.join(' ');
    return lines.join('\n');
}

/// Executions by uuid, with what they used and made and what is said of them.
QStringList contentOf(const QString &workspace)
{
    QStringList lines;
    eachExecution(
        workspaceDocument(workspace),
        [&lines](const QString &pipeline, const QString &stage, const QVariantMap &execution) {
            QStringList parts{pipeline,
                              stage,
                              uuidsOf(execution).join(','),
                              execution["type"].toString(),
                              execution["name"].toString(),
                              execution["create_time_since_epoch"].toString()};
            const QVariantMap custom = execution["custom_properties"].toMap();
            for (auto it = custom.begin(); it != custom.end(); ++it)
                parts << it.key() + '=' + it.value().toString();
            QStringList events;
            for (const QVariant &event : execution["events"].toList())
                events << event.toMap()["type"].toString() + ' ' +
                              event.toMap()["artifact"].toMap()["uri"].toString();
            events.sort();
            lines << (parts + events).join('|');
        });
    lines.sort();
    return lines;
}

} // namespace

class TestSyncHub : public QObject
{
    Q_OBJECT
    QTemporaryDir m_home;

private Q_SLOTS:
    void initTestCase()
    {
        useHome(m_home.path());
        qputenv("HELMSCOPE_SECRETS_FILE", m_home.filePath("secrets.json").toUtf8());
    }

    void twoWorkspacesEndEqual()
    {
        RunningHub hub;
        QVERIFY(!hub.token.isEmpty());
        const QString base = hub.url;
        const Remote metadata = remoteOf(Kind::Metadata, base),
                     artifacts = remoteOf(Kind::Artifacts, base + "/artifacts"),
                     versions = remoteOf(Kind::Versions, base + "/git/sample.git");
        Credentials credentials;
        credentials.token = hub.token;
        for (const Remote &remote : {metadata, artifacts})
            keepCredentials(remote, credentials);
        credentials = {};
        credentials.user = "helmscope";
        credentials.password = hub.token;
        keepCredentials(versions, credentials);

        const TemporaryWorkspace one;
        setRemote(one->folder(), metadata);
        setRemote(one->folder(), artifacts);
        GitRemotes(one->folder()).add("origin", versions.url);
        // Everything of a lab of one's own.
        setSyncRules(one->folder(), {{}, false});
        Recording recording;
        const QString first = recording.record(*one);
        QCOMPARE(recording.troubles, QStringList());

        const SyncChoice choice = syncChoice(one->folder());
        QVERIFY(choice.metadata && choice.artifacts && choice.versions);
        QVERIFY(testRemote(one->folder(), metadata, unwatched()).contains("hub"));
        QVERIFY(!testRemote(one->folder(), artifacts, unwatched()).isEmpty());
        const PushPlan plan = planPush(one->folder(), choice, unwatched());
        QVERIFY(plan.losses.empty()); // a hub keeps everything
        QCOMPARE(plan.items.size(), std::size_t(3));
        const SyncReport pushed = push(one->folder(), plan, unwatched());
        QVERIFY2(pushed.isDone(), qPrintable(troublesOf(pushed)));
        QVERIFY(unpushed(one->folder(), choice).isNone());

        // Somebody else begins with a copy of the versions.
        const QTemporaryDir elsewhere(QDir::tempPath() + "/helmscope-XXXXXX");
        const QString folder = elsewhere.filePath("sample");
        GitAccess access;
        access.credentials = credentials;
        QVERIFY(
            cloneRepository(versions.url, folder, access, [](const GitTraffic &) { return true; }));
        git(folder, {"config", "user.name", "Bob Example"});
        git(folder, {"config", "user.email", "bob@example.org"});
        const Workspace two = Workspace::create(folder);
        setRemote(two.folder(), metadata);
        setRemote(two.folder(), artifacts);
        setSyncRules(two.folder(), {{}, false});
        PullChoice pulling;
        pulling.remotes = syncChoice(two.folder());
        const SyncReport pulled = pull(two.folder(), pulling, unwatched());
        QVERIFY2(pulled.isDone(), qPrintable(troublesOf(pulled)));
        QCOMPARE(contentOf(two.folder()), contentOf(one->folder()));
        QCOMPARE(two.read(first, unwatched()).steps.size(), recording.run.steps.size());

        QVERIFY(contentOf(one->folder()).size() > 5);
        // Both go on, and meet.
        Recording here, there;
        here.plan.seed = 11;
        there.plan.seed = 12;
        const QString second = here.record(*one), third = there.record(two);
        for (int round = 0; round < 2; ++round)
            for (const QString &workspace : {one->folder(), two.folder()}) {
                PullChoice from;
                from.remotes = syncChoice(workspace);
                const SyncReport got = pull(workspace, from, unwatched());
                QVERIFY2(got.isDone(), qPrintable(troublesOf(got)));
                QVERIFY(got.conflicts.empty());
                const SyncReport sent =
                    push(workspace, planPush(workspace, from.remotes, unwatched()), unwatched());
                QVERIFY2(sent.isDone(), qPrintable(troublesOf(sent)));
            }
        PullChoice last;
        last.remotes = syncChoice(one->folder());
        QVERIFY(pull(one->folder(), last, unwatched()).isDone());
        QCOMPARE(contentOf(two.folder()), contentOf(one->folder()));
        for (const QString &run : {first, second, third}) {
            QCOMPARE(bytesOf(two.runFolder(run) + "/run.h5"),
                     bytesOf(one->runFolder(run) + "/run.h5"));
            QCOMPARE(bytesOf(two.runFolder(run) + "/steps.jsonl"),
                     bytesOf(one->runFolder(run) + "/steps.jsonl"));
            QVERIFY(!bytesOf(two.runFolder(run) + "/run.h5").isEmpty());
        }
        QCOMPARE(git(two.folder(), {"rev-parse", "main^{tree}"}),
                 one.git({"rev-parse", "main^{tree}"}));
        QVERIFY(unpushed(one->folder(), last.remotes).isNone());
        QVERIFY(unpushed(two.folder(), syncChoice(two.folder())).isNone());
    }

    void aWrongTokenIsSaidSo()
    {
        RunningHub hub;
        const Remote metadata = remoteOf(Kind::Metadata, hub.url);
        Credentials credentials;
        credentials.token = "wr0ng-token";
        keepCredentials(metadata, credentials);
        const TemporaryWorkspace one;
        PullChoice from;
        from.remotes.metadata = metadata;
        const SyncReport report = pull(one->folder(), from, unwatched());
        QCOMPARE(report.parts[0].outcome, SyncPart::Outcome::Failed);
        QVERIFY(report.parts[0].sentence.contains("token"));
        QVERIFY(!report.parts[0].sentence.contains("wr0ng"));
    }
};

QTEST_GUILESS_MAIN(TestSyncHub)
#include "tst_synchub.moc"
