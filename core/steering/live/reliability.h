// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <vector>

namespace helmscope {

/// Where a value came to lie in what was predicted of it: (value - mean) / hypot(deviation, noise);
/// nothing where nothing was predicted before it was measured.
std::optional<double> standardizedResidual(const Step &step);

/// How many of the values lay within the central interval of a level, and how sure that is.
struct ReliabilityPoint
{
    double level = 0;         ///< 0.95: the interval that should hold 95 %
    double observed = 0;      ///< fraction of the values within it
    double low = 0, high = 1; ///< 95 % interval of that fraction (Wilson 1927)
};

/// At 5 % to 95 % in steps of 5 %, and 99 %, for normal predictions; empty without any.
std::vector<ReliabilityPoint> reliabilityOf(const std::vector<double> &residuals);

} // namespace helmscope
