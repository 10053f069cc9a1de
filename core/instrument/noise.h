// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>

namespace helmscope {

// Chance from the bits of std::mt19937_64 by transforms of our own: the standard library's
// distributions differ between its versions, and a path must not.

using RandomBits = std::mt19937_64;

/// Bits that belong to `seed` and these indices alone, in this order: two pixels' noise does not
/// depend on which of them was measured first.
RandomBits bitsOf(std::uint64_t seed, std::initializer_list<std::int64_t> indices);

double uniform(RandomBits &bits); ///< in (0, 1)
double normal(RandomBits &bits);  ///< mean 0, deviation 1
/// Counts with this mean, a whole number; `mean` at least 0 and finite.
double poisson(RandomBits &bits, double mean);
/// How many of `count` (whole, at least 0) remain when each is kept with `probability` 0..1.
double binomial(RandomBits &bits, double count, double probability);

/// Electrons per square angstrom that a probe current gives to one pixel in this time; 0 when the
/// pixel size is not known.
double dose(double beamCurrentPa, double dwellSeconds, double pixelSizeNm);

} // namespace helmscope
