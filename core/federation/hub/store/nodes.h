// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/store/document.h"

#include <map>
#include <set>

class QSqlQuery;

namespace helmscope {

class SqlSession;

/// Nodes of one kind while a document is merged: what is stored of them already, and what is to be
/// written, which is done for all at once.
class Nodes
{
public:
    enum Kind { Execution = 0, Artifact = 1, Context = 2 }; ///< as hub_origin has them
    using Property = PipelineDocument::Property;
    using Properties = std::map<std::pair<QString, bool>, QVariant>; ///< by name and isCustom

    Nodes(SqlSession &session, Kind kind, qint64 lastId); ///< new ones get ids after that

    qint64 newId() { return ++m_next; }
    bool isNew(qint64 id) const { return id >= m_firstNew; }
    void load(const std::vector<qint64> &ids);
    const Properties &properties(qint64 id) { return m_stored[id].properties; }
    void put(qint64 id, const Property &property);
    /// What a document brings that a stored node lacks, or that is newer there; whether anything
    /// is. `isLeft` (may be null) says which properties are not the document's to change.
    bool update(qint64 id, const PipelineDocument::Entity &entity,
                bool (*isLeft)(const Property &));
    /// When its maker last changed it, and the type he gave it.
    void setOrigin(qint64 id, qint64 updatedMs, const QString &userType = {});
    void touch(qint64 id) { m_touched.insert(id); } ///< it has changed now
    void write(qint64 nowMs);

private:
    struct Stored
    {
        Properties properties;
        qint64 updatedMs = 0;
    };
    SqlSession &m_session;
    Kind m_kind;
    qint64 m_firstNew, m_next;
    std::map<qint64, Stored> m_stored;
    std::vector<QVariantList> m_rows;
    bool m_mayRepeat = false; ///< a row for what another one is for
    std::map<qint64, std::pair<qint64, QString>> m_origins;
    std::set<qint64> m_touched;
};

/// The value of a row whose columns from `first` on are int_value, double_value, string_value and
/// bool_value.
QVariant storedValue(const QSqlQuery &row, int first);

/// The time at which its first maker made a node: CMF's servers keep it under this name.
extern const QString originalTime;

} // namespace helmscope
