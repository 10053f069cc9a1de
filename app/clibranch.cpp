// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/clioptions.h"
#include "app/clirecording.h"
#include "app/clireport.h"
#include "app/clirunfile.h"
#include "base/error.h"
#include "base/tr.h"
#include "metalearning/beginning.h"
#include "metalearning/beginningchoice.h"
#include "steering/rerun/branching.h"

#include <CLI/CLI.hpp>

#include <QFile>
#include <QJsonDocument>

namespace helmscope {

namespace {

struct BranchOptions
{
    std::string run, scalarizer, acquisition, model, beyond = "sample", out, workspace;
    std::optional<double> xi, beta;
    HeatingOptions heating;
    std::optional<std::uint64_t> seed;
    std::optional<int> steps, threads;
    int from = 0, avoid = -1;
    bool isJson = false, mayOverwrite = false;
};

Branch branchOf(const BranchOptions &options, const Run &run)
{
    Branch branch;
    branch.step = options.from;
    if (!options.acquisition.empty() || options.xi || options.beta || options.heating.isGiven()) {
        AcquisitionSettings settings = branchPlan(run, "", branch).acquisition;
        if (!options.acquisition.empty())
            settings.kind = acquisitionFromKey(options.acquisition);
        settings.xi = options.xi.value_or(settings.xi);
        settings.beta = options.beta.value_or(settings.beta);
        options.heating.apply(settings.heating);
        branch.acquisition = settings;
    }
    if (!options.scalarizer.empty())
        branch.scalarizer = Scalarizer::parse(QString::fromStdString(options.scalarizer));
    if (!options.model.empty())
        branch.model = presetFromKey(options.model).settings;
    branch.seed = options.seed;
    branch.steps = options.steps;
    branch.avoidRadius = options.avoid;
    branch.beyond = options.beyond == "nearest"     ? Origin::Beyond::Nearest
                    : options.beyond == "predicted" ? Origin::Beyond::Predicted
                                                    : Origin::Beyond::Sample;
    return branch;
}

int carryOut(const BranchOptions &options)
{
    const int threads = options.threads.value_or(defaultThreads());
    setModelThreads(threads);
    const QString file = runFileOf(options.run);
    std::optional<CommandLineRecording> target;
    if (options.workspace.empty())
        target.emplace(QFile::decodeName(options.out.c_str()), options.mayOverwrite);
    else
        target.emplace(workspaceFor(QFile::decodeName(options.workspace.c_str())), QString());
    CommandLineRecording &recording = *target;
    recording.check({file});
    const Progress untilStopped = [](double) { return !isStopAsked(); };
    const auto read = std::make_shared<Run>(readRun(file, untilStopped));
    readBeginnings(*read);
    const std::shared_ptr<const Run> run = read;
    const Plan plan = branchPlan(*run, runIdOf(file), branchOf(options, *run));
    if (plan.steps == 0)
        fail(Tr::tr("The run measured nothing after step %1: say with --steps how many "
                    "measurements the branch shall make.")
                 .arg(plan.origin.step));
    const std::unique_ptr<Microscope> microscope = openBranch(plan, run, untilStopped);
    const Run went = exploreAloud(
        [&](const Progress &progress, const OnStep &onStep, const OnStart &onStart) {
            const Company with =
                choosingBeginning(plan, nullptr, {{}, onStep, onStart}, untilStopped);
            return explore(plan, *microscope, progress, with.onStep, with.person, with.onStart);
        },
        [&](const Run &start) { recording.begin(start); },
        [&](const Step &step) { recording.append(step); });
    recording.finish(went);
    if (options.isJson) {
        QJsonObject told = toJson(went, recording.fileName(), loadedBlas(), threads);
        told["id"] =
            recording.id().isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(recording.id());
        told["origin"] = plan.toJson()["origin"];
        printOut(QJsonDocument(told).toJson(QJsonDocument::Compact));
    } else {
        printSummary(went);
        const auto standIns =
            std::count_if(went.steps.begin(), went.steps.end(), [](const Step &step) {
                return step.source != Measurement::Source::Measured;
            });
        printOut(Tr::tr("  branch         from step %1 of %2; %3 of %4 values stand in for pixels "
                        "that nobody measured")
                     .arg(plan.origin.step)
                     .arg(plan.origin.run)
                     .arg(standIns)
                     .arg(went.steps.size()));
    }
    return tellEnd(went, recording.fileName(), options.isJson);
}

} // namespace

void addBranch(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "branch", "What if: goes on differently from a step of a recorded run");
    const auto o = std::make_shared<BranchOptions>();
    command->add_option("RUN", o->run, "A run's file or its folder")->required();
    command->add_option("--from", o->from, "The last step that is taken over; 0: none")
        ->required()
        ->check(CLI::Range(0, 1'000'000));
    command->add_option("--acquisition", o->acquisition, "Another acquisition, as in explore");
    command->add_option("--xi", o->xi, "Improvement asked for, in deviations");
    command->add_option("--beta", o->beta, "Weight of the variance")->check(CLI::Range(0.0, 1e9));
    declare(*command, o->heating);
    command->add_option("--scalarizer", o->scalarizer, "Another value, as in explore");
    command->add_option("--model", o->model, "Another model, as in explore");
    command->add_option("--seed", o->seed, "Another seed");
    command
        ->add_option("--steps", o->steps,
                     "Measurements after the step (default: as many as the "
                     "run made)")
        ->check(CLI::Range(0, 1'000'000));
    command
        ->add_option("--avoid", o->avoid,
                     "Forbids what the run measured after the step, and so many pixels around")
        ->check(CLI::Range(0, 10'000));
    command
        ->add_option("--beyond", o->beyond,
                     "What answers at pixels that the run did not measure: the sample (simulated, "
                     "or a full recording), the nearest measured pixel, or the run's last "
                     "prediction; the last two are marked in every step")
        ->check(CLI::IsMember({"sample", "nearest", "predicted"}));
    command->add_option("--threads", o->threads, "For the model")->check(CLI::Range(1, 1024));
    command->add_option("--out", o->out, "Records the branch (HDF5)");
    command
        ->add_option("--workspace", o->workspace,
                     "Records the branch there: as a git branch, if the run is of this workspace")
        ->excludes("--out");
    command->add_flag("--overwrite", o->mayOverwrite, "--out may replace a file");
    command->add_flag("--json", o->isJson, "Prints the result as one JSON object on stdout");
    command->callback([o, &chosen] { chosen = [o] { return carryOut(*o); }; });
}

} // namespace helmscope
