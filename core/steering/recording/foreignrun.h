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
/// number is of the model that knew the seeds only. The program that writes such files takes for
/// its MAE the root of the mean squared error, and both curves over all pixels: they are "rmseAll"
/// and "nlpdAll" here ("mae" as the file calls it besides), and the runs' notes say so. Throws
/// Error naming the file and the array.
std::vector<NamedRun> readForeignRuns(const QString &file, const Progress &progress);

/// The plan with which we explore the same: image, truth, patch and first points of theirs, our
/// default model, their acquisition where we have it (else our default).
Plan planLike(const NamedRun &foreign);

} // namespace helmscope
