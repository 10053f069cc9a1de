// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/plan.h"
#include "widgets/preparedmap.h"

#include <memory>
#include <variant>

namespace helmscope {

/// What is open: where it comes from, and what is known of it before anything is measured. Copies
/// share the image.
struct Sample
{
    SampleSources sources;
    /// Image and calibration, without spectra and values; never null.
    std::shared_ptr<const Dataset> survey = std::make_shared<const Dataset>();
    EnergyAxis energies;   ///< without channels where the sample answers values
    QString valuesName;    ///< of those values
    Scalarizer scalarizer; ///< to begin with, where there are spectra
    std::shared_ptr<const PreparedMap> picture; ///< of the image; null where there is none

    bool hasSpectra() const { return energies.channels() > 0; }
    bool isSimulated() const { return std::holds_alternative<Simulator::Settings>(sources); }
};

/// Opens a sample: reads its files or makes the simulated one. Blocks; what it read of the spectra
/// is forgotten again, so that nothing unmeasured can be shown.
Sample openSample(const SampleSources &sources, const Progress &progress);

/// What some files hold, before any of it is read.
struct Contents
{
    QStringList files;
    QList<std::pair<Address, ArrayInfo>> arrays;
    DatasetSources guess; ///< what is most likely meant
    QString objection;    ///< why there is no guess; empty: there is one

    /// Whether a person should say which arrays are meant.
    bool isAmbiguous() const;
};
Contents contentsOf(const QStringList &files);

/// The simulated sample of this many rows and columns.
Simulator::Settings simulatedSample(int rows, int cols, std::uint64_t seed);

} // namespace helmscope
