// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/branching.h"

namespace helmscope {

/// In what a branch's plan differs from how the run went on, in sentences; none where it does not.
QStringList branchWords(const Plan &before, const Plan &after, const Branch &branch,
                        const EnergyAxis &energies);

/// Why a way of answering where nobody measured is not possible for this run; empty: it is. Looks
/// for files, so not for every key press.
QString objectionTo(Origin::Beyond beyond, const Run &run);

} // namespace helmscope
