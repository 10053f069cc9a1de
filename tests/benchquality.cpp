// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchquality.h"

#include "benchdata.h"
#include "data/dataset.h"
#include "data/patches.h"
#include "dkl/presets.h"
#include "dkl/random.h"
#include "instrument/replay.h"
#include "steering/experiment.h"

#include <QDir>
#include <QElapsedTimer>
#include <QJsonArray>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace helmscope {

namespace {

constexpr int patch = 16;

/// A sample with its whole scan.
struct Sample
{
    QString name;
    Dataset dataset;           ///< image and values
    std::vector<Pixel> pixels; ///< candidates
    Eigen::MatrixXf inputs;    ///< [n, patch * patch + 2]
    Eigen::VectorXd measured, truth;
    Eigen::MatrixXd spectra, trueSpectra; ///< [n, channels], scenes only
};

Sample sampleOf(const QString &name, const DatasetSources &sources,
                const std::optional<Scalarizer> &scalarizer)
{
    Sample sample;
    sample.name = name;
    sample.dataset = loadDataset(sources, unwatched());
    Dataset &dataset = sample.dataset;
    sample.pixels = candidatePixels(dataset, patch);
    if (scalarizer) {
        const EnergyAxis energies = dataset.spectra.energies();
        sample.spectra.resize(Eigen::Index(sample.pixels.size()),
                              dataset.rows() * dataset.cols() < 20000 && energies.channels() < 100
                                  ? energies.channels()
                                  : 0);
        dataset.values = scalarize(dataset.spectra, *scalarizer);
        for (std::size_t i = 0; sample.spectra.cols() > 0 && i < sample.pixels.size(); ++i)
            sample.spectra.row(Eigen::Index(i)) =
                dataset.spectra.at(sample.pixels[i]).cast<double>().transpose();
        dataset.spectra = {};
    }
    std::erase_if(sample.pixels, [&](Pixel pixel) {
        return !std::isfinite(dataset.values(pixel.row, pixel.col));
    });
    const Eigen::Index count = Eigen::Index(sample.pixels.size());
    sample.inputs.resize(count, patch * patch + 2);
    sample.inputs.leftCols(patch * patch) = cutPatches(dataset, sample.pixels, patch);
    sample.measured.resize(count);
    for (Eigen::Index i = 0; i < count; ++i) {
        const Pixel pixel = sample.pixels[std::size_t(i)];
        sample.inputs.row(i).tail(2) << float(pixel.row), float(pixel.col);
        sample.measured[i] = dataset.values(pixel.row, pixel.col);
    }
    sample.truth = sample.measured;
    return sample;
}

Sample sceneIn(const QString &folder)
{
    DatasetSources sources;
    sources.image.file = folder + "/haadf.npy";
    sources.spectra = Address{folder + "/spim.npy", {}};
    sources.energies = Address{folder + "/energy.npy", {}};
    // The edge mode, as make_scenes.py scalarizes it.
    Sample scene = sampleOf(QDir(folder).dirName(), sources, Scalarizer::parse("band:0.42-0.8"));
    scene.trueSpectra = readNpy(folder + "/Ytrue.npy");
    const Eigen::VectorXd energies = readNpy(folder + "/energy.npy").col(0);
    const Eigen::VectorXd band =
        (energies.array() >= 0.42 && energies.array() <= 0.8).cast<double>();
    scene.truth = scene.trueSpectra * band / band.sum();
    return scene;
}

std::vector<Sample> scenesIn(const QString &folder)
{
    std::vector<Sample> scenes;
    for (const QString &name : QDir(folder).entryList({"s64_seed*"}, QDir::Dirs))
        scenes.push_back(sceneIn(folder + '/' + name));
    if (scenes.empty())
        throw Error("There is no scene s64_seed... in " + folder.toStdString() + ".");
    return scenes;
}

/// What a prediction is worth; a sum over samples, divided by their number in the end.
struct Worth
{
    double r2 = 0, nlpd = 0;
    double coverage50 = 0, coverage80 = 0, coverage95 = 0;
    double seconds = 0;
    int count = 0;

    void add(const Eigen::ArrayXd &mean, const Eigen::ArrayXd &deviation,
             const Eigen::ArrayXd &measured, const Eigen::ArrayXd &truth)
    {
        const double spread = (truth - truth.mean()).square().mean();
        const Eigen::ArrayXd error = (measured - mean).abs();
        const auto within = [&](double z) { return (error < z * deviation).cast<double>().mean(); };
        r2 += 1 - (truth - mean).square().mean() / spread;
        nlpd += (0.5 * std::log(2 * std::numbers::pi) + deviation.log() +
                 0.5 * (error / deviation).square())
                    .mean() -
                0.5 * std::log(spread);
        coverage50 += within(0.67449);
        coverage80 += within(1.28155);
        coverage95 += within(1.95996);
        ++count;
    }
    QJsonObject json() const
    {
        return {{"r2", r2 / count},
                {"nlpd", nlpd / count},
                {"coverage50", coverage50 / count},
                {"coverage80", coverage80 / count},
                {"coverage95", coverage95 / count},
                {"seconds", seconds / count}};
    }
    QString line() const
    {
        return QString("R2 %1  NLPD %2  coverage %3 %4 %5  %6 s")
            .arg(r2 / count, 6, 'f', 3)
            .arg(nlpd / count, 6, 'f', 2)
            .arg(coverage50 / count, 0, 'f', 2)
            .arg(coverage80 / count, 0, 'f', 2)
            .arg(coverage95 / count, 0, 'f', 2)
            .arg(seconds / count, 0, 'f', 3);
    }
};

Eigen::ArrayXXd totalDeviation(const DeepKernel::Prediction &prediction)
{
    return (prediction.deviation.array().square() + prediction.noise.array().square()).sqrt();
}

DeepKernel::Prediction fitted(const Sample &sample, const Eigen::MatrixXd &targets,
                              const DeepKernelSettings &settings, const std::vector<int> &known,
                              const std::vector<int> &rest, double &seconds)
{
    const Eigen::Index columns = sample.inputs.cols() - (settings.hasPlace ? 0 : 2);
    const Eigen::MatrixXf here = sample.inputs(known, Eigen::seqN(0, columns)),
                          there = sample.inputs(rest, Eigen::seqN(0, columns));
    QElapsedTimer timer;
    timer.start();
    DeepKernel model(settings);
    model.train(here, targets(known, Eigen::all), unwatched());
    DeepKernel::Prediction prediction = model.predict(there, unwatched());
    seconds += 1e-9 * double(timer.nsecsElapsed());
    return prediction;
}

struct Split
{
    std::vector<int> known, rest;
};

Split splitOf(const Sample &sample, int count, int seed)
{
    const std::vector<int> order =
        numpyPermutation(int(sample.pixels.size()), 1000 + unsigned(seed));
    return {{order.begin(), order.begin() + count}, {order.begin() + count, order.end()}};
}

/// One row of a table: `samples` with a seed each.
QJsonObject row(const QString &title, const std::vector<std::pair<const Sample *, int>> &samples,
                int count, const Preset &preset, QTextStream *text)
{
    Worth worth;
    double least = 1;
    for (const auto &[sample, seed] : samples) {
        const Split split = splitOf(*sample, count, seed);
        const DeepKernel::Prediction prediction = fitted(*sample, sample->measured, preset.settings,
                                                         split.known, split.rest, worth.seconds);
        const double before = worth.r2;
        worth.add(prediction.mean.col(0).array(), totalDeviation(prediction).col(0),
                  sample->measured(split.rest).array(), sample->truth(split.rest).array());
        least = std::min(least, worth.r2 - before);
    }
    QJsonObject result = worth.json();
    result.insert("sample", title);
    result.insert("model", preset.key);
    result.insert("points", count);
    result.insert("leastR2", least);
    if (text)
        *text << QString("%1 %2 N=%3  ").arg(title, -8).arg(preset.key, -9).arg(count, 3)
              << worth.line() << Qt::endl;
    return result;
}

QJsonObject spectraRow(const std::vector<Sample> &scenes, int count, const Preset &preset,
                       QTextStream *text)
{
    double squares = 0, spread = 0, coverage = 0, lowest = 1, seconds = 0, noise = 0;
    for (const Sample &scene : scenes) {
        const Split split = splitOf(scene, count, 0);
        const DeepKernel::Prediction prediction =
            fitted(scene, scene.spectra, preset.settings, split.known, split.rest, seconds);
        const Eigen::MatrixXd truth = scene.trueSpectra(split.rest, Eigen::all),
                              measured = scene.spectra(split.rest, Eigen::all);
        squares += (prediction.mean - truth).array().square().mean();
        spread += (truth.rowwise() - truth.colwise().mean()).array().square().mean();
        noise += (measured - truth).array().square().mean();
        const Eigen::ArrayXd channels =
            ((measured - prediction.mean).array().abs() < 1.95996 * totalDeviation(prediction))
                .cast<double>()
                .colwise()
                .mean();
        coverage += channels.mean();
        lowest = std::min(lowest, channels.minCoeff());
    }
    const double n = double(scenes.size());
    if (text)
        *text << QString("spectra  %1 N=%2  RMSE %3 (spread %4, noise %5)  coverage of 95 %: %6, "
                         "worst channel %7  %8 s")
                     .arg(preset.key, -9)
                     .arg(count, 3)
                     .arg(std::sqrt(squares / n), 0, 'f', 4)
                     .arg(std::sqrt(spread / n), 0, 'f', 4)
                     .arg(std::sqrt(noise / n), 0, 'f', 4)
                     .arg(coverage / n, 0, 'f', 3)
                     .arg(lowest, 0, 'f', 2)
                     .arg(seconds / n, 0, 'f', 3)
              << Qt::endl;
    return {{"model", preset.key},
            {"points", count},
            {"rmse", std::sqrt(squares / n)},
            {"spread", std::sqrt(spread / n)},
            {"noise", std::sqrt(noise / n)},
            {"coverage95", coverage / n},
            {"worstChannel95", lowest},
            {"seconds", seconds / n}};
}

double medianOf(std::vector<double> numbers)
{
    std::sort(numbers.begin(), numbers.end());
    return numbers.empty() ? std::numeric_limits<double>::quiet_NaN() : numbers[numbers.size() / 2];
}

} // namespace

QJsonObject benchScenes(const QString &folder, QTextStream *text)
{
    const std::vector<Sample> scenes = scenesIn(folder);
    std::vector<std::pair<const Sample *, int>> all;
    for (const Sample &scene : scenes)
        all.push_back({&scene, 0});
    QJsonArray edge, spectra;
    for (const int count : {25, 50, 100, 200})
        for (const Preset &preset : presets())
            edge << row("scenes", all, count, preset, text);
    for (const int count : {50, 100})
        for (const char *key : {"default", "pca"})
            spectra << spectraRow(scenes, count, presetFromKey(key), text);
    return {{"scenes", int(scenes.size())}, {"edge", edge}, {"spectra", spectra}};
}

namespace {

/// The three recorded pairs.
std::vector<Sample> recordingsIn(const QString &folder)
{
    const auto at = [&](const char *file, const QString &array = {}) {
        return Address{folder + '/' + file, array};
    };
    DatasetSources sio2, idp, fito;
    sio2.image = at("sio2-haadf-eds/SiO2_HAADF_Image.hspy");
    sio2.spectra = at("sio2-haadf-eds/SiO2_EDS_Spectrum_Image.hspy");
    const char *dust = "idp-haadf-eds/idp0_eds_sp2_ebin4.npz";
    idp.image = at(dust, "haadf_sum2x2");
    idp.spectra = at(dust, "si");
    idp.energies = at(dust, "energy_keV");
    const char *cubes = "fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz";
    fito.image = at(cubes, "haadf_u8");
    fito.values = at(cubes, "dipole_scalar");
    const Scalarizer silicon = Scalarizer::parse("band:1.64-1.84");
    std::vector<Sample> samples;
    for (const auto &[name, sources, scalarizer] :
         {std::tuple{"sio2", sio2, std::optional(silicon)},
          std::tuple{"idp", idp, std::optional(silicon)},
          std::tuple{"fito", fito, std::optional<Scalarizer>()}})
        samples.push_back(sampleOf(name, sources, scalarizer));
    return samples;
}

} // namespace

QJsonObject benchRecordings(const QString &folder, QTextStream *text)
{
    QJsonArray rows;
    for (const Sample &sample : recordingsIn(folder)) {
        std::vector<std::pair<const Sample *, int>> seeds;
        for (int seed = 0; seed < 5; ++seed)
            seeds.push_back({&sample, seed});
        for (const int count : {25, 50, 110, 200})
            for (const Preset &preset : presets())
                rows << row(sample.name, seeds, count, preset, text);
    }
    return {{"seeds", 5}, {"rows", rows}};
}

namespace {

/// |error| in deviations, of all that was not measured, sorted.
std::vector<double> distancesOf(const std::vector<std::pair<const Sample *, int>> &samples,
                                int count, const char *model)
{
    std::vector<double> distances;
    double seconds = 0;
    for (const auto &[sample, seed] : samples) {
        const Split split = splitOf(*sample, count, seed);
        const DeepKernel::Prediction prediction =
            fitted(*sample, sample->measured, presetFromKey(model).settings, split.known,
                   split.rest, seconds);
        const Eigen::ArrayXd z =
            (sample->measured(split.rest).array() - prediction.mean.col(0).array()).abs() /
            totalDeviation(prediction).col(0);
        distances.insert(distances.end(), z.begin(), z.end());
    }
    std::sort(distances.begin(), distances.end());
    return distances;
}

} // namespace

void drawReliability(const QString &scenes, const QString &recordings, const QString &file)
{
    std::vector<Sample> samples = scenesIn(scenes);
    struct Panel
    {
        QString title;
        std::vector<std::pair<const Sample *, int>> samples;
        int count;
    };
    std::vector<Panel> panels(1, {QString("%1 scenes, 100 points").arg(samples.size()), {}, 100});
    for (const Sample &sample : samples)
        panels[0].samples.push_back({&sample, 0});
    const std::vector<Sample> pairs = recordingsIn(recordings);
    for (const Sample &pair : pairs) {
        panels.push_back({pair.name + ", 110 points", {}, 110});
        for (int seed = 0; seed < 5; ++seed)
            panels.back().samples.push_back({&pair, seed});
    }
    constexpr double side = 200, gap = 40, left = 56, top = 64;
    QString svg;
    QTextStream out(&svg);
    const double width = left + double(panels.size()) * (side + gap), height = top + side + 88;
    out << QString("<svg xmlns='http://www.w3.org/2000/svg' width='%1' height='%2' viewBox='0 0 %1 "
                   "%2' font-family='DejaVu Sans, sans-serif' font-size='13' fill='#222'>\n"
                   "<rect width='%1' height='%2' fill='white'/>\n"
                   "<text x='%3' y='24' font-size='15'>How often the measured value lies in the "
                   "interval the model gives: on the diagonal, \u03c3 can be believed</text>\n")
               .arg(width)
               .arg(height)
               .arg(left);
    for (std::size_t i = 0; i < panels.size(); ++i) {
        const double x = left + double(i) * (side + gap);
        out << QString("<g transform='translate(%1 %2)'><text x='0' y='-8'>%3</text>\n"
                       "<rect width='%4' height='%4' fill='none' stroke='#999'/>\n"
                       "<path d='M0 %4 L%4 0' stroke='#999' stroke-dasharray='4 4'/>\n")
                   .arg(x)
                   .arg(top)
                   .arg(panels[i].title.toHtmlEscaped())
                   .arg(side);
        for (const int percent : {0, 50, 100}) {
            const double at = side * percent / 100;
            out << QString("<text x='%1' y='%2' text-anchor='middle' font-size='11'>%3 %</text>\n")
                       .arg(at)
                       .arg(side + 16)
                       .arg(percent);
            if (i == 0)
                out << QString("<text x='-6' y='%1' text-anchor='end' font-size='11'>%2 %</text>\n")
                           .arg(side - at + 4)
                           .arg(percent);
        }
        out << QString("<text x='%1' y='%2' text-anchor='middle' font-size='11'>nominal</text>\n")
                   .arg(side / 2)
                   .arg(side + 32);
        for (const auto &[model, colour, dash] : {std::tuple{"published", "#d95f02", "7 3"},
                                                  std::tuple{"default", "#1b6ca8", "none"}}) {
            const std::vector<double> z = distancesOf(panels[i].samples, panels[i].count, model);
            out << QString("<path fill='none' stroke='%1' stroke-width='2.5' "
                           "stroke-dasharray='%2' d='M0 %3")
                       .arg(colour, dash)
                       .arg(side);
            for (int percent = 1; percent < 100; ++percent) {
                // Half width of the central interval in deviations, by bisection of erf.
                double low = 0, high = 6;
                for (int round = 0; round < 50; ++round) {
                    const double middle = (low + high) / 2;
                    (std::erf(middle / std::numbers::sqrt2) < percent / 100.0 ? low : high) =
                        middle;
                }
                const double inside =
                    double(std::lower_bound(z.begin(), z.end(), low) - z.begin()) /
                    double(z.size());
                out << QString(" L%1 %2")
                           .arg(side * percent / 100, 0, 'f', 1)
                           .arg(side * (1 - inside), 0, 'f', 1);
            }
            out << "'/>\n";
        }
        out << "</g>\n";
    }
    const double legend = top + side + 62;
    out << QString("<path d='M%1 %2 h40' stroke='#1b6ca8' stroke-width='2.5'/><text x='%3' "
                   "y='%4'>default</text>\n<path d='M%5 %2 h40' stroke='#d95f02' "
                   "stroke-width='2.5' stroke-dasharray='7 3'/><text x='%6' y='%4'>published "
                   "recipe (above the diagonal: \u03c3 too wide)</text>\n</svg>\n")
               .arg(left)
               .arg(legend)
               .arg(left + 48)
               .arg(legend + 4)
               .arg(left + 150)
               .arg(left + 198);
    QFile picture(file);
    if (!picture.open(QIODevice::WriteOnly) || picture.write(svg.toUtf8()) < 0)
        throw Error("Cannot write " + file.toStdString() + ".");
}

QJsonObject benchRuns(const QString &folder, QTextStream *text)
{
    const std::vector<Sample> scenes = scenesIn(folder);
    QJsonArray rows;
    for (const char *key : {"random", "uncertainty", "integrated", "ei"}) {
        Worth at50, at100;
        double regret = 0;
        std::vector<double> found, seconds;
        for (std::size_t s = 0; s < scenes.size(); ++s) {
            const Sample &scene = scenes[s];
            Plan plan;
            plan.acquisition.kind = acquisitionFromKey(key);
            plan.steps = 90;
            plan.seed = s + 1;
            Replay microscope(scene.dataset);
            const Run run = explore(plan, microscope, unwatched(), {});
            const auto indexOf = [&](Pixel pixel) {
                return Eigen::Index(std::find(scene.pixels.begin(), scene.pixels.end(), pixel) -
                                    scene.pixels.begin());
            };
            std::vector<double> sorted(scene.truth.begin(), scene.truth.end());
            std::sort(sorted.begin(), sorted.end());
            const double good = sorted[sorted.size() * 99 / 100];
            double best = -std::numeric_limits<double>::infinity(), soon = 0;
            std::vector<bool> isMeasured(scene.pixels.size());
            for (const Step &step : run.steps) {
                const Eigen::Index index = indexOf(step.pixel);
                isMeasured[std::size_t(index)] = true;
                best = std::max(best, scene.truth[index]);
                if (soon == 0 && best >= good)
                    soon = step.number;
                if (step.number > plan.initial.count)
                    seconds.push_back(step.learnSeconds + step.predictSeconds);
                if (step.number != 50 && step.number != 100)
                    continue;
                std::vector<int> rest;
                for (std::size_t i = 0; i < isMeasured.size(); ++i)
                    if (!isMeasured[i])
                        rest.push_back(int(i));
                Eigen::ArrayXd mean(Eigen::Index(rest.size())), deviation(mean.size());
                for (Eigen::Index i = 0; i < mean.size(); ++i) {
                    const Pixel pixel = scene.pixels[std::size_t(rest[std::size_t(i)])];
                    mean[i] = step.belief->mean(pixel.row, pixel.col);
                    deviation[i] = std::hypot(step.belief->deviation(pixel.row, pixel.col),
                                              step.belief->noise(pixel.row, pixel.col));
                }
                (step.number == 50 ? at50 : at100)
                    .add(mean, deviation, scene.measured(rest).array(), scene.truth(rest).array());
            }
            // Never found counts as later than the end.
            found.push_back(soon > 0 ? soon : 101);
            regret += (sorted.back() - best) /
                      (scene.measured.maxCoeff() - scene.measured.minCoeff()) /
                      double(scenes.size());
        }
        rows << QJsonObject{{"acquisition", key},    {"at50", at50.json()},
                            {"at100", at100.json()}, {"medianUntilBestPercent", medianOf(found)},
                            {"regretAt100", regret}, {"secondsAStep", medianOf(seconds)}};
        if (text)
            *text << QString("runs, %1\n    50: %2\n   100: %3\n    best 1 % after %4 (median), "
                             "regret %5, %6 s a step (median)")
                         .arg(key, at50.line(), at100.line())
                         .arg(medianOf(found))
                         .arg(regret, 0, 'f', 4)
                         .arg(medianOf(seconds), 0, 'f', 3)
                  << Qt::endl;
    }
    return {{"scenes", int(scenes.size())}, {"rows", rows}};
}

namespace {

/// Patches of discs, their places, and outputs that follow them.
struct Made
{
    Eigen::MatrixXf inputs;
    Eigen::MatrixXd targets;
};

Made made(int count, int outputs, int side, std::uint64_t seed)
{
    Random random(seed);
    Made result{Eigen::MatrixXf(count, side * side + 2), Eigen::MatrixXd(count, outputs)};
    for (int row = 0; row < count; ++row) {
        const double x = side * random.uniform(), y = side * random.uniform();
        for (int pixel = 0; pixel < side * side; ++pixel)
            result.inputs(row, pixel) =
                float(1 / (1 + std::exp(std::hypot(pixel % side - x, double(pixel / side) - y) -
                                        0.4 * side)) +
                      0.05 * random.normal());
        result.inputs.row(row).tail(2) << float(200 * random.uniform()),
            float(200 * random.uniform());
        for (int output = 0; output < outputs; ++output)
            result.targets(row, output) = std::exp(-std::hypot(x - side / 2.0, y - side / 2.0) /
                                                   (side * (0.2 + 0.01 * output))) +
                                          0.02 * random.normal();
    }
    return result;
}

} // namespace

QJsonObject benchGrowth(QTextStream *text)
{
    struct Case
    {
        int points, candidates, outputs, side;
    };
    QJsonArray rows;
    for (const Case &work :
         {Case{50, 2000, 1, 16}, Case{100, 2000, 1, 16}, Case{200, 2000, 1, 16},
          Case{500, 2000, 1, 16}, Case{1000, 2000, 1, 16}, Case{2000, 2000, 1, 16},
          Case{5000, 2000, 1, 16}, Case{100, 10000, 1, 16}, Case{100, 262144, 1, 16},
          Case{500, 10000, 1, 16}, Case{50, 2818, 46, 16}, Case{100, 2818, 46, 16},
          Case{100, 2000, 1, 8}, Case{100, 2000, 1, 32}, Case{100, 2000, 1, 64}}) {
        const Made known = made(work.points, work.outputs, work.side, 1);
        // Many candidates: the same ones over and over, so that they fit into memory.
        const Made some = made(std::min(work.candidates, 16384), 1, work.side, 2);
        QElapsedTimer timer;
        std::vector<double> anew, again, predicting, choosing;
        for (int round = 0; round < (work.points > 1000 || work.candidates > 20000 ? 1 : 5);
             ++round) {
            DeepKernel model(presets().front().settings);
            timer.start();
            model.train(known.inputs, known.targets, unwatched());
            anew.push_back(1e-9 * double(timer.nsecsElapsed()));
            timer.start();
            model.train(known.inputs, known.targets, unwatched());
            again.push_back(1e-9 * double(timer.nsecsElapsed()));
            timer.start();
            for (int done = 0; done < work.candidates; done += int(some.inputs.rows()))
                model.predict(some.inputs, unwatched());
            predicting.push_back(1e-9 * double(timer.nsecsElapsed()));
            timer.start();
            const Eigen::VectorXd weights = Eigen::VectorXd::Constant(work.outputs, 1);
            for (int done = 0; done < work.candidates; done += int(some.inputs.rows()))
                model.varianceReduction(some.inputs, some.inputs.topRows(128), weights,
                                        unwatched());
            choosing.push_back(1e-9 * double(timer.nsecsElapsed()));
        }
        rows << QJsonObject{{"points", work.points},
                            {"candidates", work.candidates},
                            {"outputs", work.outputs},
                            {"patch", work.side},
                            {"trainSeconds", medianOf(anew)},
                            {"trainFromTheLastSeconds", medianOf(again)},
                            {"predictSeconds", medianOf(predicting)},
                            {"chooseSeconds", medianOf(choosing)}};
        if (text)
            *text << QString("%1 points, %2 candidates, %3 outputs, patch %4: training %5 s, from "
                             "the last %6 s, predicting %7 s, choosing %8 s")
                         .arg(work.points, 4)
                         .arg(work.candidates, 6)
                         .arg(work.outputs, 2)
                         .arg(work.side)
                         .arg(medianOf(anew), 0, 'f', 3)
                         .arg(medianOf(again), 0, 'f', 3)
                         .arg(medianOf(predicting), 0, 'f', 3)
                         .arg(medianOf(choosing), 0, 'f', 3)
                  << Qt::endl;
    }
    return {{"rows", rows}};
}

} // namespace helmscope
