// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/preparedmap.h"

#include <QRectF>

#include <memory>
#include <optional>
#include <vector>

namespace helmscope {

/// A Map made ready to be looked at: halved again and again, so that a large one reduced to a
/// window costs no more than the window's pixels.
class MapImage
{
public:
    void setMap(std::shared_ptr<const Map> map); ///< null: none
    const std::shared_ptr<const Map> &map() const { return m_map; }
    /// The same with everything found out beforehand; null: none.
    void setPrepared(std::shared_ptr<const PreparedMap> map);
    // Found out once a map, when first asked for.
    bool hasMissing() const; ///< a value that is not finite
    const MapHistogram &histogram() const;
    ColorLimits limits() const; ///< percentileLimits(); each time, unless prepared

    /// The part `source` of the map (x = column, y = row, in its pixels; may reach over the edges)
    /// as a picture of `size`: enlarged, each pixel is a square; reduced, averages are shown.
    /// Transparent where nothing is known and beside the map.
    QImage render(const QSize &size, const QRectF &source, Colormap colormap,
                  const ColorLimits &limits, const Tone &tone) const;

private:
    /// The map with 2^level pixels averaged along each side; missing ones are left out.
    const Map &level(int number) const;

    std::shared_ptr<const Map> m_map;
    std::shared_ptr<const PreparedMap> m_prepared; ///< of that map, or null
    mutable std::vector<Map> m_halved;             ///< made when first looked at
    mutable std::optional<bool> m_hasMissing;
    mutable std::optional<MapHistogram> m_histogram;
};

} // namespace helmscope
