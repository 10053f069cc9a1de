// SPDX-License-Identifier: GPL-3.0-or-later
// Velox EMD. The numbers of the real files were computed with h5py and NumPy from the raw datasets:
// pixel = cumsum(stream == 65535), counts by numpy.add.at.
#include "base/error.h"
#include "data/dataset.h"
#include "data/formats.h"
#include "data/hdf5file.h"
#include "data/scalarizer.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace helmscope;

namespace {

QString real(const char *name)
{
    return QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/formats/") + name;
}

template <class Call>
QString errorOf(Call call)
{
    try {
        call();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

double sumOf(const Samples &samples)
{
    double sum = 0;
    for (std::size_t i = 0; i < samples.count(); ++i)
        sum += samples.at(i);
    return sum;
}

/// The sum over pixels and channels of (pixel + 1) * (channel + 1) * counts.
double weightedSum(const Array &cube)
{
    const auto channels = std::size_t(cube.info.axes[2].size);
    double sum = 0;
    for (std::size_t i = 0; i < cube.samples.count(); ++i)
        sum += double(i / channels + 1) * double(i % channels + 1) * cube.samples.at(i);
    return sum;
}

Samples samplesOf(const std::vector<quint16> &numbers)
{
    Samples samples(Samples::Type::UInt16, numbers.size());
    std::copy(numbers.begin(), numbers.end(), reinterpret_cast<quint16 *>(samples.bytes()));
    return samples;
}

Samples bytesOf(const QByteArray &text, std::size_t frames)
{
    Samples samples(Samples::Type::UInt8, std::size_t(text.size()) * frames);
    for (std::size_t i = 0; i < samples.count(); ++i)
        samples.bytes()[i] = std::byte(text[qsizetype(i / frames)]);
    return samples;
}

/// A file as Velox writes it, with a stream of 2 x 3 pixels, 4 channels and `frames` frames.
QString streamFile(const QString &file, const std::vector<quint16> &events, int frames,
                   const QString &version = "11", int streams = 1)
{
    Hdf5File out(file, Hdf5File::Mode::Create);
    const QByteArray metadata =
        R"({"BinaryResult": {"Detector": "X", "PixelSize": {"width": "2e-9", "height": "2e-9"},
            "PixelUnitX": "m", "PixelUnitY": "m"},
            "Scan": {"ScanSize": {"width": "6", "height": "2"},
                     "ScanArea": {"left": "0.5", "right": "1", "top": "0", "bottom": "1"}},
            "Detectors": {"Detector-0": {"DetectorName": "X1", "Dispersion": "5",
                                         "OffsetEnergy": "-10"}}})";
    out.makeGroup("Application/Velox");
    out.makeGrowingTexts("Version", 100);
    out.append("Version", "{\"version\": \"" + version + "\"}");
    for (int i = 0; i < streams; ++i) {
        const QString path = QStringLiteral("Data/SpectrumStream/%1").arg(i);
        out.makeGroup(path);
        out.write(path + "/Data", {std::int64_t(events.size()), 1}, samplesOf(events), unwatched());
        out.write(path + "/Metadata", {metadata.size(), frames},
                  bytesOf(metadata, std::size_t(frames)), unwatched());
        out.makeGrowingTexts(path + "/AcquisitionSettings", 100);
        out.append(path + "/AcquisitionSettings",
                   QString(R"({"bincount": "4", "StreamEncoding": "uint16"})"));
    }
    return file;
}

constexpr quint16 next = 65535;

} // namespace

class TestVelox : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const char *name) const { return m_folder.filePath(name); }

private Q_SLOTS:
    void readsTheImageOfADetector()
    {
        const QString file = real("fei_emd_image.emd");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        QCOMPARE(QString(formatOf(file).name), "Velox EMD");
        const Array image = readArray({file, "HAADF"}, unwatched());
        QCOMPARE(image.info.shapeText(), QString("512 × 512"));
        QCOMPARE(sumOf(image.samples), 2431912854.);
        QCOMPARE(image.samples.at(0), 9240.);
        QCOMPARE(image.samples.at(100 * 512 + 200), 9201.);
        QCOMPARE(image.samples.at(511 * 512 + 511), 9216.);
        QVERIFY(std::abs(nanometresPerStep(image.info.axes[1]) - 5.3024148379916015) < 1e-12);
        QVERIFY(std::abs(image.info.axes[0].offset + 1357.41819852585) < 1e-9);
    }

    void readsStacksFrameByFrame()
    {
        const QString file = real("fei_example_tem_stack.emd");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const QList<ArrayInfo> arrays = listArrays(file);
        QCOMPARE(arrays.size(), 2); // the mean and the frames
        const Array stack = readArray({file, arrays[1].path}, unwatched());
        QCOMPARE(stack.info.shapeText(), QString("2 × 3 × 3"));
        for (int i = 0; i < 18; ++i) // stored as 0 to 17, the frame varying fastest
            QCOMPARE(stack.samples.at(std::size_t(i)), double(i % 9 * 2 + i / 9));
        const Array mean = readArray({file, arrays[0].path}, unwatched());
        const Array second = readArray({file, arrays[0].path + "?frames=2"}, unwatched());
        for (int i = 0; i < 9; ++i) {
            QCOMPARE(mean.samples.at(std::size_t(i)), i * 2 + 0.5);
            QCOMPARE(second.samples.at(std::size_t(i)), i * 2 + 1.);
        }
        QVERIFY(std::abs(nanometresPerStep(mean.info.axes[0]) - 8.1728831922978511e-3) < 1e-15);
    }

    void decodesAStreamOfEvents_data()
    {
        QTest::addColumn<QString>("selection");
        QTest::addColumn<double>("counts");
        QTest::addColumn<double>("weighted");
        QTest::newRow("all") << "" << 6564. << 92966210.;
        QTest::newRow("the first frame") << "?frames=1" << 1353. << 19321798.;
        QTest::newRow("two in the middle") << "?frames=2-3" << 2625. << 37077984.;
        QTest::newRow("the last") << "?frames=5" << 1291. << 18149859.;
    }
    void decodesAStreamOfEvents()
    {
        const QString file = real("EMDReader_SpectrumImage_Si.emd");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        QFETCH(QString, selection);
        const Array cube = readArray({file, "EDS" + selection}, unwatched());
        QCOMPARE(cube.info.shapeText(), QString("16 × 16 × 4096"));
        QTEST(sumOf(cube.samples), "counts");
        QTEST(weightedSum(cube), "weighted");
        const Axis &energy = cube.info.axes[2];
        QCOMPARE(energy.unit, QString("keV"));
        QVERIFY(std::abs(energy.at(0) + 1) < 1e-12 && std::abs(energy.at(100)) < 1e-12);
    }

    void binsWhileItReads()
    {
        const QString file = real("EMDReader_SpectrumImage_Si.emd");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Array cube = readArray({file, "EDS?bin=8"}, unwatched());
        QCOMPARE(cube.info.shapeText(), QString("16 × 16 × 512"));
        QCOMPARE(cube.samples.count(), std::size_t(16 * 16 * 512));
        QCOMPARE(sumOf(cube.samples), 6564.);
        QCOMPARE(cube.samples.at(15 * 512 + 12), 35.); // the largest
        QVERIFY(std::abs(cube.info.axes[2].scale - 0.08) < 1e-12);
        // The centre of the first eight channels of 10 eV that begin at -1 keV.
        QVERIFY(std::abs(cube.info.axes[2].offset - (-1 + 0.035)) < 1e-12);
    }

    void makesADatasetOfOneFile()
    {
        const QString file = real("EMDReader_SpectrumImage_Si.emd");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Dataset dataset = loadDataset(guessSources({file}), unwatched());
        QCOMPARE(dataset.image.rows(), 16);
        QCOMPARE(dataset.spectra.channels(), 4096);
        // The mean of the five frames: the sum of all is 16967276.
        QVERIFY(std::abs(double(dataset.image.cast<double>().sum()) - 16967276 / 5.) < 1);
        QVERIFY(std::abs(dataset.pixelSizeNm - 5.3024148379916015) < 1e-9);
        QCOMPARE(dataset.spectra.at({0, 0}).sum(), 18.f);
        QCOMPARE(dataset.spectra.at({0, 1}).sum(), 26.f);
        QCOMPARE(dataset.spectra.at({15, 15}).sum(), 27.f);
    }

    void tellsWhatTheMicroscopeWasSetTo()
    {
        const QString file = real("fei_emd_image.emd");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Metadata found = readMetadata({file, {}});
        using Field = Metadata::Field;
        QCOMPARE(found.numbers.at(Field::BeamEnergy), 200.);
        QCOMPARE(found.numbers.at(Field::Dwell), 2e-5);
        QCOMPARE(found.numbers.at(Field::Magnification), 40000.);
        QCOMPARE(found.numbers.at(Field::CameraLength), 98.);
        QVERIFY(std::abs(found.numbers.at(Field::Current) - 252.34643942730375) < 1e-9);
        QVERIFY(std::abs(found.numbers.at(Field::FieldOfView) - 2714.8363970517) < 1e-6);
        QCOMPARE(found.texts.at(Field::Detector), QString("HAADF"));
        QCOMPARE(found.texts.at(Field::Time), QString("2017-03-06T09:56:41Z")); // 1488794201
        QCOMPARE(valueAt(found.all, "Stage/HolderType").toString(), QString("Single Tilt"));
        QVERIFY(found.warnings.isEmpty());
    }

    void countsByHand()
    {
        // Frame 1: channel 1 in pixel 0, 2 and 2 in pixel 1, 3 in pixel 5; frame 2: 0 in pixel 2.
        const std::vector<quint16> events{1,    next, 2,    2, next, next, next, next, 3,
                                          next, next, next, 0, next, next, next, next};
        const QString file = streamFile(path("hand.emd"), events, 2);
        const auto counts = [&](const QString &array) {
            const Array cube = readArray({file, array}, unwatched());
            std::map<std::size_t, double> found;
            for (std::size_t i = 0; i < cube.samples.count(); ++i)
                if (cube.samples.at(i) > 0)
                    found[i] = cube.samples.at(i);
            return found;
        };
        using Counts = std::map<std::size_t, double>;
        QCOMPARE(listArrays(file)[0].shapeText(), QString("2 × 3 × 4"));
        QCOMPARE(counts("EDS"), (Counts{{1, 1}, {4 + 2, 2}, {20 + 3, 1}, {8, 1}}));
        QCOMPARE(counts("EDS?frames=2"), (Counts{{8, 1}}));
        QCOMPARE(counts("EDS?frames=1&bin=2"), (Counts{{0, 1}, {2 + 1, 2}, {10 + 1, 1}}));
        QVERIFY(readMetadata({file, {}}).warnings.isEmpty());
    }

    void addsTheDetectorsOfSeveralStreams()
    {
        const QString file = streamFile(path("several.emd"), {1, next, 2}, 1, "11", 3);
        const QList<ArrayInfo> arrays = listArrays(file);
        QCOMPARE(arrays.size(), 4); // the sum and each
        QCOMPARE(readArray({file, arrays[0].path}, unwatched()).samples.at(1), 3.);
        QCOMPARE(readArray({file, arrays[2].path}, unwatched()).samples.at(1), 1.);
    }

    void widensCountsThatOutgrowTheirNumbers()
    {
        const std::vector<quint16> events(70'000, 2);
        const Array cube = readArray({streamFile(path("many.emd"), events, 1), {}}, unwatched());
        QCOMPARE(int(cube.info.type), int(Samples::Type::UInt32));
        QCOMPARE(cube.samples.at(2), 70'000.);
        QCOMPARE(sumOf(cube.samples), 70'000.);
    }

    void warnsOfANewerVersion()
    {
        const QString file = streamFile(path("newer.emd"), {1, next, 2}, 1, "12");
        const QStringList warnings = readMetadata({file, {}}).warnings;
        QCOMPARE(warnings.size(), 1);
        QVERIFY(warnings[0].contains("version 12") && warnings[0].contains("newer.emd"));
        QCOMPARE(sumOf(readArray({file, {}}, unwatched()).samples), 2.);
    }

    void refusesWhatIsNotThere()
    {
        const QString file = streamFile(path("odd.emd"), {1, next, 7}, 2);
        QVERIFY(errorOf([&] { readArray({file, "EDS"}, unwatched()); }).contains("channel 7 of 4"));
        QVERIFY(errorOf([&] {
                    readArray({file, "EDS?frames=2-3"}, unwatched());
                }).contains("it has 2"));
        QVERIFY(errorOf([&] {
                    readArray({file, "EDS?frames=0"}, unwatched());
                }).contains("frames"));
        QVERIFY(errorOf([&] { readArray({file, "EDS?bin=3"}, unwatched()); }).contains("multiple"));
        QVERIFY(errorOf([&] {
                    readArray({file, "EDS?speed=3"}, unwatched());
                }).contains("frames=FIRST-LAST"));
        QVERIFY(!errorOf([&] { readArray({file, "HAADF"}, unwatched()); }).isEmpty());
        QCOMPARE(errorOf([&] {
                     readArray({file, "EDS"}, [](double) { return false; });
                 }),
                 QString("Stopped."));
    }

    void saysWhatAPrunedFileHasLost()
    {
        const QString file = path("pruned.emd");
        {
            Hdf5File out(file, Hdf5File::Mode::Create);
            out.makeGroup("Application/Velox");
            out.makeGroup("Data/SpectrumImage/1");
        }
        QVERIFY(errorOf([&] { listArrays(file); }).contains("pruned"));
    }

    void survivesTruncation()
    {
        const QString whole = real("EMDReader_SpectrumImage_Si.emd");
        if (!QFileInfo::exists(whole))
            QSKIP("The recorded data are not here.");
        QFile in(whole);
        QVERIFY(in.open(QIODevice::ReadOnly));
        const QByteArray bytes = in.readAll();
        for (int part = 1; part < 20; ++part) {
            const QString file = path("cut.emd");
            QFile out(file);
            QVERIFY(out.open(QIODevice::WriteOnly));
            out.write(bytes.left(bytes.size() * part / 20));
            out.close();
            QVERIFY2(!errorOf([&] {
                          readArray({file, "EDS"}, unwatched());
                      }).isEmpty(),
                     qPrintable(QString::number(part)));
        }
    }
};

QTEST_GUILESS_MAIN(TestVelox)
#include "tst_velox.moc"
