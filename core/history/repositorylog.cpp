// SPDX-License-Identifier: GPL-3.0-or-later
// What a repository tells of its versions.
#include "history/git.h"

#include "base/tr.h"

#include <QDir>

#include <algorithm>

namespace helmscope {

namespace {

Version valueOf(const git_commit *commit)
{
    Version version;
    version.id = textOf(*git_commit_id(commit));
    const unsigned parents = git_commit_parentcount(commit);
    for (unsigned i = 0; i < parents; ++i)
        version.parents << textOf(*git_commit_parent_id(commit, i));
    if (const git_signature *author = git_commit_author(commit)) {
        version.author = {QString::fromUtf8(author->name), QString::fromUtf8(author->email)};
        version.timeMs = qint64(author->when.time) * 1000;
    }
    version.message = QString::fromUtf8(git_commit_message(commit)).trimmed();
    return version;
}

/// The entry of a path in a version's tree; nothing when it has none.
std::optional<git_oid> blobAt(const git_tree *tree, const QString &path)
{
    Git<git_tree_entry, git_tree_entry_free> entry;
    if (make(entry,
             [&](git_tree_entry **to) { return git_tree_entry_bypath(to, tree, path.toUtf8()); }) <
            0 ||
        git_tree_entry_type(entry.get()) != GIT_OBJECT_BLOB)
        return std::nullopt;
    return *git_tree_entry_id(entry.get());
}

} // namespace

std::vector<Version> Repository::log(int limit, int offset, const QString &branch) const
{
    const QString doing = Tr::tr("list the versions");
    GitWalk walk;
    d->check(make(walk, [&](git_revwalk **to) { return git_revwalk_new(to, d->repository.get()); }),
             doing);
    d->check(git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME), doing);
    if (!branch.isEmpty()) {
        const GitCommit tip = d->commitAt(branch);
        d->check(git_revwalk_push(walk.get(), git_commit_id(tip.get())), doing);
    } else {
        for (const char *glob : {"refs/heads/*", "refs/tags/*", "refs/remotes/*"})
            d->check(git_revwalk_push_glob(walk.get(), glob), doing);
        if (const std::optional<git_oid> head = d->find("HEAD")) // it may be detached
            d->check(git_revwalk_push(walk.get(), &*head), doing);
    }
    std::vector<Version> versions;
    git_oid id;
    for (int i = 0; i < limit + offset; ++i) {
        const int code = git_revwalk_next(&id, walk.get());
        if (code == GIT_ITEROVER)
            break;
        d->check(code, doing);
        if (i >= offset)
            versions.push_back(valueOf(d->commitAt(id).get()));
    }
    return versions;
}

std::optional<Version> Repository::version(const QString &idOrName) const
{
    const std::optional<git_oid> id = d->find(idOrName);
    if (!id)
        return std::nullopt;
    return valueOf(d->commitAt(*id).get());
}

std::vector<FileChange> Repository::changes(const QString &version) const
{
    const QString doing = Tr::tr("compare versions");
    const GitCommit commit = d->commitAt(version);
    const GitTree after = d->treeOf(commit.get());
    GitTree before;
    if (git_commit_parentcount(commit.get()) > 0)
        before = d->treeOf(d->commitAt(*git_commit_parent_id(commit.get(), 0)).get());
    GitDiff diff;
    d->check(make(diff,
                  [&](git_diff **to) {
                      return git_diff_tree_to_tree(to, d->repository.get(), before.get(),
                                                   after.get(), nullptr);
                  }),
             doing);
    std::vector<FileChange> changes;
    const std::size_t count = git_diff_num_deltas(diff.get());
    for (std::size_t i = 0; i < count; ++i) {
        const git_diff_delta *delta = git_diff_get_delta(diff.get(), i);
        FileChange change;
        change.path = QString::fromUtf8(delta->status == GIT_DELTA_DELETED ? delta->old_file.path
                                                                           : delta->new_file.path);
        change.kind = delta->status == GIT_DELTA_ADDED     ? FileChange::Kind::Added
                      : delta->status == GIT_DELTA_DELETED ? FileChange::Kind::Removed
                                                           : FileChange::Kind::Changed;
        changes.push_back(std::move(change));
    }
    return changes;
}

std::optional<QByteArray> Repository::file(const QString &version, const QString &path,
                                           qint64 mostBytes) const
{
    const QString clean = d->checkedPath(path);
    const GitCommit commit = d->commitAt(version);
    const GitTree tree = d->treeOf(commit.get());
    const std::optional<git_oid> id = blobAt(tree.get(), clean);
    if (!id)
        return std::nullopt;
    const QString doing = Tr::tr("read '%1' of version %2").arg(path, version);
    // Its size first: an object of a few bytes may unpack to any number of them.
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    Git<git_odb, git_odb_free> objects;
    d->check(
        make(objects, [&](git_odb **to) { return git_repository_odb(to, d->repository.get()); }),
        doing);
    d->check(git_odb_read_header(&size, &type, objects.get(), &*id), doing);
    if (qint64(size) > mostBytes)
        fail(Tr::tr(
                 "Cannot read '%1' of version %2 in %3: it has %4 bytes, and at most %5 are read.")
                 .arg(path, version, d->folder)
                 .arg(size)
                 .arg(mostBytes));
    GitBlob blob;
    d->check(
        make(blob, [&](git_blob **to) { return git_blob_lookup(to, d->repository.get(), &*id); }),
        doing);
    return QByteArray(static_cast<const char *>(git_blob_rawcontent(blob.get())),
                      qsizetype(git_blob_rawsize(blob.get())));
}

QStringList Repository::files(const QString &version, const QString &folder) const
{
    const QString doing = Tr::tr("list the files of version %1").arg(version);
    GitTree tree = d->treeOf(d->commitAt(version).get());
    QString prefix;
    if (!folder.isEmpty()) {
        const QString clean = d->checkedPath(folder);
        Git<git_tree_entry, git_tree_entry_free> entry;
        if (make(entry,
                 [&](git_tree_entry **to) {
                     return git_tree_entry_bypath(to, tree.get(), clean.toUtf8());
                 }) < 0 ||
            git_tree_entry_type(entry.get()) != GIT_OBJECT_TREE)
            return {};
        GitTree below;
        d->check(make(below,
                      [&](git_tree **to) {
                          return git_tree_lookup(to, d->repository.get(),
                                                 git_tree_entry_id(entry.get()));
                      }),
                 doing);
        tree = std::move(below);
        prefix = clean + '/';
    }
    struct Found
    {
        QString prefix;
        QStringList names;
    } found{prefix, {}};
    d->check(git_tree_walk(
                 tree.get(), GIT_TREEWALK_PRE,
                 [](const char *root, const git_tree_entry *entry, void *into) {
                     auto &list = *static_cast<Found *>(into);
                     if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
                         list.names << list.prefix + QString::fromUtf8(root) +
                                           QString::fromUtf8(git_tree_entry_name(entry));
                     return 0;
                 },
                 &found),
             doing);
    found.names.sort();
    return found.names;
}

std::vector<Reference> Repository::references() const
{
    const QString doing = Tr::tr("list branches and tags");
    GitReferences iterator;
    d->check(make(iterator,
                  [&](git_reference_iterator **to) {
                      return git_reference_iterator_new(to, d->repository.get());
                  }),
             doing);
    const QString current = branch();
    std::vector<Reference> references;
    for (;;) {
        GitReference one;
        const int code =
            make(one, [&](git_reference **to) { return git_reference_next(to, iterator.get()); });
        if (code == GIT_ITEROVER)
            break;
        d->check(code, doing);
        Reference reference;
        if (git_reference_is_branch(one.get()))
            reference.kind = Reference::Kind::Branch;
        else if (git_reference_is_remote(one.get()))
            reference.kind = Reference::Kind::RemoteBranch;
        else if (git_reference_is_tag(one.get()))
            reference.kind = Reference::Kind::Tag;
        else
            continue; // notes, stashes
        GitObject commit;
        if (make(commit, [&](git_object **to) {
                return git_reference_peel(to, one.get(), GIT_OBJECT_COMMIT);
            }) < 0)
            continue; // a tag of something else
        reference.name = QString::fromUtf8(git_reference_shorthand(one.get()));
        reference.version = textOf(*git_object_id(commit.get()));
        reference.isCurrent =
            reference.kind == Reference::Kind::Branch && reference.name == current;
        references.push_back(std::move(reference));
    }
    std::sort(references.begin(), references.end(),
              [](const Reference &a, const Reference &b) { return a.name < b.name; });
    return references;
}

} // namespace helmscope
