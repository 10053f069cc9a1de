// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/rerun/comparison.h"

#include "base/tr.h"
#include "data/patches.h"
#include "steering/quality.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace helmscope {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t mostRuns = 64;

using Curves = std::map<QString, std::vector<double>>;

/// The first step from which on all have the value of the last one.
std::size_t lastValueFrom(const Run &run)
{
    std::size_t from = run.steps.size();
    while (from > 0 && run.steps[from - 1].scalarizer == run.steps.back().scalarizer)
        --from;
    return from;
}

/// The largest truth that the run could have measured; NaN when not known.
double largestTruth(const NamedRun &named)
{
    double largest = unknown;
    const Run &run = *named.run;
    const auto look = [&](Pixel pixel) {
        const Mask &forbidden = run.plan.forbidden;
        const bool isForbidden = pixel.row < forbidden.rows() && pixel.col < forbidden.cols() &&
                                 forbidden(pixel.row, pixel.col);
        if (!contains(named.truth, pixel) || isForbidden)
            return;
        const double truth = double(named.truth(pixel.row, pixel.col));
        if (std::isfinite(truth) && !(truth <= largest))
            largest = truth;
    };
    try {
        for (const Pixel &pixel : candidatePixels(run.survey, run.plan.patch))
            look(pixel);
    } catch (const Error &) { // a survey without its image: then all of the truth
        for (int row = 0; row < named.truth.rows(); ++row)
            for (int col = 0; col < named.truth.cols(); ++col)
                look({row, col});
    }
    for (const Step &step : run.steps) // what was measured could be measured
        if (contains(named.truth, step.pixel)) {
            const double truth = double(named.truth(step.pixel.row, step.pixel.col));
            if (std::isfinite(truth) && !(truth <= largest))
                largest = truth;
        }
    return largest;
}

/// Mean absolute error over the pixels not measured; RMSE and NLPD of the latent value over all.
struct Errors
{
    double mae = unknown, rmseAll = unknown, nlpdAll = unknown;
};

Errors errorsOf(const Belief &belief, const Map &truth, const Mask &measured)
{
    double absolute = 0, squared = 0, surprise = 0;
    int others = 0, all = 0;
    for (Eigen::Index i = 0; i < truth.size(); ++i) {
        const double mean = double(belief.mean.data()[i]);
        const double deviation = double(belief.deviation.data()[i]);
        const double error = double(truth.data()[i]) - mean;
        if (!std::isfinite(error) || !std::isfinite(deviation))
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
        const double nlpd = surprise / all + 0.5 * std::log(2 * std::numbers::pi);
        errors.nlpdAll = std::isfinite(nlpd) ? nlpd : unknown; // a deviation of 0 has none
    }
    return errors;
}

bool hasShapeOf(const Map &map, const Map &other)
{
    return map.size() > 0 && map.rows() == other.rows() && map.cols() == other.cols();
}

/// What the kept maps say when they are held against the truth.
void judgeMaps(const NamedRun &named, std::size_t from, Curves &curves)
{
    Mask measured = Mask::Constant(named.truth.rows(), named.truth.cols(), false);
    std::vector<Pixel> pixels;
    for (std::size_t i = 0; i < named.run->steps.size(); ++i) {
        const Step &step = named.run->steps[i];
        if (contains(named.truth, step.pixel))
            measured(step.pixel.row, step.pixel.col) = true;
        pixels.push_back(step.pixel);
        if (i < from || !step.belief || !hasShapeOf(step.belief->mean, named.truth) ||
            !hasShapeOf(step.belief->deviation, named.truth))
            continue;
        const Errors errors = errorsOf(*step.belief, named.truth, measured);
        curves["mae"][i] = errors.mae;
        curves["rmseAll"][i] = errors.rmseAll;
        curves["nlpdAll"][i] = errors.nlpdAll;
        if (step.quality)
            continue;
        const Quality quality = judge(*step.belief, named.truth, pixels, named.isTruthNoisy);
        curves["rmse"][i] = quality.rmse;
        curves["r2"][i] = quality.r2;
        curves["nlpd"][i] = quality.nlpd;
        curves["coverage95"][i] = quality.coverage95;
    }
}

struct Quartiles
{
    double low = unknown, middle = unknown, high = unknown;
};

/// By linear interpolation between the sorted numbers (R's type 7).
Quartiles quartilesOf(std::vector<double> numbers)
{
    std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
    if (numbers.empty())
        return {};
    std::sort(numbers.begin(), numbers.end());
    const auto at = [&](double fraction) {
        const double place = fraction * double(numbers.size() - 1);
        const std::size_t below = std::size_t(place);
        const std::size_t above = std::min(below + 1, numbers.size() - 1);
        return numbers[below] + (place - double(below)) * (numbers[above] - numbers[below]);
    };
    return {at(0.25), at(0.5), at(0.75)};
}

/// Measuring and thinking so far; NaN when no step says.
std::vector<double> secondsOf(const Run &run)
{
    std::vector<double> seconds;
    double sum = 0;
    for (const Step &step : run.steps) {
        sum += step.measureSeconds + step.learnSeconds + step.predictSeconds;
        seconds.push_back(sum);
    }
    if (!(sum > 0))
        std::fill(seconds.begin(), seconds.end(), unknown);
    return seconds;
}

std::vector<double> doseOf(const Run &run)
{
    std::vector<double> dose;
    double sum = 0;
    for (const Step &step : run.steps)
        dose.push_back(sum += step.dose);
    return dose;
}

/// One run with what is drawn of it.
struct Drawn
{
    const NamedRun *named = nullptr;
    Curves curves;
    std::vector<double> seconds, dose;
};

double at(const std::vector<double> &numbers, std::size_t i)
{
    return i < numbers.size() ? numbers[i] : unknown;
}

ComparedCurve curveOf(const CurveRow &row, const QString &name, const std::vector<Drawn> &members)
{
    const QString key = QLatin1String(row.key);
    ComparedCurve curve{key, name, 0, false, {}, {}, {}, {}, {}, {}};
    std::vector<const Drawn *> with;
    std::size_t first = std::numeric_limits<std::size_t>::max(), last = 0;
    for (const Drawn &drawn : members) {
        const std::vector<double> &numbers = drawn.curves.at(key);
        bool isThere = false;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (!std::isfinite(numbers[i]))
                continue;
            isThere = true;
            first = std::min(first, i);
            last = std::max(last, i);
        }
        if (!isThere)
            continue;
        with.push_back(&drawn);
        curve.isForeign = curve.isForeign || drawn.named->recordedCurves.contains(key);
    }
    curve.runs = int(with.size());
    for (std::size_t i = first; i <= last && !with.empty(); ++i) {
        std::vector<double> numbers, seconds, dose;
        for (const Drawn *drawn : with) {
            numbers.push_back(at(drawn->curves.at(key), i));
            seconds.push_back(at(drawn->seconds, i));
            dose.push_back(at(drawn->dose, i));
        }
        const Quartiles quartiles = quartilesOf(std::move(numbers));
        curve.steps.push_back(double(i + 1));
        curve.seconds.push_back(quartilesOf(std::move(seconds)).middle);
        curve.dose.push_back(quartilesOf(std::move(dose)).middle);
        curve.low.push_back(quartiles.low);
        curve.middle.push_back(quartiles.middle);
        curve.high.push_back(quartiles.high);
    }
    return curve;
}

int partingOf(const Run &first, const Run &second)
{
    const std::size_t common = std::min(first.steps.size(), second.steps.size());
    for (std::size_t i = 0; i < common; ++i)
        if (first.steps[i].pixel != second.steps[i].pixel)
            return int(i + 1);
    return 0;
}

QStringList notesOn(const std::vector<NamedRun> &runs)
{
    QStringList notes;
    const Run &first = *runs.front().run;
    for (const NamedRun &named : runs) {
        const Run &run = *named.run;
        if (const std::size_t from = lastValueFrom(run); from > 0 && !run.steps.empty())
            notes << Tr::tr("%1: the value was changed; its curves begin with step %2, the first "
                            "with the value it had at the end.")
                         .arg(named.name)
                         .arg(run.steps[from].number);
        if (run.survey.rows() != first.survey.rows() || run.survey.cols() != first.survey.cols() ||
            !hasShapeOf(run.survey.image, first.survey.image) ||
            !(run.survey.image == first.survey.image || run.survey.image.isNaN()).all())
            notes << Tr::tr("%1 explores another image than %2: their maps and paths cannot be "
                            "compared.")
                         .arg(named.name, runs.front().name);
        if (run.valueName != first.valueName || run.valueUnit != first.valueUnit)
            notes << Tr::tr("%1 is about another value (%2) than %3 (%4): their values and errors "
                            "cannot be compared.")
                         .arg(named.name, run.valueName, runs.front().name, first.valueName);
        for (const QString &note : named.notes)
            if (!notes.contains(note))
                notes << note;
    }
    return notes;
}

} // namespace

std::span<const CurveRow> comparedCurves()
{
    static const CurveRow rows[] = {
        {"best", QT_TRANSLATE_NOOP("helmscope::Tr", "best value"), true, false},
        {"deviation", QT_TRANSLATE_NOOP("helmscope::Tr", "mean σ"), true, true},
        {"rmse", QT_TRANSLATE_NOOP("helmscope::Tr", "RMSE"), true, true},
        {"mae", QT_TRANSLATE_NOOP("helmscope::Tr", "MAE"), true, true},
        {"nlpd", QT_TRANSLATE_NOOP("helmscope::Tr", "NLPD"), false, true},
        {"r2", QT_TRANSLATE_NOOP("helmscope::Tr", "R²"), false, false},
        {"coverage95", QT_TRANSLATE_NOOP("helmscope::Tr", "coverage of 95 %"), false, false},
        {"regret", QT_TRANSLATE_NOOP("helmscope::Tr", "regret"), true, true},
        {"rmseAll", QT_TRANSLATE_NOOP("helmscope::Tr", "RMSE of all pixels"), true, true},
        {"nlpdAll", QT_TRANSLATE_NOOP("helmscope::Tr", "NLPD of all pixels"), false, true},
    };
    return rows;
}

std::map<QString, std::vector<double>> curvesOf(const NamedRun &named)
{
    const Run &run = *named.run;
    const std::size_t count = run.steps.size(), from = lastValueFrom(run);
    Curves curves;
    for (const CurveRow &row : comparedCurves())
        curves[QLatin1String(row.key)].assign(count, unknown);
    const double largest = largestTruth(named);
    for (std::size_t i = from; i < count; ++i) {
        const Step &step = run.steps[i];
        curves["best"][i] = step.bestValue;
        curves["deviation"][i] = step.meanDeviation;
        curves["regret"][i] = largest - step.bestValue;
        if (!step.quality)
            continue;
        curves["rmse"][i] = step.quality->rmse;
        curves["r2"][i] = step.quality->r2;
        curves["nlpd"][i] = step.quality->nlpd;
        curves["coverage95"][i] = step.quality->coverage95;
    }
    if (named.truth.size() > 0)
        judgeMaps(named, from, curves);
    for (const auto &[key, recorded] : named.recordedCurves) {
        if (!curves.contains(key))
            continue;
        for (std::size_t i = from; i < std::min(count, recorded.size()); ++i)
            curves[key][i] = recorded[i];
    }
    return curves;
}

Comparison compare(std::vector<NamedRun> runs, const Progress &progress)
{
    if (runs.empty() || runs.size() > mostRuns)
        fail(Tr::tr("Cannot compare %1 runs: name 1 to %2.").arg(runs.size()).arg(mostRuns));
    for (const NamedRun &named : runs)
        if (!named.run)
            fail(Tr::tr("Cannot compare '%1': there is no such run.").arg(named.name));
    Comparison comparison;
    comparison.runs = std::move(runs);
    comparison.valueUnit = comparison.runs.front().run->valueUnit;
    comparison.notes = notesOn(comparison.runs);

    std::vector<std::pair<QString, std::vector<Drawn>>> groups; // in the order of the runs
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
        if (!progress(double(i) / double(comparison.runs.size())))
            return comparison;
        const NamedRun &named = comparison.runs[i];
        Drawn drawn{&named, curvesOf(named), secondsOf(*named.run), doseOf(*named.run)};
        const auto known = std::find_if(groups.begin(), groups.end(), [&](const auto &group) {
            return !named.group.isEmpty() && group.second.front().named->group == named.group;
        });
        if (known != groups.end()) {
            known->second.push_back(std::move(drawn));
            continue;
        }
        groups.emplace_back(named.group.isEmpty() ? named.name : named.group, std::vector<Drawn>());
        groups.back().second.push_back(std::move(drawn));
    }
    for (const CurveRow &row : comparedCurves())
        for (const auto &[name, members] : groups)
            if (ComparedCurve curve = curveOf(row, name, members); !curve.steps.empty())
                comparison.curves.push_back(std::move(curve));
    for (std::size_t i = 0; i < comparison.runs.size(); ++i)
        for (std::size_t j = i + 1; j < comparison.runs.size(); ++j)
            comparison.partings.push_back(
                {int(i), int(j), partingOf(*comparison.runs[i].run, *comparison.runs[j].run)});
    comparison.differences.resize(comparison.runs.size());
    progress(1);
    return comparison;
}

std::vector<Reached> reached(const Comparison &comparison, const QString &key, double quality)
{
    const CurveRow *row = nullptr;
    QStringList keys;
    for (const CurveRow &each : comparedCurves()) {
        keys << QLatin1String(each.key);
        if (key == QLatin1String(each.key))
            row = &each;
    }
    if (!row)
        fail(Tr::tr("There is no curve '%1': it is one of %2.").arg(key, keys.join(", ")));
    constexpr int fewest = 3;
    std::vector<Reached> result;
    for (const ComparedCurve &curve : comparison.curves) {
        if (curve.key != key)
            continue;
        Reached reached{key, curve.name, quality, {}, 0, 0};
        int inARow = 0;
        std::size_t first = 0;
        for (std::size_t i = 0; i < curve.middle.size() && !reached.step; ++i) {
            const double number = curve.middle[i];
            if (!std::isfinite(number))
                continue;
            const bool isGood = row->isBetterLow ? number <= quality : number >= quality;
            if (isGood && inARow == 0)
                first = i;
            inARow = isGood ? inARow + 1 : 0;
            if (inARow < fewest)
                continue;
            reached.step = int(curve.steps[first]);
            reached.seconds = curve.seconds[first];
            reached.dose = curve.dose[first];
        }
        result.push_back(reached);
    }
    return result;
}

void addTruth(NamedRun &named, const Progress &progress)
{
    const Run &run = *named.run;
    const std::unique_ptr<Microscope> microscope = openMicroscope(run.plan, progress);
    const std::optional<Dataset> truth = microscope->groundTruth();
    if (!truth || run.steps.empty())
        return;
    if (truth->rows() != run.survey.rows() || truth->cols() != run.survey.cols())
        fail(
            Tr::tr("The sample of '%1' has %2 × %3 pixels now, the run %4 × %5: it is another one.")
                .arg(named.name)
                .arg(truth->rows())
                .arg(truth->cols())
                .arg(run.survey.rows())
                .arg(run.survey.cols()));
    if (run.energies.channels() == 0)
        named.truth = truth->values;
    else if (truth->hasSpectra())
        named.truth =
            scalarize(run.plan.isVector ? truth->spectra.binned(run.plan.bin) : truth->spectra,
                      run.steps.back().scalarizer);
    named.isTruthNoisy = microscope->isTruthNoisy();
}

} // namespace helmscope
