// SPDX-License-Identifier: GPL-3.0-or-later
// The microscopes: the simulated sample and its noise, and the replay of a recording.

#include "base/error.h"
#include "instrument/noise.h"
#include "instrument/replay.h"
#include "instrument/simulator.h"
#include "sentence.h"

#include <QTest>

#include <cmath>
#include <functional>
#include <thread>

using namespace helmscope;

namespace {

double bandMean(const Eigen::VectorXf &spectrum, const EnergyAxis &energies, double low,
                double high)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < energies.channels(); ++i)
        if (energies.values[std::size_t(i)] >= low && energies.values[std::size_t(i)] <= high) {
            sum += double(spectrum[i]);
            ++count;
        }
    return sum / count;
}

Map bandMap(const Nanocubes &sample, double low, double high)
{
    Map map(sample.image().rows(), sample.image().cols());
    for (int row = 0; row < map.rows(); ++row)
        for (int col = 0; col < map.cols(); ++col)
            map(row, col) =
                float(bandMean(sample.expected({row, col}), sample.energies(), low, high));
    return map;
}

/// Mean of `map` where `where` is true.
double meanWhere(const Map &map, const std::function<bool(int row, int col)> &where)
{
    double sum = 0;
    int count = 0;
    for (int row = 0; row < map.rows(); ++row)
        for (int col = 0; col < map.cols(); ++col)
            if (where(row, col)) {
                sum += double(map(row, col));
                ++count;
            }
    return count > 0 ? sum / count : std::nan("");
}

struct Moments
{
    double mean = 0, variance = 0;
};
Moments moments(int draws, const std::function<double()> &draw)
{
    double sum = 0, squares = 0;
    std::vector<double> all;
    for (int i = 0; i < draws; ++i)
        all.push_back(draw());
    for (const double value : all)
        sum += value;
    for (const double value : all)
        squares += (value - sum / draws) * (value - sum / draws);
    return {sum / draws, squares / (draws - 1)};
}

/// A recording of `counts` in every channel.
Dataset recording(int rows, int cols, int channels, float counts)
{
    Array array;
    array.info.type = Samples::Type::Float32;
    for (const int size : {rows, cols, channels}) {
        Axis axis;
        axis.size = size;
        array.info.axes << axis;
    }
    const auto count = std::size_t(rows) * std::size_t(cols) * std::size_t(channels);
    array.samples = Samples(Samples::Type::Float32, count);
    std::fill_n(reinterpret_cast<float *>(array.samples.bytes()), count, counts);
    EnergyAxis energies;
    for (int i = 0; i < channels; ++i)
        energies.values.push_back(i);
    Dataset dataset;
    dataset.title = "recording";
    dataset.image = Map::Constant(rows, cols, 1);
    dataset.pixelSizeNm = 2;
    dataset.spectra = Spectra(std::move(array), 2, energies);
    return dataset;
}

Replay::Settings withNoise(std::uint64_t seed = 1)
{
    Replay::Settings settings;
    settings.hasShotNoise = true;
    settings.recordedDwellSeconds = 0.01;
    settings.seed = seed;
    return settings;
}

Simulator::Settings small(std::uint64_t seed = 1)
{
    Simulator::Settings settings;
    settings.sample.rows = settings.sample.cols = 32;
    settings.sample.seed = seed;
    return settings;
}

/// The sentence of the Error that `work` throws; empty when it throws none.
} // namespace

class TestInstrument : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // Chance
    void poissonHasTheMeanAsItsVariance_data()
    {
        QTest::addColumn<double>("mean");
        for (const double mean : {0.02, 0.9, 5.0, 9.99, 10.0, 31.0, 250.0, 2.5e4, 1e9})
            QTest::addRow("%g", mean) << mean;
    }
    void poissonHasTheMeanAsItsVariance()
    {
        QFETCH(double, mean);
        RandomBits bits = bitsOf(7, {1});
        const int draws = 40000;
        const auto [m, v] = moments(draws, [&] { return poisson(bits, mean); });
        // Five standard errors: of the mean sqrt(mean / n), of the variance sqrt((2 mean^2 + mean)
        // / n).
        QVERIFY2(std::abs(m - mean) < 5 * std::sqrt(mean / draws), qPrintable(QString::number(m)));
        QVERIFY2(std::abs(v - mean) < 5 * std::sqrt((2 * mean * mean + mean) / draws),
                 qPrintable(QString::number(v)));
    }
    void poissonFollowsItsDistribution_data()
    {
        QTest::addColumn<double>("mean");
        QTest::newRow("inversion") << 4.0;
        QTest::newRow("rejection") << 14.0;
    }
    void poissonFollowsItsDistribution()
    {
        QFETCH(double, mean);
        RandomBits bits = bitsOf(11, {2});
        const int draws = 100000, bins = 30;
        std::vector<int> seen(bins + 1);
        for (int i = 0; i < draws; ++i)
            ++seen[std::size_t(std::min(poisson(bits, mean), double(bins)))];
        double chiSquare = 0, probability = std::exp(-mean);
        int freedom = -1;
        for (int k = 0; k < bins; ++k, probability *= mean / k) {
            if (draws * probability < 10)
                continue;
            chiSquare +=
                std::pow(seen[std::size_t(k)] - draws * probability, 2) / (draws * probability);
            ++freedom;
        }
        QVERIFY2(chiSquare < freedom + 5 * std::sqrt(2.0 * freedom),
                 qPrintable(QString::number(chiSquare)));
    }
    void binomialKeepsTheRightPart_data()
    {
        QTest::addColumn<double>("count");
        QTest::addColumn<double>("probability");
        QTest::newRow("few") << 3.0 << 0.3;
        QTest::newRow("rare") << 1e6 << 2e-6;
        QTest::newRow("inversion") << 20.0 << 0.4;
        QTest::newRow("rejection") << 200.0 << 0.2;
        QTest::newRow("more than half") << 200.0 << 0.9;
        QTest::newRow("many") << 1e7 << 0.5;
    }
    void binomialKeepsTheRightPart()
    {
        QFETCH(double, count);
        QFETCH(double, probability);
        RandomBits bits = bitsOf(7, {3});
        const int draws = 40000;
        const double variance = count * probability * (1 - probability);
        const auto [m, v] = moments(draws, [&] {
            const double kept = binomial(bits, count, probability);
            Q_ASSERT(kept >= 0 && kept <= count && kept == std::floor(kept));
            return kept;
        });
        QVERIFY(std::abs(m - count * probability) < 5 * std::sqrt(variance / draws));
        QVERIFY2(std::abs(v - variance) <
                     5 * std::sqrt((2 * variance * variance + variance) / draws),
                 qPrintable(QString("%1 %2").arg(v).arg(variance)));
    }
    void chanceAtItsLimitsIsCertain()
    {
        RandomBits bits = bitsOf(1, {});
        QCOMPARE(poisson(bits, 0), 0.0);
        QCOMPARE(binomial(bits, 0, 0.5), 0.0);
        QCOMPARE(binomial(bits, 12, 0), 0.0);
        QCOMPARE(binomial(bits, 12, 1), 12.0);
    }
    void normalHasMeanZeroAndDeviationOne()
    {
        RandomBits bits = bitsOf(3, {4});
        const auto [m, v] = moments(100000, [&] { return normal(bits); });
        QVERIFY(std::abs(m) < 5 / std::sqrt(100000.0));
        QVERIFY(std::abs(v - 1) < 5 * std::sqrt(2 / 100000.0));
    }
    void neighbouringIndicesGiveUnrelatedBits()
    {
        QCOMPARE(bitsOf(1, {2, 3})(), bitsOf(1, {2, 3})());
        QVERIFY(bitsOf(1, {2, 3})() != bitsOf(1, {3, 2})());
        QVERIFY(bitsOf(1, {2, 3})() != bitsOf(2, {2, 3})());
        QVERIFY(bitsOf(1, {2, 3})() != bitsOf(1, {2, 3, 0})());
    }

    // The sample
    void makesSamplesOfAllSizes_data()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("cols");
        QTest::newRow("smallest") << 32 << 32;
        QTest::newRow("wide") << 40 << 130;
        QTest::newRow("largest") << 512 << 512;
    }
    void makesSamplesOfAllSizes()
    {
        QFETCH(int, rows);
        QFETCH(int, cols);
        NanocubesSettings settings;
        settings.rows = rows;
        settings.cols = cols;
        const Nanocubes sample(settings);
        QCOMPARE(sample.image().rows(), rows);
        QCOMPARE(sample.image().cols(), cols);
        QVERIFY(sample.image().minCoeff() >= 0 && sample.image().maxCoeff() <= 1);
        QCOMPARE(sample.energies().channels(), settings.channels);
        QCOMPARE(sample.energies().values.front(), settings.lowEnergyEv);
        QVERIFY(std::abs(sample.energies().values.back() - settings.highEnergyEv) < 1e-12);
        for (const Pixel pixel : {Pixel{0, 0}, {rows - 1, cols - 1}, {rows / 2, cols / 3}}) {
            const Eigen::VectorXf spectrum = sample.expected(pixel);
            QCOMPARE(spectrum.size(), settings.channels);
            QVERIFY(spectrum.allFinite() && spectrum.minCoeff() > 0);
        }
    }
    void imageShowsBrightCubesAndDarkGapsHoleAndVacuum_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 8; ++seed)
            QTest::addRow("seed %d", seed) << seed;
    }
    void imageShowsBrightCubesAndDarkGapsHoleAndVacuum()
    {
        QFETCH(int, seed);
        NanocubesSettings settings;
        settings.seed = std::uint64_t(seed);
        const Map image = Nanocubes(settings).image();
        const auto brighterThan = [](const Map &map, float level) {
            return double((map > level).count()) / double(map.size());
        };
        const double bright = brighterThan(image, 0.5f), dark = 1 - brighterThan(image, 0.06f);
        QVERIFY2(bright > 0.4 && bright < 0.75, qPrintable(QString::number(bright)));
        QVERIFY2(dark > 0.15 && dark < 0.4, qPrintable(QString::number(dark)));

        settings.holeNm = 0;
        const Map whole = Nanocubes(settings).image();
        // The hole takes away and adds nothing; what it takes is about its area, and black.
        QVERIFY((whole >= image).all());
        const auto isHole = [&](int row, int col) {
            return whole(row, col) > 0.5f && image(row, col) < 0.1f;
        };
        QVERIFY(meanWhere(image, isHole) < 0.05);
        const double area = double(((whole > 0.5f) && (image < 0.1f)).count()) *
                            settings.pixelSizeNm * settings.pixelSizeNm;
        QVERIFY2(area > 250 && area < 1400, qPrintable(QString::number(area)));

        settings.vacuumFraction = 0;
        const double all = brighterThan(Nanocubes(settings).image(), 0.06f);
        QVERIFY2(all > 0.9, qPrintable(QString::number(all)));
    }
    void spectraFollowFromGeometry()
    {
        NanocubesSettings settings;
        settings.pixelSizeNm = 0.8; // fine enough to tell places apart
        settings.rows = settings.cols = 192;
        const Nanocubes sample(settings);
        const Map &image = sample.image();
        settings.holeNm = 0;
        const Map whole = Nanocubes(settings).image();
        const Map corner = bandMap(sample, 0.32, 0.40), edge = bandMap(sample, 0.44, 0.52);
        const Map gap = bandMap(sample, 0.56, 0.66), bulk = bandMap(sample, 0.85, 0.95);
        // Dark pixels with sample on both sides near by lie in gaps, without any in reach in the
        // vacuum.
        const auto brightAround = [&](int row, int col, int reach) {
            const int top = std::max(row - reach, 0), left = std::max(col - reach, 0);
            const int bottom = std::min<int>(row + reach, int(image.rows()) - 1);
            const int right = std::min<int>(col + reach, int(image.cols()) - 1);
            const auto block = image.block(top, left, bottom - top + 1, right - left + 1);
            return double((block > 0.5f).count()) / double(block.size());
        };
        const auto inCube = [&](int r, int c) { return brightAround(r, c, 3) == 1; };
        const auto inGap = [&](int r, int c) {
            return image(r, c) < 0.3f && brightAround(r, c, 4) > 0.55;
        };
        const auto inVacuum = [&](int r, int c) { return brightAround(r, c, 24) == 0; };
        const auto nearVacuum = [&](int r, int c) {
            return image(r, c) < 0.1f && brightAround(r, c, 3) > 0 && brightAround(r, c, 20) < 0.4;
        };
        const auto inHole = [&](int r, int c) { return whole(r, c) > 0.5f && image(r, c) < 0.05f; };

        // The aloof beam excites the edges' mode, and less so the further away.
        QVERIFY(meanWhere(edge, nearVacuum) > 2 * meanWhere(edge, inVacuum));
        QVERIFY(meanWhere(edge, inHole) > 2 * meanWhere(edge, inVacuum));
        QVERIFY(meanWhere(edge, nearVacuum) > 1.3 * meanWhere(edge, inCube));
        // The gap mode is where gaps are.
        QVERIFY(meanWhere(gap, inGap) > 1.5 * meanWhere(gap, nearVacuum));
        QVERIFY(meanWhere(gap, inGap) > 2 * meanWhere(gap, inCube));
        QVERIFY(meanWhere(gap, inGap) > 2 * meanWhere(gap, inVacuum));
        // The bulk mode needs bulk.
        QVERIFY(meanWhere(bulk, inCube) > 4 * meanWhere(bulk, inHole));
        QVERIFY(meanWhere(bulk, inCube) > 4 * meanWhere(bulk, inVacuum));
        // Corners shine above the faces between them, and above vacuum.
        QVERIFY(meanWhere(corner, nearVacuum) > 1.2 * meanWhere(corner, inVacuum));
        // Gap, hole and vacuum are equally dark and not at all the same.
        QVERIFY(std::abs(meanWhere(image, inHole) - meanWhere(image, inVacuum)) < 0.02);
    }
    void narrowerGapsPlasmonsHaveLowerEnergy()
    {
        const auto peakOfGaps = [](double gapNm) {
            NanocubesSettings settings;
            settings.gapNm = gapNm;
            settings.sizeSpread = 0;
            settings.pixelSizeNm = 0.5;
            settings.holeNm = settings.vacuumFraction = 0;
            const Nanocubes sample(settings);
            const Map gap = bandMap(sample, 0.52, 0.7);
            Eigen::Index row = 0, col = 0;
            gap.maxCoeff(&row, &col);
            const Eigen::VectorXf spectrum = sample.expected({int(row), int(col)});
            double peak = 0, best = 0;
            for (int i = 0; i < spectrum.size(); ++i) {
                const double energy = sample.energies().values[std::size_t(i)];
                if (energy > 0.53 && energy < 0.75 && double(spectrum[i]) > best) {
                    best = double(spectrum[i]);
                    peak = energy;
                }
            }
            return peak;
        };
        const double narrow = peakOfGaps(1.5), wide = peakOfGaps(4);
        QVERIFY2(narrow > 0.53 && narrow < wide - 0.02 && wide < 0.7,
                 qPrintable(QString("%1 %2").arg(narrow).arg(wide)));
    }
    void brightnessAloneDoesNotTellTheSpectrum()
    {
        const Nanocubes sample({});
        const Map edge = bandMap(sample, 0.43, 0.53);
        const Map &image = sample.image();
        // What is left of the variance when only the pixel's own brightness is known (24 classes).
        std::vector<double> sum(24), squares(24), count(24);
        for (Eigen::Index i = 0; i < image.size(); ++i) {
            const auto bin = std::size_t(std::min(23.f, image.data()[i] * 24));
            sum[bin] += double(edge.data()[i]);
            squares[bin] += double(edge.data()[i]) * double(edge.data()[i]);
            count[bin] += 1;
        }
        double within = 0;
        for (std::size_t bin = 0; bin < sum.size(); ++bin)
            if (count[bin] > 0)
                within += squares[bin] - sum[bin] * sum[bin] / count[bin];
        const double mean = double(edge.mean());
        const double total = double(edge.square().sum()) - mean * mean * double(edge.size());
        const double left = within / total;
        QVERIFY2(left > 0.2, qPrintable(QString::number(left)));
    }
    void sameSeedSameSampleOtherSeedAnother()
    {
        NanocubesSettings settings;
        const Nanocubes one(settings), two(settings);
        QVERIFY((one.image() == two.image()).all());
        QVERIFY(one.expected({40, 40}) == two.expected({40, 40}));
        settings.seed = 2;
        QVERIFY((one.image() != Nanocubes(settings).image()).any());
    }
    void refusesSettingsOutOfRange_data()
    {
        QTest::addColumn<NanocubesSettings>("settings");
        const auto row = [](const char *name, auto change) {
            NanocubesSettings settings;
            change(settings);
            QTest::newRow(name) << settings;
        };
        row("rows", [](auto &s) { s.rows = 31; });
        row("columns", [](auto &s) { s.cols = 513; });
        row("pixel size", [](auto &s) { s.pixelSizeNm = 0; });
        row("side", [](auto &s) { s.cubeNm = 1e9; });
        row("not a number", [](auto &s) { s.gapNm = std::nan(""); });
        row("spread", [](auto &s) { s.sizeSpread = 0.5; });
        row("tilt", [](auto &s) { s.tiltDegrees = INFINITY; });
        row("hole", [](auto &s) { s.holeNm = -1; });
        row("vacuum", [](auto &s) { s.vacuumFraction = 1; });
        row("channels", [](auto &s) { s.channels = 1; });
        row("energies", [](auto &s) { s.highEnergyEv = s.lowEnergyEv; });
    }
    void refusesSettingsOutOfRange()
    {
        QFETCH(NanocubesSettings, settings);
        const QString sentence = sentenceOf([&] { Nanocubes sample(settings); });
        QVERIFY2(sentence.startsWith("The simulated sample cannot be made"), qPrintable(sentence));
    }
    void survivesTheCornersOfItsSettings()
    {
        NanocubesSettings settings;
        settings.rows = settings.cols = 32;
        settings.gapNm = 0;
        settings.sizeSpread = 0.3;
        settings.vacuumFraction = 0.9;
        settings.holeNm = 1e4;
        for (settings.seed = 0; settings.seed < 20; ++settings.seed) {
            const Nanocubes sample(settings);
            QVERIFY(sample.image().allFinite());
            QVERIFY(sample.expected({31, 0}).allFinite());
        }
    }

    // The simulator
    void surveyShowsTheSampleWithNoise()
    {
        Simulator microscope({});
        const Dataset survey = microscope.survey(unwatched());
        QVERIFY(!survey.hasSpectra() && !survey.hasValues());
        QCOMPARE(survey.rows(), 96);
        QCOMPARE(survey.pixelSizeNm, 1.6);
        const Map truth = Nanocubes({}).image();
        const double range = double(truth.maxCoeff() - truth.minCoeff());
        const Map noise = survey.image - truth;
        QVERIFY(std::abs(std::sqrt(double(noise.square().mean())) - 0.03 * range) < 0.001);
        QVERIFY(std::abs(double(noise.mean())) < 0.002);
        QVERIFY((survey.image == Simulator({}).survey(unwatched()).image).all());
        QVERIFY((survey.image == microscope.survey(unwatched()).image).all());
    }
    void countsScatterAsPoissonDoes()
    {
        Simulator microscope(small());
        const Nanocubes sample(small().sample);
        const Pixel pixel{16, 16};
        const double dwell = 0.05;
        const Eigen::VectorXf expected = sample.expected(pixel);
        const int visits = 2000;
        Eigen::VectorXd sum = Eigen::VectorXd::Zero(expected.size()), squares = sum;
        for (int i = 0; i < visits; ++i) {
            const Measurement measurement = microscope.measure(pixel, dwell);
            const Eigen::VectorXd counts = measurement.spectrum.cast<double>() * dwell;
            QVERIFY((counts.array() - counts.array().round()).abs().maxCoeff() < 1e-3);
            sum += counts;
            squares += counts.cwiseAbs2();
        }
        for (Eigen::Index i = 0; i < expected.size(); ++i) {
            const double mean = double(expected[i]) * dwell;
            const double measured = sum[i] / visits;
            const double variance = squares[i] / visits - measured * measured;
            QVERIFY(std::abs(measured - mean) < 5 * std::sqrt(mean / visits));
            QVERIFY(std::abs(variance - mean) < 6 * std::sqrt((2 * mean * mean + mean) / visits));
        }
    }
    void theDefaultDwellGivesSomePerCentOfNoiseInABand()
    {
        Simulator microscope({});
        const Nanocubes sample({});
        double relative = 0;
        int count = 0;
        for (int row = 0; row < 96; row += 8)
            for (int col = 0; col < 96; col += 8) {
                const double truth =
                    bandMean(sample.expected({row, col}), sample.energies(), 0.43, 0.53);
                const double seen = bandMean(microscope.measure({row, col}, 0.05).spectrum,
                                             sample.energies(), 0.43, 0.53);
                relative += std::pow(seen / truth - 1, 2);
                ++count;
            }
        relative = std::sqrt(relative / count);
        QVERIFY2(relative > 0.02 && relative < 0.08, qPrintable(QString::number(relative)));
    }
    void noiseDoesNotDependOnTheOrder()
    {
        Simulator one(small()), two(small());
        const Eigen::VectorXf a1 = one.measure({3, 4}, 0.05).spectrum;
        const Eigen::VectorXf b1 = one.measure({9, 9}, 0.05).spectrum;
        const Eigen::VectorXf a2 = one.measure({3, 4}, 0.05).spectrum;
        QVERIFY(two.measure({9, 9}, 0.05).spectrum == b1);
        QVERIFY(two.measure({3, 4}, 0.05).spectrum == a1);
        QVERIFY(two.measure({3, 4}, 0.05).spectrum == a2);
        QVERIFY(a1 != a2);
        QVERIFY(Simulator(small(2)).measure({3, 4}, 0.05).spectrum != a1);
    }
    void withoutShotNoiseItAnswersTheExpectedSpectrum()
    {
        Simulator::Settings settings = small();
        settings.hasShotNoise = false;
        Simulator microscope(settings);
        const Measurement measurement = microscope.measure({5, 6}, 0.05);
        QVERIFY(measurement.spectrum == Nanocubes(settings.sample).expected({5, 6}));
        QVERIFY(std::isnan(measurement.value));
        QCOMPARE(measurement.spectrum.size(), microscope.energies().channels());
    }
    void groundTruthIsTheExpectedSpectrumEverywhere()
    {
        Simulator::Settings settings = small();
        settings.sample.cols = 48;
        const Simulator microscope(settings);
        const std::optional<Dataset> truth = microscope.groundTruth();
        QVERIFY(truth && !microscope.isTruthNoisy());
        const Nanocubes sample(settings.sample);
        QCOMPARE(truth->spectra.rows(), 32);
        QCOMPARE(truth->spectra.cols(), 48);
        QVERIFY(truth->spectra.energies() == sample.energies());
        for (const Pixel pixel : {Pixel{0, 0}, {31, 47}, {7, 40}})
            QVERIFY(truth->spectra.at(pixel) == sample.expected(pixel));
        QVERIFY((truth->image == sample.image()).all());
    }
    void doseIsChargePerArea()
    {
        // 1 pA for 1 s are 6,241,509 electrons; a pixel of 1 nm has 100 square angstroms.
        QVERIFY(std::abs(dose(1, 1, 1) - 62415.09) < 0.01);
        QCOMPARE(dose(1, 1, 0), 0.0);
        Simulator::Settings settings = small();
        settings.beamCurrentPa = 20;
        settings.sample.pixelSizeNm = 1.6;
        const Measurement measurement = Simulator(settings).measure({0, 0}, 0.05);
        QVERIFY(std::abs(measurement.dose - 20 * 0.05 * 6241509.07 / 256) < 0.1);
        QCOMPARE(measurement.dwellSeconds, 0.05);
    }
    void refusesWhatIsOutsideItsLimits()
    {
        Simulator microscope(small());
        QVERIFY(sentenceOf([&] { microscope.measure({32, 0}, 0.05); }).contains("from 0 to 31"));
        QVERIFY(sentenceOf([&] { microscope.measure({0, -1}, 0.05); }).contains("from 0 to 31"));
        const Limits limits = microscope.limits();
        const QString shortest = QString::number(limits.minDwellSeconds);
        QVERIFY(sentenceOf([&] { microscope.measure({0, 0}, 0); }).contains(shortest));
        QVERIFY(sentenceOf([&] { microscope.measure({0, 0}, std::nan("")); }).contains(shortest));
        QVERIFY(!sentenceOf([&] { microscope.measure({0, 0}, 1e9); }).isEmpty());
        microscope.measure({31, 31}, limits.minDwellSeconds);
        microscope.measure({31, 31}, limits.maxDwellSeconds);
        Simulator::Settings settings = small();
        settings.imageNoise = -1;
        QVERIFY(sentenceOf([&] { Simulator refused(settings); }).contains("noise"));
        settings = small();
        settings.beamCurrentPa = std::nan("");
        QVERIFY(sentenceOf([&] { Simulator refused(settings); }).contains("current"));
    }
    void abortFromAnotherThreadStopsUntilResumed()
    {
        Simulator microscope(small());
        std::atomic<bool> isMeasuring = false;
        std::thread stopper([&] {
            while (!isMeasuring)
                std::this_thread::yield();
            microscope.abort();
        });
        QString sentence;
        for (int i = 0; sentence.isEmpty(); ++i) {
            sentence = sentenceOf([&] { microscope.measure({i % 32, 0}, 0.05); });
            isMeasuring = true;
        }
        stopper.join();
        QVERIFY2(sentence.contains("aborted"), qPrintable(sentence));
        QVERIFY(sentenceOf([&] { microscope.survey(unwatched()); }).contains("aborted"));
        microscope.resume();
        QCOMPARE(microscope.measure({0, 0}, 0.05).spectrum.size(), 128);
    }

    // The replay
    void replaysTheRecordingAsItIs()
    {
        Dataset dataset = recording(4, 5, 3, 7.5f);
        Replay replay(dataset);
        QCOMPARE(replay.limits().rows, 4);
        QCOMPARE(replay.limits().cols, 5);
        QCOMPARE(replay.energies().channels(), 3);
        const Measurement measurement = replay.measure({3, 4}, 0.001);
        QVERIFY(measurement.spectrum == Eigen::VectorXf::Constant(3, 7.5f));
        QVERIFY(std::isnan(measurement.value));
        // 50 pA for 1 ms on a pixel of 2 nm.
        QVERIFY(std::abs(measurement.dose - 50 * 0.001 * 6241509.07 / 400) < 0.01);
        const Dataset survey = replay.survey(unwatched());
        QVERIFY(!survey.hasSpectra() && survey.title == "recording" && survey.pixelSizeNm == 2);
        QVERIFY(replay.groundTruth()->hasSpectra() && replay.isTruthNoisy());
    }
    void replaysValues()
    {
        Dataset dataset;
        dataset.image = Map::Constant(6, 4, 1);
        dataset.imageRatio = 2;
        dataset.values = Map::Constant(3, 2, 0);
        dataset.values(2, 1) = 0.25f;
        Replay replay(dataset);
        const Measurement measurement = replay.measure({2, 1}, 0.01);
        QCOMPARE(measurement.value, 0.25);
        QCOMPARE(measurement.spectrum.size(), 0);
        QCOMPARE(measurement.dose, 0.0); // the pixel size is not known
        QCOMPARE(replay.energies().channels(), 0);
        QVERIFY(!sentenceOf([&] { replay.measure({3, 0}, 0.01); }).isEmpty());
        QVERIFY(sentenceOf([&] { Replay(dataset, withNoise()); }).contains("values, not counts"));
    }
    void shotNoiseThinsCountsAndScalesBack()
    {
        const float counts = 400;
        Replay replay(recording(10, 10, 50, counts), withNoise());
        double sum = 0, squares = 0;
        int n = 0;
        for (int row = 0; row < 10; ++row)
            for (int col = 0; col < 10; ++col)
                for (const float value : replay.measure({row, col}, 0.0025).spectrum) {
                    QCOMPARE(double(value) / 4,
                             std::floor(double(value) / 4)); // whole counts, times 4
                    sum += double(value);
                    squares += double(value) * double(value);
                    ++n;
                }
        const double mean = sum / n, variance = squares / n - mean * mean;
        // Binomial with a quarter kept: mean n, variance n (1 - p) / p after scaling.
        const double expected = double(counts) * 0.75 / 0.25;
        QVERIFY(std::abs(mean - double(counts)) < 5 * std::sqrt(expected / n));
        QVERIFY(std::abs(variance - expected) < 5 * expected * std::sqrt(2.0 / n));
        // A longer dwell knows no more than the recording.
        QVERIFY(replay.measure({0, 0}, 1).spectrum == Eigen::VectorXf::Constant(50, counts));
    }
    void replayedNoiseDoesNotDependOnTheOrder()
    {
        Replay one(recording(4, 4, 20, 90), withNoise()), two(recording(4, 4, 20, 90), withNoise());
        const Eigen::VectorXf a = one.measure({1, 2}, 0.005).spectrum;
        const Eigen::VectorXf b = one.measure({2, 1}, 0.005).spectrum;
        QVERIFY(two.measure({2, 1}, 0.005).spectrum == b);
        QVERIFY(two.measure({1, 2}, 0.005).spectrum == a);
        QVERIFY(a != b && one.measure({1, 2}, 0.005).spectrum != a);
        QVERIFY(Replay(recording(4, 4, 20, 90), withNoise(2)).measure({1, 2}, 0.005).spectrum != a);
    }
    void refusesShotNoiseOnWhatIsNotWholeCounts()
    {
        for (const float value : {0.5f, -1.f, std::nanf(""), INFINITY}) {
            const QString sentence =
                sentenceOf([&] { Replay(recording(3, 3, 4, value), withNoise()); });
            QVERIFY2(sentence.contains("whole counts"), qPrintable(sentence));
        }
    }
    void refusesARecordingWithoutSpectraAndValues()
    {
        Dataset dataset;
        dataset.title = "only an image";
        dataset.image = Map::Constant(4, 4, 1);
        QVERIFY(sentenceOf([&] { Replay replay(dataset); }).contains("only an image"));
        dataset.values = Map::Constant(3, 3, 1);
        QVERIFY(sentenceOf([&] { Replay replay(dataset); }).contains("do not cover"));
        Replay::Settings settings;
        settings.recordedDwellSeconds = 0;
        QVERIFY(sentenceOf([&] { Replay(recording(3, 3, 4, 1), settings); }).contains("dwell"));
    }
    void replayRefusesAfterAbortUntilResumed()
    {
        Replay replay(recording(3, 3, 4, 1));
        std::thread([&] { replay.abort(); }).join();
        QVERIFY(sentenceOf([&] { replay.measure({0, 0}, 0.01); }).contains("aborted"));
        QVERIFY(sentenceOf([&] { replay.survey(unwatched()); }).contains("aborted"));
        replay.resume();
        QCOMPARE(replay.measure({0, 0}, 0.01).spectrum.size(), 4);
        QVERIFY(sentenceOf([&] { replay.measure({0, 3}, 0.01); }).contains("from 0 to 2"));
        QVERIFY(!sentenceOf([&] { replay.measure({0, 0}, -1); }).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestInstrument)
#include "tst_instrument.moc"
