// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/dataset.h"

#include <vector>

namespace helmscope {

/// The pixels of a dataset's grid that can be measured and predicted: those whose patch of
/// `patch` x `patch` image pixels lies inside the image, row by row.
/// The patch of grid pixel (r, c) with image ratio k is centred on the block's middle: image rows
/// k r + k/2 - patch/2 ... + patch - 1 (so r - 8 .. r + 7 for patch 16, ratio 1).
/// Throws Error when the image is smaller than one patch or `patch` is outside 2..256.
std::vector<Pixel> candidatePixels(const Dataset &dataset, int patch);

/// The patches around these pixels, [pixels, patch * patch], row-major patches, in the image's
/// units.
Eigen::MatrixXf cutPatches(const Dataset &dataset, const std::vector<Pixel> &pixels, int patch);

} // namespace helmscope
