// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/plan.h"

#include <functional>

namespace helmscope {

/// Why a pixel was measured.
enum class Reason { Initial, Acquisition, Queued };
const char *keyOf(Reason reason); ///< "initial", "acquisition", "queued"

/// What the operator wants changed from the next step on. Absent: as it was.
struct Orders
{
    std::vector<Pixel> queue;            ///< measured next, in this order, before the model chooses
    std::optional<Mask> forbidden;       ///< replaces the mask in force
    std::optional<Preference> preferred; ///< likewise
    std::vector<Pixel> withdrawn;        ///< not queued any more; before `queue`
    std::optional<AcquisitionSettings> acquisition;
    std::optional<Scalarizer> scalarizer; ///< all values are computed anew from the spectra
    std::optional<int> steps;             ///< a new budget, counted like Plan::steps
    bool survey = false;                  ///< a new survey image before the next measurement
    std::optional<Beginning> beginning;   ///< the model begins from it anew; none wanted: cold
    QString beginningReason; ///< a sentence on why, where the program chose; kept with the record
    bool isEmpty() const
    {
        return queue.empty() && withdrawn.empty() && !forbidden && !preferred && !acquisition &&
               !scalarizer && !steps && !survey && !beginning;
    }
};

/// What heating takes from one place, see live/heating.h.
struct Heat
{
    double lost = 0;                ///< part of its worth above the floor, 0 to 1
    int number = 0;                 ///< the step that heats it most; 0: none does
    double pixels = 0, seconds = 0; ///< how far from it, of the grid, and how long after it
};
/// "40 % less: step 12 was 2.2 pixels away, 0.8 s before"; empty where next to nothing is lost.
QString textOf(const Heat &heat);

/// The pixel about to be measured, and why.
struct Proposal
{
    int number = 0;
    Pixel pixel;
    Reason reason = Reason::Acquisition;
    int known = 0; ///< measurements the model has learnt from when it was chosen
    double acquisitionValue = 0, predictedMean = 0, predictedDeviation = 0, predictedNoise = 0;
    Heat heat; ///< counted in the acquisition's value
};

enum class Verdict { Measure, Veto /** this pixel is not proposed again */ };

/// The operator as explore() sees one: functions it calls on its own thread. Each may be empty.
struct Operator
{
    std::function<Orders()> orders;                   ///< asked before each step
    std::function<Verdict(const Proposal &)> approve; ///< may block until somebody answers
    /// Told in a sentence why the run cannot simply go on; blocks until somebody decides whether it
    /// does. Empty: it stops.
    std::function<bool(const QString &)> alarm;
};

/// What the operator said when he was asked once: orders, then perhaps no to what was proposed.
struct Intervention
{
    Orders orders;
    std::optional<Pixel> vetoed;
    bool isEmpty() const { return orders.isEmpty() && !vetoed; }
};

} // namespace helmscope
