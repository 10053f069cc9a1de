// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tr.h"
#include "data/formats.h"
#include "data/hdf5file.h"

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <cmath>
#include <cstring>

#include <zip.h>

using namespace helmscope;
using Type = Samples::Type;

template <class Call>
static QString errorOf(Call call)
{
    try {
        call();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

/// A .npy of version 1 to 3; `header` may be anything.
static QByteArray npy(const QByteArray &header, const QByteArray &numbers, int version = 1)
{
    QByteArray text = header;
    text.append(63 - (text.size() + (version == 1 ? 10 : 12)) % 64, ' ').append('\n');
    QByteArray file("\x93NUMPY");
    file.append(char(version)).append('\0');
    const auto length = qToLittleEndian(quint32(text.size()));
    file.append(reinterpret_cast<const char *>(&length), version == 1 ? 2 : 4);
    return file + text + numbers;
}

static QByteArray header(const char *descr, const char *shape, bool isFortran = false)
{
    return QByteArray("{'descr': '") + descr +
           "', 'fortran_order': " + (isFortran ? "True" : "False") + ", 'shape': " + shape + ", }";
}

/// The bytes of numbers, as they lie in this machine or turned round.
template <class Number>
static QByteArray bytesOf(const std::vector<Number> &numbers, bool isTurned = false)
{
    QByteArray bytes(reinterpret_cast<const char *>(numbers.data()),
                     qsizetype(numbers.size() * sizeof(Number)));
    if (isTurned)
        for (qsizetype i = 0; i < bytes.size(); i += qsizetype(sizeof(Number)))
            std::reverse(bytes.begin() + i, bytes.begin() + i + qsizetype(sizeof(Number)));
    return bytes;
}

static std::vector<double> numbersOf(const Array &array)
{
    std::vector<double> numbers;
    for (std::size_t i = 0; i < array.samples.count(); ++i)
        numbers.push_back(array.samples.at(i));
    return numbers;
}

class TestFormats : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;
    const QString m_shared = HELMSCOPE_SOURCE "/../shared/data/";

    QString write(const QString &name, const QByteArray &bytes) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(file.fileName()));
        return file.fileName();
    }
    QString writeZip(const QString &name, const QList<std::pair<QString, QByteArray>> &entries,
                     bool isPacked = true) const;
    QString readError(const QString &file, const QString &array = {}) const
    {
        return errorOf([&] { readArray({file, array}, unwatched()); });
    }
    /// A HyperSpy file with a 4 x 5 image; `change` may spoil it.
    template <class Change>
    QString hyperspyFile(const QString &name, Change change) const;

private Q_SLOTS:
    void everyRowOfTheTableIsComplete();
    void readsRealFilesRight_data();
    void readsRealFilesRight();
    void readsHyperSpyAxes();
    void readsOldHyperSpyAxes();
    void readsEmdAxes();
    void readsNumPyTypes_data();
    void readsNumPyTypes();
    void readsEveryVersionOfNumPyHeaders();
    void readsFortranOrder();
    void readsLargeFortranArraysBySlab();
    void readsStoredAndDeflatedArchives();
    void readsScalarsAndEmptyArrays();
    void refusesPickles();
    void refusesTypesItCannotUse();
    void refusesDamagedNumPyHeaders_data();
    void refusesDamagedNumPyHeaders();
    void refusesSizesThatAreNotThere();
    void refusesZipBombs();
    void refusesDamagedArchives();
    void refusesTruncatedRealFiles();
    void refusesHyperSpyFilesThatContradictThemselves();
    void readsUnevenHyperSpyAxes();
    void refusesEmdAxesOfTheWrongLength();
    void listsTheFormatsForAnUnknownFile();
    void refusesFilesThatAreNotThere();
    void findsArraysByTitleOrPath();
    void splitsAddresses();
    void stopsWhenTold();
    void readsALargeArrayWithoutTwiceItsSize();
    void survivesEveryChangedByte();
};

QString TestFormats::writeZip(const QString &name,
                              const QList<std::pair<QString, QByteArray>> &entries,
                              bool isPacked) const
{
    const QString file = m_folder.filePath(name);
    int error = 0;
    zip_t *zip = zip_open(QFile::encodeName(file), ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const auto &[entry, bytes] : entries) {
        zip_source_t *source =
            zip_source_buffer(zip, bytes.constData(), zip_uint64_t(bytes.size()), 0);
        const zip_int64_t at = zip_file_add(zip, entry.toUtf8(), source, ZIP_FL_ENC_UTF_8);
        zip_set_file_compression(zip, zip_uint64_t(at), isPacked ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                                 0);
    }
    if (!zip || zip_close(zip) != 0)
        qFatal("cannot write %s", qPrintable(file));
    return file;
}

template <class Change>
QString TestFormats::hyperspyFile(const QString &name, Change change) const
{
    const QString file = m_folder.filePath(name);
    QFile::remove(file);
    Hdf5File out(file, Hdf5File::Mode::Create);
    std::vector<float> numbers(20);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = float(i);
    out.write("Experiments/Image/data", {4, 5}, numbers);
    for (int i = 0; i < 2; ++i) {
        const QString axis = QString("Experiments/Image/axis-%1").arg(i);
        out.makeGroup(axis);
        out.setAttribute(axis, "name", QString(i ? "x" : "y"));
        out.setAttribute(axis, "units", "nm");
        out.setAttribute(axis, "scale", 0.5);
        out.setAttribute(axis, "offset", 1.0);
        out.setAttribute(axis, "size", i + 4);
        out.setAttribute(axis, "navigate", false);
    }
    change(out);
    return file;
}

void TestFormats::everyRowOfTheTableIsComplete()
{
    QVERIFY(formats().size() >= 3);
    for (const Format &format : formats()) {
        QVERIFY(format.name && format.holds && format.looksLike && format.list && format.read);
        QVERIFY(!format.suffixes.isEmpty());
        for (const QString &suffix : format.suffixes)
            QVERIFY(!suffix.contains('.'));
    }
}

void TestFormats::readsRealFilesRight_data()
{
    // Sum of the numbers, sum of number(i) * (i mod 1009), and the number after the middle: from
    // h5py 3.7 and NumPy 1.24.
    QTest::addColumn<QString>("array");
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("shape");
    QTest::addColumn<int>("type");
    QTest::addColumn<double>("sum");
    QTest::addColumn<double>("weighted");
    const auto row = [](const char *file, const char *array, const char *format, const char *shape,
                        Type type, double sum, double weighted) {
        QTest::addRow("%s:%s", file, array)
            << QString(array) << QString(format) << QString(shape) << int(type) << sum << weighted;
    };
    row("sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy", "EDS Spectrum Image", "HyperSpy",
        "128 × 128 × 2048", Type::UInt32, 823049, 414686645);
    row("sio2-haadf-eds/SiO2_HAADF_Image.hspy", "Experiments/HAADF Image", "HyperSpy", "128 × 128",
        Type::Float32, 13878396415.3125, 6993205751659.25);
    row("formats/core_shell.hspy", "Core shell", "HyperSpy", "64 × 64 × 992", Type::UInt32, 884071,
        445766895);
    row("formats/example2_v2.2.hspy", "", "HyperSpy", "10 × 10", Type::Int64, 4950, 328350);
    row("formats/example2_v3.1.hspy", "", "HyperSpy", "16 × 16", Type::Int32, 250910, 32238419);
    row("formats/example1_v1.2.hdf5", "NIO EELS OK SHELL", "HyperSpy", "21", Type::Float64, 104070,
        1036285);
    row("formats/with_lists_etc.hdf5", "", "HyperSpy", "10", Type::Int64, 45, 285);
    row("formats/Acquisition_18.emd", "data/single", "Berkeley EMD", "1024 × 1024", Type::UInt16,
        11181441555, 5635285860523);
    row("formats/example_image.emd", "", "Berkeley EMD", "3 × 3", Type::Int32, 36, 204);
    row("formats/example_signal.emd", "", "Berkeley EMD", "3 × 3 × 3", Type::Int32, 351, 6201);
    row("formats/example_spectrum.emd", "", "Berkeley EMD", "3", Type::Int32, 3, 5);
    row("beacon-pfm/beacon_pfm_replay.npz", "img", "NumPy", "50 × 50", Type::Float64,
        1074.361688009497, 482102.7493856541);
    row("beacon-pfm/beacon_pfm_replay.npz", "indices_rc", "NumPy", "1225 × 2", Type::Int64, 61250,
        28138785);
    row("fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz", "haadf_u8", "NumPy", "62 × 75",
        Type::UInt8, 646024, 309553933);
    row("fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz", "dipole_scalar", "NumPy", "62 × 75",
        Type::Float64, 847.9718229896457, 432666.6840051394);
    row("fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz", "pixel_nm", "NumPy", "a single number",
        Type::Float64, 1.60450073, 0);
    row("idp-haadf-eds/idp0_eds_sp2_ebin4.npz", "haadf_sum2x2", "NumPy", "128 × 128", Type::UInt64,
        1859134074, 925359665089);
    row("idp-haadf-eds/idp0_eds_sp2_ebin4.npz", "si", "NumPy", "128 × 128 × 512", Type::UInt16,
        886553, 445961447);
    row("idp-haadf-eds/idp0_eds_sp2_ebin4.npz", "energy_keV", "NumPy", "512", Type::Float64,
        5000.7957888, 1725228.2612544);
}

void TestFormats::readsRealFilesRight()
{
    QFETCH(QString, array);
    QFETCH(QString, format);
    QFETCH(QString, shape);
    QFETCH(int, type);
    QFETCH(double, sum);
    QFETCH(double, weighted);
    const QString file = m_shared + QString(QTest::currentDataTag()).section(':', 0, 0);
    if (!QFile::exists(file))
        QSKIP(qPrintable("the recorded data are not there: " + file));
    QCOMPARE(QString(formatOf(file).name), format);
    double last = -1;
    const Array read = readArray({file, array}, [&last](double fraction) {
        if (fraction < last || fraction < 0 || fraction > 1)
            qFatal("progress goes back");
        last = fraction;
        return true;
    });
    QCOMPARE(read.info.shapeText(), shape);
    QCOMPARE(int(read.info.type), type);
    QCOMPARE(read.samples.count(), std::size_t(read.info.count()));
    double total = 0, withWeights = 0;
    for (std::size_t i = 0; i < read.samples.count(); ++i) {
        total += read.samples.at(i);
        withWeights += read.samples.at(i) * double(i % 1009);
    }
    QVERIFY2(std::abs(total - sum) <= 1e-9 * sum, qPrintable(QString::number(total, 'g', 17)));
    QVERIFY2(std::abs(withWeights - weighted) <= 1e-9 * weighted,
             qPrintable(QString::number(withWeights, 'g', 17)));
}

void TestFormats::readsHyperSpyAxes()
{
    const QString file = m_shared + "sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy";
    if (!QFile::exists(file))
        QSKIP("the recorded data are not there");
    const QList<ArrayInfo> arrays = listArrays(file);
    QCOMPARE(arrays.size(), 1);
    const ArrayInfo &info = arrays[0];
    QCOMPARE(info.path, QString("Experiments/EDS Spectrum Image"));
    QCOMPARE(info.title, QString("EDS Spectrum Image"));
    QCOMPARE(info.quantity, QString("X-rays"));
    QCOMPARE(info.axes[0].name, QString("y"));
    QVERIFY(info.axes[0].isNavigation && info.axes[1].isNavigation && !info.axes[2].isNavigation);
    QVERIFY(std::abs(nanometresPerStep(info.axes[1]) - 8.552446) < 1e-6);
    QCOMPARE(info.axes[2].unit, QString("keV"));
    QCOMPARE(info.axes[2].scale, 0.009999999776482582);
    const Axis unknown = listArrays(m_shared + "formats/example2_v2.2.hspy")[0].axes[0];
    QVERIFY(!unknown.isCalibrated && unknown.unit.isEmpty());
    const Axis reciprocal = listArrays(m_shared + "formats/example2_v3.1.hspy")[0].axes[0];
    QVERIFY(reciprocal.isCalibrated);
    QCOMPARE(nanometresPerStep(reciprocal), 0.0); // 1/nm
}

void TestFormats::readsOldHyperSpyAxes()
{
    const QString file = m_shared + "formats/example1_v1.2.hdf5";
    if (QFile::exists(file)) {
        const Axis axis = listArrays(file)[0].axes[0];
        QVERIFY(!axis.isNavigation && axis.isCalibrated);
        QCOMPARE(axis.unit, QString("eV"));
        QCOMPARE(axis.at(2), 520.13 + 6.2);
    }
    // No 'navigate': what is recorded at each point says which axes are the scan's.
    const QString old = m_folder.filePath("old.hdf5");
    {
        Hdf5File out(old, Hdf5File::Mode::Create);
        for (const QString title : {"spectrum", "image", "slices"}) {
            const QString path = "Experiments/" + title;
            out.write(path + "/data", {2, 3, 4}, std::vector<float>(24));
            for (int i = 0; i < 3; ++i) {
                out.makeGroup(path + QString("/axis-%1").arg(i));
                out.setAttribute(path + QString("/axis-%1").arg(i), "units", "<undefined>");
                if (title == "slices")
                    out.setAttribute(path + QString("/axis-%1").arg(i), "slice_bool", i == 1);
            }
            out.makeGroup(path + "/metadata/Signal");
            out.setAttribute(path + "/metadata/Signal", "record_by", title);
        }
    }
    const auto scan = [&](const QString &title) {
        const Array array = readArray({old, title}, unwatched());
        QString axes;
        for (const Axis &axis : array.info.axes)
            axes += axis.isCalibrated || !axis.unit.isEmpty() ? '?' : axis.isNavigation ? 'n' : 's';
        return axes;
    };
    QCOMPARE(scan("spectrum"), QString("nns"));
    QCOMPARE(scan("image"), QString("nss"));
    QCOMPARE(scan("slices"), QString("sns"));
}

void TestFormats::readsEmdAxes()
{
    const QString file = m_shared + "formats/Acquisition_18.emd";
    if (!QFile::exists(file))
        QSKIP("the recorded data are not there");
    const ArrayInfo info = listArrays(file)[0];
    QCOMPARE(info.path, QString("data/single"));
    QCOMPARE(info.title, QString("single"));
    QCOMPARE(info.axes[0].name, QString("Y"));
    QCOMPARE(info.axes[1].name, QString("X"));
    QCOMPARE(info.axes[0].unit, QString("nm"));
    QVERIFY(std::abs(info.axes[0].scale - 0.01224652) < 1e-7);
    QVERIFY(info.axes[0].values.empty()); // even within single precision
    const Axis plain = listArrays(m_shared + "formats/example_signal.emd")[0].axes[2];
    QVERIFY(!plain.isCalibrated && plain.unit.isEmpty());
    QCOMPARE(plain.scale, 1.0);
}

void TestFormats::readsNumPyTypes_data()
{
    QTest::addColumn<QByteArray>("descr");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("type");
    QTest::addColumn<std::vector<double>>("numbers");
    const auto row = [](const char *descr, const QByteArray &bytes, Type type,
                        const std::vector<double> &numbers) {
        QTest::newRow(descr) << QByteArray(descr) << bytes << int(type) << numbers;
    };
    row("|u1", bytesOf<quint8>({0, 1, 255}), Type::UInt8, {0, 1, 255});
    row("|i1", bytesOf<qint8>({0, 1, -128}), Type::Int8, {0, 1, -128});
    row("|b1", bytesOf<quint8>({0, 1, 2}), Type::UInt8, {0, 1, 1});
    for (const bool isBig : {false, true}) {
        const auto name = [isBig](const char *type) {
            return (isBig ? ">" : "<") + QByteArray(type);
        };
        row(name("u2"), bytesOf<quint16>({0, 1, 65535}, isBig), Type::UInt16, {0, 1, 65535});
        row(name("i2"), bytesOf<qint16>({0, 1, -2}, isBig), Type::Int16, {0, 1, -2});
        row(name("u4"), bytesOf<quint32>({0, 1, 4294967295u}, isBig), Type::UInt32,
            {0, 1, 4294967295.});
        row(name("i4"), bytesOf<qint32>({0, 1, -70000}, isBig), Type::Int32, {0, 1, -70000});
        row(name("u8"), bytesOf<quint64>({0, 1, 1ull << 63}, isBig), Type::UInt64, {0, 1, 0x1p63});
        row(name("i8"), bytesOf<qint64>({0, 1, -5000000000}, isBig), Type::Int64,
            {0, 1, -5000000000.});
        row(name("f4"), bytesOf<float>({0, 1, -1.5e30f}, isBig), Type::Float32,
            {0, 1, double(-1.5e30f)});
        row(name("f8"), bytesOf<double>({0, 1, -1.5e300}, isBig), Type::Float64, {0, 1, -1.5e300});
        // 0, 1, -2, the largest, the smallest normal, the smallest at all, 1/3, -infinity
        row(name("f2"),
            bytesOf<quint16>({0x0000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555, 0xfc00},
                             isBig),
            Type::Float32, {0, 1, -2, 65504, 0x1p-14, 0x1p-24, 0.333251953125, -double(INFINITY)});
    }
}

void TestFormats::readsNumPyTypes()
{
    QFETCH(QByteArray, descr);
    QFETCH(QByteArray, bytes);
    QFETCH(int, type);
    QFETCH(std::vector<double>, numbers);
    const QByteArray shape = "(" + QByteArray::number(int(numbers.size())) + ",)";
    const QString file = write("types.npy", npy(header(descr, shape), bytes));
    const Array array = readArray({file, {}}, unwatched());
    QCOMPARE(int(array.info.type), type);
    QCOMPARE(numbersOf(array), numbers);
    QCOMPARE(array.info.title, QString("types"));
}

void TestFormats::readsEveryVersionOfNumPyHeaders()
{
    for (const int version : {1, 2, 3}) {
        const QByteArray bytes = bytesOf<float>({1, 2, 3, 4, 5, 6});
        QString file = write("version.npy", npy(header("<f4", "(2, 3)"), bytes, version));
        QCOMPARE(readArray({file, {}}, unwatched()).info.shapeText(), QString("2 × 3"));
        // Another order of keys, no blanks, no comma at the end; Python 2 wrote 2L.
        file = write("version.npy",
                     npy("{'shape':(2L,3L),'fortran_order':False,'descr':'<f4'}", bytes, version));
        QCOMPARE(numbersOf(readArray({file, {}}, unwatched())),
                 (std::vector<double>{1, 2, 3, 4, 5, 6}));
    }
    const QString file = write("version.npy", npy(header("<f4", "(1,)"), bytesOf<float>({1}), 4));
    QVERIFY(readError(file).contains("version is 4"));
}

void TestFormats::readsFortranOrder()
{
    // Element (i, j, k) of 2 x 3 x 4 is 100 i + 10 j + k.
    std::vector<qint16> file, wanted;
    for (int k = 0; k < 4; ++k)
        for (int j = 0; j < 3; ++j)
            for (int i = 0; i < 2; ++i)
                file.push_back(qint16(100 * i + 10 * j + k));
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 4; ++k)
                wanted.push_back(qint16(100 * i + 10 * j + k));
    for (const char *shape : {"(2, 3, 4)", "(2, 3, 4, 1)", "(1, 2, 1, 3, 4)"})
        for (const bool isBig : {false, true}) {
            const QString name =
                write("fortran.npy",
                      npy(header(isBig ? ">i2" : "<i2", shape, true), bytesOf(file, isBig)));
            const Array array = readArray({name, {}}, unwatched());
            QCOMPARE(numbersOf(array), std::vector<double>(wanted.begin(), wanted.end()));
        }
    for (const char *shape : {"(24,)", "(1, 24)", "(24, 1)"}) {
        const QString name = write("fortran.npy", npy(header("<i2", shape, true), bytesOf(file)));
        QCOMPARE(numbersOf(readArray({name, {}}, unwatched())),
                 std::vector<double>(file.begin(), file.end()));
    }
}

void TestFormats::readsLargeFortranArraysBySlab()
{
    // 16 MiB a slab: planes that are smaller than one, and a plane that needs several.
    for (const auto &[rows, cols, depth] : {std::tuple(300, 200, 400), {3000, 4000, 2}}) {
        std::vector<quint16> file(std::size_t(rows) * cols * depth);
        const auto number = [](std::size_t i, std::size_t j, std::size_t k) {
            return quint16(i * 7919 + j * 104729 + k * 31);
        };
        std::size_t at = 0;
        for (int k = 0; k < depth; ++k)
            for (int j = 0; j < cols; ++j)
                for (int i = 0; i < rows; ++i)
                    file[at++] = number(std::size_t(i), std::size_t(j), std::size_t(k));
        const QByteArray shape = QString("(%1, %2, %3)").arg(rows).arg(cols).arg(depth).toLatin1();
        const QString name = write("slabs.npy", npy(header("<u2", shape, true), bytesOf(file)));
        const Array array = readArray({name, {}}, unwatched());
        bool isRight = true;
        at = 0;
        const auto *numbers = reinterpret_cast<const quint16 *>(array.samples.bytes());
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < cols; ++j)
                for (int k = 0; k < depth; ++k)
                    isRight = isRight && numbers[at++] ==
                                             number(std::size_t(i), std::size_t(j), std::size_t(k));
        QVERIFY(isRight);
        QFile::remove(name);
    }
}

void TestFormats::readsStoredAndDeflatedArchives()
{
    const QByteArray image = npy(header("<f4", "(2, 2)"), bytesOf<float>({1, 2, 3, 4}));
    const QByteArray texts = npy(header("<U3", "(2,)"), QByteArray(24, 'a'));
    for (const bool isPacked : {false, true}) {
        const QString file =
            writeZip("both.npz", {{"image.npy", image}, {"texts.npy", texts}, {"Größe.npy", image}},
                     isPacked);
        const QList<ArrayInfo> arrays = listArrays(file);
        QCOMPARE(arrays.size(), 2); // texts are of no use
        QCOMPARE(arrays[0].path, QString("image"));
        QCOMPARE(numbersOf(readArray({file, "Größe"}, unwatched())),
                 (std::vector<double>{1, 2, 3, 4}));
        QVERIFY(readError(file, "texts").contains("'texts' of"));
        const QString missing = readError(file, "nothing");
        QVERIFY2(missing.contains("no array 'nothing'") && missing.contains("image"),
                 qPrintable(missing));
    }
    // By its content, not its name.
    QVERIFY(QFile::rename(m_folder.filePath("both.npz"), m_folder.filePath("both.dat")));
    QCOMPARE(QString(formatOf(m_folder.filePath("both.dat")).name), QString("NumPy"));
}

void TestFormats::readsScalarsAndEmptyArrays()
{
    QString file = write("one.npy", npy(header("<f8", "()"), bytesOf<double>({2.5})));
    QCOMPARE(numbersOf(readArray({file, {}}, unwatched())), std::vector<double>{2.5});
    file = write("one.npy", npy(header("<f8", "(3, 0)", true), {}));
    const Array array = readArray({file, {}}, unwatched());
    QVERIFY(array.samples.isEmpty());
    QVERIFY(errorOf([&] { array.toMap(); }).contains("empty"));
}

void TestFormats::refusesPickles()
{
    const QString object = write("dkl.npy", npy(header("|O", "()"), "\x80\x04}."));
    const QString bare = write("dkl.pkl", QByteArray("\x80\x04\x95\x0b\0\0\0\0\0\0\0}.", 13));
    const QString record =
        write("record.npy",
              npy("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }", "x"));
    for (const QString &file : {object, bare, record}) {
        const QString error = readError(file);
        QVERIFY2(error.contains(file) && error.contains("allow_pickle=False") &&
                     error.contains("numpy.savez"),
                 qPrintable(error));
    }
}

void TestFormats::refusesTypesItCannotUse()
{
    QVERIFY(readError(write("c.npy", npy(header("<c8", "(1,)"), QByteArray(8, 0))))
                .contains("complex"));
    QVERIFY(readError(write("f.npy", npy(header("<f16", "(1,)"), QByteArray(16, 0))))
                .contains("float32"));
    QVERIFY(
        readError(write("m.npy", npy(header("<M8[ns]", "(1,)"), QByteArray(8, 0)))).contains("M8"));
    QVERIFY(readError(write("v.npy", npy("{'descr': [('a', '<f4'), ('b', '<f4')], "
                                         "'fortran_order': False, 'shape': (1,), }",
                                         QByteArray(8, 0))))
                .contains("fields"));
}

void TestFormats::refusesDamagedNumPyHeaders_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text :
         {"", "{", "}", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
          "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
          "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (1,,)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os'),)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} junk",
          "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
          "{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}",
          "{'descr': '<f99999999999999999999', 'fortran_order': False, 'shape': (1,)}"})
        QTest::newRow(text) << QByteArray(text);
}

void TestFormats::refusesDamagedNumPyHeaders()
{
    QFETCH(QByteArray, text);
    const QString error = readError(write("damaged.npy", npy(text, bytesOf<float>({1}))));
    QVERIFY2(error.contains("damaged.npy"), qPrintable(error));
}

void TestFormats::refusesSizesThatAreNotThere()
{
    for (const char *shape :
         {"(4,)", "(1000000, 1000000, 1000000)", "(4294967296, 4294967296, 4294967296)",
          "(9223372036854775807, 9223372036854775807)", "(9223372036854775807,)"}) {
        const QString error =
            readError(write("size.npy", npy(header("<f4", shape), bytesOf<float>({1}))));
        QVERIFY2(error.contains("size.npy") && error.contains("promises"), qPrintable(error));
    }
    const QString error =
        readError(write("size.npy", npy(header("<f4", "(1,)"), bytesOf<float>({1, 2}))));
    QVERIFY2(error.contains("4 bytes more"), qPrintable(error));
    QVERIFY(readError(write("size.npy", QByteArray("\x93NUMPY\x01\0\xff\xff{", 11)))
                .contains("cut off"));
    QVERIFY(readError(write("size.npy", QByteArray("\x93NUMPY\x02\0\xff\xff\xff\xff{", 13)))
                .contains("cut off"));
    QVERIFY(readError(write("size.npy", "\x93NUMPY")).contains("cut off"));
}

void TestFormats::refusesZipBombs()
{
    // The directory's entry claims more than deflate can pack into what is there.
    const QByteArray image = npy(header("<f4", "(2, 2)"), bytesOf<float>({1, 2, 3, 4}));
    const QString file = writeZip("bomb.npz", {{"image.npy", image}});
    QFile in(file);
    QVERIFY(in.open(QIODevice::ReadOnly));
    QByteArray bytes = in.readAll();
    in.close();
    const qsizetype directory = bytes.lastIndexOf("PK\x01\x02");
    QVERIFY(directory > 0);
    const auto claim = qToLittleEndian(quint32(4000000000u));
    bytes.replace(directory + 24, 4, reinterpret_cast<const char *>(&claim), 4);
    QString error = readError(write("bomb.npz", bytes), "image");
    QVERIFY2(error.contains("cannot be true"), qPrintable(error));
    // The header inside promises more than the entry holds.
    const QByteArray liar = npy(header("<f4", "(100000, 100000)"), bytesOf<float>({1}));
    error = readError(writeZip("liar.npz", {{"image.npy", liar}}), "image");
    QVERIFY2(error.contains("promises"), qPrintable(error));
}

void TestFormats::refusesDamagedArchives()
{
    QByteArray numbers(40000, 'x');
    for (qsizetype i = 0; i < numbers.size(); ++i)
        numbers[i] = char(i * i >> 3);
    const QByteArray image = npy(header("|u1", "(200, 200)"), numbers);
    const QString file = writeZip("whole.npz", {{"image.npy", image}}, false);
    QVERIFY(readError(file).isEmpty());
    QFile in(file);
    QVERIFY(in.open(QIODevice::ReadOnly));
    QByteArray bytes = in.readAll();
    QString error = readError(write("cut.npz", bytes.left(bytes.size() / 2)));
    QVERIFY2(error.contains("cut.npz"), qPrintable(error));
    bytes[20000] = char(bytes[20000] ^ 1);
    error = readError(write("flipped.npz", bytes), "image");
    QVERIFY2(error.contains("flipped.npz"), qPrintable(error)); // by its check sum
    error = readError(writeZip("none.npz", {{"readme.txt", "no array"}}));
    QVERIFY2(error.contains("holds no array"), qPrintable(error));
    QVERIFY(readError(writeZip("other.zip", {{"readme.txt", "no array"}})).contains("known"));
}

void TestFormats::refusesTruncatedRealFiles()
{
    for (const char *name : {"sio2-haadf-eds/SiO2_HAADF_Image.hspy", "formats/Acquisition_18.emd",
                             "fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz"}) {
        QFile in(m_shared + name);
        if (!in.open(QIODevice::ReadOnly))
            QSKIP("the recorded data are not there");
        const QByteArray bytes = in.readAll();
        for (const double part : {0.001, 0.3, 0.7, 0.999}) {
            const QString file =
                write(QFileInfo(name).fileName(), bytes.left(qsizetype(part * bytes.size())));
            const QString error = errorOf([&] {
                for (const ArrayInfo &info : listArrays(file))
                    readArray({file, info.path}, unwatched());
            });
            QVERIFY2(error.contains(file), qPrintable(QString("%1: '%2'").arg(part).arg(error)));
        }
    }
}

void TestFormats::refusesHyperSpyFilesThatContradictThemselves()
{
    const auto error = [&](auto change) {
        return readError(hyperspyFile("odd.hspy", change), "Image");
    };
    QVERIFY(error([](Hdf5File &) {}).isEmpty());
    const QString axis = "Experiments/Image/axis-1";
    QString text = error([&](Hdf5File &f) { f.setAttribute(axis, "size", 6); });
    QVERIFY2(text.contains("'x'") && text.contains("6 points"), qPrintable(text));
    text = error([&](Hdf5File &f) { f.setAttribute(axis, "scale", std::nan("")); });
    QVERIFY2(text.contains("odd.hspy") && text.contains("Experiments/Image/data") &&
                 text.contains("scale nan"),
             qPrintable(text));
    text = error([&](Hdf5File &f) { f.setAttribute(axis, "offset", double(INFINITY)); });
    QVERIFY2(text.contains("offset inf"), qPrintable(text));
    text = error([&](Hdf5File &f) { f.setAttribute(axis, "scale", 0.0); });
    QVERIFY2(text.contains("scale 0"), qPrintable(text));
    text = error([&](Hdf5File &f) { f.setAttribute(axis, "expression", "a * x"); });
    QVERIFY2(text.contains("convert_to_non_uniform_axis"), qPrintable(text));
    text = error([&](Hdf5File &f) { f.write(axis + "/axis", {3}, std::vector<double>{1, 2, 3}); });
    QVERIFY2(text.contains("does not list 5"), qPrintable(text));
    // The list of arrays stays usable, without the calibration.
    QCOMPARE(listArrays(m_folder.filePath("odd.hspy")).size(), 1);

    const QString bare = m_folder.filePath("bare.hspy");
    {
        Hdf5File out(bare, Hdf5File::Mode::Create);
        out.makeGroup("Experiments/Nothing");
        out.write("Experiments/NoAxes/data", {2, 2}, std::vector<float>(4));
    }
    text = readError(bare, "NoAxes");
    QVERIFY2(text.contains("no 'axis-0'"), qPrintable(text));
    text = readError(bare, "Nothing");
    QVERIFY2(text.contains("no dataset 'data'"), qPrintable(text));
    {
        Hdf5File out(m_folder.filePath("none.hspy"), Hdf5File::Mode::Create);
        out.makeGroup("Experiments/Nothing");
    }
    text = readError(m_folder.filePath("none.hspy"));
    QVERIFY2(text.contains("none.hspy") && text.contains("no array"), qPrintable(text));
}

void TestFormats::readsUnevenHyperSpyAxes()
{
    const QString file = hyperspyFile("uneven.hspy", [](Hdf5File &f) {
        f.write("Experiments/Image/axis-1/axis", {5}, std::vector<double>{1, 2, 4, 8, 16});
        f.setAttribute("Experiments/Image/axis-0", "axis", QVariantList{0.0, 1.0, 1.5, 4.0});
    });
    const Array array = readArray({file, "Image"}, unwatched());
    QCOMPARE(array.info.axes[1].values, (std::vector<double>{1, 2, 4, 8, 16}));
    QCOMPARE(array.info.axes[1].at(3), 8.0);
    QCOMPARE(array.info.axes[0].values, (std::vector<double>{0, 1, 1.5, 4}));
}

void TestFormats::refusesEmdAxesOfTheWrongLength()
{
    const auto emdFile = [&](const std::vector<double> &second) {
        const QString file = m_folder.filePath("odd.emd");
        QFile::remove(file);
        Hdf5File out(file, Hdf5File::Mode::Create);
        out.setAttribute("", "version_major", 0);
        out.write("data/scan/data", {2, 4}, std::vector<float>(8));
        out.setAttribute("data", "emd_group_type", 1); // as HyperSpy marks the group above
        out.setAttribute("data/scan", "emd_group_type", QVariantList{1});
        out.write("data/scan/dim1", {2}, std::vector<double>{1, 1.5});
        out.setAttribute("data/scan/dim1", "units", "[n_m]");
        out.write("data/scan/dim2", {std::int64_t(second.size())}, second);
        out.setAttribute("data/scan/dim2", "units", "eV");
        return file;
    };
    QString file = emdFile({1, 2, 4, 8});
    const Array array = readArray({file, "scan"}, unwatched());
    QCOMPARE(array.info.axes[0].scale, 0.5);
    QCOMPARE(nanometresPerStep(array.info.axes[0]), 0.5);
    QCOMPARE(array.info.axes[1].values, (std::vector<double>{1, 2, 4, 8}));
    file = emdFile({1, 2, 3});
    QString error = readError(file);
    QVERIFY2(error.contains("data/scan/dim2") && error.contains("odd.emd"), qPrintable(error));
    error = readError(emdFile({1, 2, std::nan(""), 4}));
    QVERIFY2(error.contains("data/scan/dim2") && error.contains("not finite"), qPrintable(error));
    QCOMPARE(listArrays(file).size(), 1);
}

void TestFormats::listsTheFormatsForAnUnknownFile()
{
    QString error = readError(write("text.txt", "hello, this is a text"));
    for (const Format &format : formats())
        QVERIFY2(error.contains(format.name) && error.contains("text.txt"), qPrintable(error));
    error = readError(HELMSCOPE_SOURCE "/tests/data/odd.h5"); // HDF5, but of no format of ours
    QVERIFY2(error.contains("odd.h5") && error.contains("Known are"), qPrintable(error));
    error = readError(write("empty.hspy", {}));
    QVERIFY2(error.contains("empty.hspy") && error.contains("is empty"), qPrintable(error));
}

void TestFormats::refusesFilesThatAreNotThere()
{
    const QString error = readError(m_folder.filePath("absent.npy"));
    QVERIFY2(error.contains("absent.npy") && error.contains("No such file"), qPrintable(error));
    QVERIFY(readError(m_folder.path()).contains("folder"));
}

void TestFormats::findsArraysByTitleOrPath()
{
    const QByteArray one = npy(header("<f4", "(1,)"), bytesOf<float>({1}));
    const QString file = writeZip("names.npz", {{"a.npy", one}, {"b.npy", one}});
    const QString error = readError(file);
    QVERIFY2(error.contains("'a'") && error.contains("'b'"), qPrintable(error));
    const QString spy = hyperspyFile("title.hspy", [](Hdf5File &f) {
        f.makeGroup("Experiments/Image/metadata/General");
        f.setAttribute("Experiments/Image/metadata/General", "title", "HAADF / 1");
    });
    for (const char *name : {"", "HAADF / 1", "Image", "Experiments/Image"})
        QCOMPARE(readArray({spy, name}, unwatched()).info.title, QString("HAADF / 1"));
}

void TestFormats::splitsAddresses()
{
    const QString file = write("with:colon.npz", "x");
    QVERIFY((Address::parse(file) == Address{file, {}}));
    QVERIFY((Address::parse(file + ":si") == Address{file, "si"}));
    QVERIFY((Address::parse(file + ":a:b") == Address{file, "a:b"}));
    QVERIFY((Address::parse("absent.npz:si") == Address{"absent.npz", "si"}));
    QVERIFY((Address::parse("absent.npz") == Address{"absent.npz", {}}));
    QCOMPARE(Address::parse(file + ":si").text(), file + ":si");
    QCOMPARE((Address{file, {}}).text(), file);
}

void TestFormats::stopsWhenTold()
{
    const QString file =
        write("stop.npy", npy(header("<f4", "(2, 2)"), bytesOf<float>({1, 2, 3, 4})));
    QCOMPARE(errorOf([&] {
                 readArray({file, {}}, [](double) { return false; });
             }),
             QString("Stopped."));
}

/// Kilobytes that /proc says of this process under a name; -1 where there is no /proc.
static qint64 memory(const char *name)
{
    QFile status("/proc/self/status");
    if (!status.open(QIODevice::ReadOnly))
        return -1;
    const QRegularExpression line(QString("%1:\\s*(\\d+) kB").arg(name));
    const QString number = line.match(status.readAll()).captured(1);
    return number.isEmpty() ? -1 : number.toLongLong();
}

void TestFormats::readsALargeArrayWithoutTwiceItsSize()
{
#if defined(__SANITIZE_ADDRESS__)
    QSKIP("under the address sanitizer memory says nothing");
#endif
    // HELMSCOPE_LARGE_MB=2000 measures a larger one by hand.
    const qint64 megabytes = std::max(128, qEnvironmentVariableIntValue("HELMSCOPE_LARGE_MB"));
    for (const bool isFortran : {false, true}) {
        const QByteArray shape = "(64, 128, " + QByteArray::number(megabytes * 64) + ")";
        const QString name = write("large.npy", npy(header("<u2", shape, isFortran), {}));
        QFile file(name);
        QVERIFY(file.resize(file.size() + (megabytes << 20))); // a hole: takes no disk
        QFile reset("/proc/self/clear_refs");
        if (!reset.open(QIODevice::WriteOnly) || reset.write("5") != 1 || memory("VmHWM") < 0)
            QSKIP("this system does not say how much memory was used at most");
        reset.close();
        const qint64 before = memory("VmRSS");
        const Array array = readArray({name, {}}, unwatched());
        const double used = double(memory("VmHWM") - before) / 1024;
        qInfo("%lld MiB read with %.0f MiB at most", megabytes, used);
        QVERIFY(used < double(megabytes) + 48); // 16 MiB of slab, and what the allocator keeps
        QFile::remove(name);
    }
}

void TestFormats::survivesEveryChangedByte()
{
    const QByteArray array = npy(header("<f4", "(2, 3)", true), bytesOf<float>({1, 2, 3, 4, 5, 6}));
    const QString file = writeZip("base.npz", {{"image.npy", array}}, false);
    QFile in(file);
    QVERIFY(in.open(QIODevice::ReadOnly));
    for (const QByteArray &whole : {array, in.readAll()})
        for (qsizetype at = 0; at < whole.size(); ++at) {
            static constexpr int changes[] = {0x01, 0x80, 0xff};
            QByteArray bytes = whole;
            bytes[at] = char(bytes[at] ^ changes[at % 3]);
            const QString name = write("changed", bytes);
            errorOf([&] { // numbers or a sentence
                for (const ArrayInfo &info : listArrays(name))
                    readArray({name, info.path}, unwatched());
            });
        }
}

QTEST_GUILESS_MAIN(TestFormats)
#include "tst_formats.moc"
