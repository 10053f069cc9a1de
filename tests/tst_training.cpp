// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "dkl/training.h"
#include "dkl/transfer/device.h"
#include "dklsamples.h"

#include <QScopeGuard>
#include <QTest>

#include <cmath>

using namespace helmscope;

class TestTraining : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setModelThreads(1); } // others may be testing on the other cores
    void wholeGradientAgreesWithFiniteDifferences_data();
    void wholeGradientAgreesWithFiniteDifferences();
    void theWayOfAGpuGivesTheSameFeaturesAndGradient();
    void aDeviceThatIsNotThereIsOneSentence();
    void firstWeightsAreUniformWithinTheirLimits();
    void adamTakesTheStepsOfThePaper();
    void adamSaysWhenASlopeIsNotFinite();
    void boundsLetTheGradientThrough();
};

void TestTraining::wholeGradientAgreesWithFiniteDifferences_data()
{
    QTest::addColumn<int>("kernel");
    QTest::newRow("RBF") << int(Kernel::Rbf);
    QTest::newRow("Matern 5/2") << int(Kernel::Matern52);
}

void TestTraining::wholeGradientAgreesWithFiniteDifferences()
{
    QFETCH(int, kernel);
    const Samples data = samples(12, 2);
    Model model;
    model.settings = smallSettings();
    model.settings.kernel = Kernel(kernel);
    model.network = Network(widths(model.settings, 36), 5);
    model.raw = Hyperparameters::startingRaw(2, 2, 0.1);
    Training training(model, scaledInputs(data.inputs, scalingOf(data.inputs)),
                      (data.targets.array() - 5) / 3);
    QVERIFY(std::isfinite(training.evaluate()));
    const Eigen::VectorXf byWeights = training.byWeights();
    const Eigen::MatrixXd byRaw = training.byRaw();

    for (Eigen::Index i = 0; i < model.raw.size(); ++i) {
        double &number = model.raw.reshaped()[i];
        const double step = 1e-5, kept = number;
        number = kept + step;
        const double above = training.evaluate();
        number = kept - step;
        const double below = training.evaluate();
        number = kept;
        QVERIFY(std::abs(byRaw.reshaped()[i] - (above - below) / (2 * step)) < 1e-8);
    }

    // The network computes in float32: features carry errors of about 1e-7, the loss of about 1e-6,
    // differences over steps of 1e-3 to each side of about 1e-3 of the largest slope.
    const double largest = byWeights.cwiseAbs().maxCoeff();
    int checked = 0;
    for (Eigen::Index i = 0; i < byWeights.size(); i += 7) {
        float &number = model.network.weights[i];
        const float step = 1e-3f, kept = number;
        number = kept + step;
        const double width = number;
        const double above = training.evaluate();
        number = kept - step;
        const double below = training.evaluate();
        const double slope = (above - below) / (width - number);
        number = kept;
        QVERIFY2(std::abs(byWeights[i] - slope) < 5e-3 * largest,
                 qPrintable(QString("weight %1: %2, not %3").arg(i).arg(byWeights[i]).arg(slope)));
        ++checked;
    }
    QVERIFY(checked > 100 && largest > 1e-3);
}

void TestTraining::theWayOfAGpuGivesTheSameFeaturesAndGradient()
{
    const auto reset = qScopeGuard([] { setModelDevice(ModelDevice::Processor); });
    const Network network({36, 20, 10, 2}, 5);
    Random random(2);
    Batch inputs(17, 36), byFeatures(17, 2);
    for (Batch *batch : {&inputs, &byFeatures})
        for (Eigen::Index i = 0; i < batch->size(); ++i)
            batch->data()[i] = float(random.normal());
    const auto passed = [&](ModelDevice device) {
        setModelDevice(device);
        Network::Pass pass;
        Eigen::VectorXf byWeights;
        asModel([&] {
            network.forward(inputs, pass);
            network.backward(inputs, pass, byFeatures, byWeights);
        });
        return std::pair(Batch(pass.outputs.back()), byWeights);
    };
    const auto [features, gradient] = passed(ModelDevice::Processor);
    const auto [same, sameGradient] = passed(ModelDevice::Rehearsal);
    QCOMPARE(gradient.size(), network.weights.size());
    QVERIFY(gradient.cwiseAbs().maxCoeff() > 1e-3f);
    QVERIFY((features - same).cwiseAbs().maxCoeff() < 1e-5f);
    QVERIFY((gradient - sameGradient).cwiseAbs().maxCoeff() <
            1e-5f * std::max(1.f, gradient.cwiseAbs().maxCoeff()));
}

void TestTraining::aDeviceThatIsNotThereIsOneSentence()
{
    QVERIFY(modelDeviceFrom("cpu") == ModelDevice::Processor);
    const auto sentenceOf = [](const char *name) -> std::string {
        try {
            modelDeviceFrom(name);
        } catch (const Error &error) {
            return error.what();
        }
        return {};
    };
    QVERIFY(sentenceOf("abacus").find("say auto, cpu or cuda") != std::string::npos);
    if (modelDeviceFrom("auto") == ModelDevice::Cuda)
        QVERIFY(modelDeviceFrom("cuda") == ModelDevice::Cuda);
    else
        QVERIFY(sentenceOf("cuda").find("no CUDA device") != std::string::npos);
}

void TestTraining::firstWeightsAreUniformWithinTheirLimits()
{
    const Network network({100, 50, 2}, 3);
    QCOMPARE(network.weights.size(), 100 * 50 + 50 + 50 * 2 + 2);
    const auto first = network.weights.head(5050), second = network.weights.tail(102);
    QVERIFY(first.cwiseAbs().maxCoeff() <= 0.1f && first.cwiseAbs().maxCoeff() > 0.099f);
    QVERIFY(second.cwiseAbs().maxCoeff() <= 0.1415f && second.cwiseAbs().maxCoeff() > 0.13f);
    // Variance of a uniform number of half width 0.1, to five standard errors.
    QVERIFY(std::abs(first.squaredNorm() / 5050 - 0.01 / 3) < 5 * 0.003 / std::sqrt(5050));
    QVERIFY(Network({100, 50, 2}, 3).weights == network.weights);
    QVERIFY(Network({100, 50, 2}, 4).weights != network.weights);
    QCOMPARE(Network::weightCount({256, 1000, 500, 50, 2}), 782652u);
}

void TestTraining::adamTakesTheStepsOfThePaper()
{
    // Algorithm 1 of Kingma and Ba 2015, over several blocks of memory.
    constexpr int size = 3000;
    Eigen::VectorXd parameters(size), m = Eigen::VectorXd::Zero(size), v = m;
    Random random(1);
    for (double &number : parameters)
        number = random.normal();
    Eigen::VectorXd expected = parameters;
    Adam<Eigen::VectorXd> adam(0.01);
    QVERIFY(!adam.hasStepped());
    for (int t = 1; t <= 3; ++t) {
        Eigen::VectorXd gradient(size);
        for (double &number : gradient)
            number = random.normal();
        const Eigen::VectorXd before = parameters;
        adam.step(parameters, gradient);
        QVERIFY(adam.previous() == before);
        m = 0.9 * m + 0.1 * gradient;
        v = 0.999 * v.array() + 0.001 * gradient.array().square();
        expected.array() -= 0.01 * (m.array() / (1 - std::pow(0.9, t))) /
                            ((v.array() / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
        QVERIFY((parameters - expected).cwiseAbs().maxCoeff() < 1e-13);
    }
}

void TestTraining::adamSaysWhenASlopeIsNotFinite()
{
    for (const float odd : {INFINITY, -INFINITY, NAN}) {
        Eigen::VectorXf parameters = Eigen::VectorXf::Ones(1001), gradient = parameters;
        Adam<Eigen::VectorXf> adam(0.01);
        QVERIFY(adam.step(parameters, gradient));
        const Eigen::VectorXf before = parameters;
        gradient[777] = odd;
        QVERIFY(!adam.step(parameters, gradient));
        QVERIFY(adam.previous() == before);
    }
    Eigen::VectorXd parameters = Eigen::VectorXd::Ones(3), gradient = parameters;
    gradient[1] = NAN;
    QVERIFY(!Adam<Eigen::VectorXd>(0.01).step(parameters, gradient));
}

void TestTraining::boundsLetTheGradientThrough()
{
    Batch features(4, 2);
    features << 1, 2, -3, 0.5f, 7, 6, 0, -1;
    const Bounds bounds = boundsOf(features);
    QCOMPARE(bounds, (Bounds{-3, 7}));
    const Eigen::MatrixXd scaled = scaledToBounds(features, bounds, false);
    QCOMPARE(scaled.minCoeff(), -0.95);
    QVERIFY(std::abs(scaled.maxCoeff() - 0.95) < 1e-15);
    const Eigen::MatrixXd weights{{1, -2}, {3, 0.5}, {-1, 4}, {2, 2}};
    const Batch got = throughBounds(features, bounds, weights);
    for (int i = 0; i < 8; ++i) {
        // Whole steps of float32, which the differences below are exact in.
        const auto loss = [&](float change) {
            Batch moved = features;
            moved.reshaped()[i] += change;
            return scaledToBounds(moved, boundsOf(moved), false).cwiseProduct(weights).sum();
        };
        const float step = 1.f / 512;
        const double slope = (loss(step) - loss(-step)) / (2 * step);
        QVERIFY(std::abs(got.reshaped()[i] - slope) < 1e-6);
    }
    const Batch flat = Batch::Constant(3, 2, 4.f);
    QVERIFY(scaledToBounds(flat, boundsOf(flat), true).isZero(0));
    QVERIFY(throughBounds(flat, boundsOf(flat), Eigen::MatrixXd::Ones(3, 2)).isZero(0));
}

QTEST_GUILESS_MAIN(TestTraining)
#include "tst_training.moc"
