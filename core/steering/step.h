// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/imaging/imagequality.h"
#include "dkl/transfer/crossvalidation.h"
#include "steering/operator.h"

#include <limits>
#include <memory>
#include <optional>

namespace helmscope {

/// How good a map is against what a full scan shows, over all pixels not yet measured.
struct Quality
{
    int pixels = 0;
    double rmse = 0;       ///< of the mean against the truth, units of the value
    double r2 = 0;         ///< 1 - sum (truth - mean)^2 / sum (truth - its average)^2
    double nlpd = 0;       ///< mean negative log density of the truth, deviation and noise counted,
                           ///< values divided by the truth's deviation
    double coverage95 = 0; ///< fraction of truths within 1.96 deviations (noise counted)
};

/// What the model believes after a step: a snapshot nobody changes any more.
struct Belief
{
    Map mean,
        deviation;   ///< [rows, cols] of the grid, in the value's unit; NaN outside the candidates
    Map acquisition; ///< worth of measuring; NaN also where measured or forbidden
    std::optional<Pixel> next; ///< the pixel it would measure next
    Map noise;                 ///< deviation of a measured value about the latent one, likewise
    // Vector mode only:
    EnergyAxis energies;              ///< of the predicted spectra
    std::vector<Pixel> pixels;        ///< of the rows below
    Eigen::MatrixXf spectra;          ///< [pixels, channels]
    Eigen::MatrixXf spectraDeviation; ///< [pixels, channels]

    /// Row of a pixel in `spectra`; -1 when there is none.
    int rowOf(Pixel pixel) const;
};

/// 64-bit FNV-1a over the maps' numbers and the next pixel: the same belief has the same hash.
std::uint64_t hashOf(const Belief &belief);

/// How far the deviations can be believed, by the predictions that came before their measurements
/// so far; see trust.h. NaN where there is nothing to tell from.
struct Trust
{
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    int predictions = 0;         ///< it is told from
    double coverage50 = unknown; ///< fraction of values within the central 50 % intervals
    double coverage80 = unknown, coverage95 = unknown; ///< likewise
    double calibration = unknown;                      ///< deviations should be so many times wider
    double calibrationLow = unknown, calibrationHigh = unknown; ///< its 99 % interval
    double rmsCalibration = unknown;                            ///< sqrt(mean z^2)
    double quantileCalibration = unknown;                       ///< 68.27 % quantile of |z|
    int outliers = 0;           ///< values more than four deviations away, quantile-calibrated
    double bias = unknown;      ///< mean z; above 0: values are higher than predicted
    double biasError = unknown; ///< its standard error
    double nlpd = unknown;      ///< mean negative log density, over the values' deviation
    double leaveOneOutNlpd = unknown; ///< likewise, of the model after the step
};

/// A survey image taken during a run, and where it shows the sample.
struct Resurvey
{
    std::shared_ptr<const Map> image; ///< as taken; null where the record lost it
    std::shared_ptr<const Map> laid;  ///< the same laid onto the first image, NaN beside it
    double rows = 0, cols = 0;        ///< shift since the first image, image pixels
    double quality = 0, rival = 1;    ///< of the registration
    bool isTrusted = false;           ///< else the beam stayed where it was
    double sharpness = 1;             ///< over the first image's
    std::int64_t timeMs = 0;          ///< since the epoch, UTC
};

/// The reference, measured again.
struct ReferenceCheck
{
    Pixel pixel, beam;        ///< of the first image; where the beam went
    Eigen::VectorXf spectrum; ///< empty where the instrument answers values
    double value = 0;
    double change = 0; ///< of the value since the first check, relative
    double dwellSeconds = 0, dose = 0;
};

/// One measurement and what is believed after it.
struct Step
{
    int number = 0; ///< 1 for the first measurement
    Pixel pixel;    ///< of the first survey image
    Pixel beam;     ///< where the beam went: the same without drift
    /// Believed then, since the first image: image pixels, and nm right and down (0 where the pixel
    /// size is unknown).
    double driftRows = 0, driftCols = 0, driftXNm = 0, driftYNm = 0;
    bool isDriftExtrapolated = false; ///< not as the last image had it
    /// Measurements the model had learnt from when the pixel was chosen; -1 where nobody watched.
    int known = -1;
    PatchFlaws flaws;                       ///< of its patch
    std::vector<Resurvey> surveys;          ///< taken before it
    std::vector<ReferenceCheck> references; ///< likewise
    Reason reason = Reason::Initial;
    Acquisition acquisition = Acquisition::Uncertainty; ///< the one that held
    Scalarizer scalarizer; ///< the one that held: of its value, its predictions and its belief
    double acquisitionValue = 0; ///< its value there; NaN unless chosen by it
    Heat heat;                   ///< counted in it; follows from plan, orders and dwell times
    Eigen::VectorXf
        spectrum;     ///< as measured, all channels; empty where the instrument answers values
    double value = 0; ///< of the scalarizer
    double predictedMean = 0;      ///< before measuring; NaN for the initial points
    double predictedDeviation = 0; ///< of the latent value, before measuring; NaN likewise
    double predictedNoise = 0;     ///< deviation of the noise then believed; NaN likewise
    Measurement::Source source = Measurement::Source::Measured; ///< of spectrum and value
    std::int64_t timeMs = 0; ///< when it was measured, since the epoch, UTC; 0 unknown
    double dwellSeconds = 0;
    double dose = 0;            ///< electrons per square angstrom; 0 when unknown
    std::vector<double> losses; ///< of the training after it; empty when none was done
    double measureSeconds = 0, learnSeconds = 0, predictSeconds = 0;
    double bestValue = 0;           ///< largest value measured so far
    double meanDeviation = 0;       ///< of the map after it; NaN without a model
    std::uint64_t modelHash = 0;    ///< 0 without a model
    std::uint64_t mapsHash = 0;     ///< hashOf() the belief after it; 0 without one
    std::optional<Quality> quality; ///< where the truth is known
    /// How a start learnt elsewhere does against a cold one on the points so far; where the plan
    /// names one.
    std::optional<WarmAgainstCold> warmth;
    std::optional<Trust> trust;              ///< once there is a prediction or a model
    QStringList changes;                     ///< what the operator changed before it, in words
    std::vector<Intervention> interventions; ///< the same, each time he was asked, for a rerun;
                                             ///< empty ones at the end are left out
    QStringList warnings;                    ///< what the model met and survived
    std::shared_ptr<const Belief> belief;    ///< null for steps whose maps are not kept
    /// The model after it as long as the run goes on and has no newer one; of those that learn a
    /// network only, others have nothing of their own to look at.
    std::weak_ptr<const DeepKernel> model;
};

/// 64-bit FNV-1a over pixels and measurements of the first `count` steps (at most all).
std::uint64_t pathHash(const std::vector<Step> &steps, int count);

/// A plan and its steps.
struct Run
{
    enum class Outcome { Finished, TimeIsUp, Plateau, Stopped, Exhausted, Failed };
    Plan plan;
    Dataset survey; ///< image and calibration, without spectra
    Flaws flaws;    ///< of its image; empty unless the plan watches over the instrument
    EnergyAxis energies;
    QString valueName; ///< "mean 0.35-0.55 eV"
    QString valueUnit;
    std::vector<Step> steps;
    Outcome outcome = Outcome::Stopped;
    QString message;   ///< a sentence on how it ended
    std::string model; ///< DeepKernel::serialize() after the last step; empty without one
};
const char *keyOf(Run::Outcome outcome);

} // namespace helmscope
