// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/remotes.h"

#include <QByteArray>

namespace helmscope {

// What the window of servers and remotes lets its jobs do; all block, and throw Error.

/// Of all kinds, git's included.
std::vector<Remote> allRemotes(const QString &workspace);
/// Writes a new or changed one where its kind belongs. Of the credentials those that are empty stay
/// as they are kept.
void keepRemote(const QString &workspace, const Remote &remote, const Credentials &given);
/// With its secrets.
void forgetRemote(const QString &workspace, const Remote &remote);

/// A pipeline document on disk, as long as the program runs; its path.
QString documentFile(const QByteArray &json, const QString &name);

} // namespace helmscope
