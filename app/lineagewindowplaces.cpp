// SPDX-License-Identifier: GPL-3.0-or-later
// The lineage window and the experiment: from a node to its run and back, and executions held
// against each other.
#include "app/banner.h"
#include "app/lineagetables.h"
#include "app/lineagewindow.h"
#include "app/sweeppage.h"
#include "widgets/parallelview.h"

#include <QSpinBox>

#include <algorithm>

namespace helmscope {

// ---- places of an experiment

void LineageWindow::activate(int node)
{
    const QString workspace = m_scene->workspaceOf(node);
    if (workspace.isEmpty())
        return focusOn(node);
    emit runWished(workspace, *experimentOf(contents().graph->nodes[std::size_t(node)]));
}

void LineageWindow::showPlace(const ExperimentPlace &place)
{
    m_wished = place;
    m_hasAskedAgain = false;
    if (contents().graph)
        takePlace();
}

void LineageWindow::showNode(LineageNode::Kind kind, qint64 id)
{
    m_wishedNode = {kind, id};
    m_hasAskedAgain = false;
    if (contents().graph)
        takeNode();
}

void LineageWindow::takeNode()
{
    if (!m_wishedNode)
        return;
    const int node = contents().graph->indexOf(m_wishedNode->first, m_wishedNode->second);
    if (node < 0 && !m_hasAskedAgain) {
        // It may have been recorded since the store was read, or be in none of its parts yet.
        m_hasAskedAgain = true;
        if (!contents().isPart)
            return openAll(contents().files.isEmpty() ? QStringList{contents().file}
                                                      : contents().files);
        LineageWish wish;
        wish.depth = m_depth->value();
        wish.kind = m_wishedNode->first;
        wish.id = m_wishedNode->second;
        return readPart(wish);
    }
    m_wishedNode.reset();
    if (node >= 0 && !(contents().isPart && m_focus == node))
        focusOn(node);
}

void LineageWindow::takePlace()
{
    if (!m_wished)
        return;
    const int node = executionOf(*contents().graph, *m_wished);
    const auto found =
        node < 0 ? std::nullopt : experimentOf(contents().graph->nodes[std::size_t(node)]);
    const bool isWhole = m_wished->step > 0 && found && found->step == 0;
    if ((node < 0 || isWhole) && !m_hasAskedAgain) {
        // It may have been recorded since the store was read.
        m_hasAskedAgain = true;
        if (!contents().isPart)
            return openAll(contents().files.isEmpty() ? QStringList{contents().file}
                                                      : contents().files);
        LineageWish wish;
        wish.depth = m_depth->value();
        wish.place = *m_wished;
        return readPart(wish);
    }
    const ExperimentPlace place = *std::exchange(m_wished, std::nullopt);
    if (node < 0)
        m_banner->tell(tr("Run %1 is not in this lineage yet: its steps are written a few seconds "
                          "after they are taken.")
                           .arg(place.run));
    else if (isWhole)
        m_banner->tell(tr("Step %1 of run %2 is not in this lineage: here is the run as a whole.")
                           .arg(place.step)
                           .arg(place.run));
    if (node >= 0 && !(contents().isPart && m_focus == node))
        focusOn(node);
}

// ---- the sweep

/// Of a store that is read in parts: of the part. Nothing is brushed in another sweep.
void LineageWindow::makeSweep(const std::vector<int> &nodes)
{
    m_swept = nodes;
    m_questions.stop(m_sweepJob);
    const int number = ++m_sweepNumber;
    m_tables->sweep()->setSweep({});
    m_sweepJob = m_questions.run(
        tr("Comparing all executions"), this,
        [graph = contents().graph, nodes](const Progress &) { return sweepOf(*graph, nodes); },
        [this, number](Sweep sweep) {
            if (number == m_sweepNumber)
                m_tables->sweep()->setSweep(std::move(sweep));
        });
}

/// Executions that a brush leaves out go, and artifacts that only they used or made.
void LineageWindow::dropBrushed()
{
    const ParallelView *parallel = m_tables->sweep()->parallel();
    if (!parallel->hasBrushes())
        return;
    enum : char { Stays, Goes };
    const LineageGraph &graph = *contents().graph;
    std::vector<char> fate(graph.nodes.size(), Stays);
    const std::vector<int> kept = parallel->kept();
    for (int node : parallel->sweep().nodes)
        if (!std::binary_search(kept.begin(), kept.end(), node))
            fate[std::size_t(node)] = Goes;
    std::vector<char> isJoined(graph.nodes.size(), 0), isJoinedToKept(graph.nodes.size(), 0);
    for (const LineageEdge &edge : graph.edges) {
        const bool isMade =
            graph.nodes[std::size_t(edge.from)].kind == LineageNode::Kind::Execution;
        const auto execution = std::size_t(isMade ? edge.from : edge.to),
                   artifact = std::size_t(isMade ? edge.to : edge.from);
        isJoined[artifact] = 1;
        isJoinedToKept[artifact] = isJoinedToKept[artifact] || fate[execution] == Stays;
    }
    std::erase_if(m_passing, [&](int node) {
        const auto index = std::size_t(node);
        return graph.nodes[index].kind == LineageNode::Kind::Execution
                   ? fate[index] == Goes
                   : isJoined[index] && !isJoinedToKept[index];
    });
}

} // namespace helmscope
