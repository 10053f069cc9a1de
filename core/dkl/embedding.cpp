// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/embedding.h"

#include <algorithm>

namespace helmscope {

namespace {

constexpr double width = 1.9; // of the interval -0.95..0.95

} // namespace

Bounds boundsOf(const Batch &features)
{
    return {features.minCoeff(), features.maxCoeff()};
}

Eigen::MatrixXd scaledToBounds(const Batch &features, const Bounds &bounds, bool isClamped)
{
    if (!(bounds.high > bounds.low))
        return Eigen::MatrixXd::Zero(features.rows(), features.cols());
    const double slope = width / (bounds.high - bounds.low);
    return features.cast<double>().unaryExpr([&](double feature) {
        if (isClamped)
            feature = std::clamp(feature, bounds.low, bounds.high);
        return (feature - bounds.low) * slope - width / 2;
    });
}

Batch throughBounds(const Batch &features, const Bounds &bounds, const Eigen::MatrixXd &byScaled)
{
    if (!(bounds.high > bounds.low))
        return Batch::Zero(features.rows(), features.cols());
    const double range = bounds.high - bounds.low;
    const auto values = features.cast<double>().array();
    Eigen::MatrixXd byFeatures = byScaled * (width / range);
    Eigen::Index row, column;
    features.minCoeff(&row, &column);
    byFeatures(row, column) +=
        width / (range * range) * (byScaled.array() * (values - bounds.high)).sum();
    features.maxCoeff(&row, &column);
    byFeatures(row, column) -=
        width / (range * range) * (byScaled.array() * (values - bounds.low)).sum();
    return byFeatures.cast<float>();
}

} // namespace helmscope
