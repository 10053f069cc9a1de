// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/s3store.h"

#include "base/tr.h"
#include "federation/objects/httpstore.h"
#include "federation/objects/objectfile.h"
#include "federation/objects/s3signature.h"

#include <QCryptographicHash>
#include <QLocale>
#include <QXmlStreamReader>

#include <algorithm>

namespace helmscope {

namespace {

constexpr qint64 smallestPart = 16 << 20; ///< larger files go in parts
constexpr qint64 mostParts = 9000;        ///< S3 takes 10 000
constexpr int mostPages = 100;            ///< of a list

/// Texts of these elements, wherever they are, in their order. S3's answers are flat enough.
std::vector<std::pair<QString, QString>> elements(const QByteArray &xml, const QStringList &names)
{
    std::vector<std::pair<QString, QString>> found;
    QXmlStreamReader reader(xml); // bounds the growth of entities itself
    while (!reader.atEnd() && found.size() < 20'000)
        if (reader.readNext() == QXmlStreamReader::StartElement &&
            names.contains(reader.name().toString())) {
            const QString name = reader.name().toString();
            found.emplace_back(name, reader.readElementText(QXmlStreamReader::SkipChildElements));
        }
    return found;
}

QString element(const QByteArray &xml, const QString &name)
{
    const auto found = elements(xml, {name});
    return found.empty() ? QString() : found.front().second;
}

QByteArray plainTag(QByteArray tag)
{
    return tag.replace('"', "").toLower();
}

qint64 partBytesFor(qint64 bytes)
{
    return std::max(smallestPart, (bytes / mostParts + (1 << 20)) >> 20 << 20);
}

} // namespace

struct S3Store::Part
{
    int number = 0;
    QByteArray tag;
    qint64 bytes = 0;
};

S3Store::S3Store(const ObjectRemote &remote)
    : m_remote(remote)
{
    const QMap<QString, QString> &options = remote.remote.options;
    const QString rest = remote.remote.url.mid(QStringLiteral("s3://").size());
    m_bucket = rest.section('/', 0, 0).toUtf8();
    m_prefix = rest.section('/', 1, -1, QString::SectionSkipEmpty).toUtf8();
    if (!m_prefix.isEmpty() && !m_prefix.endsWith('/'))
        m_prefix += '/';
    const bool isName = std::all_of(m_bucket.begin(), m_bucket.end(), [](char c) {
        return std::isalnum(uchar(c)) || c == '-' || c == '.' || c == '_';
    });
    if (m_bucket.isEmpty() || !isName)
        fail(Tr::tr("The remote %1 names no bucket: its address is s3://bucket/prefix.")
                 .arg(remote.remote.name));
    m_region = options.value(QStringLiteral("region"), QStringLiteral("us-east-1")).toUtf8();
    const QString given = options.value(QStringLiteral("endpointurl"));
    const QUrl endpoint(
        given.isEmpty()
            ? QStringLiteral("https://s3.%1.amazonaws.com").arg(QString::fromUtf8(m_region))
            : given);
    m_scheme = endpoint.scheme().toLatin1();
    if ((m_scheme != "https" && m_scheme != "http") || endpoint.host().isEmpty() ||
        !endpoint.userInfo().isEmpty())
        fail(Tr::tr("The endpointurl of the remote %1 is no address of a server.")
                 .arg(remote.remote.name));
    m_host = endpoint.host(QUrl::FullyEncoded).toLatin1();
    if (endpoint.port() > 0 && endpoint.port() != (m_scheme == "https" ? 443 : 80))
        m_host += ':' + QByteArray::number(endpoint.port());
    m_path = s3Encoded(endpoint.path().toUtf8(), true);
    if (!m_path.endsWith('/'))
        m_path += '/';
    // A certificate for *.host does not hold for a bucket with dots.
    const QString style = options.value(QStringLiteral("addressing"));
    if (style == QLatin1String("virtual") ||
        (style.isEmpty() && given.isEmpty() && !m_bucket.contains('.')))
        m_host = m_bucket + '.' + m_host;
    else
        m_path += s3Encoded(m_bucket) + '/';
}

QByteArray S3Store::keyOf(const QString &name, ObjectLayout layout) const
{
    return m_prefix + objectPath(name, layout).toLatin1();
}

TransferRequest S3Store::ask(const QByteArray &method, const QByteArray &key, const Pairs &query,
                             const Pairs &headers) const
{
    S3Signing signing;
    signing.method = method;
    signing.host = m_host;
    signing.path = m_path + s3Encoded(key, true);
    signing.query = query;
    signing.headers = headers;
    signing.region = m_region;
    signing.time = QDateTime::currentDateTimeUtc().addMSecs(m_clockOffsetMs);
    TransferRequest request;
    request.method = method;
    QByteArray url = m_scheme + "://" + m_host + signing.path;
    if (!query.empty())
        url += '?' + s3Query(query);
    request.url = QUrl::fromEncoded(url, QUrl::StrictMode);
    const Credentials &credentials = m_remote.credentials;
    if (credentials.accessKey.isEmpty())
        request.headers = headers; // a public bucket
    else
        request.headers = s3Headers(signing, credentials);
    request.authorityFile = m_remote.remote.options.value(QStringLiteral("authority"));
    request.connectMs = m_remote.connectMs;
    request.silenceMs = m_remote.silenceMs;
    request.followsRedirects = false; // the signature holds for this address only
    return request;
}

TransferAnswer S3Store::exchange(const std::function<TransferRequest()> &request,
                                 const Progress &progress)
{
    const TransferAnswer answer = m_transport.exchange(request(), progress);
    // HEAD has no body that could say which kind of refusal it is: the clocks do.
    if (answer.status != 403 || answer.isStopped)
        return answer;
    const QDateTime there =
        QLocale::c().toDateTime(QString::fromLatin1(answer.header("date")),
                                QStringLiteral("ddd, dd MMM yyyy hh:mm:ss 'GMT'"));
    if (!there.isValid())
        return answer;
    const qint64 offset =
        QDateTime::currentDateTimeUtc().msecsTo(QDateTime(there.date(), there.time(), Qt::UTC));
    if (std::abs(offset - m_clockOffsetMs) < 10 * 60'000)
        return answer;
    m_clockOffsetMs = offset;
    return m_transport.exchange(request(), progress);
}

TransferAnswer S3Store::mustBeOk(const std::function<TransferRequest()> &request,
                                 const Progress &progress)
{
    TransferAnswer answer = exchange(request, progress);
    if (!answer.isStopped && !answer.isOk())
        failFor(answer, request().url);
    return answer;
}

void S3Store::failFor(const TransferAnswer &answer, const QUrl &url) const
{
    const QString code = element(answer.body, QStringLiteral("Code"));
    const QString bucket = QString::fromUtf8(m_bucket), shown = shownAddress(url);
    if (code == QLatin1String("NoSuchBucket"))
        fail(Tr::tr("There is no bucket %1 at %2.").arg(bucket, QString::fromLatin1(m_host)));
    if (code == QLatin1String("SignatureDoesNotMatch") ||
        code == QLatin1String("InvalidAccessKeyId"))
        fail(Tr::tr("%1 does not take the access key: give another.").arg(shown));
    if (code == QLatin1String("ExpiredToken") || code == QLatin1String("InvalidToken"))
        fail(Tr::tr("The session at %1 is over: give a new session token.").arg(shown));
    if (code == QLatin1String("PermanentRedirect") ||
        code == QLatin1String("AuthorizationHeaderMalformed") || answer.status == 301)
        fail(Tr::tr("The bucket %1 is not in the region %2: set the remote's region%3.")
                 .arg(bucket, QString::fromLatin1(m_region),
                      answer.header("x-amz-bucket-region").isEmpty()
                          ? QString()
                          : Tr::tr(" to %1").arg(
                                QString::fromLatin1(answer.header("x-amz-bucket-region")))));
    failForStatus(answer, shown);
}

void S3Store::reach(const Progress &progress)
{
    const auto request = [&] { return ask("GET", keyOf(QString(32, '0'))); };
    const TransferAnswer answer = exchange(request, progress);
    const QString code = element(answer.body, QStringLiteral("Code"));
    if (!answer.isStopped && !answer.isOk() &&
        !(answer.status == 404 && code != QLatin1String("NoSuchBucket")))
        failFor(answer, request().url);
}

std::optional<ObjectStore::Found> S3Store::find(const QString &name, ObjectLayout layout,
                                                const Progress &progress)
{
    const auto request = [&] { return ask("HEAD", keyOf(name, layout)); };
    const TransferAnswer answer = exchange(request, progress);
    if (answer.isStopped || answer.status == 404)
        return std::nullopt;
    if (!answer.isOk())
        failFor(answer, request().url);
    return Found{answer.announcedBytes, layout};
}

bool S3Store::fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
                    const Progress &progress)
{
    const TransferRequest request = ask("GET", keyOf(name, found.layout));
    const TransferAnswer answer = fetchOverHttp(m_transport, request, found, from, sink, progress);
    if (!answer.isStopped && !answer.isOk())
        failFor(answer, request.url);
    return !answer.isStopped;
}

bool S3Store::store(const QString &name, const QString &file, const ByteWatch &watch)
{
    {
        const auto isThere = find(name, ObjectLayout::Dvc3, [&](double) { return watch(0); });
        if (isThere)
            return true;
        if (!watch(0))
            return false;
    }
    ObjectFile source(file, name, ObjectFile::Hashing::UnlessVerified);
    const qint64 bytes = source.bytes();
    if (bytes > smallestPart)
        return storeInParts(name, file, watch);
    QByteArray body(bytes, Qt::Uninitialized);
    for (qint64 at = 0; at < bytes;)
        at += source.read(body.data() + at, bytes - at);
    const QByteArray md5 = QByteArray::fromHex(name.left(32).toLatin1());
    const auto request = [&] {
        TransferRequest put =
            ask("PUT", keyOf(name), {},
                {{"content-md5", md5.toBase64()}, {"content-type", "application/octet-stream"}});
        put.body = body;
        return put;
    };
    const TransferAnswer answer =
        mustBeOk(request, [&](double fraction) { return watch(qint64(fraction * double(bytes))); });
    if (answer.isStopped)
        return false;
    const QByteArray tag = plainTag(answer.header("etag"));
    if (answer.header("x-amz-server-side-encryption").isEmpty() && tag.size() == 32 &&
        tag != name.left(32).toLatin1())
        fail(Tr::tr("%1 was taken by the server, but with other bytes than were sent.")
                 .arg(shownAddress(request().url)));
    watch(bytes);
    return true;
}

QByteArray S3Store::uploadUnderWay(const QByteArray &key, const Progress &progress)
{
    const QByteArray prefix = key;
    const TransferAnswer answer = exchange(
        [&] {
            return ask("GET", {}, {{"uploads", ""}, {"prefix", prefix}});
        },
        progress);
    if (!answer.isOk())
        return {}; // not every key may list: then it begins anew
    QByteArray newest;
    QString current;
    for (const auto &[name, text] :
         elements(answer.body, {QStringLiteral("Key"), QStringLiteral("UploadId")})) {
        if (name == QLatin1String("Key"))
            current = text;
        else if (current.toUtf8() == key)
            newest = text.toUtf8(); // they come in the order of their beginning
    }
    return newest;
}

std::vector<S3Store::Part> S3Store::partsThere(const QByteArray &key, const QByteArray &upload,
                                               const Progress &progress)
{
    std::vector<Part> parts;
    QByteArray marker;
    for (int page = 0; page < mostPages; ++page) {
        Pairs query{{"uploadId", upload}};
        if (!marker.isEmpty())
            query.emplace_back("part-number-marker", marker);
        const TransferAnswer answer = exchange([&] { return ask("GET", key, query); }, progress);
        if (!answer.isOk())
            return {};
        Part part;
        QByteArray next;
        bool isTruncated = false;
        for (const auto &[name, text] :
             elements(answer.body,
                      {QStringLiteral("PartNumber"), QStringLiteral("ETag"), QStringLiteral("Size"),
                       QStringLiteral("NextPartNumberMarker"), QStringLiteral("IsTruncated")})) {
            if (name == QLatin1String("PartNumber")) {
                if (part.number > 0)
                    parts.push_back(part);
                part = {text.toInt(), {}, 0};
            } else if (name == QLatin1String("ETag")) {
                part.tag = plainTag(text.toUtf8());
            } else if (name == QLatin1String("Size")) {
                part.bytes = text.toLongLong();
            } else if (name == QLatin1String("IsTruncated")) {
                isTruncated = text == QLatin1String("true");
            } else {
                next = text.toUtf8();
            }
        }
        if (part.number > 0)
            parts.push_back(part);
        if (!isTruncated || next.isEmpty() || next == marker)
            break;
        marker = next;
    }
    return parts;
}

bool S3Store::storeInParts(const QString &name, const QString &file, const ByteWatch &watch)
{
    ObjectFile source(file, name, ObjectFile::Hashing::UnlessVerified);
    const qint64 bytes = source.bytes(), partBytes = partBytesFor(bytes);
    const QByteArray key = keyOf(name);
    const QString shown = shownAddress(ask("PUT", key).url);
    const auto goesOn = [&](double) { return watch(source.position()); };

    QByteArray upload = uploadUnderWay(key, goesOn);
    std::vector<Part> there;
    if (!upload.isEmpty()) {
        there = partsThere(key, upload, goesOn);
    } else {
        const TransferAnswer begun = mustBeOk(
            [&] {
                TransferRequest post = ask("POST", key, {{"uploads", ""}},
                                           {{"content-type", "application/octet-stream"}});
                return post;
            },
            goesOn);
        if (begun.isStopped)
            return false;
        upload = element(begun.body, QStringLiteral("UploadId")).toUtf8();
        if (upload.isEmpty())
            fail(Tr::tr("The server of %1 does not begin an upload in parts as S3 does.")
                     .arg(shown));
    }

    QByteArray list = "<CompleteMultipartUpload>", sums;
    bool areTagsSums = true;
    int number = 0;
    QByteArray body;
    for (qint64 at = 0; at < bytes; at += partBytes) {
        ++number;
        body.resize(std::min(partBytes, bytes - at));
        try {
            for (qint64 got = 0; got < body.size();)
                got += source.read(body.data() + got, body.size() - got);
        } catch (const Error &) {
            exchange([&] { return ask("DELETE", key, {{"uploadId", upload}}); }, unwatched());
            throw;
        }
        const QByteArray md5 = QCryptographicHash::hash(body, QCryptographicHash::Md5);
        const auto known = std::find_if(there.begin(), there.end(), [&](const Part &part) {
            return part.number == number && part.bytes == body.size() && part.tag == md5.toHex();
        });
        QByteArray tag = md5.toHex();
        if (known == there.end()) {
            const auto request = [&] {
                TransferRequest put = ask(
                    "PUT", key, {{"partNumber", QByteArray::number(number)}, {"uploadId", upload}},
                    {{"content-md5", md5.toBase64()}});
                put.body = body;
                return put;
            };
            const TransferAnswer answer = mustBeOk(request, [&](double fraction) {
                return watch(at + qint64(fraction * double(body.size())));
            });
            if (answer.isStopped)
                return false;
            tag = plainTag(answer.header("etag"));
        }
        areTagsSums = areTagsSums && tag == md5.toHex();
        sums += md5;
        list += "<Part><PartNumber>" + QByteArray::number(number) + "</PartNumber><ETag>\"" +
                QString::fromUtf8(tag).toHtmlEscaped().toUtf8() + "\"</ETag></Part>";
        if (!watch(at + body.size()))
            return false;
    }
    list += "</CompleteMultipartUpload>";
    const TransferAnswer done = mustBeOk(
        [&] {
            TransferRequest post =
                ask("POST", key, {{"uploadId", upload}}, {{"content-type", "application/xml"}});
            post.body = list;
            post.silenceMs += int(std::min<qint64>(bytes / 20'000, 3'600'000));
            return post;
        },
        goesOn);
    if (done.isStopped)
        return false;
    // S3 answers 200 first, and what went wrong in the body.
    if (const QString code = element(done.body, QStringLiteral("Code")); !code.isEmpty())
        throw Unreachable(Tr::tr("The server of %1 does not put the parts together: %2.")
                              .arg(shown, code.left(100))
                              .toStdString());
    const QByteArray tag = plainTag(element(done.body, QStringLiteral("ETag")).toUtf8());
    const QByteArray expected = QCryptographicHash::hash(sums, QCryptographicHash::Md5).toHex() +
                                '-' + QByteArray::number(number);
    if (areTagsSums && tag.size() == expected.size() && tag != expected)
        fail(Tr::tr("%1 was taken by the server, but with other bytes than were sent.").arg(shown));
    return true;
}

} // namespace helmscope
