// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"
#include "dkl/random.h"
#include "sentence.h"

#include <cmath>

namespace helmscope {

/// Patches of side 6 cut from waves, and values that depend on what is in them.
struct Samples
{
    Eigen::MatrixXf inputs;
    Eigen::MatrixXd targets;
};

inline Samples samples(int count, int outputs, std::uint64_t seed = 1)
{
    Random random(seed);
    Samples made{Eigen::MatrixXf(count, 36), Eigen::MatrixXd(count, outputs)};
    for (int row = 0; row < count; ++row) {
        const double phase = 6 * random.uniform(), angle = 2 * random.uniform();
        for (int pixel = 0; pixel < 36; ++pixel)
            made.inputs(row, pixel) = float(
                100 + 20 * std::sin(phase + 0.3 * (pixel % 6) * angle + 0.2 * double(pixel / 6)) +
                random.normal());
        for (int output = 0; output < outputs; ++output)
            made.targets(row, output) =
                5 + 3 * std::sin(phase + output) * angle + 0.05 * random.normal();
    }
    return made;
}

/// Small enough that a test takes milliseconds.
inline DeepKernelSettings smallSettings()
{
    DeepKernelSettings settings;
    settings.hidden = {20, 10};
    settings.cycles = 30;
    settings.startNoise = 0.1;
    return settings;
}

inline DeepKernel trained(const DeepKernelSettings &settings, const Samples &samples)
{
    DeepKernel model(settings);
    model.train(samples.inputs, samples.targets, unwatched());
    return model;
}

inline bool areSame(const DeepKernel::Prediction &a, const DeepKernel::Prediction &b)
{
    return a.mean == b.mean && a.deviation == b.deviation;
}

} // namespace helmscope
