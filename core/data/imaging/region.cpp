// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/imaging/region.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

bool isFinite(const QPointF &point)
{
    return std::isfinite(point.x()) && std::isfinite(point.y());
}

/// The first column (or row) whose centre is not before `x`, from 0 to `end`.
int firstFrom(double x, int end)
{
    return int(std::clamp(std::ceil(x - 0.5), 0.0, double(end)));
}

struct Bounds
{
    double left, top, right, bottom;
};

Bounds boundsOf(const std::vector<QPointF> &points)
{
    constexpr double far = std::numeric_limits<double>::max();
    Bounds bounds{far, far, -far, -far};
    for (const QPointF &point : points) {
        bounds.left = std::min(bounds.left, point.x());
        bounds.right = std::max(bounds.right, point.x());
        bounds.top = std::min(bounds.top, point.y());
        bounds.bottom = std::max(bounds.bottom, point.y());
    }
    return bounds;
}

/// Where the line y crosses the region: x from, to, from, to ...
std::vector<double> crossings(const Region &region, const Bounds &bounds, double y)
{
    if (region.kind == Region::Kind::Rectangle)
        return {bounds.left, bounds.right};
    std::vector<double> at;
    if (region.kind == Region::Kind::Ellipse) {
        const double height = (bounds.bottom - bounds.top) / 2;
        const double away = height > 0 ? (y - (bounds.top + bounds.bottom) / 2) / height : 2;
        if (std::abs(away) >= 1)
            return at;
        const double half = (bounds.right - bounds.left) / 2 * std::sqrt(1 - away * away);
        const double middle = (bounds.left + bounds.right) / 2;
        return {middle - half, middle + half};
    }
    for (std::size_t i = 0; i < region.points.size(); ++i) {
        const QPointF a = region.points[i], b = region.points[(i + 1) % region.points.size()];
        if ((a.y() <= y) != (b.y() <= y))
            at.push_back(a.x() + (y - a.y()) / (b.y() - a.y()) * (b.x() - a.x()));
    }
    std::sort(at.begin(), at.end());
    return at;
}

} // namespace

Region scaled(Region region, double factor)
{
    for (QPointF &point : region.points)
        point *= factor;
    return region;
}

std::vector<PixelRun> runsOf(const Region &region, int rows, int cols)
{
    std::vector<PixelRun> runs;
    if (region.points.size() < 2 ||
        !std::all_of(region.points.begin(), region.points.end(), isFinite))
        return runs;
    const Bounds bounds = boundsOf(region.points);
    for (int row = firstFrom(bounds.top, rows); row < firstFrom(bounds.bottom, rows); ++row) {
        const std::vector<double> at = crossings(region, bounds, row + 0.5);
        for (std::size_t i = 0; i + 1 < at.size(); i += 2) {
            const int first = firstFrom(at[i], cols), end = firstFrom(at[i + 1], cols);
            if (end > first)
                runs.push_back({row, first, end - 1});
        }
    }
    if (!runs.empty())
        return runs;
    // Too small to hold a centre, or beside the image.
    const double row = std::floor((bounds.top + bounds.bottom) / 2);
    const double col = std::floor((bounds.left + bounds.right) / 2);
    const bool isSmall = bounds.right - bounds.left <= 1 || bounds.bottom - bounds.top <= 1;
    if (isSmall && row >= 0 && col >= 0 && row < rows && col < cols)
        runs.push_back({int(row), int(col), int(col)});
    return runs;
}

Mask maskOf(const Region &region, int rows, int cols)
{
    Mask mask = Mask::Constant(rows, cols, false);
    paint(mask, region, true);
    return mask;
}

void paint(Mask &mask, const Region &region, bool isSet)
{
    for (const PixelRun &run : runsOf(region, int(mask.rows()), int(mask.cols())))
        mask.row(run.row).segment(run.first, run.last - run.first + 1) = isSet;
}

void paintStroke(Mask &mask, const std::vector<QPointF> &points, double diameter, bool isSet)
{
    const double radius = std::max(diameter, 1.0) / 2;
    const auto dab = [&](const QPointF &at) {
        const QPointF away(radius, radius);
        paint(mask, {Region::Kind::Ellipse, {at - away, at + away}}, isSet);
    };
    // Nothing further away than the mask is wide can touch it: a stroke's length is bounded.
    const double far = 2 * (double(mask.rows() + mask.cols()) + radius);
    QPointF last;
    bool hasLast = false;
    for (const QPointF &point : points) {
        if (!isFinite(point) || std::abs(point.x()) > far || std::abs(point.y()) > far)
            continue;
        const QPointF way = hasLast ? point - last : QPointF();
        const int parts = std::max(1, int(std::ceil(std::hypot(way.x(), way.y()) / 0.5)));
        for (int i = 1; i <= parts; ++i)
            dab(point - way * (1 - double(i) / parts));
        last = point;
        hasLast = true;
    }
}

RegionStatistics statisticsOf(const Map &image, const Region &region)
{
    RegionStatistics found;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    found.lowest = infinity;
    found.highest = -infinity;
    double origin = 0, squares = 0, sum = 0; // of what is above the first value: no cancellation
    for (const PixelRun &run : runsOf(region, int(image.rows()), int(image.cols())))
        for (int col = run.first; col <= run.last; ++col) {
            const double value = image(run.row, col);
            if (!std::isfinite(value)) {
                ++found.missing;
                continue;
            }
            if (found.pixels++ == 0)
                origin = value;
            const double above = value - origin;
            sum += above;
            squares += above * above;
            found.lowest = std::min(found.lowest, value);
            found.highest = std::max(found.highest, value);
        }
    if (found.pixels == 0) {
        constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
        found.mean = found.deviation = found.lowest = found.highest = found.sum = unknown;
        return found;
    }
    const double n = double(found.pixels);
    found.mean = origin + sum / n;
    found.sum = found.mean * n;
    found.deviation = n > 1 ? std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1))) : 0;
    return found;
}

} // namespace helmscope
