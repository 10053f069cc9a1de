// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QSet>
#include <QString>
#include <QStringList>

class QSqlDatabase;

namespace helmscope {

constexpr int oldestSchema = 6;   ///< of ML-Metadata, read here; MLMD 1.0
constexpr int currentSchema = 10; ///< read and written; MLMD 1.11 to 1.16

/// Columns of each table that a store has, by name; a table it lacks is not there.
using StoredTables = QHash<QString, QSet<QString>>;
StoredTables tablesOf(const QSqlDatabase &base);

/// Statements that make an empty store of schema 10 as MLMD makes it: 15 tables, their indexes, the
/// base types in MLMD's order, the version.
QStringList schemaStatements();
/// Names of MLMD's 15 tables.
QStringList schemaTables();

// MLMD's enumerations, as numbers stand in the store.
enum class TypeKind { Execution = 0, Artifact = 1, Context = 2 };
enum class PropertyType { Int = 1, Double = 2, String = 3 };
/// Whether MLMD's Event.type is one of the inputs; -1 neither (0 and what no MLMD writes).
int isInputEvent(int type);

} // namespace helmscope
