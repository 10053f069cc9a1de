// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "steering/step.h"

#include <QJsonObject>

#include <map>
#include <span>

namespace helmscope {

/// A run with what it is called in a comparison.
struct NamedRun
{
    QString name;  ///< as shown: "run 20261121-0915", "EI of Smith 2025"
    QString group; ///< runs of one group differ in their seeds only; empty: stands for itself
    std::shared_ptr<const Run> run;
    /// Curves that came with it (of somebody else's recording): by key, a number per step.
    std::map<QString, std::vector<double>> recordedCurves = {};
    /// What a full scan shows, [rows, cols] of the grid, NaN where nobody knows; empty: compare()
    /// looks at the plan's sample.
    Map truth = {};
    QStringList notes = {}; ///< what one must know to read its curves, in sentences
};

/// What is drawn over steps, seconds or dose.
struct CurveRow
{
    /// "best", "regret", "deviation", "rmse", "mae", "nlpd", "r2", "coverage95": judged over the
    /// pixels not yet measured. "rmseAll", "nlpdAll": over all that can be measured, as other
    /// programs do; NLPD of the latent value and in its unit, not over the truth's deviation.
    const char *key;
    const char *name; ///< "best value", "mean σ", "RMSE", ...
    bool hasUnit;     ///< that of the value
    bool isBetterLow;
};
std::span<const CurveRow> comparedCurves();

/// A curve with its band: of a group the median, and the quartiles of its runs where it has more.
struct ComparedCurve
{
    QString key, name;                     ///< row of comparedCurves(); run's or group's name
    int runs = 1;                          ///< that it is made of
    bool isForeign = false;                ///< came with the recording, was not computed here
    std::vector<double> steps;             ///< 1 ...
    std::vector<double> seconds;           ///< measuring and thinking so far, per step
    std::vector<double> dose;              ///< electrons so far per square angstrom of one pixel,
                                           ///< summed over pixels; 0 when unknown
    std::vector<double> middle, low, high; ///< per step; NaN where not known
};

/// Where two runs part.
struct Parting
{
    int first = 0, second = 0; ///< indices into the runs
    int step = 0;              ///< the first at which they measured another pixel; 0: never
};

/// What it took to get as good as `quality`.
struct Reached
{
    QString key, name;
    double quality = 0;
    std::optional<int> step; ///< of the middle curve; nothing: never
    double seconds = 0, dose = 0;
};

struct Comparison
{
    std::vector<NamedRun> runs;
    std::vector<ComparedCurve> curves;
    std::vector<Parting> partings;        ///< of each pair
    std::vector<QStringList> differences; ///< of each run's plan from the first one's, in words
    QString valueUnit;
    QStringList notes; ///< "Run 2 explores another sample: maps and truth cannot be compared."
};

/// One to 64 runs. RMSE, R² and NLPD as the run was judged when it was made; mean absolute error
/// over the unmeasured pixels where a map is kept and the truth is known; regret: the truth's
/// largest value minus the best measured. Where the value was changed on the way, curves begin at
/// the last change. A sample that cannot be opened any more is a note. Throws Error for no or too
/// many runs.
Comparison compare(std::vector<NamedRun> runs, const Progress &progress);

/// When each curve of `key` first reached `quality` and stayed there for three steps at least, or
/// to the end; steps at which it is not known do not count. Throws Error for an unknown key.
std::vector<Reached> reached(const Comparison &comparison, const QString &key, double quality);

QJsonObject toJson(const Comparison &comparison);
/// One row a step and run: run, group, step, row, col, value, seconds, dose and the curves.
QByteArray toCsv(const Comparison &comparison);

} // namespace helmscope
