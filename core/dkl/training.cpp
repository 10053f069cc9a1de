// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/training.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

Training::Training(Model &model, const Eigen::MatrixXf &inputs, Eigen::MatrixXd targets)
    : m_model(model)
    , m_targets(std::move(targets))
    , m_weightAdam(model.settings.learningRate)
    , m_rawAdam(model.settings.kernelLearningRate)
{
    model.inputScaling = scalingOf(inputs);
    m_inputs = scaledInputs(inputs, model.inputScaling);
    model.relativeNoise.resize(0, 0);
    model.noiseShapes.assign(std::size_t(m_targets.cols()), NoiseShape{});
}

double Training::evaluate()
{
    m_model.network.forward(m_inputs, m_pass);
    m_bounds = boundsOf(m_pass.outputs.back());
    m_likelihood =
        marginalLikelihood(m_model.settings.kernel, m_model.raw,
                           scaledToBounds(m_pass.outputs.back(), m_bounds, false), m_targets);
    if (!std::isfinite(m_likelihood.loss))
        return m_likelihood.loss;
    m_jitter = std::max(m_jitter, m_likelihood.jitter);
    const Batch &features = m_pass.outputs.back();
    m_model.network.backward(
        m_inputs, m_pass, throughBounds(features, m_bounds, m_likelihood.byFeatures), m_byWeights);
    return m_likelihood.loss;
}

bool Training::step()
{
    const bool areWeightsFinite = m_weightAdam.step(m_model.network.weights, m_byWeights);
    Eigen::VectorXd raw = m_model.raw.reshaped();
    const bool isRawFinite = m_rawAdam.step(raw, m_likelihood.byRaw.reshaped());
    m_model.raw.reshaped() = raw;
    return areWeightsFinite && isRawFinite;
}

void Training::undo()
{
    if (!m_rawAdam.hasStepped())
        return;
    m_model.network.weights = m_weightAdam.previous();
    m_model.raw.reshaped() = m_rawAdam.previous();
}

void Training::settle()
{
    m_model.targets = m_targets;
    const bool isPublished = m_model.settings.bounds == DeepKernelSettings::Bounds::Published;
    const bool hasForward = !m_pass.outputs.empty();
    const Batch &features = m_model.network.forward(m_inputs, m_pass);
    m_model.bounds = isPublished && hasForward ? m_bounds : boundsOf(features);
    m_model.features = scaledToBounds(features, m_model.bounds, isPublished);
}

} // namespace helmscope
