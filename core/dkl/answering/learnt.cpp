// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/answering/learnt.h"

#include "base/error.h"

#include <sstream>

namespace helmscope {

static void checkPatches(const Model &model, Eigen::Index numbers)
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

} // namespace helmscope
