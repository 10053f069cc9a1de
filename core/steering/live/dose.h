// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <optional>

namespace helmscope {

/// Electrons the sample has got, by place of the first survey image.
class DoseBook
{
public:
    DoseBook() = default;
    /// A grid of pixels `pixelSizeNm` wide. A probe of this diameter (full width at half maximum of
    /// a Gaussian) wider than a pixel spreads over its neighbours; 0: each pixel gets its own.
    /// Where the pixel size is unknown (0) nothing spreads.
    DoseBook(int rows, int cols, double pixelSizeNm, double probeNm);

    /// The step's measurement and the references before it. Nothing of what nobody measured.
    void add(const Step &step);

    const Map &map() const { return m_map; } ///< [rows, cols], e⁻/Å²; 0 where none came
    double largest() const { return m_largest; }
    /// What the pixel under the beam gets of the next point, as of the last one that told; 0: none
    /// did.
    double nextDose() const { return m_last * m_share; }
    /// Pixels that one point more would bring over the limit; empty without a limit (0), or none.
    Mask beyond(double limit) const;
    /// After how many further points the pixel with most gets over the limit, if it grows as over
    /// the last `window` points; nothing where it does not grow, there is no limit, or it is over.
    std::optional<int> pointsUntil(double limit, int window = 20) const;

private:
    void give(Pixel pixel, double dose);

    Map m_map;
    Map m_spot;         ///< what a point at its middle gives to whom, of all its electrons
    double m_share = 1; ///< of its middle
    double m_largest = 0, m_last = 0;
    std::vector<double> m_largestAfter; ///< each step
};

} // namespace helmscope
