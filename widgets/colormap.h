// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"

#include <QImage>
#include <QString>

#include <array>
#include <cstddef>
#include <span>

namespace helmscope {

/// Number -> colour: gray for images, perceptually even maps for what is believed, a diverging one
/// for differences.
enum class Colormap { Gray, Viridis, Cividis, Magma, Diverging };

/// One row a colour map: its key in settings and its name for people.
struct ColormapRow
{
    Colormap kind;
    const char *key;
    const char *name; ///< not translated: proper names
};
std::span<const ColormapRow> colormaps();

using ColorTable = std::array<QRgb, 256>;
const ColorTable &colorTable(Colormap kind);

/// The values shown as the first and the last colour.
struct ColorLimits
{
    double low = 0;
    double high = 1;
    bool operator==(const ColorLimits &) const = default;
};

/// How a value between the limits becomes a place in the table.
struct Tone
{
    enum class Scale { Linear, Logarithmic /** over three decades */, Gamma };
    Scale scale = Scale::Linear;
    double gamma = 1; ///< Scale::Gamma only: place = fraction ^ gamma

    double operator()(double fraction) const; ///< 0..1 -> 0..1, increasing; clamps
    bool operator==(const Tone &) const = default;
};

/// ColorLimits that leave `low` and `high` percent of the finite values outside. Of a map beyond a
/// quarter of a million values every nth is looked at. Without a finite value 0..1; of a constant
/// map a little around it.
ColorLimits percentileLimits(const Map &map, double low = 0.1, double high = 99.9);

/// Value -> colour, for many values: the limits and the tone are put into a table once.
class TonedColors
{
public:
    TonedColors(Colormap colormap, const ColorLimits &limits, const Tone &tone = {});

    /// Transparent where the value is not finite.
    QRgb operator()(float value) const
    {
        if (!(value - value == 0))
            return 0;
        const float place = (value - m_low) * m_scale + 0.5F;
        return m_table[place > 0 ? std::size_t(place < size - 1 ? place : size - 1) : 0];
    }

private:
    static constexpr int size = 1 << 13;
    std::array<QRgb, size> m_table{};
    float m_low = 0, m_scale = 0;
};

/// The map in colours, Format_RGB32 where all is finite, else Format_ARGB32_Premultiplied with NaN
/// (and infinite values) transparent.
QImage colored(const Map &map, Colormap colormap, const ColorLimits &limits, const Tone &tone = {});

} // namespace helmscope
