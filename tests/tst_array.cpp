// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tr.h"
#include "data/spectra.h"

#include <QTest>

#include <cmath>
#include <cstring>
#include <limits>

using namespace helmscope;

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

/// 0, 1, 2, ... in this shape.
static Array counting(const std::vector<std::int64_t> &shape,
                      Samples::Type type = Samples::Type::UInt16)
{
    Array array;
    array.info.path = "counting";
    array.info.type = type;
    for (const std::int64_t size : shape) {
        Axis axis;
        axis.size = size;
        array.info.axes << axis;
    }
    array.samples = Samples(type, std::size_t(array.info.count()));
    for (std::size_t i = 0; i < array.samples.count(); ++i) {
        const auto number = std::uint16_t(i);
        if (type == Samples::Type::UInt16)
            std::memcpy(array.samples.bytes() + 2 * i, &number, 2);
    }
    return array;
}

static EnergyAxis energies(int channels)
{
    EnergyAxis axis{"Energy", "keV", {}};
    for (int i = 0; i < channels; ++i)
        axis.values.push_back(0.5 + 0.25 * i);
    return axis;
}

class TestArray : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void holdsNumbersOfEveryType_data();
    void holdsNumbersOfEveryType();
    void samplesAreSharedNotCopied();
    void refusesMoreNumbersThanMemory();
    void countsAndRefusesOverflow();
    void becomesAMapOfTheTwoLongDimensions();
    void becomesAList();
    void refusesWrongShapes();
    void knowsUnitsOfLength_data();
    void knowsUnitsOfLength();
    void uncalibratedAxesHaveNoLength();
    void findsSpectraWhereverTheirAxisIs_data();
    void findsSpectraWhereverTheirAxisIs();
    void binsChannels();
    void refusesEnergiesThatDoNotIncrease();
    void refusesSpectraOfWrongShape();
};

void TestArray::holdsNumbersOfEveryType_data()
{
    using Type = Samples::Type;
    QTest::addColumn<int>("type");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<double>("number");
    QTest::addColumn<QString>("name");
    const auto row = [](Type type, auto number, const char *name) {
        QTest::newRow(name) << int(type)
                            << QByteArray(reinterpret_cast<const char *>(&number), sizeof number)
                            << double(number) << QString(name);
    };
    row(Type::UInt8, std::uint8_t(200), "uint8");
    row(Type::Int8, std::int8_t(-100), "int8");
    row(Type::UInt16, std::uint16_t(60000), "uint16");
    row(Type::Int16, std::int16_t(-30000), "int16");
    row(Type::UInt32, std::uint32_t(4000000000), "uint32");
    row(Type::Int32, std::int32_t(-2000000000), "int32");
    row(Type::UInt64, std::uint64_t(1) << 63, "uint64");
    row(Type::Int64, -(std::int64_t(1) << 62), "int64");
    row(Type::Float32, 1.5f, "float32");
    row(Type::Float64, -1e300, "float64");
}

void TestArray::holdsNumbersOfEveryType()
{
    QFETCH(int, type);
    QFETCH(QByteArray, bytes);
    QFETCH(double, number);
    QFETCH(QString, name);
    Samples samples(Samples::Type(type), 3);
    QCOMPARE(samples.at(1), 0.0);
    QCOMPARE(Samples::sizeOf(samples.type()), std::size_t(bytes.size()));
    QCOMPARE(Samples::nameOf(samples.type()), name);
    std::memcpy(samples.bytes() + bytes.size(), bytes.constData(), std::size_t(bytes.size()));
    QCOMPARE(samples.at(1), number);
    float copied[2] = {-1, -1};
    samples.copy(1, 2, -1, copied); // backwards
    QCOMPARE(copied[0], float(number));
    QCOMPARE(copied[1], 0.f);
}

void TestArray::samplesAreSharedNotCopied()
{
    const Array array = counting({2, 3, 4});
    const Array copy = array;
    QCOMPARE(copy.samples.bytes(), array.samples.bytes());
    QVERIFY(Samples().isEmpty());
    QVERIFY(Samples(Samples::Type::Float64, 0).isEmpty());
}

void TestArray::refusesMoreNumbersThanMemory()
{
    const auto most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t count : {most, most / 8, std::size_t(1) << 45}) {
        const QString error = errorOf([&] { Samples(Samples::Type::Float64, count); });
        QVERIFY2(error.contains("in memory"), qPrintable(error));
    }
    QVERIFY(errorOf([] { Samples(Samples::Type::Float64, std::size_t(1) << 45); }).contains("256"));
}

void TestArray::countsAndRefusesOverflow()
{
    QCOMPARE(counting({2, 3, 4}).info.count(), 24);
    QCOMPARE(counting({2, 3, 4}).info.shapeText(), QString("2 × 3 × 4"));
    QCOMPARE(ArrayInfo().count(), 1); // a single number
    ArrayInfo info = counting({1, 1, 1}).info;
    for (Axis &axis : info.axes)
        axis.size = std::int64_t(1) << 30;
    QVERIFY(errorOf([&] { info.count(); }).contains("too large"));
}

void TestArray::becomesAMapOfTheTwoLongDimensions()
{
    for (const std::vector<std::int64_t> &shape :
         {std::vector<std::int64_t>{2, 3}, {1, 2, 3}, {2, 3, 1}, {2, 1, 3}}) {
        const Map map = counting(shape).toMap();
        QCOMPARE(map.rows(), 2);
        QCOMPARE(map.cols(), 3);
        QCOMPARE(map(1, 0), 3.f);
    }
}

void TestArray::becomesAList()
{
    QCOMPARE(counting({3}).toList(), (std::vector<double>{0, 1, 2}));
    QCOMPARE(counting({1, 3}).toList(), (std::vector<double>{0, 1, 2}));
}

void TestArray::refusesWrongShapes()
{
    for (const std::vector<std::int64_t> &shape :
         {std::vector<std::int64_t>{}, {4}, {1, 4}, {2, 3, 4}, {0, 3}}) {
        const QString error = errorOf([&] { counting(shape).toMap(); });
        QVERIFY2(error.contains("counting"), qPrintable(error));
    }
    QVERIFY(errorOf([] { counting({2, 3}).toList(); }).contains("2 × 3"));
    Array array = counting({2, 3});
    array.samples = Samples(Samples::Type::UInt16, 5);
    QVERIFY(errorOf([&] { array.toMap(); }).contains("5 numbers"));
}

void TestArray::knowsUnitsOfLength_data()
{
    QTest::addColumn<double>("nanometres");
    QTest::newRow("pm") << 0.001;
    QTest::newRow("Å") << 0.1;
    QTest::newRow("\u212b") << 0.1;
    QTest::newRow("nm") << 1.0;
    QTest::newRow(" nm ") << 1.0;
    QTest::newRow("µm") << 1e3;
    QTest::newRow("μm") << 1e3;
    QTest::newRow("um") << 1e3;
    QTest::newRow("microns") << 1e3;
    QTest::newRow("mm") << 1e6;
    QTest::newRow("m") << 1e9;
    QTest::newRow("meters") << 1e9;
    QTest::newRow("1/nm") << 0.0;
    QTest::newRow("eV") << 0.0;
    QTest::newRow("ms") << 0.0;
    QTest::newRow("") << 0.0;
}

void TestArray::knowsUnitsOfLength()
{
    QFETCH(double, nanometres);
    Axis axis;
    axis.unit = QString::fromUtf8(QTest::currentDataTag());
    axis.scale = -0.5; // scanned from the other side
    axis.isCalibrated = true;
    QCOMPARE(nanometresPerStep(axis), 0.5 * nanometres);
    axis.values = {1, 2, 5};
    QCOMPARE(nanometresPerStep(axis), 2 * nanometres);
}

void TestArray::uncalibratedAxesHaveNoLength()
{
    Axis axis;
    axis.unit = "nm";
    QCOMPARE(nanometresPerStep(axis), 0.0);
    axis.isCalibrated = true;
    axis.scale = std::nan("");
    QCOMPARE(nanometresPerStep(axis), 0.0);
}

void TestArray::findsSpectraWhereverTheirAxisIs_data()
{
    QTest::addColumn<int>("axis");
    QTest::newRow("first") << 0;
    QTest::newRow("middle") << 1;
    QTest::newRow("last") << 2;
}

void TestArray::findsSpectraWhereverTheirAxisIs()
{
    QFETCH(int, axis);
    const int shape[3] = {2, 3, 4};
    const Spectra spectra(counting({2, 3, 4}), axis, energies(shape[axis]));
    QCOMPARE(spectra.rows(), axis == 0 ? 3 : 2);
    QCOMPARE(spectra.cols(), axis == 2 ? 3 : 4);
    QCOMPARE(spectra.channels(), shape[axis]);
    for (int row = 0; row < spectra.rows(); ++row)
        for (int col = 0; col < spectra.cols(); ++col) {
            const Eigen::VectorXf spectrum = spectra.at({row, col});
            for (int e = 0; e < spectrum.size(); ++e) {
                const int index = axis == 0   ? 12 * e + 4 * row + col
                                  : axis == 1 ? 12 * row + 4 * e + col
                                              : 12 * row + 4 * col + e;
                QCOMPARE(spectrum[e], float(index));
            }
        }
    QVERIFY(errorOf([&] { spectra.at({0, spectra.cols()}); }).contains("no spectrum"));
    QVERIFY(errorOf([&] { spectra.at({-1, 0}); }).contains("no spectrum"));
}

void TestArray::binsChannels()
{
    const Spectra spectra(counting({2, 3, 7}), 2, energies(7));
    const Spectra binned = spectra.binned(2); // the seventh channel is left out
    QCOMPARE(binned.channels(), 3);
    QCOMPARE(binned.energies().values, (std::vector<double>{0.625, 1.125, 1.625}));
    QCOMPARE(binned.energies().unit, QString("keV"));
    const Eigen::VectorXf spectrum = binned.at({1, 2});
    QCOMPARE(spectrum.size(), 3);
    QCOMPARE(spectrum[0], 35.5f);
    QCOMPARE(spectrum[2], 39.5f);
    const Spectra twice = binned.binned(3); // six channels into one
    QCOMPARE(twice.channels(), 1);
    QCOMPARE(twice.at({0, 0})[0], 2.5f);
    QCOMPARE(twice.energies().values[0], 1.125);
    QVERIFY(errorOf([&] { spectra.binned(0); }).contains("0"));
    QVERIFY(errorOf([&] { spectra.binned(8); }).contains("7"));
}

void TestArray::refusesEnergiesThatDoNotIncrease()
{
    EnergyAxis axis = energies(4);
    axis.values[2] = axis.values[1];
    QString error = errorOf([&] { Spectra(counting({2, 3, 4}), 2, axis); });
    QVERIFY2(error.contains("counting") && error.contains("do not increase"), qPrintable(error));
    std::reverse(axis.values.begin(), axis.values.end());
    error = errorOf([&] { Spectra(counting({2, 3, 4}), 2, axis); });
    QVERIFY2(error.contains("Reverse"), qPrintable(error));
    for (const double odd : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        axis = energies(4);
        axis.values[3] = odd;
        error = errorOf([&] { Spectra(counting({2, 3, 4}), 2, axis); });
        QVERIFY2(error.contains("channel 3") && error.contains("finite"), qPrintable(error));
    }
}

void TestArray::refusesSpectraOfWrongShape()
{
    QVERIFY(errorOf([] { Spectra(counting({2, 3}), 1, energies(3)); }).contains("2 × 3"));
    QVERIFY(errorOf([] { Spectra(counting({2, 3, 4}), 3, energies(4)); }).contains("axis"));
    QVERIFY(errorOf([] { Spectra(counting({2, 3, 4}), 2, energies(5)); }).contains("5 energies"));
    QVERIFY(errorOf([] { Spectra(counting({2, 0, 4}), 2, energies(4)); }).contains("2 × 0 × 4"));
    Array array = counting({2, 3, 4});
    array.samples = Samples(Samples::Type::UInt16, 23);
    QVERIFY(errorOf([&] { Spectra(array, 2, energies(4)); }).contains("23"));
}

QTEST_GUILESS_MAIN(TestArray)
#include "tst_array.moc"
