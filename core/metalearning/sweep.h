// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/descriptors.h"
#include "metalearning/metatraining.h"

#include "data/scalarizer.h"

#include <QJsonArray>

namespace helmscope {

/// Task sets times settings, to find out which meta-training is worth its time.
struct MetaSweep
{
    struct NamedTasks
    {
        QString name;
        TaskSet tasks;
    };
    std::vector<NamedTasks> taskSets;
    std::vector<std::pair<QString, MetaSettings>> settings; ///< each with what is special about it
    int rungs = 3; ///< halvings + 1: the first trains for 1 / 2^(rungs - 1) of the iterations

    /// {"taskSets": [{"name", "tasks": ["simulated:...", ...]}], "base": {settings}, "grid":
    /// {field: [values]}, "rungs": n}; files relative to `where`. Without task sets `fallback` is
    /// the only one. Throws Error naming the field; at most 1,000 trials.
    static MetaSweep fromJson(const QJsonObject &object, const QString &where,
                              const std::optional<Scalarizer> &scalarizer,
                              const std::optional<NamedTasks> &fallback);
};

/// One training of a sweep: a row of the table.
struct SweepTrial
{
    QString taskSet, special;
    MetaSettings settings; ///< with the iterations of this rung, and what validation chose
    int rung = 0;          ///< 0 for the shortest
    int tasks = 0;         ///< learnt on
    bool isKept = false;   ///< goes on to the next rung, or won
    /// On the validation tasks of all sets, means over 10, 20 and 50 points.
    double logLikelihood = 0; ///< per point, of the points shown, scaled values (MLL)
    double rmse = 0, r2 = 0, nlpd = 0;
    double seconds = 0;
    QString hash; ///< of the meta-model
    TaskDescriptor descriptor;
};

struct SweepResult
{
    std::vector<SweepTrial> trials; ///< in the order they were made
    std::optional<MetaTraining> best;
};

/// Successive halving (Jamieson and Talwalkar 2016) by NLPD on the same validation tasks for all.
/// `onTrial` hears of each trial as it ends, with its model: who keeps a lineage records an
/// execution there. Stopped, the trials so far are the result.
SweepResult carryOut(const MetaSweep &sweep, const MetaTrainingOptions &options,
                     const std::function<void(const SweepTrial &, const MetaModel &)> &onTrial,
                     const Progress &progress);

/// The table, for spreadsheets and for recommended().
QString toCsv(const std::vector<SweepTrial> &trials);
QJsonArray toJson(const std::vector<SweepTrial> &trials);
std::vector<SweepTrial> trialsFromJson(const QJsonArray &array, const QString &where);

/// The earlier task sets most like this one, nearest first, each with its best trial.
struct Neighbour
{
    SweepTrial trial;
    double distance = 0;
};
std::vector<Neighbour> recommended(const std::vector<SweepTrial> &earlier,
                                   const TaskDescriptor &descriptor, int count);

} // namespace helmscope
