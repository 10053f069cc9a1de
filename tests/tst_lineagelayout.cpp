// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/drawing/parts.h"
#include "lineage/layout.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace helmscope;

namespace {

using Ints = std::vector<int>;
using Point = Layout::Point;

LayoutInput inputOf(int nodes, const LayoutEdges &edges)
{
    LayoutInput input;
    input.sizes.assign(std::size_t(nodes), {100, 30});
    input.edges = edges;
    return input;
}

LayeredPart partOf(int nodes, const LayoutEdges &edges)
{
    LayeredPart part = cutAtLayers(layersOf(nodes, edges), edges);
    std::fill_n(part.heights.begin(), nodes, 30);
    return part;
}

LayoutEdges randomEdges(int nodes, int edges, unsigned seed)
{
    std::mt19937 random(seed);
    LayoutEdges result;
    for (int i = 0; i < edges; ++i)
        result.emplace_back(int(random() % unsigned(nodes)), int(random() % unsigned(nodes)));
    return result;
}

/// Boxes apart by `gap` at least, up to rounding.
bool anyOverlap(const LayoutInput &input, const Layout &layout, double gap)
{
    std::vector<std::size_t> order(input.sizes.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return layout.centres[a].x < layout.centres[b].x;
    });
    for (std::size_t i = 0; i < order.size(); ++i)
        for (std::size_t k = i + 1; k < order.size(); ++k) {
            const std::size_t a = order[i], b = order[k];
            const double dx = layout.centres[b].x - layout.centres[a].x;
            const double dy = std::abs(layout.centres[b].y - layout.centres[a].y);
            const double width = (input.sizes[a].width + input.sizes[b].width) / 2;
            const double height = (input.sizes[a].height + input.sizes[b].height) / 2;
            if (dx >= 1000)
                break;
            if (dx < width - 1e-6 && dy < height + gap - 1e-6)
                return true;
        }
    return false;
}

/// Whether the line from p to q enters the box (shrunk a little: touching is no crossing).
bool enters(Point p, Point q, Point centre, const LayoutInput::Size &size)
{
    constexpr double touch = 1e-3;
    double from = 0, to = 1;
    const auto clip = [&](double start, double step, double low, double high) {
        if (std::abs(step) < 1e-12)
            return start > low && start < high;
        double a = (low - start) / step, b = (high - start) / step;
        if (a > b)
            std::swap(a, b);
        from = std::max(from, a);
        to = std::min(to, b);
        return from < to;
    };
    return clip(p.x, q.x - p.x, centre.x - size.width / 2 + touch,
                centre.x + size.width / 2 - touch) &&
           clip(p.y, q.y - p.y, centre.y - size.height / 2 + touch,
                centre.y + size.height / 2 - touch);
}

int nodesCrossed(const LayoutInput &input, const Layout &layout)
{
    int crossed = 0;
    for (const std::vector<Point> &route : layout.routes)
        for (std::size_t i = 1; i < route.size(); ++i)
            for (std::size_t node = 0; node < input.sizes.size(); ++node)
                crossed += enters(route[i - 1], route[i], layout.centres[node], input.sizes[node]);
    return crossed;
}

} // namespace

class TestLineageLayout : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cyclesAreBrokenAtTheEdgeThatLeadsBack()
    {
        // 0 -> 1 -> 2 -> 3 -> 1, 3 -> 4
        const LayoutEdges edges{{0, 1}, {1, 2}, {2, 3}, {3, 1}, {3, 4}};
        QCOMPARE(edgesToReverse(5, edges), (std::vector<char>{0, 0, 0, 1, 0}));
        QCOMPARE(edgesToReverse(2, {{0, 0}, {0, 1}, {1, 0}}), (std::vector<char>{0, 0, 1}));
        QCOMPARE(edgesToReverse(3, {}), std::vector<char>());
    }

    void layersAreTheLongestPaths()
    {
        // 0 -> 1 -> 2 -> 4, 0 -> 4, 3 -> 4
        const LayoutEdges edges{{0, 1}, {1, 2}, {2, 4}, {0, 4}, {3, 4}};
        QCOMPARE(layersOf(5, edges), (Ints{0, 1, 2, 2, 3})); // 3 stands where it is used
    }

    void chainsOfLateSourcesArePulledToWhereTheyAreUsed()
    {
        // 0 -> 1 -> 2 -> 3, and 4 -> 5 -> 3
        QCOMPARE(layersOf(6, {{0, 1}, {1, 2}, {2, 3}, {4, 5}, {5, 3}}), (Ints{0, 1, 2, 3, 1, 2}));
    }

    void longEdgesGetBendsAndShareThem()
    {
        // 0 -> 1 -> 2 -> 3 -> 4, and 0 -> 3, 0 -> 4 both long
        const LayoutEdges edges{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 3}, {0, 4}};
        const LayeredPart part = partOf(5, edges);
        QCOMPARE(part.layers.size(), 5u);
        QCOMPARE(part.layer.size(), 5u + 3); // one cable through layers 1, 2 and 3
        QCOMPARE(part.routes[4].count, 2);
        QCOMPARE(part.routes[5].count, 3);
        QCOMPARE(part.routes[4].first, part.routes[5].first);
        for (const auto &[from, to] : part.segments)
            QCOMPARE(part.layer[std::size_t(to)], part.layer[std::size_t(from)] + 1);
    }

    void bendsAreLimited()
    {
        LayoutEdges edges;
        constexpr int length = 100;
        for (int i = 0; i + 1 < length; ++i)
            edges.emplace_back(i, i + 1);
        for (int i = 0; i + 50 < length; ++i)
            edges.emplace_back(i, i + 50);
        const LayeredPart part = cutAtLayers(layersOf(length, edges), edges, 300);
        QVERIFY(int(part.layer.size()) - length <= 300);
        QCOMPARE(std::count_if(part.routes.begin(), part.routes.end(),
                               [](const auto &route) { return route.isAround; }),
                 50);
    }

    void ordersWithoutACrossingWhereThereIsOne()
    {
        // 0 -> 3, 0 -> 4, 1 -> 3, 2 -> 4 with the upper layer mixed up.
        LayeredPart part = partOf(5, {{0, 4}, {2, 4}, {0, 3}, {1, 3}});
        part.layers[0] = {0, 1, 2};
        part.layers[1] = {4, 3};
        QCOMPARE(crossingsOf(part), 2);
        orderLayers(part, unwatched());
        QCOMPARE(crossingsOf(part), 0);
    }

    void countsCrossingsAsTheyAre()
    {
        LayeredPart part = partOf(6, {{0, 5}, {1, 4}, {2, 3}, {0, 3}});
        part.layers = {{0, 1, 2}, {3, 4, 5}};
        QCOMPARE(crossingsOf(part), 3); // 0-5 with 1-4 and 2-3, 1-4 with 2-3; ends in common: none
    }

    void treesHaveNoCrossings()
    {
        std::mt19937 random(7);
        LayoutEdges edges;
        for (int i = 1; i < 400; ++i)
            edges.emplace_back(int(random() % unsigned(i)), i);
        QCOMPARE(layOut(inputOf(400, edges), unwatched()).crossings, 0);
    }

    void coordinatesKeepOrderAndGaps()
    {
        LayeredPart part = partOf(5, {{0, 2}, {0, 3}, {0, 4}, {1, 4}});
        orderLayers(part, unwatched());
        const std::vector<double> places = placeAlong(part, 14);
        for (const Ints &layer : part.layers)
            for (std::size_t i = 1; i < layer.size(); ++i)
                QVERIFY(places[std::size_t(layer[i])] - places[std::size_t(layer[i - 1])] >=
                        30 + 14 - 1e-9);
        QCOMPARE(places[0], places[3]); // in the middle of its children
    }

    void aSeriesIsStraight()
    {
        // Steps, each with a model that leads on and three things that do not.
        LayoutEdges edges;
        int next = 1;
        Ints spine{0};
        for (int step = 0; step < 50; ++step) {
            const int execution = next++;
            edges.emplace_back(spine.back(), execution);
            spine.push_back(execution);
            for (int k = 0; k < 4; ++k)
                edges.emplace_back(execution, next + k);
            spine.push_back(next);
            next += 4;
        }
        const Layout layout = layOut(inputOf(next, edges), unwatched());
        spine.resize(spine.size() - 2); // the last step may bow to all that it made
        for (int node : spine)
            QCOMPARE(layout.centres[std::size_t(node)].y, layout.centres[0].y);
        QVERIFY(layout.height < 400);
    }

    void longEdgesAreStraight()
    {
        LayoutEdges edges;
        for (int i = 0; i < 9; ++i)
            edges.emplace_back(i, i + 1);
        edges.emplace_back(0, 9);
        const Layout layout = layOut(inputOf(10, edges), unwatched());
        QVERIFY(layout.routes.back().size() <= 6); // out, along in one line, in
        QCOMPARE(nodesCrossed(inputOf(10, edges), layout), 0);
    }

    void edgesPointRightUnlessReversed()
    {
        const LayoutEdges edges{{0, 1}, {1, 2}, {2, 3}, {3, 1}, {3, 4}, {2, 2}};
        const LayoutInput input = inputOf(5, edges);
        const Layout layout = layOut(input, unwatched());
        for (std::size_t i = 0; i < edges.size(); ++i) {
            const auto [from, to] = edges[i];
            const std::vector<Point> &route = layout.routes[i];
            const Point a = layout.centres[std::size_t(from)], b = layout.centres[std::size_t(to)];
            QCOMPARE(route.front().x, a.x + 50); // right side of the one, left side of the other
            QCOMPARE(route.front().y, a.y);
            QCOMPARE(route.back().x, b.x - 50);
            QCOMPARE(route.back().y, b.y);
            if (i == 3 || i == 5)
                continue;
            QVERIFY(layout.layers[std::size_t(from)] < layout.layers[std::size_t(to)]);
            for (std::size_t k = 1; k < route.size(); ++k)
                QVERIFY(route[k].x >= route[k - 1].x);
        }
        QCOMPARE(layout.layers, (Ints{0, 1, 2, 3, 4}));
        QCOMPARE(nodesCrossed(input, layout), 0);
    }

    void nothingOverlapsWhateverTheGraph_data()
    {
        QTest::addColumn<int>("nodes");
        QTest::addColumn<int>("edges");
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 12; ++seed)
            QTest::addRow("%u", seed)
                << int(3 + 17 * seed) << int((3 + 17 * seed) * (seed % 4)) << seed;
    }
    void nothingOverlapsWhateverTheGraph()
    {
        QFETCH(int, nodes);
        QFETCH(int, edges);
        QFETCH(unsigned, seed);
        LayoutInput input = inputOf(nodes, randomEdges(nodes, edges, seed));
        std::mt19937 random(seed);
        for (LayoutInput::Size &size : input.sizes)
            size = {40.0 + random() % 160, 10.0 + random() % 60};
        const Layout layout = layOut(input, unwatched());
        QVERIFY(!anyOverlap(input, layout, input.nodeGap));
        QCOMPARE(nodesCrossed(input, layout), 0);
        for (std::size_t i = 0; i < input.sizes.size(); ++i) {
            const Point centre = layout.centres[i];
            QVERIFY(centre.x - input.sizes[i].width / 2 > -1e-6);
            QVERIFY(centre.y - input.sizes[i].height / 2 > -1e-6);
            QVERIFY(centre.x + input.sizes[i].width / 2 < layout.width + 1e-6);
            QVERIFY(centre.y + input.sizes[i].height / 2 < layout.height + 1e-6);
        }
        for (const auto &route : layout.routes)
            for (const Point &point : route) {
                QVERIFY(point.x > -1e-6 && point.x < layout.width + 1e-6);
                QVERIFY(point.y > -1e-6 && point.y < layout.height + 1e-6);
            }
    }

    void crowdedGraphsStayLow()
    {
        // Straight blocks alone would run down a slope many screens long.
        const LayoutInput input = inputOf(300, randomEdges(300, 600, 3));
        const Layout layout = layOut(input, unwatched());
        LayoutEdges edges = input.edges;
        const std::vector<char> reversed = edgesToReverse(300, edges);
        for (std::size_t i = 0; i < edges.size(); ++i)
            if (reversed[i])
                std::swap(edges[i].first, edges[i].second);
        const LayeredPart part = partOf(300, edges);
        double fullest = 0;
        for (const Ints &layer : part.layers) {
            double height = 0;
            for (int vertex : layer)
                height += part.isBend(vertex) ? 7 : 44;
            fullest = std::max(fullest, height);
        }
        QVERIFY(layout.height < 2 * fullest);
        QVERIFY(!anyOverlap(input, layout, input.nodeGap));
    }

    void theSameInputGivesTheSameLayout()
    {
        const LayoutInput input = inputOf(200, randomEdges(200, 300, 11));
        const Layout a = layOut(input, unwatched()), b = layOut(input, unwatched());
        for (std::size_t i = 0; i < a.centres.size(); ++i) {
            QCOMPARE(a.centres[i].x, b.centres[i].x);
            QCOMPARE(a.centres[i].y, b.centres[i].y);
        }
    }

    void aGrownGraphKeepsItsOrder()
    {
        LayoutEdges edges;
        for (int i = 1; i <= 30; ++i)
            edges.emplace_back(0, i);
        edges.emplace_back(0, 31);
        LayoutInput input = inputOf(32, edges);
        Layout before = layOut(input, unwatched());
        // An order that nobody would choose by themselves.
        for (int i = 1; i <= 31; ++i)
            before.centres[std::size_t(i)].y = (i * 17) % 32;
        for (int i = 0; i < 5; ++i) {
            input.sizes.push_back({100, 30});
            input.edges.emplace_back(0, 32 + i);
        }
        for (const Point &centre : before.centres)
            input.previous.emplace_back(centre.x, centre.y);
        constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
        input.previous.resize(input.sizes.size(), {unknown, unknown});
        const Layout after = layOut(input, unwatched());
        for (std::size_t a = 1; a <= 31; ++a)
            for (std::size_t b = 1; b <= 31; ++b)
                if (before.centres[a].y < before.centres[b].y)
                    QVERIFY(after.centres[a].y < after.centres[b].y);
        QVERIFY(!anyOverlap(input, after, input.nodeGap));
    }

    void partsStandBesideAndBelowEachOther()
    {
        LayoutEdges edges;
        for (int i = 0; i < 200; ++i)
            edges.emplace_back(2 * i, 2 * i + 1);
        const LayoutInput input = inputOf(400, edges);
        const Layout layout = layOut(input, unwatched());
        QVERIFY(!anyOverlap(input, layout, input.nodeGap));
        const double aspect = layout.width / layout.height;
        QVERIFY2(aspect > 1.2 && aspect < 2.2, qPrintable(QString::number(aspect)));
    }

    void stoppedItAnswersTheBestSoFar()
    {
        const LayoutInput input = inputOf(60, randomEdges(60, 120, 5));
        int asked = 0;
        const Layout layout = layOut(input, [&asked](double fraction) {
            ++asked;
            return fraction < 0;
        });
        QVERIFY(asked > 0);
        QVERIFY(!anyOverlap(input, layout, input.nodeGap));
        QCOMPARE(nodesCrossed(input, layout), 0);
    }

    void progressGrowsToTheEnd()
    {
        double last = 0;
        layOut(inputOf(200, randomEdges(200, 300, 4)), [&last](double fraction) {
            Q_ASSERT(fraction >= last && fraction <= 1);
            last = fraction;
            return true;
        });
        QVERIFY(last > 0);
    }

    void hostileInputIsBorne()
    {
        QCOMPARE(layOut({}, unwatched()).centres.size(), 0u);
        LayoutInput input = inputOf(3, {{0, 1}, {-1, 2}, {1, 99}, {2, 2}, {0, 1}, {0, 1}});
        input.sizes[0] = {std::nan(""), -5};
        input.sizes[1] = {std::numeric_limits<double>::infinity(), 10};
        input.previous = {{1, 2}}; // of another graph
        const Layout layout = layOut(input, unwatched());
        QVERIFY(layout.routes[1].empty() && layout.routes[2].empty());
        QVERIFY(!layout.routes[5].empty());
        for (const Point &centre : layout.centres)
            QVERIFY(std::isfinite(centre.x) && std::isfinite(centre.y));
    }

    void deepGraphsNeedNoDeepStack()
    {
        LayoutEdges edges;
        for (int i = 0; i < 100'000; ++i)
            edges.emplace_back(i, i + 1);
        const Layout layout = layOut(inputOf(100'001, edges), unwatched());
        QCOMPARE(layout.layers.back(), 100'000);
    }
};

QTEST_GUILESS_MAIN(TestLineageLayout)
#include "tst_lineagelayout.moc"
