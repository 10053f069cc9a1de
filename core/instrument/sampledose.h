// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"
#include "instrument/stage.h"

#include <map>
#include <optional>

namespace helmscope {

/// The dose of each place of a sample, e/Å², whatever part of it the stage shows: by pixels of the
/// grid as it lies with the stage at 0. Without a stage, or a pixel size, a place is its pixel.
class SampleDose
{
public:
    double at(Pixel pixel, const std::optional<Stage> &stage, double pixelSizeNm) const;
    void add(Pixel pixel, const std::optional<Stage> &stage, double pixelSizeNm, double dose);
    double most() const { return m_most; } ///< of any place

private:
    std::map<Pixel, double> m_doses;
    double m_most = 0;
};

} // namespace helmscope
