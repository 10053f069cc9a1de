// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/deepkernel.h"

#include "dkl/blas.h"
#include "dkl/fitting.h"
#include "dkl/gaussianprocess.h"
#include "dkl/model.h"
#include "dkl/rings.h"
#include "dkl/tensors.h"
#include "dkl/training.h"
#include "dkl/transfer/modelstart.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>

namespace helmscope {

namespace {

constexpr int mostSampled = 4000;
constexpr int mostRestarts = 2; // of a training whose loss was not finite
constexpr int blockRows = 2048; // of candidates against the training points

std::atomic<int> modelThreads = 0; // 0: as LibTorch likes

/// LibTorch and OpenMP keep the number of threads per calling thread.
template <typename Work>
auto inModel(Work &&work)
{
    useFastKernels();
    if (const int threads = modelThreads; threads > 0 && at::get_num_threads() != threads)
        at::set_num_threads(threads);
    return withTorch(std::forward<Work>(work));
}

} // namespace

void asModel(const std::function<void()> &work)
{
    inModel(work);
}

namespace {

void checkPatches(const Model &model, Eigen::Index numbers)
{
    if (!model.isTrained())
        throw Error("The model has not been trained yet; train it before it predicts.");
    if (numbers != model.inputs) {
        std::ostringstream sentence;
        sentence << "The model was trained on patches of " << model.inputs
                 << " values and cannot predict from patches of " << numbers << ".";
        throw Error(sentence.str());
    }
}

void checkPrepared(const Model &model, const PreparedInputs &inputs)
{
    checkPatches(model, inputs.inputs);
    if (model.settings.features != DeepKernelSettings::Features::Rings ||
        inputs.places.cols() != (model.settings.hasPlace ? 2 : 0))
        throw Error("The inputs were prepared for another kind of model.");
}

void checkInputs(const Model &model, const Eigen::MatrixXf &inputs)
{
    checkPatches(model, inputs.cols());
    if (!inputs.allFinite())
        throw Error("The patches hold values that are not finite; remove or fill them.");
}

void checkTraining(const Model &model, const Eigen::MatrixXf &inputs,
                   const Eigen::MatrixXd &targets)
{
    if (inputs.rows() != targets.rows())
        throw Error("The model needs as many targets as patches to learn from.");
    if (inputs.rows() < 2)
        throw Error("The model needs at least two points to learn from.");
    if (inputs.rows() > mostTrainingPoints)
        throw Error("The model learns from at most 10,000 points.");
    if (inputs.cols() < 1 || inputs.cols() > 1000000 || targets.cols() < 1)
        throw Error("The model needs patches and targets that hold values.");
    if (!inputs.allFinite() || !targets.allFinite())
        throw Error("The patches or targets hold values that are not finite; remove or fill them.");
    if (model.start) {
        const Eigen::Index numbers = inputs.cols() - (model.settings.hasPlace ? 2 : 0);
        std::ostringstream sentence;
        sentence << "What the model starts from was learnt on patches of "
                 << model.start->patchNumbers << " values and cannot be used on patches of "
                 << numbers << "; choose the same patch size.";
        if (numbers != model.start->patchNumbers)
            throw Error(sentence.str());
    }
    if (model.isTrained() && (inputs.cols() != model.inputs || targets.cols() != model.outputs()))
        throw Error("A trained model goes on learning only from patches and targets of the size it "
                    "knows; make a new model for others.");
}

/// What there is nothing to learn from, in sentences. `patches` without their places.
std::vector<std::string> oddities(const Eigen::Ref<const Eigen::MatrixXf> &patches,
                                  const Eigen::MatrixXd &targets)
{
    std::vector<std::string> sentences;
    if ((patches.rowwise() - patches.row(0)).isZero(0))
        sentences.push_back("All patches learnt from are the same: the model cannot tell one pixel "
                            "from another by its surroundings.");
    if ((targets.rowwise() - targets.row(0)).isZero(0))
        sentences.push_back("All values learnt from are the same: the model expects nothing else "
                            "elsewhere.");
    return sentences;
}

Eigen::VectorXd relativeNoise(const Model &model, Eigen::Index process)
{
    return model.relativeNoise.rows() > 0 ? Eigen::VectorXd(model.relativeNoise.col(process))
                                          : Eigen::VectorXd();
}

Posterior uncheckedPosterior(const Model &model, Eigen::Index process)
{
    return Posterior(model.settings.kernel, hyperparametersOf(model, process), model.features,
                     model.targets.col(process), relativeNoise(model, process));
}

/// A model with what it costs to make anew for each question.
struct Learnt
{
    Model model;
    std::vector<std::string> warnings;
    std::vector<std::shared_ptr<const Posterior>> posteriors; ///< one a process, or none: too large
};

/// Makes the posteriors and keeps them where they are not too large.
bool hasPosterior(Learnt &learnt, double &jitter)
{
    constexpr double mostKept = 3e7; // numbers of all factors: 240 MB
    const Model &model = learnt.model;
    const double size = double(model.features.rows()) * double(model.features.rows());
    learnt.posteriors.clear();
    for (int process = 0; process < model.processes(); ++process) {
        auto posterior = std::make_shared<const Posterior>(uncheckedPosterior(model, process));
        if (!posterior->isValid())
            return false;
        jitter = std::max(jitter, posterior->jitter());
        if (size * model.processes() <= mostKept)
            learnt.posteriors.push_back(std::move(posterior));
    }
    return true;
}

std::shared_ptr<const Posterior> posteriorOf(const Learnt &learnt, Eigen::Index process)
{
    if (!learnt.posteriors.empty())
        return learnt.posteriors[std::size_t(process)];
    auto posterior = std::make_shared<const Posterior>(uncheckedPosterior(learnt.model, process));
    if (!posterior->isValid())
        throw Error("The model cannot predict: its covariance is not positive definite. Train it "
                    "anew.");
    return posterior;
}

void noteJitter(double jitter, std::vector<std::string> &warnings)
{
    if (!(jitter > 0))
        return;
    std::ostringstream sentence;
    sentence << "A covariance was not positive definite to working precision; " << jitter
             << " was added to its diagonal.";
    warnings.push_back(sentence.str());
}

const char *const unlearnable =
    "The model cannot learn these targets: their covariance is not positive definite. Check the "
    "values, or let targets be standardized.";

/// Kernels of fixed features, process by process: the most probable ones.
std::vector<double> fitKernels(Learnt &learnt, const Eigen::MatrixXf &inputs,
                               const Eigen::MatrixXd &targets, const Progress &progress)
{
    Model &model = learnt.model;
    const DeepKernelSettings &settings = model.settings;
    model.targets = learnScaling(targets, settings.components, settings.standardizeTargets,
                                 model.targetScaling);
    model.features = learnFeatures(model, inputs);
    const FitShape shape = fitShapeOf(model);
    const Eigen::Index processes = model.targets.cols();
    // Kernels found before are a good start where they mean the same.
    const Eigen::MatrixXd start =
        model.raw.cols() == shape.parameters() ? model.raw : Eigen::MatrixXd();
    model.raw.resize(processes, shape.parameters());
    model.noiseShapes.assign(std::size_t(processes), NoiseShape{});
    model.relativeNoise.resize(0, 0);
    std::vector<double> losses;
    double jitter = 0;
    bool isStopped = false;
    for (Eigen::Index process = 0; process < processes; ++process) {
        const auto here = part(progress, double(process) / double(processes),
                               double(process + 1) / double(processes));
        const double zero =
            model.targetScaling.hasComponents()
                ? std::numeric_limits<double>::infinity() // scores are not counts
                : -model.targetScaling.offsets[process] / model.targetScaling.scales[process];
        const Fit found =
            fit(shape, model.features, model.targets.col(process), zero,
                process < start.rows() ? Eigen::VectorXd(start.row(process)) : Eigen::VectorXd(),
                isStopped ? 0 : settings.cycles, settings.seed, here);
        isStopped = isStopped || found.isStopped;
        jitter = std::max(jitter, found.jitter);
        model.raw.row(process) = found.parameters;
        model.noiseShapes[std::size_t(process)] = found.noise;
        if (found.relativeNoise.size() > 0) {
            if (model.relativeNoise.rows() == 0)
                model.relativeNoise = Eigen::MatrixXd::Ones(inputs.rows(), processes);
            model.relativeNoise.col(process) = found.relativeNoise;
        }
        losses.resize(std::max(losses.size(), found.losses.size()), 0);
        for (std::size_t i = 0; i < losses.size() && !found.losses.empty(); ++i)
            losses[i] += found.losses[std::min(i, found.losses.size() - 1)];
    }
    if (!hasPosterior(learnt, jitter))
        throw Error(unlearnable);
    noteJitter(jitter, learnt.warnings);
    return losses;
}

/// Adam on network and kernels together.
std::vector<double> trainNetwork(Learnt &learnt, const Eigen::MatrixXf &inputs,
                                 const Eigen::MatrixXd &targets, const Progress &progress)
{
    Model &model = learnt.model;
    std::vector<std::string> &warnings = learnt.warnings;
    const Model before = model;
    const DeepKernelSettings settings = model.settings;
    std::optional<Training> training;
    // A restart is more careful each time, and the last does not build on what was learnt.
    const auto begin = [&](int restart) {
        model = before;
        if (restart == mostRestarts) {
            model = Model();
            model.settings = settings;
            model.inputs = before.inputs;
        }
        Eigen::MatrixXd scaledTargets = learnScaling(
            targets, settings.components, settings.standardizeTargets, model.targetScaling);
        const ModelStart *start = model.start.get(); // none in the last restart
        if (!model.isTrained() && start)
            model.network = Network(widths(settings, model.inputs), start->weights);
        else if (!model.isTrained())
            model.network = Network(widths(settings, model.inputs),
                                    settings.seed + std::uint64_t(restart) * 0x9e3779b9u);
        if (model.raw.rows() != scaledTargets.cols())
            model.raw =
                start
                    ? Eigen::MatrixXd(start->kernel.transpose().replicate(scaledTargets.cols(), 1))
                    : Hyperparameters::startingRaw(int(scaledTargets.cols()), settings.embedding,
                                                   settings.startNoise);
        model.settings.learningRate *= std::pow(0.25, restart);
        model.settings.kernelLearningRate *= std::pow(0.25, restart);
        training.emplace(model, inputs, std::move(scaledTargets));
        model.settings = settings;
    };
    begin(0);
    int restarts = 0;
    std::vector<double> losses;
    losses.reserve(std::size_t(settings.cycles));
    for (int cycle = 0; cycle < settings.cycles; ++cycle) {
        if (!progress(double(cycle) / settings.cycles))
            break;
        const double loss = training->evaluate();
        if (std::isfinite(loss))
            losses.push_back(loss);
        if (std::isfinite(loss) && training->step())
            continue;
        std::ostringstream sentence;
        if (restarts < mostRestarts) {
            begin(++restarts);
            sentence << "The loss was no longer finite in cycle " << cycle + 1
                     << "; training was started anew with a quarter of the learning rates.";
            warnings.push_back(sentence.str());
            losses.clear();
            cycle = -1;
            continue;
        }
        training->undo();
        sentence << "Training stopped in cycle " << cycle + 1 << " of " << settings.cycles
                 << ": the loss was no longer finite. The model before it is kept.";
        warnings.push_back(sentence.str());
        break;
    }
    double jitter = training->jitter();
    training->settle();
    if (!hasPosterior(learnt, jitter)) {
        training->undo();
        training->settle();
        if (!hasPosterior(learnt, jitter))
            throw Error(unlearnable);
        warnings.push_back("The last training cycle was taken back: its covariance was not "
                           "positive definite.");
    }
    noteJitter(jitter, warnings);
    return losses;
}

/// The outputs' prediction from that of the processes, in units of the targets (of scores).
DeepKernel::Prediction assembled(const TargetScaling &scaling, const Eigen::MatrixXd &means,
                                 Eigen::MatrixXd deviations, Eigen::MatrixXd noises)
{
    if (!scaling.hasComponents())
        return DeepKernel::Prediction{means.rowwise() + scaling.offsets.transpose(),
                                      std::move(deviations),
                                      std::move(noises),
                                      {},
                                      {},
                                      {},
                                      {}};
    const Eigen::MatrixXd squares = scaling.loadings.array().square();
    DeepKernel::Prediction prediction;
    prediction.mean =
        (means * scaling.loadings.transpose()).rowwise() + scaling.offsets.transpose();
    prediction.deviation = (deviations.array().square().matrix() * squares.transpose()).cwiseSqrt();
    prediction.noise = ((noises.array().square().matrix() * squares.transpose()).rowwise() +
                        scaling.residuals.transpose())
                           .cwiseSqrt();
    prediction.loadings = scaling.loadings;
    prediction.componentDeviation = std::move(deviations);
    prediction.componentNoise = std::move(noises);
    prediction.residualDeviation = scaling.residuals.cwiseSqrt();
    return prediction;
}

} // namespace

struct DeepKernel::Private : Learnt
{
};

DeepKernel::DeepKernel(const DeepKernelSettings &settings)
    : d(std::make_unique<Private>())
{
    check(settings);
    d->model.settings = settings;
}

DeepKernel::DeepKernel(std::shared_ptr<const ModelStart> start)
    : d(std::make_unique<Private>())
{
    check(*start);
    d->model.settings = start->settings;
    d->model.start = std::move(start);
}

DeepKernel::DeepKernel(const DeepKernel &other)
    : d(std::make_unique<Private>(*other.d))
{
}
DeepKernel::DeepKernel(DeepKernel &&other) noexcept = default;
DeepKernel &DeepKernel::operator=(DeepKernel other) noexcept
{
    d.swap(other.d);
    return *this;
}
DeepKernel::~DeepKernel() = default;

const DeepKernelSettings &DeepKernel::settings() const
{
    return d->model.settings;
}

void DeepKernel::setCycles(int cycles)
{
    DeepKernelSettings settings = d->model.settings;
    settings.cycles = cycles;
    check(settings);
    d->model.settings = settings;
}

std::vector<double> DeepKernel::train(const Eigen::MatrixXf &inputs, const Eigen::MatrixXd &targets,
                                      const Progress &progress)
{
    checkTraining(d->model, inputs, targets);
    return inModel([&] {
        // Learnt on a copy: whatever is thrown leaves the model as it was.
        const bool hasPlace = d->model.settings.hasPlace && inputs.cols() > 2;
        Private next{
            {d->model, oddities(inputs.leftCols(inputs.cols() - (hasPlace ? 2 : 0)), targets), {}}};
        next.model.inputs = int(inputs.cols());
        const auto learn = next.model.hasFixedFeatures() ? &fitKernels : &trainNetwork;
        std::vector<double> losses = learn(next, inputs, targets, progress);
        *d = std::move(next);
        return losses;
    });
}

void DeepKernel::append(const Eigen::MatrixXf &inputs, const Eigen::MatrixXd &targets)
{
    checkInputs(d->model, inputs);
    if (inputs.rows() != targets.rows() || targets.cols() != d->model.outputs())
        throw Error("Points are appended with one row of targets each, as many as the model has "
                    "outputs.");
    if (!targets.allFinite())
        throw Error("The targets hold values that are not finite; remove or fill them.");
    if (d->model.features.rows() + inputs.rows() > mostTrainingPoints)
        throw Error("The model learns from at most 10,000 points.");
    inModel([&] {
        Private next{{d->model, {}, {}}};
        Model &model = next.model;
        const Eigen::Index before = model.features.rows(), more = inputs.rows();
        const Eigen::MatrixXd features = helmscope::embed(model, inputs, unwatched());
        const Eigen::MatrixXd scaled = scaledBy(model.targetScaling, targets);
        if (model.relativeNoise.rows() > 0)
            model.relativeNoise.conservativeResize(before + more, Eigen::NoChange);
        Eigen::VectorXd mean(more), variance(more);
        for (int process = 0; process < model.processes(); ++process) {
            const auto posterior = posteriorOf(*d, process);
            Eigen::VectorXd relative;
            if (model.relativeNoise.rows() > 0) {
                // As counting noise goes with what the other points say of each.
                posterior->predict(features, mean, variance);
                const NoiseShape &shape = model.noiseShapes[std::size_t(process)];
                relative = mean.unaryExpr([&](double latent) { return shape.at(latent); });
                model.relativeNoise.col(process).tail(more) = relative;
            }
            auto after = std::make_shared<const Posterior>(
                posterior->appended(features, scaled.col(process), relative));
            if (!after->isValid())
                throw Error(unlearnable);
            if (!d->posteriors.empty())
                next.posteriors.push_back(std::move(after));
        }
        model.features.conservativeResize(before + more, Eigen::NoChange);
        model.features.bottomRows(more) = features;
        model.targets.conservativeResize(before + more, Eigen::NoChange);
        model.targets.bottomRows(more) = scaled;
        *d = std::move(next);
    });
}

/// The posterior at `features(progress)`, rows of which there are `rows`.
template <typename Features>
static DeepKernel::Prediction predicted(const Learnt &learnt, Eigen::Index rows, Features of,
                                        const Progress &progress)
{
    const Model &model = learnt.model;
    return inModel([&] {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        const Eigen::Index processes = model.processes();
        // Of the processes first, in units of the targets (of component scores).
        Eigen::MatrixXd means = Eigen::MatrixXd::Constant(rows, processes, nan);
        Eigen::MatrixXd deviations = means, noises = means;
        bool isStopped = false;
        const auto goesOn = [&](double fraction) {
            isStopped = isStopped || !progress(fraction);
            return !isStopped;
        };
        const Eigen::MatrixXd features = of(part(goesOn, 0, 0.5));
        // Process by process, so that one factor of the training points is in memory at a time.
        Eigen::Index done = 0;
        Eigen::VectorXd mean, variance;
        for (Eigen::Index process = 0; process < processes && !isStopped; ++process) {
            const auto posterior = posteriorOf(learnt, process);
            const double scale = model.targetScaling.scales[process];
            const double noise = std::sqrt(hyperparametersOf(model, process).noise) * scale;
            const NoiseShape &shape = model.noiseShapes[std::size_t(process)];
            for (done = 0; done < rows; done += blockRows) {
                const double fraction =
                    (double(process) + double(done) / double(rows)) / double(processes);
                if (!goesOn(0.5 + 0.5 * fraction))
                    break;
                const Eigen::Index size = std::min<Eigen::Index>(blockRows, rows - done);
                mean.resize(size);
                variance.resize(size);
                posterior->predict(features.middleRows(done, size), mean, variance);
                noises.col(process).segment(done, size) = mean.unaryExpr(
                    [&](double latent) { return noise * std::sqrt(shape.at(latent)); });
                means.col(process).segment(done, size) = mean.array() * scale;
                deviations.col(process).segment(done, size) = variance.array().sqrt() * scale;
            }
        }
        if (isStopped) {
            // A row counts when all its processes are there.
            const Eigen::Index from = processes == 1 ? done : 0;
            for (Eigen::MatrixXd *numbers : {&means, &deviations, &noises})
                numbers->bottomRows(rows - from).setConstant(nan);
        }
        return assembled(model.targetScaling, means, std::move(deviations), std::move(noises));
    });
}

Eigen::MatrixXd DeepKernel::kernelNumbers() const
{
    return d->model.raw;
}

DeepKernel::Prediction DeepKernel::predict(const Eigen::MatrixXf &inputs,
                                           const Progress &progress) const
{
    checkInputs(d->model, inputs);
    return predicted(
        *d, inputs.rows(),
        [&](const Progress &here) { return helmscope::embed(d->model, inputs, here); }, progress);
}

DeepKernel::Prediction DeepKernel::predict(const PreparedInputs &inputs,
                                           const Progress &progress) const
{
    checkPrepared(d->model, inputs);
    return predicted(
        *d, inputs.rings.rows(),
        [&](const Progress &) { return helmscope::embed(d->model, inputs); }, progress);
}

PreparedInputs DeepKernel::prepared(const Eigen::MatrixXf &inputs) const
{
    const DeepKernelSettings &settings = d->model.settings;
    if (settings.features != DeepKernelSettings::Features::Rings)
        throw Error("Only ring features can be made before a model is learnt.");
    if (!inputs.allFinite())
        throw Error("The patches hold values that are not finite; remove or fill them.");
    const Eigen::Index places = settings.hasPlace ? 2 : 0;
    return {int(inputs.cols()), ringFeatures(inputs.leftCols(inputs.cols() - places)),
            inputs.rightCols(places).cast<double>()};
}

static Eigen::VectorXd reduced(const Learnt &learnt, const std::function<Eigen::MatrixXd()> &here,
                               const std::function<Eigen::MatrixXd()> &there,
                               const Eigen::VectorXd &weights, const Progress &progress)
{
    const Model &model = learnt.model;
    if (weights.size() > 0 && weights.size() != model.outputs())
        throw Error("The outputs' weights must be as many as the model's outputs.");
    return inModel([&] {
        const Eigen::MatrixXd features = here(), targets = there();
        const TargetScaling &scaling = model.targetScaling;
        Eigen::VectorXd total = Eigen::VectorXd::Zero(features.rows());
        for (Eigen::Index process = 0; process < model.processes(); ++process) {
            // What a unit of the process adds to the sum, squared.
            double share = scaling.scales[process] * scaling.scales[process];
            if (scaling.hasComponents())
                share *= weights.size() > 0
                             ? std::pow(weights.dot(scaling.loadings.col(process)), 2)
                             : scaling.loadings.col(process).squaredNorm();
            else if (weights.size() > 0)
                share *= weights[process] * weights[process];
            if (!(share > 0))
                continue;
            const auto posterior = posteriorOf(learnt, process);
            const double noise = hyperparametersOf(model, process).noise;
            for (Eigen::Index row = 0; row < features.rows(); row += blockRows) {
                if (!progress((double(process) + double(row) / double(features.rows())) /
                              double(model.processes())))
                    return Eigen::VectorXd(Eigen::VectorXd::Constant(
                        features.rows(), std::numeric_limits<double>::quiet_NaN()));
                const Eigen::Index size = std::min<Eigen::Index>(blockRows, features.rows() - row);
                total.segment(row, size) +=
                    share *
                    posterior->varianceReduction(features.middleRows(row, size), noise, targets);
            }
        }
        return total;
    });
}

Eigen::VectorXd DeepKernel::varianceReduction(const Eigen::MatrixXf &inputs,
                                              const Eigen::MatrixXf &others,
                                              const Eigen::VectorXd &weights,
                                              const Progress &progress) const
{
    checkInputs(d->model, inputs);
    checkInputs(d->model, others);
    const auto of = [&](const Eigen::MatrixXf &some) {
        return [&] { return helmscope::embed(d->model, some, unwatched()); };
    };
    return reduced(*d, of(inputs), of(others), weights, progress);
}

Eigen::VectorXd DeepKernel::varianceReduction(const PreparedInputs &inputs,
                                              const PreparedInputs &others,
                                              const Eigen::VectorXd &weights,
                                              const Progress &progress) const
{
    checkPrepared(d->model, inputs);
    checkPrepared(d->model, others);
    const auto of = [&](const PreparedInputs &some) {
        return [&] { return helmscope::embed(d->model, some); };
    };
    return reduced(*d, of(inputs), of(others), weights, progress);
}

Eigen::MatrixXd DeepKernel::sample(const Eigen::MatrixXf &inputs, std::uint64_t seed) const
{
    const Model &model = d->model;
    checkInputs(model, inputs);
    if (inputs.rows() > mostSampled)
        throw Error("A joint sample can be drawn at no more than 4,000 candidates; take a part of "
                    "them.");
    return inModel([&] {
        const Eigen::MatrixXd features = helmscope::embed(model, inputs, unwatched());
        const TargetScaling &scaling = model.targetScaling;
        Eigen::MatrixXd draw(inputs.rows(), model.processes());
        Random random(seed);
        for (int process = 0; process < model.processes(); ++process)
            draw.col(process) = posteriorOf(*d, process)->sample(features, random).array() *
                                scaling.scales[process];
        if (scaling.hasComponents())
            draw = draw * scaling.loadings.transpose();
        return Eigen::MatrixXd(draw.rowwise() + scaling.offsets.transpose());
    });
}

Eigen::MatrixXd DeepKernel::embed(const Eigen::MatrixXf &inputs) const
{
    checkInputs(d->model, inputs);
    return inModel([&] { return helmscope::embed(d->model, inputs, unwatched()); });
}

DeepKernel::Prediction DeepKernel::leaveOneOut() const
{
    const Model &model = d->model;
    if (!model.isTrained())
        throw Error("The model has not been trained yet; train it before it is judged.");
    return inModel([&] {
        const Eigen::Index points = model.targets.rows();
        Eigen::MatrixXd means(points, model.processes());
        Eigen::MatrixXd deviations = means, noises = means;
        Eigen::VectorXd mean(points), variance(points);
        for (int process = 0; process < model.processes(); ++process) {
            posteriorOf(*d, process)->leaveOneOut(model.targets.col(process), mean, variance);
            const double scale = model.targetScaling.scales[process];
            const Eigen::VectorXd relative = relativeNoise(model, process);
            Eigen::ArrayXd noise =
                Eigen::ArrayXd::Constant(points, hyperparametersOf(model, process).noise);
            if (relative.size() > 0)
                noise *= relative.array();
            means.col(process) = mean * scale;
            deviations.col(process) = (variance.array() - noise).max(0.0).sqrt() * scale;
            noises.col(process) = noise.sqrt() * scale;
        }
        return assembled(model.targetScaling, means, std::move(deviations), std::move(noises));
    });
}

bool DeepKernel::isTrained() const
{
    return d->model.isTrained();
}

int DeepKernel::points() const
{
    return int(d->model.features.rows());
}

int DeepKernel::outputs() const
{
    return d->model.outputs();
}

int DeepKernel::processes() const
{
    return d->model.processes();
}

/// [outputs] from what the processes are worth, in their units; `more` [outputs] is added.
static Eigen::VectorXd deviationOfOutputs(const TargetScaling &scaling, Eigen::VectorXd variances,
                                          const Eigen::VectorXd &more)
{
    variances.array() *= scaling.scales.array().square();
    if (scaling.hasComponents())
        variances = scaling.loadings.array().square().matrix() * variances + more;
    return variances.cwiseSqrt();
}

Eigen::VectorXd DeepKernel::noiseDeviation() const
{
    Eigen::VectorXd variances(processes());
    for (int process = 0; process < processes(); ++process)
        variances[process] = hyperparametersOf(d->model, process).noise;
    return deviationOfOutputs(d->model.targetScaling, std::move(variances),
                              d->model.targetScaling.residuals);
}

Eigen::MatrixXd DeepKernel::lengthscales() const
{
    Eigen::MatrixXd all(processes(), 0);
    for (int process = 0; process < processes(); ++process) {
        const Eigen::VectorXd some = hyperparametersOf(d->model, process).lengthscales;
        all.conservativeResize(Eigen::NoChange, some.size());
        all.row(process) = some;
    }
    return all;
}

Eigen::VectorXd DeepKernel::scaleDeviation() const
{
    Eigen::VectorXd variances(processes());
    for (int process = 0; process < processes(); ++process) {
        const Hyperparameters h = hyperparametersOf(d->model, process);
        variances[process] = h.scale + h.placeScale;
    }
    return deviationOfOutputs(d->model.targetScaling, std::move(variances),
                              Eigen::VectorXd::Zero(outputs()));
}

const std::vector<std::string> &DeepKernel::warnings() const
{
    return d->warnings;
}

std::string DeepKernel::serialize() const
{
    return toBytes(d->model);
}

DeepKernel DeepKernel::deserialize(const std::string &bytes)
{
    Model model = fromBytes(bytes);
    DeepKernel kernel(model.settings);
    kernel.d->model = std::move(model);
    return kernel;
}

std::uint64_t DeepKernel::hash() const
{
    return hashOf(d->model);
}

void setModelThreads(int threads)
{
    modelThreads = std::max(1, threads);
    inModel([] {});
    setBlasThreads(modelThreads);
}

} // namespace helmscope
