// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of an image somebody drew: which pixels they hold, what is in them, along them, and their
// transform.
#include "base/error.h"
#include "data/imaging/diffractogram.h"
#include "data/imaging/profile.h"
#include "data/imaging/region.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <numbers>

using namespace helmscope;

namespace {

using Kind = Region::Kind;
constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// Value 100 row + column.
Map counted(int rows, int cols)
{
    Map map(rows, cols);
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < cols; ++c)
            map(r, c) = float(100 * r + c);
    return map;
}

/// A wave of this amplitude with so many periods across and down.
Map wave(int rows, int cols, double amplitude, int across, int down)
{
    Map map(rows, cols);
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < cols; ++c)
            map(r, c) = float(
                5 + amplitude * std::cos(2 * std::numbers::pi *
                                         (double(across) * c / cols + double(down) * r / rows)));
    return map;
}

} // namespace

class TestRegion : public QObject
{
    Q_OBJECT
private slots:
    void aRectangleHoldsThePixelsWhoseCentresAreInIt()
    {
        const Region region{Kind::Rectangle, {{7.4, 4.6}, {2.4, 1.6}}}; // corners in any order
        const Mask mask = maskOf(region, 10, 12);
        QCOMPARE(mask.count(), Eigen::Index(3 * 5));
        QVERIFY(mask.block(2, 2, 3, 5).all());
        // One that reaches beyond the image, and one beside it.
        QCOMPARE(maskOf({Kind::Rectangle, {{-1e30, -1e30}, {1e30, 1e30}}}, 10, 12).count(),
                 Eigen::Index(120));
        QCOMPARE(maskOf({Kind::Rectangle, {{20, 20}, {30, 30}}}, 10, 12).count(), Eigen::Index(0));
    }

    void anEllipseHasTheAreaOfAnEllipse()
    {
        const Mask mask = maskOf({Kind::Ellipse, {{10, 20}, {90, 80}}}, 100, 100);
        const double area = std::numbers::pi * 40 * 30;
        QVERIFY(std::abs(double(mask.count()) - area) < 0.005 * area); // the edge's pixels
        QVERIFY(mask(50, 50) && mask(50, 10) && !mask(50, 9) && !mask(20, 12));
        QVERIFY((mask == mask.reverse()).all()); // the same from every side
    }

    void aPolygonMayBeHollowAndCrossItself()
    {
        // A U: its opening is not part of it.
        const Region u{Kind::Polygon,
                       {{0, 0}, {3, 0}, {3, 6}, {6, 6}, {6, 0}, {9, 0}, {9, 9}, {0, 9}}};
        const Mask mask = maskOf(u, 10, 10);
        QCOMPARE(mask.count(), Eigen::Index(81 - 18));
        QVERIFY(!mask(2, 4) && mask(2, 1) && mask(2, 7) && mask(7, 4) && !mask(9, 4));
        // A bow tie: two triangles.
        const Mask tie = maskOf({Kind::Polygon, {{0, 0}, {10, 10}, {10, 0}, {0, 10}}}, 10, 10);
        QVERIFY(tie(5, 0) && tie(5, 9) && !tie(0, 5) && !tie(9, 5));
    }

    void aTinyRegionIsThePixelItLiesIn()
    {
        const std::vector<PixelRun> one{{3, 7, 7}};
        QCOMPARE(runsOf({Kind::Rectangle, {{7.1, 3.1}, {7.2, 3.2}}}, 10, 10), one);
        QCOMPARE(runsOf({Kind::Ellipse, {{7.8, 3.1}, {7.8, 3.1}}}, 10, 10), one);
        QVERIFY(runsOf({Kind::Ellipse, {{-7.8, 3.1}, {-7.8, 3.1}}}, 10, 10).empty());
    }

    void pointsThatAreNoNumbersHoldNothing()
    {
        constexpr double bad = std::numeric_limits<double>::quiet_NaN();
        QVERIFY(runsOf({Kind::Rectangle, {{bad, 0}, {5, 5}}}, 10, 10).empty());
        QVERIFY(runsOf({Kind::Polygon, {}}, 10, 10).empty());
        QVERIFY(profileAlong(counted(4, 4), {0, 0}, {bad, 1}, 1).mean.empty());
        Mask mask = Mask::Constant(4, 4, false);
        paintStroke(mask, {{bad, 1}, {1e300, 1}, {-1e300, 2}}, 3, true);
        QVERIFY(!mask.any());
    }

    void aBrushPaintsAndClears()
    {
        Mask mask = Mask::Constant(20, 40, false);
        paintStroke(mask, {{5, 10}, {35, 10}}, 4, true);
        for (int col = 5; col < 35; ++col) // no gaps
            QCOMPARE(mask.col(col).count(), Eigen::Index(4));
        QVERIFY(!mask.col(1).any() && !mask.col(38).any());
        paintStroke(mask, {{20, 10}}, 8, false);
        QVERIFY(!mask(10, 20) && mask(10, 6) && mask(10, 34));
        paintStroke(mask, {{20.5, 10.5}}, 1, true);
        QVERIFY(mask(10, 20) && !mask(10, 21));
    }

    void statisticsAreThoseOfTheRegion()
    {
        Map image = counted(10, 10);
        image.array() += 1e6F; // a level far above what varies
        const RegionStatistics found =
            statisticsOf(image, {Kind::Rectangle, {{2, 3}, {5, 5}}}); // 302 303 304 402 403 404
        QCOMPARE(found.pixels, std::int64_t(6));
        QCOMPARE(found.mean, 1e6 + 353);
        QCOMPARE(found.sum, 6 * (1e6 + 353));
        QCOMPARE(found.lowest, 1e6 + 302);
        QCOMPARE(found.highest, 1e6 + 404);
        QVERIFY(std::abs(found.deviation - std::sqrt((6 * 50 * 50 + 4 * 1) / 5.)) < 1e-6);

        image(3, 2) = missing;
        const RegionStatistics fewer = statisticsOf(image, {Kind::Rectangle, {{2, 3}, {5, 5}}});
        QCOMPARE(fewer.pixels, std::int64_t(5));
        QCOMPARE(fewer.missing, std::int64_t(1));
        QVERIFY(std::isnan(statisticsOf(image, {Kind::Rectangle, {{2.2, 3.2}, {2.4, 3.4}}}).mean));
    }

    void aProfileReadsBetweenPixels()
    {
        const Map image = counted(20, 30); // linear: bilinear interpolation is exact
        QCOMPARE(valueAt(image, {4.5, 2.5}), 204.);
        QCOMPARE(valueAt(image, {4.75, 3.0}), 254.25);
        QCOMPARE(valueAt(image, {0.1, 0.1}), 0.); // half a pixel about the outermost centres
        QVERIFY(std::isnan(valueAt(image, {30.1, 4})));

        const LineProfile slanted = profileAlong(image, {2, 3}, {26, 10}, 1);
        QCOMPARE(slanted.distance.size(), std::size_t(26)); // 25 pixels long
        QCOMPARE(slanted.distance.back(), 25.);
        for (std::size_t i = 0; i < slanted.mean.size(); ++i) {
            const double t = slanted.distance[i] / 25;
            const double x = 2 + 24 * t, y = 3 + 7 * t;
            QVERIFY(std::abs(slanted.mean[i] - (100 * (y - 0.5) + x - 0.5)) < 1e-3);
            QCOMPARE(slanted.deviation[i], 0.);
        }
    }

    void aWideProfileIsTheMeanAcross()
    {
        Map image = Map::Zero(20, 30);
        for (int r = 0; r < 20; ++r)
            image.row(r) = float(r % 2); // stripes along it: half
        const LineProfile wide = profileAlong(image, {2, 10}, {25, 10}, 6);
        for (double mean : wide.mean)
            QVERIFY(std::abs(mean - 0.5) < 1e-6);
        for (double deviation : wide.deviation)
            QVERIFY(std::abs(deviation - std::sqrt(6 * 0.25 / 5)) < 1e-6);
        image(8, 12) = missing; // left out where the line crosses it
        QVERIFY(std::isfinite(profileAlong(image, {2, 10}, {25, 10}, 6).mean[10]));
        // Beyond the image there is nothing.
        QVERIFY(std::isnan(profileAlong(image, {25, 10}, {40, 10}, 1).mean.back()));
    }

    void aWaveIsTwoSpots_data()
    {
        QTest::addColumn<TaperWindow>("window");
        QTest::newRow("none") << TaperWindow::None;
        QTest::newRow("Hann") << TaperWindow::Hann;
        QTest::newRow("Blackman") << TaperWindow::Blackman;
    }
    void aWaveIsTwoSpots()
    {
        QFETCH(TaperWindow, window);
        const Map image = wave(64, 64, 3, 8, 5);
        const Region whole{Kind::Rectangle, {{0, 0}, {64, 64}}};
        const Diffractogram found = diffractogramOf(image, whole, window);
        QCOMPARE(found.amplitude.rows(), Eigen::Index(64));
        const int m = found.middle;
        QCOMPARE(m, 32);
        QVERIFY(std::abs(found.amplitude(m + 5, m + 8) - 1.5F) < 1e-3F); // half of 3
        QVERIFY(std::abs(found.amplitude(m - 5, m - 8) - 1.5F) < 1e-3F);
        QVERIFY(found.amplitude(m, m) < 1e-3F); // the mean is taken away
        Eigen::Index row = 0, col = 0;
        found.amplitude.maxCoeff(&row, &col);
        const QPointF frequency = found.frequencyAt({int(row), int(col)});
        QVERIFY(std::abs(std::abs(frequency.x()) - 8 / 64.) < 1e-12);
        QVERIFY(std::abs(std::abs(frequency.y()) - 5 / 64.) < 1e-12);
    }

    void aWindowLeavesNoCross()
    {
        Map ramp(128, 128); // its edges do not fit
        for (int c = 0; c < 128; ++c)
            ramp.col(c) = float(c);
        const Region whole{Kind::Rectangle, {{0, 0}, {128, 128}}};
        const auto far = [&](TaperWindow window) {
            const Diffractogram found = diffractogramOf(ramp, whole, window);
            return found.amplitude(found.middle, found.middle + 40);
        };
        QVERIFY(far(TaperWindow::Hann) < 0.01F * far(TaperWindow::None));
    }

    void anOblongRegionHasOneScale()
    {
        const Map image = wave(48, 96, 2, 12, 0); // a period of 8 pixels
        const Diffractogram found =
            diffractogramOf(image, {Kind::Ellipse, {{0, 0}, {96, 48}}}, TaperWindow::Hann);
        QCOMPARE(found.amplitude.rows(), found.amplitude.cols());
        QCOMPARE(found.amplitude.rows(), Eigen::Index(96));
        Eigen::Index row = 0, col = 0;
        found.amplitude.maxCoeff(&row, &col);
        QCOMPARE(int(row), found.middle);
        QCOMPARE(std::abs(found.frequencyAt({int(row), int(col)}).x()), 1 / 8.);
        // 97 columns transform slowly: filled up to 100.
        QCOMPARE(diffractogramOf(Map::Zero(40, 97), {Kind::Rectangle, {{0, 0}, {97, 40}}},
                                 TaperWindow::Hann)
                     .amplitude.rows(),
                 Eigen::Index(100));
    }

    void refusesWhatCannotBeTransformed()
    {
        const Map image = counted(20, 20);
        QVERIFY_EXCEPTION_THROWN(
            diffractogramOf(image, {Kind::Rectangle, {{0, 0}, {7, 20}}}, TaperWindow::Hann), Error);
        QVERIFY_EXCEPTION_THROWN(diffractogramOf(Map::Zero(8, 5000),
                                                 {Kind::Rectangle, {{0, 0}, {5000, 8}}},
                                                 TaperWindow::Hann),
                                 Error);
        const Map nothing = Map::Constant(16, 16, missing);
        QCOMPARE(diffractogramOf(nothing, {Kind::Rectangle, {{0, 0}, {16, 16}}}, TaperWindow::Hann)
                     .amplitude.maxCoeff(),
                 0.F);
    }
};

QTEST_GUILESS_MAIN(TestRegion)
#include "tst_region.moc"
