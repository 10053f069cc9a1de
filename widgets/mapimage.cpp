// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/mapimage.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace helmscope {

namespace {

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
    m_prepared.reset();
    m_halved.clear();
    m_hasMissing.reset();
    m_histogram.reset();
}

void MapImage::setPrepared(std::shared_ptr<const PreparedMap> map)
{
    setMap(map ? map->map : nullptr);
    m_prepared = std::move(map);
}

bool MapImage::hasMissing() const
{
    if (m_prepared)
        return m_prepared->hasMissing;
    if (!m_hasMissing)
        m_hasMissing = m_map && !isAllFinite(*m_map);
    return *m_hasMissing;
}

ColorLimits MapImage::limits() const
{
    if (m_prepared)
        return m_prepared->limits;
    return m_map ? percentileLimits(*m_map) : ColorLimits();
}

const MapHistogram &MapImage::histogram() const
{
    if (m_prepared)
        return m_prepared->histogram;
    if (!m_histogram)
        m_histogram = m_map ? histogramOf(*m_map) : MapHistogram{std::vector<int>(1, 0), {}};
    return *m_histogram;
}

const Map &MapImage::level(int number) const
{
    if (number == 0)
        return *m_map;
    const std::size_t index = std::size_t(number) - 1;
    if (m_prepared && index < m_prepared->halved.size())
        return m_prepared->halved[index];
    while (m_halved.size() <= index)
        m_halved.push_back(halved(m_halved.empty() ? *m_map : m_halved.back()));
    return m_halved[index];
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
