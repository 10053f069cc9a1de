// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/trust.h"

#include "base/tr.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace helmscope {

namespace {

constexpr double oneSigma = 0.682689492; ///< of a normal distribution lies within one deviation
constexpr double surely = 2.5758;        ///< deviations that hold 99 %
constexpr double tolerated = 1.15;       ///< a factor nobody would act upon
constexpr double outlying = 4;           ///< deviations; one in 16,000 lies beyond

/// Quantile of the chi squared distribution at `normal` deviations (Wilson and Hilferty 1931).
double chiSquared(double freedom, double normal)
{
    const double part = 2 / (9 * freedom);
    return freedom * std::pow(std::max(0., 1 - part + normal * std::sqrt(part)), 3);
}

double deviationOf(const std::vector<double> &values)
{
    double mean = 0, squares = 0;
    for (const double value : values)
        mean += value / double(values.size());
    for (const double value : values)
        squares += (value - mean) * (value - mean) / double(values.size());
    return std::sqrt(squares);
}

double within(const std::vector<double> &sizes, double limit)
{
    return double(std::upper_bound(sizes.begin(), sizes.end(), limit) - sizes.begin()) /
           double(sizes.size());
}

/// By the 68.27 % quantile; which of the ordered sizes bound it follows from the binomial
/// distribution, whatever theirs is.
void calibrateByQuantile(const std::vector<double> &sizes, Trust &trust)
{
    const double n = double(sizes.size());
    const double half = surely * std::sqrt(n * oneSigma * (1 - oneSigma));
    const double low = std::floor(n * oneSigma - half), high = std::ceil(n * oneSigma + half);
    trust.calibration = trust.quantileCalibration;
    trust.calibrationLow = low < 1 ? 0 : sizes[std::size_t(low) - 1];
    trust.calibrationHigh =
        high > n ? std::numeric_limits<double>::infinity() : sizes[std::size_t(high) - 1];
}

void calibrateBySquares(double n, Trust &trust)
{
    trust.calibration = trust.rmsCalibration;
    const auto bound = [&](double normal) {
        return trust.rmsCalibration * std::sqrt(n / chiSquared(n, normal));
    };
    trust.calibrationLow = bound(surely);
    trust.calibrationHigh = bound(-surely);
}

double quantileOf(const std::vector<double> &sizes, double fraction)
{
    const double place = fraction * double(sizes.size()) - 0.5;
    const std::size_t below =
        std::size_t(std::clamp(std::floor(place), 0., double(sizes.size() - 1)));
    const std::size_t above = std::min(below + 1, sizes.size() - 1);
    if (above == below || !std::isfinite(sizes[above]))
        return sizes[below];
    return std::lerp(sizes[below], sizes[above], std::clamp(place - double(below), 0., 1.));
}

} // namespace

double meanNlpd(const Eigen::VectorXd &values, const Eigen::VectorXd &mean,
                const Eigen::VectorXd &deviation)
{
    std::vector<double> defined;
    for (const double value : values)
        if (std::isfinite(value))
            defined.push_back(value);
    const double spread = defined.empty() ? 0 : deviationOf(defined);
    double sum = 0;
    int count = 0;
    for (Eigen::Index i = 0; i < values.size() && spread > 0; ++i) {
        if (!std::isfinite(values[i]) || !std::isfinite(mean[i]) || !std::isfinite(deviation[i]))
            continue;
        // A deviation of 0 would be punished without bound.
        const double used = std::max(deviation[i], 1e-6 * spread);
        sum += std::log(used / spread) + 0.5 * std::pow((values[i] - mean[i]) / used, 2);
        ++count;
    }
    return count > 0 ? sum / count + 0.5 * std::log(2 * std::numbers::pi)
                     : std::numeric_limits<double>::quiet_NaN();
}

Trust trustOf(std::span<const Step> steps)
{
    Trust trust;
    if (steps.empty())
        return trust;
    const Scalarizer &scalarizer = steps.back().scalarizer;
    std::vector<double> measured, values, means, deviations;
    for (const Step &step : steps) {
        if (step.scalarizer != scalarizer || !std::isfinite(step.value))
            continue;
        measured.push_back(step.value);
        const double deviation = std::hypot(step.predictedDeviation, step.predictedNoise);
        if (!std::isfinite(step.predictedMean) || !std::isfinite(deviation))
            continue;
        values.push_back(step.value);
        means.push_back(step.predictedMean);
        deviations.push_back(deviation);
    }
    trust.predictions = int(values.size());
    if (values.empty())
        return trust;

    const double least = std::max(1e-6 * deviationOf(measured),
                                  std::numeric_limits<double>::min()); // a deviation of 0 is a lie
    std::vector<double> residuals, sizes;
    double sum = 0, squares = 0;
    const double n = double(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        residuals.push_back((values[i] - means[i]) / std::max(deviations[i], least));
        sizes.push_back(std::abs(residuals.back()));
        sum += residuals.back();
        squares += residuals.back() * residuals.back();
    }
    std::sort(sizes.begin(), sizes.end());
    trust.coverage50 = within(sizes, 0.674490);
    trust.coverage80 = within(sizes, 1.281552);
    trust.coverage95 = within(sizes, 1.959964);
    trust.rmsCalibration = std::sqrt(squares / n);
    trust.quantileCalibration = quantileOf(sizes, oneSigma);
    trust.bias = sum / n;
    trust.biasError = deviationOf(residuals) / std::sqrt(n);
    trust.outliers = int(sizes.end() - std::upper_bound(sizes.begin(), sizes.end(),
                                                        outlying * trust.quantileCalibration));
    if (trust.outliers > 0)
        calibrateByQuantile(sizes, trust);
    else
        calibrateBySquares(n, trust);
    const auto vector = [](const std::vector<double> &numbers) {
        return Eigen::Map<const Eigen::VectorXd>(numbers.data(), Eigen::Index(numbers.size()));
    };
    trust.nlpd = meanNlpd(vector(values), vector(means), vector(deviations));
    return trust;
}

Judgement judgementOf(const Trust &trust)
{
    if (trust.predictions < fewestPredictions)
        return Judgement::TooFew;
    if (trust.calibrationLow > 1 && trust.calibration > tolerated)
        return Judgement::TooNarrow;
    if (trust.calibrationHigh < 1 && trust.calibration < 1 / tolerated)
        return Judgement::TooWide;
    return Judgement::Fits;
}

const char *keyOf(Judgement judgement)
{
    switch (judgement) {
    case Judgement::Fits:
        return "fits";
    case Judgement::TooNarrow:
        return "too-narrow";
    case Judgement::TooWide:
        return "too-wide";
    case Judgement::TooFew:
        break;
    }
    return "too-few";
}

bool isBiased(const Trust &trust)
{
    return trust.predictions >= fewestPredictions && std::abs(trust.bias) > 3.5 * trust.biasError &&
           std::abs(trust.bias) > 0.25;
}

/// 1.3, 12, 3 × 10^4: no more digits than are known.
static QString factorText(double factor)
{
    return factor < 10 ? QString::number(factor, 'f', 1) : QString::number(factor, 'g', 2);
}

/// How many times too narrow or too wide: always above 1.
static double factorOf(const Trust &trust)
{
    return judgementOf(trust) == Judgement::TooWide ? 1 / std::max(trust.calibration, 1e-6)
                                                    : trust.calibration;
}

QString verdictOf(const Trust &trust)
{
    const Judgement judgement = judgementOf(trust);
    if (judgement == Judgement::TooFew)
        return Tr::tr("too few predictions to judge σ (%1)").arg(trust.predictions);
    const QString sentence =
        judgement == Judgement::Fits
            ? (trust.outliers > 0 ? Tr::tr("σ fits most values so far") : Tr::tr("σ fits so far"))
        : judgement == Judgement::TooNarrow ? Tr::tr("σ is about %1 times too narrow")
                                            : Tr::tr("σ is about %1 times too wide");
    QStringList parts;
    parts << Tr::tr("%1 (%2 predictions)")
                 .arg(judgement == Judgement::Fits ? sentence
                                                   : sentence.arg(factorText(factorOf(trust))))
                 .arg(trust.predictions);
    if (trust.outliers > 0)
        parts << Tr::tr("far outside even so: %1 (outliers, drift, or a σ too narrow in places)")
                     .arg(trust.outliers);
    if (isBiased(trust))
        parts << (trust.bias < 0 ? Tr::tr("values come out %1 σ lower than predicted on average")
                                 : Tr::tr("values come out %1 σ higher than predicted on average"))
                     .arg(factorText(std::abs(trust.bias)));
    return parts.join("; ");
}

QString shortVerdictOf(const Trust &trust)
{
    switch (judgementOf(trust)) {
    case Judgement::TooNarrow:
        return Tr::tr("σ %1 × too narrow").arg(factorText(factorOf(trust)));
    case Judgement::TooWide:
        return Tr::tr("σ %1 × too wide").arg(factorText(factorOf(trust)));
    case Judgement::TooFew:
        return Tr::tr("σ not judged yet");
    case Judgement::Fits:
        break;
    }
    return trust.outliers > 0 ? Tr::tr("σ fits most values") : Tr::tr("σ fits so far");
}

QJsonObject toJson(const Trust &trust)
{
    const auto value = [](double number) {
        return std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null);
    };
    return {{"predictions", trust.predictions},
            {"coverage50", value(trust.coverage50)},
            {"coverage80", value(trust.coverage80)},
            {"coverage95", value(trust.coverage95)},
            {"calibration", value(trust.calibration)},
            {"calibrationLow", value(trust.calibrationLow)},
            {"calibrationHigh", value(trust.calibrationHigh)},
            {"rmsCalibration", value(trust.rmsCalibration)},
            {"quantileCalibration", value(trust.quantileCalibration)},
            {"outliers", trust.outliers},
            {"bias", value(trust.bias)},
            {"biasError", value(trust.biasError)},
            {"nlpd", value(trust.nlpd)},
            {"leaveOneOutNlpd", value(trust.leaveOneOutNlpd)},
            {"judgement", keyOf(judgementOf(trust))},
            {"verdict", verdictOf(trust)}};
}

} // namespace helmscope
