// SPDX-License-Identifier: GPL-3.0-or-later
// What a DeepKernel that has learnt answers.
#include "base/error.h"
#include "dkl/answering/learnt.h"
#include "dkl/random.h"
#include "dkl/rings.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace helmscope {

static constexpr int mostSampled = 4000;
static constexpr int blockRows = 2048; // of candidates against the training points

/// The outputs' prediction from that of the processes, in units of the targets (of scores).
static DeepKernel::Prediction assembled(const TargetScaling &scaling, const Eigen::MatrixXd &means,
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

/// The posterior at `features(progress)`, rows of which there are `rows`.
template <typename Features>
static DeepKernel::Prediction predicted(const Learnt &learnt, Eigen::Index rows, Features of,
                                        const Progress &progress)
{
    const Model &model = learnt.model;
    return answered([&] {
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
    return answered([&] {
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
    return answered([&] {
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
    return answered([&] { return helmscope::embed(d->model, inputs, unwatched()); });
}

DeepKernel::Prediction DeepKernel::leaveOneOut() const
{
    const Model &model = d->model;
    if (!model.isTrained())
        throw Error("The model has not been trained yet; train it before it is judged.");
    return answered([&] {
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

} // namespace helmscope
