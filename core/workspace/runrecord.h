// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QByteArray>
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
    QByteArray sum;        ///< of the last whole line
    QString problem; ///< a sentence naming the line whose sum is wrong; what follows is not read
};
/// Throws Error when the file cannot be read at all.
StepsFile readStepsFile(const QString &file, const Plan &plan);

/// The end of one, as a list of runs wants it: nothing is checked, and no file is none.
struct StepsEnd
{
    int steps = 0;
    std::optional<Run::Outcome> outcome;
    QString message;
};
StepsEnd readStepsEnd(const QString &file);

/// A line (a JSON object) with its sum put in and a line's end; `sum`: that of the line before,
/// afterwards its own.
QByteArray summed(const QByteArray &line, QByteArray *sum);
/// The line that ends a run, to be summed.
QByteArray endLineOf(Run::Outcome outcome, const QString &message, qint64 timeMs);

/// Whether a run may be called so: [A-Za-z0-9._-], no dot first. Nothing else becomes a path.
bool isRunId(const QString &id);

} // namespace helmscope
