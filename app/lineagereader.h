// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/experimentplace.h"
#include "base/progress.h"
#include "widgets/lineageview.h"

#include <QSet>
#include <QSizeF>

#include <memory>

namespace helmscope {

struct LineageSearchIndex;

// What the lineage window lets its jobs do; nothing here knows a window.

/// A lineage as read, or the part of a store that is too large to be read whole.
struct LineageContents
{
    QString file;      ///< the first of files
    QStringList files; ///< more than one: joined by content
    std::shared_ptr<const LineageGraph> graph;
    /// Of each node the stores that have it; empty where there is one store only.
    std::vector<std::vector<int>> inStores;
    QStringList notes;       ///< what the user should know of the file, a sentence each
    qint64 nodesInStore = 0; ///< artifacts and executions
    bool isPart = false;     ///< graph holds some of them only
    /// Of each of the graph's stores the workspace it lies in; empty where it lies in none.
    QStringList workspaces;
    int centre = -1;         ///< of a part: the node it was read around
    QString mistake;         ///< in the expression; then it was sought as a text
    std::vector<int> listed; ///< of a part: what the tables were to list
};

/// Which part of a large store is wanted.
struct LineageWish
{
    LineageNode::Kind kind = LineageNode::Kind::Execution;
    qint64 id = 0; ///< 0: the newest execution
    int depth = 4;
    QString text; ///< an expression (lineage/query.h) for what the tables list; empty: the newest
    qint64 nodesInStore = 0; ///< where known: counting takes longer than searching
    /// What searches go through where it is made already; see LineageStore::prepareSearch().
    std::shared_ptr<const LineageSearchIndex> index;
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

/// The executions of a run with what they were made from and what came of them, `depth` edges
/// beyond them, of a store that need not be small; of a very long run those nearest the place.
/// Of other runs what they are as a whole, not their steps. Nothing where the store does not know
/// the run, or is not there.
LineageContents readRunLineage(const QString &file, const ExperimentPlace &place, int depth,
                               const Progress &progress);
/// The same of one node; it is the centre, -1 when it is not there any more.
LineageContents readNodeLineage(const QString &file, LineageNode::Kind kind, qint64 id, int depth,
                                const Progress &progress);

/// Blocks; null where it was stopped.
std::shared_ptr<const LineageSearchIndex> readSearchIndex(const QString &file,
                                                          const Progress &progress);

/// Several as one graph, joined where content or executions are the same. Throws Error where one
/// cannot be read, or is too large to be read whole.
LineageContents readLineages(const QStringList &files, const Progress &progress);

/// "①③": the stores with these numbers, from 0.
QString storeMark(const std::vector<int> &stores);

/// What is wrong with a store and what a CMF server would lose of it, worst first; of a JSON what
/// was amiss when it was read.
QStringList findingsIn(const QString &file, const LineageGraph &graph, const Progress &progress);

/// A picture and what it takes to open and close its groups.
struct LineageDrawing
{
    std::shared_ptr<const LineagePicture> picture;
    QStringList groups; ///< key of each group that the picture's items name
};

/// How something is to be drawn up.
struct DrawingWish
{
    std::vector<int> nodes;   ///< sorted
    std::vector<int> singly;  ///< of them, sorted: drawn alone, between what is left of their group
    QSet<QString> openGroups; ///< not to be drawn as one
    QSizeF nodeSize;
    bool hasThumbnails = false; ///< whether the size has room for pictures
};

/// Siblings in groups, laid out, marked by their stores; places follow `before` where it had
/// the same nodes, also of another reading of the store.
LineageDrawing drawUp(const LineageContents &contents, const DrawingWish &wish,
                      const LineageDrawing *before, const Progress &progress);

/// What came before and after a node within `depth` edges, without what is beside it.
std::vector<int> aroundNode(const LineageGraph &graph, int node, int depth);

} // namespace helmscope
