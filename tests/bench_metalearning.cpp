// SPDX-License-Identifier: GPL-3.0-or-later
// Does a model that has seen other samples start ahead? Meta-trains on simulated samples, then
// shows every model the same few points of samples of unseen shapes, and of the recorded pairs.
#include "data/dataset.h"
#include "data/scalarizer.h"
#include "dkl/presets.h"
#include "dkl/transfer/crossvalidation.h"
#include "instrument/noise.h"
#include "metalearning/metatraining.h"
#include "metalearning/simulatedtasks.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTextStream>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>

using namespace helmscope;

namespace {

constexpr int patch = 16;

struct Model
{
    QString key;
    Candidate candidate;
    QString cold; ///< what it falls back to; empty: nothing
};

Task recorded(const QString &name, const DatasetSources &sources, const QString &scalarizer)
{
    Dataset dataset = loadDataset(sources, unwatched());
    if (!scalarizer.isEmpty()) {
        dataset.values = scalarize(dataset.spectra, Scalarizer::parse(scalarizer));
        dataset.spectra = {};
    }
    return Task(name, std::move(dataset), {}, patch);
}

std::vector<Task> recordingsIn(const QString &folder)
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
    return {recorded("sio2", sio2, "band:1.64-1.84"), recorded("idp", idp, "band:1.64-1.84"),
            recorded("fito", fito, {})};
}

/// Means of what was measured for one sample group, model and number of points.
struct Cell
{
    double rmse = 0, r2 = 0, nlpd = 0, coverage = 0, cycles = 0;
    double safeR2 = 0, safeNlpd = 0, fellBack = 0; ///< with fall-back
    std::vector<double> r2s, nlpds;                ///< of each trial
    int count = 0, cycleCount = 0;
};

double median(std::vector<double> numbers)
{
    std::sort(numbers.begin(), numbers.end());
    return numbers.empty() ? std::nan("") : numbers[numbers.size() / 2];
}

/// Cycles a training from there needs until it is where the cold one ends; none: it never is.
double cyclesUntil(const std::vector<double> &losses, double target)
{
    for (std::size_t i = 0; i < losses.size(); ++i)
        if (losses[i] <= target)
            return double(i);
    return double(losses.size());
}

/// The share of the way from the mean to the largest true value that the best pixel found has gone,
/// by expected improvement from five random points on; after each of `counts`.
std::vector<double> bestFound(const Task &task, const Candidate &candidate,
                              const std::vector<int> &order, const std::vector<int> &counts)
{
    std::vector<int> known(order.begin(), order.begin() + 5);
    std::vector<int> rest(order.begin() + 5, order.begin() + std::min<int>(800, task.size()));
    std::vector<int> all = known;
    all.insert(all.end(), rest.begin(), rest.end());
    const Eigen::VectorXd truth = task.truth(all);
    const bool hasPlace = candidate.learning().hasPlace;
    std::vector<double> found;
    for (const int count : counts) {
        while (int(known.size()) < count && !rest.empty()) {
            // Later a model lasts for several points: they tell it little.
            const int more = known.size() < 20 ? 1 : known.size() < 50 ? 5 : 10;
            DeepKernel model = candidate.make();
            const Eigen::VectorXd values = task.values(known);
            model.train(task.inputs(known, hasPlace), values, unwatched());
            for (int i = 0; i < more && int(known.size()) < count; ++i) {
                const DeepKernel::Prediction there =
                    model.predict(task.inputs(rest, hasPlace), unwatched());
                const Eigen::ArrayXd u =
                    (there.mean.col(0).array() - task.values(known).maxCoeff()) /
                    there.deviation.col(0).array().max(1e-12);
                const Eigen::ArrayXd improvement =
                    there.deviation.col(0).array() * (u.unaryExpr([](double z) {
                        return 0.5 * std::erfc(-z / std::sqrt(2.));
                    }) * u + (-0.5 * u.square()).exp() / std::sqrt(2 * M_PI));
                Eigen::Index best = 0;
                improvement.maxCoeff(&best);
                const int next = rest[std::size_t(best)];
                rest.erase(rest.begin() + best);
                known.push_back(next);
                const std::vector<int> one{next};
                if (i + 1 < more)
                    model.append(task.inputs(one, hasPlace), task.values(one));
            }
        }
        found.push_back((task.truth(known).maxCoeff() - truth.mean()) /
                        (truth.maxCoeff() - truth.mean()));
    }
    return found;
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOptions({{"data", "Folder of the recorded pairs.", "folder", ""},
                       {"tasks", "Simulated samples to learn on.", "n", "120"},
                       {"held-out", "Samples of unseen shapes.", "n", "10"},
                       {"seeds", "Draws of the points shown.", "n", "10"},
                       {"best", "Draws of which best values are sought; slow.", "n", "0"},
                       {"jobs", "Threads.", "n", "1"},
                       {"only", "Presets to train, with commas between.", "keys",
                        "paper,default,maml,joint,priors"},
                       {"keep", "Writes and reads the meta-models there.", "folder", ""},
                       {"json", "Writes the numbers there.", "file", ""}});
    parser.process(application);
    QTextStream out(stdout);
    const int jobs = parser.value("jobs").toInt(), seeds = parser.value("seeds").toInt();
    setModelThreads(1);
    const std::vector<int> counts{5, 10, 20, 50, 100};

    // Shapes that nobody has learnt on are held out; neither they nor the recordings choose
    // anything.
    const TaskSet tasks =
        split(simulatedTasks({SampleFamily::Cubes, SampleFamily::Spheres, SampleFamily::Discs,
                              SampleFamily::Gratings, SampleFamily::Alloys},
                             parser.value("tasks").toInt(), 1000),
              6);
    out << tasks.training.size() << " tasks to learn on, " << tasks.validation.size()
        << " for validation" << Qt::endl;
    QJsonObject trained;
    std::vector<Model> models{{"cold", {nullptr, presetFromKey("network").settings}, {}},
                              {"rings", {nullptr, presetFromKey("default").settings}, {}},
                              {"pca", {nullptr, presetFromKey("pca").settings}, {}}};
    for (const QString &key : parser.value("only").split(',', Qt::SkipEmptyParts)) {
        QElapsedTimer time;
        time.start();
        const QString file = parser.value("keep") + "/bench-" + key + ".h5";
        MetaModel model;
        if (parser.isSet("keep") && QFile::exists(file)) {
            model = readMetaModel(file);
        } else {
            MetaTrainingOptions options;
            options.workers.jobs = jobs;
            model =
                metaTrain(metaPresetFromKey(key).settings, tasks, key, options, unwatched())->model;
            if (parser.isSet("keep"))
                writeMetaModel(file, model);
        }
        const DeepKernelSettings &s = model.start->settings;
        out << key << ": " << time.elapsed() / 1000. << " s; adapts with rate " << s.learningRate
            << ", kernel " << s.kernelLearningRate << ", " << s.cycles << " cycles, pull "
            << model.start->pull << Qt::endl;
        out << cardText(model) << Qt::endl;
        trained[key] = model.card;
        models.push_back({key, {model.start, {}}, key == "priors" ? "rings" : "cold"});
    }

    std::vector<std::pair<QString, Task>> samples;
    for (const TaskSource &source : simulatedTasks({SampleFamily::Rods, SampleFamily::Prisms},
                                                   parser.value("held-out").toInt(), 9000))
        samples.push_back({"unseen", source.make(patch)});
    if (!parser.value("data").isEmpty())
        for (Task &task : recordingsIn(parser.value("data"))) {
            const QString name = task.name();
            samples.push_back({name, std::move(task)});
        }

    // group, points, model
    std::map<std::tuple<QString, int, QString>, Cell> cells;
    std::map<std::tuple<QString, int, QString>, std::vector<double>> best;
    std::mutex mutex;
    forAll(jobs, int(samples.size()) * seeds, [&](int number) {
        const auto &[group, task] = samples[std::size_t(number / seeds)];
        const int seed = number % seeds;
        const std::vector<int> order = orderOf(task, bitsOf(77, {number / seeds, seed})());
        for (const int count : counts) {
            std::map<QString, TrialResult> results;
            std::map<QString, FoldScore> scores;
            double coldLoss = 0;
            for (const Model &model : models) {
                std::vector<double> losses;
                const TrialResult result =
                    tryOn(task, model.candidate, order, count, 1000, &losses);
                results[model.key] = result;
                if (model.key == "cold")
                    coldLoss = result.loss;
                const auto shown = std::span<const int>(order).first(std::size_t(count));
                scores[model.key] =
                    crossValidated([&] { return model.candidate.make(); },
                                   task.inputs(shown, model.candidate.learning().hasPlace),
                                   task.values(shown), unwatched());
                double cycles = std::nan("");
                if (count == 50 && model.cold == "cold") {
                    // From the start, but by the cold model's own rates and cycles.
                    ModelStart start = *model.candidate.start;
                    const DeepKernelSettings &own = presetFromKey("network").settings;
                    start.settings.cycles = own.cycles;
                    start.settings.learningRate = own.learningRate;
                    start.settings.kernelLearningRate = own.kernelLearningRate;
                    start.pull = 0;
                    tryOn(task, {std::make_shared<const ModelStart>(start), {}}, order, count, 10,
                          &losses);
                    cycles = cyclesUntil(losses, coldLoss);
                }
                const bool isCold =
                    !model.cold.isEmpty() &&
                    !WarmAgainstCold{scores[model.key], scores[model.cold]}.isWarmBetter();
                const TrialResult &safe = results[isCold ? model.cold : model.key];
                const std::lock_guard lock(mutex);
                Cell &cell = cells[{group, count, model.key}];
                cell.rmse += result.rmse;
                cell.r2 += result.r2;
                cell.nlpd += result.nlpd;
                cell.coverage += result.coverage95;
                cell.safeR2 += safe.r2;
                cell.safeNlpd += safe.nlpd;
                cell.fellBack += isCold;
                cell.r2s.push_back(result.r2);
                cell.nlpds.push_back(result.nlpd);
                ++cell.count;
                if (std::isfinite(cycles)) {
                    cell.cycles += cycles;
                    ++cell.cycleCount;
                }
            }
        }
        if (seed < parser.value("best").toInt())
            for (const Model &model : models) {
                const std::vector<double> found = bestFound(task, model.candidate, order, counts);
                const std::lock_guard lock(mutex);
                for (std::size_t i = 0; i < counts.size(); ++i)
                    best[{group, counts[i], model.key}].push_back(found[i]);
            }
    });

    QJsonArray rows;
    for (const auto &[key, cell] : cells) {
        const auto &[group, count, model] = key;
        const double n = cell.count;
        double found = std::nan("");
        if (const auto at = best.find(key); at != best.end()) {
            found = 0;
            for (const double one : at->second)
                found += one / double(at->second.size());
        }
        out << QString("%1 N=%2 %3  R2 %4 (median %5)  nRMSE %6  NLPD %7 (median %8)  coverage %9")
                   .arg(group, -7)
                   .arg(count, 3)
                   .arg(model, -8)
                   .arg(cell.r2 / n, 7, 'f', 3)
                   .arg(median(cell.r2s), 6, 'f', 3)
                   .arg(cell.rmse / n, 6, 'f', 3)
                   .arg(cell.nlpd / n, 7, 'f', 2)
                   .arg(median(cell.nlpds), 6, 'f', 2)
                   .arg(cell.coverage / n, 0, 'f', 2)
            << QString("  after fall-back R2 %1 NLPD %2 (cold in %3 %)")
                   .arg(cell.safeR2 / n, 7, 'f', 3)
                   .arg(cell.safeNlpd / n, 6, 'f', 2)
                   .arg(100 * cell.fellBack / n, 0, 'f', 0);
        if (cell.cycleCount > 0)
            out << QString("  cycles %1").arg(cell.cycles / cell.cycleCount, 0, 'f', 1);
        if (std::isfinite(found))
            out << QString("  best %1").arg(found, 0, 'f', 3);
        out << Qt::endl;
        QJsonObject row{{"sample", group},
                        {"points", count},
                        {"model", model},
                        {"trials", cell.count},
                        {"r2", cell.r2 / n},
                        {"medianR2", median(cell.r2s)},
                        {"rmse", cell.rmse / n},
                        {"nlpd", cell.nlpd / n},
                        {"medianNlpd", median(cell.nlpds)},
                        {"coverage95", cell.coverage / n},
                        {"safeR2", cell.safeR2 / n},
                        {"safeNlpd", cell.safeNlpd / n},
                        {"fellBack", cell.fellBack / n}};
        if (cell.cycleCount > 0)
            row["cycles"] = cell.cycles / cell.cycleCount;
        if (std::isfinite(found))
            row["best"] = found;
        rows.append(row);
    }
    if (parser.isSet("json")) {
        QFile file(parser.value("json"));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("The JSON file cannot be written.");
        file.write(QJsonDocument(QJsonObject{{"rows", rows}, {"cards", trained}}).toJson());
    }
    return 0;
}
