// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/imaging/registration.h"

#include "base/error.h"
#include "base/tr.h"
#include "data/imaging/fourier.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace helmscope {

namespace {

constexpr int leastSide = 16;

/// `image` without its mean under a Hann window, transformed.
Spectrum2D windowed(const Map &image)
{
    const auto isKnown = image.isFinite();
    const double count = double(isKnown.count());
    const double mean = count > 0 ? isKnown.select(image, 0.f).cast<double>().sum() / count : 0;
    const auto hann = [](Eigen::Index n) {
        Eigen::ArrayXf window(n);
        for (Eigen::Index i = 0; i < n; ++i)
            window[i] =
                float(0.5 - 0.5 * std::cos(2 * std::numbers::pi * (double(i) + 0.5) / double(n)));
        return window;
    };
    const Eigen::ArrayXf down = hann(image.rows()), across = hann(image.cols());
    Spectrum2D numbers(image.rows(), image.cols());
    for (Eigen::Index r = 0; r < image.rows(); ++r)
        for (Eigen::Index c = 0; c < image.cols(); ++c)
            numbers(r, c) = isKnown(r, c) ? (image(r, c) - float(mean)) * down[r] * across[c] : 0.f;
    transform(numbers);
    return numbers;
}

/// Frequency of the i-th of n entries, cycles per pixel.
double frequency(Eigen::Index i, Eigen::Index n)
{
    return double(i <= n / 2 ? i : i - n) / double(n);
}

/// conj(F) G of two transformed images, each frequency of size P / (P + noise), P = |F G|.
Spectrum2D crossPower(const Map &reference, const Map &image)
{
    const Spectrum2D one = windowed(reference);
    Spectrum2D cross = windowed(image);
    cross *= one.conjugate();
    const Eigen::Index rows = one.rows(), cols = one.cols();
    // Beyond 0.4 cycles a pixel no probe resolves anything: what is there is noise.
    std::vector<float> high;
    for (Eigen::Index r = 0; r < rows; ++r)
        for (Eigen::Index c = 0; c < cols; ++c)
            if (std::hypot(frequency(r, rows), frequency(c, cols)) > 0.4)
                high.push_back(std::abs(cross(r, c)));
    std::nth_element(high.begin(), high.begin() + std::ptrdiff_t(high.size() / 2), high.end());
    const float noise = 2 * high[high.size() / 2];
    for (std::complex<float> &number : cross.reshaped<Eigen::RowMajor>()) {
        const float power = std::abs(number);
        const float all = power + noise;
        number = all > 0 ? number / all : 0;
    }
    return cross;
}

/// Blurred by a Gaussian of one pixel: white noise between the pixels is nobody's signal.
Map smoothed(const Map &image)
{
    constexpr float weights[] = {0.40261996f, 0.24420134f, 0.05448868f};
    const Eigen::Index rows = image.rows(), cols = image.cols();
    const auto across = [&](const Map &from, Eigen::Index r, Eigen::Index c) {
        const auto at = [&](Eigen::Index k) {
            return from(r, std::clamp<Eigen::Index>(k, 0, cols - 1));
        };
        return weights[0] * at(c) + weights[1] * (at(c - 1) + at(c + 1)) +
               weights[2] * (at(c - 2) + at(c + 2));
    };
    Map half(rows, cols), whole(rows, cols);
    for (Eigen::Index r = 0; r < rows; ++r)
        for (Eigen::Index c = 0; c < cols; ++c)
            half(r, c) = across(image, r, c);
    const auto row = [&](Eigen::Index r) {
        return half.row(std::clamp<Eigen::Index>(r, 0, rows - 1));
    };
    for (Eigen::Index r = 0; r < rows; ++r)
        whole.row(r) = weights[0] * row(r) + weights[1] * (row(r - 1) + row(r + 1)) +
                       weights[2] * (row(r - 2) + row(r + 2));
    return whole;
}

/// Cubic convolution (Keys 1981): of the four numbers around a fraction.
Eigen::Array4f cubicWeights(float t)
{
    return {((-0.5f * t + 1) * t - 0.5f) * t, (1.5f * t - 2.5f) * t * t + 1,
            ((-1.5f * t + 2) * t + 0.5f) * t, (0.5f * t - 0.5f) * t * t};
}

struct Overlay
{
    double rows = 0, cols = 0, likeness = 0;
};

/// Gauss-Newton on the squared differences where both show the same, brightness and contrast left
/// free. `rows` and `cols` are where it starts.
Overlay laidOver(const Map &reference, const Map &image, double rows, double cols)
{
    const Map still = smoothed(reference), now = smoothed(image);
    Overlay overlay{rows, cols, 0};
    constexpr int rounds = 30, rim = 3;
    for (int round = 0; round < rounds; ++round) {
        const Eigen::Index down = Eigen::Index(std::floor(overlay.rows));
        const Eigen::Index right = Eigen::Index(std::floor(overlay.cols));
        const Eigen::Array4f byRow = cubicWeights(float(overlay.rows - double(down)));
        const Eigen::Array4f byCol = cubicWeights(float(overlay.cols - double(right)));
        const Eigen::Index top = rim + std::max<Eigen::Index>(-down, 0);
        const Eigen::Index bottom = still.rows() - rim - std::max<Eigen::Index>(down, 0);
        const Eigen::Index first = rim + std::max<Eigen::Index>(-right, 0);
        const Eigen::Index last = still.cols() - rim - std::max<Eigen::Index>(right, 0);
        if (bottom - top < leastSide / 2 || last - first < leastSide / 2)
            return {overlay.rows, overlay.cols, 0};
        Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
        Eigen::Vector4d right4 = Eigen::Vector4d::Zero();
        double squares = 0;
        for (Eigen::Index r = top; r < bottom; ++r)
            for (Eigen::Index c = first; c < last; ++c) {
                float value = 0;
                for (int i = 0; i < 4; ++i) {
                    const float *line = &now(r + down - 1 + i, c + right - 1);
                    value += byRow[i] * (byCol[0] * line[0] + byCol[1] * line[1] +
                                         byCol[2] * line[2] + byCol[3] * line[3]);
                }
                const Eigen::Vector4d row(0.5 * double(still(r + 1, c) - still(r - 1, c)),
                                          0.5 * double(still(r, c + 1) - still(r, c - 1)),
                                          double(still(r, c)), 1);
                normal.noalias() += row * row.transpose();
                right4 += double(value) * row;
                squares += double(value) * double(value);
            }
        const double count = normal(3, 3), mean = right4[3] / count;
        const double meanStill = normal(2, 3) / count;
        const double varianceNow = squares / count - mean * mean;
        const double varianceStill = normal(2, 2) / count - meanStill * meanStill;
        const double together = right4[2] / count - mean * meanStill;
        overlay.likeness = varianceNow > 0 && varianceStill > 0
                               ? together / std::sqrt(varianceNow * varianceStill)
                               : 0;
        const Eigen::Vector4d fitted = normal.ldlt().solve(right4);
        if (!fitted.allFinite() || !(fitted[2] > 0))
            return overlay; // they do not look alike
        const double stepRow = std::clamp(-fitted[0] / fitted[2], -1., 1.);
        const double stepCol = std::clamp(-fitted[1] / fitted[2], -1., 1.);
        overlay.rows += stepRow;
        overlay.cols += stepCol;
        if (std::hypot(stepRow, stepCol) < 1e-3)
            break;
    }
    return overlay;
}

/// Peak, rival and spread of a whole correlation.
Registration coarse(const Spectrum2D &cross)
{
    Spectrum2D correlation = cross;
    transformBack(correlation);
    const Eigen::Index rows = correlation.rows(), cols = correlation.cols();
    Eigen::Index row = 0, col = 0;
    const float peak = correlation.real().maxCoeff(&row, &col);
    if (!(peak > 0))
        return {};
    // What lies around the peak belongs to it, the wider the coarser the images are.
    const auto apart = [](Eigen::Index a, Eigen::Index b, Eigen::Index n) {
        const Eigen::Index d = std::abs(a - b);
        return double(std::min(d, n - d));
    };
    const double reach = std::max(4., double(std::min(rows, cols)) / 24);
    double rival = 0;
    for (Eigen::Index r = 0; r < rows; ++r)
        for (Eigen::Index c = 0; c < cols; ++c) {
            if (std::hypot(apart(r, row, rows), apart(c, col, cols)) <= reach)
                continue;
            rival = std::max(rival, double(correlation(r, c).real()));
        }
    Registration found;
    found.rows = double(row <= rows / 2 ? row : row - rows);
    found.cols = double(col <= cols / 2 ? col : col - cols);
    found.rival = std::clamp(rival / double(peak), 0., 1.);
    return found;
}

} // namespace

Registration registered(const Map &reference, const Map &image)
{
    if (reference.rows() != image.rows() || reference.cols() != image.cols())
        fail(Tr::tr("Cannot find the shift between images of %1 × %2 and %3 × %4 pixels: they must "
                    "have one size.")
                 .arg(reference.rows())
                 .arg(reference.cols())
                 .arg(image.rows())
                 .arg(image.cols()));
    if (image.rows() < leastSide || image.cols() < leastSide)
        fail(Tr::tr("Cannot find the shift between images of %1 × %2 pixels: they must have at "
                    "least %3 × %3.")
                 .arg(image.rows())
                 .arg(image.cols())
                 .arg(leastSide));
    const auto middle = [](const Map &map, int top, int left, int rows, int cols) {
        return Map(map.block(top, left, rows, cols));
    };
    const int rows = swiftLength(int(image.rows())), cols = swiftLength(int(image.cols()));
    const int top = (int(image.rows()) - rows) / 2, left = (int(image.cols()) - cols) / 2;
    Registration found = coarse(
        crossPower(middle(reference, top, left, rows, cols), middle(image, top, left, rows, cols)));
    if (found.rival >= 1)
        return found;
    const auto whole = [](const Map &map) -> Map {
        const auto isKnown = map.isFinite();
        const float mean =
            isKnown.select(map, 0.f).sum() / float(std::max<Eigen::Index>(isKnown.count(), 1));
        return isKnown.select(map, mean);
    };
    const Overlay overlay = laidOver(whole(reference), whole(image), found.rows, found.cols);
    found.quality = std::clamp(overlay.likeness, 0., 1.);
    // It may only say how far between the pixels the shift lies.
    if (std::hypot(overlay.rows - found.rows, overlay.cols - found.cols) > 3)
        found.quality = 0;
    found.rows = overlay.rows;
    found.cols = overlay.cols;
    return found;
}

Map moved(const Map &image, double rows, double cols)
{
    Map result = Map::Constant(image.rows(), image.cols(), std::numeric_limits<float>::quiet_NaN());
    for (Eigen::Index r = 0; r < image.rows(); ++r) {
        const double fromRow = double(r) - rows;
        const Eigen::Index top = Eigen::Index(std::floor(fromRow));
        const float down = float(fromRow - double(top));
        if (top < 0 || top + (down > 0) >= image.rows())
            continue;
        for (Eigen::Index c = 0; c < image.cols(); ++c) {
            const double fromCol = double(c) - cols;
            const Eigen::Index left = Eigen::Index(std::floor(fromCol));
            const float across = float(fromCol - double(left));
            if (left < 0 || left + (across > 0) >= image.cols())
                continue;
            const Eigen::Index bottom = top + (down > 0), right = left + (across > 0);
            result(r, c) =
                (1 - down) * ((1 - across) * image(top, left) + across * image(top, right)) +
                down * ((1 - across) * image(bottom, left) + across * image(bottom, right));
        }
    }
    return result;
}

} // namespace helmscope
