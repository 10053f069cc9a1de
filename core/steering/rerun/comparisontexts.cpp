// SPDX-License-Identifier: GPL-3.0-or-later
// A comparison as JSON and as CSV.
#include "steering/rerun/comparison.h"

#include "base/tr.h"

#include <QJsonArray>
#include <QLocale>

#include <cmath>

namespace helmscope {

namespace {

QJsonValue jsonOf(double number)
{
    return std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null);
}

QJsonArray jsonOf(const std::vector<double> &numbers)
{
    QJsonArray array;
    for (const double number : numbers)
        array.append(jsonOf(number));
    return array;
}

QJsonObject jsonOf(const NamedRun &named)
{
    const Run &run = *named.run;
    QJsonArray path;
    double dose = 0, seconds = 0;
    for (const Step &step : run.steps) {
        path.append(QJsonArray{step.pixel.row, step.pixel.col});
        dose += step.dose;
        seconds += step.measureSeconds + step.learnSeconds + step.predictSeconds;
    }
    QJsonObject last;
    for (const auto &[key, numbers] : curvesOf(named))
        if (!numbers.empty())
            for (auto number = numbers.rbegin(); number != numbers.rend(); ++number)
                if (std::isfinite(*number)) {
                    last[key] = *number;
                    break;
                }
    return {
        {"name", named.name},
        {"group", named.group},
        {"steps", int(run.steps.size())},
        {"seed", run.plan.toJson()["seed"]}, // a text above 2^53
        {"value", QJsonObject{{"name", run.valueName}, {"unit", run.valueUnit}}},
        {"outcome", keyOf(run.outcome)},
        {"last", last},
        {"seconds", seconds > 0 ? QJsonValue(seconds) : QJsonValue(QJsonValue::Null)},
        {"dose", dose > 0 ? jsonOf(dose) : QJsonValue(QJsonValue::Null)},
        {"path", path},
    };
}

/// A field of RFC 4180: quoted where it must be.
QByteArray fieldOf(const QString &text)
{
    QString field = text;
    if (field.contains(',') || field.contains('"') || field.contains('\n') ||
        field.contains('\r')) {
        field.replace('"', "\"\"");
        field = '"' + field + '"';
    }
    return field.toUtf8();
}

/// Exactly, or nothing where it is not known.
QByteArray fieldOf(double number)
{
    return std::isfinite(number) ? QByteArray::number(number, 'g', QLocale::FloatingPointShortest)
                                 : QByteArray();
}

} // namespace

QJsonObject toJson(const Comparison &comparison)
{
    QJsonArray runs, curves, partings;
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
        QJsonObject run = jsonOf(comparison.runs[i]);
        run["differences"] = i < comparison.differences.size()
                                 ? QJsonArray::fromStringList(comparison.differences[i])
                                 : QJsonArray();
        runs.append(run);
    }
    for (const ComparedCurve &curve : comparison.curves)
        curves.append(QJsonObject{
            {"key", curve.key},
            {"name", curve.name},
            {"runs", curve.runs},
            {"foreign", curve.isForeign},
            {"steps", jsonOf(curve.steps)},
            {"seconds", jsonOf(curve.seconds)},
            {"dose", jsonOf(curve.dose)},
            {"median", jsonOf(curve.middle)},
            {"lowerQuartile", jsonOf(curve.low)},
            {"upperQuartile", jsonOf(curve.high)},
        });
    for (const Parting &parting : comparison.partings)
        partings.append(QJsonObject{
            {"first", parting.first},
            {"second", parting.second},
            {"step", parting.step > 0 ? QJsonValue(parting.step) : QJsonValue(QJsonValue::Null)},
        });
    return {
        {"runs", runs},
        {"curves", curves},
        {"partings", partings},
        {"unit", comparison.valueUnit},
        {"notes", QJsonArray::fromStringList(comparison.notes)},
    };
}

QByteArray toCsv(const Comparison &comparison)
{
    static const QByteArray end("\r\n");
    QByteArray csv("run,group,step,row,col,value,seconds,dose");
    for (const CurveRow &row : comparedCurves())
        csv += QByteArray(",") + row.key;
    csv += end;
    for (const NamedRun &named : comparison.runs) {
        const auto curves = curvesOf(named);
        const QByteArray name = fieldOf(named.name) + ',' + fieldOf(named.group) + ',';
        double seconds = 0, dose = 0;
        for (std::size_t i = 0; i < named.run->steps.size(); ++i) {
            const Step &step = named.run->steps[i];
            seconds += step.measureSeconds + step.learnSeconds + step.predictSeconds;
            dose += step.dose;
            csv += name + QByteArray::number(step.number) + ',' +
                   QByteArray::number(step.pixel.row) + ',' + QByteArray::number(step.pixel.col) +
                   ',' + fieldOf(step.value) + ',' +
                   (seconds > 0 ? fieldOf(seconds) : QByteArray()) + ',' +
                   (dose > 0 ? fieldOf(dose) : QByteArray());
            for (const CurveRow &row : comparedCurves())
                csv += ',' + fieldOf(curves.at(QLatin1String(row.key))[i]);
            csv += end;
        }
    }
    return csv;
}

} // namespace helmscope
