// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <cmath>

namespace helmscope {

/// Where one parameter's step stands: the numbers that all parameters share.
template <typename Scalar>
struct AdamConstants
{
    Scalar decay1, decay2;   ///< of the mean slope and of the mean squared slope
    Scalar rate;             ///< learning rate over the mean's correction
    Scalar rootOfCorrection; ///< 1 / sqrt(the squared slope's correction)
    Scalar epsilon;
};

/// One step on flat arrays of `count` numbers, in one pass over memory; compiled for several
/// instruction sets, which all round alike. False when a slope was not finite.
bool adamPass(const AdamConstants<float> &constants, const float *slope, const float *from,
              float *mean, float *square, float *to, Eigen::Index count);
bool adamPass(const AdamConstants<double> &constants, const double *slope, const double *from,
              double *mean, double *square, double *to, Eigen::Index count);

/// Adam (Kingma and Ba 2015) with its usual constants on a flat array.
///
/// A step writes into a second buffer and swaps, so the parameters before it are still there to go
/// back to.
template <typename Array>
class Adam
{
public:
    using Scalar = typename Array::Scalar;

    explicit Adam(double learningRate)
        : m_learningRate(learningRate)
    {
    }

    /// False when the gradient was not finite; the parameters are of no use then.
    bool step(Array &parameters, const Array &gradient)
    {
        if (m_steps == 0) {
            m_mean = Array::Zero(parameters.size());
            m_square = m_mean;
            m_previous = m_mean;
        }
        ++m_steps;
        const AdamConstants<Scalar> constants{
            Scalar(decay1), Scalar(decay2),
            Scalar(m_learningRate / (1 - std::pow(decay1, m_steps))),
            Scalar(1 / std::sqrt(1 - std::pow(decay2, m_steps))), Scalar(1e-8)};
        const bool isFinite = adamPass(constants, gradient.data(), parameters.data(), m_mean.data(),
                                       m_square.data(), m_previous.data(), parameters.size());
        parameters.swap(m_previous);
        return isFinite;
    }

    bool hasStepped() const { return m_steps > 0; }
    /// The parameters before the last step.
    const Array &previous() const { return m_previous; }

private:
    static constexpr double decay1 = 0.9;
    static constexpr double decay2 = 0.999;

    double m_learningRate;
    int m_steps = 0;
    Array m_mean;
    Array m_square;
    Array m_previous;
};

} // namespace helmscope
