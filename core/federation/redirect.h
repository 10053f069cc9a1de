// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/transport.h"

#include <optional>

namespace helmscope {

/// Whether it is an address of the loopback.
bool isThisComputer(const QUrl &url);

constexpr int mostRedirects = 5; ///< one after the other

/// What to ask next where a server answers a GET or HEAD by sending to another address; nothing:
/// the answer stands. Credentials stay with the host they are meant for, unless the request says
/// they may go along; in clear they never do. Throws Error for an address that is not followed:
/// plain http after https, and what is no web server's.
std::optional<TransferRequest> redirected(const TransferRequest &request,
                                          const TransferAnswer &answer);

} // namespace helmscope
