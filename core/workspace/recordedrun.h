// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "workspace/runfolder.h"

namespace helmscope {

/// All that a run's folder still tells, put together from plan, lines, spectra and run file.
struct RecordedRun
{
    PlanFile plan;
    StepsFile lines;
    Run run;
    bool isEnded = false; ///< outcome and message are those of its end
    /// The run file holds all of it and was closed; else it is to be written anew.
    bool isRunFileWhole = false;
    QStringList losses; ///< sentences on what cannot be told any more
};

/// Throws Error when neither plan nor run file can be read, and "Stopped." when stopped.
/// `runFile` empty: the one in the folder.
RecordedRun readRecorded(const QString &runFolder, const Progress &progress,
                         const QString &runFile = {});

/// Whether a run file is marked as open for writing, which others (h5dump) refuse.
bool isMarkedOpen(const QString &runFile);

} // namespace helmscope
