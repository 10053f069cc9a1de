// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "dkl/gaussianprocess.h"

#include <Eigen/Core>

#include <algorithm>
#include <vector>

namespace helmscope {

/// How an output's noise variance goes with its latent value, as a factor that is 1 on average over
/// the training points; in scaled units.
struct NoiseShape
{
    double mix = 0;   ///< 0: constant; 1: all of it is counting noise
    double zero = 0;  ///< the value at which nothing is counted
    double mean = 1;  ///< of value - zero over the training points
    double floor = 0; ///< counting noise never goes below that of this value above zero

    double at(double latent) const
    {
        return (1 - mix) + mix * std::max(latent - zero, floor) / mean;
    }
};

/// What a Gaussian process on fixed features may learn. Each number has a prior, so that many
/// features and few points do not explain noise.
struct FitShape
{
    Kernel kernel = Kernel::Matern52;
    /// [features, directions]: log lengthscales are log sqrt(features) + profile * directions, so
    /// that at first all features together count like one. Directions are normal(0, 0.7).
    Eigen::MatrixXd profile;
    bool hasPlace = false;   ///< two more features: row and column
    double placeLength = 10; ///< prior median of their lengthscale, in their unit
    bool isCounting = false; ///< noise may grow with the value, see NoiseShape
    /// Normal priors of the parameters, in their order, instead of the usual ones; or empty.
    Eigen::VectorXd priorMeans, priorDeviations;

    Eigen::Index features() const { return profile.rows(); }
    /// Directions, then log scale, log noise, mean, logit of the noise's mix, log scale and log
    /// lengthscale of the place.
    Eigen::Index parameters() const { return profile.cols() + 6; }
    Eigen::VectorXd priorMedians() const;
    Eigen::VectorXd priorSpreads() const; ///< deviations of the priors in force
    Hyperparameters hyperparameters(const Eigen::VectorXd &parameters) const;
};

/// Squared differences of all pairs of points, once for all evaluations.
class PairDistances
{
public:
    /// `features` [n, shape's features (+ 2 where it has places)].
    PairDistances(const FitShape &shape, const Eigen::MatrixXd &features);

    Eigen::Index points() const { return m_points; }
    const Eigen::MatrixXd &byFeature() const { return m_byFeature; } ///< [pairs, features]
    const Eigen::VectorXd &ofPlaces() const { return m_ofPlaces; }   ///< [pairs], or empty

private:
    Eigen::Index m_points = 0;
    Eigen::MatrixXd m_byFeature;
    Eigen::VectorXd m_ofPlaces;
};

/// -log p(targets | parameters) - log p(parameters) but for constants, and its gradient.
struct NegativeLogPosterior
{
    double value = 0; ///< NaN when the covariance could not be factorized
    Eigen::VectorXd gradient;
    Eigen::VectorXd looMeans; ///< of each point from all others (Rasmussen and Williams, eq. 5.12)
    double jitter = 0;
};
/// `counts` [n]: what the counting part of the noise is proportional to, mean 1; empty: constant.
NegativeLogPosterior negativeLogPosterior(const FitShape &shape, const Eigen::VectorXd &parameters,
                                          const PairDistances &distances,
                                          const Eigen::VectorXd &targets,
                                          const Eigen::VectorXd &counts);

/// What was found: the most probable parameters.
struct Fit
{
    Eigen::VectorXd parameters;
    Eigen::VectorXd relativeNoise; ///< [n] or empty, see Posterior
    NoiseShape noise;
    double jitter = 0;
    std::vector<double> losses; ///< of each evaluation, per point
    bool isStopped = false;
};

/// L-BFGS from `start` (empty: from the priors' medians, the noise constant at first). The counting
/// noise of a point goes with what all *other* points say of it: its own value would pull its noise
/// down with it. `zero` is the value at which nothing is counted. Of more than mostFitted points a
/// part is fitted, drawn by `seed`: some at random and the nearest to each. At most `evaluations`
/// of the posterior.
Fit fit(const FitShape &shape, const Eigen::MatrixXd &features, const Eigen::VectorXd &targets,
        double zero, const Eigen::VectorXd &start, int evaluations, std::uint64_t seed,
        const Progress &progress);
constexpr int mostFitted = 512;

} // namespace helmscope
