// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace helmscope {

/// Neighbours of each node of a directed graph, in two flat lists: built in one pass, walked
/// without a search. Edges that name no node are left out.
class Adjacency
{
public:
    struct Link
    {
        int node; ///< the other end
        int edge; ///< index of the edge
    };

    /// `ends(i)` are the two ends of edge i, for i below `edgeCount`.
    template <class Ends>
    Adjacency(int nodeCount, int edgeCount, Ends ends)
        : m_downBegin(std::size_t(nodeCount) + 1)
        , m_upBegin(std::size_t(nodeCount) + 1)
    {
        const auto isSound = [nodeCount](std::pair<int, int> edge) {
            return edge.first >= 0 && edge.second >= 0 && edge.first < nodeCount &&
                   edge.second < nodeCount;
        };
        for (int i = 0; i < edgeCount; ++i)
            if (const std::pair<int, int> edge = ends(i); isSound(edge)) {
                ++m_downBegin[std::size_t(edge.first) + 1];
                ++m_upBegin[std::size_t(edge.second) + 1];
            }
        for (std::size_t i = 1; i < m_downBegin.size(); ++i) {
            m_downBegin[i] += m_downBegin[i - 1];
            m_upBegin[i] += m_upBegin[i - 1];
        }
        m_down.resize(m_downBegin.back());
        m_up.resize(m_upBegin.back());
        std::vector<std::size_t> nextDown = m_downBegin, nextUp = m_upBegin;
        for (int i = 0; i < edgeCount; ++i)
            if (const std::pair<int, int> edge = ends(i); isSound(edge)) {
                m_down[nextDown[std::size_t(edge.first)]++] = {edge.second, i};
                m_up[nextUp[std::size_t(edge.second)]++] = {edge.first, i};
            }
    }

    int nodeCount() const { return int(m_downBegin.size()) - 1; }
    std::span<const Link> down(int node) const { return links(m_down, m_downBegin, node); }
    std::span<const Link> up(int node) const { return links(m_up, m_upBegin, node); }

private:
    static std::span<const Link> links(const std::vector<Link> &all,
                                       const std::vector<std::size_t> &begin, int node)
    {
        const std::size_t from = begin[std::size_t(node)], to = begin[std::size_t(node) + 1];
        return {all.data() + from, to - from};
    }

    std::vector<std::size_t> m_downBegin, m_upBegin; ///< [node count + 1]
    std::vector<Link> m_down, m_up;
};

} // namespace helmscope
