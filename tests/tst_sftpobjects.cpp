// SPDX-License-Identifier: GPL-3.0-or-later
#include "killedpush.h"
#include "sshserver.h"

using namespace helmscope;

namespace {

ObjectRemote sshRemote(const QString &url)
{
    ObjectRemote remote = objectRemote(url);
    remote.remote.options["user"] = qEnvironmentVariable("TEST_SSH_USER");
    remote.remote.options["keyfile"] = qEnvironmentVariable("TEST_SSH_KEY");
    remote.knownHostsFile = qEnvironmentVariable("TEST_SSH_KNOWN");
    return remote;
}

} // namespace

/// Against Debian's sshd.
class TestSftpObjects : public QObject
{
    Q_OBJECT
private:
    SshServer m_ssh;

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = m_ssh.start(); !why.isEmpty())
            QSKIP(qPrintable(why));
        qputenv("TEST_SSH_USER", m_ssh.user().toUtf8());
        qputenv("TEST_SSH_KEY", m_ssh.userKey().toUtf8());
        qputenv("TEST_SSH_KNOWN", m_ssh.knownHosts().toUtf8());
        qunsetenv("SSH_AUTH_SOCK");
    }

    void goesAndComesBack()
    {
        const SampleCache here, there, place;
        const ObjectRemote remote = sshRemote(m_ssh.url(place.folder() + "/a \"b\"/remote/"));
        const QString large = here.add(noise(20'000'000)), empty = here.add({});
        const QString folder = here.addFolder({{"a", "one"}, {"b", "two"}});
        const QStringList all{large, empty, folder};
        openObjectStore(remote)->reach(unwatched());
        const TransferPlan plan = planUpload(remote, here.path(), all, unwatched());
        QCOMPARE(plan.toMove.size(), 5u);
        const TransferOutcome went = upload(remote, here.path(), plan, unwatched());
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        const QString root = place.folder() + "/a \"b\"/remote/";
        QCOMPARE(SampleCache::read(root + objectPath(large)), here.content(large));
        QVERIFY(!QFileInfo::exists(root + objectPath(large) + ".part"));
        QVERIFY(planUpload(remote, here.path(), all, unwatched()).toMove.empty());
        const TransferOutcome came = pull(remote, there, all);
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        for (const QString &name : all)
            QCOMPARE(there.content(name), here.content(name));
    }

    void whatBeganGoesOn()
    {
        const SampleCache here, there, place;
        const ObjectRemote remote = sshRemote(m_ssh.url(place.remote()));
        const QByteArray content = noise(5'000'000);
        const QString name = here.add(content), stored = place.remote() + '/' + objectPath(name);
        for (const QByteArray &left : {content.left(3'000'000), content, content + "more",
                                       content.left(3'000'000) + QByteArray(500'000, '\0')}) {
            QFile::remove(stored);
            SampleCache::write(stored + ".part", left);
            const TransferOutcome went = push(remote, here, {name});
            QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
            QVERIFY(SampleCache::read(stored) == content);
        }
        SampleCache::write(there.path() + "/partial/" + name, content.left(2'000'000));
        const TransferOutcome came = pull(remote, there, {name});
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        QVERIFY(there.content(name) == content);
    }

    void anUploadGoesOnAfterTenKills()
    {
        const SampleCache here, place;
        constexpr qint64 bytes = 200'000'000;
        const QString name = here.add(noise(bytes));
        const QString stored = place.remote() + '/' + objectPath(name);
        pushThroughTenKills(m_ssh.url(place.remote()), here, name, bytes,
                            [&] { return QFileInfo(stored + ".part").size(); });
        QVERIFY(SampleCache::read(stored) == here.content(name));
    }

    void strangersAreRefused()
    {
        const SampleCache here, place;
        const QString name = here.add("x");
        const auto sentence = [&](const ObjectRemote &remote) {
            return thrownBy([&] { planUpload(remote, here.path(), {name}, unwatched()); });
        };
        ObjectRemote remote = sshRemote(m_ssh.url(place.remote()));
        remote.remote.options["keyfile"] = m_ssh.file("other");
        QVERIFY2(sentence(remote).contains("does not take the user or key"),
                 qPrintable(sentence(remote)));
        remote = sshRemote(m_ssh.url(place.remote()));
        remote.knownHostsFile = m_ssh.file("changed");
        QVERIFY2(sentence(remote).contains("host key is not the known one"),
                 qPrintable(sentence(remote)));
        SampleCache::write(place.folder() + "/nobody", {});
        remote.knownHostsFile = place.folder() + "/nobody";
        QVERIFY2(sentence(remote).contains("host key is not the known one"),
                 qPrintable(sentence(remote)));
    }

    void aFullOrForbiddenPlaceIsSaid()
    {
        const SampleCache here, place;
        const ObjectRemote remote = sshRemote(m_ssh.url("/proc/nowhere"));
        const TransferOutcome went = push(remote, here, {here.add("x")});
        QCOMPARE(went.failed.size(), 1u);
        QVERIFY(went.failed[0].sentence.contains("/proc/nowhere"));
    }
};

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (isPusher(argc, argv))
        return pusher(argv, [](ObjectRemote &remote) { remote = sshRemote(remote.remote.url); });
    TestSftpObjects test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_sftpobjects.moc"
