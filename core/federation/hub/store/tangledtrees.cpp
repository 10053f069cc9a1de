// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/store/tangledtrees.h"

#include "federation/hub/store/database.h"
#include "lineage/store/schema.h"

#include <QHash>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace helmscope {

namespace {

using Node = std::pair<bool, qint64>; ///< whether it is an execution, and its id
using Parents = std::map<Node, std::set<Node>>;

class Trees
{
public:
    Trees(SqlSession &session, const std::function<bool(const QString &)> &maySee)
        : m_session(session)
        , m_maySee(maySee)
    {
    }

    /// All that the executions have come from, in whatever pipeline.
    void follow(std::set<qint64> executions)
    {
        std::set<qint64> seenArtifacts;
        while (!executions.empty()) {
            const std::set<qint64> artifacts = addEvents(executions);
            std::vector<qint64> fresh;
            for (const qint64 artifact : artifacts)
                if (seenArtifacts.insert(artifact).second)
                    fresh.push_back(artifact);
            executions = makersOf(fresh);
            std::erase_if(executions, [this](qint64 id) { return m_executions.count(id) > 0; });
        }
        describe();
    }

    std::set<qint64> executionsOf(const QString &pipeline, const QString &uuidStart)
    {
        std::set<qint64> found;
        m_session.run("SELECT u.execution_id, u.uuid FROM hub_uuid u JOIN Context c ON c.id = "
                      "u.pipeline_id WHERE c.name = ?",
                      {pipeline}, [&](const QSqlQuery &row) {
                          if (row.value(1).toString().startsWith(uuidStart))
                              found.insert(row.value(0).toLongLong());
                      });
        return found;
    }

    /// Parents of each node of the tree, both kinds alternating.
    const Parents &both() const { return m_parents; }
    bool isShown(const Node &node) const { return node.first || m_artifacts.count(node.second); }

    /// The same with one kind only: who is two steps away is next.
    Parents ofOneKind(bool isExecution) const
    {
        Parents parents;
        for (const auto &[node, before] : m_parents) {
            if (node.first != isExecution || !isShown(node))
                continue;
            std::set<Node> &of = parents[node];
            for (const Node &between : before) {
                if (!isShown(between))
                    continue;
                const auto grand = m_parents.find(between);
                if (grand != m_parents.end())
                    for (const Node &each : grand->second)
                        if (isShown(each) && each != node)
                            of.insert(each);
            }
        }
        return parents;
    }

    QString idOf(const Node &node, int digits) const
    {
        if (node.first) {
            const auto &[stage, uuid] = m_executions.at(node.second);
            return stage.section('/', 1) + '_' + uuid.left(digits);
        }
        const auto &[name, uri] = m_artifacts.at(node.second);
        const qsizetype hash = uri.isEmpty() ? -1 : name.indexOf(':' + uri);
        const QString path = hash < 0 ? name.section(':', 0, 0) : name.left(hash);
        const QStringList rest =
            hash < 0 ? QStringList()
                     : name.mid(hash + uri.size() + 1).split(':', Qt::SkipEmptyParts);
        QString id = path.section('/', -1) + ':' + uri.left(digits);
        for (const QString &part : rest)
            id += ':' + part.left(part == rest.first() ? part.size() : digits);
        return id;
    }

private:
    SqlSession &m_session;
    const std::function<bool(const QString &)> &m_maySee;
    Parents m_parents;
    std::map<qint64, std::pair<QString, QString>> m_executions; ///< stage, uuid
    std::map<qint64, std::pair<QString, QString>> m_artifacts;  ///< name, uri

    /// Answers the artifacts of these executions.
    std::set<qint64> addEvents(const std::set<qint64> &executions)
    {
        std::set<qint64> artifacts;
        for (const qint64 id : executions) {
            m_executions[id];
            m_parents[{true, id}];
        }
        m_session.run(
            "SELECT artifact_id, execution_id, type FROM Event WHERE execution_id " +
                m_session.inNumbers(),
            {SqlSession::listOf(std::vector<qint64>(executions.begin(), executions.end()))},
            [&](const QSqlQuery &row) {
                const Node artifact{false, row.value(0).toLongLong()};
                const Node execution{true, row.value(1).toLongLong()};
                artifacts.insert(artifact.second);
                m_parents[artifact];
                if (isInputEvent(row.value(2).toInt()) == 1)
                    m_parents[execution].insert(artifact);
                else
                    m_parents[artifact].insert(execution);
            });
        return artifacts;
    }

    std::set<qint64> makersOf(const std::vector<qint64> &artifacts)
    {
        std::set<qint64> makers;
        if (artifacts.empty())
            return makers;
        m_session.run(
            "SELECT e.execution_id, e.type, c.name FROM Event e JOIN hub_uuid u ON "
            "u.execution_id = e.execution_id JOIN Context c ON c.id = u.pipeline_id WHERE "
            "e.artifact_id " +
                m_session.inNumbers(),
            {SqlSession::listOf(artifacts)}, [&](const QSqlQuery &row) {
                if (isInputEvent(row.value(1).toInt()) != 1 && m_maySee(row.value(2).toString()))
                    makers.insert(row.value(0).toLongLong());
            });
        return makers;
    }

    void describe()
    {
        std::vector<qint64> executions, artifacts;
        for (const auto &[node, parents] : m_parents)
            (node.first ? executions : artifacts).push_back(node.second);
        m_session.run("SELECT p.execution_id, t.name, p.string_value FROM ExecutionProperty p JOIN "
                      "Execution x ON x.id = p.execution_id JOIN Type t ON t.id = x.type_id WHERE "
                      "p.name = 'Execution_uuid' AND p.is_custom_property = 0 AND p.execution_id " +
                          m_session.inNumbers(),
                      {SqlSession::listOf(executions)}, [&](const QSqlQuery &row) {
                          m_executions[row.value(0).toLongLong()] = {row.value(1).toString(),
                                                                     row.value(2).toString()};
                      });
        m_session.run("SELECT a.id, a.name, a.uri FROM Artifact a JOIN Type t ON t.id = a.type_id "
                      "WHERE t.name NOT IN ('Environment', 'Label') AND a.id " +
                          m_session.inNumbers(),
                      {SqlSession::listOf(artifacts)}, [&](const QSqlQuery &row) {
                          m_artifacts[row.value(0).toLongLong()] = {row.value(1).toString(),
                                                                    row.value(2).toString()};
                      });
    }
};

/// Parents first; an edge that would close a cycle is taken out of `parents`. Without recursion:
/// how long a chain is, is for others to say.
std::vector<Node> inOrder(Parents &parents)
{
    enum { New, Open, Done };
    std::map<Node, int> states;
    std::vector<Node> order;
    for (const auto &[start, unused] : parents) {
        if (states[start] != New)
            continue;
        std::vector<std::pair<Node, std::vector<Node>>> path;
        const auto enter = [&](const Node &node) {
            states[node] = Open;
            const std::set<Node> &of = parents[node];
            path.push_back({node, {of.rbegin(), of.rend()}});
        };
        enter(start);
        while (!path.empty()) {
            if (path.back().second.empty()) {
                states[path.back().first] = Done;
                order.push_back(path.back().first);
                path.pop_back();
                continue;
            }
            const Node next = path.back().second.back();
            path.back().second.pop_back();
            if (states[next] == New)
                enter(next);
            else if (states[next] == Open)
                parents[path.back().first].erase(next);
        }
    }
    return order;
}

} // namespace

std::optional<QVariantList> tangledTree(SqlSession &session, Tree tree, const QString &pipeline,
                                        const std::function<bool(const QString &)> &maySee,
                                        const QString &uuidStart)
{
    Trees trees(session, maySee);
    const std::set<qint64> executions = trees.executionsOf(pipeline, uuidStart);
    if (executions.empty())
        return std::nullopt;
    trees.follow(executions);
    Parents parents;
    if (tree == Tree::Both) {
        for (const auto &[node, before] : trees.both())
            if (trees.isShown(node))
                for (parents[node]; const Node &each : before)
                    if (trees.isShown(each))
                        parents[node].insert(each);
    } else {
        parents = trees.ofOneKind(tree == Tree::Executions);
    }
    if (tree == Tree::Executions && !uuidStart.isEmpty()) {
        // Ancestors only; `follow` came by their artifacts' other makers too.
        std::vector<Node> open;
        for (const qint64 id : executions)
            open.push_back({true, id});
        Parents kept;
        while (!open.empty()) {
            const Node node = open.back();
            open.pop_back();
            if (kept.count(node))
                continue;
            kept[node] = parents[node];
            open.insert(open.end(), kept[node].begin(), kept[node].end());
        }
        parents = kept;
    }
    const std::vector<Node> order = inOrder(parents);

    QHash<QString, int> uses;
    std::map<Node, QString> ids;
    for (const Node &node : order)
        ++uses[trees.idOf(node, 4)];
    for (const Node &node : order) {
        QString id = trees.idOf(node, 4);
        if (uses.value(id) > 1) { // four digits are few: these get all, and at last their number
            id = trees.idOf(node, 32);
            if (uses.contains(id))
                id += QStringLiteral(" (%1)").arg(node.second);
        }
        ++uses[id];
        if (tree == Tree::Both)
            id.prepend(node.first ? "execution_name_" : "artifact_name_");
        ids[node] = id;
    }
    QVariantList groups;
    std::map<std::set<Node>, qsizetype> places;
    std::vector<QVariantList> lists;
    for (const Node &node : order) {
        QVariantList before;
        for (const Node &parent : parents[node])
            before.push_back(ids[parent]);
        const auto [place, isNew] = places.emplace(parents[node], qsizetype(lists.size()));
        if (isNew)
            lists.emplace_back();
        lists[std::size_t(place->second)].push_back(
            QVariantMap{{"id", ids[node]}, {"parents", before}});
    }
    for (const QVariantList &list : lists)
        groups.push_back(QVariant(list));
    return groups;
}

} // namespace helmscope
