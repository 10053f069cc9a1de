// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/imaging/profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double valueAt(const Map &image, const QPointF &point)
{
    const double rows = double(image.rows()), cols = double(image.cols());
    if (!(point.x() >= 0 && point.y() >= 0 && point.x() <= cols && point.y() <= rows) ||
        image.size() == 0)
        return unknown;
    // Within half a pixel of the edge there is no centre further out: the outermost holds.
    const double x = std::clamp(point.x() - 0.5, 0.0, cols - 1);
    const double y = std::clamp(point.y() - 0.5, 0.0, rows - 1);
    const int col = int(x), row = int(y);
    const double right = x - col, below = y - row;
    double value = 0;
    for (int r = 0; r < 2; ++r)
        for (int c = 0; c < 2; ++c) {
            const double weight = (r ? below : 1 - below) * (c ? right : 1 - right);
            if (weight > 0)
                value += weight * double(image(row + r, col + c));
        }
    return std::isfinite(value) ? value : unknown;
}

LineProfile profileAlong(const Map &image, const QPointF &from, const QPointF &to, double width)
{
    LineProfile profile;
    const QPointF way = to - from;
    const double length = std::hypot(way.x(), way.y());
    if (!std::isfinite(length) || !std::isfinite(from.x()) || !std::isfinite(from.y()) ||
        !std::isfinite(width))
        return profile;
    constexpr double mostPoints = 1e5, mostAcross = 1e4;
    const int points = 1 + int(std::ceil(std::min(length - 1e-9, mostPoints)));
    const int across = int(std::clamp(std::ceil(width - 1e-9), 1.0, mostAcross));
    const QPointF normal = length > 0 ? QPointF(-way.y(), way.x()) / length : QPointF(0, 1);
    for (int i = 0; i < points; ++i) {
        const double fraction = points > 1 ? double(i) / (points - 1) : 0;
        double sum = 0, squares = 0, origin = 0;
        int count = 0;
        for (int k = 0; k < across; ++k) {
            const double aside = ((k + 0.5) / across - 0.5) * width;
            const double value = valueAt(image, from + fraction * way + aside * normal);
            if (!std::isfinite(value))
                continue;
            if (count++ == 0)
                origin = value;
            sum += value - origin;
            squares += (value - origin) * (value - origin);
        }
        profile.distance.push_back(fraction * length);
        profile.mean.push_back(count > 0 ? origin + sum / count : unknown);
        profile.deviation.push_back(
            count > 1   ? std::sqrt(std::max(0.0, (squares - sum * sum / count) / (count - 1)))
            : count > 0 ? 0
                        : unknown);
    }
    return profile;
}

} // namespace helmscope
