// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli.h"
#include "app/cliprogress.h"
#include "base/tr.h"
#include "instrument/protocol/conformance.h"

#include <CLI/CLI.hpp>

#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

namespace helmscope {

namespace {

QString signOf(ConformanceCheck::Outcome outcome)
{
    switch (outcome) {
    case ConformanceCheck::Outcome::Works:
        return Tr::tr("works");
    case ConformanceCheck::Outcome::Missing:
        return Tr::tr("missing");
    case ConformanceCheck::Outcome::Wrong:
        return Tr::tr("WRONG");
    case ConformanceCheck::Outcome::Skipped:
        break;
    }
    return Tr::tr("skipped");
}

int tell(const std::string &where, const std::string &authority, bool isJson)
{
    InstrumentAddress address = InstrumentAddress::parse(QString::fromStdString(where));
    if (address.protocol != InstrumentAddress::Protocol::Helmscope)
        throw UsageError(Tr::tr("Only servers of Helmscope's own protocol can be tried."));
    if (!authority.empty())
        address.authorityFile = QFileInfo(QFile::decodeName(authority.c_str())).absoluteFilePath();
    ProgressBar bar(Tr::tr("Trying"));
    const Conformance found = conform(address, tokenFor(address), [&bar](double fraction) {
        bar.show(fraction);
        return !isStopAsked();
    });
    if (isJson) {
        printOut(QJsonDocument(found.toJson()).toJson(QJsonDocument::Compact));
        return found.isWhole() ? Done : Failure;
    }
    printOut(QStringLiteral("%1: %2").arg(found.address, found.name));
    for (const ConformanceCheck &check : found.checks)
        printOut(QStringLiteral("  %1 %2%3")
                     .arg(signOf(check.outcome), -8)
                     .arg(check.name, check.detail.isEmpty() ? QString() : ": " + check.detail));
    printOut(Tr::tr("An answer takes %1 ms, a spectrum %2 ms beyond its dwell, an abort %3 ms.")
                 .arg(1e3 * found.answerSeconds, 0, 'f', 2)
                 .arg(1e3 * found.overheadSeconds, 0, 'f', 2)
                 .arg(1e3 * found.abortSeconds, 0, 'f', 2));
    printOut(found.isWhole() ? Tr::tr("The server conforms.")
                             : Tr::tr("The server does not conform."));
    return found.isWhole() ? Done : Failure;
}

} // namespace

void addConform(CLI::App &program, Command &chosen)
{
    struct Options
    {
        std::string address, authority;
        bool isJson = false;
    };
    CLI::App *command = program.add_subcommand(
        "conform", "Tries what of the protocol an instrument's server speaks; exposes a few pixels "
                   "with short dwells, and aborts");
    const auto o = std::make_shared<Options>();
    command->add_option("ADDRESS", o->address, "HOST:PORT of the server")->required();
    command->add_option("--instrument-ca", o->authority,
                        "Certificate (PEM) that vouches for the server's");
    command->add_flag("--json", o->isJson, "Prints the report as one JSON object on stdout");
    command->callback(
        [o, &chosen] { chosen = [o] { return tell(o->address, o->authority, o->isJson); }; });
}

} // namespace helmscope
