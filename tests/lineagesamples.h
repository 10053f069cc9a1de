// SPDX-License-Identifier: GPL-3.0-or-later
// Lineages made up for tests of what shows them.
#pragma once

#include "widgets/lineageview.h"

#include <map>

namespace helmscope {

/// A graph put together name by name.
class SampleLineage
{
public:
    int artifact(const QString &name, const QString &type = "Dataset")
    {
        LineageNode node;
        node.kind = LineageNode::Kind::Artifact;
        node.type = type;
        node.name = name + ":0123456789abcdef0123456789abcdef";
        node.uri = "0123456789abcdef0123456789abcdef";
        return add(std::move(node));
    }
    int execution(const QString &name, std::vector<LineageProperty> properties = {})
    {
        LineageNode node;
        node.kind = LineageNode::Kind::Execution;
        node.type = "run";
        node.name = name;
        node.stages = QStringList{"p/" + name};
        node.pipelines = QStringList{"p"};
        node.properties = std::move(properties);
        return add(std::move(node));
    }
    void edge(int from, int to)
    {
        LineageEdge edge;
        edge.from = from;
        edge.to = to;
        const bool isInput = graph.nodes[std::size_t(from)].kind == LineageNode::Kind::Artifact;
        edge.kind = isInput ? LineageEdge::Kind::Input : LineageEdge::Kind::Output;
        edge.event = isInput ? 3 : 4;
        graph.edges.push_back(edge);
    }

    LineageGraph graph;

private:
    int add(LineageNode node)
    {
        node.id = qint64(graph.nodes.size()) + 1;
        node.createdMs = 1'700'000'000'000 + 60'000 * node.id;
        graph.nodes.push_back(std::move(node));
        return int(graph.nodes.size()) - 1;
    }
};

/// Each node in the column that `layers` gives it, one below the other; no group.
inline std::shared_ptr<LineagePicture> pictureInColumns(const LineageGraph &graph,
                                                        const std::vector<int> &layers)
{
    auto picture = std::make_shared<LineagePicture>();
    picture->graph = std::make_shared<const LineageGraph>(graph);
    const QSizeF size = LineageView::nodeSize(graph);
    std::map<int, int> filled;
    Layout &layout = picture->layout;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        picture->items.push_back({{int(i)}, {}, -1});
        const int row = filled[layers[i]]++;
        layout.centres.push_back({(size.width() + 60) * layers[i] + size.width() / 2,
                                  (size.height() + 14) * row + size.height() / 2});
        layout.layers.push_back(layers[i]);
        layout.width = std::max(layout.width, layout.centres.back().x + size.width() / 2);
        layout.height = std::max(layout.height, layout.centres.back().y + size.height() / 2);
    }
    for (const LineageEdge &edge : graph.edges) {
        picture->edges.emplace_back(edge.from, edge.to);
        const Layout::Point from = layout.centres[std::size_t(edge.from)];
        const Layout::Point to = layout.centres[std::size_t(edge.to)];
        layout.routes.push_back(
            {{from.x + size.width() / 2, from.y}, {to.x - size.width() / 2, to.y}});
    }
    return picture;
}

} // namespace helmscope
