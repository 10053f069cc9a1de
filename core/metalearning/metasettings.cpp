// SPDX-License-Identifier: GPL-3.0-or-later
#include "metalearning/metasettings.h"

#include "base/json.h"
#include "base/tr.h"
#include "dkl/model.h"
#include "dkl/presets.h"
#include "steering/plan.h"

#include <array>
#include <cmath>

namespace helmscope {

namespace {

using Method = MetaSettings::Method;

struct MethodRow
{
    Method method;
    const char *key;
};
constexpr std::array methods{MethodRow{Method::Reptile, "reptile"}, MethodRow{Method::Maml, "maml"},
                             MethodRow{Method::Joint, "joint"},
                             MethodRow{Method::Priors, "priors"}};

MetaSettings onNetwork(Method method)
{
    MetaSettings settings;
    settings.method = method;
    settings.model = presetFromKey("network").settings;
    return settings;
}

MetaSettings priors()
{
    MetaSettings settings;
    settings.method = Method::Priors;
    settings.model = presetFromKey("default").settings;
    settings.points = 120;
    settings.iterations = 1;
    return settings;
}

MetaSettings reptile()
{
    MetaSettings settings = onNetwork(Method::Reptile);
    settings.innerSteps = 0;
    return settings;
}

/// As it is told of the published training: 10 tasks, 16 mini-batches of one cycle each, the sum of
/// their steps times 7.2e-5 at a constant rate, kernels anew; 9 iterations are on record.
MetaSettings paper()
{
    MetaSettings settings = onNetwork(Method::Reptile);
    settings.model.learningRate = 0.01;
    settings.model.kernelLearningRate = 0.01;
    settings.model.startNoise = 0.6932;
    settings.iterations = 9;
    settings.tasks = 10;
    settings.innerSteps = 16;
    settings.points = 150;
    settings.hasMiniBatches = true;
    settings.learnsKernel = false;
    settings.sumsTasks = true;
    settings.choosesAdaptation = false;
    settings.outerRate = settings.lastOuterRate = 7.2e-5;
    settings.augmentation = {false, 0, 0, 0, 0.1};
    return settings;
}

MetaSettings maml()
{
    MetaSettings settings = onNetwork(Method::Maml);
    settings.innerSteps = 5;
    settings.outerRate = 1e-3;
    settings.lastOuterRate = 1e-4;
    settings.iterations = 200;
    return settings;
}

MetaSettings joint()
{
    MetaSettings settings = onNetwork(Method::Joint);
    settings.innerSteps = 1;
    settings.outerRate = 1e-3;
    settings.lastOuterRate = 1e-4;
    settings.iterations = 600;
    return settings;
}

/// A smaller network with more features, which no task learns anew: each finds its kernel only.
MetaSettings shared()
{
    MetaSettings settings = joint();
    settings.model.hidden = {256, 64};
    settings.model.embedding = 6;
    settings.model.kernel = DeepKernelSettings::Kernel::Matern52;
    settings.iterations = 3000;
    settings.tasks = 4;
    settings.points = 100;
    settings.variesPoints = true;
    settings.outerRate = 2e-3;
    settings.lastOuterRate = 5e-5;
    settings.augmentation.imageNoise = 0.02;
    return settings;
}

} // namespace

const char *keyOf(Method method)
{
    for (const MethodRow &row : methods)
        if (row.method == method)
            return row.key;
    return "";
}

std::span<const MetaPreset> metaPresets()
{
    static const std::array<MetaPreset, 6> all{{
        {"default",
         "Weights of a deep kernel by Reptile with a rate that decays, inner steps by "
         "validation",
         reptile()},
        {"priors",
         "Priors of the kernel on rings, the default model's, from the kernels of all "
         "tasks",
         priors()},
        {"paper", "Reptile as published, to compare with", paper()},
        {"maml", "Weights of a deep kernel by first-order MAML, to compare with", maml()},
        {"shared", "Features of a smaller network that all tasks share, kernels of their own",
         shared()},
        {"joint", "Weights of a deep kernel trained on all tasks at once (deep kernel transfer)",
         joint()},
    }};
    return all;
}

const MetaPreset &metaPresetFromKey(const QString &key)
{
    QStringList keys;
    for (const MetaPreset &preset : metaPresets()) {
        if (key == QLatin1String(preset.key))
            return preset;
        keys << preset.key;
    }
    fail(Tr::tr("There is no way to meta-train called '%1'; there are %2.")
             .arg(key, keys.join(", ")));
}

void check(const MetaSettings &s)
{
    check(s.model);
    const auto require = [](bool isTrue, const QString &sentence) {
        if (!isTrue)
            fail(sentence);
    };
    const bool hasNetwork = s.model.features == DeepKernelSettings::Features::Network;
    require(hasNetwork != (s.method == Method::Priors),
            Tr::tr("The method %1 is not for this model: priors are learnt for rings, everything "
                   "else for a network.")
                .arg(keyOf(s.method)));
    require(hasNetwork || s.model.features == DeepKernelSettings::Features::Rings,
            Tr::tr("Nothing carries over between models on principal components."));
    require(s.patch >= 2 && s.patch <= 256, Tr::tr("The patch must have 2 to 256 pixels a side."));
    require(s.iterations >= 1 && s.iterations <= 1'000'000,
            Tr::tr("There must be 1 to 1,000,000 iterations."));
    require(s.tasks >= 1 && s.tasks <= 4096, Tr::tr("An iteration learns on 1 to 4,096 tasks."));
    require(s.innerSteps >= 0 && s.innerSteps <= 10'000,
            Tr::tr("There must be 0 to 10,000 inner steps."));
    require(s.points >= 4 && s.points <= 2000, Tr::tr("A step sees 4 to 2,000 points of a task."));
    for (const double rate : {s.outerRate, s.lastOuterRate})
        require(std::isfinite(rate) && rate >= 0 && rate <= 1,
                Tr::tr("The outer rates must lie between 0 and 1."));
    require(s.momentum >= 0 && s.momentum < 1, Tr::tr("The momentum must lie between 0 and 1."));
    const Augmentation &a = s.augmentation;
    for (const double amount : {a.contrast, a.imageNoise, a.valueNoise, a.gainSpread})
        require(amount >= 0 && amount <= 10, Tr::tr("Augmentations must lie between 0 and 10."));
}

QJsonObject MetaSettings::toJson() const
{
    return {{"method", keyOf(method)},
            {"model", modelToJson(model)},
            {"networkSeed", QString::number(model.seed)},
            {"patch", patch},
            {"iterations", iterations},
            {"tasks", tasks},
            {"innerSteps", innerSteps},
            {"points", points},
            {"hasMiniBatches", hasMiniBatches},
            {"variesPoints", variesPoints},
            {"learnsKernel", learnsKernel},
            {"sumsTasks", sumsTasks},
            {"outerRate", outerRate},
            {"lastOuterRate", lastOuterRate},
            {"momentum", momentum},
            {"choosesAdaptation", choosesAdaptation},
            {"augmentation", QJsonObject{{"turns", augmentation.turns},
                                         {"contrast", augmentation.contrast},
                                         {"imageNoise", augmentation.imageNoise},
                                         {"valueNoise", augmentation.valueNoise},
                                         {"gainSpread", augmentation.gainSpread}}},
            {"seed", QString::number(seed)}};
}

static std::uint64_t seedIn(const QJsonObject &object, const QString &key, std::uint64_t fallback,
                            const QString &where)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined())
        return fallback;
    if (value.isDouble())
        return std::uint64_t(number(object, key, 0, 0, 9007199254740992., where));
    bool isWhole = false;
    const std::uint64_t seed = value.toString().toULongLong(&isWhole);
    if (!isWhole)
        fail(Tr::tr("%1: '%2' must be a whole number from 0 to 2^64 - 1.").arg(where, key));
    return seed;
}

MetaSettings MetaSettings::fromJson(const QJsonObject &object, const QString &where)
{
    MetaSettings s = metaPresetFromKey(text(object, "preset", "default", where)).settings;
    const QString method = text(object, "method", keyOf(s.method), where);
    bool isKnown = false;
    for (const MethodRow &row : methods)
        if (method == QLatin1String(row.key)) {
            s.method = row.method;
            isKnown = true;
        }
    if (!isKnown)
        fail(Tr::tr("%1: there is no method '%2'.").arg(where, method));
    if (const QJsonValue model = object.value("model"); model.isObject()) {
        const std::uint64_t seed = s.model.seed;
        s.model = modelFromJson(model.toObject(), where);
        s.model.seed = seed;
    } else if (!model.isUndefined()) {
        fail(Tr::tr("%1: 'model' must be an object.").arg(where));
    }
    s.model.seed = seedIn(object, "networkSeed", s.model.seed, where);
    s.patch = integer(object, "patch", s.patch, 2, 256, where);
    s.iterations = integer(object, "iterations", s.iterations, 1, 1'000'000, where);
    s.tasks = integer(object, "tasks", s.tasks, 1, 4096, where);
    s.innerSteps = integer(object, "innerSteps", s.innerSteps, 0, 10'000, where);
    s.points = integer(object, "points", s.points, 4, 2000, where);
    s.hasMiniBatches = flag(object, "hasMiniBatches", s.hasMiniBatches, where);
    s.variesPoints = flag(object, "variesPoints", s.variesPoints, where);
    s.learnsKernel = flag(object, "learnsKernel", s.learnsKernel, where);
    s.sumsTasks = flag(object, "sumsTasks", s.sumsTasks, where);
    s.outerRate = number(object, "outerRate", s.outerRate, 0, 1, where);
    s.lastOuterRate = number(object, "lastOuterRate", s.lastOuterRate, 0, 1, where);
    s.momentum = number(object, "momentum", s.momentum, 0, 0.9999, where);
    s.choosesAdaptation = flag(object, "choosesAdaptation", s.choosesAdaptation, where);
    // Of the model's settings those that are tried most, by themselves.
    s.model.learningRate = number(object, "innerRate", s.model.learningRate, 0, 10, where);
    s.model.kernelLearningRate =
        number(object, "innerKernelRate", s.model.kernelLearningRate, 0, 10, where);
    const QJsonValue augmentation = object.value("augmentation");
    if (!augmentation.isUndefined() && !augmentation.isObject())
        fail(Tr::tr("%1: 'augmentation' must be an object.").arg(where));
    const QJsonObject how = augmentation.toObject();
    Augmentation &a = s.augmentation;
    a.turns = flag(how, "turns", a.turns, where);
    a.contrast = number(how, "contrast", a.contrast, 0, 10, where);
    a.imageNoise = number(how, "imageNoise", a.imageNoise, 0, 10, where);
    a.valueNoise = number(how, "valueNoise", a.valueNoise, 0, 10, where);
    a.gainSpread = number(how, "gainSpread", a.gainSpread, 0, 10, where);
    s.seed = seedIn(object, "seed", s.seed, where);
    check(s);
    return s;
}

} // namespace helmscope
