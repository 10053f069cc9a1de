// SPDX-License-Identifier: GPL-3.0-or-later
// A lineage on standard output: for people, as JSON, as CSV.
#pragma once

#include <QJsonObject>
#include <QStringList>

#include <vector>

namespace helmscope {

struct LineageGraph;
struct LineageNode;

/// As LineageGraph::find() takes it: artifact:3, execution:12, with @2 behind it for the second of
/// several stores.
QString idOf(const LineageGraph &graph, const LineageNode &node);

QJsonObject toJson(const LineageGraph &graph);

/// One line.
void print(const QJsonObject &object);
/// A line a node: id, type, time (UTC), short name.
void printNodes(const LineageGraph &graph, const std::vector<int> &nodes);
/// A table of properties, as CSV (RFC 4180): a line a node, those first that were there first.
void printColumns(const LineageGraph &graph, std::vector<int> nodes, const QStringList &columns);

} // namespace helmscope
