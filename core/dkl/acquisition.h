// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"

#include <Eigen/Core>

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace helmscope {

/// How predictions are turned into how much a pixel is worth measuring.
enum class Acquisition {
    ExpectedImprovement,      ///< (m - best - xi) Phi(u) + s phi(u), u = (m - best - xi) / s (Jones
                              ///< 1998)
    UpperConfidenceBound,     ///< m + sqrt(beta) s
    ProbabilityOfImprovement, ///< Phi((m - best - xi) / s) (Kushner 1964)
    Uncertainty,              ///< s
    Thompson,                 ///< one draw of the posterior
    Random,                   ///< uniform: the baseline
    IntegratedVariance,       ///< how much a measurement there lowers the variance of the whole map
                              ///< (Cohn 1996)
};

/// How much less a place is worth soon after the beam was near it: a dwell heats and charges the
/// sample around, which then recovers. See heatOf() in steering/live/heating.h for the formula.
struct Heating
{
    double strength = 0;        ///< part of its worth a place loses at most, 0 (off) to 1
    double radius = 3;          ///< of the heated spot, standard deviation, pixels of the grid
    double recoverySeconds = 1; ///< after which a spot is only 1/e as hot
    double stepSeconds = 0;     ///< from the end of one dwell to the begin of the next, as planned
    static constexpr double leastRadius = 0.1, mostRadius = 1000, leastSeconds = 1e-6,
                            mostSeconds = 1e6;
    bool isOn() const { return strength > 0; }
    bool isValid() const; ///< every number within its range
    bool operator==(const Heating &) const = default;
};

struct AcquisitionSettings
{
    Acquisition kind = Acquisition::IntegratedVariance;
    double xi = 0.01;  ///< improvement asked for, in standard deviations of the measured values
    double beta = 0.2; ///< weight of the variance
    Heating heating{};
    bool isValid() const; ///< xi a number, beta at least 0, heating within its ranges
    bool operator==(const AcquisitionSettings &) const = default;
};

/// One row an acquisition: its key on the command line ("ei"), name for people, one sentence of
/// help; both English, for Tr::tr where they are shown.
struct AcquisitionRow
{
    Acquisition kind;
    const char *key;
    const char *name;
    const char *help;
};
std::span<const AcquisitionRow> acquisitions();
const AcquisitionRow &rowOf(Acquisition kind);
/// Throws Error that lists the keys when there is none like this.
Acquisition acquisitionFromKey(const std::string &key);

/// Worth of each candidate, [n], from mean and deviation (same units as `best`). `best` is the
/// largest predicted mean at the measured pixels; `spread` the deviation of the measured values
/// (for xi). Where deviation is 0, EI and POI are their limits; NaN in gives NaN out. Random takes
/// `seed`; Thompson and the integrated variance need the joint posterior and are not computed here
/// (Error): see DeepKernel::sample and varianceReduction.
Eigen::VectorXd worth(const AcquisitionSettings &settings, const Eigen::VectorXd &mean,
                      const Eigen::VectorXd &deviation, double best, double spread,
                      std::uint64_t seed);

/// How a vector of outputs varies about its mean: as deviation(row, c) times a normal number times
/// column c of `loadings`, and each output on its own besides.
struct Spread
{
    Spread(Eigen::MatrixXd deviations, Eigen::MatrixXd loadingsOfThem = {},
           Eigen::VectorXd ownDeviations = {});

    Eigen::MatrixXd deviation; ///< [n, outputs] or [n, components]
    Eigen::MatrixXd loadings;  ///< [outputs, components]; no rows: outputs vary alone
    Eigen::VectorXd own;       ///< [outputs] or empty
};
Spread latentSpread(const DeepKernel::Prediction &prediction);
Spread noiseSpread(const DeepKernel::Prediction &prediction);

/// Posterior of a scalar made from a vector of outputs.
struct ScalarPosterior
{
    Eigen::VectorXd mean;      ///< [n]
    Eigen::VectorXd deviation; ///< [n]
};
/// Exact for a linear scalarizer with `weights` [outputs].
ScalarPosterior scalarPosterior(const Eigen::MatrixXd &mean, const Spread &spread,
                                const Eigen::VectorXd &weights);
/// Sampled for any other: mean and deviation over `draws` draws of each row; draws that give no
/// number are left out, a row with fewer than two is NaN.
ScalarPosterior scalarPosterior(const Eigen::MatrixXd &mean, const Spread &spread,
                                const std::function<double(const Eigen::VectorXf &)> &scalarizer,
                                int draws, std::uint64_t seed);

} // namespace helmscope
