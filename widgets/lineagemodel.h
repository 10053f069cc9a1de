// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

#include <QAbstractTableModel>
#include <QHash>

#include <memory>

namespace helmscope {

/// Executions or artifacts of a graph as a table: what they are, then a column for each property
/// that people gave them, the most frequent first; of executions also for each number in the
/// Metrics they made. Texts that are numbers count as numbers.
class LineageNodeModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        Name,
        Type,
        Stage,
        Created,
        Number,  ///< the id in its store
        Sources, ///< of an execution its inputs, of an artifact the executions that made it
        Results, ///< of an execution its outputs, of an artifact the executions that used it
        FirstProperty
    };
    enum Role {
        SortRole =
            Qt::UserRole, ///< numbers as numbers, before texts; nothing as an invalid variant
        NodeRole          ///< index into the graph
    };

    explicit LineageNodeModel(LineageNode::Kind kind, QObject *parent = nullptr);

    /// Shows every node of its kind.
    void setGraph(std::shared_ptr<const LineageGraph> graph);
    /// Shows these only; those of the other kind and those out of range are passed over.
    void setNodes(const std::vector<int> &nodes);
    const std::vector<int> &nodes() const { return m_rows; }
    int rowOf(int node) const; ///< -1 when it is not shown

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    void chooseColumns();
    QVariant value(const LineageNode &node, int row, int column) const;
    /// Of a node itself, then of the Metrics it made.
    template <class Visit>
    void visitProperties(int node, Visit visit) const;

    LineageNode::Kind m_kind;
    std::shared_ptr<const LineageGraph> m_graph;
    std::vector<int> m_rows;
    std::vector<int> m_sources, m_results;  ///< counts, one a node of the graph
    QHash<int, std::vector<int>> m_metrics; ///< made by an execution
    QStringList m_properties;
    std::vector<bool> m_areNumbers; ///< of each property: most of its values
};

/// What is known of one node: what it is, what people gave it, what CMF noted; a name, a value and
/// the type it is stored with.
class LineagePropertyModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { Name, Value, StoredAs, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;
    void setNode(const LineageNode &node);
    void clear();

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    struct Row
    {
        QString name;
        QVariant value;
        QString storedAs; ///< empty: no property, but what the node is
    };
    std::vector<Row> m_rows;
};

/// Executions (or artifacts) side by side, a column each: parameters that differ first, then
/// metrics, inputs and outputs that differ, then what is equal, last what CMF notes by itself.
class LineageComparisonModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Role {
        SortRole = Qt::UserRole,
        DiffersRole ///< bool
    };

    using QAbstractTableModel::QAbstractTableModel;
    void compare(std::shared_ptr<const LineageGraph> graph, std::vector<int> nodes);
    const std::vector<int> &nodes() const { return m_nodes; }
    int differing() const; ///< rows

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    enum class Section { Parameter, Metric, Input, Output, Noted };
    struct Row
    {
        Section section;
        QString name;
        std::vector<QVariant> values; ///< one a node; invalid where it has none
        bool differs = false;
    };
    void addProperties();
    void addNeighbours();
    Row &row(Section section, const QString &name);

    std::shared_ptr<const LineageGraph> m_graph;
    std::vector<int> m_nodes;
    std::vector<Row> m_rows;
};

} // namespace helmscope
