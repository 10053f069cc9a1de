// SPDX-License-Identifier: GPL-3.0-or-later
// HDF5 files made to kill: a process of their own dies of them, this one says so. The damage is put
// where Debian's HDF5 1.10.8 is known to stumble; other versions may read or refuse such a file.
#include "base/error.h"
#include "data/foreign/firstlook.h"
#include "data/formats.h"

#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <hdf5.h>

using namespace helmscope;

namespace {

const QString shared = QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/formats/");
const QString checker = QStringLiteral(HELMSCOPE_BINARIES "/helmscope-filecheck");

QString errorOf(const QString &file)
{
    try {
        listArrays(file);
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

QByteArray readAll(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

} // namespace

class TestForeignFiles : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    int m_deaths = 0;

    void refusesAsTheCheckerDoes(const QString &file)
    {
        QProcess process;
        process.start(checker, {file});
        QVERIFY(process.waitForFinished(60'000));
        const QString error = errorOf(file);
        if (process.exitStatus() != QProcess::CrashExit)
            return;
        ++m_deaths;
        QVERIFY2(error.contains(file) && error.contains("damaged"), qPrintable(error));
        QCOMPARE(errorOf(file), error); // known by now
    }
    QString path(const QString &name) const { return m_folder.filePath(name); }

    QString write(const QString &name, const QByteArray &bytes) const
    {
        QFile out(path(name));
        if (!out.open(QIODevice::WriteOnly | QIODevice::Truncate) ||
            out.write(bytes) != bytes.size())
            qFatal("no room for the test's file");
        return out.fileName();
    }
    /// A small NeXus file in HDF5's older way, whose structures bear no check sums.
    QString good(const QString &name) const
    {
        const hid_t file =
            H5Fcreate(QFile::encodeName(path(name)), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t group = H5Gcreate2(file, "data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        setText(group, "NX_class", "NXdata");
        setText(group, "signal", "counts");
        const hsize_t shape[] = {2, 3, 4};
        const hid_t space = H5Screate_simple(3, shape, nullptr);
        const hid_t made = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(made, 3, shape);
        const hid_t data =
            H5Dcreate2(group, "counts", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, made, H5P_DEFAULT);
        const std::vector<float> numbers(24, 1.f);
        H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data());
        setText(data, "units", "counts");
        H5Dclose(data);
        H5Pclose(made);
        H5Sclose(space);
        H5Gclose(group);
        H5Fclose(file);
        return path(name);
    }
    static void setText(hid_t object, const char *name, const char *value)
    {
        const hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, H5T_VARIABLE);
        const hid_t made = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(made, type, &value);
        H5Aclose(made);
        H5Tclose(type);
        H5Sclose(space);
    }

private Q_SLOTS:
    void theProgramIsThere()
    {
        QVERIFY(canLookFirst());
        QVERIFY(QFileInfo(checker).isExecutable());
    }

    void livesThroughGoodFiles()
    {
        QCOMPARE(QProcess::execute(checker, {good("good.nxs")}), 0);
        QCOMPARE(errorOf(path("good.nxs")), QString());
        QCOMPARE(QProcess::execute(checker, {write("text.h5", "no HDF5 at all")}), 0);
        QCOMPARE(QProcess::execute(checker, {path("nothing.h5")}), 0);
    }

    /// One byte of a HyperSpy file that Debian's HDF5 1.10.8 dies of.
    void refusesARealFileWithOneDeadlyByte()
    {
        QByteArray bytes = readAll(shared + "example2_v3.1.hspy");
        if (bytes.isEmpty())
            QSKIP("the recordings of the project are not here");
        bytes[0x274e] = 0x35;
        refusesAsTheCheckerDoes(write("deadly.hspy", bytes));
    }

    void refusesWhatKillsTheLibrary()
    {
        // Which damage the library dies of depends on its version; that this program lives, and
        // says what it died of, does not.
        const QByteArray whole = readAll(good("victim.nxs"));
        int tried = 0;
        QElapsedTimer timer;
        timer.start();
        for (qsizetype at = 8; at < whole.size() && m_deaths < 5 && timer.elapsed() < 8000; ++at) {
            QByteArray bytes = whole;
            bytes[at] = char(bytes[at] ^ 0x35);
            const QString file = write(QStringLiteral("damaged-%1.nxs").arg(at), bytes);
            refusesAsTheCheckerDoes(file);
            ++tried;
            QFile::remove(file);
        }
        qInfo("%d of %d damaged files killed the library", m_deaths, tried);
    }

    /// A damaged NeXus file that sends HDF5 1.10.8 round in circles; the checker's limit of
    /// processor time ends it.
    void refusesWhatKeepsTheLibraryBusyForEver()
    {
        const QString file = write(
            "endless.nxs", qUncompress(readAll(HELMSCOPE_SOURCE "/tests/data/endless.nxs.z")));
        QCOMPARE(QFileInfo(file).size(), 6298);
        QElapsedTimer timer;
        timer.start();
        const QString error = errorOf(file);
        const qint64 first = timer.restart();
        unsigned major = 0, minor = 0, release = 0;
        H5get_libversion(&major, &minor, &release);
        if (!error.contains("busy") && (major != 1 || minor != 10 || release != 8))
            QSKIP("this version of HDF5 comes to an end with it");
        QVERIFY2(error.contains(file) && error.contains("busy for a long time without an end") &&
                     error.contains("ask for it again"),
                 qPrintable(error));
        QCOMPARE(errorOf(file), error); // known by now: it is not waited for again
        QVERIFY2(timer.elapsed() < first / 2, qPrintable(QString::number(timer.elapsed())));
    }

    void looksAgainWhenTheContentChanges()
    {
        const QString file = good("changes.nxs");
        QCOMPARE(errorOf(file), QString());
        QByteArray bytes = readAll(file);
        bytes.truncate(bytes.size() / 2);
        write("changes.nxs", bytes);
        QVERIFY(!errorOf(file).isEmpty());
        QVERIFY(QFile::remove(file));
        good("changes.nxs");
        QCOMPARE(errorOf(file), QString());
    }

    void costsLittle()
    {
        if (!QFileInfo::exists(shared))
            QSKIP("the recordings of the project are not here");
        for (const char *name : {"example2_v3.1.hspy", "BEPS_PTO_50x50.h5", "core_shell.hspy"}) {
            QElapsedTimer timer;
            timer.start();
            lookFirst(shared + name);
            const double first = double(timer.nsecsElapsed()) / 1e6;
            timer.restart();
            for (int i = 0; i < 100; ++i)
                lookFirst(shared + name);
            qInfo("%s: the first look %.1f ms, each later one %.3f ms", name, first,
                  double(timer.nsecsElapsed()) / 1e8);
        }
    }
};

QTEST_GUILESS_MAIN(TestForeignFiles)
#include "tst_foreignfiles.moc"
