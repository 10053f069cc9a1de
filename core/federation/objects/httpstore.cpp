// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/httpstore.h"

#include "base/tr.h"
#include "federation/objects/objectfile.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace helmscope {

void failForStatus(const TransferAnswer &answer, const QString &shown)
{
    const int status = answer.status;
    QString said; // a hub's own words
    const QJsonObject object = QJsonDocument::fromJson(answer.body.left(8192)).object();
    if (object["detail"].isString())
        said = QStringLiteral(" \"%1\"").arg(object["detail"].toString().simplified().left(300));
    switch (status) {
    case 401:
        fail(Tr::tr("%1 asks who you are, and does not take the token or password: give another.")
                 .arg(shown));
    case 403:
        fail(Tr::tr("%1 does not allow it with this token or key.%2").arg(shown, said));
    case 404:
        fail(Tr::tr("%1 is not there any more, or the address of the remote is wrong.").arg(shown));
    case 405:
    case 501:
        fail(Tr::tr("The server of %1 takes no objects: it answers %2. Give a remote that does.")
                 .arg(shown)
                 .arg(status));
    case 413:
        fail(Tr::tr("%1 is too large for its server: raise its limit, or take another remote.")
                 .arg(shown));
    case 507:
        fail(Tr::tr("The disk of the server of %1 is full.%2").arg(shown, said));
    default:
        break;
    }
    if (status == 408 || status == 423 || status == 425 || status == 429 || status >= 500)
        throw Unreachable(Tr::tr("The server of %1 answers %2; it may work later.%3")
                              .arg(shown)
                              .arg(status)
                              .arg(said)
                              .toStdString());
    if (status >= 300 && status < 400)
        fail(
            Tr::tr("%1 has moved: the server sends to another address. Give that one.").arg(shown));
    fail(Tr::tr("The server of %1 answers %2.%3").arg(shown).arg(status).arg(said));
}

TransferAnswer fetchOverHttp(Transport &transport, TransferRequest request,
                             const ObjectStore::Found &found, qint64 from,
                             const ObjectStore::Sink &sink, const Progress &progress)
{
    const QString shown = shownAddress(request.url);
    if (from > 0)
        request.headers.emplace_back("Range", "bytes=" + QByteArray::number(from) + '-');
    qint64 toSkip = 0;
    request.begun = [&](const TransferAnswer &answer) {
        if (answer.status != 206)
            toSkip = from; // a server without ranges begins at the beginning
        else if (!answer.header("content-range")
                      .startsWith("bytes " + QByteArray::number(from) + '-'))
            fail(Tr::tr("The server of %1 sends another part than was asked for.").arg(shown));
        const qint64 whole = answer.announcedBytes + from - toSkip;
        if (found.bytes >= 0 && answer.announcedBytes >= 0 && whole != found.bytes)
            fail(Tr::tr("The server of %1 announces %2 bytes, and %3 before.")
                     .arg(shown)
                     .arg(whole)
                     .arg(found.bytes));
        return true;
    };
    request.sink = [&](const char *data, qint64 bytes) {
        const qint64 skipped = std::min(toSkip, bytes);
        toSkip -= skipped;
        return bytes == skipped || sink(data + skipped, bytes - skipped);
    };
    return transport.exchange(request, progress);
}

HttpStore::HttpStore(const ObjectRemote &remote)
    : m_remote(remote)
{
    const QString method = remote.remote.options.value(QStringLiteral("method")).toUpper();
    if (method == QLatin1String("POST") || method == QLatin1String("PUT"))
        m_method = method.toLatin1();
    else if (!method.isEmpty())
        fail(Tr::tr("The remote %1 uploads by PUT or POST, not by '%2'.")
                 .arg(remote.remote.name, method));
    const QString redirects = remote.remote.options.value(QStringLiteral("redirects"));
    if (!redirects.isEmpty() && redirects != QLatin1String("with-token"))
        fail(Tr::tr("The remote %1 says redirects = %2: only \"with-token\" can be said there.")
                 .arg(remote.remote.name, redirects));
    Credentials &credentials = m_remote.credentials;
    const QString header = remote.remote.options.value(QStringLiteral("custom_auth_header"));
    if (credentials.header.isEmpty() && !credentials.token.isEmpty())
        credentials.header = header;
}

TransferRequest HttpStore::ask(const QByteArray &method, const QString &path) const
{
    TransferRequest request;
    request.method = method;
    request.url = QUrl(m_remote.remote.url);
    QString root = request.url.path();
    while (root.endsWith('/'))
        root.chop(1);
    request.url.setPath(root + '/' + path);
    request.credentials = m_remote.credentials;
    request.takesCredentialsAlong =
        m_remote.remote.options.contains(QStringLiteral("redirects"));
    request.authorityFile = m_remote.remote.options.value(QStringLiteral("authority"));
    request.connectMs = m_remote.connectMs;
    request.silenceMs = m_remote.silenceMs;
    request.mostBytes = 1 << 20;
    // Bytes are asked for as they are: their md5 is of them.
    request.headers.emplace_back("Accept-Encoding", "identity");
    return request;
}

std::optional<ObjectStore::Found> HttpStore::find(const QString &name, ObjectLayout layout,
                                                  const Progress &progress)
{
    const TransferRequest request = ask("HEAD", objectPath(name, layout));
    const TransferAnswer answer = m_transport.exchange(request, progress);
    if (answer.isStopped || answer.status == 404 || answer.status == 410)
        return std::nullopt;
    if (!answer.isOk())
        failForStatus(answer, shownAddress(request.url));
    return Found{answer.announcedBytes, layout};
}

bool HttpStore::fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
                      const Progress &progress)
{
    const TransferRequest request = ask("GET", objectPath(name, found.layout));
    const TransferAnswer answer = fetchOverHttp(m_transport, request, found, from, sink, progress);
    if (!answer.isStopped && !answer.isOk())
        failForStatus(answer, shownAddress(request.url));
    return !answer.isStopped;
}

bool HttpStore::store(const QString &name, const QString &file, const ByteWatch &watch)
{
    ObjectFile source(file, name, ObjectFile::Hashing::UnlessVerified);
    const qint64 bytes = source.bytes();
    const auto goesOn = [&](double) { return watch(source.position()); };
    const QString path = objectPath(name);
    const TransferRequest look = ask("HEAD", path);
    const QString shown = shownAddress(look.url);
    const TransferAnswer before = m_transport.exchange(look, goesOn);
    if (before.isStopped)
        return false;
    if (before.isOk())
        return true;
    if (before.status != 404 && before.status != 410)
        failForStatus(before, shown);

    // Only a server that says so lets an upload go on.
    qint64 from = before.header("upload-offset").toLongLong();
    for (int attempt = 0;; ++attempt) {
        if (from < 0 || from > bytes)
            from = 0;
        if (from > 0 && from == bytes)
            --from; // a part without bytes cannot be said
        TransferRequest put = ask(m_method, path);
        put.headers.emplace_back("Content-Type", "application/octet-stream");
        if (from > 0)
            put.headers.emplace_back("Content-Range", "bytes " + QByteArray::number(from) + '-' +
                                                          QByteArray::number(bytes - 1) + '/' +
                                                          QByteArray::number(bytes));
        // It reads all of it once more and waits for its disk before it answers.
        put.silenceMs += int(std::min<qint64>(bytes / 20'000, 3'600'000));
        source.goTo(from);
        put.sourceBytes = bytes - from;
        put.source = [&](char *buffer, qint64 room) { return source.read(buffer, room); };
        put.rewind = [&](qint64 offset) {
            source.goTo(from + offset);
            return true;
        };
        const TransferAnswer answer = m_transport.exchange(put, goesOn);
        if (answer.isStopped)
            return false;
        if (answer.isOk())
            break;
        // Somebody else's part: from where the server is.
        const bool isElsewhere = answer.status == 409 && !answer.header("upload-offset").isEmpty();
        if ((!isElsewhere && !(from > 0 && answer.status == 422)) || attempt == 2)
            failForStatus(answer, shown);
        from = isElsewhere ? answer.header("upload-offset").toLongLong() : 0;
    }
    const TransferAnswer after = m_transport.exchange(look, goesOn);
    if (after.isStopped)
        return false;
    if (!after.isOk() || (after.announcedBytes >= 0 && after.announcedBytes != bytes))
        fail(Tr::tr("%1 was taken by the server, but is not there as it was sent: %2 bytes instead "
                    "of %3.")
                 .arg(shown)
                 .arg(after.isOk() ? after.announcedBytes : 0)
                 .arg(bytes));
    return true;
}

} // namespace helmscope
