// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/dataset.h"

namespace helmscope {

/// What one pixel answered.
struct Measurement
{
    /// Where nobody can measure any more (a run of the past), what stands in for it is marked.
    enum class Source { Measured, Nearest /** another pixel's */, Predicted /** by a model */ };
    Source source = Source::Measured;
    Eigen::VectorXf spectrum; ///< [channels], counts; empty where the instrument answers a value
    double value = 0;         ///< that value; NaN where it answers a spectrum
    double dwellSeconds = 0;
    double dose = 0; ///< electrons per square angstrom given to this pixel; 0 when unknown
};

/// What an instrument can do; measure() outside of it throws Error.
struct Limits
{
    int rows = 0, cols = 0; ///< the grid of pixels
    double minDwellSeconds = 0;
    double maxDwellSeconds = 0;
};

/// Throws Error naming microscope and limits unless pixel and dwell are within.
void checkLimits(const QString &name, const Limits &limits, Pixel pixel, double dwellSeconds);

/// What measures: the simulator, the replay of a recording and the remote instrument are each one.
/// Blocking; used by one thread at a time, except abort().
class Microscope
{
public:
    virtual ~Microscope() = default;

    virtual QString name() const = 0;
    /// The survey image with its calibration, without spectra.
    virtual Dataset survey(const Progress &progress) = 0;
    /// The axis of the spectra; without channels where it answers values.
    virtual EnergyAxis energies() const = 0;
    virtual Limits limits() const = 0;
    /// Throws Error outside the limits and after abort().
    virtual Measurement measure(Pixel pixel, double dwellSeconds) = 0;
    /// Stops what is going on, from any thread, at once; measure() refuses until resume().
    virtual void abort() = 0;
    virtual void resume() = 0;
    /// What a full scan would show, where that is known (simulator: without noise; replay: the
    /// recording): to judge predictions by. A real microscope has none.
    virtual std::optional<Dataset> groundTruth() const { return std::nullopt; }
    /// Whether that truth is itself a measurement, with noise on it.
    virtual bool isTruthNoisy() const { return false; }
};

} // namespace helmscope
