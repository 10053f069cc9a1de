// SPDX-License-Identifier: GPL-3.0-or-later
// The console's window on a small simulated sample, as the tests of the window begin with it.
#pragma once

#include "app/mainwindow.h"

#include <QSettings>
#include <QTest>

#include <memory>

namespace helmscope {

constexpr int longMilliseconds = 60'000; // a sanitizer's build on two busy cores

/// Of 32 × 32 pixels with a run of 5 + 4 points, recorded in this folder; empty: nowhere said.
inline StartOptions smallOptions(const QString &folder = {})
{
    StartOptions options;
    options.rows = options.cols = 32;
    options.seed = 3;
    options.initial = 5;
    options.steps = 4;
    options.cycles = 4;
    options.theme = "dark";
    if (!folder.isEmpty())
        options.out = folder + "/run.h5";
    return options;
}

/// Settings in files, hence in those of keepSettingsIn(); once a test program.
inline void nameProgram(const char *name)
{
    QCoreApplication::setOrganizationName("Helmscope");
    QCoreApplication::setApplicationName(name);
    QSettings::setDefaultFormat(QSettings::IniFormat);
}

/// Of this test alone.
inline void keepSettingsIn(const QString &folder)
{
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder);
}

/// A new window in place of the last, on the screen, with its first sample open.
inline void showSmallWindow(std::unique_ptr<MainWindow> &window, const StartOptions &options)
{
    window.reset(); // it keeps its settings before the next one reads them
    window = std::make_unique<MainWindow>(options);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    window->begin();
    QTRY_VERIFY_WITH_TIMEOUT(window->helm()->state() == Helm::State::Ready, longMilliseconds);
}

} // namespace helmscope
