// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/transport.h"

namespace helmscope {

enum class SshAgent {
    Missing, ///< SSH_AUTH_SOCK names none that answers
    Empty,   ///< it answers, and holds no key
    HasKeys
};

/// The agent of this session; asked for a second at most.
SshAgent sshAgent();

/// Why an SSH server let nobody in, with the remedy; `shown` is its address, `reason` what libssh2
/// says of it.
QString sshRefusal(const QString &shown, const Credentials &given, const QString &reason);

} // namespace helmscope
