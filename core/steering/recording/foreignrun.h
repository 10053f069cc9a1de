// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/comparison.h"

namespace helmscope {

/// Whether a file holds runs that somebody else's program recorded: a NumPy .npz with an image
/// (`img`), the pixels that could be measured (`indices_rc` [n, 2]), a truth (`truth_...` [rows,
/// cols]) and for each method an order (`order_<method>` [steps], indices into them), its seeds
/// (`seed_<method>`) and curves (`mae_<method>`, `nlpd_<method>` [steps]).
bool holdsForeignRuns(const QString &file);

/// The runs in such a file, one a method: seeds first as initial points, then the order (which may
/// begin with them); values from the truth; no maps, since none were recorded. A curve's first
/// number is of the model that knew the seeds only. In the program that writes such files, what it
/// calls MAE is the root of the mean squared error; both curves are over all pixels: so they are
/// "rmseAll" and "nlpdAll" here, and the runs' notes say so. Throws Error naming file and array.
std::vector<NamedRun> readForeignRuns(const QString &file, const Progress &progress);

/// What such a run measured, to be explored anew. Throws Error when it has no truth.
std::unique_ptr<Microscope> openForeign(const NamedRun &foreign);
/// Our way to explore it: with its first points, its patch and its number of steps.
Plan planLike(const NamedRun &foreign);

} // namespace helmscope
