// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/adam.h"
#include "dkl/gaussianprocess.h"
#include "dkl/model.h"

namespace helmscope {

/// The loss of a network's model on its training points, its gradient, and Adam steps down it.
class Training
{
public:
    /// Changes weights and kernel of `model`, which must outlive it.
    Training(Model &model, const Eigen::MatrixXf &inputs, Eigen::MatrixXd targets);

    /// Goes on with other points, which are scaled by themselves; Adam's moments stay.
    void setPoints(const Eigen::MatrixXf &inputs, Eigen::MatrixXd targets);

    /// Loss and gradient at the model as it is; the loss is not finite where there is no gradient.
    double evaluate();
    const Eigen::VectorXf &byWeights() const { return m_byWeights; }
    const Eigen::MatrixXd &byRaw() const { return m_likelihood.byRaw; }

    /// False when the gradient was not finite: undo() then.
    bool step();
    /// Takes the last step back, if there was one.
    void undo();

    /// Embeds the training points with the weights as they are, for the model to predict from.
    void settle();

    double jitter() const { return m_jitter; } ///< the largest so far

private:
    Model &m_model;
    Batch m_inputs;
    Eigen::MatrixXd m_targets;
    Network::Pass m_pass;
    Bounds m_bounds;
    bool m_isEmbedded = false; ///< the pass is of these points and the weights as they are
    MarginalLikelihood m_likelihood;
    Eigen::VectorXf m_byWeights;
    Adam<Eigen::VectorXf> m_weightAdam;
    Adam<Eigen::VectorXd> m_rawAdam;
    double m_jitter = 0;
};

} // namespace helmscope
