// SPDX-License-Identifier: GPL-3.0-or-later
// Private to this folder: one conversation with a git server.
#pragma once

#include "history/gitremotehttp.h"
#include "history/gitremotesilence.h"

namespace helmscope {

using GitRemoteHandle = Git<git_remote, git_remote_free>;

/// Throws Error for what is no address of a git server, or holds a secret.
void checkGitUrl(const QString &url);

/// What libgit2 asks and tells while it talks to a server.
class GitLink
{
public:
    GitLink(const QString &url, const GitAccess &access, const GitWatch &watch);
    GitLink(const GitLink &) = delete;
    GitLink &operator=(const GitLink &) = delete;

    const git_remote_callbacks &callbacks() const { return m_callbacks; }
    /// Before libgit2 connects, where it could not be stopped. False: stopped. Throws Unreachable.
    bool awaitServer();
    /// False: stopped. Throws what went wrong: Unreachable or Error.
    bool check(int code);

    std::vector<MovedReference> moved;
    std::vector<std::pair<QByteArray, QByteArray>> refused; ///< full name, reason

private:
    bool goesOn();
    int answerCredentials(git_credential **out, const char *user, unsigned allowed);
    int answerCertificate(git_cert *certificate, const char *host);

    QString m_url;
    const GitAccess &m_access;
    const GitWatch &m_watch;
    std::function<bool(qint64)> m_goesOn;
    GitHttp m_http;
    GitSilence m_silence;
    git_remote_callbacks m_callbacks = {};
    GitTraffic m_traffic;
    std::exception_ptr m_thrown;
    int m_asked = 0; ///< for credentials
    bool m_isStopped = false;
};

} // namespace helmscope
