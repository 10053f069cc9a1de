// SPDX-License-Identifier: GPL-3.0-or-later
// Joining two histories in memory: files that only one side changed are taken, files that both
// changed are given to the rules whole. Lines are never mixed: a plan or a table of half of one and
// half of the other says what nobody ever did.
#include "history/gitremoteprivate.h"

#include "base/tr.h"

#include <QDateTime>
#include <QDeadlineTimer>
#include <QThread>

#include <map>

namespace helmscope {

namespace {

struct Entry
{
    git_oid id = {};
    unsigned mode = 0; ///< 0: it is not there
    bool operator==(const Entry &other) const
    {
        return mode == other.mode && (mode == 0 || git_oid_equal(&id, &other.id));
    }
};

using Changes = std::map<QByteArray, std::pair<Entry, Entry>>; ///< before, after

Changes changesBetween(const Repository::Private &git, git_tree *from, git_tree *to)
{
    GitDiff diff;
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
    git.check(make(diff,
                   [&](git_diff **out) {
                       return git_diff_tree_to_tree(out, git.repository.get(), from, to, &options);
                   }),
              Tr::tr("compare versions"));
    Changes changes;
    for (std::size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
        const git_diff_delta *delta = git_diff_get_delta(diff.get(), i);
        const auto entry = [](const git_diff_file &file, bool isThere) {
            return isThere ? Entry{file.id, file.mode} : Entry{};
        };
        changes[delta->new_file.path] = {
            entry(delta->old_file, delta->status != GIT_DELTA_ADDED),
            entry(delta->new_file, delta->status != GIT_DELTA_DELETED)};
    }
    return changes;
}

std::optional<QByteArray> contentOf(const Repository::Private &git, const Entry &entry)
{
    constexpr git_object_size_t largest = 64 << 20;
    GitBlob blob;
    if ((entry.mode != GIT_FILEMODE_BLOB && entry.mode != GIT_FILEMODE_BLOB_EXECUTABLE) ||
        make(blob, [&](git_blob **out) {
            return git_blob_lookup(out, git.repository.get(), &entry.id);
        }) < 0)
        return std::nullopt;
    if (git_blob_rawsize(blob.get()) > largest)
        fail(Tr::tr("A file that both sides changed in %1 is too large to be compared.")
                 .arg(git.folder));
    return QByteArray(static_cast<const char *>(git_blob_rawcontent(blob.get())),
                      qsizetype(git_blob_rawsize(blob.get())));
}

/// Of a path whose parts one side has as a file and the other as a folder.
bool meetsAFolder(const git_index *index, const QByteArray &path)
{
    auto *all = const_cast<git_index *>(index);
    std::size_t at = 0;
    if (git_index_find_prefix(&at, all, path + '/') == 0)
        return true;
    for (qsizetype slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1))
        if (git_index_get_bypath(all, path.left(slash), 0))
            return true;
    return false;
}

void put(const Repository::Private &git, git_index *index, const QByteArray &path,
         const Entry &entry)
{
    if (entry.mode == 0) {
        git_index_remove(index, path, 0);
        return;
    }
    git_index_entry made = {};
    made.path = path;
    made.id = entry.id;
    made.mode = entry.mode;
    git.check(git_index_add(index, &made), Tr::tr("take over %1").arg(QString::fromUtf8(path)));
}

/// Theirs into an index of ours. What the rules do not decide is a conflict.
void join(const Repository::Private &git, git_index *index, const Changes &ours,
          const Changes &theirs, const MergeRules &rules, Merged &merged)
{
    // What theirs removes first: a file of theirs may come where a folder of both was.
    for (const bool isRemoval : {true, false}) {
        for (const auto &[path, change] : theirs) {
            const auto &[before, after] = change;
            if ((after.mode == 0) != isRemoval)
                continue;
            const auto own = ours.find(path);
            const bool isOurs = own != ours.end();
            const Entry mine = isOurs ? own->second.second : before;
            if (mine == after)
                continue;
            const bool meets = after.mode != 0 && meetsAFolder(index, path);
            if (!isOurs && !meets) {
                put(git, index, path, after);
                continue;
            }
            MergeConflict conflict{QString::fromUtf8(path), contentOf(git, before),
                                   contentOf(git, meets ? Entry{} : mine), contentOf(git, after)};
            if (!meets && rules.unite) {
                if (const auto united = rules.unite(conflict)) {
                    Entry entry{{}, mine.mode ? mine.mode : after.mode};
                    if (entry.mode == 0)
                        entry.mode = GIT_FILEMODE_BLOB;
                    git.check(git_blob_create_from_buffer(&entry.id, git.repository.get(),
                                                          united->constData(),
                                                          std::size_t(united->size())),
                              Tr::tr("keep %1").arg(conflict.path));
                    put(git, index, path, entry);
                    merged.united << conflict.path;
                    continue;
                }
            }
            const MergeRules::Choice choice =
                rules.choose ? rules.choose(conflict) : MergeRules::Choice::None;
            if (choice == MergeRules::Choice::Theirs && !meets)
                put(git, index, path, after);
            else if (choice != MergeRules::Choice::Ours)
                merged.conflicts.push_back(conflict);
        }
    }
}

} // namespace

Merged GitRemotes::merge(const QString &theirs, const QString &branch, const MergeRules &rules)
{
    Repository::Private &git = d->git();
    const QString current = d->repository.branch();
    const QString name = branch.isEmpty() ? current : branch;
    if (name.isEmpty())
        fail(Tr::tr("Cannot join %1 in %2: no branch is current. Choose one with git first.")
                 .arg(theirs, git.folder));
    const bool isCurrent = name == current;
    if (isCurrent && d->repository.state() != Repository::State::Clean)
        fail(Tr::tr("Cannot join %1 in %2: the repository is in the middle of a merge, rebase or "
                    "the like. Finish it or call it off with git.")
                 .arg(theirs, git.folder));
    const QByteArray reference = "refs/heads/" + name.toUtf8();
    const GitCommit other = git.commitAt(theirs);
    const git_oid *otherId = git_commit_id(other.get());
    const GitTree otherTree = git.treeOf(other.get());

    const QDeadlineTimer patience(2000);
    for (;;) {
        Merged merged;
        const std::optional<git_oid> tip = git.find(QString::fromUtf8(reference));
        GitCommit mine;
        GitTree before, after;
        git_oid id = *otherId;
        if (tip) {
            mine = git.commitAt(*tip);
            before = git.treeOf(mine.get());
            git_oid base;
            const int code = git_merge_base(&base, d->raw(), &*tip, otherId);
            if (code == GIT_ENOTFOUND) {
                merged.result = Merged::Result::Unrelated;
                merged.version = textOf(*tip);
                return merged;
            }
            git.check(code, Tr::tr("find where %1 and %2 part").arg(name, theirs));
            if (git_oid_equal(&base, otherId)) {
                merged.version = textOf(*tip);
                return merged;
            }
            if (!git_oid_equal(&base, &*tip)) {
                const GitCommit common = git.commitAt(base);
                const GitTree baseTree = git.treeOf(common.get());
                GitIndex index;
                git.check(make(index, [](git_index **to) { return git_index_new(to); }),
                          Tr::tr("join versions"));
                git.check(git_index_read_tree(index.get(), before.get()), Tr::tr("join versions"));
                join(git, index.get(), changesBetween(git, baseTree.get(), before.get()),
                     changesBetween(git, baseTree.get(), otherTree.get()), rules, merged);
                if (!merged.conflicts.empty()) {
                    merged.result = Merged::Result::Conflicts;
                    merged.version = textOf(*tip);
                    return merged;
                }
                const std::optional<Person> who = d->repository.person();
                if (!who)
                    fail(Tr::tr("Cannot join %1 in %2: git does not know who you are. Give a name "
                                "and an e-mail first.")
                             .arg(theirs, git.folder));
                git_oid treeId;
                git.check(git_index_write_tree_to(&treeId, index.get(), d->raw()),
                          Tr::tr("write a version"));
                git.check(
                    make(after,
                         [&](git_tree **to) { return git_tree_lookup(to, d->raw(), &treeId); }),
                    Tr::tr("write a version"));
                GitSignature signature;
                git.check(make(signature,
                               [&](git_signature **to) {
                                   return git_signature_now(to, who->name.toUtf8(),
                                                            who->email.toUtf8());
                               }),
                          Tr::tr("sign a version"));
                const QString message =
                    rules.message.isEmpty() ? Tr::tr("Join %1").arg(theirs) : rules.message;
                const git_commit *parents[] = {mine.get(), other.get()};
                git.check(git_commit_create(&id, d->raw(), nullptr, signature.get(),
                                            signature.get(), "UTF-8", message.toUtf8(), after.get(),
                                            2, parents),
                          Tr::tr("write a version"));
                merged.result = Merged::Result::Joined;
            }
        }
        if (merged.result != Merged::Result::Joined)
            merged.result = Merged::Result::Forward;
        const git_tree *whole = after ? after.get() : otherTree.get();
        Private::Brought brought;
        if (isCurrent) {
            d->mustFit(before.get(), whole);
            brought = d->bringFiles(before.get(), whole);
        }
        GitReference moved;
        const git_oid nothing = {};
        const int code = make(moved, [&](git_reference **to) {
            return git_reference_create_matching(to, d->raw(), reference, &id, true,
                                                 tip ? &*tip : &nothing,
                                                 "merge: " + theirs.toUtf8());
        });
        // A log that cannot be written fails after the branch was moved.
        const std::optional<git_oid> now = code == 0 ? id : git.find(QString::fromUtf8(reference));
        if (now && git_oid_equal(&*now, &id)) {
            merged.version = textOf(id);
            merged.leftOut = brought.left;
            if (isCurrent)
                git.bringIndexAlong(brought.added, brought.removed, patience);
            return merged;
        }
        // Somebody else was faster: with what he did, then.
        if ((code != GIT_EMODIFIED && code != GIT_ELOCKED) || patience.hasExpired())
            git.check(code, Tr::tr("move the branch %1").arg(name));
        QThread::msleep(20);
    }
}

void GitRemotes::begin(const QString &branch, const QString &remote)
{
    Repository::Private &git = d->git();
    git.check(git_repository_set_head(d->raw(), "refs/heads/" + branch.toUtf8()),
              Tr::tr("begin the branch %1").arg(branch));
    const QString followed = remote + '/' + branch;
    merge(followed, {}, {});
    GitReference made;
    if (make(made, [&](git_reference **to) {
            return git_branch_lookup(to, d->raw(), branch.toUtf8(), GIT_BRANCH_LOCAL);
        }) == 0)
        git.check(git_branch_set_upstream(made.get(), followed.toUtf8()),
                  Tr::tr("let %1 follow %2").arg(branch, followed));
}

} // namespace helmscope
