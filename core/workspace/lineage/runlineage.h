// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "steering/step.h"

#include <memory>

namespace helmscope {

/// What a run's folder says of it, for its lineage.
struct LineageOf
{
    QString workspace; ///< its folder
    QString id;
    qint64 createdMs = 0;
    QString gitCommit; ///< the version that the run began at; may be empty
};

/// A run on its way into the workspace's lineage (mlmd), as CMF names things; the pipeline bears
/// the workspace's name.
///
///     files of the sample -> Survey -> survey image -> Step 1 -> spectrum, maps, model
///     plan.json -> Survey, first steps, Explore
///     meta-model that the plan begins from -> Explore
///     meta-model chosen on the way -> the step it held from, Explore
///     spectrum, model -> Step 2 -> spectrum, maps, model ...
///     last spectrum and model, parent run of a branch -> Explore -> run.h5, model.dkl, metrics ...
///
/// Survey and Explore are one execution a run, Step one a step, or one a block of steps (see
/// stepsPerExecution()). What has custom property `run` (and `step`, or `first_step` and
/// `last_step`) belongs to that run. Pieces of the run file are artifacts of their own
/// (runs/<id>/run.h5/steps/17/spectrum); their uri is an md5 of the content's 64-bit hash and kind,
/// so that the same spectrum in two runs is one node.
///
/// What is in there already is left alone: the same run can be recorded again, after a crash or
/// from its files. On one thread. Throws Error when the store cannot be written.
class RunLineage
{
public:
    /// Survey and Explore as running; nothing is read but plan.json.
    RunLineage(const LineageOf &of, const Run &start);
    ~RunLineage();
    RunLineage(const RunLineage &) = delete;
    RunLineage &operator=(const RunLineage &) = delete;

    /// Steps one after another from the first on. Kept until there is a block of them, and until
    /// the last writing was so many seconds ago: a writing waits for the disk.
    void append(const Step &step);
    static constexpr double secondsBetweenWritings = 5;

    /// Writes what waits, also a block that is not full: of a run that ended.
    void flush();

    /// The rest, with all that stands in files by now; what they held is hashed, and stored as
    /// artifacts where it is small (model.dkl, the metrics of the steps). Answers the files below
    /// the workspace that are to be committed, the first of them CMF's own JSON of this run, one
    /// document a run so that histories merge without conflicts: lineage/<workspace>/<id>.json.
    QStringList finish(const Run &run, const Progress &progress);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// An ended run, as if it had been there while it happened. Nothing for a run without steps.
QStringList recordLineage(const LineageOf &of, const Run &run, const Progress &progress);

/// How many steps one execution of the lineage stands for, 1 to 1000: in the file .helmscope of the
/// workspace (INI, group lineage, key stepsPerExecution); 1 where nothing is said.
int stepsPerExecution(const QString &workspace);
void setStepsPerExecution(const QString &workspace, int steps);

} // namespace helmscope
