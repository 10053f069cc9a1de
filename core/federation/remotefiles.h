// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/inifile.h"
#include "federation/remotes.h"

namespace helmscope::remotefiles {

// The files of a workspace that name remotes, and how they do it.

inline const QString ours = QStringLiteral(".helmscope");
inline const QString cmfs = QStringLiteral(".cmfconfig");
inline const QString dvcs = QStringLiteral(".dvc/config");
inline const QString localDvcs = QStringLiteral(".dvc/config.local");

IniFile ini(const QString &workspace, const QString &file);
QString sectionOf(Remote::Kind kind, const QString &name);

/// "user@host:path" of git, which is no URL.
bool isScpLike(const QString &url);
bool isFolder(const QString &url);

/// An address as it was written, and the secrets that stood in it.
struct Address
{
    QString url;
    Credentials secrets;
};
Address apart(const QString &written);

/// A folder in DVC's configuration is meant from the folder of that file.
QString wholePath(const QString &workspace, const QString &url);
/// What .cmfconfig says; empty: nothing.
QString serverUrlIn(const IniFile &file);

} // namespace helmscope::remotefiles
