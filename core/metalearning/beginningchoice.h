// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/experiment.h"

namespace helmscope {

/// What explore() tells and asks.
struct Company
{
    Operator person;
    OnStep onStep;
    OnStart onStart;
};

/// The program as an operator beside the person: where the plan leaves open what the model begins
/// from (Beginning::among), it ranks the meta-models there once so many points are measured, and
/// orders the best one, or a cold beginning where none helps, with the reason. A choice that the
/// person makes before is left alone. The order stands in the record, so a rerun needs neither the
/// ranking nor the files that were not chosen.
///
/// Answers `company` with that in it, to be given to explore() in its place; unchanged where the
/// plan is not open or `past`, a run that is gone on with, has settled it. `watch` is asked while
/// it ranks, on explore()'s thread; stopped, nothing is ordered. Throws Error when a place of the
/// plan is not there or none of them has a meta-model.
Company choosingBeginning(const Plan &plan, const Run *past, const Company &company,
                          const Progress &watch);

/// The meta-models that these files and folders hold, in their order: files as they are, of folders
/// those that are meta-models. Throws Error naming what is not there.
QStringList metaModelsIn(const QStringList &places);

} // namespace helmscope
