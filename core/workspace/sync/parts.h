// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/transfer.h"
#include "workspace/sync/documents.h"
#include "workspace/sync/runobjects.h"
#include "workspace/sync/syncstate.h"

namespace helmscope {

// What the sources of Push and Pull share.

CmfServer::Access accessOf(const QString &workspace, const Remote &server, const SyncState &state);
ObjectRemote objectRemoteOf(const QString &workspace, const Remote &remote);
QString cacheOf(const QString &workspace);
QString shownAddressOf(const Remote &remote);

/// Said once for each remote to which things go in clear; empty: nothing to say. Remembered in
/// `state`.
QString warningOf(const Remote &remote, SyncState &state);

/// Where the run of each execution is known, by uuid.
QMap<QString, QString> runsByUuid(const QVariantMap &document);

/// Does one part, and turns what it throws into what the report says of it.
SyncPart attempt(const Remote &remote, const std::function<void(SyncPart &)> &work);
void log(const QString &workspace, const SyncPart &part, bool isPush, const QStringList &runs,
         double seconds);

/// Puts the files of the runs that the cache has into their free places.
void placeObjects(const QString &workspace, const std::vector<RunObject> &objects,
                  const Progress &progress);

} // namespace helmscope
