// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/deepkernel.h"

#include "dkl/blas.h"
#include "dkl/gaussianprocess.h"
#include "dkl/model.h"
#include "dkl/priors.h"
#include "dkl/tensors.h"
#include "dkl/training.h"

#include <algorithm>
#include <atomic>
#include <cmath>
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

void checkInputs(const Model &model, const Eigen::MatrixXf &inputs)
{
    if (!model.isTrained())
        throw Error("The model has not been trained yet; train it before it predicts.");
    if (inputs.cols() != model.inputs) {
        std::ostringstream sentence;
        sentence << "The model was trained on patches of " << model.inputs
                 << " values and cannot predict from patches of " << inputs.cols() << ".";
        throw Error(sentence.str());
    }
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
    if (model.isTrained() && (inputs.cols() != model.inputs || targets.cols() != model.outputs()))
        throw Error("A trained model goes on learning only from patches and targets of the size it "
                    "knows; make a new model for others.");
}

/// Scales targets to mean 0 and deviation 1, or leaves them.
Eigen::MatrixXd scaledTargets(Model &model, const Eigen::MatrixXd &targets)
{
    model.targetOffsets = Eigen::VectorXd::Zero(targets.cols());
    model.targetScales = Eigen::VectorXd::Ones(targets.cols());
    if (!model.settings.standardizeTargets)
        return targets;
    Eigen::MatrixXd scaled = targets;
    for (Eigen::Index output = 0; output < targets.cols(); ++output) {
        // The largest first, so that squares do not overflow.
        const double largest = targets.col(output).cwiseAbs().maxCoeff();
        if (largest == 0)
            continue;
        const Eigen::VectorXd part = targets.col(output) / largest;
        const double mean = part.mean();
        const double deviation = std::sqrt((part.array() - mean).square().mean());
        // Constant but for rounding: there is nothing to stretch.
        const bool isConstant = deviation < 1e-12;
        model.targetOffsets[output] = mean * largest;
        model.targetScales[output] = isConstant ? 1 : deviation * largest;
        scaled.col(output) = isConstant ? Eigen::VectorXd::Zero(part.size())
                                        : Eigen::VectorXd((part.array() - mean) / deviation);
    }
    return scaled;
}

/// What there is nothing to learn from, in sentences.
std::vector<std::string> oddities(const Eigen::MatrixXf &inputs, const Eigen::MatrixXd &targets)
{
    std::vector<std::string> sentences;
    if ((inputs.rowwise() - inputs.row(0)).isZero(0))
        sentences.push_back("All patches learnt from are the same: the model cannot tell one pixel "
                            "from another.");
    if ((targets.rowwise() - targets.row(0)).isZero(0))
        sentences.push_back("All values learnt from are the same: the model expects nothing else "
                            "elsewhere.");
    return sentences;
}

Eigen::VectorXd relativeNoise(const Model &model, Eigen::Index output)
{
    return model.relativeNoise.rows() > 0 ? Eigen::VectorXd(model.relativeNoise.col(output))
                                          : Eigen::VectorXd();
}

bool hasPosterior(const Model &model, double &jitter)
{
    for (int output = 0; output < model.outputs(); ++output) {
        const Posterior posterior(model.settings.kernel,
                                  Hyperparameters::fromRaw(model.raw.row(output)), model.features,
                                  model.targets.col(output), relativeNoise(model, output));
        if (!posterior.isValid())
            return false;
        jitter = std::max(jitter, posterior.jitter());
    }
    return true;
}

Posterior posteriorOf(const Model &model, Eigen::Index output)
{
    Posterior posterior(model.settings.kernel, Hyperparameters::fromRaw(model.raw.row(output)),
                        model.features, model.targets.col(output), relativeNoise(model, output));
    if (!posterior.isValid())
        throw Error("The model cannot predict: its covariance is not positive definite. Train it "
                    "anew.");
    return posterior;
}

} // namespace

struct DeepKernel::Private
{
    Model model;
    std::vector<std::string> warnings;
};

DeepKernel::DeepKernel(const DeepKernelSettings &settings)
    : d(std::make_unique<Private>())
{
    check(settings);
    d->model.settings = settings;
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
        Private next{d->model, oddities(inputs, targets)};
        Model &model = next.model;
        const DeepKernelSettings &settings = d->model.settings;
        std::optional<Training> training;
        // A restart is more careful each time, and the last does not build on what was learnt.
        const auto begin = [&](int restart) {
            if (restart < mostRestarts)
                model = d->model;
            else
                (model = Model()).settings = settings;
            if (!model.isTrained()) {
                model.inputs = int(inputs.cols());
                if (settings.features == DeepKernelSettings::Features::Network)
                    model.network = Network(widths(settings, model.inputs),
                                            settings.seed + std::uint64_t(restart) * 0x9e3779b9u);
                const int dimensions = featureCount(settings, model.inputs);
                model.raw = settings.hasPriors
                                ? rawAtPriors(int(targets.cols()), dimensions, settings.startNoise)
                                : Hyperparameters::startingRaw(int(targets.cols()), dimensions,
                                                               settings.startNoise);
            }
            model.settings.learningRate *= std::pow(0.25, restart);
            model.settings.kernelLearningRate *= std::pow(0.25, restart);
            training.emplace(model, inputs, scaledTargets(model, targets));
            model.settings = settings;
        };
        begin(0);
        int restarts = 0;
        const bool isCounting = settings.noise == DeepKernelSettings::Noise::Counting;
        std::vector<double> losses;
        losses.reserve(std::size_t(settings.cycles));
        for (int cycle = 0; cycle < settings.cycles; ++cycle) {
            if (!progress(double(cycle) / settings.cycles))
                break;
            if (isCounting && (cycle == 0 || cycle == settings.cycles / 2))
                training->shapeNoise(cycle > 0);
            const double loss = training->evaluate();
            if (std::isfinite(loss))
                losses.push_back(loss);
            if (!std::isfinite(loss) || !training->step()) {
                if (restarts < mostRestarts) {
                    begin(++restarts);
                    std::ostringstream sentence;
                    sentence << "The loss was no longer finite in cycle " << cycle + 1
                             << "; training was started anew with a quarter of the learning rates.";
                    next.warnings.push_back(sentence.str());
                    losses.clear();
                    cycle = -1;
                    continue;
                }
                training->undo();
                std::ostringstream sentence;
                sentence << "Training stopped in cycle " << cycle + 1 << " of " << settings.cycles
                         << ": the loss was no longer finite. The model before it is kept.";
                next.warnings.push_back(sentence.str());
                break;
            }
        }
        double jitter = training->jitter();
        training->settle();
        if (!hasPosterior(model, jitter)) {
            training->undo();
            training->settle();
            if (!hasPosterior(model, jitter))
                throw Error(
                    "The model cannot learn these targets: their covariance is not positive "
                    "definite. Check the values, or let targets be standardized.");
            next.warnings.push_back(
                "The last training cycle was taken back: its covariance was not "
                "positive definite.");
        }
        if (jitter > 0) {
            std::ostringstream sentence;
            sentence << "A covariance was not positive definite to working precision; " << jitter
                     << " was added to its diagonal.";
            next.warnings.push_back(sentence.str());
        }
        *d = std::move(next);
        return losses;
    });
}

DeepKernel::Prediction DeepKernel::predict(const Eigen::MatrixXf &inputs,
                                           const Progress &progress) const
{
    const Model &model = d->model;
    checkInputs(model, inputs);
    return inModel([&] {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        const Eigen::Index rows = inputs.rows();
        Prediction prediction{Eigen::MatrixXd::Constant(rows, model.outputs(), nan),
                              Eigen::MatrixXd::Constant(rows, model.outputs(), nan),
                              Eigen::MatrixXd::Constant(rows, model.outputs(), nan)};
        bool isStopped = false;
        const auto goesOn = [&](double fraction) {
            isStopped = isStopped || !progress(fraction);
            return !isStopped;
        };
        const Eigen::MatrixXd features = helmscope::embed(model, inputs, part(goesOn, 0, 0.5));
        // Output by output, so that one factor of the training points is in memory at a time.
        Eigen::Index done = 0;
        Eigen::VectorXd mean, variance;
        for (int output = 0; output < model.outputs() && !isStopped; ++output) {
            const Posterior posterior = posteriorOf(model, output);
            for (done = 0; done < rows; done += blockRows) {
                const double fraction = (output + double(done) / double(rows)) / model.outputs();
                if (!goesOn(0.5 + 0.5 * fraction))
                    break;
                const Eigen::Index size = std::min<Eigen::Index>(blockRows, rows - done);
                mean.resize(size);
                variance.resize(size);
                posterior.predict(features.middleRows(done, size), mean, variance);
                const double scale = model.targetScales[output];
                const double noise =
                    std::sqrt(Hyperparameters::fromRaw(model.raw.row(output)).noise) * scale;
                const NoiseShape &shape = model.noiseShapes[std::size_t(output)];
                prediction.noise.col(output).segment(done, size) = mean.unaryExpr(
                    [&](double latent) { return noise * std::sqrt(shape.at(latent)); });
                prediction.mean.col(output).segment(done, size) =
                    mean.array() * scale + model.targetOffsets[output];
                prediction.deviation.col(output).segment(done, size) =
                    variance.array().sqrt() * scale;
            }
        }
        if (isStopped) {
            // A row counts when all its outputs are there.
            const Eigen::Index from = model.outputs() == 1 ? done : 0;
            prediction.mean.bottomRows(rows - from).setConstant(nan);
            prediction.deviation.bottomRows(rows - from).setConstant(nan);
            prediction.noise.bottomRows(rows - from).setConstant(nan);
        }
        return prediction;
    });
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
        Eigen::MatrixXd draw(inputs.rows(), model.outputs());
        Random random(seed);
        for (int output = 0; output < model.outputs(); ++output)
            draw.col(output) = posteriorOf(model, output).sample(features, random).array() *
                                   model.targetScales[output] +
                               model.targetOffsets[output];
        return draw;
    });
}

Eigen::MatrixXd DeepKernel::embed(const Eigen::MatrixXf &inputs) const
{
    checkInputs(d->model, inputs);
    return inModel([&] { return helmscope::embed(d->model, inputs, unwatched()); });
}

DeepKernel::LeftOut DeepKernel::leaveOneOut() const
{
    const Model &model = d->model;
    if (!model.isTrained())
        throw Error("The model has not been trained yet; train it before it is judged.");
    return inModel([&] {
        LeftOut left{Eigen::MatrixXd(model.targets.rows(), model.outputs()),
                     Eigen::MatrixXd(model.targets.rows(), model.outputs())};
        Eigen::VectorXd mean(model.targets.rows()), variance(model.targets.rows());
        for (int output = 0; output < model.outputs(); ++output) {
            posteriorOf(model, output).leaveOneOut(model.targets.col(output), mean, variance);
            const double scale = model.targetScales[output];
            left.mean.col(output) = mean.array() * scale + model.targetOffsets[output];
            left.deviation.col(output) = variance.array().max(0.0).sqrt() * scale;
        }
        return left;
    });
}

bool DeepKernel::isTrained() const
{
    return d->model.isTrained();
}

int DeepKernel::outputs() const
{
    return d->model.outputs();
}

Eigen::VectorXd DeepKernel::noiseDeviation() const
{
    Eigen::VectorXd deviations(outputs());
    for (int output = 0; output < outputs(); ++output)
        deviations[output] = std::sqrt(Hyperparameters::fromRaw(d->model.raw.row(output)).noise) *
                             d->model.targetScales[output];
    return deviations;
}

Eigen::MatrixXd DeepKernel::lengthscales() const
{
    Eigen::MatrixXd all(outputs(), std::max<Eigen::Index>(0, d->model.raw.cols() - 3));
    for (int output = 0; output < outputs(); ++output)
        all.row(output) =
            Hyperparameters::fromRaw(d->model.raw.row(output)).lengthscales.transpose();
    return all;
}

Eigen::VectorXd DeepKernel::scaleDeviation() const
{
    Eigen::VectorXd deviations(outputs());
    for (int output = 0; output < outputs(); ++output)
        deviations[output] = std::sqrt(Hyperparameters::fromRaw(d->model.raw.row(output)).scale) *
                             d->model.targetScales[output];
    return deviations;
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
