// SPDX-License-Identifier: GPL-3.0-or-later
// What is written is read again by our readers, which are held against files of others; that h5py
// finds HyperSpy's and NSID's structure is looked at where it is installed.
#include "base/error.h"
#include "data/formats.h"
#include "data/writers/writers.h"

#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <numeric>

using namespace helmscope;
using Field = Metadata::Field;

namespace {

template <class Number>
Samples samplesOf(Samples::Type type, std::size_t count)
{
    Samples samples(type, count);
    auto *numbers = reinterpret_cast<Number *>(samples.bytes());
    for (std::size_t i = 0; i < count; ++i)
        numbers[i] = Number(i * 3 % 101);
    return samples;
}

Axis axis(const char *name, const char *unit, std::int64_t size, double scale, bool isNavigation)
{
    Axis made;
    made.name = name;
    made.unit = unit;
    made.size = size;
    made.scale = scale;
    made.offset = 10 * scale;
    made.isCalibrated = true;
    made.isNavigation = isNavigation;
    return made;
}

DescribedArray cube()
{
    DescribedArray recording;
    recording.array.info.title = "EELS/SI";
    recording.array.info.quantity = "Counts";
    recording.array.info.type = Samples::Type::UInt16;
    recording.array.info.axes = {axis("y", "nm", 3, 0.5, true), axis("x", "nm", 4, 0.5, true),
                                 axis("Energy loss", "eV", 50, 0.25, false)};
    recording.array.samples = samplesOf<quint16>(Samples::Type::UInt16, 600);
    recording.metadata.put(Field::BeamEnergy, 200.);
    recording.metadata.put(Field::Current, 77.);
    recording.metadata.put(Field::Operator, QString("Ada"));
    recording.metadata.put(Field::Signal, QString("EELS"));
    recording.metadata.put(Field::Time, QString("2024-05-06T07:08:09"));
    recording.metadata.all = {{"Optics", QJsonObject{{"Spot/Index", 7}, {"on", true}}}};
    return recording;
}

DescribedArray image()
{
    DescribedArray recording;
    recording.array.info.title = "HAADF";
    recording.array.info.type = Samples::Type::Float32;
    recording.array.info.axes = {axis("y", "nm", 5, 0.5, false), axis("x", "nm", 7, 0.5, false)};
    recording.array.samples = samplesOf<float>(Samples::Type::Float32, 35);
    return recording;
}

void compareNumbers(const Array &read, const Array &written)
{
    QCOMPARE(read.info.shapeText(), written.info.shapeText());
    QCOMPARE(int(read.info.type), int(written.info.type));
    for (std::size_t i = 0; i < written.samples.count(); ++i)
        QCOMPARE(read.samples.at(i), written.samples.at(i));
}

void compareAxes(const Array &read, const Array &written)
{
    for (int i = 0; i < written.info.axes.size(); ++i) {
        const Axis &a = read.info.axes[i], &b = written.info.axes[i];
        QCOMPARE(a.unit, b.unit);
        QVERIFY(std::abs(a.at(0) - b.at(0)) < 1e-12 && std::abs(a.at(2) - b.at(2)) < 1e-12);
        QCOMPARE(a.isNavigation, b.isNavigation);
    }
}

} // namespace

class TestWriters : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const char *name) const { return m_folder.filePath(name); }
    QString write(const char *name, const char *key, const DescribedArray &recording) const
    {
        writeRecording(path(name), writerOf(key), recording, false, unwatched());
        return path(name);
    }

private Q_SLOTS:
    void writesHyperSpy()
    {
        const DescribedArray written = cube();
        const QString file = write("a.hspy", "hspy", written);
        QCOMPARE(QString(formatOf(file).name), "HyperSpy");
        const Array read = readArray({file, {}}, unwatched());
        compareNumbers(read, written.array);
        compareAxes(read, written.array);
        QCOMPARE(read.info.title, QString("EELS/SI"));
        const Metadata found = readMetadata({file, {}});
        QCOMPARE(found.numbers.at(Field::BeamEnergy), 200.);
        QCOMPARE(found.numbers.at(Field::Current), 77.);
        QCOMPARE(found.texts.at(Field::Operator), QString("Ada"));
        QCOMPARE(found.texts.at(Field::Signal), QString("EELS"));
        QCOMPARE(found.texts.at(Field::Time), QString("2024-05-06T07:08:09"));
        QCOMPARE(valueAt(found.all, "original_metadata/Optics").toObject()["Spot_Index"].toInt(),
                 7);
    }

    void writesUnevenAxes()
    {
        DescribedArray written = cube();
        Axis &energy = written.array.info.axes[2];
        for (int i = 0; i < 50; ++i)
            energy.values.push_back(i * i);
        for (const char *key : {"hspy", "nsid"}) {
            const QString name = QStringLiteral("uneven.%1").arg(writerOf(key).suffix);
            const QString file = write(qPrintable(name), key, written);
            QCOMPARE(readArray({file, {}}, unwatched()).info.axes[2].values, energy.values);
        }
    }

    void writesNsid()
    {
        const DescribedArray written = cube();
        const QString file = write("a.h5", "nsid", written);
        QCOMPARE(QString(formatOf(file).name), "pycroscopy NSID, USID");
        const Array read = readArray({file, {}}, unwatched());
        compareNumbers(read, written.array);
        compareAxes(read, written.array);
    }

    void othersFindTheirStructure()
    {
        const QString hspy = write("h5py.hspy", "hspy", cube());
        const QString nsid = write("h5py.h5", "nsid", cube());
        QProcess python;
        python.start("/usr/bin/python3", {"-c", "import h5py"});
        if (!python.waitForFinished(30000) || python.exitCode() != 0)
            QSKIP("There is no h5py here.");
        const QString program =
            "import h5py, sys\n"
            "f = h5py.File(sys.argv[1])['Experiments/EELS-SI']\n"
            "assert f['data'].shape == (3, 4, 50) and f['data'].dtype == 'uint16'\n"
            "assert f['data'][2, 3, 49] == 599 * 3 % 101\n"
            "assert f['axis-2'].attrs['scale'] == 0.25 and f['axis-0'].attrs['navigate'].dtype == "
            "bool\n"
            "assert f['metadata/General'].attrs['title'] == 'EELS/SI'\n"
            "d = h5py.File(sys.argv[2])['Measurement_000/Channel_000/main/main']\n"
            "assert [x.label for x in d.dims] == ['y', 'x', 'Energy_loss']\n"
            "assert d.dims[2][0][1] - d.dims[2][0][0] == 0.25\n"
            "assert d.dims[0][0].attrs['dimension_type'] == 'SPATIAL'\n";
        python.start("/usr/bin/python3", {"-c", program, hspy, nsid});
        QVERIFY(python.waitForFinished(30000));
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
    }

    void h5dumpReadsTheSameNumbers_data()
    {
        QTest::addColumn<QString>("writer");
        QTest::addColumn<QString>("dataset");
        QTest::addColumn<QStringList>("attributes"); // path of the attribute, value
        QTest::newRow("HyperSpy") << "hspy"
                                  << "/Experiments/EELS-SI/data"
                                  << QStringList{"/Experiments/EELS-SI/axis-2/scale",  "0.25",
                                                 "/Experiments/EELS-SI/axis-2/units",  "\"eV\"",
                                                 "/Experiments/EELS-SI/axis-1/offset", "5",
                                                 "/Experiments/EELS-SI/axis-0/size",   "3"};
        QTest::newRow("NSID") << "nsid"
                              << "/Measurement_000/Channel_000/main/main"
                              << QStringList{"/Measurement_000/Channel_000/main/y/units", "\"nm\"",
                                             "/Measurement_000/Channel_000/main/y/dimension_type",
                                             "\"SPATIAL\""};
    }
    /// HDF5's own program, which knows nothing of ours.
    void h5dumpReadsTheSameNumbers()
    {
        QFETCH(QString, writer);
        QFETCH(QString, dataset);
        QFETCH(QStringList, attributes);
        const QString program = QStandardPaths::findExecutable("h5dump");
        if (program.isEmpty())
            QSKIP("There is no h5dump here (hdf5-tools).");
        const DescribedArray written = cube();
        const QString file = write(qPrintable("h5dump." + writer), qPrintable(writer), written);
        const auto dump = [&](const QStringList &what) {
            QProcess process;
            process.start(program, QStringList{"-y", "-w", "0"} + what + QStringList{file});
            if (!process.waitForFinished(30000) || process.exitCode() != 0)
                return QString();
            const QString text = QString::fromUtf8(process.readAllStandardOutput());
            const qsizetype begin = text.indexOf("DATA {") + 6;
            return text.mid(begin, text.indexOf('}', begin) - begin).simplified();
        };
        QStringList expected;
        for (std::size_t i = 0; i < written.array.samples.count(); ++i)
            expected << QString::number(written.array.samples.at(i));
        QCOMPARE(dump({"-d", dataset}).remove(' '), expected.join(','));
        for (qsizetype i = 0; i + 1 < attributes.size(); i += 2)
            QCOMPARE(dump({"-a", attributes[i]}), attributes[i + 1]);
    }

    void writesTiff()
    {
        const DescribedArray written = image();
        const QString file = write("a.tif", "tiff", written);
        const Array read = readArray({file, {}}, unwatched());
        compareNumbers(read, written.array);
        QVERIFY(std::abs(nanometresPerStep(read.info.axes[1]) - 0.5) < 1e-6);
        const DescribedArray stack = cube(); // as three images of 4 x 50
        compareNumbers(readArray({write("b.tif", "tiff", stack), {}}, unwatched()), stack.array);
    }

    void writesCsv()
    {
        QFile file(write("a.csv", "csv", image()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = file.readAll().split('\n');
        QCOMPARE(lines[0], QByteArray("\"y (nm)\",5,5.5,6,6.5,7,7.5,8"));
        QCOMPARE(lines[1], QByteArray("5,0,3,6,9,12,15,18"));
        QCOMPARE(lines.size(), 7); // 5 rows, heading, nothing
        QFile spectra(write("b.csv", "csv", cube()));
        QVERIFY(spectra.open(QIODevice::ReadOnly));
        const QList<QByteArray> rows = spectra.readAll().split('\n');
        QVERIFY(rows[0].startsWith("\"Energy loss (eV)\",\"0 0\",\"0 1\""));
        // Channel 1 of pixel (0, 1) is number 51.
        QCOMPARE(rows[2].split(',')[2], QByteArray::number(51 * 3 % 101));
    }

    void isThereWholeOrNotAtAll()
    {
        const QString file = write("once.hspy", "hspy", image());
        QVERIFY_EXCEPTION_THROWN(write("once.hspy", "hspy", image()), Error);
        writeRecording(file, writerOf("hspy"), cube(), true, unwatched());
        QCOMPARE(readArray({file, {}}, unwatched()).info.axes.size(), 3);
        for (const Writer &writer : writers()) {
            const QString stopped = path("stopped");
            QVERIFY_EXCEPTION_THROWN(
                writeRecording(stopped, writer, image(), false, [](double) { return false; }),
                Error);
            QVERIFY(!QFile::exists(stopped) && !QFile::exists(stopped + ".part"));
        }
        QVERIFY_EXCEPTION_THROWN(
            writeRecording("/nowhere/a.csv", writerOf("csv"), image(), false, unwatched()), Error);
        QVERIFY_EXCEPTION_THROWN(writerOf("doc"), Error);
    }
};

QTEST_GUILESS_MAIN(TestWriters)
#include "tst_writers.moc"
