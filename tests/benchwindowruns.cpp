// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded runs of 500 steps in the real window: scrubbing, and changing between their tabs.
#include "app/opentabs.h"
#include "app/panels.h"
#include "app/timeline.h"
#include "benchwindow.h"
#include "instrument/simulator.h"
#include "steering/recording/runfile.h"
#include "widgets/mapview.h"

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTimer>

#include <cmath>
#include <cstdio>
#include <random>

namespace helmscope {

namespace {

constexpr int side = 128, runLength = 500, firstPoints = 10;

std::uint64_t mapsHash(const Map &mean, const Map &deviation, const Map &acquisition)
{
    Belief maps;
    maps.mean = mean;
    maps.deviation = deviation;
    maps.acquisition = acquisition;
    return hashOf(maps);
}

/// Whether all views have the maps, the path and the selection of the step of this index.
bool isShown(const MainWindow &window, int index, std::uint64_t hash)
{
    const Panels &panels = *window.panels();
    const Step &step = window.helm()->run().at(index);
    const MapOverlay &overlay = panels.survey()->overlay();
    return panels.shownIndex() == index && int(overlay.path.size()) == index + 1 &&
           overlay.path.back().pixel == step.pixel &&
           mapsHash(panels.mean()->map(), panels.deviation()->map(), panels.acquisition()->map()) ==
               hash;
}

} // namespace

/// A run as the program records it, measured by the simulator at random pixels and believed by
/// kernel regression: seconds, where the DeepKernel would take many minutes. Every step has maps.
void recordRun(const QString &file, std::uint64_t seed)
{
    Simulator::Settings settings = simulatedSample(side, side, seed);
    Simulator microscope(settings);
    Run run;
    run.plan.sample = settings;
    run.plan.seed = seed;
    run.plan.initial.count = firstPoints;
    run.plan.steps = runLength - firstPoints;
    run.survey = microscope.survey([](double) { return true; });
    run.survey.spectra = {};
    run.energies = microscope.energies();
    run.plan.scalarizer = defaultScalarizer(run.energies);
    run.valueName = run.plan.scalarizer.text();
    run.valueUnit = run.plan.scalarizer.unit(run.energies);
    RunFile recording(file, run);
    std::mt19937 random{std::mt19937::result_type(seed)};
    Map weighted = Map::Zero(side, side), weights = Map::Constant(side, side, 1e-6F);
    Mask isMeasured = Mask::Constant(side, side, false);
    double best = -std::numeric_limits<double>::infinity();
    for (int number = 1; number <= runLength; ++number) {
        Step step;
        step.number = number;
        do
            step.pixel = {int(random() % side), int(random() % side)};
        while (isMeasured(step.pixel.row, step.pixel.col));
        isMeasured(step.pixel.row, step.pixel.col) = true;
        step.beam = step.pixel;
        step.reason = number > firstPoints ? Reason::Acquisition : Reason::Initial;
        step.scalarizer = run.plan.scalarizer;
        const Measurement measured = microscope.measure(step.pixel, run.plan.dwellSeconds);
        step.spectrum = measured.spectrum;
        step.value = step.scalarizer(measured.spectrum, run.energies);
        step.dwellSeconds = measured.dwellSeconds;
        step.dose = measured.dose;
        step.timeMs = 1'700'000'000'000 + 1000 * number;
        step.losses = {1.0 / number};
        step.learnSeconds = 1;
        step.bestValue = best = std::max(best, step.value);
        step.predictedMean =
            weighted(step.pixel.row, step.pixel.col) / weights(step.pixel.row, step.pixel.col);
        step.predictedDeviation = 1;
        for (int r = 0; r < side; ++r)
            for (int c = 0; c < side; ++c) {
                const float rows = float(r - step.pixel.row), cols = float(c - step.pixel.col);
                const float weight = std::exp(-(rows * rows + cols * cols) / 50);
                weighted(r, c) += weight * float(step.value);
                weights(r, c) += weight;
            }
        auto belief = std::make_shared<Belief>();
        belief->mean = weighted / weights;
        belief->deviation = (1 + weights).rsqrt();
        belief->acquisition = belief->deviation;
        belief->noise = Map::Constant(side, side, 0.1F);
        Eigen::Index row = 0, col = 0;
        belief->acquisition.maxCoeff(&row, &col);
        belief->next = Pixel{int(row), int(col)};
        step.meanDeviation = belief->deviation.mean();
        step.mapsHash = hashOf(*belief);
        step.belief = belief;
        recording.append(step);
    }
    run.outcome = Run::Outcome::Finished;
    recording.finish(run);
}

bool openRecorded(MainWindow &window, const QString &file)
{
    const auto troubles =
        QObject::connect(window.helm(), &Helm::troubled, &window, [](const QString &sentence) {
            std::printf("%s\n", qPrintable(sentence));
        });
    window.helm()->openFiles({file}, false);
    const bool isOpen = waitFor(
        [&] {
            return window.helm()->recordedIn() == file && window.helm()->run().size() == runLength;
        },
        60);
    QObject::disconnect(troubles);
    settle(1000);
    return isOpen;
}

void measureScrubbing()
{
    const QTemporaryDir folder;
    const QString file = folder.filePath("long.h5");
    QElapsedTimer clock;
    clock.start();
    recordRun(file, 1);
    // As the library reads them: what the window shows is held against it.
    std::vector<std::uint64_t> hashes;
    for (const Step &step : readRun(file, [](double) { return true; }).steps) {
        if (!step.belief) {
            std::printf("step %d was recorded without maps\n", step.number);
            return;
        }
        hashes.push_back(
            mapsHash(step.belief->mean, step.belief->deviation, step.belief->acquisition));
    }
    const auto isRight = [&hashes](const MainWindow &window, int index) {
        return isShown(window, index, hashes[std::size_t(index)]);
    };
    note("a run of 500 steps with maps of 128 x 128 was recorded in", double(clock.elapsed()) / 1e3,
         "s");
    for (const QString &layout : {QStringLiteral("steer"), QStringLiteral("review")}) {
        StartOptions options = optionsFor(folder.path());
        options.layout = layout;
        const std::unique_ptr<MainWindow> window = shown(options);
        if (!openRecorded(*window, file)) {
            std::printf("the run was not opened\n");
            return;
        }
        std::printf("layout %s\n", qPrintable(layout));
        Timeline *timeline = window->panels()->timeline();
        timeline->goTo(0);
        settle();
        int wrong = 0;
        const auto there = [](int i) {
            return int((0.5 + 0.5 * std::sin(0.05 * i)) * (runLength - 1));
        };
        frames(
            "scrubbing 500 steps one by one", runLength - 1, 30, [&](int i) { timeline->goTo(i); },
            [&](int i) { wrong += !isRight(*window, i); });
        frames(
            "scrubbing 500 steps there and back", 240, 30, [&](int i) { timeline->goTo(there(i)); },
            [&](int i) { wrong += !isRight(*window, there(i)); });
        tell("    frames that showed another step", wrong, "", 0, true);
    }
}

void measureTabs()
{
    const QTemporaryDir folder;
    const QStringList files{folder.filePath("one.h5"), folder.filePath("two.h5")};
    const std::unique_ptr<MainWindow> window = shown(optionsFor(folder.path()));
    for (const QString &file : files) {
        recordRun(file, std::uint64_t(2 + files.indexOf(file)));
        if (!openRecorded(*window, file)) {
            std::printf("a run was not opened\n");
            return;
        }
    }
    watch().reset();
    for (int i = 0; i < 20; ++i) {
        // In a turn of the loop, as a click would: what it does at once is watched, too.
        QTimer::singleShot(0, window.get(),
                           [&window, i] { window->helm()->show(window->tabs()->idAt(i % 2)); });
        settle(400);
    }
    note("20 changes between two runs of 500 steps, holds", double(watch().holds().count()), "");
    note("    median", watch().holds().percentile(50), "ms");
    note("    the processor's time of them: longest", watch().processor().longest(), "ms");
    tell("holds while tabs change, longest", watch().holds().longest(), "ms", 50, true);
    listHolds(watch().holds());
}

} // namespace helmscope
