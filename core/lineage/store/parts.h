// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of the store share; nothing outside core/lineage includes it.
#pragma once

#include "lineage/store.h"
#include "lineage/store/openfile.h"
#include "lineage/store/schema.h"

#include <QHash>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace helmscope {

/// Strings of files are cut after so many characters, with a problem said.
constexpr int longestText = 1'000'000;
constexpr int longestName = 4096;
/// Properties of one node that are read.
constexpr int mostProperties = 10'000;

/// One SQL statement; what SQLite answers amiss becomes an Error.
class Sql
{
public:
    Sql(const QSqlDatabase &base, const QString &statement);
    Sql &bind(int place, const QVariant &value);
    void exec(); ///< throws Error naming SQLite's reason
    bool next(); ///< executes first where that was not done
    QVariant operator[](int column) const { return m_query.value(column); }
    qint64 id(int column) const { return m_query.value(column).toLongLong(); }
    QString text(int column) const { return m_query.value(column).toString(); }
    qint64 lastId() const { return m_query.lastInsertId().toLongLong(); }

private:
    QSqlQuery m_query;
    QSqlDatabase m_base; ///< for what to say where it fails
    bool m_isExecuted = false;
};

/// A context as the store has it.
struct LineageContext
{
    qint64 id = 0;
    QString type, name;
    std::vector<qint64> parents;
    bool isPipeline = false;
};

/// Names and types in memory, newest first, that a search goes through as one text.
struct SearchText
{
    /// Place of the first node from place `from` on whose text has `word` (folded, UTF-8); the
    /// number of nodes when there is none.
    std::size_t find(const std::string &word, std::size_t from) const;

    std::string text;                   ///< "name \n uri \0" of each, case folded, UTF-8
    std::vector<std::uint32_t> offsets; ///< one a node, and the end
    std::vector<qint64> ids, types, created;
    QStringList values; ///< columns of values that any property of these nodes has
};

/// What a file is known by. Not SQLite's own count of changes: see OpenFile.
struct StoreStamp
{
    QString file;
    qint64 size = 0, changedNs = 0;
    bool operator==(const StoreStamp &) const = default;
};

struct LineageSearchIndex
{
    StoreStamp stamp;
    SearchText texts[2]; ///< by kind
};

struct LineageStore::Private
{
    OpenFile opened;
    QString file, connection;
    Mode mode = Mode::Read;
    int waitMs = 5000;
    int version = 0;
    QStringList notes;
    std::unique_ptr<QTemporaryDir> copy; ///< of a store that cannot be read in place
    QSqlDatabase base;
    StoredTables tables;
    QHash<qint64, QString> types;
    QHash<qint64, LineageContext> contexts;
    std::shared_ptr<const LineageSearchIndex> index;
    mutable std::unique_ptr<SearchText> texts[2]; ///< by kind; without an index, made when searched

    ~Private();
    void open(bool mayWrite);
    void openCopy(const QString &why);
    void readHead(); ///< version, tables, types, contexts
    /// "name" where the table has the column, else NULL under that name.
    QString column(const QString &table, const QString &name, int longest = 0) const;
    QString nodeColumns(LineageNode::Kind kind) const;
    LineageNode nodeOf(const Sql &row, LineageNode::Kind kind) const;
    /// Properties of the nodes that `inside` (SQL after WHERE, or empty) picks, to `give`.
    void readProperties(LineageNode::Kind kind, const QString &inside,
                        const std::function<LineageNode *(qint64)> &node,
                        QStringList &problems) const;
    void fill(LineageGraph &graph,
              const std::set<std::pair<LineageNode::Kind, qint64>> &found) const;
    /// Adds the names of a context to a node's stages and pipelines.
    void addContext(LineageNode &node, qint64 context) const;
    /// These nodes with their stages and pipelines, in this order.
    std::vector<LineageNode> rows(LineageNode::Kind kind, const std::vector<qint64> &ids) const;
    StoreStamp stamp() const;
    void readValueColumns(LineageNode::Kind kind, SearchText &all) const;
    const SearchText &searchText(LineageNode::Kind kind) const;
    /// False where it was stopped.
    bool readText(LineageNode::Kind kind, SearchText &all, const Progress &progress) const;
    /// SQL of the ids of nodes in these contexts.
    QString idsInContexts(LineageNode::Kind kind, const QString &pipeline,
                          const QString &stage) const;
};

/// For the files of core/lineage that read what no graph holds.
struct LineageStoreParts
{
    using Store = LineageStore::Private;
    static const LineageStore::Private &of(const LineageStore &store) { return *store.d; }
};

class LineageWriter;
/// All of one store into another: contexts by name, artifacts by uri, executions by uuid are the
/// same there, and get the properties they lack. False where it was stopped, with nothing changed.
bool copyStore(const LineageStore &from, LineageWriter &to, const Progress &progress);

/// The program that has the file locked, for people; empty where the system does not tell.
QString holderOf(const QString &file);
/// Sorted and once each.
void tidy(LineageNode &node);
/// "Artifact" or "Execution".
QString tableOf(LineageNode::Kind kind);

} // namespace helmscope
