// SPDX-License-Identifier: GPL-3.0-or-later
// From an operator's abort to the blank command on the wire and to the blanked beam, over the
// loopback to a server in another process, while a model trains as hard as it can.
#include "instrument/protocol/remotemicroscope.h"
#include "steering/experiment.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTextStream>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <random>
#include <thread>

using namespace helmscope;

namespace {

double microseconds()
{
    using std::chrono::duration, std::chrono::steady_clock;
    return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

QString told(const char *what, std::vector<double> milliseconds)
{
    std::sort(milliseconds.begin(), milliseconds.end());
    const auto at = [&](double fraction) {
        const double rank = std::ceil(fraction * double(milliseconds.size()));
        return milliseconds[std::size_t(std::max(rank, 1.0)) - 1];
    };
    return QStringLiteral("%1: median %2 ms, p99 %3 ms, longest %4 ms of %5")
        .arg(QString::fromLatin1(what), -28)
        .arg(at(0.5), 0, 'f', 2)
        .arg(at(0.99), 0, 'f', 2)
        .arg(at(1), 0, 'f', 2)
        .arg(milliseconds.size());
}

/// When the server's log says that something happened, µs; in order.
std::vector<double> times(const QString &log, const QString &event, const QString &key,
                          const QString &value)
{
    QFile in(log);
    std::vector<double> found;
    if (in.open(QIODevice::ReadOnly))
        while (!in.atEnd()) {
            const QJsonObject line = QJsonDocument::fromJson(in.readLine()).object();
            if (line["event"] == event && line[key] == value)
                found.push_back(line["clock_us"].toDouble());
        }
    return found;
}

} // namespace

int main(int count, char **arguments)
{
    const QCoreApplication application(count, arguments);
    QTextStream out(stdout);
    const int aborts = count > 1 ? std::max(10, QString(arguments[1]).toInt()) : 300;
    QTemporaryDir folder;
    const QString log = folder.filePath("log.jsonl");
    QProcess server;
    server.start(QCoreApplication::applicationDirPath() + "/helmscope-cli",
                 {"serve", "--simulate", "64x64", "--port", "0", "--log", log});
    if (!server.waitForReadyRead(20'000))
        return 1;
    RemoteMicroscope::Settings settings;
    settings.address.host = "127.0.0.1";
    settings.address.port =
        QString::fromUtf8(server.readLine()).section(':', 1).section(';', 0, 0).toInt();
    std::mutex mutex;
    std::vector<double> onWire; // under the mutex
    settings.transcript = [&](const QByteArray &payload, bool isSent) {
        if (!isSent || !payload.contains("scan.abort"))
            return;
        const std::lock_guard lock(mutex);
        onWire.push_back(microseconds());
    };
    RemoteMicroscope remote(settings);

    std::atomic<bool> isOver = false;
    std::atomic<int> trained = 0;
    std::thread training([&] {
        Plan plan;
        plan.sample = Simulator::Settings();
        plan.scalarizer.band = {0.43, 0.53};
        plan.steps = 1'000'000;
        plan.seed = 3;
        Simulator sample((Simulator::Settings()));
        explore(
            plan, sample, [&](double) { return !isOver; }, [&](const Step &) { ++trained; });
    });
    std::mt19937 bits(1);
    std::vector<double> asked, returned;
    for (int i = 0; i < aborts; ++i) {
        remote.resume();
        std::thread measuring([&] {
            try {
                remote.measure({int(bits() % 64), 5}, 5);
            } catch (const Error &) {
                // as it should
            }
        });
        while (remote.state().beam != InstrumentState::Beam::On)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        std::this_thread::sleep_for(std::chrono::microseconds(bits() % 50'000));
        asked.push_back(microseconds());
        remote.abort();
        returned.push_back(microseconds());
        measuring.join();
        while (remote.state().beam == InstrumentState::Beam::On)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    isOver = true;
    training.join();
    server.terminate();
    server.waitForFinished(5000);

    const std::vector<double> commands = times(log, "command", "method", "scan.abort");
    const std::vector<double> blanked = times(log, "beam", "why", "aborted");
    if (commands.size() != asked.size() || blanked.size() != asked.size() ||
        onWire.size() != asked.size()) {
        out << "The server saw " << commands.size() << " aborts and blanked " << blanked.size()
            << " times; " << asked.size() << " were asked for.\n";
        return 1;
    }
    std::vector<double> toReturn, toWire, toBlank;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        toReturn.push_back(1e-3 * (returned[i] - asked[i]));
        toWire.push_back(1e-3 * (onWire[i] - asked[i]));
        toBlank.push_back(1e-3 * (blanked[i] - asked[i]));
    }
    out << told("the abort returns", toReturn) << '\n'
        << told("it is on the wire", toWire) << '\n'
        << told("the server has blanked the beam", toBlank) << '\n'
        << "while the model was trained " << trained << " times\n";
    return 0;
}
