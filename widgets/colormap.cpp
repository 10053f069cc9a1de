// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/colormap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace helmscope {

namespace {

struct Anchor
{
    int place; ///< 0..255
    QRgb colour;
};

// Viridis and magma (S. van der Walt and N. Smith, CC0) at twenty even places, cividis (J. R.
// Nuñez, C. R. Anderton and R. S. Renslow 2018, CC0) where it bends: what lies between is
// interpolated, within 2/255 of the published tables.
constexpr std::array<QRgb, 20> viridis{0x440154, 0x481568, 0x482677, 0x453781, 0x3f4788,
                                       0x39558c, 0x32648e, 0x2d718e, 0x287d8e, 0x238a8d,
                                       0x1f968b, 0x20a386, 0x29af7f, 0x3cbc75, 0x56c667,
                                       0x74d055, 0x94d840, 0xb8de29, 0xdce318, 0xfde725};
constexpr std::array<QRgb, 20> magma{0x000004, 0x07071d, 0x160f3b, 0x29115a, 0x400f73,
                                     0x56147d, 0x6b1d81, 0x802582, 0x952c80, 0xab337c,
                                     0xc03a76, 0xd6456c, 0xe85362, 0xf4685c, 0xfa815f,
                                     0xfd9a6a, 0xfeb37b, 0xfecc8f, 0xfde4a6, 0xfcfdbf};
constexpr std::array<Anchor, 17> cividis{{{0, 0x00224e},
                                          {20, 0x003070},
                                          {23, 0x013271},
                                          {28, 0x123570},
                                          {33, 0x1c396f},
                                          {44, 0x2d416d},
                                          {53, 0x38476c},
                                          {86, 0x585e6d},
                                          {134, 0x828079},
                                          {151, 0x928d78},
                                          {171, 0xa69c74},
                                          {191, 0xbbad6d},
                                          {219, 0xd9c55c},
                                          {233, 0xe8d24f},
                                          {244, 0xf5dc41},
                                          {251, 0xfde334},
                                          {255, 0xfee838}}};
// Ours: blue under, orange over an almost white middle, equally light on both sides.
constexpr std::array<Anchor, 9> diverging{{{0, 0x0b2a5b},
                                           {32, 0x1c4f8c},
                                           {64, 0x3f7fb8},
                                           {96, 0x92bfdc},
                                           {128, 0xf4f4f2},
                                           {159, 0xe9b98a},
                                           {191, 0xc97b33},
                                           {223, 0x8e4c0d},
                                           {255, 0x552a02}}};

int channel(QRgb colour, int shift)
{
    return int(colour >> shift) & 0xff;
}

/// Through even anchors: Catmull and Rom's cubic, the ends continued straight.
ColorTable smooth(std::span<const QRgb> anchors)
{
    ColorTable table{};
    const int last = int(anchors.size()) - 1;
    for (int i = 0; i < 256; ++i) {
        const double place = double(i) * last / 255;
        const int k = std::min(int(place), last - 1);
        const double f = place - k;
        QRgb colour = 0xff;
        for (int shift : {16, 8, 0}) {
            const double b = channel(anchors[std::size_t(k)], shift);
            const double c = channel(anchors[std::size_t(k + 1)], shift);
            const double a = k > 0 ? channel(anchors[std::size_t(k - 1)], shift) : 2 * b - c;
            const double d =
                k + 2 <= last ? channel(anchors[std::size_t(k + 2)], shift) : 2 * c - b;
            const double value =
                b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
            colour = (colour << 8) | QRgb(std::clamp(int(std::lround(value)), 0, 255));
        }
        table[std::size_t(i)] = colour;
    }
    return table;
}

/// Straight between anchors.
ColorTable straight(std::span<const Anchor> anchors)
{
    ColorTable table{};
    for (std::size_t k = 0; k + 1 < anchors.size(); ++k) {
        const Anchor &a = anchors[k], &b = anchors[k + 1];
        for (int i = a.place; i <= b.place; ++i) {
            const double f = double(i - a.place) / (b.place - a.place);
            QRgb colour = 0xff;
            for (int shift : {16, 8, 0})
                colour = (colour << 8) | QRgb(std::lround(channel(a.colour, shift) * (1 - f) +
                                                          channel(b.colour, shift) * f));
            table[std::size_t(i)] = colour;
        }
    }
    return table;
}

ColorTable makeTable(Colormap kind)
{
    switch (kind) {
    case Colormap::Viridis:
        return smooth(viridis);
    case Colormap::Cividis:
        return straight(cividis);
    case Colormap::Magma:
        return smooth(magma);
    case Colormap::Diverging:
        return straight(diverging);
    case Colormap::Gray:
        break;
    }
    constexpr std::array<Anchor, 2> gray{{{0, 0x000000}, {255, 0xffffff}}};
    return straight(gray);
}

} // namespace

std::span<const ColormapRow> colormaps()
{
    static constexpr std::array<ColormapRow, 5> rows{
        {{Colormap::Gray, "gray", "Gray"},
         {Colormap::Viridis, "viridis", "Viridis"},
         {Colormap::Cividis, "cividis", "Cividis"},
         {Colormap::Magma, "magma", "Magma"},
         {Colormap::Diverging, "diverging", "Blue–orange"}}};
    return rows;
}

const ColorTable &colorTable(Colormap kind)
{
    static const std::array<ColorTable, 5> tables{
        makeTable(Colormap::Gray), makeTable(Colormap::Viridis), makeTable(Colormap::Cividis),
        makeTable(Colormap::Magma), makeTable(Colormap::Diverging)};
    return tables[std::size_t(kind)];
}

double Tone::operator()(double fraction) const
{
    const double f = std::clamp(fraction, 0.0, 1.0);
    switch (scale) {
    case Scale::Logarithmic:
        return std::log10(1 + 999 * f) / 3;
    case Scale::Gamma:
        return std::pow(f, gamma > 0 ? gamma : 1.0);
    case Scale::Linear:
        break;
    }
    return f;
}

ColorLimits percentileLimits(const Map &map, double low, double high)
{
    constexpr Eigen::Index most = 1 << 18;
    const Eigen::Index size = map.size();
    // An odd stride does not walk down one column of a map whose width is a power of two.
    const Eigen::Index stride = size <= most ? 1 : (size / most) | 1;
    std::vector<float> values;
    values.reserve(std::size_t(size / stride + 1));
    for (Eigen::Index i = 0; i < size; i += stride)
        if (std::isfinite(map.data()[i]))
            values.push_back(map.data()[i]);
    if (values.empty())
        return {};
    const auto at = [&values](double place) {
        const auto nth = values.begin() + std::ptrdiff_t(place);
        std::nth_element(values.begin(), nth, values.end());
        return double(*nth);
    };
    // Outwards: of a small map, of which a thousandth is not a pixel, none is left out.
    const double last = double(values.size() - 1);
    ColorLimits limits{at(std::floor(low / 100 * last)), at(std::ceil(high / 100 * last))};
    if (!(limits.high > limits.low)) {
        // Constant, or nearly: the extremes may still differ.
        const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
        limits = {*least, *greatest};
    }
    if (!(limits.high > limits.low)) {
        const double half = limits.low != 0 ? 0.05 * std::abs(limits.low) : 0.5;
        limits = {limits.low - half, limits.high + half};
    }
    return limits;
}

QImage colored(const Map &map, Colormap colormap, const ColorLimits &limits, const Tone &tone)
{
    if (map.size() == 0)
        return {};
    const bool isWhole = map.isFinite().all();
    QImage image(int(map.cols()), int(map.rows()),
                 isWhole ? QImage::Format_RGB32 : QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        return {};
    const TonedColors colors(colormap, limits, tone);
    for (int r = 0; r < image.height(); ++r) {
        auto *line = reinterpret_cast<QRgb *>(image.scanLine(r));
        const float *values = map.data() + map.cols() * r;
        for (int c = 0; c < image.width(); ++c)
            line[c] = colors(values[c]);
    }
    return image;
}

TonedColors::TonedColors(Colormap colormap, const ColorLimits &limits, const Tone &tone)
{
    // Most are alike; each thread keeps its last one of each.
    struct Kept
    {
        Tone tone;
        std::array<QRgb, size> table;
        bool isMade = false;
    };
    thread_local std::map<Colormap, Kept> keptTables;
    Kept &kept = keptTables[colormap];
    if (!kept.isMade || !(kept.tone == tone)) {
        const ColorTable &table = colorTable(colormap);
        // A table finer than the colours puts the tone in once, not per value.
        for (int i = 0; i < size; ++i)
            kept.table[std::size_t(i)] =
                table[std::size_t(std::lround(tone(double(i) / (size - 1)) * 255))];
        kept.tone = tone;
        kept.isMade = true;
    }
    m_table = kept.table;
    const double range = limits.high - limits.low;
    m_low = float(limits.low);
    m_scale = range > 0 ? float((size - 1) / range) : 0;
}

} // namespace helmscope
