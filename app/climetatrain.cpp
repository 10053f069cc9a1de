// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/cliprogress.h"
#include "base/json.h"
#include "base/tr.h"
#include "dkl/blas.h"
#include "dkl/transfer/device.h"
#include "metalearning/sweep.h"
#include "metalearning/taskfiles.h"
#include "workspace/lineage/metalineage.h"
#include "workspace/workspace.h"

#include <CLI/CLI.hpp>

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>

namespace helmscope {

namespace {

struct MetaTrainOptions
{
    std::vector<std::string> tasks;
    std::string out, preset = "default", settings, scalarizer, name, sweep, table, like, workspace,
                     command, device = "auto";
    std::optional<int> iterations, innerSteps, batch, patch;
    std::optional<std::uint64_t> seed;
    int jobs = 1, every = 5, fold = 0;
    bool resumes = false, mayOverwrite = false, isJson = false;
};

const char *const examples =
    "Examples:\n"
    "  Priors for the default model, from a hundred simulated samples:\n"
    "    helmscope-cli metatrain simulated:all:100 --preset priors --out priors.h5\n"
    "  A deep kernel's weights from the runs of a workspace, two tasks at a time:\n"
    "    helmscope-cli metatrain my-sample --out meta.h5 --jobs 2\n"
    "  By eight processes of a computing centre (the result is the same):\n"
    "    mpirun -n 8 helmscope-cli metatrain simulated:all:400 --out meta.h5 --resume\n"
    "  And used:\n"
    "    helmscope-cli explore --simulate 96x96 --meta priors.h5\n";

MetaSettings settingsOf(const MetaTrainOptions &o)
{
    MetaSettings settings = metaPresetFromKey(QString::fromStdString(o.preset)).settings;
    if (!o.settings.empty()) {
        const QString file = QFile::decodeName(o.settings.c_str());
        settings = MetaSettings::fromJson(readJson(file), file);
    }
    const auto take = [](auto &to, const auto &from) {
        if (from)
            to = *from;
    };
    take(settings.iterations, o.iterations);
    take(settings.innerSteps, o.innerSteps);
    take(settings.tasks, o.batch);
    take(settings.patch, o.patch);
    take(settings.seed, o.seed);
    take(settings.model.seed, o.seed);
    check(settings);
    return settings;
}

void print(const MetaTraining &training, const QString &file)
{
    printOut(Tr::tr("%1: meta-model").arg(file));
    printOut(cardText(training.model));
}

/// What earlier sweeps found best on the task sets most like this one.
int recommend(const MetaTrainOptions &o, const TaskSet &tasks, int patch)
{
    const QString file = QFile::decodeName(o.like.c_str());
    const QJsonObject table = readJson(file);
    if (!table.value("trials").isArray())
        fail(Tr::tr("%1 is no table of a sweep: it has no 'trials'.").arg(file));
    const TaskDescriptor descriptor = describe(tasks.training, patch);
    const std::vector<Neighbour> neighbours =
        recommended(trialsFromJson(table.value("trials").toArray(), file), descriptor, 3);
    QJsonArray list;
    for (const Neighbour &neighbour : neighbours) {
        const SweepTrial &trial = neighbour.trial;
        if (!o.isJson)
            printOut(Tr::tr("%1, at distance %2: %3 %4, RMSE %5, NLPD %6")
                         .arg(trial.taskSet)
                         .arg(neighbour.distance, 0, 'f', 2)
                         .arg(keyOf(trial.settings.method), trial.special)
                         .arg(trial.rmse, 0, 'f', 3)
                         .arg(trial.nlpd, 0, 'f', 3));
        list.append(QJsonObject{{"distance", neighbour.distance},
                                {"trial", toJson(std::vector{trial}).first()}});
    }
    if (o.isJson)
        printOut(
            QJsonDocument(QJsonObject{{"descriptor", descriptor.toJson()}, {"neighbours", list}})
                .toJson(QJsonDocument::Compact));
    else if (!neighbours.empty())
        printOut(Tr::tr("The settings of the first, for --settings:\n%1")
                     .arg(QString::fromUtf8(
                         QJsonDocument(neighbours.front().trial.settings.toJson()).toJson())));
    return Done;
}

/// Where the trainings go into the lineage, if asked for; what cannot be recorded there is said and
/// stops no training.
class Recorded
{
public:
    Recorded(const MetaTrainOptions &o, const QString &sweep, bool isFirst)
    {
        if (!o.workspace.empty() && isFirst)
            m_lineage.emplace(Workspace(QFile::decodeName(o.workspace.c_str())).folder(), sweep,
                              QString::fromStdString(o.command));
        m_workspace = QFile::decodeName(o.workspace.c_str());
    }
    void add(const MetaTrainingRecord &training)
    {
        attempt([&] { m_lineage->add(training); });
    }
    /// `message` is kept by git, in English whoever records it.
    void finish(const QString &message)
    {
        attempt([&] {
            const QString trouble = commitMetaTraining(m_workspace, m_lineage->finish(), message);
            if (!trouble.isEmpty())
                printError(Tr::tr("There is no version of it in the workspace: %1").arg(trouble));
        });
    }

private:
    void attempt(const std::function<void()> &work)
    {
        if (!m_lineage)
            return;
        try {
            work();
        } catch (const Error &error) {
            printError(
                Tr::tr("The lineage lacks this training: %1").arg(QString::fromUtf8(error.what())));
        }
    }
    std::optional<MetaLineage> m_lineage;
    QString m_workspace;
};

int carryOutSweep(const MetaTrainOptions &o, const TaskSet &tasks, const QString &name,
                  const std::optional<Scalarizer> &scalarizer, const MetaTrainingOptions &options,
                  std::optional<ProgressBar> &bar)
{
    const QString file = QFile::decodeName(o.sweep.c_str());
    const QString table = QFile::decodeName(o.table.c_str());
    if (tasks.validation.empty())
        fail(Tr::tr("A sweep needs tasks for validation: at least as many tasks as "
                    "--validate-every says."));
    const MetaSweep sweep =
        MetaSweep::fromJson(readJson(file), file, scalarizer, MetaSweep::NamedTasks{name, tasks});
    std::vector<SweepTrial> soFar;
    Recorded recorded(o, name, options.workers.isFirst());
    const auto write = [&] {
        if (table.isEmpty() || !options.workers.isFirst())
            return;
        writeJson(table + ".json", {{"trials", toJson(soFar)}});
        QFile csv(table);
        if (!csv.open(QIODevice::WriteOnly) || csv.write(toCsv(soFar).toUtf8()) < 0)
            fail(Tr::tr("%1 cannot be written: %2.").arg(table, csv.errorString()));
    };
    SweepResult result = carryOut(
        sweep, options,
        [&](const SweepTrial &trial, const MetaModel &model) {
            soFar.push_back(trial);
            write(); // a sweep takes long: what is known is not lost
            QJsonObject row = toJson(std::vector{trial}).first().toObject();
            row.remove("kept"); // known when its rung has ended
            recorded.add({trial.taskSet, trial.hash, {}, model.card, row, 0});
        },
        [&bar](double fraction) {
            if (bar)
                bar->show(fraction);
            return !isStopAsked();
        });
    bar.reset();
    soFar = result.trials;
    write();
    if (!options.workers.isFirst())
        return Done;
    if (!o.isJson)
        printOut(toCsv(result.trials));
    if (!result.best || isStopAsked()) {
        recorded.finish(QStringLiteral("Sweep of meta-trainings %1, stopped").arg(name));
        printError(Tr::tr("Stopped after %1 trainings.").arg(result.trials.size()));
        return StoppedBySignal;
    }
    const QString out = QFile::decodeName(o.out.c_str());
    writeMetaModel(out, result.best->model);
    const MetaModel &best = result.best->model;
    recorded.add({best.card["name"].toString(), best.hash(), out, best.card, {}, 0});
    recorded.finish(QStringLiteral("Sweep of meta-trainings %1").arg(name));
    if (o.isJson)
        printOut(QJsonDocument(QJsonObject{{"file", out},
                                           {"hash", result.best->model.hash()},
                                           {"trials", toJson(result.trials)}})
                     .toJson(QJsonDocument::Compact));
    else
        print(*result.best, out);
    return Done;
}

int carryOut(const MetaTrainOptions &o)
{
    const QString out = QFile::decodeName(o.out.c_str());
    const Processes all;
    const Processes *processes = all.count() > 1 ? &all : nullptr;
    const bool isFirst = all.number() == 0;
    const MetaSettings settings = settingsOf(o);
    if (out.isEmpty() && o.like.empty())
        throw UsageError(Tr::tr("--out names the meta-model that is to be made."));
    if (QFile::exists(out) && !o.mayOverwrite)
        fail(Tr::tr("%1 exists already: give --out another name, or add --overwrite.").arg(out));
    if (!out.isEmpty() && !QFileInfo(QFileInfo(out).absolutePath()).isWritable())
        fail(Tr::tr("%1 cannot be written: its folder is not there, or not ours.").arg(out));
    const Blas blas = loadedBlas();
    if (blas.isSlow && isFirst)
        printError(QString::fromStdString(blas.advice));
    const ModelDevice device = modelDeviceFrom(o.device);
    setModelDevice(device);
    if (device == ModelDevice::Cuda && isFirst)
        printError(Tr::tr("Networks are learnt on the GPU."));
    setModelThreads(1); // tasks in parallel scale, one task's small matrices do not

    QStringList texts;
    for (const std::string &text : o.tasks)
        texts << QFile::decodeName(text.c_str());
    std::optional<Scalarizer> scalarizer;
    if (!o.scalarizer.empty())
        scalarizer = Scalarizer::parse(QString::fromStdString(o.scalarizer));
    const TaskSet tasks = split(tasksFrom(texts, scalarizer), o.every, o.fold);
    if (isFirst)
        printError(Tr::tr("%1 tasks to learn on, %2 to validate on; %3 processes with %4 jobs.")
                       .arg(tasks.training.size())
                       .arg(tasks.validation.size())
                       .arg(all.count())
                       .arg(o.jobs));

    if (!o.like.empty())
        return recommend(o, tasks, settings.patch);
    MetaTrainingOptions options;
    options.workers = {o.jobs, processes};
    options.checkpoint = out + QStringLiteral(".checkpoint");
    options.resumes = o.resumes;
    std::optional<ProgressBar> bar;
    if (isFirst)
        bar.emplace(Tr::tr("Meta-training"));
    options.say = [&bar](const QString &line) {
        if (bar)
            bar->say(line);
    };
    const QString name =
        o.name.empty() ? QFileInfo(out).completeBaseName() : QString::fromStdString(o.name);
    if (!o.sweep.empty())
        return carryOutSweep(o, tasks, name, scalarizer, options, bar);
    const std::optional<MetaTraining> training =
        metaTrain(settings, tasks, name, options, [&bar](double fraction) {
            if (bar)
                bar->show(fraction);
            return !isStopAsked();
        });
    bar.reset();
    if (!training) {
        if (isFirst)
            printError(Tr::tr("Stopped. What was done is in %1; --resume goes on with it.")
                           .arg(options.checkpoint));
        return StoppedBySignal;
    }
    if (!isFirst)
        return Done;
    writeMetaModel(out, training->model);
    Recorded recorded(o, {}, true);
    recorded.add({name, training->model.hash(), out, training->model.card, {}, 0});
    recorded.finish(QStringLiteral("Meta-model %1").arg(name));
    QFile::remove(options.checkpoint);
    if (o.isJson) {
        QJsonArray losses;
        for (const double loss : training->losses)
            losses.append(std::isfinite(loss) ? QJsonValue(loss) : QJsonValue(QJsonValue::Null));
        printOut(QJsonDocument(QJsonObject{{"file", out},
                                           {"hash", training->model.hash()},
                                           {"losses", losses},
                                           {"card", training->model.card}})
                     .toJson(QJsonDocument::Compact));
    } else {
        print(*training, out);
    }
    return Done;
}

std::string presetHelp()
{
    QString help = Tr::tr("How it learns (default \"default\"):");
    for (const MetaPreset &preset : metaPresets())
        help += QStringLiteral("\n  %1: %2").arg(preset.key, preset.help);
    return help.toStdString();
}

} // namespace

void addMetaTrain(CLI::App &program, Command &chosen)
{
    CLI::App *command = program.add_subcommand(
        "metatrain", "Learns from many samples what a model of a new one begins with");
    const auto o = std::make_shared<MetaTrainOptions>();
    command->footer(examples);
    command
        ->add_option("TASKS", o->tasks,
                     "Workspaces, runs, folders, lists of tasks (.json) or labelled images (.csv), "
                     "simulated:FAMILY[,FAMILY]:COUNT[:SEED]")
        ->required();
    command->add_option("--out", o->out, "The meta-model (HDF5); needed unless --like");
    QStringList keys;
    for (const MetaPreset &preset : metaPresets())
        keys << preset.key;
    const std::vector<std::string> known = [&keys] {
        std::vector<std::string> all;
        for (const QString &key : keys)
            all.push_back(key.toStdString());
        return all;
    }();
    command->add_option("--preset", o->preset, presetHelp())->check(CLI::IsMember(known));
    command->add_option("--settings", o->settings,
                        "Settings (JSON); \"preset\" in it says what is left out");
    auto *sweep = command->add_option(
        "--sweep", o->sweep,
        "Trains for every combination of a grid (JSON: {\"base\": {settings}, \"grid\": {field: "
        "[values]}, \"taskSets\": [...]}), longer and longer for the better half; --out is the "
        "best");
    command
        ->add_option("--table", o->table,
                     "The sweep's results (CSV; the same with all settings in FILE.json)")
        ->needs(sweep);
    command
        ->add_option("--like", o->like,
                     "Trains nothing, but says what was best on the task sets of a sweep "
                     "(FILE.json) most like these")
        ->excludes(sweep);
    command->add_option("--workspace", o->workspace,
                        "Records each training in the lineage of this workspace; --out below it is "
                        "an artifact");
    command->add_option("--scalarizer", o->scalarizer, "Of spectra that have none of their own");
    command->add_option("--name", o->name, "Of the model, for its card");
    command->add_option("--iterations", o->iterations, "Of the outer loop")
        ->check(CLI::Range(1, 1'000'000));
    command
        ->add_option("--inner-steps", o->innerSteps, "Steps on each task; 0: chosen by validation")
        ->check(CLI::Range(0, 10'000));
    command->add_option("--batch", o->batch, "Tasks an iteration learns on; 1: serial")
        ->check(CLI::Range(1, 4096));
    command->add_option("--patch", o->patch, "Side of the square around a pixel (default 16)")
        ->check(CLI::Range(2, 256));
    command->add_option("--seed", o->seed, "Of everything random (default 1)");
    command
        ->add_option("--validate-every", o->every,
                     "Every so many-th task is not learnt, but for choices (default 5)")
        ->check(CLI::Range(0, 1000));
    command->add_option("--fold", o->fold, "Begins there: cross-validation (default 0)")
        ->check(CLI::Range(0, 999));
    command->add_option("--jobs", o->jobs, "Tasks at a time in this process (default 1)")
        ->check(CLI::Range(1, 256));
    command
        ->add_option("--device", o->device,
                     "Where networks are learnt: auto (a CUDA GPU where this LibTorch has one), "
                     "cpu, or cuda. Results differ in the last digits; only the processor's are "
                     "tested (Debian's LibTorch knows no GPU)")
        ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
    command->add_flag("--resume", o->resumes, "Goes on with a training that was stopped");
    command->add_flag("--overwrite", o->mayOverwrite, "--out may replace a file");
    command->add_flag("--json", o->isJson, "Prints the result as one JSON object on stdout");
    command->callback([o, &chosen] {
        o->command =
            "helmscope-cli " + QCoreApplication::arguments().mid(1).join(' ').toStdString();
        chosen = [o] { return carryOut(*o); };
    });
}

} // namespace helmscope
