// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"

#include <Eigen/Core>

#include <memory>

namespace helmscope {

/// Patches and one value each: what a learner sees of a task at a time.
struct LabelledPatches
{
    Eigen::MatrixXf inputs; ///< [n, numbers of a patch]
    Eigen::VectorXd values; ///< [n]
};

/// All that a network's model with one output learns: a point of the space a meta-learner moves in.
struct NetworkState
{
    Eigen::VectorXf weights; ///< as Network has them
    Eigen::VectorXd kernel;  ///< raw numbers: lengthscales, scale, noise, mean

    /// As DeepKernel begins: weights drawn by the settings' seed.
    static NetworkState random(const DeepKernelSettings &settings, int inputs);
    bool isFinite() const { return weights.allFinite() && kernel.allFinite(); }
};

/// Adam steps of one task on one batch of its points after another, as DeepKernel::train() takes
/// them on all points: each batch's patches and values are scaled by themselves. Plain values in
/// and out; may live on any thread, one at a time. Throws Error where the settings have no network
/// or sizes do not fit.
class InnerLearning
{
public:
    InnerLearning(const DeepKernelSettings &settings, const NetworkState &start);
    InnerLearning(const InnerLearning &) = delete;
    InnerLearning &operator=(const InnerLearning &) = delete;
    ~InnerLearning();

    /// Begins with another batch of at least two points; Adam's moments go on.
    void setBatch(const LabelledPatches &batch);
    /// One step down the batch's loss. Returns the loss before it (negative log marginal likelihood
    /// per point, scaled values); NaN when it had no gradient: then nothing was moved.
    double step();
    /// The loss of the batch at the state as it is, and its gradient; NaN as above.
    double gradient(NetworkState &by);

    NetworkState state() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
