// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"
#include "dkl/fitting.h"
#include "dkl/network.h"
#include "dkl/targets.h"

#include <Eigen/Core>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace helmscope {

/// What was learnt is exact for this many points at most; a matrix of them squared is 800 MB.
constexpr int mostTrainingPoints = 10000;

struct ModelStart;

/// (number - offset) * factor
struct Scaling
{
    double offset = 0;
    double factor = 1;
};

/// All that a DeepKernel is: a value.
struct Model
{
    DeepKernelSettings settings;
    int inputs = 0;      ///< numbers of an input; 0 before training
    Network network;     ///< none before training, and none where the features are fixed
    Eigen::MatrixXd raw; ///< a kernel a row, see Hyperparameters, FitShape where features are fixed
    Scaling inputScaling; ///< of all pixels alike, so that patches keep their contrast
    TargetScaling targetScaling;
    Bounds bounds;                 ///< of the embedding, those that predictions use
    Eigen::MatrixXd features;      ///< embedding of the training points by the weights that predict
    Eigen::MatrixXd targets;       ///< [n, processes], scaled
    Eigen::MatrixXd relativeNoise; ///< [n, processes], or no rows: noise is the same for all
    std::shared_ptr<const ModelStart> start; ///< null: chance and the usual priors; not saved
    std::vector<NoiseShape> noiseShapes;     ///< one a process
    std::vector<Scaling> featureScalings;    ///< of fixed features, one each; places are not scaled
    Eigen::VectorXd patchMean;               ///< of principal components
    Eigen::MatrixXd patchDirections;         ///< [numbers of a patch, components]

    bool isTrained() const { return features.rows() > 0; }
    bool hasFixedFeatures() const
    {
        return settings.features != DeepKernelSettings::Features::Network;
    }
    int outputs() const { return int(targetScaling.outputs()); }
    int processes() const { return int(raw.rows()); }
};

/// Does what a model does: with its threads and kernels, LibTorch's failures as Error.
void asModel(const std::function<void()> &work);

/// Throws Error that names the setting that makes no sense.
void check(const DeepKernelSettings &settings);

/// Widths of the network's layers for patches of `inputs` numbers.
std::vector<int> widths(const DeepKernelSettings &settings, int inputs);

Scaling scalingOf(const Eigen::MatrixXf &inputs);
/// To mean 0 and deviation 1 over the rows, column by column.
std::vector<Scaling> scalingsOf(const Eigen::MatrixXd &features);
Eigen::MatrixXd scaled(Eigen::MatrixXd features, const std::vector<Scaling> &scalings);
Batch scaledInputs(const Eigen::Ref<const Eigen::MatrixXf> &inputs, const Scaling &scaling);

/// What a kernel on the model's fixed features may learn.
FitShape fitShapeOf(const Model &model);
/// Kernel, noise and mean of one process.
Hyperparameters hyperparametersOf(const Model &model, Eigen::Index process);

/// Learns how `inputs` become fixed features (their scalings, principal components) and makes them.
Eigen::MatrixXd learnFeatures(Model &model, const Eigen::MatrixXf &inputs);

/// The scaled features of `inputs`, block by block; NaN rows where it was stopped.
Eigen::MatrixXd embed(const Model &model, const Eigen::MatrixXf &inputs, const Progress &progress);

/// Of inputs prepared for this model.
Eigen::MatrixXd embed(const Model &model, const PreparedInputs &inputs);

std::string toBytes(const Model &model);
Model fromBytes(const std::string &bytes);
std::uint64_t hashOf(const Model &model);

} // namespace helmscope
