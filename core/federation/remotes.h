// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/transport.h"

#include <QMap>
#include <QString>

#include <optional>
#include <vector>

namespace helmscope {

/// A place that a workspace is pushed to and pulled from; holds no secret.
struct Remote
{
    enum class Kind {
        Metadata,  ///< a CMF server or hub: http(s)://host[:port][/path], as CMF's server-url
        Artifacts, ///< DVC's layout: a folder, file://, ssh:// (sftp), s3://, http(s)://
        Versions   ///< git: https://, ssh://, user@host:path, file:// or a folder
    };
    Kind kind = Kind::Metadata;
    QString name; ///< letters, digits, - _ . ; unique among those of its kind
    QString url;  ///< without user information and secrets; a folder of DVC's as a whole path
    bool isDefault = false;
    QString definedIn; ///< the file of the workspace that says so, relative; empty: not yet
    /// The rest, by DVC's names where it has one: endpointurl, region, user, port, keyfile,
    /// ssl_verify (only "true" or a CA file is obeyed), method, auth, custom_auth_header; ours:
    /// authority (PEM file), addressing ("path" or "virtual"), redirects ("with-token": the token
    /// goes along to where a web server sends to). Never a secret.
    QMap<QString, QString> options;
    bool operator==(const Remote &) const = default;
};

const char *keyOf(Remote::Kind kind); ///< "metadata", "artifacts", "versions"

/// All of a workspace: metadata servers from .helmscope and .cmfconfig, artifact remotes from
/// .dvc/config overridden by .dvc/config.local. Of git's remotes, which are the repository's, only
/// what .helmscope adds to them: options, and which one is the default (no url). Throws Error
/// naming the file that cannot be read.
std::vector<Remote> remotesOf(const QString &workspace);
/// The default one of a kind, or the only one.
std::optional<Remote> defaultRemote(const std::vector<Remote> &remotes, Remote::Kind kind);

/// Throws Error for a name or an address that is none, and for one with a secret in it.
void checkRemote(const Remote &remote);
/// Writes a new remote or a changed one into the file where its kind belongs, all or nothing, other
/// lines untouched. Throws Error as checkRemote().
void setRemote(const QString &workspace, const Remote &remote);
/// Throws Error where there is none of that name.
void removeRemote(const QString &workspace, Remote::Kind kind, const QString &name);

/// Under which name the secrets of a remote are kept: by its address, so that a workspace made by
/// somebody else cannot send them to another host.
QString secretNameOf(const Remote &remote);
/// What is kept for it (secrets.h), else what .dvc/config.local, .dvc/config, .cmfconfig or the
/// environment say: AWS_* for S3, HELMSCOPE_TOKEN for HTTP (only to the host that
/// HELMSCOPE_TOKEN_HOST names, where that is set). Empty members where nothing is known.
Credentials credentialsFor(const QString &workspace, const Remote &remote);
void keepCredentials(const Remote &remote, const Credentials &credentials);

/// An address as it may be shown: no password, of http no user (it may be a token), no question.
QString withoutSecrets(const QString &url);

/// Whether a secret would go to it in clear: plain http to somewhere else than this computer.
bool isInClear(const Remote &remote);

} // namespace helmscope
