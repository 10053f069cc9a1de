// SPDX-License-Identifier: GPL-3.0-or-later
// A comparison as JSON and as CSV.
#include "steering/rerun/comparison.h"

#include <QJsonArray>

#include <cmath>

namespace helmscope {

namespace {

QJsonArray toJson(const std::vector<double> &numbers)
{
    QJsonArray array;
    for (const double number : numbers)
        array.append(std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null));
    return array;
}

/// RFC 4180: in quotes where it must be.
QByteArray cell(const QString &text)
{
    QByteArray bytes = text.toUtf8();
    if (bytes.contains(',') || bytes.contains('"') || bytes.contains('\n') || bytes.contains('\r'))
        bytes = '"' + bytes.replace("\"", "\"\"") + '"';
    return bytes;
}

QByteArray cell(double number)
{
    return std::isfinite(number) ? QByteArray::number(number, 'g', 10) : QByteArray();
}

} // namespace

QJsonObject toJson(const Comparison &comparison)
{
    QJsonArray runs, curves, partings;
    for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
        const NamedRun &named = comparison.runs[i];
        runs.append(
            QJsonObject{{"name", named.name},
                        {"group", named.group},
                        {"steps", int(named.run->steps.size())},
                        {"outcome", QString::fromLatin1(keyOf(named.run->outcome))},
                        {"value", named.run->valueName},
                        {"seed", named.run->plan.toJson()["seed"]},
                        {"differences", QJsonArray::fromStringList(comparison.differences[i])}});
    }
    for (const ComparedCurve &curve : comparison.curves)
        curves.append(QJsonObject{{"key", curve.key},
                                  {"name", curve.name},
                                  {"runs", curve.runs},
                                  {"recorded", curve.isForeign},
                                  {"steps", toJson(curve.steps)},
                                  {"seconds", toJson(curve.seconds)},
                                  {"dose", toJson(curve.dose)},
                                  {"middle", toJson(curve.middle)},
                                  {"low", toJson(curve.low)},
                                  {"high", toJson(curve.high)}});
    for (const Parting &parting : comparison.partings)
        partings.append(QJsonObject{
            {"first", comparison.runs[std::size_t(parting.first)].name},
            {"second", comparison.runs[std::size_t(parting.second)].name},
            {"step", parting.step > 0 ? QJsonValue(parting.step) : QJsonValue(QJsonValue::Null)}});
    return {{"runs", runs},
            {"curves", curves},
            {"partings", partings},
            {"unit", comparison.valueUnit},
            {"notes", QJsonArray::fromStringList(comparison.notes)}};
}

QByteArray toCsv(const Comparison &comparison)
{
    QByteArray csv = "run,group,step,row,col,value,seconds,dose";
    for (const CurveRow &row : comparedCurves())
        csv += QByteArray(",") + row.key;
    csv += "\r\n";
    for (const NamedRun &named : comparison.runs) {
        // A run by itself has the same curves as in its group, each its own.
        NamedRun alone = named;
        alone.group.clear();
        const Comparison one = compare({alone}, unwatched());
        std::map<QString, const ComparedCurve *> curves;
        for (const ComparedCurve &curve : one.curves)
            curves[curve.key] = &curve;
        double seconds = 0, dose = 0;
        for (std::size_t i = 0; i < named.run->steps.size(); ++i) {
            const Step &step = named.run->steps[i];
            seconds += step.measureSeconds + step.learnSeconds + step.predictSeconds;
            dose += step.dose;
            csv += cell(named.name) + ',' + cell(named.group) + ',' +
                   QByteArray::number(step.number) + ',' + QByteArray::number(step.pixel.row) +
                   ',' + QByteArray::number(step.pixel.col) + ',' + cell(step.value) + ',' +
                   cell(seconds) + ',' + cell(dose);
            for (const CurveRow &row : comparedCurves()) {
                const auto found = curves.find(QString::fromLatin1(row.key));
                csv +=
                    ',' + (found != curves.end() ? cell(found->second->middle[i]) : QByteArray());
            }
            csv += "\r\n";
        }
    }
    return csv;
}

} // namespace helmscope
