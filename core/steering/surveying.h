// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/choosing.h"

namespace helmscope {

/// What a run knows before the first measurement.
struct Ground
{
    Dataset survey;
    EnergyAxis energies; ///< of the measured spectra
    EnergyAxis
        valueEnergies; ///< of the spectra the scalarizer is applied to: binned for the vector model
    QString valueName, valueUnit;
    Field field; ///< the candidates
    QStringList warnings;
};

/// Takes the survey image and fits plan and microscope together; throws Error when they do not fit.
Ground surveyFor(const Plan &plan, Microscope &microscope, const Progress &progress);

/// `n` neighbouring numbers averaged into one, a last incomplete group left out.
Eigen::VectorXf binned(const Eigen::VectorXf &spectrum, int n);

/// What is odd about an image, in sentences: it is constant, or many of its pixels share the
/// largest value, as those of a detector at its limit do. What is not finite is not looked at.
QStringList odditiesOf(const Map &image);

/// Neighbouring channels that share the largest value of a spectrum, where that tells of a detector
/// at its limit: at least 5 of them, and the spectrum has 50 times its finest step. 0 otherwise.
int saturatedChannels(const Eigen::VectorXf &spectrum);

} // namespace helmscope
