// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/array.h"

namespace helmscope {

// How the grid of spectra or values lies in a survey image.

/// The dimensions of an array that are longer than 1.
QList<int> longDimensions(const ArrayInfo &info);

/// How many times a grid of rows x cols goes into an image along a side; 0 when it does not.
int ratioOf(std::int64_t imageRows, std::int64_t imageCols, std::int64_t rows, std::int64_t cols);

/// Whether a unit is eV, keV, meV or MeV.
bool isEnergyUnit(const QString &unit);

/// Which axis of spectra holds the channels: the one in units of energy, or that is not the scan's,
/// or without which the rest fits the image, or that has `channels` points; the last one otherwise.
int energyAxisOf(const ArrayInfo &spectra, std::int64_t imageRows, std::int64_t imageCols,
                 std::int64_t channels);

/// The axes of rows and columns once the channels' is known.
inline int rowAxisOf(int energyAxis)
{
    return energyAxis == 0 ? 1 : 0;
}
inline int colAxisOf(int energyAxis)
{
    return energyAxis == 2 ? 1 : 2;
}

} // namespace helmscope
