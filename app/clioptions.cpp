// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/clioptions.h"

#include "app/cli.h"
#include "app/cliparsing.h"
#include "base/error.h"
#include "base/json.h"
#include "base/tr.h"

#include <CLI/CLI.hpp>

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>
#include <thread>

namespace helmscope {

namespace {

const char *const examples =
    "Examples:\n"
    "  A simulated sample, and what was learnt:\n"
    "    helmscope-cli explore --simulate 96x96 --steps 50 --out run.h5\n"
    "  A recorded spectrum image, steered by the silicon line:\n"
    "    helmscope-cli explore --image haadf.hspy --spectra eds.hspy --scalarizer band:1.64-1.84 "
    "\\\n"
    "        --acquisition ucb --steps 100 --json\n"
    "  A recorded map of values, its image in the same file:\n"
    "    helmscope-cli explore --image scan.npz:haadf_u8 --values scan.npz:dipole_scalar\n"
    "  The same experiment again, from its plan:\n"
    "    helmscope-cli explore --plan plan.json --out again.h5\n"
    "  Into a workspace, and on after a power failure:\n"
    "    helmscope-cli explore --simulate 96x96 --workspace my-sample\n"
    "    helmscope-cli recover my-sample\n"
    "    helmscope-cli explore --workspace my-sample --continue 20261121-091502-7c3e\n";

/// CLI11 would read "-1" as 2^64 - 1.
CLI::Validator isSeed()
{
    return parsable([](const std::string &text) {
        bool isWhole = false;
        QString::fromStdString(text).toULongLong(&isWhole);
        if (!isWhole)
            fail(Tr::tr("'%1' is not a whole number from 0 to 2^64 - 1.")
                     .arg(QString::fromStdString(text)));
    });
}

std::string acquisitionKeys()
{
    QStringList keys;
    for (const AcquisitionRow &row : acquisitions())
        keys << row.key;
    return keys.join('|').toStdString();
}

std::string modelHelp()
{
    QString help = Tr::tr("What learns from the spectra:");
    for (const Preset &preset : presets())
        help += QStringLiteral("\n  %1: %2").arg(preset.key, preset.help);
    return help.toStdString();
}

std::string acquisitionHelp()
{
    QString help = Tr::tr("How the next pixel is chosen (default uncertainty):");
    for (const AcquisitionRow &row : acquisitions())
        help += QStringLiteral("\n  %1: %2").arg(row.key, row.help);
    return help.toStdString();
}

Address addressOf(const std::string &text)
{
    return Address::parse(QFile::decodeName(text.c_str()));
}

} // namespace

Simulator::Settings simulatedOf(const std::string &size)
{
    static const QRegularExpression form("^(\\d{1,4})[xX×](\\d{1,4})$");
    const QRegularExpressionMatch match = form.match(QString::fromStdString(size));
    Simulator::Settings settings;
    settings.sample.rows = match.captured(1).toInt();
    settings.sample.cols = match.captured(2).toInt();
    if (settings.sample.rows < 32 || settings.sample.rows > 512 || settings.sample.cols < 32 ||
        settings.sample.cols > 512)
        throw UsageError(
            Tr::tr("--simulate is '%1' and must be rows x columns from 32x32 to 512x512, "
                   "such as 96x96.")
                .arg(QString::fromStdString(size)));
    return settings;
}

namespace {

DatasetSources sourcesOf(const ExploreOptions &options)
{
    if (options.spectra.empty() == options.values.empty())
        throw UsageError(
            Tr::tr("--image needs what is to be measured at its pixels: either --spectra or "
                   "--values."));
    if (!options.spectra.empty() && options.scalarizer.empty())
        throw UsageError(
            Tr::tr("--spectra needs --scalarizer, which says what a spectrum is worth: "
                   "--scalarizer band:A-B for the mean from A to B."));
    DatasetSources sources;
    sources.image = addressOf(options.image);
    if (!options.spectra.empty())
        sources.spectra = addressOf(options.spectra);
    if (!options.energies.empty())
        sources.energies = addressOf(options.energies);
    if (!options.values.empty())
        sources.values = addressOf(options.values);
    return sources;
}

void declareSample(CLI::App &command, ExploreOptions &o)
{
    const std::string sample = Tr::tr("What is measured").toStdString();
    auto *image =
        command.add_option("--image", o.image, "Survey image, FILE[:array]")->group(sample);
    auto *spectra =
        command.add_option("--spectra", o.spectra, "Spectra at its pixels, FILE[:array]");
    spectra->group(sample)->needs(image);
    command.add_option("--energies", o.energies, "List of their energies, FILE:array")
        ->group(sample)
        ->needs(spectra);
    auto *values =
        command.add_option("--values", o.values, "Map of values instead of spectra, FILE:array");
    values->group(sample)->needs(image)->excludes(spectra);
    command
        .add_option("--pixel-size-nm", o.pixelSizeNm, "Of the image, where its file does not say")
        ->group(sample)
        ->needs(image)
        ->check(CLI::Range(1e-6, 1e6));
    auto *simulate = command.add_option("--simulate", o.simulate,
                                        "The simulated nanocubes, 32x32 to 512x512 pixels");
    simulate->group(sample)->excludes(image);
    command
        .add_option("--sample-seed", o.sampleSeed, "Another simulated sample for the same --seed")
        ->group(sample)
        ->check(isSeed())
        ->needs(simulate);
    auto *instrument = command.add_option(
        "--instrument", o.instrument,
        "A microscope on the network: HOST:PORT, or its protocol before it (pyro://HOST:PORT)");
    instrument->group(sample)->excludes(image)->excludes(simulate)->check(parsable(
        [](const std::string &text) { InstrumentAddress::parse(QString::fromStdString(text)); }));
    command
        .add_option("--instrument-ca", o.instrumentAuthority,
                    "Certificate (PEM) that vouches for the instrument's")
        ->group(sample)
        ->needs(instrument);
    command
        .add_flag("--shot-noise", o.hasShotNoise,
                  "Thins recorded counts to those of --dwell (the recording: 0.01 s)")
        ->group(sample)
        ->needs(spectra);
    command.add_option("--dwell", o.dwellSeconds, "Seconds a pixel (default 0.05)")
        ->group(sample)
        ->check(CLI::Range(1e-7, 100.0));
}

void declareTarget(CLI::App &command, ExploreOptions &o)
{
    const std::string target = Tr::tr("What is looked for").toStdString();
    command
        .add_option(
            "--scalarizer", o.scalarizer,
            "What a spectrum is worth: band:A-B (mean), peak:A-B (height), energy:A-B (of the "
            "peak), ratio:A-B/C-D, each with ,constant:A-B or ,power:A-B as background")
        ->group(target)
        ->excludes(command.get_option("--values"))
        ->check(parsable(
            [](const std::string &text) { Scalarizer::parse(QString::fromStdString(text)); }));
    command.add_option("--acquisition", o.acquisition, acquisitionHelp())
        ->group(target)
        ->type_name(acquisitionKeys())
        ->check(parsable([](const std::string &text) { acquisitionFromKey(text); }));
    command
        .add_option("--xi", o.xi, "Improvement asked for, in deviations (ei, poi; default 0.01)")
        ->group(target);
    command.add_option("--beta", o.beta, "Weight of the variance (ucb; default 0.2)")
        ->group(target)
        ->check(CLI::Range(0.0, 1e9));
}

void declareModel(CLI::App &command, ExploreOptions &o)
{
    const std::string model = Tr::tr("How it learns").toStdString();
    command.add_option("--model", o.model, modelHelp())
        ->group(model)
        ->check(parsable([](const std::string &text) { presetFromKey(text); }));
    command
        .add_option("--meta", o.meta,
                    "Begins from this meta-model (metatrain makes them) as long as that helps on "
                    "the points measured, else cold")
        ->group(model)
        ->check(CLI::ExistingFile);
    command
        .add_option("--meta-among", o.metaAmong,
                    "Files and folders: the program chooses among the meta-models there, or a cold "
                    "beginning, by the first points measured, and says why in the record")
        ->group(model)
        ->check(CLI::ExistingPath);
    command
        .add_option("--meta-after", o.metaAfter, "Points measured before it chooses (default 10)")
        ->group(model)
        ->check(CLI::Range(Beginning::fewestPoints, Beginning::mostPoints));
    command.add_option("--kernel", o.kernel, "Covariance of the Gaussian process (default rbf)")
        ->group(model)
        ->check(CLI::IsMember({"rbf", "matern52"}));
    command.add_option("--patch", o.patch, "Side of the square around a pixel (default 16)")
        ->group(model)
        ->check(CLI::Range(2, 256));
    command.add_flag("--vector", o.isVector, "The model predicts whole spectra")->group(model);
    command.add_option("--bin", o.bin, "Channels averaged into one")
        ->group(model)
        ->check(CLI::Range(1, 65536));
    command
        .add_option("--cycles", o.cycles,
                    "Training cycles a step (default 200; models network 50, published 20)")
        ->group(model)
        ->check(CLI::Range(1, 1'000'000));
    command.add_flag("--warm-start", o.isWarmStart, "Each step goes on from the last one's model")
        ->group(model);
    command.add_option("--warm-cycles", o.warmCycles, "Cycles of a step that does (default 20)")
        ->group(model)
        ->check(CLI::Range(1, 1'000'000));
}

void declareCourse(CLI::App &command, ExploreOptions &o)
{
    const std::string course = Tr::tr("How long").toStdString();
    command.add_option("--initial", o.initial, "First points (default 10)")
        ->group(course)
        ->check(CLI::Range(1, 1'000'000));
    command.add_option("--initial-kind", o.initialKind, "Where they lie (default random)")
        ->group(course)
        ->check(CLI::IsMember({"random", "grid"}));
    command.add_option("--steps", o.steps, "Measurements after them (default 50)")
        ->group(course)
        ->check(CLI::Range(0, 1'000'000));
    command.add_option("--max-seconds", o.maxSeconds, "Stops when so much time is up")
        ->group(course)
        ->check(CLI::Range(0.0, 1e9));
    command
        .add_option("--plateau", o.plateau,
                    "Stops when the map changed by less than 1 % over so many steps")
        ->group(course)
        ->check(CLI::Range(0, 1'000'000));
    command
        .add_option("--seed", o.seed,
                    "Of everything random (default 1): the same gives the same path")
        ->group(course)
        ->check(isSeed());
    command
        .add_option("--repeat", o.repeat,
                    "So many runs of the same sample with the seeds that follow; --out run.h5 is "
                    "run-1.h5 and so on")
        ->group(course)
        ->check(CLI::Range(1, 1000));
    command
        .add_option("--real-time", o.realTime,
                    "A measurement takes its dwell, or so many times that (default: as fast as it "
                    "goes)")
        ->group(course)
        ->expected(0, 1)
        ->default_str("1")
        ->check(CLI::Range(0.0, 1000.0));
    command
        .add_option("--threads", o.threads,
                    "For the model (default: one core stays free, at most 4)")
        ->group(course)
        ->check(CLI::Range(1, 1024));
}

void declareFiles(CLI::App &command, ExploreOptions &o)
{
    const std::string files = Tr::tr("Files").toStdString();
    command.add_option("--plan", o.plan, "Begins from this plan (JSON); other options change it")
        ->group(files);
    command.add_option("--save-plan", o.savePlan, "Writes the plan that is carried out")
        ->group(files);
    auto *out = command.add_option("--out", o.out, "Records the run, step by step (HDF5)");
    out->group(files);
    auto *workspace = command.add_option(
        "--workspace", o.workspace,
        "Records it in this workspace, with versions; a new or empty folder becomes one");
    workspace->group(files)->excludes(out);
    command
        .add_option("--continue", o.continued,
                    "Goes on with a run of the workspace that was cut off, as it was planned")
        ->group(files)
        ->needs(workspace)
        ->excludes(out);
    command
        .add_option("--maps-every", o.mapsEvery, "Maps are kept every so many steps (default 1)")
        ->group(files)
        ->check(CLI::Range(1, 1'000'000));
    command.add_flag("--overwrite", o.mayOverwrite, "--out and --save-plan may replace a file")
        ->group(files);
    command.add_flag("--json", o.isJson, "Prints the result as one JSON object on stdout")
        ->group(files);
}

} // namespace

void declare(CLI::App &command, ExploreOptions &o)
{
    command.footer(examples);
    command.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    declareSample(command, o);
    declareTarget(command, o);
    declare(command, o.heating);
    declareModel(command, o);
    declareCourse(command, o);
    declare(command, o.watch);
    declareFiles(command, o);
}

Plan planOf(const ExploreOptions &o)
{
    if (o.image.empty() && o.simulate.empty() && o.instrument.empty() && o.plan.empty())
        throw UsageError(Tr::tr(
            "There is nothing to explore: name --image, --simulate, --instrument or --plan."));
    Plan plan;
    if (!o.plan.empty()) {
        const QString file = QFile::decodeName(o.plan.c_str());
        plan = Plan::fromJson(readJson(file), file);
    }
    take(plan.seed, o.seed);
    if (!o.simulate.empty())
        plan.sample = simulatedOf(o.simulate);
    if (!o.image.empty())
        plan.sample = sourcesOf(o);
    if (!o.instrument.empty()) {
        InstrumentAddress address = InstrumentAddress::parse(QString::fromStdString(o.instrument));
        if (!o.instrumentAuthority.empty())
            address.authorityFile =
                QFileInfo(QFile::decodeName(o.instrumentAuthority.c_str())).absoluteFilePath();
        plan.sample = address;
    }
    if (auto *simulated = std::get_if<Simulator::Settings>(&plan.sample)) {
        if (o.plan.empty() || o.seed || !o.simulate.empty())
            simulated->sample.seed = plan.seed;
        take(simulated->sample.seed, o.sampleSeed);
    }
    if (!o.scalarizer.empty())
        plan.scalarizer = Scalarizer::parse(QString::fromStdString(o.scalarizer));
    plan.isVector = plan.isVector || o.isVector;
    plan.isWarmStart = plan.isWarmStart || o.isWarmStart;
    plan.hasShotNoise = plan.hasShotNoise || o.hasShotNoise;
    if (auto *recorded = std::get_if<DatasetSources>(&plan.sample)) {
        take(recorded->pixelSizeNm, o.pixelSizeNm);
        take(plan.isVector ? plan.bin : recorded->bin, o.bin);
    } else if (o.bin && !plan.isVector) {
        throw UsageError(Tr::tr("--bin has no use without --vector, except on a recording."));
    } else {
        take(plan.bin, o.bin);
    }
    take(plan.patch, o.patch);
    take(plan.dwellSeconds, o.dwellSeconds);
    if (!o.acquisition.empty())
        plan.acquisition.kind = acquisitionFromKey(o.acquisition);
    take(plan.acquisition.xi, o.xi);
    take(plan.acquisition.beta, o.beta);
    o.heating.apply(plan.acquisition.heating);
    if (!o.initialKind.empty())
        plan.initial.kind =
            o.initialKind == "grid" ? InitialPoints::Kind::Grid : InitialPoints::Kind::Random;
    else if (o.initial && plan.initial.kind == InitialPoints::Kind::Given)
        plan.initial.kind = InitialPoints::Kind::Random;
    if (plan.initial.kind != InitialPoints::Kind::Given)
        plan.initial.given.clear();
    take(plan.initial.count, o.initial);
    take(plan.steps, o.steps);
    if (!o.model.empty())
        plan.model = presetFromKey(o.model).settings;
    if (!o.kernel.empty())
        plan.model.kernel = o.kernel == "rbf" ? DeepKernelSettings::Kernel::Rbf
                                              : DeepKernelSettings::Kernel::Matern52;
    take(plan.model.cycles, o.cycles);
    take(plan.warmCycles, o.warmCycles);
    take(plan.stopping.afterSeconds, o.maxSeconds);
    take(plan.stopping.plateauSteps, o.plateau);
    take(plan.mapsEvery, o.mapsEvery);
    o.watch.apply(plan);
    return plan;
}

bool hasPlanOptions(const ExploreOptions &o)
{
    for (const std::string &text :
         {o.image, o.spectra, o.energies, o.values, o.simulate, o.instrument, o.scalarizer,
          o.acquisition, o.initialKind, o.model, o.kernel, o.meta, o.plan, o.savePlan})
        if (!text.empty())
            return true;
    for (const auto &number : {o.pixelSizeNm, o.xi, o.beta, o.dwellSeconds, o.maxSeconds})
        if (number)
            return true;
    for (const auto &number : {o.patch, o.bin, o.initial, o.steps, o.cycles, o.warmCycles,
                               o.plateau, o.mapsEvery, o.metaAfter})
        if (number)
            return true;
    return o.heating.isGiven() || o.watch.isGiven() || o.seed || o.sampleSeed ||
           !o.metaAmong.empty() || o.isVector || o.isWarmStart || o.hasShotNoise;
}

bool hasScalarizer(const Plan &plan)
{
    return plan.scalarizer.band != Band{};
}

int defaultThreads()
{
    const int cores = int(std::thread::hardware_concurrency()); // 0 when it cannot be told
    return std::clamp(cores - 1, 1, 4);
}

} // namespace helmscope
