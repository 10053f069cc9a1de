// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/mapimage.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
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

/// Half as many rows and columns; an odd last one is averaged with itself.
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

/// Where each pixel of a picture lies along one side of the map.
struct Places
{
    std::vector<int> first;    ///< -1: beside the map
    std::vector<int> second;   ///< the neighbour to mix with
    std::vector<float> weight; ///< of the second

    /// `extent`: where the map ends; a halved odd one ends within its last pixel.
    Places(int count, double start, double step, double extent, Eigen::Index size, bool isMixed)
        : first(std::size_t(count), -1)
        , second(first)
        , weight(std::size_t(count), 0)
    {
        for (int i = 0; i < count; ++i) {
            const double place = start + (i + 0.5) * step;
            if (!(place >= 0) || !(place < extent))
                continue;
            const double centred = isMixed ? std::clamp(place - 0.5, 0.0, double(size - 1)) : place;
            const auto k = std::size_t(i);
            first[k] = std::min(int(centred), int(size) - 1);
            second[k] = std::min(first[k] + 1, int(size) - 1);
            weight[k] = float(centred - first[k]);
        }
    }
};

} // namespace

void MapImage::setMap(std::shared_ptr<const Map> map)
{
    m_map = std::move(map);
    m_halved.clear();
    m_hasMissing.reset();
}

bool MapImage::hasMissing() const
{
    if (!m_hasMissing)
        m_hasMissing = m_map && !isAllFinite(*m_map);
    return *m_hasMissing;
}

const Map &MapImage::level(int number) const
{
    while (int(m_halved.size()) < number)
        m_halved.push_back(halved(m_halved.empty() ? *m_map : m_halved.back()));
    return number == 0 ? *m_map : m_halved[std::size_t(number - 1)];
}

QImage MapImage::render(const QSize &size, const QRectF &source, Colormap colormap,
                        const ColorLimits &limits, const Tone &tone) const
{
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        return image;
    image.fill(Qt::transparent);
    if (!m_map || m_map->size() == 0 || !(source.width() > 0) || !(source.height() > 0))
        return image;

    // The level of which a screen pixel shows between one and two pixels.
    double step = source.width() / size.width();
    int number = 0;
    const Eigen::Index shorter = std::min(m_map->rows(), m_map->cols());
    while (step >= 2 && (shorter >> (number + 1)) > 0) {
        step /= 2;
        ++number;
    }
    const Map &map = level(number);
    const double scale = std::ldexp(1.0, -number);
    const bool isMixed = step > 1 + 1e-6;
    const Places cols(size.width(), source.left() * scale, step, double(m_map->cols()) * scale,
                      map.cols(), isMixed);
    const Places rows(size.height(), source.top() * scale, source.height() / size.height() * scale,
                      double(m_map->rows()) * scale, map.rows(), isMixed);
    const TonedColors colors(colormap, limits, tone);

    for (int y = 0; y < size.height(); ++y) {
        const auto r = std::size_t(y);
        if (rows.first[r] < 0)
            continue;
        auto *line = reinterpret_cast<QRgb *>(image.scanLine(y));
        if (!isMixed && y > 0 && rows.first[r] == rows.first[r - 1]) {
            std::memcpy(line, image.constScanLine(y - 1), std::size_t(size.width()) * sizeof(QRgb));
            continue;
        }
        const float *upper = map.data() + map.cols() * rows.first[r];
        const float *lower = map.data() + map.cols() * rows.second[r];
        const float below = rows.weight[r];
        for (int x = 0; x < size.width(); ++x) {
            const auto c = std::size_t(x);
            const int left = cols.first[c];
            if (left < 0)
                continue;
            if (!isMixed) {
                line[x] = x > 0 && cols.first[c - 1] == left ? line[x - 1] : colors(upper[left]);
                continue;
            }
            const int right = cols.second[c];
            const float across = cols.weight[c];
            const float top = upper[left] + across * (upper[right] - upper[left]);
            const float bottom = lower[left] + across * (lower[right] - lower[left]);
            const float value = top + below * (bottom - top);
            line[x] = colors(std::isfinite(value) ? value : upper[left]);
        }
    }
    return image;
}

} // namespace helmscope
