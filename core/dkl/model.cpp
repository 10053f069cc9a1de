// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/model.h"

#include "dkl/bytes.h"
#include "dkl/gaussianprocess.h"
#include "dkl/rings.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr std::string_view magic = "HelmscopeDKL";
constexpr std::uint32_t version = 2;
constexpr int blockRows = 512; // activations of a block stay in the second-level cache
constexpr double mostNoise = 1e6;

void require(bool isTrue, const char *sentence)
{
    if (!isTrue)
        throw Error(sentence);
}

void put(ByteWriter &writer, const DeepKernelSettings &settings)
{
    writer.put(std::uint8_t(settings.features));
    writer.put(std::uint8_t(settings.noise));
    writer.put(std::uint8_t(settings.hasPriors));
    writer.put(std::uint32_t(settings.hidden.size()));
    for (const int width : settings.hidden)
        writer.put(std::int32_t(width));
    writer.put(std::int32_t(settings.embedding));
    writer.put(std::uint8_t(settings.kernel));
    writer.put(std::uint8_t(settings.bounds));
    writer.put(std::int32_t(settings.cycles));
    writer.put(settings.learningRate);
    writer.put(settings.kernelLearningRate);
    writer.put(settings.startNoise);
    writer.put(std::uint8_t(settings.standardizeTargets));
    writer.put(settings.seed);
}

DeepKernelSettings takeSettings(ByteReader &reader)
{
    const char *damaged = "The saved model is damaged: its settings make no sense.";
    DeepKernelSettings settings;
    const auto features = reader.take<std::uint8_t>();
    const auto noise = reader.take<std::uint8_t>();
    require(features <= std::uint8_t(DeepKernelSettings::Features::Rings) &&
                noise <= std::uint8_t(DeepKernelSettings::Noise::Counting),
            damaged);
    settings.features = DeepKernelSettings::Features(features);
    settings.noise = DeepKernelSettings::Noise(noise);
    settings.hasPriors = reader.take<std::uint8_t>() != 0;
    const auto layers = reader.take<std::uint32_t>();
    require(layers <= 64, damaged);
    settings.hidden.clear();
    for (std::uint32_t layer = 0; layer < layers; ++layer)
        settings.hidden.push_back(reader.take<std::int32_t>());
    settings.embedding = reader.take<std::int32_t>();
    const auto kernel = reader.take<std::uint8_t>();
    const auto bounds = reader.take<std::uint8_t>();
    require(kernel <= std::uint8_t(Kernel::Matern52) &&
                bounds <= std::uint8_t(DeepKernelSettings::Bounds::Published),
            damaged);
    settings.kernel = Kernel(kernel);
    settings.bounds = DeepKernelSettings::Bounds(bounds);
    settings.cycles = reader.take<std::int32_t>();
    settings.learningRate = reader.take<double>();
    settings.kernelLearningRate = reader.take<double>();
    settings.startNoise = reader.take<double>();
    settings.standardizeTargets = reader.take<std::uint8_t>() != 0;
    settings.seed = reader.take<std::uint64_t>();
    check(settings);
    return settings;
}

} // namespace

void check(const DeepKernelSettings &settings)
{
    require(settings.hidden.size() <= 64, "The model has too many hidden layers; at most 64 are.");
    for (const int width : settings.hidden)
        require(width >= 1 && width <= 100000,
                "The widths of the model's hidden layers must lie between 1 and 100,000.");
    require(settings.embedding >= 1 && settings.embedding <= 1000,
            "The model's embedding must have between 1 and 1,000 dimensions.");
    require(settings.cycles >= 0, "The number of training cycles must not be negative.");
    for (const double rate : {settings.learningRate, settings.kernelLearningRate})
        require(std::isfinite(rate) && rate >= 0 && rate <= 10,
                "The model's learning rates must lie between 0 and 10.");
    require(settings.startNoise > Hyperparameters::smallestNoise &&
                settings.startNoise <= mostNoise,
            "The model's noise at the start must lie between 0.0001 and 1,000,000.");
}

std::vector<int> widths(const DeepKernelSettings &settings, int inputs)
{
    std::vector<int> all{inputs};
    all.insert(all.end(), settings.hidden.begin(), settings.hidden.end());
    all.push_back(settings.embedding);
    return all;
}

int featureCount(const DeepKernelSettings &settings, int inputs)
{
    return settings.features == DeepKernelSettings::Features::Network
               ? settings.embedding
               : ringFeatureCount(int(std::lround(std::sqrt(double(inputs)))));
}

std::vector<Scaling> scalingsOf(const Eigen::MatrixXd &features)
{
    // What the patches' float32 cannot tell from 0 is no feature: stretched, it would be pure
    // noise.
    const double rounding = 1e-6 * features.cwiseAbs().maxCoeff();
    std::vector<Scaling> scalings;
    for (Eigen::Index column = 0; column < features.cols(); ++column) {
        const double mean = features.col(column).mean();
        const double deviation = std::sqrt((features.col(column).array() - mean).square().mean());
        scalings.push_back({mean, deviation > rounding ? 1 / deviation : 0});
    }
    return scalings;
}

Eigen::MatrixXd scaled(Eigen::MatrixXd features, const std::vector<Scaling> &scalings)
{
    // Candidates far outside what was measured saturate: they are unlike anything seen, no more.
    for (Eigen::Index column = 0; column < features.cols(); ++column) {
        const Scaling &scaling = scalings[std::size_t(column)];
        features.col(column) =
            ((features.col(column).array() - scaling.offset) * scaling.factor).min(1e3).max(-1e3);
    }
    return features;
}

Scaling scalingOf(const Eigen::MatrixXf &inputs)
{
    const double low = inputs.minCoeff();
    const double range = inputs.maxCoeff() - low;
    return {low, range > 0 ? 1 / range : 1};
}

Batch scaledInputs(const Eigen::Ref<const Eigen::MatrixXf> &inputs, const Scaling &scaling)
{
    // The limit is far beyond any sane patch; it keeps a dead pixel of 1e38 from becoming inf - inf
    // inside the network.
    return inputs.unaryExpr([&](float number) {
        return float(std::clamp((number - scaling.offset) * scaling.factor, -1e6, 1e6));
    });
}

Eigen::MatrixXd embed(const Model &model, const Eigen::MatrixXf &inputs, const Progress &progress)
{
    const bool isClamped = model.settings.bounds == DeepKernelSettings::Bounds::Published;
    Eigen::MatrixXd features = Eigen::MatrixXd::Constant(inputs.rows(), model.raw.cols() - 3,
                                                         std::numeric_limits<double>::quiet_NaN());
    Network::Pass pass;
    for (Eigen::Index row = 0; row < inputs.rows(); row += blockRows) {
        if (!progress(double(row) / double(inputs.rows())))
            break;
        const Eigen::Index rows = std::min<Eigen::Index>(blockRows, inputs.rows() - row);
        if (model.settings.features == DeepKernelSettings::Features::Rings) {
            features.middleRows(row, rows) =
                scaled(ringFeatures(inputs.middleRows(row, rows)), model.featureScalings);
            continue;
        }
        const Batch block = scaledInputs(inputs.middleRows(row, rows), model.inputScaling);
        features.middleRows(row, rows) =
            scaledToBounds(model.network.forward(block, pass), model.bounds, isClamped);
    }
    return features;
}

std::string toBytes(const Model &model)
{
    ByteWriter body;
    put(body, model.settings);
    body.put(std::uint8_t(model.isTrained()));
    if (model.isTrained()) {
        body.put(std::int32_t(model.inputs));
        body.put(std::int32_t(model.outputs()));
        body.put(std::int64_t(model.features.rows()));
        body.putNumbers(model.network.weights);
        body.putNumbers(model.raw);
        body.put(model.inputScaling.offset);
        body.put(model.inputScaling.factor);
        body.putNumbers(model.targetOffsets);
        body.putNumbers(model.targetScales);
        body.put(model.bounds.low);
        body.put(model.bounds.high);
        body.putNumbers(model.features);
        body.putNumbers(model.targets);
        body.put(std::uint8_t(model.relativeNoise.rows() > 0));
        body.putNumbers(model.relativeNoise);
        for (const NoiseShape &shape : model.noiseShapes)
            for (const double number : {shape.mix, shape.zero, shape.mean, shape.floor})
                body.put(number);
        for (const Scaling &scaling : model.featureScalings) {
            body.put(scaling.offset);
            body.put(scaling.factor);
        }
    }
    ByteWriter whole;
    whole.bytes = magic;
    whole.put(version);
    whole.put(std::uint64_t(body.bytes.size()));
    whole.put(fnv1a(body.bytes.data(), body.bytes.size()));
    whole.bytes += body.bytes;
    return std::move(whole.bytes);
}

Model fromBytes(const std::string &bytes)
{
    if (!bytes.starts_with(magic))
        throw Error("These bytes are not a saved model.");
    ByteReader reader(std::string_view(bytes).substr(magic.size()));
    if (reader.take<std::uint32_t>() != version)
        throw Error(
            "The saved model was written by another version of the program; train it anew.");
    const auto size = reader.take<std::uint64_t>();
    const auto checksum = reader.take<std::uint64_t>();
    if (size != reader.left())
        throw Error("The saved model is cut short.");
    if (fnv1a(bytes.data() + (bytes.size() - size), size) != checksum)
        throw Error("The saved model is damaged: its checksum is wrong.");

    const char *damaged = "The saved model is damaged: its parts do not fit together.";
    Model model;
    model.settings = takeSettings(reader);
    if (reader.take<std::uint8_t>() != 0) {
        const auto inputs = reader.take<std::int32_t>();
        const auto outputs = reader.take<std::int32_t>();
        const auto points = reader.take<std::int64_t>();
        require(inputs >= 1 && inputs <= 1000000 && outputs >= 1 && points >= 2 &&
                    points <= mostTrainingPoints,
                damaged);
        const bool hasNetwork = model.settings.features == DeepKernelSettings::Features::Network;
        model.inputs = inputs;
        const std::uint64_t o(outputs), n(points), e(featureCount(model.settings, inputs));
        const std::vector<int> layers = widths(model.settings, inputs);
        if (hasNetwork)
            model.network = Network(
                layers, reader.takeNumbers<Eigen::VectorXf>(Network::weightCount(layers), 1));
        model.raw = reader.takeNumbers<Eigen::MatrixXd>(o, e + 3);
        const auto scaling = reader.takeNumbers<Eigen::VectorXd>(2, 1);
        model.inputScaling = {scaling[0], scaling[1]};
        model.targetOffsets = reader.takeNumbers<Eigen::VectorXd>(o, 1);
        model.targetScales = reader.takeNumbers<Eigen::VectorXd>(o, 1);
        const auto bounds = reader.takeNumbers<Eigen::VectorXd>(2, 1);
        model.bounds = {bounds[0], bounds[1]};
        model.features = reader.takeNumbers<Eigen::MatrixXd>(n, e);
        model.targets = reader.takeNumbers<Eigen::MatrixXd>(n, o);
        if (reader.take<std::uint8_t>() != 0)
            model.relativeNoise = reader.takeNumbers<Eigen::MatrixXd>(n, o);
        for (std::uint64_t output = 0; output < o; ++output) {
            const auto shape = reader.takeNumbers<Eigen::VectorXd>(4, 1);
            require(shape[2] > 0, damaged);
            model.noiseShapes.push_back({shape[0], shape[1], shape[2], shape[3]});
        }
        for (std::uint64_t feature = 0; !hasNetwork && feature < e; ++feature) {
            const auto numbers = reader.takeNumbers<Eigen::VectorXd>(2, 1);
            model.featureScalings.push_back({numbers[0], numbers[1]});
        }
    }
    require(reader.left() == 0, damaged);
    return model;
}

std::uint64_t hashOf(const Model &model)
{
    const auto more = [](const auto &numbers, std::uint64_t hash) {
        return fnv1a(numbers.data(),
                     std::size_t(numbers.size()) *
                         sizeof(typename std::decay_t<decltype(numbers)>::Scalar),
                     hash);
    };
    return more(model.raw, more(model.network.weights, fnv1a(nullptr, 0)));
}

} // namespace helmscope
