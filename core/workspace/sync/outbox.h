// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/sync/syncing.h"

namespace helmscope {

/// A push that could not be done when it was asked for.
struct QueuedPush
{
    QString id;
    QStringList remotes; ///< names of those that could not be reached
    QStringList runs;    ///< only these; empty: all
    qint64 queuedMs = 0; ///< since the epoch
    int attempts = 0;    ///< since then
    qint64 nextMs = 0;   ///< when it is tried again
    QString reason;      ///< a sentence
};

/// Oldest first.
std::vector<QueuedPush> queuedPushes(const QString &workspace);
/// The same push is queued once.
void queuePush(const QString &workspace, const QueuedPush &push);
void removeQueued(const QString &workspace, const QString &id);

/// Tries what is due (`isAll`: all of it) again: after 30 s, 1 min, 2 min … at most an hour apart,
/// also after the clock was set. What works leaves the queue. Answers a report for each one tried.
std::vector<SyncReport> retryQueued(const QString &workspace, bool isAll, qint64 nowMs,
                                    const Progress &progress);

} // namespace helmscope
