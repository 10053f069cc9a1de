// SPDX-License-Identifier: GPL-3.0-or-later
// What some nodes came of and what came of them, without reading the rest of the store.

#include "base/tr.h"
#include "lineage/store/parts.h"

#include <QFileInfo>

#include <deque>

namespace helmscope {

std::vector<qint64> LineageStore::executionsNamed(const QString &beginning, int limit) const
{
    std::vector<qint64> ids;
    if (!d->tables.value("Execution").contains("name"))
        return ids;
    // Names are compared byte by byte: nothing that follows the beginning is beyond U+FFFF.
    Sql sql(d->base, "SELECT id FROM Execution WHERE name >= ? AND name < ? ORDER BY id LIMIT ?");
    const QString from = beginning.isNull() ? QStringLiteral("") : beginning; // not SQL's NULL
    for (sql.bind(0, from).bind(1, beginning + QChar(0xffff)).bind(2, limit).exec(); sql.next();)
        ids.push_back(sql.id(0));
    return ids;
}

LineageGraph LineageStore::lineOf(const std::vector<std::pair<LineageNode::Kind, qint64>> &nodes,
                                  int depth, int limit) const
{
    using Kind = LineageNode::Kind;
    using Id = std::pair<Kind, qint64>;
    LineageGraph graph;
    graph.stores = {QFileInfo(d->file).fileName()};
    graph.problems = d->notes;
    std::set<Id> all(nodes.begin(), nodes.end());
    bool isCut = false;
    if (d->tables.contains("Event")) {
        Sql ofArtifact(d->base, "SELECT execution_id, type FROM Event WHERE artifact_id = ?");
        Sql ofExecution(d->base, "SELECT artifact_id, type FROM Event WHERE execution_id = ?");
        for (const bool isUp : {true, false}) {
            std::set<Id> found(nodes.begin(), nodes.end());
            std::deque<std::pair<Id, int>> open;
            for (const Id &node : nodes)
                open.push_back({node, 0});
            while (!open.empty()) {
                const auto [node, distance] = open.front();
                open.pop_front();
                if (depth >= 0 && distance >= depth)
                    continue;
                const bool isArtifact = node.first == Kind::Artifact;
                Sql &sql = isArtifact ? ofArtifact : ofExecution;
                for (sql.bind(0, node.second).exec(); sql.next();) {
                    // Up from an artifact goes to what has it as an output.
                    const int isInput = isInputEvent(int(sql.id(1)));
                    if (isInput < 0 || bool(isInput) != (isUp != isArtifact))
                        continue;
                    const Id next{isArtifact ? Kind::Execution : Kind::Artifact, sql.id(0)};
                    if (found.contains(next))
                        continue;
                    if (int(all.size()) >= limit && !all.contains(next)) {
                        isCut = true;
                        continue;
                    }
                    found.insert(next);
                    all.insert(next);
                    open.push_back({next, distance + 1});
                }
            }
        }
    }
    if (isCut)
        graph.problems << Tr::tr("Only the %1 nearest nodes are shown.").arg(limit);
    d->fill(graph, all);
    return graph;
}

} // namespace helmscope
