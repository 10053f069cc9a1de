// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/acquisition.h"

#include "base/error.h"
#include "dkl/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

// Who shows it translates it (Tr::tr); lupdate knows the macro by its name, and Qt is not here.
#define QT_TRANSLATE_NOOP(context, text) text

namespace helmscope {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

constexpr std::array<AcquisitionRow, 7> rows{{
    {Acquisition::IntegratedVariance, "integrated",
     QT_TRANSLATE_NOOP("helmscope::Tr", "Integrated variance"),
     QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "Where a measurement lowers the uncertainty of the whole map most: makes the map right.")},
    {Acquisition::ExpectedImprovement, "ei",
     QT_TRANSLATE_NOOP("helmscope::Tr", "Expected improvement"),
     QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "How much more than the best so far a pixel promises on average: finds high values.")},
    {Acquisition::UpperConfidenceBound, "ucb",
     QT_TRANSLATE_NOOP("helmscope::Tr", "Upper confidence bound"),
     QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "Mean plus a share of the uncertainty: finds high values, beta says how boldly.")},
    {Acquisition::ProbabilityOfImprovement, "poi",
     QT_TRANSLATE_NOOP("helmscope::Tr", "Probability of improvement"),
     QT_TRANSLATE_NOOP("helmscope::Tr",
                       "How likely a pixel beats the best so far: stays near what is good.")},
    {Acquisition::Uncertainty, "uncertainty",
     QT_TRANSLATE_NOOP("helmscope::Tr", "Largest uncertainty"),
     QT_TRANSLATE_NOOP("helmscope::Tr",
                       "Where the model knows least: looks at the odd ones first.")},
    {Acquisition::Thompson, "thompson", QT_TRANSLATE_NOOP("helmscope::Tr", "Thompson sampling"),
     QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "The highest pixel of one map the model holds possible: chance weighs finding against "
         "knowing.")},
    {Acquisition::Random, "random", QT_TRANSLATE_NOOP("helmscope::Tr", "Random"),
     QT_TRANSLATE_NOOP("helmscope::Tr", "Any pixel: what the others have to beat.")},
}};

double density(double u)
{
    return std::exp(-0.5 * u * u) / std::sqrt(2 * std::numbers::pi);
}

double probabilityBelow(double u)
{
    return 0.5 * std::erfc(-u / std::numbers::sqrt2);
}

double expectedImprovement(double gain, double deviation)
{
    if (deviation == 0)
        return std::max(gain, 0.0);
    const double u = gain / deviation;
    return std::max(gain * probabilityBelow(u) + deviation * density(u), 0.0);
}

double probabilityOfImprovement(double gain, double deviation)
{
    if (deviation == 0)
        return gain == 0 ? 0.5 : double(gain > 0);
    return probabilityBelow(gain / deviation);
}

void checkShapes(const Eigen::MatrixXd &mean, const Eigen::MatrixXd &deviation)
{
    if (mean.rows() != deviation.rows() || mean.cols() != deviation.cols())
        throw Error("Means and deviations of the candidates differ in shape.");
    if ((deviation.array() < 0).any())
        throw Error("A deviation of the candidates is negative.");
}

} // namespace

bool Heating::isValid() const
{
    const auto lies = [](double value, double low, double high) {
        return value >= low && value <= high; // NaN does not
    };
    return lies(strength, 0, 1) && lies(radius, leastRadius, mostRadius) &&
           lies(recoverySeconds, leastSeconds, mostSeconds) && lies(stepSeconds, 0, mostSeconds);
}

bool AcquisitionSettings::isValid() const
{
    return std::isfinite(xi) && std::isfinite(beta) && beta >= 0 && heating.isValid();
}

std::span<const AcquisitionRow> acquisitions()
{
    return rows;
}

const AcquisitionRow &rowOf(Acquisition kind)
{
    for (const AcquisitionRow &row : rows)
        if (row.kind == kind)
            return row;
    throw Error("There is no such acquisition.");
}

Acquisition acquisitionFromKey(const std::string &key)
{
    std::string keys;
    for (const AcquisitionRow &row : rows) {
        if (key == row.key)
            return row.kind;
        keys += (keys.empty() ? "" : ", ") + std::string(row.key);
    }
    throw Error("There is no acquisition '" + key + "'; there are " + keys + ".");
}

Eigen::VectorXd worth(const AcquisitionSettings &settings, const Eigen::VectorXd &mean,
                      const Eigen::VectorXd &deviation, double best, double spread,
                      std::uint64_t seed)
{
    checkShapes(mean, deviation);
    if (settings.kind == Acquisition::Thompson)
        throw Error("Thompson sampling needs a joint draw of the model, not means and deviations.");
    if (settings.kind == Acquisition::IntegratedVariance)
        throw Error("The integrated variance needs the joint posterior, not means and deviations.");
    if (!(settings.beta >= 0))
        throw Error("The upper confidence bound's beta must not be negative.");
    Random random(seed);
    const double margin = settings.xi * spread;
    const double boldness = std::sqrt(settings.beta);
    Eigen::VectorXd result(mean.size());
    for (Eigen::Index i = 0; i < mean.size(); ++i) {
        const double chance = random.uniform(); // drawn for each, so that a NaN moves no other
        const double m = mean[i];
        const double s = deviation[i];
        const double gain = m - best - margin;
        if (std::isnan(m) || std::isnan(s)) {
            result[i] = nan;
            continue;
        }
        switch (settings.kind) {
        case Acquisition::ExpectedImprovement:
            result[i] = std::isnan(gain) ? nan : expectedImprovement(gain, s);
            break;
        case Acquisition::ProbabilityOfImprovement:
            result[i] = std::isnan(gain) ? nan : probabilityOfImprovement(gain, s);
            break;
        case Acquisition::UpperConfidenceBound:
            result[i] = m + boldness * s;
            break;
        case Acquisition::Uncertainty:
        case Acquisition::Thompson:
        case Acquisition::IntegratedVariance:
            result[i] = s;
            break;
        case Acquisition::Random:
            result[i] = chance;
            break;
        }
    }
    return result;
}

Spread::Spread(Eigen::MatrixXd deviations, Eigen::MatrixXd loadingsOfThem,
               Eigen::VectorXd ownDeviations)
    : deviation(std::move(deviations))
    , loadings(std::move(loadingsOfThem))
    , own(std::move(ownDeviations))
{
}

Spread latentSpread(const DeepKernel::Prediction &prediction)
{
    if (prediction.loadings.rows() == 0)
        return {prediction.deviation};
    return {prediction.componentDeviation, prediction.loadings};
}

Spread noiseSpread(const DeepKernel::Prediction &prediction)
{
    if (prediction.loadings.rows() == 0)
        return {prediction.noise};
    return {prediction.componentNoise, prediction.loadings, prediction.residualDeviation};
}

static void checkSpread(const Eigen::MatrixXd &mean, const Spread &spread)
{
    const bool isAlone = spread.loadings.rows() == 0;
    const Eigen::Index columns = isAlone ? mean.cols() : spread.loadings.cols();
    if (spread.deviation.rows() != mean.rows() || spread.deviation.cols() != columns ||
        (!isAlone && spread.loadings.rows() != mean.cols()) ||
        (spread.own.size() > 0 && spread.own.size() != mean.cols()))
        throw Error("Means and deviations must have the same shape.");
}

ScalarPosterior scalarPosterior(const Eigen::MatrixXd &mean, const Spread &spread,
                                const Eigen::VectorXd &weights)
{
    checkSpread(mean, spread);
    if (weights.size() != mean.cols())
        throw Error("A linear scalarizer needs one weight for each of the model's outputs.");
    const Eigen::VectorXd along = spread.loadings.rows() > 0
                                      ? Eigen::VectorXd(spread.loadings.transpose() * weights)
                                      : weights;
    const double own = spread.own.size() > 0 ? spread.own.cwiseProduct(weights).squaredNorm() : 0;
    return {
        mean * weights,
        ((spread.deviation.array().square().matrix() * along.array().square().matrix()).array() +
         own)
            .sqrt()};
}

ScalarPosterior scalarPosterior(const Eigen::MatrixXd &mean, const Spread &spread,
                                const std::function<double(const Eigen::VectorXf &)> &scalarizer,
                                int draws, std::uint64_t seed)
{
    checkSpread(mean, spread);
    if (draws < 2)
        throw Error("A scalarizer's deviation needs at least two draws.");
    // The same draws for every row: rows then differ by what is believed of them, not by chance.
    Random random(seed);
    const bool isAlone = spread.loadings.rows() == 0, hasOwn = spread.own.size() > 0;
    Eigen::MatrixXd normals(spread.deviation.cols(), draws);
    Eigen::MatrixXd own(hasOwn ? mean.cols() : 0, draws);
    for (double &number : normals.reshaped())
        number = random.normal();
    for (double &number : own.reshaped())
        number = random.normal();
    if (hasOwn)
        own.array().colwise() *= spread.own.array();

    ScalarPosterior result{Eigen::VectorXd::Constant(mean.rows(), nan),
                           Eigen::VectorXd::Constant(mean.rows(), nan)};
    Eigen::MatrixXd vectors(mean.cols(), draws);
    for (Eigen::Index row = 0; row < mean.rows(); ++row) {
        const Eigen::MatrixXd along =
            normals.array().colwise() * spread.deviation.row(row).transpose().array();
        if (isAlone)
            vectors = along;
        else
            vectors.noalias() = spread.loadings * along;
        vectors.colwise() += mean.row(row).transpose();
        if (hasOwn)
            vectors += own;
        // Mean and squared deviations in one pass (Welford 1962).
        int count = 0;
        double average = 0, squares = 0;
        for (int draw = 0; draw < draws; ++draw) {
            const double value = scalarizer(vectors.col(draw).cast<float>());
            if (!std::isfinite(value))
                continue;
            ++count;
            const double step = value - average;
            average += step / count;
            squares += step * (value - average);
        }
        if (count >= 2) {
            result.mean[row] = average;
            result.deviation[row] = std::sqrt(squares / (count - 1));
        }
    }
    return result;
}

} // namespace helmscope
