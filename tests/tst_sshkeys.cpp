// SPDX-License-Identifier: GPL-3.0-or-later
#include "sshagent.h"

#include "federation/sshagent.h"
#include "history/gitremote.h"
#include "objectsamples.h"

#include <QDir>
#include <QElapsedTimer>
#include <QTest>

#include <atomic>
#include <thread>

using namespace helmscope;

namespace {

/// Stands between a client and a server, passes so many bytes each way, and then says and takes
/// nothing any more, with all connections open.
class SilencingProxy
{
public:
    SilencingProxy(int serverPort, qint64 mostUp, qint64 mostDown)
    {
        m_thread = std::thread([=, this] {
            QTcpServer server;
            if (!server.listen(QHostAddress::LocalHost))
                qFatal("no port");
            m_port = server.serverPort();
            struct Pair
            {
                std::unique_ptr<QTcpSocket> client, target;
            };
            std::vector<Pair> pairs;
            qint64 up = 0, down = 0;
            const auto pass = [](QTcpSocket &from, QTcpSocket &to, qint64 &sum, qint64 most) {
                const QByteArray some = from.read(std::clamp<qint64>(most - sum, 0, 1 << 16));
                sum += some.size();
                to.write(some);
                to.flush();
            };
            while (!m_isOver) {
                if (server.waitForNewConnection(pairs.empty() ? 20 : 0)) {
                    Pair made{std::unique_ptr<QTcpSocket>(server.nextPendingConnection()),
                              std::make_unique<QTcpSocket>()};
                    made.client->setReadBufferSize(1 << 16);
                    made.target->setReadBufferSize(1 << 16);
                    made.target->connectToHost(QHostAddress::LocalHost, quint16(serverPort));
                    made.target->waitForConnected(2000);
                    pairs.push_back(std::move(made));
                }
                for (Pair &pair : pairs) {
                    pair.client->waitForReadyRead(1);
                    pair.target->waitForReadyRead(1);
                    pass(*pair.client, *pair.target, up, mostUp);
                    pass(*pair.target, *pair.client, down, mostDown);
                }
                m_isSilent = up >= mostUp || down >= mostDown;
            }
        });
        while (m_port == 0)
            std::this_thread::yield();
    }
    ~SilencingProxy()
    {
        m_isOver = true;
        m_thread.join();
    }
    int port() const { return m_port; }
    bool isSilent() const { return m_isSilent; }

private:
    std::atomic<int> m_port = 0;
    std::atomic<bool> m_isOver = false, m_isSilent = false;
    std::thread m_thread;
};

const GitWatch on = [](const GitTraffic &) { return true; };
const QString passPhrase = QStringLiteral("open, sesame ö");

} // namespace

/// Who is let in over SSH, by an agent or by a key file with a pass phrase: versions and objects.
class TestSshKeys : public QObject
{
    Q_OBJECT
private:
    SshServer m_ssh;
    QTemporaryDir m_folder;
    int m_count = 0;

    QString newFolder() { return m_folder.filePath(QString::number(++m_count)); }

    /// Empty where git cannot make one.
    QString bareRepository()
    {
        const QString folder = newFolder() + ".git";
        QProcess git;
        git.start("git", {"init", "-q", "--bare", "-b", "main", folder});
        return git.waitForFinished() && git.exitCode() == 0 ? folder : QString();
    }
    static QString commit(const QString &folder, const QByteArray &content)
    {
        Repository(folder).setPerson({"a", "a@lab.org"});
        SampleCache::write(folder + "/x", content);
        Repository::Change change;
        change.message = "a version";
        change.paths = QStringList{"x"};
        return Repository(folder).commit(change);
    }

    /// There and back: what a site pushes another one clones, changes, and the first one fetches.
    void exchangeVersions(const GitAccess &access)
    {
        const QString bare = bareRepository(), one = newFolder(), two = newFolder();
        QVERIFY(!bare.isEmpty());
        const QString url = m_ssh.url(bare);
        Repository::create(one);
        const QString first = commit(one, "1");
        GitRemotes remotes(one);
        remotes.add("origin", url);
        QVERIFY(remotes.push("origin", {"main"}, access, on).isComplete());
        QVERIFY(cloneRepository(url, two, access, on));
        QCOMPARE(SampleCache::read(two + "/x"), QByteArray("1"));
        const QString second = commit(two, "2");
        QVERIFY(GitRemotes(two).push("origin", {"main"}, access, on).isComplete());
        const GitRemotes::Fetched fetched = remotes.fetch("origin", access, on);
        QCOMPARE(fetched.moved.size(), 1u);
        QCOMPARE(fetched.moved[0], (MovedReference{"origin/main", first, second}));
    }

    /// Over SFTP, likewise.
    void exchangeObjects(const ObjectRemote &remote)
    {
        const SampleCache here, there;
        const QStringList names{here.add(noise(3'000'000)), here.add("small")};
        const TransferOutcome went = push(remote, here, names);
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        const TransferOutcome came = pull(remote, there, names);
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        for (const QString &name : names)
            QCOMPARE(there.content(name), here.content(name));
    }

    GitAccess gitAccess(const Credentials &credentials) const
    {
        return {credentials, {}, m_ssh.knownHosts()};
    }
    ObjectRemote sftpRemote(const Credentials &credentials)
    {
        ObjectRemote remote = objectRemote(m_ssh.url(newFolder()));
        remote.credentials = credentials;
        remote.knownHostsFile = m_ssh.knownHosts();
        return remote;
    }
    Credentials user(const QString &keyFile = {}, const QString &password = {}) const
    {
        Credentials made;
        made.user = m_ssh.user();
        made.keyFile = keyFile;
        made.password = password;
        return made;
    }
    /// What both kinds of remote say; each must, in one sentence.
    void bothMustSay(const Credentials &credentials, const QString &expected)
    {
        const QString versions =
            thrownBy([&] { gitReferences(m_ssh.url("/nowhere.git"), gitAccess(credentials), on); });
        const QString objects =
            thrownBy([&] { openObjectStore(sftpRemote(credentials))->reach(unwatched()); });
        for (const QString &said : {versions, objects}) {
            QVERIFY2(said.contains(expected), qPrintable(said));
            QVERIFY2(!said.contains(passPhrase), qPrintable(said));
            QVERIFY(said.endsWith('.'));
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        qunsetenv("SSH_AUTH_SOCK");
        if (const QString why = m_ssh.start(); !why.isEmpty())
            QSKIP(qPrintable(why));
        QFile::copy(m_ssh.userKey(), m_ssh.file("locked"));
        QVERIFY(QFile::setPermissions(m_ssh.file("locked"), QFile::ReadOwner | QFile::WriteOwner));
        QFile::copy(m_ssh.file("user.pub"), m_ssh.file("locked.pub"));
        QProcess lock;
        lock.start("ssh-keygen",
                   {"-q", "-p", "-P", "", "-N", passPhrase, "-f", m_ssh.file("locked")});
        QVERIFY(lock.waitForFinished(10'000) && lock.exitCode() == 0);
        QVERIFY(m_ssh.read("locked") != m_ssh.read("user"));
    }

    void theAgentLetsIn()
    {
        const RunningAgent agent;
        if (!agent.isRunning())
            QSKIP("ssh-agent is not installed");
        QCOMPARE(agent.add(m_ssh.userKey()), QString());
        QCOMPARE(sshAgent(), SshAgent::HasKeys);
        exchangeVersions(gitAccess(user()));
        exchangeObjects(sftpRemote(user()));
    }

    void aKeyWithAPassPhraseLetsIn()
    {
        exchangeVersions(gitAccess(user(m_ssh.file("locked"), passPhrase)));
        exchangeObjects(sftpRemote(user(m_ssh.file("locked"), passPhrase)));
    }

    void aWrongPassPhraseIsSaid()
    {
        bothMustSay(user(m_ssh.file("locked"), "sesame"), "pass phrase does not open the key file");
        bothMustSay(user(m_ssh.file("locked")), "it wants a pass phrase");
        bothMustSay(user(m_ssh.file("none"), "sesame"), "is not there: name another");
        bothMustSay(user(m_ssh.file("other")), "does not take the user or key");
    }

    void anAgentThatCannotHelpIsSaid()
    {
        bothMustSay(user(), "no SSH agent runs here");
        qputenv("SSH_AUTH_SOCK", m_ssh.file("known").toUtf8()); // not a socket
        bothMustSay(user(), "no SSH agent runs here");
        const RunningAgent agent;
        if (!agent.isRunning())
            QSKIP("ssh-agent is not installed");
        QCOMPARE(sshAgent(), SshAgent::Empty);
        bothMustSay(user(), "the SSH agent holds none");
        QCOMPARE(agent.add(m_ssh.file("other")), QString());
        bothMustSay(user(), "takes none of the SSH agent's keys");
        QCOMPARE(agent.add(m_ssh.userKey()), QString()); // both: the right one is found among them
        QCOMPARE(agent.clear(), QString());
        QCOMPARE(sshAgent(), SshAgent::Empty);
    }

    void aConversationThatFallsSilentEnds_data()
    {
        QTest::addColumn<qint64>("up");
        QTest::addColumn<qint64>("down");
        constexpr qint64 all = 1ll << 40;
        QTest::newRow("after the greeting") << all << qint64(60);
        QTest::newRow("in the handshake") << all << qint64(1'500);
        QTest::newRow("in a download") << all << qint64(300'000);
        QTest::newRow("in an upload") << qint64(300'000) << all;
    }
    void aConversationThatFallsSilentEnds()
    {
        QFETCH(qint64, up);
        QFETCH(qint64, down);
        const QString bare = bareRepository(), one = newFolder();
        QVERIFY(!bare.isEmpty());
        Repository::create(one);
        commit(one, noise(8'000'000));
        const bool isDownload = up > 1'000'000;
        if (isDownload) {
            GitRemotes(one).add("plain", bare);
            QVERIFY(GitRemotes(one).push("plain", {"main"}, {}, on).isComplete());
        }
        // On a busy machine a server that still speaks may pause for longer than a short patience.
        bool wasSilent = false;
        for (const int silenceMs : {1500, 12'500}) {
            const SilencingProxy proxy(m_ssh.port(), up, down);
            GitAccess access = gitAccess(user(m_ssh.userKey()));
            access.silenceMs = silenceMs;
            access.knownHostsFile = m_ssh.file("proxied");
            m_ssh.write("proxied", QByteArray(m_ssh.read("known"))
                                       .replace(QByteArray::number(m_ssh.port()),
                                                QByteArray::number(proxy.port())));
            const QString url = QStringLiteral("ssh://127.0.0.1:%1%2").arg(proxy.port()).arg(bare);
            const QString name = QStringLiteral("proxied%1").arg(silenceMs);
            GitRemotes(one).add(name, url);
            QElapsedTimer clock;
            clock.start();
            try {
                if (isDownload)
                    cloneRepository(url, newFolder(), access, on);
                else
                    GitRemotes(one).push(name, {"main"}, access, on);
                QFAIL("it came to an end that it cannot have come to");
            } catch (const Unreachable &error) {
                const QString said = QString::fromUtf8(error.what());
                const QString expected =
                    QStringLiteral("fell silent, and was left after %1 seconds")
                        .arg(silenceMs / 1000.0);
                QVERIFY2(said.contains(expected), qPrintable(said));
            }
            QVERIFY2(clock.elapsed() < 60'000, qPrintable(QString::number(clock.elapsed())));
            wasSilent = proxy.isSilent();
            if (wasSilent)
                break;
        }
        QVERIFY(wasSilent);
    }

    void slowIsNotSilent()
    {
        // What takes longer than the patience, yet goes on, is waited for.
        const QString bare = bareRepository(), one = newFolder();
        QVERIFY(!bare.isEmpty());
        Repository::create(one);
        commit(one, noise(2'000'000));
        GitRemotes remotes(one);
        remotes.add("origin", m_ssh.url(bare));
        GitAccess access = gitAccess(user(m_ssh.userKey()));
        access.silenceMs = 3000;
        int pauses = 0;
        const GitWatch slow = [&](const GitTraffic &) {
            if (pauses < 4) { // of work here, during which nothing goes to and fro
                ++pauses;
                std::this_thread::sleep_for(std::chrono::milliseconds(900));
            }
            return true;
        };
        QVERIFY(remotes.push("origin", {"main"}, access, slow).isComplete());
        QVERIFY(pauses >= 4);
    }

    void theRightKeyAmongSeveralIsFound()
    {
        const RunningAgent agent;
        if (!agent.isRunning())
            QSKIP("ssh-agent is not installed");
        QCOMPARE(agent.add(m_ssh.file("other")), QString());
        QCOMPARE(agent.add(m_ssh.userKey()), QString());
        exchangeVersions(gitAccess(user()));
        exchangeObjects(sftpRemote(user()));
    }
};

QTEST_GUILESS_MAIN(TestSshKeys)
#include "tst_sshkeys.moc"
