// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/stored/storedspectra.h"

#include "data/grid.h"

#include <algorithm>

namespace helmscope {

namespace {

constexpr std::int64_t MiB = 1 << 20;
constexpr std::int64_t smallestTile = MiB / 4, largestTile = 16 * MiB;
constexpr std::int64_t largestBand = 64 * MiB;
constexpr std::size_t mostKept = std::size_t(64 * MiB);

/// As many of `count` as fit `room`, whole grains where one fits.
std::int64_t fitting(std::int64_t room, std::int64_t grain, std::int64_t count)
{
    room = std::clamp<std::int64_t>(room, 1, count);
    return room >= count || room < grain ? room : room / grain * grain;
}

} // namespace

StoredSpectra::StoredSpectra(StoredArrayPointer array, int energyAxis)
    : m_array(std::move(array))
    , m_energyAxis(energyAxis)
    , m_rowAxis(rowAxisOf(energyAxis))
    , m_colAxis(colAxisOf(energyAxis))
{
    const ArrayInfo &info = m_array->info();
    const std::int64_t rows = side(m_rowAxis), cols = side(m_colAxis);
    const std::int64_t grainRows =
        std::clamp<std::int64_t>(m_array->grain()[std::size_t(m_rowAxis)], 1, rows);
    const std::int64_t grainCols =
        std::clamp<std::int64_t>(m_array->grain()[std::size_t(m_colAxis)], 1, cols);
    const std::int64_t spectrum =
        std::max<std::int64_t>(1, side(m_energyAxis) * std::int64_t(Samples::sizeOf(info.type)));
    // A tile is a chunk's pixels with all their channels, or some of the chunk's where that is too
    // much, or some neighbours more where it is little.
    m_tileCols = int(fitting(largestTile / spectrum, 1, grainCols));
    m_tileRows = int(fitting(largestTile / spectrum / m_tileCols, 1, grainRows));
    if (std::int64_t(m_tileCols) * m_tileRows * spectrum < smallestTile)
        m_tileCols = int(fitting(smallestTile / spectrum / m_tileRows, grainCols, cols));
    m_bandCols = int(fitting(largestBand / spectrum / grainRows, grainCols, cols));
    m_bandRows = int(fitting(largestBand / spectrum / m_bandCols, grainRows, rows));
}

StoredSpectra::Tile StoredSpectra::read(Pixel first, int rows, int cols) const
{
    StoredArray::Place start(3, 0), count(3, side(m_energyAxis));
    start[std::size_t(m_rowAxis)] = first.row;
    start[std::size_t(m_colAxis)] = first.col;
    count[std::size_t(m_rowAxis)] = rows;
    count[std::size_t(m_colAxis)] = cols;
    return {m_array->read(start, count), first, rows, cols};
}

void StoredSpectra::copy(const Tile &tile, Pixel pixel, float *to) const
{
    std::int64_t sides[3];
    sides[m_rowAxis] = tile.rows;
    sides[m_colAxis] = tile.cols;
    sides[m_energyAxis] = side(m_energyAxis);
    const std::int64_t strides[3] = {sides[1] * sides[2], sides[2], 1};
    const std::int64_t from = (pixel.row - tile.first.row) * strides[m_rowAxis] +
                              (pixel.col - tile.first.col) * strides[m_colAxis];
    tile.samples.copy(std::size_t(from), std::size_t(sides[m_energyAxis]),
                      std::ptrdiff_t(strides[m_energyAxis]), to);
}

void StoredSpectra::copy(Pixel pixel, float *to) const
{
    const Pixel first{pixel.row / m_tileRows * m_tileRows, pixel.col / m_tileCols * m_tileCols};
    Tile tile;
    {
        const std::lock_guard lock(m_mutex);
        if (const auto known = m_tiles.find(first); known != m_tiles.end()) {
            m_recent.splice(m_recent.begin(), m_recent, known->second.second);
            tile = known->second.first; // shares the numbers
        }
    }
    if (tile.rows == 0) {
        // Not under the lock: a slow disk must not hold up who wants what is here already.
        tile = read(first, std::min(m_tileRows, int(side(m_rowAxis)) - first.row),
                    std::min(m_tileCols, int(side(m_colAxis)) - first.col));
        const auto bytesOf = [](const Tile &one) {
            return one.samples.count() * Samples::sizeOf(one.samples.type());
        };
        const std::lock_guard lock(m_mutex);
        if (!m_tiles.contains(first)) {
            m_recent.push_front(first);
            m_tiles.emplace(first, std::pair(tile, m_recent.begin()));
            m_bytes += bytesOf(tile);
        }
        while (m_bytes > mostKept && m_recent.size() > 1) {
            const auto oldest = m_tiles.find(m_recent.back());
            m_bytes -= bytesOf(oldest->second.first);
            m_tiles.erase(oldest);
            m_recent.pop_back();
        }
    }
    copy(tile, pixel, to);
}

bool StoredSpectra::forEach(Pixel first, int rows, int cols,
                            const std::function<void(Pixel, const float *)> &use,
                            const std::function<bool(double)> &progress) const
{
    std::vector<float> spectrum(std::size_t(side(m_energyAxis)));
    const int lastRow = first.row + rows, lastCol = first.col + cols;
    // Bands end where chunks do, so that no chunk is unpacked twice.
    for (int row = first.row; row < lastRow;) {
        const int nextRow = std::min((row / m_bandRows + 1) * m_bandRows, lastRow);
        for (int col = first.col; col < lastCol;) {
            const int nextCol = std::min((col / m_bandCols + 1) * m_bandCols, lastCol);
            const double done =
                double(row - first.row) * cols + double(nextRow - row) * double(col - first.col);
            if (!progress(done / (double(rows) * cols)))
                return false;
            const Tile band = read({row, col}, nextRow - row, nextCol - col);
            for (int r = row; r < nextRow; ++r)
                for (int c = col; c < nextCol; ++c) {
                    copy(band, {r, c}, spectrum.data());
                    use({r, c}, spectrum.data());
                }
            col = nextCol;
        }
        row = nextRow;
    }
    return true;
}

} // namespace helmscope
