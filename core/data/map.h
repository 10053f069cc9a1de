// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <compare>

namespace helmscope {

/// A scalar per pixel, [rows, cols], row 0 at the top; NaN where nothing is known.
using Map = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Pixels the probe may not visit, [rows, cols], true = forbidden; empty: none.
using Mask = Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Row and column in the grid of spectra; row 0 is the top.
struct Pixel
{
    int row = 0;
    int col = 0;
    auto operator<=>(const Pixel &) const = default;
};

inline bool contains(const Map &map, Pixel p)
{
    return p.row >= 0 && p.col >= 0 && p.row < map.rows() && p.col < map.cols();
}

} // namespace helmscope
