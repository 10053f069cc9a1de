// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/metalearner.h"
#include "metalearning/metamodel.h"
#include "metalearning/trial.h"

namespace helmscope {

/// How a meta-training is carried out; nothing here changes what comes out.
struct MetaTrainingOptions
{
    Workers workers;
    QString checkpoint; ///< file that holds the state now and then; empty: none
    double checkpointSeconds = 60;
    bool resumes = false;                     ///< goes on from the checkpoint, where there is one
    std::function<void(const QString &)> say; ///< a line for people, now and then; may be null
};

/// What came of it.
struct MetaTraining
{
    MetaModel model;
    MetaSettings settings;                 ///< with what validation chose
    std::vector<double> losses;            ///< of each iteration
    std::vector<Score> scores, coldScores; ///< on the validation tasks, 10, 20 and 50 points
};

/// Learns on the training tasks, chooses on the validation tasks (inner steps; then how a model
/// adapts: rates, cycles, pull, or how wide priors are), and writes the model card. Without
/// validation tasks nothing is chosen and the card says so. Nothing when stopped: a checkpoint then
/// holds what was done. The same settings and tasks give the same model, bit for bit, whatever the
/// workers.
std::optional<MetaTraining> metaTrain(const MetaSettings &settings, const TaskSet &tasks,
                                      const QString &name, const MetaTrainingOptions &options,
                                      const Progress &progress);

/// Priors from the kernels that each task by itself makes most probable, under priors twice as wide
/// as usual: their means and deviations over the tasks. Nothing when stopped.
std::optional<ModelStart> learntPriors(const MetaSettings &settings,
                                       const std::vector<TaskSource> &tasks, const Workers &workers,
                                       const Progress &progress);

/// The ways to adapt that validation chooses from.
std::vector<ModelStart> adaptationsOf(const ModelStart &start);

} // namespace helmscope
