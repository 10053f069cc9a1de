// SPDX-License-Identifier: GPL-3.0-or-later
// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#include "federation/objects/s3signature.h"

#include <QMessageAuthenticationCode>

#include <algorithm>
#include <cctype>

namespace helmscope {

namespace {

QByteArray hmac(const QByteArray &key, const QByteArray &text)
{
    return QMessageAuthenticationCode::hash(text, key, QCryptographicHash::Sha256);
}

} // namespace

QByteArray s3Encoded(const QByteArray &text, bool isPath)
{
    QByteArray out;
    for (const char c : text) {
        if (std::isalnum(uchar(c)) || c == '-' || c == '.' || c == '_' || c == '~' ||
            (isPath && c == '/'))
            out += c;
        else
            out += '%' + QByteArray(1, c).toHex().toUpper();
    }
    return out;
}

QByteArray s3Query(const std::vector<std::pair<QByteArray, QByteArray>> &query)
{
    std::vector<std::pair<QByteArray, QByteArray>> encoded;
    for (const auto &[name, value] : query)
        encoded.emplace_back(s3Encoded(name), s3Encoded(value));
    std::sort(encoded.begin(), encoded.end());
    QByteArray text;
    for (const auto &[name, value] : encoded)
        text += (text.isEmpty() ? "" : "&") + name + '=' + value;
    return text;
}

std::vector<std::pair<QByteArray, QByteArray>> s3Headers(const S3Signing &signing,
                                                         const Credentials &credentials)
{
    const QByteArray time = signing.time.toUTC().toString("yyyyMMdd'T'HHmmss'Z'").toLatin1();
    const QByteArray day = time.left(8);
    std::vector<std::pair<QByteArray, QByteArray>> headers = signing.headers;
    headers.emplace_back("x-amz-content-sha256", signing.payload);
    headers.emplace_back("x-amz-date", time);
    if (!credentials.sessionToken.isEmpty())
        headers.emplace_back("x-amz-security-token", credentials.sessionToken.toUtf8());

    auto sorted = headers;
    sorted.emplace_back("host", signing.host);
    std::sort(sorted.begin(), sorted.end());
    QByteArray lines, names;
    for (const auto &[name, value] : sorted) {
        lines += name + ':' + value.simplified() + '\n';
        names += (names.isEmpty() ? "" : ";") + name;
    }
    const QByteArray canonical = signing.method + '\n' + signing.path + '\n' +
                                 s3Query(signing.query) + '\n' + lines + '\n' + names + '\n' +
                                 signing.payload;
    const QByteArray scope = day + '/' + signing.region + "/s3/aws4_request";
    const QByteArray toSign =
        "AWS4-HMAC-SHA256\n" + time + '\n' + scope + '\n' +
        QCryptographicHash::hash(canonical, QCryptographicHash::Sha256).toHex();
    const QByteArray key =
        hmac(hmac(hmac(hmac("AWS4" + credentials.secretKey.toUtf8(), day), signing.region), "s3"),
             "aws4_request");
    headers.emplace_back("Authorization",
                         "AWS4-HMAC-SHA256 Credential=" + credentials.accessKey.toUtf8() + '/' +
                             scope + ",SignedHeaders=" + names +
                             ",Signature=" + hmac(key, toSign).toHex());
    return headers;
}

} // namespace helmscope
