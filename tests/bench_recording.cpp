// SPDX-License-Identifier: GPL-3.0-or-later
// What recording adds to each step, on the disk of the folder that is named, and how large a run's
// folder gets. The steps are made once (or read from a run file) and then recorded again.
#include "base/error.h"
#include "steering/experiment.h"
#include "steering/recording/runfile.h"
#include "workspace/lineage/runlineage.h"
#include "workspace/runrecorder.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTextStream>

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fcntl.h>
#include <unistd.h>

using namespace helmscope;

namespace {

class Stopwatch
{
public:
    double milliseconds() const
    {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - m_start)
            .count();
    }

private:
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

QJsonObject spread(std::vector<double> numbers)
{
    std::sort(numbers.begin(), numbers.end());
    const auto at = [&](double fraction) {
        const double rank = std::ceil(fraction * double(numbers.size()));
        return std::round(1000 * numbers[std::size_t(std::max(rank, 1.0)) - 1]) / 1000;
    };
    return {{"p50", at(0.5)}, {"p95", at(0.95)}, {"max", at(1)}};
}

Plan planOf(int side, int channels, int steps)
{
    Plan plan;
    Simulator::Settings sample;
    sample.sample.rows = sample.sample.cols = side;
    sample.sample.channels = channels;
    plan.sample = sample;
    plan.scalarizer.band = {0.35, 0.55};
    plan.patch = 8;
    plan.model.cycles = 60;
    plan.isWarmStart = true;
    plan.steps = steps - plan.initial.count;
    return plan;
}

/// Milliseconds of an append of a page with its fdatasync: what the disk alone takes.
std::vector<double> syncs(const QString &folder)
{
    const QByteArray name = QFile::encodeName(folder + "/sync.part");
    const int descriptor = ::open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    std::vector<double> times;
    const QByteArray page(4096, 'x');
    for (int i = 0; descriptor >= 0 && i < 200; ++i) {
        const Stopwatch watch;
        if (::write(descriptor, page.constData(), 4096) != 4096 || ::fdatasync(descriptor) != 0)
            break;
        times.push_back(watch.milliseconds());
    }
    ::close(descriptor);
    ::unlink(name);
    return times;
}

qint64 bytesIn(const QString &folder)
{
    qint64 bytes = 0;
    for (QDirIterator it(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
         it.hasNext();)
        bytes += QFileInfo(it.next()).size();
    return bytes;
}

} // namespace

int main(int count, char **arguments)
{
    const QCoreApplication application(count, arguments);
    QCommandLineParser parser;
    parser.setApplicationDescription("Times the recording of a run.");
    parser.addHelpOption();
    parser.addOptions({{"side", "Of the grid.", "pixels", "128"},
                       {"channels", "Of a spectrum.", "number", "1024"},
                       {"steps", "Measurements.", "number", "200"},
                       {"run",
                        "Steps of this run file in place of new ones; made where it is not "
                        "there.",
                        "file"},
                       {"folder", "On the disk to record on.", "folder", QDir::tempPath()}});
    parser.process(application);
    try {
        const QString source = parser.value("run");
        Run run;
        if (!source.isEmpty() && QFileInfo::exists(source)) {
            run = readRun(source, unwatched());
        } else {
            QTextStream(stderr) << "Exploring once...\n";
            const Plan plan = planOf(parser.value("side").toInt(), parser.value("channels").toInt(),
                                     parser.value("steps").toInt());
            const auto microscope = openMicroscope(plan, unwatched());
            std::unique_ptr<RunFile> file;
            run = explore(
                plan, *microscope, unwatched(),
                [&](const Step &step) {
                    if (file)
                        file->append(step);
                },
                {},
                [&](const Run &start) {
                    if (!source.isEmpty())
                        file = std::make_unique<RunFile>(source, start);
                });
            if (file)
                file->finish(run);
        }
        Run start = run;
        start.steps.clear();

        const QTemporaryDir folder(parser.value("folder") + "/bench-XXXXXX");
        Workspace workspace = Workspace::create(folder.path());
        if (!personOf(workspace))
            setPerson(workspace, {"Bench", "bench@example.org"});
        RunRecorder recorder(
            workspace, {}, [](const QString &trouble) { QTextStream(stderr) << trouble << '\n'; });
        const Stopwatch beginning;
        recorder.begin(start);
        const double begin = beginning.milliseconds();
        std::vector<double> initial, learnt;
        for (const Step &step : run.steps) {
            const Stopwatch watch;
            recorder.append(step);
            (step.belief ? learnt : initial).push_back(watch.milliseconds());
        }
        const QString at = recorder.folder();
        // What a step costs in the lineage, whose steps wait for one writing in some seconds.
        double lineage = 0;
        {
            const QTemporaryDir other(parser.value("folder") + "/bench-XXXXXX");
            if (!QDir(other.path()).mkpath("runs/r") ||
                !QFile::copy(at + "/plan.json", other.filePath("runs/r/plan.json")))
                throw Error("The bench cannot copy the plan.");
            RunLineage writer({other.path(), "r", 1'800'000'000'000, {}}, start);
            for (const Step &step : run.steps)
                writer.append(step);
            const Stopwatch writing;
            writer.flush();
            lineage = writing.milliseconds() / double(run.steps.size());
        }
        const Stopwatch ending;
        recorder.finish(run);
        std::vector<double> all = initial;
        all.insert(all.end(), learnt.begin(), learnt.end());
        const QJsonObject told{
            {"steps", int(run.steps.size())},
            {"channels", run.energies.channels()},
            {"side", run.survey.rows()},
            {"millisecondsPerStep", spread(all)},
            {"withMaps", learnt.empty() ? QJsonObject() : spread(learnt)},
            {"diskSyncAlone", spread(syncs(folder.path()))},
            {"lineageMillisecondsPerStep", lineage},
            {"begin", std::round(begin)},
            {"finish", std::round(ending.milliseconds())},
            {"folderMB", double(bytesIn(at)) / 1e6},
            {"runFileMB", double(QFileInfo(at + "/run.h5").size()) / 1e6},
            {"stepsMB", double(QFileInfo(at + "/steps.jsonl").size()) / 1e6},
        };
        QTextStream(stdout) << QJsonDocument(told).toJson();
        return 0;
    } catch (const Error &error) {
        QTextStream(stderr) << error.what() << '\n';
        return 1;
    }
}
