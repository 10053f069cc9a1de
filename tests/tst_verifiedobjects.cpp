// SPDX-License-Identifier: GPL-3.0-or-later
// httplib before Qt: system headers define what Qt's do not mind.
#include "httpserver.h"

#include "federation/objects/objectfile.h"
#include "objectsamples.h"

#include <QDateTime>
#include <QTest>

#include <atomic>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

using namespace helmscope;

namespace {

constexpr qint64 second = 1'000'000'000;

void setAge(const QString &path, int seconds)
{
    const qint64 then = nowNs() - seconds * second;
    const timespec times[] = {{0, UTIME_OMIT}, {time_t(then / second), long(then % second)}};
    if (::utimensat(AT_FDCWD, QFile::encodeName(path), times, 0) != 0)
        qFatal("no time of %s", qPrintable(path));
}

FileStamp stampOfFile(const QString &path)
{
    const int file = ::open(QFile::encodeName(path), O_RDONLY | O_CLOEXEC);
    const auto stamp = stampOf(file);
    ::close(file);
    if (!stamp)
        qFatal("no stamp of %s", qPrintable(path));
    return *stamp;
}

/// Changes a byte of it in its place.
void damage(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadWrite) || !file.seek(1000) || !file.putChar('!'))
        qFatal("%s cannot be changed", qPrintable(path));
}

/// All of it, as an upload reads it.
void readWhole(ObjectFile &file, const std::function<void(qint64)> &onPart = {})
{
    QByteArray block(1 << 16, Qt::Uninitialized);
    while (file.read(block.data(), block.size()) > 0)
        if (onPart)
            onPart(file.position());
}

/// An old object in a cache, hashed once.
class Known
{
public:
    explicit Known(qint64 bytes = 2'000'000)
        : name(cache.add(noise(bytes)))
        , file(objectInCache(cache.path(), name))
    {
        setAge(file, 60);
        ObjectFile source = opened();
        readWhole(source);
    }
    ObjectFile opened() const
    {
        return ObjectFile(file, name, ObjectFile::Hashing::UnlessVerified);
    }
    QString record() const { return cache.path() + "/verified/" + name.left(2); }

    SampleCache cache;
    QString name, file;
};

} // namespace

/// Which objects need not be hashed again, and that nothing wrong passes for it.
class TestVerifiedObjects : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatWasHashedIsNotHashedAgain()
    {
        const SampleCache cache;
        const QString name = cache.add(noise(2'000'000));
        const QString file = objectInCache(cache.path(), name);
        setAge(file, 60);
        ObjectFile first(file, name, ObjectFile::Hashing::UnlessVerified);
        QVERIFY(first.isHashed());
        readWhole(first);
        ObjectFile second(file, name, ObjectFile::Hashing::UnlessVerified);
        QVERIFY(!second.isHashed());
        second.goTo(1'500'000);
        readWhole(second);
        QCOMPARE(second.position(), qint64(2'000'000));
        QVERIFY(ObjectFile(file, name).isHashed()); // who restores a folder wants it hashed
    }

    void aFileThatIsChangedInItsPlaceIsFound()
    {
        const Known known;
        QVERIFY(!known.opened().isHashed());
        damage(known.file);
        {
            ObjectFile source = known.opened();
            QVERIFY(source.isHashed());
            QVERIFY(thrownBy([&] { readWhole(source); }).contains("is damaged"));
        }
        // Also where its time is as it was: the system's own one is not.
        const Known other;
        const FileStamp before = stampOfFile(other.file);
        damage(other.file);
        const timespec times[] = {
            {0, UTIME_OMIT},
            {time_t(before.modifiedNs / second), long(before.modifiedNs % second)}};
        QCOMPARE(::utimensat(AT_FDCWD, QFile::encodeName(other.file), times, 0), 0);
        QCOMPARE(stampOfFile(other.file).modifiedNs, before.modifiedNs);
        ObjectFile source = other.opened();
        QVERIFY(source.isHashed());
        QVERIFY(thrownBy([&] { readWhole(source); }).contains("is damaged"));
    }

    void aFileThatIsChangedWhileItIsSentIsFound()
    {
        const Known known;
        ObjectFile source = known.opened();
        QVERIFY(!source.isHashed());
        bool isChanged = false;
        const auto change = [&](qint64) {
            if (!std::exchange(isChanged, true))
                damage(known.file);
        };
        QVERIFY_EXCEPTION_THROWN(readWhole(source, change), Unreachable);
    }

    void anUploadOfADamagedObjectFailsThoughItWasKnown()
    {
        std::mutex mutex;
        std::map<std::string, std::string> stored;
        HttpServer site;
        site.server.Put(".*", [&](const httplib::Request &asked, httplib::Response &answer) {
            const std::lock_guard lock(mutex);
            stored[asked.path] = asked.body;
            answer.status = 201;
        });
        site.server.Get(".*", [&](const httplib::Request &asked, httplib::Response &answer) {
            const std::lock_guard lock(mutex);
            const auto found = stored.find(asked.path);
            if (found == stored.end())
                answer.status = 404;
            else
                answer.set_content(found->second, "application/octet-stream");
        });
        site.start();
        const Known good, bad;
        const TransferOutcome went = push(objectRemote(site.url()), good.cache, {good.name});
        QVERIFY2(went.isComplete(), qPrintable(sentencesOf(went)));
        QCOMPARE(stored.size(), 1u);
        QVERIFY(stored.begin()->second == good.cache.content(good.name).toStdString());
        stored.clear();
        damage(bad.file);
        const TransferOutcome failed = push(objectRemote(site.url()), bad.cache, {bad.name});
        QVERIFY2(sentencesOf(failed).contains("is damaged"), qPrintable(sentencesOf(failed)));
        QVERIFY(stored.empty());
    }

    void aFileJustWrittenIsNotTrusted()
    {
        const SampleCache cache;
        const QString name = cache.add(noise(2'000'000));
        const QString file = objectInCache(cache.path(), name);
        ObjectFile first(file, name, ObjectFile::Hashing::UnlessVerified);
        readWhole(first);
        QVERIFY(ObjectFile(file, name, ObjectFile::Hashing::UnlessVerified).isHashed());
        QVERIFY(!QFileInfo::exists(cache.path() + "/verified"));
        // Nor one from the future.
        setAge(file, -3600);
        const FileStamp stamp = stampOfFile(file);
        rememberVerified(cache.path(), name, stamp, nowNs());
        QVERIFY(!isVerified(cache.path(), name, stamp));
        // Nor by a record that should not have been made.
        QDir().mkpath(cache.path() + "/verified");
        SampleCache::write(cache.path() + "/verified/" + name.left(2),
                           QStringLiteral("%1 %2 %3 %4 %5 %6\n")
                               .arg(name)
                               .arg(stamp.bytes)
                               .arg(stamp.modifiedNs)
                               .arg(stamp.changedNs)
                               .arg(stamp.inode)
                               .arg(stamp.modifiedNs + second)
                               .toLatin1());
        QVERIFY(!isVerified(cache.path(), name, stamp));
    }

    void whatIsDownloadedIsKnownAtOnce()
    {
        const SampleCache place, there;
        const QByteArray content = noise(2'000'000);
        const QString name = SampleCache::md5Of(content);
        SampleCache::write(place.remote() + '/' + objectPath(name), content);
        QVERIFY(pull(objectRemote(place.remote()), there, {name}).isComplete());
        const QString file = objectInCache(there.path(), name);
        QVERIFY(!ObjectFile(file, name, ObjectFile::Hashing::UnlessVerified).isHashed());
        // It is read-only; who changes it nevertheless is found at once, however fast.
        QVERIFY(QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner));
        damage(file);
        QVERIFY(ObjectFile(file, name, ObjectFile::Hashing::UnlessVerified).isHashed());
    }

    void brokenAndHostileRecordsCostAHashing_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("zeros") << QByteArray(4096, '\0');
        QTest::newRow("no lines") << QByteArray(60'000, 'x');
        QTest::newRow("large") << QByteArray(100 << 20, '\n');
        QTest::newRow("cut") << QByteArray("NAME 2000000");
        QTest::newRow("words") << QByteArray("NAME a b c d e\n");
        QTest::newRow("huge numbers") << QByteArray("NAME 99999999999999999999999 1 1 1 1\n");
        QTest::newRow("negative") << QByteArray("NAME -1 -1 -1 -1 -1\n");
    }
    void brokenAndHostileRecordsCostAHashing()
    {
        QFETCH(QByteArray, text);
        const Known known;
        SampleCache::write(known.record(), QByteArray(text).replace("NAME", known.name.toLatin1()));
        {
            ObjectFile source = known.opened();
            QVERIFY(source.isHashed());
            readWhole(source);
        }
        QVERIFY(!known.opened().isHashed()); // and it is mended
    }

    void aLinkLeadsNowhere()
    {
        const Known known;
        const SampleCache elsewhere;
        QDir().mkpath(elsewhere.path());
        QVERIFY(QDir(known.cache.path() + "/verified").removeRecursively());
        QVERIFY(QFile::link(elsewhere.path(), known.cache.path() + "/verified"));
        ObjectFile source = known.opened();
        readWhole(source);
        QVERIFY(QDir(elsewhere.path()).isEmpty());
    }

    void manyAtOnceLoseRecordsAtMost()
    {
        const SampleCache cache;
        const FileStamp stamp{5'000'000, 1, 2, 3};
        constexpr int threads = 4, each = 60;
        std::vector<std::thread> running;
        for (int t = 0; t < threads; ++t)
            running.emplace_back([&, t] {
                for (int i = 0; i < each; ++i) {
                    const QString name =
                        "ab" + QString::number(t * each + i).rightJustified(30, '0');
                    rememberVerified(cache.path(), name, stamp, nowNs());
                }
            });
        for (std::thread &thread : running)
            thread.join();
        // Whole lines only, and no leftovers.
        QCOMPARE(QDir(cache.path() + "/verified").entryList(QDir::Files), QStringList{"ab"});
        const QByteArray text = SampleCache::read(cache.path() + "/verified/ab");
        QVERIFY(text.endsWith('\n'));
        int known = 0;
        for (const QByteArray &line : text.split('\n'))
            if (!line.isEmpty()) {
                const QString name = QString::fromLatin1(line.left(32));
                QVERIFY2(isVerified(cache.path(), name, stamp), line.constData());
                ++known;
            }
        QVERIFY(known >= each);
    }

    void theRecordsAreBounded()
    {
        const SampleCache cache;
        const FileStamp stamp{5'000'000, 1, 2, 3};
        QString last;
        for (int i = 0; i < 400; ++i) {
            last = "cd" + QString::number(i).rightJustified(30, '0');
            rememberVerified(cache.path(), last, stamp, nowNs());
        }
        QVERIFY(isVerified(cache.path(), last, stamp));
        QVERIFY(!isVerified(cache.path(), "cd" + QString(30, '0'), stamp));
        QCOMPARE(SampleCache::read(cache.path() + "/verified/cd").count('\n'), 256);
        rememberVerified(cache.path(), "ce" + QString(30, '0'), {1000, 1, 2, 3}, nowNs());
        QVERIFY(!QFileInfo::exists(cache.path() + "/verified/ce")); // small: hashed sooner
    }

    void aCacheThatCannotBeWrittenIsUsedAllTheSame()
    {
        const Known known;
        QVERIFY(QDir(known.cache.path() + "/verified").removeRecursively());
        SampleCache::write(known.cache.path() + "/verified", "a file in its way");
        ObjectFile source = known.opened();
        QVERIFY(source.isHashed());
        readWhole(source);
        QCOMPARE(source.position(), source.bytes());
    }
};

QTEST_GUILESS_MAIN(TestVerifiedObjects)
#include "tst_verifiedobjects.moc"
