// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"

#include <functional>

namespace helmscope {

/// How well a model foretells points that it was not shown.
struct FoldScore
{
    int points = 0;  ///< foretold; 0: nothing can be said
    double rmse = 0; ///< over the values' deviation
    double nlpd = 0; ///< mean negative log density, noise counted, values over their deviation
};

/// Trains models that `make` answers anew on all points but some, in five parts, and judges them on
/// those: a network that memorizes is found out, as it is not by leaving one out in closed form.
/// Outputs count alike. A training that fails foretells the mean. Of fewer than four points, or
/// stopped, nothing can be said.
FoldScore crossValidated(const std::function<DeepKernel()> &make, const Eigen::MatrixXf &inputs,
                         const Eigen::MatrixXd &targets, const Progress &progress);

/// Whether what was learnt elsewhere helps here, and how much, in nats a point: above 0 it does.
/// Density and error count both: a model may be sure of the wrong thing.
struct WarmAgainstCold
{
    FoldScore warm, cold;
    bool isKnown() const { return warm.points > 0 && cold.points > 0; }
    double gain() const;
    /// From so much gain on it is believed. Of few points any gain is: a cold model knows next to
    /// nothing then. Of more, a small one is the chance of who was left out, and what there is to
    /// win is less than what there is to lose.
    double gainThatCounts() const;
    bool isWarmBetter() const { return !isKnown() || gain() >= gainThatCounts(); }
};

} // namespace helmscope
