// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/live/embedding.h"

#include "base/tr.h"
#include "data/patches.h"
#include "dkl/deepkernel.h"
#include "dkl/rings.h"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace helmscope {

namespace {

constexpr std::size_t block = 4096; ///< patches cut at a time: all of a large image do not fit
constexpr int mostComponents = 4;

/// Every nth of a grid, so that no more than `most` are left.
std::vector<Pixel> thinned(const std::vector<Pixel> &pixels, std::size_t most)
{
    if (pixels.size() <= most)
        return pixels;
    const int nth = int(std::ceil(std::sqrt(double(pixels.size()) / double(most))));
    std::vector<Pixel> some;
    for (const Pixel &pixel : pixels)
        if (pixel.row % nth == 0 && pixel.col % nth == 0)
            some.push_back(pixel);
    return some;
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double distance(const Embedding &embedding, int a, int b)
{
    return double((embedding.places.row(a) - embedding.places.row(b)).norm());
}

} // namespace

int Embedding::rowOf(Pixel pixel) const
{
    const bool isInside =
        pixel.row >= 0 && pixel.col >= 0 && pixel.row < rows.rows() && pixel.col < rows.cols();
    return isInside ? rows(pixel.row, pixel.col) : -1;
}

namespace {

/// Makes features of the patches, [pixels, features], block by block; no rows when stopped.
template <class Features>
Eigen::MatrixXd featuresOf(const std::vector<Pixel> &pixels, Eigen::Index columns,
                           const Progress &progress, const Features &featuresAt)
{
    const auto count = Eigen::Index(pixels.size());
    Eigen::MatrixXd features(count, columns);
    for (std::size_t first = 0; first < pixels.size(); first += block) {
        if (!progress(0.9 * double(first) / double(count)))
            return {};
        const std::size_t last = std::min(first + block, pixels.size());
        const std::vector<Pixel> some(pixels.begin() + std::ptrdiff_t(first),
                                      pixels.begin() + std::ptrdiff_t(last));
        features.middleRows(Eigen::Index(first), Eigen::Index(some.size())) = featuresAt(some);
    }
    // A patch with a missing pixel has no features: it lies in the middle, where it says nothing.
    return features.unaryExpr([](double value) { return std::isfinite(value) ? value : 0; });
}

void centre(Eigen::MatrixXd &features)
{
    features.rowwise() -= features.colwise().mean().eval();
}

/// Places along the directions of largest variance of centred features, the largest loading of each
/// positive.
void place(Embedding &embedding, const Eigen::MatrixXd &features)
{
    const auto count = std::max<Eigen::Index>(1, features.rows());
    const Eigen::MatrixXd covariance = features.transpose() * features / double(count);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
    const int components = int(std::min<Eigen::Index>(mostComponents, features.cols()));
    Eigen::MatrixXd directions = solver.eigenvectors().rightCols(components).rowwise().reverse();
    const double all = std::max(solver.eigenvalues().cwiseMax(0).sum(), 1e-300);
    for (int i = 0; i < components; ++i) {
        Eigen::Index largest = 0;
        directions.col(i).cwiseAbs().maxCoeff(&largest);
        if (directions(largest, i) < 0)
            directions.col(i) *= -1;
        embedding.explained.push_back(std::max(0.0, solver.eigenvalues()[features.cols() - 1 - i]) /
                                      all);
    }
    embedding.places = (features * directions).cast<float>();
}

/// What follows from pixels and places.
void finish(Embedding &embedding, int rows, int cols)
{
    const auto count = Eigen::Index(embedding.pixels.size());
    embedding.rows.setConstant(rows, cols, -1);
    for (std::size_t i = 0; i < embedding.pixels.size(); ++i)
        embedding.rows(embedding.pixels[i].row, embedding.pixels[i].col) = int(i);
    // Pairs by a fixed walk through all of them: no seed to keep.
    std::vector<double> pairs;
    constexpr std::uint64_t stride = 2654435761; // Knuth's multiplicative hash
    for (std::uint64_t i = 0; count > 1 && i < 2000; ++i)
        pairs.push_back(distance(embedding, int(i * stride % std::uint64_t(count)),
                                 int((i + 7919) * stride * 31 % std::uint64_t(count))));
    embedding.typicalDistance = median(pairs);
}

} // namespace

std::shared_ptr<const Embedding> embeddingOf(const Dataset &survey, int patch,
                                             const Progress &progress, std::size_t mostPatches)
{
    auto embedding = std::make_shared<Embedding>();
    embedding->pixels = thinned(candidatePixels(survey, patch), mostPatches);
    Eigen::MatrixXd features = featuresOf(
        embedding->pixels, ringFeatureCount(patch), progress, [&](const std::vector<Pixel> &some) {
            return Eigen::MatrixXd(ringFeatures(cutPatches(survey, some, patch)));
        });
    if (features.rows() == 0)
        return nullptr;
    const double scale = features.cwiseAbs().maxCoeff();
    centre(features);
    const auto count = std::max<Eigen::Index>(1, features.rows());
    const Eigen::RowVectorXd deviation =
        (features.colwise().squaredNorm() / double(count)).cwiseSqrt();
    for (Eigen::Index i = 0; i < features.cols(); ++i)
        features.col(i) *= deviation[i] > 1e-6 * scale ? 1 / deviation[i] : 0; // else rounding
    place(*embedding, features);
    finish(*embedding, survey.rows(), survey.cols());
    return progress(1) ? embedding : nullptr;
}

std::shared_ptr<const Embedding> embeddingOf(const Dataset &survey, int patch,
                                             const DeepKernel &model, const Embedding *before,
                                             const Progress &progress, std::size_t mostPatches)
{
    if (model.settings().features != DeepKernelSettings::Features::Network)
        fail(Tr::tr("The model has learnt no features of its own: look at the ring features."));
    auto embedding = std::make_shared<Embedding>();
    embedding->features = Embedding::Features::Learnt;
    embedding->pixels = thinned(candidatePixels(survey, patch), mostPatches);
    Eigen::MatrixXd features =
        featuresOf(embedding->pixels, model.settings().embedding, progress,
                   [&](const std::vector<Pixel> &some) {
                       Eigen::MatrixXf patches = cutPatches(survey, some, patch);
                       std::vector<Eigen::Index> missing;
                       for (Eigen::Index row = 0; row < patches.rows(); ++row)
                           if (!patches.row(row).allFinite()) {
                               missing.push_back(row);
                               patches.row(row).setZero(); // the model asks for numbers
                           }
                       Eigen::MatrixXd learnt = model.embed(patches);
                       for (const Eigen::Index row : missing)
                           learnt.row(row).setConstant(std::nan(""));
                       return learnt;
                   });
    if (features.rows() == 0)
        return nullptr;
    centre(features);
    place(*embedding, features);
    if (before && before->features == Embedding::Features::Learnt &&
        before->places.rows() == embedding->places.rows() &&
        before->places.cols() == embedding->places.cols())
        for (Eigen::Index i = 0; i < embedding->places.cols(); ++i)
            if (embedding->places.col(i).dot(before->places.col(i)) < 0)
                embedding->places.col(i) *= -1;
    finish(*embedding, survey.rows(), survey.cols());
    return progress(1) ? embedding : nullptr;
}

bool Wandering::isTrapped() const
{
    return steps >= fewest && nearRepeats >= 0.5 && travelled < 0.25;
}

Wandering wanderingOf(const Embedding &embedding, const std::vector<Pixel> &path,
                      const std::vector<bool> &isChosen)
{
    constexpr int most = 20, near = 2;
    Wandering wandering;
    std::vector<double> ways;
    int repeats = 0;
    for (std::size_t i = path.size(); i-- > 1 && wandering.steps < most;) {
        if (i >= isChosen.size() || !isChosen[i])
            continue;
        ++wandering.steps;
        const Pixel here = path[i];
        repeats += std::any_of(path.begin(), path.begin() + std::ptrdiff_t(i), [here](Pixel past) {
            return std::abs(past.row - here.row) <= near && std::abs(past.col - here.col) <= near;
        });
        const int to = embedding.rowOf(here), from = embedding.rowOf(path[i - 1]);
        if (to >= 0 && from >= 0)
            ways.push_back(distance(embedding, from, to));
    }
    if (wandering.steps > 0)
        wandering.nearRepeats = double(repeats) / wandering.steps;
    if (embedding.typicalDistance > 0)
        wandering.travelled = median(ways) / embedding.typicalDistance;
    return wandering;
}

} // namespace helmscope
