// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/gitremote.h"

#include "base/tr.h"
#include "history/gitremotelink.h"
#include "history/gitremoteprivate.h"

#include <QDir>
#include <QFileInfo>
#include <QScopeGuard>
#include <QUuid>

#include <algorithm>

namespace helmscope {

namespace {

QStringList strings(const git_strarray &array)
{
    QStringList made;
    for (std::size_t i = 0; i < array.count; ++i)
        made << QString::fromUtf8(array.strings[i]);
    return made;
}

/// An array of names for libgit2 that lives as long as this.
class Names
{
public:
    explicit Names(const QList<QByteArray> &names)
        : m_names(names)
    {
        for (QByteArray &name : m_names)
            m_raw.push_back(name.data());
    }
    Names(const Names &) = delete;
    Names &operator=(const Names &) = delete;
    git_strarray array() { return {m_raw.data(), m_raw.size()}; }

private:
    QList<QByteArray> m_names;
    std::vector<char *> m_raw;
};

/// Names, ids and, of HEAD, where it points.
struct Head
{
    QByteArray name, target;
    git_oid id;
};

std::vector<Head> headsOf(git_remote *remote, GitLink &link)
{
    const git_remote_head **heads = nullptr;
    std::size_t count = 0;
    link.check(git_remote_ls(&heads, &count, remote));
    std::vector<Head> made;
    for (std::size_t i = 0; i < count; ++i)
        made.push_back({heads[i]->name, heads[i]->symref_target, heads[i]->oid});
    return made;
}

bool connectTo(git_remote *remote, git_direction direction, GitLink &link)
{
    return link.awaitServer() &&
           link.check(git_remote_connect(remote, direction, &link.callbacks(), nullptr, nullptr));
}

} // namespace

GitRemotes::GitRemotes(const QString &folder)
    : d(std::make_unique<Private>(Private{Repository(folder)}))
{
}
GitRemotes::~GitRemotes() = default;
GitRemotes::GitRemotes(GitRemotes &&) noexcept = default;

Repository::Private &GitRemotes::Private::git() const
{
    return *GitRemotes::privateOf(repository);
}

Repository::Private *GitRemotes::privateOf(const Repository &repository)
{
    return repository.d.get();
}

std::vector<GitRemote> GitRemotes::all() const
{
    git_strarray names = {};
    d->git().check(git_remote_list(&names, d->raw()), Tr::tr("list the remotes"));
    const auto free = qScopeGuard([&] { git_strarray_dispose(&names); });
    std::vector<GitRemote> found;
    for (const QString &name : strings(names)) {
        GitRemoteHandle remote;
        if (make(remote, [&](git_remote **to) {
                return git_remote_lookup(to, d->raw(), name.toUtf8());
            }) == 0)
            found.push_back({name, QString::fromUtf8(git_remote_url(remote.get()))});
    }
    std::sort(found.begin(), found.end(),
              [](const GitRemote &a, const GitRemote &b) { return a.name < b.name; });
    return found;
}

void GitRemotes::add(const QString &name, const QString &url)
{
    int isValid = 0;
    if (git_remote_name_is_valid(&isValid, name.toUtf8()) < 0 || !isValid || name.startsWith('-') ||
        name.contains('/'))
        fail(Tr::tr("'%1' cannot be the name of a remote: letters, digits, - _ and . can.")
                 .arg(name));
    checkGitUrl(url);
    GitRemoteHandle made;
    const int code = make(made, [&](git_remote **to) {
        return git_remote_create(to, d->raw(), name.toUtf8(), url.toUtf8());
    });
    if (code == GIT_EEXISTS)
        fail(Tr::tr("There is a remote '%1' already: choose another name.").arg(name));
    d->git().check(code, Tr::tr("add the remote '%1'").arg(name));
}

void GitRemotes::setUrl(const QString &name, const QString &url)
{
    checkGitUrl(url);
    d->remote(name);
    d->git().check(git_remote_set_url(d->raw(), name.toUtf8(), url.toUtf8()),
                   Tr::tr("change the remote '%1'").arg(name));
}

void GitRemotes::remove(const QString &name)
{
    d->remote(name);
    d->git().check(git_remote_delete(d->raw(), name.toUtf8()),
                   Tr::tr("remove the remote '%1'").arg(name));
}

GitRemoteHandle GitRemotes::Private::remote(const QString &name) const
{
    GitRemoteHandle found;
    const int code =
        make(found, [&](git_remote **to) { return git_remote_lookup(to, raw(), name.toUtf8()); });
    if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC)
        fail(Tr::tr("There is no remote '%1' in %2.").arg(name, repository.folder()));
    git().check(code, Tr::tr("read the remote '%1'").arg(name));
    checkGitUrl(QString::fromUtf8(git_remote_url(found.get())));
    return found;
}

GitRemotes::Fetched GitRemotes::fetch(const QString &name, const GitAccess &access,
                                      const GitWatch &watch)
{
    const GitRemoteHandle remote = d->remote(name);
    GitLink link(QString::fromUtf8(git_remote_url(remote.get())), access, watch);
    git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
    options.callbacks = link.callbacks();
    options.update_fetchhead = 0;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_AUTO;
    // Ours, whatever a configuration says: nothing but refs/remotes/<name> is overwritten.
    Names specs({"+refs/heads/*:refs/remotes/" + name.toUtf8() + "/*"});
    const git_strarray array = specs.array();
    const bool isWhole =
        link.awaitServer() && link.check(git_remote_fetch(remote.get(), &array, &options, "fetch"));
    return {link.moved, !isWhole};
}

bool GitRemotes::Pushed::isComplete() const
{
    return !isStopped &&
           std::all_of(references.begin(), references.end(), [](const PushedReference &one) {
               return one.result == PushedReference::Result::Done ||
                      one.result == PushedReference::Result::UpToDate;
           });
}

GitRemotes::Pushed GitRemotes::push(const QString &name, const QStringList &references,
                                    const GitAccess &access, const GitWatch &watch)
{
    using Result = PushedReference::Result;
    struct Ours
    {
        QByteArray full;
        git_oid id;
    };
    std::vector<Ours> ours;
    for (const QString &reference : references) {
        GitReference found;
        for (const char *prefix : {"refs/heads/", "refs/tags/"})
            if (!found)
                make(found, [&](git_reference **to) {
                    return git_reference_lookup(to, d->raw(), prefix + reference.toUtf8());
                });
        if (!found || git_reference_type(found.get()) != GIT_REFERENCE_DIRECT)
            fail(Tr::tr("There is no branch or tag '%1' in %2.")
                     .arg(reference, d->repository.folder()));
        ours.push_back({git_reference_name(found.get()), *git_reference_target(found.get())});
    }

    const GitRemoteHandle remote = d->remote(name);
    GitLink link(QString::fromUtf8(git_remote_url(remote.get())), access, watch);
    Pushed pushed;
    if (!connectTo(remote.get(), GIT_DIRECTION_PUSH, link)) {
        pushed.isStopped = true;
        return pushed;
    }
    const std::vector<Head> theirs = headsOf(remote.get(), link);
    QList<QByteArray> specs;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        PushedReference one{references[int(i)], Result::Done, {}};
        const auto there = std::find_if(theirs.begin(), theirs.end(), [&](const Head &head) {
            return head.name == ours[i].full;
        });
        if (there != theirs.end()) {
            if (git_oid_equal(&there->id, &ours[i].id))
                one.result = Result::UpToDate;
            // Never a tag that another site has set otherwise, never what is not known here.
            else if (ours[i].full.startsWith("refs/tags/"))
                one = {one.name, Result::Refused,
                       Tr::tr("the tag stands for another version there")};
            else if (git_graph_descendant_of(d->raw(), &ours[i].id, &there->id) != 1)
                one.result = Result::FetchFirst;
        }
        if (one.result == Result::Done)
            specs << ours[i].full + ':' + ours[i].full;
        pushed.references.push_back(one);
    }
    if (specs.isEmpty())
        return pushed;

    git_push_options options = GIT_PUSH_OPTIONS_INIT;
    options.callbacks = link.callbacks();
    options.pb_parallelism = 1; // one core stays with the window
    Names names(specs);
    const git_strarray array = names.array();
    int code = git_remote_upload(remote.get(), &array, &options);
    // Somebody else was faster between the two.
    const bool isBehind = code == GIT_ENONFASTFORWARD;
    if (!isBehind && !link.check(code)) {
        pushed.isStopped = true;
        return pushed;
    }
    for (PushedReference &one : pushed.references)
        if (one.result == Result::Done && isBehind)
            one.result = Result::FetchFirst;
    for (const auto &[full, reason] : link.refused)
        for (std::size_t i = 0; i < ours.size(); ++i)
            if (ours[i].full == full) {
                const QString why = QString::fromUtf8(reason).simplified().left(300);
                const bool isOld = why.contains(QLatin1String("fetch first")) ||
                                   why.contains(QLatin1String("non-fast-forward")) ||
                                   why.contains(QLatin1String("failed to update ref")) ||
                                   why.contains(QLatin1String("stale info"));
                pushed.references[i].result = isOld ? Result::FetchFirst : Result::Refused;
                pushed.references[i].reason = why;
            }
    if (!isBehind)
        git_remote_update_tips(remote.get(), &link.callbacks(), 0,
                               GIT_REMOTE_DOWNLOAD_TAGS_UNSPECIFIED, "push");
    return pushed;
}

GitRemotes::Distance GitRemotes::distance(const QString &branch, const QString &other) const
{
    const GitCommit one = d->git().commitAt(branch), two = d->git().commitAt(other);
    std::size_t ahead = 0, behind = 0;
    d->git().check(git_graph_ahead_behind(&ahead, &behind, d->raw(), git_commit_id(one.get()),
                                          git_commit_id(two.get())),
                   Tr::tr("compare %1 and %2").arg(branch, other));
    return {int(ahead), int(behind)};
}

std::vector<Reference> gitReferences(const QString &url, const GitAccess &access,
                                     const GitWatch &watch)
{
    checkGitUrl(url);
    startGit();
    GitRemoteHandle remote;
    GitLink link(url, access, watch);
    link.check(make(remote,
                    [&](git_remote **to) { return git_remote_create_detached(to, url.toUtf8()); }));
    std::vector<Reference> found;
    if (!connectTo(remote.get(), GIT_DIRECTION_FETCH, link))
        return found;
    QByteArray current;
    for (const Head &head : headsOf(remote.get(), link)) {
        if (head.name == "HEAD")
            current = head.target;
        else if (head.name.startsWith("refs/heads/"))
            found.push_back({Reference::Kind::Branch, QString::fromUtf8(head.name.mid(11)),
                             textOf(head.id), head.name == current});
        else if (head.name.startsWith("refs/tags/") && !head.name.endsWith("^{}"))
            found.push_back({Reference::Kind::Tag, QString::fromUtf8(head.name.mid(10)),
                             textOf(head.id), false});
    }
    return found;
}

bool cloneRepository(const QString &url, const QString &folder, const GitAccess &access,
                     const GitWatch &watch)
{
    checkGitUrl(url);
    if (QFileInfo::exists(folder))
        fail(Tr::tr("Cannot clone into %1: something is there already.").arg(folder));
    const QString target = QDir::cleanPath(QDir(folder).absolutePath());
    const QString part =
        target + '.' + QUuid::createUuid().toString(QUuid::Id128).left(8) + ".part";
    const auto clear = qScopeGuard([&] { QDir(part).removeRecursively(); });
    const std::vector<Reference> there = gitReferences(url, access, watch);
    if (!watch({}))
        return false;
    Repository::create(part);
    {
        GitRemotes remotes(part);
        remotes.add(QStringLiteral("origin"), url);
        if (remotes.fetch(QStringLiteral("origin"), access, watch).isStopped)
            return false;
        QString branch;
        for (const Reference &one : there)
            if (one.kind == Reference::Kind::Branch && (branch.isEmpty() || one.isCurrent))
                branch = one.name;
        if (!branch.isEmpty())
            remotes.begin(branch, QStringLiteral("origin"));
    }
    if (!QDir().rename(part, target))
        fail(Tr::tr("Cannot put %1 into its place.").arg(target));
    return true;
}

} // namespace helmscope
