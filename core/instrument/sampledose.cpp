// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/sampledose.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

static Pixel onSample(Pixel pixel, const std::optional<Stage> &stage, double pixelSizeNm)
{
    if (!stage || !(pixelSizeNm > 0))
        return pixel;
    const auto shifted = [&](int from, StageAxis axis) {
        // A server may tell any place and any size.
        constexpr double farthest = 1e9;
        const double pixels = stage->position(axis) / (1e-9 * pixelSizeNm);
        return from - int(std::lround(std::clamp(pixels, -farthest, farthest)));
    };
    return {shifted(pixel.row, StageAxis::Y), shifted(pixel.col, StageAxis::X)};
}

double SampleDose::at(Pixel pixel, const std::optional<Stage> &stage, double pixelSizeNm) const
{
    const auto found = m_doses.find(onSample(pixel, stage, pixelSizeNm));
    return found == m_doses.end() ? 0 : found->second;
}

void SampleDose::add(Pixel pixel, const std::optional<Stage> &stage, double pixelSizeNm,
                     double dose)
{
    double &sum = m_doses[onSample(pixel, stage, pixelSizeNm)];
    sum += dose;
    m_most = std::max(m_most, sum);
}

} // namespace helmscope
