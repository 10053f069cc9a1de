// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QJsonObject>

#include <span>

namespace helmscope {

/// How far the deviations of a run's predictions can be believed, from its steps so far: those with
/// a prediction made before their value was measured, of the scalarizer that the last one has.
/// Everything is in standardized residuals z = (value - mean) / hypot(deviation, noise).
///
/// The calibration told is sqrt(mean z^2), the most precise one where residuals are normal; once
/// there are outliers it is the 68.27 % quantile of |z|, which one cosmic ray does not move. Its
/// interval is that of 99 % (chi squared, or the quantile's order statistics): it is looked at
/// after every step, and one of 95 % would cry wolf in many a sound run.
Trust trustOf(std::span<const Step> steps);

/// Mean negative log density of `values` under normal distributions, divided by the values' own
/// deviation; NaN without any, or when they are all the same. What is not finite is left out.
double meanNlpd(const Eigen::VectorXd &values, const Eigen::VectorXd &mean,
                const Eigen::VectorXd &deviation);

/// Fewer are not judged.
inline constexpr int fewestPredictions = 10;

enum class Judgement { TooFew, Fits, TooNarrow, TooWide };
/// Fits, unless the interval of the calibration excludes 1 and it is off by more than 15 %.
Judgement judgementOf(const Trust &trust);
const char *keyOf(Judgement judgement); ///< "too-few", "fits", "too-narrow", "too-wide"
/// Whether the predictions lie to one side by more than 3.5 standard errors.
bool isBiased(const Trust &trust);
/// "σ is about 1.3 times too narrow (40 predictions)", and what else there is to say.
QString verdictOf(const Trust &trust);
/// A few words that fit into a line: "σ 1.3 × too narrow".
QString shortVerdictOf(const Trust &trust);
/// All of it, numbers that are not finite as null.
QJsonObject toJson(const Trust &trust);

} // namespace helmscope
