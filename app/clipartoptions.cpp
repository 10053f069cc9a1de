// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/clipartoptions.h"

#include "app/cli.h"
#include "app/cliparsing.h"
#include "base/tr.h"
#include "steering/plan.h"

#include <tuple>

namespace helmscope {

namespace {

/// Two numbers with a comma between them.
std::pair<double, double> pairOf(const std::string &text)
{
    const QStringList parts = QString::fromStdString(text).split(',');
    bool isFirst = false, isSecond = false;
    const double first = parts.value(0).toDouble(&isFirst);
    const double second = parts.value(1).toDouble(&isSecond);
    if (parts.size() != 2 || !isFirst || !isSecond)
        fail(Tr::tr("'%1' must be two numbers with a comma between them, such as 0.5,-0.2.")
                 .arg(QString::fromStdString(text)));
    return {first, second};
}

Pixel pixelOf(const std::string &text)
{
    const auto [row, col] = pairOf(text);
    const auto isIndex = [](double number) {
        return number >= 0 && number < 65536 && number == double(int(number));
    };
    if (!isIndex(row) || !isIndex(col))
        fail(Tr::tr("'%1' must be row and column of a pixel, such as 12,34.")
                 .arg(QString::fromStdString(text)));
    return {int(row), int(col)};
}

} // namespace

void HeatingOptions::apply(Heating &heating) const
{
    take(heating.strength, strength);
    take(heating.radius, radius);
    take(heating.recoverySeconds, recoverySeconds);
    take(heating.stepSeconds, stepSeconds);
}

void declare(CLI::App &command, HeatingOptions &o)
{
    const std::string target = Tr::tr("What is looked for").toStdString();
    command
        .add_option("--heating", o.strength,
                    "Part of its worth that a place loses at most right after the beam was there, "
                    "0 (off) to 1: the sample around a dwell heats and recovers")
        ->group(target)
        ->check(CLI::Range(0.0, 1.0));
    command
        .add_option("--heating-radius", o.radius,
                    "Of the heated spot, pixels of the scan (deviation; default 3)")
        ->group(target)
        ->check(CLI::Range(Heating::leastRadius, Heating::mostRadius));
    command
        .add_option("--heating-recovery", o.recoverySeconds,
                    "Seconds until a spot is only 1/e as hot (default 1)")
        ->group(target)
        ->check(CLI::Range(Heating::leastSeconds, Heating::mostSeconds));
    command
        .add_option("--heating-step", o.stepSeconds,
                    "Seconds from one dwell to the next, about; the run counts them and the dwells "
                    "instead of looking at a clock (default 0)")
        ->group(target)
        ->check(CLI::Range(0.0, Heating::mostSeconds));
}

void WatchOptions::apply(Plan &plan) const
{
    WatchSettings &watch = plan.watch;
    take(watch.surveyEvery, surveyEvery);
    take(watch.surveyAtNm, surveyAtNm);
    take(watch.leastRegistration, leastRegistration);
    take(watch.leastSharpness, leastSharpness);
    take(watch.referenceEvery, referenceEvery);
    take(watch.mostChange, mostChange);
    watch.leavesOutPoor = watch.leavesOutPoor || leavesOutPoor;
    watch.overlaps = watch.overlaps || overlaps;
    watch.extrapolates = watch.extrapolates || extrapolates;
    if (!reference.empty())
        watch.reference = pixelOf(reference);
    if ((!reference.empty() || mostChange) && watch.referenceEvery == 0)
        throw UsageError(Tr::tr("--reference and --most-change need --reference-every, which says "
                                "how often the reference is measured."));
    if (drift.empty() && !driftWalk && !defocus && !contamination)
        return;
    auto *simulated = std::get_if<Simulator::Settings>(&plan.sample);
    if (!simulated)
        throw UsageError(Tr::tr("--drift, --drift-walk, --defocus and --contamination are of the "
                                "simulated sample: a recorded one holds still."));
    if (!drift.empty())
        std::tie(simulated->unrest.driftXNmPerSecond, simulated->unrest.driftYNmPerSecond) =
            pairOf(drift);
    take(simulated->unrest.walkNm, driftWalk);
    take(simulated->unrest.defocusNmPerSecond, defocus);
    take(simulated->unrest.contaminationPerSecond, contamination);
}

bool WatchOptions::isGiven() const
{
    return surveyEvery || referenceEvery || surveyAtNm || leastRegistration || leastSharpness ||
           mostChange || !reference.empty() || !drift.empty() || driftWalk || defocus ||
           contamination || leavesOutPoor || overlaps || extrapolates;
}

void declare(CLI::App &command, WatchOptions &o)
{
    const auto atLeast = [](double least) { return CLI::Range(least, 1e9); };
    const std::string watch = Tr::tr("An instrument that does not hold still").toStdString();
    command
        .add_option("--survey-every", o.surveyEvery,
                    "A new survey image after every so many measurements: the beam follows the "
                    "sample (default: never)")
        ->group(watch)
        ->check(CLI::Range(0, 1'000'000));
    command
        .add_option("--survey-at", o.surveyAtNm,
                    "Likewise once the sample should have drifted so many nm, by its last speed")
        ->group(watch)
        ->check(atLeast(0));
    command
        .add_flag("--extrapolate-drift", o.extrapolates,
                  "Between two images the beam follows the drift on, as fast as it was between the "
                  "last two; such steps are marked")
        ->group(watch);
    command
        .add_option("--least-registration", o.leastRegistration,
                    "Likeness from 0 to 1 below which a new image is not believed to show the "
                    "first one's field: the run stops (default 0.5)")
        ->group(watch)
        ->check(CLI::Range(0.0, 1.0));
    command
        .add_flag("--leave-out-poor", o.leavesOutPoor,
                  "Pixels whose patch is saturated, charged, blank or blurred are not measured")
        ->group(watch);
    command
        .add_option("--least-sharpness", o.leastSharpness,
                    "A patch is blurred under so many times the median's sharpness (default 0.2)")
        ->group(watch)
        ->check(atLeast(0));
    command
        .add_option("--reference-every", o.referenceEvery,
                    "Measures a reference again after so many measurements (default: never)")
        ->group(watch)
        ->check(CLI::Range(0, 1'000'000));
    command
        .add_option("--reference", o.reference, "The reference, ROW,COLUMN (default: the first)")
        ->group(watch)
        ->check(parsable([](const std::string &text) { pixelOf(text); }));
    command
        .add_option("--most-change", o.mostChange,
                    "Stops once the reference's value has changed by this fraction: 0.1 is 10 %")
        ->group(watch)
        ->check(atLeast(0));
    command
        .add_flag("--overlap", o.overlaps,
                  "Learns and chooses while the beam dwells: each choice knows one measurement "
                  "less, and the beam waits less")
        ->group(watch);
    command.add_option("--drift", o.drift, "The simulated sample drifts so many nm/s, RIGHT,DOWN")
        ->group(watch)
        ->check(parsable([](const std::string &text) { pairOf(text); }));
    command
        .add_option("--drift-walk", o.driftWalk,
                    "and walks at random so many nm in a second, each way")
        ->group(watch)
        ->check(CLI::Range(0.0, 1000.0));
    command.add_option("--defocus", o.defocus, "The simulated probe widens by so many nm/s")
        ->group(watch)
        ->check(CLI::Range(0.0, 1000.0));
    command
        .add_option("--contamination", o.contamination,
                    "The simulated beam leaves so many mean free paths of carbon a second")
        ->group(watch)
        ->check(CLI::Range(0.0, 1000.0));
}

} // namespace helmscope
