// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/gaussianprocess.h"
#include "dkl/model.h"

#include <optional>
#include <utility>

namespace helmscope {

/// A model with what it costs to make anew for each question.
struct Learnt
{
    Model model;
    std::vector<std::string> warnings;
    std::vector<std::shared_ptr<const Posterior>> posteriors; ///< one a process, or none: too large
};

struct DeepKernel::Private : Learnt
{
};

/// Of one process, nothing checked: see Posterior::isValid().
Posterior uncheckedPosterior(const Model &model, Eigen::Index process);
/// Kept or made anew; throws Error when there is none.
std::shared_ptr<const Posterior> posteriorOf(const Learnt &learnt, Eigen::Index process);
/// Of the training points; no rows where noise is the same for all.
Eigen::VectorXd relativeNoise(const Model &model, Eigen::Index process);

/// Throw Error when the model is not trained or the inputs do not fit it.
void checkInputs(const Model &model, const Eigen::MatrixXf &inputs);
void checkPrepared(const Model &model, const PreparedInputs &inputs);

/// asModel() of work that answers something.
template <typename Work>
auto answered(Work &&work)
{
    std::optional<decltype(work())> answer;
    asModel([&] { answer.emplace(work()); });
    return *std::move(answer);
}

} // namespace helmscope
