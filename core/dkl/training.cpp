// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/training.h"

#include "dkl/transfer/modelstart.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

Training::Training(Model &model, const Eigen::MatrixXf &inputs, Eigen::MatrixXd targets)
    : m_model(model)
    , m_weightAdam(model.settings.learningRate)
    , m_rawAdam(model.settings.kernelLearningRate)
{
    setPoints(inputs, std::move(targets));
}

void Training::setPoints(const Eigen::MatrixXf &inputs, Eigen::MatrixXd targets)
{
    m_targets = std::move(targets);
    m_isEmbedded = false;
    m_model.inputScaling = scalingOf(inputs);
    m_inputs = scaledInputs(inputs, m_model.inputScaling);
    m_model.relativeNoise.resize(0, 0);
    m_model.noiseShapes.assign(std::size_t(m_targets.cols()), NoiseShape{});
}

double Training::evaluate()
{
    // A network that does not learn shows each point the same in every cycle.
    const bool isFrozen = m_model.settings.learningRate == 0;
    if (!isFrozen || !m_isEmbedded) {
        m_model.network.forward(m_inputs, m_pass);
        m_bounds = boundsOf(m_pass.outputs.back());
        m_isEmbedded = true;
    }
    m_likelihood =
        marginalLikelihood(m_model.settings.kernel, m_model.raw,
                           scaledToBounds(m_pass.outputs.back(), m_bounds, false), m_targets);
    if (!std::isfinite(m_likelihood.loss))
        return m_likelihood.loss;
    m_jitter = std::max(m_jitter, m_likelihood.jitter);
    if (isFrozen)
        return m_likelihood.loss;
    const Batch &features = m_pass.outputs.back();
    m_model.network.backward(
        m_inputs, m_pass, throughBounds(features, m_bounds, m_likelihood.byFeatures), m_byWeights);
    return m_likelihood.loss;
}

bool Training::step()
{
    const DeepKernelSettings &settings = m_model.settings;
    const bool areWeightsFinite =
        settings.learningRate == 0 || m_weightAdam.step(m_model.network.weights, m_byWeights);
    if (const ModelStart *start = m_model.start.get(); start && start->pull > 0) {
        const float kept = float(1 / (1 + settings.learningRate * start->pull /
                                              double(std::max<Eigen::Index>(m_inputs.rows(), 1))));
        m_model.network.weights =
            start->weights + kept * (m_model.network.weights - start->weights);
    }
    Eigen::VectorXd raw = m_model.raw.reshaped();
    const bool isRawFinite = m_rawAdam.step(raw, m_likelihood.byRaw.reshaped());
    m_model.raw.reshaped() = raw;
    return areWeightsFinite && isRawFinite;
}

void Training::undo()
{
    if (!m_rawAdam.hasStepped())
        return;
    if (m_weightAdam.hasStepped())
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
