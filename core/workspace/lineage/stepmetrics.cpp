// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/lineage/stepmetrics.h"

#include <cmath>

namespace helmscope {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Column
{
    const char *name;
    double (*value)(const Step &);
};

const Column columns[]{
    {"row", [](const Step &step) { return double(step.pixel.row); }},
    {"column", [](const Step &step) { return double(step.pixel.col); }},
    {"value", [](const Step &step) { return step.value; }},
    {"predicted_mean", [](const Step &step) { return step.predictedMean; }},
    {"predicted_deviation", [](const Step &step) { return step.predictedDeviation; }},
    {"predicted_noise", [](const Step &step) { return step.predictedNoise; }},
    {"acquisition_value", [](const Step &step) { return step.acquisitionValue; }},
    {"best_value", [](const Step &step) { return step.bestValue; }},
    {"mean_deviation", [](const Step &step) { return step.meanDeviation; }},
    {"largest_deviation",
     [](const Step &step) {
         const auto largest = largestDeviation(step);
         return largest ? largest->value : unknown;
     }},
    {"loss", [](const Step &step) { return step.losses.empty() ? unknown : step.losses.back(); }},
    {"rmse", [](const Step &step) { return step.quality ? step.quality->rmse : unknown; }},
    {"r2", [](const Step &step) { return step.quality ? step.quality->r2 : unknown; }},
    {"nlpd", [](const Step &step) { return step.quality ? step.quality->nlpd : unknown; }},
    {"coverage95",
     [](const Step &step) { return step.quality ? step.quality->coverage95 : unknown; }},
    {"calibration",
     [](const Step &step) { return step.trust ? step.trust->calibration : unknown; }},
    {"dose", [](const Step &step) { return step.dose; }},
    {"dwell_seconds", [](const Step &step) { return step.dwellSeconds; }},
    {"measure_seconds", [](const Step &step) { return step.measureSeconds; }},
    {"learn_seconds", [](const Step &step) { return step.learnSeconds; }},
    {"predict_seconds", [](const Step &step) { return step.predictSeconds; }},
};

} // namespace

std::optional<LargestDeviation> largestDeviation(const Step &step)
{
    if (!step.belief || step.belief->deviation.size() == 0)
        return std::nullopt;
    const Map &map = step.belief->deviation;
    std::optional<LargestDeviation> largest;
    for (Eigen::Index row = 0; row < map.rows(); ++row)
        for (Eigen::Index col = 0; col < map.cols(); ++col)
            if (const double at = double(map(row, col));
                std::isfinite(at) && (!largest || at > largest->value))
                largest = {at, {int(row), int(col)}};
    return largest;
}

QByteArray stepMetrics(const std::vector<Step> &steps)
{
    QByteArray text = "SequenceNumber";
    for (const Column &column : columns)
        text += QByteArray(",") + column.name;
    text += '\n';
    for (const Step &step : steps) {
        text += QByteArray::number(step.number);
        for (const Column &column : columns) {
            text += ',';
            if (const double value = column.value(step); std::isfinite(value))
                text += QByteArray::number(value, 'g', QLocale::FloatingPointShortest);
        }
        text += '\n';
    }
    return text;
}

QString stepMetricsPath(const QString &uuid)
{
    return QStringLiteral("cmf_artifacts/%1/metrics/steps.csv").arg(uuid);
}

} // namespace helmscope
