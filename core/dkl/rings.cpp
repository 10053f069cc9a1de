// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/rings.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

constexpr int mostRings = 8;
constexpr int harmonics = 2;

int ringCount(int side)
{
    return std::min(mostRings, side / 2);
}

/// Columns of weights: for ring 0 its mean; for each other ring its mean, then cosine and sine of
/// each harmonic.
Eigen::MatrixXf ringWeights(int side)
{
    const int rings = ringCount(side), perRing = 1 + 2 * harmonics;
    const double width = double(side / 2) / rings;
    Eigen::MatrixXf weights = Eigen::MatrixXf::Zero(side * side, 1 + (rings - 1) * perRing);
    for (int ring = 0; ring < rings; ++ring) {
        const int first = ring == 0 ? 0 : 1 + (ring - 1) * perRing;
        int pixels = 0;
        for (int pixel = 0; pixel < side * side; ++pixel) {
            const double down = pixel / side - side / 2, right = pixel % side - side / 2;
            if (std::lround(std::hypot(down, right) / width) != ring)
                continue;
            ++pixels;
            weights(pixel, first) = 1;
            const double angle = std::atan2(down, right);
            for (int h = 1; ring > 0 && h <= harmonics; ++h) {
                weights(pixel, first + 2 * h - 1) = float(std::cos(h * angle));
                weights(pixel, first + 2 * h) = float(std::sin(h * angle));
            }
        }
        weights.middleCols(first, ring == 0 ? 1 : perRing) /= float(std::max(1, pixels));
    }
    return weights;
}

} // namespace

int ringFeatureCount(int side)
{
    return 1 + (ringCount(side) - 1) * (1 + harmonics);
}

Eigen::MatrixXd ringProfile(int side)
{
    const int rings = ringCount(side);
    Eigen::MatrixXd profile = Eigen::MatrixXd::Zero(ringFeatureCount(side), 2 * (1 + harmonics));
    for (int ring = 0; ring < rings; ++ring) {
        const double lean = rings > 1 ? 2.0 * ring / (rings - 1) - 1 : 0;
        for (int kind = 0; kind <= (ring == 0 ? 0 : harmonics); ++kind) {
            const int row = ring == 0 ? 0 : 1 + (ring - 1) * (1 + harmonics) + kind;
            profile(row, 2 * kind) = 1;
            profile(row, 2 * kind + 1) = lean;
        }
    }
    return profile;
}

Eigen::MatrixXd ringFeatures(const Eigen::Ref<const Eigen::MatrixXf> &patches)
{
    const int side = int(std::lround(std::sqrt(double(patches.cols()))));
    if (side < 2 || Eigen::Index(side) * side != patches.cols())
        throw Error("The patches are not square; the ring features need square patches.");
    const Eigen::MatrixXf sums = patches * ringWeights(side);
    Eigen::MatrixXd features(patches.rows(), ringFeatureCount(side));
    features.col(0) = sums.col(0).cast<double>();
    for (int ring = 1; ring < ringCount(side); ++ring) {
        const int from = 1 + (ring - 1) * (1 + 2 * harmonics),
                  to = 1 + (ring - 1) * (1 + harmonics);
        features.col(to) = sums.col(from).cast<double>();
        for (int h = 1; h <= harmonics; ++h) {
            const auto cosine = sums.col(from + 2 * h - 1).cast<double>().array();
            const auto sine = sums.col(from + 2 * h).cast<double>().array();
            features.col(to + h) = (cosine.square() + sine.square()).sqrt();
        }
    }
    return features;
}

} // namespace helmscope
