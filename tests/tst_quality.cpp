// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/quality.h"

#include "base/error.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <numbers>

using namespace helmscope;

class TestQuality : public QObject
{
    Q_OBJECT
private:
    static constexpr float nan = std::numeric_limits<float>::quiet_NaN();

    /// Truth 1, 2, 3, 4 at four pixels, a fifth measured, a sixth no candidate.
    static Map truth()
    {
        Map map(2, 3);
        map << 1, 2, 3, 4, 100, 50;
        return map;
    }
    static Belief belief()
    {
        Belief belief;
        belief.mean.resize(2, 3);
        belief.mean << 1.5f, 2, 2, 4, 0, nan;
        belief.deviation = Map::Constant(2, 3, 0.5f);
        belief.deviation(1, 2) = nan;
        belief.noise = Map::Constant(2, 3, 1.2f);
        return belief;
    }
    const std::vector<Pixel> m_measured{{1, 1}, {7, 7}};

private Q_SLOTS:
    void agreesWithNumbersByHand()
    {
        // Errors -0.5, 0, 1, 0; squares sum to 1.25. Truth's average 2.5, squared deviations sum to
        // 5, deviation sqrt(1.25). Everything within 1.96 * 0.5 = 0.98 but the error of 1.
        const Quality quality = judge(belief(), truth(), m_measured, false);
        QCOMPARE(quality.pixels, 4);
        QCOMPARE(quality.rmse, std::sqrt(1.25 / 4));
        QCOMPARE(quality.r2, 1 - 1.25 / 5);
        QCOMPARE(quality.coverage95, 0.75);
        const double scaled = 0.5 / std::sqrt(1.25);
        const double expected =
            0.5 * std::log(2 * std::numbers::pi) + std::log(scaled) + 0.5 * (1.25 / 0.25) / 4;
        QVERIFY(std::abs(quality.nlpd - expected) < 1e-12);
    }

    void countsTheNoiseOfANoisyTruth()
    {
        // sqrt(0.5^2 + 1.2^2) = 1.3
        const Quality quality = judge(belief(), truth(), m_measured, true);
        QCOMPARE(quality.coverage95, 1.);
        const double expected = 0.5 * std::log(2 * std::numbers::pi) +
                                std::log(1.3 / std::sqrt(1.25)) + 0.5 * 1.25 / 1.69 / 4;
        QVERIFY(std::abs(quality.nlpd - expected) < 1e-6); // maps are float32
        QCOMPARE(quality.rmse, std::sqrt(1.25 / 4));
    }

    void saysNothingWhereNothingIsLeft()
    {
        std::vector<Pixel> all;
        for (int row = 0; row < 2; ++row)
            for (int col = 0; col < 3; ++col)
                all.push_back({row, col});
        const Quality quality = judge(belief(), truth(), all, false);
        QCOMPARE(quality.pixels, 0);
        QVERIFY(std::isnan(quality.rmse) && std::isnan(quality.r2) && std::isnan(quality.nlpd) &&
                std::isnan(quality.coverage95));
    }

    void leavesOutWhereTheTruthIsUnknown()
    {
        Map holed = truth();
        holed(0, 0) = nan;
        QCOMPARE(judge(belief(), holed, m_measured, false).pixels, 3);
    }

    void survivesACertainModelAndAFlatTruth()
    {
        Belief sure = belief();
        sure.deviation = Map::Constant(2, 3, 0);
        const Quality quality = judge(sure, truth(), m_measured, false);
        QVERIFY(std::isfinite(quality.nlpd) &&
                quality.nlpd > 1e6);       // punished hard, not without bound
        QCOMPARE(quality.coverage95, 0.5); // the two exact ones

        const Quality flat = judge(belief(), Map::Constant(2, 3, 2), m_measured, false);
        QVERIFY(std::isnan(flat.r2) && std::isnan(flat.nlpd) && std::isfinite(flat.rmse));
    }

    void refusesATruthOfAnotherShape()
    {
        QVERIFY_EXCEPTION_THROWN(judge(belief(), Map::Zero(3, 2), {}, false), Error);
    }
};

QTEST_GUILESS_MAIN(TestQuality)
#include "tst_quality.moc"
