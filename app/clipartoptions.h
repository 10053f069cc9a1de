// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of a plan as the command line says them.
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace helmscope {

struct Heating;
struct Plan;

/// What is said of Heating; what is not, stays as the plan has it.
struct HeatingOptions
{
    std::optional<double> strength, radius, recoverySeconds, stepSeconds;
    bool isGiven() const { return strength || radius || recoverySeconds || stepSeconds; }
    void apply(Heating &heating) const;
};
void declare(CLI::App &command, HeatingOptions &options);

/// What is said of an instrument that does not hold still (WatchSettings), and of a simulated one
/// that drifts; what is not, stays as the plan has it.
struct WatchOptions
{
    std::optional<int> surveyEvery, referenceEvery;
    std::optional<double> surveyAtNm, leastRegistration, leastSharpness, mostChange;
    std::string reference, drift;
    std::optional<double> driftWalk, defocus, contamination;
    bool leavesOutPoor = false, overlaps = false, extrapolates = false;
    bool isGiven() const;
    /// Throws UsageError where options do not go together, or with the plan's sample.
    void apply(Plan &plan) const;
};
void declare(CLI::App &command, WatchOptions &options);

} // namespace helmscope
