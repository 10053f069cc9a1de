// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/comparewords.h"

#include "base/tr.h"

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

QString listOf(const QStringList &sentences)
{
    QString html = "<ul style='margin-left:14px;-qt-list-indent:0'>";
    for (const QString &sentence : sentences)
        html += "<li>" + sentence.toHtmlEscaped() + "</li>";
    return html + "</ul>";
}

} // namespace

QStringList partingSentences(const Comparison &comparison)
{
    QStringList sentences;
    for (const Parting &parting : comparison.partings)
        sentences << (parting.step > 0 ? Tr::tr("Runs %1 and %2 part at step %3.")
                                             .arg(parting.first + 1)
                                             .arg(parting.second + 1)
                                             .arg(parting.step)
                                       : Tr::tr("Runs %1 and %2 take the same path.")
                                             .arg(parting.first + 1)
                                             .arg(parting.second + 1));
    return sentences;
}

int commonSteps(const Comparison &comparison, int run)
{
    const auto sizeOf = [&comparison](int index) {
        return int(comparison.runs[std::size_t(index)].run->steps.size());
    };
    int common = 0;
    for (const Parting &parting : comparison.partings)
        if (parting.first == run || parting.second == run)
            common = std::max(
                common, parting.step > 0 ? parting.step - 1
                                         : std::min(sizeOf(parting.first), sizeOf(parting.second)));
    return common;
}

QString comparisonHtml(const Comparison &comparison)
{
    QString html;
    if (!comparison.notes.isEmpty())
        html += listOf(comparison.notes);
    if (const QStringList partings = partingSentences(comparison); !partings.isEmpty())
        html +=
            "<p><b>" + Tr::tr("Where they part").toHtmlEscaped() + "</b></p>" + listOf(partings);
    QString differences;
    for (std::size_t i = 1; i < comparison.differences.size(); ++i) {
        const QStringList &words = comparison.differences[i];
        differences += "<p>" + Tr::tr("Run %1").arg(i + 1).toHtmlEscaped() + "</p>" +
                       listOf(words.isEmpty() ? QStringList{Tr::tr("has the same plan.")} : words);
    }
    if (!differences.isEmpty())
        html +=
            "<p><b>" + Tr::tr("Plans, against run 1").toHtmlEscaped() + "</b></p>" + differences;
    return html;
}

double commonQuality(const Comparison &comparison, const QString &key)
{
    bool isBetterLow = true;
    for (const CurveRow &row : comparedCurves())
        if (key == QLatin1String(row.key))
            isBetterLow = row.isBetterLow;
    double worst = 0;
    bool isKnown = false;
    for (const ComparedCurve &curve : comparison.curves) {
        if (curve.key != key)
            continue;
        const auto last = std::find_if(curve.middle.rbegin(), curve.middle.rend(),
                                       [](double value) { return std::isfinite(value); });
        if (last == curve.middle.rend())
            continue;
        const bool isWorse = isBetterLow ? *last > worst : *last < worst;
        if (!isKnown || isWorse)
            worst = *last;
        isKnown = true;
    }
    if (!isKnown || worst == 0)
        return 0;
    // Rounded to three figures towards what is easier to reach.
    const double unit = std::pow(10, std::floor(std::log10(std::abs(worst))) - 2);
    return (isBetterLow ? std::ceil(worst / unit) : std::floor(worst / unit)) * unit;
}

} // namespace helmscope
