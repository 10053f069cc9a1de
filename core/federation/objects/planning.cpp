// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/tr.h"
#include "federation/objects/directory.h"
#include "federation/objects/landing.h"
#include "federation/objects/transfer.h"
#include "federation/objects/workers.h"

#include <QFile>
#include <QFileInfo>
#include <QSet>

#include <algorithm>
#include <atomic>

namespace helmscope {

namespace {

constexpr qint64 longestList = 256 << 20;
constexpr int connectionsForAsking = 8;

/// Members of a folder whose list the cache has.
std::vector<DirectoryMember> membersOf(const QString &list)
{
    QFile file(list);
    if (!file.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(list, file.errorString()));
    if (file.size() > longestList)
        fail(Tr::tr("%1 is too long for a list of a folder's files.").arg(list));
    return parseDirectory(file.readAll(), list);
}

/// Each name once, with the members of folders, lists behind all files.
QStringList withMembers(const QString &cache, const QStringList &names, TransferPlan &plan)
{
    QSet<QString> known;
    QStringList files, lists;
    const auto add = [&](const QString &name, QStringList &to) {
        if (!known.contains(name)) {
            known.insert(name);
            to << name;
        }
    };
    for (const QString &name : names) {
        if (!isObjectName(name))
            fail(Tr::tr("'%1' is no object's name.").arg(name.left(80)));
        if (!isDirectoryName(name)) {
            add(name, files);
            continue;
        }
        const QString list = objectInCache(cache, name);
        try {
            if (!list.isEmpty())
                for (const DirectoryMember &member : membersOf(list))
                    add(member.md5, files);
            add(name, lists);
        } catch (const Error &error) {
            plan.failed.push_back({name, QString::fromUtf8(error.what()), false});
        }
    }
    return files + lists;
}

/// What the remote has of these.
std::optional<std::vector<std::optional<ObjectStore::Found>>> lookFor(const ObjectRemote &remote,
                                                                      const QStringList &names,
                                                                      bool alsoOld,
                                                                      const Progress &progress)
{
    std::vector<std::optional<ObjectStore::Found>> found(std::size_t(names.size()));
    Workers workers(remote, connectionsForAsking);
    std::atomic<int> done = 0;
    const auto look = [&](ObjectStore &store, int i) {
        const auto goesOn = [&](double) { return workers.goesOn(); };
        auto &one = found[std::size_t(i)];
        one = store.find(names[i], ObjectLayout::Dvc3, goesOn);
        if (!one && alsoOld && workers.goesOn())
            one = store.find(names[i], ObjectLayout::Dvc2, goesOn);
        ++done;
    };
    if (!workers.run(
            int(names.size()), look,
            [&] { return double(done) / double(std::max<qsizetype>(names.size(), 1)); }, progress))
        return std::nullopt;
    return found;
}

} // namespace

qint64 TransferPlan::bytes() const
{
    qint64 sum = 0;
    for (const Item &item : toMove)
        sum += std::max<qint64>(item.bytes, 0);
    return sum;
}

TransferPlan planUpload(const ObjectRemote &remote, const QString &cache, const QStringList &names,
                        const Progress &progress)
{
    TransferPlan plan;
    const QStringList all = withMembers(cache, names, plan);
    const auto found = lookFor(remote, all, false, progress);
    if (!found) {
        plan.isStopped = true;
        return plan;
    }
    for (int i = 0; i < all.size(); ++i) {
        const QString file = objectInCache(cache, all[i]);
        const qint64 bytes = QFileInfo(file).size();
        if (const auto &there = (*found)[std::size_t(i)])
            plan.there.push_back({all[i], there->bytes, ObjectLayout::Dvc3});
        else if (file.isEmpty())
            plan.missing << all[i];
        else
            plan.toMove.push_back({all[i], bytes, ObjectLayout::Dvc3});
    }
    return plan;
}

TransferPlan planDownload(const ObjectRemote &remote, const QString &cache,
                          const QStringList &names, const Progress &progress)
{
    TransferPlan plan;
    TransferPlan lists; // only they say what else is wanted
    QStringList listNames;
    for (const QString &name : names)
        if (isDirectoryName(name) && !listNames.contains(name) &&
            objectInCache(cache, name).isEmpty())
            listNames << name;
    const auto foundLists = lookFor(remote, listNames, true, part(progress, 0, 0.3));
    if (!foundLists) {
        plan.isStopped = true;
        return plan;
    }
    for (int i = 0; i < listNames.size(); ++i) {
        const auto &there = (*foundLists)[std::size_t(i)];
        if (there && there->bytes > longestList)
            plan.failed.push_back(
                {listNames[i],
                 Tr::tr("%1 is too long for a list of a folder's files.").arg(listNames[i]),
                 false});
        else if (there)
            lists.toMove.push_back({listNames[i], there->bytes, there->layout});
    }
    if (!lists.toMove.empty()) {
        const TransferOutcome came = download(remote, cache, lists, part(progress, 0.3, 0.6));
        plan.failed.insert(plan.failed.end(), came.failed.begin(), came.failed.end());
        plan.isStopped = came.isStopped;
        if (plan.isStopped)
            return plan;
    }

    QStringList wanted;
    for (const QString &name : withMembers(cache, names, plan)) {
        const QString file = objectInCache(cache, name);
        const bool isRefused =
            std::any_of(plan.failed.begin(), plan.failed.end(),
                        [&](const ObjectFailure &failure) { return failure.name == name; });
        if (!file.isEmpty())
            plan.there.push_back({name, QFileInfo(file).size(), ObjectLayout::Dvc3});
        else if (!isRefused)
            wanted << name;
    }
    const auto found = lookFor(remote, wanted, true, part(progress, 0.6, 1));
    if (!found) {
        plan.isStopped = true;
        return plan;
    }
    for (int i = 0; i < wanted.size(); ++i) {
        if (const auto &there = (*found)[std::size_t(i)])
            plan.toMove.push_back({wanted[i], there->bytes, there->layout});
        else
            plan.missing << wanted[i];
    }
    return plan;
}

} // namespace helmscope
