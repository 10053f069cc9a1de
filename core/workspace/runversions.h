// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/runrecord.h"
#include "workspace/runrecorder.h"

namespace helmscope {

// What a version's message says; its first line is what a log shows.
QString beginMessage(const PlanFile &plan);
QString markMessage(const PlanFile &plan, const Mark &mark);
QString endMessage(const PlanFile &plan, const StepsFile &lines);

/// Commits what a run's folder holds (and the workspace's own files, where git has none of them
/// yet). A branch's run goes to the git branch "run/<id>"; at its end that is joined into the
/// current branch. One at a time in all programs: waits 5 s for another one. Lock files that a
/// recorder of ours left behind in .git when it died are taken away. Throws Error where git cannot.
void commitRun(const QString &workspace, const QString &id, const PlanFile &plan,
               const QString &message, bool isEnd);
/// Commits the workspace's own files, where git has none of them yet.
void commitWorkspace(const QString &workspace);

} // namespace helmscope
