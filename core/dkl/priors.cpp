// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/priors.h"

#include <cmath>

namespace helmscope {

namespace {

/// log value ~ normal(mean, deviation)
struct LogNormal
{
    double mean, deviation;
};

LogNormal lengthscalePrior(Eigen::Index dimensions)
{
    return {0.5 * std::log(double(dimensions)), 0.5};
}
constexpr LogNormal scalePrior{0, 2};
const LogNormal noisePrior{std::log(0.05), 2};

} // namespace

void addPriors(const Eigen::MatrixXd &raw, Eigen::Index points, MarginalLikelihood &likelihood)
{
    const Eigen::Index dimensions = raw.cols() - 3;
    const auto add = [&](Eigen::Index output, Eigen::Index column, double value,
                         const LogNormal &prior) {
        const double distance = (std::log(value) - prior.mean) / prior.deviation;
        likelihood.loss += 0.5 * distance * distance / double(points);
        // The value moves with its raw number as softplus does: by a logistic.
        const double slope = 1 / (1 + std::exp(-raw(output, column)));
        likelihood.byRaw(output, column) +=
            distance / prior.deviation / value * slope / double(points);
    };
    for (Eigen::Index output = 0; output < raw.rows(); ++output) {
        const Hyperparameters h = Hyperparameters::fromRaw(raw.row(output));
        for (Eigen::Index dimension = 0; dimension < dimensions; ++dimension)
            add(output, dimension, h.lengthscales[dimension], lengthscalePrior(dimensions));
        add(output, dimensions, h.scale, scalePrior);
        add(output, dimensions + 1, h.noise, noisePrior);
    }
}

Eigen::MatrixXd rawAtPriors(int outputs, int dimensions, double noise)
{
    Eigen::MatrixXd raw = Hyperparameters::startingRaw(outputs, dimensions, noise);
    raw.leftCols(dimensions)
        .setConstant(std::log(std::expm1(std::exp(lengthscalePrior(dimensions).mean))));
    raw.col(dimensions).setConstant(std::log(std::expm1(1.0)));
    return raw;
}

} // namespace helmscope
