// SPDX-License-Identifier: GPL-3.0-or-later
// Who holds a file that SQLite found locked, as far as the system tells.

#include "base/tr.h"
#include "lineage/store/parts.h"

#include <QCoreApplication>
#include <QFile>

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace helmscope {

/// Linux lists locks in /proc/locks: "1: POSIX ADVISORY WRITE 4711 fe:01:1234 1073741825 ...", by
/// the process and by device and inode of the file.
QString holderOf(const QString &file)
{
    struct stat about
    {
    };
    QFile locks(QStringLiteral("/proc/locks"));
    if (::stat(QFile::encodeName(file), &about) != 0 || !locks.open(QIODevice::ReadOnly))
        return {};
    const QByteArray wanted = QByteArray::number(qulonglong(about.st_ino));
    QByteArray holder;
    for (const QByteArray &line : locks.readAll().split('\n')) {
        const QList<QByteArray> words = line.simplified().split(' ');
        if (words.size() < 6 || words[1] == "->") // one that waits itself
            continue;
        const QList<QByteArray> place = words[5].split(':');
        if (place.size() != 3 || place[2] != wanted ||
            place[0].toUInt(nullptr, 16) != major(about.st_dev) ||
            place[1].toUInt(nullptr, 16) != minor(about.st_dev))
            continue;
        // Of those who read and those who write, these.
        if (holder.isEmpty() || words[3] == "WRITE")
            holder = words[4];
    }
    if (holder.isEmpty() || holder.toLongLong() <= 0)
        return {};
    QFile name(QStringLiteral("/proc/%1/comm").arg(QString::fromLatin1(holder)));
    const QString called =
        name.open(QIODevice::ReadOnly) ? QString::fromUtf8(name.readAll()).trimmed() : QString();
    return called.isEmpty() ? Tr::tr("process %1").arg(QString::fromLatin1(holder))
                            : Tr::tr("%1, process %2", "program, number")
                                  .arg(called, QString::fromLatin1(holder));
}

} // namespace helmscope
