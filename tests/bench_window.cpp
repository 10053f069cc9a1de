// SPDX-License-Identifier: GPL-3.0-or-later
// How fast the window is, against what it is to be: the first window, holds of its thread during a
// run, panning and zooming a large image, scrubbing a long run, changing tabs, figures and other
// moments of a session, browsing many spectra.
//   bench_window [start] [run] [image] [scrub] [tabs] [figures] [moments] [spectra]
// all of them when none is named.
// Offscreen unless QT_QPA_PLATFORM says otherwise (xcb under Xvfb). Two cores for itself give the
// numbers to compare; the processor's time beside them does not count what others take.
#include "app/panels.h"
#include "benchwindow.h"
#include "widgets/mapview.h"

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QMouseEvent>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>
#include <vector>

using namespace helmscope;

namespace {

void measureStart()
{
    const QString program = QStringLiteral(HELMSCOPE_BINARIES "/helmscope");
    std::vector<double> seconds;
    static const QRegularExpression line("First window: ([0-9.]+) s");
    for (int i = 0; i < 6; ++i) { // the first one only warms the system's caches
        QProcess child;
        child.start(program,
                    {"--simulate", "64x64", "--quit", "--diagnostics", "--size",
                     QStringLiteral("%1x%2").arg(windowSize.width()).arg(windowSize.height())});
        child.waitForFinished(60'000);
        const QRegularExpressionMatch match =
            line.match(QString::fromUtf8(child.readAllStandardOutput()));
        if (!match.hasMatch())
            std::printf("%s told no time: %s\n", qPrintable(program),
                        child.readAllStandardError().constData());
        else if (i > 0)
            seconds.push_back(match.captured(1).toDouble());
    }
    tell("first window after the start of the process, median of 5", percentile(seconds, 50), "s",
         1.0, true);
    note("    longest", percentile(seconds, 100), "s");
}

/// A person who looks here and there while the run goes on.
void wander(MapView *view, int i)
{
    const QRectF area = view->mapArea();
    const QPointF at = area.center() + QPointF(0.4 * area.width() * std::cos(0.11 * i),
                                               0.4 * area.height() * std::sin(0.17 * i));
    QMouseEvent event(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
    QApplication::sendEvent(view, &event);
}

void measureRun()
{
    const QTemporaryDir folder;
    StartOptions options = optionsFor(folder.path());
    options.initial = 12;
    options.steps = 100;
    const std::unique_ptr<MainWindow> window = shown(options);
    QTimer wandering;
    int moves = 0;
    QObject::connect(&wandering, &QTimer::timeout, window.get(),
                     [&] { wander(window->panels()->survey(), moves++); });
    wandering.start(40);
    std::optional<Holds> hundred, processor;
    QElapsedTimer clock;
    clock.start();
    double seconds = 0;
    window->startRun();
    waitFor(
        [&] {
            if (!hundred && window->helm()->run().size() >= 112) {
                hundred = watch().holdsOfRun();
                processor = watch().processorOfRun();
                seconds = double(clock.elapsed()) / 1e3;
            }
            return !window->helm()->isGoing();
        },
        900);
    if (!hundred) {
        std::printf("the run did not come to 112 points\n");
        return;
    }
    note("100 steps at 128 x 128 and 12 first points took", seconds, "s");
    note("    holds of the window's thread over 1 ms", double(hundred->count()), "");
    note("    median", hundred->percentile(50), "ms");
    tell("holds during 100 steps at 128 x 128, 99 %", hundred->percentile(99), "ms", 16, true);
    tell("holds during 100 steps at 128 x 128, longest", hundred->longest(), "ms", 50, true);
    note("    the processor's time of them: 99 %", processor->percentile(99), "ms");
    note("    longest", processor->longest(), "ms");
    listHolds(*hundred);
}

bool writeArray(const QString &file, const char *type, const QList<qint64> &shape,
                const std::function<QByteArray(qint64 row)> &row)
{
    QFile out(file);
    if (!out.open(QIODevice::WriteOnly))
        return false;
    QStringList sizes;
    for (const qint64 size : shape)
        sizes << QString::number(size);
    QByteArray header = QStringLiteral("{'descr': '%1', 'fortran_order': False, 'shape': (%2,), }")
                            .arg(QString::fromLatin1(type), sizes.join(", "))
                            .toLatin1();
    header.append(QByteArray(64 - (10 + header.size() + 1) % 64, ' ') + '\n');
    out.write(QByteArray("\x93NUMPY\x01\x00", 8));
    out.putChar(char(header.size() & 0xff));
    out.putChar(char(header.size() >> 8));
    out.write(header);
    for (qint64 i = 0; i < shape.first(); ++i)
        if (const QByteArray bytes = row(i); out.write(bytes) != bytes.size())
            return false;
    return out.flush();
}

template <class Number, class At>
std::function<QByteArray(qint64)> rowsOf(qint64 count, At at)
{
    return [count, at](qint64 row) {
        QByteArray bytes(qsizetype(count * qint64(sizeof(Number))), Qt::Uninitialized);
        auto *numbers = reinterpret_cast<Number *>(bytes.data());
        for (qint64 i = 0; i < count; ++i)
            numbers[i] = Number(at(row, i));
        return bytes;
    };
}

void send(MapView *view, QEvent::Type type, const QPointF &at, Qt::MouseButtons buttons)
{
    QMouseEvent event(type, at, view->mapToGlobal(at),
                      type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, buttons, {});
    QApplication::sendEvent(view, &event);
}

void measureImage()
{
    constexpr int side = 4096;
    const QTemporaryDir folder;
    const QString image = folder.filePath("image.npy"), values = folder.filePath("values.npy");
    const auto wave = [](qint64 r, qint64 c) {
        return std::sin(double(r) * 0.05) * std::cos(double(c) * 0.031) +
               0.1 * double((r * 7 + c * 3) % 11);
    };
    if (!writeArray(image, "<f4", {side, side}, rowsOf<float>(side, wave)) ||
        !writeArray(values, "<f4", {side / 16, side / 16}, rowsOf<float>(side / 16, wave))) {
        std::printf("no room for an image of 64 MiB in %s\n", qPrintable(folder.path()));
        return;
    }
    const std::unique_ptr<MainWindow> window = shown(optionsFor(folder.path()));
    MapView *view = window->panels()->survey();
    watch().reset();
    QElapsedTimer clock;
    clock.start();
    window->helm()->openFiles({image, values}, false);
    waitFor([&] { return !view->isEmpty() && view->map().rows() == side; }, 120);
    note("a 4096 x 4096 image is open after", double(clock.elapsed()) / 1e3, "s");
    settle(1000);
    tell("holds while it is opened, longest", watch().holds().longest(), "ms", 50, true);
    listHolds(watch().holds());

    for (const double zoom : {0.2, 0.5, 1.0, 4.0}) {
        view->setZoom(zoom);
        const QPointF middle = view->mapArea().center();
        send(view, QEvent::MouseButtonPress, middle, Qt::LeftButton);
        frames(qPrintable(QStringLiteral("pan at 4096 x 4096, zoom %1").arg(zoom)), 240, 60,
               [&](int i) {
                   send(view, QEvent::MouseMove,
                        middle + 150 * QPointF(std::cos(i * 0.1) - 1, std::sin(i * 0.1)) +
                            QPointF(20, 0),
                        Qt::LeftButton);
               });
        send(view, QEvent::MouseButtonRelease, middle, Qt::NoButton);
    }
    view->fit();
    frames("zoom with the wheel at 4096 x 4096", 240, 60, [&](int i) {
        const QPointF at = view->mapArea().center();
        QWheelEvent event(at, view->mapToGlobal(at), {}, {0, i % 80 < 40 ? 60 : -60}, Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(view, &event);
    });
}

/// In MiB, of a line of the process's status.
double memory(const char *name)
{
    QFile in(QStringLiteral("/proc/self/status"));
    if (in.open(QIODevice::ReadOnly))
        for (const QByteArray &line : in.readAll().split('\n'))
            if (line.startsWith(name))
                return line.mid(qstrlen(name) + 1).simplified().split(' ').first().toDouble() /
                       1024;
    return 0;
}

void forgetPeak()
{
    QFile out(QStringLiteral("/proc/self/clear_refs"));
    if (out.open(QIODevice::WriteOnly))
        out.write("5");
}

void measureSpectra()
{
    constexpr int rows = 250, cols = 400, channels = 2048;
    const QTemporaryDir folder;
    const QString image = folder.filePath("image.npy"), cube = folder.filePath("spectra.npy");
    std::mt19937 random(1);
    std::vector<int> line(2 * channels); // one peak and its noise, to be shifted
    for (int i = 0; i < 2 * channels; ++i) {
        const double apart = double(i - channels) / 40;
        line[std::size_t(i)] = int(20 + 400 * std::exp(-apart * apart)) + int(random() & 7);
    }
    const auto count = [&line](qint64 row, qint64 i) {
        const qint64 channel = i % channels, col = i / channels;
        const qint64 peak = 600 + (row * 7 + col * 3) % 400;
        return line[std::size_t(channel - peak + channels)];
    };
    const auto bright = [](qint64 row, qint64 col) {
        return std::sin(double(row) * 0.05) * std::cos(double(col) * 0.03);
    };
    if (!writeArray(image, "<f4", {rows, cols}, rowsOf<float>(cols, bright)) ||
        !writeArray(cube, "<u2", {rows, cols, channels},
                    rowsOf<std::uint16_t>(qint64(cols) * channels, count))) {
        std::printf("no room for 400 MiB of spectra in %s\n", qPrintable(folder.path()));
        return;
    }
    note("100,000 spectra x 2,048 channels, in the file", double(QFile(cube).size()) / (1 << 20),
         "MiB");
    StartOptions options = optionsFor(folder.path());
    options.initial = 10;
    options.steps = 20;
    const std::unique_ptr<MainWindow> window = shown(options);
    const double before = memory("VmRSS");
    forgetPeak();
    watch().reset();
    QElapsedTimer clock;
    clock.start();
    window->helm()->openFiles({image, cube}, false);
    waitFor([&] { return window->panels()->survey()->map().rows() == rows; }, 300);
    note("open after", double(clock.elapsed()) / 1e3, "s");
    note("memory before", before, "MiB");
    note("memory after opening", memory("VmRSS"), "MiB");
    note("most memory while opening", memory("VmHWM"), "MiB");
    forgetPeak();
    window->startRun();
    waitFor([&] { return window->helm()->run().size() >= 30; }, 300);
    waitFor([&] { return !window->helm()->isGoing(); }, 60);
    note("most memory of a run of 30 points on it", memory("VmHWM"), "MiB");
    const ShownRun &run = window->helm()->run();
    frames("measured spectra looked at, one after the other", 240, 60, [&](int i) {
        const Pixel pixel = run.at(i % run.size()).pixel;
        const QPointF at = window->panels()->survey()->rectOf(pixel).center();
        send(window->panels()->survey(), QEvent::MouseMove, at, Qt::NoButton);
    });
    tell("holds meanwhile, longest", watch().holds().longest(), "ms", 50, true);
    listHolds(watch().holds());

    forgetPeak();
    clock.start();
    const double beforeAll = memory("VmRSS");
    const Dataset dataset = loadDataset(guessSources({image, cube}), [](double) { return true; });
    note("core opens the dataset in", double(clock.elapsed()), "ms");
    std::vector<double> times;
    double sum = 0;
    for (int i = 0; i < 2000; ++i) {
        clock.start();
        sum += double(dataset.spectra.at({int(random() % rows), int(random() % cols)}).sum());
        times.push_back(double(clock.nsecsElapsed()) / 1e6);
    }
    tell("a spectrum anywhere, 99 %", percentile(times, 99), "ms", 16, true);
    note("memory it takes", memory("VmRSS") - beforeAll, "MiB");
    if (!(sum > 0))
        std::printf("the spectra were empty\n");
}

} // namespace

int main(int count, char **arguments)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("Helmscope");
    QCoreApplication::setApplicationName("bench_window");
    WatchedApplication application(count, arguments);
    const QStringList wanted = QCoreApplication::arguments().mid(1);
    const auto isWanted = [&wanted](const char *name) {
        return wanted.isEmpty() || wanted.contains(QString::fromLatin1(name));
    };
    std::printf("%s, window %d x %d\n", qPrintable(QGuiApplication::platformName()),
                windowSize.width(), windowSize.height());
    try {
        if (isWanted("start"))
            measureStart();
        if (isWanted("run"))
            measureRun();
        if (isWanted("scrub"))
            measureScrubbing();
        if (isWanted("tabs"))
            measureTabs();
        if (isWanted("figures"))
            measureFigures();
        if (isWanted("moments"))
            measureMoments();
        if (isWanted("image"))
            measureImage();
        if (isWanted("spectra"))
            measureSpectra();
    } catch (const std::exception &e) {
        std::printf("%s\n", e.what());
        return 1;
    }
    return 0;
}
