// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/dataset.h"

#include <Eigen/Core>

#include <memory>
#include <vector>

namespace helmscope {

class DeepKernel;

/// Every patch of an image as a point: near each other are those that look alike. The principal
/// components of features of the patches.
struct Embedding
{
    enum class Features {
        Rings, ///< what the default model sees of a patch, each scaled to deviation 1
               ///< (dkl/rings.h): it stays where it is while the model learns
        Learnt ///< what a network has made of the patches, as its kernel compares them
    };
    Features features = Features::Rings;
    std::vector<Pixel> pixels;     ///< of the rows below
    Eigen::MatrixXf places;        ///< [pixels, at most 4], by falling variance; mean 0
    std::vector<double> explained; ///< fraction of all variance that each column has
    double typicalDistance = 0;    ///< median between two patches drawn at random
    Eigen::Array<int, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows; ///< [grid], -1: none

    int rowOf(Pixel pixel) const; ///< -1: that pixel has no whole patch
};

/// Of the survey's image; blocks. Of more than `mostPatches` every nth row and column is taken.
/// The sign of each component is such that its largest loading is positive: the same image gives
/// the same picture. Throws Error when the image is smaller than a patch; null when stopped.
std::shared_ptr<const Embedding> embeddingOf(const Dataset &survey, int patch,
                                             const Progress &progress,
                                             std::size_t mostPatches = 1 << 18);

/// Of the features that the network of `model` has learnt; not scaled, since its kernel has length
/// scales of its own. Where `before` has as many columns, signs are such that each point at most
/// turns a little: the pictures of one step and the next are of one side. Blocks. Throws Error when
/// the model is not of such patches or has no network; null when stopped.
std::shared_ptr<const Embedding> embeddingOf(const Dataset &survey, int patch,
                                             const DeepKernel &model, const Embedding *before,
                                             const Progress &progress,
                                             std::size_t mostPatches = 1 << 18);

/// Whether a search still goes anywhere, by its last steps.
struct Wandering
{
    static constexpr int fewest = 10; ///< steps there is a verdict from
    int steps = 0;                    ///< looked at, at most the last twenty that the model chose
    double nearRepeats = 0;           ///< fraction within two pixels of one measured before it
    double travelled = 0;             ///< median way to the step before, over the typical distance
    bool isTrapped() const;           ///< near to what it knows already, and looking at the same
};

/// `path`: pixels in the order measured; `isChosen`: of each whether the model chose it.
Wandering wanderingOf(const Embedding &embedding, const std::vector<Pixel> &path,
                      const std::vector<bool> &isChosen);

} // namespace helmscope
