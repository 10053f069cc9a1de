// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <complex>

namespace helmscope {

/// Complex numbers [rows, cols]; frequency 0 comes first, negative ones in the second half.
using Spectrum2D =
    Eigen::Array<std::complex<float>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The discrete Fourier transform along rows, then columns, in place; not scaled.
void transform(Spectrum2D &numbers);
/// Its inverse, scaled by 1 / (rows cols).
void transformBack(Spectrum2D &numbers);

/// The largest length of at most `n` that has no factor above 5: others transform slowly.
int swiftLength(int n);

} // namespace helmscope
