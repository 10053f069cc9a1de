// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/live/dose.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace helmscope {

namespace {

/// How much of a Gaussian of this deviation lies between two places.
double between(double from, double to, double deviation)
{
    const double scale = 1 / (deviation * std::numbers::sqrt2);
    return 0.5 * (std::erf(to * scale) - std::erf(from * scale));
}

} // namespace

DoseBook::DoseBook(int rows, int cols, double pixelSizeNm, double probeNm)
    : m_map(Map::Zero(rows, cols))
    , m_spot(Map::Ones(1, 1))
{
    constexpr double widthOverDeviation = 2.354820; // 2 sqrt(2 ln 2)
    constexpr int mostReach = 64;
    if (!(pixelSizeNm > 0) || !(probeNm > pixelSizeNm) || !std::isfinite(probeNm))
        return;
    const double deviation = probeNm / pixelSizeNm / widthOverDeviation;
    const int reach = std::min(mostReach, int(std::ceil(4 * deviation)));
    Eigen::ArrayXd along(2 * reach + 1);
    for (int i = -reach; i <= reach; ++i)
        along[i + reach] = between(i - 0.5, i + 0.5, deviation);
    m_spot = (along.matrix() * along.matrix().transpose()).array().cast<float>();
    m_share = double(m_spot(reach, reach));
}

void DoseBook::give(Pixel pixel, double dose)
{
    if (!contains(m_map, pixel) || !(dose > 0) || !std::isfinite(dose))
        return;
    m_last = dose;
    const int reach = int(m_spot.rows()) / 2;
    const int top = std::max(0, pixel.row - reach), left = std::max(0, pixel.col - reach);
    const int bottom = std::min(int(m_map.rows()) - 1, pixel.row + reach);
    const int right = std::min(int(m_map.cols()) - 1, pixel.col + reach);
    auto block = m_map.block(top, left, bottom - top + 1, right - left + 1);
    block += float(dose) * m_spot.block(top - pixel.row + reach, left - pixel.col + reach,
                                        bottom - top + 1, right - left + 1);
    m_largest = std::max(m_largest, double(block.maxCoeff()));
}

void DoseBook::add(const Step &step)
{
    for (const ReferenceCheck &check : step.references)
        give(check.pixel, check.dose);
    if (step.source == Measurement::Source::Measured)
        give(step.pixel, step.dose);
    m_largestAfter.push_back(m_largest);
}

Mask DoseBook::beyond(double limit) const
{
    if (!(limit > 0) || m_map.size() == 0)
        return {};
    const Mask mask = m_map > float(limit - nextDose());
    // A limit under one point's dose forbids all: that is what it says.
    return mask.any() ? mask : Mask();
}

std::optional<int> DoseBook::pointsUntil(double limit, int window) const
{
    const int size = int(m_largestAfter.size());
    const int back = std::min(window, size - 1);
    if (!(limit > 0) || back < 1 || m_largest >= limit)
        return {};
    const double pace = (m_largest - m_largestAfter[std::size_t(size - 1 - back)]) / back;
    if (!(pace > 0))
        return {};
    return int(std::min(1e9, std::ceil((limit - m_largest) / pace)));
}

} // namespace helmscope
