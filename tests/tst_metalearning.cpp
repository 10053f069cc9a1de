// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"
#include "dkl/presets.h"
#include "dkl/transfer/crossvalidation.h"
#include "metalearning/metatraining.h"
#include "metalearning/simulatedtasks.h"
#include "metalearning/taskfiles.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace helmscope;

namespace {

QByteArray sentenceOf(const std::function<void()> &work)
{
    try {
        work();
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

/// A training that takes a fraction of a second.
MetaSettings smallSettings(MetaSettings::Method method = MetaSettings::Method::Reptile)
{
    MetaSettings settings = metaPresetFromKey("default").settings;
    settings.method = method;
    settings.model.hidden = {12, 6};
    settings.patch = 8;
    settings.iterations = 6;
    settings.tasks = 3;
    settings.innerSteps = 3;
    settings.points = 20;
    if (method != MetaSettings::Method::Reptile)
        settings.outerRate = settings.lastOuterRate = 0.01;
    return settings;
}

std::vector<TaskSource> fewTasks(int count = 6)
{
    return simulatedTasks({SampleFamily::Spheres, SampleFamily::Gratings}, count, 50);
}

/// Settings and tasks of a model of priors.
MetaModel smallPriors()
{
    MetaSettings settings = metaPresetFromKey("priors").settings;
    settings.patch = 8;
    settings.points = 30;
    return metaTrain(settings, {fewTasks(4), {}}, "priors", {}, unwatched())->model;
}

MetaModel smallNetwork()
{
    return metaTrain(smallSettings(), {fewTasks(), {}}, "network", {}, unwatched())->model;
}

} // namespace

class TestMetaLearning : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void reptileFollowsItsClosedFormOnAQuadratic_data()
    {
        QTest::addColumn<bool>("sums");
        QTest::addColumn<double>("momentum");
        QTest::newRow("the mean of all tasks") << false << 0.;
        QTest::newRow("their sum, as published") << true << 0.;
        QTest::newRow("with momentum") << false << 0.5;
    }
    void reptileFollowsItsClosedFormOnAQuadratic()
    {
        // Task t: loss a/2 |w - c_t|^2. K gradient steps of rate h leave (1 - h a)^K of w - c_t, so
        // that w - w_t = q (w - c_t), q = 1 - (1 - h a)^K, and one outer step takes q e of what is
        // between w and the mean of all c away.
        QFETCH(bool, sums);
        QFETCH(double, momentum);
        MetaSettings settings = smallSettings();
        settings.tasks = 4;
        settings.iterations = 8;
        settings.sumsTasks = sums;
        settings.momentum = momentum;
        settings.outerRate = 0.2;
        settings.lastOuterRate = 0.2;
        const double q = 1 - std::pow(1 - 0.1 * 2, 3);
        const Eigen::Vector4d centres(1, -2, 5, 0.5);
        MetaState state;
        state.network = {Eigen::VectorXf::Constant(1, 10), Eigen::VectorXd::Constant(1, 10)};
        double w = 10, m = 0;
        for (; state.iterations < settings.iterations; ++state.iterations) {
            NetworkState sum{Eigen::VectorXf::Zero(1), Eigen::VectorXd::Zero(1)};
            for (const double centre : centres) {
                sum.weights[0] += float(q * (double(state.network.weights[0]) - centre));
                sum.kernel[0] += q * (state.network.kernel[0] - centre);
            }
            outerStep(settings, sum, state);
            m = momentum * m + (sums ? 4 : 1) * q * (w - centres.mean());
            w -= 0.2 * m;
        }
        QVERIFY(std::abs(state.network.kernel[0] - w) < 1e-12);
        QVERIFY(std::abs(double(state.network.weights[0]) - w) < 1e-4); // float32
        if (momentum == 0 && !sums)
            QVERIFY(std::abs(w - (centres.mean() +
                                  (10 - centres.mean()) * std::pow(1 - 0.2 * q, 8))) < 1e-12);
    }

    void theOuterRateDecaysToTheLastOne()
    {
        MetaSettings settings = smallSettings();
        settings.tasks = 1;
        settings.iterations = 3;
        settings.outerRate = 1;
        settings.lastOuterRate = 0;
        MetaState state;
        state.network = {Eigen::VectorXf::Zero(1), Eigen::VectorXd::Zero(1)};
        const NetworkState one{Eigen::VectorXf::Ones(1), Eigen::VectorXd::Ones(1)};
        for (const double at : {-1., -1.5, -1.5}) {
            outerStep(settings, one, state);
            ++state.iterations;
            QCOMPARE(state.network.kernel[0], at);
        }
    }

    void aReptileIterationIsTheMeanOfItsTasksOwnLearning()
    {
        MetaSettings settings = smallSettings();
        settings.tasks = 1;
        settings.iterations = 1;
        settings.outerRate = settings.lastOuterRate = 1;
        // One task, rate 1: the network is where that task's learning ended.
        const std::vector<TaskSource> tasks = fewTasks(1);
        MetaLearner learner(settings, tasks);
        const NetworkState before = learner.state().network;
        learner.iterate({});
        const NetworkState &after = learner.state().network;
        // Adam moves no weight by more than about its rate a step.
        const double most = double((after.weights - before.weights).cwiseAbs().maxCoeff());
        QVERIFY(most > 0.5 * settings.model.learningRate);
        QVERIFY(most < 3.1 * settings.model.learningRate);
        QVERIFY(after.kernel != before.kernel);
    }

    void resumedEqualsUninterruptedBitForBit_data()
    {
        QTest::addColumn<int>("method");
        QTest::newRow("Reptile") << int(MetaSettings::Method::Reptile);
        QTest::newRow("MAML") << int(MetaSettings::Method::Maml);
        QTest::newRow("joint") << int(MetaSettings::Method::Joint);
    }
    void resumedEqualsUninterruptedBitForBit()
    {
        QFETCH(int, method);
        MetaSettings settings = smallSettings(MetaSettings::Method(method));
        settings.momentum = 0.3;
        const TaskSet tasks{fewTasks(), {}};
        const QTemporaryDir folder;
        const QString file = folder.filePath("state.h5");
        const std::optional<MetaTraining> whole = metaTrain(settings, tasks, "m", {}, unwatched());
        QVERIFY(whole);
        QCOMPARE(int(whole->losses.size()), settings.iterations);

        MetaTrainingOptions options;
        options.checkpoint = file;
        options.resumes = true;
        int calls = 0;
        QVERIFY(
            !metaTrain(settings, tasks, "m", options, [&calls](double) { return ++calls < 4; }));
        MetaSettings same = settings;
        QCOMPARE(readCheckpoint(file, same, tasks.hash()).iterations, 3);
        const std::optional<MetaTraining> resumed =
            metaTrain(settings, tasks, "m", options, unwatched());
        QVERIFY(resumed);
        QCOMPARE(resumed->losses, whole->losses);
        QCOMPARE(resumed->model.hash(), whole->model.hash());
    }

    void aCheckpointOfAnotherTrainingIsRefused()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("state.h5");
        MetaSettings settings = smallSettings();
        const std::vector<TaskSource> tasks = fewTasks();
        const MetaLearner learner(settings, tasks);
        writeCheckpoint(file, settings, "tasks", learner.state());
        MetaSettings same = settings;
        QCOMPARE(readCheckpoint(file, same, "tasks"), learner.state());
        QVERIFY(sentenceOf([&] { readCheckpoint(file, same, "others"); }).contains("other tasks"));
        same.outerRate = 0.123;
        QVERIFY(
            sentenceOf([&] { readCheckpoint(file, same, "tasks"); }).contains("other settings"));
    }

    void theNumberOfThreadsChangesNothing()
    {
        MetaTrainingOptions three;
        three.workers.jobs = 3;
        const TaskSet tasks{fewTasks(), {}};
        const auto one = metaTrain(smallSettings(), tasks, "m", {}, unwatched());
        const auto more = metaTrain(smallSettings(), tasks, "m", three, unwatched());
        QCOMPARE(more->model.hash(), one->model.hash());
    }

    void aFailingTaskFailsTheTrainingWithItsSentence()
    {
        std::vector<TaskSource> tasks = fewTasks(2);
        for (TaskSource &task : tasks)
            task.make = [](int) -> Task { throw Error("The file is gone."); };
        MetaTrainingOptions options;
        options.workers.jobs = 2;
        QCOMPARE(sentenceOf([&] {
                     metaTrain(smallSettings(), {tasks, {}}, "m", options, unwatched());
                 }),
                 QByteArray("The file is gone."));
    }

    void aMetaModelComesBackAsItWasWritten()
    {
        const QTemporaryDir folder;
        for (const MetaModel &model : {smallNetwork(), smallPriors()}) {
            const QString file = folder.filePath("meta.h5");
            writeMetaModel(file, model);
            QVERIFY(isMetaModelFile(file));
            const MetaModel back = readMetaModel(file);
            QCOMPARE(back.hash(), model.hash());
            QCOMPARE(back.card, model.card);
            QCOMPARE(back.patch(), 8);
            QVERIFY(back.start->settings == model.start->settings);
            QVERIFY(back.start->weights == model.start->weights);
            QVERIFY(back.start->priorMeans == model.start->priorMeans);
            QVERIFY(cardText(back).contains(model.hash()));
        }
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList("meta.h5"));
    }

    void aCutDamagedOrForeignFileIsOneSentence()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("meta.h5"), other = folder.filePath("other.h5");
        writeMetaModel(file, smallNetwork());
        QFile in(file);
        QVERIFY(in.open(QIODevice::ReadOnly));
        const QByteArray bytes = in.readAll();
        const auto sentence = [&](const QByteArray &changed) {
            QFile out(other);
            if (!out.open(QIODevice::WriteOnly))
                return QByteArray();
            out.write(changed);
            out.close();
            return sentenceOf([&] { readMetaModel(other); });
        };
        for (const qsizetype size :
             {qsizetype(0), qsizetype(100), bytes.size() / 2, bytes.size() - 1}) {
            const QByteArray said = sentence(bytes.left(size));
            QVERIFY2(said.contains("other.h5"), said);
        }
        QVERIFY(sentence("no HDF5 at all").contains("not a meta-model"));
        QVERIFY(sentenceOf([&] { readMetaModel("/nowhere.h5"); }).contains("There is no file"));
        // A weight that is another one.
        const float weight = smallNetwork().start->weights[10];
        const QByteArray known(reinterpret_cast<const char *>(&weight), sizeof weight);
        QByteArray changed = bytes;
        const qsizetype at = changed.indexOf(known);
        QVERIFY(at > 0);
        changed[at] = char(changed[at] ^ 1);
        const QByteArray said = sentence(changed);
        QVERIFY2(said.contains("damaged"), said);
    }

    void aStartOfAnotherShapeOrPatchIsOneSentence()
    {
        const MetaModel network = smallNetwork();
        ModelStart wrong = *network.start;
        wrong.weights.conservativeResize(wrong.weights.size() - 1);
        QVERIFY(sentenceOf([&] {
                    DeepKernel(std::make_shared<const ModelStart>(wrong));
                }).contains("do not fit its network"));
        const Task task = simulatedTask(SampleFamily::Rods, 3, 16);
        const std::vector<int> points{1, 50, 300, 700};
        for (const MetaModel &model : {network, smallPriors()}) {
            DeepKernel kernel(model.start);
            const QByteArray said = sentenceOf([&] {
                kernel.train(task.inputs(points, model.start->settings.hasPlace),
                             task.values(points), unwatched());
            });
            QVERIFY2(said.contains("64 values") && said.contains("256"), said);
        }
    }

    void aModelBeginsWhereItIsTold()
    {
        const MetaModel network = smallNetwork();
        ModelStart frozen = *network.start;
        frozen.settings.learningRate = 0;
        frozen.settings.kernelLearningRate = 0;
        const Task task = simulatedTask(SampleFamily::Rods, 3, 8);
        const std::vector<int> points{1, 50, 300, 700, 900};
        DeepKernel kernel(std::make_shared<const ModelStart>(frozen));
        kernel.train(task.inputs(points, false), task.values(points), unwatched());
        QVERIFY(kernel.kernelNumbers().row(0).transpose() == frozen.kernel);
        // Pulled very hard, weights do not move, whatever the points say.
        ModelStart pulled = *network.start;
        pulled.pull = 1e9;
        pulled.settings.kernelLearningRate = 0;
        DeepKernel other(std::make_shared<const ModelStart>(pulled));
        other.train(task.inputs(points, false), task.values(points), unwatched());
        const Eigen::MatrixXd apart =
            other.embed(task.inputs(points, false)) - kernel.embed(task.inputs(points, false));
        QVERIFY(apart.cwiseAbs().maxCoeff() < 1e-2);
    }

    void narrowPriorsHoldAKernelWhereTheyAre()
    {
        const Task task = simulatedTask(SampleFamily::Discs, 5, 8);
        const std::vector<int> points = orderOf(task, 1);
        const auto some = std::span<const int>(points).first(12);
        ModelStart start = usualPriors(presetFromKey("default").settings, 8);
        start.priorMeans.array() += 0.3;
        start.priorDeviations.setConstant(1e-4);
        DeepKernel kernel(std::make_shared<const ModelStart>(start));
        kernel.train(task.inputs(some, true), task.values(some), unwatched());
        const Eigen::VectorXd found = kernel.kernelNumbers().row(0).transpose();
        QVERIFY((found - start.priorMeans).cwiseAbs().maxCoeff() < 1e-3);
    }

    void learntPriorsAreNarrowerThanTheUsualOnes()
    {
        const MetaModel model = smallPriors();
        const ModelStart usual = usualPriors(presetFromKey("default").settings, 8);
        QCOMPARE(model.start->priorMeans.size(), usual.priorMeans.size());
        QVERIFY(model.start->priorDeviations.mean() < usual.priorDeviations.mean());
        QVERIFY(sentenceOf([&] {
                    MetaSettings settings = metaPresetFromKey("priors").settings;
                    settings.patch = 8;
                    metaTrain(settings, {fewTasks(1), {}}, "m", {}, unwatched());
                }).contains("at least three tasks"));
    }

    void validationChoosesStepsAndAdaptationAndIsToldInTheCard()
    {
        MetaSettings settings = smallSettings();
        settings.innerSteps = 0;
        settings.iterations = 4;
        const TaskSet tasks = split(fewTasks(6), 3);
        QCOMPARE(int(tasks.validation.size()), 2);
        const auto training = metaTrain(settings, tasks, "chosen", {}, unwatched());
        QVERIFY(training->settings.innerSteps == 5 || training->settings.innerSteps == 10 ||
                training->settings.innerSteps == 20);
        QCOMPARE(int(training->scores.size()), 3);
        const QJsonArray metrics = training->model.card.value("metrics").toArray();
        QCOMPARE(metrics.size(), 3);
        QCOMPARE(metrics[1]["points"].toInt(), 20);
        QCOMPARE(metrics[1]["rmse"].toDouble(), training->scores[1].rmse);
        QCOMPARE(training->model.card.value("tasks").toArray().size(), 6);
    }

    void whatHurtsIsFoundOutOnTheFirstPoints()
    {
        const Task task = simulatedTask(SampleFamily::Rods, 4, 8);
        const std::vector<int> order = orderOf(task, 2);
        const auto some = std::span<const int>(order).first(30);
        ModelStart absurd = usualPriors(presetFromKey("default").settings, 8);
        absurd.priorMeans.head(6).setConstant(-8); // hardly any pixel is like any other
        absurd.priorDeviations.setConstant(1e-3);
        const auto judged = [&](const Candidate &candidate) {
            return crossValidated([&] { return candidate.make(); }, task.inputs(some, true),
                                  task.values(some), unwatched());
        };
        const FoldScore cold = judged({nullptr, presetFromKey("default").settings});
        const FoldScore bad = judged({std::make_shared<const ModelStart>(absurd), {}});
        QCOMPARE(cold.points, 30);
        QVERIFY(cold.rmse < 1);
        QVERIFY(!(WarmAgainstCold{bad, cold}.isWarmBetter()));
        QVERIFY((WarmAgainstCold{cold, bad}.isWarmBetter()));
        // Of too few points nothing is said, and the start is kept.
        QVERIFY((WarmAgainstCold{{}, {}}.isWarmBetter()));
        // Of more than ten points a small gain may be chance.
        const auto gains = [](int points, double nats) {
            return WarmAgainstCold{{points, 0.5, 1 - nats}, {points, 0.5, 1}}.isWarmBetter();
        };
        QVERIFY(gains(10, 0.01) && !gains(10, -0.01));
        QVERIFY(gains(11, 0.31) && !gains(11, 0.29));
        QCOMPARE(crossValidated([] { return DeepKernel(presetFromKey("default").settings); },
                                task.inputs(some.first(3), true), task.values(some.first(3)),
                                unwatched())
                     .points,
                 0);
    }

    void simulatedTasksAreTheSameForTheSameSeed_data()
    {
        QTest::addColumn<QString>("family");
        for (const QString &key : sampleFamilyKeys())
            QTest::newRow(qPrintable(key)) << key;
    }
    void simulatedTasksAreTheSameForTheSameSeed()
    {
        QFETCH(QString, family);
        const SampleFamily which = sampleFamilyFromKey(family);
        const Task task = simulatedTask(which, 7, 16), same = simulatedTask(which, 7, 16);
        const Task other = simulatedTask(which, 8, 16);
        const std::vector<int> points = orderOf(task, 1);
        QVERIFY(task.size() > 1000);
        QVERIFY(task.values(points) == same.values(points));
        QVERIFY(task.inputs(std::span(points).first(20), true) ==
                same.inputs(std::span(points).first(20), true));
        QVERIFY(other.size() != task.size() || other.values(points) != task.values(points));
        // There is something to learn: the truth varies more than its noise at the median.
        const Eigen::ArrayXd truth = task.truth(points).array();
        QVERIFY((truth - truth.mean()).square().mean() > 0);
        QVERIFY(task.truth(points) != task.values(points));
    }

    void variedTasksHoldTheSameValuesElsewhere()
    {
        const Task task = simulatedTask(SampleFamily::Prisms, 2, 8);
        Augmentation turns{true, 0, 0, 0, 0};
        bool isMoved = false;
        for (std::uint64_t seed = 0; seed < 8; ++seed) {
            const Task other = varied(task, turns, seed);
            // The border without whole patches is one pixel wider above and to the left.
            QVERIFY(std::abs(other.size() - task.size()) < 200);
            const std::vector<int> mine = orderOf(task, 1), theirs = orderOf(other, 1);
            const double sum = task.values(mine).mean(), again = other.values(theirs).mean();
            QVERIFY(std::abs(sum - again) < 0.15 * std::abs(sum));
            isMoved = isMoved || task.values(std::span(mine).first(5)) !=
                                     other.values(std::span(theirs).first(5));
        }
        QVERIFY(isMoved);
        Augmentation nothing{false, 0, 0, 0, 0};
        const std::vector<int> points = orderOf(task, 1);
        QVERIFY(varied(task, nothing, 3).values(points) == task.values(points));
        Augmentation gain{false, 0, 0, 0, 1};
        const Eigen::ArrayXd ratio =
            varied(task, gain, 3).truth(points).array() / task.truth(points).array();
        QVERIFY((ratio - ratio.mean()).abs().maxCoeff() < 1e-6 * ratio.mean());
        QVERIFY(ratio.mean() != 1);
    }

    void labelledImagesAreATask()
    {
        const QTemporaryDir folder;
        QFile list(folder.filePath("labels.csv"));
        QVERIFY(list.open(QIODevice::WriteOnly));
        list.write("file,value\n");
        for (int i = 0; i < 12; ++i) {
            // A portable grey map would need a format of its own: raw .npy is one.
            QFile image(folder.filePath(QString("p%1.npy").arg(i)));
            QVERIFY(image.open(QIODevice::WriteOnly));
            QByteArray header = "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 10), }";
            header = header.leftJustified(117, ' ') + '\n';
            image.write(QByteArray("\x93NUMPY\x01\x00", 8) + QByteArray("\x76\x00", 2) + header);
            for (int j = 0; j < 100; ++j) {
                const float number = float(i + j);
                image.write(reinterpret_cast<const char *>(&number), sizeof number);
            }
            list.write(QString("p%1.npy,%2\n").arg(i).arg(0.5 * i).toUtf8());
        }
        list.close();
        const std::vector<TaskSource> tasks = tasksFrom({list.fileName()}, {});
        QCOMPARE(int(tasks.size()), 1);
        QCOMPARE(tasks[0].family, "labels");
        const Task task = tasks[0].make(8);
        QCOMPARE(task.size(), 12);
        const std::vector<int> points{0, 11};
        QCOMPARE(task.values(points)[1], 5.5);
        QCOMPARE(task.inputs(points, false)(1, 0), 11 + 11.f); // row 1, column 1 of the last
        QCOMPARE(int(tasksFrom({folder.path()}, {}).size()), 1);
        QVERIFY(sentenceOf([&] { tasks[0].make(16); }).contains("smaller than a patch"));
        Augmentation turns;
        QCOMPARE(varied(task, turns, 5).size(), 12);
    }

    void textsThatMeanNoTaskAreOneSentence_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("no file") << "nowhere.h5"
                                 << "There is no task nowhere.h5";
        QTest::newRow("no family") << "simulated:teapots:3"
                                   << "teapots";
        QTest::newRow("no count") << "simulated:cubes"
                                  << "must be simulated:FAMILY:COUNT";
        QTest::newRow("negative") << "simulated:cubes:-3"
                                  << "must be simulated:FAMILY:COUNT";
        QTest::newRow("not a task") << HELMSCOPE_SOURCE "/LICENSE"
                                    << "is no task";
        QTest::newRow("an empty folder") << HELMSCOPE_SOURCE "/installer"
                                         << "There is no task in";
    }
    void textsThatMeanNoTaskAreOneSentence()
    {
        QFETCH(QString, text);
        QFETCH(QString, says);
        const QByteArray said = sentenceOf([&] { tasksFrom({text}, {}); });
        QVERIFY2(said.contains(says.toUtf8()), said);
    }

    void settingsComeBackFromJsonAndOddOnesAreRefused()
    {
        for (const MetaPreset &preset : metaPresets()) {
            const MetaSettings back = MetaSettings::fromJson(preset.settings.toJson(), "here");
            QVERIFY2(back == preset.settings, preset.key);
        }
        QVERIFY(sentenceOf([] {
                    MetaSettings::fromJson({{"outerRate", 7}}, "settings.json");
                }).contains("settings.json"));
        QVERIFY(sentenceOf([] {
                    MetaSettings::fromJson({{"method", "magic"}}, "settings.json");
                }).contains("magic"));
        QVERIFY(sentenceOf([] { metaPresetFromKey("magic"); }).contains("paper"));
        MetaSettings mixed = metaPresetFromKey("default").settings;
        mixed.method = MetaSettings::Method::Priors;
        QVERIFY(sentenceOf([&] { check(mixed); }).contains("priors are learnt for rings"));
    }

    void recordedPairsAreTasks()
    {
        const QString data = HELMSCOPE_SOURCE "/../shared/data";
        if (!QFile::exists(data + "/fito-haadf-plasmon"))
            QSKIP("the recorded pairs are not here");
        const QTemporaryDir folder;
        QFile list(folder.filePath("tasks.json"));
        QVERIFY(list.open(QIODevice::WriteOnly));
        const QString file = data + "/fito-haadf-plasmon/fito_plasmon_haadf_scalar.npz";
        list.write(QString("{\"tasks\": [{\"name\": \"fito\", \"image\": {\"file\": \"%1\", "
                           "\"array\": \"haadf_u8\"}, \"values\": {\"file\": \"%1\", "
                           "\"array\": \"dipole_scalar\"}}]}")
                       .arg(file)
                       .toUtf8());
        list.close();
        const std::vector<TaskSource> tasks = tasksFrom({list.fileName()}, {});
        QCOMPARE(int(tasks.size()), 1);
        QCOMPARE(tasks[0].name, "fito");
        const Task task = tasks[0].make(16);
        QVERIFY(task.size() > 2000);
        const TrialResult result =
            tryOn(task, {nullptr, presetFromKey("default").settings}, orderOf(task, 1), 60, 500);
        QVERIFY(result.r2 > 0.4); // as the default model does on it
    }
};

QTEST_GUILESS_MAIN(TestMetaLearning)
#include "tst_metalearning.moc"
