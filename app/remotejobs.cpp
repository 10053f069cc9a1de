// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/remotejobs.h"

#include "base/tr.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>

namespace helmscope {

QString documentFile(const QByteArray &json, const QString &name)
{
    static const QTemporaryDir folder;
    static const QRegularExpression odd("[^\\w .-]+",
                                        QRegularExpression::UseUnicodePropertiesOption);
    const QString path = folder.filePath(QString(name).replace(odd, "_").left(100) + ".json");
    QFile out(path);
    if (!out.open(QIODevice::WriteOnly) || out.write(json) != json.size() || !out.flush())
        fail(Tr::tr("%1 cannot be written: %2.").arg(path, out.errorString()));
    return path;
}

} // namespace helmscope
