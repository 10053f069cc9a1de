// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/task.h"

#include <QJsonObject>

#include <span>

namespace helmscope {

/// How a model learns to learn.
struct MetaSettings
{
    enum class Method {
        Reptile, ///< towards where each task's own learning leads (Nichol et al. 2018)
        Maml,    ///< down the loss on other points after each task's learning, first order (Finn et
                 ///< al. 2017)
        Joint,   ///< down the tasks' losses themselves: one network, nothing learnt anew
        Priors,  ///< no network: priors of a kernel on rings, from the kernels of all tasks
    };
    Method method = Method::Reptile;
    DeepKernelSettings model; ///< what is learnt for; its learning rates are those of inner steps
    int patch = 16;           ///< side, image pixels
    int iterations = 100;
    int tasks = 5;                 ///< an iteration learns on; 1: serial
    int innerSteps = 20;           ///< Adam steps on each; 0: chosen by validation
    int points = 50;               ///< of a task that a step sees
    bool hasMiniBatches = false;   ///< other points in each step; else the same in all of a task
    bool variesPoints = false;     ///< from 8 to `points`, another number for each task
    bool learnsKernel = true;      ///< else each task's kernel begins as ever
    bool sumsTasks = false;        ///< the steps of all tasks are added up; else averaged
    double outerRate = 0.5;        ///< of the first iteration: Reptile's epsilon, else Adam's rate
    double lastOuterRate = 0.02;   ///< of the last; linear between them
    double momentum = 0;           ///< of Reptile's outer steps
    bool choosesAdaptation = true; ///< rates, cycles and pull by validation; else the model's own
    Augmentation augmentation;
    std::uint64_t seed = 1; ///< of tasks, points and variations; the network's is the model's

    bool operator==(const MetaSettings &) const = default;
    QJsonObject toJson() const;
    /// Missing fields are those of `preset` (default: "default"); throws Error naming the field.
    static MetaSettings fromJson(const QJsonObject &object, const QString &where);
};
/// Throws Error naming the setting that makes no sense.
void check(const MetaSettings &settings);

const char *keyOf(MetaSettings::Method method);

/// Settings under a name.
struct MetaPreset
{
    const char *key;
    const char *help; ///< one sentence
    MetaSettings settings;
};
/// "default" first: Reptile for the deep kernel as it should be; "priors" for the default model;
/// "paper": Reptile as published; rivals to compare with.
std::span<const MetaPreset> metaPresets();
const MetaPreset &metaPresetFromKey(const QString &key);

} // namespace helmscope
