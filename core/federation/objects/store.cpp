// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/store.h"

#include "base/tr.h"
#include "federation/objects/folderstore.h"
#include "federation/objects/httpstore.h"
#include "federation/objects/s3store.h"
#include "federation/objects/sftpstore.h"

#include <QDir>
#include <QFileInfo>

namespace helmscope {

void ObjectStore::reach(const Progress &progress)
{
    find(QString(32, '0'), ObjectLayout::Dvc3, progress);
}

std::unique_ptr<ObjectStore> openObjectStore(const ObjectRemote &remote)
{
    ObjectRemote made = remote;
    QMap<QString, QString> &options = made.remote.options;
    // DVC's own word for it; "false" is not obeyed: what is not verified is not asked.
    const QString verify = options.value(QStringLiteral("ssl_verify"));
    if (!options.contains(QStringLiteral("authority")) && QFileInfo(verify).isFile())
        options[QStringLiteral("authority")] = verify;
    const QString &url = made.remote.url;
    const QString scheme = url.section(QStringLiteral("://"), 0, 0).toLower();
    if (!url.contains(QLatin1String("://")) || scheme == QLatin1String("file")) {
        const QString root = scheme == QLatin1String("file") ? QUrl(url).toLocalFile() : url;
        if (!QDir::isAbsolutePath(root))
            fail(Tr::tr("The remote %1 is no folder: give its whole path.").arg(made.remote.name));
        return std::make_unique<FolderStore>(QDir::cleanPath(root));
    }
    if (scheme == QLatin1String("s3"))
        return std::make_unique<S3Store>(made);
    if (scheme == QLatin1String("ssh") || scheme == QLatin1String("sftp"))
        return std::make_unique<SftpStore>(made);
    if (scheme == QLatin1String("http") || scheme == QLatin1String("https"))
        return std::make_unique<HttpStore>(made);
    fail(Tr::tr("Objects cannot be kept at the remote %1: its address begins with none of s3://, "
                "ssh://, https://, http://, file://, and it is no folder.")
             .arg(made.remote.name));
}

} // namespace helmscope
