// SPDX-License-Identifier: GPL-3.0-or-later
// Private to this folder: git's smart HTTP over our own connections. libgit2's can neither be
// stopped while a server is silent, nor trust an authority for one server only.
#pragma once

#include "history/git.h"
#include "history/gitremote.h"

#include <git2/sys/transport.h>

#include <exception>

namespace helmscope {

class GitHttp
{
public:
    /// `goesOn` is asked while bytes go to and fro; both outlive this.
    GitHttp(const GitAccess &access, const std::function<bool(qint64 bytes)> &goesOn);

    /// For git_remote_callbacks.transport of http and https.
    static int transport(git_transport **out, git_remote *owner, void *gitHttp);

    /// What went wrong in there; libgit2 only knows that something did.
    void rethrow();
    bool isStopped() const { return m_isStopped; }

private:
    struct Subtransport;
    struct Stream;
    static int makeSubtransport(git_smart_subtransport **out, git_transport *owner, void *gitHttp);
    void exchange(Stream &stream);

    const GitAccess &m_access;
    const std::function<bool(qint64)> &m_goesOn;
    Transport m_transport;
    git_smart_subtransport_definition m_definition;
    std::exception_ptr m_thrown;
    qint64 m_bytes = 0;
    bool m_isStopped = false;
};

} // namespace helmscope
