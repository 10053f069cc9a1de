// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/drawing/parts.h"

#include <algorithm>
#include <limits>

namespace helmscope {

namespace {

Adjacency adjacencyOf(int nodeCount, const LayoutEdges &edges)
{
    return Adjacency(nodeCount, int(edges.size()), [&edges](int i) {
        const auto [from, to] = edges[std::size_t(i)];
        return from == to ? std::pair(-1, -1) : std::pair(from, to);
    });
}

/// Each node after those that lead to it.
std::vector<int> topologicalOrder(const Adjacency &adjacency)
{
    const int count = adjacency.nodeCount();
    std::vector<int> waiting(std::size_t(count), 0), order;
    order.reserve(std::size_t(count));
    for (int node = 0; node < count; ++node) {
        waiting[std::size_t(node)] = int(adjacency.up(node).size());
        if (waiting[std::size_t(node)] == 0)
            order.push_back(node);
    }
    for (std::size_t i = 0; i < order.size(); ++i)
        for (const Adjacency::Link &link : adjacency.down(order[i]))
            if (--waiting[std::size_t(link.node)] == 0)
                order.push_back(link.node);
    return order;
}

/// Bends that several long edges share: of one node, to its right or to its left.
struct Cable
{
    int from = std::numeric_limits<int>::max(), to = -1; ///< layers, both included
    int first = -1;                                      ///< its first bend
};

class Cutter
{
public:
    Cutter(const std::vector<int> &layer, const LayoutEdges &edges, int bendLimit)
        : m_layer(layer)
        , m_edges(edges)
    {
        int longest = 2;
        for (const auto &edge : edges)
            longest = std::max(longest, span(edge));
        // Halved until the bends fit: the longest edges go round.
        for (m_longest = longest; !planFits(bendLimit); m_longest = (m_longest + 1) / 2) {
        }
    }

    LayeredPart cut()
    {
        LayeredPart part;
        part.nodeCount = int(m_layer.size());
        part.layer = m_layer;
        for (Cable &cable : m_cables) {
            if (cable.to < cable.from)
                continue;
            cable.first = int(part.layer.size());
            for (int layer = cable.from; layer <= cable.to; ++layer) {
                if (layer > cable.from)
                    part.segments.emplace_back(int(part.layer.size()) - 1, int(part.layer.size()));
                part.layer.push_back(layer);
            }
        }
        std::vector<std::pair<int, int>> ends;
        for (const auto &edge : m_edges)
            part.routes.push_back(routeOf(edge, ends));
        // Doubles, and what edges of one cable have in common, count once.
        std::sort(ends.begin(), ends.end());
        ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
        part.segments.insert(part.segments.end(), ends.begin(), ends.end());
        return part;
    }

private:
    int span(const std::pair<int, int> &edge) const
    {
        return m_layer[std::size_t(edge.second)] - m_layer[std::size_t(edge.first)];
    }
    bool isCut(const std::pair<int, int> &edge) const
    {
        return span(edge) > 1 && span(edge) <= m_longest;
    }
    /// Cables to the right of nodes come first, then those to the left.
    std::size_t cableOf(const std::pair<int, int> &edge) const
    {
        const std::size_t from = std::size_t(edge.first), to = std::size_t(edge.second);
        const std::size_t count = m_layer.size();
        return m_longOut[from] >= m_longIn[to] ? from : count + to;
    }
    bool planFits(int bendLimit)
    {
        m_longOut.assign(m_layer.size(), 0);
        m_longIn.assign(m_layer.size(), 0);
        for (const auto &edge : m_edges)
            if (isCut(edge)) {
                ++m_longOut[std::size_t(edge.first)];
                ++m_longIn[std::size_t(edge.second)];
            }
        m_cables.assign(2 * m_layer.size(), {});
        for (const auto &edge : m_edges)
            if (isCut(edge)) {
                Cable &cable = m_cables[cableOf(edge)];
                cable.from = std::min(cable.from, m_layer[std::size_t(edge.first)] + 1);
                cable.to = std::max(cable.to, m_layer[std::size_t(edge.second)] - 1);
            }
        long long bends = 0;
        for (const Cable &cable : m_cables)
            bends += std::max(0, cable.to - cable.from + 1);
        return bends <= bendLimit || m_longest <= 2;
    }
    LayeredPart::Route routeOf(const std::pair<int, int> &edge,
                               std::vector<std::pair<int, int>> &ends) const
    {
        LayeredPart::Route route;
        if (span(edge) == 1)
            ends.push_back(edge);
        if (span(edge) <= 1)
            return route;
        if (!isCut(edge)) {
            route.isAround = true;
            return route;
        }
        const Cable &cable = m_cables[cableOf(edge)];
        route.first = cable.first + m_layer[std::size_t(edge.first)] + 1 - cable.from;
        route.count = span(edge) - 1;
        ends.emplace_back(edge.first, route.first);
        ends.emplace_back(route.first + route.count - 1, edge.second);
        return route;
    }

    const std::vector<int> &m_layer;
    const LayoutEdges &m_edges;
    int m_longest = 0;
    std::vector<int> m_longOut, m_longIn; ///< long edges of each node
    std::vector<Cable> m_cables;
};

} // namespace

std::vector<char> edgesToReverse(int nodeCount, const LayoutEdges &edges)
{
    const Adjacency adjacency = adjacencyOf(nodeCount, edges);
    enum : char { New, Open, Done };
    std::vector<char> state(std::size_t(nodeCount), New), reversed(edges.size(), 0);
    struct Frame
    {
        int node;
        std::size_t link;
    };
    std::vector<Frame> frames;
    const auto search = [&](int root) {
        if (state[std::size_t(root)] != New)
            return;
        state[std::size_t(root)] = Open;
        frames.push_back({root, 0});
        while (!frames.empty()) {
            const auto links = adjacency.down(frames.back().node);
            if (frames.back().link == links.size()) {
                state[std::size_t(frames.back().node)] = Done;
                frames.pop_back();
                continue;
            }
            const Adjacency::Link link = links[frames.back().link++];
            char &next = state[std::size_t(link.node)];
            if (next == Open)
                reversed[std::size_t(link.edge)] = 1;
            if (next == New) {
                next = Open;
                frames.push_back({link.node, 0});
            }
        }
    };
    for (int node = 0; node < nodeCount; ++node) // from where lineage begins
        if (adjacency.up(node).empty())
            search(node);
    for (int node = 0; node < nodeCount; ++node)
        search(node);
    return reversed;
}

std::vector<int> layersOf(int nodeCount, const LayoutEdges &edges)
{
    const Adjacency adjacency = adjacencyOf(nodeCount, edges);
    const std::vector<int> order = topologicalOrder(adjacency);
    std::vector<int> layer(std::size_t(nodeCount), 0);
    const auto afterParents = [&](int node) {
        int after = 0;
        for (const Adjacency::Link &link : adjacency.up(node))
            after = std::max(after, layer[std::size_t(link.node)] + 1);
        return after;
    };
    const auto beforeChildren = [&](int node) {
        int before = std::numeric_limits<int>::max();
        for (const Adjacency::Link &link : adjacency.down(node))
            before = std::min(before, layer[std::size_t(link.node)] - 1);
        return before;
    };
    for (int node : order)
        layer[std::size_t(node)] = afterParents(node);
    // No move makes the edges longer together; a few rounds shorten chains of any length.
    constexpr int rounds = 8;
    bool isMoved = true;
    for (int round = 0; round < rounds && isMoved; ++round) {
        isMoved = false;
        const auto move = [&](int node, int to) {
            isMoved = isMoved || layer[std::size_t(node)] != to;
            layer[std::size_t(node)] = to;
        };
        for (auto node = order.rbegin(); node != order.rend(); ++node)
            if (!adjacency.down(*node).empty() &&
                adjacency.down(*node).size() >= adjacency.up(*node).size())
                move(*node, beforeChildren(*node));
        for (int node : order)
            if (adjacency.up(node).size() > adjacency.down(node).size())
                move(node, afterParents(node));
    }
    if (!layer.empty()) {
        const int first = *std::min_element(layer.begin(), layer.end());
        for (int &each : layer)
            each -= first;
    }
    return layer;
}

Adjacency LayeredPart::links() const
{
    return Adjacency(int(layer.size()), int(segments.size()),
                     [this](int i) { return segments[std::size_t(i)]; });
}

LayeredPart cutAtLayers(const std::vector<int> &layer, const LayoutEdges &edges, int bendLimit)
{
    LayeredPart part = Cutter(layer, edges, bendLimit).cut();
    const std::size_t vertices = part.layer.size();
    part.heights.assign(vertices, 0);
    part.previous.assign(vertices, std::numeric_limits<double>::quiet_NaN());
    int layerCount = 0;
    for (int each : layer)
        layerCount = std::max(layerCount, each + 1);
    part.layers.resize(std::size_t(layerCount));
    for (std::size_t vertex = 0; vertex < vertices; ++vertex)
        part.layers[std::size_t(part.layer[vertex])].push_back(int(vertex));
    return part;
}

} // namespace helmscope
