// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

namespace helmscope {

/// Pixels the probe may not visit, [rows, cols], true = forbidden; empty: none.
using Mask = Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What the operator wants changed from the next step on. Absent: as it was.
struct Orders
{
    std::vector<Pixel> queue;      ///< measured next, in this order, before the model chooses
    std::optional<Mask> forbidden; ///< replaces the mask in force
    std::optional<AcquisitionSettings> acquisition;
    std::optional<Scalarizer> scalarizer; ///< all values are computed anew from the spectra
    std::optional<int> steps;             ///< a new budget, counted like Plan::steps
};

/// The pixel about to be measured, and why.
struct Proposal
{
    int number = 0;
    Pixel pixel;
    Reason reason = Reason::Acquisition;
    double acquisitionValue = 0, predictedMean = 0, predictedDeviation = 0, predictedNoise = 0;
};

enum class Verdict { Measure, Veto /** this pixel is not proposed again */ };

/// The operator as explore() sees one: functions it calls on its own thread. Each may be empty.
struct Operator
{
    std::function<Orders()> orders;                   ///< asked before each step
    std::function<Verdict(const Proposal &)> approve; ///< may block until somebody answers
};

} // namespace helmscope
