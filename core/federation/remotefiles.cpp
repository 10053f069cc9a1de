// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/remotefiles.h"

#include <QDir>
#include <QRegularExpression>

namespace helmscope::remotefiles {

using Kind = Remote::Kind;
using Style = IniFile::Style;

IniFile ini(const QString &workspace, const QString &file)
{
    const bool isDvc = file.startsWith(QLatin1String(".dvc/"));
    return IniFile(workspace + '/' + file, isDvc ? Style::Dvc : Style::Python);
}

QString sectionOf(Kind kind, const QString &name)
{
    switch (kind) {
    case Kind::Metadata:
        return "server." + name;
    case Kind::Artifacts:
        return "remote \"" + name + '"';
    case Kind::Versions:
        return "versions." + name;
    }
    return {};
}

bool isScpLike(const QString &url)
{
    static const QRegularExpression form(
        "^([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!//|:)[^\\s]+$");
    return !url.startsWith('/') && !url.startsWith('.') && form.match(url).hasMatch();
}

bool isFolder(const QString &url)
{
    // "ext::sh" would be a command to git.
    return !url.contains("://") && !url.contains("::") && !isScpLike(url);
}

Address apart(const QString &written)
{
    Address address{written, {}};
    if (!written.contains("://"))
        return address;
    QUrl url(written);
    if (!url.isValid())
        return address;
    address.secrets.user = url.userName(QUrl::FullyDecoded);
    address.secrets.password = url.password(QUrl::FullyDecoded);
    // A hub's token, for clients that can send no header.
    if (url.scheme().startsWith(QLatin1String("http")) && url.path().startsWith("/t/")) {
        const QString path = url.path().mid(3);
        address.secrets.token = path.section('/', 0, 0);
        const QString rest = path.section('/', 1);
        url.setPath(rest.isEmpty() ? QString() : '/' + rest);
    }
    url.setUserInfo(QString());
    url.setQuery(QString());
    url.setFragment(QString());
    address.url = url.toString();
    return address;
}

QString wholePath(const QString &workspace, const QString &url)
{
    if (url.isEmpty() || !isFolder(url) || QDir::isAbsolutePath(url) || url.startsWith('~'))
        return url;
    return QDir::cleanPath(workspace + "/.dvc/" + url);
}

QString serverUrlIn(const IniFile &file)
{
    for (const char *key : {"server-url", "server-ip"}) // the second until 2023
        if (QString url = file.value("cmf", key).value_or(QString()); !url.isEmpty())
            return url.contains("://") ? url : "http://" + url;
    return {};
}

} // namespace helmscope::remotefiles
