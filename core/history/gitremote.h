// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "history/repository.h"

#include "federation/transport.h" // Credentials, Unreachable

#include <functional>

namespace helmscope {

struct GitRemote
{
    QString name, url;
    bool operator==(const GitRemote &) const = default;
};

/// With what a git server is asked; nothing of it is written anywhere.
struct GitAccess
{
    Credentials credentials; ///< https: user and password or token; ssh: user, key file or agent
    QString authorityFile;   ///< PEM that signs the server's certificate; empty: the system's
    QString knownHostsFile;  ///< of SSH; empty: the user's ~/.ssh/known_hosts
    int silenceMs = 60'000;  ///< of SSH: given up when nothing went to and fro for so long
};

struct GitTraffic
{
    double fraction = 0; ///< 0..1, as far as known
    qint64 bytes = 0;
    int objects = 0, allObjects = 0;
};
/// Called now and then on the calling thread; answers whether to go on.
using GitWatch = std::function<bool(const GitTraffic &)>;

struct MovedReference
{
    QString name;     ///< "origin/main", "v1"
    QString from, to; ///< versions; from is empty for a new one
    bool operator==(const MovedReference &) const = default;
};

struct PushedReference
{
    enum class Result {
        Done,
        UpToDate,
        FetchFirst, ///< the server has versions that are not known here
        Refused     ///< by the server, see `reason`
    };
    QString name; ///< of the branch or tag here
    Result result = Result::Done;
    QString reason;
};

/// A file that both sides changed, with what it was; nothing: it was not there.
struct MergeConflict
{
    QString path;
    std::optional<QByteArray> base, ours, theirs;
};

struct MergeRules
{
    enum class Choice { None, Ours, Theirs };
    /// The union of two contents of a file (lineage/*.json); nothing: it has none for this path.
    std::function<std::optional<QByteArray>(const MergeConflict &)> unite;
    /// What to take where that has no answer; None: it stays a conflict.
    std::function<Choice(const MergeConflict &)> choose;
    QString message; ///< of the version that joins both; empty: "Join <theirs>"
};

struct Merged
{
    enum class Result {
        UpToDate,  ///< theirs is known already
        Forward,   ///< ours was part of theirs
        Joined,    ///< a version with both parents
        Conflicts, ///< nothing was done: `conflicts` has to be decided first
        Unrelated  ///< no common beginning: nothing was done
    };
    Result result = Result::UpToDate;
    QString version; ///< of the branch now
    std::vector<MergeConflict> conflicts;
    QStringList united;  ///< paths that the union function joined
    QStringList leftOut; ///< changed here and not committed, links, odd names: not put into the
                         ///< folder; the version has them
};

/// The other repositories that a workspace's versions go to and come from. On one thread. Hooks and
/// submodules never run. Throws Unreachable for what may work later, otherwise Error.
class GitRemotes
{
public:
    explicit GitRemotes(const QString &folder); ///< as Repository's
    ~GitRemotes();
    GitRemotes(GitRemotes &&) noexcept;

    std::vector<GitRemote> all() const; ///< sorted by name
    /// https://, http://, ssh://, user@host:path, file:// or a folder. Throws Error for other
    /// addresses, secrets in them, names git does not allow, a name that is taken.
    void add(const QString &name, const QString &url);
    void setUrl(const QString &name, const QString &url);
    void remove(const QString &name);

    struct Fetched
    {
        std::vector<MovedReference> moved;
        bool isStopped = false;
    };
    /// Branches into refs/remotes/<name>/, tags that belong to them; nothing else changes.
    Fetched fetch(const QString &name, const GitAccess &access, const GitWatch &watch);

    struct Pushed
    {
        std::vector<PushedReference> references;
        bool isStopped = false; ///< the server may have got some or all
        bool isComplete() const;
    };
    /// Branches and tags by their short names; never forces.
    Pushed push(const QString &name, const QStringList &references, const GitAccess &access,
                const GitWatch &watch);

    /// How many versions `branch` has that `other` has not, and the other way round.
    struct Distance
    {
        int ahead = 0, behind = 0;
    };
    Distance distance(const QString &branch, const QString &other) const;

    /// Joins another branch (a fetched "origin/main") into a branch of ours; empty: the current
    /// one, whose files then come into the folder, unless changed there. What is staged or changed
    /// stays. Both sides' new files never meet; those that both changed go to the rules.
    Merged merge(const QString &theirs, const QString &branch, const MergeRules &rules);

private:
    friend bool cloneRepository(const QString &, const QString &, const GitAccess &,
                                const GitWatch &);
    struct Private;
    static Repository::Private *privateOf(const Repository &repository);
    /// The first branch of an empty repository, from a fetched one that it follows.
    void begin(const QString &branch, const QString &remote);
    std::unique_ptr<Private> d;
};

/// Branches and tags of a server, without fetching: also the test whether it can be reached.
std::vector<Reference> gitReferences(const QString &url, const GitAccess &access,
                                     const GitWatch &watch);

/// Copies a repository into a folder that is not there yet, all or nothing; the remote is called
/// "origin". False: stopped.
bool cloneRepository(const QString &url, const QString &folder, const GitAccess &access,
                     const GitWatch &watch);

} // namespace helmscope
