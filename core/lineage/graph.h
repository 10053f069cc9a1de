// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QVariant>

#include <optional>
#include <utility>
#include <vector>

namespace helmscope {

/// One property of an artifact, an execution or a context.
struct LineageProperty
{
    QString name;
    QVariant value; ///< qlonglong, double, QString, QByteArray or bool: the type it is stored with
    bool isCustom = false; ///< a free one, not declared by the type
    bool operator==(const LineageProperty &) const = default;
};

/// The value as a number: an int, a double, a bool, or a text that is one ("0.01": CMF's client
/// stores floats so, see CMF's update_execution); nothing otherwise.
std::optional<double> numberOf(const QVariant &value);

/// An artifact or an execution.
struct LineageNode
{
    enum class Kind { Artifact, Execution };
    Kind kind = Kind::Artifact;
    int store = 0;        ///< index into LineageGraph::stores
    qint64 id = 0;        ///< in that store; unique with kind and store
    QString type;         ///< name of its MLMD type; empty when the type is missing
    QString name;         ///< as stored; may be empty (most executions)
    QString uri;          ///< of an artifact: content hash, or a uuid
    int state = 0;        ///< Artifact.state, Execution.last_known_state; 0 unknown
    qint64 createdMs = 0; ///< since the epoch, UTC; the original time where a server kept it
    qint64 updatedMs = 0;
    QStringList stages;    ///< full names "<pipeline>/<stage>", sorted, by Association and Event
    QStringList pipelines; ///< sorted, likewise
    std::vector<LineageProperty> properties; ///< sorted by name, declared before custom

    /// What people call it: last part of the path before the hash; stage and first four characters
    /// of the uuid for an execution without a name.
    QString shortName() const;
    /// Null when there is none; a declared one before a custom one.
    const LineageProperty *property(const QString &name) const;
};

/// One event: an execution used or made an artifact. From what was there first to what came of it.
struct LineageEdge
{
    enum class Kind { Input, Output }; ///< artifact -> execution, execution -> artifact
    int from = 0, to = 0;              ///< indices into LineageGraph::nodes
    Kind kind = Kind::Input;
    int event = 0;     ///< MLMD's Event.type: 1..7
    qint64 timeMs = 0; ///< since the epoch; 0 unknown
    QString key;       ///< EventPath: the artifact's name as then given; may be empty
};

/// Which execution made what from what: a value, whole or a part of it. Nodes are sorted by
/// (store, kind, id), so the same question has the same answer. There may be cycles and nodes
/// without edges.
struct LineageGraph
{
    QStringList stores; ///< file names
    std::vector<LineageNode> nodes;
    std::vector<LineageEdge> edges;
    QStringList problems; ///< what is wrong with the stores, a sentence each

    /// -1 when there is none.
    int indexOf(LineageNode::Kind kind, qint64 id, int store = 0) const;
    /// Nodes whose name, short name, uri, a uuid or "artifact:<id>" / "execution:<id>" is `text`;
    /// an id alone matches both kinds. Of several stores "@2" behind names the second's.
    std::vector<int> find(const QString &text) const;
};

/// In which direction to walk.
enum class Walk { Up, Down, Both };

/// Nodes reached from `start` within `depth` edges (negative: no limit), `start` included, sorted.
std::vector<int> reach(const LineageGraph &graph, const std::vector<int> &start, Walk walk,
                       int depth = -1);
/// The part of a graph that holds these nodes and every edge among them.
LineageGraph subgraph(const LineageGraph &graph, const std::vector<int> &nodes);
/// Shortest walk from `a` to `b` along the edges; where there is none, against them; where there is
/// none either, in any direction; empty when they are not joined. Both ends included.
std::vector<int> path(const LineageGraph &graph, int a, int b);
/// Nearest common ancestors: those from which no other common ancestor can be reached downstream.
std::vector<int> commonOrigin(const LineageGraph &graph, int a, int b);
/// Artifacts of equal content hash become one node, also across stores (Metrics do not: their uri
/// is no hash), and so do executions of equal uuid in different stores: pulls of one another. The
/// first one's properties count.
LineageGraph joinedByContent(const LineageGraph &graph);

/// Several lineages as one, each a store of its own, joined by content: across sites.
LineageGraph together(const std::vector<LineageGraph> &graphs);

/// One thing in which two executions (or artifacts) differ.
struct LineageDifference
{
    enum class Of { Property, Input, Output, Metric };
    Of of = Of::Property;
    QString name;
    QVariant first, second; ///< invalid where one has none
};
/// Properties, inputs and outputs (by name and hash) and values of Metrics; equal ones left out,
/// parameters that people chose before what CMF adds (uuids, ids, commits).
std::vector<LineageDifference> differences(const LineageGraph &graph, int a, int b);

} // namespace helmscope
