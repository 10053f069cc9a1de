// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/request.h"

#include "federation/hub/refusal.h"
#include "lineage/formats/jsontext.h"

#include <QStringDecoder>

namespace helmscope {

namespace {

int nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

QString decoded(QByteArrayView text, bool isQuery)
{
    QByteArray bytes;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? nibble(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? nibble(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                refuse(400, Tr::tr("The address has a %-sign without two digits after it."));
            bytes += char(high * 16 + low);
            i += 2;
        } else {
            bytes += isQuery && text[i] == '+' ? ' ' : text[i];
        }
    }
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString result = decoder.decode(bytes);
    if (decoder.hasError())
        refuse(400, Tr::tr("The address is not UTF-8."));
    for (const QChar c : result)
        if (c.unicode() < 0x20 || c.unicode() == 0x7f)
            refuse(400, Tr::tr("The address has a control character in it."));
    return result;
}

} // namespace

QByteArray HubRequest::header(const char *name) const
{
    for (const auto &[key, value] : headers)
        if (key == name)
            return value;
    return {};
}

QString HubRequest::parameter(const QString &name, const QString &fallback) const
{
    for (const auto &[key, value] : query)
        if (key == name)
            return value;
    return fallback;
}

bool HubRequest::hasParameter(const QString &name) const
{
    for (const auto &each : query)
        if (each.first == name)
            return true;
    return false;
}

qint64 HubRequest::contentLength() const
{
    const QByteArray said = header("content-length");
    bool isNumber = false;
    const qint64 length = said.toLongLong(&isNumber);
    if (said.isEmpty())
        return -1;
    if (!isNumber || length < 0)
        refuse(400, Tr::tr("The Content-Length is no number."));
    return length;
}

QByteArray HubRequest::body(qint64 most) const
{
    const auto tooLarge = [most] {
        refuse(413, Tr::tr("The body is larger than the %1 bytes that this hub takes.").arg(most));
    };
    const qint64 length = contentLength();
    if (length > most)
        tooLarge();
    QByteArray all;
    if (!readBody)
        return all;
    bool isTooLarge = false;
    const bool isWhole = readBody([&](const char *bytes, std::size_t size) {
        isTooLarge = qint64(size) > most - all.size();
        if (!isTooLarge)
            all.append(bytes, qsizetype(size));
        return !isTooLarge;
    });
    if (isTooLarge)
        tooLarge();
    if (!isWhole)
        refuse(400, Tr::tr("The body ended before its end."));
    return all;
}

HubAnswer HubAnswer::json(const QVariant &value, int status)
{
    HubAnswer answer;
    answer.status = status;
    answer.body = jsonText(value);
    return answer;
}

HubAnswer HubAnswer::text(const QByteArray &text, int status)
{
    HubAnswer answer;
    answer.status = status;
    answer.type = "text/plain; charset=utf-8";
    answer.body = text;
    return answer;
}

HubAnswer HubAnswer::detail(const QString &sentence, int status)
{
    return json(QVariantMap{{"detail", sentence}}, status);
}

void splitTarget(HubRequest &request)
{
    const QByteArray &target = request.target;
    const qsizetype mark = target.indexOf('?');
    request.rawPath = mark < 0 ? target : target.left(mark);
    if (!request.rawPath.startsWith('/') || target.size() > 4096)
        refuse(400, Tr::tr("The address is not one of this hub."));
    request.path.clear();
    for (const QByteArray &segment : request.rawPath.mid(1).split('/')) {
        const QString name = decoded(segment, false);
        if (name == "." || name == "..")
            refuse(400, Tr::tr("The address leads out of its folder."));
        request.path << name;
    }
    if (request.path.size() > 1 && request.path.last().isEmpty())
        request.path.removeLast();
    request.query.clear();
    if (mark < 0)
        return;
    for (const QByteArray &part : target.mid(mark + 1).split('&')) {
        if (part.isEmpty())
            continue;
        const qsizetype equals = part.indexOf('=');
        request.query.push_back({decoded(equals < 0 ? part : part.left(equals), true),
                                 equals < 0 ? QString() : decoded(part.mid(equals + 1), true)});
    }
}

} // namespace helmscope
