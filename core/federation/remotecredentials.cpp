// SPDX-License-Identifier: GPL-3.0-or-later
// Where the secrets of a remote are.
#include "base/tr.h"
#include "federation/remotefiles.h"
#include "federation/secrets.h"

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>

namespace helmscope {

using namespace remotefiles;

namespace {

using Kind = Remote::Kind;

/// CMF's own `init` writes the password of this remote in base64, DVC wants it plain.
QString sshPassword(const QString &name, const QString &written)
{
    if (name != QLatin1String("ssh-storage"))
        return written;
    const auto decoded =
        QByteArray::fromBase64Encoding(written.toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
    const QString text = decoded ? QString::fromUtf8(*decoded) : QString();
    return text.isEmpty() || text.contains(QChar::ReplacementCharacter) ? written : text;
}

void fill(QString &member, const QString &value)
{
    if (member.isEmpty())
        member = value;
}

void takeConfigured(const QString &workspace, const Remote &remote, Credentials &found)
{
    const auto takeUrl = [&](const QString &written) {
        const Address address = apart(written);
        if (address.url != remote.url)
            return; // another server's
        fill(found.user, address.secrets.user);
        fill(found.password, address.secrets.password);
        fill(found.token, address.secrets.token);
    };
    if (remote.kind == Kind::Metadata) {
        const QString section = sectionOf(remote.kind, remote.name);
        takeUrl(ini(workspace, ours).value(section, "url").value_or(QString()));
        takeUrl(serverUrlIn(ini(workspace, cmfs)));
    }
    if (remote.kind != Kind::Artifacts)
        return;
    const QString section = sectionOf(remote.kind, remote.name);
    for (const QString &name : {localDvcs, dvcs}) {
        const IniFile file = ini(workspace, name);
        const auto value = [&](const char *key) {
            return file.value(section, key).value_or(QString());
        };
        takeUrl(wholePath(workspace, value("url")));
        if (remote.url.startsWith("s3://")) {
            fill(found.accessKey, value("access_key_id"));
            fill(found.secretKey, value("secret_access_key"));
            fill(found.sessionToken, value("session_token"));
        } else if (remote.options.value("auth") == "custom") {
            fill(found.header, remote.options.value("custom_auth_header"));
            fill(found.token, value("password"));
        } else {
            fill(found.password, sshPassword(remote.name, value("password")));
        }
    }
}

void takeEnvironment(const Remote &remote, Credentials &found)
{
    if (remote.url.startsWith("s3://") && found.accessKey.isEmpty()) {
        found.accessKey = qEnvironmentVariable("AWS_ACCESS_KEY_ID");
        found.secretKey = qEnvironmentVariable("AWS_SECRET_ACCESS_KEY");
        found.sessionToken = qEnvironmentVariable("AWS_SESSION_TOKEN");
    }
    const QUrl url(remote.url);
    const QString host = qEnvironmentVariable("HELMSCOPE_TOKEN_HOST");
    const bool isMeant = host.isEmpty() || host == url.host() ||
                         host == QStringLiteral("%1:%2").arg(url.host()).arg(url.port());
    if (url.scheme().startsWith("http") && isMeant && found.password.isEmpty())
        fill(found.token, qEnvironmentVariable("HELMSCOPE_TOKEN"));
}

/// Members of Credentials by the names under which they are kept.
struct Member
{
    const char *key;
    QString Credentials::*member;
};
constexpr Member members[] = {
    {"user", &Credentials::user},
    {"password", &Credentials::password},
    {"token", &Credentials::token},
    {"header", &Credentials::header},
    {"accessKey", &Credentials::accessKey},
    {"secretKey", &Credentials::secretKey},
    {"sessionToken", &Credentials::sessionToken},
    {"keyFile", &Credentials::keyFile},
};

} // namespace

QString secretNameOf(const Remote &remote)
{
    QString address = apart(remote.url).url;
    if (const QUrl url(address); address.contains("://") && url.isValid()) {
        QUrl plain;
        plain.setScheme(url.scheme());
        plain.setHost(url.host());
        plain.setPort(url.port());
        QString path = QDir::cleanPath(url.path());
        plain.setPath(path == QLatin1String("/") ? QString() : path);
        address = plain.toString();
    }
    QString name = QString::fromLatin1(keyOf(remote.kind)) + ' ' + address;
    // The bucket's name says nothing about who answers for it.
    if (const QString endpoint = remote.options.value("endpointurl"); !endpoint.isEmpty())
        name += " at " + apart(endpoint).url;
    return name;
}

Credentials credentialsFor(const QString &workspace, const Remote &remote)
{
    Credentials found;
    const QString kept = secretFor(secretNameOf(remote));
    const QJsonObject object = QJsonDocument::fromJson(kept.toUtf8()).object();
    for (const Member &each : members)
        found.*each.member = object.value(QLatin1String(each.key)).toString();
    takeConfigured(workspace, remote, found);
    takeEnvironment(remote, found);
    fill(found.user, remote.options.value("user"));
    fill(found.keyFile, remote.options.value("keyfile"));
    if (!found.token.isEmpty() && remote.options.value("auth") == "custom")
        fill(found.header, remote.options.value("custom_auth_header"));
    return found;
}

void keepCredentials(const Remote &remote, const Credentials &credentials)
{
    QJsonObject object;
    for (const Member &each : members)
        if (!(credentials.*each.member).isEmpty())
            object[QLatin1String(each.key)] = credentials.*each.member;
    keepSecret(secretNameOf(remote),
               object.isEmpty()
                   ? QString()
                   : QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
}

} // namespace helmscope
