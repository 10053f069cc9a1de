// SPDX-License-Identifier: GPL-3.0-or-later
// The writers behind lineageExports(), one a file. Private to core/lineage.
#pragma once

#include "lineage/graph.h"

#include <QByteArray>
#include <QJsonObject>

namespace helmscope {

/// An array of OpenLineage 2-0-2 run events, one COMPLETE event an execution, oldest first.
QByteArray openLineageOf(const LineageGraph &graph);
/// A directed graph, left to right: artifacts as ellipses, executions as boxes.
QByteArray dotOf(const LineageGraph &graph);
/// PROV-JSON (W3C member submission 2013): entities, activities, used, wasGeneratedBy, and
/// wasDerivedFrom where one execution joins two artifacts.
QByteArray provOf(const LineageGraph &graph);
/// ro-crate-metadata.json of RO-Crate 1.1 under the Process Run Crate 0.5 profile: a CreateAction
/// an execution, with instrument, object, result and times; a File an artifact.
QByteArray roCrateOf(const LineageGraph &graph);

/// "2023-10-01T12:00:00.000Z"; empty for 0.
QString isoTime(qint64 ms);
/// A name that is unique in the graph: "execution-0-12", store and id.
QString uniqueName(const LineageNode &node);
/// All properties, numbers as numbers; what JSON cannot hold as text.
QJsonObject propertiesOf(const LineageNode &node);
/// When it ended: its last event's time, or its last change.
qint64 endOf(const LineageGraph &graph, int execution);
/// A UUID that the same execution has in every export: its own where it has one.
QString runIdOf(const LineageGraph &graph, int execution);

} // namespace helmscope
