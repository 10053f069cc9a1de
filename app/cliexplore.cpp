// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/clioptions.h"
#include "app/cliprogress.h"
#include "app/clirecording.h"
#include "app/clireport.h"
#include "base/json.h"
#include "base/tr.h"
#include "dkl/blas.h"
#include "instrument/forwardingmicroscope.h"
#include "metalearning/beginning.h"
#include "metalearning/beginningchoice.h"
#include "steering/experiment.h"
#include "steering/rerun/branching.h"
#include "steering/rerun/recordedmicroscope.h"
#include "steering/rerun/verification.h"

#include <CLI/CLI.hpp>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace helmscope {

namespace {

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
    auto run = std::make_shared<Run>(workspace.read(id, progress));
    readBeginnings(*run);
    return run;
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

/// A microscope that SIGINT and SIGTERM abort within 10 ms, whatever else is going on.
class AbortedBySignal final : public ForwardingMicroscope
{
public:
    explicit AbortedBySignal(std::unique_ptr<Microscope> microscope)
        : ForwardingMicroscope(std::move(microscope))
        , m_thread([this] {
            std::unique_lock lock(m_mutex);
            while (!m_isOver && !isStopAsked())
                m_changed.wait_for(lock, std::chrono::milliseconds(10));
            if (!m_isOver)
                inner().abort();
        })
    {
    }
    ~AbortedBySignal() override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_isOver = true;
        }
        m_changed.notify_all();
        m_thread.join();
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_isOver = false;
    std::thread m_thread; // last: it uses the others
};

/// The file of the i-th run: run.h5, or of several run-1.h5, run-2.h5 ...
QString outOf(const ExploreOptions &options, int i)
{
    const QString file = QFile::decodeName(options.out.c_str());
    if (file.isEmpty() || options.repeat == 1)
        return file;
    const QFileInfo info(file);
    return info.dir().filePath(QStringLiteral("%1-%2%3")
                                   .arg(info.completeBaseName())
                                   .arg(i + 1)
                                   .arg(info.suffix().isEmpty() ? QString() : '.' + info.suffix()));
}

/// Quartiles by linear interpolation, of numbers that are.
struct Spread
{
    double low = std::nan(""), middle = std::nan(""), high = std::nan("");
    explicit Spread(std::vector<double> numbers)
    {
        std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
        if (numbers.empty())
            return;
        std::sort(numbers.begin(), numbers.end());
        const auto at = [&numbers](double fraction) {
            const double place = fraction * double(numbers.size() - 1);
            const std::size_t below = std::size_t(place);
            const std::size_t above = std::min(below + 1, numbers.size() - 1);
            return numbers[below] + (place - double(below)) * (numbers[above] - numbers[below]);
        };
        low = at(0.25);
        middle = at(0.5);
        high = at(0.75);
    }
};

std::vector<std::pair<QString, Spread>> spreads(const std::vector<Run> &runs)
{
    const auto of = [&runs](const std::function<double(const Run &)> &number) {
        std::vector<double> numbers;
        for (const Run &run : runs)
            numbers.push_back(run.steps.empty() ? std::nan("") : number(run));
        return Spread(std::move(numbers));
    };
    const auto judged = [&of](double Quality::*what) {
        return of([what](const Run &run) {
            const std::optional<Quality> quality = qualityOf(run);
            return quality ? (*quality).*what : std::nan("");
        });
    };
    return {{"bestValue", of([](const Run &run) { return run.steps.back().bestValue; })},
            {"rmse", judged(&Quality::rmse)},
            {"r2", judged(&Quality::r2)},
            {"nlpd", judged(&Quality::nlpd)},
            {"coverage95", judged(&Quality::coverage95)}};
}

QJsonObject spreadOf(const std::vector<Run> &runs)
{
    const auto value = [](double number) {
        return std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null);
    };
    QJsonObject object{{"runs", int(runs.size())}};
    for (const auto &[name, spread] : spreads(runs))
        object[name] = QJsonObject{{"lowerQuartile", value(spread.low)},
                                   {"median", value(spread.middle)},
                                   {"upperQuartile", value(spread.high)}};
    return object;
}

void printSpread(const std::vector<Run> &runs)
{
    printOut(Tr::tr("Over %1 seeds, median (quartiles):").arg(runs.size()));
    for (const auto &[name, spread] : spreads(runs))
        if (std::isfinite(spread.middle))
            printOut(QStringLiteral("  %1 %2 (%3 … %4)")
                         .arg(name, -14)
                         .arg(QString::number(spread.middle, 'g', 4),
                              QString::number(spread.low, 'g', 4),
                              QString::number(spread.high, 'g', 4)));
}

/// What is left open for the program to choose.
void takeChoice(Beginning &beginning, const ExploreOptions &options)
{
    if (options.metaAfter && options.metaAmong.empty() && !beginning.isOpen())
        throw UsageError(Tr::tr("--meta-after says when to choose: name with --meta-among what "
                                "from."));
    if (options.metaAfter)
        beginning.afterPoints = *options.metaAfter;
    if (options.metaAmong.empty())
        return;
    beginning.among.clear();
    for (const std::string &place : options.metaAmong)
        beginning.among << QFileInfo(QFile::decodeName(place.c_str())).absoluteFilePath();
}

int carryOut(const ExploreOptions &options)
{
    const QString continued = QString::fromStdString(options.continued);
    if (!continued.isEmpty() && (hasPlanOptions(options) || options.repeat > 1))
        throw UsageError(Tr::tr("--continue goes on as the run was planned: leave out what the "
                                "plan says."));
    std::optional<Workspace> workspace;
    if (!options.workspace.empty())
        workspace = workspaceFor(QFile::decodeName(options.workspace.c_str()));
    const std::shared_ptr<const Run> past =
        continued.isEmpty() ? nullptr : cutOff(*workspace, continued);
    Plan plan = past ? past->plan : planOf(options);
    if (!options.meta.empty())
        plan.beginning = {};
    takeChoice(plan.beginning, options);
    if (!past)
        readBeginning(plan, QFile::decodeName(options.meta.c_str()));
    const Blas blas = loadedBlas();
    if (blas.isSlow)
        printError(QString::fromStdString(blas.advice));
    const int threads = options.threads.value_or(defaultThreads());
    setModelThreads(threads);

    // What would be written is looked at before anything is read or measured.
    const QString planFile = QFile::decodeName(options.savePlan.c_str());
    std::vector<CommandLineRecording> recordings;
    for (int i = 0; i < options.repeat; ++i) {
        if (workspace)
            recordings.emplace_back(*workspace, continued);
        else
            recordings.emplace_back(outOf(options, i), options.mayOverwrite);
        recordings.back().check(inputsOf(plan));
    }
    if (!planFile.isEmpty() && QFile::exists(planFile) && !options.mayOverwrite)
        fail(Tr::tr("%1 exists already: give --save-plan another name, or add --overwrite.")
                 .arg(planFile));

    const auto opened = [&] {
        return plan.origin.run.isEmpty() ? open(plan) : openBranchOf(plan, workspace);
    };
    std::unique_ptr<Microscope> microscope = opened();
    if (microscope->energies().channels() > 0 && !hasScalarizer(plan)) {
        plan.scalarizer = defaultScalarizer(microscope->energies());
        printError(Tr::tr("No --scalarizer was given: %1 it is.").arg(plan.scalarizer.text()));
    }
    if (!planFile.isEmpty())
        writeJson(planFile, plan.toJson());

    QJsonArray told;
    std::vector<Run> runs;
    int code = Done;
    for (int i = 0; i < options.repeat && code == Done; ++i) {
        if (i > 0) { // the same sample, everything else random anew
            ++plan.seed;
            microscope = opened();
        }
        if (options.realTime)
            microscope = inRealTime(std::move(microscope), *options.realTime);
        if (std::holds_alternative<InstrumentAddress>(plan.sample)) {
            // There a signal ends the exposure that is going on, not only what follows it.
            microscope->setPatience([] { return !isStopAsked(); });
            microscope = std::make_unique<AbortedBySignal>(std::move(microscope));
        }
        CommandLineRecording &recording = recordings[std::size_t(i)];
        Run run = exploreAloud(
            [&](const Progress &progress, const OnStep &onStep, const OnStart &onStart) {
                const Company with = choosingBeginning(plan, past.get(), {{}, onStep, onStart},
                                                       [](double) { return !isStopAsked(); });
                return past ? continueRun(past, std::move(microscope), progress, with.onStep,
                                          with.person, with.onStart)
                            : explore(plan, *microscope, progress, with.onStep, with.person,
                                      with.onStart);
            },
            [&](const Run &start) {
                if (past)
                    recording.resume(*past);
                else
                    recording.begin(start);
            },
            [&](const Step &step) { recording.append(step); });
        recording.finish(run);
        if (!options.isJson)
            printSummary(run);
        code = tellEnd(run, recording.fileName(), options.isJson);
        QJsonObject one = toJson(run, recording.fileName(), blas, threads);
        one["id"] = recording.id().isEmpty() ? QJsonValue(QJsonValue::Null) : recording.id();
        told.append(one);
        run.model.clear();
        for (Step &step : run.steps)
            step.belief.reset(); // not needed for what is told of all
        runs.push_back(std::move(run));
    }
    const bool isRepeated = options.repeat > 1;
    if (isRepeated && !options.isJson)
        printSpread(runs);
    if (options.isJson) {
        const QJsonObject answer = isRepeated
                                       ? QJsonObject{{"runs", told}, {"summary", spreadOf(runs)}}
                                       : told.first().toObject();
        printOut(QJsonDocument(answer).toJson(QJsonDocument::Compact));
    }
    return code;
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
