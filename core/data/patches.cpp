// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/patches.h"

#include "base/tr.h"

namespace helmscope {

/// The image row or column at which the patch of grid row or column `i` begins.
static int patchStart(int i, int ratio, int patch)
{
    return ratio * i + ratio / 2 - patch / 2;
}

static void checkPatch(const Dataset &dataset, int patch)
{
    if (patch < 2 || patch > 256)
        fail(Tr::tr("Cannot cut patches of %1 pixels: the side must lie between 2 and 256.")
                 .arg(patch));
    if (dataset.image.rows() < patch || dataset.image.cols() < patch)
        fail(Tr::tr(
                 "Cannot cut patches of %1 × %1 pixels from an image of %2 × %3: choose a smaller "
                 "patch.")
                 .arg(patch)
                 .arg(dataset.image.rows())
                 .arg(dataset.image.cols()));
}

std::vector<Pixel> candidatePixels(const Dataset &dataset, int patch)
{
    checkPatch(dataset, patch);
    std::vector<Pixel> pixels;
    for (int row = 0; row < dataset.rows(); ++row) {
        const int top = patchStart(row, dataset.imageRatio, patch);
        if (top < 0 || top + patch > dataset.image.rows())
            continue;
        for (int col = 0; col < dataset.cols(); ++col) {
            const int left = patchStart(col, dataset.imageRatio, patch);
            if (left >= 0 && left + patch <= dataset.image.cols())
                pixels.push_back({row, col});
        }
    }
    return pixels;
}

Eigen::MatrixXf cutPatches(const Dataset &dataset, const std::vector<Pixel> &pixels, int patch)
{
    checkPatch(dataset, patch);
    Eigen::MatrixXf patches(Eigen::Index(pixels.size()), Eigen::Index(patch) * patch);
    for (std::size_t n = 0; n < pixels.size(); ++n) {
        const int top = patchStart(pixels[n].row, dataset.imageRatio, patch);
        const int left = patchStart(pixels[n].col, dataset.imageRatio, patch);
        if (top < 0 || left < 0 || top + patch > dataset.image.rows() ||
            left + patch > dataset.image.cols())
            fail(Tr::tr("The patch of %1 pixels around row %2, column %3 reaches over the image's "
                        "edge.")
                     .arg(patch)
                     .arg(pixels[n].row)
                     .arg(pixels[n].col));
        for (int i = 0; i < patch; ++i)
            patches.row(Eigen::Index(n)).segment(Eigen::Index(i) * patch, patch) =
                dataset.image.row(top + i).segment(left, patch).matrix();
    }
    return patches;
}

} // namespace helmscope
