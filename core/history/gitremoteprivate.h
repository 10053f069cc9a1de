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

    /// Brings the folder and the index from one version to the next: only files that are as the
    /// version says. Answers what was left as it is.
    QStringList bringFiles(const git_tree *from, const git_tree *to) const;
};

} // namespace helmscope
