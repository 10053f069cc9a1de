// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/quality.h"

#include "base/tr.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace helmscope {

Quality judge(const Belief &belief, const Map &truth, const std::vector<Pixel> &measured,
              bool truthIsNoisy)
{
    if (belief.mean.rows() != truth.rows() || belief.mean.cols() != truth.cols() ||
        belief.deviation.rows() != truth.rows() || belief.deviation.cols() != truth.cols() ||
        (belief.noise.size() > 0 && belief.noise.size() != truth.size()))
        fail(Tr::tr("Cannot judge a map of %1 × %2 pixels against a truth of %3 × %4.")
                 .arg(belief.mean.rows())
                 .arg(belief.mean.cols())
                 .arg(truth.rows())
                 .arg(truth.cols()));

    Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> isJudged =
        belief.mean.isFinite() && belief.deviation.isFinite() && truth.isFinite();
    for (const Pixel &pixel : measured)
        if (contains(truth, pixel))
            isJudged(pixel.row, pixel.col) = false;

    Quality quality;
    quality.pixels = int(isJudged.count());
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    quality.rmse = quality.r2 = quality.nlpd = quality.coverage95 = unknown;
    if (quality.pixels == 0)
        return quality;

    double sum = 0;
    for (Eigen::Index i = 0; i < truth.size(); ++i)
        if (isJudged.data()[i])
            sum += double(truth.data()[i]);
    const double average = sum / quality.pixels;

    const auto noiseAt = [&](Eigen::Index i) {
        const bool isKnown =
            truthIsNoisy && belief.noise.size() > 0 && std::isfinite(belief.noise.data()[i]);
        return isKnown ? double(belief.noise.data()[i]) : 0.0;
    };
    double errors = 0, spread = 0;
    for (Eigen::Index i = 0; i < truth.size(); ++i) {
        if (!isJudged.data()[i])
            continue;
        const double t = double(truth.data()[i]);
        errors += std::pow(t - double(belief.mean.data()[i]), 2);
        spread += std::pow(t - average, 2);
    }
    quality.rmse = std::sqrt(errors / quality.pixels);
    if (spread > 0)
        quality.r2 = 1 - errors / spread;

    // A deviation of 0 would be punished without bound; a millionth of the truth's own is as sure.
    const double truthDeviation = std::sqrt(spread / quality.pixels);
    const double least = 1e-6 * truthDeviation;
    double surprise = 0;
    int covered = 0;
    for (Eigen::Index i = 0; i < truth.size(); ++i) {
        if (!isJudged.data()[i])
            continue;
        const double error = double(truth.data()[i]) - double(belief.mean.data()[i]);
        const double plain = std::hypot(double(belief.deviation.data()[i]), noiseAt(i));
        const double deviation = std::max(plain, least);
        covered += std::abs(error) <= 1.96 * plain;
        if (truthDeviation > 0)
            surprise += std::log(deviation / truthDeviation) + 0.5 * std::pow(error / deviation, 2);
    }
    quality.coverage95 = double(covered) / quality.pixels;
    if (truthDeviation > 0)
        quality.nlpd = surprise / quality.pixels + 0.5 * std::log(2 * std::numbers::pi);
    return quality;
}

} // namespace helmscope
