// SPDX-License-Identifier: GPL-3.0-or-later
// remote, push and pull of the command line, as processes, against a server of the test's own.
#include "cmffake.h"

#include "federation/remotes.h"
#include "history/repository.h"
#include "lineage/writer.h"
#include "workspace/workspace.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

namespace {

struct Result
{
    int code = -1;
    QString out, err;
    QJsonObject json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }
};

Result cli(const QStringList &arguments, const QByteArray &input = {})
{
    QProcess process;
    process.start(HELMSCOPE_BINARIES "/helmscope-cli", arguments);
    process.write(input);
    process.closeWriteChannel();
    Result result;
    if (process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit)
        result.code = process.exitCode();
    result.out = QString::fromUtf8(process.readAllStandardOutput());
    result.err = QString::fromUtf8(process.readAllStandardError());
    return result;
}

} // namespace

class TestCliSync : public QObject
{
    Q_OBJECT
    QTemporaryDir m_home;
    int m_count = 0;

    QString workspace(bool hasRun)
    {
        const QString folder = m_home.filePath(QStringLiteral("%1/sample").arg(++m_count));
        QDir().mkpath(folder);
        Repository::create(folder).setPerson({"Ada Example", "ada@example.org"});
        Workspace::create(folder);
        if (hasRun) {
            LineageWriter writer(folder + "/mlmd");
            LineageWriter::Run entry;
            entry.pipeline = "lab";
            entry.stage = entry.type = "Explore";
            entry.uuid = QStringLiteral("uuid-%1").arg(m_count);
            entry.name = "r1";
            entry.properties = {{"run", "r1", true}, {"sample", "secret alloy", true}};
            writer.execution(entry);
        }
        return folder;
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("HOME", m_home.path().toUtf8());
        qputenv("XDG_CONFIG_HOME", m_home.filePath("config").toUtf8());
        qputenv("GIT_CONFIG_NOSYSTEM", "1");
        qputenv("HELMSCOPE_SECRETS_FILE", m_home.filePath("secrets.json").toUtf8());
    }

    void pushesAndPullsThroughAServer()
    {
        CmfFake fake;
        std::string authorization;
        fake.http.server.set_logger([&](const httplib::Request &asked, const httplib::Response &) {
            if (asked.has_header("Authorization"))
                authorization = asked.get_header_value("Authorization");
        });
        fake.http.start();
        const QString one = workspace(true), two = workspace(false);
        const QStringList at{"--workspace", one};
        const Result added = cli(QStringList{"remote", "add", "hub", fake.http.url(), "--kind",
                                             "metadata", "--default", "--token"} +
                                     at,
                                 "t0p-s3cret\n");
        QVERIFY2(added.code == 0, qPrintable(added.err));
        const Result listed = cli(QStringList{"remote", "list", "--json"} + at);
        QCOMPARE(listed.json()["remotes"].toArray().size(), 1);
        QVERIFY(!(added.out + added.err + listed.out).contains("s3cret"));
        QFile config(one + "/.helmscope");
        QVERIFY(config.open(QIODevice::ReadOnly));
        QVERIFY(!config.readAll().contains("s3cret"));
        QCOMPARE(cli(QStringList{"remote", "test", "hub"} + at).code, 0);

        const Result dry = cli(QStringList{"push", "--dry-run", "--json"} + at);
        QVERIFY2(dry.code == 0, qPrintable(dry.err));
        QCOMPARE(dry.json()["items"].toArray()[0].toObject()["count"].toInt(), 1);
        QVERIFY(dry.json()["leftOut"].toArray()[0].toString().startsWith("sample"));
        QVERIFY(fake.uuids().isEmpty());
        const Result pushed = cli(QStringList{"push", "--json"} + at);
        QVERIFY2(pushed.code == 0, qPrintable(pushed.out + pushed.err));
        QCOMPARE(fake.uuids().size(), 1);
        QCOMPARE(authorization, std::string("Bearer t0p-s3cret"));
        QVERIFY(cli(QStringList{"push"} + at).out.contains("already"));

        QCOMPARE(
            cli({"remote", "add", "hub", fake.http.url(), "--kind", "metadata", "--workspace", two})
                .code,
            0);
        const Result pulled = cli({"pull", "--from", "hub", "--pipeline", "lab", "--artifacts",
                                   "none", "--json", "--workspace", two});
        QVERIFY2(pulled.code == 0, qPrintable(pulled.out + pulled.err));
        QCOMPARE(pulled.json()["runs"].toArray()[0].toString(), QString("r1"));
        const Result history = cli({"remote", "history", "--json", "--workspace", two});
        QCOMPARE(history.json()["transfers"].toArray().size(), 1);
        const Result since = cli({"pull", "--since", "2100-01-01", "--json", "--workspace", two});
        QCOMPARE(since.code, 0);
        QVERIFY(since.json()["executions"].toArray().isEmpty());

        QCOMPARE(cli(QStringList{"remote", "remove", "hub"} + at).code, 0);
        QVERIFY(cli(QStringList{"remote", "list", "--json"} + at)
                    .json()["remotes"]
                    .toArray()
                    .isEmpty());
        const Result none = cli(QStringList{"push"} + at);
        QCOMPARE(none.code, 1);
        QVERIFY(none.err.contains("remote add"));
    }

    void whatCannotGoIsQueued()
    {
        CmfFake fake;
        fake.http.start();
        const QString url = fake.http.url();
        fake.http.stop();
        const QString one = workspace(true);
        QCOMPARE(cli({"remote", "add", "hub", url, "--kind", "metadata", "--workspace", one}).code,
                 0);
        const Result pushed = cli({"push", "--workspace", one});
        QCOMPARE(pushed.code, 1);
        QVERIFY(pushed.err.contains("--queued"));
        const Result history = cli({"remote", "history", "--json", "--workspace", one});
        QCOMPARE(history.json()["queue"].toArray().size(), 1);
        fake.http.start(url.section(':', -1).toInt());
        if (fake.http.port() < 0)
            QSKIP("The port was taken meanwhile.");
        QCOMPARE(cli({"push", "--queued", "--workspace", one}).code, 0);
        QCOMPARE(fake.uuids().size(), 1);
    }

    void killedInTheMiddleItGoesOn()
    {
        CmfFake fake;
        fake.isHeld = true;
        fake.http.start();
        const QString one = workspace(true);
        QCOMPARE(
            cli({"remote", "add", "hub", fake.http.url(), "--kind", "metadata", "--workspace", one})
                .code,
            0);
        QProcess process;
        process.start(HELMSCOPE_BINARIES "/helmscope-cli", {"push", "--workspace", one});
        QTRY_COMPARE_WITH_TIMEOUT(int(fake.pushes), 1, 60'000);
        process.kill();
        QVERIFY(process.waitForFinished());
        fake.isHeld = false; // the server takes what it was given
        QTRY_COMPARE(fake.uuids().size(), 1);
        const Result again = cli({"push", "--json", "--workspace", one});
        QVERIFY2(again.code == 0, qPrintable(again.err));
        QCOMPARE(again.json()["parts"].toArray().size(), 1);
        QCOMPARE(fake.uuids().size(), 1);
        QVERIFY(cli({"push", "--workspace", one}).out.contains("already"));
    }

    void remotesOfEveryKind()
    {
        const QString one = workspace(false);
        const QStringList at{"--workspace", one};
        QCOMPARE(
            cli(QStringList{"remote", "add", "store", m_home.filePath("store"), "--default"} + at)
                .code,
            0);
        QCOMPARE(
            cli(QStringList{"remote", "add", "origin", "git@example.org:lab/sample.git"} + at).code,
            0);
        const Result warned = cli(
            QStringList{"remote", "add", "far", "http://far.example.org", "--kind", "metadata"} +
            at);
        QCOMPARE(warned.code, 0);
        QVERIFY(warned.err.contains("in clear"));
        QStringList kinds;
        for (const QJsonValue &each :
             cli(QStringList{"remote", "list", "--json"} + at).json()["remotes"].toArray())
            kinds << each.toObject()["kind"].toString();
        kinds.sort();
        QCOMPARE(kinds, (QStringList{"artifacts", "metadata", "versions"}));
    }

    void mistakesAreSentences_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::newRow("no kind") << QStringList{"remote", "add", "a", "http://h"} << 2;
        QTest::newRow("a secret in the address")
            << QStringList{"remote", "add", "a", "http://u:s3cret@h", "--kind", "metadata"} << 1;
        QTest::newRow("a secret as an option")
            << QStringList{"remote", "add", "a", "s3://b", "--option", "secret_access_key=s3cret"}
            << 1;
        QTest::newRow("no such remote") << QStringList{"push", "--to", "none"} << 1;
        QTest::newRow("no time") << QStringList{"pull", "--from", "server", "--since", "soon"} << 2;
        QTest::newRow("no such choice") << QStringList{"pull", "--artifacts", "some"} << 2;
    }
    void mistakesAreSentences()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        const QString one = workspace(false);
        Remote remote;
        remote.name = "server";
        remote.url = "http://127.0.0.1:9";
        setRemote(one, remote);
        const Result result = cli(arguments + QStringList{"--workspace", one});
        QCOMPARE(result.code, code);
        QVERIFY(!result.err.isEmpty());
        QVERIFY(!(result.out + result.err).contains("s3cret"));
    }
};

QTEST_GUILESS_MAIN(TestCliSync)
#include "tst_clisync.moc"
