// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

#include <QByteArray>

namespace helmscope {

class LineageStore;
class LineageWriter;

// CMF's pipeline document, {"Pipeline": [...]}: what its client pushes and pulls and what
// `cmf metadata export` writes.

/// Reads a document; artifacts that several events hold (same id, or same type, name and uri) are
/// one node. What is amiss but can be shown is among the graph's problems. Throws Error where it is
/// no such document.
LineageGraph readCmfJson(const QString &file);
LineageGraph cmfJsonToGraph(const QByteArray &json, const QString &name);

/// The document of a store, or of the pipelines named. Values as CMF encodes them: doubles keep a
/// fraction, bools and binary ones become 0.0, a custom property `type` becomes `user_type`.
QByteArray storeToCmfJson(const LineageStore &store, const QStringList &pipelines = {});
/// The document of a graph: what only a store knows of pipelines and stages (their ids, times and
/// properties) is made from the names.
QByteArray graphToCmfJson(const LineageGraph &graph);

/// Puts a document into a store: contexts by name, executions by uuid, artifacts by uri are reused.
void writeCmfJson(const QByteArray &json, const QString &name, LineageWriter &writer);

} // namespace helmscope
