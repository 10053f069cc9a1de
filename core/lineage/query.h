// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "lineage/graph.h"

#include <QString>

#include <vector>

namespace helmscope {

/// Nodes of a graph for which an expression holds, sorted.
///
///     expression := term {"or" term}     term := factor {["and"] factor}
///     factor     := "not" factor | "(" expression ")" | name operator value | word
///
/// A word is sought in name, short name, type, uri and stages, whatever its case. Operators are
/// = != < <= > >= ~ !~ and `:` (as ~, contains). A name is one of a property, or kind, type, name,
/// short, uri, stage, pipeline, id, store, state, created, updated. Values with blanks or signs
/// stand in quotes, "..." or '...', with \ before a quote. Numbers are compared as numbers, also
/// where the store has a text; times are ISO dates (UTC where no zone is given), of which
/// a shorter one is the whole day, month or year: `created = 2023-10`. A node without the property
/// fulfils no comparison with it, != included. An empty expression holds for all.
///
/// Throws Error that names the position (from 1) and what was expected there.
std::vector<int> matching(const LineageGraph &graph, const QString &expression);

} // namespace helmscope
