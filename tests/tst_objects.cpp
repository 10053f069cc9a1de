// SPDX-License-Identifier: GPL-3.0-or-later
#include "failingdisk.h"
#include "objectsamples.h"

#include "federation/objects/md5stream.h"

#include <QElapsedTimer>
#include <QTest>

#include <atomic>
#include <thread>
#include <unistd.h>

using namespace helmscope;

class TestObjects : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void namesAndPathsBelongTogether()
    {
        const QString md5 = "d41d8cd98f00b204e9800998ecf8427e";
        QVERIFY(isObjectName(md5) && !isDirectoryName(md5));
        QVERIFY(isObjectName(md5 + ".dir") && isDirectoryName(md5 + ".dir"));
        for (const QString &odd : {QString(), md5.toUpper(), md5.mid(1), md5 + ".dIr", md5 + "/..",
                                   md5.mid(1) + "/", QString("../../../../../../etc/passwd")}) {
            QVERIFY2(!isObjectName(odd), qPrintable(odd));
            QVERIFY(!thrownBy([&] { objectPath(odd); }).isEmpty());
        }
        QCOMPARE(objectPath(md5), QString("files/md5/d4/1d8cd98f00b204e9800998ecf8427e"));
        QCOMPARE(objectPath(md5 + ".dir", ObjectLayout::Dvc2),
                 QString("d4/1d8cd98f00b204e9800998ecf8427e.dir"));
        QCOMPARE(objectNameOf("files/md5/d4/1d8cd98f00b204e9800998ecf8427e"), md5);
        QCOMPARE(objectNameOf("d4/1d8cd98f00b204e9800998ecf8427e.dir"), md5 + ".dir");
        QCOMPARE(objectNameOf("files/md5/d4/.1d8cd98f00b204e9800998ecf8427e.part"), QString());
    }

    void listsOfFoldersAreDvcs()
    {
        // The form in which DVC 3 writes them: order of keys and files, blanks, escapes.
        const QByteArray json =
            "[{\"md5\": \"b026324c6904b2a9cb4b88d6d61c81d1\", \"relpath\": \"a.txt\"}, "
            "{\"md5\": \"26ab0db90d72e28ad0ba1e22ee510510\", \"relpath\": \"b/\\u00e4.txt\"}]";
        const std::vector<DirectoryMember> members{
            {QString::fromUtf8("b/ä.txt"), "26ab0db90d72e28ad0ba1e22ee510510"},
            {"a.txt", "b026324c6904b2a9cb4b88d6d61c81d1"}};
        QCOMPARE(directoryJson(members), json);
        const auto read = parseDirectory(json, "x");
        QCOMPARE(read.size(), 2u);
        QVERIFY(read[0] == members[1] && read[1] == members[0]);
        QCOMPARE(directoryJson({}), QByteArray("[]"));
        QVERIFY(parseDirectory("[]", "x").empty());
    }

    void listsWithTricksAreRefused_data()
    {
        QTest::addColumn<QByteArray>("json");
        const auto list = [](const QList<QByteArray> &paths) {
            QByteArray json = "[";
            for (const QByteArray &path : paths)
                json += QByteArray(json.size() > 1 ? "," : "") +
                        "{\"md5\":\"b026324c6904b2a9cb4b88d6d61c81d1\",\"relpath\":\"" + path +
                        "\"}";
            return json + ']';
        };
        QTest::newRow("absolute") << list({"/etc/passwd"});
        QTest::newRow("up") << list({"../x"});
        QTest::newRow("up within") << list({"a/../../x"});
        QTest::newRow("only up") << list({".."});
        QTest::newRow("here") << list({"./x"});
        QTest::newRow("backslash") << list({"..\\\\x"});
        QTest::newRow("drive") << list({"C:/x"});
        QTest::newRow("empty") << list({""});
        QTest::newRow("empty within") << list({"a//b"});
        QTest::newRow("ends in /") << list({"a/"});
        QTest::newRow("zero") << list({"a\\u0000b"});
        QTest::newRow("line's end") << list({"a\\nb"});
        QTest::newRow("half a character") << list({"a\\ud800b"});
        QTest::newRow("twice") << list({"a", "a"});
        QTest::newRow("but for case") << list({"Data/a", "data/A"});
        QTest::newRow("composed") << list({"\\u00e4", "a\\u0308"});
        QTest::newRow("file and folder") << list({"a", "a-b", "a/b"});
        QTest::newRow("long name") << list({QByteArray(256, 'x')});
        QTest::newRow("no md5") << QByteArray("[{\"md5\":\"../x\",\"relpath\":\"a\"}]");
        QTest::newRow("a list in it")
            << QByteArray("[{\"md5\":\"b026324c6904b2a9cb4b88d6d61c81d1.dir\",\"relpath\":\"a\"}]");
        QTest::newRow("no array") << QByteArray("{}");
        QTest::newRow("Python") << QByteArray("__import__('os').system('true')");
        QTest::newRow("deep") << QByteArray(100'000, '[');
        QTest::newRow("nothing") << QByteArray();
    }
    void listsWithTricksAreRefused()
    {
        QFETCH(QByteArray, json);
        const QString said = thrownBy([&] { parseDirectory(json, "the list"); });
        QVERIFY2(said.contains("the list is no list of a folder's files"), qPrintable(said));
    }

    void md5sOfLongBytesAreRight()
    {
        const QByteArray bytes = noise(13'000'001);
        Md5Stream md5;
        for (int round = 0; round < 2; ++round) {
            md5.reset();
            for (qint64 at = 0; at < bytes.size(); at += 777'777)
                md5.add(bytes.constData() + at, std::min<qint64>(777'777, bytes.size() - at));
            QCOMPARE(md5.result(), SampleCache::md5Of(bytes));
        }
        QCOMPARE(Md5Stream().result(), SampleCache::md5Of({}));
    }

    void goesToAFolderAndComesBack()
    {
        const SampleCache here, there;
        const QString large = here.add(noise(3'000'000)), small = here.add("small"),
                      empty = here.add({});
        const QString folder = here.addFolder({{"a.txt", "one"}, {"b/c.txt", "two"}});
        const QStringList all{large, small, empty, folder};
        const ObjectRemote remote = objectRemote(here.remote());

        const TransferPlan plan = planUpload(remote, here.path(), all, unwatched());
        QCOMPARE(plan.toMove.size(), 6u);
        QCOMPARE(plan.toMove.back().name, folder); // behind its files
        QCOMPARE(plan.bytes(), 3'000'000 + 5 + 0 + 3 + 3 + here.content(folder).size());
        double last = 0;
        const TransferOutcome went = upload(remote, here.path(), plan, [&](double fraction) {
            last = fraction;
            return true;
        });
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        QCOMPARE(went.moved.size(), 6);
        QCOMPARE(went.moved.back(), folder);
        QCOMPARE(went.bytes, plan.bytes());
        QCOMPARE(last, 1.0);
        QCOMPARE(SampleCache::read(here.remote() + '/' + objectPath(large)), here.content(large));

        const TransferPlan again = planUpload(remote, here.path(), all, unwatched());
        QVERIFY(again.toMove.empty());
        QCOMPARE(again.there.size(), 6u);

        const TransferPlan back = planDownload(remote, there.path(), all, unwatched());
        QCOMPARE(back.toMove.size(), 5u); // the list came with the plan
        const TransferOutcome came = download(remote, there.path(), back, unwatched());
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        for (const QString &name : all)
            QCOMPARE(there.content(name), here.content(name));
        QVERIFY(QDir(there.path() + "/partial").isEmpty());

        const QString target = there.folder() + "/data/folder";
        QVERIFY(restoreDirectory(there.path(), folder, target, unwatched()));
        QCOMPARE(SampleCache::read(target + "/a.txt"), QByteArray("one"));
        QCOMPARE(SampleCache::read(target + "/b/c.txt"), QByteArray("two"));
        const QString said =
            thrownBy([&] { restoreDirectory(there.path(), folder, target, unwatched()); });
        QVERIFY2(said.contains("something is there already"), qPrintable(said));
    }

    void whatIsNowhereIsSaid()
    {
        const SampleCache here;
        const QString known = here.add("known"), unknown(32, 'a');
        const ObjectRemote remote = objectRemote(here.remote());
        const TransferPlan plan = planUpload(remote, here.path(), {known, unknown}, unwatched());
        QCOMPARE(plan.missing, QStringList{unknown});
        QCOMPARE(plan.toMove.size(), 1u);
        const TransferPlan back = planDownload(remote, here.path(), {known, unknown}, unwatched());
        QCOMPARE(back.missing, QStringList{unknown});
        QCOMPARE(back.there.size(), 1u);
    }

    void aDriveThatIsNotMountedIsUnreachable()
    {
        const SampleCache here;
        const QString name = here.add("x");
        const ObjectRemote remote = objectRemote(here.folder() + "/drive/remote");
        QVERIFY_EXCEPTION_THROWN(planUpload(remote, here.path(), {name}, unwatched()), Unreachable);
        QVERIFY(!QFileInfo::exists(here.folder() + "/drive"));
    }

    void damageIsFoundOnEitherSide()
    {
        const SampleCache here, there;
        const QString name = here.add("what it was");
        const ObjectRemote remote = objectRemote(here.remote());
        QVERIFY(push(remote, here, {name}).isComplete());

        SampleCache::write(here.remote() + '/' + objectPath(name), "what it is.");
        const TransferOutcome came = pull(remote, there, {name});
        QVERIFY2(sentencesOf(came).contains("damaged at the remote"),
                 qPrintable(sentencesOf(came)));
        QVERIFY(objectInCache(there.path(), name).isEmpty());

        QFile::remove(here.remote() + '/' + objectPath(name));
        SampleCache::write(here.path() + '/' + objectPath(name), "rotten");
        const TransferOutcome went = push(remote, here, {name});
        QVERIFY2(sentencesOf(went).contains("is damaged"), qPrintable(sentencesOf(went)));
        QVERIFY(!QFileInfo::exists(here.remote() + '/' + objectPath(name)));
    }

    void aFolderIsNotListedBeforeItsFilesAreThere()
    {
        const SampleCache here;
        const QString folder = here.addFolder({{"a", "one"}, {"b", "two"}});
        const ObjectRemote remote = objectRemote(here.remote());
        SampleCache::write(here.path() + '/' + objectPath(SampleCache::md5Of("two")), "rot");
        const TransferOutcome went = push(remote, here, {folder});
        QCOMPARE(went.failed.size(), 2u);
        QVERIFY2(sentencesOf(went).contains("waits for its file b"), qPrintable(sentencesOf(went)));
        QVERIFY(!QFileInfo::exists(here.remote() + '/' + objectPath(folder)));
    }

    void aFolderIsRestoredWholeOrNotAtAll()
    {
        const SampleCache here;
        const QString folder = here.addFolder({{"a", "one"}, {"b/c", "two"}});
        const QString target = here.folder() + "/target", two = SampleCache::md5Of("two");
        QVERIFY(!restoreDirectory(here.path(), folder, target, [](double) { return false; }));
        SampleCache::write(here.path() + '/' + objectPath(two), "rot");
        QString said =
            thrownBy([&] { restoreDirectory(here.path(), folder, target, unwatched()); });
        QVERIFY2(said.contains("is damaged"), qPrintable(said));
        QFile::remove(here.path() + '/' + objectPath(two));
        said = thrownBy([&] { restoreDirectory(here.path(), folder, target, unwatched()); });
        QVERIFY2(said.contains(two) && said.contains("b/c"), qPrintable(said));
        const QString hostile = here.add("[{\"md5\":\"" + SampleCache::md5Of("one").toLatin1() +
                                             "\",\"relpath\":\"../out\"}]",
                                         ".dir");
        said = thrownBy([&] { restoreDirectory(here.path(), hostile, target, unwatched()); });
        QVERIFY2(said.contains("leads elsewhere"), qPrintable(said));
        QCOMPARE(QDir(here.folder()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
                 QStringList("cache"));
    }

    void hostileListsFailAlone()
    {
        const SampleCache here, there;
        const QString good = here.addFolder({{"a", "one"}});
        const QByteArray tricks = "[{\"md5\":\"b026324c6904b2a9cb4b88d6d61c81d1\",\"relpath\":"
                                  "\"/etc/x\"}]";
        const QString bad = SampleCache::md5Of(tricks) + ".dir";
        const ObjectRemote remote = objectRemote(here.remote());
        QVERIFY(push(remote, here, {good}).isComplete());
        SampleCache::write(here.remote() + '/' + objectPath(bad), tricks);
        const TransferPlan plan = planDownload(remote, there.path(), {bad, good}, unwatched());
        QCOMPARE(plan.failed.size(), 1u);
        QCOMPARE(plan.failed[0].name, bad);
        QCOMPARE(plan.toMove.size(), 1u);
    }

    void oldRemotesAreRead()
    {
        const SampleCache here, there;
        const QByteArray binary = noise(5000), text = "one\r\ntwo\r\n";
        const QString name = SampleCache::md5Of(binary);
        const QString textName = SampleCache::md5Of("one\ntwo\n"); // as DVC 2 counted
        SampleCache::write(here.remote() + '/' + objectPath(name, ObjectLayout::Dvc2), binary);
        SampleCache::write(here.remote() + '/' + objectPath(textName, ObjectLayout::Dvc2), text);
        const TransferOutcome came = pull(objectRemote(here.remote()), there, {name, textName});
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        QCOMPARE(there.content(name), binary);
        QCOMPARE(objectInCache(there.path(), name), there.path() + '/' + objectPath(name));
        QCOMPARE(there.content(textName), text);
        QCOMPARE(objectInCache(there.path(), textName),
                 there.path() + '/' + objectPath(textName, ObjectLayout::Dvc2));
    }

    void whatBeganGoesOn()
    {
        const SampleCache here, there;
        const QByteArray content = noise(2'000'000);
        const QString name = here.add(content);
        const ObjectRemote remote = objectRemote(here.remote());
        QVERIFY(push(remote, here, {name}).isComplete());

        // What was there after a kill: right, wrong, and too long.
        for (const QByteArray &left :
             {content.left(700'000), QByteArray(700'000, 'x'), content + "more"}) {
            QFile::remove(objectInCache(there.path(), name));
            SampleCache::write(there.path() + "/partial/" + name, left);
            const TransferOutcome came = pull(remote, there, {name});
            QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
            QCOMPARE(there.content(name), content);
            QVERIFY(!QFileInfo::exists(there.path() + "/partial/" + name));
        }
        const QString stored = here.remote() + '/' + objectPath(name);
        for (const QByteArray &left :
             {content.left(700'000), QByteArray(700'000, 'x'), content + "more"}) {
            QFile::remove(stored);
            SampleCache::write(QFileInfo(stored).path() + "/." + name + ".part", left);
            const TransferOutcome went = push(remote, here, {name});
            QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
            QCOMPARE(SampleCache::read(stored), content);
        }
    }

    void partsThatNobodyCameBackForGo()
    {
        const SampleCache here, there;
        const QString name = here.add(noise(1000));
        const ObjectRemote remote = objectRemote(here.remote());
        QVERIFY(push(remote, here, {name}).isComplete());
        const QString old = there.path() + "/partial/" + QString(32, 'a'),
                      young = there.path() + "/partial/" + QString(32, 'b'),
                      foreign = there.path() + "/partial/notes.txt";
        const QDateTime longAgo = QDateTime::currentDateTime().addDays(-40);
        for (const QString &file : {old, young, foreign}) {
            SampleCache::write(file, "part");
            QFile opened(file);
            QVERIFY(opened.open(QIODevice::ReadWrite));
            if (file != young)
                QVERIFY(opened.setFileTime(longAgo, QFileDevice::FileModificationTime));
        }
        QVERIFY(pull(remote, there, {name}).isComplete());
        QVERIFY(!QFileInfo::exists(old));
        QVERIFY(QFileInfo::exists(young));
        QVERIFY(QFileInfo::exists(foreign)); // not ours
    }

    void stopsAndKeepsWhatItHas()
    {
        const SampleCache here, there;
        const QString name = here.add(noise(60'000'000));
        const ObjectRemote remote = objectRemote(here.remote());
        QVERIFY(push(remote, here, {name}).isComplete());
        const TransferPlan plan = planDownload(remote, there.path(), {name}, unwatched());
        const TransferOutcome stopped =
            download(remote, there.path(), plan, [](double fraction) { return fraction < 0.1; });
        if (stopped.isStopped && stopped.moved.isEmpty())
            QVERIFY(QFileInfo(there.path() + "/partial/" + name).size() > 0);
        QVERIFY(stopped.isStopped || stopped.isComplete()); // a fast disk may be done before
        const TransferOutcome came = pull(remote, there, {name});
        QVERIFY2(came.isComplete(), qPrintable(sentencesOf(came)));
        QCOMPARE(there.content(name), here.content(name));
        QVERIFY(upload(remote, here.path(), plan, [](double) { return false; }).isStopped);
        QVERIFY(planUpload(remote, here.path(), {name}, [](double) { return false; }).isStopped);
    }

    void neverWritesThroughALink()
    {
        const SampleCache here, there;
        const QString name = here.add("content");
        const ObjectRemote remote = objectRemote(here.remote());
        QVERIFY(push(remote, here, {name}).isComplete());
        const QString victim = there.folder() + "/victim";
        SampleCache::write(victim, "mine");
        QVERIFY(QDir().mkpath(there.path() + "/partial"));
        QVERIFY(QFile::link(victim, there.path() + "/partial/" + name));
        const TransferOutcome came = pull(remote, there, {name});
        QCOMPARE(came.failed.size(), 1u);
        QCOMPARE(SampleCache::read(victim), QByteArray("mine"));
    }

    void aFullDiskIsSaidByName()
    {
        const SampleCache here, there;
        const QByteArray content = noise(3'000'000);
        const QString name = here.add(content);
        const ObjectRemote remote = objectRemote(here.remote());
        QVERIFY(push(remote, here, {name}).isComplete());
        QVERIFY(QDir().mkpath(there.path()));
        failingDisk(qPrintable(there.path()), 1'000'000, DiskWorks);
        QVERIFY(pull(remote, there, {name}).isComplete());
        const long calls = failingDiskCalls();
        QVERIFY(calls > 4);
        bool wasSaid = false;
        for (long at = 1; at <= calls; ++at) {
            failingDisk("", 0, DiskWorks);
            QFile::remove(objectInCache(there.path(), name));
            failingDisk(qPrintable(there.path()), at, DiskIsFull);
            TransferOutcome came;
            const QString thrown = thrownBy([&] { came = pull(remote, there, {name}); });
            failingDisk("", 0, DiskWorks);
            wasSaid = wasSaid || sentencesOf(came).contains("the disk is full");
            const QString found = objectInCache(there.path(), name);
            QVERIFY2(found.isEmpty() || SampleCache::read(found) == content, qPrintable(found));
            const TransferOutcome again = pull(remote, there, {name});
            QVERIFY2(again.isComplete(), qPrintable(sentencesOf(again)));
            QCOMPARE(there.content(name), content);
        }
        QVERIFY(wasSaid);
    }

    void oddAddressesAreRefused()
    {
        for (const char *url : {"relative/path", "ftp://h/x", "s3://", "s3://a b/c", ""}) {
            const QString said = thrownBy([&] { openObjectStore(objectRemote(url)); });
            QVERIFY2(said.contains("lab"), url);
        }
        ObjectRemote odd = objectRemote("https://h/x");
        odd.remote.options["method"] = "DELETE";
        QVERIFY(thrownBy([&] { openObjectStore(odd); }).contains("DELETE"));
    }
};

QTEST_GUILESS_MAIN(TestObjects)
#include "tst_objects.moc"
