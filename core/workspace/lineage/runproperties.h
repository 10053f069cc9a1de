// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"
#include "workspace/lineage/runlineage.h"

namespace helmscope {

// What the lineage says of a run and its steps, as custom properties. Numbers that are not known
// (NaN) and empty texts are left out.

void add(std::vector<LineageProperty> &properties, const char *name, const QVariant &value);

/// Of the whole run, known at its begin: sample, value, acquisition, model, where it branched.
std::vector<LineageProperty> settingsOf(const LineageOf &of, const Run &run);
/// At its end: how much was measured, dose, time, quality, trust.
std::vector<LineageProperty> metricsOf(const Run &run);
/// Of one step: order, place, reason, prediction before, value, uncertainty and quality after.
std::vector<LineageProperty> propertiesOf(const Step &step, const Plan &plan, double pixelSizeNm);

} // namespace helmscope
