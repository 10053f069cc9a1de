// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/transfer/modelstart.h"

#include "base/error.h"
#include "dkl/model.h"
#include "dkl/rings.h"

#include <cmath>

namespace helmscope {

Eigen::Index networkWeights(const DeepKernelSettings &settings, int side)
{
    return Eigen::Index(Network::weightCount(widths(settings, side * side)));
}

Eigen::Index kernelNumbers(const DeepKernelSettings &settings, int side)
{
    if (settings.features == DeepKernelSettings::Features::Network)
        return settings.embedding + 3;
    FitShape shape;
    shape.profile = ringProfile(side);
    return shape.parameters();
}

ModelStart usualPriors(const DeepKernelSettings &settings, int side)
{
    Model model;
    model.settings = settings;
    model.inputs = side * side + (settings.hasPlace ? 2 : 0);
    const FitShape shape = fitShapeOf(model);
    ModelStart start;
    start.settings = settings;
    start.patchNumbers = side * side;
    start.priorMeans = shape.priorMedians();
    start.priorDeviations = shape.priorSpreads();
    return start;
}

void check(const ModelStart &start)
{
    check(start.settings);
    const auto require = [](bool isTrue, const char *sentence) {
        if (!isTrue)
            throw Error(sentence);
    };
    const int side = int(std::lround(std::sqrt(double(start.patchNumbers))));
    require(start.patchNumbers >= 4 && start.patchNumbers <= 65536 &&
                side * side == start.patchNumbers,
            "What a model starts from must have been learnt on square patches of side 2 to 256.");
    require(std::isfinite(start.pull) && start.pull >= 0 && start.pull <= 1e9,
            "The pull towards a model's start must lie between 0 and 1,000,000,000.");
    switch (start.settings.features) {
    case DeepKernelSettings::Features::Network:
        require(start.weights.size() == networkWeights(start.settings, side) &&
                    start.weights.allFinite(),
                "The weights that a model starts from do not fit its network.");
        require(start.kernel.size() == kernelNumbers(start.settings, side) &&
                    start.kernel.allFinite(),
                "The kernel that a model starts from does not fit its network.");
        break;
    case DeepKernelSettings::Features::Rings:
        require(start.priorMeans.size() == kernelNumbers(start.settings, side) &&
                    start.priorDeviations.size() == start.priorMeans.size(),
                "The priors that a model starts from do not fit its features.");
        require(start.priorMeans.allFinite() && start.priorDeviations.allFinite() &&
                    (start.priorDeviations.array() > 0).all(),
                "The priors that a model starts from must be finite and their deviations above 0.");
        break;
    case DeepKernelSettings::Features::Components:
        throw Error("A model on principal components has nothing to start from: they are those of "
                    "the patches measured.");
    }
}

} // namespace helmscope
