// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/protocol/address.h"

#include "base/json.h"
#include "base/tr.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QHostAddress>
#include <QRegularExpression>
#include <QSaveFile>
#include <QStandardPaths>

#include <optional>

namespace helmscope {

namespace {

struct Row
{
    InstrumentAddress::Protocol protocol;
    const char *key;
};
constexpr Row rows[]{
    {InstrumentAddress::Protocol::Helmscope, "helmscope"},
    {InstrumentAddress::Protocol::DtMicroscope, "dtmicroscope"},
    {InstrumentAddress::Protocol::Asyncroscopy, "asyncroscopy"},
    {InstrumentAddress::Protocol::Pyro, "pyro"},
};

QString keyOf(InstrumentAddress::Protocol protocol)
{
    for (const Row &row : rows)
        if (row.protocol == protocol)
            return QString::fromLatin1(row.key);
    Q_UNREACHABLE();
}

std::optional<InstrumentAddress::Protocol> protocolOf(const QString &key)
{
    for (const Row &row : rows)
        if (key == QLatin1String(row.key))
            return row.protocol;
    return std::nullopt;
}

} // namespace

InstrumentAddress InstrumentAddress::parse(const QString &text)
{
    static const QRegularExpression form(
        "^(?:([a-z0-9]+)://)?(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9_.-]+)"
        ":([0-9]{1,5})$");
    const QRegularExpressionMatch match = form.match(text.trimmed());
    const QString scheme = match.captured(1);
    const auto protocol = protocolOf(scheme);
    InstrumentAddress address;
    address.host = match.captured(2);
    if (address.host.startsWith('['))
        address.host = address.host.mid(1, address.host.size() - 2);
    address.port = match.captured(3).toInt();
    address.protocol = protocol.value_or(Protocol::Helmscope);
    if (!match.hasMatch() || address.port < 1 || address.port > 65535 ||
        (!protocol && !scheme.isEmpty() && scheme != "tls"))
        fail(Tr::tr("'%1' is no instrument's address: it is HOST:PORT such as localhost:7117, with "
                    "tls://, dtmicroscope://, asyncroscopy:// or pyro:// before it where needed.")
                 .arg(text));
    address.isTls =
        scheme == "tls" || (address.protocol == Protocol::Helmscope && !address.isLoopback());
    return address;
}

QString InstrumentAddress::text() const
{
    const QString place = (host.contains(':') ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2"))
                              .arg(host)
                              .arg(port);
    if (protocol != Protocol::Helmscope)
        return keyOf(protocol) + "://" + place;
    return isTls ? "tls://" + place : place;
}

bool InstrumentAddress::isLoopback() const
{
    return host.compare("localhost", Qt::CaseInsensitive) == 0 || QHostAddress(host).isLoopback();
}

QJsonObject InstrumentAddress::toJson() const
{
    QJsonObject object{
        {"protocol", keyOf(protocol)}, {"host", host}, {"port", port}, {"isTls", isTls}};
    if (!authorityFile.isEmpty())
        object["authorityFile"] = authorityFile;
    return object;
}

InstrumentAddress InstrumentAddress::fromJson(const QJsonObject &object, const QString &where)
{
    InstrumentAddress address;
    const QString key = helmscope::text(object, "protocol", "helmscope", where);
    const auto protocol = protocolOf(key);
    if (!protocol)
        fail(Tr::tr("Cannot use %1: an instrument that speaks '%2' is not known here.")
                 .arg(where, key));
    address.protocol = *protocol;
    address.host = helmscope::text(object, "host", {}, where);
    address.port = integer(object, "port", 0, 1, 65535, where);
    address.isTls = flag(object, "isTls", false, where);
    address.authorityFile = helmscope::text(object, "authorityFile", {}, where);
    if (address.host.isEmpty() || address.port == 0)
        fail(Tr::tr("Cannot use %1: an instrument needs a host and a port.").arg(where));
    return address;
}

QString tokenFileOf(const InstrumentAddress &address)
{
    QString name = QStringLiteral("%1_%2.token").arg(address.host.toLower()).arg(address.port);
    name.replace(QRegularExpression("[^a-z0-9_.-]"), "_");
    return QDir(QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation))
        .filePath("helmscope/instruments/" + name);
}

QString readToken(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read the token in %1: %2.").arg(file, in.errorString()));
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    if (in.permissions() & others)
        fail(Tr::tr("The token in %1 can be read by others: give the file mode 600.").arg(file));
    const QString token = QString::fromUtf8(in.read(4096)).trimmed();
    if (token.size() < 16)
        fail(Tr::tr("The token in %1 is shorter than 16 characters, which can be guessed.")
                 .arg(file));
    return token;
}

void keepToken(const InstrumentAddress &address, const QString &token)
{
    const QString file = tokenFileOf(address);
    if (token.isEmpty()) {
        QFile::remove(file);
        return;
    }
    QSaveFile out(file);
    if (!QDir().mkpath(QFileInfo(file).path()) || !out.open(QIODevice::WriteOnly) ||
        !out.setPermissions(QFile::ReadOwner | QFile::WriteOwner) ||
        out.write(token.toUtf8()) < 0 || !out.commit())
        fail(Tr::tr("Cannot keep the token in %1: %2.").arg(file, out.errorString()));
}

QString tokenFor(const InstrumentAddress &address)
{
    if (const QString token = qEnvironmentVariable("HELMSCOPE_INSTRUMENT_TOKEN"); !token.isEmpty())
        return token;
    if (const QString file = qEnvironmentVariable("HELMSCOPE_INSTRUMENT_TOKEN_FILE");
        !file.isEmpty())
        return readToken(file);
    const QString kept = tokenFileOf(address);
    return QFile::exists(kept) ? readToken(kept) : QString();
}

} // namespace helmscope
