// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/git.h"

#include "base/tr.h"

#include <QDateTime>
#include <QDeadlineTimer>
#include <QDir>
#include <QFileInfo>
#include <QThread>

#include <sys/stat.h>

namespace helmscope {

namespace {

/// libgit2 counts these; one for the whole program, never taken back.
void startLibrary()
{
    static const int started = [] {
        const int count = git_libgit2_init();
        // A version that is told of is on the disk, also when the power fails.
        git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
        return count;
    }();
    Q_UNUSED(started)
}

QByteArray encoded(const QString &path)
{
    return QFile::encodeName(path);
}

bool isSomebodyAheadOfUs(int code)
{
    return code == GIT_EMODIFIED || code == GIT_ELOCKED;
}

} // namespace

void Repository::Private::check(int code, const QString &doing) const
{
    if (code >= 0)
        return;
    const git_error *said = git_error_last();
    QString why =
        said && said->message ? QString::fromUtf8(said->message) : Tr::tr("git gives no reason");
    if (code == GIT_ELOCKED || why.contains(".lock'"))
        why +=
            Tr::tr("; another program is at work in this repository. If none is, remove the lock "
                   "file");
    else if (code == GIT_EOWNER)
        why = Tr::tr("the folder belongs to somebody else. If that is as it should be, run: git "
                     "config --global --add safe.directory '%1'")
                  .arg(folder);
    else if (why.contains("No space left"))
        why += Tr::tr("; make room on the disk");
    fail(Tr::tr("Cannot %1 in %2: %3.").arg(doing, folder, why));
}

std::optional<git_oid> Repository::Private::find(const QString &name) const
{
    GitObject object, commit;
    if (make(object,
             [&](git_object **to) {
                 return git_revparse_single(to, repository.get(), name.toUtf8());
             }) < 0 ||
        make(commit, [&](git_object **to) {
            return git_object_peel(to, object.get(), GIT_OBJECT_COMMIT);
        }) < 0)
        return std::nullopt;
    return *git_object_id(commit.get());
}

GitCommit Repository::Private::commitAt(const git_oid &id) const
{
    GitCommit commit;
    check(
        make(commit, [&](git_commit **to) { return git_commit_lookup(to, repository.get(), &id); }),
        Tr::tr("read version %1").arg(textOf(id)));
    return commit;
}

GitCommit Repository::Private::commitAt(const QString &name) const
{
    const std::optional<git_oid> id = find(name);
    if (!id)
        fail(Tr::tr("There is no version '%1' in %2.").arg(name, folder));
    return commitAt(*id);
}

GitTree Repository::Private::treeOf(git_commit *commit) const
{
    GitTree tree;
    check(make(tree, [&](git_tree **to) { return git_commit_tree(to, commit); }),
          Tr::tr("read a version's files"));
    return tree;
}

QString Repository::Private::checkedPath(const QString &path) const
{
    const QString clean = QDir::cleanPath(path);
    if (path.isEmpty() || QDir::isAbsolutePath(clean) || clean == ".." || clean.startsWith("../") ||
        clean == "." || clean.section('/', 0, 0).compare(".git", Qt::CaseInsensitive) == 0)
        fail(Tr::tr("'%1' is no path of a file in %2.").arg(path, folder));
    return clean;
}

Repository Repository::create(const QString &folder)
{
    startLibrary();
    if (isRepository(folder))
        return Repository(folder);
    if (!QDir().mkpath(folder))
        fail(Tr::tr("Cannot make the folder %1.").arg(folder));
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_NO_REINIT;
    options.initial_head = "main";
    GitRepository made;
    const int code = make(made, [&](git_repository **to) {
        return git_repository_init_ext(to, encoded(folder), &options);
    });
    if (code < 0) {
        const git_error *said = git_error_last();
        fail(Tr::tr("Cannot make a git repository in %1: %2.")
                 .arg(folder, said ? QString::fromUtf8(said->message) : QString()));
    }
    return Repository(folder);
}

Repository::Repository(const QString &folder)
    : d(std::make_unique<Private>())
{
    startLibrary();
    d->folder = QDir(folder).absolutePath();
    // Never one further up: somebody's home folder may be a repository.
    const int code = make(d->repository, [&](git_repository **to) {
        return git_repository_open_ext(to, encoded(d->folder), GIT_REPOSITORY_OPEN_NO_SEARCH,
                                       nullptr);
    });
    if (code == GIT_ENOTFOUND)
        fail(Tr::tr("%1 is no git repository.").arg(d->folder));
    d->check(code, Tr::tr("open the git repository"));
    if (git_repository_is_bare(d->repository.get()))
        fail(Tr::tr("%1 is a bare git repository, without files.").arg(d->folder));
}

bool Repository::isRepository(const QString &folder)
{
    startLibrary();
    GitRepository found;
    const int code = make(found, [&](git_repository **to) {
        return git_repository_open_ext(to, encoded(QDir(folder).absolutePath()),
                                       GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
    });
    return code == 0 || code == GIT_EOWNER;
}

Repository::~Repository() = default;
Repository::Repository(Repository &&) noexcept = default;
Repository &Repository::operator=(Repository &&) noexcept = default;

const QString &Repository::folder() const
{
    return d->folder;
}

std::optional<Person> Repository::person() const
{
    GitSignature signature;
    if (make(signature, [&](git_signature **to) {
            return git_signature_default(to, d->repository.get());
        }) < 0)
        return std::nullopt;
    return Person{QString::fromUtf8(signature->name), QString::fromUtf8(signature->email)};
}

void Repository::setPerson(const Person &person)
{
    const auto isPlain = [](const QString &text) {
        return !text.trimmed().isEmpty() && !text.contains('<') && !text.contains('>') &&
               !text.contains('\n') && !text.contains(QChar(0));
    };
    if (!isPlain(person.name) || !isPlain(person.email))
        fail(Tr::tr(
                 "Cannot use '%1 <%2>' as the author of versions: name and e-mail must neither be "
                 "empty nor hold < or >.")
                 .arg(person.name, person.email));
    const QString doing = Tr::tr("keep the author's name");
    GitConfig config, own;
    d->check(make(config,
                  [&](git_config **to) { return git_repository_config(to, d->repository.get()); }),
             doing);
    d->check(make(own,
                  [&](git_config **to) {
                      return git_config_open_level(to, config.get(), GIT_CONFIG_LEVEL_LOCAL);
                  }),
             doing);
    d->check(git_config_set_string(own.get(), "user.name", person.name.trimmed().toUtf8()), doing);
    d->check(git_config_set_string(own.get(), "user.email", person.email.trimmed().toUtf8()),
             doing);
}

Repository::State Repository::state() const
{
    switch (git_repository_state(d->repository.get())) {
    case GIT_REPOSITORY_STATE_NONE:
        return State::Clean;
    case GIT_REPOSITORY_STATE_MERGE:
        return State::Merging;
    case GIT_REPOSITORY_STATE_REBASE:
    case GIT_REPOSITORY_STATE_REBASE_INTERACTIVE:
    case GIT_REPOSITORY_STATE_REBASE_MERGE:
        return State::Rebasing;
    default:
        return State::Other;
    }
}

QString Repository::branch() const
{
    GitReference head;
    if (make(head,
             [&](git_reference **to) {
                 return git_reference_lookup(to, d->repository.get(), "HEAD");
             }) < 0 ||
        git_reference_type(head.get()) != GIT_REFERENCE_SYMBOLIC)
        return {};
    const QString name = QString::fromUtf8(git_reference_symbolic_target(head.get()));
    return name.startsWith("refs/heads/") ? name.mid(11) : QString();
}

QString Repository::head() const
{
    const std::optional<git_oid> id = d->find("HEAD");
    return id ? textOf(*id) : QString();
}

void Repository::tag(const QString &name, const QString &version, const QString &message)
{
    int isValid = 0;
    if (git_tag_name_is_valid(&isValid, name.toUtf8()) < 0 || !isValid)
        fail(
            Tr::tr("'%1' cannot be the name of a tag: git allows neither blanks nor any of ~ ^ : ? "
                   "* [ \\ in it.")
                .arg(name));
    const std::optional<Person> who = person();
    if (!who)
        fail(Tr::tr(
                 "Cannot set the tag '%1' in %2: git does not know who you are. Give a name and an "
                 "e-mail first.")
                 .arg(name, d->folder));
    const GitCommit commit = d->commitAt(version);
    GitSignature signature;
    const QString doing = Tr::tr("set the tag '%1'").arg(name);
    d->check(make(signature,
                  [&](git_signature **to) {
                      return git_signature_now(to, who->name.toUtf8(), who->email.toUtf8());
                  }),
             doing);
    git_oid id;
    const int code = git_tag_create(
        &id, d->repository.get(), name.toUtf8(), reinterpret_cast<const git_object *>(commit.get()),
        signature.get(),
        message.isEmpty() ? name.toUtf8().constData() : message.toUtf8().constData(), false);
    if (code == GIT_EEXISTS)
        fail(Tr::tr("There is a tag '%1' already: choose another name.").arg(name));
    d->check(code, doing);
}

void Repository::removeTag(const QString &name)
{
    const int code = git_tag_delete(d->repository.get(), name.toUtf8());
    if (code == GIT_ENOTFOUND)
        fail(Tr::tr("There is no tag '%1' in %2.").arg(name, d->folder));
    d->check(code, Tr::tr("remove the tag '%1'").arg(name));
}

namespace {

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

    /// Adds the paths, as they are on disk now, to an index: what is new or changed comes in, what
    /// is gone goes out.
    void put(git_index *index)
    {
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

private:
    void remove(git_index *index, const QString &path)
    {
        const QByteArray name = encoded(path);
        git_index_remove(index, name, 0); // a file
        git_index_remove_directory(index, name, 0);
    }

    void add(git_index *index, const QString &path)
    {
        const QString file = d.folder + '/' + path;
        const QFileInfo info(file);
        if (!info.exists() || isIgnored(path, info.isDir()))
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
        struct stat status;
        if (::stat(encoded(file), &status) != 0)
            return; // gone meanwhile
        d.check(git_blob_create_from_workdir(&entry.id, d.repository.get(), name),
                Tr::tr("keep %1").arg(path));
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
    }

    bool isIgnored(const QString &path, bool isFolder)
    {
        int ignored = 0;
        const QByteArray name = encoded(path) + (isFolder ? "/" : "");
        return git_ignore_path_is_ignored(&ignored, d.repository.get(), name) == 0 && ignored;
    }

    Repository::Private &d;
    const Repository::Change &m_change;
    GitSignature m_signature;
    QStringList m_paths;
};

} // namespace

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

    if (isCurrent) { // the user's staged files stay; a locked index is brought along next time
        GitIndex index;
        if (make(index,
                 [&](git_index **to) { return git_repository_index(to, d->repository.get()); }) ==
                0 &&
            git_index_read(index.get(), true) == 0) {
            try {
                committing.put(index.get());
            } catch (const Error &) { // the version is there; the index comes along next time
                return textOf(id);
            }
            while (git_index_write(index.get()) == GIT_ELOCKED && !patience.hasExpired())
                QThread::msleep(20);
        }
    }
    return textOf(id);
}

} // namespace helmscope
