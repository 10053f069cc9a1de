// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace helmscope {

enum class HostKey { Known, Unknown, Changed, Revoked };

/// What a known_hosts file (sshd(8), hashed names too) says of a server's key, given as it comes
/// over the wire. Changed: the host has other keys there, and none is this one.
HostKey hostKeyIn(const QString &knownHostsFile, const QString &host, int port,
                  const QByteArray &key);

} // namespace helmscope
