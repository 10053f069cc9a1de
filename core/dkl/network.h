// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <memory>
#include <vector>

namespace helmscope {

/// Rows of numbers as a network takes and gives them, a row a point.
using Batch = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A multilayer perceptron with ReLU between its layers and a linear end.
///
/// All weights are one flat array, layer by layer: [out, in] row by row, then the biases. LibTorch
/// does the matrix products, where transfer/device.h says.
class Network
{
public:
    struct OnDevice;
    /// What a forward pass leaves for the backward pass, and room for both to work in.
    struct Pass
    {
        std::vector<Batch> outputs; ///< of each layer, after its ReLU; of a GPU of the last alone
        std::vector<Batch> slopes;  ///< of the loss by each layer's output before its ReLU
        std::shared_ptr<OnDevice> onDevice; ///< the rest of it on a GPU; null on the processor
    };

    Network() = default;
    /// `widths`: inputs, hidden layers, outputs. Weights are uniform in +-1/sqrt(inputs of the
    /// layer).
    Network(std::vector<int> widths, std::uint64_t seed);
    /// Throws Error when the number of weights is not weightCount(widths).
    Network(std::vector<int> widths, Eigen::VectorXf weights);

    /// Of a network of these widths; 64 bits hold it for widths up to 100,000.
    static std::uint64_t weightCount(const std::vector<int> &widths);

    int inputs() const { return m_widths.empty() ? 0 : m_widths.front(); }
    int outputs() const { return m_widths.empty() ? 0 : m_widths.back(); }

    /// Features [n, outputs] of `inputs` [n, inputs]: the last of pass.outputs.
    const Batch &forward(const Batch &inputs, Pass &pass) const;
    /// Gradient by the weights from the gradient by the features, after forward() on the same
    /// inputs.
    void backward(const Batch &inputs, Pass &pass, const Batch &byFeatures,
                  Eigen::VectorXf &byWeights) const;

    Eigen::VectorXf weights;

private:
    void forwardOnDevice(const Batch &inputs, Pass &pass) const;
    void backwardOnDevice(Pass &pass, const Batch &byFeatures, Eigen::VectorXf &byWeights) const;

    std::vector<int> m_widths;
};

/// Smallest and largest number of a whole embedding, over points and dimensions.
struct Bounds
{
    double low = 0;
    double high = 0;
    bool operator==(const Bounds &) const = default;
};

Bounds boundsOf(const Batch &features);

/// Features brought from `bounds` to -0.95..0.95 (GPyTorch's ScaleToBounds), [n, dimensions]; to 0
/// where the bounds are one number. Clamped, those outside go to the border.
Eigen::MatrixXd scaledToBounds(const Batch &features, const Bounds &bounds, bool isClamped);

/// The gradient by the features from that by the scaled ones; it flows through minimum and maximum
/// too. `bounds` are those of the features.
Batch throughBounds(const Batch &features, const Bounds &bounds, const Eigen::MatrixXd &byScaled);

} // namespace helmscope
