// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/grouping.h"

#include "base/tr.h"
#include "lineage/adjacency.h"

#include <QHash>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace helmscope {

namespace {

using Kind = LineageNode::Kind;

/// "spectrum_012.npy" -> "spectrum_*.npy"
QString withoutDigits(const QString &name)
{
    QString pattern;
    for (QChar c : name)
        if (!c.isDigit())
            pattern += c;
        else if (!pattern.endsWith('*'))
            pattern += '*';
    return pattern;
}

QString stageOf(const LineageNode &node)
{
    return node.stages.isEmpty() ? node.type : node.stages.join('\n');
}

class Grouper
{
public:
    Grouper(const LineageGraph &graph, const GroupingOptions &options)
        : m_graph(graph)
        , m_options(options)
        , m_links(int(graph.nodes.size()), int(graph.edges.size()),
                  [&graph](int i) {
                      const LineageEdge &edge = graph.edges[std::size_t(i)];
                      return std::pair(edge.from, edge.to);
                  })
        , m_groupOf(graph.nodes.size(), -1)
    {
    }

    std::vector<LineageGroup> run()
    {
        findSeries();
        findWhatHangsOnSeries();
        findSiblings();
        std::sort(m_groups.begin(), m_groups.end(), [](const auto &a, const auto &b) {
            return a.members.front() < b.members.front();
        });
        return std::move(m_groups);
    }

private:
    const LineageNode &node(int i) const { return m_graph.nodes[std::size_t(i)]; }

    void add(std::vector<int> members)
    {
        for (int member : members)
            m_groupOf[std::size_t(member)] = int(m_groups.size());
        LineageGroup group;
        group.what = nameOf(members);
        group.name = nameOfGroup(members.size(), group.what);
        group.members = std::move(members);
        m_groups.push_back(std::move(group));
    }

    QString nameOf(const std::vector<int> &members) const
    {
        const LineageNode &first = node(members.front());
        if (first.kind == Kind::Execution) {
            const QString stage = first.stages.value(0).section('/', 1);
            return !stage.isEmpty()          ? stage
                   : !first.stages.isEmpty() ? first.stages.first()
                   : !first.type.isEmpty()   ? first.type
                                             : Tr::tr("execution");
        }
        const QString pattern = withoutDigits(first.shortName());
        const bool isShared = std::all_of(members.begin(), members.end(), [&](int member) {
            return withoutDigits(node(member).shortName()) == pattern;
        });
        if (isShared && !first.name.isEmpty())
            return pattern;
        return first.type.isEmpty() ? Tr::tr("artifact") : first.type;
    }

    int rootOf(int i)
    {
        while (m_parents[std::size_t(i)] != i)
            i = m_parents[std::size_t(i)] = m_parents[std::size_t(m_parents[std::size_t(i)])];
        return i;
    }

    void findSeries()
    {
        // Executions of one stage that share an artifact are of one series.
        QHash<QString, int> numbers;
        std::vector<int> stage(m_graph.nodes.size(), -1);
        for (std::size_t i = 0; i < stage.size(); ++i)
            if (m_graph.nodes[i].kind == Kind::Execution) {
                int &number = numbers[stageOf(m_graph.nodes[i])];
                if (number == 0)
                    number = int(numbers.size());
                stage[i] = number;
            }
        m_parents.resize(stage.size());
        std::iota(m_parents.begin(), m_parents.end(), 0);
        std::vector<int> lastOfStage(std::size_t(numbers.size()) + 1, -1), touched;
        for (int i = 0; i < int(stage.size()); ++i) {
            if (node(i).kind != Kind::Artifact)
                continue;
            for (const auto links : {m_links.up(i), m_links.down(i)})
                for (const Adjacency::Link &link : links) {
                    const int number = stage[std::size_t(link.node)];
                    if (number < 0)
                        continue;
                    int &last = lastOfStage[std::size_t(number)];
                    if (last < 0)
                        touched.push_back(number);
                    else if (const int a = rootOf(last), b = rootOf(link.node); a != b)
                        m_parents[std::size_t(std::max(a, b))] = std::min(a, b);
                    last = link.node;
                }
            for (int number : touched)
                lastOfStage[std::size_t(number)] = -1;
            touched.clear();
        }
        std::map<int, std::vector<int>> series;
        for (int i = 0; i < int(stage.size()); ++i)
            if (stage[std::size_t(i)] >= 0)
                series[rootOf(i)].push_back(i);
        for (auto &[root, members] : series)
            if (int(members.size()) > std::max(1, m_options.longestSeries))
                add(std::move(members));
    }

    void findWhatHangsOnSeries()
    {
        std::map<std::tuple<int, QString, QString>, std::vector<int>> hanging;
        for (int i = 0; i < int(m_graph.nodes.size()); ++i) {
            if (node(i).kind != Kind::Artifact)
                continue;
            int group = -1;
            bool isAlone = true; // on one series
            for (const auto links : {m_links.up(i), m_links.down(i)})
                for (const Adjacency::Link &link : links) {
                    const int other = m_groupOf[std::size_t(link.node)];
                    isAlone = isAlone && other >= 0 && (group < 0 || group == other);
                    group = other;
                }
            if (group >= 0 && isAlone)
                hanging[{group, node(i).type, withoutDigits(node(i).shortName())}].push_back(i);
        }
        for (auto &[key, members] : hanging)
            if (int(members.size()) >= std::max(2, m_options.fewestSiblings))
                add(std::move(members));
    }

    void findSiblings()
    {
        using Neighbours = std::vector<int>;
        const auto sorted = [](std::span<const Adjacency::Link> links) {
            Neighbours neighbours;
            for (const Adjacency::Link &link : links)
                neighbours.push_back(link.node);
            std::sort(neighbours.begin(), neighbours.end());
            neighbours.erase(std::unique(neighbours.begin(), neighbours.end()), neighbours.end());
            return neighbours;
        };
        std::map<std::tuple<Kind, QString, Neighbours, Neighbours>, std::vector<int>> siblings;
        for (int i = 0; i < int(m_graph.nodes.size()); ++i) {
            const auto up = m_links.up(i), down = m_links.down(i);
            if (m_groupOf[std::size_t(i)] >= 0 || up.size() + down.size() == 0)
                continue;
            const QString what = node(i).kind == Kind::Artifact ? node(i).type : stageOf(node(i));
            siblings[{node(i).kind, what, sorted(up), sorted(down)}].push_back(i);
        }
        for (auto &[key, members] : siblings)
            if (int(members.size()) >= std::max(2, m_options.fewestSiblings))
                add(std::move(members));
    }

    const LineageGraph &m_graph;
    const GroupingOptions m_options;
    const Adjacency m_links;
    std::vector<int> m_groupOf;
    std::vector<int> m_parents; ///< of executions, towards the first of their series
    std::vector<LineageGroup> m_groups;
};

} // namespace

QString nameOfGroup(std::size_t count, const QString &what)
{
    return Tr::tr("%1 × %2", "count, what").arg(count).arg(what);
}

std::vector<LineageGroup> siblingGroups(const LineageGraph &graph, const GroupingOptions &options)
{
    return Grouper(graph, options).run();
}

GroupedGraph grouped(const LineageGraph &graph, const std::set<int> &open,
                     const GroupingOptions &options)
{
    GroupedGraph result;
    result.groups = siblingGroups(graph, options);
    result.groupOf.assign(graph.nodes.size(), -1);
    for (std::size_t group = 0; group < result.groups.size(); ++group)
        for (int member : result.groups[group].members)
            result.groupOf[std::size_t(member)] = int(group);
    result.itemOf.assign(graph.nodes.size(), -1);
    for (int i = 0; i < int(graph.nodes.size()); ++i) {
        if (result.itemOf[std::size_t(i)] >= 0)
            continue;
        const int group = result.groupOf[std::size_t(i)];
        const bool isSingle = group < 0 || open.count(group) > 0;
        std::vector<int> members =
            isSingle ? std::vector{i} : result.groups[std::size_t(group)].members;
        for (int member : members)
            result.itemOf[std::size_t(member)] = int(result.items.size());
        result.items.push_back(std::move(members));
    }
    for (const LineageEdge &edge : graph.edges) {
        const int count = int(graph.nodes.size());
        if (edge.from < 0 || edge.to < 0 || edge.from >= count || edge.to >= count)
            continue;
        const int from = result.itemOf[std::size_t(edge.from)];
        const int to = result.itemOf[std::size_t(edge.to)];
        if (from != to)
            result.edges.emplace_back(from, to);
    }
    std::sort(result.edges.begin(), result.edges.end());
    result.edges.erase(std::unique(result.edges.begin(), result.edges.end()), result.edges.end());
    return result;
}

} // namespace helmscope
