// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "dkl/acquisition.h"
#include "dkl/random.h"

#include <QTest>

#include <cmath>
#include <numbers>

using namespace helmscope;

namespace {

/// Integral of f(x) N(x | mean, deviation^2) over ten deviations to each side, by Simpson's rule.
double expectation(const std::function<double(double)> &f, double mean, double deviation)
{
    constexpr int steps = 20000;
    const double from = mean - 10 * deviation, width = 20 * deviation / steps;
    double sum = 0;
    for (int i = 0; i <= steps; ++i) {
        const double x = from + i * width, u = (x - mean) / deviation;
        const double weight = i == 0 || i == steps ? 1 : i % 2 ? 4 : 2;
        sum += weight * f(x) * std::exp(-0.5 * u * u);
    }
    return sum * width / 3 / (deviation * std::sqrt(2 * std::numbers::pi));
}

double worthOf(Acquisition kind, double mean, double deviation, double best, double spread = 1,
               double xi = 0.01, double beta = 0.2)
{
    return worth({kind, xi, beta}, Eigen::VectorXd::Constant(1, mean),
                 Eigen::VectorXd::Constant(1, deviation), best, spread, 1)[0];
}

} // namespace

class TestAcquisition : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keysLeadBackToTheirRows();
    void refusesAKeyThatIsNotThere();
    void expectedImprovementIsTheIntegral();
    void probabilityOfImprovementIsTheIntegral();
    void expectedImprovementFarBelowTheBestStaysSmallAndPositive();
    void upperConfidenceBoundAndUncertainty();
    void withoutDeviationTheyAreTheirLimits();
    void marginIsInDeviationsOfTheValues();
    void randomIsUniformAndSeeded();
    void nanStaysNan();
    void refusesWhatMakesNoSense();
    void linearScalarizersAreExact();
    void sampledScalarizersAgreeWithTheExact();
    void outputsThatGoTogetherAddUpAsTheyDo();
    void drawsThatGiveNoNumberAreLeftOut();
};

void TestAcquisition::keysLeadBackToTheirRows()
{
    QCOMPARE(acquisitions().size(), std::size_t(7));
    for (const AcquisitionRow &row : acquisitions()) {
        QCOMPARE(acquisitionFromKey(row.key), row.kind);
        QCOMPARE(rowOf(row.kind).key, row.key);
        QVERIFY(qstrlen(row.name) > 0 && QByteArray(row.help).endsWith('.'));
    }
}

void TestAcquisition::refusesAKeyThatIsNotThere()
{
    try {
        acquisitionFromKey("best");
        QFAIL("no error");
    } catch (const Error &error) {
        const QString sentence = error.what();
        for (const AcquisitionRow &row : acquisitions())
            QVERIFY2(sentence.contains(row.key), qPrintable(sentence));
    }
}

void TestAcquisition::expectedImprovementIsTheIntegral()
{
    for (const double mean : {-2.0, 0.3, 1.0, 4.0})
        for (const double deviation : {0.1, 1.0, 3.0}) {
            const double expected =
                expectation([](double x) { return std::max(x - 1.01, 0.0); }, mean, deviation);
            const double got = worthOf(Acquisition::ExpectedImprovement, mean, deviation, 1);
            // Simpson's rule on a function with a kink: error of about the squared step.
            QVERIFY(std::abs(got - expected) < 1e-6 * deviation);
        }
}

void TestAcquisition::probabilityOfImprovementIsTheIntegral()
{
    for (const double mean : {-2.0, 0.3, 1.0, 4.0})
        for (const double deviation : {0.5, 1.0, 3.0}) {
            const double expected =
                expectation([](double x) { return double(x > 1.01); }, mean, deviation);
            const double got = worthOf(Acquisition::ProbabilityOfImprovement, mean, deviation, 1);
            QVERIFY(std::abs(got - expected) < 1e-3); // a jump costs up to one step
        }
}

void TestAcquisition::expectedImprovementFarBelowTheBestStaysSmallAndPositive()
{
    // At u = -20 the two terms agree to four digits in 400; phi(u) / u^2 is left.
    const double got = worthOf(Acquisition::ExpectedImprovement, -20, 1, 0, 1, 0);
    const double asymptotic = std::exp(-200) / std::sqrt(2 * std::numbers::pi) / 400;
    QVERIFY(got > 0);
    QVERIFY(std::abs(got / asymptotic - 1) < 0.01);
    QCOMPARE(worthOf(Acquisition::ExpectedImprovement, -1e9, 1, 0), 0.0);
}

void TestAcquisition::upperConfidenceBoundAndUncertainty()
{
    QCOMPARE(worthOf(Acquisition::UpperConfidenceBound, 2, 3, 7, 1, 0.01, 4), 8.0);
    QCOMPARE(worthOf(Acquisition::Uncertainty, 2, 3, 7), 3.0);
}

void TestAcquisition::withoutDeviationTheyAreTheirLimits()
{
    QCOMPARE(worthOf(Acquisition::ExpectedImprovement, 3, 0, 1, 1, 0), 2.0);
    QCOMPARE(worthOf(Acquisition::ExpectedImprovement, 1, 0, 3, 1, 0), 0.0);
    QCOMPARE(worthOf(Acquisition::ProbabilityOfImprovement, 3, 0, 1, 1, 0), 1.0);
    QCOMPARE(worthOf(Acquisition::ProbabilityOfImprovement, 1, 0, 3, 1, 0), 0.0);
    QCOMPARE(worthOf(Acquisition::ProbabilityOfImprovement, 1, 0, 1, 1, 0), 0.5);
    for (const Acquisition kind :
         {Acquisition::ExpectedImprovement, Acquisition::ProbabilityOfImprovement})
        for (const double mean : {0.5, 1.0, 1.5})
            QVERIFY(std::abs(worthOf(kind, mean, 0, 1, 1, 0) -
                             worthOf(kind, mean, 1e-12, 1, 1, 0)) < 1e-11);
}

void TestAcquisition::marginIsInDeviationsOfTheValues()
{
    QCOMPARE(worthOf(Acquisition::ExpectedImprovement, 3, 0, 1, 10, 0.05), 1.5);
}

void TestAcquisition::randomIsUniformAndSeeded()
{
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(10000);
    const AcquisitionSettings settings{Acquisition::Random, 0.01, 0.2};
    const Eigen::VectorXd first = worth(settings, zero, zero, 0, 1, 7);
    QCOMPARE(worth(settings, zero, zero, 0, 1, 7), first);
    QVERIFY(worth(settings, zero, zero, 0, 1, 8) != first);
    QVERIFY(first.minCoeff() >= 0 && first.maxCoeff() < 1);
    // Five standard errors of the mean of 10,000 uniform numbers.
    QVERIFY(std::abs(first.mean() - 0.5) < 5 * std::sqrt(1.0 / 12 / 10000));
}

void TestAcquisition::nanStaysNan()
{
    const double nan = std::nan("");
    for (const AcquisitionRow &row : acquisitions()) {
        if (row.kind == Acquisition::Thompson || row.kind == Acquisition::IntegratedVariance)
            continue;
        const Eigen::VectorXd got = worth({row.kind, 0.01, 0.2}, Eigen::Vector3d(nan, 1, 1),
                                          Eigen::Vector3d(1, nan, 1), 0, 1, 1);
        QVERIFY(std::isnan(got[0]) && std::isnan(got[1]) && std::isfinite(got[2]));
    }
}

void TestAcquisition::refusesWhatMakesNoSense()
{
    const Eigen::VectorXd two = Eigen::Vector2d(1, 1), three = Eigen::Vector3d(1, 1, 1);
    QVERIFY_EXCEPTION_THROWN(worth({}, two, three, 0, 1, 1), Error);
    QVERIFY_EXCEPTION_THROWN(worth({}, two, -two, 0, 1, 1), Error);
    for (const Acquisition joint : {Acquisition::Thompson, Acquisition::IntegratedVariance})
        QVERIFY_EXCEPTION_THROWN(worth({joint, 0.01, 0.2}, two, two, 0, 1, 1), Error);
    const Eigen::MatrixXd matrix = two;
    QVERIFY_EXCEPTION_THROWN(
        worth({Acquisition::UpperConfidenceBound, 0.01, -1}, two, two, 0, 1, 1), Error);
    QVERIFY_EXCEPTION_THROWN(scalarPosterior(matrix, matrix, three), Error);
    const auto first = [](const Eigen::VectorXf &vector) { return double(vector[0]); };
    QVERIFY_EXCEPTION_THROWN(scalarPosterior(matrix, matrix, first, 1, 1), Error);
}

void TestAcquisition::linearScalarizersAreExact()
{
    const Eigen::MatrixXd mean{{1, 2, 3}, {0, -1, 1}};
    const Eigen::MatrixXd deviation{{1, 2, 2}, {0, 0, 3}};
    const ScalarPosterior got = scalarPosterior(mean, deviation, Eigen::Vector3d(1, 0.5, -1));
    QCOMPARE(got.mean[0], -1.0);
    QCOMPARE(got.mean[1], -1.5);
    QCOMPARE(got.deviation[0], std::sqrt(6.0)); // 1 + 1 + 4
    QCOMPARE(got.deviation[1], 3.0);
}

void TestAcquisition::sampledScalarizersAgreeWithTheExact()
{
    Random random(1);
    Eigen::MatrixXd mean(5, 4), deviation(5, 4);
    for (double &number : mean.reshaped())
        number = random.normal();
    for (double &number : deviation.reshaped())
        number = random.uniform();
    const Eigen::VectorXd weights = Eigen::Vector4d(1, -2, 0.5, 3);
    const ScalarPosterior exact = scalarPosterior(mean, deviation, weights);
    constexpr int draws = 20000;
    const auto linear = [&](const Eigen::VectorXf &vector) {
        return weights.dot(vector.cast<double>());
    };
    const ScalarPosterior sampled = scalarPosterior(mean, deviation, linear, draws, 2);
    for (Eigen::Index row = 0; row < 5; ++row) {
        // Five standard errors of a mean and of a deviation.
        QVERIFY(std::abs(sampled.mean[row] - exact.mean[row]) <
                5 * exact.deviation[row] / std::sqrt(draws));
        QVERIFY(std::abs(sampled.deviation[row] - exact.deviation[row]) <
                5 * exact.deviation[row] / std::sqrt(2 * draws));
    }
    QCOMPARE(scalarPosterior(mean, deviation, linear, draws, 2).mean, sampled.mean);
}

void TestAcquisition::outputsThatGoTogetherAddUpAsTheyDo()
{
    // Two outputs that are one number: their sum varies twice, their difference not at all.
    const Eigen::MatrixXd mean{{1, 2}}, deviation{{0.5}}, loadings{{1}, {1}};
    const Spread together(deviation, loadings);
    const auto deviationOf = [&](const Spread &spread, double first, double second) {
        return scalarPosterior(mean, spread, Eigen::Vector2d(first, second)).deviation[0];
    };
    QCOMPARE(deviationOf(together, 1, 1), 1.0);
    QCOMPARE(deviationOf(together, 1, -1), 0.0);
    const Spread besides(deviation, loadings, Eigen::Vector2d(0.3, 0.4));
    QCOMPARE(deviationOf(besides, 1, -1), 0.5);
    QCOMPARE(deviationOf(besides, 1, 1), std::sqrt(1.25));
    constexpr int draws = 20000;
    const auto sum = [](const Eigen::VectorXf &vector) { return double(vector.sum()); };
    const ScalarPosterior sampled = scalarPosterior(mean, besides, sum, draws, 4);
    QVERIFY(std::abs(sampled.deviation[0] - std::sqrt(1.25)) < 5 * 1.2 / std::sqrt(2.0 * draws));
    QVERIFY_EXCEPTION_THROWN(scalarPosterior(mean, Spread(mean, loadings), sum, draws, 4), Error);
}

void TestAcquisition::drawsThatGiveNoNumberAreLeftOut()
{
    const Eigen::MatrixXd mean{{0}, {-100}};
    const Eigen::MatrixXd deviation{{1}, {1}};
    // The half normal's mean is sqrt(2 / pi); of the second row no draw is positive.
    const ScalarPosterior got = scalarPosterior(
        mean, deviation,
        [](const Eigen::VectorXf &vector) {
            return vector[0] > 0 ? double(vector[0]) : std::nan("");
        },
        20000, 3);
    QVERIFY(std::abs(got.mean[0] - std::sqrt(2 / std::numbers::pi)) < 0.03);
    QVERIFY(std::isnan(got.mean[1]) && std::isnan(got.deviation[1]));
}

QTEST_GUILESS_MAIN(TestAcquisition)
#include "tst_acquisition.moc"
