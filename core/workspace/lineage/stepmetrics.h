// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QByteArray>

namespace helmscope {

/// The numbers of each step as CMF keeps them per step: a table with the column SequenceNumber
/// (1 for the first) and one column a metric. CMF's client writes Parquet; no library for that is
/// in Debian 12, so this is CSV (UTF-8, comma, C locale, an empty field where nothing is known).
QByteArray stepMetrics(const std::vector<Step> &steps);

/// Where CMF puts it: cmf_artifacts/<uuid of the execution>/metrics/<name>.
QString stepMetricsPath(const QString &uuid);

/// Of the map's deviations the largest that is finite, and where.
struct LargestDeviation
{
    double value = 0;
    Pixel pixel;
};
/// Nothing without a map.
std::optional<LargestDeviation> largestDeviation(const Step &step);

} // namespace helmscope
