// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/sftpstore.h"

#include "base/tr.h"
#include "federation/objects/objectfile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

namespace helmscope {

namespace {

/// A path in a command of libcurl's SFTP.
QByteArray quoted(const QString &path)
{
    QByteArray text = path.toUtf8();
    text.replace('\\', "\\\\").replace('"', "\\\"");
    return '"' + text + '"';
}

} // namespace

SftpStore::SftpStore(const ObjectRemote &remote)
    : m_remote(remote)
    , m_root(remote.remote.url)
{
    const QMap<QString, QString> &options = remote.remote.options;
    Credentials &credentials = m_remote.credentials;
    if (credentials.user.isEmpty())
        credentials.user = options.value(QStringLiteral("user"), m_root.userName());
    if (credentials.user.isEmpty())
        credentials.user = qEnvironmentVariable("USER");
    if (credentials.keyFile.isEmpty())
        credentials.keyFile = options.value(QStringLiteral("keyfile"));
    if (credentials.keyFile.startsWith(QLatin1String("~/")))
        credentials.keyFile.replace(0, 1, QDir::homePath());
    if (const int port = options.value(QStringLiteral("port")).toInt(); port > 0 && port < 65536)
        m_root.setPort(port);
    m_root.setUserInfo({});
    m_root.setScheme(QStringLiteral("sftp"));
    QString path = m_root.path();
    while (path.endsWith('/'))
        path.chop(1);
    m_root.setPath(path);
    if (m_remote.knownHostsFile.isEmpty()) {
        const QString usual = QDir::homePath() + QStringLiteral("/.ssh/known_hosts");
        if (QFileInfo::exists(usual))
            m_remote.knownHostsFile = usual;
    }
}

TransferRequest SftpStore::ask(const QByteArray &method, const QString &path) const
{
    TransferRequest request;
    request.method = method;
    request.url = m_root;
    request.url.setPath(m_root.path() + '/' + path);
    request.credentials = m_remote.credentials;
    request.knownHostsFile = m_remote.knownHostsFile;
    request.connectMs = m_remote.connectMs;
    request.silenceMs = m_remote.silenceMs;
    return request;
}

qint64 SftpStore::sizeOf(const QString &path, const Progress &progress)
{
    const TransferAnswer answer = m_transport.exchange(ask("HEAD", path), progress);
    return answer.isOk() ? std::max<qint64>(answer.announcedBytes, 0) : -1;
}

std::optional<ObjectStore::Found> SftpStore::find(const QString &name, ObjectLayout layout,
                                                  const Progress &progress)
{
    const qint64 bytes = sizeOf(objectPath(name, layout), progress);
    if (bytes < 0)
        return std::nullopt;
    return Found{bytes, layout};
}

bool SftpStore::fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
                      const Progress &progress)
{
    TransferRequest request = ask("GET", objectPath(name, found.layout));
    request.from = from;
    request.sink = sink;
    const TransferAnswer answer = m_transport.exchange(request, progress);
    if (answer.status == 404)
        fail(Tr::tr("%1 is not there any more.").arg(shownAddress(request.url)));
    return !answer.isStopped;
}

bool SftpStore::isBeginning(const QString &path, qint64 bytes, const QString &file,
                            const Progress &progress)
{
    constexpr qint64 looked = 1 << 20;
    QFile source(file);
    TransferRequest request = ask("GET", path);
    request.from = std::max<qint64>(bytes - looked, 0);
    if (!source.open(QIODevice::ReadOnly) || !source.seek(request.from))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, source.errorString()));
    const QByteArray expected = source.read(bytes - request.from);
    const TransferAnswer answer = m_transport.exchange(request, progress);
    return answer.isOk() && answer.body == expected;
}

bool SftpStore::store(const QString &name, const QString &file, const ByteWatch &watch)
{
    ObjectFile source(file, name, ObjectFile::Hashing::UnlessVerified);
    const auto goesOn = [&](double) { return watch(source.position()); };
    const QString path = objectPath(name), part = path + QStringLiteral(".part");
    if (sizeOf(path, goesOn) >= 0)
        return true;
    // SFTP goes on at the end only. What a server that was killed wrote last may be nothing but
    // zeros: it is looked at.
    qint64 from = sizeOf(part, goesOn);
    if (from > source.bytes() || (from > 0 && !isBeginning(part, from, file, goesOn)))
        from = 0;
    from = std::max<qint64>(from, 0);
    if (!watch(from))
        return false;

    TransferRequest put = ask("PUT", part);
    const QString shown = shownAddress(put.url);
    source.goTo(from);
    put.from = from;
    put.sourceBytes = source.bytes();
    bool isSpoilt = false;
    put.source = [&](char *buffer, qint64 room) {
        try {
            return source.read(buffer, room);
        } catch (const Error &) {
            isSpoilt = true;
            throw;
        }
    };
    put.rewind = [&](qint64 offset) {
        source.goTo(offset);
        return true;
    };
    try {
        if (m_transport.exchange(put, goesOn).isStopped)
            return false;
    } catch (const Error &) {
        // What a damaged file has left there must not be gone on with when it is mended.
        if (isSpoilt) {
            TransferRequest clear = ask("HEAD", part);
            clear.afterwards = {"rm " + quoted(m_root.path() + '/' + part)};
            try {
                m_transport.exchange(clear, goesOn);
            } catch (const Error &) {
                // what was wrong with the file is the news
            }
        }
        throw;
    }

    // Two that wrote at once would have made it longer: it gets its name only when it is right.
    const QString root = m_root.path() + '/';
    TransferRequest finish = ask("HEAD", part);
    const qint64 written = sizeOf(part, goesOn);
    if (written != source.bytes()) {
        if (!watch(source.position()))
            return false;
        finish.afterwards = {"rm " + quoted(root + part)};
        m_transport.exchange(finish, goesOn);
        throw Unreachable(Tr::tr("%1 has %2 bytes instead of %3: another program wrote there, too.")
                              .arg(shown)
                              .arg(written)
                              .arg(source.bytes())
                              .toStdString());
    }
    finish.afterwards = {"rename " + quoted(root + part) + ' ' + quoted(root + path)};
    try {
        if (m_transport.exchange(finish, goesOn).isStopped)
            return false;
    } catch (const Unreachable &) {
        throw;
    } catch (const Error &) {
        // Another one was faster, and the name is taken.
        if (sizeOf(path, goesOn) != source.bytes())
            throw;
    }
    const qint64 after = sizeOf(path, goesOn);
    if (after < 0 && !watch(source.position()))
        return false;
    if (after != source.bytes())
        fail(Tr::tr("%1 was taken by the server, but is not there as it was sent: %2 bytes instead "
                    "of %3.")
                 .arg(shown)
                 .arg(after)
                 .arg(source.bytes()));
    return true;
}

} // namespace helmscope
