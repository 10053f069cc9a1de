// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/spectra.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace helmscope {

class CubeArray;

/// How the simulated sample looks: an array of tilted plasmonic nanocubes with a hole and an edge,
/// as in the published experiments on fluorine- and tin-doped indium oxide.
struct NanocubesSettings
{
    int rows = 96, cols = 96; ///< 32..512 each
    double pixelSizeNm = 1.6;
    double cubeNm = 11;           ///< mean side length
    double gapNm = 2.4;           ///< mean gap between neighbours
    double sizeSpread = 0.08;     ///< relative deviation of the side
    double tiltDegrees = 14;      ///< of the array against the scan
    double holeNm = 34;           ///< mean diameter of the hole; 0: none
    double vacuumFraction = 0.18; ///< of the field, beyond the array's edge
    int channels = 128;
    double lowEnergyEv = 0.1, highEnergyEv = 1.4;
    std::uint64_t seed = 1;
    bool operator==(const NanocubesSettings &) const = default;
};

/// The sample: geometry, the image it gives and the expected spectrum at each pixel, all without
/// noise.
class Nanocubes
{
public:
    /// Throws Error when a setting is out of range.
    explicit Nanocubes(const NanocubesSettings &settings);

    const NanocubesSettings &settings() const { return m_settings; }
    const Map &image() const { return m_image; } ///< HAADF, 0..1, thickness blurred by the probe
    const EnergyAxis &energies() const { return m_energies; }
    /// Expected low-loss spectrum, [channels], in counts per second of dwell: zero-loss tail and
    /// Lorentzian modes whose strength follows from where the pixel lies: corner (near 0.36 eV),
    /// edge (near 0.48 eV), gap between two cubes (near 0.62 eV, the lower the narrower), face and
    /// bulk (near 0.9 eV).
    Eigen::VectorXf expected(Pixel pixel) const;

    /// What the sample is like at one place.
    struct Place
    {
        float image = 0;        ///< HAADF, 0..1
        float transmission = 1; ///< part of the beam the sample does not scatter away
        float corner = 0, edge = 0, gap = 0, bulk = 0; ///< strength of each mode, about 0..1
        float gapEnergyEv = 0;
    };
    /// Anywhere in the plane, x to the right and y down from the field's corner, nm, under a probe
    /// whose deviation is `defocusNm` wider, in squares, than in focus. What
    /// lies far outside of the field's edges is vacuum, unless `isAway`: then the sample goes on
    /// for a field each way, as the stage shows it.
    Place at(double xNm, double yNm, double defocusNm = 0, bool isAway = false) const;
    Eigen::VectorXf expectedAt(const Place &place) const;

private:
    NanocubesSettings m_settings;
    std::shared_ptr<const CubeArray> m_array;
    std::shared_ptr<const CubeArray> m_wideArray; ///< apart: the field's own stays bit for bit
    Map m_image;
    EnergyAxis m_energies;
    std::vector<Place> m_places; ///< of the pixels, row by row
    Eigen::ArrayXf m_tailShape, m_cornerShape, m_edgeShape,
        m_bulkShape; ///< [channels], counts/s at strength 1
};

} // namespace helmscope
