// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/rerun/comparison.h"

namespace helmscope {

/// "Runs 1 and 2 part at step 14." for each pair; runs are counted from 1.
QStringList partingSentences(const Comparison &comparison);

/// So many steps of a run's path it has in common with another one of the comparison.
int commonSteps(const Comparison &comparison, int run);

/// What a person wants to read beside the curves, as HTML: where the runs part, in what their plans
/// differ, and what cannot be compared.
QString comparisonHtml(const Comparison &comparison);

/// A quality that every curve of `key` comes to at its end, to ask "when": 0 where none is known.
double commonQuality(const Comparison &comparison, const QString &key);

} // namespace helmscope
