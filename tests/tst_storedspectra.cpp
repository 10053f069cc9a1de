// SPDX-License-Identifier: GPL-3.0-or-later
// Spectra that stay in their file: the same numbers as read whole, and recordings of 20 GB (sparse
// files, a few MB on the disk) opened and read in bounded memory.
#include "base/error.h"
#include "data/dataset.h"
#include "data/formats/rows.h"
#include "data/scalarizer.h"
#include "data/stored/storedspectra.h"
#include "data/writers/writers.h"
#include "instrument/replay.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <atomic>
#include <cmath>
#include <cstring>
#include <random>
#include <thread>

#include <sys/stat.h>

#include <hdf5.h>

using namespace helmscope;

namespace {

const QString shared = QStringLiteral(HELMSCOPE_SOURCE "/../shared/data/");
constexpr int side = 1600, channels = 2048; ///< 1600² spectra of 2048 float32: 21 GB
constexpr Pixel marked{801, 1203};

float markedNumber(int channel)
{
    return float(channel % 97) + 0.5f;
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

/// The most memory this program has held since forgetPeak(), in MiB.
double peakMiB()
{
    QFile status("/proc/self/status");
    if (status.open(QIODevice::ReadOnly))
        for (const QByteArray &line : status.readAll().split('\n'))
            if (line.startsWith("VmHWM:"))
                return line.mid(6).trimmed().split(' ')[0].toDouble() / 1024;
    return std::nan("");
}

bool forgetPeak()
{
    QFile file("/proc/self/clear_refs");
    return file.open(QIODevice::WriteOnly) && file.write("5") == 1;
}

/// Bytes that a file takes on the disk.
qint64 bytesOnDisk(const QString &file)
{
    struct stat status;
    return ::stat(QFile::encodeName(file), &status) == 0 ? qint64(status.st_blocks) * 512 : -1;
}

/// An HDF5 object's identifier that closes itself.
struct Id
{
    hid_t id;
    herr_t (*close)(hid_t);
    ~Id() { close(id); }
    operator hid_t() const { return id; }
};

void setNumber(hid_t object, const char *name, double value)
{
    const Id space{H5Screate(H5S_SCALAR), H5Sclose};
    const Id made{H5Acreate2(object, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT),
                  H5Aclose};
    H5Awrite(made, H5T_NATIVE_DOUBLE, &value);
}

void setText(hid_t object, const char *name, const char *value)
{
    const Id space{H5Screate(H5S_SCALAR), H5Sclose};
    const Id type{H5Tcopy(H5T_C_S1), H5Tclose};
    H5Tset_size(type, std::strlen(value));
    const Id made{H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
    H5Awrite(made, type, value);
}

struct AxisOf
{
    const char *name, *unit;
    double scale, offset;
    bool isNavigation;
};

/// A HyperSpy experiment; chunks nobody writes take no room.
void experiment(hid_t file, const char *title, const std::vector<hsize_t> &shape,
                const std::vector<hsize_t> &chunk, const std::vector<AxisOf> &axes)
{
    const Id group{H5Gcreate2(file, (QByteArray("Experiments/") + title).constData(), H5P_DEFAULT,
                              H5P_DEFAULT, H5P_DEFAULT),
                   H5Gclose};
    const Id space{H5Screate_simple(int(shape.size()), shape.data(), nullptr), H5Sclose};
    const Id made{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
    if (!chunk.empty()) {
        H5Pset_chunk(made, int(chunk.size()), chunk.data());
        H5Pset_deflate(made, 1);
    }
    const Id data{
        H5Dcreate2(group, "data", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, made, H5P_DEFAULT),
        H5Dclose};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const Id axis{H5Gcreate2(group, ("axis-" + QByteArray::number(int(i))).constData(),
                                 H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                      H5Gclose};
        setText(axis, "name", axes[i].name);
        setText(axis, "units", axes[i].unit);
        setNumber(axis, "scale", axes[i].scale);
        setNumber(axis, "offset", axes[i].offset);
        setNumber(axis, "size", double(shape[i]));
        setNumber(axis, "navigate", axes[i].isNavigation);
    }
    // Something to see and to measure.
    if (shape.size() == 2) {
        std::vector<float> image(std::size_t(shape[0] * shape[1]));
        for (std::size_t i = 0; i < image.size(); ++i)
            image[i] = float(i % 251);
        H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, image.data());
        return;
    }
    if (chunk.empty())
        return;
    std::vector<float> spectrum(channels);
    for (int i = 0; i < channels; ++i)
        spectrum[std::size_t(i)] = markedNumber(i);
    const hsize_t first[3] = {hsize_t(marked.row), hsize_t(marked.col), 0},
                  count[3] = {1, 1, channels}, one[1] = {channels};
    const Id memory{H5Screate_simple(1, one, nullptr), H5Sclose};
    H5Sselect_hyperslab(space, H5S_SELECT_SET, first, nullptr, count, nullptr);
    H5Dwrite(data, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, spectrum.data());
}

/// A .hspy of a survey image and 21 GB of spectra.
void makeHyperSpy(const QString &file, const std::vector<hsize_t> &chunk)
{
    const Id out{H5Fcreate(QFile::encodeName(file), H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT),
                 H5Fclose};
    const Id experiments{H5Gcreate2(out, "Experiments", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                         H5Gclose};
    experiment(out, "HAADF", {side, side}, {},
               {{"y", "nm", 0.1, 0, false}, {"x", "nm", 0.1, 0, false}});
    experiment(out, "EELS", {side, side, channels}, chunk,
               {{"y", "nm", 0.1, 0, true},
                {"x", "nm", 0.1, 0, true},
                {"Energy loss", "eV", 0.5, 100, false}});
}

QByteArray npyHeader(const char *type, const QByteArray &shape, bool isFortran = false)
{
    QByteArray text = QByteArray("{'descr': '") + type +
                      "', 'fortran_order': " + (isFortran ? "True" : "False") + ", 'shape': (" +
                      shape + "), }";
    while ((text.size() + 11) % 64 != 0)
        text += ' ';
    text += '\n';
    return QByteArray("\x93NUMPY\x01\x00", 8) + char(text.size() & 0xff) + char(text.size() >> 8) +
           text;
}

/// A .npy whose numbers nobody wrote but those of the marked pixel.
void makeNpy(const QString &file)
{
    QFile out(file);
    QVERIFY(out.open(QIODevice::WriteOnly));
    const QByteArray head = npyHeader("<f4", "1600, 1600, 2048");
    out.write(head);
    QVERIFY(out.resize(head.size() + qint64(side) * side * channels * 4));
    out.seek(head.size() + (qint64(marked.row) * side + marked.col) * channels * 4);
    for (int i = 0; i < channels; ++i) {
        const float number = qToLittleEndian(markedNumber(i));
        out.write(reinterpret_cast<const char *>(&number), 4);
    }
}

/// A Gatan .dm4 with the channels slowest, as DigitalMicrograph has spectrum images.
class Dm4
{
public:
    explicit Dm4(const QString &file)
        : m_out(file)
    {
        m_isOpen = m_out.open(QIODevice::WriteOnly);
        big(quint32(4));
        big(quint64(0));
        big(quint32(1));
        open(1);
        group("ImageList", 1);
        group("", 2);
        group("ImageData", 4);
        group("Calibrations", 1);
        group("Dimension", 3);
        for (const char *unit : {"nm", "nm", "eV"}) {
            group("", 3);
            number("Origin", 0);
            number("Scale", 0.5);
            text("Units", unit);
        }
        tag("Data", {20, 6, quint64(side) * side * channels});
        const qint64 at = m_out.pos();
        for (int i = 0; i < channels; ++i) {
            m_out.seek(at + ((qint64(i) * side + marked.row) * side + marked.col) * 4);
            raw(markedNumber(i));
        }
        m_out.seek(at + qint64(channels) * side * side * 4);
        number("DataType", 2);
        group("Dimensions", 3);
        for (const double size : {double(side), double(side), double(channels)})
            number("", size);
        text("Name", "EELS");
        m_out.write(QByteArray(8, '\0'));
    }
    bool isOpen() const { return m_isOpen; }

private:
    template <class Number>
    void big(Number number)
    {
        number = qToBigEndian(number);
        m_out.write(reinterpret_cast<const char *>(&number), sizeof number);
    }
    template <class Number>
    void raw(Number number)
    {
        number = qToLittleEndian(number);
        m_out.write(reinterpret_cast<const char *>(&number), sizeof number);
    }
    void head(int kind, const QByteArray &name)
    {
        big(quint8(kind));
        big(quint16(name.size()));
        m_out.write(name);
        big(quint64(0)); // the tag's length, which nobody needs
    }
    void open(quint64 count)
    {
        m_out.write(QByteArray("\x01\x00", 2));
        big(count);
    }
    void group(const QByteArray &name, quint64 count)
    {
        head(20, name);
        open(count);
    }
    void tag(const QByteArray &name, const std::vector<quint64> &what)
    {
        head(21, name);
        m_out.write("%%%%");
        big(quint64(what.size()));
        for (const quint64 word : what)
            big(word);
    }
    void number(const QByteArray &name, double value)
    {
        tag(name, {7});
        raw(value);
    }
    void text(const QByteArray &name, const QString &value)
    {
        tag(name, {20, 4, quint64(value.size())});
        for (const QChar letter : value)
            raw(quint16(letter.unicode()));
    }

    QFile m_out;
    bool m_isOpen = false;
};

void writeImage(const QString &file)
{
    QFile out(file);
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(npyHeader("|u1", "1600, 1600"));
    QByteArray image(side * side, '\1');
    for (int i = 0; i < image.size(); ++i)
        image[i] = char(i % 251);
    out.write(image);
}

std::vector<std::int64_t> sidesOf(const ArrayInfo &info)
{
    std::vector<std::int64_t> sides;
    for (const Axis &axis : info.axes)
        sides.push_back(axis.size);
    return sides;
}

/// Whether blocks at random places hold what the array read whole has there.
void compareBlocks(const StoredArray &stored, const Array &whole)
{
    const std::vector<std::int64_t> sides = sidesOf(whole.info);
    QCOMPARE(sidesOf(stored.info()), sides);
    QCOMPARE(int(stored.info().type), int(whole.info.type));
    std::mt19937 bits(7);
    for (int trial = 0; trial < 40; ++trial) {
        StoredArray::Place first, count, index;
        for (const std::int64_t size : sides) {
            first.push_back(std::int64_t(bits() % std::uint64_t(size)));
            count.push_back(
                1 + std::int64_t(bits() % std::uint64_t(std::min<std::int64_t>(
                                              size - first.back(), trial % 3 == 0 ? 300 : 7))));
            index.push_back(0);
        }
        const Samples block = stored.read(first, count);
        for (std::size_t i = 0; i < block.count(); ++i) {
            std::int64_t at = 0;
            for (std::size_t k = 0; k < sides.size(); ++k)
                at = at * sides[k] + first[k] + index[k];
            const double expected = whole.samples.at(std::size_t(at)), got = block.at(i);
            if (!(expected == got || (std::isnan(expected) && std::isnan(got))))
                QCOMPARE(got, expected);
            for (std::size_t k = sides.size(); k-- > 0 && ++index[k] == count[k];)
                index[k] = 0;
        }
    }
}

} // namespace

class TestStoredSpectra : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    QString path(const char *name) const { return m_folder.filePath(name); }

    void checkLarge(const DatasetSources &sources, const char *what);

private Q_SLOTS:
    void partsOfRealFilesAreThoseOfTheWhole_data()
    {
        QTest::addColumn<QString>("file");
        if (!QFileInfo::exists(shared))
            QSKIP("the recordings of the project are not here");
        for (const char *folder : {"formats", "sto-haadf-eels-dm3", "sio2-haadf-eds"})
            for (const QFileInfo &file : QDir(shared + folder).entryInfoList(QDir::Files))
                if (file.suffix() != "md")
                    QTest::newRow(qPrintable(file.fileName())) << file.filePath();
    }
    void partsOfRealFilesAreThoseOfTheWhole()
    {
        QFETCH(QString, file);
        const Format &format = formatOf(file);
        for (const ArrayInfo &info : format.list(file)) {
            if (!format.stored || info.count() == 0 || info.count() > 8'000'000 ||
                info.axes.isEmpty())
                continue;
            if (const StoredArrayPointer stored = format.stored(file, info.path))
                compareBlocks(*stored, format.read(file, info.path, unwatched()));
        }
    }

    void readsEveryOrderOfNumbers_data()
    {
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<bool>("isFortran");
        for (const char *type : {"<f4", ">f4", "<u2", ">i2", "|u1", ">f8"})
            for (const bool isFortran : {false, true})
                QTest::addRow("%s %d", type, int(isFortran)) << QByteArray(type) << isFortran;
    }
    void readsEveryOrderOfNumbers()
    {
        QFETCH(QByteArray, type);
        QFETCH(bool, isFortran);
        const QString file = path(QTest::currentDataTag());
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(npyHeader(type, "5, 7, 11", isFortran));
        std::mt19937 bits(3);
        // Small bytes, so that floats of all orders are finite.
        for (int i = 0; i < 5 * 7 * 11 * type.mid(2).toInt(); ++i)
            out.write(QByteArray(1, char(bits() % 64)));
        out.close();
        const StoredArrayPointer stored = numpy::stored(file, {});
        QVERIFY(stored);
        compareBlocks(*stored, readArray({file, {}}, unwatched()));
    }

    void readsWhatWeWriteInParts_data()
    {
        QTest::addColumn<QString>("writer");
        QTest::newRow("HyperSpy") << "hspy";
        QTest::newRow("NSID") << "nsid";
    }
    void readsWhatWeWriteInParts()
    {
        QFETCH(QString, writer);
        DescribedArray cube;
        cube.array.info.title = "SI";
        for (const std::int64_t size : {40, 50, 300}) {
            Axis axis;
            axis.size = size;
            axis.unit = size == 300 ? "eV" : "nm";
            axis.isCalibrated = true;
            axis.isNavigation = size != 300;
            cube.array.info.axes << axis;
        }
        cube.array.samples = Samples(Samples::Type::Float32, 600'000);
        auto *numbers = reinterpret_cast<float *>(cube.array.samples.bytes());
        for (int i = 0; i < 600'000; ++i)
            numbers[i] = i % 1000 == 7 ? std::nanf("") : float(i % 1999);
        const Writer &format = writerOf(writer);
        const QString file = path("cube.") + format.suffix;
        writeRecording(file, format, cube, false, unwatched());
        QFile image(path(qPrintable("image-" + writer + ".npy")));
        QVERIFY(image.open(QIODevice::WriteOnly));
        image.write(npyHeader("|u1", "40, 50"));
        image.write(QByteArray(1999, 'a') + 'b');
        image.close();

        const DatasetSources sources = guessSources({image.fileName(), file});
        const Dataset whole = loadDataset(sources, unwatched());
        const Dataset left = loadDataset(sources, unwatched(), 0);
        QVERIFY(!whole.spectra.isInFile() && left.spectra.isInFile());
        QVERIFY(left.warnings.join(' ').contains("stay in their file"));
        QCOMPARE(left.spectra.bytes(), whole.spectra.bytes());
        QVERIFY(left.spectra.energies() == whole.spectra.energies());
        for (const int bin : {1, 7}) {
            const Spectra a = whole.spectra.binned(bin), b = left.spectra.binned(bin);
            for (int row = 0; row < 40; ++row)
                for (int col = 0; col < 50; ++col) {
                    const Eigen::VectorXf x = a.at({row, col}), y = b.at({row, col});
                    QVERIFY(x.size() == y.size() &&
                            std::memcmp(x.data(), y.data(), std::size_t(x.size()) * 4) == 0);
                }
            const Scalarizer scalarizer = Scalarizer::parse("band:20-90");
            const Map one = scalarize(a, scalarizer), two = scalarize(b, scalarizer);
            QVERIFY(std::memcmp(one.data(), two.data(), std::size_t(one.size()) * 4) == 0);
            Mask mask = Mask::Constant(40, 50, false);
            mask.block(3, 8, 9, 13) = true;
            mask(5, 9) = false;
            const Eigen::VectorXf mean = b.mean(mask, unwatched());
            QVERIFY(mean.isApprox(a.mean(mask, unwatched()), 1e-6f));
        }
    }

    void leavesNumbersThatAreNotFiniteOutOfAMean()
    {
        Array array;
        for (const std::int64_t size : {1, 3, 2}) {
            Axis axis;
            axis.size = size;
            array.info.axes << axis;
        }
        array.samples = Samples(Samples::Type::Float32, 6);
        auto *numbers = reinterpret_cast<float *>(array.samples.bytes());
        const float values[] = {1, std::nanf(""), 3, std::nanf(""), 100, 5};
        std::copy(values, values + 6, numbers);
        const Spectra spectra(array, 2, EnergyAxis{"E", "eV", {1, 2}});
        Mask mask(1, 3);
        mask << true, true, false;
        const Eigen::VectorXf mean = spectra.mean(mask, unwatched());
        QCOMPARE(mean[0], 2.f);
        QVERIFY(std::isnan(mean[1]));
        QVERIFY(errorOf([&] { spectra.mean(Mask(2, 2), unwatched()); }).contains("2 × 2"));
        QVERIFY(errorOf([&] { spectra.forEach({0, 1}, 1, 3, unwatched(), {}); }).contains("1 × 3"));
    }

    void stopsWhenToldTo()
    {
        makeNpy(path("stopped.npy"));
        const StoredArrayPointer stored = numpy::stored(path("stopped.npy"), {});
        EnergyAxis energies{"E", "eV", {}};
        for (int i = 0; i < channels; ++i)
            energies.values.push_back(i);
        const Spectra spectra(stored, 2, energies);
        int calls = 0;
        QCOMPARE(errorOf([&] {
                     scalarize(spectra, Scalarizer::parse("band:1-9"),
                               [&](double) { return ++calls < 3; });
                 }),
                 QString("Stopped."));
        QCOMPARE(calls, 3);
    }

    void saysWhenTheFileGotShorter()
    {
        const QString file = path("short.npy");
        makeNpy(file);
        const StoredArrayPointer stored = numpy::stored(file, {});
        QVERIFY(QFile::resize(file, 1 << 20));
        QVERIFY(errorOf([&] { stored->read({1000, 0, 0}, {1, 1, 5}); }).contains("shorter"));
        QVERIFY(errorOf([&] { stored->read({1600, 0, 0}, {1, 1, 5}); }).contains("outside"));
        QVERIFY(errorOf([&] { stored->read({0, 0, 2040}, {1, 1, 9}); }).contains("outside"));
        QVERIFY(errorOf([&] { numpy::stored(file, {}); }).contains("cut off"));
    }

    void opensTwentyGigabytesOfHyperSpy()
    {
        makeHyperSpy(path("large.hspy"), {16, 16, 256});
        checkLarge(guessSources({path("large.hspy")}), "HyperSpy, chunks of 16 × 16 × 256");
    }
    void opensChunksOfWholeImages()
    {
        // One channel a chunk: a spectrum is in 2048 of them, and still only itself is held.
        makeHyperSpy(path("images.hspy"), {400, 400, 1});
        checkLarge(guessSources({path("images.hspy")}), "HyperSpy, chunks of 400 × 400 × 1");
    }
    void opensTwentyGigabytesOfNumPy()
    {
        makeNpy(path("large.npy"));
        writeImage(path("survey.npy"));
        checkLarge(guessSources({path("survey.npy"), path("large.npy")}), "NumPy");
    }
    void opensTwentyGigabytesOfDm4()
    {
        QVERIFY(Dm4(path("large.dm4")).isOpen());
        writeImage(path("dm4.npy"));
        DatasetSources sources = guessSources({path("dm4.npy"), path("large.dm4")});
        checkLarge(sources, "DM4, channels slowest");
    }

    void readsAHundredThousandSpectraInBoundedMemory()
    {
        // 100,000 spectra of 2,048 channels; who looks at all of them never holds them.
        const QString file = path("hundred-thousand.npy");
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        const QByteArray head = npyHeader("<u2", "250, 400, 2048");
        out.write(head);
        QVERIFY(out.resize(head.size() + qint64(100'000) * channels * 2));
        out.close();
        EnergyAxis energies{"E", "eV", {}};
        for (int i = 0; i < channels; ++i)
            energies.values.push_back(i);
        const Spectra spectra(numpy::stored(file, {}), 2, energies);
        QVERIFY(forgetPeak());
        const double before = peakMiB();
        QElapsedTimer timer;
        timer.start();
        std::mt19937 bits(5);
        constexpr int looks = 2000;
        for (int i = 0; i < looks; ++i)
            QCOMPARE(spectra.at({int(bits() % 250), int(bits() % 400)}).size(), channels);
        qInfo("browsing: %.3f ms a spectrum", double(timer.elapsed()) / looks);
        timer.restart();
        const Map map = scalarize(spectra, Scalarizer::parse("band:100-120"));
        QCOMPARE(map.size(), 100'000);
        qInfo("the map of all: %.2f s, %.0f MiB more at most", double(timer.elapsed()) / 1000,
              peakMiB() - before);
        QVERIFY2(peakMiB() - before < 220, qPrintable(QString::number(peakMiB() - before)));
    }

    void severalThreadsReadAtOnce()
    {
        makeHyperSpy(path("threads.hspy"), {16, 16, 256});
        const Dataset dataset = loadDataset(guessSources({path("threads.hspy")}), unwatched());
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (unsigned seed = 0; seed < 4; ++seed)
            threads.emplace_back([&, seed] {
                std::mt19937 bits(seed);
                for (int i = 0; i < 60; ++i) {
                    const Pixel pixel =
                        i % 3 == 0 ? marked
                                   : Pixel{int(bits() % 64) + 770, int(bits() % 64) + 1170};
                    const Eigen::VectorXf spectrum = dataset.spectra.at(pixel);
                    for (int k = 0; k < channels; ++k)
                        wrong += spectrum[k] != (pixel == marked ? markedNumber(k) : 0);
                }
            });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(wrong.load(), 0);
    }

    void saysWhenWhatMustBeReadWholeDoesNotFit()
    {
        // A .npz is packed as a whole: its cube cannot be read in parts.
        if (memoryLeft() > std::size_t(60) << 30)
            QSKIP("this machine has room for it");
        const double left = double(memoryLeft());
        QVERIFY(left > 1e8);
        // The format's own claim is enough to refuse: nothing is allocated for it.
        const QString file = path("streams.npy");
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        const QByteArray head = npyHeader("<f2", "4096, 4096, 2048"); // halves become floats
        out.write(head);
        QVERIFY(out.resize(head.size() + qint64(4096) * 4096 * 2048 * 2));
        out.close();
        QFile image(path("halves.npy"));
        QVERIFY(image.open(QIODevice::WriteOnly));
        image.write(npyHeader("|u1", "4096, 4096"));
        image.write(QByteArray(4096 * 4096, 'a'));
        image.close();
        QVERIFY(forgetPeak());
        const double before = peakMiB();
        const QString error = errorOf([&] {
            loadDataset(guessSources({image.fileName(), file}), unwatched());
        });
        QVERIFY2(error.contains("streams.npy") && error.contains("128.00 GiB") &&
                     error.contains("read whole"),
                 qPrintable(error));
        QVERIFY(peakMiB() - before < 400);
    }
};

void TestStoredSpectra::checkLarge(const DatasetSources &sources, const char *what)
{
    QVERIFY(sources.spectra);
    const QString file = sources.spectra->file;
    if (QFileInfo(file).size() > qint64(1) << 30) // where a file is sparse, not left unwritten
        QVERIFY2(bytesOnDisk(file) < 64 << 20, "this disk knows no sparse files");
    QVERIFY(forgetPeak());
    const double before = peakMiB();
    QElapsedTimer timer;
    timer.start();
    const Dataset dataset = loadDataset(sources, unwatched());
    const qint64 opened = timer.restart();
    QVERIFY(dataset.spectra.isInFile() && !dataset.spectra.isQuick());
    QCOMPARE(dataset.spectra.bytes(), qint64(side) * side * channels * 4);
    QCOMPARE(int(dataset.image.rows()), side);
    QCOMPARE(dataset.image(0, 7), 7.f);

    const Eigen::VectorXf spectrum = dataset.spectra.at(marked);
    const qint64 first = timer.restart();
    for (int i = 0; i < channels; ++i)
        QCOMPARE(spectrum[i], markedNumber(i));
    QVERIFY((dataset.spectra.at({3, 4}).array() == 0).all());
    timer.restart();

    Mask region = Mask::Constant(side, side, false);
    region.block(marked.row - 4, marked.col - 4, 8, 8) = true;
    const Eigen::VectorXf mean = dataset.spectra.mean(region, unwatched());
    const qint64 averaged = timer.elapsed();
    for (int i = 0; i < channels; ++i)
        QVERIFY(std::abs(mean[i] - markedNumber(i) / 64) < 1e-5f);

    // Steering: a step reads one spectrum.
    Replay replay(dataset);
    timer.restart();
    QCOMPARE(replay.measure(marked, 0.01).spectrum[5], markedNumber(5));
    constexpr int steps = 10;
    for (int i = 0; i < steps; ++i)
        QCOMPARE(int(replay.measure({137 * i, 91 * i}, 0.01).spectrum.size()), channels);
    const double grown = peakMiB() - before;
    qInfo("%s: opened in %lld ms, the first spectrum in %lld ms, a region's mean in %lld ms, a "
          "step in %.1f ms; %.0f MiB more at most",
          what, opened, first, averaged, double(timer.elapsed()) / steps, grown);
    QVERIFY2(grown < 260, qPrintable(QString::number(grown)));
}

QTEST_GUILESS_MAIN(TestStoredSpectra)
#include "tst_storedspectra.moc"
