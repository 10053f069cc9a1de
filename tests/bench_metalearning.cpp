// SPDX-License-Identifier: GPL-3.0-or-later
// Does a model that has seen other samples start ahead? Meta-trains on simulated samples, then
// shows every model the same few points of samples of unseen shapes, and of the recorded pairs.
#include "benchmeta.h"
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
#include <QMap>
#include <QTextStream>

#include <algorithm>
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
    std::vector<int> rest(order.begin() + 5, order.begin() + std::min<int>(400, task.size()));
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
    parser.addOptions(
        {{"data", "Folder of the recorded pairs.", "folder", ""},
         {"tasks", "Simulated samples to learn on.", "n", "120"},
         {"held-out", "Samples of unseen shapes.", "n", "10"},
         {"seeds", "Draws of the points shown.", "n", "10"},
         {"held-out-seed", "Of the first sample of unseen shapes.", "n", "31000"},
         {"best", "Draws of which best values are sought; slow.", "n", "10"},
         {"jobs", "Threads.", "n", "1"},
         {"only", "Presets to train, with commas between.", "keys",
          "paper,default,maml,joint,shared,priors"},
         {"keep", "Writes and reads the meta-models there.", "folder", ""},
         {"trials", "Keeps each draw there, and goes on from what is there.", "file", ""},
         {"markdown", "Writes tables there after each draw.", "file", ""},
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
    QMap<QString, QString> hashes;
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
        hashes[key] = model.hash();
        models.push_back({key, {model.start, {}}, key == "priors" ? "rings" : "cold"});
    }

    std::vector<std::pair<QString, Task>> samples;
    for (const TaskSource &source : simulatedTasks({SampleFamily::Rods, SampleFamily::Prisms},
                                                   parser.value("held-out").toInt(),
                                                   parser.value("held-out-seed").toULongLong()))
        samples.push_back({"unseen", source.make(patch)});
    if (!parser.value("data").isEmpty())
        for (Task &task : recordingsIn(parser.value("data"))) {
            const QString name = task.name();
            samples.push_back({name, std::move(task)});
        }

    QJsonObject conditions{{"heldOut", parser.value("held-out")},
                           {"heldOutSeed", parser.value("held-out-seed")}};
    for (auto card = trained.begin(); card != trained.end(); ++card)
        conditions[card.key()] = hashes.value(card.key());
    BenchTrials trials(parser.value("trials"), conditions);
    std::mutex mutex;
    const auto write = [&](const char *option, const QByteArray &text) {
        if (!parser.isSet(option))
            return;
        const std::lock_guard lock(mutex);
        QFile file(parser.value(option));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("The file for --%s cannot be written.", option);
    };
    QElapsedTimer time;
    time.start();
    // All samples of a draw, then the next draw: cut off, every sample has had as many. The search
    // for best values takes longest and comes last.
    const auto goThrough = [&](int draws, bool isBest, auto work) {
        forAll(jobs, int(samples.size()) * draws, [&](int number) {
            const int at = number % int(samples.size()), draw = number / int(samples.size());
            const auto &[group, task] = samples[std::size_t(at)];
            if (trials.isDone(task.name(), draw, isBest))
                return;
            const std::vector<int> order = orderOf(task, bitsOf(77, {at, draw})());
            std::vector<BenchTrial> all = work(task, order);
            for (BenchTrial &trial : all) {
                trial.group = group;
                trial.sample = task.name();
                trial.draw = draw;
            }
            trials.add(all, isBest);
            write("markdown", BenchTrials::markdown(trials.rows()).toUtf8());
            QTextStream(stderr) << task.name() << ", draw " << draw << (isBest ? ", best" : "")
                                << ": " << time.elapsed() / 1000 << " s" << Qt::endl;
        });
    };
    goThrough(seeds, false, [&](const Task &task, const std::vector<int> &order) {
        std::vector<BenchTrial> all;
        for (const int count : counts) {
            double coldLoss = 0;
            for (const Model &model : models) {
                std::vector<double> losses;
                const TrialResult result =
                    tryOn(task, model.candidate, order, count, 1000, &losses);
                if (model.key == "cold")
                    coldLoss = result.loss;
                const auto shown = std::span<const int>(order).first(std::size_t(count));
                const FoldScore folds =
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
                BenchTrial trial;
                trial.model = model.key;
                trial.cold = model.cold;
                trial.points = count;
                trial.rmse = result.rmse;
                trial.r2 = result.r2;
                trial.nlpd = result.nlpd;
                trial.coverage = result.coverage95;
                trial.foldRmse = folds.rmse;
                trial.foldNlpd = folds.nlpd;
                trial.cycles = cycles;
                all.push_back(trial);
            }
        }
        return all;
    });
    goThrough(std::min(seeds, parser.value("best").toInt()), true,
              [&](const Task &task, const std::vector<int> &order) {
                  std::vector<BenchTrial> all;
                  for (const Model &model : models) {
                      const std::vector<double> found =
                          bestFound(task, model.candidate, order, counts);
                      for (std::size_t i = 0; i < counts.size(); ++i) {
                          BenchTrial trial;
                          trial.model = model.key;
                          trial.cold = model.cold;
                          trial.points = counts[i];
                          trial.best = found[i];
                          all.push_back(trial);
                      }
                  }
                  return all;
              });

    const QJsonArray rows = trials.rows();
    BenchTrials::print(rows, out);
    write("json", QJsonDocument(QJsonObject{{"rows", rows}, {"cards", trained}}).toJson());
    return 0;
}
