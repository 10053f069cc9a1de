// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/task.h"

#include <QStringList>

namespace helmscope {

/// Families of simulated samples: what the shapes are; sizes, gaps, thickness, field of view, noise
/// and which of the field's modes is measured are drawn by the seed.
enum class SampleFamily {
    Cubes,    ///< the simulated microscope's arrays of nanocubes with a hole and an edge
    Spheres,  ///< scattered, of several sizes
    Discs,    ///< flat, scattered, some touching
    Rods,     ///< with round ends, any direction
    Prisms,   ///< flat triangles
    Gratings, ///< parallel bars with gaps
    Alloys,   ///< two phases grown into one another
};
/// "cubes", "spheres", ...
QStringList sampleFamilyKeys();
const char *keyOf(SampleFamily family);
/// Throws Error that lists the keys.
SampleFamily sampleFamilyFromKey(const QString &key);

/// One sample: image with noise, values with counting noise, and those without. The same family and
/// seed give the same sample.
Task simulatedTask(SampleFamily family, std::uint64_t seed, int patch);

/// `count` samples of these families in turn, seeds from `firstSeed` on.
std::vector<TaskSource> simulatedTasks(const std::vector<SampleFamily> &families, int count,
                                       std::uint64_t firstSeed);

} // namespace helmscope
