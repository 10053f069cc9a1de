// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/lineagemodel.h"

#include <QTabWidget>

class QLabel;
class QListWidget;
class QSortFilterProxyModel;
class QTableView;

namespace helmscope {

class SweepPage;

/// Executions and artifacts as tables, and the comparison of those that are selected.
class LineageTables final : public QTabWidget
{
    Q_OBJECT
public:
    explicit LineageTables(QWidget *parent = nullptr);

    void setGraph(std::shared_ptr<const LineageGraph> graph);
    void setNodes(const std::vector<int> &nodes); ///< those of the filter and of the search
    /// Selects its row and shows it; says nothing. Several selected rows that hold it stay.
    void setSelectedNode(int node);

    /// Brings the table to the front that holds the first of these, unless the one in front has
    /// some.
    void showKindOf(const std::vector<int> &nodes);

    /// Selected rows of the table in front; of executions in the order of their rows.
    std::vector<int> selectedNodes() const;
    /// Nodes of the table, as sorted.
    std::vector<int> nodes(LineageNode::Kind kind) const;
    void compare(const std::vector<int> &nodes); ///< and shows the comparison
    /// A page with sentences; empty ones separate them. Replaces the last report.
    void showReport(const QString &title, const QStringList &sentences);
    SweepPage *sweep() const { return m_sweep; }
    void showSweep(); ///< brings it to the front
    const LineageComparisonModel &comparison() const { return *m_comparison; }

signals:
    void nodeSelected(int node);
    void nodeActivated(int node);
    void selectionChanged(); ///< selectedNodes()

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Table
    {
        LineageNodeModel *model = nullptr;
        QSortFilterProxyModel *sorted = nullptr;
        QTableView *view = nullptr;
    };
    Table addTable(LineageNode::Kind kind, const QString &name);
    void showCounts();
    void fitColumns(const Table &table);

    std::shared_ptr<const LineageGraph> m_graph;
    Table m_executions, m_artifacts;
    LineageComparisonModel *m_comparison = nullptr;
    QTableView *m_comparisonView = nullptr;
    QLabel *m_comparisonText = nullptr;
    SweepPage *m_sweep = nullptr;
    QListWidget *m_report = nullptr;
    bool m_isTelling = true;
};

} // namespace helmscope
