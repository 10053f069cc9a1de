// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"

#include <QPointF>

#include <vector>

namespace helmscope {

/// The value of a point between pixels, bilinear between the centres of the four around it (pixel
/// (r, c) has its centre at x = c + ½, y = r + ½); NaN beside the image, or where one of those that
/// count is not finite.
double valueAt(const Map &image, const QPointF &point);

/// An image along a line.
struct LineProfile
{
    std::vector<double> distance;  ///< from the line's beginning, image pixels
    std::vector<double> mean;      ///< across the width; NaN beside the image
    std::vector<double> deviation; ///< of the n - 1 across the width; 0 of a single one
};

/// Points at most one pixel apart from `from` to `to`, each the mean of points across the line, at
/// most one pixel apart over `width` pixels. What is not finite is left out. Empty where an end is
/// not finite; of a line longer than a hundred thousand pixels the points are further apart.
LineProfile profileAlong(const Map &image, const QPointF &from, const QPointF &to, double width);

} // namespace helmscope
