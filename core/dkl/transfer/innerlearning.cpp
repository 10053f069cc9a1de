// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/transfer/innerlearning.h"

#include "base/error.h"
#include "dkl/training.h"

#include <cmath>
#include <limits>
#include <optional>

namespace helmscope {

struct InnerLearning::Private
{
    Model model;
    std::optional<Training> training;
};

NetworkState NetworkState::random(const DeepKernelSettings &settings, int inputs)
{
    return {Network(widths(settings, inputs), settings.seed).weights,
            Hyperparameters::startingRaw(1, settings.embedding, settings.startNoise)
                .row(0)
                .transpose()};
}

InnerLearning::InnerLearning(const DeepKernelSettings &settings, const NetworkState &start)
    : d(std::make_unique<Private>())
{
    check(settings);
    if (settings.features != DeepKernelSettings::Features::Network)
        throw Error("Only a model with a network learns by steps; choose the model 'network'.");
    if (start.kernel.size() != settings.embedding + 3 || !start.isFinite())
        throw Error("The state that learning begins with does not fit the model.");
    d->model.settings = settings;
    d->model.network.weights = start.weights;
    d->model.raw = start.kernel.transpose();
}

InnerLearning::~InnerLearning() = default;

void InnerLearning::setBatch(const LabelledPatches &batch)
{
    if (batch.inputs.rows() < 2 || batch.inputs.rows() != batch.values.size() ||
        !batch.inputs.allFinite() || !batch.values.allFinite())
        throw Error("A batch needs at least two patches with a finite value each.");
    Model &model = d->model;
    asModel([&] {
        const bool isFirst = !d->training;
        if (isFirst) {
            model.inputs = int(batch.inputs.cols());
            // Checks the number of weights.
            model.network =
                Network(widths(model.settings, model.inputs), std::move(model.network.weights));
        } else if (batch.inputs.cols() != model.inputs) {
            throw Error("The batches of a task must have patches of one size.");
        }
        Eigen::MatrixXd targets =
            learnScaling(batch.values, 0, model.settings.standardizeTargets, model.targetScaling);
        if (isFirst)
            d->training.emplace(model, batch.inputs, std::move(targets));
        else
            d->training->setPoints(batch.inputs, std::move(targets));
    });
}

double InnerLearning::gradient(NetworkState &by)
{
    double loss = std::numeric_limits<double>::quiet_NaN();
    if (!d->training)
        throw Error("There is no batch to learn from yet.");
    asModel([&] {
        loss = d->training->evaluate();
        if (!std::isfinite(loss))
            return;
        by.weights = d->training->byWeights();
        by.kernel = d->training->byRaw().row(0).transpose();
    });
    return std::isfinite(loss) && by.isFinite() ? loss : std::numeric_limits<double>::quiet_NaN();
}

double InnerLearning::step()
{
    double loss = std::numeric_limits<double>::quiet_NaN();
    if (!d->training)
        throw Error("There is no batch to learn from yet.");
    asModel([&] {
        const double before = d->training->evaluate();
        if (!std::isfinite(before))
            return;
        if (d->training->step())
            loss = before;
        else
            d->training->undo();
    });
    return loss;
}

NetworkState InnerLearning::state() const
{
    return {d->model.network.weights, d->model.raw.row(0).transpose()};
}

} // namespace helmscope
