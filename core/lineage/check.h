// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "lineage/graph.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace helmscope {

class LineageStore;

/// One thing that is wrong with a store, or that a CMF server would lose of it.
struct LineageFinding
{
    enum class Severity {
        Note,  ///< read well here, stored otherwise there
        Loss,  ///< a CMF server, or MLMD, loses it
        Damage ///< the store is broken there
    };
    Severity severity = Severity::Note;
    QString sentence;
    QString node; ///< "artifact:12", "execution:3", "context:2"; empty: the store as a whole
};

/// Worst first, then by node. At most `limit` of each kind of trouble, and a last sentence how many
/// more there are.
std::vector<LineageFinding> checkLineage(const LineageStore &store, const Progress &progress,
                                         int limit = 100);
/// The same of what a graph shows, after its problems, a sentence each.
QStringList checkLineage(const LineageGraph &graph);
const char *keyOf(LineageFinding::Severity severity); ///< "note", "loss", "damage"

} // namespace helmscope
