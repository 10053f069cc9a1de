// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/presets.h"

#include "base/error.h"

#include <array>

// Who shows it translates it (Tr::tr); lupdate knows the macro by its name, and Qt is not here.
#define QT_TRANSLATE_NOOP(context, text) text

namespace helmscope {

namespace {

/// What all models on fixed features share.
DeepKernelSettings fixedFeatures(DeepKernelSettings::Features features)
{
    DeepKernelSettings settings;
    settings.features = features;
    settings.kernel = DeepKernelSettings::Kernel::Matern52;
    settings.noise = DeepKernelSettings::Noise::Counting;
    settings.components = 8;
    settings.cycles = 200;
    return settings;
}

DeepKernelSettings rings()
{
    DeepKernelSettings settings = fixedFeatures(DeepKernelSettings::Features::Rings);
    settings.hasPlace = true;
    return settings;
}

/// The honest baseline: what everybody would try first.
DeepKernelSettings principalComponents()
{
    DeepKernelSettings settings = fixedFeatures(DeepKernelSettings::Features::Components);
    settings.embedding = 10;
    settings.noise = DeepKernelSettings::Noise::Constant;
    return settings;
}

/// The learning rate of the published recipe, but noise and kernel free to move, and stopped before
/// the network knows the points by heart: at 200 cycles its deviations collapse.
DeepKernelSettings network()
{
    DeepKernelSettings settings;
    settings.cycles = 50;
    settings.kernelLearningRate = 0.03;
    settings.startNoise = 0.1;
    return settings;
}

/// AtomAI 0.7.9's dklGPR as the published experiments call it, on the exact kernel.
DeepKernelSettings published()
{
    DeepKernelSettings settings;
    settings.bounds = DeepKernelSettings::Bounds::Published;
    settings.cycles = 20;
    settings.learningRate = 0.01;
    settings.kernelLearningRate = 0.01;
    settings.startNoise = 0.6932;
    settings.standardizeTargets = false;
    return settings;
}

} // namespace

std::span<const Preset> presets()
{
    static const std::array<Preset, 4> all{{
        {"default", QT_TRANSLATE_NOOP("helmscope::Tr", "Rings"),
         QT_TRANSLATE_NOOP("helmscope::Tr", "Gaussian process on what rings about each pixel show "
                                            "and on where it lies; knows counting noise"),
         rings()},
        {"pca", QT_TRANSLATE_NOOP("helmscope::Tr", "Principal components"),
         QT_TRANSLATE_NOOP(
             "helmscope::Tr",
             "Gaussian process on ten principal components of the patches, to compare with"),
         principalComponents()},
        {"network", QT_TRANSLATE_NOOP("helmscope::Tr", "Deep kernel"),
         QT_TRANSLATE_NOOP("helmscope::Tr",
                           "Gaussian process on features a network learns from each patch"),
         network()},
        {"published", QT_TRANSLATE_NOOP("helmscope::Tr", "Published"),
         QT_TRANSLATE_NOOP("helmscope::Tr",
                           "Deep kernel as in the published experiments, to compare with"),
         published()},
    }};
    return all;
}

const Preset &presetFromKey(const std::string &key)
{
    std::string keys;
    for (const Preset &preset : presets()) {
        if (key == preset.key)
            return preset;
        keys += (keys.empty() ? "" : ", ") + std::string(preset.key);
    }
    throw Error("There is no model '" + key + "'; there are " + keys + ".");
}

std::string presetKeyOf(const DeepKernelSettings &settings)
{
    for (const Preset &preset : presets()) {
        DeepKernelSettings same = preset.settings;
        same.cycles = settings.cycles;
        same.seed = settings.seed;
        same.kernel = settings.kernel;
        if (same == settings)
            return preset.key;
    }
    return "custom";
}

} // namespace helmscope
