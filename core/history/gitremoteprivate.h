// SPDX-License-Identifier: GPL-3.0-or-later
// Private to this folder.
#pragma once

#include "history/gitremotelink.h"

namespace helmscope {

struct GitRemotes::Private
{
    Repository repository;

    Repository::Private &git() const;
    git_repository *raw() const { return git().repository.get(); }
    /// Throws Error when there is none of that name, or its address is refused.
    GitRemoteHandle remote(const QString &name) const;

    /// Before a branch is moved: whether the disk has room for what comes with it. Throws Error.
    void mustFit(const git_tree *from, const git_tree *to) const;
    /// Brings the folder from one version to the next: only files that are as the version says. The
    /// branch and the index follow; cut off before, the next attempt goes on.
    struct Brought
    {
        QStringList left; ///< as they are
        std::vector<IndexEntry> added;
        QByteArrayList removed;
    };
    Brought bringFiles(const git_tree *from, const git_tree *to) const;
};

} // namespace helmscope
