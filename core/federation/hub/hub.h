// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/cmfrest.h"
#include "federation/hub/gate.h"
#include "federation/hub/gitrepositories.h"
#include "federation/hub/webserver.h"

#include <memory>

namespace helmscope {

class Tokens;

/// The server of labs that run none: lineage as CMF's server, artifacts by content, git of the
/// workspaces. HUB.md beside this says what it answers.
class Hub
{
public:
    struct Settings
    {
        QString folder;   ///< for everything that is no database
        QString database; ///< postgres://…; empty: SQLite in the folder
        WebServer::Settings web;
        Gate::Settings gate;
        CmfRest::Settings cmf;         ///< its folder is made in ours
        GitRepositories::Settings git; ///< its too
    };
    /// Opens what it stores; throws Error where it cannot.
    explicit Hub(const Settings &settings);
    ~Hub();

    Tokens &tokens();
    /// Answers the network from here on; throws Error where it cannot listen.
    void listen();
    int port() const;
    /// One request, as if it had come over the network (tests, fuzzing).
    HubAnswer answer(HubRequest &request);
    QString databaseDescription() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
