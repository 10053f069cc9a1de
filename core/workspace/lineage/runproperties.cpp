// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/lineage/runproperties.h"

#include "lineage/writer.h"
#include "steering/trust.h"
#include "workspace/lineage/stepmetrics.h"

#include <QJsonDocument>

#include <cmath>

namespace helmscope {

namespace {

QString textOf(std::uint64_t hash)
{
    return QStringLiteral("%1").arg(hash, 16, 16, QChar('0'));
}

const char *wordOf(Measurement::Source source)
{
    switch (source) {
    case Measurement::Source::Nearest:
        return "nearest";
    case Measurement::Source::Predicted:
        return "predicted";
    default:
        return "measured";
    }
}

} // namespace

void add(std::vector<LineageProperty> &properties, const char *name, const QVariant &value)
{
    if (value.userType() == QMetaType::Double && !std::isfinite(value.toDouble()))
        return;
    if (value.userType() == QMetaType::QString && value.toString().isEmpty())
        return;
    properties.push_back({QString::fromLatin1(name), storedValue(value), true});
}

std::vector<LineageProperty> settingsOf(const LineageOf &of, const Run &run)
{
    const Plan &plan = run.plan;
    std::vector<LineageProperty> found;
    add(found, "run", of.id);
    add(found, "program", QStringLiteral("Helmscope " HELMSCOPE_VERSION));
    add(found, "sample", run.survey.title);
    add(found, "rows", qlonglong(run.survey.rows()));
    add(found, "columns", qlonglong(run.survey.cols()));
    add(found, "pixel_size_nm", run.survey.gridPixelSizeNm());
    add(found, "value", run.valueName);
    add(found, "value_unit", run.valueUnit);
    add(found, "acquisition", QString::fromLatin1(rowOf(plan.acquisition.kind).key));
    add(found, "xi", plan.acquisition.xi);
    add(found, "beta", plan.acquisition.beta);
    add(found, "seed", QString::number(plan.seed));
    add(found, "planned_steps", qlonglong(plan.steps));
    add(found, "initial_points",
        qlonglong(plan.initial.given.empty() ? plan.initial.count
                                             : int(plan.initial.given.size())));
    add(found, "dwell_seconds", plan.dwellSeconds);
    add(found, "model",
        QString::fromUtf8(
            QJsonDocument(plan.toJson()["model"].toObject()).toJson(QJsonDocument::Compact)));
    add(found, "begins_from", plan.beginning.hash);
    add(found, "branch_of", plan.origin.run);
    if (!plan.origin.run.isEmpty())
        add(found, "branch_step", qlonglong(plan.origin.step));
    return found;
}

std::vector<LineageProperty> metricsOf(const Run &run)
{
    std::vector<LineageProperty> found;
    double dose = 0, seconds = 0;
    std::optional<Quality> quality;
    for (const Step &step : run.steps) {
        dose += step.dose;
        seconds += step.measureSeconds + step.learnSeconds + step.predictSeconds;
        if (step.quality)
            quality = step.quality;
    }
    const Step &last = run.steps.back();
    add(found, "measured", qlonglong(run.steps.size()));
    add(found, "best_value", last.bestValue);
    add(found, "mean_deviation", last.meanDeviation);
    add(found, "summed_dose", dose);
    add(found, "seconds", seconds);
    if (quality) {
        add(found, "rmse", quality->rmse);
        add(found, "r2", quality->r2);
        add(found, "nlpd", quality->nlpd);
        add(found, "coverage95", quality->coverage95);
    }
    if (last.trust) {
        add(found, "calibration", last.trust->calibration);
        add(found, "predicted_coverage95", last.trust->coverage95);
        add(found, "leave_one_out_nlpd", last.trust->leaveOneOutNlpd);
    }
    return found;
}

std::vector<LineageProperty> propertiesOf(const Step &step, const Plan &plan, double pixelSizeNm)
{
    std::vector<LineageProperty> found;
    add(found, "step", qlonglong(step.number));
    add(found, "row", qlonglong(step.pixel.row));
    add(found, "column", qlonglong(step.pixel.col));
    if (pixelSizeNm > 0) { // of the pixel's middle, from the field's corner
        add(found, "x_nm", (step.pixel.col + 0.5) * pixelSizeNm);
        add(found, "y_nm", (step.pixel.row + 0.5) * pixelSizeNm);
    }
    if (!(step.beam == step.pixel)) {
        add(found, "beam_row", qlonglong(step.beam.row));
        add(found, "beam_column", qlonglong(step.beam.col));
        add(found, "drift_x_nm", step.driftXNm);
        add(found, "drift_y_nm", step.driftYNm);
    }
    add(found, "reason", QString::fromLatin1(keyOf(step.reason)));
    add(found, "source", QString::fromLatin1(wordOf(step.source)));
    add(found, "acquisition", QString::fromLatin1(rowOf(step.acquisition).key));
    add(found, "acquisition_value", step.acquisitionValue);
    add(found, "predicted_mean", step.predictedMean);
    add(found, "predicted_deviation", step.predictedDeviation);
    add(found, "predicted_noise", step.predictedNoise);
    add(found, "measured_value", step.value);
    add(found, "prediction_error", std::abs(step.value - step.predictedMean));
    add(found, "best_value", step.bestValue);
    add(found, "mean_deviation", step.meanDeviation);
    if (const std::optional<LargestDeviation> largest = largestDeviation(step)) {
        add(found, "largest_deviation", largest->value);
        add(found, "largest_deviation_row", qlonglong(largest->pixel.row));
        add(found, "largest_deviation_column", qlonglong(largest->pixel.col));
    }
    if (step.quality) {
        add(found, "rmse", step.quality->rmse);
        add(found, "r2", step.quality->r2);
        add(found, "nlpd", step.quality->nlpd);
    }
    if (step.warmth && step.warmth->isKnown())
        add(found, "gain_of_meta_model", step.warmth->gain());
    if (!step.losses.empty())
        add(found, "loss", step.losses.back());
    add(found, "dwell_seconds", step.dwellSeconds);
    add(found, "dose", step.dose);
    add(found, "measure_seconds", step.measureSeconds);
    add(found, "learn_seconds", step.learnSeconds);
    add(found, "predict_seconds", step.predictSeconds);
    add(found, "seed", QString::number(plan.seed));
    if (step.modelHash != 0)
        add(found, "model_hash", textOf(step.modelHash));
    add(found, "changes", step.changes.join("; "));
    add(found, "warnings", step.warnings.join("; "));
    return found;
}

} // namespace helmscope
