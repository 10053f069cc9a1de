// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"

#include <Eigen/Core>

namespace helmscope {

/// What a model begins from instead of chance: learnt from other samples.
struct ModelStart
{
    DeepKernelSettings settings; ///< of a model that begins here: also how it goes on learning
    int patchNumbers = 0;        ///< numbers of a patch it was learnt on, without the place

    // Of a network:
    Eigen::VectorXf weights; ///< as Network has them
    Eigen::VectorXd kernel;  ///< raw numbers of an output's kernel, [embedding + 3]
    /// Weights stay near these as though so many thousand points said so; 0: they are free. Each
    /// Adam step is followed by one towards them of learning rate * pull / points (decoupled, as in
    /// Loshchilov and Hutter 2019).
    double pull = 0;

    // Of rings: normal priors of what a kernel may learn, in the order of FitShape's parameters.
    Eigen::VectorXd priorMeans, priorDeviations;
};

/// Throws Error with a sentence on what does not fit together: sizes, numbers that are not finite,
/// deviations that are not above 0, features that know no start (principal components).
void check(const ModelStart &start);

/// The priors that a model on rings has anyway, for patches of side * side numbers.
ModelStart usualPriors(const DeepKernelSettings &settings, int side);

/// How many numbers each part of a start has for patches of side * side numbers.
Eigen::Index networkWeights(const DeepKernelSettings &settings, int side);
Eigen::Index kernelNumbers(const DeepKernelSettings &settings, int side);

} // namespace helmscope
