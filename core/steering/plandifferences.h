// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/plan.h"

#include <QStringList>

namespace helmscope {

/// In what the second plan differs from the first, a fragment each ("acquisition: Largest
/// uncertainty → Expected improvement (ξ 0.01)"), with units, in the order a person plans; empty
/// when they are the same. A sample of another kind or from other files is told by its name alone.
/// What the plan does not use (ξ where the acquisition is random) does not count, and the model's
/// own seed does not either: it follows from the plan's.
QStringList planDifferences(const Plan &before, const Plan &after);

} // namespace helmscope
