// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/map.h"
#include "data/stored/storedarray.h"

#include <functional>
#include <list>
#include <map>
#include <mutex>

namespace helmscope {

/// The spectra of an array that stays in its file. What was read last is kept, up to a bound, so
/// that neighbours cost nothing. Several threads may read at once.
class StoredSpectra
{
public:
    /// Of an array of three dimensions, of which `energyAxis` holds the channels.
    StoredSpectra(StoredArrayPointer array, int energyAxis);

    const StoredArray &array() const { return *m_array; }
    /// Writes all channels of a pixel that lies inside to `to`.
    void copy(Pixel pixel, float *to) const;
    /// Calls `use` with each pixel of the rectangle and its channels, by blocks of at most 64 MiB
    /// (or one chunk of the file) that are not kept; tells before each block which part of the
    /// pixels is done. False: it was told to stop.
    bool forEach(Pixel first, int rows, int cols,
                 const std::function<void(Pixel, const float *)> &use,
                 const std::function<bool(double)> &progress) const;

private:
    struct Tile
    {
        Samples samples;
        Pixel first;
        int rows = 0, cols = 0;
    };
    Tile read(Pixel first, int rows, int cols) const;
    void copy(const Tile &tile, Pixel pixel, float *to) const;
    std::int64_t side(int axis) const { return m_array->info().axes[axis].size; }

    StoredArrayPointer m_array;
    int m_energyAxis, m_rowAxis, m_colAxis;
    int m_tileRows = 1, m_tileCols = 1; ///< what is read for one pixel
    int m_bandRows = 1, m_bandCols = 1; ///< what is read at once of many

    mutable std::mutex m_mutex; ///< of what follows
    mutable std::list<Pixel> m_recent;
    mutable std::map<Pixel, std::pair<Tile, std::list<Pixel>::iterator>> m_tiles;
    mutable std::size_t m_bytes = 0;
};

} // namespace helmscope
