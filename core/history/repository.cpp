// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/git.h"
#include "history/gitremotesilence.h"

#include "base/tr.h"

#include <QDir>
#include <QFileInfo>

namespace helmscope {

namespace {

QByteArray encoded(const QString &path)
{
    return QFile::encodeName(path);
}

} // namespace

/// libgit2 counts these; one for the whole program, never taken back.
void startGit()
{
    static const int started = [] {
        const int count = git_libgit2_init();
        // A version that is told of is on the disk, also when the power fails.
        git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
        GitSilence::install();
        return count;
    }();
    Q_UNUSED(started)
}

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
    else if (why.contains("Permission denied") || why.contains("Read-only"))
        why += Tr::tr("; make the folder writable");
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
    if (path.isEmpty() || path.contains(QChar(0)) || QDir::isAbsolutePath(clean) || clean == ".." ||
        clean.startsWith("../") || clean == "." ||
        clean.section('/', 0, 0).compare(".git", Qt::CaseInsensitive) == 0)
        fail(Tr::tr("'%1' is no path of a file in %2.").arg(path, folder));
    return clean;
}

Repository Repository::create(const QString &folder)
{
    startGit();
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
    startGit();
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
    startGit();
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

} // namespace helmscope
