// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/cubearray.h"

#include "instrument/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace helmscope {

namespace {

constexpr float pi = std::numbers::pi_v<float>;

float dot(Point a, Point b)
{
    return a.x * b.x + a.y * b.y;
}

Point turned(Point p, float cosine, float sine)
{
    return {cosine * p.x - sine * p.y, sine * p.x + cosine * p.y};
}

Point fieldOf(const NanocubesSettings &settings)
{
    return {float(settings.cols * settings.pixelSizeNm),
            float(settings.rows * settings.pixelSizeNm)};
}

float between(RandomBits &bits, float low, float high)
{
    return low + (high - low) * float(uniform(bits));
}

/// Streams of chance, so that one setting does not shift what another draws.
enum Stream : std::int64_t { EdgeStream, HoleStream, LatticeStream, CubeStream };

/// Where the array ends: a wavy line across the field.
struct Edge
{
    Point normal, tangent; // normal: towards the vacuum
    float at = 0;          // nm along the normal
    float waviness = 0, wave = 0, phase = 0;

    bool isBehind(Point p) const
    {
        return dot(p, normal) > at + waviness * std::sin(wave * dot(p, tangent) + phase);
    }
};

Edge edgeOf(const NanocubesSettings &settings, float pitch)
{
    RandomBits bits = bitsOf(settings.seed, {EdgeStream});
    const float angle = pi / 2 * std::floor(between(bits, 0, 4)) + between(bits, -0.35f, 0.35f);
    Edge edge;
    edge.normal = {std::cos(angle), std::sin(angle)};
    edge.tangent = {-edge.normal.y, edge.normal.x};
    edge.waviness = 0.6f * pitch;
    edge.wave = 2 * pi / (between(bits, 5, 8) * pitch);
    edge.phase = between(bits, 0, 2 * pi);
    // It leaves the wanted part of the field: a quantile along the normal.
    const Point field = fieldOf(settings);
    constexpr int grid = 64;
    std::vector<float> along;
    along.reserve(grid * grid);
    for (int row = 0; row < grid; ++row)
        for (int col = 0; col < grid; ++col)
            along.push_back(
                dot({(float(col) + 0.5f) / grid * field.x, (float(row) + 0.5f) / grid * field.y},
                    edge.normal));
    std::sort(along.begin(), along.end());
    const double kept = (1 - settings.vacuumFraction) * double(along.size() - 1);
    edge.at =
        settings.vacuumFraction > 0 ? along[std::size_t(kept)] : std::numeric_limits<float>::max();
    return edge;
}

/// The lattice warped slowly, as self-assembled arrays are.
struct Warp
{
    struct Wave
    {
        Point vector, shift;
        float phase;
    };
    std::array<Wave, 3> waves;

    Warp(RandomBits &bits, float pitch)
    {
        for (Wave &wave : waves) {
            const float number = 2 * pi / (between(bits, 6, 11) * pitch);
            const float way = between(bits, 0, 2 * pi), to = between(bits, 0, 2 * pi);
            wave.vector = {number * std::cos(way), number * std::sin(way)};
            wave.shift = 0.045f * pitch * Point{std::cos(to), std::sin(to)};
            wave.phase = between(bits, 0, 2 * pi);
        }
    }
    Point shift(Point p) const
    {
        Point sum;
        for (const Wave &wave : waves)
            sum = sum + std::sin(dot(wave.vector, p) + wave.phase) * wave.shift;
        return sum;
    }
    /// Half the curl: how far it turns what lies there, radians.
    float turn(Point p) const
    {
        float sum = 0;
        for (const Wave &wave : waves)
            sum += 0.5f * std::cos(dot(wave.vector, p) + wave.phase) *
                   (wave.vector.x * wave.shift.y - wave.vector.y * wave.shift.x);
        return sum;
    }
};

/// One cube on its place in the lattice, with what is its own.
Cube cubeAt(Point place, float turn, RandomBits own, const NanocubesSettings &settings)
{
    const float side = float(settings.cubeNm), pitch = side + float(settings.gapNm);
    const auto scatter = [&own](double deviation) {
        return float(deviation * std::clamp(normal(own), -2.0, 2.0));
    };
    const double jitter = 0.1 * settings.gapNm;
    Cube cube;
    cube.centre = place + Point{scatter(jitter), scatter(jitter)};
    const float angle = turn + scatter(0.02);
    cube.cosine = std::cos(angle);
    cube.sine = std::sin(angle);
    // No cube grows into its neighbour's place.
    cube.halfWidth = std::min(0.5f * side * (1 + scatter(settings.sizeSpread)), 0.49f * pitch);
    cube.halfHeight = std::min(0.5f * side * (1 + scatter(settings.sizeSpread)), 0.49f * pitch);
    cube.thickness = std::min(0.82f + scatter(0.09), 1.f);
    cube.doping = 1 + scatter(0.05);
    return cube;
}

/// Takes out the cubes of one irregular patch well inside the array.
void makeHole(std::vector<Cube> &cubes, const NanocubesSettings &settings, const Edge &edge,
              float pitch)
{
    if (settings.holeNm <= 0 || cubes.empty())
        return;
    const Point field = fieldOf(settings);
    // A small field keeps some sample around its hole.
    const float radius = std::min(float(settings.holeNm), 0.4f * std::min(field.x, field.y)) / 2;
    RandomBits bits = bitsOf(settings.seed, {HoleStream});
    const float turn = between(bits, 0, 2 * pi);
    Point middle;
    float widest = std::numeric_limits<float>::lowest();
    for (int i = 0; i < 24 && widest < 1.2f * pitch;
         ++i) { // the first place with a wide rim, or the best
        const Point p{between(bits, 0.1f, 0.9f) * field.x, between(bits, 0.1f, 0.9f) * field.y};
        const float rim = std::min({p.x, p.y, field.x - p.x, field.y - p.y,
                                    edge.at - edge.waviness - dot(p, edge.normal)}) -
                          radius;
        if (rim > widest) {
            widest = rim;
            middle = p;
        }
    }
    const auto fromMiddle = [&middle](const Cube &cube) {
        return std::hypot(cube.centre.x - middle.x, cube.centre.y - middle.y);
    };
    middle = std::min_element(cubes.begin(), cubes.end(), [&](const Cube &a, const Cube &b) {
                 return fromMiddle(a) < fromMiddle(b);
             })->centre;
    std::erase_if(cubes, [&](const Cube &cube) {
        const Point d = cube.centre - middle;
        const float angle = std::atan2(d.y, d.x) + turn;
        return fromMiddle(cube) <
               radius * (1 + 0.2f * std::sin(2 * angle) + 0.1f * std::sin(3 * angle + 1));
    });
}

} // namespace

Cube::Distances Cube::distances(Point p, float rounding) const
{
    const Point q = turned(p - centre, cosine, -sine);
    const float x = std::abs(q.x) - halfWidth, y = std::abs(q.y) - halfHeight;
    const float rx = x + rounding, ry = y + rounding;
    const float ox = std::max(rx, 0.f), oy = std::max(ry, 0.f);
    // A rounded vertical edge lies (1 - 1/sqrt 2) of the radius inside of where the faces would
    // meet.
    const float cx = x + 0.29f * rounding, cy = y + 0.29f * rounding;
    return {std::sqrt(ox * ox + oy * oy) + std::min(std::max(rx, ry), 0.f) - rounding,
            std::sqrt(cx * cx + cy * cy)};
}

CubeArray::CubeArray(const NanocubesSettings &settings, int beyondFields)
    : m_pitch(float(settings.cubeNm + settings.gapNm))
    , m_margin(4 * m_pitch)
{
    const Point field = fieldOf(settings);
    m_margin += float(beyondFields) * std::max(field.x, field.y);
    const Edge edge = edgeOf(settings, m_pitch);
    const float tilt = float(settings.tiltDegrees / 180) * pi;
    RandomBits bits = bitsOf(settings.seed, {LatticeStream});
    const Point origin = 0.5f * field + Point{between(bits, 0, m_pitch), between(bits, 0, m_pitch)};
    const Warp warp(bits, m_pitch);

    const int reach = int((std::hypot(field.x, field.y) / 2 + m_margin) / m_pitch) + 2;
    for (int i = -reach; i <= reach; ++i)
        for (int j = -reach; j <= reach; ++j) {
            const Point place = origin + turned({m_pitch * float(j), m_pitch * float(i)},
                                                std::cos(tilt), std::sin(tilt));
            if (std::max(-place.x, place.x - field.x) > m_margin - m_pitch ||
                std::max(-place.y, place.y - field.y) > m_margin - m_pitch)
                continue;
            const Cube cube = cubeAt(place + warp.shift(place), tilt + warp.turn(place),
                                     bitsOf(settings.seed, {CubeStream, i, j}), settings);
            if (!edge.isBehind(cube.centre))
                m_cubes.push_back(cube);
        }
    makeHole(m_cubes, settings, edge, m_pitch);

    m_rows = cellOf(field.y + m_margin) + 1;
    m_cols = cellOf(field.x + m_margin) + 1;
    m_cells.resize(std::size_t(m_rows) * std::size_t(m_cols));
    for (std::size_t index = 0; index < m_cubes.size(); ++index) {
        const int row = std::clamp(cellOf(m_cubes[index].centre.y), 0, m_rows - 1);
        const int col = std::clamp(cellOf(m_cubes[index].centre.x), 0, m_cols - 1);
        m_cells[std::size_t(row * m_cols + col)].push_back(int(index));
    }
}

int CubeArray::cellOf(float at) const
{
    return int(std::floor((at + m_margin) / m_pitch));
}

} // namespace helmscope
