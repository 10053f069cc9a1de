// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QByteArray>
#include <QJsonArray>

namespace helmscope {

/// A step as one line of text (JSON, without the line's end) in the order people read it: which
/// pixel, why, what came out, what was expected, and at the end the hashes of what stands in the
/// run file. Numbers come back exactly; a number that is not finite is null. Without spectrum,
/// maps and losses. `before`: the step before it; the scalarizer stands where it changes.
QByteArray lineOf(const Step &step, const Step *before);

/// The step of a line, its scalarizer that of `before` (of the plan for the first) where the line
/// has none. Throws Error naming `where` and the field. The line may come from anywhere.
struct StepLine
{
    Step step;
    std::uint64_t spectrumHash = 0; ///< hashOf() the spectrum; 0 without one
    int channels = 0;               ///< of the spectrum
};
StepLine stepFromLine(const QByteArray &line, const Scalarizer &before, const QString &where);

/// 64-bit FNV-1a over a spectrum's numbers; 0 for none.
std::uint64_t hashOf(const Eigen::VectorXf &spectrum);

/// What the operator said, as it stands in lines and run files, and back.
QJsonArray toJson(const std::vector<Intervention> &interventions);
std::vector<Intervention> interventionsFromJson(const QJsonArray &array, const QString &where);

} // namespace helmscope
