// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/remotes.h"

namespace helmscope {

// Remotes of all kinds as one list: DVC's, CMF's and ours, and those of the repository. All block,
// and throw Error.

std::vector<Remote> allRemotes(const QString &workspace);
/// Writes a new or changed one where its kind belongs. Of the credentials those that are empty stay
/// as they are kept.
void keepRemote(const QString &workspace, const Remote &remote, const Credentials &given);
/// With its secrets.
void forgetRemote(const QString &workspace, const Remote &remote);

} // namespace helmscope
