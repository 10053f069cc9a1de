// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/experimentplace.h"
#include "base/progress.h"
#include "widgets/lineageview.h"

#include <QSet>
#include <QSizeF>

#include <memory>

namespace helmscope {

// What the lineage window lets its jobs do; nothing here knows a window.

/// A lineage as read, or the part of a store that is too large to be read whole.
struct LineageContents
{
    QString file;
    std::shared_ptr<const LineageGraph> graph;
    QStringList notes;       ///< what the user should know of the file, a sentence each
    qint64 nodesInStore = 0; ///< artifacts and executions
    bool isPart = false;     ///< graph holds some of them only
    /// Of each of the graph's stores the workspace it lies in; empty where it lies in none.
    QStringList workspaces;
    int centre = -1;         ///< of a part: the node it was read around
    std::vector<int> listed; ///< of a part: what the tables were to list
};

/// Which part of a large store is wanted.
struct LineageWish
{
    LineageNode::Kind kind = LineageNode::Kind::Execution;
    qint64 id = 0; ///< 0: the newest execution
    int depth = 4;
    QString text;          ///< in names, types or hashes of what the tables list; empty: the newest
    ExperimentPlace place; ///< with a run: its execution instead of `kind` and `id`
};

/// So many of each kind are listed of a store that is read in parts.
constexpr int mostListed = 500;
/// From so many nodes on, a window begins with the neighbourhood of one instead of everything.
constexpr std::size_t wholePictureLimit = 5000;
/// Stores with more nodes are read in parts.
constexpr qint64 wholeStoreLimit = 20'000;

/// By name and first bytes: an SQLite file, or a JSON that CMF exported.
bool looksLikeLineage(const QString &file);
QString lineageNameFilter(); ///< of file dialogs

/// Throws Error where the file is none that holds a lineage.
LineageContents readLineage(const QString &file, const Progress &progress);
LineageContents readLineagePart(const QString &file, const LineageWish &wish,
                                const Progress &progress);

/// What is wrong with a store and what a CMF server would lose of it, worst first; of a JSON what
/// was amiss when it was read.
QStringList findingsIn(const QString &file, const LineageGraph &graph, const Progress &progress);

/// A picture and what it takes to open and close its groups.
struct LineageDrawing
{
    std::shared_ptr<const LineagePicture> picture;
    QStringList groups; ///< key of each group that the picture's items name
};

/// Siblings in groups, except those in `openGroups`, laid out; places follow `before` where it had
/// the same nodes. `hasThumbnails`: whether the size has room for pictures.
LineageDrawing drawUp(const std::shared_ptr<const LineageGraph> &graph,
                      const std::vector<int> &nodes, const QSet<QString> &openGroups,
                      const QSizeF &nodeSize, bool hasThumbnails, const LineageDrawing *before,
                      const Progress &progress);

/// What came before and after a node within `depth` edges, without what is beside it.
std::vector<int> aroundNode(const LineageGraph &graph, int node, int depth);

} // namespace helmscope
