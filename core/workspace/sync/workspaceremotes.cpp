// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/workspaceremotes.h"

#include "history/gitremote.h"
#include "workspace/sync/versions.h"

#include <algorithm>

namespace helmscope {

std::vector<Remote> allRemotes(const QString &folder)
{
    std::vector<Remote> all = remotesOf(folder);
    std::erase_if(all, [](const Remote &each) { return each.kind == Remote::Kind::Versions; });
    const std::vector<Remote> versions = versionRemotes(folder);
    all.insert(all.end(), versions.begin(), versions.end());
    return all;
}

void keepRemote(const QString &folder, const Remote &remote, const Credentials &given)
{
    checkRemote(remote);
    if (remote.kind == Remote::Kind::Versions) {
        GitRemotes git(folder);
        const std::vector<GitRemote> all = git.all();
        const auto found = std::find_if(all.begin(), all.end(), [&](const GitRemote &each) {
            return each.name == remote.name;
        });
        if (found == all.end())
            git.add(remote.name, remote.url);
        else if (found->url != remote.url)
            git.setUrl(remote.name, remote.url);
    }
    if (remote.kind != Remote::Kind::Versions || remote.isDefault || !remote.options.isEmpty())
        setRemote(folder, remote);
    if (given.isEmpty())
        return;
    // What was left empty stays as it was.
    Credentials all = credentialsFor(folder, remote);
    const auto take = [](QString &to, const QString &from) {
        if (!from.isEmpty())
            to = from;
    };
    take(all.user, given.user);
    take(all.password, given.password);
    take(all.token, given.token);
    take(all.accessKey, given.accessKey);
    take(all.secretKey, given.secretKey);
    take(all.keyFile, given.keyFile);
    keepCredentials(remote, all);
}

void forgetRemote(const QString &folder, const Remote &remote)
{
    if (remote.kind == Remote::Kind::Versions) {
        GitRemotes(folder).remove(remote.name);
        // What .helmscope adds to it, if anything.
        const std::vector<Remote> all = remotesOf(folder);
        if (std::any_of(all.begin(), all.end(), [&](const Remote &each) {
                return each.kind == remote.kind && each.name == remote.name;
            }))
            removeRemote(folder, remote.kind, remote.name);
    } else {
        removeRemote(folder, remote.kind, remote.name);
    }
    keepCredentials(remote, {});
}

} // namespace helmscope
