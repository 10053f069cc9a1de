// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/objects/directory.h"
#include "federation/objects/transfer.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRandomGenerator>
#include <QTemporaryDir>

namespace helmscope {

/// A cache as DVC keeps it, for a test.
class SampleCache
{
public:
    QString path() const { return m_folder.filePath("cache"); }
    QString remote() const { return m_folder.filePath("remote"); }
    QString folder() const { return m_folder.path(); }

    /// Its name.
    QString add(const QByteArray &content, const QString &suffix = {}) const
    {
        const QString name = md5Of(content) + suffix;
        write(path() + '/' + objectPath(name), content);
        return name;
    }
    /// A folder's list, with its files.
    QString addFolder(const QList<std::pair<QString, QByteArray>> &files) const
    {
        std::vector<DirectoryMember> members;
        for (const auto &[name, content] : files)
            members.push_back({name, add(content)});
        return add(directoryJson(members), ".dir");
    }
    static QString md5Of(const QByteArray &content)
    {
        return QCryptographicHash::hash(content, QCryptographicHash::Md5).toHex();
    }
    static void write(const QString &file, const QByteArray &content)
    {
        QDir().mkpath(QFileInfo(file).path());
        QFile::remove(file);
        QFile out(file);
        if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size())
            qFatal("Cannot write %s", qPrintable(file));
    }
    static QByteArray read(const QString &file)
    {
        QFile in(file);
        return in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
    }
    QByteArray content(const QString &name) const { return read(objectInCache(path(), name)); }

private:
    QTemporaryDir m_folder;
};

inline QByteArray noise(qint64 bytes, quint32 seed = 1)
{
    QByteArray made((bytes + 3) / 4 * 4, Qt::Uninitialized);
    QRandomGenerator random(seed);
    random.fillRange(reinterpret_cast<quint32 *>(made.data()), made.size() / 4);
    made.truncate(bytes);
    return made;
}

inline ObjectRemote objectRemote(const QString &url)
{
    ObjectRemote remote;
    remote.remote.kind = Remote::Kind::Artifacts;
    remote.remote.name = "lab";
    remote.remote.url = url;
    remote.connectMs = remote.silenceMs = 20'000; // a busy machine is not a silent server
    return remote;
}

/// All of them there, planned and done.
inline TransferOutcome push(const ObjectRemote &remote, const SampleCache &cache,
                            const QStringList &names)
{
    return upload(remote, cache.path(), planUpload(remote, cache.path(), names, unwatched()),
                  unwatched());
}
inline TransferOutcome pull(const ObjectRemote &remote, const SampleCache &cache,
                            const QStringList &names)
{
    return download(remote, cache.path(), planDownload(remote, cache.path(), names, unwatched()),
                    unwatched());
}

inline QString sentencesOf(const TransferOutcome &outcome)
{
    QString all;
    for (const ObjectFailure &failure : outcome.failed)
        all += failure.sentence + (failure.isPassing ? " (passing)\n" : "\n");
    return all;
}

/// What was thrown; empty: nothing.
inline QString thrownBy(const std::function<void()> &work)
{
    try {
        work();
    } catch (const Error &error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace helmscope
