// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "base/progress.h"

#include <QByteArray>
#include <QString>
#include <QUrl>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace helmscope {

/// What may work later: the server is not there, does not answer in time, or went away. Callers
/// keep the work and try again; every other Error stays until somebody mends its cause.
class Unreachable : public Error
{
public:
    using Error::Error;
};

/// Who asks. Never logged, never written; see secrets.h.
struct Credentials
{
    QString user, password; ///< Basic, or of SSH
    QString token;          ///< "Authorization: Bearer"
    QString header;         ///< another header's name for the token, sent as it is; empty: Bearer
    QString accessKey, secretKey, sessionToken; ///< of S3
    QString keyFile;                            ///< private key of SSH; its pass phrase: password
    bool isEmpty() const;
};

struct TransferRequest
{
    QByteArray method = "GET";
    QUrl url; ///< http, https or sftp; user information in it is refused: see `credentials`
    std::vector<std::pair<QByteArray, QByteArray>> headers;
    QByteArray body; ///< sent where there is no `source`
    /// Fills a buffer, answers how many bytes (0: the end, negative: give up).
    std::function<qint64(char *, qint64)> source;
    qint64 sourceBytes = -1; ///< -1: unknown, sent in chunks
    /// Starts the source anew from a byte of its own, when a connection that was kept is gone after
    /// all; without it that is Unreachable.
    std::function<bool(qint64)> rewind;
    /// Called once with status and headers, before the first byte goes to the sink; false: give up.
    std::function<bool(const struct TransferAnswer &)> begun;
    /// Takes what comes with a 2xx; false: give up. Without it the body is kept in the answer.
    std::function<bool(const char *, qint64)> sink;
    qint64 from = 0; ///< first byte asked for (Range); where an SFTP upload goes on: `rewind`
                     ///< is called with it, sizes are of the whole file
    qint64 mostBytes = 64 << 20; ///< of an answer that is kept; more throws Error
    Credentials credentials;
    QString authorityFile;  ///< PEM that signs the server's certificate; empty: the system's
    QString knownHostsFile; ///< of SSH; empty: the user's
    std::vector<QByteArray> afterwards; ///< commands of SFTP, e.g. rename a b; see CURLOPT_QUOTE
    QString signature;                  ///< S3: "aws:amz:REGION:s3"; empty: none
    int connectMs = 10'000;
    int silenceMs = 30'000;       ///< given up when less than a byte a second came for that long
    bool followsRedirects = true; ///< never from https to http, never with credentials elsewhere
    /// Of GET and HEAD: a redirect may take the credentials along to another host (https, or this
    /// computer), as a federation's caches want it.
    bool takesCredentialsAlong = false;
};

struct TransferAnswer
{
    int status = 0; ///< of HTTP; SFTP: 200 done, 404 no such file
    QByteArray body;
    std::vector<std::pair<QByteArray, QByteArray>> headers; ///< names in lower case
    qint64 announcedBytes = -1; ///< length of the file or body, as the server says; -1: it does not
    bool isStopped = false;     ///< progress said so, or source or sink gave up
    bool isOk() const { return status >= 200 && status < 300 && !isStopped; }
    QByteArray header(const QByteArray &lowerCaseName) const; ///< last of that name; empty: none
};

/// Exchanges with servers, one after the other over connections that are kept (libcurl). Blocks;
/// used on one thread at a time. TLS is always verified. Throws Unreachable, or Error for what
/// trying again does not mend (certificate, host key, address); any HTTP status is an answer.
class Transport
{
public:
    Transport();
    ~Transport();
    Transport(const Transport &) = delete;
    Transport &operator=(const Transport &) = delete;

    TransferAnswer exchange(const TransferRequest &request, const Progress &progress);

    /// POST of a JSON text; the answer's body whatever its type.
    TransferAnswer postJson(TransferRequest request, const QByteArray &json,
                            const Progress &progress);

private:
    TransferAnswer once(const TransferRequest &request, const Progress &progress);

    struct Private;
    std::unique_ptr<Private> d;
};

/// Scheme, host, port and path of an address, without anything that may be secret (user
/// information, query, a hub's token in the path): for messages and logs.
QString shownAddress(const QUrl &url);

} // namespace helmscope
