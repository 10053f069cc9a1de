// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/transfer/modelstart.h"
#include "metalearning/task.h"
#include "metalearning/workers.h"

namespace helmscope {

/// How well a model does on a task of which it was shown some points.
struct TrialResult
{
    double rmse = 0; ///< against the truth elsewhere, over the truth's deviation
    double r2 = 0;   ///< 1 - rmse^2
    double nlpd = 0; ///< of the values measured elsewhere, noise counted, over their deviation
    double coverage95 = 0; ///< of these values within 1.96 deviations
    double loss = 0;       ///< of the last training cycle: negative log likelihood per point
    int cycles = 0;        ///< of training
};

/// What is tried: a start, or a model without one.
struct Candidate
{
    std::shared_ptr<const ModelStart> start;
    DeepKernelSettings settings; ///< used where there is no start
    const DeepKernelSettings &learning() const { return start ? start->settings : settings; }
    DeepKernel make() const { return start ? DeepKernel(start) : DeepKernel(settings); }
};

/// Points of a task in a random order: the first are shown, the others judged.
std::vector<int> orderOf(const Task &task, std::uint64_t seed);

/// Shows it the first `count` of `order` and judges at up to `most` of the others. `losses`, if
/// not null, are those of the training.
TrialResult tryOn(const Task &task, const Candidate &candidate, std::span<const int> order,
                  int count, int most, std::vector<double> *losses = nullptr);

/// Means over tasks (each with its own points, drawn by `seed` and its place) for each number of
/// points. A task that a model cannot learn counts as one that it knows nothing of. NLPD beyond 10
/// count as 10 in the mean: one task must not decide alone.
struct Score
{
    int points = 0;
    double rmse = 0, r2 = 0, nlpd = 0, loss = 0;
};
std::vector<Score> scoresOn(const std::vector<TaskSource> &tasks, int patch,
                            const std::vector<Candidate> &candidates,
                            const std::vector<int> &counts, std::uint64_t seed, int jobs,
                            const Progress &progress);

} // namespace helmscope
