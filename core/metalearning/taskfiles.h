// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/scalarizer.h"
#include "metalearning/task.h"

#include <QStringList>

#include <optional>

namespace helmscope {

/// The tasks that these texts mean:
///   simulated:FAMILY[,FAMILY...]:COUNT[:SEED]   samples of the simulator, "all" for all families
///   RUN.h5                                      what a recorded run measured
///   LIST.json      {"tasks": [{"name", "image", "spectra" or "values", ..., "scalarizer"}, ...]},
///                  files as in a plan's sample, relative to the list
///   LABELS.csv     lines "image file, value": each image is one patch, files relative to it
///   FOLDER         a workspace: its runs; else all of these in it
/// Recorded spectra without a scalarizer of their own take `scalarizer`. Throws Error naming the
/// text and what is wrong; files are hashed here, and read only when a task is made.
std::vector<TaskSource> tasksFrom(const QStringList &texts,
                                  const std::optional<Scalarizer> &scalarizer);

} // namespace helmscope
