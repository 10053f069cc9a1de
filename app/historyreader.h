// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/map.h"
#include "widgets/historymodel.h"
#include "workspace/versionsummary.h"

namespace helmscope {

// What the history window asks of a workspace's folder; for jobs: each opens the repository on the
// thread it is called on.

/// The newest `limit` versions; none where the folder has no repository yet.
std::shared_ptr<const HistoryLog> readHistory(const QString &folder, int limit);

/// Its versions with the branches and tags that there are now.
std::shared_ptr<const HistoryLog> withReferences(const HistoryLog &log, const QString &folder);

VersionSummary readSummary(const QString &folder, const QString &version);

/// What a run came to, as pictures.
struct RunPictures
{
    QString run;
    std::shared_ptr<const Map> mean, deviation; ///< of the last maps kept; null: see `sentence`
    int step = 0;                               ///< they are of
    QString valueName, valueUnit;
    QString sentence; ///< why there are none
};
/// Never throws: what cannot be read is a sentence.
RunPictures readPictures(const QString &folder, const QString &run, const Progress &progress);

} // namespace helmscope
