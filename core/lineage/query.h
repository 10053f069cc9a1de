// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

#include <QString>

#include <vector>

namespace helmscope {

/// Nodes of a graph for which an expression holds, sorted.
///
///     expression := term {"or" term}          term := factor {["and"] factor}
///     factor     := "not" factor | "(" expression ")" | name operator value | word
///
/// A word is sought in name, short name, type, uri and stages, whatever its case. Operators are
/// = != < <= > >= ~ (contains) !~ and `:`, which is ~ or finds "name:value" as a word. A name is
/// kind, type, name, short, uri, uuid, stage, pipeline, id, artifact (its id), execution (its id),
/// store, state, created, updated, or a property's, whose case counts if one is named exactly so.
/// Names and values with blanks, signs or keywords stand in "..." or '...', with \ before a quote.
/// Numbers are compared as numbers, also where the store has a text. Times are ISO dates, UTC where
/// no zone is given; a short one is the whole day, month or year: `created = 2023-10`. Where a node
/// has no such property no comparison holds, != included. An empty expression holds for all.
///
/// Throws Error that names the position (from 1) and what was expected there.
std::vector<int> matching(const LineageGraph &graph, const QString &expression);

} // namespace helmscope
