// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/preparedmap.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace helmscope {

namespace {

/// The mean of those that are finite.
float meanOf(float a, float b, float c, float d)
{
    float sum = 0;
    int count = 0;
    for (float value : {a, b, c, d})
        if (std::isfinite(value)) {
            sum += value;
            ++count;
        }
    return count > 0 ? sum / float(count) : std::numeric_limits<float>::quiet_NaN();
}

} // namespace

MapHistogram histogramOf(const Map &map)
{
    MapHistogram histogram{std::vector<int>(128, 0), percentileLimits(map, 0, 100)};
    const ColorLimits &range = histogram.range;
    const auto last = double(histogram.bins.size() - 1);
    const double scale = double(histogram.bins.size()) / (range.high - range.low);
    const Eigen::Index stride = map.size() <= (1 << 18) ? 1 : (map.size() >> 18) | 1;
    for (Eigen::Index i = 0; i < map.size(); i += stride)
        if (const double value = map.data()[i]; std::isfinite(value)) {
            const double place = (value - range.low) * scale;
            ++histogram.bins[std::size_t(std::clamp(place, 0.0, last))];
        }
    return histogram;
}

/// By the bits of the exponent: a loop the compiler makes wide.
bool isAllFinite(const Map &map)
{
    std::uint32_t found = 0;
    const float *values = map.data();
    for (Eigen::Index i = 0; i < map.size(); ++i) {
        const auto exponent = std::bit_cast<std::uint32_t>(values[i]) & 0x7f800000U;
        found |= std::uint32_t(exponent == 0x7f800000U);
    }
    return found == 0;
}

Map halved(const Map &map)
{
    const Eigen::Index rows = (map.rows() + 1) / 2, cols = (map.cols() + 1) / 2;
    Map half(rows, cols);
    for (Eigen::Index r = 0; r < rows; ++r) {
        const float *upper = map.data() + 2 * r * map.cols();
        const float *lower = map.data() + std::min(2 * r + 1, map.rows() - 1) * map.cols();
        float *out = half.data() + r * cols;
        for (Eigen::Index c = 0; c < map.cols() / 2; ++c)
            out[c] = 0.25F * (upper[2 * c] + upper[2 * c + 1] + lower[2 * c] + lower[2 * c + 1]);
        if (map.cols() % 2 == 1)
            out[cols - 1] = 0.5F * (upper[map.cols() - 1] + lower[map.cols() - 1]);
        // Rarely: a sum that is not finite has a missing one among its four.
        for (Eigen::Index c = 0; c < cols; ++c)
            if (!std::isfinite(out[c])) {
                const Eigen::Index right = std::min(2 * c + 1, map.cols() - 1);
                out[c] = meanOf(upper[2 * c], upper[right], lower[2 * c], lower[right]);
            }
    }
    return half;
}

std::shared_ptr<const PreparedMap> prepared(std::shared_ptr<const Map> map)
{
    if (!map || map->size() == 0)
        return nullptr;
    auto made = std::make_shared<PreparedMap>();
    made->hasMissing = !isAllFinite(*map);
    made->limits = percentileLimits(*map);
    made->histogram = histogramOf(*map);
    const Map *finer = map.get();
    while (std::min(finer->rows(), finer->cols()) > 1) {
        made->halved.reserve(32); // its maps stay where they are
        made->halved.push_back(halved(*finer));
        finer = &made->halved.back();
    }
    made->map = std::move(map);
    return made;
}

} // namespace helmscope
