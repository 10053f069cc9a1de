// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QVariant>

#include <functional>
#include <optional>

namespace helmscope {

class SqlSession;

/// CMF's lineage trees, computed right: what another pipeline made is followed there (as far as
/// `maySee` allows), a cycle loses one edge and no node, and no two nodes have one id. Environment
/// and Label are left out, as CMF does.
enum class Tree { Artifacts, Executions, Both };

/// [[{"id", "parents": [ids]}]]: nodes with the same parents in one group, parents before children.
/// `uuidStart`: of the execution whose ancestors Tree::Executions shows (empty: all of the
/// pipeline's). Nothing where there is no such pipeline or execution.
std::optional<QVariantList> tangledTree(SqlSession &session, Tree tree, const QString &pipeline,
                                        const std::function<bool(const QString &)> &maySee,
                                        const QString &uuidStart = {});

} // namespace helmscope
