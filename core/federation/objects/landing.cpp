// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/landing.h"

#include "base/tr.h"
#include "federation/objects/verified.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QStorageInfo>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helmscope {

namespace {

constexpr qint64 earlyBytes = 8 << 20;
constexpr int daysOfParts = 30;
constexpr qint64 setBackNs = 5'000'000'000;

QByteArray native(const QString &path)
{
    return QFile::encodeName(path);
}

QString systemReason()
{
    return QString::fromLocal8Bit(std::strerror(errno));
}

} // namespace

Landing::Landing(const QString &cache, const QString &name, const ObjectStore::Found &found)
    : m_cache(cache)
    , m_name(name)
    , m_part(cache + QStringLiteral("/partial/") + name)
    , m_found(found)
{
    if (!isObjectName(name))
        fail(Tr::tr("'%1' is no object's name.").arg(name.left(80)));
    if (!QDir().mkpath(cache + QStringLiteral("/partial")))
        fail(Tr::tr("Cannot make the folder %1/partial: %2.").arg(cache, systemReason()));
    // What nobody came back for; parts that are being written are young.
    const QDateTime now = QDateTime::currentDateTime();
    for (const QFileInfo &old : QDir(cache + QStringLiteral("/partial")).entryInfoList(QDir::Files))
        if (old.fileName() != name && isObjectName(old.fileName()) &&
            old.lastModified().daysTo(now) > daysOfParts)
            QFile::remove(old.filePath());
    m_file = ::open(native(m_part), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (m_file < 0)
        failWriting();
    if (::flock(m_file, LOCK_EX | LOCK_NB) != 0) {
        ::close(m_file);
        throw Unreachable(
            Tr::tr("The object %1 is being fetched by another program.").arg(name).toStdString());
    }
    struct stat status;
    if (::fstat(m_file, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(m_file);
        fail(Tr::tr("%1 is no file: remove it.").arg(m_part));
    }
    if (found.bytes >= 0 && status.st_size > found.bytes) {
        startOver();
    } else {
        QByteArray block(1 << 20, Qt::Uninitialized);
        for (;;) {
            const ssize_t got = ::read(m_file, block.data(), std::size_t(block.size()));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                break;
            m_md5.add(block.constData(), got);
            m_bytes += got;
        }
    }
    const QStorageInfo disk(cache);
    if (found.bytes >= 0 && disk.isValid() && found.bytes - m_bytes > disk.bytesAvailable()) {
        const QString sentence =
            Tr::tr("%1 has no room for the object %2: it needs %3 MB, %4 MB are free.")
                .arg(disk.rootPath(), name)
                .arg((found.bytes - m_bytes) / 1e6, 0, 'f', 1)
                .arg(disk.bytesAvailable() / 1e6, 0, 'f', 1);
        close();
        fail(sentence);
    }
}

Landing::~Landing()
{
    close();
}

void Landing::close()
{
    if (m_file >= 0) {
        if (m_bytes == 0)
            ::unlink(native(m_part)); // nothing to go on with
        ::close(m_file);
    }
    m_file = -1;
}

void Landing::failWriting() const
{
    if (errno == ENOSPC || errno == EDQUOT)
        fail(Tr::tr("Cannot write %1: the disk is full. Make room, and go on.").arg(m_part));
    fail(Tr::tr("Cannot write %1: %2.").arg(m_part, systemReason()));
}

void Landing::take(const char *data, qint64 bytes)
{
    if (m_found.bytes >= 0 && m_bytes + bytes > m_found.bytes)
        fail(Tr::tr("The server sends more of the object %1 than the %2 bytes it announced.")
                 .arg(m_name)
                 .arg(m_found.bytes));
    for (qint64 done = 0; done < bytes;) {
        const ssize_t written = ::write(m_file, data + done, std::size_t(bytes - done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            failWriting();
        m_md5.add(data + done, written);
        done += written;
        m_bytes += written;
    }
    // On its way to the disk already, so that the end does not wait for all of it.
    if (m_bytes - m_begun >= earlyBytes) {
        ::sync_file_range(m_file, m_begun, m_bytes - m_begun, SYNC_FILE_RANGE_WRITE);
        m_begun = m_bytes;
    }
}

void Landing::startOver()
{
    m_md5.reset();
    m_bytes = m_begun = 0;
    if (::ftruncate(m_file, 0) != 0 || ::lseek(m_file, 0, SEEK_SET) != 0)
        failWriting();
}

bool Landing::finish()
{
    ObjectLayout layout = ObjectLayout::Dvc3;
    if (m_md5.result() != m_name.left(32)) {
        // DVC 2 knew texts by another sum; they stay where it looks for them.
        if (m_found.layout != ObjectLayout::Dvc2 || textMd5Of(m_part) != m_name) {
            startOver();
            return false;
        }
        layout = ObjectLayout::Dvc2;
    }
    const QString file = m_cache + '/' + objectPath(m_name, layout);
    const QString folder = QFileInfo(file).path();
    if (!QDir().mkpath(folder))
        fail(Tr::tr("Cannot make the folder %1: %2.").arg(folder, systemReason()));
    if (::fdatasync(m_file) != 0)
        failWriting();
    ::fchmod(m_file, 0444); // as DVC keeps them: links to it must not be written through
    // Its time is set back, so that a change right afterwards shows, however coarse the file
    // system's clock: then it need not be hashed again before it is sent on.
    const qint64 verifiedNs = nowNs(), writtenNs = verifiedNs - setBackNs;
    const timespec times[] = {{0, UTIME_OMIT},
                              {time_t(writtenNs / 1'000'000'000), long(writtenNs % 1'000'000'000)}};
    ::futimens(m_file, times);
    if (::rename(native(m_part), native(file)) != 0)
        fail(Tr::tr("Cannot put %1 into its place: %2.").arg(file, systemReason()));
    const std::optional<FileStamp> stamp = stampOf(m_file);
    if (stamp && layout == ObjectLayout::Dvc3 && stamp->bytes == m_bytes &&
        stamp->modifiedNs <= writtenNs)
        rememberVerified(m_cache, m_name, *stamp, verifiedNs);
    ::close(m_file);
    m_file = -1;
    return true;
}

} // namespace helmscope
