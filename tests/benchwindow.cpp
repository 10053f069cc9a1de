// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchwindow.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace helmscope {

void tell(const char *what, double measured, const char *unit, double target, bool isAtMost)
{
    const bool isMet = isAtMost ? measured <= target : measured >= target;
    std::printf("%-58s %9.2f %-4s  %s %6.1f  %s\n", what, measured, unit,
                isAtMost ? "<=" : ">=", target, isMet ? "met" : "MISSED");
    std::fflush(stdout);
}

void note(const char *what, double measured, const char *unit)
{
    std::printf("%-58s %9.2f %s\n", what, measured, unit);
    std::fflush(stdout);
}

double percentile(std::vector<double> values, double percent)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const double rank = std::ceil(percent / 100 * double(values.size()));
    return values[std::size_t(std::max(1.0, rank)) - 1];
}

WatchedApplication &watch()
{
    return *WatchedApplication::instance();
}

void listHolds(const Holds &holds)
{
    std::vector<Holds::Hold> longest = holds.kept();
    std::sort(longest.begin(), longest.end(),
              [](const auto &a, const auto &b) { return a.milliseconds > b.milliseconds; });
    for (std::size_t i = 0; i < std::min<std::size_t>(5, longest.size()); ++i)
        std::printf("    %6.1f ms (%.1f)  %s  [%s]\n", longest[i].milliseconds,
                    longest[i].processorMilliseconds, qPrintable(longest[i].what),
                    qPrintable(longest[i].during));
    std::fflush(stdout);
}

bool waitFor(const std::function<bool()> &isDone, int seconds)
{
    QEventLoop loop;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (isDone())
            loop.quit();
    });
    look.start(5);
    QTimer::singleShot(seconds * 1000, &loop, &QEventLoop::quit);
    loop.exec();
    return isDone();
}

void settle(int milliseconds)
{
    QEventLoop loop;
    QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
    loop.exec();
}

void frames(const char *name, int count, double targetFps, const std::function<void(int)> &change,
            const std::function<void(int)> &check)
{
    std::vector<double> times, processor; // the latter is of all threads of the program
    QElapsedTimer clock;
    for (int i = 0; i < count; ++i) {
        clock.start();
        const std::clock_t before = std::clock();
        change(i);
        QApplication::processEvents(); // paints what has changed
        times.push_back(double(clock.nsecsElapsed()) / 1e6);
        processor.push_back(1e3 * double(std::clock() - before) / CLOCKS_PER_SEC);
        if (check)
            check(i);
    }
    const QByteArray title = name;
    tell((title + ", 95 % of frames").constData(), 1000 / percentile(times, 95), "fps", targetFps,
         false);
    std::printf("    frame: median %.2f, 95 %% %.2f, longest %.2f ms; processor median %.2f, 95 %% "
                "%.2f ms\n",
                percentile(times, 50), percentile(times, 95), percentile(times, 100),
                percentile(processor, 50), percentile(processor, 95));
}

StartOptions optionsFor(const QString &folder)
{
    StartOptions options;
    options.rows = options.cols = 128;
    options.seed = 1;
    options.theme = "dark";
    options.size = windowSize;
    options.out = folder + "/run.h5";
    return options;
}

std::unique_ptr<MainWindow> shown(const StartOptions &options)
{
    auto window = std::make_unique<MainWindow>(options);
    window->show();
    window->begin();
    waitFor([&] { return window->helm()->state() == Helm::State::Ready; }, 120);
    settle();
    return window;
}

} // namespace helmscope
