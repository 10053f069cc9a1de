// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/verified.h"

#include "federation/objects/object.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryFile>

#include <array>
#include <chrono>
#include <cstdio>
#include <sys/stat.h>

namespace helmscope {

namespace {

constexpr qint64 racyNs = 2'000'000'000;
constexpr int mostRecords = 256; ///< of a file; there are 256 files, by the name's first two digits
constexpr qint64 longestFile = 64 << 10;

QString fileOf(const QString &cache, const QString &name)
{
    return cache + QStringLiteral("/verified/") + name.left(2);
}

bool isOldEnough(const FileStamp &stamp, qint64 begunNs)
{
    return begunNs - stamp.modifiedNs > racyNs;
}

QByteArray lineOf(const QString &name, const FileStamp &stamp, qint64 begunNs)
{
    return name.toLatin1() + ' ' + QByteArray::number(stamp.bytes) + ' ' +
           QByteArray::number(stamp.modifiedNs) + ' ' + QByteArray::number(stamp.changedNs) + ' ' +
           QByteArray::number(stamp.inode) + ' ' + QByteArray::number(begunNs);
}

/// Newest first; what is none of ours is passed over by who looks for a name in them.
QList<QByteArray> linesOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || file.size() > longestFile)
        return {};
    return file.read(longestFile).split('\n');
}

} // namespace

std::optional<FileStamp> stampOf(int file)
{
    struct stat status;
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return std::nullopt;
    const auto nanoseconds = [](const timespec &time) {
        return qint64(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
    };
    return FileStamp{qint64(status.st_size), nanoseconds(status.st_mtim),
                     nanoseconds(status.st_ctim), quint64(status.st_ino)};
}

qint64 nowNs()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

QString cacheOf(const QString &file, const QString &name)
{
    for (const ObjectLayout layout : {ObjectLayout::Dvc3, ObjectLayout::Dvc2})
        if (const QString tail = '/' + objectPath(name, layout); file.endsWith(tail))
            return file.chopped(tail.size());
    return {};
}

bool isVerified(const QString &cache, const QString &name, const FileStamp &stamp)
{
    if (cache.isEmpty() || stamp.bytes < leastBytesToRemember || !isObjectName(name))
        return false;
    const QByteArray key = name.toLatin1() + ' ';
    for (const QByteArray &line : linesOf(fileOf(cache, name))) {
        if (!line.startsWith(key))
            continue;
        const qsizetype space = line.lastIndexOf(' ');
        bool isNumber = false;
        const qint64 begunNs = line.mid(space + 1).toLongLong(&isNumber);
        return isNumber && isOldEnough(stamp, begunNs) && line == lineOf(name, stamp, begunNs);
    }
    return false;
}

void rememberVerified(const QString &cache, const QString &name, const FileStamp &stamp,
                      qint64 begunNs)
{
    if (cache.isEmpty() || stamp.bytes < leastBytesToRemember || !isObjectName(name) ||
        !isOldEnough(stamp, begunNs))
        return;
    const QString path = fileOf(cache, name), folder = QFileInfo(path).path();
    // A link that came with somebody's workspace must not lead us to write elsewhere.
    if (QFileInfo(folder).isSymLink() || !QDir().mkpath(folder))
        return;
    const QByteArray key = name.toLatin1() + ' ';
    QByteArray text = lineOf(name, stamp, begunNs) + '\n';
    int count = 1;
    for (const QByteArray &line : linesOf(path)) {
        if (line.isEmpty() || line.startsWith(key) || line.size() > 160)
            continue;
        if (++count > mostRecords)
            break;
        text += line + '\n';
    }
    // Renamed into place, so that nobody reads half of it. Not synced: lost, it is made anew.
    QTemporaryFile part(path + QStringLiteral(".XXXXXX"));
    if (!part.open() || part.write(text) != text.size() || !part.flush())
        return;
    if (std::rename(QFile::encodeName(part.fileName()), QFile::encodeName(path)) == 0)
        part.setAutoRemove(false);
}

} // namespace helmscope
