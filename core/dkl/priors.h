// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/gaussianprocess.h"

namespace helmscope {

/// Log-normal priors on a kernel whose features and targets have mean 0 and deviation 1. They keep
/// a process of many features and few points from explaining noise: each lengthscale is about
/// sqrt(dimensions), so that all features together count like one; scale about 1; noise about 0.05.
///
/// Adds the negative log density per point to `likelihood` and its gradient.
void addPriors(const Eigen::MatrixXd &raw, Eigen::Index points, MarginalLikelihood &likelihood);

/// Raw numbers at the priors' medians, noise given, [outputs, dimensions + 3].
Eigen::MatrixXd rawAtPriors(int outputs, int dimensions, double noise);

} // namespace helmscope
