// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/layout.h"

#include "lineage/drawing/parts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace helmscope {

namespace {

using Point = Layout::Point;

/// Nodes that are joined, with the edges among them; numbers of the input.
struct Component
{
    std::vector<int> nodes, edges;
};

struct Box
{
    double width = 0, height = 0;
};

double sound(double length)
{
    return std::isfinite(length) && length > 0 ? length : 0;
}

int rootOf(std::vector<int> &parents, int node)
{
    while (parents[std::size_t(node)] != node) {
        parents[std::size_t(node)] = parents[std::size_t(parents[std::size_t(node)])];
        node = parents[std::size_t(node)];
    }
    return node;
}

bool isEdge(const LayoutInput &input, const std::pair<int, int> &edge)
{
    const int count = int(input.sizes.size());
    return edge.first >= 0 && edge.second >= 0 && edge.first < count && edge.second < count;
}

std::vector<Component> componentsOf(const LayoutInput &input)
{
    std::vector<int> parents(input.sizes.size());
    std::iota(parents.begin(), parents.end(), 0);
    for (const auto &edge : input.edges)
        if (isEdge(input, edge)) {
            const int a = rootOf(parents, edge.first), b = rootOf(parents, edge.second);
            parents[std::size_t(std::max(a, b))] = std::min(a, b);
        }
    std::vector<Component> components;
    std::vector<int> place(parents.size(), -1);
    for (std::size_t node = 0; node < parents.size(); ++node) {
        int &mine = place[std::size_t(rootOf(parents, int(node)))];
        if (mine < 0) {
            mine = int(components.size());
            components.emplace_back();
        }
        components[std::size_t(mine)].nodes.push_back(int(node));
    }
    for (std::size_t i = 0; i < input.edges.size(); ++i)
        if (isEdge(input, input.edges[i])) {
            const int root = rootOf(parents, input.edges[i].first);
            components[std::size_t(place[std::size_t(root)])].edges.push_back(int(i));
        }
    return components;
}

/// One component laid out, its upper left corner at the origin; writes into the layout what
/// concerns its nodes and edges.
class Placing
{
public:
    Placing(const LayoutInput &input, const Component &component, std::vector<int> &local,
            Layout &layout)
        : m_input(input)
        , m_component(component)
        , m_local(local)
        , m_layout(layout)
        , m_step(input.layerGap / 4)
    {
    }

    Box run(const Progress &progress)
    {
        cut();
        orderLayers(m_part, progress);
        m_along = placeAlong(m_part, m_input.nodeGap);
        setColumns();
        m_top = m_along.empty() ? 0 : std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < m_along.size(); ++i)
            m_top = std::min(m_top, m_along[i] - m_part.heights[i] / 2);
        for (std::size_t i = 0; i < m_component.edges.size(); ++i)
            route(i);
        m_layout.crossings = int(std::min<long long>(std::numeric_limits<int>::max(),
                                                     m_layout.crossings + crossingsOf(m_part)));
        return moveToOrigin();
    }

private:
    const LayoutInput::Size &sizeOf(int vertex) const
    {
        return m_input.sizes[std::size_t(m_component.nodes[std::size_t(vertex)])];
    }

    void cut()
    {
        const int count = int(m_component.nodes.size());
        for (int i = 0; i < count; ++i)
            m_local[std::size_t(m_component.nodes[std::size_t(i)])] = i;
        LayoutEdges edges;
        for (int edge : m_component.edges) {
            const auto [from, to] = m_input.edges[std::size_t(edge)];
            edges.emplace_back(m_local[std::size_t(from)], m_local[std::size_t(to)]);
        }
        m_isReversed = edgesToReverse(count, edges);
        for (std::size_t i = 0; i < edges.size(); ++i)
            if (m_isReversed[i])
                std::swap(edges[i].first, edges[i].second);
        m_part = cutAtLayers(layersOf(count, edges), edges);
        m_edges = std::move(edges);
        const bool hasPrevious = m_input.previous.size() == m_input.sizes.size();
        for (int i = 0; i < count; ++i) {
            const std::size_t node = std::size_t(m_component.nodes[std::size_t(i)]);
            m_layout.layers[node] = m_part.layer[std::size_t(i)];
            m_part.heights[std::size_t(i)] = sound(m_input.sizes[node].height);
            if (hasPrevious)
                m_part.previous[std::size_t(i)] = m_input.previous[node].second;
        }
    }

    void setColumns()
    {
        double x = 0;
        for (const std::vector<int> &layer : m_part.layers) {
            double width = 0;
            for (int vertex : layer)
                if (!m_part.isBend(vertex))
                    width = std::max(width, sound(sizeOf(vertex).width));
            m_left.push_back(x);
            m_right.push_back(x + width);
            x += width + m_input.layerGap;
        }
        for (std::size_t i = 0; i < m_component.nodes.size(); ++i) {
            const std::size_t layer = std::size_t(m_part.layer[i]);
            m_layout.centres[std::size_t(m_component.nodes[i])] = {
                (m_left[layer] + m_right[layer]) / 2, m_along[i]};
        }
    }

    double left(int vertex) const { return m_left[std::size_t(m_part.layer[std::size_t(vertex)])]; }
    double right(int vertex) const
    {
        return m_right[std::size_t(m_part.layer[std::size_t(vertex)])];
    }
    double along(int vertex) const { return m_along[std::size_t(vertex)]; }

    /// Points of an edge. Lines slant only between columns, so they cross no node.
    void route(std::size_t i)
    {
        const LayeredPart::Route &bends = m_part.routes[i];
        const bool isBackward = m_isReversed[i] || m_edges[i].first == m_edges[i].second;
        const int first = m_edges[i].first, last = m_edges[i].second;
        const int from = isBackward ? last : first, to = isBackward ? first : last;
        m_points = &m_layout.routes[std::size_t(m_component.edges[i])];
        m_points->clear();
        const double fromHalf = sound(sizeOf(from).width) / 2;
        const double toHalf = sound(sizeOf(to).width) / 2;
        const double fromMiddle = (left(from) + right(from)) / 2;
        const double toMiddle = (left(to) + right(to)) / 2;
        add({fromMiddle + fromHalf, along(from)});
        if (bends.isAround) {
            const double y = m_top - m_input.nodeGap;
            add({right(from) + m_step, along(from)});
            add({right(from) + m_step, y});
            add({left(to) - m_step, y});
            add({left(to) - m_step, along(to)});
        } else if (isBackward) {
            passOver(from, true, from == to);
            for (int k = bends.count - 1; k >= 0; --k) {
                add({right(bends.first + k), along(bends.first + k)});
                add({left(bends.first + k), along(bends.first + k)});
            }
            if (from != to)
                passOver(to, false, true);
        } else {
            add({right(from), along(from)});
            for (int k = 0; k < bends.count; ++k) {
                add({left(bends.first + k), along(bends.first + k)});
                add({right(bends.first + k), along(bends.first + k)});
            }
            add({left(to), along(to)});
        }
        add({toMiddle - toHalf, along(to)});
    }

    /// From right to left over a node, within the gap above it.
    void passOver(int vertex, bool beginsThere, bool endsThere)
    {
        const double y =
            along(vertex) - m_part.heights[std::size_t(vertex)] / 2 - m_input.nodeGap / 2;
        if (beginsThere)
            add({right(vertex) + m_step, along(vertex)});
        add({right(vertex) + m_step, y});
        add({left(vertex) - m_step, y});
        if (endsThere)
            add({left(vertex) - m_step, along(vertex)});
    }

    /// Leaves out points that repeat the last or lie on a level line through two others.
    void add(Point point)
    {
        constexpr double nothing = 1e-6;
        std::vector<Point> &points = *m_points;
        const auto isSame = [](double a, double b) { return std::abs(a - b) < nothing; };
        if (!points.empty() && isSame(points.back().x, point.x) && isSame(points.back().y, point.y))
            return;
        if (points.size() > 1 && isSame(points.back().y, point.y) &&
            isSame(points[points.size() - 2].y, point.y) &&
            (points.back().x > points[points.size() - 2].x) == (point.x > points.back().x))
            points.pop_back();
        points.push_back(point);
    }

    Box moveToOrigin()
    {
        double x0 = 0, x1 = m_right.empty() ? 0 : m_right.back(), y0 = m_top, y1 = m_top;
        const auto take = [&](double x, double y) {
            x0 = std::min(x0, x);
            x1 = std::max(x1, x);
            y0 = std::min(y0, y);
            y1 = std::max(y1, y);
        };
        for (std::size_t i = 0; i < m_component.nodes.size(); ++i)
            take(0, m_along[i] + m_part.heights[i] / 2);
        for (int edge : m_component.edges)
            for (const Point &point : m_layout.routes[std::size_t(edge)])
                take(point.x, point.y);
        for (int node : m_component.nodes)
            move(m_layout.centres[std::size_t(node)], -x0, -y0);
        for (int edge : m_component.edges)
            for (Point &point : m_layout.routes[std::size_t(edge)])
                move(point, -x0, -y0);
        return {x1 - x0, y1 - y0};
    }

public:
    static void move(Point &point, double x, double y)
    {
        point.x += x;
        point.y += y;
    }

private:
    const LayoutInput &m_input;
    const Component &m_component;
    std::vector<int> &m_local; ///< place in the component of each node of the input
    Layout &m_layout;
    const double m_step; ///< how far lines that go back keep from columns
    LayeredPart m_part;
    LayoutEdges m_edges; ///< all from left to right
    std::vector<char> m_isReversed;
    std::vector<double> m_along, m_left, m_right; ///< y of vertices; sides of columns
    double m_top = 0;
    std::vector<Point> *m_points = nullptr;
};

/// Boxes in rows, tall ones first.
class Packing
{
public:
    Packing(const std::vector<Box> &boxes, double across, double down)
        : m_boxes(boxes)
        , m_across(across)
        , m_down(down)
        , m_order(boxes.size())
    {
        std::iota(m_order.begin(), m_order.end(), std::size_t(0));
        std::stable_sort(m_order.begin(), m_order.end(), [&boxes](std::size_t a, std::size_t b) {
            return boxes[a].height > boxes[b].height;
        });
        double widest = 0, all = 0;
        for (const Box &box : boxes) {
            widest = std::max(widest, box.width);
            all += box.width + across;
        }
        // The picture that can be shown largest on a screen of 16:10.
        constexpr double aspect = 1.6, growth = 1.08;
        double best = std::numeric_limits<double>::infinity(), chosen = widest;
        for (double width = widest; width > 0; width *= growth) {
            const Box box = pack(width);
            if (const double size = std::max(box.width / aspect, box.height); size < best) {
                best = size;
                chosen = width;
            }
            if (width > all)
                break;
        }
        m_box = pack(chosen);
    }

    const Box &box() const { return m_box; }
    const std::vector<Point> &corners() const { return m_corners; }

private:
    Box pack(double width)
    {
        m_corners.assign(m_boxes.size(), {});
        Box whole;
        double x = 0, y = 0, height = 0;
        for (std::size_t i : m_order) {
            const Box &box = m_boxes[i];
            if (x > 0 && x + box.width > width) {
                x = 0;
                y += height + m_down;
                height = 0;
            }
            m_corners[i] = {x, y};
            height = std::max(height, box.height);
            whole.width = std::max(whole.width, x + box.width);
            whole.height = std::max(whole.height, y + height);
            x += box.width + m_across;
        }
        return whole;
    }

    const std::vector<Box> &m_boxes;
    double m_across, m_down;
    std::vector<std::size_t> m_order;
    std::vector<Point> m_corners;
    Box m_box;
};

} // namespace

Layout layOut(const LayoutInput &input, const Progress &progress)
{
    Layout layout;
    layout.centres.resize(input.sizes.size());
    layout.layers.assign(input.sizes.size(), 0);
    layout.routes.resize(input.edges.size());
    const std::vector<Component> components = componentsOf(input);
    std::vector<int> local(input.sizes.size(), 0);
    std::vector<Box> boxes;
    std::size_t done = 0;
    bool isStopped = false;
    for (const Component &component : components) {
        const double whole = double(input.sizes.size());
        const double from = double(done) / whole;
        done += component.nodes.size();
        const Progress watched = [&, to = double(done) / whole](double fraction) {
            isStopped = isStopped || !progress(from + fraction * (to - from));
            return !isStopped;
        };
        boxes.push_back(Placing(input, component, local, layout).run(watched));
    }
    const Packing packing(boxes, input.layerGap, 2 * input.nodeGap);
    for (std::size_t i = 0; i < components.size(); ++i) {
        const Point corner = packing.corners()[i];
        for (int node : components[i].nodes)
            Placing::move(layout.centres[std::size_t(node)], corner.x, corner.y);
        for (int edge : components[i].edges)
            for (Point &point : layout.routes[std::size_t(edge)])
                Placing::move(point, corner.x, corner.y);
    }
    layout.width = packing.box().width;
    layout.height = packing.box().height;
    return layout;
}

} // namespace helmscope
