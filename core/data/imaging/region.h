// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"

#include <QPointF>

#include <vector>

namespace helmscope {

/// A part of an image, as somebody draws it. x = column, y = row; pixel (r, c) covers [c, c + 1) ×
/// [r, r + 1).
struct Region
{
    enum class Kind { Rectangle, Ellipse, Polygon };
    Kind kind = Kind::Rectangle;
    /// Two opposite corners (of the ellipse's frame), or the corners of the polygon in order; one
    /// that crosses itself is what lies inside an odd number of times.
    std::vector<QPointF> points;
    bool operator==(const Region &) const = default;
};

/// The same part of an image that is so many times finer.
Region scaled(Region region, double factor);

/// Pixels of a row, both ends included.
struct PixelRun
{
    int row = 0, first = 0, last = 0;
    bool operator==(const PixelRun &) const = default;
};

/// The pixels whose centre lies in the region, of an image of this size; of a region too small to
/// hold a centre, the pixel it lies in. None beside the image, or where a point is not finite.
std::vector<PixelRun> runsOf(const Region &region, int rows, int cols);
Mask maskOf(const Region &region, int rows, int cols);
/// Sets or clears the region's pixels in a mask.
void paint(Mask &mask, const Region &region, bool isSet);
/// What a round brush of this diameter (pixels) covers when it is drawn along these points.
void paintStroke(Mask &mask, const std::vector<QPointF> &points, double diameter, bool isSet);

/// What an image is like in a region; values that are not finite are left out.
struct RegionStatistics
{
    std::int64_t pixels = 0, missing = 0;
    double mean = 0, deviation = 0; ///< of n - 1; 0 of one pixel; NaN of none, as the others
    double lowest = 0, highest = 0;
    double sum = 0;
};
RegionStatistics statisticsOf(const Map &image, const Region &region);

} // namespace helmscope
