// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/clioptions.h"
#include "app/cliprogress.h"
#include "app/clireport.h"
#include "app/clirunfile.h"
#include "base/tr.h"
#include "dkl/deepkernel.h"
#include "metalearning/beginning.h"
#include "steering/recording/rundigests.h"
#include "steering/rerun/verification.h"

#include <CLI/CLI.hpp>

#include <QJsonDocument>
#include <QThread>

#include <algorithm>
#include <cmath>

namespace helmscope {

namespace {

struct ReplayOptions
{
    std::string run, by = "sample";
    double tolerance = 0;
    std::optional<double> speed;
    std::optional<int> threads;
    bool isVerified = false, isJson = false;
};

QJsonObject toJson(const Verification &found, const QString &file)
{
    QJsonObject object{{"run", file},
                       {"identical", !found.first && found.largest == 0 && found.isWhole},
                       {"steps", found.steps},
                       {"maps", found.maps},
                       {"largestDifference", found.largest},
                       {"whole", found.isWhole},
                       {"text", found.text()}};
    if (found.first)
        object["difference"] = QJsonObject{{"step", found.first->step},
                                           {"what", found.first->what},
                                           {"recorded", found.first->recorded},
                                           {"now", found.first->now}};
    return object;
}

int verify(const ReplayOptions &options, const QString &file)
{
    const auto watched = [](ProgressBar &bar) {
        return [&bar](double fraction) {
            bar.show(fraction);
            return !isStopAsked();
        };
    };
    std::shared_ptr<const Run> run;
    {
        ProgressBar bar(Tr::tr("Reading"));
        // Damage is refused by name before anything is compared.
        checkDigests(file, watched(bar));
        const auto read = std::make_shared<Run>(readRun(file, watched(bar)));
        readBeginnings(*read);
        run = read;
    }
    ProgressBar bar(Tr::tr("Verifying"));
    const Verification found =
        verifyRun(run, options.by == "record" ? VerifyBy::Record : VerifyBy::Sample,
                  options.tolerance, watched(bar));
    if (options.isJson)
        printOut(QJsonDocument(toJson(found, file)).toJson(QJsonDocument::Compact));
    else
        printOut(found.text());
    if (!found.isWhole)
        return StoppedBySignal;
    return found.first ? Failure : Done;
}

QString numberText(double number)
{
    return std::isfinite(number) ? QString::number(number, 'g', 5) : QStringLiteral("–");
}

/// The steps as a table; with a speed in their own time.
int show(const ReplayOptions &options, const QString &file)
{
    const Run run = readRun(file, [](double) { return !isStopAsked(); });
    printOut(Tr::tr("%1, %2, %3 steps, seed %4")
                 .arg(run.survey.title.isEmpty() ? file : run.survey.title, run.valueName)
                 .arg(run.steps.size())
                 .arg(run.plan.seed));
    printOut(Tr::tr(" step      pixel       why         value      expected      σ      dose"));
    const Step *before = nullptr;
    for (const Step &step : run.steps) {
        if (options.speed && before) {
            const double seconds =
                step.timeMs > before->timeMs && before->timeMs > 0
                    ? double(step.timeMs - before->timeMs) / 1000
                    : step.measureSeconds + step.learnSeconds + step.predictSeconds;
            for (double left = seconds / *options.speed; left > 0 && !isStopAsked(); left -= 0.02)
                QThread::usleep(unsigned(std::min(left, 0.02) * 1e6));
        }
        if (isStopAsked())
            return StoppedBySignal;
        before = &step;
        printOut(QStringLiteral("%1  %2  %3 %4 %5 %6 %7")
                     .arg(step.number, 5)
                     .arg(QStringLiteral("(%1, %2)").arg(step.pixel.row).arg(step.pixel.col), 10)
                     .arg(QString::fromLatin1(keyOf(step.reason)), -11)
                     .arg(numberText(step.value), 10)
                     .arg(numberText(step.predictedMean), 10)
                     .arg(numberText(step.predictedDeviation), 10)
                     .arg(numberText(step.dose), 9));
        for (const QString &change : step.changes)
            printOut("       " + change);
    }
    printOut(run.message);
    return Done;
}

int carryOut(const ReplayOptions &options)
{
    setModelThreads(options.threads.value_or(defaultThreads()));
    const QString file = runFileOf(options.run);
    return options.isVerified ? verify(options, file) : show(options, file);
}

} // namespace

void addReplay(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "replay", "Goes through a recorded run again; --verify proves that it is what it says");
    const auto options = std::make_shared<ReplayOptions>();
    command->add_option("RUN", options->run, "A run's file or its folder")->required();
    command->add_flag("--verify", options->isVerified,
                      "Runs the plan again and compares every choice, value, model and map; exit "
                      "code 1 where they differ");
    command
        ->add_option("--by", options->by,
                     "Where measurements come from: the sample (simulated, or the recording), or "
                     "the run's own record")
        ->check(CLI::IsMember({"sample", "record"}));
    command
        ->add_option("--tolerance", options->tolerance,
                     "Relative difference that passes (default 0: bit for bit; 1e-6 for runs of "
                     "another machine)")
        ->check(CLI::Range(0.0, 1.0));
    command
        ->add_option("--speed", options->speed,
                     "Without --verify: shows the steps so many times as fast as they happened")
        ->check(CLI::Range(0.01, 1e6));
    command
        ->add_option("--threads", options->threads,
                     "For the model: as many as the run had (default: one core stays free, at most "
                     "4)")
        ->check(CLI::Range(1, 1024));
    command->add_flag("--json", options->isJson, "Prints the verification as one JSON object");
    command->callback([options, &chosen] { chosen = [options] { return carryOut(*options); }; });
}

} // namespace helmscope
