// SPDX-License-Identifier: GPL-3.0-or-later
// Where a workspace is pushed to and pulled from.
#include "app/cli.h"
#include "app/clisyncing.h"
#include "base/tr.h"
#include "federation/secrets.h"
#include "workspace/sync/outbox.h"
#include "workspace/sync/transferlog.h"
#include "workspace/sync/workspaceremotes.h"

#include <CLI/CLI.hpp>

#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTextStream>

#include <cstdio>
#include <memory>

#include <termios.h>
#include <unistd.h>

namespace helmscope {

namespace {

using Kind = Remote::Kind;

struct Options
{
    std::string workspace = ".", name, url, kind, user, accessKey;
    std::vector<std::string> more;
    bool isDefault = false, isJson = false, mustAskToken = false, mustAskPassword = false;
    int limit = 20;
};

Kind kindNamed(const std::string &name)
{
    for (const Kind kind : {Kind::Metadata, Kind::Artifacts, Kind::Versions})
        if (name == keyOf(kind))
            return kind;
    throw UsageError(Tr::tr("A remote is for metadata, artifacts or versions, not for %1.")
                         .arg(QString::fromStdString(name)));
}

/// By the address, where it says so by itself.
Kind kindOf(const Options &options)
{
    if (!options.kind.empty())
        return kindNamed(options.kind);
    const QString url = QString::fromStdString(options.url);
    if (url.endsWith(".git") || (url.contains('@') && !url.contains("://")))
        return Kind::Versions;
    if (url.startsWith("http"))
        throw UsageError(Tr::tr("Say what %1 is for: --kind metadata, artifacts or versions.")
                             .arg(QString::fromStdString(options.name)));
    return Kind::Artifacts;
}

/// Of that name; of that kind, where several have it.
Remote remoteNamed(const Workspace &workspace, const Options &options)
{
    const QString name = QString::fromStdString(options.name);
    std::vector<Remote> found;
    for (const Remote &remote : allRemotes(workspace.folder()))
        if (remote.name == name && (options.kind.empty() || remote.kind == kindNamed(options.kind)))
            found.push_back(remote);
    if (found.empty())
        fail(Tr::tr("There is no remote %1 in %2.").arg(name, workspace.folder()));
    if (found.size() > 1)
        throw UsageError(Tr::tr("Several remotes are called %1: say which with --kind.").arg(name));
    return found.front();
}

void takeSecrets(const Options &options, const Remote &remote)
{
    Credentials credentials;
    credentials.user = QString::fromStdString(options.user);
    credentials.accessKey = QString::fromStdString(options.accessKey);
    if (!options.accessKey.empty())
        credentials.secretKey = secretFromUser(Tr::tr("Secret key of %1: ").arg(remote.name));
    if (options.mustAskToken)
        credentials.token = secretFromUser(Tr::tr("Token of %1: ").arg(remote.name));
    if (options.mustAskPassword)
        credentials.password = secretFromUser(Tr::tr("Password of %1: ").arg(remote.name));
    if (credentials.isEmpty())
        return;
    keepCredentials(remote, credentials);
    printOut(Tr::tr("Its secret is kept in %1.").arg(placeOfSecrets()));
}

int add(const Options &options)
{
    const Workspace workspace = workspaceAt(options.workspace);
    Remote remote;
    remote.name = QString::fromStdString(options.name);
    remote.url = QString::fromStdString(options.url);
    remote.kind = kindOf(options);
    remote.isDefault = options.isDefault;
    for (const std::string &each : options.more) {
        const QString option = QString::fromStdString(each);
        if (!option.contains('='))
            throw UsageError(Tr::tr("An option of a remote is KEY=VALUE, not %1.").arg(option));
        remote.options[option.section('=', 0, 0)] = option.section('=', 1);
    }
    checkRemote(remote);
    keepRemote(workspace.folder(), remote, {});
    printOut(Tr::tr("%1 is a remote for %2 of %3.")
                 .arg(remote.name, QString::fromLatin1(keyOf(remote.kind)), workspace.folder()));
    if (isInClear(remote))
        printError(Tr::tr("Everything goes to %1 in clear, tokens too: use https where you can.")
                       .arg(remote.name));
    takeSecrets(options, remote);
    return Done;
}

int list(const Options &options)
{
    const Workspace workspace = workspaceAt(options.workspace);
    QJsonArray all;
    for (const Remote &remote : allRemotes(workspace.folder())) {
        QJsonObject more;
        for (auto it = remote.options.cbegin(); it != remote.options.cend(); ++it)
            more[it.key()] = it.value();
        all.append(QJsonObject{{"name", remote.name},
                               {"kind", keyOf(remote.kind)},
                               {"url", remote.url},
                               {"isDefault", remote.isDefault},
                               {"definedIn", remote.definedIn},
                               {"options", more}});
        if (!options.isJson)
            printOut(QStringLiteral("%1 %2  %3  %4")
                         .arg(QString(remote.isDefault ? '*' : ' '))
                         .arg(remote.name, -16)
                         .arg(QString::fromLatin1(keyOf(remote.kind)), -9)
                         .arg(remote.url));
    }
    if (options.isJson)
        printOut(QJsonDocument(QJsonObject{{"remotes", all}}).toJson(QJsonDocument::Compact));
    else if (all.isEmpty())
        printOut(Tr::tr("There are no remotes in %1.").arg(workspace.folder()));
    return Done;
}

int test(const Options &options)
{
    const Workspace workspace = workspaceAt(options.workspace);
    printOut(testRemote(workspace.folder(), remoteNamed(workspace, options),
                        [](double) { return !isStopAsked(); }));
    return Done;
}

int remove(const Options &options)
{
    const Workspace workspace = workspaceAt(options.workspace);
    const Remote remote = remoteNamed(workspace, options);
    forgetRemote(workspace.folder(), remote);
    printOut(Tr::tr("%1 is no remote any more; its secret is forgotten.").arg(remote.name));
    return Done;
}

int history(const Options &options)
{
    const Workspace workspace = workspaceAt(options.workspace);
    QJsonArray all, waiting;
    for (const Transfer &one : transfers(workspace.folder(), options.limit)) {
        const QString time =
            QDateTime::fromMSecsSinceEpoch(one.timeMs, Qt::UTC).toString(Qt::ISODate);
        const QString direction = one.isPush ? QStringLiteral("push") : QStringLiteral("pull");
        all.append(QJsonObject{{"time", time},
                               {"direction", direction},
                               {"kind", keyOf(one.kind)},
                               {"remote", one.remote},
                               {"address", one.address},
                               {"outcome", one.outcome},
                               {"sentence", one.sentence},
                               {"count", one.count},
                               {"bytes", double(one.bytes)},
                               {"seconds", one.seconds}});
        if (!options.isJson)
            printOut(QStringLiteral("%1  %2  %3  %4  %5")
                         .arg(time, direction, one.remote)
                         .arg(one.outcome, -7)
                         .arg(one.sentence));
    }
    for (const QueuedPush &one : queuedPushes(workspace.folder())) {
        waiting.append(QJsonObject{{"remotes", QJsonArray::fromStringList(one.remotes)},
                                   {"runs", QJsonArray::fromStringList(one.runs)},
                                   {"attempts", one.attempts},
                                   {"reason", one.reason}});
        if (!options.isJson)
            printOut(Tr::tr("waiting for %1: %2").arg(one.remotes.join(", "), one.reason));
    }
    if (options.isJson)
        printOut(QJsonDocument(QJsonObject{{"transfers", all}, {"queue", waiting}})
                     .toJson(QJsonDocument::Compact));
    return Done;
}

} // namespace

Workspace workspaceAt(const std::string &folder)
{
    const QString path = QFile::decodeName(folder.c_str());
    const std::optional<Workspace> found = Workspace::containing(path);
    if (!found)
        fail(Tr::tr("%1 is in no workspace of Helmscope: name one with --workspace.").arg(path));
    return *found;
}

QString secretFromUser(const QString &prompt)
{
    termios before{};
    const bool isTerminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (isTerminal) {
        std::fputs(qPrintable(prompt), stderr);
        termios silent = before;
        silent.c_lflag &= ~tcflag_t(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    const QString line = QTextStream(stdin).readLine(100'000).trimmed();
    if (isTerminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        std::fputc('\n', stderr);
    }
    if (line.isEmpty())
        fail(Tr::tr("No secret came from the terminal or standard input."));
    return line;
}

void addRemote(CLI::App &program, Command &chosen)
{
    CLI::App *remote = program.add_subcommand(
        "remote",
        Tr::tr("Servers and stores that a workspace is pushed to and pulled from").toStdString());
    remote->require_subcommand(1);
    const auto command = [&](const char *name, const QString &what, int (*act)(const Options &)) {
        CLI::App *made = remote->add_subcommand(name, what.toStdString());
        const auto options = std::make_shared<Options>();
        made->add_option("--workspace", options->workspace, "Its folder, or one in it (here)");
        made->callback(
            [options, act, &chosen] { chosen = [options, act] { return act(*options); }; });
        return std::pair(made, options);
    };
    const auto named = [&](const auto &made) {
        made.first->add_option("NAME", made.second->name, "How it is called")->required();
        made.first->add_option("--kind", made.second->kind, "metadata, artifacts or versions");
    };
    const auto adding = command("add", Tr::tr("Adds one, or changes it"), add);
    named(adding);
    adding.first->add_option("URL", adding.second->url, "Its address, without secrets")->required();
    adding.first->add_flag("--default", adding.second->isDefault, "Used where none is named");
    adding.first->add_option("--option", adding.second->more,
                             "KEY=VALUE: endpointurl, region, user, port, keyfile, authority, "
                             "redirects …");
    adding.first->add_option("--user", adding.second->user, "Who logs in there");
    adding.first->add_option("--access-key", adding.second->accessKey,
                             "Of S3; its secret key is asked for");
    adding.first->add_flag("--token", adding.second->mustAskToken,
                           "Asks for a token: on the terminal, or a line of standard input");
    adding.first->add_flag("--password,--pass-phrase", adding.second->mustAskPassword,
                           "Likewise, a password, or the pass phrase of an SSH key file");
    adding.first->footer(
        "Secrets are kept in the key ring, never in the workspace.\nExamples:\n"
        "  helmscope-cli remote add hub https://hub.example.org --kind metadata --token\n"
        "  helmscope-cli remote add store s3://bucket/prefix --access-key AKIA… --default\n"
        "  helmscope-cli remote add origin git@example.org:lab/sample.git\n");
    const auto listing = command("list", Tr::tr("Lists them"), list);
    listing.first->add_flag("--json", listing.second->isJson, "Prints one JSON object on stdout");
    named(command("test", Tr::tr("Says whether one can be used, and as what"), test));
    named(command("remove", Tr::tr("Removes one, and forgets its secret"), remove));
    const auto past =
        command("history", Tr::tr("What went where and when, newest first; what waits"), history);
    past.first->add_option("--limit", past.second->limit, "At most so many (20)");
    past.first->add_flag("--json", past.second->isJson, "Prints one JSON object on stdout");
}

} // namespace helmscope
