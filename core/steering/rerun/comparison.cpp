// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/rerun/comparison.h"

#include "base/error.h"
#include "base/tr.h"
#include "steering/plandifferences.h"
#include "steering/recording/inwords.h"

#include <QJsonDocument>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace helmscope {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

using Curves = std::map<QString, std::vector<double>>;

/// What one run says, a number per step.
struct OfRun
{
    Curves curves;
    std::vector<double> seconds, dose;
};

/// The step (from 0) from which on the value is the last one.
std::size_t lastValueFrom(const Run &run)
{
    std::size_t from = run.steps.size();
    while (from > 0 && run.steps[from - 1].scalarizer == run.steps.back().scalarizer)
        --from;
    return from;
}

/// Truths by sample and value, each opened once.
class Truths
{
public:
    explicit Truths(QStringList &notes)
        : m_notes(notes)
    {
    }

    Map of(const NamedRun &named, const Progress &progress)
    {
        const Run &run = *named.run;
        if (named.truth.size() > 0 || run.steps.empty())
            return named.truth;
        // Who was never judged has no truth to look for.
        if (std::none_of(run.steps.begin(), run.steps.end(),
                         [](const Step &step) { return bool(step.quality); }))
            return {};
        const Scalarizer &value = run.steps.back().scalarizer;
        QJsonObject key{{"sample", run.plan.toJson()["sample"]},
                        {"value", scalarizerToJson(value)},
                        {"bin", run.plan.isVector ? run.plan.bin : 1}};
        const QByteArray text = QJsonDocument(key).toJson(QJsonDocument::Compact);
        if (const auto known = m_known.find(text); known != m_known.end())
            return known->second;
        Map truth;
        try {
            const std::unique_ptr<Microscope> microscope = openMicroscope(run.plan, progress);
            const std::optional<Dataset> scan = microscope->groundTruth();
            if (scan && !scan->spectra.isQuick())
                m_notes << Tr::tr("%1: no regret, since the full scan takes %2 and would have to "
                                  "be read whole.")
                               .arg(named.name, QLocale().formattedDataSize(scan->spectra.bytes()));
            else if (scan && scan->hasSpectra() && run.energies.channels() > 0)
                truth = scalarize(run.plan.isVector ? scan->spectra.binned(run.plan.bin)
                                                    : scan->spectra,
                                  value, progress);
            else if (scan && scan->hasValues() && run.energies.channels() == 0)
                truth = scan->values;
            if (truth.rows() != run.survey.rows() || truth.cols() != run.survey.cols())
                truth.resize(0, 0);
        } catch (const std::exception &error) {
            m_notes << Tr::tr("%1: no regret, since the sample cannot be opened: %2")
                           .arg(named.name, QString::fromUtf8(error.what()));
        }
        m_known[text] = truth;
        return truth;
    }

private:
    QStringList &m_notes;
    std::map<QByteArray, Map> m_known;
};

double largestOf(const Map &truth, const Map &candidates)
{
    double largest = unknown;
    for (Eigen::Index i = 0; i < truth.size(); ++i) {
        const double value = double(truth.data()[i]);
        const bool isCandidate =
            candidates.size() != truth.size() || !std::isnan(candidates.data()[i]);
        if (std::isfinite(value) && isCandidate && !(value <= largest))
            largest = value;
    }
    return largest;
}

/// A map held against the truth.
struct Errors
{
    double mae = unknown;                        ///< over the pixels not measured
    double rmseAll = unknown, nlpdAll = unknown; ///< over all
};

Errors errorsOf(const Belief &belief, const Map &truth, const Mask &measured)
{
    double absolute = 0, squared = 0, surprise = 0;
    int others = 0, all = 0;
    for (Eigen::Index i = 0; i < truth.size(); ++i) {
        const double error = double(truth.data()[i]) - double(belief.mean.data()[i]);
        const double deviation = double(belief.deviation.data()[i]);
        if (!std::isfinite(error))
            continue;
        ++all;
        squared += error * error;
        surprise += std::log(deviation) + 0.5 * std::pow(error / deviation, 2);
        if (measured.data()[i])
            continue;
        ++others;
        absolute += std::abs(error);
    }
    Errors errors;
    if (others > 0)
        errors.mae = absolute / others;
    if (all > 0) {
        errors.rmseAll = std::sqrt(squared / all);
        errors.nlpdAll = surprise / all + 0.5 * std::log(2 * std::numbers::pi);
    }
    return errors;
}

bool hasShapeOf(const Map &map, const Map &other)
{
    return map.rows() == other.rows() && map.cols() == other.cols();
}

OfRun curvesOf(const NamedRun &named, const Map &truth, QStringList &notes)
{
    const Run &run = *named.run;
    const std::size_t count = run.steps.size(), from = lastValueFrom(run);
    if (from > 0)
        notes << Tr::tr("%1: its value was changed before step %2; its curves begin there.")
                     .arg(named.name)
                     .arg(from + 1);
    for (const QString &note : named.notes)
        if (!notes.contains(note))
            notes << note;
    OfRun found;
    for (const CurveRow &row : comparedCurves())
        found.curves[QString::fromLatin1(row.key)].assign(count, unknown);
    Map candidates; // the best that could be measured, not the best there is
    for (const Step &step : run.steps)
        if (step.belief && candidates.size() == 0)
            candidates = step.belief->mean;
    const double largest = largestOf(truth, candidates);
    Mask measured = Mask::Constant(truth.rows(), truth.cols(), false);
    double seconds = 0, dose = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Step &step = run.steps[i];
        found.seconds.push_back(seconds +=
                                step.measureSeconds + step.learnSeconds + step.predictSeconds);
        found.dose.push_back(dose += step.dose);
        if (contains(truth, step.pixel))
            measured(step.pixel.row, step.pixel.col) = true;
        if (i < from)
            continue;
        found.curves["best"][i] = step.bestValue;
        found.curves["deviation"][i] = step.meanDeviation;
        found.curves["regret"][i] = largest - step.bestValue;
        if (step.quality) {
            found.curves["rmse"][i] = step.quality->rmse;
            found.curves["nlpd"][i] = step.quality->nlpd;
            found.curves["r2"][i] = step.quality->r2;
            found.curves["coverage95"][i] = step.quality->coverage95;
        }
        if (step.belief && truth.size() > 0 && hasShapeOf(step.belief->mean, truth) &&
            hasShapeOf(step.belief->deviation, truth)) {
            const Errors errors = errorsOf(*step.belief, truth, measured);
            found.curves["mae"][i] = errors.mae;
            found.curves["rmseAll"][i] = errors.rmseAll;
            found.curves["nlpdAll"][i] = errors.nlpdAll;
        }
    }
    for (const auto &[key, numbers] : named.recordedCurves)
        if (numbers.size() == count && found.curves.contains(key))
            found.curves[key] = numbers;
    return found;
}

/// Quartiles by linear interpolation.
double quantile(const std::vector<double> &sorted, double fraction)
{
    const double place = fraction * double(sorted.size() - 1);
    const std::size_t below = std::size_t(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - double(below)) * (sorted[above] - sorted[below]);
}

struct Band
{
    double low = unknown, middle = unknown, high = unknown;
};

Band bandAt(const std::vector<const std::vector<double> *> &lists, std::size_t step)
{
    std::vector<double> numbers;
    for (const std::vector<double> *list : lists)
        if (step < list->size() && std::isfinite((*list)[step]))
            numbers.push_back((*list)[step]);
    if (numbers.empty())
        return {};
    std::sort(numbers.begin(), numbers.end());
    return {quantile(numbers, 0.25), quantile(numbers, 0.5), quantile(numbers, 0.75)};
}

ComparedCurve curveOf(const QString &key, const QString &name,
                      const std::vector<const OfRun *> &runs)
{
    ComparedCurve curve;
    curve.key = key;
    curve.name = name;
    curve.runs = int(runs.size());
    std::vector<const std::vector<double> *> numbers, seconds, dose;
    std::size_t count = 0;
    for (const OfRun *run : runs) {
        numbers.push_back(&run->curves.at(key));
        seconds.push_back(&run->seconds);
        dose.push_back(&run->dose);
        count = std::max(count, run->seconds.size());
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Band band = bandAt(numbers, i);
        curve.steps.push_back(double(i + 1));
        curve.seconds.push_back(bandAt(seconds, i).middle);
        curve.dose.push_back(bandAt(dose, i).middle);
        curve.low.push_back(band.low);
        curve.middle.push_back(band.middle);
        curve.high.push_back(band.high);
    }
    return curve;
}

Parting partingOf(const std::vector<NamedRun> &runs, int first, int second)
{
    const std::vector<Step> &a = runs[std::size_t(first)].run->steps;
    const std::vector<Step> &b = runs[std::size_t(second)].run->steps;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        if (a[i].pixel != b[i].pixel)
            return {first, second, int(i + 1)};
    return {first, second, 0};
}

void noteWhatCannotBeCompared(Comparison &comparison)
{
    const NamedRun &first = comparison.runs.front();
    for (std::size_t i = 1; i < comparison.runs.size(); ++i) {
        const NamedRun &other = comparison.runs[i];
        const Map &a = first.run->survey.image, &b = other.run->survey.image;
        if (a.rows() != b.rows() || a.cols() != b.cols() || (a != b).any())
            comparison.notes << Tr::tr("%1 and %2 explore different images: their paths and maps "
                                       "are of different places.")
                                    .arg(first.name, other.name);
        if (first.run->valueUnit != other.run->valueUnit ||
            (!first.run->steps.empty() && !other.run->steps.empty() &&
             first.run->steps.back().scalarizer != other.run->steps.back().scalarizer))
            comparison.notes << Tr::tr("%1 and %2 look for different values: %3, %4.")
                                    .arg(first.name, other.name, inWords(first.run->valueName),
                                         inWords(other.run->valueName));
    }
}

} // namespace

std::span<const CurveRow> comparedCurves()
{
    static const CurveRow rows[] = {
        {"best", QT_TRANSLATE_NOOP("helmscope::Tr", "best value"), true, false},
        {"regret", QT_TRANSLATE_NOOP("helmscope::Tr", "regret"), true, true},
        {"deviation", QT_TRANSLATE_NOOP("helmscope::Tr", "mean σ"), true, true},
        {"rmse", QT_TRANSLATE_NOOP("helmscope::Tr", "RMSE"), true, true},
        {"mae", QT_TRANSLATE_NOOP("helmscope::Tr", "mean absolute error"), true, true},
        {"nlpd", QT_TRANSLATE_NOOP("helmscope::Tr", "NLPD"), false, true},
        {"r2", QT_TRANSLATE_NOOP("helmscope::Tr", "R²"), false, false},
        {"coverage95", QT_TRANSLATE_NOOP("helmscope::Tr", "coverage of 95 % intervals"), false,
         false},
        {"rmseAll", QT_TRANSLATE_NOOP("helmscope::Tr", "RMSE of all pixels"), true, true},
        {"nlpdAll", QT_TRANSLATE_NOOP("helmscope::Tr", "NLPD of all pixels"), false, true},
    };
    return rows;
}

Comparison compare(std::vector<NamedRun> runs, const Progress &progress)
{
    constexpr std::size_t most = 64;
    if (runs.empty() || runs.size() > most)
        fail(Tr::tr("%1 runs cannot be compared: choose 1 to %2.").arg(runs.size()).arg(most));
    for (const NamedRun &named : runs)
        if (!named.run)
            fail(Tr::tr("There is no run '%1' to compare.").arg(named.name));
    Comparison comparison;
    comparison.runs = std::move(runs);
    comparison.valueUnit = comparison.runs.front().run->valueUnit;
    noteWhatCannotBeCompared(comparison);

    Truths truths(comparison.notes);
    std::vector<OfRun> of;
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
        const double done = double(i) / double(comparison.runs.size());
        if (!progress(done))
            fail(Tr::tr("Stopped."));
        NamedRun &named = comparison.runs[i];
        named.truth = truths.of(named, [&](double) { return progress(done); });
        of.push_back(curvesOf(named, named.truth, comparison.notes));
    }

    // Groups in the order of their first members.
    std::vector<std::pair<QString, std::vector<std::size_t>>> groups;
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
        const NamedRun &named = comparison.runs[i];
        const auto known = std::find_if(groups.begin(), groups.end(), [&](const auto &group) {
            return !named.group.isEmpty() && group.first == named.group;
        });
        if (known != groups.end())
            known->second.push_back(i);
        else
            groups.push_back({named.group, {i}});
    }
    for (const CurveRow &row : comparedCurves()) {
        const QString key = QString::fromLatin1(row.key);
        for (const auto &[group, members] : groups) {
            std::vector<const OfRun *> parts;
            for (const std::size_t i : members)
                parts.push_back(&of[i]);
            const NamedRun &first = comparison.runs[members.front()];
            ComparedCurve curve = curveOf(key, group.isEmpty() ? first.name : group, parts);
            curve.isForeign = first.recordedCurves.contains(key);
            if (std::any_of(curve.middle.begin(), curve.middle.end(),
                            [](double number) { return std::isfinite(number); }))
                comparison.curves.push_back(std::move(curve));
        }
    }
    const int count = int(comparison.runs.size());
    for (int a = 0; a < count; ++a)
        for (int b = a + 1; b < count; ++b)
            comparison.partings.push_back(partingOf(comparison.runs, a, b));
    const NamedRun &first = comparison.runs.front();
    for (const NamedRun &named : comparison.runs)
        comparison.differences.push_back(first.isForeign || named.isForeign
                                             ? QStringList()
                                             : planDifferences(first.run->plan, named.run->plan));
    progress(1);
    return comparison;
}

std::vector<Reached> reached(const Comparison &comparison, const QString &key, double quality)
{
    const auto row =
        std::find_if(comparedCurves().begin(), comparedCurves().end(),
                     [&](const CurveRow &known) { return key == QLatin1String(known.key); });
    if (row == comparedCurves().end())
        fail(Tr::tr("There is no curve '%1'.").arg(key));
    std::vector<Reached> found;
    for (const ComparedCurve &curve : comparison.curves) {
        if (curve.key != key)
            continue;
        Reached one{key, curve.name, quality, {}, 0, 0};
        constexpr int steady = 3; // one lucky step is no quality
        int held = 0;
        for (std::size_t i = 0; i < curve.middle.size() && !one.step; ++i) {
            const double number = curve.middle[i];
            if (std::isnan(number))
                continue; // no map was kept there
            held = (row->isBetterLow ? number <= quality : number >= quality) ? held + 1 : 0;
            const bool isLast = i + 1 == curve.middle.size();
            if (held == steady || (isLast && held > 0)) {
                std::size_t first = i; // back to where it began to hold
                for (int left = held - 1; left > 0;)
                    left -= !std::isnan(curve.middle[--first]);
                one.step = int(first + 1);
                one.seconds = curve.seconds[first];
                one.dose = curve.dose[first];
            }
        }
        found.push_back(one);
    }
    return found;
}

} // namespace helmscope
