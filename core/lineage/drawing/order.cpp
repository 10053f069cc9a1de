// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/drawing/parts.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

/// Crossings between neighbouring layers by counting inversions (Barth, Juenger and Mutzel 2002).
class CrossingCounter
{
public:
    /// `ends`: positions right of the segments, in the order of their left ends, equal left ends
    /// by right ends.
    long long count(const std::vector<int> &ends, int size)
    {
        m_tree.assign(std::size_t(size) + 1, 0);
        long long crossings = 0;
        for (std::size_t i = 0; i < ends.size(); ++i) {
            int notAbove = 0; // segments so far that end at or above this one
            for (int k = ends[i] + 1; k > 0; k -= k & -k)
                notAbove += m_tree[std::size_t(k)];
            crossings += (long long)(i)-notAbove;
            for (int k = ends[i] + 1; k <= size; k += k & -k)
                ++m_tree[std::size_t(k)];
        }
        return crossings;
    }

private:
    std::vector<int> m_tree;
};

class Orderer
{
public:
    explicit Orderer(LayeredPart &part)
        : m_part(part)
        , m_links(part.links())
        , m_position(part.layer.size(), 0)
    {
        for (std::vector<int> &layer : m_part.layers)
            takePositions(layer);
    }

    void run(const Progress &progress)
    {
        begin();
        std::vector<std::vector<int>> best = m_part.layers;
        long long fewest = crossings();
        // Large graphs get fewer sweeps: what they gain in later ones is little.
        constexpr std::size_t work = 6'000'000;
        const int most = int(std::clamp<std::size_t>(
            work / std::max<std::size_t>(1, m_part.segments.size() + m_part.layer.size()), 8, 24));
        constexpr int patience = 4;
        int inVain = 0;
        for (int sweep = 0; sweep < most && fewest > 0 && inVain < patience; ++sweep) {
            if (!progress(double(sweep) / most))
                break;
            const bool isRightwards = sweep % 2 == 0;
            sweepOnce(isRightwards, sweep % 4 >= 2);
            transpose();
            const long long now = crossings();
            ++inVain;
            if (now < fewest) {
                fewest = now;
                best = m_part.layers;
                inVain = 0;
            }
        }
        m_part.layers = std::move(best);
    }

    long long crossings()
    {
        long long sum = 0;
        CrossingCounter counter;
        std::vector<int> ends;
        for (std::size_t i = 0; i + 1 < m_part.layers.size(); ++i) {
            ends.clear();
            for (int vertex : m_part.layers[i]) {
                const std::size_t from = ends.size();
                for (const Adjacency::Link &link : m_links.down(vertex))
                    ends.push_back(m_position[std::size_t(link.node)]);
                std::sort(ends.begin() + std::ptrdiff_t(from), ends.end());
            }
            sum += counter.count(ends, int(m_part.layers[i + 1].size()));
        }
        return sum;
    }

private:
    void takePositions(const std::vector<int> &layer)
    {
        for (std::size_t i = 0; i < layer.size(); ++i)
            m_position[std::size_t(layer[i])] = int(i);
    }
    bool isKnown(int vertex) const { return std::isfinite(m_part.previous[std::size_t(vertex)]); }

    /// The order in which a depth-first search meets the vertices: trees have no crossing then.
    void begin()
    {
        for (std::vector<int> &layer : m_part.layers)
            layer.clear();
        std::vector<char> isMet(m_part.layer.size(), 0);
        std::vector<int> stack;
        std::vector<int> roots(m_part.layer.size());
        for (std::size_t i = 0; i < roots.size(); ++i)
            roots[i] = int(i);
        std::stable_sort(roots.begin(), roots.end(), [this](int a, int b) {
            return m_part.layer[std::size_t(a)] < m_part.layer[std::size_t(b)];
        });
        for (int root : roots) {
            stack.push_back(root);
            while (!stack.empty()) {
                const int vertex = stack.back();
                stack.pop_back();
                if (isMet[std::size_t(vertex)])
                    continue;
                isMet[std::size_t(vertex)] = 1;
                m_part.layers[std::size_t(m_part.layer[std::size_t(vertex)])].push_back(vertex);
                const auto ups = m_links.up(vertex), downs = m_links.down(vertex);
                for (auto link = ups.rbegin(); link != ups.rend(); ++link)
                    stack.push_back(link->node);
                for (auto link = downs.rbegin(); link != downs.rend(); ++link)
                    stack.push_back(link->node);
            }
        }
        for (std::vector<int> &layer : m_part.layers) {
            keepKnownOrder(layer);
            takePositions(layer);
        }
    }

    /// Vertices with a previous place share their slots in the order of those places.
    void keepKnownOrder(std::vector<int> &layer) const
    {
        std::vector<int> known;
        for (int vertex : layer)
            if (isKnown(vertex))
                known.push_back(vertex);
        if (known.size() < 2)
            return;
        std::stable_sort(known.begin(), known.end(), [this](int a, int b) {
            return m_part.previous[std::size_t(a)] < m_part.previous[std::size_t(b)];
        });
        auto next = known.begin();
        for (int &vertex : layer)
            if (isKnown(vertex))
                vertex = *next++;
    }

    /// Weighted median of the neighbours' positions (Gansner et al. 1993); -1 without neighbours.
    double median(int vertex, bool ofUp)
    {
        m_positions.clear();
        for (const Adjacency::Link &link : ofUp ? m_links.up(vertex) : m_links.down(vertex))
            m_positions.push_back(m_position[std::size_t(link.node)]);
        const std::size_t count = m_positions.size(), middle = count / 2;
        if (count == 0)
            return -1;
        std::sort(m_positions.begin(), m_positions.end());
        if (count % 2 == 1)
            return m_positions[middle];
        if (count == 2)
            return (m_positions[0] + m_positions[1]) / 2.0;
        const double left = m_positions[middle - 1] - m_positions.front();
        const double right = m_positions.back() - m_positions[middle];
        if (left + right == 0)
            return (m_positions[middle - 1] + m_positions[middle]) / 2.0;
        return (m_positions[middle - 1] * right + m_positions[middle] * left) / (left + right);
    }

    void sweepOnce(bool isRightwards, bool turnsEquals)
    {
        const std::size_t count = m_part.layers.size();
        for (std::size_t step = 1; step < count; ++step) {
            std::vector<int> &layer = m_part.layers[isRightwards ? step : count - 1 - step];
            struct Entry
            {
                double value;
                int vertex;
            };
            std::vector<Entry> entries;
            for (int vertex : layer)
                if (const double value = median(vertex, isRightwards); value >= 0)
                    entries.push_back({value, vertex});
            if (turnsEquals)
                std::reverse(entries.begin(), entries.end());
            std::stable_sort(entries.begin(), entries.end(),
                             [](const Entry &a, const Entry &b) { return a.value < b.value; });
            auto next = entries.begin(); // those without neighbours stay where they are
            for (int &vertex : layer)
                if (!(isRightwards ? m_links.up(vertex) : m_links.down(vertex)).empty())
                    vertex = (next++)->vertex;
            keepKnownOrder(layer);
            takePositions(layer);
        }
    }

    /// Neighbours' positions of the vertices of one layer on one side, sorted, in one flat list.
    struct Sorted
    {
        std::vector<int> positions;
        std::vector<std::size_t> begins;
        std::span<const int> of(std::size_t slot) const
        {
            return {positions.data() + begins[slot], begins[slot + 1] - begins[slot]};
        }
    };
    void sortNeighbours(const std::vector<int> &layer, bool ofUp, Sorted &sorted) const
    {
        sorted.positions.clear();
        sorted.begins.assign(1, 0);
        for (int vertex : layer) {
            for (const Adjacency::Link &link : ofUp ? m_links.up(vertex) : m_links.down(vertex))
                sorted.positions.push_back(m_position[std::size_t(link.node)]);
            std::sort(sorted.positions.begin() + std::ptrdiff_t(sorted.begins.back()),
                      sorted.positions.end());
            sorted.begins.push_back(sorted.positions.size());
        }
    }

    /// Crossings of the edges of a vertex above with those of one below it.
    static long long crossed(std::span<const int> above, std::span<const int> below)
    {
        long long sum = 0;
        std::size_t smaller = 0;
        for (int position : above) {
            while (smaller < below.size() && below[smaller] < position)
                ++smaller;
            sum += (long long)(smaller);
        }
        return sum;
    }

    /// Swaps neighbours in a layer where that saves crossings, until nothing is gained.
    void transpose()
    {
        Sorted up, down;
        std::vector<std::size_t> slots;
        for (std::vector<int> &layer : m_part.layers) {
            sortNeighbours(layer, true, up);
            sortNeighbours(layer, false, down);
            slots.resize(layer.size());
            for (std::size_t i = 0; i < slots.size(); ++i)
                slots[i] = i;
            constexpr int passes = 4;
            bool isBetter = true;
            for (int pass = 0; pass < passes && isBetter; ++pass) {
                isBetter = false;
                for (std::size_t i = 0; i + 1 < layer.size(); ++i) {
                    if (isKnown(layer[i]) && isKnown(layer[i + 1]))
                        continue;
                    const std::size_t a = slots[i], b = slots[i + 1];
                    const long long now =
                        crossed(up.of(a), up.of(b)) + crossed(down.of(a), down.of(b));
                    if (now == 0)
                        continue;
                    const long long then =
                        crossed(up.of(b), up.of(a)) + crossed(down.of(b), down.of(a));
                    if (then >= now)
                        continue;
                    std::swap(layer[i], layer[i + 1]);
                    std::swap(slots[i], slots[i + 1]);
                    isBetter = true;
                }
            }
            takePositions(layer);
        }
    }

    LayeredPart &m_part;
    const Adjacency m_links;
    std::vector<int> m_position;  ///< of each vertex in its layer
    std::vector<int> m_positions; ///< of neighbours, while looked at
};

} // namespace

void orderLayers(LayeredPart &part, const Progress &progress)
{
    Orderer(part).run(progress);
}

long long crossingsOf(const LayeredPart &part)
{
    LayeredPart copy = part;
    return Orderer(copy).crossings();
}

} // namespace helmscope
