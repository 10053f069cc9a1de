// SPDX-License-Identifier: GPL-3.0-or-later
// The writers behind lineageExports(), one a file. Private to core/lineage.
#pragma once

#include "lineage/graph.h"

#include <QByteArray>
#include <QJsonObject>

namespace helmscope {

/// An array of OpenLineage 2-0-2 events, which is what consumers take in batches: one run event an
/// execution (COMPLETE unless the store says otherwise), oldest first, and a dataset event an
/// artifact that no execution used or made.
QByteArray openLineageOf(const LineageGraph &graph);
/// A directed graph, left to right: artifacts as ellipses, executions as boxes.
QByteArray dotOf(const LineageGraph &graph);
/// A picture with title and legend; siblings and series in groups where there are many nodes.
QByteArray svgOf(const LineageGraph &graph);
/// PROV-JSON (W3C member submission 2013): entities, activities, used, wasGeneratedBy, and
/// wasDerivedFrom where one execution joins two artifacts.
QByteArray provOf(const LineageGraph &graph);
/// ro-crate-metadata.json of RO-Crate 1.1 under the Process Run Crate 0.5 profile: a CreateAction
/// an execution, with instrument, object, result and times; a File an artifact.
QByteArray roCrateOf(const LineageGraph &graph);

/// "2023-10-01T12:00:00.000Z"; empty for 0.
QString isoTime(qint64 ms);
/// The text without what XML 1.0 cannot hold: control characters, halves of surrogate pairs.
QString printable(const QString &text);
/// A name that is unique in the graph: "execution-0-12", store and id.
QString uniqueName(const LineageNode &node);
/// All properties, numbers as numbers; what JSON cannot hold as text.
QJsonObject propertiesOf(const LineageNode &node);
/// When each execution ended, one a node: the time of its last event; where there is none, of its
/// creation.
std::vector<qint64> endsOf(const LineageGraph &graph);
/// Names of the stores' files without their folders, which are nobody else's business.
QStringList storeNames(const LineageGraph &graph);
/// A UUID that the same execution has in every export: its own where it has one.
QString runIdOf(const LineageGraph &graph, int execution);

} // namespace helmscope
