// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <array>
#include <limits>

// What writer and reader of a run file agree on; the whole layout is told in runfile.cpp.
namespace helmscope::runlayout {

inline constexpr char format[] = "helmscope-run";
inline constexpr int version = 2;      ///< 1 has no recordColumns, mapsHash, orders, digests
inline constexpr int modelRow = 65536; ///< bytes of the model in a row of /model/bytes

/// A list under /steps with a number per step.
struct Column
{
    const char *name;
    const char *unit; ///< "value": that of the value
    const char *meaning;
    bool isWhole;
    double (*of)(const Step &step);
    void (*to)(Step &step, double number);
};

/// A field of the quality; NaN without one.
template <auto Field>
double qualityOf(const Step &step)
{
    return step.quality ? double((*step.quality).*Field) : std::numeric_limits<double>::quiet_NaN();
}
template <auto Field>
void qualityTo(Step &step, double number)
{
    if (step.quality)
        (*step.quality).*Field = number;
}
template <auto Field>
double fieldOf(const Step &step)
{
    return step.*Field;
}
template <auto Field>
void fieldTo(Step &step, double number)
{
    step.*Field = number;
}

inline constexpr std::array columns{
    Column{"row", "", "row of the pixel in the grid, from 0 at the top", true,
           [](const Step &s) { return double(s.pixel.row); },
           [](Step &s, double n) { s.pixel.row = int(n); }},
    Column{"col", "", "column of the pixel in the grid, from 0 at the left", true,
           [](const Step &s) { return double(s.pixel.col); },
           [](Step &s, double n) { s.pixel.col = int(n); }},
    Column{"acquisitionValue", "", "worth of the pixel when it was chosen; NaN unless chosen by it",
           false, fieldOf<&Step::acquisitionValue>, fieldTo<&Step::acquisitionValue>},
    Column{"value", "value", "measured", false, fieldOf<&Step::value>, fieldTo<&Step::value>},
    Column{"predictedMean", "value", "expected before measuring; NaN for the first points", false,
           fieldOf<&Step::predictedMean>, fieldTo<&Step::predictedMean>},
    Column{"predictedDeviation", "value", "one standard deviation of it, without noise", false,
           fieldOf<&Step::predictedDeviation>, fieldTo<&Step::predictedDeviation>},
    Column{"predictedNoise", "value", "one standard deviation of the noise then believed", false,
           fieldOf<&Step::predictedNoise>, fieldTo<&Step::predictedNoise>},
    Column{"dwellSeconds", "s", "dwell time", false, fieldOf<&Step::dwellSeconds>,
           fieldTo<&Step::dwellSeconds>},
    Column{"dose", "electrons per square angstrom", "given to this pixel; 0 when unknown", false,
           fieldOf<&Step::dose>, fieldTo<&Step::dose>},
    Column{"measureSeconds", "s", "time the measurement took", false,
           fieldOf<&Step::measureSeconds>, fieldTo<&Step::measureSeconds>},
    Column{"learnSeconds", "s", "time the training took", false, fieldOf<&Step::learnSeconds>,
           fieldTo<&Step::learnSeconds>},
    Column{"predictSeconds", "s", "time the prediction took", false, fieldOf<&Step::predictSeconds>,
           fieldTo<&Step::predictSeconds>},
    Column{"bestValue", "value", "largest value measured so far", false, fieldOf<&Step::bestValue>,
           fieldTo<&Step::bestValue>},
    Column{"meanDeviation", "value", "mean of the map of deviations after it; NaN without a model",
           false, fieldOf<&Step::meanDeviation>, fieldTo<&Step::meanDeviation>},
    Column{"qualityPixels", "",
           "unmeasured pixels the quality is about; -1 where no truth is known", true,
           [](const Step &s) { return s.quality ? double(s.quality->pixels) : -1.; },
           [](Step &s, double n) {
               if (n >= 0) // the other columns of the quality come after this one
                   s.quality.emplace().pixels = int(n);
           }},
    Column{"rmse", "value", "of the mean against the truth", false, qualityOf<&Quality::rmse>,
           qualityTo<&Quality::rmse>},
    Column{"r2", "", "1 - squared errors / squared deviations of the truth", false,
           qualityOf<&Quality::r2>, qualityTo<&Quality::r2>},
    Column{"nlpd", "nats", "mean negative log density of the truth, divided by its deviation",
           false, qualityOf<&Quality::nlpd>, qualityTo<&Quality::nlpd>},
    Column{"coverage95", "", "fraction of truths within 1.96 deviations", false,
           qualityOf<&Quality::coverage95>, qualityTo<&Quality::coverage95>},
};

/// A field of the trust; NaN without one.
template <auto Field>
double trustOf(const Step &step)
{
    return step.trust ? double((*step.trust).*Field) : std::numeric_limits<double>::quiet_NaN();
}
template <auto Field>
void trustTo(Step &step, double number)
{
    if (step.trust)
        (*step.trust).*Field = number;
}

/// Columns that files from before they were thought of do not have: all or none of them are there.
inline constexpr std::array trustColumns{
    Column{"trustPredictions", "",
           "predictions made before their measurement so far, which the trust is told from; -1 "
           "without any trust",
           true, [](const Step &s) { return s.trust ? double(s.trust->predictions) : -1.; },
           [](Step &s, double n) {
               if (n >= 0) // the other columns of the trust come after this one
                   s.trust.emplace().predictions = int(n);
           }},
    Column{"trustOutliers", "", "values more than four deviations away, quantile-calibrated", true,
           [](const Step &s) { return s.trust ? double(s.trust->outliers) : 0.; },
           [](Step &s, double n) {
               if (s.trust && n >= 0)
                   s.trust->outliers = int(n);
           }},
    Column{"trustCoverage50", "", "fraction of values within the central 50 % intervals", false,
           trustOf<&Trust::coverage50>, trustTo<&Trust::coverage50>},
    Column{"trustCoverage80", "", "fraction of values within the central 80 % intervals", false,
           trustOf<&Trust::coverage80>, trustTo<&Trust::coverage80>},
    Column{"trustCoverage95", "", "fraction of values within the central 95 % intervals", false,
           trustOf<&Trust::coverage95>, trustTo<&Trust::coverage95>},
    Column{"calibration", "", "deviations should be so many times wider", false,
           trustOf<&Trust::calibration>, trustTo<&Trust::calibration>},
    Column{"calibrationLow", "", "lower end of its 99 % interval", false,
           trustOf<&Trust::calibrationLow>, trustTo<&Trust::calibrationLow>},
    Column{"calibrationHigh", "", "upper end of its 99 % interval", false,
           trustOf<&Trust::calibrationHigh>, trustTo<&Trust::calibrationHigh>},
    Column{"rmsCalibration", "", "root of the mean squared standardized residual", false,
           trustOf<&Trust::rmsCalibration>, trustTo<&Trust::rmsCalibration>},
    Column{"quantileCalibration", "", "68.27 % quantile of the sizes of standardized residuals",
           false, trustOf<&Trust::quantileCalibration>, trustTo<&Trust::quantileCalibration>},
    Column{"trustBias", "", "mean standardized residual", false, trustOf<&Trust::bias>,
           trustTo<&Trust::bias>},
    Column{"trustBiasError", "", "standard error of it", false, trustOf<&Trust::biasError>,
           trustTo<&Trust::biasError>},
    Column{"trustNlpd", "nats",
           "mean negative log density of the values, divided by their deviation", false,
           trustOf<&Trust::nlpd>, trustTo<&Trust::nlpd>},
    Column{"leaveOneOutNlpd", "nats", "likewise, of the model after the step, leaving one out",
           false, trustOf<&Trust::leaveOneOutNlpd>, trustTo<&Trust::leaveOneOutNlpd>},
};

/// A number of the warm (or cold) side of the warmth; NaN without one.
template <auto Side, auto Field>
double warmthOf(const Step &step)
{
    return step.warmth ? double((*step.warmth).*Side.*Field)
                       : std::numeric_limits<double>::quiet_NaN();
}
template <auto Side, auto Field>
void warmthTo(Step &step, double number)
{
    if (step.warmth)
        (*step.warmth).*Side.*Field = number;
}

/// Columns of runs whose model begins from a meta-model.
inline constexpr std::array warmthColumns{
    Column{"warmthPoints", "",
           "points on which the meta-model was judged by five-fold cross-validation; -1: not yet",
           true, [](const Step &s) { return s.warmth ? double(s.warmth->warm.points) : -1.; },
           [](Step &s, double n) {
               if (n < 0)
                   return;
               s.warmth.emplace(); // the other columns of the warmth come after this one
               s.warmth->warm.points = int(n);
               s.warmth->cold.points = int(n);
           }},
    Column{"warmRmse", "", "error there, over the values' deviation, beginning from the meta-model",
           false, warmthOf<&WarmAgainstCold::warm, &FoldScore::rmse>,
           warmthTo<&WarmAgainstCold::warm, &FoldScore::rmse>},
    Column{"warmNlpd", "nats", "negative log density there, likewise", false,
           warmthOf<&WarmAgainstCold::warm, &FoldScore::nlpd>,
           warmthTo<&WarmAgainstCold::warm, &FoldScore::nlpd>},
    Column{"coldRmse", "", "error there, beginning cold", false,
           warmthOf<&WarmAgainstCold::cold, &FoldScore::rmse>,
           warmthTo<&WarmAgainstCold::cold, &FoldScore::rmse>},
    Column{"coldNlpd", "nats", "negative log density there, beginning cold", false,
           warmthOf<&WarmAgainstCold::cold, &FoldScore::nlpd>,
           warmthTo<&WarmAgainstCold::cold, &FoldScore::nlpd>},
};

/// Columns since version 2.
inline constexpr std::array recordColumns{
    Column{
        "source", "", "of spectrum and value: 0 measured, 1 another pixel's, 2 predicted", true,
        [](const Step &s) { return double(int(s.source)); },
        [](Step &s, double n) { s.source = Measurement::Source(n >= 0 && n <= 2 ? int(n) : 0); }},
    Column{"time", "ms", "when it was measured, since 1970-01-01 UTC; 0 unknown", false,
           [](const Step &s) { return double(s.timeMs); },
           [](Step &s, double n) {
               if (n >= 0 && n < 9e15)
                   s.timeMs = std::int64_t(n);
           }},
};

/// A list under /steps with a text per step.
struct TextColumn
{
    const char *name;
    const char *meaning;
    int bytes;
};
inline constexpr TextColumn reason{"reason", "why: initial, acquisition or queued", 16};
inline constexpr TextColumn acquisition{"acquisition", "key of the acquisition that held", 16};
inline constexpr TextColumn modelHash{
    "modelHash", "64-bit FNV-1a of the model after it, hexadecimal; 0 without one", 16};
inline constexpr TextColumn mapsHash{
    "mapsHash", "64-bit FNV-1a of the maps after it before they were rounded; 0 without any", 16};
inline constexpr int digestBytes = 96;
inline constexpr int orderBytes = 2048; ///< longer orders take several rows

} // namespace helmscope::runlayout
