// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QJsonObject>

namespace helmscope {

/// plan.json of a run's folder: the plan, and of what.
struct PlanFile
{
    QString id;
    qint64 createdMs = 0;
    QString program; ///< "Helmscope 0.1.0"
    Plan plan;
    QString title; ///< of the sample
    int rows = 0, cols = 0;
    double pixelSizeNm = 0;
    QString imageHash; ///< 64-bit FNV-1a of the survey image, hexadecimal
    QString valueName, valueUnit;
    int channels = 0;
    QList<Provenance> provenance;
};
QJsonObject toJson(const PlanFile &file);
/// Throws Error naming the file and the field.
PlanFile readPlanFile(const QString &file);

/// What a steps.jsonl tells. Each line ends in a "sum" that continues the one before: the first 16
/// hexadecimal digits of the md5 of it and the line.
struct StepsFile
{
    std::vector<Step> steps;                   ///< whole ones, in order; without spectra and maps
    std::vector<std::uint64_t> spectrumHashes; ///< one a step
    std::optional<Run::Outcome> outcome;
    QString message;
    qint64 wholeBytes = 0; ///< up to here lines are whole; behind it is a torn one
    QString problem; ///< a sentence naming the line whose sum is wrong; what follows is not read
};
StepsFile readStepsFile(const QString &file, const Plan &plan);

} // namespace helmscope
