// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/clireport.h"

#include "app/cli.h"
#include "app/cliprogress.h"
#include "base/tr.h"
#include "steering/trust.h"

#include <QJsonArray>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

QString textOf(double number)
{
    return std::isfinite(number) ? QString::number(number, 'g', 4) : QStringLiteral("–");
}

/// How long a step took that learnt, seconds: [median, 95th percentile]; not numbers without any.
std::pair<double, double> secondsPerStep(const Run &run)
{
    std::vector<double> seconds;
    for (const Step &step : run.steps)
        if (!step.losses.empty())
            seconds.push_back(step.measureSeconds + step.learnSeconds + step.predictSeconds);
    if (seconds.empty())
        return {std::nan(""), std::nan("")};
    std::sort(seconds.begin(), seconds.end());
    const std::size_t n = seconds.size();
    const std::size_t rank = std::size_t(std::ceil(0.95 * double(n))); // nearest rank, from 1
    return {(seconds[(n - 1) / 2] + seconds[n / 2]) / 2, seconds[rank - 1]};
}

} // namespace

std::optional<Quality> qualityOf(const Run &run)
{
    for (auto step = run.steps.rbegin(); step != run.steps.rend(); ++step)
        if (step->quality)
            return step->quality;
    return std::nullopt;
}

QJsonObject toJson(const Run &run, const QString &runFile, const Blas &blas, int threads)
{
    const QJsonValue null(QJsonValue::Null);
    const auto value = [&null](const std::optional<double> &number) {
        return number && std::isfinite(*number) ? QJsonValue(*number) : null;
    };
    const std::optional<Quality> quality = qualityOf(run);
    const auto judged = [&](double Quality::*what) {
        return quality ? value((*quality).*what) : null;
    };
    QJsonArray path, trust, warnings;
    int steps = 0;
    double dose = 0;
    for (const Step &step : run.steps) {
        path.append(QJsonArray{step.pixel.row, step.pixel.col});
        QJsonObject told = step.trust ? toJson(*step.trust) : QJsonObject();
        told["step"] = step.number;
        if (step.trust)
            trust.append(told);
        for (const QString &warning : step.warnings)
            warnings.append(QJsonObject{{"step", step.number}, {"text", warning}});
        steps += step.reason != Reason::Initial;
        dose += step.dose;
    }
    const auto [median, late] = secondsPerStep(run);
    const std::optional<Trust> lastTrust =
        run.steps.empty() ? std::nullopt : run.steps.back().trust;
    return {
        {"steps", steps},
        {"measured", int(run.steps.size())},
        {"rmse", judged(&Quality::rmse)},
        {"r2", judged(&Quality::r2)},
        {"nlpd", judged(&Quality::nlpd)},
        {"coverage95", judged(&Quality::coverage95)},
        {"judgedPixels", quality ? QJsonValue(quality->pixels) : null},
        {"bestValue", run.steps.empty() ? null : value(run.steps.back().bestValue)},
        {"value", QJsonObject{{"name", run.valueName}, {"unit", run.valueUnit}}},
        {"secondsPerStep", QJsonObject{{"median", value(median)}, {"p95", value(late)}}},
        {"dose", value(dose)},
        {"acquisition", rowOf(run.plan.acquisition.kind).key},
        {"seed", run.plan.toJson()["seed"]}, // a text above 2^53
        {"run", runFile.isEmpty() ? null : QJsonValue(runFile)},
        {"outcome", keyOf(run.outcome)},
        {"message", run.message},
        {"blas", QString::fromStdString(blas.name)},
        {"threads", threads},
        {"path", path},
        {"trust", lastTrust ? QJsonValue(toJson(*lastTrust)) : null},
        {"trustOfSteps", trust},
        {"warnings", warnings},
    };
}

void printSummary(const Run &run)
{
    printOut(run.message);
    if (run.steps.empty())
        return;
    const Step &last = run.steps.back();
    const QString unit = run.valueUnit.isEmpty() ? QString() : ' ' + run.valueUnit;
    printOut(
        Tr::tr("  measured       %1 pixels, seed %2").arg(run.steps.size()).arg(run.plan.seed));
    printOut(Tr::tr("  best %1: %2%3").arg(run.valueName, textOf(last.bestValue), unit));
    if (const std::optional<Quality> quality = qualityOf(run)) {
        printOut(Tr::tr("  over the %1 pixels not measured:").arg(quality->pixels));
        printOut(Tr::tr("    R²           %1").arg(textOf(quality->r2)));
        printOut(Tr::tr("    RMSE         %1%2").arg(textOf(quality->rmse), unit));
        printOut(Tr::tr("    NLPD         %1").arg(textOf(quality->nlpd)));
        printOut(Tr::tr("    coverage     %1 % of the truth within 95 % intervals")
                     .arg(textOf(100 * quality->coverage95)));
    }
    if (last.trust) {
        const Trust &trust = *last.trust;
        printOut(Tr::tr("  trust          %1").arg(verdictOf(trust)));
        if (trust.predictions > 0)
            printOut(Tr::tr("    coverage     %1, %2, %3 % of the values within 50, 80, 95 % "
                            "intervals predicted before")
                         .arg(textOf(100 * trust.coverage50), textOf(100 * trust.coverage80),
                              textOf(100 * trust.coverage95)));
        printOut(Tr::tr("    NLPD         %1 predicted before, %2 leaving one out")
                     .arg(textOf(trust.nlpd), textOf(trust.leaveOneOutNlpd)));
    }
    const auto [median, late] = secondsPerStep(run);
    if (std::isfinite(median))
        printOut(Tr::tr("  time a step    %1 s (median), %2 s (95 %)")
                     .arg(textOf(median), textOf(late)));
}

static QString textOf(const Step &step)
{
    QString text = Tr::tr("step %1, value %2").arg(step.number).arg(textOf(step.value));
    if (step.quality)
        text += Tr::tr(", R² %1").arg(textOf(step.quality->r2));
    else if (std::isfinite(step.meanDeviation))
        text += Tr::tr(", mean σ %1").arg(textOf(step.meanDeviation));
    return text;
}

int tellEnd(const Run &run, const QString &file, bool isQuiet)
{
    const bool isStopped = isStopAsked() && run.outcome == Run::Outcome::Stopped;
    const bool isFailed = run.outcome == Run::Outcome::Failed;
    if (isFailed)
        printError(Tr::tr("helmscope-cli: %1").arg(run.message));
    if (isStopped || isFailed)
        printError(file.isEmpty()
                       ? Tr::tr("%1 pixels were measured and nothing is saved, for want of --out.")
                             .arg(run.steps.size())
                       : Tr::tr("The %1 pixels measured are saved in %2.")
                             .arg(run.steps.size())
                             .arg(file));
    else if (!isQuiet && !file.isEmpty())
        printOut(Tr::tr("  saved in       %1").arg(file));
    return isFailed ? Failure : isStopped ? StoppedBySignal : Done;
}

Run exploreAloud(const Explore &how, const OnStart &onStart, const OnStep &onStep)
{
    ProgressBar bar(Tr::tr("Exploring"));
    bool isStopSaid = false;
    return how(
        [&](double fraction) {
            if (isStopAsked() && !isStopSaid) {
                isStopSaid = true;
                bar.say(Tr::tr("Stopping; once more kills."));
            }
            bar.show(fraction);
            return !isStopAsked();
        },
        [&](const Step &step) {
            onStep(step);
            bar.setText(textOf(step));
            for (const QString &warning : step.warnings)
                bar.say(Tr::tr("Step %1: %2").arg(step.number).arg(warning));
        },
        onStart);
}

} // namespace helmscope
