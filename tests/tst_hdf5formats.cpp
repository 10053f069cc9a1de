// SPDX-License-Identifier: GPL-3.0-or-later
// NSID, USID, NeXus, Nion Swift and py4DSTEM. The sums of real files are numpy's over h5py's raw
// datasets: (a.ravel() * (numpy.arange(a.size) % 997 + 1)).sum().
#include "base/error.h"
#include "data/dataset.h"
#include "data/formats.h"
#include "data/hdf5file.h"

#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <numeric>

#include <hdf5.h>
#include <zip.h>

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

double weightedSum(const Samples &samples)
{
    double sum = 0;
    for (std::size_t i = 0; i < samples.count(); ++i)
        sum += samples.at(i) * double(i % 997 + 1);
    return sum;
}

bool isClose(double a, double b)
{
    return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

std::vector<float> counting(std::size_t count)
{
    std::vector<float> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0.f);
    return numbers;
}

const char *const swiftJson =
    R"({"version": %1, "title": "SI", "created": "2024-05-06T07:08:09",
        "collection_dimension_count": 2, "datum_dimension_count": 1,
        "intensity_calibration": {"offset": 0, "scale": 1, "units": "counts"},
        "dimensional_calibrations": [{"offset": 0, "scale": 0.5, "units": "nm"},
            {"offset": 1, "scale": 0.5, "units": "nm"}, {"offset": -20, "scale": 0.25, "units": "eV"}],
        "metadata": {"instrument": {"high_tension": 60000},
                     "hardware_source": {"exposure": 0.01, "hardware_source_name": "Eels"}},
        "session": {"microscopist": "Ada", "sample": "BN"}})";

/// A cube of 2 x 3 pixels and 4 channels as Swift keeps it in HDF5.
QString swiftFile(const QString &file, int version)
{
    Hdf5File out(file, Hdf5File::Mode::Create);
    out.write("data", {2, 3, 4}, counting(24));
    out.setAttribute("data", "properties", QString(swiftJson).arg(version));
    return file;
}

void checkSwift(const QString &file)
{
    QCOMPARE(QString(formatOf(file).name), "Nion Swift");
    const Array cube = readArray({file, {}}, unwatched());
    QCOMPARE(cube.info.shapeText(), QString("2 × 3 × 4"));
    for (std::size_t i = 0; i < 24; ++i)
        QCOMPARE(cube.samples.at(i), double(i));
    QCOMPARE(cube.info.axes[1].at(2), 2.);
    QCOMPARE(cube.info.axes[2].at(3), -19.25);
    QVERIFY(cube.info.axes[0].isNavigation && !cube.info.axes[2].isNavigation);
    const Metadata found = readMetadata({file, {}});
    QCOMPARE(found.numbers.at(Metadata::Field::BeamEnergy), 60.);
    QCOMPARE(found.numbers.at(Metadata::Field::Exposure), 0.01);
    QCOMPARE(found.texts.at(Metadata::Field::Operator), QString("Ada"));
    QVERIFY(found.warnings.isEmpty());
}

} // namespace

class TestHdf5Formats : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const char *name) const { return m_folder.filePath(name); }

private Q_SLOTS:
    void readsRealFilesRight_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("array");
        QTest::addColumn<QString>("shape");
        QTest::addColumn<double>("sum");
        QTest::addColumn<double>("stepNm"); // along the last axis in space
        QTest::newRow("USID image") << real("simulated_STEM_Image.h5") << "Intensity"
                                    << "256 × 256" << 3340612131. << 0.;
        const char *pfm[] = {"HeightRetrace", "AmplitudeRetrace", "DeflectionRetrace",
                             "PhaseRetrace"};
        const double pfmSums[] = {-7.860342154852873e-05, 0.003650714642650519, 0.20007088923579275,
                                  874030833.6045918};
        for (int i = 0; i < 4; ++i)
            QTest::newRow(pfm[i]) << real("SingFreqPFM_0003.h5") << pfm[i] << "128 × 128"
                                  << pfmSums[i] << 39.37007875265408;
        QTest::newRow("NSID cube") << real("BEPS_PTO_50x50.h5") << "Piezoresponse"
                                   << "50 × 50 × 64" << -3349.3384030153484 << 40.8163265;
        QTest::newRow("NSID image") << real("PZT_final0001.h5") << "HeightRetrace"
                                    << "256 × 256" << -11.559422995670161 << 7.843137254901961;
    }
    void readsRealFilesRight()
    {
        QFETCH(QString, file);
        QFETCH(QString, array);
        QFETCH(double, sum);
        QFETCH(double, stepNm);
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Array read = readArray({file, array}, unwatched());
        QTEST(read.info.shapeText(), "shape");
        QVERIFY2(isClose(weightedSum(read.samples), sum),
                 qPrintable(QString::number(weightedSum(read.samples), 'g', 17)));
        // Single precision leaves the last digits open.
        QVERIFY2(std::abs(nanometresPerStep(read.info.axes[1]) - stepNm) < 1e-6 * (1 + stepNm),
                 qPrintable(QString::number(nanometresPerStep(read.info.axes[1]), 'g', 12)));
    }

    void readsSwitchingSpectra()
    {
        const QString file = real("BEPS_PTO_50x50.h5");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Array cube = readArray({file, {}}, unwatched());
        const Axis &voltage = cube.info.axes[2];
        QCOMPARE(voltage.unit, QString("V"));
        QCOMPARE(voltage.values.size(), std::size_t(64)); // up and down: not even
        QCOMPARE(voltage.values[1], 0.53125);
        QCOMPARE(voltage.values[63], -0.53125);
        QVERIFY(cube.info.axes[0].isNavigation && !voltage.isNavigation);
        QCOMPARE(cube.samples.at((3 * 50 + 7) * 64 + 11), -2.4002418712921938e-05);
        const Metadata found = readMetadata({file, {}});
        QCOMPARE(found.texts.at(Metadata::Field::Software), QString("pyNSID 0.0.7.2"));
    }

    void findsThePeopleOfAUsidFile()
    {
        const QString file = real("SingFreqPFM_0003.h5");
        if (!QFileInfo::exists(file))
            QSKIP("The recorded data are not here.");
        const Metadata found = readMetadata({file, "PhaseRetrace"});
        QCOMPARE(found.texts.at(Metadata::Field::Operator), QString("John Doe"));
        QCOMPARE(found.texts.at(Metadata::Field::Sample), QString("PZT"));
        QCOMPARE(found.texts.at(Metadata::Field::Instrument), QString("cypher_west"));
        QCOMPARE(valueAt(found.all, "Measurement_000").toObject()["ADCgain"].toDouble(-1), 0.);
    }

    void readsNeXusAxes()
    {
        const QString file = path("scan.nxs");
        {
            Hdf5File out(file, Hdf5File::Mode::Create);
            out.makeGroup("entry/data");
            out.makeGroup("entry/user");
            out.setAttribute("entry", "NX_class", "NXentry");
            out.setAttribute("entry/user", "NX_class", "NXuser");
            out.makeGrowingTexts("entry/user/name", 20);
            out.append("entry/user/name", QString("Ada"));
            out.setAttribute("entry/data", "NX_class", "NXdata");
            out.setAttribute("entry/data", "signal", "counts");
            out.setAttribute("entry/data", "axes", QStringList{"y", ".", "energy"});
            out.setAttribute("entry/data", "energy_indices", 2);
            out.write("entry/data/counts", {2, 3, 4}, counting(24));
            out.setAttribute("entry/data/counts", "units", "counts");
            out.write("entry/data/y", {2}, std::vector<double>{1, 1.5});
            out.setAttribute("entry/data/y", "units", "um");
            out.write("entry/data/energy", {5}, std::vector<double>{0, 1, 2, 3, 4}); // edges
            out.setAttribute("entry/data/energy", "units", "eV");
        }
        QCOMPARE(QString(formatOf(file).name), "NeXus");
        const Array cube = readArray({file, "entry/data"}, unwatched());
        QCOMPARE(cube.samples.at(23), 23.);
        QCOMPARE(cube.info.quantity, QString("counts (counts)"));
        QCOMPARE(nanometresPerStep(cube.info.axes[0]), 500.);
        QVERIFY(!cube.info.axes[1].isCalibrated);
        QCOMPARE(cube.info.axes[2].at(0), 0.5);
        QCOMPARE(readMetadata({file, {}}).texts.at(Metadata::Field::Operator), QString("Ada"));
    }

    void readsSwiftInHdf5AndInZips()
    {
        checkSwift(swiftFile(path("si.h5"), 13));
        QVERIFY(readMetadata({swiftFile(path("newer.h5"), 99), {}}).warnings[0].contains("99"));

        const QString file = path("si.ndata");
        QByteArray npy("\x93NUMPY\x01\x00", 8);
        QByteArray header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }");
        header.append(QByteArray(117 - header.size(), ' ')).append('\n');
        npy.append(char(header.size())).append('\0').append(header);
        const std::vector<float> numbers = counting(24);
        npy.append(reinterpret_cast<const char *>(numbers.data()), 96);
        const QByteArray json = QString(swiftJson).arg(13).toUtf8();
        int code = 0;
        zip_t *zip = zip_open(QFile::encodeName(file), ZIP_CREATE, &code);
        QVERIFY(zip);
        zip_file_add(zip, "data.npy",
                     zip_source_buffer(zip, npy.constData(), zip_uint64_t(npy.size()), 0), 0);
        zip_file_add(zip, "metadata.json",
                     zip_source_buffer(zip, json.constData(), zip_uint64_t(json.size()), 0), 0);
        QCOMPARE(zip_close(zip), 0);
        checkSwift(file);
    }

    void makesVirtualImagesOfPatterns()
    {
        // Of each pattern of 8 x 8 a disc of 5 pixels around (4, 3) is lit with the number of the
        // position, one far pixel with 0.25.
        constexpr int rows = 3, cols = 4, side = 8;
        std::vector<float> cube(rows * cols * side * side, 0.f);
        for (int p = 0; p < rows * cols; ++p) {
            float *pattern = cube.data() + p * side * side;
            for (const int at :
                 {4 * side + 3, 3 * side + 3, 5 * side + 3, 4 * side + 2, 4 * side + 4})
                pattern[at] = float(p + 1);
            pattern[0] = 0.25f;
        }
        const QString file = path("patterns.h5");
        {
            Hdf5File out(file, Hdf5File::Mode::Create);
            out.write("datacube_root/datacube/data", {rows, cols, side, side}, cube);
            const std::string calibration = "datacube_root/metadatabundle/calibration/";
            out.write(QString::fromStdString(calibration) + "R_pixel_size", {1},
                      std::vector<double>{0.4});
            out.makeGrowingTexts(QString::fromStdString(calibration) + "R_pixel_units", 8);
            out.append(QString::fromStdString(calibration) + "R_pixel_units", QString("nm"));
        }
        QCOMPARE(QString(formatOf(file).name), "4D-STEM (py4DSTEM)");
        const auto at = [&](const QString &name, std::size_t p) {
            return readArray({file, name}, unwatched()).samples.at(p);
        };
        for (const std::size_t p : {std::size_t(0), std::size_t(7), std::size_t(11)}) {
            QCOMPARE(at("Sum of diffraction", p), 5. * double(p + 1) + 0.25);
            QCOMPARE(at("Bright field", p), 5. * double(p + 1));
            QCOMPARE(at("Dark field", p), 0.25);
        }
        QCOMPARE(nanometresPerStep(listArrays(file)[0].axes[0]), 0.4);
        QCOMPARE(errorOf([&] {
                     readArray({file, "Dark field"}, [](double) { return false; });
                 }),
                 QString("Stopped."));
    }

    void opensTwentyGigabytesForTheirSurvey()
    {
        const QString file = path("large.nxs");
        {
            Hdf5File out(file, Hdf5File::Mode::Create);
            for (const char *group : {"entry/haadf", "entry/si"}) {
                out.makeGroup(group);
                out.setAttribute(group, "NX_class", "NXdata");
                out.setAttribute(group, "signal", "data");
            }
            out.write("entry/haadf/data", {1024, 1024}, counting(1024 * 1024));
        }
        const hid_t h5 = H5Fopen(QFile::encodeName(file), H5F_ACC_RDWR, H5P_DEFAULT);
        const hsize_t shape[] = {1024, 1024, 5120}, chunk[] = {16, 16, 1024};
        const hid_t space = H5Screate_simple(3, shape, nullptr),
                    made = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(made, 3, chunk);
        const hid_t data = H5Dcreate2(h5, "entry/si/data", H5T_NATIVE_FLOAT, space, H5P_DEFAULT,
                                      made, H5P_DEFAULT);
        QVERIFY(data >= 0);
        H5Dclose(data);
        H5Pclose(made);
        H5Sclose(space);
        H5Fclose(h5);
        QVERIFY(QFileInfo(file).size() < 8 << 20);

        QElapsedTimer clock;
        clock.start();
        const DatasetSources sources = guessSources({file});
        QVERIFY(sources.spectra.has_value());
        const Array image = readArray(sources.image, unwatched());
        qInfo("20 GiB and its survey: %lld ms", clock.elapsed());
        QCOMPARE(image.samples.at(1024 * 1024 - 1), 1024. * 1024 - 1);
        const auto cube = arrayNamed(sources.spectra->array, listArrays(file));
        QCOMPARE(cube->count() * std::int64_t(Samples::sizeOf(cube->type)), std::int64_t(20) << 30);
    }

    void refusesTablesThatContradictTheData()
    {
        const QString file = path("usid.h5");
        {
            Hdf5File out(file, Hdf5File::Mode::Create);
            out.makeGroup("c");
            out.write("c/Raw_Data", {4, 2}, counting(8));
        }
        QVERIFY(errorOf([&] { listArrays(file); }).contains("no known format"));
    }

    void survivesTruncation_data()
    {
        QTest::addColumn<QString>("file");
        for (const char *name : {"simulated_STEM_Image.h5", "BEPS_PTO_50x50.h5"})
            QTest::newRow(name) << real(name);
    }
    void survivesTruncation()
    {
        QFETCH(QString, file);
        QFile in(file);
        if (!in.open(QIODevice::ReadOnly))
            QSKIP("The recorded data are not here.");
        const QByteArray bytes = in.readAll();
        for (int part = 1; part < 10; ++part) {
            const QString cut = path("cut.h5");
            QFile out(cut);
            QVERIFY(out.open(QIODevice::WriteOnly));
            out.write(bytes.left(bytes.size() * part / 10));
            out.close();
            QVERIFY(!errorOf([&] { readArray({cut, {}}, unwatched()); }).isEmpty());
        }
    }
};

QTEST_GUILESS_MAIN(TestHdf5Formats)
#include "tst_hdf5formats.moc"
