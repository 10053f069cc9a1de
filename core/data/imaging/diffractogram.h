// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/imaging/region.h"

namespace helmscope {

/// What an image is multiplied with before its transform, so that its edges leave no cross.
enum class TaperWindow { None, Hann, Blackman };

/// The Fourier transform of a part of an image: square, the zero frequency in the middle.
struct Diffractogram
{
    /// |F| over the sum of the window: a wave of amplitude A is two spots of A / 2. [side, side]
    Map amplitude;
    /// Of a pixel, cycles per image pixel; over the image's pixel size, 1/nm.
    double frequencyStep = 0;
    int middle = 0; ///< row and column of the zero frequency

    /// Cycles per image pixel at a pixel's centre, right and down.
    QPointF frequencyAt(Pixel pixel) const
    {
        return QPointF(pixel.col - middle, pixel.row - middle) * frequencyStep;
    }
};

/// Of the rectangle around the region, its mean taken away; filled up with zeros to a square whose
/// side transforms swiftly. What is not finite counts as the mean. Throws Error where fewer than 8
/// × 8 pixels of the image are in it, or more than 4096 along a side.
Diffractogram diffractogramOf(const Map &image, const Region &region, TaperWindow window);

} // namespace helmscope
