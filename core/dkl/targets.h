// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

namespace helmscope {

/// How targets become what Gaussian processes learn, and back: outputs alone, each to mean 0 and
/// deviation 1, or principal components of all outputs, for spectra whose channels go together.
struct TargetScaling
{
    Eigen::VectorXd offsets;   ///< [outputs]
    Eigen::VectorXd scales;    ///< [processes], units of the targets (of component scores)
    Eigen::MatrixXd loadings;  ///< [outputs, processes]; no rows where each output stands alone
    Eigen::VectorXd residuals; ///< [outputs], variance that no component holds; with loadings
    Eigen::VectorXd weights;   ///< [outputs], what each was divided by; with loadings

    bool hasComponents() const { return loadings.rows() > 0; }
    Eigen::Index outputs() const { return offsets.size(); }
};

/// Learns the scaling from `targets` [n, outputs] and applies it: [n, processes]. `components`: the
/// most principal components, 0 for none. Channels that are counted (nowhere below zero on average)
/// are weighted by the root of their mean, so that bright noise does not pass for a component
/// (Keenan and Kotula 2004). No more than half as many components as points: the rest tells
/// residuals from signal.
Eigen::MatrixXd learnScaling(const Eigen::MatrixXd &targets, int components, bool isStandardized,
                             TargetScaling &scaling);

/// More targets by a scaling that was learnt: [n, processes].
Eigen::MatrixXd scaledBy(const TargetScaling &scaling, const Eigen::MatrixXd &targets);

/// Directions [columns, count] of largest variance of centred `rows`, orthonormal, the largest
/// first, each with its largest number positive. The same rows give the same directions.
Eigen::MatrixXd principalDirections(const Eigen::MatrixXd &rows, int count);

} // namespace helmscope
