// SPDX-License-Identifier: GPL-3.0-or-later
#include "sentence.h"
#include "workspace/artifacts.h"

#include <QDirIterator>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace helmscope;

namespace {

QByteArray bytesOf(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

} // namespace

class TestArtifacts : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_temporary;
    QString m_folder;

    QString write(const QString &name, const QByteArray &bytes) const
    {
        const QString file = m_folder + '/' + name;
        QDir().mkpath(QFileInfo(file).path());
        QFile out(file);
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size())
            qFatal("cannot write");
        return file;
    }
    /// What is left of work that was to be all or nothing.
    QStringList parts() const
    {
        QStringList found;
        for (QDirIterator it(m_folder, {"*.part"}, QDir::Files | QDir::Hidden,
                             QDirIterator::Subdirectories);
             it.hasNext();)
            found << it.next();
        return found;
    }

private Q_SLOTS:
    void init()
    {
        m_folder = m_temporary.filePath(QTest::currentTestFunction() +
                                        QString(QTest::currentDataTag()).remove(' '));
        QDir().mkpath(m_folder);
    }
    void cleanup() { QVERIFY2(parts().isEmpty(), qPrintable(parts().join(' '))); }

    void initialisesWhatDvcExpectsAndLeavesWhatIsThere()
    {
        write(".dvc/config", "[core]\n    remote = ours\n");
        initialiseDvc(m_folder);
        QCOMPARE(bytesOf(m_folder + "/.dvc/config"), QByteArray("[core]\n    remote = ours\n"));
        QVERIFY(bytesOf(m_folder + "/.dvc/.gitignore").contains("/cache"));
        QVERIFY(bytesOf(m_folder + "/.dvc/.gitignore").contains("/config.local"));
        QVERIFY(QFileInfo::exists(m_folder + "/.dvcignore"));
    }

    void storesAFileByItsContent()
    {
        const QString file = write("runs/a/run.h5", "abc");
        const Stored stored = storeArtifact(m_folder, "runs/a/run.h5", unwatched());
        QCOMPARE(stored.artifact.md5, QString("900150983cd24fb0d6963f7d28e17f72")); // RFC 1321
        QCOMPARE(stored.artifact.size, 3);
        const QString cached = m_folder + "/.dvc/cache/files/md5/90/0150983cd24fb0d6963f7d28e17f72";
        QCOMPARE(cachePath(m_folder, stored.artifact.md5), cached);
        QCOMPARE(bytesOf(cached), QByteArray("abc"));
        QCOMPARE(bytesOf(file), QByteArray("abc"));
        QCOMPARE(QFileInfo(cached).permissions() & QFile::WriteOwner, QFile::Permissions());
        // YAML that means to DVC what it means to us.
        QCOMPARE(bytesOf(file + ".dvc"),
                 QByteArray("outs:\n  - md5: 900150983cd24fb0d6963f7d28e17f72\n    size: 3\n"
                            "    hash: md5\n    path: run.h5\n"));
        QCOMPARE(readDvcFile(file + ".dvc"), std::optional(stored.artifact));
        if (stored.link == Link::Hard) {
            struct stat one, two;
            QCOMPARE(::stat(file.toLocal8Bit(), &one), 0);
            QCOMPARE(::stat(cached.toLocal8Bit(), &two), 0);
            QCOMPARE(one.st_ino, two.st_ino);
        }
    }

    void storesEqualContentOnce()
    {
        write("one.h5", QByteArray(100'000, 'x'));
        const QString two = write("two.h5", QByteArray(100'000, 'x'));
        const Stored first = storeArtifact(m_folder, "one.h5", unwatched());
        const Stored second = storeArtifact(m_folder, "two.h5", unwatched());
        QCOMPARE(first.artifact.md5, second.artifact.md5);
        QCOMPARE(bytesOf(two), QByteArray(100'000, 'x'));
        int cached = 0;
        for (QDirIterator it(m_folder + "/.dvc/cache", QDir::Files, QDirIterator::Subdirectories);
             it.hasNext(); it.next())
            ++cached;
        QCOMPARE(cached, 1);
        // And again, which changes nothing.
        QCOMPARE(storeArtifact(m_folder, "two.h5", unwatched()).artifact, second.artifact);
    }

    void md5sThatLookLikeNumbersStayTexts()
    {
        const QString file = m_folder + "/x.dvc";
        for (const char *digits :
             {"12345678901234567890123456789012", "12345678901234567e89012345678901"}) {
            const Artifact artifact{digits, 7, "x"};
            writeDvcFile(file, artifact);
            QVERIFY(bytesOf(file).contains('\'' + QByteArray(digits) + '\''));
            QCOMPARE(readDvcFile(file), std::optional(artifact));
        }
    }

    void bringsAFileBack()
    {
        const QString file = write("run.h5", "precious");
        const Artifact artifact = storeArtifact(m_folder, "run.h5", unwatched()).artifact;
        QVERIFY(sentenceOf([&] {
                    linkFromCache(m_folder, artifact.md5, file, unwatched());
                }).contains("already"));
        QFile::remove(file);
        linkFromCache(m_folder, artifact.md5, file, unwatched());
        QCOMPARE(bytesOf(file), QByteArray("precious"));
    }

    void noticesADamagedCache()
    {
        const QString file = write("run.h5", "precious");
        const Artifact artifact = storeArtifact(m_folder, "run.h5", unwatched()).artifact;
        QFile::remove(file);
        const QString cached = cachePath(m_folder, artifact.md5);
        QFile::setPermissions(cached, QFile::ReadOwner | QFile::WriteOwner);
        QFile(cached).remove();
        QVERIFY(sentenceOf([&] {
                    linkFromCache(m_folder, artifact.md5, file, unwatched());
                }).contains(artifact.md5));
        write(QDir(m_folder).relativeFilePath(cached), "precioux");
        QVERIFY(sentenceOf([&] {
                    linkFromCache(m_folder, artifact.md5, file, unwatched());
                }).contains("damaged"));
        QVERIFY(!QFileInfo::exists(file));
    }

    void refusesWhatIsNoFileOfTheWorkspace()
    {
        for (const char *path : {"../outside", "/etc/passwd", "", "a/../../b", "missing"})
            QVERIFY2(!sentenceOf([&] { storeArtifact(m_folder, path, unwatched()); }).isEmpty(),
                     path);
        write("there", "x");
        QFile::link(m_folder + "/there", m_folder + "/link");
        QVERIFY(!sentenceOf([&] { storeArtifact(m_folder, "link", unwatched()); }).isEmpty());
    }

    void stoppedItChangesNothing()
    {
        const QString file = write("run.h5", QByteArray(1'000'000, 'x'));
        QCOMPARE(
            sentenceOf([&] { storeArtifact(m_folder, "run.h5", [](double) { return false; }); }),
            QString("Stopped."));
        QVERIFY(!QFileInfo::exists(file + ".dvc"));
        QCOMPARE(QFileInfo(file).size(), 1'000'000);
    }

    void refusesOddDvcFiles_data()
    {
        QTest::addColumn<QByteArray>("text");
        const QByteArray md5 = "900150983cd24fb0d6963f7d28e17f72";
        QTest::newRow("no YAML") << QByteArray("outs: [");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("list") << QByteArray("- a\n- b\n");
        QTest::newRow("none") << QByteArray("outs: []\n");
        QTest::newRow("two") << "outs:\n- {md5: " + md5 + ", size: 1, hash: md5, path: a}\n" +
                                    "- {md5: " + md5 + ", size: 1, hash: md5, path: b}\n";
        QTest::newRow("outside") << "outs:\n- {md5: " + md5 + ", size: 1, hash: md5, path: ../a}\n";
        QTest::newRow("hidden") << "outs:\n- {md5: " + md5 + ", size: 1, hash: md5, path: .git}\n";
        QTest::newRow("no md5") << QByteArray("outs:\n- {md5: xy, size: 1, hash: md5, path: a}\n");
        QTest::newRow("path for md5")
            << QByteArray("outs:\n- {md5: ../../../etc, size: 1, hash: md5, path: a}\n");
        QTest::newRow("size") << "outs:\n- {md5: " + md5 + ", size: many, hash: md5, path: a}\n";
        QTest::newRow("DVC 2") << "outs:\n- {md5: " + md5 + ", size: 1, path: a}\n";
        QTest::newRow("deep") << QByteArray(60'000, '[');
        QTest::newRow("long") << QByteArray(100'000, ' ');
    }
    void refusesOddDvcFiles()
    {
        QFETCH(QByteArray, text);
        const QString file = write("odd.dvc", text);
        QVERIFY(sentenceOf([&] { readDvcFile(file); }).contains(file));
    }

    void aMissingDvcFileIsNone() { QVERIFY(!readDvcFile(m_folder + "/none.dvc")); }
};

QTEST_GUILESS_MAIN(TestArtifacts)
#include "tst_artifacts.moc"
