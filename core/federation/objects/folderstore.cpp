// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/folderstore.h"

#include "base/tr.h"
#include "federation/objects/md5stream.h"

#include <QDir>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helmscope {

namespace {

constexpr qsizetype blockBytes = 1 << 20;
constexpr qint64 earlyBytes = 8 << 20;

QByteArray native(const QString &path)
{
    return QFile::encodeName(path);
}

[[noreturn]] void failAt(const QString &doing, const QString &path, int reason)
{
    const QString sentence =
        reason == ENOSPC || reason == EDQUOT
            ? Tr::tr("Cannot %1 %2: the disk is full. Make room, and go on.").arg(doing, path)
            : Tr::tr("Cannot %1 %2: %3.")
                  .arg(doing, path, QString::fromLocal8Bit(std::strerror(reason)));
    switch (reason) {
    case EIO: // what a network drive says when it is away
    case ESTALE:
    case ETIMEDOUT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENODEV:
    case ENOTCONN:
        throw Unreachable(sentence.toStdString());
    default:
        fail(sentence);
    }
}

/// A file descriptor that closes itself.
class Descriptor
{
public:
    Descriptor(const QString &path, int flags)
        : m_number(::open(native(path), flags | O_CLOEXEC, 0644))
    {
    }
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    operator int() const { return m_number; }

private:
    int m_number;
};

/// 0: the end.
qint64 readBlock(int file, QByteArray &block, const QString &path)
{
    for (;;) {
        const ssize_t got = ::read(file, block.data(), std::size_t(block.size()));
        if (got >= 0)
            return got;
        if (errno != EINTR)
            failAt(Tr::tr("read"), path, errno);
    }
}

void writeBlock(int file, const QByteArray &block, qint64 bytes, const QString &path)
{
    for (qint64 done = 0; done < bytes;) {
        const ssize_t written = ::write(file, block.constData() + done, std::size_t(bytes - done));
        if (written <= 0 && errno != EINTR)
            failAt(Tr::tr("write"), path, errno);
        done += std::max<ssize_t>(written, 0);
    }
}

} // namespace

FolderStore::FolderStore(const QString &root)
    : m_root(root)
{
}

std::optional<ObjectStore::Found> FolderStore::find(const QString &name, ObjectLayout layout,
                                                    const Progress &)
{
    // A folder whose own folder is gone is more likely a drive that is not mounted.
    if (!QFileInfo(m_root).isDir() && !QFileInfo(QFileInfo(m_root).path()).isDir())
        throw Unreachable(Tr::tr("The folder %1 is not there: mount its drive, or give another.")
                              .arg(m_root)
                              .toStdString());
    const QString path = m_root + '/' + objectPath(name, layout);
    struct stat status;
    if (::stat(native(path), &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return std::nullopt;
        failAt(Tr::tr("look for"), path, errno);
    }
    if (!S_ISREG(status.st_mode))
        fail(Tr::tr("%1 is no file.").arg(path));
    return Found{status.st_size, layout};
}

bool FolderStore::fetch(const QString &name, const Found &found, qint64 from, const Sink &sink,
                        const Progress &progress)
{
    const QString path = m_root + '/' + objectPath(name, found.layout);
    const Descriptor file(path, O_RDONLY);
    if (file < 0 || ::lseek(file, from, SEEK_SET) != from)
        failAt(Tr::tr("read"), path, errno);
    QByteArray block(blockBytes, Qt::Uninitialized);
    qint64 done = from;
    while (const qint64 got = readBlock(file, block, path)) {
        done += got;
        if (!sink(block.constData(), got) ||
            !progress(found.bytes > 0 ? double(done) / double(found.bytes) : 1))
            return false;
    }
    return true;
}

bool FolderStore::store(const QString &name, const QString &file, const ByteWatch &watch)
{
    const QString path = m_root + '/' + objectPath(name);
    const QString folder = QFileInfo(path).path();
    const QString part = folder + QStringLiteral("/.") + name + QStringLiteral(".part");
    if (find(name, ObjectLayout::Dvc3, unwatched()))
        return true;
    if (!QDir().mkpath(folder))
        failAt(Tr::tr("make the folder"), folder, errno);
    const Descriptor source(file, O_RDONLY);
    if (source < 0)
        failAt(Tr::tr("read"), file, errno);
    const Descriptor target(part, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (target < 0)
        failAt(Tr::tr("write"), part, errno);
    if (::flock(target, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        throw Unreachable(
            Tr::tr("%1 is being written by another program.").arg(path).toStdString());

    QByteArray block(blockBytes, Qt::Uninitialized);
    for (bool isSecond = false;; isSecond = true) {
        Md5Stream md5; // of what is there, not of what was meant to be
        qint64 done = 0;
        while (const qint64 got = readBlock(target, block, part)) {
            md5.add(block.constData(), got);
            done += got;
        }
        const bool isResumed = done > 0;
        qint64 begun = done;
        if (::lseek(source, done, SEEK_SET) != done)
            failAt(Tr::tr("read"), file, errno);
        while (const qint64 got = readBlock(source, block, file)) {
            writeBlock(target, block, got, part);
            md5.add(block.constData(), got);
            done += got;
            // On its way to the disk already, so that the end does not wait for all of it.
            if (done - begun >= earlyBytes) {
                ::sync_file_range(target, begun, done - begun, SYNC_FILE_RANGE_WRITE);
                begun = done;
            }
            if (!watch(done))
                return false;
        }
        if (md5.result() == name.left(32))
            break;
        if (::ftruncate(target, 0) != 0 || ::lseek(target, 0, SEEK_SET) != 0)
            failAt(Tr::tr("write"), part, errno);
        if (!isResumed || isSecond) {
            ::unlink(native(part));
            fail(Tr::tr("%1 is damaged: its content is not what its name says. Remove it and pull "
                        "it again.")
                     .arg(file));
        }
    }
    if (::fdatasync(target) != 0)
        failAt(Tr::tr("write"), part, errno);
    ::fchmod(target, 0444);
    if (::rename(native(part), native(path)) != 0)
        failAt(Tr::tr("put into its place"), path, errno);
    return true;
}

} // namespace helmscope
