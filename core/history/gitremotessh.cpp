// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/gitremotessh.h"

#include "base/tr.h"
#include "federation/transport.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QMessageAuthenticationCode>
#include <QRegularExpression>
#include <QScopeGuard>

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helmscope {

namespace {

bool isMatch(const QByteArray &pattern, const QByteArray &name)
{
    return QRegularExpression(QRegularExpression::wildcardToRegularExpression(
                                  QString::fromUtf8(pattern).replace('[', QLatin1String("[[]")),
                                  QRegularExpression::UnanchoredWildcardConversion)
                                  .prepend("^(?:")
                                  .append(")$"),
                              QRegularExpression::CaseInsensitiveOption)
        .match(QString::fromUtf8(name))
        .hasMatch();
}

/// One line's first field: hashed, or names with wildcards and '!'.
bool isNamed(const QByteArray &names, const QByteArray &host)
{
    if (names.startsWith("|1|")) {
        const QList<QByteArray> parts = names.split('|');
        return parts.size() == 4 &&
               QMessageAuthenticationCode::hash(host, QByteArray::fromBase64(parts[2]),
                                                QCryptographicHash::Sha1) ==
                   QByteArray::fromBase64(parts[3]);
    }
    bool isOne = false;
    for (const QByteArray &name : names.split(',')) {
        if (name.startsWith('!') && isMatch(name.mid(1), host))
            return false;
        isOne = isOne || isMatch(name, host);
    }
    return isOne;
}

} // namespace

HostKey hostKeyIn(const QString &knownHostsFile, const QString &host, int port,
                  const QByteArray &key)
{
    const QByteArray plain = host.toLower().toUtf8();
    const QByteArray name =
        port > 0 && port != 22 ? '[' + plain + "]:" + QByteArray::number(port) : plain;
    QFile file(knownHostsFile);
    HostKey found = HostKey::Unknown;
    if (!file.open(QIODevice::ReadOnly) || file.size() > 64 << 20)
        return found;
    while (!file.atEnd()) {
        QList<QByteArray> fields = file.readLine(1 << 20).simplified().split(' ');
        const bool isRevoked = fields.first() == "@revoked";
        if (isRevoked)
            fields.removeFirst();
        if (fields.size() < 3 || fields.first().startsWith('#') || fields.first().startsWith('@') ||
            !isNamed(fields[0], name))
            continue;
        const bool isSame = QByteArray::fromBase64(fields[2]) == key;
        if (isRevoked && isSame)
            return HostKey::Revoked;
        if (isRevoked)
            continue;
        if (isSame)
            found = HostKey::Known;
        else if (found == HostKey::Unknown)
            found = HostKey::Changed;
    }
    return found;
}

bool awaitSshServer(const QString &host, int port, int patienceMs,
                    const std::function<bool()> &goesOn)
{
    const QString shown = QStringLiteral("%1:%2").arg(host).arg(port);
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    if (const int code = ::getaddrinfo(host.toUtf8(), QByteArray::number(port), &hints, &found);
        code != 0)
        throw Unreachable(
            Tr::tr("%1 cannot be reached: its name is unknown (%2). Check the address "
                   "and the network.")
                .arg(shown, QString::fromLocal8Bit(::gai_strerror(code)))
                .toStdString());
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    const QDeadlineTimer patience(patienceMs);
    for (const addrinfo *one = found; one; one = one->ai_next) {
        const int socket = ::socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                    one->ai_protocol);
        if (socket < 0)
            continue;
        const auto close = qScopeGuard([socket] { ::close(socket); });
        if (::connect(socket, one->ai_addr, one->ai_addrlen) != 0 && errno != EINPROGRESS)
            continue;
        while (!patience.hasExpired()) {
            if (!goesOn())
                return false;
            pollfd ready{socket, POLLIN, 0};
            if (::poll(&ready, 1, 50) <= 0)
                continue;
            char greeting[4];
            if (::recv(socket, greeting, sizeof greeting, 0) > 0)
                return true; // what it says is libgit2's business
            break;
        }
    }
    throw Unreachable(Tr::tr("%1 cannot be reached: no SSH server answers there. Check address and "
                             "port, and whether it runs.")
                          .arg(shown)
                          .toStdString());
}

} // namespace helmscope
