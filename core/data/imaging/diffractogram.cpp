// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/imaging/diffractogram.h"

#include "base/error.h"
#include "base/tr.h"
#include "data/imaging/fourier.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace helmscope {

namespace {

Eigen::ArrayXf weightsOf(TaperWindow window, int n)
{
    Eigen::ArrayXf weights = Eigen::ArrayXf::Ones(n);
    // Periodic, not symmetric: a whole number of waves in it stays sharp.
    for (int i = 0; i < n && window != TaperWindow::None; ++i) {
        const double turn = 2 * std::numbers::pi * (i + 0.5) / n;
        weights[i] = float(window == TaperWindow::Hann
                               ? 0.5 - 0.5 * std::cos(turn)
                               : 0.42 - 0.5 * std::cos(turn) + 0.08 * std::cos(2 * turn));
    }
    return weights;
}

} // namespace

Diffractogram diffractogramOf(const Map &image, const Region &region, TaperWindow window)
{
    const std::vector<PixelRun> runs = runsOf(region, int(image.rows()), int(image.cols()));
    int top = int(image.rows()), bottom = -1, left = int(image.cols()), right = -1;
    for (const PixelRun &run : runs) {
        top = std::min(top, run.row);
        bottom = std::max(bottom, run.row);
        left = std::min(left, run.first);
        right = std::max(right, run.last);
    }
    constexpr int fewest = 8, most = 4096;
    const int rows = bottom - top + 1, cols = right - left + 1;
    if (rows < fewest || cols < fewest)
        fail(Tr::tr("The region is too small to be transformed: it needs at least %1 × %1 pixels "
                    "of the image.")
                 .arg(fewest));
    if (rows > most || cols > most)
        fail(Tr::tr("The region has %1 × %2 pixels: mark one of at most %3 × %3 to see its FFT.")
                 .arg(rows)
                 .arg(cols)
                 .arg(most));
    int side = std::max(rows, cols);
    while (swiftLength(side) != side)
        ++side;

    const Map part = image.block(top, left, rows, cols);
    const auto isKnown = part.isFinite();
    const double known = double(isKnown.count());
    const float mean =
        known > 0 ? float(isKnown.select(part, 0.F).cast<double>().sum() / known) : 0;
    const Eigen::ArrayXf down = weightsOf(window, rows), along = weightsOf(window, cols);
    Spectrum2D numbers = Spectrum2D::Zero(side, side);
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < cols; ++c)
            if (isKnown(r, c))
                numbers(r, c) = (part(r, c) - mean) * down[r] * along[c];
    transform(numbers);

    Diffractogram found;
    found.middle = side / 2;
    found.frequencyStep = 1.0 / side;
    found.amplitude.resize(side, side);
    const float scale = 1 / (down.sum() * along.sum());
    for (int r = 0; r < side; ++r)
        for (int c = 0; c < side; ++c)
            found.amplitude((r + found.middle) % side, (c + found.middle) % side) =
                std::abs(numbers(r, c)) * scale;
    return found;
}

} // namespace helmscope
