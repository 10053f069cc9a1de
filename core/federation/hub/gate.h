// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

#include <memory>

namespace helmscope {

class Tokens;

/// Looks at each request before anything of its body is read: who asks, and not too often.
class Gate
{
public:
    struct Settings
    {
        Scope anonymous = Scope::None;  ///< what one may do without a token
        double requestsPerSecond = 500; ///< of one token, or of one address without one
        double burst = 2000;            ///< requests at once
    };
    Gate(const Tokens &tokens, const Settings &settings);
    ~Gate();

    /// Splits the target, takes a token out of the path and names the caller. Throws Refusal: 401
    /// without a token that is known, 429 when there are too many requests.
    void admit(HubRequest &request);

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// Throws Refusal 403 unless the caller may do this; `pipeline` empty: something of no pipeline.
void require(const HubRequest &request, Scope scope, const QString &pipeline = {});

/// The path as it may stand in a log: nothing of a token.
QByteArray loggedPath(const QByteArray &target);

} // namespace helmscope
