// SPDX-License-Identifier: GPL-3.0-or-later
// helmscope-hub: the server for labs that run none.
#include "base/tr.h"
#include "federation/hub/hub.h"
#include "federation/hub/tokens.h"

#include <CLI/CLI.hpp>

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QStandardPaths>

#include <csignal>
#include <cstdio>
#include <pthread.h>

using namespace helmscope;

namespace {

struct Options
{
    std::string listen = "127.0.0.1", data, database, certificate, key, anonymous;
    int port = 8380;
    double rate = 500;
    int connections = 400, documentMegabytes = 96;
    bool mustPrintToken = false;
    std::string tokenName, tokenScope = "push";
    std::vector<std::string> tokenPipelines;
};

void print(const QString &line)
{
    std::puts(qPrintable(line));
    std::fflush(stdout);
}

void warn(const QString &line)
{
    std::fprintf(stderr, "%s\n", qPrintable(line));
}

Hub::Settings settingsOf(const Options &options)
{
    Hub::Settings settings;
    settings.folder = QFile::decodeName(options.data.c_str());
    if (settings.folder.isEmpty())
        settings.folder = qEnvironmentVariable("STATE_DIRECTORY"); // systemd's
    if (settings.folder.isEmpty())
        settings.folder = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
                          "/helmscope-hub";
    settings.folder = QDir::cleanPath(QDir(settings.folder).absolutePath());
    settings.database = QString::fromStdString(options.database);
    if (settings.database.isEmpty()) // a password on the command line is everybody's
        settings.database = qEnvironmentVariable("HELMSCOPE_HUB_DATABASE");
    settings.web.listen = QString::fromStdString(options.listen);
    settings.web.port = options.port;
    settings.web.certificateFile = QFile::decodeName(options.certificate.c_str());
    settings.web.keyFile = QFile::decodeName(options.key.c_str());
    settings.web.mostConnections = options.connections;
    settings.gate.requestsPerSecond = options.rate;
    settings.gate.burst = 4 * options.rate;
    settings.cmf.largestDocument = qint64(options.documentMegabytes) << 20;
    if (!options.anonymous.empty())
        settings.gate.anonymous = *scopeNamed(QString::fromStdString(options.anonymous));
    return settings;
}

int serve(const Options &options, const sigset_t &ends)
{
    const Hub::Settings settings = settingsOf(options);
    Hub hub(settings);
    const QString first = QStringLiteral("first");
    QString token;
    if (options.mustPrintToken)
        hub.tokens().revoke(first);
    if (options.mustPrintToken || (hub.tokens().list().empty() && options.anonymous.empty()))
        token = hub.tokens().add({first, Scope::Admin, {}, 0});
    hub.listen();
    const bool isTls = !settings.web.certificateFile.isEmpty();
    const QString &listen = settings.web.listen;
    const bool isAtHome = listen == "localhost" || listen == "::1" || listen.startsWith("127.");
    const QString host = listen.contains(':') ? '[' + listen + ']' : listen;
    print(Tr::tr("helmscope-hub at %1://%2:%3, data in %4.")
              .arg(isTls ? "https" : "http", host)
              .arg(hub.port())
              .arg(settings.folder));
    if (!token.isEmpty())
        print(Tr::tr("Token (admin; it is shown this once): %1").arg(token));
    if (!isAtHome && !isTls)
        warn(Tr::tr("Warning: other machines reach this hub without TLS, so tokens and data are "
                    "there for all to read: give it --tls-cert and --tls-key, or listen on "
                    "127.0.0.1 behind a proxy that has them."));
    if (!options.anonymous.empty())
        warn(Tr::tr("Warning: everybody who reaches this hub may %1 without a token.")
                 .arg(options.anonymous == "push" ? Tr::tr("read and push") : Tr::tr("read")));
    int signal = 0;
    sigwait(&ends, &signal);
    return 0;
}

int addToken(const Options &options)
{
    Hub hub(settingsOf(options));
    Tokens::Token token;
    token.name = QString::fromStdString(options.tokenName);
    token.scope = *scopeNamed(QString::fromStdString(options.tokenScope));
    for (const std::string &pipeline : options.tokenPipelines)
        token.pipelines << QString::fromStdString(pipeline);
    print(hub.tokens().add(token));
    return 0;
}

int listTokens(const Options &options)
{
    Hub hub(settingsOf(options));
    for (const Tokens::Token &token : hub.tokens().list())
        print(QStringLiteral("%1\t%2\t%3\t%4")
                  .arg(token.name, scopeName(token.scope),
                       QDateTime::fromMSecsSinceEpoch(token.createdMs).toString(Qt::ISODate),
                       token.pipelines.isEmpty() ? Tr::tr("all pipelines")
                                                 : token.pipelines.join(", ")));
    return 0;
}

int revokeToken(const Options &options)
{
    Hub hub(settingsOf(options));
    const QString name = QString::fromStdString(options.tokenName);
    if (!hub.tokens().revoke(name))
        fail(Tr::tr("There is no token \"%1\": helmscope-hub token list shows them.").arg(name));
    return 0;
}

} // namespace

int main(int argc, char *argv[])
{
    // Before any thread begins, so that none of them is interrupted instead of main.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    QCoreApplication application(argc, argv);

    Options o;
    CLI::App program("Keeps lineage, artifacts and versions of a lab's workspaces; speaks CMF's "
                     "REST, DVC's http remote and git's smart HTTP.");
    program.set_version_flag("--version", HELMSCOPE_VERSION);
    const auto megabytes = CLI::Range(1, 1024);
    program.add_option("--listen", o.listen, "Address to listen on (default 127.0.0.1)");
    program.add_option("--port", o.port, "Port (default 8380; 0: any free one)")
        ->check(CLI::Range(0, 65535));
    program.add_option("--data", o.data, "Folder of the hub (default: in your data folder)");
    program.add_option("--database", o.database,
                       "postgres://user:password@host:port/name, also as HELMSCOPE_HUB_DATABASE in "
                       "the environment (default: SQLite in the folder)");
    auto *certificate = program.add_option("--tls-cert", o.certificate, "Certificate chain, PEM");
    auto *key = program.add_option("--tls-key", o.key, "Its private key, PEM");
    certificate->needs(key);
    key->needs(certificate);
    program.add_flag("--print-token", o.mustPrintToken,
                     "Make the first token (admin) anew and print it; the old one is void");
    program.add_option("--anonymous", o.anonymous, "What everybody may do without a token")
        ->check(CLI::IsMember({"read", "push"}));
    program.add_option("--rate", o.rate, "Requests a second of one token (default 500; 0: any)")
        ->check(CLI::Range(0.0, 1e6));
    program.add_option("--connections", o.connections, "Connections at once (default 400)")
        ->check(CLI::Range(2, 10000));
    program
        .add_option("--max-document", o.documentMegabytes,
                    "MB of one pipeline document (default 96)")
        ->check(megabytes);
    CLI::App *token = program.add_subcommand("token", "Tokens of this hub");
    token->require_subcommand(1);
    token->fallthrough();
    CLI::App *add = token->add_subcommand("add", "Makes a token and prints it, this once");
    add->add_option("name", o.tokenName, "What it is for")->required();
    add->add_option("--scope", o.tokenScope, "read, push (default) or admin")
        ->check(CLI::IsMember({"read", "push", "admin"}));
    add->add_option("--pipeline", o.tokenPipelines, "Only for these pipelines");
    CLI::App *list = token->add_subcommand("list", "Names, scopes and pipelines");
    CLI::App *revoke = token->add_subcommand("revoke", "Makes a token void, at once");
    revoke->add_option("name", o.tokenName, "Its name")->required();
    for (CLI::App *each : {add, list, revoke})
        each->fallthrough();
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        const int code = program.exit(error);
        return code == 0 ? 0 : 2;
    }
    try {
        return *add      ? addToken(o)
               : *list   ? listTokens(o)
               : *revoke ? revokeToken(o)
                         : serve(o, ends);
    } catch (const std::exception &error) {
        warn(QString::fromUtf8(error.what()));
        return 1;
    }
}
