// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

#include <QSet>
#include <QTreeWidget>

namespace helmscope {

/// Pipelines with their stages, and types, each with a box: what is unticked is left out of graph
/// and tables.
class LineageFilter final : public QTreeWidget
{
    Q_OBJECT
public:
    explicit LineageFilter(QWidget *parent = nullptr);

    /// All ticked.
    void setGraph(const LineageGraph &graph);
    bool isAll() const { return m_offStages.isEmpty() && m_offTypes.isEmpty(); }
    /// An artifact of several stages is left out when all of them are.
    bool holds(const LineageNode &node) const;
    void setAll();

signals:
    void filterChanged(); ///< by hand

private:
    void readBoxes();

    QSet<QString> m_offStages, m_offTypes; ///< of types: kind and name
};

} // namespace helmscope
