// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/plan.h"

namespace helmscope {

/// In what the second plan differs from the first, a fragment each: "acquisition: uncertainty →
/// expected improvement (ξ 0.01)"; empty when they are the same. In the words of the window.
QStringList planDifferences(const Plan &before, const Plan &after);

} // namespace helmscope
