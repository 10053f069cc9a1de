// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "lineage/graph.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <utility>
#include <vector>

namespace helmscope {

struct LineageSearchIndex;

/// An ML-Metadata store in an SQLite file, as CMF writes it: schema 10 is read and written, 6 to 9
/// are read. Used on the thread that opened it only (QSqlDatabase).
class LineageStore
{
public:
    enum class Mode { Read, Write };

    /// Opens a store; Mode::Write creates it where there is none. A store with a hot journal is
    /// read from a copy that is rolled back (see notes()); a locked one is waited for, `waitMs` at
    /// most. Throws Error when it is no store, too new, or cannot be written though asked to.
    explicit LineageStore(const QString &file, Mode mode = Mode::Read, int waitMs = 5000);
    ~LineageStore();
    LineageStore(const LineageStore &) = delete;
    LineageStore &operator=(const LineageStore &) = delete;

    /// Whether a file is an SQLite store, by its first bytes. Programs must not look at these
    /// themselves: closing a file takes away the locks that the program has on it through SQLite.
    static bool isOne(const QString &file);

    const QString &fileName() const;
    int schemaVersion() const;
    /// What the user should know of how it was opened, a sentence each.
    const QStringList &notes() const;

    struct Counts
    {
        qint64 artifacts = 0, executions = 0, contexts = 0, events = 0;
        std::vector<std::pair<QString, qint64>> artifactTypes, executionTypes; ///< name, how many
        std::vector<std::pair<QString, qint64>> pipelines; ///< name, executions in it
        std::vector<std::pair<QString, qint64>> stages;    ///< full name, executions in it
    };
    Counts counts() const;

    /// Everything, with properties; stopped, what it has.
    LineageGraph graph(const Progress &progress) const;
    /// Nodes within `depth` edges of one, and the edges among them, without reading the rest.
    /// `limit` bounds the nodes; problems() of the graph say when it was met.
    LineageGraph neighbourhood(LineageNode::Kind kind, qint64 id, int depth,
                               int limit = 5000) const;

    /// These nodes, what they came of and what came of them within `depth` edges, not what is
    /// beside that, and the edges among them. `limit` as above.
    LineageGraph lineOf(const std::vector<std::pair<LineageNode::Kind, qint64>> &nodes, int depth,
                        int limit = 5000) const;
    /// Ids of the first `limit` executions whose names begin so, in their order.
    std::vector<qint64> executionsNamed(const QString &beginning, int limit) const;

    /// These executions, and every artifact that they used or made.
    LineageGraph around(const std::vector<qint64> &executions) const;

    /// One row of a table: what is asked of a list of nodes.
    struct Query
    {
        LineageNode::Kind kind = LineageNode::Kind::Artifact;
        QString type, pipeline, stage; ///< empty: any
        QString text;                  ///< in name, uri or type, case-insensitive; empty: any
        qint64 fromMs = 0, toMs = 0;   ///< creation; 0: open
        int offset = 0, limit = 200;
    };
    /// Newest first, without edges and properties.
    std::vector<LineageNode> list(const Query &query) const;
    /// Nodes for which an expression holds (see query.h), newest first of each kind, artifacts
    /// before executions, `limit` of each at most; without reading the rest.
    std::vector<LineageNode> matching(const QString &expression, int limit,
                                      const Progress &progress) const;

    /// What searches of names go through, 100 bytes a node; made once (a second for a million) and
    /// given to those who open the same file later. Null when it was stopped.
    std::shared_ptr<const LineageSearchIndex> prepareSearch(const Progress &progress) const;
    /// False, and nothing is changed, where the file was written to since it was made.
    bool use(std::shared_ptr<const LineageSearchIndex> index);

    /// A node with its properties; nothing when there is none.
    std::optional<LineageNode> node(LineageNode::Kind kind, qint64 id) const;

private:
    friend class LineageWriter;
    friend struct LineageStoreParts;
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
