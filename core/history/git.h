// SPDX-License-Identifier: GPL-3.0-or-later
// Private to this folder: libgit2 as values that free themselves, and its errors as sentences.
#pragma once

#include "history/repository.h"

#include "base/error.h"

#include <git2.h>

#include <QDeadlineTimer>
#include <QFile>

#include <memory>

namespace helmscope {

template <auto Free>
struct Freer
{
    template <class T>
    void operator()(T *p) const
    {
        Free(p);
    }
};
template <class T, auto Free>
using Git = std::unique_ptr<T, Freer<Free>>;

using GitRepository = Git<git_repository, git_repository_free>;
using GitReference = Git<git_reference, git_reference_free>;
using GitCommit = Git<git_commit, git_commit_free>;
using GitTree = Git<git_tree, git_tree_free>;
using GitObject = Git<git_object, git_object_free>;
using GitIndex = Git<git_index, git_index_free>;
using GitBlob = Git<git_blob, git_blob_free>;
using GitConfig = Git<git_config, git_config_free>;
using GitSignature = Git<git_signature, git_signature_free>;
using GitWalk = Git<git_revwalk, git_revwalk_free>;
using GitDiff = Git<git_diff, git_diff_free>;
using GitReferences = Git<git_reference_iterator, git_reference_iterator_free>;

/// Takes what a function of libgit2 makes: `make<GitTree>([&](git_tree **t) { return ...; })`.
template <class Handle, class Act>
int make(Handle &handle, Act act)
{
    typename Handle::pointer raw = nullptr;
    const int code = act(&raw);
    handle.reset(raw);
    return code;
}

/// Before anything else of libgit2.
void startGit();

struct IndexEntry
{
    QByteArray path; ///< `entry.path` is to be set to it where it is used
    git_index_entry entry;
};

struct Repository::Private
{
    QString folder;
    GitRepository repository;

    /// Throws Error with what libgit2 says of its last call, unless `code` is at least 0.
    void check(int code, const QString &doing) const;
    /// The id a version, branch or tag stands for; nothing when there is none.
    std::optional<git_oid> find(const QString &name) const;
    GitCommit commitAt(const QString &name) const;
    GitCommit commitAt(const git_oid &id) const;
    GitTree treeOf(git_commit *commit) const;
    /// Names a path below the folder; throws Error for one that leads outside or into .git.
    QString checkedPath(const QString &path) const;
    /// Puts into the user's index what was committed, as it was then: the disk may have gone on. As
    /// git does, its lock is held from reading to replacing, so that nothing staged meanwhile is
    /// lost. The version is there whatever happens here; an index that is held comes along with the
    /// next one.
    void bringIndexAlong(const std::vector<IndexEntry> &added, const QByteArrayList &removed,
                         const QDeadlineTimer &patience) const;
};

inline QString textOf(const git_oid &id)
{
    char text[GIT_OID_HEXSZ + 1];
    return QString::fromLatin1(git_oid_tostr(text, sizeof text, &id));
}

} // namespace helmscope
