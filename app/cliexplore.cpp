// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/clioptions.h"
#include "app/cliprogress.h"
#include "app/clirecording.h"
#include "base/json.h"
#include "base/tr.h"
#include "dkl/blas.h"
#include "steering/experiment.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/verification.h"
#include "steering/trust.h"

#include <CLI/CLI.hpp>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

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

/// Judged after the last step that learnt.
std::optional<Quality> qualityOf(const Run &run)
{
    for (auto step = run.steps.rbegin(); step != run.steps.rend(); ++step)
        if (step->quality)
            return step->quality;
    return std::nullopt;
}

QJsonObject toJson(const Run &run, const QString &runFile, const QString &id, const Blas &blas,
                   int threads)
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
        {"id", id.isEmpty() ? null : QJsonValue(id)},
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

QString textOf(const Step &step)
{
    QString text = Tr::tr("step %1, value %2").arg(step.number).arg(textOf(step.value));
    if (step.quality)
        text += Tr::tr(", R² %1").arg(textOf(step.quality->r2));
    else if (std::isfinite(step.meanDeviation))
        text += Tr::tr(", mean σ %1").arg(textOf(step.meanDeviation));
    return text;
}

std::unique_ptr<Microscope> open(const Plan &plan)
{
    ProgressBar bar(Tr::tr("Reading"));
    return openMicroscope(plan, [&bar](double fraction) {
        bar.show(fraction);
        return !isStopAsked();
    });
}

QStringList inputsOf(const Plan &plan)
{
    const auto *recorded = std::get_if<DatasetSources>(&plan.sample);
    if (!recorded)
        return {};
    QStringList files{recorded->image.file};
    for (const auto &address : {recorded->spectra, recorded->energies, recorded->values})
        if (address)
            files << address->file;
    return files;
}

/// A run of the workspace that can go on.
std::shared_ptr<const Run> cutOff(const Workspace &workspace, const QString &id)
{
    const std::optional<RunEntry> before = workspace.entry(id);
    if (!before)
        fail(Tr::tr("There is no run %1 in %2.").arg(id, workspace.folder()));
    if (before->isGoing)
        fail(Tr::tr("Run %1 is still going on.").arg(id));
    if (before->outcome)
        fail(Tr::tr("Run %1 has ended (%2) and cannot go on; branch from it instead.")
                 .arg(id, QString::fromLatin1(keyOf(*before->outcome))));
    ProgressBar bar(Tr::tr("Reading"));
    const Progress progress = [&bar](double fraction) {
        bar.show(fraction);
        return !isStopAsked();
    };
    for (const Recovered &one : workspace.recover(progress))
        bar.say(one.sentence);
    return std::make_shared<const Run>(workspace.read(id, progress));
}

/// The microscope of a branch that is gone on with.
std::unique_ptr<Microscope> openBranchOf(const Plan &plan,
                                         const std::optional<Workspace> &workspace)
{
    if (!workspace)
        fail(Tr::tr("The plan branches from run %1: name the --workspace that has it.")
                 .arg(plan.origin.run));
    return openBranch(plan,
                      std::make_shared<const Run>(workspace->read(plan.origin.run, unwatched())),
                      unwatched());
}

int carryOut(const ExploreOptions &options)
{
    const QString continued = QString::fromStdString(options.continued);
    if (!continued.isEmpty() && hasPlanOptions(options))
        throw UsageError(Tr::tr("--continue goes on as the run was planned: leave out what the "
                                "plan says."));
    std::optional<Workspace> workspace;
    if (!options.workspace.empty())
        workspace = workspaceFor(QFile::decodeName(options.workspace.c_str()));
    const std::shared_ptr<const Run> past =
        continued.isEmpty() ? nullptr : cutOff(*workspace, continued);
    Plan plan = past ? past->plan : planOf(options);
    const Blas blas = loadedBlas();
    if (blas.isSlow)
        printError(QString::fromStdString(blas.advice));
    const int threads = options.threads.value_or(defaultThreads());
    setModelThreads(threads);

    // What would be written is looked at before anything is read or measured.
    const QString planFile = QFile::decodeName(options.savePlan.c_str());
    const auto recording =
        workspace ? std::make_unique<CommandLineRecording>(*workspace, continued)
                  : std::make_unique<CommandLineRecording>(QFile::decodeName(options.out.c_str()),
                                                           options.mayOverwrite);
    recording->check(inputsOf(plan));
    if (!planFile.isEmpty() && QFile::exists(planFile) && !options.mayOverwrite)
        fail(Tr::tr("%1 exists already: give --save-plan another name, or add --overwrite.")
                 .arg(planFile));

    std::unique_ptr<Microscope> microscope =
        plan.origin.run.isEmpty() ? open(plan) : openBranchOf(plan, *workspace);
    if (microscope->energies().channels() > 0 && !hasScalarizer(plan)) {
        plan.scalarizer = defaultScalarizer(microscope->energies());
        printError(Tr::tr("No --scalarizer was given: %1 it is.").arg(plan.scalarizer.text()));
    }
    if (!planFile.isEmpty())
        writeJson(planFile, plan.toJson());

    Run run;
    {
        ProgressBar bar(Tr::tr("Exploring"));
        bool isStopSaid = false;
        const Progress progress = [&](double fraction) {
            if (isStopAsked() && !isStopSaid) {
                isStopSaid = true;
                bar.say(Tr::tr("Stopping; once more kills."));
            }
            bar.show(fraction);
            return !isStopAsked();
        };
        const OnStep onStep = [&](const Step &step) {
            recording->append(step);
            bar.setText(textOf(step));
            for (const QString &warning : step.warnings)
                bar.say(Tr::tr("Step %1: %2").arg(step.number).arg(warning));
        };
        if (past) {
            recording->resume(*past);
            run = continueRun(past, std::move(microscope), progress, onStep);
        } else {
            run = explore(plan, *microscope, progress, onStep, {},
                          [&](const Run &start) { recording->begin(start); });
        }
    }
    recording->finish(run);

    if (!options.isJson)
        printSummary(run);
    const QString file = recording->fileName();
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
    else if (!options.isJson && !file.isEmpty())
        printOut(Tr::tr("  saved in       %1").arg(file));
    if (options.isJson)
        printOut(QJsonDocument(toJson(run, file, recording->id(), blas, threads))
                     .toJson(QJsonDocument::Compact));
    return isFailed ? Failure : isStopped ? StoppedBySignal : Done;
}

} // namespace

void addExplore(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "explore", "Measures, learns, predicts, chooses the next pixel, and so on");
    const auto options = std::make_shared<ExploreOptions>();
    declare(*command, *options);
    command->callback([options, &chosen] { chosen = [options] { return carryOut(*options); }; });
}

} // namespace helmscope
