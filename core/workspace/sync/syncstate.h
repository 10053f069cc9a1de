// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/cmfserver.h"
#include "workspace/folderlock.h"

#include <QHash>
#include <QSet>

namespace helmscope {

/// What is known of where a workspace's things are: kept beside git's own data, in no version.
/// Losing it costs time only.
struct SyncState
{
    struct Server
    {
        CmfTraits traits;
        QHash<QString, QString> executions; ///< uuid, digest of what it is known to have
        bool hasBeenWarnedOf = false;       ///< that everything goes there in clear
    };
    QHash<QString, Server> servers;       ///< by secretNameOf()
    QHash<QString, QSet<QString>> stores; ///< by secretNameOf(): names of objects there
    QHash<QString, QString> documents;    ///< lineage/…json that is in mlmd: path, md5

    /// An empty one where there is none, or it is damaged.
    static SyncState read(const QString &workspace);
    void write(const QString &workspace) const; ///< all or nothing; throws Error
};

/// The folder of what concerns syncing; made where it is missing.
QString placeOfSyncing(const QString &workspace);

/// Held while one program pushes or pulls. Throws Error when another one does for over 5 s.
class SyncLock
{
public:
    explicit SyncLock(const QString &workspace);
    ~SyncLock();
    SyncLock(const SyncLock &) = delete;
    SyncLock &operator=(const SyncLock &) = delete;

private:
    FolderLock m_lock;
};

} // namespace helmscope
