// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/choosing.h"

#include <deque>

namespace helmscope {

/// What holds now: what the plan wants, as the operator has changed it since.
struct Wishes
{
    AcquisitionSettings acquisition;
    Scalarizer scalarizer;
    int steps = 0;
    Mask forbidden;
    std::deque<int> queue; ///< candidates
    Preference preferred;
    int patch = 0; ///< its side; no order changes it
    Beginning beginning;
};

/// What obeying an order meant.
struct Obeyed
{
    QStringList notes; ///< a sentence each: what was changed, or why it was not
    bool isWorthStale = false;
    bool isValueStale = false;
    bool isBeginningStale = false; ///< the model has to begin anew
};

/// Puts orders into force. What cannot be done is refused in a note. `energies` are those the
/// scalarizer is applied to; without channels there is nothing to scalarize.
Obeyed obey(const Orders &orders, Wishes &wishes, Field &field, const EnergyAxis &energies);

QString textOf(Pixel pixel); ///< "(12, 34)"

} // namespace helmscope
