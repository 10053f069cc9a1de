// SPDX-License-Identifier: GPL-3.0-or-later
// Of a store what lies around one run or one node, for those who look at a run.
#include "app/lineagereader.h"
#include "base/tr.h"
#include "lineage/store.h"
#include "workspace/workspace.h"

#include <QFileInfo>

#include <algorithm>

namespace helmscope {

namespace {

constexpr int mostFound = 200'000; ///< executions of a run that are counted
constexpr int mostOfARun = 3000;   ///< of them read
constexpr int mostNodes = 20'000;

/// Without nodes.
LineageContents begin(const QString &file)
{
    LineageContents contents;
    contents.file = file;
    contents.isPart = true;
    const auto workspace = Workspace::containing(QFileInfo(file).absoluteFilePath());
    contents.workspaces = {workspace ? workspace->folder() : QString()};
    contents.graph = std::make_shared<const LineageGraph>();
    return contents;
}

/// Other runs that began with the same image, or measured the same spectrum, meet this one there:
/// of them stays what they are as a whole.
LineageGraph withoutPartsOfOthers(const LineageGraph &graph, const QString &run, int depth)
{
    std::vector<int> kept, own;
    for (int i = 0; i < int(graph.nodes.size()); ++i) {
        const LineageNode &node = graph.nodes[std::size_t(i)];
        const LineageProperty *of =
            node.kind == LineageNode::Kind::Execution ? node.property("run") : nullptr;
        const bool isOwn = of && of->value.toString() == run;
        if (isOwn)
            own.push_back(int(kept.size()));
        if (!of || isOwn || node.type == "Explore")
            kept.push_back(i);
    }
    const LineageGraph rest = subgraph(graph, kept);
    std::vector<int> line, up = reach(rest, own, Walk::Up, depth),
                           down = reach(rest, own, Walk::Down, depth);
    std::set_union(up.begin(), up.end(), down.begin(), down.end(), std::back_inserter(line));
    return subgraph(rest, line);
}

} // namespace

LineageContents readRunLineage(const QString &file, const ExperimentPlace &place, int depth,
                               const Progress &progress)
{
    LineageContents contents = begin(file);
    if (!QFileInfo::exists(file))
        return contents;
    const LineageStore store(file);
    std::vector<qint64> ids = store.executionsNamed(place.run + '-', mostFound);
    progress(0.2);
    if (ids.empty())
        return contents;
    if (const int count = int(ids.size()); count > mostOfARun) {
        // Survey and exploration come first, then the steps, perhaps several in one.
        const int first = std::clamp(place.step - mostOfARun / 2, 2, count - mostOfARun + 2);
        contents.notes << Tr::tr("Of the %L1 executions of run %2 the %L3 nearest are shown.")
                              .arg(count)
                              .arg(place.run)
                              .arg(mostOfARun);
        ids.erase(ids.begin() + first + mostOfARun - 2, ids.end());
        ids.erase(ids.begin() + 2, ids.begin() + first);
    }
    std::vector<std::pair<LineageNode::Kind, qint64>> executions;
    for (qint64 id : ids)
        executions.emplace_back(LineageNode::Kind::Execution, id);
    contents.graph = std::make_shared<const LineageGraph>(
        withoutPartsOfOthers(store.lineOf(executions, depth, mostNodes), place.run, depth));
    contents.notes << contents.graph->problems;
    contents.centre = executionOf(*contents.graph, place);
    progress(1);
    return contents;
}

LineageContents readNodeLineage(const QString &file, LineageNode::Kind kind, qint64 id, int depth,
                                const Progress &progress)
{
    LineageContents contents = begin(file);
    const LineageStore store(file);
    contents.graph =
        std::make_shared<const LineageGraph>(store.lineOf({{kind, id}}, depth, mostNodes));
    contents.notes << contents.graph->problems;
    contents.centre = contents.graph->indexOf(kind, id);
    progress(1);
    return contents;
}

} // namespace helmscope
