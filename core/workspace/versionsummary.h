// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "history/repository.h"

namespace helmscope {

/// What a version changed, in words: for people who look at a log.
struct VersionSummary
{
    QStringList runs;      ///< ids of runs whose files it changed, sorted
    QString title;         ///< of the first run's sample; empty when no plan says
    QStringList sentences; ///< "Run a begins: …", plan differences, steps, marks, how it ended
    int stepsAdded = 0;    ///< over all runs
    QStringList tags;      ///< that stand at this version, sorted
    std::vector<FileChange> files;      ///< all of them
    static constexpr int mostRuns = 20; ///< are told in sentences
};

/// Compares a version with its first parent. A plan that is new is told against that of the run it
/// branches from, or else of the run before it. What cannot be read is a sentence too; throws Error
/// only when the version is none. Reads up to some 100 MiB of files: for a job, one visible version
/// at a time.
VersionSummary summaryOf(const Repository &repository, const QString &version);

} // namespace helmscope
