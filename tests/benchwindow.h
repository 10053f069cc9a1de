// SPDX-License-Identifier: GPL-3.0-or-later
// What the measurements of the window share: waiting as the program does, frames, and words.
#pragma once

#include "app/loopwatch.h"
#include "app/mainwindow.h"

#include <QSize>

#include <functional>
#include <memory>
#include <vector>

namespace helmscope {

inline const QSize windowSize(1600, 1000);

void tell(const char *what, double measured, const char *unit, double target, bool isAtMost);
void note(const char *what, double measured, const char *unit);
double percentile(std::vector<double> values, double percent);
WatchedApplication &watch();
void listHolds(const Holds &holds); ///< the five longest

/// Waits in an event loop as the program's own until `isDone`, looking every few milliseconds.
bool waitFor(const std::function<bool()> &isDone, int seconds);
void settle(int milliseconds = 300);

/// Frames of the whole window, from the input to the painted picture. `check`, after each, is not
/// counted.
void frames(const char *name, int count, double targetFps, const std::function<void(int)> &change,
            const std::function<void(int)> &check = {});

StartOptions optionsFor(const QString &folder);
/// The window of these options with its first sample, in peace.
std::unique_ptr<MainWindow> shown(const StartOptions &options);

// Of recorded runs, in benchwindowruns.cpp.
/// Of 500 steps with maps of 128 × 128; seconds, no model.
void recordRun(const QString &file, std::uint64_t seed);
/// In a tab of its own, its newest step shown; false: not within a minute.
bool openRecorded(MainWindow &window, const QString &file);
void measureScrubbing();
void measureTabs();

// In benchwindowmoments.cpp.
void measureFigures();
void measureMoments();

} // namespace helmscope
