// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"

namespace helmscope {

/// By how much one image of a sample is shifted against another, and how sure that is.
struct Registration
{
    double rows = 0, cols = 0; ///< what lay at (r, c) lies at (r + rows, c + cols) now, pixels
    /// How alike both are once laid over each other: their correlation coefficient where both show
    /// the sample, 0 to 1. Images that have nothing in common reach about 0.3.
    double quality = 0;
    /// The highest peak of the phase correlation that is not part of the one believed, over that
    /// one: near 1 for a lattice, which fits in many places, and for images of nothing but noise.
    double rival = 1;

    static constexpr double leastQuality = 0.5, mostRival = 0.85;
    bool isTrusted(double least = leastQuality) const
    {
        return quality >= least && rival <= mostRival;
    }
};

/// Phase correlation (Kuglin and Hines, Proc. IEEE Conf. Cybernetics and Society, 1975) of the
/// images under a Hann window, frequencies weighted by how far they stand above the noise, finds
/// the whole pixels; least squares where both images show the same find the rest (Gauss-Newton with
/// brightness and contrast free, as in Pan et al., Exp. Mech. 53, 1277, 2013): a window's bias
/// towards no shift stays out of it. Shifts of up to half a side can be found. What is not finite
/// counts as the image's mean; a constant image gives quality 0. Throws Error unless both have one
/// size of at least 16 x 16.
Registration registered(const Map &reference, const Map &image);

/// The image with every row and column moved by so much (bilinear), NaN where nothing is known:
/// moved(image, -rows, -cols) lays a registered image onto its reference.
Map moved(const Map &image, double rows, double cols);

} // namespace helmscope
