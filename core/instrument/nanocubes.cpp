// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/nanocubes.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "instrument/cubearray.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace helmscope {

namespace {

constexpr float probeNm = 0.6f;    // deviation of the probe
constexpr float pedestal = 0.02f;  // the detector's answer to vacuum
constexpr float rounding = 0.13f;  // of a cube's vertical edges, of its side
constexpr float freePaths = 0.45f; // thickness of a full cube in mean free paths

// Lengths over which the modes' fields decay, of a cube's side: they scale with the particle.
constexpr float intoVacuum = 0.7f, intoCube = 0.16f, aroundCorner = 0.32f;

/// A plasmon mode: where it peaks, how wide it is (full width at half maximum), how strong at
/// strength 1.
struct Mode
{
    double energyEv, widthEv, countsPerSecond;
};
constexpr Mode cornerMode{0.36, 0.07, 2600};
constexpr Mode edgeMode{0.48, 0.09, 4200};
constexpr Mode gapMode{0.68, 0.11, 4800}; // of a wide gap; coupling across a narrow one lowers it
constexpr Mode bulkMode{0.90, 0.15, 3600};
constexpr float gapShiftEv = 0.16f, gapShiftNm = 2;

// The tail of the zero-loss peak, a power law.
constexpr double tailEv = 0.1, tailExponent = 2.4, tailCountsPerSecond = 26000;

float lorentzian(double energyEv, double peakEv, double widthEv)
{
    const double x = 2 * (energyEv - peakEv) / widthEv;
    return float(1 / (1 + x * x));
}

Eigen::ArrayXf shapeOf(const Mode &mode, const EnergyAxis &energies)
{
    Eigen::ArrayXf shape(energies.channels());
    for (int i = 0; i < energies.channels(); ++i)
        shape[i] = float(mode.countsPerSecond) *
                   lorentzian(energies.values[std::size_t(i)], mode.energyEv, mode.widthEv);
    return shape;
}

void check(const NanocubesSettings &s)
{
    const auto refuse = [](const QString &what, double value, double low, double high) {
        if (!(value >= low && value <= high)) // also not a number
            fail(
                Tr::tr("The simulated sample cannot be made: its %1 must be from %2 to %3, not %4.")
                    .arg(what)
                    .arg(low)
                    .arg(high)
                    .arg(value));
    };
    refuse(Tr::tr("number of rows"), s.rows, 32, 512);
    refuse(Tr::tr("number of columns"), s.cols, 32, 512);
    refuse(Tr::tr("pixel size in nm"), s.pixelSizeNm, 0.1, 20);
    refuse(Tr::tr("cubes' side in pixels"), s.cubeNm / s.pixelSizeNm, 2, 128);
    refuse(Tr::tr("gap in sides of a cube"), s.gapNm / s.cubeNm, 0, 2);
    refuse(Tr::tr("relative spread of sizes"), s.sizeSpread, 0, 0.3);
    refuse(Tr::tr("tilt in degrees"), s.tiltDegrees, -90, 90);
    refuse(Tr::tr("hole in nm"), s.holeNm, 0, 1e4);
    refuse(Tr::tr("vacuum's part of the field"), s.vacuumFraction, 0, 0.9);
    refuse(Tr::tr("number of channels"), s.channels, 8, 4096);
    refuse(Tr::tr("lowest energy in eV"), s.lowEnergyEv, 0.02, 5);
    refuse(Tr::tr("highest energy in eV"), s.highEnergyEv, s.lowEnergyEv + 0.05, 20);
}

} // namespace

Nanocubes::Nanocubes(const NanocubesSettings &settings)
    : m_settings(settings)
{
    check(settings);
    m_energies.name = recorded("Energy loss");
    m_energies.unit = "eV";
    const double step = (settings.highEnergyEv - settings.lowEnergyEv) / (settings.channels - 1);
    for (int i = 0; i < settings.channels; ++i)
        m_energies.values.push_back(settings.lowEnergyEv + step * i);
    m_cornerShape = shapeOf(cornerMode, m_energies);
    m_edgeShape = shapeOf(edgeMode, m_energies);
    m_bulkShape = shapeOf(bulkMode, m_energies);
    m_tailShape.resize(settings.channels);
    for (int i = 0; i < settings.channels; ++i)
        m_tailShape[i] = float(tailCountsPerSecond *
                               std::pow(m_energies.values[std::size_t(i)] / tailEv, -tailExponent));

    m_array = std::make_shared<const CubeArray>(settings);
    m_wideArray = std::make_shared<const CubeArray>(settings, 1);
    const double pixel = settings.pixelSizeNm;
    m_image.resize(settings.rows, settings.cols);
    m_places.reserve(std::size_t(m_image.size()));
    for (int row = 0; row < settings.rows; ++row)
        for (int col = 0; col < settings.cols; ++col) {
            m_places.push_back(at((col + 0.5) * pixel, (row + 0.5) * pixel));
            m_image(row, col) = m_places.back().image;
        }
}

Nanocubes::Place Nanocubes::at(double xNm, double yNm, double defocusNm, bool isAway) const
{
    const Point p{float(xNm), float(yNm)};
    const float side = float(m_settings.cubeNm), pixel = float(m_settings.pixelSizeNm);
    const float blur =
        std::sqrt(2.f) * std::hypot(std::hypot(probeNm, pixel / std::sqrt(12.f)), float(defocusNm));
    const float outside = intoVacuum * side, inside = intoCube * side;
    const float corner = aroundCorner * side, bridge = 0.25f * side;
    // Decay into vacuum, brought to zero where CubeArray::near() ends.
    const float reach = 3 * m_array->pitchNm() - 0.75f * side;
    const auto aloof = [outside, reach](float distance) {
        const float rest = std::max(1 - distance * distance / (reach * reach), 0.f);
        return rest * rest * std::exp(-distance / outside);
    };
    constexpr float far = 1e6f;
    float thickness = 0, nearest = far, second = far, corners = 0, crowding = 0;
    float doping = 0, weights = 0, depth = 0, quiet = 1;
    (isAway ? m_wideArray : m_array)->near(p, [&](const Cube &cube) {
        const auto [face, edge] = cube.distances(p, rounding * side);
        if (face < 3 * blur) // a straight face under a Gaussian probe
            thickness += 0.5f * cube.thickness * std::erfc(face / blur);
        corners += cube.doping * std::exp(-edge / corner);
        const float field = aloof(std::max(face, 0.f));
        crowding += field;
        quiet *= 1 - field;
        const float weight = std::exp(-std::max(face, -side) / bridge);
        doping += weight * cube.doping;
        weights += weight;
        if (face < nearest) {
            second = nearest;
            nearest = face;
            depth = cube.thickness;
        } else if (face < second) {
            second = face;
        }
    });
    thickness = std::min(thickness, 1.f);
    doping = weights > 0 ? doping / weights : 1;
    crowding = std::max(crowding - aloof(std::max(nearest, 0.f)), 0.f);

    // The field of a mode at a face decays on both sides of it; faster in the cube. Outside, the
    // fields of all cubes in reach overlap.
    const float atFace = nearest > 0 ? 1 - quiet : std::exp(nearest / inside);
    // Inside a cube the nearest face is negative, so the sum is the gap's width on both sides.
    const float width = std::max(nearest + second, 0.f);
    const float coupling = std::exp(-width / bridge);
    const float transmission = std::exp(-freePaths * thickness);
    Place place;
    place.image = pedestal + (1 - pedestal) * thickness;
    place.transmission = transmission;
    // Modes of neighbours repel and share their strength: the dense array damps the low ones.
    place.corner = transmission * corners / (1 + 0.9f * crowding);
    place.edge = transmission * doping * atFace * (1 - 0.6f * coupling) /
                 (1 + 0.35f * crowding * std::exp(-std::max(nearest, 0.f) / bridge));
    place.gap = transmission * doping * coupling * (nearest > 0 ? 1 : std::exp(nearest / inside));
    place.gapEnergyEv = float(gapMode.energyEv) - gapShiftEv * std::exp(-width / gapShiftNm);
    // Surfaces take from the bulk what they give to their own modes (begrenzung).
    place.bulk = nearest < 0 ? doping * depth * (1 - std::exp(nearest / inside)) : 0;
    return place;
}

Eigen::VectorXf Nanocubes::expected(Pixel pixel) const
{
    eigen_assert(contains(m_image, pixel));
    return expectedAt(
        m_places[std::size_t(pixel.row) * std::size_t(m_settings.cols) + std::size_t(pixel.col)]);
}

Eigen::VectorXf Nanocubes::expectedAt(const Place &place) const
{
    Eigen::ArrayXf counts = place.transmission * m_tailShape + place.corner * m_cornerShape +
                            place.edge * m_edgeShape + place.bulk * m_bulkShape;
    const float strength = place.gap * float(gapMode.countsPerSecond);
    const float peak = place.gapEnergyEv, width = float(gapMode.widthEv);
    for (int i = 0; i < counts.size(); ++i)
        counts[i] += strength * lorentzian(m_energies.values[std::size_t(i)], peak, width);
    return counts.matrix();
}

} // namespace helmscope
