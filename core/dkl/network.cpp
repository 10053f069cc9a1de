// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/network.h"

#include "base/error.h"
#include "dkl/random.h"
#include "dkl/tensors.h"
#include "dkl/transfer/device.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

template <typename Scalar>
at::Tensor view(Eigen::PlainObjectBase<Scalar> &batch)
{
    return rowMajorView(batch.data(), batch.rows(), batch.cols());
}

at::Tensor constView(const Batch &batch)
{
    return rowMajorView(batch.data(), batch.rows(), batch.cols());
}

} // namespace

Network::Network(std::vector<int> widths, std::uint64_t seed)
    : m_widths(std::move(widths))
{
    weights.resize(Eigen::Index(weightCount(m_widths)));
    Random random(seed);
    Eigen::Index next = 0;
    for (std::size_t layer = 1; layer < m_widths.size(); ++layer) {
        const double limit = 1 / std::sqrt(double(m_widths[layer - 1]));
        const Eigen::Index count = Eigen::Index(m_widths[layer]) * (m_widths[layer - 1] + 1);
        for (const Eigen::Index end = next + count; next < end; ++next)
            weights[next] = float((2 * random.uniform() - 1) * limit);
    }
}

Network::Network(std::vector<int> widths, Eigen::VectorXf weights_)
    : weights(std::move(weights_))
    , m_widths(std::move(widths))
{
    if (std::uint64_t(weights.size()) != weightCount(m_widths))
        throw Error("The network's weights do not fit its layers.");
}

std::uint64_t Network::weightCount(const std::vector<int> &widths)
{
    std::uint64_t count = 0;
    for (std::size_t layer = 1; layer < widths.size(); ++layer)
        count += std::uint64_t(widths[layer]) * (std::uint64_t(widths[layer - 1]) + 1);
    return count;
}

/// Handed over once a pass: weights, patches, and what the layers made of them.
struct Network::OnDevice
{
    at::Tensor weights;
    std::vector<at::Tensor> outputs; ///< the inputs, then of each layer after its ReLU

    /// [out, in] and [out] of the layer whose weights begin there.
    at::Tensor matrix(Eigen::Index begin, Eigen::Index in, Eigen::Index out) const
    {
        return weights.narrow(0, begin, in * out).view({out, in});
    }
};

void Network::forwardOnDevice(const Batch &inputs, Pass &pass) const
{
    const at::Device device(modelDevice() == ModelDevice::Cuda ? at::kCUDA : at::kCPU);
    if (!pass.onDevice)
        pass.onDevice = std::make_shared<OnDevice>();
    OnDevice &there = *pass.onDevice;
    there.weights = rowMajorView(weights.data(), 1, weights.size()).flatten().to(device);
    there.outputs.assign(1, constView(inputs).to(device));
    Eigen::Index begin = 0;
    for (std::size_t layer = 1; layer < m_widths.size(); ++layer) {
        const Eigen::Index in = m_widths[layer - 1], out = m_widths[layer];
        const at::Tensor bias = there.weights.narrow(0, begin + in * out, out);
        const at::Tensor sum = there.outputs.back().mm(there.matrix(begin, in, out).t()).add(bias);
        there.outputs.push_back(layer + 1 < m_widths.size() ? sum.relu() : sum);
        begin += (in + 1) * out;
    }
    pass.outputs.resize(m_widths.size() - 1);
    pass.outputs.back().resize(inputs.rows(), outputs());
    view(pass.outputs.back()).copy_(there.outputs.back());
}

void Network::backwardOnDevice(Pass &pass, const Batch &byFeatures,
                               Eigen::VectorXf &byWeights) const
{
    const OnDevice &there = *pass.onDevice;
    at::Tensor slope = constView(byFeatures).to(there.weights.device());
    at::Tensor gradient = there.weights.clone(); // every number of it is overwritten
    Eigen::Index end = weights.size();
    for (std::size_t layer = m_widths.size() - 1; layer-- > 0;) {
        const Eigen::Index in = m_widths[layer], out = m_widths[layer + 1];
        const Eigen::Index begin = end - (in + 1) * out;
        const at::Tensor &input = there.outputs[layer];
        gradient.narrow(0, begin, in * out).view({out, in}).copy_(slope.t().mm(input));
        gradient.narrow(0, begin + in * out, out).copy_(slope.sum(0));
        if (layer > 0)
            slope = slope.mm(there.matrix(begin, in, out)).mul(input.gt(0));
        end = begin;
    }
    byWeights.resize(weights.size());
    rowMajorView(byWeights.data(), 1, byWeights.size()).flatten().copy_(gradient);
}

const Batch &Network::forward(const Batch &inputs, Pass &pass) const
{
    if (modelDevice() != ModelDevice::Processor) {
        forwardOnDevice(inputs, pass);
        return pass.outputs.back();
    }
    pass.onDevice.reset();
    const std::size_t layers = m_widths.size() - 1;
    pass.outputs.resize(layers);
    const float *next = weights.data();
    const Batch *input = &inputs;
    for (std::size_t layer = 0; layer < layers; ++layer) {
        const Eigen::Index in = m_widths[layer];
        const Eigen::Index out = m_widths[layer + 1];
        Batch &output = pass.outputs[layer];
        output.resize(inputs.rows(), out);
        at::Tensor product = view(output);
        at::mm_out(product, constView(*input), rowMajorView(next, out, in).t());
        const Eigen::Map<const Eigen::RowVectorXf> bias(next + in * out, out);
        if (layer + 1 < layers)
            for (Eigen::Index row = 0; row < output.rows(); ++row)
                output.row(row) = (output.row(row) + bias).cwiseMax(0.f);
        else
            output.rowwise() += bias;
        next += (in + 1) * out;
        input = &output;
    }
    return pass.outputs.back();
}

void Network::backward(const Batch &inputs, Pass &pass, const Batch &byFeatures,
                       Eigen::VectorXf &byWeights) const
{
    if (pass.onDevice)
        return backwardOnDevice(pass, byFeatures, byWeights);
    const std::size_t layers = m_widths.size() - 1;
    pass.slopes.resize(layers);
    pass.slopes.back() = byFeatures;
    byWeights.resize(weights.size());
    Eigen::Index end = weights.size();
    for (std::size_t layer = layers; layer-- > 0;) {
        const Eigen::Index in = m_widths[layer];
        const Eigen::Index out = m_widths[layer + 1];
        const Eigen::Index begin = end - (in + 1) * out;
        const Batch &input = layer == 0 ? inputs : pass.outputs[layer - 1];
        Batch &slope = pass.slopes[layer];
        const at::Tensor slopes = view(slope);
        at::Tensor byLayer = rowMajorView(byWeights.data() + begin, out, in);
        at::mm_out(byLayer, slopes.t(), constView(input));
        Eigen::Map<Eigen::RowVectorXf> byBias(byWeights.data() + begin + in * out, out);
        byBias.setZero();
        for (Eigen::Index row = 0; row < slope.rows(); ++row)
            byBias += slope.row(row);
        if (layer > 0) {
            Batch &below = pass.slopes[layer - 1];
            below.resize(inputs.rows(), in);
            at::Tensor product = view(below);
            at::mm_out(product, slopes, rowMajorView(weights.data() + begin, out, in));
            below.array() = (input.array() > 0.f).select(below.array(), 0.f);
        }
        end = begin;
    }
}

static constexpr double embeddingWidth = 1.9; // of the interval -0.95..0.95

Bounds boundsOf(const Batch &features)
{
    return {features.minCoeff(), features.maxCoeff()};
}

Eigen::MatrixXd scaledToBounds(const Batch &features, const Bounds &bounds, bool isClamped)
{
    if (!(bounds.high > bounds.low))
        return Eigen::MatrixXd::Zero(features.rows(), features.cols());
    const double slope = embeddingWidth / (bounds.high - bounds.low);
    return features.cast<double>().unaryExpr([&](double feature) {
        if (isClamped)
            feature = std::clamp(feature, bounds.low, bounds.high);
        return (feature - bounds.low) * slope - embeddingWidth / 2;
    });
}

Batch throughBounds(const Batch &features, const Bounds &bounds, const Eigen::MatrixXd &byScaled)
{
    if (!(bounds.high > bounds.low))
        return Batch::Zero(features.rows(), features.cols());
    const double range = bounds.high - bounds.low;
    const auto values = features.cast<double>().array();
    Eigen::MatrixXd byFeatures = byScaled * (embeddingWidth / range);
    Eigen::Index row, column;
    features.minCoeff(&row, &column);
    byFeatures(row, column) +=
        embeddingWidth / (range * range) * (byScaled.array() * (values - bounds.high)).sum();
    features.maxCoeff(&row, &column);
    byFeatures(row, column) -=
        embeddingWidth / (range * range) * (byScaled.array() * (values - bounds.low)).sum();
    return byFeatures.cast<float>();
}

} // namespace helmscope
