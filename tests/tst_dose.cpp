// SPDX-License-Identifier: GPL-3.0-or-later
// Electrons that were given, and when they are too many.
#include "steering/live/dose.h"

#include <QTest>

#include <array>
#include <cmath>
#include <limits>

using namespace helmscope;

namespace {

Step stepAt(Pixel pixel, double dose)
{
    Step step;
    step.pixel = pixel;
    step.dose = dose;
    return step;
}

} // namespace

class TestDose : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void addsUpWhereTheBeamWas()
    {
        DoseBook book(20, 30, 0.5, 0);
        book.add(stepAt({3, 4}, 100));
        book.add(stepAt({3, 4}, 50));
        Step checked = stepAt({7, 8}, 30);
        checked.references = {{{3, 4}, {3, 4}, {}, 0, 0, 0.1, 200}};
        book.add(checked);
        QCOMPARE(book.map()(3, 4), 350.F);
        QCOMPARE(book.map()(7, 8), 30.F);
        QCOMPARE(double(book.map().sum()), 380.);
        QCOMPARE(book.largest(), 350.);
        QCOMPARE(book.nextDose(), 30.);
    }

    void whatWasNotMeasuredGaveNothing()
    {
        DoseBook book(10, 10, 0.5, 0);
        Step step = stepAt({3, 4}, 100);
        step.source = Measurement::Source::Predicted;
        book.add(step);
        book.add(stepAt({10, 4}, 100)); // beside the grid
        book.add(stepAt({1, 1}, 0));    // unknown
        book.add(stepAt({1, 1}, std::numeric_limits<double>::quiet_NaN()));
        QCOMPARE(book.largest(), 0.);
        QCOMPARE(book.map().sum(), 0.F);
        QVERIFY(!book.beyond(10).any());
    }

    void aWideProbeSpreadsAndLosesNothing()
    {
        DoseBook book(61, 61, 0.5, 2); // four pixels wide
        book.add(stepAt({30, 30}, 1000));
        const Map &map = book.map();
        QVERIFY(std::abs(double(map.sum()) - 1000) < 1); // 4 deviations hold all but 1e-4
        QVERIFY(std::abs(map(30, 34) - map(26, 30)) < 1e-3F);
        // Half a width away it is half of the middle, but for the width of the pixels.
        QVERIFY(std::abs(map(30, 32) / map(30, 30) - 0.5) < 0.03);
        QVERIFY(std::abs(book.nextDose() - double(map(30, 30))) < 1e-3);
        book.add(stepAt({0, 0}, 1000)); // at the corner a quarter stays
        QVERIFY(double(map.sum()) > 1250 && double(map.sum()) < 1450);
        // Unknown pixel size, or a probe within a pixel: nothing spreads.
        for (DoseBook alone : std::array{DoseBook(9, 9, 0, 5), DoseBook(9, 9, 1, 0.5)}) {
            alone.add(stepAt({4, 4}, 10));
            QCOMPARE(alone.map()(4, 4), 10.F);
        }
    }

    void aLimitForbidsWhatOnePointMoreWouldBreak()
    {
        DoseBook book(10, 10, 0.5, 0);
        for (int i = 0; i < 3; ++i)
            book.add(stepAt({2, 2}, 100));
        book.add(stepAt({5, 5}, 100));
        QVERIFY(book.beyond(0).size() == 0); // no limit
        const Mask mask = book.beyond(350);
        QCOMPARE(mask.count(), Eigen::Index(1));
        QVERIFY(mask(2, 2));
        QVERIFY(book.beyond(400).size() == 0);                // exactly the limit is still within
        QCOMPARE(book.beyond(99).count(), Eigen::Index(100)); // one point is too much anywhere
    }

    void tellsWhenTheLimitIsReached()
    {
        DoseBook book(10, 10, 0.5, 0);
        QVERIFY(!book.pointsUntil(100));
        for (int i = 0; i < 11; ++i)
            book.add(stepAt({2, 2}, 10));
        QCOMPARE(*book.pointsUntil(200), 9); // 110 so far, 10 a point
        QVERIFY(!book.pointsUntil(0));
        QVERIFY(!book.pointsUntil(100)); // over already
        for (int i = 0; i < 30; ++i)
            book.add(stepAt({i % 9, 9}, 1)); // elsewhere: it does not grow
        QVERIFY(!book.pointsUntil(200));
    }
};

QTEST_GUILESS_MAIN(TestDose)
#include "tst_dose.moc"
