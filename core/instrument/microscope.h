// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/dataset.h"
#include "instrument/stage.h"

#include <functional>

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
    // What may not be done although it could; 0 switches a limit off.
    Pixel first{0, 0}, last{-1, -1}; ///< the region that may be visited; -1: to the edge
    double maxDose = 0;              ///< electrons per square angstrom, all visits of one pixel
    double maxRateHz = 0;            ///< exposures per second
    double currentA = 0;             ///< of the probe; 0 when unknown
    double maxCurrentA = 0;
    bool operator==(const Limits &) const = default;
};

/// Throws Error naming microscope and limits unless pixel, dwell and current are within.
void checkLimits(const QString &name, const Limits &limits, Pixel pixel, double dwellSeconds);
/// Throws Error when a pixel that got `before` would get more than the limit with `more` on top.
void checkDose(const QString &name, const Limits &limits, Pixel pixel, double before, double more);

/// What is known of an instrument now.
struct InstrumentState
{
    enum class Beam { Unknown, Blanked, On };
    bool isConnected = true;
    Beam beam = Beam::Unknown;
    QString leaseOwner;       ///< who may move it; empty: nobody
    bool isLeaseOurs = false; ///< it is this program
    bool isAborted = false;   ///< and waits for resume()
    double dose = 0;          ///< electrons per square angstrom: the most any pixel got
    double electrons = 0;     ///< all that were sent; 0 when unknown
    int exposures = 0;
    QString trouble; ///< a sentence on what it waits for; empty: nothing
    bool operator==(const InstrumentState &) const = default;
};

/// Something an instrument may be able to do, for people.
struct Capability
{
    QString name;
    bool isThere = false;
    QString detail; ///< a range, a unit, or why not
};

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
    /// Gives back what this program holds of it (a lease), until something is to move again.
    virtual void release() {}
    /// What is known now; from any thread, never waits.
    virtual InstrumentState state() const { return {}; }
    /// Where its stage is and may go, as last known; nothing: it has none that can be moved from
    /// here. From any thread, never waits.
    virtual std::optional<Stage> stage() const { return std::nullopt; }
    /// Moves the sample, with the beam blanked, and comes back when the stage has settled: with
    /// where it is then. The field of view shows another part of the sample; what was measured
    /// before lies elsewhere. Throws Error outside of its limits, and after abort().
    virtual Stage moveStage(const StageTarget &target);
    /// What it can and cannot do.
    virtual QList<Capability> capabilities() const;
    /// Asked, on the measuring thread, while a call waits for what may never come (a connection, a
    /// lease); false: the call gives up and throws.
    virtual void setPatience(const std::function<bool()> &) {}
    /// Whether measure() must come from the thread that opened it: then nothing is learnt
    /// meanwhile.
    virtual bool isBoundToThread() const { return false; }
    /// What a full scan would show, where that is known (simulator: without noise; replay: the
    /// recording): to judge predictions by. A real microscope has none.
    virtual std::optional<Dataset> groundTruth() const { return std::nullopt; }
    /// Whether that truth is itself a measurement, with noise on it.
    virtual bool isTruthNoisy() const { return false; }
};

} // namespace helmscope
