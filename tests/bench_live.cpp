// SPDX-License-Identifier: GPL-3.0-or-later
// How long the beam waits in a run on the simulated microscope in real time, how long it would wait
// if learning came after measuring, and how long it is blanked on a server in another process:
// `bench_live [steps] [dwell in ms]`.
#include "instrument/protocol/remotemicroscope.h"
#include "steering/experiment.h"
#include "steering/rerun/recordedmicroscope.h"

#include "base/tr.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

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

/// The fraction of the time between the first and the last measurement during which a server in
/// another process had its beam blanked, by its own log.
double blanked(Plan plan)
{
    const QTemporaryDir folder;
    const QString log = folder.filePath("log.jsonl");
    QProcess server;
    server.start(QCoreApplication::applicationDirPath() + "/helmscope-cli",
                 {"serve", "--simulate", "64x64", "--port", "0", "--log", log});
    if (!server.waitForReadyRead(20'000))
        fail("The server does not start.");
    RemoteMicroscope::Settings settings;
    settings.address.host = "127.0.0.1";
    settings.address.port =
        QString::fromUtf8(server.readLine()).section(':', 1).section(';', 0, 0).toInt();
    plan.watch.overlaps = true;
    {
        RemoteMicroscope remote(settings);
        const Run run = explore(plan, remote, unwatched(), [](const Step &) {});
        if (run.outcome != Run::Outcome::Finished)
            fail(run.message);
    }
    server.terminate();
    server.waitForFinished(5000);
    QFile in(log);
    if (!in.open(QIODevice::ReadOnly))
        fail("The server's log cannot be read.");
    double begin = -1, on = 0, dwelling = 0, end = 0;
    int exposures = 0;
    while (!in.atEnd()) {
        const QJsonObject line = QJsonDocument::fromJson(in.readLine()).object();
        if (line["event"] != "beam" || line["why"] == "survey")
            continue;
        const double now = 1e-6 * line["clock_us"].toDouble();
        if (line["what"] == "on") {
            on = now;
            begin = begin < 0 ? now : begin;
            ++exposures;
        } else if (begin >= 0) {
            dwelling += now - on;
            end = now;
        }
    }
    std::printf("%-22s %4d exposures in %6.2f s; the beam was blanked %5.1f %% of the time\n",
                "overlapped, by network", exposures, end - begin,
                100 * (1 - dwelling / (end - begin)));
    return 1 - dwelling / (end - begin);
}

} // namespace

int main(int count, char **arguments)
{
    const QCoreApplication application(count, arguments);
    Plan plan;
    plan.sample = Simulator::Settings();
    plan.scalarizer.band = {0.43, 0.53};
    plan.steps = count > 1 ? std::max(1, std::atoi(arguments[1]) - plan.initial.count) : 90;
    plan.dwellSeconds = count > 2 ? std::atof(arguments[2]) / 1000 : 0.05;
    try {
        const double after = explored(plan, false), overlapped = explored(plan, true);
        std::printf("ratio of the waiting: %.2f\n", overlapped / after);
        const double remote = blanked(plan);
        const bool isGood = overlapped <= 0.2 && remote <= 0.2;
        std::printf("%s: at most 20 %% is wanted\n", isGood ? "good" : "MISSED");
        return isGood ? 0 : 1;
    } catch (const Error &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
