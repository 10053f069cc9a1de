// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/folderlock.h"

#include "base/tr.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QFile>
#include <QThread>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helmscope {

FolderLock::~FolderLock()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

FolderLock::FolderLock(FolderLock &&other) noexcept
    : m_file(std::move(other.m_file))
    , m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_inheritedMs(other.m_inheritedMs)
{
}

FolderLock &FolderLock::operator=(FolderLock &&other) noexcept
{
    std::swap(m_file, other.m_file);
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_inheritedMs, other.m_inheritedMs);
    return *this;
}

/// Whether the name still means the opened file: an owner who is done takes the name away.
static bool isStill(int descriptor, const QByteArray &name)
{
    struct stat opened, named;
    return ::fstat(descriptor, &opened) == 0 && ::stat(name, &named) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

bool FolderLock::take(const QString &file, int waitMs)
{
    const QByteArray name = QFile::encodeName(file);
    const QDeadlineTimer deadline(waitMs);
    for (;;) {
        const int descriptor = ::open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (descriptor < 0)
            fail(Tr::tr("Cannot make %1: %2.")
                     .arg(file, QString::fromLocal8Bit(std::strerror(errno))));
        // A file system that knows no locks cannot tell two recorders apart; it can still record.
        const bool isOurs = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno == ENOLCK ||
                            errno == EOPNOTSUPP || errno == EINVAL;
        if (isOurs && isStill(descriptor, name)) {
            struct stat left;
            m_inheritedMs =
                ::fstat(descriptor, &left) == 0 && left.st_size > 0
                    ? qint64(left.st_mtim.tv_sec) * 1000 + left.st_mtim.tv_nsec / 1000000
                    : 0;
            // For people who find it: the lock does not depend on what is in it.
            const QByteArray owner = QByteArray::number(QCoreApplication::applicationPid()) + '\n';
            if (::ftruncate(descriptor, 0) != 0 ||
                ::pwrite(descriptor, owner.constData(), std::size_t(owner.size()), 0) < 0)
                ::futimens(descriptor, nullptr);
            m_file = file;
            m_descriptor = descriptor;
            return true;
        }
        ::close(descriptor);
        if (isOurs)
            continue; // it went away meanwhile
        if (deadline.hasExpired())
            return false;
        QThread::msleep(20);
    }
}

void FolderLock::release()
{
    if (m_descriptor < 0)
        return;
    QFile::remove(m_file);
    ::close(std::exchange(m_descriptor, -1));
}

FolderLock::State FolderLock::stateOf(const QString &file)
{
    const int descriptor = ::open(QFile::encodeName(file), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return State::None;
    const bool isHeld = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return isHeld ? State::Held : State::Left;
}

} // namespace helmscope
