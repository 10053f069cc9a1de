// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/trial.h"

#include "base/error.h"
#include "instrument/noise.h"
#include "steering/choosing.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numbers>

namespace helmscope {

std::vector<int> orderOf(const Task &task, std::uint64_t seed)
{
    return drawnFrom(task.size(), task.size(), seed);
}

/// Deviation, never 0.
static double spreadOf(const Eigen::VectorXd &values)
{
    const double spread = std::sqrt((values.array() - values.mean()).square().mean());
    return spread > 0 ? spread : 1;
}

TrialResult tryOn(const Task &task, const Candidate &candidate, std::span<const int> order,
                  int count, int most, std::vector<double> *losses)
{
    const auto known = order.first(std::size_t(count));
    const auto rest = order.subspan(std::size_t(count),
                                    std::min(order.size() - std::size_t(count), std::size_t(most)));
    const bool hasPlace = candidate.learning().hasPlace;
    DeepKernel model = candidate.make();
    const std::vector<double> training =
        model.train(task.inputs(known, hasPlace), task.values(known), unwatched());
    const DeepKernel::Prediction prediction =
        model.predict(task.inputs(rest, hasPlace), unwatched());

    const Eigen::VectorXd values = task.values(rest), truth = task.truth(rest);
    const double valueSpread = spreadOf(values), truthSpread = spreadOf(truth);
    const Eigen::ArrayXd mean = prediction.mean.col(0).array();
    const Eigen::ArrayXd deviation =
        (prediction.deviation.col(0).array().square() + prediction.noise.col(0).array().square())
            .sqrt()
            .max(1e-9 * valueSpread);
    const Eigen::ArrayXd z = (values.array() - mean) / deviation;
    TrialResult result;
    result.rmse = std::sqrt((truth.array() - mean).square().mean()) / truthSpread;
    result.r2 = 1 - result.rmse * result.rmse;
    result.nlpd = 0.5 * std::log(2 * std::numbers::pi) + (deviation / valueSpread).log().mean() +
                  0.5 * z.square().mean();
    result.coverage95 = (z.abs() < 1.95996).cast<double>().mean();
    result.cycles = int(training.size());
    result.loss = training.empty() ? std::nan("") : training.back();
    if (losses)
        *losses = training;
    return result;
}

std::vector<Score> scoresOn(const std::vector<TaskSource> &tasks, int patch,
                            const std::vector<Candidate> &candidates,
                            const std::vector<int> &counts, std::uint64_t seed, int jobs,
                            const Progress &progress)
{
    constexpr int mostJudged = 500;
    constexpr double mostNlpd = 10;
    const std::size_t cells = candidates.size() * counts.size();
    std::vector<std::vector<TrialResult>> results(tasks.size());
    std::mutex mutex;
    double done = 0;
    std::atomic<bool> isStopped = false;
    forAll(jobs, int(tasks.size()), [&](int i) {
        if (isStopped)
            return;
        const Task task = tasks[std::size_t(i)].make(patch);
        const std::vector<int> order = orderOf(task, bitsOf(seed, {i})());
        std::vector<TrialResult> &row = results[std::size_t(i)];
        for (const Candidate &candidate : candidates)
            for (const int count : counts) {
                TrialResult result{1, 0, mostNlpd, 0, 0, 0};
                // Half of a small task stays for judging.
                const int shown = std::min(count, task.size() / 2);
                try {
                    if (!isStopped)
                        result = tryOn(task, candidate, order, shown, mostJudged);
                } catch (const Error &) {
                    // It keeps the result of knowing nothing.
                }
                row.push_back(result);
                const double all = double(cells * tasks.size());
                const std::lock_guard lock(mutex); // no progress hears two threads at once
                if (!isStopped && !progress(++done / all))
                    isStopped = true;
            }
    });
    std::vector<Score> scores(cells);
    for (std::size_t cell = 0; cell < cells; ++cell) {
        Score &score = scores[cell];
        score.points = counts[cell % counts.size()];
        for (const std::vector<TrialResult> &row : results) {
            if (row.size() <= cell)
                continue;
            const double n = double(results.size());
            score.rmse += row[cell].rmse / n;
            score.r2 += row[cell].r2 / n;
            score.nlpd +=
                (std::isfinite(row[cell].nlpd) ? std::min(row[cell].nlpd, mostNlpd) : mostNlpd) / n;
            score.loss += row[cell].loss / n;
        }
    }
    return scores;
}

} // namespace helmscope
