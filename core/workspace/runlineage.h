// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "steering/step.h"

namespace helmscope {

/// What a run's folder says of it, for its lineage.
struct LineageOf
{
    QString workspace; ///< its folder
    QString id;
    qint64 createdMs = 0;
    QString gitCommit; ///< the version that the run began at; may be empty
};

/// Puts an ended run into the workspace's lineage (mlmd), as CMF names things: an execution of the
/// stage "<workspace>/Explore"; its inputs are plan.json, the files of a recorded sample that are
/// still there, and of a branch the run it came from; its outputs the run file and the steps, the
/// model (model.dkl, stored as an artifact), and a Metrics with the numbers at the end. A run that
/// is in there is left alone. The same as CMF's own JSON, one document a run, so that histories
/// merge without conflicts: lineage/<workspace>/<id>.json. Answers the files below the workspace
/// that are to be committed.
QStringList recordLineage(const LineageOf &of, const Run &run, const Progress &progress);

} // namespace helmscope
