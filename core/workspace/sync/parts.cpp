// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/parts.h"

#include "base/tr.h"
#include "federation/cmfanswer.h"
#include "workspace/artifacts.h"
#include "workspace/sync/transferlog.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

namespace helmscope {

CmfServer::Access accessOf(const QString &workspace, const Remote &server, const SyncState &state)
{
    CmfServer::Access access;
    access.remote = server;
    access.credentials = credentialsFor(workspace, server);
    access.traits = state.servers.value(secretNameOf(server)).traits;
    return access;
}

ObjectRemote objectRemoteOf(const QString &workspace, const Remote &remote)
{
    ObjectRemote opened;
    opened.remote = remote;
    opened.credentials = credentialsFor(workspace, remote);
    return opened;
}

QString cacheOf(const QString &workspace)
{
    return workspace + QStringLiteral("/.dvc/cache");
}

QString shownAddressOf(const Remote &remote)
{
    const QUrl url(remote.url);
    return remote.url.contains("://") && url.isValid() ? shownAddress(url) : remote.url;
}

QString warningOf(const Remote &remote, SyncState &state)
{
    if (!isInClear(remote))
        return {};
    SyncState::Server &server = state.servers[secretNameOf(remote)];
    if (server.hasBeenWarnedOf)
        return {};
    server.hasBeenWarnedOf = true;
    return Tr::tr("Everything goes to %1 in clear, tokens too: use https where you can.")
        .arg(shownAddressOf(remote));
}

QMap<QString, QString> runsByUuid(const QVariantMap &document)
{
    QMap<QString, QString> found;
    eachExecution(document,
                  [&found](const QString &, const QString &, const QVariantMap &execution) {
                      for (const QString &uuid : uuidsOf(execution))
                          found.insert(uuid, runOf(execution));
                  });
    return found;
}

SyncPart attempt(const Remote &remote, const std::function<void(SyncPart &)> &work)
{
    SyncPart part;
    part.kind = remote.kind;
    part.remote = remote.name;
    part.address = shownAddressOf(remote);
    try {
        work(part);
    } catch (const Unreachable &error) {
        part.outcome = SyncPart::Outcome::Queued;
        part.sentence = QString::fromUtf8(error.what());
    } catch (const Stopped &error) {
        part.outcome = SyncPart::Outcome::Stopped;
        part.sentence = QString::fromUtf8(error.what());
    } catch (const Error &error) {
        part.outcome = SyncPart::Outcome::Failed;
        part.sentence = QString::fromUtf8(error.what());
    }
    return part;
}

void log(const QString &workspace, const SyncPart &part, bool isPush, const QStringList &runs,
         double seconds)
{
    Transfer transfer;
    transfer.timeMs = QDateTime::currentMSecsSinceEpoch();
    transfer.isPush = isPush;
    transfer.kind = part.kind;
    transfer.remote = part.remote;
    transfer.address = part.address;
    transfer.outcome = QString::fromLatin1(keyOf(part.outcome));
    transfer.sentence = part.sentence;
    transfer.runs = runs;
    transfer.count = part.count;
    transfer.bytes = part.bytes;
    transfer.seconds = seconds;
    logTransfer(workspace, transfer);
}

void placeObjects(const QString &workspace, const std::vector<RunObject> &objects,
                  const Progress &progress)
{
    double done = 0;
    for (const RunObject &object : objects) {
        if (!progress(done++ / double(objects.size())))
            throw Stopped();
        const QString file = workspace + '/' + object.path;
        const QFileInfo place(file);
        // A folder that somebody else's repository made a link leads elsewhere.
        const bool isInside = place.dir().canonicalPath().startsWith(workspace + '/');
        if (isInside && !place.exists() && !place.isSymLink() &&
            QFileInfo::exists(cachePath(workspace, object.name)))
            linkFromCache(workspace, object.name, file, unwatched());
    }
}

} // namespace helmscope
