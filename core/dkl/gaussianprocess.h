// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"
#include "dkl/random.h"

#include <Eigen/Core>

namespace helmscope {

using Kernel = DeepKernelSettings::Kernel;

/// Kernel, noise and mean of one output's Gaussian process.
///
/// Training moves raw numbers, a row an output: lengthscales, scale, noise, mean. All but the mean
/// are softplus of theirs, noise has 1e-4 added.
struct Hyperparameters
{
    Eigen::VectorXd lengthscales; ///< one a dimension of the features
    double scale = 0;             ///< variance of the latent function
    double noise = 0;             ///< variance
    double mean = 0;
    /// A second term for near places, Matern 5/2 in the last two features (row, column); none where
    /// the scale is 0.
    double placeScale = 0;
    double placeLength = 1;

    static Hyperparameters fromRaw(const Eigen::Ref<const Eigen::RowVectorXd> &raw);
    /// All raw numbers 0 but that of the noise, [outputs, dimensions + 3].
    static Eigen::MatrixXd startingRaw(int outputs, int dimensions, double noise);
    static constexpr double smallestNoise = 1e-4;
};

/// k(a_i, b_j), [rows of a, rows of b]. Features beyond the lengthscales' are a row and a column.
Eigen::MatrixXd covariance(Kernel kernel, const Hyperparameters &hyperparameters,
                           const Eigen::MatrixXd &a, const Eigen::MatrixXd &b);

/// Kernel of squared distances in lengthscales and, where asked for, its derivative by them.
Eigen::MatrixXd kernelOf(Kernel kernel, double scale, Eigen::MatrixXd squares,
                         Eigen::MatrixXd *bySquare);
/// Lower Cholesky factor of `matrix` (its lower triangle counts), in `factor`; more and more is
/// added to the diagonal until there is one. Returns what was added, NaN when nothing helps.
double factorize(const Eigen::MatrixXd &matrix, Eigen::MatrixXd &factor);
/// From a Cholesky factor: the whole inverse; (factor factor^T)^-1 right.
Eigen::MatrixXd inverseFromFactor(const Eigen::MatrixXd &factor);
Eigen::VectorXd solved(const Eigen::MatrixXd &factor, Eigen::VectorXd right);

/// The negative log marginal likelihood per point, summed over outputs (Rasmussen and Williams
/// 2006, eq. 5.8, over n), and its gradient.
struct MarginalLikelihood
{
    double loss = 0;            ///< NaN when a covariance could not be factorized; no gradient then
    Eigen::MatrixXd byFeatures; ///< [n, dimensions]
    Eigen::MatrixXd byRaw;      ///< [outputs, dimensions + 3]
    double jitter = 0;          ///< the largest that had to be added to a diagonal
};
MarginalLikelihood marginalLikelihood(Kernel kernel, const Eigen::MatrixXd &raw,
                                      const Eigen::MatrixXd &features,
                                      const Eigen::MatrixXd &targets);

/// What one output's Gaussian process believes of its latent function after it saw its points.
class Posterior
{
public:
    /// The noise variance of point i is relativeNoise[i] times the hyper-parameters' noise; empty:
    /// the same for all. isValid() is false when the covariance cannot be factorized.
    Posterior(Kernel kernel, Hyperparameters hyperparameters, const Eigen::MatrixXd &features,
              const Eigen::VectorXd &targets, const Eigen::VectorXd &relativeNoise = {});

    /// The mean at the training points themselves.
    Eigen::VectorXd meanAtPoints() const;
    /// Of the latent function, before any point was seen.
    double priorVariance() const { return m_hyperparameters.scale + m_hyperparameters.placeScale; }
    bool isValid() const { return m_isValid; }
    double jitter() const { return m_jitter; }

    /// Mean and variance at each row of `features`; the variance is never below 0.
    void predict(const Eigen::MatrixXd &features, Eigen::Ref<Eigen::VectorXd> mean,
                 Eigen::Ref<Eigen::VectorXd> variance) const;
    /// What the others say of each training point, the hyper-parameters kept (Rasmussen and
    /// Williams 2006, eqs 5.10-5.12); the variance counts the point's own noise.
    void leaveOneOut(const Eigen::VectorXd &targets, Eigen::Ref<Eigen::VectorXd> mean,
                     Eigen::Ref<Eigen::VectorXd> variance) const;
    /// The same process after it saw more points, rows of `features`: the factor grows by as many
    /// rows, O(n^2) a point instead of O(n^3). `relativeNoise` is that of the new points; needed
    /// where the old ones have it. Not valid when the new covariance cannot be factorized.
    Posterior appended(const Eigen::MatrixXd &features, const Eigen::VectorXd &targets,
                       const Eigen::VectorXd &relativeNoise = {}) const;
    /// How much measuring each row of `features`, with noise of this variance, lowers the variance
    /// at the rows of `others`, on average over them.
    Eigen::VectorXd varianceReduction(const Eigen::MatrixXd &features, double noise,
                                      const Eigen::MatrixXd &others) const;
    /// One joint draw at the rows of `features`.
    Eigen::VectorXd sample(const Eigen::MatrixXd &features, Random &random) const;

private:
    Kernel m_kernel;
    Hyperparameters m_hyperparameters;
    Eigen::MatrixXd m_features;
    Eigen::VectorXd m_residuals; ///< targets - mean
    Eigen::MatrixXd m_factor;    ///< lower Cholesky factor of K + noise
    Eigen::VectorXd m_weights;   ///< (K + noise)^-1 residuals
    double m_jitter = 0;
    bool m_isValid = false;
};

} // namespace helmscope
