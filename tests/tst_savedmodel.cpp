// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/bytes.h"
#include "dklsamples.h"

#include <QTest>

#include <cstring>

using namespace helmscope;

class TestSavedModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setModelThreads(1); } // others may be testing on the other cores
    void savedAndLoadedItPredictsTheSame();
    void untrainedModelsAreSavedToo();
    void damagedBytesAreRefused();
    void forgedSizesAreRefusedBeforeAllocation();
};

void TestSavedModel::savedAndLoadedItPredictsTheSame()
{
    DeepKernelSettings settings = smallSettings();
    settings.kernel = DeepKernelSettings::Kernel::Matern52;
    settings.bounds = DeepKernelSettings::Bounds::Published;
    settings.seed = 77;
    const Samples data = samples(20, 2);
    DeepKernel model = trained(settings, data);
    DeepKernel loaded = DeepKernel::deserialize(model.serialize());
    QVERIFY(loaded.settings() == model.settings());
    QCOMPARE(loaded.hash(), model.hash());
    QVERIFY(loaded.serialize() == model.serialize());
    const Eigen::MatrixXf inputs = samples(700, 1, 7).inputs;
    QVERIFY(areSame(loaded.predict(inputs, unwatched()), model.predict(inputs, unwatched())));
    QCOMPARE(loaded.sample(inputs, 1), model.sample(inputs, 1));
    QCOMPARE(loaded.noiseDeviation(), model.noiseDeviation());
    QCOMPARE(loaded.lengthscales(), model.lengthscales());
    QCOMPARE(loaded.scaleDeviation(), model.scaleDeviation());
    // And learns on alike.
    QCOMPARE(loaded.train(data.inputs, data.targets, unwatched()),
             model.train(data.inputs, data.targets, unwatched()));
}

void TestSavedModel::untrainedModelsAreSavedToo()
{
    const DeepKernel loaded = DeepKernel::deserialize(DeepKernel(smallSettings()).serialize());
    QVERIFY(!loaded.isTrained());
    QCOMPARE(loaded.outputs(), 0);
    QVERIFY(loaded.settings() == smallSettings());
    QCOMPARE(loaded.noiseDeviation().size(), 0);
    QCOMPARE(loaded.lengthscales().rows(), 0);
}

void TestSavedModel::damagedBytesAreRefused()
{
    DeepKernelSettings settings = smallSettings();
    settings.hidden = {3};
    settings.cycles = 1;
    const std::string bytes = trained(settings, samples(4, 1)).serialize();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        QVERIFY(!sentenceOf([&] { DeepKernel::deserialize(bytes.substr(0, size)); }).isEmpty());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string flipped = bytes;
        flipped[at] = char(flipped[at] ^ 0x10);
        QVERIFY(!sentenceOf([&] { DeepKernel::deserialize(flipped); }).isEmpty());
    }
    QVERIFY(!sentenceOf([&] { DeepKernel::deserialize(bytes + '\0'); }).isEmpty());
}

void TestSavedModel::forgedSizesAreRefusedBeforeAllocation()
{
    // With a checksum that fits, every byte in turn: an Error, or a model that works.
    DeepKernelSettings settings = smallSettings();
    settings.hidden = {3};
    settings.cycles = 1;
    const Samples data = samples(4, 1);
    const std::string bytes = trained(settings, data).serialize();
    constexpr std::size_t checksumAt = 12 + 4 + 8, bodyAt = checksumAt + 8;
    int refused = 0;
    for (std::size_t at = bodyAt; at < bytes.size(); ++at) {
        for (const int flip : {0x01, 0x7f, 0x80, 0xff}) {
            std::string forged = bytes;
            forged[at] = char(forged[at] ^ flip);
            const std::uint64_t checksum = fnv1a(forged.data() + bodyAt, forged.size() - bodyAt);
            std::memcpy(forged.data() + checksumAt, &checksum, sizeof checksum);
            try {
                const DeepKernel model = DeepKernel::deserialize(forged);
                if (model.isTrained() && at < bodyAt + 80)
                    model.predict(data.inputs, unwatched());
            } catch (const Error &) {
                ++refused;
            }
        }
    }
    QVERIFY(refused > 100);
}

QTEST_GUILESS_MAIN(TestSavedModel)
#include "tst_savedmodel.moc"
