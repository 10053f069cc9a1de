// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/clipartoptions.h"
#include "steering/plan.h"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace helmscope {

/// What `explore` was told; what it was not told is as the plan has it.
struct ExploreOptions
{
    std::string image, spectra, energies, values, simulate, instrument, instrumentAuthority;
    std::string scalarizer, acquisition, initialKind, model, kernel, meta, plan, savePlan, out,
        workspace, continued;
    HeatingOptions heating;
    WatchOptions watch;
    std::optional<double> pixelSizeNm, xi, beta, dwellSeconds, maxSeconds;
    std::optional<int> patch, bin, initial, steps, cycles, warmCycles, plateau, mapsEvery, threads;
    std::vector<std::string> metaAmong;
    std::optional<int> metaAfter;
    std::optional<std::uint64_t> seed, sampleSeed;
    std::optional<double> realTime; ///< a measurement lasts so many times its dwell
    int repeat = 1;                 ///< runs, each with the next seed
    bool isVector = false, isWarmStart = false, hasShotNoise = false;
    bool isJson = false, mayOverwrite = false;
};

/// Makes these options known to the command.
void declare(CLI::App &command, ExploreOptions &options);

/// The plan they mean, without a look at the data: the scalarizer may still be missing. Throws
/// UsageError where options do not go together.
Plan planOf(const ExploreOptions &options);

/// The simulated sample of "ROWSxCOLS"; throws UsageError.
Simulator::Settings simulatedOf(const std::string &size);

/// Whether anything was said that a plan holds.
bool hasPlanOptions(const ExploreOptions &options);

/// Whether the plan names a scalarizer at all.
bool hasScalarizer(const Plan &plan);

/// Threads for the model: one core stays free, more than four do not help.
int defaultThreads();

} // namespace helmscope
