// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/spectra.h"

#include <optional>

namespace helmscope {

/// An interval of energies, both ends included, in the unit of the spectrum's axis.
struct Band
{
    double low = 0;
    double high = 0;
    bool operator==(const Band &) const = default;
};

/// Spectrum -> number: where the physics comes in.
struct Scalarizer
{
    enum class Kind {
        BandMean,   ///< mean over the band, counts
        PeakHeight, ///< height of the highest point in the band, parabola through three channels,
                    ///< counts
        PeakEnergy, ///< where that point lies, energy axis' unit
        BandRatio,  ///< mean over the band / mean over the second band
    };
    enum class Background {
        None,
        Constant, ///< the mean over the background window is subtracted
        PowerLaw, ///< A E^-r fitted in the background window (Egerton, EELS in the Electron
                  ///< Microscope)
    };

    Kind kind = Kind::BandMean;
    Band band;
    Band second; ///< BandRatio only
    Background background = Background::None;
    Band backgroundWindow; ///< used unless background is None

    /// NaN where the value is not defined (a ratio over nothing, no finite channel in the band).
    double operator()(const Eigen::VectorXf &spectrum, const EnergyAxis &energies) const;
    /// Weights w with value = w . spectrum, [channels], where the scalarizer is linear; else
    /// nothing.
    std::optional<Eigen::VectorXd> weights(const EnergyAxis &energies) const;
    /// The background under the spectrum at every channel, [channels]; zeros for None. For drawing.
    Eigen::VectorXf backgroundUnder(const Eigen::VectorXf &spectrum,
                                    const EnergyAxis &energies) const;

    /// Throws Error when a band is empty on this axis or upside down; the sentence names the axis'
    /// range.
    void check(const EnergyAxis &energies) const;

    QString unit(const EnergyAxis &energies) const; ///< "counts", "eV", "" for a ratio
    /// "band:0.35-0.55", "peak:A-B", "energy:A-B", "ratio:A-B/C-D", each with an optional
    /// ",constant:A-B" or ",power:A-B"; parse() accepts what text() writes and throws Error
    /// otherwise.
    QString text() const;
    static Scalarizer parse(const QString &text);
    bool operator==(const Scalarizer &) const = default;
};

/// Channels of an axis that lie in a band: from `first`, `count` of them.
struct BandChannels
{
    int first = 0, count = 0;
};
BandChannels channelsOf(const Band &band, const EnergyAxis &energies);

/// The band of these channels in numbers a person would write: edges halfway to the channels beside
/// it (those of an axis may be 1.029999976977706 and would name one channel less once rounded), of
/// as few digits as stay well between the two. At the ends of the axis half a channel beyond.
/// Throws Error unless there is a channel, and all of them are the axis'.
Band bandOf(const BandChannels &channels, const EnergyAxis &energies);

/// The scalarizer as it reads best: bands whose numbers are long as bandOf() has them, others as
/// they are. The value is the same but for background windows and peaks at a band's very edge.
Scalarizer readable(const Scalarizer &scalarizer, const EnergyAxis &energies);

/// The map of a scalarizer over all spectra: what a full scan would give. Stopped, it throws Error
/// "Stopped.".
Map scalarize(const Spectra &spectra, const Scalarizer &scalarizer,
              const Progress &progress = unwatched());

} // namespace helmscope
