// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

// Passwords and tokens of servers: in the user's key ring (libsecret, KWallet), or where there is
// none in a file that only the user may read, outside of every workspace. The variable
// HELMSCOPE_SECRETS_FILE names that file and keeps the key ring out (servers, tests).
// All block (a locked key ring asks its user), so never on the window's thread.

/// Empty when nothing is kept under that name. Throws Error when the key ring refuses, or the file
/// may be read by others.
QString secretFor(const QString &name);

/// An empty secret is forgotten. Throws Error.
void keepSecret(const QString &name, const QString &secret);

/// Where it goes: "the key ring" or the file's path, for the user.
QString placeOfSecrets();

} // namespace helmscope
