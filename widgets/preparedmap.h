// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/colormap.h"

#include <memory>
#include <vector>

namespace helmscope {

/// How often values between two limits occur.
struct MapHistogram
{
    std::vector<int> bins;
    ColorLimits range; ///< of the finite values: the first and the last bin
};

/// Of 128 bins; of a map beyond a quarter of a million values every nth is counted.
MapHistogram histogramOf(const Map &map);

/// Whether no value is NaN or infinite.
bool isAllFinite(const Map &map);

/// Half as many rows and columns, four values averaged into one; an odd last row or column is
/// averaged with itself. Of the four those that are not finite are left out.
Map halved(const Map &map);

/// A Map with all that a view looks through it for, found out beforehand: of an image of 4096 ×
/// 4096 that takes several frames' time, so it belongs into the job that reads the image.
struct PreparedMap
{
    std::shared_ptr<const Map> map; ///< never null
    std::vector<Map> halved;        ///< the map halved again and again, down to one row or column
    bool hasMissing = false;        ///< a value that is not finite
    ColorLimits limits;             ///< percentileLimits()
    MapHistogram histogram;
};

/// Blocks: about 80 ms for 4096 × 4096 values. Null for null and for a map without values.
std::shared_ptr<const PreparedMap> prepared(std::shared_ptr<const Map> map);

} // namespace helmscope
