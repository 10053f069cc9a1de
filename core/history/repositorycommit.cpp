// SPDX-License-Identifier: GPL-3.0-or-later
// How a version comes about: beside what the user has staged, and beside whoever else commits.
#include "history/git.h"

#include "base/tr.h"

#include <git2/sys/repository.h>

#include <QDateTime>
#include <QDeadlineTimer>
#include <QDir>
#include <QFileInfo>
#include <QScopeGuard>
#include <QThread>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helmscope {

namespace {

QByteArray encoded(const QString &path)
{
    return QFile::encodeName(path);
}

bool isSomebodyAheadOfUs(int code)
{
    return code == GIT_EMODIFIED || code == GIT_ELOCKED;
}

/// Everything that one commit needs while it is made.
class Committing
{
public:
    Committing(Repository::Private &repository, const Repository::Change &change,
               const Person &person)
        : d(repository)
        , m_change(change)
    {
        const qint64 seconds =
            (change.timeMs > 0 ? change.timeMs : QDateTime::currentMSecsSinceEpoch()) / 1000;
        const int minutes =
            change.timeMs > 0 ? 0 : QDateTime::currentDateTime().offsetFromUtc() / 60;
        d.check(make(m_signature,
                     [&](git_signature **to) {
                         return git_signature_new(to, person.name.toUtf8(), person.email.toUtf8(),
                                                  seconds, minutes);
                     }),
                Tr::tr("sign a version"));
        for (const QString &path : change.paths)
            m_paths << d.checkedPath(path);
    }

    /// Brings an index of the branch's tip to what is on disk at the paths: what is new or changed
    /// comes in, what is gone goes out. What git itself would keep (tracked files that are ignored,
    /// links, repositories within) stays.
    void put(git_index *index)
    {
        m_added.clear();
        m_removed.clear();
        for (const QString &path : m_paths) {
            remove(index, path);
            add(index, path);
        }
    }

    git_oid commit(const git_tree *tree, const std::vector<const git_commit *> &parents)
    {
        git_oid id;
        d.check(git_commit_create(&id, d.repository.get(), nullptr, m_signature.get(),
                                  m_signature.get(), "UTF-8", m_change.message.toUtf8(), tree,
                                  parents.size(), const_cast<const git_commit **>(parents.data())),
                Tr::tr("commit"));
        return id;
    }

    const std::vector<IndexEntry> &added() const { return m_added; }
    const QByteArrayList &removed() const { return m_removed; }

private:
    void remove(git_index *index, const QString &path)
    {
        const QByteArray name = encoded(path), below = name + '/';
        std::size_t at = 0;
        if (git_index_find_prefix(&at, index, name) < 0)
            return;
        QByteArrayList gone;
        for (; at < git_index_entrycount(index); ++at) {
            const git_index_entry *entry = git_index_get_byindex(index, at);
            const QByteArray one = entry->path;
            if (!one.startsWith(name))
                break;
            if ((one == name || one.startsWith(below)) && isGone(one, entry->mode))
                gone << one;
        }
        for (const QByteArray &one : gone)
            d.check(git_index_remove(index, one, 0),
                    Tr::tr("leave out %1").arg(QFile::decodeName(one)));
        m_removed += gone;
    }

    bool isGone(const QByteArray &name, unsigned mode) const
    {
        struct stat status;
        if (::lstat(encoded(d.folder) + '/' + name, &status) != 0)
            return errno == ENOENT || errno == ENOTDIR;
        return S_ISDIR(status.st_mode) && mode != GIT_FILEMODE_COMMIT;
    }

    void add(git_index *index, const QString &path)
    {
        const QString file = d.folder + '/' + path;
        const QFileInfo info(file);
        if (!info.exists() || isLeftOut(index, path, info.isDir()))
            return;
        if (!info.canonicalFilePath().startsWith(QFileInfo(d.folder).canonicalFilePath() + '/'))
            fail(Tr::tr("%1 leads out of the folder and is not committed.").arg(file));
        // A link may lead anywhere: git would keep the link, we have no use for one.
        if (info.isSymLink())
            fail(Tr::tr("%1 is a link and is not committed.").arg(file));
        if (info.isDir()) {
            if (QFileInfo::exists(file + "/.git"))
                return; // a repository of its own
            const QStringList names = QDir(file).entryList(
                QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot, QDir::Name);
            for (const QString &name : names)
                if (!QFileInfo(file + '/' + name).isSymLink())
                    add(index, path + '/' + name);
            return;
        }
        if (!info.isFile())
            return;
        constexpr qint64 largest = 100 << 20;
        if (info.size() > largest)
            fail(Tr::tr("%1 is larger than %2 MiB and is not committed; keep it as an artifact.")
                     .arg(file)
                     .arg(largest >> 20));
        git_index_entry entry = {};
        const QByteArray name = encoded(path);
        const int opened = ::open(encoded(file), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (opened < 0 && errno == ENOENT)
            return; // gone meanwhile
        QFile source;
        struct stat status;
        if (opened < 0 || !source.open(opened, QIODevice::ReadOnly, QFile::AutoCloseHandle) ||
            ::fstat(opened, &status) != 0)
            fail(Tr::tr("Cannot read %1: %2.").arg(file, QString::fromLocal8Bit(strerror(errno))));
        // A recorder may be appending: what was there at first is the version, never more.
        keep(source.read(std::min(qint64(status.st_size), largest)), name, &entry.id);
        entry.path = name;
        entry.mode = status.st_mode & S_IXUSR ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
        entry.file_size = std::uint32_t(status.st_size);
        // So that git sees without reading that nothing has changed.
        entry.mtime = {std::int32_t(status.st_mtim.tv_sec), std::uint32_t(status.st_mtim.tv_nsec)};
        entry.ctime = {std::int32_t(status.st_ctim.tv_sec), std::uint32_t(status.st_ctim.tv_nsec)};
        entry.dev = std::uint32_t(status.st_dev);
        entry.ino = std::uint32_t(status.st_ino);
        entry.uid = status.st_uid;
        entry.gid = status.st_gid;
        d.check(git_index_add(index, &entry), Tr::tr("keep %1").arg(path));
        m_added.push_back({name, entry});
    }

    /// As `git add` does: through the filters that .gitattributes asks for.
    void keep(const QByteArray &bytes, const QByteArray &name, git_oid *id)
    {
        const QString doing = Tr::tr("keep %1").arg(QFile::decodeName(name));
        Git<git_filter_list, git_filter_list_free> filters;
        d.check(make(filters,
                     [&](git_filter_list **to) {
                         return git_filter_list_load(to, d.repository.get(), nullptr, name,
                                                     GIT_FILTER_TO_ODB, GIT_FILTER_DEFAULT);
                     }),
                doing);
        git_buf filtered = GIT_BUF_INIT;
        const auto free = qScopeGuard([&] { git_buf_dispose(&filtered); });
        d.check(git_filter_list_apply_to_buffer(&filtered, filters.get(), bytes.constData(),
                                                std::size_t(bytes.size())),
                doing);
        d.check(git_blob_create_from_buffer(id, d.repository.get(), filtered.ptr, filtered.size),
                doing);
    }

    /// Ignored, and nothing there is tracked: git ignores only what it does not know.
    bool isLeftOut(git_index *index, const QString &path, bool isFolder) const
    {
        int ignored = 0;
        const QByteArray name = encoded(path), below = name + '/';
        if (git_ignore_path_is_ignored(&ignored, d.repository.get(), isFolder ? below : name) < 0 ||
            !ignored)
            return false;
        std::size_t at = 0;
        return isFolder ? git_index_find_prefix(&at, index, below) < 0
                        : !git_index_get_bypath(index, name, 0);
    }

    Repository::Private &d;
    const Repository::Change &m_change;
    GitSignature m_signature;
    QStringList m_paths;
    std::vector<IndexEntry> m_added; ///< all files at the paths, their `path` to be set again
    QByteArrayList m_removed;
};

} // namespace

void Repository::Private::bringIndexAlong(const std::vector<IndexEntry> &added,
                                          const QByteArrayList &removed,
                                          const QDeadlineTimer &patience) const
{
    GitIndex users;
    if (make(users, [&](git_index **to) { return git_repository_index(to, repository.get()); }) < 0)
        return;
    const QByteArray path = git_index_path(users.get());
    const QByteArray lock = path + ".lock", fresh = path + ".helmscope";
    int file = -1;
    while ((file = ::open(lock, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666)) < 0) {
        if (errno != EEXIST || patience.hasExpired())
            return;
        QThread::msleep(20);
    }
    ::close(file);
    const auto unlock = qScopeGuard([&] {
        git_repository_set_index(repository.get(), nullptr);
        ::unlink(fresh);
        ::unlink(lock);
    });
    ::unlink(fresh); // of a process that died here
    // A second name, not a copy: git tells by the index's time which files to look at again.
    struct stat status;
    if (::stat(path, &status) == 0 && ::link(path, fresh) != 0)
        return;
    GitIndex index;
    if (make(index, [&](git_index **to) { return git_index_open(to, fresh); }) < 0 ||
        git_repository_set_index(repository.get(), index.get()) < 0)
        return;
    for (const QByteArray &gone : removed)
        git_index_remove(index.get(), gone, 0);
    for (const IndexEntry &one : added) {
        git_index_entry entry = one.entry;
        entry.path = one.path;
        if (git_index_add(index.get(), &entry) < 0)
            return;
    }
    if (git_index_write(index.get()) == 0 && ::rename(fresh, lock) == 0)
        ::rename(lock, path);
}

QString Repository::commit(const Change &change)
{
    const std::optional<Person> who = person();
    if (!who)
        fail(Tr::tr("Cannot commit in %1: git does not know who you are. Give a name and an e-mail "
                    "first.")
                 .arg(d->folder));
    const QString current = branch();
    const bool isCurrent = change.branch.isEmpty() || change.branch == current;
    if (isCurrent && state() != State::Clean)
        fail(Tr::tr(
                 "Cannot commit in %1: the repository is in the middle of a %2. Finish it or call "
                 "it off with git.")
                 .arg(d->folder, state() == State::Merging ? Tr::tr("merge")
                                 : state() == State::Rebasing
                                     ? Tr::tr("rebase")
                                     : Tr::tr("cherry-pick, revert or bisection")));
    // A branch without a version yet, HEAD itself when it is on none.
    const QByteArray reference = !change.branch.isEmpty() ? "refs/heads/" + change.branch.toUtf8()
                                 : current.isEmpty()      ? QByteArray("HEAD")
                                                          : "refs/heads/" + current.toUtf8();
    int isValid = 0;
    if (git_reference_name_is_valid(&isValid, reference) < 0 || !isValid)
        fail(Tr::tr("'%1' cannot be the name of a branch.").arg(change.branch));

    Committing committing(*d, change, *who);
    const QDeadlineTimer patience(2000);
    git_oid id;
    for (;;) {
        const std::optional<git_oid> tip = d->find(QString::fromUtf8(reference));
        const std::optional<git_oid> from =
            tip                      ? tip
            : !change.from.isEmpty() ? std::optional(*git_commit_id(d->commitAt(change.from).get()))
                                     : d->find("HEAD");
        GitIndex index;
        d->check(make(index, [](git_index **to) { return git_index_new(to); }),
                 Tr::tr("begin a version"));
        std::vector<GitCommit> parents;
        GitTree before;
        if (from) {
            parents.push_back(d->commitAt(*from));
            before = d->treeOf(parents.front().get());
            d->check(git_index_read_tree(index.get(), before.get()), Tr::tr("begin a version"));
        }
        committing.put(index.get());
        git_oid treeId;
        d->check(git_index_write_tree_to(&treeId, index.get(), d->repository.get()),
                 Tr::tr("write a version"));
        for (const QString &name : change.alsoParents) {
            GitCommit also = d->commitAt(name);
            if (parents.empty() ||
                !git_oid_equal(git_commit_id(also.get()), git_commit_id(parents.front().get())))
                parents.push_back(std::move(also));
        }
        if (before && git_oid_equal(&treeId, git_tree_id(before.get())) && parents.size() < 2) {
            id = *from; // nothing has changed; a new branch still begins
            if (tip)
                break;
        } else {
            GitTree tree;
            d->check(make(tree,
                          [&](git_tree **to) {
                              return git_tree_lookup(to, d->repository.get(), &treeId);
                          }),
                     Tr::tr("write a version"));
            std::vector<const git_commit *> raw;
            for (const GitCommit &parent : parents)
                raw.push_back(parent.get());
            id = committing.commit(tree.get(), raw);
        }
        GitReference moved;
        const QByteArray why = "commit: " + change.message.section('\n', 0, 0).toUtf8();
        const git_oid nothing = {};
        const int code = make(moved, [&](git_reference **to) {
            return git_reference_create_matching(to, d->repository.get(), reference, &id, true,
                                                 tip ? &*tip : &nothing, why);
        });
        if (code == 0)
            break;
        // Somebody else was faster: on what he did, then.
        if (!isSomebodyAheadOfUs(code) || patience.hasExpired())
            d->check(code, Tr::tr("move the branch %1").arg(QString::fromUtf8(reference)));
        QThread::msleep(20);
    }

    if (isCurrent)
        d->bringIndexAlong(committing.added(), committing.removed(), patience);
    return textOf(id);
}

} // namespace helmscope
