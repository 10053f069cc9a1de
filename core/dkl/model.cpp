// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/model.h"

#include "dkl/bytes.h"
#include "dkl/gaussianprocess.h"
#include "dkl/rings.h"
#include "dkl/transfer/modelstart.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

namespace {

constexpr std::string_view magic = "HelmscopeDKL";
constexpr std::uint32_t version = 3;
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
    writer.put(std::uint8_t(settings.hasPlace));
    writer.put(std::int32_t(settings.components));
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
    require(features <= std::uint8_t(DeepKernelSettings::Features::Components) &&
                noise <= std::uint8_t(DeepKernelSettings::Noise::Counting),
            damaged);
    settings.features = DeepKernelSettings::Features(features);
    settings.noise = DeepKernelSettings::Noise(noise);
    settings.hasPlace = reader.take<std::uint8_t>() != 0;
    settings.components = reader.take<std::int32_t>();
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
    require(settings.components >= 0 && settings.components <= 1000,
            "The model's outputs can be learnt as no more than 1,000 principal components.");
    require(settings.features != DeepKernelSettings::Features::Network ||
                (!settings.hasPlace && settings.noise == DeepKernelSettings::Noise::Constant),
            "A network's model knows neither places nor counting noise; choose rings or components "
            "as its features.");
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

/// The patch's part of an input.
static int patchNumbers(const DeepKernelSettings &settings, int inputs)
{
    return inputs - (settings.hasPlace ? 2 : 0);
}

static int sideOf(int numbers)
{
    return int(std::lround(std::sqrt(double(numbers))));
}

/// Fixed features of an input, without the place.
static int fixedFeatureCount(const Model &model)
{
    return model.settings.features == DeepKernelSettings::Features::Rings
               ? ringFeatureCount(sideOf(patchNumbers(model.settings, model.inputs)))
               : int(model.patchDirections.cols());
}

FitShape fitShapeOf(const Model &model)
{
    const int numbers = patchNumbers(model.settings, model.inputs);
    FitShape shape;
    shape.kernel = model.settings.kernel;
    if (model.settings.features == DeepKernelSettings::Features::Rings)
        shape.profile = ringProfile(sideOf(numbers));
    else
        shape.profile =
            Eigen::MatrixXd::Identity(model.patchDirections.cols(), model.patchDirections.cols());
    shape.hasPlace = model.settings.hasPlace;
    // What patches of half this far apart share, they see themselves.
    shape.placeLength = 0.625 * std::sqrt(double(numbers));
    shape.isCounting = model.settings.noise == DeepKernelSettings::Noise::Counting;
    if (model.start && model.start->priorMeans.size() == shape.parameters()) {
        shape.priorMeans = model.start->priorMeans;
        shape.priorDeviations = model.start->priorDeviations;
    }
    return shape;
}

Hyperparameters hyperparametersOf(const Model &model, Eigen::Index process)
{
    return model.hasFixedFeatures() ? fitShapeOf(model).hyperparameters(model.raw.row(process))
                                    : Hyperparameters::fromRaw(model.raw.row(process));
}

/// Fixed features before they are scaled, and without the place.
static Eigen::MatrixXd unscaledFeatures(const Model &model,
                                        const Eigen::Ref<const Eigen::MatrixXf> &inputs)
{
    const auto patches = inputs.leftCols(patchNumbers(model.settings, model.inputs));
    if (model.settings.features == DeepKernelSettings::Features::Rings)
        return ringFeatures(patches);
    return (patches.cast<double>().rowwise() - model.patchMean.transpose()) * model.patchDirections;
}

static Eigen::MatrixXd fixedFeatures(const Model &model, Eigen::MatrixXd unscaled,
                                     const Eigen::Ref<const Eigen::MatrixXf> &inputs)
{
    Eigen::MatrixXd features = scaled(std::move(unscaled), model.featureScalings);
    if (model.settings.hasPlace) {
        features.conservativeResize(Eigen::NoChange, features.cols() + 2);
        features.rightCols(2) = inputs.rightCols(2).cast<double>();
    }
    return features;
}

Eigen::MatrixXd learnFeatures(Model &model, const Eigen::MatrixXf &inputs)
{
    if (model.settings.features == DeepKernelSettings::Features::Components) {
        const Eigen::MatrixXd patches =
            inputs.leftCols(patchNumbers(model.settings, model.inputs)).cast<double>();
        model.patchMean = patches.colwise().mean();
        const Eigen::Index most = std::min(patches.cols(), patches.rows() - 1);
        model.patchDirections =
            principalDirections(patches.rowwise() - model.patchMean.transpose(),
                                int(std::min<Eigen::Index>(model.settings.embedding, most)));
    }
    Eigen::MatrixXd features = unscaledFeatures(model, inputs);
    model.featureScalings = scalingsOf(features);
    return fixedFeatures(model, std::move(features), inputs);
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
    Eigen::MatrixXd features = Eigen::MatrixXd::Constant(inputs.rows(), model.features.cols(),
                                                         std::numeric_limits<double>::quiet_NaN());
    Network::Pass pass;
    for (Eigen::Index row = 0; row < inputs.rows(); row += blockRows) {
        if (!progress(double(row) / double(inputs.rows())))
            break;
        const Eigen::Index rows = std::min<Eigen::Index>(blockRows, inputs.rows() - row);
        const auto some = inputs.middleRows(row, rows);
        if (model.hasFixedFeatures()) {
            features.middleRows(row, rows) =
                fixedFeatures(model, unscaledFeatures(model, some), some);
            continue;
        }
        const Batch block = scaledInputs(some, model.inputScaling);
        features.middleRows(row, rows) =
            scaledToBounds(model.network.forward(block, pass), model.bounds, isClamped);
    }
    return features;
}

Eigen::MatrixXd embed(const Model &model, const PreparedInputs &inputs)
{
    Eigen::MatrixXd features(inputs.rings.rows(), model.features.cols());
    features.leftCols(inputs.rings.cols()) = scaled(inputs.rings, model.featureScalings);
    features.rightCols(inputs.places.cols()) = inputs.places;
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
        body.put(std::int32_t(model.processes()));
        body.put(std::int64_t(model.features.rows()));
        body.put(std::int32_t(model.patchDirections.cols()));
        body.putNumbers(model.patchMean);
        body.putNumbers(model.patchDirections);
        body.putNumbers(model.network.weights);
        body.putNumbers(model.raw);
        body.put(model.inputScaling.offset);
        body.put(model.inputScaling.factor);
        body.putNumbers(model.targetScaling.offsets);
        body.putNumbers(model.targetScaling.scales);
        body.put(std::uint8_t(model.targetScaling.hasComponents()));
        body.putNumbers(model.targetScaling.loadings);
        body.putNumbers(model.targetScaling.residuals);
        body.putNumbers(model.targetScaling.weights);
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
        const auto processes = reader.take<std::int32_t>();
        const auto points = reader.take<std::int64_t>();
        require(inputs >= 1 && inputs <= 1000000 && outputs >= 1 && processes >= 1 &&
                    processes <= outputs && points >= 2 && points <= mostTrainingPoints &&
                    patchNumbers(model.settings, inputs) >= 1,
                damaged);
        const bool hasNetwork = !model.hasFixedFeatures();
        const bool isRings = model.settings.features == DeepKernelSettings::Features::Rings;
        model.inputs = inputs;
        const std::uint64_t o(outputs), n(points), q(processes);
        const auto directions = reader.take<std::int32_t>();
        const bool hasDirections = !hasNetwork && !isRings;
        require(hasDirections ? directions >= 1 && directions <= 1000 : directions == 0, damaged);
        const std::uint64_t p = hasDirections ? patchNumbers(model.settings, inputs) : 0;
        model.patchMean = reader.takeNumbers<Eigen::VectorXd>(p, 1);
        model.patchDirections = reader.takeNumbers<Eigen::MatrixXd>(p, std::uint64_t(directions));
        const int side = sideOf(patchNumbers(model.settings, inputs));
        require(!isRings || (side >= 2 && side * side == patchNumbers(model.settings, inputs)),
                damaged);
        const std::uint64_t fixed = hasNetwork ? 0 : std::uint64_t(fixedFeatureCount(model));
        const std::uint64_t e = hasNetwork ? std::uint64_t(model.settings.embedding)
                                           : fixed + (model.settings.hasPlace ? 2 : 0);
        const std::uint64_t parameters =
            hasNetwork ? e + 3 : std::uint64_t(fitShapeOf(model).parameters());
        const std::vector<int> layers = widths(model.settings, model.inputs);
        if (hasNetwork)
            model.network = Network(
                layers, reader.takeNumbers<Eigen::VectorXf>(Network::weightCount(layers), 1));
        model.raw = reader.takeNumbers<Eigen::MatrixXd>(q, parameters);
        const auto scaling = reader.takeNumbers<Eigen::VectorXd>(2, 1);
        model.inputScaling = {scaling[0], scaling[1]};
        model.targetScaling.offsets = reader.takeNumbers<Eigen::VectorXd>(o, 1);
        model.targetScaling.scales = reader.takeNumbers<Eigen::VectorXd>(q, 1);
        const bool hasComponents = reader.take<std::uint8_t>() != 0;
        require(hasComponents || q == o, damaged);
        model.targetScaling.loadings =
            reader.takeNumbers<Eigen::MatrixXd>(hasComponents ? o : 0, hasComponents ? q : 0);
        model.targetScaling.residuals =
            reader.takeNumbers<Eigen::VectorXd>(hasComponents ? o : 0, 1);
        model.targetScaling.weights = reader.takeNumbers<Eigen::VectorXd>(hasComponents ? o : 0, 1);
        require((model.targetScaling.weights.array() > 0).all(), damaged);
        const auto bounds = reader.takeNumbers<Eigen::VectorXd>(2, 1);
        model.bounds = {bounds[0], bounds[1]};
        model.features = reader.takeNumbers<Eigen::MatrixXd>(n, e);
        model.targets = reader.takeNumbers<Eigen::MatrixXd>(n, q);
        if (reader.take<std::uint8_t>() != 0)
            model.relativeNoise = reader.takeNumbers<Eigen::MatrixXd>(n, q);
        for (std::uint64_t process = 0; process < q; ++process) {
            const auto shape = reader.takeNumbers<Eigen::VectorXd>(4, 1);
            require(shape[2] > 0, damaged);
            model.noiseShapes.push_back({shape[0], shape[1], shape[2], shape[3]});
        }
        for (std::uint64_t feature = 0; feature < fixed; ++feature) {
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
    return more(model.targets, more(model.raw, more(model.network.weights, fnv1a(nullptr, 0))));
}

} // namespace helmscope
