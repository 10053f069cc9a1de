// SPDX-License-Identifier: GPL-3.0-or-later
// The moments a person meets that are no run: figures, copies, pages, layouts, looks.
#include "app/begindialog.h"
#include "app/comparewindow.h"
#include "app/console.h"
#include "app/instrumentswindow.h"
#include "app/opentabs.h"
#include "app/panels.h"
#include "app/settingsdialog.h"
#include "benchwindow.h"
#include "steering/recording/runfile.h"
#include "widgets/mapview.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTimer>
#include <QUndoStack>

#include <cstdio>

namespace helmscope {

namespace {

constexpr int side = 128;

/// Does it in a turn of the event loop, as a click would, and tells how long the window's thread
/// was held until there is peace.
void moment(const QString &name, const std::function<void()> &what,
            const std::function<bool()> &isDone = {})
{
    bool isBegun = false;
    watch().reset();
    QTimer::singleShot(0, qApp, [&] {
        what();
        isBegun = true;
    });
    QElapsedTimer clock;
    clock.start();
    const bool isThere = waitFor([&] { return isBegun && (!isDone || isDone()); }, 120);
    const qint64 took = clock.elapsed();
    settle(700);
    const Holds &holds = watch().holds();
    QString longest;
    double processor = 0;
    for (const Holds::Hold &hold : holds.kept())
        if (hold.processorMilliseconds > processor) {
            processor = hold.processorMilliseconds;
            longest = hold.what;
        }
    std::printf("%-46s %8.1f ms  (processor %6.1f ms)  of %3lld over 16 ms; %5lld ms%s  %s\n",
                qPrintable(name), holds.longest(), watch().processor().longest(),
                static_cast<long long>(holds.over(16)), static_cast<long long>(took),
                isThere ? "" : ", NOT DONE", qPrintable(longest));
    std::fflush(stdout);
}

void measureViews(MainWindow &window, const QTemporaryDir &folder, const QString &name)
{
    window.panels()->survey()->setFocus();
    for (const QString suffix : {"png", "svg", "pdf"}) {
        const QString file = folder.filePath(name + '.' + suffix);
        moment(
            QStringLiteral("%1 as %2").arg(name, suffix), [&] { window.exportTo(file); },
            [&] { return QFileInfo::exists(file) && window.helm()->errands().isIdle(); });
    }
    for (QAction *action : window.findChildren<QAction *>())
        if (action->shortcut() == QKeySequence("Ctrl+Shift+X"))
            moment(QStringLiteral("%1 copied").arg(name), [action] { action->trigger(); });
}

} // namespace

void measureFigures()
{
    const QTemporaryDir folder;
    const QStringList files{folder.filePath("one.h5"), folder.filePath("two.h5")};
    for (const QString &file : files)
        recordRun(file, std::uint64_t(2 + files.indexOf(file)));
    CompareWindow window;
    window.resize(windowSize);
    window.show();
    std::printf("figures; two runs of 500 steps at 128 x 128\n");
    moment(
        "compared", [&] { window.addFiles(files); },
        [&] { return window.comparison() && window.columns().size() == 2; });
    settle(1000);
    for (int round = 0; round < 2; ++round)
        for (const QString suffix : {"png", "svg", "pdf"}) {
            const QString file = folder.filePath(QStringLiteral("figure%1.").arg(round) + suffix);
            moment(
                QStringLiteral("the comparison as %1").arg(suffix),
                [&] { window.exportFigure(file); },
                [&] { return QFileInfo::exists(file) && window.jobs().isIdle(); });
        }
    moment(
        "its table", [&] { window.exportTable(folder.filePath("table.csv")); },
        [&] { return QFileInfo::exists(folder.filePath("table.csv")) && window.jobs().isIdle(); });
    window.close();
    const std::unique_ptr<MainWindow> console = shown(optionsFor(folder.path()));
    if (openRecorded(*console, files.first()))
        measureViews(*console, folder, "survey and path");
}

void measureMoments()
{
    const QTemporaryDir folder;
    const QString file = folder.filePath("one.h5");
    recordRun(file, 2);
    std::printf("moments; a run of 500 steps at 128 x 128\n");
    {
        const std::unique_ptr<MainWindow> window = shown(optionsFor(folder.path()));
        moment(
            "a recorded run is opened", [&] { window->helm()->openFiles({file}, false); },
            [&] { return window->helm()->run().size() == 500; });
        const auto raise = [&](const char *dock) {
            auto *found = window->findChild<QDockWidget *>(dock);
            found->show();
            found->raise();
        };
        for (const char *dock : {"steps", "runs", "catalog", "watch", "measure", "dose",
                                 "reliability", "embedding", "curves"})
            moment(QStringLiteral("panel '%1'").arg(dock), [&] { raise(dock); });
        for (const QString key : {"review", "lineage", "compare", "steer", "review", "steer"})
            moment("layout " + key, [&] { window->showLayout(key); });
        moment("instruments", [&] { window->openInstruments(); });
        moment("begin", [&] { window->openBeginning(); });
        moment("settings", [&] { window->openSettings(); });
        moment("settings closed", [&] { window->openSettings()->close(); });
        Mask half = Mask::Constant(side, side, false);
        half.leftCols(side / 2) = true;
        emit window->panels()->paintWished(half, DrawnFor::Forbidding);
        settle();
        moment("a large region undone", [&] { window->undo()->undo(); });
        moment("and done again", [&] { window->undo()->redo(); });
        for (const QString theme : {"light", "dim", "dark"})
            moment("theme " + theme, [&] {
                Preferences wished = window->preferences();
                wished.theme = theme;
                window->setPreferences(wished);
            });
        for (const int percent : {150, 100})
            moment(QStringLiteral("letters of %1 %").arg(percent), [&] {
                Preferences wished = window->preferences();
                wished.fontPercent = percent;
                window->setPreferences(wished);
            });
    }
    Console console(optionsFor(folder.path()));
    console.window()->show();
    console.window()->begin();
    waitFor([&] { return console.window()->helm()->state() == Helm::State::Ready; }, 120);
    settle();
    const Preferences before = console.window()->preferences();
    bool isMade = false;
    QObject::connect(&console, &Console::windowMade, &console, [&] { isMade = true; });
    for (const QString language : {"de", "en"}) {
        isMade = false;
        moment(
            "language " + language,
            [&] {
                Preferences wished = before;
                wished.language = language;
                console.window()->setPreferences(wished);
            },
            [&] { return isMade; });
    }
    console.window()->setPreferences(before);
}

} // namespace helmscope
