// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/training.h"

#include "dkl/priors.h"
#include "dkl/rings.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace helmscope {

Training::Training(Model &model, const Eigen::MatrixXf &inputs, Eigen::MatrixXd targets)
    : m_model(model)
    , m_targets(std::move(targets))
    , m_weightAdam(model.settings.learningRate)
    , m_rawAdam(model.settings.kernelLearningRate)
{
    if (model.settings.features == DeepKernelSettings::Features::Rings) {
        const Eigen::MatrixXd features = ringFeatures(inputs);
        model.featureScalings = scalingsOf(features);
        m_fixedFeatures = scaled(features, model.featureScalings);
    } else {
        model.inputScaling = scalingOf(inputs);
        m_inputs = scaledInputs(inputs, model.inputScaling);
    }
    model.relativeNoise.resize(0, 0);
    model.noiseShapes.assign(std::size_t(m_targets.cols()), NoiseShape{});
}

double Training::evaluate()
{
    const bool isFixed = m_fixedFeatures.rows() > 0;
    if (!isFixed) {
        m_model.network.forward(m_inputs, m_pass);
        m_bounds = boundsOf(m_pass.outputs.back());
    }
    m_likelihood = marginalLikelihood(
        m_model.settings.kernel, m_model.raw,
        isFixed ? m_fixedFeatures : scaledToBounds(m_pass.outputs.back(), m_bounds, false),
        m_targets, m_model.relativeNoise);
    if (!std::isfinite(m_likelihood.loss))
        return m_likelihood.loss;
    m_jitter = std::max(m_jitter, m_likelihood.jitter);
    if (m_model.settings.hasPriors)
        addPriors(m_model.raw, m_targets.rows(), m_likelihood);
    if (isFixed)
        return m_likelihood.loss;
    const Batch &features = m_pass.outputs.back();
    m_model.network.backward(
        m_inputs, m_pass, throughBounds(features, m_bounds, m_likelihood.byFeatures), m_byWeights);
    return m_likelihood.loss;
}

bool Training::step()
{
    const bool areWeightsFinite =
        m_fixedFeatures.rows() > 0 || m_weightAdam.step(m_model.network.weights, m_byWeights);
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

void Training::shapeNoise(bool hasFit)
{
    const Eigen::MatrixXd features = m_fixedFeatures.rows() > 0 ? m_fixedFeatures
                                     : hasFit
                                         ? scaledToBounds(m_pass.outputs.back(), m_bounds, false)
                                         : Eigen::MatrixXd();
    m_model.relativeNoise.setOnes(m_targets.rows(), m_targets.cols());
    for (Eigen::Index output = 0; output < m_targets.cols(); ++output) {
        NoiseShape &shape = m_model.noiseShapes[std::size_t(output)];
        shape = {};
        const double scale = m_model.targetScales[output];
        shape.zero = -m_model.targetOffsets[output] / scale;
        // What is not counted from zero upwards (an energy, a difference) keeps constant noise.
        if (!(shape.zero < m_targets.col(output).maxCoeff()) || shape.zero < -1e3)
            continue;
        Eigen::VectorXd latent = 0.5 * m_targets.col(output);
        if (hasFit) {
            const Posterior posterior(m_model.settings.kernel,
                                      Hyperparameters::fromRaw(m_model.raw.row(output)), features,
                                      m_targets.col(output), m_model.relativeNoise.col(output));
            if (!posterior.isValid())
                continue;
            latent = posterior.meanAtPoints();
        }
        const Eigen::ArrayXd counts = (latent.array() - shape.zero).max(0.0);
        if (!(counts.mean() > 0))
            continue;
        shape.floor = (hasFit ? 0.02 : 0.1) * counts.mean();
        shape.mean = counts.max(shape.floor).mean();
        const auto relativeNoise = [&](double mix) -> Eigen::VectorXd {
            return (1 - mix) + mix * counts.max(shape.floor) / shape.mean;
        };
        shape.mix = 0.5;
        double least = std::numeric_limits<double>::infinity();
        for (const double mix : {0.0, 0.25, 0.5, 0.75, 0.9, 0.98}) {
            if (!hasFit)
                break;
            const double loss =
                marginalLikelihood(m_model.settings.kernel, m_model.raw.row(output), features,
                                   m_targets.col(output), relativeNoise(mix))
                    .loss;
            if (loss < least) {
                least = loss;
                shape.mix = mix;
            }
        }
        m_model.relativeNoise.col(output) = relativeNoise(shape.mix);
    }
}

void Training::settle()
{
    m_model.targets = m_targets;
    if (m_fixedFeatures.rows() > 0) {
        m_model.features = m_fixedFeatures;
        return;
    }
    const bool isPublished = m_model.settings.bounds == DeepKernelSettings::Bounds::Published;
    const bool hasForward = !m_pass.outputs.empty();
    const Batch &features = m_model.network.forward(m_inputs, m_pass);
    m_model.bounds = isPublished && hasForward ? m_bounds : boundsOf(features);
    m_model.features = scaledToBounds(features, m_model.bounds, isPublished);
}

} // namespace helmscope
