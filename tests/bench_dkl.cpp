// SPDX-License-Identifier: GPL-3.0-or-later
// Times training and prediction of a DeepKernel, alone or in turn with another program on the same
// scene.
#include "base/error.h"
#include "benchdata.h"
#include "benchquality.h"
#include "dkl/blas.h"
#include "dkl/deepkernel.h"
#include "dkl/presets.h"
#include "dkl/random.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSysInfo>
#include <QTextStream>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <numbers>

using namespace helmscope;

namespace {

double secondsNow()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

struct Times
{
    std::vector<double> seconds;

    double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
    double median() const
    {
        std::vector<double> sorted = seconds;
        std::nth_element(sorted.begin(), sorted.begin() + long(sorted.size() / 2), sorted.end());
        return sorted[sorted.size() / 2];
    }
    QJsonObject milliseconds() const
    {
        return {{"min", std::round(1e6 * least()) / 1e3},
                {"median", std::round(1e6 * median()) / 1e3}};
    }
};

struct Points
{
    Eigen::MatrixXf inputs;
    Eigen::MatrixXd targets;
};

/// 16x16 patches of a bright disc somewhere, and values that follow its distance.
Points syntheticPoints(int count, int outputs, std::uint64_t seed)
{
    Random random(seed);
    Points points{Eigen::MatrixXf(count, 256), Eigen::MatrixXd(count, outputs)};
    for (int row = 0; row < count; ++row) {
        const double x = 24 * random.uniform() - 4, y = 24 * random.uniform() - 4;
        for (int pixel = 0; pixel < 256; ++pixel) {
            const double distance = std::hypot(pixel % 16 - x, double(pixel / 16) - y);
            points.inputs(row, pixel) =
                float(1 / (1 + std::exp(distance - 6)) + 0.05 * random.normal());
        }
        for (int output = 0; output < outputs; ++output)
            points.targets(row, output) =
                std::exp(-std::hypot(x - 8, y - 8) / (3 + 0.1 * output)) + 0.02 * random.normal();
    }
    return points;
}

/// A training's cycles, timed from one question whether to go on to the next.
Times timedCycles(DeepKernel &model, const Points &points)
{
    Times times;
    double last = 0;
    model.train(points.inputs, points.targets, [&](double) {
        const double now = secondsNow();
        if (last > 0)
            times.seconds.push_back(now - last);
        last = now;
        return true;
    });
    return times;
}

Times timedPredictions(const DeepKernel &model, const Eigen::MatrixXf &candidates, int rounds)
{
    Times times;
    for (int round = 0; round < rounds; ++round) {
        const double start = secondsNow();
        model.predict(candidates, unwatched());
        times.seconds.push_back(secondsNow() - start);
    }
    return times;
}

QString processorName()
{
    QFile file("/proc/cpuinfo");
    if (file.open(QIODevice::ReadOnly))
        for (const QByteArray &line : file.readAll().split('\n'))
            if (line.startsWith("model name"))
                return line.mid(line.indexOf(':') + 2);
    return QSysInfo::currentCpuArchitecture();
}

/// What a model of a scene's first points is worth on all others.
struct Quality
{
    double r2 = 0;
    double nlpd = 0; ///< of the measured value, target standardised
    double coverage95 = 0;
};

Quality qualityOf(const DeepKernel &model, const DeepKernel::Prediction &prediction,
                  const Eigen::VectorXd &measured, const Eigen::VectorXd &truth)
{
    const Eigen::ArrayXd variance =
        prediction.deviation.col(0).array().square() + std::pow(model.noiseDeviation()[0], 2);
    const Eigen::ArrayXd error = measured.array() - prediction.mean.col(0).array();
    const double spread = (truth.array() - truth.mean()).square().mean();
    return {
        1 - (truth - prediction.mean.col(0)).squaredNorm() / double(truth.size()) / spread,
        (0.5 * (2 * std::numbers::pi * variance).log() + 0.5 * error.square() / variance).mean() -
            0.5 * std::log(spread),
        (error.abs() < 1.96 * variance.sqrt()).cast<double>().mean()};
}

/// Trains and predicts as reference_dkl.py does, and answers with the same names.
QJsonObject runOurs(const QString &scene, int count, int candidates, DeepKernelSettings settings)
{
    const Eigen::MatrixXd x = readNpy(scene + "/X.npy");
    const Eigen::VectorXd y = readNpy(scene + "/y_edge.npy");
    const Eigen::VectorXd truth = readNpy(scene + "/yt_edge.npy");
    const std::vector<int> order = numpyPermutation(int(x.rows()), 1000 + unsigned(settings.seed));
    const std::vector<int> known(order.begin(), order.begin() + count);
    const std::vector<int> rest(order.begin() + count, order.end());
    const Eigen::MatrixXf others = x(rest, Eigen::all).cast<float>();

    DeepKernel model(settings);
    Times cycles = timedCycles(model, {x(known, Eigen::all).cast<float>(), y(known)});
    const Times predicting = timedPredictions(
        model, others.topRows(std::min<Eigen::Index>(candidates, others.rows())), 3);
    const Quality quality =
        qualityOf(model, model.predict(others, unwatched()), y(rest), truth(rest));
    return {{"cycleMs", cycles.milliseconds()},
            {"predictSeconds", predicting.least()},
            {"r2", quality.r2},
            {"nlpd", quality.nlpd},
            {"coverage95", quality.coverage95}};
}

/// What the default model's step takes: learning anew, all maps, and the worth of every candidate.
QJsonObject defaultStep(const QString &scene, int count, int candidates, unsigned seed)
{
    const Eigen::MatrixXd x = readNpy(scene + "/X.npy"), at = readNpy(scene + "/coords.npy");
    const Eigen::VectorXd y = readNpy(scene + "/y_edge.npy");
    Eigen::MatrixXf inputs(x.rows(), x.cols() + 2);
    inputs << x.cast<float>(), at.cast<float>();
    const std::vector<int> order = numpyPermutation(int(x.rows()), 1000 + seed);
    const std::vector<int> known(order.begin(), order.begin() + count);
    const std::vector<int> rest(order.begin() + count,
                                order.begin() + std::min(int(x.rows()), count + candidates));
    const Eigen::MatrixXf here = inputs(known, Eigen::all), there = inputs(rest, Eigen::all);
    const double start = secondsNow();
    DeepKernel model(presets().front().settings);
    const std::size_t evaluations = model.train(here, y(known), unwatched()).size();
    model.predict(there, unwatched());
    model.varianceReduction(there, there.topRows(128), {}, unwatched());
    return {{"seconds", secondsNow() - start}, {"evaluations", int(evaluations)}};
}

QJsonObject runReference(const QString &command, const QString &scene, int count, int candidates,
                         const DeepKernelSettings &settings, int threads)
{
    QStringList arguments = QProcess::splitCommand(command);
    if (arguments.isEmpty())
        throw Error("--reference needs a command.");
    const QString program = arguments.takeFirst();
    arguments << scene << "--train" << QString::number(count) << "--candidates"
              << QString::number(candidates) << "--cycles" << QString::number(settings.cycles)
              << "--lr" << QString::number(settings.learningRate) << "--seed"
              << QString::number(settings.seed) << "--threads" << QString::number(threads);
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(program, arguments);
    if (!process.waitForFinished(-1) || process.exitCode() != 0)
        throw Error("The reference " + command.toStdString() + " failed.");
    return QJsonDocument::fromJson(process.readAllStandardOutput()).object();
}

QTextStream &out()
{
    static QTextStream stream(stdout);
    return stream;
}

QJsonObject benchAlone(const DeepKernelSettings &settings, bool isQuiet)
{
    QJsonObject result;
    QJsonArray training, predicting;
    for (const int count : {10, 50, 100, 200, 500}) {
        DeepKernelSettings some = settings;
        some.cycles = count < 500 ? 100 : 30;
        DeepKernel model(some);
        const QJsonObject times = timedCycles(model, syntheticPoints(count, 1, 1)).milliseconds();
        training << QJsonObject{{"points", count}, {"cycleMs", times}};
        if (!isQuiet)
            out() << QString("training on %1 points: %2 ms a cycle, at best %3")
                         .arg(count, 3)
                         .arg(times["median"].toDouble(), 0, 'f', 2)
                         .arg(times["min"].toDouble(), 0, 'f', 2)
                  << Qt::endl;
        if (count != 100)
            continue;
        for (const int candidates : {2000, 10000}) {
            const QJsonObject took =
                timedPredictions(model, syntheticPoints(candidates, 1, 2).inputs, 5).milliseconds();
            predicting << QJsonObject{{"points", count}, {"candidates", candidates}, {"ms", took}};
            if (!isQuiet)
                out() << QString("predicting %1 candidates from 100 points: %2 ms, at best %3")
                             .arg(candidates)
                             .arg(took["median"].toDouble(), 0, 'f', 1)
                             .arg(took["min"].toDouble(), 0, 'f', 1)
                      << Qt::endl;
        }
    }
    // A step of the published vector recipe: 20 cycles on 46 outputs, 2,818 candidates.
    QJsonArray vector;
    for (const int count : {10, 50, 100}) {
        DeepKernelSettings some = settings;
        some.cycles = 20;
        const Points points = syntheticPoints(count, 46, 3);
        const Eigen::MatrixXf candidates = syntheticPoints(2818, 1, 4).inputs;
        Times times;
        for (int round = 0; round < 3; ++round) {
            const double start = secondsNow();
            DeepKernel model(some);
            model.train(points.inputs, points.targets, unwatched());
            model.predict(candidates, unwatched());
            times.seconds.push_back(secondsNow() - start);
        }
        vector << QJsonObject{{"points", count}, {"stepMs", times.milliseconds()}};
        if (!isQuiet)
            out() << QString("a step of 46 outputs on %1 points: %2 ms, at best %3")
                         .arg(count, 3)
                         .arg(1e3 * times.median(), 0, 'f', 0)
                         .arg(1e3 * times.least(), 0, 'f', 0)
                  << Qt::endl;
    }
    result["training"] = training;
    result["predicting"] = predicting;
    result["vectorStep"] = vector;
    return result;
}

/// Both sides in turn, several rounds of each, so that whatever else the machine does hits both.
QJsonArray benchAgainst(const QString &command, const QString &scene,
                        const DeepKernelSettings &settings, int threads, int rounds, bool isQuiet)
{
    constexpr int candidates = 2000;
    QJsonArray result;
    for (const int count : {10, 50, 100, 200, 500}) {
        DeepKernelSettings some = settings;
        if (count == 500)
            some.cycles = std::min(some.cycles, 50);
        QJsonObject ours, theirs;
        Times ourSteps, theirSteps;
        Times ourCycles, theirCycles, ourPredictions, theirPredictions, ourMedians, theirMedians;
        for (int round = 0; round < rounds; ++round) {
            theirs = runReference(command, scene, count, candidates, some, threads);
            ours = runOurs(scene, count, candidates, some);
            ourSteps.seconds.push_back(
                defaultStep(scene, count, candidates, unsigned(some.seed))["seconds"].toDouble());
            theirSteps.seconds.push_back(1e-3 * some.cycles *
                                             theirs["cycleMs"].toObject()["median"].toDouble() +
                                         theirs["predictSeconds"].toDouble());
            ourCycles.seconds.push_back(ours["cycleMs"].toObject()["min"].toDouble());
            theirCycles.seconds.push_back(theirs["cycleMs"].toObject()["min"].toDouble());
            ourMedians.seconds.push_back(ours["cycleMs"].toObject()["median"].toDouble());
            theirMedians.seconds.push_back(theirs["cycleMs"].toObject()["median"].toDouble());
            ourPredictions.seconds.push_back(ours["predictSeconds"].toDouble());
            theirPredictions.seconds.push_back(theirs["predictSeconds"].toDouble());
        }
        const double training = ourCycles.least() / theirCycles.least();
        const double medians = ourMedians.median() / theirMedians.median();
        const double predicting = ourPredictions.least() / theirPredictions.least();
        const double faster = theirSteps.median() / ourSteps.median();
        result << QJsonObject{{"points", count},
                              {"cycles", some.cycles},
                              {"ours", ours},
                              {"reference", theirs},
                              {"cycleRatio", training},
                              {"medianCycleRatio", medians},
                              {"predictRatio", predicting},
                              {"defaultStepSeconds", ourSteps.median()},
                              {"referenceStepSeconds", theirSteps.median()},
                              {"stepsFaster", faster}};
        if (isQuiet)
            continue;
        const auto quality = [](const QJsonObject &side) {
            return QString("R2 %1, NLPD %2, coverage %3")
                .arg(side["r2"].toDouble(), 0, 'f', 3)
                .arg(side["nlpd"].toDouble(), 0, 'f', 2)
                .arg(side["coverage95"].toDouble(), 0, 'f', 2);
        };
        out() << QString("%1 points, %2 cycles: cycle %3 of %4 ms (ratio %5, of medians %6), 2,000 "
                         "predictions %7 of %8 ms (ratio %9)")
                     .arg(count, 3)
                     .arg(some.cycles)
                     .arg(ourCycles.least(), 0, 'f', 2)
                     .arg(theirCycles.least(), 0, 'f', 2)
                     .arg(training, 0, 'f', 2)
                     .arg(medians, 0, 'f', 2)
                     .arg(1e3 * ourPredictions.least(), 0, 'f', 1)
                     .arg(1e3 * theirPredictions.least(), 0, 'f', 1)
                     .arg(predicting, 0, 'f', 2)
              << QString("\n    a whole step: %1 s with the default model, %2 s with the reference "
                         "(%3 times)")
                     .arg(ourSteps.median(), 0, 'f', 3)
                     .arg(theirSteps.median(), 0, 'f', 3)
                     .arg(faster, 0, 'f', 0)
              << "\n    the same recipe, ours: " << quality(ours)
              << "; reference: " << quality(theirs) << Qt::endl;
    }
    return result;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        "What the models are worth and what they cost: on patches of their own, on scenes and "
        "recordings, or in turn with another program on a scene.");
    parser.addHelpOption();
    const DeepKernelSettings defaults;
    parser.addOptions({
        {"json", "Print one JSON object."},
        {"threads", "Threads of the model.", "n", "1"},
        {"reference", "Command to compare with; the scene and its options are appended.",
         "command"},
        {"scene", "Folder with X.npy, y_edge.npy and yt_edge.npy.", "folder"},
        {"scenes",
         "Folder of scenes s64_seed...: what the models are worth on them, in single fits "
         "and in whole runs.",
         "folder"},
        {"recordings", "Folder of recordings: the same single fits on them.", "folder"},
        {"reliability",
         "SVG picture to write: is \u03c3 to be believed, on --scenes and --recordings.", "file"},
        {"growth", "How time grows with points, candidates, outputs and patch."},
        {"rounds", "Rounds of each side.", "n", "3"},
        {"cycles", "Training cycles of a comparison.", "n", QString::number(defaults.cycles)},
        {"kernel-learning-rate", "Of the kernel's parameters.", "rate",
         QString::number(defaults.kernelLearningRate)},
        {"start-noise", "Noise variance to begin with.", "variance",
         QString::number(defaults.startNoise)},
    });
    parser.process(application);
    const int threads = std::max(1, parser.value("threads").toInt());
    const bool isQuiet = parser.isSet("json");
    DeepKernelSettings settings;
    settings.cycles = parser.value("cycles").toInt();
    settings.kernelLearningRate = parser.value("kernel-learning-rate").toDouble();
    settings.startNoise = parser.value("start-noise").toDouble();
    settings.seed = 0; // the reference's

    try {
        const Blas blas = loadedBlas();
        setModelThreads(threads);
        const QString processor = processorName(), library = QString::fromStdString(blas.name);
        QJsonObject result{{"processor", processor}, {"blas", library}, {"threads", threads}};
        if (!isQuiet)
            out() << processor << ", " << library << ", " << threads << " thread(s)" << Qt::endl;
        if (parser.isSet("reference"))
            result["comparison"] =
                benchAgainst(parser.value("reference"), parser.value("scene"), settings, threads,
                             std::max(1, parser.value("rounds").toInt()), isQuiet);
        QTextStream *text = isQuiet ? nullptr : &out();
        if (parser.isSet("reliability")) {
            drawReliability(parser.value("scenes"), parser.value("recordings"),
                            parser.value("reliability"));
            return 0;
        }
        if (parser.isSet("scenes")) {
            result["quality"] = benchScenes(parser.value("scenes"), text);
            result["runs"] = benchRuns(parser.value("scenes"), text);
        }
        if (parser.isSet("recordings"))
            result["recordings"] = benchRecordings(parser.value("recordings"), text);
        if (parser.isSet("growth"))
            result["growth"] = benchGrowth(text);
        if (result.size() == 3)
            result["alone"] = benchAlone(settings, isQuiet);
        if (isQuiet)
            out() << QJsonDocument(result).toJson(QJsonDocument::Compact) << Qt::endl;
    } catch (const Error &error) {
        QTextStream(stderr) << error.what() << Qt::endl;
        return 1;
    }
    return 0;
}
