// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/store.h"

#include <QStringList>

#include <vector>

namespace helmscope {

/// Why one object cannot be moved.
struct ObjectFailure
{
    QString name;
    QString sentence;       ///< for the user
    bool isPassing = false; ///< Unreachable: the same may work later
};

/// What an upload or download would move; members of folders included.
struct TransferPlan
{
    struct Item
    {
        QString name;
        qint64 bytes = -1; ///< -1: the remote does not say
        ObjectLayout layout = ObjectLayout::Dvc3;
    };
    std::vector<Item> toMove; ///< each once; files before the lists (".dir") that name them
    std::vector<Item> there;  ///< is where it should go already
    QStringList missing;      ///< neither here nor there
    std::vector<ObjectFailure> failed; ///< lists of folders that are refused
    bool isStopped = false;            ///< then the rest is not known
    qint64 bytes() const;              ///< of `toMove`, as far as known
};

struct TransferOutcome
{
    QStringList moved;
    std::vector<ObjectFailure> failed;
    qint64 bytes = 0;       ///< of what was moved
    bool isStopped = false; ///< what began is kept, and goes on the next time
    bool isComplete() const { return failed.empty() && !isStopped; }
};

/// Which of these objects of a cache (a workspace's .dvc/cache) the remote does not have. Throws
/// Unreachable or Error when the remote cannot be asked.
TransferPlan planUpload(const ObjectRemote &remote, const QString &cache, const QStringList &names,
                        const Progress &progress);
/// Which of these objects the cache does not have. Lists of folders come into the cache now: only
/// they say what else is wanted.
TransferPlan planDownload(const ObjectRemote &remote, const QString &cache,
                          const QStringList &names, const Progress &progress);

/// Does what was planned, several objects at a time (`connections`), verifying each md5. `progress`
/// is called on the calling thread with the part of the bytes. Throws only when nothing can be
/// begun; what fails later is in the outcome, by name. A list of a folder is not uploaded before
/// all its files are there.
TransferOutcome upload(const ObjectRemote &remote, const QString &cache, const TransferPlan &plan,
                       const Progress &progress, int connections = 4);
/// What comes is kept in the cache under partial/ until it is whole and verified.
TransferOutcome download(const ObjectRemote &remote, const QString &cache, const TransferPlan &plan,
                         const Progress &progress, int connections = 4);

} // namespace helmscope
