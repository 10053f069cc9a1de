// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/nanocubes.h"

#include <vector>

namespace helmscope {

/// A place in the sample's plane, nm; x to the right, y down, the field's corner at (0, 0).
struct Point
{
    float x = 0, y = 0;
    friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
    friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
    friend Point operator*(float s, Point p) { return {s * p.x, s * p.y}; }
};

struct Cube
{
    Point centre;
    float halfWidth = 0, halfHeight = 0; ///< nm, in the plane
    float cosine = 1, sine = 0;          ///< of its turn against the scan
    float thickness = 1;                 ///< along the beam; 1: the thickest
    float doping = 1;                    ///< how strong its plasmons are

    /// From a point to this cube, whose vertical edges are rounded with this radius.
    struct Distances
    {
        float face;   ///< signed, negative inside, nm
        float corner; ///< to the nearest vertical edge, nm
    };
    Distances distances(Point p, float rounding) const;
};

/// The geometry of the simulated sample: a lattice of cubes with a hole and an edge towards vacuum,
/// and each cube's neighbours in constant time.
class CubeArray
{
public:
    /// `beyondFields`: so many fields of view more, each way.
    explicit CubeArray(const NanocubesSettings &settings, int beyondFields = 0);

    const std::vector<Cube> &cubes() const { return m_cubes; } ///< also some beyond the field
    float pitchNm() const { return m_pitch; }

    /// Calls `visit` for all cubes whose centre is within about three pitches of the point.
    template <typename Visit>
    void near(Point p, Visit visit) const
    {
        const int row = cellOf(p.y), col = cellOf(p.x);
        for (int r = std::max(row - 3, 0); r <= std::min(row + 3, m_rows - 1); ++r)
            for (int c = std::max(col - 3, 0); c <= std::min(col + 3, m_cols - 1); ++c)
                for (const int index : m_cells[std::size_t(r * m_cols + c)])
                    visit(m_cubes[std::size_t(index)]);
    }

private:
    int cellOf(float at) const;

    float m_pitch = 0, m_margin = 0; // nm
    std::vector<Cube> m_cubes;
    int m_rows = 0, m_cols = 0;
    std::vector<std::vector<int>> m_cells; // one pitch wide, row by row
};

} // namespace helmscope
