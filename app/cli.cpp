// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"

#include "base/error.h"
#include "base/tr.h"

#include <CLI/CLI.hpp>

#include <QCoreApplication>
#include <QTextStream>

#include <clocale>
#include <csignal>

namespace helmscope {

namespace {

volatile std::sig_atomic_t stopAsked = 0;

void askToStop(int)
{
    stopAsked = 1;
    std::signal(SIGINT, SIG_DFL); // the second one kills
    std::signal(SIGTERM, SIG_DFL);
}

int run(int count, char **arguments)
{
    CLI::App program{
        Tr::tr("Helmscope %1: steers a scanning transmission electron microscope by deep "
               "kernel learning.")
            .arg(HELMSCOPE_VERSION)
            .toStdString(),
        "helmscope-cli"};
    program.footer(Tr::tr("Exit codes: 0 done, 1 error (one sentence on stderr), 2 wrong usage, "
                          "130 stopped by SIGINT or SIGTERM (what was done is saved).\n"
                          "Each command explains itself: helmscope-cli explore --help")
                       .toStdString());
    program.set_version_flag("--version", "helmscope-cli " HELMSCOPE_VERSION);
    program.require_subcommand(0, 1); // none: said below, so that a misspelt one is named
    Command chosen;
    addInfo(program, chosen);
    addCatalog(program, chosen);
    addExplore(program, chosen);
    addMetaTrain(program, chosen);
    addReplay(program, chosen);
    addBranch(program, chosen);
    addCompare(program, chosen);
    addExport(program, chosen);
    addLineage(program, chosen);
    addServe(program, chosen);
    addConform(program, chosen);
    addWorkspace(program, chosen);
    addRemote(program, chosen);
    addSync(program, chosen);
    try {
        program.parse(count, arguments);
        if (!chosen)
            throw UsageError(Tr::tr(
                "Name a command: info, catalog, explore, metatrain, replay, branch, compare, "
                "export, lineage, serve, conform, init, runs, import, recover, restore, "
                "remote, push or pull."));
        return chosen();
    } catch (const CLI::ParseError &error) {
        return program.exit(error) == 0 ? Done : Usage;
    } catch (const UsageError &error) {
        printError(Tr::tr("helmscope-cli: %1\nRun with --help for more information.")
                       .arg(QString::fromUtf8(error.what())));
        return Usage;
    }
}

} // namespace

bool isStopAsked()
{
    return stopAsked != 0;
}

void printOut(const QString &text)
{
    QTextStream(stdout) << text << '\n';
}

void printError(const QString &text)
{
    QTextStream(stderr) << text << '\n';
}

} // namespace helmscope

int main(int count, char **arguments)
{
    using namespace helmscope;
    const QCoreApplication application(count, arguments);
    std::setlocale(LC_NUMERIC, "C"); // "0.05" is a number everywhere
    std::signal(SIGINT, askToStop);
    std::signal(SIGTERM, askToStop);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(count, arguments);
    } catch (const std::exception &error) {
        printError(Tr::tr("helmscope-cli: %1").arg(QString::fromUtf8(error.what())));
        return isStopAsked() ? StoppedBySignal : Failure;
    }
}
