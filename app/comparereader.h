// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/comparison.h"

namespace helmscope {

/// Runs of files for a comparison: run files of ours, folders of a workspace that hold one, and
/// recordings of others (each method is a run). Blocks. Throws Error naming the first that is none.
std::vector<NamedRun> readForComparison(const QStringList &files, const Progress &progress);

/// The same runs in groups: those whose plans differ in their seeds only. A group is named by what
/// its runs have in common; a run that has no like stays by itself.
std::vector<NamedRun> groupedBySeed(std::vector<NamedRun> runs);

/// A name for a run that nobody named: its acquisition and seed.
QString nameOf(const Plan &plan);

} // namespace helmscope
