// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/dataset.h"

namespace helmscope {

/// Deviation of an image's noise, in its units: the median of the Laplacian's sizes (Immerkaer,
/// Comput. Vis. Image Underst. 64, 300, 1996, with the median instead of the mean, which edges do
/// not move). 0 for images under 3 x 3.
double noiseOf(const Map &image);

/// How sharp an image is, and each part of it.
struct Sharpness
{
    /// Mean squared gradient an image pixel, what noise adds to it taken away, over the image's
    /// variance: higher is sharper, whatever the brightness and contrast. 0 without contrast.
    double whole = 0;
    /// [rows, cols]: likewise of the square around each image pixel, over the whole image's
    /// variance: how much detail each patch shows.
    Map around;
};
/// Squares of `side` pixels, clipped at the image's edges.
Sharpness sharpnessOf(const Map &image, int side);

/// Places of an image that tell the model nothing, or something wrong; [rows, cols] of the image.
struct Flaws
{
    Mask saturated; ///< at the detector's limit: with neighbours of the image's largest value
    Mask blank;     ///< nothing but noise within a few pixels
    Mask charged;   ///< streaks along the fast scan direction that one line has, its neighbours not
    bool isEmpty() const { return saturated.size() == 0; }
};
Flaws flawsOf(const Map &image);

/// What is wrong with the patch around a pixel; several may be.
struct PatchFlaws
{
    bool isBlurred = false, isSaturated = false, isBlank = false, isCharged = false;
    bool any() const { return isBlurred || isSaturated || isBlank || isCharged; }
    QString text() const; ///< "blurred", "saturated, charged", ...; empty when there is none
    bool operator==(const PatchFlaws &) const = default;
};

/// Judges the patches around these pixels: blurred where the sharpness is under `leastSharpness`
/// times that of the median patch (0: never), saturated or charged where more than a tenth of the
/// patch is, blank where more than nine tenths are.
std::vector<PatchFlaws> judgePatches(const Dataset &survey, const std::vector<Pixel> &pixels,
                                     int patch, double leastSharpness);

} // namespace helmscope
