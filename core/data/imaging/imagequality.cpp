// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/imaging/imagequality.h"

#include "base/tr.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace helmscope {

namespace {

double medianOf(std::vector<float> &numbers)
{
    if (numbers.empty())
        return 0;
    const auto middle = numbers.begin() + std::ptrdiff_t(numbers.size() / 2);
    std::nth_element(numbers.begin(), middle, numbers.end());
    return double(*middle);
}

double varianceOf(const Map &image)
{
    double sum = 0, squares = 0, count = 0;
    for (Eigen::Index r = 0; r < image.rows(); ++r) {
        const auto row = image.row(r).cast<double>().eval();
        if (row.isFinite().all()) {
            sum += row.sum();
            squares += row.square().sum();
            count += double(row.size());
            continue;
        }
        for (const double value : row)
            if (std::isfinite(value)) {
                sum += value;
                squares += value * value;
                ++count;
            }
    }
    return count > 0 ? std::max(squares / count - sum / count * (sum / count), 0.) : 0;
}

/// The squared gradient at each pixel by central differences; 0 on the rim and beside what is not
/// finite.
Map squaredGradient(const Map &image)
{
    Map squares = Map::Zero(image.rows(), image.cols());
    const Eigen::Index rows = image.rows(), cols = image.cols();
    if (rows < 3 || cols < 3)
        return squares;
    const bool isWhole = image.allFinite();
    for (Eigen::Index r = 1; r + 1 < rows; ++r) {
        auto inner = squares.row(r).segment(1, cols - 2);
        inner =
            0.25f * ((image.row(r).tail(cols - 2) - image.row(r).head(cols - 2)).square() +
                     (image.row(r + 1).segment(1, cols - 2) - image.row(r - 1).segment(1, cols - 2))
                         .square());
        if (!isWhole)
            inner = inner.isFinite().select(inner, 0.f).eval();
    }
    return squares;
}

/// Means over the square of `side` around each pixel, clipped at the edges: running sums along the
/// rows, then along the columns a whole row at a time.
Map boxMeans(const Map &image, int side)
{
    const Eigen::Index rows = image.rows(), cols = image.cols();
    const Eigen::Index before = side / 2, after = side - before; // [i - before, i + after)
    Map across(rows, cols);
    std::vector<double> sums(std::size_t(cols) + 1);
    for (Eigen::Index r = 0; r < rows; ++r) {
        const float *from = image.data() + r * cols;
        float *to = across.data() + r * cols;
        for (Eigen::Index c = 0; c < cols; ++c)
            sums[std::size_t(c) + 1] = sums[std::size_t(c)] + double(from[c]);
        const auto mean = [&](Eigen::Index c) {
            const Eigen::Index first = std::max(c - before, Eigen::Index(0));
            const Eigen::Index last = std::min(c + after, cols);
            return float((sums[std::size_t(last)] - sums[std::size_t(first)]) /
                         double(last - first));
        };
        const Eigen::Index inside = std::min(before, cols),
                           end = std::max(cols - after + 1, inside);
        for (Eigen::Index c = 0; c < inside; ++c)
            to[c] = mean(c);
        const double *low = sums.data() - before, *high = sums.data() + after;
        const double share = 1. / double(side);
        for (Eigen::Index c = inside; c < end; ++c)
            to[c] = float((high[c] - low[c]) * share);
        for (Eigen::Index c = end; c < cols; ++c)
            to[c] = mean(c);
    }
    Map means(rows, cols);
    Eigen::ArrayXd down = Eigen::ArrayXd::Zero(cols);
    const auto rowOf = [&across](Eigen::Index r) {
        return across.row(r).transpose().cast<double>();
    };
    for (Eigen::Index r = 0; r < std::min(after - 1, rows); ++r)
        down += rowOf(r);
    for (Eigen::Index r = 0; r < rows; ++r) {
        if (r + after - 1 < rows)
            down += rowOf(r + after - 1);
        if (r - before - 1 >= 0)
            down -= rowOf(r - before - 1);
        const Eigen::Index count =
            std::min(r + after, rows) - std::max(r - before, Eigen::Index(0));
        means.row(r) = (down * (1. / double(count))).cast<float>().transpose();
    }
    return means;
}

Mask saturatedIn(const Map &image)
{
    Mask mask = Mask::Constant(image.rows(), image.cols(), false);
    float highest = -std::numeric_limits<float>::infinity();
    for (const float value : image.reshaped<Eigen::RowMajor>())
        if (std::isfinite(value))
            highest = std::max(highest, value);
    constexpr int levels = 16; // an image of few levels is a drawing
    std::vector<float> seen;
    for (const float value : image.reshaped<Eigen::RowMajor>())
        if (int(seen.size()) <= levels && std::isfinite(value) &&
            std::find(seen.begin(), seen.end(), value) == seen.end())
            seen.push_back(value);
    if (int(seen.size()) <= levels)
        return mask;
    // One pixel has the largest value in any image; a limit shows in neighbours that share it.
    for (Eigen::Index r = 0; r < image.rows(); ++r)
        for (Eigen::Index c = 0; c < image.cols(); ++c) {
            if (image(r, c) != highest)
                continue;
            int alike = 0, looked = 0;
            for (Eigen::Index i = std::max<Eigen::Index>(r - 1, 0);
                 i <= std::min(r + 1, image.rows() - 1); ++i)
                for (Eigen::Index j = std::max<Eigen::Index>(c - 1, 0);
                     j <= std::min(c + 1, image.cols() - 1); ++j, ++looked)
                    alike += image(i, j) == highest;
            mask(r, c) = 2 * alike > looked;
        }
    return mask;
}

Mask blankIn(const Map &image, double noise)
{
    constexpr int side = 9;
    const Map known = image.isFinite().select(image, 0.f);
    const float middle = known.size() > 0 ? known.mean() : 0; // keeps the squares small
    const Map centred = known - middle;
    const Map means = boxMeans(centred, side);
    const Map squares = boxMeans(centred.square(), side);
    const float range = known.size() > 0 ? known.maxCoeff() - known.minCoeff() : 0;
    // The variance of 81 pixels of pure noise lies under 1.5 times the noise's in 999 of 1000.
    const float most = float(1.5 * noise * noise) + 1e-7f * range * range;
    return squares - means.square() <= most;
}

Mask chargedIn(const Map &image, double noise)
{
    const Eigen::Index rows = image.rows(), cols = image.cols();
    Mask mask = Mask::Constant(rows, cols, false);
    constexpr Eigen::Index length = 24;
    if (rows < 5 || cols < length)
        return mask;
    // A line against the mean of its two neighbours, averaged along it.
    Map streaks = Map::Zero(rows, cols);
    std::vector<float> sizes;
    Eigen::ArrayXd sums(cols + 1);
    for (Eigen::Index r = 1; r + 1 < rows; ++r) {
        sums[0] = 0;
        for (Eigen::Index c = 0; c < cols; ++c) {
            const float d = image(r, c) - 0.5f * (image(r - 1, c) + image(r + 1, c));
            sums[c + 1] = sums[c] + (std::isfinite(d) ? double(d) : 0);
        }
        for (Eigen::Index c = 0; c + length <= cols; ++c) {
            const float mean = float((sums[c + length] - sums[c]) / double(length));
            streaks(r, c + length / 2) = mean;
            if (c % 8 == 0)
                sizes.push_back(std::abs(mean));
        }
    }
    const double spread = std::max(medianOf(sizes) / 0.6745, noise * std::sqrt(1.5 / length));
    const float range = image.isFinite().select(image, 0.f).maxCoeff() -
                        image.isFinite().select(image, 0.f).minCoeff();
    const float least = float(std::max(8 * spread, 0.02 * double(range)));
    for (Eigen::Index r = 1; r + 1 < rows; ++r)
        for (Eigen::Index c = length / 2; c < cols - length / 2; ++c)
            // The neighbours of a streak differ the other way: an edge of the sample's is no
            // streak.
            if (std::abs(streaks(r, c)) > least && streaks(r, c) * streaks(r - 1, c) < 0 &&
                streaks(r, c) * streaks(r + 1, c) < 0)
                mask.row(r).segment(c - length / 2, length) = true;
    return mask;
}

} // namespace

double noiseOf(const Map &image)
{
    const Eigen::Index rows = image.rows(), cols = image.cols();
    if (rows < 3 || cols < 3)
        return 0;
    std::vector<float> sizes;
    const Eigen::Index stride = std::max<Eigen::Index>(1, rows * cols / 65536); // plenty
    sizes.reserve(std::size_t(rows * cols / stride));
    for (Eigen::Index i = 0; i < (rows - 2) * (cols - 2); i += stride) {
        const Eigen::Index r = 1 + i / (cols - 2), c = 1 + i % (cols - 2);
        const float laplacian =
            image(r - 1, c - 1) + image(r - 1, c + 1) + image(r + 1, c - 1) + image(r + 1, c + 1) +
            4 * image(r, c) -
            2 * (image(r - 1, c) + image(r + 1, c) + image(r, c - 1) + image(r, c + 1));
        if (std::isfinite(laplacian))
            sizes.push_back(std::abs(laplacian));
    }
    return medianOf(sizes) / (0.6745 * 6);
}

Sharpness sharpnessOf(const Map &image, int side)
{
    const double variance = varianceOf(image);
    if (!(variance > 0) || image.rows() < 3 || image.cols() < 3)
        return {0, Map::Zero(image.rows(), image.cols())};
    const Map squares = squaredGradient(image);
    double sum = 0;
    for (Eigen::Index r = 0; r < squares.rows(); ++r)
        sum += double(squares.row(r).sum());
    const double mean = sum / double((image.rows() - 2) * (image.cols() - 2));
    const double noise = noiseOf(image);
    Sharpness sharpness;
    sharpness.whole = std::max(mean - noise * noise, 0.) / variance;
    sharpness.around = boxMeans(squares, side);
    sharpness.around = (sharpness.around - float(noise * noise)).max(0.f) * float(1 / variance);
    return sharpness;
}

Flaws flawsOf(const Map &image)
{
    const double noise = noiseOf(image);
    return {saturatedIn(image), blankIn(image, noise), chargedIn(image, noise)};
}

QString PatchFlaws::text() const
{
    QStringList words;
    if (isSaturated)
        words << Tr::tr("saturated");
    if (isCharged)
        words << Tr::tr("charged");
    if (isBlank)
        words << Tr::tr("blank");
    if (isBlurred)
        words << Tr::tr("blurred");
    return words.join(QStringLiteral(", "));
}

std::vector<PatchFlaws> judgePatches(const Dataset &survey, const std::vector<Pixel> &pixels,
                                     int patch, double leastSharpness)
{
    const Flaws places = flawsOf(survey.image);
    const auto share = [&](const Mask &mask) { return boxMeans(mask.cast<float>(), patch); };
    const Map saturated = share(places.saturated), blank = share(places.blank);
    const Map charged = share(places.charged), sharpness = sharpnessOf(survey.image, patch).around;
    const auto at = [&](const Map &map, Pixel pixel) {
        const int ratio = survey.imageRatio;
        return double(map(std::min<Eigen::Index>(pixel.row * ratio + ratio / 2, map.rows() - 1),
                          std::min<Eigen::Index>(pixel.col * ratio + ratio / 2, map.cols() - 1)));
    };
    std::vector<float> all;
    for (const Pixel &pixel : pixels)
        all.push_back(float(at(sharpness, pixel)));
    const double least = leastSharpness * medianOf(all);
    std::vector<PatchFlaws> found;
    for (const Pixel &pixel : pixels) {
        PatchFlaws flaws;
        flaws.isBlurred = at(sharpness, pixel) < least;
        flaws.isSaturated = at(saturated, pixel) > 0.1;
        flaws.isBlank = at(blank, pixel) > 0.9;
        flaws.isCharged = at(charged, pixel) > 0.1;
        found.push_back(flaws);
    }
    return found;
}

} // namespace helmscope
