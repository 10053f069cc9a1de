// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/workspace.h"

namespace helmscope {

/// Takes a run that was recorded elsewhere (a run file) into a workspace, as if it had been
/// recorded there: folder, artifacts, lineage, versions; the times of its steps stay. Its name is
/// `id`, or the file's where that is empty. Answers sentences about what could not be done. Throws
/// Error when the file is no run, the workspace has one of that name, or nothing can be recorded.
QStringList importRun(const Workspace &workspace, const QString &file, const QString &id,
                      const Progress &progress);

} // namespace helmscope
