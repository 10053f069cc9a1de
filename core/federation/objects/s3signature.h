// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/transport.h"

#include <QDateTime>

namespace helmscope {

/// AWS's "Signature Version 4" of one request to S3.
struct S3Signing
{
    QByteArray method, host;                                ///< host with its port, as sent
    QByteArray path;                                        ///< encoded, see s3Encoded
    std::vector<std::pair<QByteArray, QByteArray>> query;   ///< not encoded
    std::vector<std::pair<QByteArray, QByteArray>> headers; ///< names in lower case; all are signed
    QByteArray region;
    QByteArray payload = "UNSIGNED-PAYLOAD"; ///< or its sha256
    QDateTime time;                          ///< UTC
};

/// Everything but letters, digits, - . _ ~ as %XX; '/' stays in a path.
QByteArray s3Encoded(const QByteArray &text, bool isPath = false);
/// "a=b&c=" in the order and form that is signed.
QByteArray s3Query(const std::vector<std::pair<QByteArray, QByteArray>> &query);
/// All headers to send: those given, date, payload, session token and Authorization.
std::vector<std::pair<QByteArray, QByteArray>> s3Headers(const S3Signing &signing,
                                                         const Credentials &credentials);

} // namespace helmscope
