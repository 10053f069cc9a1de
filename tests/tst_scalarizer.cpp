// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tr.h"
#include "data/scalarizer.h"

#include <QLocale>
#include <QTest>

#include <cmath>
#include <cstring>
#include <random>

using namespace helmscope;
using Kind = Scalarizer::Kind;
using Background = Scalarizer::Background;

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

static EnergyAxis evenly(double first, double step, int channels)
{
    EnergyAxis axis{"Energy loss", "eV", {}};
    for (int i = 0; i < channels; ++i)
        axis.values.push_back(first + step * i);
    return axis;
}

template <class Function>
static Eigen::VectorXf sampled(const EnergyAxis &axis, Function f)
{
    Eigen::VectorXf spectrum(axis.channels());
    for (int i = 0; i < spectrum.size(); ++i)
        spectrum[i] = float(f(axis.values[std::size_t(i)]));
    return spectrum;
}

class TestScalarizer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void averagesTheBandWithBothEnds();
    void findsTheVertexOfAParabola_data();
    void findsTheVertexOfAParabola();
    void findsTheVertexOnAnUnevenAxis();
    void takesTheChannelWhereNoParabolaFits();
    void staysWithinTheBand();
    void dividesTwoBands();
    void subtractsAConstant();
    void subtractsAPowerLaw();
    void fitsAPowerLawThroughZerosAndNegatives();
    void powerLawIsUnbiasedEnoughOnPoissonCounts();
    void leavesOutWhatIsNotFinite();
    void isNotANumberWhereNothingIsDefined();
    void weightsGiveTheSameValue_data();
    void weightsGiveTheSameValue();
    void hasNoWeightsWhereItIsNotLinear();
    void checksBandsAgainstTheAxis();
    void knowsItsUnit();
    void parsesWhatItWrites_data();
    void parsesWhatItWrites();
    void refusesTextsItDoesNotUnderstand_data();
    void refusesTextsItDoesNotUnderstand();
    void mapsAllSpectra();
    void namesChannelsInFewDigits_data();
    void namesChannelsInFewDigits();
    void refusesABandOfNoChannels();
    void keepsNumbersThatReadWell();
};

void TestScalarizer::averagesTheBandWithBothEnds()
{
    const EnergyAxis axis = evenly(0, 1, 10);
    const Eigen::VectorXf spectrum = sampled(axis, [](double e) { return e * e; });
    Scalarizer mean;
    mean.band = {2, 4};
    QCOMPARE(mean(spectrum, axis), (4.0 + 9 + 16) / 3);
    mean.band = {1.5, 4.5};
    QCOMPARE(mean(spectrum, axis), (4.0 + 9 + 16) / 3);
    mean.band = {-5, 100};
    QCOMPARE(mean(spectrum, axis), 28.5);
    QVERIFY(errorOf([&] { mean(Eigen::VectorXf(3), axis); }).contains("3"));
}

void TestScalarizer::findsTheVertexOfAParabola_data()
{
    QTest::addColumn<double>("vertex");
    for (const double vertex : {4.0, 4.25, 4.5, 4.75, 5.4})
        QTest::addRow("%g", vertex) << vertex;
}

void TestScalarizer::findsTheVertexOfAParabola()
{
    QFETCH(double, vertex);
    const EnergyAxis axis = evenly(0, 0.5, 20);
    const auto f = [=](double e) { return 100 - 3 * (e - vertex) * (e - vertex); };
    Scalarizer peak;
    peak.band = {2, 8};
    peak.kind = Kind::PeakEnergy;
    QVERIFY(std::abs(peak(sampled(axis, f), axis) - vertex) < 1e-4); // float32 spectrum
    peak.kind = Kind::PeakHeight;
    QVERIFY(std::abs(peak(sampled(axis, f), axis) - 100) < 1e-4);
}

void TestScalarizer::findsTheVertexOnAnUnevenAxis()
{
    const EnergyAxis axis{"E", "eV", {0, 1, 1.7, 3.1, 4, 6, 6.5, 9}};
    const auto f = [](double e) { return 50 - 2 * (e - 3.6) * (e - 3.6); };
    Scalarizer peak;
    peak.band = {0, 9};
    peak.kind = Kind::PeakEnergy;
    QVERIFY(std::abs(peak(sampled(axis, f), axis) - 3.6) < 1e-4);
    peak.kind = Kind::PeakHeight;
    QVERIFY(std::abs(peak(sampled(axis, f), axis) - 50) < 1e-4);
}

void TestScalarizer::takesTheChannelWhereNoParabolaFits()
{
    const EnergyAxis axis = evenly(0, 1, 6);
    Scalarizer peak;
    peak.kind = Kind::PeakEnergy;
    peak.band = {0, 5};
    // At the axis' end there is no neighbour.
    QCOMPARE(peak(sampled(axis, [](double e) { return -e; }), axis), 0.0);
    QCOMPARE(peak(sampled(axis, [](double e) { return e; }), axis), 5.0);
    // The slope goes on outside the band.
    peak.band = {1, 3};
    QCOMPARE(peak(sampled(axis, [](double e) { return e; }), axis), 3.0);
    // A neighbour is not finite.
    Eigen::VectorXf spectrum(6);
    spectrum << 0, 1, 5, NAN, 0, 0;
    peak.band = {0, 5};
    QCOMPARE(peak(spectrum, axis), 2.0);
    // A plateau of two channels has its middle.
    spectrum << 0, 1, 5, 5, 1, 0;
    QCOMPARE(peak(spectrum, axis), 2.5);
}

void TestScalarizer::staysWithinTheBand()
{
    const EnergyAxis axis = evenly(0, 1, 8);
    const Eigen::VectorXf spectrum =
        sampled(axis, [](double e) { return 20 - (e - 4.4) * (e - 4.4); });
    Scalarizer peak;
    peak.kind = Kind::PeakEnergy;
    peak.band = {2, 4}; // the vertex at 4.4 lies outside
    QCOMPARE(peak(spectrum, axis), 4.0);
    peak.kind = Kind::PeakHeight;
    QCOMPARE(peak(spectrum, axis), double(spectrum[4]));
}

void TestScalarizer::dividesTwoBands()
{
    const EnergyAxis axis = evenly(0, 1, 10);
    const Eigen::VectorXf spectrum = sampled(axis, [](double e) { return e < 5 ? 6 : 4; });
    Scalarizer ratio;
    ratio.kind = Kind::BandRatio;
    ratio.band = {0, 3};
    ratio.second = {6, 9};
    QCOMPARE(ratio(spectrum, axis), 1.5);
    ratio.background = Background::Constant;
    ratio.backgroundWindow = {5, 5};
    QVERIFY(std::isnan(ratio(spectrum, axis))); // 4 - 4: a ratio over nothing
    QVERIFY(std::isnan(ratio(Eigen::VectorXf::Zero(10), axis)));
}

void TestScalarizer::subtractsAConstant()
{
    const EnergyAxis axis = evenly(0, 1, 10);
    const Eigen::VectorXf spectrum = sampled(axis, [](double e) {
        return e < 3 ? 1 + e : e < 6 ? 10 : 0;
    });
    Scalarizer mean;
    mean.band = {3, 5};
    mean.background = Background::Constant;
    mean.backgroundWindow = {0, 2}; // 1, 2, 3
    QCOMPARE(mean(spectrum, axis), 8.0);
    const Eigen::VectorXf under = mean.backgroundUnder(spectrum, axis);
    QVERIFY((under.array() == 2.f).all());
    mean.background = Background::None;
    QVERIFY((mean.backgroundUnder(spectrum, axis).array() == 0.f).all());
}

void TestScalarizer::subtractsAPowerLaw()
{
    const EnergyAxis axis = evenly(100, 2, 200);
    const auto law = [](double e) { return 3e9 * std::pow(e, -2.7); };
    const Eigen::VectorXf spectrum =
        sampled(axis, [&](double e) { return law(e) + (e >= 300 && e <= 320 ? 40 : 0); });
    Scalarizer mean;
    mean.band = {300, 320};
    mean.background = Background::PowerLaw;
    mean.backgroundWindow = {200, 280};
    mean.check(axis);
    QVERIFY(std::abs(mean(spectrum, axis) - 40) < 0.01); // float32 counts of about 1000
    const Eigen::VectorXf under = mean.backgroundUnder(spectrum, axis);
    for (int i = 0; i < under.size(); ++i)
        QVERIFY(std::abs(under[i] / law(axis.values[std::size_t(i)]) - 1) < 1e-5);
}

void TestScalarizer::fitsAPowerLawThroughZerosAndNegatives()
{
    const EnergyAxis axis = evenly(-4, 1, 60);
    Eigen::VectorXf spectrum =
        sampled(axis, [](double e) { return e > 0 ? 5000 * std::pow(e, -1.5) : 7; });
    spectrum[12] = 0; // 8 eV
    spectrum[13] = -3;
    spectrum[14] = NAN;
    Scalarizer mean;
    mean.band = {30, 40};
    mean.background = Background::PowerLaw;
    mean.backgroundWindow = {-4, 20}; // channels at and below zero energy are left out
    mean.check(axis);
    QVERIFY(std::abs(mean(spectrum, axis)) < 1e-3);
    QVERIFY(std::isnan(mean.backgroundUnder(spectrum, axis)[4])); // at 0 eV there is none
    spectrum.segment(4, 25).setZero();
    spectrum[10] = 5; // a single usable channel
    QVERIFY(std::isnan(mean(spectrum, axis)));
}

void TestScalarizer::powerLawIsUnbiasedEnoughOnPoissonCounts()
{
    const EnergyAxis axis = evenly(200, 1, 200);
    Scalarizer mean;
    mean.band = {320, 360};
    mean.background = Background::PowerLaw;
    mean.backgroundWindow = {220, 310};
    std::mt19937_64 random(1);
    double sum = 0, expected = 0;
    constexpr int spectra = 200;
    for (int n = 0; n < spectra; ++n) {
        const Eigen::VectorXf spectrum = sampled(axis, [&](double e) {
            return std::poisson_distribution<int>(400 * std::pow(e / 200, -3))(random);
        });
        sum += mean.backgroundUnder(spectrum, axis).segment(120, 41).cast<double>().mean();
    }
    for (int i = 120; i <= 160; ++i)
        expected += 400 * std::pow(axis.values[std::size_t(i)] / 200, -3) / 41;
    // The mean of 200 fits; each has a deviation of about 4 %, so 1.5 % is five of the mean's.
    QVERIFY(std::abs(sum / spectra / expected - 1) < 0.015);
}

void TestScalarizer::leavesOutWhatIsNotFinite()
{
    const EnergyAxis axis = evenly(0, 1, 5);
    Eigen::VectorXf spectrum(5);
    spectrum << 1, NAN, 3, INFINITY, 5;
    Scalarizer mean;
    mean.band = {0, 4};
    QCOMPARE(mean(spectrum, axis), 3.0);
}

void TestScalarizer::isNotANumberWhereNothingIsDefined()
{
    const EnergyAxis axis = evenly(0, 1, 5);
    const Eigen::VectorXf none = Eigen::VectorXf::Constant(5, NAN);
    for (const Kind kind : {Kind::BandMean, Kind::PeakHeight, Kind::PeakEnergy, Kind::BandRatio}) {
        Scalarizer scalarizer;
        scalarizer.kind = kind;
        scalarizer.band = scalarizer.second = {1, 3};
        QVERIFY(std::isnan(scalarizer(none, axis)));
        scalarizer.band = scalarizer.second = {10, 13};
        QVERIFY(std::isnan(scalarizer(Eigen::VectorXf::Ones(5), axis)));
    }
    Scalarizer peak;
    peak.kind = Kind::PeakEnergy;
    peak.band = {1, 3};
    QVERIFY(std::isnan(peak(Eigen::VectorXf::Zero(5), axis))); // flat: no peak
    peak.kind = Kind::PeakHeight;
    QCOMPARE(peak(Eigen::VectorXf::Zero(5), axis), 0.0);
}

void TestScalarizer::weightsGiveTheSameValue_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("plain") << "band:2-5";
    QTest::newRow("constant") << "band:2-5,constant:6-9";
    QTest::newRow("overlapping") << "band:2-5,constant:4-9";
}

void TestScalarizer::weightsGiveTheSameValue()
{
    QFETCH(QString, text);
    const EnergyAxis axis = evenly(0, 0.7, 16);
    const Scalarizer scalarizer = Scalarizer::parse(text);
    const std::optional<Eigen::VectorXd> weights = scalarizer.weights(axis);
    QVERIFY(weights);
    std::mt19937_64 random(3);
    for (int n = 0; n < 20; ++n) {
        const Eigen::VectorXf spectrum =
            sampled(axis, [&](double) { return double(random() >> 40) / 1000; });
        const double value = scalarizer(spectrum, axis);
        QVERIFY(std::abs(weights->dot(spectrum.cast<double>()) - value) <
                1e-9 * (1 + std::abs(value)));
    }
}

void TestScalarizer::hasNoWeightsWhereItIsNotLinear()
{
    const EnergyAxis axis = evenly(1, 1, 10);
    for (const char *text : {"peak:2-5", "energy:2-5", "ratio:2-5/6-7", "band:5-8,power:1-4",
                             "band:20-30", "band:2-5,constant:20-30"})
        QVERIFY2(!Scalarizer::parse(text).weights(axis), text);
}

void TestScalarizer::checksBandsAgainstTheAxis()
{
    const EnergyAxis axis = evenly(1, 0.5, 11); // 1 to 6 eV
    const auto error = [&](const Scalarizer &s) { return errorOf([&] { s.check(axis); }); };
    for (const char *text : {"band:1-6", "band:1-1", "ratio:1-2/3-4", "band:4-6,power:1-3",
                             "peak:-100-100,constant:5-5"})
        QVERIFY2(error(Scalarizer::parse(text)).isEmpty(), text);
    for (const char *text : {"band:7-8", "band:1.1-1.4", "ratio:1-2/8-9", "peak:1-2,constant:0-0.5",
                             "band:4-6,power:1-1.2"}) {
        const QString sentence = error(Scalarizer::parse(text));
        QVERIFY2(sentence.contains("from 1 to 6 eV"), qPrintable(sentence));
    }
    Scalarizer down;
    down.band = {3, 2};
    QVERIFY(error(down).contains("upside down"));
    down.band = {2, NAN};
    QVERIFY(error(down).contains("not finite"));
    QVERIFY(errorOf([] { Scalarizer().check({}); }).contains("empty"));
}

void TestScalarizer::knowsItsUnit()
{
    const EnergyAxis axis = evenly(0, 1, 3);
    QCOMPARE(Scalarizer::parse("band:0-1").unit(axis), QString("counts"));
    QCOMPARE(Scalarizer::parse("peak:0-1").unit(axis), QString("counts"));
    QCOMPARE(Scalarizer::parse("energy:0-1").unit(axis), QString("eV"));
    QCOMPARE(Scalarizer::parse("ratio:0-1/1-2").unit(axis), QString());
}

void TestScalarizer::parsesWhatItWrites_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text :
         {"band:0.35-0.55", "peak:1-2", "energy:-0.5-0.3", "ratio:1-2/3-4", "band:1.64-1.84",
          "band:532-560,power:470-525", "ratio:-2--1/-4--3,constant:-6--5", "band:1e-05-1e+20",
          "band:0.1-0.30000000000000004"})
        QTest::newRow(text) << text;
}

void TestScalarizer::parsesWhatItWrites()
{
    QFETCH(QString, text);
    const Scalarizer scalarizer = Scalarizer::parse(text);
    QCOMPARE(scalarizer.text(), text);
    QVERIFY(Scalarizer::parse(' ' + text + '\n') == scalarizer);
    QVERIFY(!(Scalarizer::parse("band:7-8,constant:1-2") == scalarizer));
}

void TestScalarizer::refusesTextsItDoesNotUnderstand_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text :
         {"", "band", "band:", "band:1", "band:1-", "band:a-b", "band:2-1", "mean:1-2", "ratio:1-2",
          "band:1-2/3-4", "band:1-2,power", "band:1-2,linear:3-4", "band:1-2,constant:4-3",
          "band:1-2 extra", "band:1e999-2", "band:nan-2"})
        QTest::addRow("'%s'", text) << text;
}

void TestScalarizer::refusesTextsItDoesNotUnderstand()
{
    QFETCH(QString, text);
    const QString error = errorOf([&] { Scalarizer::parse(text); });
    QVERIFY2(error.contains("'" + text + "'"), qPrintable(error));
}

void TestScalarizer::mapsAllSpectra()
{
    Array array;
    for (const int size : {2, 3, 4}) {
        Axis axis;
        axis.size = size;
        array.info.axes << axis;
    }
    array.samples = Samples(Samples::Type::Float32, 24);
    for (int i = 0; i < 24; ++i) {
        const auto number = float(i);
        std::memcpy(array.samples.bytes() + 4 * i, &number, 4);
    }
    const Spectra spectra(array, 2, evenly(0, 1, 4));
    const Map map = scalarize(spectra, Scalarizer::parse("band:1-2"));
    QCOMPARE(map.rows(), 2);
    QCOMPARE(map.cols(), 3);
    QCOMPARE(map(0, 0), 1.5f);
    QCOMPARE(map(1, 2), 21.5f);
}

void TestScalarizer::namesChannelsInFewDigits_data()
{
    QTest::addColumn<double>("first");
    QTest::addColumn<double>("step");
    QTest::addColumn<int>("longest");
    // As a file of single precision has it: 1.03 is 1.0299999713897705.
    QTest::newRow("hundredths") << double(0.03F) << double(0.01F) << 5;
    QTest::newRow("electronvolts") << -20. << 1. << 5;
    QTest::newRow("thousands") << 0. << 512. << 6;
    QTest::newRow("no round number") << 0.1 << 1. / 3 << 5;
    QTest::newRow("very fine") << 532. << 1e-4 << 9;
}

void TestScalarizer::namesChannelsInFewDigits()
{
    QFETCH(double, first);
    QFETCH(double, step);
    QFETCH(int, longest);
    const EnergyAxis axis = evenly(first, step, 200);
    for (const auto &[from, count] : {std::pair{0, 200}, {0, 1}, {199, 1}, {17, 1}, {99, 50}}) {
        const Band band = bandOf({from, count}, axis);
        const BandChannels channels = channelsOf(band, axis);
        QCOMPARE(channels.first, from);
        QCOMPARE(channels.count, count);
        // Also once written, and on an axis that was rounded another way.
        const QString text = QString::number(band.low, 'g', QLocale::FloatingPointShortest);
        QVERIFY2(text.size() <= longest + 1, qPrintable(text));
        EnergyAxis other = axis;
        for (double &energy : other.values)
            energy = double(float(energy));
        if (step > 1e-3)
            QCOMPARE(channelsOf(band, other).count, count);
    }
}

void TestScalarizer::refusesABandOfNoChannels()
{
    const EnergyAxis axis = evenly(0, 1, 8);
    for (const BandChannels channels : {BandChannels{0, 0}, {-1, 3}, {6, 3}, {8, 1}})
        QVERIFY(errorOf([&] { bandOf(channels, axis); }).contains("the axis has 8"));
}

void TestScalarizer::keepsNumbersThatReadWell()
{
    const EnergyAxis axis = evenly(double(0.03F), double(0.01F), 400);
    const Scalarizer written = Scalarizer::parse("ratio:1.03-2/2.5-3.0005,constant:0.1-0.2");
    QVERIFY(readable(written, axis) == written);
    Scalarizer exact = Scalarizer::parse("band:1-2");
    exact.band = {axis.values[100], axis.values[203]};
    QVERIFY(exact.text().size() > 30);
    const Scalarizer shown = readable(exact, axis);
    QVERIFY2(shown.text().size() <= int(sizeof "band:1.025-2.065") - 1, qPrintable(shown.text()));
    QCOMPARE(channelsOf(shown.band, axis).first, 100);
    QCOMPARE(channelsOf(shown.band, axis).count, 104);
    QVERIFY(readable(exact, EnergyAxis()) == exact); // no axis, no channels to name
}

QTEST_GUILESS_MAIN(TestScalarizer)
#include "tst_scalarizer.moc"
