// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/plan.h"

#include "base/recorded.h"
#include "base/tr.h"
#include "instrument/openinstrument.h"
#include "instrument/replay.h"
#include "steering/choosing.h"

#include <algorithm>

namespace helmscope {

std::unique_ptr<Microscope> openMicroscope(const Plan &plan, const Progress &progress)
{
    if (const auto *simulated = std::get_if<Simulator::Settings>(&plan.sample))
        return std::make_unique<Simulator>(*simulated);
    if (const auto *address = std::get_if<InstrumentAddress>(&plan.sample))
        return openInstrument(*address);
    Replay::Settings settings;
    settings.hasShotNoise = plan.hasShotNoise;
    settings.seed = derivedSeed(plan.seed, Draw::Noise);
    return std::make_unique<Replay>(loadDataset(std::get<DatasetSources>(plan.sample), progress),
                                    settings);
}

Scalarizer defaultScalarizer(const EnergyAxis &energies)
{
    Scalarizer scalarizer;
    if (energies.values.empty())
        return scalarizer;
    const double first = energies.values.front();
    const double last = energies.values.back();
    // The edge mode of the plasmonic nanocubes, where the axis is one of low losses and resolves
    // it.
    static constexpr Band edgeMode{0.43, 0.53};
    const auto isInside = [](double energy) {
        return energy >= edgeMode.low && energy <= edgeMode.high;
    };
    if (energies.unit == "eV" && last < 3 &&
        std::count_if(energies.values.begin(), energies.values.end(), isInside) > 1) {
        scalarizer.band = edgeMode;
        return scalarizer;
    }
    // Signals lie near the beginning of an axis, behind a zero-loss or noise peak at 0: the lines
    // of an EDS spectrum, the plasmons of a loss spectrum, the edge a core-loss range was chosen
    // for.
    const double from = last > 0 ? std::max(first, 0.0) : first;
    const double wanted = from + 0.05 * (last - from);
    const int channels = energies.channels();
    const auto begin = std::lower_bound(energies.values.begin(), energies.values.end(), wanted);
    const int low = std::min(int(begin - energies.values.begin()), channels - 1);
    const int high = std::min(low + std::max(channels / 10, 1) - 1, channels - 1);
    scalarizer.band = bandOf({low, high - low + 1}, energies);
    return scalarizer;
}

static QString bandText(const Band &band, const QString &unit)
{
    const QString text = QStringLiteral("%1–%2").arg(band.low).arg(band.high);
    return unit.isEmpty() ? text : text + ' ' + unit;
}

QString nameOf(const Scalarizer &scalarizer, const EnergyAxis &energies)
{
    const QString band = bandText(scalarizer.band, energies.unit);
    switch (scalarizer.kind) {
    case Scalarizer::Kind::BandMean:
        return recorded("mean %1").arg(band);
    case Scalarizer::Kind::PeakHeight:
        return recorded("peak height %1").arg(band);
    case Scalarizer::Kind::PeakEnergy:
        return recorded("peak energy %1").arg(band);
    case Scalarizer::Kind::BandRatio:
        break;
    }
    return recorded("ratio %1 / %2")
        .arg(bandText(scalarizer.band, {}), bandText(scalarizer.second, energies.unit));
}

} // namespace helmscope
