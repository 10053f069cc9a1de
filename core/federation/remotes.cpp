// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/remotes.h"

#include "base/tr.h"
#include "federation/redirect.h"
#include "federation/remotefiles.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

namespace helmscope {

using namespace remotefiles;

namespace {

using Kind = Remote::Kind;

const QString cmfName = QStringLiteral("cmf"); ///< of the server that .cmfconfig names

/// What may be read and written of a remote: everything else may be a secret.
const QStringList knownOptions{
    "endpointurl", "region",     "user",    "port",
    "keyfile",     "ssl_verify", "method",  "custom_auth_header",
    "authority",   "addressing", "profile", "auth",
    "use_ssl",     "redirects",
};

/// The name in a section's head; empty: it is of something else.
QString nameIn(const QString &section, Kind kind)
{
    const QString around = sectionOf(kind, QStringLiteral("\n"));
    const QString before = around.section('\n', 0, 0), after = around.section('\n', 1);
    return section.startsWith(before) && section.endsWith(after) &&
                   section.size() > before.size() + after.size()
               ? section.mid(before.size(), section.size() - before.size() - after.size())
               : QString();
}

bool isName(const QString &name)
{
    static const QRegularExpression allowed("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$");
    return allowed.match(name).hasMatch();
}

bool isTrue(const QString &text)
{
    return QStringList{"true", "1", "yes", "on"}.contains(text.toLower());
}

void take(const IniFile &file, const QString &section, Remote &remote)
{
    for (const QString &key : file.keys(section))
        if (knownOptions.contains(key.toLower()))
            remote.options[key.toLower()] = file.value(section, key).value_or(QString());
}

std::vector<Remote> metadataServers(const QString &workspace)
{
    std::vector<Remote> found;
    const IniFile file = ini(workspace, ours);
    for (const Kind kind : {Kind::Metadata, Kind::Versions})
        for (const QString &section : file.sections()) {
            const QString name = nameIn(section, kind);
            if (!isName(name))
                continue;
            Remote remote;
            remote.kind = kind;
            remote.name = name;
            remote.definedIn = ours;
            remote.url = apart(file.value(section, "url").value_or(QString())).url;
            remote.isDefault = isTrue(file.value(section, "default").value_or(QString()));
            take(file, section, remote);
            found.push_back(remote);
        }
    const QString url = apart(serverUrlIn(ini(workspace, cmfs))).url;
    const bool isNamed = std::any_of(found.begin(), found.end(), [&url](const Remote &remote) {
        return remote.kind == Kind::Metadata && (remote.name == cmfName || remote.url == url);
    });
    if (!url.isEmpty() && !isNamed) {
        Remote remote;
        remote.name = cmfName;
        remote.url = url;
        remote.definedIn = cmfs;
        remote.isDefault = std::none_of(found.begin(), found.end(), [](const Remote &each) {
            return each.kind == Kind::Metadata && each.isDefault;
        });
        found.push_back(remote);
    }
    return found;
}

void takeArtifactRemotes(const QString &workspace, std::vector<Remote> &found)
{
    std::vector<Remote> remotes;
    QString byDefault;
    for (const QString &name : {dvcs, localDvcs}) {
        const IniFile file = ini(workspace, name);
        byDefault = file.value("core", "remote").value_or(byDefault);
        for (const QString &section : file.sections()) {
            const QString called = nameIn(section, Kind::Artifacts);
            if (called.isEmpty())
                continue;
            auto at = std::find_if(remotes.begin(), remotes.end(),
                                   [&](const Remote &each) { return each.name == called; });
            if (at == remotes.end()) {
                remotes.emplace_back();
                at = remotes.end() - 1;
                at->kind = Kind::Artifacts;
                at->name = called;
                at->definedIn = name;
            }
            if (const auto url = file.value(section, "url")) {
                const Address address = apart(wholePath(workspace, *url));
                at->url = address.url;
                if (!address.secrets.user.isEmpty())
                    at->options["user"] = address.secrets.user;
            }
            take(file, section, *at);
        }
    }
    for (Remote &remote : remotes) {
        remote.isDefault = remote.name == byDefault;
        found.push_back(std::move(remote));
    }
}

} // namespace

const char *keyOf(Remote::Kind kind)
{
    switch (kind) {
    case Kind::Metadata:
        return "metadata";
    case Kind::Artifacts:
        return "artifacts";
    case Kind::Versions:
        return "versions";
    }
    return "";
}

std::vector<Remote> remotesOf(const QString &workspace)
{
    std::vector<Remote> found = metadataServers(workspace);
    takeArtifactRemotes(workspace, found);
    return found;
}

std::optional<Remote> defaultRemote(const std::vector<Remote> &remotes, Remote::Kind kind)
{
    std::optional<Remote> only;
    int count = 0;
    for (const Remote &remote : remotes) {
        if (remote.kind != kind)
            continue;
        if (remote.isDefault)
            return remote;
        only = remote;
        ++count;
    }
    return count == 1 ? only : std::nullopt;
}

void checkRemote(const Remote &remote)
{
    if (!isName(remote.name))
        fail(Tr::tr("\"%1\" is no name of a remote: letters, digits, dash, underscore and dot.")
                 .arg(remote.name.left(100)));
    for (auto it = remote.options.cbegin(); it != remote.options.cend(); ++it)
        if (!knownOptions.contains(it.key()))
            fail(Tr::tr("\"%1\" is no option of a remote; secrets are kept apart.").arg(it.key()));
    const QString url = remote.url;
    if (url.trimmed().isEmpty() || url.size() > 2000 || url.contains('\n') || url.contains('\r') ||
        url.startsWith('-'))
        fail(Tr::tr("Remote %1 has no address that can be used.").arg(remote.name));
    if (isFolder(url) && remote.kind != Kind::Metadata)
        return;
    if (isScpLike(url) && remote.kind == Kind::Versions)
        return;
    const QUrl parsed(url, QUrl::StrictMode);
    const QStringList schemes = remote.kind == Kind::Metadata ? QStringList{"http", "https"}
                                : remote.kind == Kind::Artifacts
                                    ? QStringList{"file", "ssh", "sftp", "s3", "http", "https"}
                                    : QStringList{"https", "http", "ssh", "file"};
    const bool needsHost = parsed.scheme() != QLatin1String("file");
    if (!parsed.isValid() || !schemes.contains(parsed.scheme()) ||
        (needsHost && parsed.host().isEmpty()))
        fail(Tr::tr("The address of remote %1 cannot be used: it begins with one of %2.")
                 .arg(remote.name, schemes.join("://, ") + "://"));
    const bool isUserOfGit = remote.kind == Kind::Versions && parsed.scheme() == "ssh";
    if (!parsed.password().isEmpty() || parsed.hasQuery() || parsed.hasFragment() ||
        (!parsed.userName().isEmpty() && !isUserOfGit) || !apart(url).secrets.token.isEmpty())
        fail(Tr::tr("The address of remote %1 holds a user, a token or a question: give it "
                    "without, and secrets apart.")
                 .arg(remote.name));
}

void setRemote(const QString &workspace, const Remote &remote)
{
    Remote checked = remote;
    if (remote.kind == Kind::Versions && remote.url.isEmpty())
        checked.url = workspace; // the repository knows it
    checkRemote(checked);
    const QString section = sectionOf(remote.kind, remote.name);
    QString where = remote.kind == Kind::Artifacts ? dvcs : ours;
    if (remote.kind == Kind::Artifacts && remote.definedIn == localDvcs)
        where = localDvcs;
    if (remote.kind == Kind::Metadata && remote.definedIn == cmfs && remote.name == cmfName) {
        IniFile file = ini(workspace, cmfs);
        if (apart(serverUrlIn(file)).url != remote.url) {
            file.set("cmf", "server-url", remote.url);
            file.remove("cmf", "server-ip");
            file.save();
        }
        if (remote.options.isEmpty() && !remote.isDefault)
            return;
    }
    IniFile file = ini(workspace, where);
    // What the file says already, in its own way, stays.
    const QString before = file.value(section, "url").value_or(QString());
    const QString read = remote.kind == Kind::Artifacts ? wholePath(workspace, before) : before;
    if (remote.kind != Kind::Versions && apart(read).url != remote.url)
        file.set(section, "url", remote.url);
    for (const QString &key : knownOptions) {
        if (remote.options.contains(key))
            file.set(section, key, remote.options[key]);
        else
            file.remove(section, key);
    }
    if (remote.kind == Kind::Artifacts) {
        if (remote.isDefault)
            file.set("core", "remote", remote.name);
        else if (file.value("core", "remote") == remote.name)
            file.remove("core", "remote");
    } else {
        if (remote.isDefault) {
            for (const QString &other : file.sections())
                if (!nameIn(other, remote.kind).isEmpty())
                    file.remove(other, "default");
            file.set(section, "default", "true");
        } else {
            file.remove(section, "default");
        }
        if (remote.kind == Kind::Versions && file.keys(section).isEmpty())
            file.removeSection(section);
    }
    file.save();
    // DVC's local file goes before the shared one.
    if (remote.kind == Kind::Artifacts && remote.isDefault) {
        IniFile local = ini(workspace, localDvcs);
        if (local.value("core", "remote").value_or(remote.name) != remote.name) {
            local.set("core", "remote", remote.name);
            local.save();
        }
    }
}

void removeRemote(const QString &workspace, Remote::Kind kind, const QString &name)
{
    bool isFound = false;
    const auto take = [&](const QString &where) {
        IniFile file = ini(workspace, where);
        const QString section = sectionOf(kind, name);
        if (!file.sections().contains(section))
            return;
        isFound = true;
        file.removeSection(section);
        if (kind == Kind::Artifacts && file.value("core", "remote") == name)
            file.remove("core", "remote");
        file.save();
    };
    if (kind == Kind::Artifacts) {
        take(dvcs);
        take(localDvcs);
    } else {
        take(ours);
    }
    if (kind == Kind::Metadata && name == cmfName) {
        IniFile file = ini(workspace, cmfs);
        if (!serverUrlIn(file).isEmpty()) {
            isFound = true;
            file.remove("cmf", "server-url");
            file.remove("cmf", "server-ip");
            file.save();
        }
    }
    if (!isFound && kind != Kind::Versions)
        fail(Tr::tr("There is no remote %1 for %2.").arg(name, QString::fromLatin1(keyOf(kind))));
}

QString withoutSecrets(const QString &url)
{
    const Address address = apart(url);
    QUrl plain(address.url);
    if (plain.isValid() && plain.scheme() == QLatin1String("ssh") &&
        !address.secrets.user.isEmpty()) {
        plain.setUserName(address.secrets.user);
        return plain.toString();
    }
    return address.url;
}

bool isInClear(const Remote &remote)
{
    QUrl url(remote.url);
    if (url.scheme() == QLatin1String("s3"))
        url = QUrl(remote.options.value("endpointurl"));
    return url.scheme() == QLatin1String("http") && !isThisComputer(url);
}

} // namespace helmscope
