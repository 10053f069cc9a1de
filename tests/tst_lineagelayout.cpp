// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/layout.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace helmscope;

namespace {

using Edges = std::vector<std::pair<int, int>>;

LayoutInput input(int nodes, const Edges &edges)
{
    LayoutInput made;
    made.sizes.assign(std::size_t(nodes), {100, 30});
    made.edges = edges;
    return made;
}

bool overlap(const LayoutInput &in, const Layout &layout, std::size_t a, std::size_t b)
{
    return std::abs(layout.centres[a].x - layout.centres[b].x) <
               (in.sizes[a].width + in.sizes[b].width) / 2 &&
           std::abs(layout.centres[a].y - layout.centres[b].y) <
               (in.sizes[a].height + in.sizes[b].height) / 2;
}

/// What holds for every layout.
void verify(const LayoutInput &in, const Layout &layout)
{
    QCOMPARE(layout.centres.size(), in.sizes.size());
    QCOMPARE(layout.layers.size(), in.sizes.size());
    QCOMPARE(layout.routes.size(), in.edges.size());
    for (std::size_t i = 0; i < in.sizes.size(); ++i) {
        const auto [x, y] = layout.centres[i];
        QVERIFY(std::isfinite(x) && std::isfinite(y));
        QVERIFY(x - in.sizes[i].width / 2 >= -1e-6 && y - in.sizes[i].height / 2 >= -1e-6);
        QVERIFY(x + in.sizes[i].width / 2 <= layout.width + 1e-6);
        QVERIFY(y + in.sizes[i].height / 2 <= layout.height + 1e-6);
        for (std::size_t j = 0; j < i; ++j)
            QVERIFY2(!overlap(in, layout, i, j), qPrintable(QString("%1 %2").arg(i).arg(j)));
    }
    for (const auto &route : layout.routes)
        for (const Layout::Point &point : route)
            QVERIFY(std::isfinite(point.x) && std::isfinite(point.y));
}

} // namespace

class TestLineageLayout : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aDiamondStandsInThreeLayers()
    {
        const LayoutInput in = input(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}});
        const Layout layout = layOut(in, unwatched());
        verify(in, layout);
        QCOMPARE(layout.layers, (std::vector{0, 1, 1, 2}));
        QCOMPARE(layout.crossings, 0);
        for (std::size_t i = 0; i < in.edges.size(); ++i) {
            const auto [from, to] = in.edges[i];
            const auto &route = layout.routes[i];
            QVERIFY(route.size() >= 2);
            QVERIFY(std::abs(route.front().x - (layout.centres[std::size_t(from)].x + 50)) < 1e-6);
            QVERIFY(std::abs(route.back().x - (layout.centres[std::size_t(to)].x - 50)) < 1e-6);
            QVERIFY(route.front().x < route.back().x);
        }
    }

    void crossingsThatNeedNotBeAreNot()
    {
        // Given crosswise: 0 -> 5, 1 -> 4, 2 -> 3.
        const LayoutInput in = input(6, {{0, 5}, {1, 4}, {2, 3}, {0, 4}, {1, 3}});
        const Layout layout = layOut(in, unwatched());
        verify(in, layout);
        QCOMPARE(layout.crossings, 0);
    }

    void longEdgesKeepClearOfNodes()
    {
        // 0 -> 1 -> 2 -> 3 and 0 -> 3 past the two between.
        const LayoutInput in = input(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}});
        const Layout layout = layOut(in, unwatched());
        verify(in, layout);
        QCOMPARE(layout.layers, (std::vector{0, 1, 2, 3}));
        for (const Layout::Point &point : layout.routes[3])
            for (const std::size_t node : {1u, 2u})
                QVERIFY(std::abs(point.x - layout.centres[node].x) > 50 - 1e-6 ||
                        std::abs(point.y - layout.centres[node].y) > 15 - 1e-6);
        QVERIFY(layout.routes[3].size() > 2);
    }

    void cyclesLoopsAndDoublesAreSurvived()
    {
        const LayoutInput in = input(5, {{0, 1}, {1, 2}, {2, 0}, {3, 3}, {1, 2}, {2, 4}, {4, 1}});
        const Layout layout = layOut(in, unwatched());
        verify(in, layout);
    }

    void partsStandApart()
    {
        Edges edges;
        for (int part = 0; part < 30; ++part) {
            edges.push_back({3 * part, 3 * part + 1});
            edges.push_back({3 * part, 3 * part + 2});
        }
        const LayoutInput in = input(95, edges); // the last five are joined to nothing
        const Layout layout = layOut(in, unwatched());
        verify(in, layout);
        // Not a thin tower.
        QVERIFY(layout.height < 8 * layout.width);
    }

    void theSameInputGivesTheSameLayout()
    {
        Edges edges;
        for (int i = 1; i < 200; ++i)
            edges.push_back({(i * 7919) % i, i});
        const LayoutInput in = input(200, edges);
        const Layout a = layOut(in, unwatched()), b = layOut(in, unwatched());
        verify(in, a);
        for (std::size_t i = 0; i < 200; ++i)
            QVERIFY(a.centres[i].x == b.centres[i].x && a.centres[i].y == b.centres[i].y);
    }

    void aGraphThatGrewKeepsItsOrder()
    {
        LayoutInput in = input(6, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}});
        const Layout before = layOut(in, unwatched());
        std::vector<int> order{1, 2, 3, 4, 5};
        const auto above = [](const Layout &layout) {
            return [&layout](int a, int b) {
                return layout.centres[std::size_t(a)].y < layout.centres[std::size_t(b)].y;
            };
        };
        std::sort(order.begin(), order.end(), above(before));
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        for (const Layout::Point &point : before.centres)
            in.previous.push_back({point.x, point.y});
        in.sizes.push_back({100, 30});
        in.previous.push_back({nan, nan});
        in.edges.insert(in.edges.begin(), {0, 6});
        const Layout after = layOut(in, unwatched());
        verify(in, after);
        QVERIFY(std::is_sorted(order.begin(), order.end(), above(after)));
    }

    void stoppedItAnswersWhatItHas()
    {
        Edges edges;
        for (int i = 1; i < 300; ++i)
            edges.push_back({i / 2, i});
        const LayoutInput in = input(300, edges);
        int asked = 0;
        const Layout layout = layOut(in, [&](double) { return ++asked < 2; });
        QCOMPARE(layout.centres.size(), 300u);
        for (const Layout::Point &point : layout.centres)
            QVERIFY(std::isfinite(point.x) && std::isfinite(point.y));
    }

    void nothingIsLaidOutAsNothing()
    {
        const Layout layout = layOut({}, unwatched());
        QVERIFY(layout.centres.empty() && layout.routes.empty());
        verify(input(1, {}), layOut(input(1, {}), unwatched()));
    }
};

QTEST_GUILESS_MAIN(TestLineageLayout)
#include "tst_lineagelayout.moc"
