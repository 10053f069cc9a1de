// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "history/version.h"

#include <QByteArray>

#include <memory>

namespace helmscope {

/// The git repository of a workspace, through libgit2. Never checks out, resets or merges files,
/// and never commits what it was not told to: the user's own branches, staged and changed files
/// stay as they are. Used on the thread that opened it only. Throws Error, naming the folder and
/// the remedy, wherever git cannot do what is asked.
class Repository
{
public:
    struct Private; ///< of the sources in this folder

    /// Makes a repository in `folder` (itself, also within another one) with branch "main", unless
    /// it is one already.
    static Repository create(const QString &folder);
    /// Opens the repository whose work tree is exactly `folder`; throws Error when it is none.
    explicit Repository(const QString &folder);
    static bool isRepository(const QString &folder);
    ~Repository();
    Repository(Repository &&) noexcept;
    Repository &operator=(Repository &&) noexcept;

    const QString &folder() const;

    /// Who commits, by git's configuration (repository, user, system); nothing where it does not
    /// say: then the user is asked once.
    std::optional<Person> person() const;
    /// Into the repository's own configuration. Throws Error for what git would refuse (empty, or
    /// with < > or a line's end).
    void setPerson(const Person &person);

    /// In the middle of what the user's own git is, if anything: then nothing is committed to the
    /// current branch.
    enum class State { Clean, Merging, Rebasing, Other /** cherry-pick, revert, bisect, am */ };
    State state() const;
    QString branch() const; ///< current one; empty when HEAD is detached
    QString head() const;   ///< id; empty before the first commit

    /// What to commit: only these paths change against the parent.
    struct Change
    {
        QString message;
        QStringList paths; ///< relative to the folder, files or folders, as they now are on disk;
                           ///< what .gitignore names is left out; a missing one is removed
        QString branch;    ///< full commit goes there; empty: where HEAD points
        QString from;      ///< a version at which `branch` begins if it does not exist; empty: HEAD
        QStringList alsoParents; ///< versions that it joins: a merge of what `paths` brings
        qint64 timeMs = 0;       ///< 0: now
    };
    /// Answers the version's id, or that of the branch's newest one when nothing has changed.
    /// Branch, index (these paths only) and log are brought along. A lock held by another process
    /// is waited for, 2 s; then Error names its file. Error also in every State but Clean when the
    /// current branch is meant, and without a person().
    QString commit(const Change &change);

    /// Versions reachable from all branches and tags (or from `branch`), children before parents,
    /// otherwise newest first; at most `limit` of them from `offset` on.
    std::vector<Version> log(int limit, int offset = 0, const QString &branch = {}) const;
    std::optional<Version>
    version(const QString &idOrName) const; ///< branch, tag, id, its beginning
    /// What a version changed against its first parent (of the first version: everything).
    std::vector<FileChange> changes(const QString &version) const;
    /// A file as it was; nothing when the version has none. Throws Error above `mostBytes`.
    std::optional<QByteArray> file(const QString &version, const QString &path,
                                   qint64 mostBytes = 64 << 20) const;
    /// Names of all files below a folder, sorted, relative to the repository.
    QStringList files(const QString &version, const QString &folder) const;

    std::vector<Reference> references() const; ///< branches and tags, sorted by name
    /// An annotated tag; throws Error when the name is taken or git does not allow it.
    void tag(const QString &name, const QString &version, const QString &message);
    void removeTag(const QString &name);

private:
    friend class GitRemotes;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
