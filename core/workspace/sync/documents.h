// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/sync/syncing.h"

namespace helmscope {

// The workspace's lineage as pipeline documents.

/// All of the workspace's store; nothing where there is none yet.
QVariantMap workspaceDocument(const QString &workspace);

/// The execution's properties, events and content as one text: the same for the same.
QString digestOf(const QVariantMap &execution);
/// The run that an execution says it is of; empty: none.
QString runOf(const QVariantMap &execution);
/// Calls for each execution, with the names of its pipeline and stage.
using OfExecution = std::function<void(const QString &pipeline, const QString &stage,
                                       const QVariantMap &execution)>;
void eachExecution(const QVariantMap &document, const OfExecution &visit);
/// The part that has these executions.
QVariantMap withExecutions(const QVariantMap &document, const QSet<QString> &uuids);

/// What a document brought into the store.
struct Taken
{
    QStringList runs, executions; ///< that were not there before
    std::vector<SyncConflict> conflicts;
};
/// Merges a server's document into the workspace's store as one transaction: what a server changed
/// in keeping it (types, times, numbers as texts) is not taken for a difference, and our values
/// stand where both have one. Repeating it changes nothing.
Taken takeDocument(const QString &workspace, const QVariantMap &document,
                   const std::function<PullChoice::Side(const SyncConflict &)> &choose);
/// The documents below lineage/ that git brought and the store does not have yet. `known`: path and
/// md5 of those it has.
Taken takeDocuments(const QString &workspace, QHash<QString, QString> &known,
                    const std::function<PullChoice::Side(const SyncConflict &)> &choose,
                    const Progress &progress);

/// Two documents as one: executions by uuid, their events by content; the first one's values stand.
/// Nothing where one of them is none.
std::optional<QByteArray> unitedDocuments(const QByteArray &first, const QByteArray &second);

} // namespace helmscope
