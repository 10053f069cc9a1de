// SPDX-License-Identifier: GPL-3.0-or-later
// How long the beam waits in a run on the simulated microscope in real time, and how long it would
// wait if learning came after measuring: `bench_live [steps] [dwell in ms]`.
#include "steering/experiment.h"
#include "steering/rerun/recordedmicroscope.h"

#include "base/tr.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace helmscope;

namespace {

using Clock = std::chrono::steady_clock;

double secondsBetween(Clock::time_point from, Clock::time_point to)
{
    return std::chrono::duration<double>(to - from).count();
}

/// Counts the time between measurements.
class Watched final : public Microscope
{
public:
    explicit Watched(std::unique_ptr<Microscope> inner)
        : m_inner(std::move(inner))
    {
    }
    double dwelling = 0, waiting = 0;
    int measurements = 0;

    QString name() const override { return m_inner->name(); }
    Dataset survey(const Progress &progress) override { return m_inner->survey(progress); }
    EnergyAxis energies() const override { return m_inner->energies(); }
    Limits limits() const override { return m_inner->limits(); }
    Measurement measure(Pixel pixel, double dwell) override
    {
        const Clock::time_point begin = Clock::now();
        if (measurements++ > 0)
            waiting += secondsBetween(m_end, begin);
        Measurement measurement = m_inner->measure(pixel, dwell);
        m_end = Clock::now();
        dwelling += secondsBetween(begin, m_end);
        return measurement;
    }
    void abort() override { m_inner->abort(); }
    void resume() override { m_inner->resume(); }

private:
    const std::unique_ptr<Microscope> m_inner;
    Clock::time_point m_end;
};

/// The fraction of the time during which the beam waited.
double explored(Plan plan, bool overlaps)
{
    plan.watch.overlaps = overlaps;
    Watched microscope(inRealTime(openMicroscope(plan, unwatched()), 1));
    double learning = 0, predicting = 0;
    const std::clock_t cpu = std::clock();
    const Run run = explore(plan, microscope, unwatched(), [&](const Step &step) {
        learning += step.learnSeconds;
        predicting += step.predictSeconds;
    });
    if (run.outcome != Run::Outcome::Finished)
        fail(run.message);
    const double all = microscope.dwelling + microscope.waiting;
    std::printf("%-22s %4d measurements in %6.2f s, each learning %5.1f ms, predicting "
                "%5.1f ms (all together %5.1f ms of processor); the beam waited %5.1f %% of the "
                "time\n",
                overlaps ? "overlapped" : "one after the other", microscope.measurements, all,
                1000 * learning / microscope.measurements,
                1000 * predicting / microscope.measurements,
                1000 * double(std::clock() - cpu) / CLOCKS_PER_SEC / microscope.measurements,
                100 * microscope.waiting / all);
    return microscope.waiting / all;
}

} // namespace

int main(int count, char **arguments)
{
    Plan plan;
    plan.sample = Simulator::Settings();
    plan.scalarizer.band = {0.43, 0.53};
    plan.steps = count > 1 ? std::max(1, std::atoi(arguments[1]) - plan.initial.count) : 90;
    plan.dwellSeconds = count > 2 ? std::atof(arguments[2]) / 1000 : 0.05;
    try {
        const double after = explored(plan, false), overlapped = explored(plan, true);
        std::printf("ratio of the waiting: %.2f\n", overlapped / after);
        std::printf("%s: at most 20 %% is wanted\n", overlapped <= 0.2 ? "good" : "MISSED");
        return overlapped <= 0.2 ? 0 : 1;
    } catch (const Error &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
