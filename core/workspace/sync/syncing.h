// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "lineage/graph.h"
#include "workspace/sync/syncplan.h"

#include <functional>

namespace helmscope {

// The one Push and the one Pull of a workspace: metadata to CMF servers and hubs, artifacts to
// content-addressed remotes, versions to git servers. All block, and take a Progress. One of them
// at a time works in a workspace, in all programs; another one waits 5 s and throws Error.
//
// Everything may be repeated and interrupted: what is there already is not sent again, what was cut
// off goes on. What a server cannot take now waits in the outbox (outbox.h).

/// What is not there yet, as far as the remotes can be asked; where they cannot, as far as it is
/// known here, and a note says why. Stopped, what it has.
PushPlan planPush(const QString &workspace, const SyncChoice &choice, const Progress &progress);

/// Carries out what is chosen in a plan. A part that fails does not keep the others from going:
/// their sentences are in the report. What may work later is queued. Nothing is thrown but what
/// concerns the workspace itself.
SyncReport push(const QString &workspace, const PushPlan &plan, const Progress &progress);

/// How much is not pushed yet by what is known here, without asking anybody: for a badge.
struct Unpushed
{
    int executions = 0, files = 0, versions = 0;
    bool isNone() const { return executions == 0 && files == 0 && versions == 0; }
};
Unpushed unpushed(const QString &workspace, const SyncChoice &choice);

struct PullChoice
{
    SyncChoice remotes;
    QString pipeline, stage, uuid; ///< empty: all
    qint64 sinceMs = 0;            ///< changed on the server later than that, by our clock
    enum class Artifacts {
        None,
        Needed, ///< what the runs that are here have, and is missing
        All     ///< also the content of everything that the lineage names, as far as there
    };
    Artifacts artifacts = Artifacts::Needed;
    enum class Side { None, Ours, Theirs };
    /// Whose is taken; none, or no function: ours stands, and the conflict is reported. A file of
    /// the versions without an answer keeps these from being joined.
    std::function<Side(const SyncConflict &)> choose;
};
/// Versions are fetched and joined with ours, lineage is merged into the workspace's store,
/// artifacts come into the cache and into their places. Else as push().
SyncReport pull(const QString &workspace, const PullChoice &choice, const Progress &progress);

/// What a server has, without pulling it: its pipelines by name, or the lineage of one (or of all).
/// Nothing in the workspace changes.
QStringList pipelinesOf(const QString &workspace, const Remote &server, const Progress &progress);
LineageGraph lineageOf(const QString &workspace, const Remote &server, const QString &pipeline,
                       const Progress &progress);

/// An honest sentence on whether a remote can be used, and as what. Throws Unreachable or Error
/// with what is in the way.
QString testRemote(const QString &workspace, const Remote &remote, const Progress &progress);

} // namespace helmscope
