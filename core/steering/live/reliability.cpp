// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/live/reliability.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace helmscope {

std::optional<double> standardizedResidual(const Step &step)
{
    const double deviation = std::hypot(step.predictedDeviation, step.predictedNoise);
    const double residual = (step.value - step.predictedMean) / deviation;
    return deviation > 0 && std::isfinite(residual) ? std::optional(residual) : std::nullopt;
}

std::vector<ReliabilityPoint> reliabilityOf(const std::vector<double> &residuals)
{
    // The level of the narrowest central interval that holds each value.
    std::vector<double> reached;
    for (double residual : residuals)
        if (!std::isnan(residual))
            reached.push_back(std::erf(std::abs(residual) / std::numbers::sqrt2));
    if (reached.empty())
        return {};
    std::sort(reached.begin(), reached.end());
    const double n = double(reached.size());
    std::vector<ReliabilityPoint> points;
    for (int percent = 5; percent <= 100; percent += 5) {
        ReliabilityPoint point;
        point.level = percent == 100 ? 0.99 : percent / 100.;
        const auto within = std::upper_bound(reached.begin(), reached.end(), point.level);
        point.observed = double(within - reached.begin()) / n;
        constexpr double z = 1.959964;
        const double middle = (point.observed + z * z / (2 * n)) / (1 + z * z / n);
        const double half =
            z / (1 + z * z / n) *
            std::sqrt(point.observed * (1 - point.observed) / n + z * z / (4 * n * n));
        point.low = std::max(0.0, middle - half);
        point.high = std::min(1.0, middle + half);
        points.push_back(point);
    }
    return points;
}

} // namespace helmscope
