// SPDX-License-Identifier: GPL-3.0-or-later
#include "history/gitremotessh.h"

#include <QFile>
#include <QMessageAuthenticationCode>
#include <QRegularExpression>

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

} // namespace helmscope
