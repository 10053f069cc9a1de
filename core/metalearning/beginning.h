// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/transfer/crossvalidation.h"
#include "metalearning/metamodel.h"
#include "steering/step.h"

namespace helmscope {

/// Reads the meta-model that a plan names, from `file` or else from where the plan found it, so
/// that explore() can begin from it. A plan that names none is left as it is, unless there is a
/// `file`: then it names that. Throws Error when the file holds another meta-model than the plan
/// names, or one for patches of another size.
void readBeginning(Plan &plan, const QString &file = {});

/// Likewise of all that a recorded run names: its plan, and what was chosen on its way.
void readBeginnings(Run &run);

/// A meta-model among several, judged on a sample's first points.
struct RankedMetaModel
{
    QString file;
    QString name;
    QString card;           ///< for people; empty where it cannot be read
    QString trouble;        ///< why it cannot be used; then there is no judgement
    WarmAgainstCold warmth; ///< on these points, against the plan's cold model
};

/// The meta-models that do best on the points measured come first, what cannot be used last.
/// `pixels` and `values` [pixels]: measured; at least four are needed, else the order stays.
/// Stopped, those not judged yet are left out.
std::vector<RankedMetaModel> ranked(const QStringList &files, const Plan &plan,
                                    const Dataset &survey, const std::vector<Pixel> &pixels,
                                    const Eigen::VectorXd &values, const Progress &progress);

/// A sentence on why it has its rank: the numbers, or what is wrong with it.
QString reasonOf(const RankedMetaModel &model);

/// What the program would begin from: the first of them that is better than a cold beginning, -1
/// where none is or nothing can be said; and a sentence on why.
struct Choice
{
    int index = -1;
    QString reason;
};
Choice chosenOf(const std::vector<RankedMetaModel> &ranking);

} // namespace helmscope
