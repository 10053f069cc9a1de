// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/syncstate.h"

#include "base/json.h"
#include "base/tr.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>

namespace helmscope {

namespace {

QString stateFile(const QString &workspace)
{
    return placeOfSyncing(workspace) + QStringLiteral("/state.json");
}

QJsonObject textsOf(const QHash<QString, QString> &texts)
{
    QJsonObject object;
    for (auto it = texts.cbegin(); it != texts.cend(); ++it)
        object[it.key()] = it.value();
    return object;
}

QHash<QString, QString> textsIn(const QJsonObject &object)
{
    QHash<QString, QString> texts;
    for (auto it = object.begin(); it != object.end(); ++it)
        texts[it.key()] = it.value().toString();
    return texts;
}

} // namespace

QString placeOfSyncing(const QString &workspace)
{
    const QString git = workspace + QStringLiteral("/.git"); // a file in a work tree of another
    const QString folder = QFileInfo(git).isDir()
                               ? git + QStringLiteral("/helmscope")
                               : workspace + QStringLiteral("/.dvc/tmp/helmscope");
    if (!QDir().mkpath(folder))
        fail(Tr::tr("Cannot make the folder %1.").arg(folder));
    return folder;
}

SyncState SyncState::read(const QString &workspace)
{
    SyncState state;
    const QString file = stateFile(workspace);
    if (!QFileInfo::exists(file))
        return state;
    QJsonObject object;
    try {
        object = readJson(file);
    } catch (const Error &) {
        return state; // everything is asked for again
    }
    const QJsonObject servers = object["servers"].toObject();
    for (auto it = servers.begin(); it != servers.end(); ++it) {
        const QJsonObject from = it.value().toObject();
        Server &server = state.servers[it.key()];
        server.traits.generation = from["generation"].toInt(-1);
        server.traits.hasStageLists = from["hasStageLists"].toBool();
        server.traits.isHub = from["isHub"].toBool();
        server.hasBeenWarnedOf = from["hasBeenWarnedOf"].toBool();
        server.executions = textsIn(from["executions"].toObject());
    }
    const QJsonObject stores = object["stores"].toObject();
    for (auto it = stores.begin(); it != stores.end(); ++it)
        for (const QJsonValue &name : it.value().toArray())
            state.stores[it.key()].insert(name.toString());
    state.documents = textsIn(object["documents"].toObject());
    return state;
}

void SyncState::write(const QString &workspace) const
{
    QJsonObject allServers, allStores;
    for (auto it = servers.cbegin(); it != servers.cend(); ++it)
        allServers[it.key()] = QJsonObject{
            {"generation", it->traits.generation},
            {"hasStageLists", it->traits.hasStageLists},
            {"isHub", it->traits.isHub},
            {"hasBeenWarnedOf", it->hasBeenWarnedOf},
            {"executions", textsOf(it->executions)},
        };
    for (auto it = stores.cbegin(); it != stores.cend(); ++it) {
        QStringList names(it->cbegin(), it->cend());
        names.sort();
        allStores[it.key()] = QJsonArray::fromStringList(names);
    }
    writeJson(stateFile(workspace),
              {{"servers", allServers}, {"stores", allStores}, {"documents", textsOf(documents)}});
}

SyncLock::SyncLock(const QString &workspace)
{
    constexpr int waitMs = 5000;
    if (!m_lock.take(placeOfSyncing(workspace) + QStringLiteral("/lock"), waitMs))
        fail(
            Tr::tr("Another program pushes or pulls in %1: wait until it is done.").arg(workspace));
}

SyncLock::~SyncLock()
{
    m_lock.release();
}

} // namespace helmscope
