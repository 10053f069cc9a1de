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

} // namespace helmscope
