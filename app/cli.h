// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>
#include <stdexcept>

namespace CLI {
class App;
}

namespace helmscope {

/// Exit codes of helmscope-cli.
enum ExitCode { Done = 0, Failure = 1, Usage = 2, StoppedBySignal = 130 };

/// A command line that cannot be meant: exit code 2.
class UsageError : public std::runtime_error
{
public:
    explicit UsageError(const QString &sentence)
        : std::runtime_error(sentence.toStdString())
    {
    }
};

/// What the user chose; run when the whole command line has been read. Returns the exit code.
using Command = std::function<int()>;

// The commands, one cli<command>.cpp each: they declare themselves, and if chosen, set `chosen`.
void addInfo(CLI::App &program, Command &chosen);
void addExplore(CLI::App &program, Command &chosen);
void addMetaTrain(CLI::App &program, Command &chosen);
void addReplay(CLI::App &program, Command &chosen);
void addBranch(CLI::App &program, Command &chosen);
void addCompare(CLI::App &program, Command &chosen);
void addCatalog(CLI::App &program, Command &chosen);
void addExport(CLI::App &program, Command &chosen);
void addLineage(CLI::App &program, Command &chosen);
void addServe(CLI::App &program, Command &chosen);
void addConform(CLI::App &program, Command &chosen);
void addWorkspace(CLI::App &program, Command &chosen); ///< init, runs, recover, restore
void addRemote(CLI::App &program, Command &chosen);
void addSync(CLI::App &program, Command &chosen); ///< push, pull

/// Whether SIGINT or SIGTERM came; what is going on then ends and saves. A second one kills.
bool isStopAsked();

void printOut(const QString &text);   ///< to stdout, with a line's end
void printError(const QString &text); ///< to stderr, with a line's end

} // namespace helmscope
