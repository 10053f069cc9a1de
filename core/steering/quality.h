// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

namespace helmscope {

/// Judges a belief against `truth` [rows, cols] over the candidates (where the mean is finite) that
/// are not in `measured`. `truthIsNoisy`: the truth is itself a measurement, so the noise counts in
/// NLPD and coverage.
Quality judge(const Belief &belief, const Map &truth, const std::vector<Pixel> &measured,
              bool truthIsNoisy);

} // namespace helmscope
