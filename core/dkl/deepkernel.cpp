// SPDX-License-Identifier: GPL-3.0-or-later
// How a DeepKernel is made and learns; what it answers is in answering/.
#include "dkl/deepkernel.h"

#include "dkl/answering/learnt.h"
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

constexpr int mostRestarts = 2; // of a training whose loss was not finite

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

} // namespace

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
