// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/versions.h"

#include "base/tr.h"
#include "history/gitremote.h"
#include "workspace/sync/parts.h"

#include <algorithm>

namespace helmscope {

namespace {

using Outcome = SyncPart::Outcome;

GitAccess accessTo(const QString &workspace, const Remote &remote)
{
    GitAccess access;
    access.credentials = credentialsFor(workspace, remote);
    access.authorityFile = remote.options.value("authority");
    return access;
}

GitWatch watched(const Progress &progress)
{
    return [progress](const GitTraffic &traffic) { return progress(traffic.fraction); };
}

QString textOf(const std::optional<QByteArray> &bytes)
{
    return bytes ? QString::fromUtf8(*bytes) : QString();
}

SyncConflict conflictOf(const MergeConflict &file)
{
    SyncConflict conflict;
    conflict.of = SyncConflict::Of::File;
    conflict.where = conflict.key = file.path;
    conflict.ours = textOf(file.ours);
    conflict.theirs = textOf(file.theirs);
    return conflict;
}

MergeRules rulesOf(const PullChoice &choice)
{
    MergeRules rules;
    rules.unite = [](const MergeConflict &file) -> std::optional<QByteArray> {
        if (!file.path.startsWith("lineage/") || !file.path.endsWith(".json") || !file.ours ||
            !file.theirs)
            return std::nullopt;
        return unitedDocuments(*file.ours, *file.theirs);
    };
    rules.choose = [choose = choice.choose](const MergeConflict &file) {
        const PullChoice::Side side = choose ? choose(conflictOf(file)) : PullChoice::Side::None;
        return side == PullChoice::Side::Ours     ? MergeRules::Choice::Ours
               : side == PullChoice::Side::Theirs ? MergeRules::Choice::Theirs
                                                  : MergeRules::Choice::None;
    };
    return rules;
}

} // namespace

std::vector<Remote> versionRemotes(const QString &workspace)
{
    std::vector<Remote> found;
    if (!Repository::isRepository(workspace))
        return found;
    const std::vector<Remote> configured = remotesOf(workspace);
    bool hasDefault = false;
    for (const GitRemote &git : GitRemotes(workspace).all()) {
        Remote remote;
        for (const Remote &each : configured)
            if (each.kind == Remote::Kind::Versions && each.name == git.name)
                remote = each;
        remote.kind = Remote::Kind::Versions;
        remote.name = git.name;
        remote.url = withoutSecrets(git.url);
        remote.definedIn = QStringLiteral(".git/config");
        hasDefault = hasDefault || remote.isDefault;
        found.push_back(remote);
    }
    for (Remote &remote : found)
        if (!hasDefault && remote.name == QLatin1String("origin"))
            remote.isDefault = true;
    return found;
}

SyncItem versionsToPush(const QString &workspace, const Remote &remote)
{
    constexpr int mostCounted = 10'000;
    SyncItem whole;
    whole.part = Remote::Kind::Versions;
    whole.name = remote.name;
    const Repository repository(workspace);
    const GitRemotes remotes(workspace);
    const std::vector<Reference> references = repository.references();
    for (const Reference &branch : references) {
        if (branch.kind != Reference::Kind::Branch)
            continue;
        const QString theirs = remote.name + '/' + branch.name;
        const bool isThere =
            std::any_of(references.begin(), references.end(), [&theirs](const Reference &one) {
                return one.kind == Reference::Kind::RemoteBranch && one.name == theirs;
            });
        const int ahead = isThere ? remotes.distance(branch.name, theirs).ahead
                                  : int(repository.log(mostCounted, 0, branch.name).size());
        if (ahead == 0)
            continue;
        SyncItem item;
        item.kind = SyncItem::Kind::Branch;
        item.part = Remote::Kind::Versions;
        item.name = branch.name;
        item.contents = {branch.name};
        item.count = ahead;
        whole.children.push_back(item);
    }
    return whole;
}

SyncPart pushVersions(const QString &workspace, const Remote &remote, const QStringList &branches,
                      const Progress &progress)
{
    return attempt(remote, [&](SyncPart &part) {
        QStringList names = branches;
        for (const Reference &reference : Repository(workspace).references())
            if (reference.kind == Reference::Kind::Tag)
                names << reference.name; // marks of steps go along
        const GitRemotes::Pushed pushed = GitRemotes(workspace).push(
            remote.name, names, accessTo(workspace, remote), watched(progress));
        if (pushed.isStopped)
            throw Stopped();
        for (const PushedReference &reference : pushed.references)
            switch (reference.result) {
            case PushedReference::Result::Done:
            case PushedReference::Result::UpToDate:
                part.count += branches.contains(reference.name) ? 1 : 0;
                break;
            case PushedReference::Result::FetchFirst:
                part.details << Tr::tr("%1 has versions of %2 that are not here: pull first.")
                                    .arg(remote.name, reference.name);
                break;
            case PushedReference::Result::Refused:
                part.details << Tr::tr("%1 refuses %2: %3")
                                    .arg(remote.name, reference.name, reference.reason);
                break;
            }
        part.sentence = Tr::tr("%1 of %2 branches are there.").arg(part.count).arg(branches.size());
        part.outcome = part.details.isEmpty() ? Outcome::Done
                       : part.count > 0       ? Outcome::Partly
                                              : Outcome::Failed;
    });
}

SyncPart pullVersions(const QString &workspace, const PullChoice &choice, SyncReport &report,
                      const Progress &progress)
{
    const Remote remote = *choice.remotes.versions;
    return attempt(remote, [&](SyncPart &part) {
        GitRemotes remotes(workspace);
        const GitRemotes::Fetched fetched =
            remotes.fetch(remote.name, accessTo(workspace, remote), watched(progress));
        if (fetched.isStopped)
            throw Stopped();
        for (const MovedReference &moved : fetched.moved)
            report.versions << moved.name;
        part.count = int(fetched.moved.size());
        const Repository repository(workspace);
        const QString branch = repository.branch(), theirs = remote.name + '/' + branch;
        const std::vector<Reference> references = repository.references();
        const bool isThere =
            std::any_of(references.begin(), references.end(), [&theirs](const Reference &one) {
                return one.kind == Reference::Kind::RemoteBranch && one.name == theirs;
            });
        if (branch.isEmpty() || !isThere) {
            part.sentence =
                Tr::tr("%1 references came; there is no branch there to join with ours.")
                    .arg(part.count);
            return;
        }
        const Merged merged = remotes.merge(theirs, {}, rulesOf(choice));
        for (const QString &path : merged.leftOut)
            part.details
                << Tr::tr("%1 stays as it is here: it was changed and not committed.").arg(path);
        switch (merged.result) {
        case Merged::Result::UpToDate:
            part.sentence = Tr::tr("Nothing new.");
            break;
        case Merged::Result::Forward:
            part.sentence = Tr::tr("%1 is now as %2.").arg(branch, theirs);
            break;
        case Merged::Result::Joined:
            part.sentence = Tr::tr("%1 and %2 are joined.").arg(branch, theirs);
            break;
        case Merged::Result::Unrelated:
            part.outcome = Outcome::Partly;
            part.sentence = Tr::tr("%1 and %2 have no common beginning: they are shown side by "
                                   "side, not joined.")
                                .arg(branch, theirs);
            break;
        case Merged::Result::Conflicts:
            part.outcome = Outcome::Partly;
            part.sentence = Tr::tr("%1 files were changed here and there: choose one side for "
                                   "each, then pull again.")
                                .arg(merged.conflicts.size());
            for (const MergeConflict &file : merged.conflicts)
                report.conflicts.push_back(conflictOf(file));
            break;
        }
    });
}

QString testVersions(const QString &workspace, const Remote &remote, const Progress &progress)
{
    const auto references =
        gitReferences(remote.url, accessTo(workspace, remote), watched(progress));
    return Tr::tr("%1 is a git repository with %2 branches and tags.")
        .arg(shownAddressOf(remote))
        .arg(references.size());
}

} // namespace helmscope
