// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/transport.h"

#include "base/tr.h"
#include "federation/redirect.h"
#include "federation/sshagent.h"

#include <QFile>

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <mutex>

namespace helmscope {

namespace {

/// A list of headers that frees itself.
class HeaderList
{
public:
    HeaderList() = default;
    ~HeaderList() { curl_slist_free_all(m_list); }
    HeaderList(const HeaderList &) = delete;
    HeaderList &operator=(const HeaderList &) = delete;
    void add(const QByteArray &line)
    {
        if (line.contains('\n') || line.contains('\r'))
            fail(Tr::tr("A header with a line's end in it cannot be sent."));
        if (curl_slist *longer = curl_slist_append(m_list, line.constData()))
            m_list = longer;
    }
    curl_slist *list() const { return m_list; }

private:
    curl_slist *m_list = nullptr;
};

/// What the callbacks of one exchange share.
struct Exchange
{
    const TransferRequest &request;
    const Progress &progress;
    CURL *curl;
    TransferAnswer answer;
    qint64 sent = 0; ///< of the body, where there is no source
    bool isTooLong = false;
    bool hasBegun = false;
    bool isHttp = true;
    std::exception_ptr thrown; ///< by a source or sink: taken through libcurl by hand
};

long statusOf(CURL *curl)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

qint64 announcedBy(CURL *curl)
{
    curl_off_t bytes = -1;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes);
    return bytes;
}

size_t takeBody(char *data, size_t size, size_t count, void *context)
{
    auto *exchange = static_cast<Exchange *>(context);
    const qint64 bytes = qint64(size * count);
    const long status = statusOf(exchange->curl);
    const bool isOk = !exchange->isHttp || (status >= 200 && status < 300);
    try {
        if (isOk && exchange->request.sink) {
            if (exchange->request.begun && !exchange->hasBegun) {
                exchange->hasBegun = true;
                exchange->answer.status = int(status);
                exchange->answer.announcedBytes = announcedBy(exchange->curl);
                if (!exchange->request.begun(exchange->answer)) {
                    exchange->answer.isStopped = true;
                    return 0;
                }
            }
            if (exchange->request.sink(data, bytes))
                return size_t(bytes);
            exchange->answer.isStopped = true;
            return 0;
        }
        if (exchange->answer.body.size() + bytes > exchange->request.mostBytes) {
            exchange->isTooLong = true;
            return 0;
        }
        exchange->answer.body.append(data, int(bytes));
    } catch (...) {
        exchange->thrown = std::current_exception();
        return 0;
    }
    return size_t(bytes);
}

size_t takeHeader(char *data, size_t size, size_t count, void *context)
{
    auto *exchange = static_cast<Exchange *>(context);
    const QByteArray line = QByteArray(data, int(size * count)).trimmed();
    if (line.startsWith("HTTP/")) {
        exchange->answer.headers.clear(); // of a redirect or "100 Continue" before
        return size * count;
    }
    const qsizetype colon = line.indexOf(':');
    if (colon > 0 && exchange->answer.headers.size() < 200)
        exchange->answer.headers.emplace_back(line.left(colon).toLower(),
                                              line.mid(colon + 1).trimmed());
    return size * count;
}

size_t giveBody(char *buffer, size_t size, size_t count, void *context)
{
    auto *exchange = static_cast<Exchange *>(context);
    const qint64 room = qint64(size * count);
    try {
        if (exchange->request.source) {
            const qint64 given = exchange->request.source(buffer, room);
            if (given >= 0)
                return size_t(given);
            exchange->answer.isStopped = true;
            return CURL_READFUNC_ABORT;
        }
    } catch (...) {
        exchange->thrown = std::current_exception();
        return CURL_READFUNC_ABORT;
    }
    const qint64 given = std::min(room, qint64(exchange->request.body.size()) - exchange->sent);
    std::memcpy(buffer, exchange->request.body.constData() + exchange->sent, size_t(given));
    exchange->sent += given;
    return size_t(given);
}

/// For what is sent a second time: a redirect, a new connection.
int rewindBody(void *context, curl_off_t offset, int origin)
{
    auto *exchange = static_cast<Exchange *>(context);
    if (origin != SEEK_SET || (exchange->request.source && !exchange->request.rewind))
        return CURL_SEEKFUNC_CANTSEEK;
    if (exchange->request.source) {
        try {
            return exchange->request.rewind(offset) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
        } catch (...) {
            exchange->thrown = std::current_exception();
            return CURL_SEEKFUNC_FAIL;
        }
    }
    exchange->sent = offset;
    return CURL_SEEKFUNC_OK;
}

/// libcurl says why a key was not taken only where it talks to developers.
int overhear(CURL *, curl_infotype type, char *data, size_t bytes, void *context)
{
    const QByteArray text = type == CURLINFO_TEXT && bytes < 1000
                                ? QByteArray(data, qsizetype(bytes)).trimmed()
                                : QByteArray();
    constexpr char mark[] = "SSH public key authentication failed: ";
    if (text.startsWith(mark))
        *static_cast<QString *>(context) = QString::fromLocal8Bit(text.mid(sizeof mark - 1));
    return 0;
}

int report(void *context, curl_off_t toGet, curl_off_t got, curl_off_t toSend, curl_off_t sent)
{
    auto *exchange = static_cast<Exchange *>(context);
    const double whole = double(toGet) + double(toSend);
    try {
        if (exchange->progress(whole > 0 ? double(got + sent) / whole : 0))
            return 0;
    } catch (...) {
        exchange->thrown = std::current_exception();
        return 1;
    }
    exchange->answer.isStopped = true;
    return 1;
}

bool isWorthTryingAgain(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_SSL_CONNECT_ERROR: // a connection cut in the handshake looks like this, too
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_SSH:
    case CURLE_AGAIN:
        return true;
    default:
        return false;
    }
}

QString remedyFor(CURLcode code, const TransferRequest &request)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return Tr::tr("its name is unknown: check the address and the network");
    case CURLE_COULDNT_CONNECT:
        return Tr::tr("nothing answers there: check address and port, and whether the server runs");
    case CURLE_OPERATION_TIMEDOUT:
        return Tr::tr("it does not answer in time");
    case CURLE_PEER_FAILED_VERIFICATION:
        return QUrl(request.url).scheme() == QLatin1String("sftp")
                   ? Tr::tr("its host key is not the known one: compare it, then mend known_hosts")
                   : Tr::tr("its certificate is not trusted: name the authority that signed it");
    case CURLE_SSL_CACERT_BADFILE:
        return Tr::tr("the authority's file %1 cannot be used").arg(request.authorityFile);
    case CURLE_LOGIN_DENIED:
        return Tr::tr("it refuses the user or key: give others");
    case CURLE_UNSUPPORTED_PROTOCOL:
        return Tr::tr("addresses of that kind cannot be used here");
    case CURLE_TOO_MANY_REDIRECTS:
        return Tr::tr("it sends from one address to the next without end");
    default:
        return {};
    }
}

} // namespace

bool Credentials::isEmpty() const
{
    return user.isEmpty() && password.isEmpty() && token.isEmpty() && accessKey.isEmpty() &&
           secretKey.isEmpty() && sessionToken.isEmpty() && keyFile.isEmpty();
}

QByteArray TransferAnswer::header(const QByteArray &lowerCaseName) const
{
    for (auto it = headers.rbegin(); it != headers.rend(); ++it)
        if (it->first == lowerCaseName)
            return it->second;
    return {};
}

struct Transport::Private
{
    CURL *curl = nullptr;
};

Transport::Transport()
    : d(std::make_unique<Private>())
{
    static std::once_flag once; // not thread-safe by itself
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    d->curl = curl_easy_init();
    if (!d->curl)
        fail(Tr::tr("No connection can be made: libcurl does not start."));
}

Transport::~Transport()
{
    curl_easy_cleanup(d->curl);
}

TransferAnswer Transport::exchange(const TransferRequest &request, const Progress &progress)
{
    TransferAnswer answer = once(request, progress);
    std::optional<TransferRequest> next = redirected(request, answer);
    for (int hops = 1; next; ++hops) {
        if (hops > mostRedirects)
            fail(Tr::tr("%1 cannot be reached: it sends from one address to the next without end.")
                     .arg(shownAddress(request.url)));
        answer = once(*next, progress);
        next = redirected(TransferRequest(*next), answer);
    }
    return answer;
}

TransferAnswer Transport::once(const TransferRequest &request, const Progress &progress)
{
    const QString scheme = request.url.scheme();
    const QString shown = shownAddress(request.url);
    const bool isSftp = scheme == QLatin1String("sftp");
    if (!request.url.isValid() || request.url.host().isEmpty() ||
        (!isSftp && scheme != QLatin1String("http") && scheme != QLatin1String("https")))
        fail(
            Tr::tr("\"%1\" is no address of a server: it begins with https://, http:// or sftp://.")
                .arg(shown));
    if (!request.url.userInfo().isEmpty())
        fail(Tr::tr("User and password do not belong in the address of %1: keep them apart.")
                 .arg(shown));

    CURL *curl = d->curl;
    curl_easy_reset(curl); // options only: connections stay
    Exchange exchange{request, progress, curl, {}, 0, false, false, !isSftp, nullptr};
    char reason[CURL_ERROR_SIZE] = "";
    HeaderList headers, afterwards;
    const QByteArray url = request.url.toEncoded();
    const Credentials &credentials = request.credentials;

    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); // threads
    curl_easy_setopt(curl, CURLOPT_URL, url.constData());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,sftp");
    // Never from https to http: a redirect must not take away what encrypts.
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
                     scheme == QLatin1String("http") ? "http,https" : "https");
    // Of what is only asked, redirect.h decides.
    const bool isAsking = request.method == "GET" || request.method == "HEAD";
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, request.followsRedirects && !isAsking ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl, CURLOPT_POSTREDIR, long(CURL_REDIR_POST_ALL));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, long(request.connectMs));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, long(std::max(1, request.silenceMs / 1000)));
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "Helmscope/" HELMSCOPE_VERSION);
    curl_easy_setopt(curl, CURLOPT_NETRC, long(CURL_NETRC_IGNORED));
    const QByteArray authority = QFile::encodeName(request.authorityFile);
    if (!authority.isEmpty())
        curl_easy_setopt(curl, CURLOPT_CAINFO, authority.constData());

    const QByteArray user = credentials.user.toUtf8(), password = credentials.password.toUtf8();
    const QByteArray accessKey = credentials.accessKey.toUtf8(),
                     secretKey = credentials.secretKey.toUtf8(),
                     signature = request.signature.toUtf8();
    const QByteArray keyFile = QFile::encodeName(credentials.keyFile);
    const QByteArray knownHosts = QFile::encodeName(request.knownHostsFile);
    QString keyTrouble;
    if (isSftp) {
        curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
        curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, overhear);
        curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &keyTrouble);
        curl_easy_setopt(curl, CURLOPT_USERNAME, user.constData());
        long ways = CURLSSH_AUTH_AGENT;
        if (!keyFile.isEmpty()) {
            ways = CURLSSH_AUTH_PUBLICKEY;
            curl_easy_setopt(curl, CURLOPT_SSH_PRIVATE_KEYFILE, keyFile.constData());
            curl_easy_setopt(curl, CURLOPT_KEYPASSWD, password.constData());
        } else if (!password.isEmpty()) {
            ways |= CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD;
            curl_easy_setopt(curl, CURLOPT_PASSWORD, password.constData());
        }
        curl_easy_setopt(curl, CURLOPT_SSH_AUTH_TYPES, ways);
        if (knownHosts.isEmpty())
            fail(Tr::tr("The key of %1 cannot be checked: there is no file of known hosts. Connect "
                        "to it with ssh once.")
                     .arg(shown));
        curl_easy_setopt(curl, CURLOPT_SSH_KNOWNHOSTS, knownHosts.constData());
        curl_easy_setopt(curl, CURLOPT_FTP_CREATE_MISSING_DIRS, long(CURLFTP_CREATE_DIR));
    } else {
        if (!signature.isEmpty() && !accessKey.isEmpty()) {
            curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, signature.constData());
            curl_easy_setopt(curl, CURLOPT_USERNAME, accessKey.constData());
            curl_easy_setopt(curl, CURLOPT_PASSWORD, secretKey.constData());
            if (!credentials.sessionToken.isEmpty())
                headers.add("x-amz-security-token: " + credentials.sessionToken.toUtf8());
        } else if (!credentials.token.isEmpty() && !credentials.header.isEmpty()) {
            headers.add(credentials.header.toUtf8() + ": " + credentials.token.toUtf8());
        } else if (!credentials.token.isEmpty()) {
            // Not as a header of ours: libcurl keeps this one from other hosts in redirects.
            curl_easy_setopt(curl, CURLOPT_HTTPAUTH, long(CURLAUTH_BEARER));
            const QByteArray token = credentials.token.toUtf8();
            curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, token.constData());
        } else if (!user.isEmpty() || !password.isEmpty()) {
            curl_easy_setopt(curl, CURLOPT_HTTPAUTH, long(CURLAUTH_BASIC));
            curl_easy_setopt(curl, CURLOPT_USERNAME, user.constData());
            curl_easy_setopt(curl, CURLOPT_PASSWORD, password.constData());
        }
        // A header of ours would go along to wherever a redirect leads.
        if (!signature.isEmpty() || !credentials.header.isEmpty())
            curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    }

    const bool isSending = request.source || !request.body.isEmpty() || request.method == "PUT" ||
                           request.method == "POST";
    if (isSftp && request.method == "PUT") {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, curl_off_t(request.from));
    } else if (request.method == "HEAD") {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else if (isSending) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.constData());
    } else if (request.method != "GET" && !isSftp) {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.constData());
    }
    if (isSending) {
        const qint64 bytes = request.source ? request.sourceBytes : qint64(request.body.size());
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(bytes));
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, giveBody);
        curl_easy_setopt(curl, CURLOPT_READDATA, &exchange);
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewindBody);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, &exchange);
        // Small ones go at once; large ones wait for the server's word, so that a refusal costs
        // nothing.
        if (!isSftp && bytes >= 0 && bytes < 1 << 20)
            headers.add("Expect:");
    } else if (request.from > 0) {
        curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, curl_off_t(request.from));
    }
    for (const QByteArray &command : request.afterwards)
        afterwards.add(command);
    if (afterwards.list())
        curl_easy_setopt(curl, CURLOPT_POSTQUOTE, afterwards.list());
    for (const auto &[name, value] : request.headers)
        headers.add(name + ": " + value);
    if (headers.list())
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, takeBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, takeHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, report);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);

    const CURLcode code = curl_easy_perform(curl);
    TransferAnswer &answer = exchange.answer;
    answer.status = int(statusOf(curl));
    answer.announcedBytes = announcedBy(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, nullptr);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L);
    if (exchange.thrown)
        std::rethrow_exception(exchange.thrown);
    if (answer.isStopped)
        return answer;
    if (exchange.isTooLong)
        fail(Tr::tr("%1 answers with more than %2 MB: that is not what was asked for.")
                 .arg(shown)
                 .arg(request.mostBytes >> 20));
    if (isSftp) {
        if (code == CURLE_REMOTE_FILE_NOT_FOUND) {
            answer.status = 404;
            return answer;
        }
        if (code == CURLE_OK)
            answer.status = 200;
    }
    // A server that refuses early and closes has said why; what was not sent does not matter.
    const bool isRefusal = !isSftp && answer.status >= 400;
    if (code == CURLE_OK || (isRefusal && (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)))
        return answer;
    if (isSftp && code == CURLE_LOGIN_DENIED)
        fail(sshRefusal(shown, credentials, keyTrouble));
    QString why = remedyFor(code, request);
    if (why.isEmpty())
        why = QString::fromLocal8Bit(*reason ? reason : curl_easy_strerror(code));
    const std::string sentence = Tr::tr("%1 cannot be reached: %2.").arg(shown, why).toStdString();
    if (isWorthTryingAgain(code))
        throw Unreachable(sentence);
    throw Error(sentence);
}

TransferAnswer Transport::postJson(TransferRequest request, const QByteArray &json,
                                   const Progress &progress)
{
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json;
    return exchange(request, progress);
}

QString shownAddress(const QUrl &url)
{
    QString path = url.path();
    if (path.startsWith(QLatin1String("/t/"))) {
        const qsizetype end = path.indexOf('/', 3);
        path = QStringLiteral("/t/…") + (end < 0 ? QString() : path.mid(end));
    }
    QUrl shown;
    shown.setScheme(url.scheme());
    shown.setHost(url.host());
    shown.setPort(url.port());
    shown.setPath(path);
    return shown.toDisplayString();
}

} // namespace helmscope
