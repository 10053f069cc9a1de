// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"
#include "dkl/embedding.h"
#include "dkl/network.h"

#include <Eigen/Core>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace helmscope {

/// What was learnt is exact for this many points at most; a matrix of them squared is 800 MB.
constexpr int mostTrainingPoints = 10000;

/// (number - offset) * factor
struct Scaling
{
    double offset = 0;
    double factor = 1;
};

/// How an output's noise variance goes with its latent value, as a factor that is 1 on average over
/// the training points; in scaled units.
struct NoiseShape
{
    double mix = 0;   ///< 0: constant; 1: all of it is counting noise
    double zero = 0;  ///< the value at which nothing is counted
    double mean = 1;  ///< of value - zero over the training points
    double floor = 0; ///< counting noise never goes below that of this value above zero

    double at(double latent) const
    {
        return (1 - mix) + mix * std::max(latent - zero, floor) / mean;
    }
};

/// All that a DeepKernel is: a value.
struct Model
{
    DeepKernelSettings settings;
    int inputs = 0;       ///< numbers of a patch; 0 before training
    Network network;      ///< none before training, and none where the features are fixed
    Eigen::MatrixXd raw;  ///< kernels, see Hyperparameters
    Scaling inputScaling; ///< of all pixels alike, so that patches keep their contrast
    Eigen::VectorXd targetOffsets;
    Eigen::VectorXd targetScales;
    Bounds bounds;                 ///< of the embedding, those that predictions use
    Eigen::MatrixXd features;      ///< embedding of the training points by the weights that predict
    Eigen::MatrixXd targets;       ///< [n, outputs], scaled
    Eigen::MatrixXd relativeNoise; ///< [n, outputs], or no rows: noise is the same for all
    std::vector<NoiseShape> noiseShapes;  ///< one an output
    std::vector<Scaling> featureScalings; ///< of fixed features, one each

    bool isTrained() const { return features.rows() > 0; }
    int outputs() const { return int(raw.rows()); }
};

/// Throws Error that names the setting that makes no sense.
void check(const DeepKernelSettings &settings);

/// Widths of the network's layers for patches of `inputs` numbers.
std::vector<int> widths(const DeepKernelSettings &settings, int inputs);

Scaling scalingOf(const Eigen::MatrixXf &inputs);
/// To mean 0 and deviation 1 over the rows, column by column.
std::vector<Scaling> scalingsOf(const Eigen::MatrixXd &features);
Eigen::MatrixXd scaled(Eigen::MatrixXd features, const std::vector<Scaling> &scalings);
Batch scaledInputs(const Eigen::Ref<const Eigen::MatrixXf> &inputs, const Scaling &scaling);

/// Features the kernel sees for patches of `inputs` numbers.
int featureCount(const DeepKernelSettings &settings, int inputs);

/// The scaled features of `inputs`, block by block; NaN rows where it was stopped.
Eigen::MatrixXd embed(const Model &model, const Eigen::MatrixXf &inputs, const Progress &progress);

std::string toBytes(const Model &model);
Model fromBytes(const std::string &bytes);
std::uint64_t hashOf(const Model &model);

} // namespace helmscope
