// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/dataset.h"
#include "data/scalarizer.h"
#include "dkl/acquisition.h"
#include "dkl/deepkernel.h"
#include "dkl/presets.h"
#include "instrument/microscope.h"
#include "instrument/protocol/address.h"
#include "instrument/simulator.h"
#include "steering/live/watch.h"

#include <QJsonObject>
#include <QStringList>

#include <memory>
#include <variant>

namespace helmscope {

/// The first points, before there is anything to learn from.
struct InitialPoints
{
    enum class Kind { Random, Grid, Given };
    Kind kind = Kind::Random;
    int count = 10;           ///< of random points, or about so many on a grid
    std::vector<Pixel> given; ///< Given only
    bool operator==(const InitialPoints &) const = default;
};

/// When to stop besides the budget; 0 switches a rule off.
struct Stopping
{
    double afterSeconds = 0;
    int plateauSteps = 0; ///< stop when over so many steps ...
    double plateauChange =
        0.01; ///< ... the map's mean deviation changed by less than this fraction
    bool operator==(const Stopping &) const = default;
};

/// Where a run begins that goes on, differently, from a step of another one.
struct Origin
{
    /// What answers at a pixel that the other run has not measured.
    enum class Beyond {
        Sample,   ///< the plan's sample: simulated, or a full recording
        Nearest,  ///< the nearest measured pixel's spectrum, marked so in each step
        Predicted ///< what the other run's last model expects there, marked likewise
    };
    QString run;  ///< id of the other run; empty: this one begins by itself
    int step = 0; ///< the measurements up to this step are taken over, as given first points
    QString hash; ///< pathHash() of them: that the other run is still what it was
    Beyond beyond = Beyond::Sample;
    bool operator==(const Origin &) const = default;
};

/// Where the acquisition is raised: somebody knows that a place is worth more.
struct Preference
{
    static constexpr double mostFactor = 1000;
    Mask pixels; ///< [rows, cols] of the grid; empty: none are preferred
    /// Their worth above the floor counts so many times: 1 to mostFactor. The floor is 0, or the
    /// lowest worth there is where that is less, so that it is never lowered.
    double factor = 2;
    bool isEmpty() const { return pixels.size() == 0 || !pixels.any() || factor == 1; }
    bool operator==(const Preference &other) const;
};

struct ModelStart;

/// A meta-model that the model begins from, as long as that helps on the points measured.
struct Beginning
{
    QString hash; ///< of the meta-model's contents; empty: the model begins cold
    QString file; ///< where it was found
    /// What it says; not part of the plan's text: who reads a plan reads it too (readBeginning()).
    std::shared_ptr<const ModelStart> start;
    /// Files and folders: the program chooses among the meta-models there, or a cold beginning,
    /// once `afterPoints` are measured (choosingBeginning()); until then the model begins as said
    /// above.
    QStringList among;
    int afterPoints = 10; ///< fewestPoints to mostPoints
    static constexpr int fewestPoints = 4, mostPoints = 200;
    bool isWanted() const { return !hash.isEmpty() || start; }
    bool isOpen() const { return !among.isEmpty(); } ///< it will be chosen
};

/// What is measured: simulated, recorded, or at an instrument on the network.
using SampleSources = std::variant<Simulator::Settings, DatasetSources, InstrumentAddress>;

/// What to explore and how, as saved; holds every seed.
struct Plan
{
    SampleSources sample;
    Scalarizer scalarizer; ///< unused where the microscope answers values
    bool isVector = false; ///< the model predicts whole (binned) spectra, scalarized afterwards
    int bin = 1;           ///< channels averaged into one, for the vector model
    int patch = 16;        ///< side of the square around a pixel, image pixels
    InitialPoints initial;
    Origin origin;
    Mask forbidden; ///< [rows, cols] of the grid; empty: nothing is
    Preference preferred;
    int steps = 50; ///< measurements after the initial ones
    Stopping stopping;
    AcquisitionSettings acquisition;
    DeepKernelSettings model = presets().front().settings; ///< its seed is derived from `seed`
    Beginning beginning; ///< how the model begins, unless cold; its settings hold while it does
    bool isWarmStart = false; ///< each step goes on from the last one's model, else from scratch
    int warmCycles = 20;      ///< cycles of a warm step
    double dwellSeconds = 0.05;
    WatchSettings watch;       ///< over an instrument that does not hold still
    bool hasShotNoise = false; ///< of a replayed recording
    int mapsEvery = 1;         ///< maps are kept and saved every so many steps, and at the last
    std::uint64_t seed = 1;    ///< of everything random: first points, weights, draws, noise

    /// Every field but the model's seed, which follows from `seed`. Numbers come back exactly;
    /// seeds above 2^53 are texts.
    QJsonObject toJson() const;
    /// Throws Error naming the field; unknown fields are ignored, missing ones take their defaults.
    static Plan fromJson(const QJsonObject &object, const QString &where);
};

/// A scalarizer as it stands in a plan, and back: an object, or a text like "band:0.35-0.55".
QJsonObject scalarizerToJson(const Scalarizer &scalarizer);
Scalarizer scalarizerFromJson(const QJsonValue &value, const QString &where);

/// An acquisition as it stands in a plan, and back.
QJsonObject acquisitionToJson(const AcquisitionSettings &settings);
AcquisitionSettings acquisitionFromJson(const QJsonObject &object, const QString &where);

/// A model's settings but for its seed as they stand in a plan, and back.
QJsonObject modelToJson(const DeepKernelSettings &model);
DeepKernelSettings modelFromJson(const QJsonObject &object, const QString &where);

/// A mask as rows, cols and runs [row, first column, last column]; an empty one as {}.
QJsonObject maskToJson(const Mask &mask);
Mask maskFromJson(const QJsonObject &object, const QString &where);

/// A preference as a mask with its factor, and back; an empty one as {}.
QJsonObject preferenceToJson(const Preference &preference);
Preference preferenceFromJson(const QJsonObject &object, const QString &where);

/// The microscope a plan is about. Reads the files of a recorded sample, connects to an instrument.
std::unique_ptr<Microscope> openMicroscope(const Plan &plan, const Progress &progress);

/// A scalarizer to begin with when nobody named one: a band about a tenth of the axis wide; of the
/// simulated sample the edge mode.
Scalarizer defaultScalarizer(const EnergyAxis &energies);

/// A scalarizer's value for people: "mean 0.35–0.55 eV", "peak energy 0.3–0.7 eV".
QString nameOf(const Scalarizer &scalarizer, const EnergyAxis &energies);

} // namespace helmscope
