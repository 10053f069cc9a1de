// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/hub/request.h"

namespace helmscope {

/// The bare git repositories of workspaces, served over git's smart HTTP by git's own program
/// `git http-backend`.
class GitRepositories
{
public:
    struct Settings
    {
        QString folder;
        qint64 largestPush = qint64(2) << 30; ///< bytes of one request
        int seconds = 600;                    ///< that git may take for one request
    };
    /// Throws Error when the folder cannot be written.
    explicit GitRepositories(const Settings &settings);

    /// Below `path`: "<workspace>.git", "info", "refs" and so on. A push makes the repository where
    /// there is none. Throws Refusal where the caller may not, or the name is none.
    HubAnswer answer(const HubRequest &request, const QStringList &path) const;

private:
    Settings m_settings;
    QString m_git; ///< the program

    void make(const QString &repository) const;
};

} // namespace helmscope
