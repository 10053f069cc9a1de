// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/drawing/parts.h"

#include <algorithm>
#include <array>
#include <limits>

namespace helmscope {

namespace {

/// Brandes and Koepf 2002: vertices are put into straight blocks four times over, from left or
/// right and from top or bottom; the mean of the middle two places is taken. Blocks are set by
/// longest paths, not by the paper's classes, whose shifts may overlap (Brandes, Walter and Zink
/// 2020).
class Aligner
{
public:
    Aligner(const LayeredPart &part, double nodeGap)
        : m_part(part)
        , m_links(part.links())
        , m_nodeGap(nodeGap)
        , m_position(part.layer.size(), 0)
        , m_isConflict(part.segments.size(), 0)
    {
        for (const std::vector<int> &layer : part.layers)
            for (std::size_t i = 0; i < layer.size(); ++i)
                m_position[std::size_t(layer[i])] = int(i);
        markConflicts();
    }

    std::vector<double> places()
    {
        std::vector<double> result = aligned();
        // Where much crosses, straight blocks push each other down a slope many times as high as
        // the fullest layer. Such a picture is not worth its straight lines.
        constexpr double patience = 1.6, band = 1.2;
        const double fullest = fullestLayer();
        if (!result.empty()) {
            const auto [low, high] = std::minmax_element(result.begin(), result.end());
            if (*high - *low > patience * fullest)
                relax(result, band * fullest);
        }
        return result;
    }

private:
    /// Smallest height that any order-keeping placement needs, between outermost middles.
    double fullestLayer() const
    {
        double fullest = 0;
        for (const std::vector<int> &layer : m_part.layers) {
            double sum = 0;
            for (std::size_t i = 1; i < layer.size(); ++i)
                sum += gap(layer[i - 1], layer[i]);
            fullest = std::max(fullest, sum);
        }
        return fullest;
    }

    /// Moves each layer in turn to where its edges are shortest in the least-squares sense, within
    /// [0, height]: isotonic regression (pool adjacent violators) keeps order and gaps.
    void relax(std::vector<double> &place, double height) const
    {
        for (const std::vector<int> &layer : m_part.layers) {
            if (layer.empty())
                continue;
            const double middle =
                (place[std::size_t(layer.front())] + place[std::size_t(layer.back())]) / 2;
            for (int vertex : layer)
                place[std::size_t(vertex)] += height / 2 - middle;
        }
        constexpr int sweeps = 24, oneSided = 8; // from one side first: that carries far
        const std::size_t count = m_part.layers.size();
        for (int sweep = 0; sweep < sweeps; ++sweep) {
            const bool isRightwards = sweep % 2 == 0, isOneSided = sweep < oneSided;
            for (std::size_t step = 0; step < count; ++step)
                relaxLayer(m_part.layers[isRightwards ? step : count - 1 - step], place, height,
                           isRightwards || !isOneSided, !isRightwards || !isOneSided);
        }
    }

    void relaxLayer(const std::vector<int> &layer, std::vector<double> &place, double height,
                    bool takesUp, bool takesDown) const
    {
        struct Block
        {
            double value, weight;
            std::size_t size;
        };
        std::vector<Block> blocks;
        double offset = 0;
        for (std::size_t i = 0; i < layer.size(); ++i) {
            const int vertex = layer[i];
            offset += i > 0 ? gap(layer[i - 1], vertex) : 0;
            double sum = 0, weight = 0;
            const auto pull = [&](const Adjacency::Link &link) {
                // Gansner et al. 1993: what lies within a long edge counts most.
                const int bends = int(m_part.isBend(vertex)) + int(m_part.isBend(link.node));
                const double strength = bends == 2 ? 8 : bends == 1 ? 2 : 1;
                sum += strength * place[std::size_t(link.node)];
                weight += strength;
            };
            if (takesUp)
                for (const Adjacency::Link &link : m_links.up(vertex))
                    pull(link);
            if (takesDown)
                for (const Adjacency::Link &link : m_links.down(vertex))
                    pull(link);
            constexpr double loose = 0.01;
            if (weight == 0) {
                weight = loose;
                sum = loose * place[std::size_t(vertex)];
            }
            blocks.push_back({sum / weight - offset, weight, 1});
            while (blocks.size() > 1 && blocks[blocks.size() - 2].value > blocks.back().value) {
                const Block last = blocks.back();
                blocks.pop_back();
                Block &block = blocks.back();
                block.value = (block.value * block.weight + last.value * last.weight) /
                              (block.weight + last.weight);
                block.weight += last.weight;
                block.size += last.size;
            }
        }
        const double lowest = 0, highest = std::max(0.0, height - offset);
        std::size_t i = 0;
        offset = 0;
        for (const Block &block : blocks)
            for (std::size_t k = 0; k < block.size; ++k, ++i) {
                offset += i > 0 ? gap(layer[i - 1], layer[i]) : 0;
                place[std::size_t(layer[i])] = offset + std::clamp(block.value, lowest, highest);
            }
    }

    std::vector<double> aligned()
    {
        std::array<std::vector<double>, 4> all;
        for (int way = 0; way < 4; ++way)
            all[std::size_t(way)] = placesOf(way % 2 == 0, way / 2 == 0);
        settle(all);
        std::vector<double> result(m_part.layer.size());
        for (std::size_t vertex = 0; vertex < result.size(); ++vertex) {
            std::array<double, 4> values;
            for (std::size_t way = 0; way < 4; ++way)
                values[way] = all[way][vertex];
            std::sort(values.begin(), values.end());
            result[vertex] = (values[1] + values[2]) / 2;
        }
        return result;
    }

    double gap(int above, int below) const
    {
        const bool isTight = m_part.isBend(above) || m_part.isBend(below);
        return (m_part.heights[std::size_t(above)] + m_part.heights[std::size_t(below)]) / 2 +
               (isTight ? m_nodeGap / 2 : m_nodeGap);
    }

    /// A bend's neighbour to the left that is one too; -1: none.
    int innerParent(int vertex) const
    {
        if (m_part.isBend(vertex))
            for (const Adjacency::Link &link : m_links.up(vertex))
                if (m_part.isBend(link.node))
                    return link.node;
        return -1;
    }

    /// Long edges stay straight: what crosses their inner parts is not aligned.
    void markConflicts()
    {
        for (std::size_t i = 1; i < m_part.layers.size(); ++i) {
            const std::vector<int> &layer = m_part.layers[i];
            int low = 0;
            std::size_t begin = 0;
            for (std::size_t k = 0; k < layer.size(); ++k) {
                const int inner = innerParent(layer[k]);
                const bool isLast = k + 1 == layer.size();
                if (inner < 0 && !isLast)
                    continue;
                const int high =
                    inner >= 0 ? m_position[std::size_t(inner)] : std::numeric_limits<int>::max();
                for (; begin <= k; ++begin)
                    for (const Adjacency::Link &link : m_links.up(layer[begin])) {
                        const int position = m_position[std::size_t(link.node)];
                        const bool isInner =
                            m_part.isBend(link.node) && m_part.isBend(layer[begin]);
                        if (!isInner && (position < low || position > high))
                            m_isConflict[std::size_t(link.edge)] = 1;
                    }
                low = std::max(low, inner >= 0 ? high : low);
            }
        }
    }

    /// Whether nothing follows, seen from the left or from the right.
    bool isEnd(int vertex, bool fromLeft) const
    {
        return (fromLeft ? m_links.down(vertex) : m_links.up(vertex)).empty();
    }
    bool endsOnly(int vertex, bool fromLeft) const
    {
        const auto next = fromLeft ? m_links.down(vertex) : m_links.up(vertex);
        return std::all_of(next.begin(), next.end(),
                           [&](const auto &link) { return isEnd(link.node, fromLeft); });
    }

    std::vector<double> placesOf(bool fromLeft, bool fromTop)
    {
        std::vector<char> leadsToEndsOnly(m_part.layer.size(), 0);
        for (std::size_t vertex = 0; vertex < leadsToEndsOnly.size(); ++vertex)
            leadsToEndsOnly[vertex] = endsOnly(int(vertex), fromLeft);
        m_root.resize(m_part.layer.size());
        for (std::size_t vertex = 0; vertex < m_root.size(); ++vertex)
            m_root[vertex] = int(vertex);
        std::vector<int> isTaken(m_part.layer.size(), 0);
        std::vector<Adjacency::Link> neighbours;
        const std::size_t count = m_part.layers.size();
        for (std::size_t step = 1; step < count; ++step) {
            const std::vector<int> &layer = m_part.layers[fromLeft ? step : count - 1 - step];
            int last = -1; // in the direction of the walk
            const int size = int(m_part.layers[fromLeft ? step - 1 : count - step].size());
            const auto along = [&](int vertex) {
                const int position = m_position[std::size_t(vertex)];
                return fromTop ? position : size - 1 - position;
            };
            for (std::size_t k = 0; k < layer.size(); ++k) {
                const int vertex = fromTop ? layer[k] : layer[layer.size() - 1 - k];
                const auto links = fromLeft ? m_links.up(vertex) : m_links.down(vertex);
                if (links.empty())
                    continue;
                neighbours.assign(links.begin(), links.end());
                // What leads on is followed rather than what ends there: else a long series runs
                // down a slope.
                const auto ends = [&](const auto &link) { return isEnd(link.node, !fromLeft); };
                if (!std::all_of(neighbours.begin(), neighbours.end(), ends))
                    std::erase_if(neighbours, ends);
                std::sort(neighbours.begin(), neighbours.end(), [&](const auto &a, const auto &b) {
                    return along(a.node) < along(b.node);
                });
                for (std::size_t m = (neighbours.size() - 1) / 2; m <= neighbours.size() / 2; ++m) {
                    const Adjacency::Link &link = neighbours[m];
                    if (m_isConflict[std::size_t(link.edge)] || along(link.node) <= last ||
                        isTaken[std::size_t(link.node)] ||
                        (isEnd(vertex, fromLeft) && !leadsToEndsOnly[std::size_t(link.node)]))
                        continue;
                    isTaken[std::size_t(link.node)] = 1;
                    m_root[std::size_t(vertex)] = m_root[std::size_t(link.node)];
                    last = along(link.node);
                    break;
                }
            }
        }
        return compacted(fromTop);
    }

    /// Blocks as near to where they are pulled as the gaps allow.
    std::vector<double> compacted(bool fromTop) const
    {
        const std::size_t count = m_part.layer.size();
        std::vector<std::pair<int, int>> pairs;
        std::vector<double> gaps;
        for (const std::vector<int> &layer : m_part.layers)
            for (std::size_t i = 0; i + 1 < layer.size(); ++i) {
                const int above = layer[i], below = layer[i + 1];
                pairs.emplace_back(m_root[std::size_t(above)], m_root[std::size_t(below)]);
                gaps.push_back(gap(above, below));
                if (!fromTop)
                    std::swap(pairs.back().first, pairs.back().second);
            }
        const Adjacency blocks(int(count), int(pairs.size()),
                               [&pairs](int i) { return pairs[std::size_t(i)]; });
        std::vector<int> waiting(count), order;
        for (std::size_t i = 0; i < count; ++i) {
            waiting[i] = int(blocks.up(int(i)).size());
            if (waiting[i] == 0)
                order.push_back(int(i));
        }
        std::vector<double> place(count, 0);
        for (std::size_t i = 0; i < order.size(); ++i)
            for (const Adjacency::Link &link : blocks.down(order[i])) {
                double &next = place[std::size_t(link.node)];
                next = std::max(next, place[std::size_t(order[i])] + gaps[std::size_t(link.edge)]);
                if (--waiting[std::size_t(link.node)] == 0)
                    order.push_back(link.node);
            }
        for (auto block = order.rbegin(); block != order.rend(); ++block) {
            double most = std::numeric_limits<double>::infinity();
            for (const Adjacency::Link &link : blocks.down(*block))
                most = std::min(most, place[std::size_t(link.node)] - gaps[std::size_t(link.edge)]);
            // Those with nothing before them are drawn to their neighbours, not to the edge.
            if (most < std::numeric_limits<double>::infinity())
                place[std::size_t(*block)] = std::max(place[std::size_t(*block)], most);
        }
        std::vector<double> result(count);
        for (std::size_t vertex = 0; vertex < count; ++vertex) {
            const double along = place[std::size_t(m_root[vertex])];
            result[vertex] = fromTop ? along : -along;
        }
        return result;
    }

    /// Shifts the four to the narrowest: those from the top by their tops, the others by their
    /// bottoms.
    void settle(std::array<std::vector<double>, 4> &all) const
    {
        if (m_part.layer.empty())
            return;
        std::array<double, 4> lowest, highest;
        std::size_t narrowest = 0;
        for (std::size_t way = 0; way < 4; ++way) {
            const auto [low, high] = std::minmax_element(all[way].begin(), all[way].end());
            lowest[way] = *low;
            highest[way] = *high;
            if (*high - *low < highest[narrowest] - lowest[narrowest])
                narrowest = way;
        }
        for (std::size_t way = 0; way < 4; ++way) {
            const bool fromTop = way / 2 == 0;
            const double shift =
                fromTop ? lowest[narrowest] - lowest[way] : highest[narrowest] - highest[way];
            for (double &place : all[way])
                place += shift;
        }
    }

    const LayeredPart &m_part;
    const Adjacency m_links;
    const double m_nodeGap;
    std::vector<int> m_position;
    std::vector<char> m_isConflict; ///< one a segment
    std::vector<int> m_root;        ///< the block of each vertex
};

} // namespace

std::vector<double> placeAlong(const LayeredPart &part, double nodeGap)
{
    return Aligner(part, nodeGap).places();
}

} // namespace helmscope
