// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/recordedrun.h"
#include "workspace/workspace.h"

namespace helmscope {

/// What follows a run's end, or its recovery: the run file goes to the cache, an ended run into the
/// lineage, all of it into a version. Each that cannot be done is a sentence, and the others are
/// done nevertheless. Can be repeated.
QStringList settle(const QString &workspace, const QString &id, const RecordedRun &recorded,
                   const QString &beginVersion, const Progress &progress);

/// Commits the ended runs whose last version is still missing, since git could not at the time.
/// Never throws: what still cannot be done is left for the next time.
void settleLeft(const QString &workspace, const Progress &progress);

/// Where a workspace's runs go when it cannot be written.
QString defaultSpillFolder(const QString &workspace);
/// Puts runs in spill folders into the workspace, as far as it can be written now; a sentence each
/// where not, by run.
std::vector<std::pair<QString, QString>> bringHome(const QString &workspace);

} // namespace helmscope
