// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/imaging/fourier.h"
#include "data/imaging/imagequality.h"
#include "data/imaging/registration.h"

#include "base/error.h"

#include <QDir>
#include <QFile>
#include <QImage>
#include <QTest>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

using namespace helmscope;

namespace {

/// Blobs at random places, known everywhere: the same sample seen from any place.
class Blobs
{
public:
    explicit Blobs(unsigned seed, double width = 3)
        : m_width(width)
    {
        std::mt19937 bits(seed);
        const auto unit = [&bits] { return double(bits()) / 4294967296.; };
        for (int i = 0; i < 500; ++i)
            m_blobs.push_back({unit() * 260 - 66, unit() * 260 - 66, 0.3 + unit()});
    }
    /// The field [rows, cols], its sample shifted by (down, across), with noise of this deviation.
    Map seen(int rows, int cols, double down, double across, double noise = 0,
             unsigned seed = 1) const
    {
        Map image = Map::Zero(rows, cols);
        for (const auto &[row, col, height] : m_blobs)
            for (int r = 0; r < rows; ++r)
                for (int c = 0; c < cols; ++c) {
                    const double y = r - row - down, x = c - col - across;
                    const double far = (x * x + y * y) / (2 * m_width * m_width);
                    if (far < 20)
                        image(r, c) += float(height * std::exp(-far));
                }
        std::mt19937_64 bits(seed);
        std::normal_distribution<float> normal(0, 1);
        for (float &value : image.reshaped<Eigen::RowMajor>())
            value += float(noise) * normal(bits);
        return image;
    }

private:
    struct Blob
    {
        double row, col, height;
    };
    double m_width;
    std::vector<Blob> m_blobs;
};

Map focusImage(const QString &end)
{
    const QDir folder(HELMSCOPE_SOURCE "/../shared/data/focus");
    const QStringList files = folder.entryList({"*" + end + ".png"});
    if (files.isEmpty())
        return {};
    const QImage image =
        QImage(folder.filePath(files.first())).convertToFormat(QImage::Format_Grayscale16);
    Map map(image.height(), image.width());
    for (int r = 0; r < image.height(); ++r) {
        const auto *line = reinterpret_cast<const quint16 *>(image.constScanLine(r));
        for (int c = 0; c < image.width(); ++c)
            map(r, c) = float(line[c]);
    }
    return map;
}

} // namespace

class TestImaging : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void transformsAsTheSumSays()
    {
        Spectrum2D numbers(6, 5);
        for (int r = 0; r < 6; ++r)
            for (int c = 0; c < 5; ++c)
                numbers(r, c) = {float(std::sin(3 * r + c)), float(std::cos(r - 2 * c))};
        const Spectrum2D before = numbers;
        transform(numbers);
        for (int k = 0; k < 6; ++k)
            for (int l = 0; l < 5; ++l) {
                std::complex<double> sum = 0;
                for (int r = 0; r < 6; ++r)
                    for (int c = 0; c < 5; ++c)
                        sum += std::complex<double>(before(r, c)) *
                               std::polar(1., -2 * std::numbers::pi * (k * r / 6. + l * c / 5.));
                QVERIFY(std::abs(sum - std::complex<double>(numbers(k, l))) < 1e-5);
            }
        transformBack(numbers);
        QVERIFY((numbers - before).abs().maxCoeff() < 1e-6f);
    }

    void prefersSwiftLengths()
    {
        QCOMPARE(swiftLength(97), 96);
        QCOMPARE(swiftLength(1024), 1024);
        QCOMPARE(swiftLength(1023), 1000);
        QCOMPARE(swiftLength(1), 1);
    }

    void findsKnownShifts_data()
    {
        QTest::addColumn<double>("down");
        QTest::addColumn<double>("across");
        QTest::addColumn<double>("noise");
        QTest::addColumn<double>("within");
        for (const double noise : {0., 0.05, 0.1})
            for (const auto &[down, across] :
                 {std::pair{0., 0.}, {0.37, -0.81}, {-3.25, 2.5}, {7.9, 11.13}, {-20.4, 16.6}})
                QTest::addRow("(%g, %g) noise %g", down, across, noise)
                    << down << across << noise << 0.05;
    }
    void findsKnownShifts()
    {
        QFETCH(double, down);
        QFETCH(double, across);
        QFETCH(double, noise);
        QFETCH(double, within);
        const Blobs sample(3);
        const Registration found = registered(sample.seen(128, 100, 0, 0, noise, 11),
                                              sample.seen(128, 100, down, across, noise, 12));
        QVERIFY2(found.isTrusted(),
                 qPrintable(QStringLiteral("%1, %2").arg(found.quality).arg(found.rival)));
        const QString text = QStringLiteral("%1, %2").arg(found.rows).arg(found.cols);
        QVERIFY2(std::abs(found.rows - down) <= within, qPrintable(text));
        QVERIFY2(std::abs(found.cols - across) <= within, qPrintable(text));
    }

    void findsTheShiftOfRealImages()
    {
        const Map whole = focusImage("base");
        if (whole.size() == 0)
            QSKIP("The recorded focus series is not there.");
        const Map one = whole.block(100, 100, 500, 700), other = whole.block(83, 141, 500, 700);
        const Registration found = registered(one, other);
        QVERIFY(found.isTrusted());
        QVERIFY2(std::abs(found.rows - 17) < 0.05 && std::abs(found.cols + 41) < 0.05,
                 qPrintable(QStringLiteral("%1, %2").arg(found.rows).arg(found.cols)));
    }

    void saysWhenImagesHaveNothingInCommon()
    {
        for (unsigned seed = 1; seed <= 8; ++seed) {
            const Registration found = registered(Blobs(seed).seen(96, 96, 0, 0, 0.05, 1),
                                                  Blobs(seed + 50).seen(96, 96, 0, 0, 0.05, 2));
            QVERIFY2(
                !found.isTrusted(),
                qPrintable(
                    QStringLiteral("%1: %2, %3").arg(seed).arg(found.quality).arg(found.rival)));
        }
    }

    void saysWhenThereIsOnlyNoise()
    {
        const Map nothing = Map::Zero(96, 96);
        QVERIFY(!registered(nothing, nothing).isTrusted());
        std::mt19937_64 bits(5);
        std::normal_distribution<float> normal(0, 1);
        const auto noise = [&] {
            Map map(96, 96);
            for (float &value : map.reshaped<Eigen::RowMajor>())
                value = normal(bits);
            return map;
        };
        for (int i = 0; i < 8; ++i)
            QVERIFY(!registered(noise(), noise()).isTrusted());
    }

    void saysWhenALatticeFitsInManyPlaces()
    {
        Map lattice(120, 120), later(120, 120);
        for (int r = 0; r < 120; ++r)
            for (int c = 0; c < 120; ++c) {
                const auto at = [](double row, double col) {
                    return std::pow(std::cos(std::numbers::pi * row / 12), 4) *
                           std::pow(std::cos(std::numbers::pi * col / 12), 4);
                };
                lattice(r, c) = float(at(r, c));
                later(r, c) = float(at(r - 5.3, c - 4.1));
            }
        QVERIFY(!registered(lattice, later).isTrusted());
    }

    void survivesDeadPixels()
    {
        const Blobs sample(3);
        Map later = sample.seen(96, 96, 2.3, -1.6);
        later.row(40).setConstant(std::numeric_limits<float>::quiet_NaN());
        const Registration found = registered(sample.seen(96, 96, 0, 0), later);
        QVERIFY(found.isTrusted());
        QVERIFY(std::abs(found.rows - 2.3) < 0.1 && std::abs(found.cols + 1.6) < 0.1);
    }

    void refusesImagesOfTwoSizes()
    {
        QVERIFY_EXCEPTION_THROWN(registered(Map::Zero(32, 32), Map::Zero(32, 33)), Error);
        QVERIFY_EXCEPTION_THROWN(registered(Map::Zero(15, 32), Map::Zero(15, 32)), Error);
    }

    void movesAnImageBack()
    {
        const Blobs sample(3, 5);
        const Map back = moved(sample.seen(64, 64, 2.5, -1.25), -2.5, 1.25);
        const Map before = sample.seen(64, 64, 0, 0);
        QVERIFY(std::isnan(back(63, 10)) && std::isnan(back(30, 0)));
        QVERIFY((back - before).block(5, 5, 54, 54).abs().maxCoeff() < 0.05f);
        QVERIFY((moved(before, 0, 0) == before).all());
        QVERIFY((moved(before, 3, 0).bottomRows(61) == before.topRows(61)).all());
    }

    void ranksTheFocusSeries()
    {
        const Map base = focusImage("base"), over = focusImage("pert5000"),
                  under = focusImage("pert-5000");
        if (base.size() == 0 || over.size() == 0 || under.size() == 0)
            QSKIP("The recorded focus series is not there.");
        const double atBase = sharpnessOf(base, 16).whole, atOver = sharpnessOf(over, 16).whole,
                     atUnder = sharpnessOf(under, 16).whole;
        const QString text = QStringLiteral("%1 > %2 > %3").arg(atOver).arg(atBase).arg(atUnder);
        QVERIFY2(atOver > atBase && atBase > atUnder, qPrintable(text));
        // Each patch as well, on the median.
        const auto median = [](const Map &image) {
            Map patches = sharpnessOf(image, 64).around;
            std::nth_element(patches.data(), patches.data() + patches.size() / 2,
                             patches.data() + patches.size());
            return patches.data()[patches.size() / 2];
        };
        QVERIFY(median(over) > median(base) && median(base) > median(under));
    }

    void sharpnessOfARampIsItsSlope()
    {
        Map ramp(20, 30);
        for (int r = 0; r < 20; ++r)
            for (int c = 0; c < 30; ++c)
                ramp(r, c) = 2 * float(c) + 7;
        // (2^2) / variance of 2 c over c = 0 ... 29: 4 (30^2 - 1) / 12
        QVERIFY(std::abs(sharpnessOf(ramp, 16).whole - 12. / 899) < 1e-6);
        QVERIFY(std::abs(sharpnessOf(100 * ramp - 3, 16).whole - 12. / 899) < 1e-6);
        QVERIFY(std::abs(sharpnessOf(ramp, 4).around(10, 15) - 12.f / 899) < 1e-6f);
        QCOMPARE(sharpnessOf(Map::Constant(20, 20, 3), 16).whole, 0.);
    }

    void noiseIsFoundUnderStructureAndIsNoSharpness()
    {
        const Blobs sample(3, 4);
        for (const double noise : {0.02, 0.1})
            QVERIFY(std::abs(noiseOf(sample.seen(128, 128, 0, 0, noise)) - noise) < 0.1 * noise);
        const double plain = sharpnessOf(sample.seen(128, 128, 0, 0), 16).whole;
        const double noisy = sharpnessOf(sample.seen(128, 128, 0, 0, 0.05), 16).whole;
        QVERIFY2(std::abs(noisy / plain - 1) < 0.1, qPrintable(QString::number(noisy / plain)));
        QVERIFY(sharpnessOf(Blobs(3, 6).seen(128, 128, 0, 0, 0.05), 16).whole < noisy);
    }

    void judgesLargeImagesInTime()
    {
        Map image(1024, 1024);
        std::mt19937 bits(1);
        for (float &value : image.reshaped<Eigen::RowMajor>())
            value = float(bits() % 4096);
        QBENCHMARK
        {
            QCOMPARE(sharpnessOf(image, 16).around.rows(), 1024);
        }
    }

    void knowsSaturatedPlaces()
    {
        Map image = Blobs(3, 5).seen(96, 96, 0, 0, 0.02);
        QVERIFY(!flawsOf(image).saturated.any());
        const float limit = image.block(20, 20, 30, 30).maxCoeff() * 0.6f;
        const Mask over = image > limit;
        image = image.min(limit);
        const Flaws flaws = flawsOf(image);
        QVERIFY((flaws.saturated <= over).all());
        QVERIFY(double(flaws.saturated.count()) > 0.8 * double(over.count()));
        Map drawing = Map::Zero(40, 40); // an image of few levels is no photograph
        drawing.block(10, 10, 10, 10) = 1;
        QVERIFY(!flawsOf(drawing).saturated.any());
    }

    void knowsBlankPlaces()
    {
        Map image = Blobs(3, 4).seen(96, 96, 0, 0, 0.02);
        const Map noise = Blobs(3, 4).seen(96, 96, 0, 0, 0.02, 9) - Blobs(3, 4).seen(96, 96, 0, 0);
        image.block(0, 0, 40, 96) = 0.3f + noise.block(0, 0, 40, 96);
        const Mask blank = flawsOf(image).blank;
        QVERIFY(blank.block(5, 5, 30, 86).count() > 0.95 * 30 * 86);
        QVERIFY(blank.bottomRows(50).count() < 0.2 * 50 * 96);
    }

    void knowsChargedPlaces()
    {
        Map image = Blobs(3, 4).seen(96, 96, 0, 0, 0.02);
        QVERIFY(!flawsOf(image).charged.any());
        for (const int row : {30, 34, 39})
            image.row(row).segment(20, 50) += 0.6f;
        const Mask charged = flawsOf(image).charged;
        for (const int row : {30, 34, 39})
            QVERIFY(charged.row(row).segment(25, 40).all());
        QVERIFY(!charged.topRows(29).any() && !charged.bottomRows(50).any());
        const Map real = focusImage("base");
        if (real.size() > 0)
            QVERIFY(flawsOf(real).charged.count() < real.size() / 100);
    }

    void judgesPatches()
    {
        Dataset survey;
        survey.image = Blobs(3, 3).seen(96, 96, 0, 0, 0.02);
        survey.image.leftCols(30) = Blobs(3, 12).seen(96, 30, 0, 0, 0.02) / 12;
        const std::vector<Pixel> pixels{{48, 10}, {48, 60}};
        std::vector<Pixel> all = pixels;
        for (int col = 40; col < 88; ++col)
            all.push_back({40, col});
        const std::vector<PatchFlaws> flaws = judgePatches(survey, all, 16, 0.3);
        QVERIFY(flaws[0].isBlurred && flaws[0].any() && flaws[0].text().contains("blurred"));
        QVERIFY(!flaws[1].isBlurred);
        QVERIFY(!judgePatches(survey, all, 16, 0)[0].isBlurred);
        QCOMPARE(PatchFlaws().text(), QString());
    }
};

QTEST_GUILESS_MAIN(TestImaging)
#include "tst_imaging.moc"
