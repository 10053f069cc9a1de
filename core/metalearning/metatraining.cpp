// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/metatraining.h"

#include "base/tr.h"
#include "instrument/noise.h"
#include "steering/choosing.h"
#include "steering/plan.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

namespace helmscope {

namespace {

const std::vector<int> judgedCounts{10, 20, 50};
constexpr int mostForChoice = 10; // validation tasks that choices are made on

std::vector<TaskSource> firstOf(const std::vector<TaskSource> &tasks)
{
    return {tasks.begin(),
            tasks.begin() + std::min<std::ptrdiff_t>(mostForChoice, std::ptrdiff_t(tasks.size()))};
}

/// What the i-th candidate loses, in nats, over the numbers of points: density and error count
/// both, as when a run judges its beginning.
double lossOf(const std::vector<Score> &scores, std::size_t i)
{
    double sum = 0;
    for (std::size_t count = 0; count < judgedCounts.size(); ++count) {
        const Score &score = scores[i * judgedCounts.size() + count];
        sum += score.nlpd + std::log(std::max(score.rmse, 1e-6));
    }
    return sum / double(judgedCounts.size());
}

std::size_t bestOf(const std::vector<Score> &scores)
{
    std::size_t best = 0;
    for (std::size_t i = 1; (i + 1) * judgedCounts.size() <= scores.size(); ++i)
        if (lossOf(scores, i) < lossOf(scores, best))
            best = i;
    return best;
}

ModelStart startOf(const MetaSettings &settings, const NetworkState &network)
{
    ModelStart start;
    start.settings = settings.model;
    start.patchNumbers = settings.patch * settings.patch;
    start.weights = network.weights;
    start.kernel = network.kernel;
    if (!settings.learnsKernel) { // each task's begins as ever: here as the deep kernel's does
        start.settings = presetFromKey("network").settings;
        start.settings.seed = settings.model.seed;
        start.kernel = NetworkState::random(start.settings, start.patchNumbers).kernel;
    }
    return start;
}

/// Training by steps, with checkpoints; false when stopped.
bool learn(MetaLearner &learner, const QString &taskHash, const MetaTrainingOptions &options,
           const Progress &progress)
{
    const auto save = [&] {
        if (!options.checkpoint.isEmpty() && options.workers.isFirst())
            writeCheckpoint(options.checkpoint, learner.settings(), taskHash, learner.state());
    };
    const Processes *processes = options.workers.processes;
    QElapsedTimer sinceSaved;
    sinceSaved.start();
    while (!learner.isFinished()) {
        const double done = double(learner.state().iterations) / learner.settings().iterations;
        const bool goesOn = progress(done);
        if (processes ? !processes->doAllSay(goesOn) : !goesOn) {
            save();
            return false;
        }
        learner.iterate(options.workers);
        if (double(sinceSaved.elapsed()) > 1000 * options.checkpointSeconds) {
            save();
            sinceSaved.restart();
        }
    }
    save();
    return true;
}

/// Inner steps by short trainings, a quarter as long; 0 when stopped.
int chosenInnerSteps(const MetaSettings &settings, const TaskSet &tasks,
                     const MetaTrainingOptions &options, const Progress &progress)
{
    const std::vector<int> choices{5, 10, 20};
    if (tasks.validation.empty())
        return choices.back();
    std::vector<Candidate> candidates;
    MetaTrainingOptions quiet = options;
    quiet.checkpoint.clear();
    for (std::size_t i = 0; i < choices.size(); ++i) {
        MetaSettings shorter = settings;
        shorter.innerSteps = choices[i];
        shorter.iterations = std::max(1, settings.iterations / 4);
        MetaLearner learner(shorter, tasks.training);
        const double n = double(choices.size() + 1);
        if (!learn(learner, {}, quiet, part(progress, double(i) / n, double(i + 1) / n)))
            return 0;
        ModelStart start = startOf(shorter, learner.state().network);
        start.settings.learningRate /= 3; // about where adaptations end up
        start.settings.cycles = 25;
        candidates.push_back({std::make_shared<const ModelStart>(std::move(start)), {}});
    }
    const std::vector<Score> scores =
        scoresOn(firstOf(tasks.validation), settings.patch, candidates, judgedCounts,
                 settings.seed + 1, options.workers.jobs, unwatched());
    return choices[bestOf(scores)];
}

QJsonArray toJson(const TaskSet &tasks)
{
    QJsonArray list;
    const std::pair<const char *, const std::vector<TaskSource> *> roles[] = {
        {"training", &tasks.training}, {"validation", &tasks.validation}};
    for (const auto &[role, sources] : roles)
        for (const TaskSource &task : *sources)
            list.append(QJsonObject{
                {"name", task.name}, {"family", task.family}, {"hash", task.hash}, {"role", role}});
    return list;
}

QJsonObject cardOf(const QString &name, const MetaTraining &training, const TaskSet &tasks)
{
    QJsonArray metrics;
    for (std::size_t i = 0; i < training.scores.size(); ++i) {
        const Score &warm = training.scores[i], &cold = training.coldScores[i];
        metrics.append(QJsonObject{{"points", warm.points},
                                   {"rmse", warm.rmse},
                                   {"r2", warm.r2},
                                   {"nlpd", warm.nlpd},
                                   {"loss", warm.loss},
                                   {"coldRmse", cold.rmse},
                                   {"coldR2", cold.r2},
                                   {"coldNlpd", cold.nlpd},
                                   {"coldLoss", cold.loss}});
    }
    QStringList families;
    for (const TaskSource &task : tasks.training)
        if (!families.contains(task.family))
            families << task.family;
    return {{"name", name},
            {"program", QStringLiteral("Helmscope %1").arg(HELMSCOPE_VERSION)},
            {"method", keyOf(training.settings.method)},
            {"settings", training.settings.toJson()},
            {"tasks", toJson(tasks)},
            {"taskHash", tasks.hash()},
            {"metrics", metrics},
            {"licence", "CC0-1.0"},
            {"limits",
             Tr::tr("Learnt on %1; patches of %2 × %2 pixels of survey images only, whatever their "
                    "scale; other samples may be better off without it, which is found out on "
                    "their first points.")
                 .arg(families.join(", "))
                 .arg(training.settings.patch)}};
}

} // namespace

std::vector<ModelStart> adaptationsOf(const ModelStart &start)
{
    std::vector<ModelStart> all{start};
    if (start.settings.features != DeepKernelSettings::Features::Network) {
        // Part of the way from the usual priors, and wider: what few points make most probable is
        // not what is true, and tasks differ from those to come.
        const ModelStart usual =
            usualPriors(start.settings, int(std::lround(std::sqrt(double(start.patchNumbers)))));
        for (const double way : {0.25, 0.5, 0.75, 1.})
            for (const double width : {1., 1.5, 2.5}) {
                ModelStart other = start;
                other.priorMeans = (1 - way) * usual.priorMeans + way * start.priorMeans;
                other.priorDeviations = (usual.priorDeviations.array().pow(1 - way) *
                                         (width * start.priorDeviations).array().pow(way))
                                            .matrix();
                all.push_back(std::move(other));
            }
        // Lengths alone carry over where scale and noise do not.
        const Eigen::Index lengths = start.priorMeans.size() - 6;
        for (const double width : {1., 1.5, 2.5}) {
            ModelStart other = usual;
            other.priorMeans.head(lengths) = start.priorMeans.head(lengths);
            other.priorDeviations.head(lengths) = width * start.priorDeviations.head(lengths);
            all.push_back(std::move(other));
        }
        all.push_back(usual);
        return all;
    }
    const auto add = [&](double rate, double kernelRate, int cycles, double pull) {
        ModelStart other = start;
        other.settings.learningRate = rate;
        other.settings.kernelLearningRate = kernelRate;
        other.settings.cycles = cycles;
        other.pull = pull;
        all.push_back(std::move(other));
    };
    for (const double kernelRate : {0.03, 0.1}) // the network stays as it is
        for (const int cycles : {20, 60, 150})
            add(0, kernelRate, cycles, 0);
    for (const double rate : {0.001, 0.003})
        for (const int cycles : {10, 25, 50})
            for (const double pull : {0., 1000.})
                add(rate, 0.03, cycles, pull);
    add(0.01, 0.03, 10, 0);
    add(0.01, 0.03, 25, 1000);
    return all;
}

std::optional<ModelStart> learntPriors(const MetaSettings &settings,
                                       const std::vector<TaskSource> &tasks, const Workers &workers,
                                       const Progress &progress)
{
    check(settings);
    if (tasks.empty())
        fail(Tr::tr("There is no task to learn on."));
    ModelStart wide = usualPriors(settings.model, settings.patch);
    wide.priorDeviations *= 2;
    const auto start = std::make_shared<const ModelStart>(wide);
    const Eigen::Index numbers = wide.priorMeans.size();
    // Sums of the parameters and of their squares, as a "direction" each.
    NetworkState sum{Eigen::VectorXf::Zero(1), Eigen::VectorXd::Zero(2 * numbers)};
    std::atomic<bool> isStopped = false;
    std::mutex mutex;
    double done = 0;
    const auto ask = [&](int i) {
        TaskAnswer answer;
        if (isStopped)
            return answer;
        RandomBits bits = bitsOf(settings.seed, {i, 7});
        const Task made = tasks[std::size_t(i)].make(settings.patch);
        if (settings.model.hasPlace && !made.hasImage())
            return answer; // its places are not known
        const Task task = varied(made, settings.augmentation, bits());
        // As many as a run may have: what is most probable depends on how many there are.
        const double share = uniform(bits);
        constexpr double fewest = 12;
        const int count = int(fewest * std::pow(std::max(settings.points / fewest, 1.), share));
        const std::vector<int> points = drawnFrom(task.size(), count, bits());
        DeepKernel model(start);
        try {
            answer.loss = model
                              .train(task.inputs(points, settings.model.hasPlace),
                                     task.values(points), unwatched())
                              .back();
        } catch (const Error &) {
            return answer;
        }
        const Eigen::VectorXd found = model.kernelNumbers().row(0).transpose();
        answer.direction.weights = Eigen::VectorXf::Ones(1);
        answer.direction.kernel.resize(2 * numbers);
        answer.direction.kernel << found, found.cwiseAbs2();
        const std::lock_guard lock(mutex); // no progress hears two threads at once
        if (!isStopped && !progress(++done / double(tasks.size())))
            isStopped = true;
        return answer;
    };
    summedUp(workers, int(tasks.size()), ask, sum);
    if (workers.processes ? !workers.processes->doAllSay(!isStopped) : isStopped.load())
        return std::nullopt;
    const double n = double(sum.weights[0]);
    if (n < 3)
        fail(Tr::tr("Priors need at least three tasks that a model can learn; there are %1.")
                 .arg(int(n)));
    ModelStart learnt = wide;
    learnt.priorMeans = sum.kernel.head(numbers) / n;
    constexpr double leastDeviation = 0.15;
    learnt.priorDeviations =
        ((sum.kernel.tail(numbers) / n - learnt.priorMeans.cwiseAbs2()) * (n / (n - 1)))
            .cwiseMax(leastDeviation * leastDeviation)
            .cwiseSqrt();
    return learnt;
}

std::optional<MetaTraining> metaTrain(const MetaSettings &asked, const TaskSet &tasks,
                                      const QString &name, const MetaTrainingOptions &options,
                                      const Progress &progress)
{
    check(asked);
    if (tasks.training.empty())
        fail(Tr::tr("There is no task to learn on."));
    const auto say = [&](const QString &line) {
        if (options.say && options.workers.isFirst())
            options.say(line);
    };
    const QString taskHash = tasks.hash();
    MetaTraining result;
    MetaSettings &settings = result.settings;
    settings = asked;
    ModelStart start;
    if (settings.method == MetaSettings::Method::Priors) {
        const std::optional<ModelStart> learnt =
            learntPriors(settings, tasks.training, options.workers, part(progress, 0, 0.7));
        if (!learnt)
            return std::nullopt;
        start = *learnt;
    } else {
        std::optional<MetaState> before;
        if (options.resumes && QFile::exists(options.checkpoint))
            before = readCheckpoint(options.checkpoint, settings, taskHash);
        double begun = 0;
        if (settings.innerSteps == 0) {
            begun = 0.4;
            settings.innerSteps =
                chosenInnerSteps(settings, tasks, options, part(progress, 0, begun));
            if (settings.innerSteps == 0)
                return std::nullopt;
            say(Tr::tr("%1 inner steps, by validation").arg(settings.innerSteps));
        }
        MetaLearner learner(settings, tasks.training);
        if (before) {
            learner.resume(std::move(*before));
            say(Tr::tr("goes on after iteration %1").arg(learner.state().iterations));
        }
        if (!learn(learner, taskHash, options, part(progress, begun, 0.8)))
            return std::nullopt;
        result.losses = learner.state().losses;
        start = startOf(settings, learner.state().network);
    }

    if (!tasks.validation.empty()) {
        if (settings.choosesAdaptation) {
            std::vector<Candidate> candidates;
            for (ModelStart &one : adaptationsOf(start))
                candidates.push_back({std::make_shared<const ModelStart>(std::move(one)), {}});
            const bool isQuick = settings.method == MetaSettings::Method::Priors;
            const std::vector<Score> scores = scoresOn(
                isQuick ? tasks.validation : firstOf(tasks.validation), settings.patch, candidates,
                judgedCounts, settings.seed + 2, options.workers.jobs, part(progress, 0.8, 0.95));
            start = *candidates[bestOf(scores)].start;
        }
        // Cold is what the program would do: a deep kernel tuned for few points, or rings.
        DeepKernelSettings cold =
            presetFromKey(settings.method == MetaSettings::Method::Priors ? "default" : "network")
                .settings;
        cold.seed = settings.model.seed;
        const std::vector<Score> scores = scoresOn(
            tasks.validation, settings.patch,
            {{std::make_shared<const ModelStart>(start), {}}, {nullptr, cold}}, judgedCounts,
            settings.seed + 3, options.workers.jobs, part(progress, 0.95, 1));
        const auto half = scores.begin() + std::ptrdiff_t(judgedCounts.size());
        result.scores.assign(scores.begin(), half);
        result.coldScores.assign(half, scores.end());
    }
    if (!progress(1))
        return std::nullopt;
    result.model.start = std::make_shared<const ModelStart>(std::move(start));
    result.model.card = cardOf(name, result, tasks);
    return result;
}

} // namespace helmscope
