// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/sync/syncing.h"

namespace helmscope {

// The part of a push or pull that concerns git.

/// Branches that have versions which the remote, as last fetched, has not.
SyncItem versionsToPush(const QString &workspace, const Remote &remote);
SyncPart pushVersions(const QString &workspace, const Remote &remote, const QStringList &branches,
                      const Progress &progress);
/// Fetches, and joins the remote's branch of the current branch's name into it.
SyncPart pullVersions(const QString &workspace, const PullChoice &choice, SyncReport &report,
                      const Progress &progress);
/// The repository's remotes, with what .helmscope adds to them.
std::vector<Remote> versionRemotes(const QString &workspace);
QString testVersions(const QString &workspace, const Remote &remote, const Progress &progress);

} // namespace helmscope
