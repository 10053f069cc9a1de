// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/gitremotelink.h"

#include "base/tr.h"
#include "federation/sshagent.h"
#include "history/gitremotessh.h"

#include <QDir>
#include <QRegularExpression>

namespace helmscope {

namespace {

/// user@host:path, as ssh and git write it.
const QRegularExpression &shortForm()
{
    static const QRegularExpression form(
        "^(?:([A-Za-z0-9_.][^@/:\\s]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*):"
        "(?!/?/)([^\\s:-][^\\s]*)$");
    return form;
}

bool isHttp(const QString &url)
{
    return url.startsWith(QLatin1String("http://")) || url.startsWith(QLatin1String("https://"));
}

bool isFolder(const QString &url)
{
    return url.startsWith(QLatin1String("file://")) || url.startsWith('/');
}

QString wholePath(QString file)
{
    if (file.startsWith(QLatin1String("~/")))
        file.replace(0, 1, QDir::homePath());
    return file;
}

/// For messages.
QString shownUrl(const QString &url)
{
    return url.contains(QLatin1String("://")) ? shownAddress(QUrl(url)) : url;
}

} // namespace

void checkGitUrl(const QString &url)
{
    const QString remedy = Tr::tr("it begins with https://, ssh:// or file://, or is "
                                  "user@host:path or a folder's whole path");
    for (const QChar c : url)
        if (c < QChar(0x20) || c == QChar(0x7f))
            fail(Tr::tr("An address with control characters is none of a git server: %1.")
                     .arg(remedy));
    if (url.startsWith('/'))
        return;
    const QUrl parsed(url, QUrl::StrictMode);
    const QString scheme = parsed.scheme();
    if (url.contains(QLatin1String("://"))) {
        const bool isSsh = scheme == QLatin1String("ssh");
        if (!parsed.isValid() || (!isHttp(url) && !isSsh && scheme != QLatin1String("file")) ||
            (scheme != QLatin1String("file") &&
             (parsed.host().isEmpty() || parsed.host().startsWith('-'))) ||
            parsed.userName().startsWith('-'))
            fail(Tr::tr("%1 is no address of a git server: %2.").arg(shownUrl(url), remedy));
        if (!parsed.password().isEmpty() || (isHttp(url) && !parsed.userInfo().isEmpty()))
            fail(Tr::tr("User and password do not belong in the address of %1: keep them apart.")
                     .arg(shownUrl(url)));
        return;
    }
    if (!shortForm().match(url).hasMatch())
        fail(Tr::tr("'%1' is no address of a git server: %2.").arg(url, remedy));
}

GitLink::GitLink(const QString &url, const GitAccess &access, const GitWatch &watch)
    : m_url(url)
    , m_access(access)
    , m_watch(watch)
    , m_goesOn([this](qint64 bytes) {
        m_traffic.bytes = bytes;
        return goesOn();
    })
    , m_http(access, m_goesOn)
    , m_silence(access.silenceMs)
{
    git_remote_init_callbacks(&m_callbacks, GIT_REMOTE_CALLBACKS_VERSION);
    m_callbacks.payload = this;
    m_callbacks.transfer_progress = [](const git_indexer_progress *seen, void *self) {
        auto *link = static_cast<GitLink *>(self);
        GitTraffic &traffic = link->m_traffic;
        traffic.objects = int(seen->received_objects);
        traffic.allObjects = int(seen->total_objects);
        traffic.bytes = std::max<qint64>(traffic.bytes, qint64(seen->received_bytes));
        if (seen->total_objects > 0)
            traffic.fraction = (double(seen->received_objects) + double(seen->indexed_objects)) /
                               (2.0 * seen->total_objects);
        return link->goesOn() ? 0 : int(GIT_EUSER);
    };
    m_callbacks.push_transfer_progress = [](unsigned current, unsigned total, size_t bytes,
                                            void *self) {
        auto *link = static_cast<GitLink *>(self);
        link->m_traffic.objects = int(current);
        link->m_traffic.allObjects = int(total);
        link->m_traffic.bytes = std::max<qint64>(link->m_traffic.bytes, qint64(bytes));
        if (total > 0)
            link->m_traffic.fraction = double(current) / total;
        return link->goesOn() ? 0 : int(GIT_EUSER);
    };
    m_callbacks.pack_progress = [](int, uint32_t, uint32_t, void *self) {
        return static_cast<GitLink *>(self)->goesOn() ? 0 : int(GIT_EUSER);
    };
    m_callbacks.sideband_progress = [](const char *, int, void *self) {
        return static_cast<GitLink *>(self)->goesOn() ? 0 : int(GIT_EUSER);
    };
    m_callbacks.update_tips = [](const char *name, const git_oid *from, const git_oid *to,
                                 void *self) {
        const auto shortName = [](QString full) {
            for (const char *prefix : {"refs/remotes/", "refs/tags/", "refs/heads/"})
                if (full.startsWith(QLatin1String(prefix)))
                    return full.mid(int(qstrlen(prefix)));
            return full;
        };
        static_cast<GitLink *>(self)->moved.push_back(
            {shortName(QString::fromUtf8(name)), git_oid_is_zero(from) ? QString() : textOf(*from),
             textOf(*to)});
        return 0;
    };
    m_callbacks.push_update_reference = [](const char *name, const char *reason, void *self) {
        if (reason)
            static_cast<GitLink *>(self)->refused.emplace_back(name, reason);
        return 0;
    };
    m_callbacks.credentials = [](git_credential **out, const char *, const char *user,
                                 unsigned allowed, void *self) {
        return static_cast<GitLink *>(self)->answerCredentials(out, user, allowed);
    };
    m_callbacks.certificate_check = [](git_cert *certificate, int, const char *host, void *self) {
        return static_cast<GitLink *>(self)->answerCertificate(certificate, host);
    };
    if (isHttp(url)) {
        m_callbacks.transport = [](git_transport **out, git_remote *owner, void *self) {
            return GitHttp::transport(out, owner, &static_cast<GitLink *>(self)->m_http);
        };
    }
}

/// libgit2 is C: what the watch throws is taken through it by hand.
bool GitLink::goesOn()
{
    m_silence.giveSign();
    if (m_isStopped || m_thrown)
        return false;
    try {
        m_isStopped = !m_watch(m_traffic);
    } catch (...) {
        m_thrown = std::current_exception();
        return false;
    }
    return !m_isStopped;
}

int GitLink::answerCredentials(git_credential **out, const char *user, unsigned allowed)
{
    const Credentials &given = m_access.credentials;
    const QByteArray name = !given.user.isEmpty() ? given.user.toUtf8()
                            : user && *user       ? QByteArray(user)
                                                  : QByteArray("git");
    if (allowed & GIT_CREDENTIAL_USERNAME)
        return git_credential_username_new(out, name);
    if (++m_asked > 1)
        return GIT_EAUTH; // they were refused, and there are no others
    const QString keyFile = wholePath(given.keyFile);
    if (!keyFile.isEmpty() && (allowed & GIT_CREDENTIAL_SSH_KEY))
        return git_credential_ssh_key_new(out, name, nullptr, QFile::encodeName(keyFile),
                                          given.password.toUtf8());
    if (!given.password.isEmpty() && (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT))
        return git_credential_userpass_plaintext_new(out, name, given.password.toUtf8());
    if (allowed & GIT_CREDENTIAL_SSH_KEY)
        return git_credential_ssh_key_from_agent(out, name);
    return GIT_EAUTH;
}

int GitLink::answerCertificate(git_cert *certificate, const char *host)
{
    try {
        const QString shown = shownUrl(m_url);
        if (certificate->cert_type != GIT_CERT_HOSTKEY_LIBSSH2)
            fail(Tr::tr("%1 shows a certificate that cannot be checked.").arg(shown));
        const auto *key = reinterpret_cast<const git_cert_hostkey *>(certificate);
        QString file = m_access.knownHostsFile;
        if (file.isEmpty())
            file = QDir::homePath() + QStringLiteral("/.ssh/known_hosts");
        const QByteArray bytes = key->type & GIT_CERT_SSH_RAW
                                     ? QByteArray(key->hostkey, qsizetype(key->hostkey_len))
                                     : QByteArray();
        const int port = m_url.contains(QLatin1String("://")) ? QUrl(m_url).port(22) : 22;
        switch (bytes.isEmpty() ? HostKey::Unknown
                                : hostKeyIn(file, QString::fromUtf8(host), port, bytes)) {
        case HostKey::Known:
            return 0;
        case HostKey::Unknown:
            fail(Tr::tr("The host key of %1 is not known: connect to it with ssh once and compare "
                        "it, then it stands in %2.")
                     .arg(shown, file));
        case HostKey::Changed:
            fail(Tr::tr("The host key of %1 is not the known one: somebody may listen in. Compare "
                        "it, then mend %2.")
                     .arg(shown, file));
        case HostKey::Revoked:
            fail(Tr::tr("The host key of %1 is revoked in %2.").arg(shown, file));
        }
    } catch (...) {
        m_thrown = std::current_exception();
    }
    return GIT_ECERTIFICATE;
}

bool GitLink::awaitServer()
{
    if (isHttp(m_url) || isFolder(m_url))
        return goesOn() || check(0);
    const bool isUrl = m_url.contains(QLatin1String("://"));
    const QString host = isUrl ? QUrl(m_url).host() : shortForm().match(m_url).captured(2);
    const int port = isUrl ? QUrl(m_url).port(22) : 22;
    const bool isThere = awaitSshServer(host, port, 20'000, [this] { return goesOn(); });
    check(0); // throws what the watch has thrown
    return isThere;
}

bool GitLink::check(int code)
{
    if (m_thrown)
        std::rethrow_exception(std::exchange(m_thrown, nullptr));
    if (code >= 0)
        return true;
    const git_error *said = git_error_last();
    const int kind = said ? said->klass : GIT_ERROR_NONE;
    const QString why =
        said && said->message ? QString::fromUtf8(said->message) : Tr::tr("git gives no reason");
    m_http.rethrow();
    if (m_isStopped || m_http.isStopped())
        return false;
    const QString shown = shownUrl(m_url);
    if (m_silence.hasEnded())
        throw Unreachable(Tr::tr("%1 fell silent, and was left after %2 seconds: try again later.")
                              .arg(shown)
                              .arg(m_silence.milliseconds() / 1000.0)
                              .toStdString());
    const bool isRefused =
        code == GIT_EAUTH || why.contains(QLatin1String("authenticat"), Qt::CaseInsensitive);
    if (isRefused && !isHttp(m_url) && !isFolder(m_url)) {
        Credentials given = m_access.credentials;
        given.keyFile = wholePath(given.keyFile);
        fail(sshRefusal(shown, given, why));
    }
    if (isRefused)
        fail(Tr::tr("%1 does not take the user or key: give others (%2).").arg(shown, why));
    const bool isConnection = kind == GIT_ERROR_NET || kind == GIT_ERROR_SSH ||
                              (kind == GIT_ERROR_OS && !isFolder(m_url));
    if (isFolder(m_url)) {
        const QString folder = m_url.startsWith('/') ? m_url : QUrl(m_url).toLocalFile();
        if (!QFile::exists(folder))
            throw Unreachable(
                Tr::tr("The folder %1 is not there: mount its drive, or give another.")
                    .arg(folder)
                    .toStdString());
    }
    const QString sentence = Tr::tr("Cannot exchange versions with %1: %2.").arg(shown, why);
    if (isConnection)
        throw Unreachable(sentence.toStdString());
    fail(sentence);
}

} // namespace helmscope
