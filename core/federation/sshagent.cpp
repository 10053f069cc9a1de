// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/sshagent.h"

#include "base/tr.h"

#include <QFile>
#include <QScopeGuard>

#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace helmscope {

SshAgent sshAgent()
{
    const QByteArray path = qgetenv("SSH_AUTH_SOCK");
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.isEmpty() || path.size() >= qsizetype(sizeof address.sun_path))
        return SshAgent::Missing;
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        return SshAgent::Missing;
    const auto close = qScopeGuard([socket] { ::close(socket); });
    const timeval patience{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    // draft-miller-ssh-agent: a length, then SSH_AGENTC_REQUEST_IDENTITIES; the answer is a length,
    // SSH_AGENT_IDENTITIES_ANSWER, and how many.
    constexpr char ask[] = {0, 0, 0, 1, 11};
    if (::connect(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
        ::send(socket, ask, sizeof ask, MSG_NOSIGNAL) != qsizetype(sizeof ask))
        return SshAgent::Missing;
    unsigned char answer[9];
    if (::recv(socket, answer, sizeof answer, MSG_WAITALL) != qsizetype(sizeof answer) ||
        answer[4] != 12)
        return SshAgent::Missing;
    const bool isEmpty = !answer[5] && !answer[6] && !answer[7] && !answer[8];
    return isEmpty ? SshAgent::Empty : SshAgent::HasKeys;
}

QString sshRefusal(const QString &shown, const Credentials &given, const QString &reason)
{
    const QString said = reason.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(reason);
    if (!given.keyFile.isEmpty()) {
        if (!QFile::exists(given.keyFile))
            return Tr::tr("The key file %1 for %2 is not there: name another.")
                .arg(given.keyFile, shown);
        const bool isUnread = reason.contains(QLatin1String("passphrase"), Qt::CaseInsensitive) ||
                              reason.contains(QLatin1String("private key"), Qt::CaseInsensitive) ||
                              reason.contains(QLatin1String("Callback returned error"));
        if (isUnread && given.password.isEmpty())
            return Tr::tr("The key file %1 for %2 cannot be read: it wants a pass phrase, or is no "
                          "private key. Give the pass phrase as the password of the remote.")
                .arg(given.keyFile, shown);
        if (isUnread)
            return Tr::tr("The pass phrase does not open the key file %1 for %2: give the right "
                          "one.")
                .arg(given.keyFile, shown);
        return Tr::tr("%1 does not take the user or key: give others; of newer servers no RSA key "
                      "is taken from here%2.")
            .arg(shown, said);
    }
    if (!given.password.isEmpty())
        return Tr::tr("%1 does not take the user or password: give others%2.").arg(shown, said);
    switch (sshAgent()) {
    case SshAgent::Missing:
        return Tr::tr("%1 asks for a key, and no SSH agent runs here: start one and add a key to "
                      "it with ssh-add, or name a key file.")
            .arg(shown);
    case SshAgent::Empty:
        return Tr::tr("%1 asks for a key, and the SSH agent holds none: add one with ssh-add, or "
                      "name a key file.")
            .arg(shown);
    case SshAgent::HasKeys:
        break;
    }
    return Tr::tr("%1 takes none of the SSH agent's keys for this user: add the right one with "
                  "ssh-add, or give another user or key file.")
        .arg(shown);
}

} // namespace helmscope
