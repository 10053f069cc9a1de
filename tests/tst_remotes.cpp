// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/remotes.h"
#include "federation/secrets.h"

#include <QDir>
#include <QFile>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace helmscope;

namespace {

using Kind = Remote::Kind;

Remote remoteNamed(const std::vector<Remote> &remotes, const QString &name)
{
    for (const Remote &remote : remotes)
        if (remote.name == name)
            return remote;
    return {};
}

} // namespace

class TestRemotes : public QObject
{
    Q_OBJECT
    QTemporaryDir m_folder;
    int m_count = 0;
    QString m_workspace;

    void write(const QString &name, const QByteArray &text) const
    {
        QFile file(m_workspace + '/' + name);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
    QByteArray read(const QString &name) const
    {
        QFile file(m_workspace + '/' + name);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    Remote made(Kind kind, const QString &name, const QString &url) const
    {
        Remote remote;
        remote.kind = kind;
        remote.name = name;
        remote.url = url;
        return remote;
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("HELMSCOPE_SECRETS_FILE", m_folder.filePath("secrets.json").toUtf8());
    }
    void init()
    {
        m_workspace = m_folder.filePath(QString::number(++m_count));
        QVERIFY(QDir().mkpath(m_workspace + "/.dvc"));
        for (const char *name : {"HELMSCOPE_TOKEN", "HELMSCOPE_TOKEN_HOST", "AWS_ACCESS_KEY_ID",
                                 "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
            qunsetenv(name);
    }

    void anEmptyWorkspaceHasNone()
    {
        QVERIFY(remotesOf(m_workspace).empty());
        QVERIFY(!defaultRemote({}, Kind::Metadata));
    }

    void readsWhatCmfInitWrites_data()
    {
        QTest::addColumn<QByteArray>("config");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("url");
        QTest::addColumn<QStringList>("secrets"); // user, password, token, header, keys
        QTest::newRow("folder") << QByteArray(
                                       "[core]\n    remote = local-storage\n"
                                       "['remote \"local-storage\"']\n    url = /srv/store\n")
                                << "local-storage"
                                << "/srv/store" << QStringList{};
        QTest::newRow("minio") << QByteArray("['remote \"minio\"']\n    url = s3://bucket\n"
                                             "    endpointurl = http://host:9000\n"
                                             "    access_key_id = AK\n"
                                             "    secret_access_key = \"SE#CRET\"\n")
                               << "minio"
                               << "s3://bucket" << QStringList{"", "", "", "", "AK", "SE#CRET", ""};
        QTest::newRow("amazon") << QByteArray("['remote \"amazons3\"']\n    url = s3://b/prefix\n"
                                              "    access_key_id = AK # mine\n"
                                              "    secret_access_key = SE\n"
                                              "    session_token = ST\n")
                                << "amazons3"
                                << "s3://b/prefix" << QStringList{"", "", "", "", "AK", "SE", "ST"};
        QTest::newRow("ssh, password in base64")
            << QByteArray("['remote \"ssh-storage\"']\n    url = ssh://host/home/u/st\n"
                          "    user = u\n    port = 2222\n    password = cGFzcyB3b3Jk\n")
            << "ssh-storage"
            << "ssh://host/home/u/st" << QStringList{"u", "pass word"};
        QTest::newRow("ssh of DVC, password as it is")
            << QByteArray("['remote \"lab\"']\n    url = ssh://u@host/home/u/st\n"
                          "    password = cGFzcyB3b3Jk\n")
            << "lab"
            << "ssh://host/home/u/st" << QStringList{"u", "cGFzcyB3b3Jk"};
        QTest::newRow("osdf") << QByteArray("['remote \"osdf\"']\n"
                                            "    url = https://origin:8443/path\n"
                                            "    method = PUT\n    ssl_verify = false\n"
                                            "    auth = custom\n"
                                            "    custom_auth_header = Authorization\n"
                                            "    password = Bearer abc.def\n")
                              << "osdf"
                              << "https://origin:8443/path"
                              << QStringList{"", "", "Bearer abc.def", "Authorization"};
    }
    void readsWhatCmfInitWrites()
    {
        QFETCH(QByteArray, config);
        QFETCH(QString, name);
        QFETCH(QString, url);
        QFETCH(QStringList, secrets);
        write(".dvc/config", config);
        const std::vector<Remote> remotes = remotesOf(m_workspace);
        QCOMPARE(remotes.size(), std::size_t(1));
        const Remote remote = remotes.front();
        QCOMPARE(remote.name, name);
        QCOMPARE(remote.url, url);
        QCOMPARE(remote.definedIn, QString(".dvc/config"));
        QCOMPARE(defaultRemote(remotes, Kind::Artifacts)->name, name);
        while (secrets.size() < 7)
            secrets << QString();
        const Credentials found = credentialsFor(m_workspace, remote);
        QCOMPARE((QStringList{found.user, found.password, found.token, found.header,
                              found.accessKey, found.secretKey, found.sessionToken}),
                 secrets);
        // Nothing of it is in the value that is shown and logged.
        for (const QString &option : remote.options)
            for (const QString &secret : {found.password, found.token, found.secretKey})
                QVERIFY(secret.isEmpty() || !option.contains(secret));
    }

    void theLocalFileGoesFirst()
    {
        write(".dvc/config", "[core]\n    remote = a\n['remote \"a\"']\n    url = s3://one\n"
                             "['remote \"b\"']\n    url = ../../store\n");
        write(".dvc/config.local", "[core]\n    remote = b\n['remote \"a\"']\n"
                                   "    access_key_id = AK\n    secret_access_key = SE\n");
        const std::vector<Remote> remotes = remotesOf(m_workspace);
        QCOMPARE(remotes.size(), std::size_t(2));
        QCOMPARE(defaultRemote(remotes, Kind::Artifacts)->name, QString("b"));
        QCOMPARE(remoteNamed(remotes, "b").url, QDir::cleanPath(m_workspace + "/../store"));
        QCOMPARE(credentialsFor(m_workspace, remoteNamed(remotes, "a")).secretKey, QString("SE"));
    }

    void readsServersOfCmfAndOurs()
    {
        write(".cmfconfig",
              "# of CMF\n[cmf]\nserver-url = http://host:80\n[neo4j]\npassword = x\n");
        QCOMPARE(defaultRemote(remotesOf(m_workspace), Kind::Metadata)->url,
                 QString("http://host:80"));
        Remote hub = made(Kind::Metadata, "hub", "https://hub.example.org:8380");
        hub.isDefault = true;
        hub.options["authority"] = "ca, of \"ours\".pem";
        setRemote(m_workspace, hub);
        const std::vector<Remote> remotes = remotesOf(m_workspace);
        QCOMPARE(remotes.size(), std::size_t(2));
        hub.definedIn = ".helmscope";
        QCOMPARE(*defaultRemote(remotes, Kind::Metadata), hub);
        // Settings of ours are in the same file, by Qt's hand: neither destroys the other's.
        const QString file = m_workspace + "/.helmscope";
        {
            QSettings settings(file, QSettings::IniFormat);
            settings.setValue("lineage/stepsPerExecution", 7);
        }
        QCOMPARE(remoteNamed(remotesOf(m_workspace), "hub").url, hub.url);
        hub.url = "https://other.example.org";
        setRemote(m_workspace, hub);
        QCOMPARE(QSettings(file, QSettings::IniFormat).value("lineage/stepsPerExecution").toInt(),
                 7);
        removeRemote(m_workspace, Kind::Metadata, "hub");
        removeRemote(m_workspace, Kind::Metadata, "cmf");
        QVERIFY(remotesOf(m_workspace).empty());
        QVERIFY(read(".cmfconfig").contains("password = x"));
        QVERIFY_EXCEPTION_THROWN(removeRemote(m_workspace, Kind::Metadata, "hub"), Error);
    }

    void aTokenInTheAddressIsTakenOutOfIt()
    {
        write(".cmfconfig", "[cmf]\nserver-url = http://127.0.0.1:8380/t/hms-secret\n");
        const Remote server = *defaultRemote(remotesOf(m_workspace), Kind::Metadata);
        QCOMPARE(server.url, QString("http://127.0.0.1:8380"));
        QCOMPARE(credentialsFor(m_workspace, server).token, QString("hms-secret"));
        Remote other = server;
        other.url = "http://evil.example.org";
        QVERIFY(credentialsFor(m_workspace, other).token.isEmpty());
    }

    void writesDvcsFileAsDvcDoes()
    {
        const QByteArray before = "[core]\n    analytics = false # no\n"
                                  "['remote \"old\"']\n    url = ../x\n    password = keep\n";
        write(".dvc/config", before);
        Remote store = made(Kind::Artifacts, "store", "s3://bucket/prefix");
        store.options["endpointurl"] = "https://s3.example.org";
        store.isDefault = true;
        setRemote(m_workspace, store);
        QCOMPARE(read(".dvc/config"),
                 QByteArray("[core]\n    analytics = false # no\n    remote = store\n"
                            "['remote \"old\"']\n    url = ../x\n    password = keep\n"
                            "['remote \"store\"']\n    url = s3://bucket/prefix\n"
                            "    endpointurl = https://s3.example.org\n"));
        // Setting again what is there changes nothing, not even how it is written.
        const QByteArray after = read(".dvc/config");
        setRemote(m_workspace, remoteNamed(remotesOf(m_workspace), "old"));
        setRemote(m_workspace, remoteNamed(remotesOf(m_workspace), "store"));
        QCOMPARE(read(".dvc/config"), after);
        removeRemote(m_workspace, Kind::Artifacts, "store");
        QCOMPARE(read(".dvc/config"), before);
    }

    void refusesNamesAndAddressesThatAreNone_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("url");
        const int metadata = int(Kind::Metadata), artifacts = int(Kind::Artifacts),
                  versions = int(Kind::Versions);
        QTest::newRow("no name") << metadata << ""
                                 << "http://h";
        QTest::newRow("a section's end") << metadata << "a]b"
                                         << "http://h";
        QTest::newRow("a quote") << artifacts << "a\"b"
                                 << "s3://b";
        QTest::newRow("a path") << metadata << "../x"
                                << "http://h";
        QTest::newRow("no address") << metadata << "a"
                                    << "";
        QTest::newRow("a folder is no server") << metadata << "a"
                                               << "/srv";
        QTest::newRow("ftp") << artifacts << "a"
                             << "ftp://h/x";
        QTest::newRow("an option") << versions << "a"
                                   << "--upload-pack=touch /tmp/x";
        QTest::newRow("git's ext") << versions << "a"
                                   << "ext::sh";
        QTest::newRow("two lines") << artifacts << "a"
                                   << "/srv\n[core]";
        QTest::newRow("password") << metadata << "a"
                                  << "https://u:hidden@h";
        QTest::newRow("token") << metadata << "a"
                               << "https://h/t/hidden";
        QTest::newRow("question") << artifacts << "a"
                                  << "https://h/x?sig=hidden";
    }
    void refusesNamesAndAddressesThatAreNone()
    {
        QFETCH(int, kind);
        QFETCH(QString, name);
        QFETCH(QString, url);
        try {
            setRemote(m_workspace, made(Kind(kind), name, url));
            QFAIL("It was taken.");
        } catch (const Error &error) {
            QVERIFY(!QString::fromUtf8(error.what()).contains("hidden"));
        }
        QVERIFY(remotesOf(m_workspace).empty());
    }

    void secretsAreNoOptions()
    {
        Remote remote = made(Kind::Artifacts, "a", "s3://b");
        remote.options["secret_access_key"] = "SE";
        QVERIFY_EXCEPTION_THROWN(setRemote(m_workspace, remote), Error);
        QVERIFY(!read(".dvc/config").contains("SE"));
    }

    void secretsBelongToTheAddress()
    {
        const Remote mine = made(Kind::Metadata, "hub", "https://hub.example.org/");
        Credentials credentials;
        credentials.token = "t0ken";
        keepCredentials(mine, credentials);
        QCOMPARE(credentialsFor(m_workspace, mine).token, QString("t0ken"));
        // The same name at another host: a workspace of somebody else.
        QVERIFY(credentialsFor(m_workspace, made(Kind::Metadata, "hub", "https://evil.example.org"))
                    .isEmpty());
        // The same server under another name.
        QCOMPARE(
            credentialsFor(m_workspace, made(Kind::Metadata, "x", "https://hub.example.org")).token,
            QString("t0ken"));
        Remote bucket = made(Kind::Artifacts, "s", "s3://bucket");
        credentials = {};
        credentials.accessKey = "AK";
        credentials.secretKey = "SE";
        keepCredentials(bucket, credentials);
        QCOMPARE(credentialsFor(m_workspace, bucket).secretKey, QString("SE"));
        bucket.options["endpointurl"] = "https://evil.example.org";
        QVERIFY(credentialsFor(m_workspace, bucket).isEmpty());
        keepCredentials(mine, {});
        QVERIFY(credentialsFor(m_workspace, mine).isEmpty());
    }

    void theEnvironmentIsTheLastResort()
    {
        const Remote hub = made(Kind::Metadata, "hub", "https://hub.example.org");
        qputenv("HELMSCOPE_TOKEN", "from-environment");
        QCOMPARE(credentialsFor(m_workspace, hub).token, QString("from-environment"));
        qputenv("HELMSCOPE_TOKEN_HOST", "other.example.org");
        QVERIFY(credentialsFor(m_workspace, hub).token.isEmpty());
        qputenv("AWS_ACCESS_KEY_ID", "AK");
        qputenv("AWS_SECRET_ACCESS_KEY", "SE");
        QCOMPARE(credentialsFor(m_workspace, made(Kind::Artifacts, "s", "s3://b")).accessKey,
                 QString("AK"));
        QVERIFY(credentialsFor(m_workspace, made(Kind::Artifacts, "s", "/srv")).isEmpty());
    }

    void addressesAreShownWithoutSecrets()
    {
        QCOMPARE(withoutSecrets("https://u:hidden@h.org/x.git"), QString("https://h.org/x.git"));
        QCOMPARE(withoutSecrets("https://hidden@h.org/x.git"), QString("https://h.org/x.git"));
        QCOMPARE(withoutSecrets("ssh://git@h.org/x.git"), QString("ssh://git@h.org/x.git"));
        QCOMPARE(withoutSecrets("git@h.org:lab/x.git"), QString("git@h.org:lab/x.git"));
        QCOMPARE(withoutSecrets("http://h.org/t/hidden/git/x.git"),
                 QString("http://h.org/git/x.git"));
    }

    void plainHttpIsToldApart()
    {
        QVERIFY(isInClear(made(Kind::Metadata, "a", "http://lab.example.org")));
        QVERIFY(!isInClear(made(Kind::Metadata, "a", "https://lab.example.org")));
        QVERIFY(!isInClear(made(Kind::Metadata, "a", "http://127.0.0.1:8380")));
        QVERIFY(!isInClear(made(Kind::Artifacts, "a", "s3://b")));
    }
};

QTEST_GUILESS_MAIN(TestRemotes)
#include "tst_remotes.moc"
