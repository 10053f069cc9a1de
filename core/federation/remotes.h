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
    QString url;  ///< without user information and secrets
    bool isDefault = false;
    QString definedIn; ///< the file of the workspace that says so, relative; empty: not yet
    /// The rest, by DVC's names where it has one: endpointurl, region, user, port, keyfile,
    /// ssl_verify (only "true" or a CA file is obeyed), method, custom_auth_header; ours:
    /// authority (PEM file), addressing ("path" or "virtual"). Never a secret.
    QMap<QString, QString> options;
    bool operator==(const Remote &) const = default;
};

/// All of a workspace: metadata servers from .helmscope and .cmfconfig, artifact remotes from
/// .dvc/config overridden by .dvc/config.local, git's own remotes are the repository's. Throws
/// Error naming the file that cannot be read.
std::vector<Remote> remotesOf(const QString &workspace);
/// The default one of a kind, or the only one.
std::optional<Remote> defaultRemote(const std::vector<Remote> &remotes, Remote::Kind kind);

/// Writes a new remote or a changed one into the file where its kind belongs, all or nothing, other
/// lines untouched. Throws Error for names and addresses that are none, and for one with a secret.
void setRemote(const QString &workspace, const Remote &remote);
void removeRemote(const QString &workspace, Remote::Kind kind, const QString &name);

/// Under which name the secrets of a remote are kept: by its address, so that a workspace made by
/// somebody else cannot send them to another host.
QString secretNameOf(const Remote &remote);
/// What is kept for it (secrets.h), else what .dvc/config.local, .dvc/config, .cmfconfig or the
/// environment (AWS_*, HELMSCOPE_TOKEN) say. Empty members where nothing is known.
Credentials credentialsFor(const QString &workspace, const Remote &remote);
void keepCredentials(const Remote &remote, const Credentials &credentials);

} // namespace helmscope
