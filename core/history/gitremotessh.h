// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <functional>

namespace helmscope {

enum class HostKey { Known, Unknown, Changed, Revoked };

/// What a known_hosts file (sshd(8), hashed names too) says of a server's key, given as it comes
/// over the wire. Changed: the host has other keys there, and none is this one.
HostKey hostKeyIn(const QString &knownHostsFile, const QString &host, int port,
                  const QByteArray &key);

/// Waits until an SSH server greets there, at most `patienceMs`: libgit2 would wait for ever, and
/// could not be stopped. False: `goesOn` said so. Throws Unreachable.
bool awaitSshServer(const QString &host, int port, int patienceMs,
                    const std::function<bool()> &goesOn);

} // namespace helmscope
