// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/banner.h"
#include "app/comparewindow.h"
#include "app/console.h"
#include "app/historywindow.h"
#include "app/lineagewindow.h"
#include "app/loopwatch.h"
#include "app/mainwindow.h"
#include "app/metasweepwindow.h"
#include "app/preferences.h"
#include "app/startoptions.h"
#include "app/unattended.h"
#include "app/unattendedsweep.h"
#include "app/welcome.h"
#include "base/error.h"
#include "base/tr.h"
#include "workspace/workspace.h"

#include <QApplication>
#include <QProcess>
#include <QTextStream>

#include <algorithm>
#include <cstdio>

using namespace helmscope;

namespace {

/// --help and --version also answer where there is no display.
bool answersInText(const QStringList &words, int &count, char **arguments)
{
    const QStringList asking{"-h", "--help", "-v", "--version"};
    if (std::none_of(words.begin(), words.end(),
                     [&asking](const QString &word) { return asking.contains(word); }))
        return false;
    const QCoreApplication application(count, arguments);
    applyLanguage(Preferences::load());
    const StartOptions options = StartOptions::parse(words);
    QTextStream(stdout) << (options.isHelp ? StartOptions::helpText()
                                           : QStringLiteral("helmscope " HELMSCOPE_VERSION "\n"));
    return true;
}

/// The lineage window alone.
int browse(QApplication &application, const StartOptions &options)
{
    LineageWindow window;
    if (!options.size.isEmpty())
        window.resize(options.size);
    // A run opens in a console of its own.
    QObject::connect(&window, &LineageWindow::runWished, &window,
                     [](const QString &workspace, const ExperimentPlace &place) {
                         QStringList words{Workspace(workspace).runFolder(place.run) + "/run.h5"};
                         if (place.step > 0)
                             words << "--at-step" << QString::number(place.step);
                         QProcess::startDetached(QCoreApplication::applicationFilePath(), words);
                     });
    UnattendedLineage unattended(options, &window);
    QObject::connect(&unattended, &UnattendedLineage::finished, &application, &QApplication::exit,
                     Qt::QueuedConnection);
    window.show();
    window.open(options.lineage);
    return QApplication::exec();
}

/// Runs side by side, alone.
int compareRuns(QApplication &application, const StartOptions &options)
{
    CompareWindow window;
    if (!options.size.isEmpty())
        window.resize(options.size);
    UnattendedComparison unattended(options, &window);
    QObject::connect(&unattended, &UnattendedComparison::finished, &application,
                     &QApplication::exit, Qt::QueuedConnection);
    window.show();
    window.addFiles(options.files);
    return QApplication::exec();
}

/// The versions of a workspace, alone.
int browseHistory(QApplication &application, const StartOptions &options)
{
    if (!Workspace::isWorkspace(options.history))
        fail(Tr::tr("%1 is no workspace.").arg(options.history));
    HistoryWindow window(options.history);
    if (!options.size.isEmpty())
        window.resize(options.size);
    UnattendedHistory unattended(options, &window);
    QObject::connect(&unattended, &UnattendedHistory::finished, &application, &QApplication::exit,
                     Qt::QueuedConnection);
    // A run opens in a console of its own.
    QObject::connect(&window, &HistoryWindow::runWished, &window, [&options](const QString &id) {
        QProcess::startDetached(QCoreApplication::applicationFilePath(),
                                {Workspace(options.history).runFolder(id) + "/run.h5"});
    });
    QObject::connect(&window, &HistoryWindow::restoreWished, &window,
                     [&window](const QString &, const QString &) {
                         window.banner()->tell(
                             Tr::tr("Open the workspace in the console to restore "
                                    "runs: helmscope %1")
                                 .arg(window.folder()));
                     });
    window.show();
    return QApplication::exec();
}

/// The results of a sweep of meta-trainings, alone.
int lookAtSweep(QApplication &application, const StartOptions &options)
{
    MetaSweepWindow window;
    if (!options.size.isEmpty())
        window.resize(options.size);
    UnattendedSweep unattended(options, &window);
    QObject::connect(&unattended, &UnattendedSweep::finished, &application, &QApplication::exit,
                     Qt::QueuedConnection);
    window.show();
    window.open(options.metaSweep);
    return QApplication::exec();
}

} // namespace

int main(int count, char **arguments)
{
    QCoreApplication::setOrganizationName("Helmscope");
    QCoreApplication::setApplicationName("helmscope");
    QCoreApplication::setApplicationVersion(HELMSCOPE_VERSION);
    try {
        QStringList words;
        for (int i = 0; i < count; ++i)
            words << QString::fromLocal8Bit(arguments[i]);
        if (answersInText(words, count, arguments))
            return 0;
        // QApplication takes out Qt's own options (-platform, -style) first.
        WatchedApplication application(count, arguments);
        const StartOptions options = StartOptions::parse(QApplication::arguments());
        Preferences preferences = Preferences::load();
        options.applyTo(preferences);
        applyLanguage(preferences);
        applyLook(application, preferences);
        new ToolTipsAsHelp(&application);
        if (!options.lineage.isEmpty())
            return browse(application, options);
        if (!options.history.isEmpty())
            return browseHistory(application, options);
        if (!options.metaSweep.isEmpty())
            return lookAtSweep(application, options);
        if (options.isCompare)
            return compareRuns(application, options);
        Console console(options);
        MainWindow &window = *console.window();
        auto *unattended = new Unattended(options, &window); // goes with this first window
        // Queued: it may come before exec().
        QObject::connect(unattended, &Unattended::finished, &application, &QApplication::exit,
                         Qt::QueuedConnection);
        window.show();
        window.begin();
        return QApplication::exec();
    } catch (const Error &e) {
        QTextStream(stderr) << "helmscope: " << QString::fromUtf8(e.what()) << '\n';
        return 2;
    }
}
