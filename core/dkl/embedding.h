// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/network.h"

namespace helmscope {

/// Smallest and largest number of a whole embedding, over points and dimensions.
struct Bounds
{
    double low = 0;
    double high = 0;
    bool operator==(const Bounds &) const = default;
};

Bounds boundsOf(const Batch &features);

/// Features brought from `bounds` to -0.95..0.95 (GPyTorch's ScaleToBounds), [n, dimensions]; to 0
/// where the bounds are one number. Clamped, those outside go to the border.
Eigen::MatrixXd scaledToBounds(const Batch &features, const Bounds &bounds, bool isClamped);

/// The gradient by the features from that by the scaled ones; it flows through minimum and maximum
/// too. `bounds` are those of the features.
Batch throughBounds(const Batch &features, const Bounds &bounds, const Eigen::MatrixXd &byScaled);

} // namespace helmscope
