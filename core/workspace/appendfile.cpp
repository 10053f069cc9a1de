// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/appendfile.h"

#include "base/tr.h"

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace helmscope {

[[noreturn]] static void refuse(const QString &file, int error)
{
    fail(Tr::tr("Cannot write %1: %2.").arg(file, QString::fromLocal8Bit(std::strerror(error))));
}

/// Repeats a call that a signal broke off.
template <class Call>
static auto persist(Call call)
{
    auto answer = call();
    while (answer < 0 && errno == EINTR)
        answer = call();
    return answer;
}

/// Writes all of it; otherwise answers errno.
static int writeAll(int descriptor, const QByteArray &bytes)
{
    for (qsizetype at = 0; at < bytes.size();) {
        const ssize_t written = persist([&] {
            return ::write(descriptor, bytes.constData() + at, std::size_t(bytes.size() - at));
        });
        if (written < 0)
            return errno;
        if (written == 0)
            return ENOSPC;
        at += written; // short of all: the next call says why
    }
    return 0;
}

AppendFile::AppendFile(const QString &file, int descriptor, qint64 size, bool isSynced)
    : m_file(file)
    , m_descriptor(descriptor)
    , m_size(size)
    , m_isSynced(isSynced)
{
}

AppendFile AppendFile::create(const QString &file, bool isSynced)
{
    const QByteArray name = QFile::encodeName(file);
    const int descriptor =
        persist([&] { return ::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644); });
    if (descriptor < 0)
        refuse(file, errno);
    return {file, descriptor, 0, isSynced};
}

AppendFile AppendFile::goOn(const QString &file, qint64 bytes, bool isSynced)
{
    const QByteArray name = QFile::encodeName(file);
    const int descriptor = persist([&] { return ::open(name, O_WRONLY | O_CLOEXEC); });
    if (descriptor < 0)
        refuse(file, errno);
    AppendFile opened(file, descriptor, bytes, isSynced);
    const qint64 end = ::lseek(descriptor, 0, SEEK_END);
    if (end < bytes)
        fail(Tr::tr("Cannot go on with %1: it has %2 bytes, and %3 were read from it.")
                 .arg(file)
                 .arg(end)
                 .arg(bytes));
    if (end > bytes && persist([&] { return ::ftruncate(descriptor, bytes); }) < 0)
        refuse(file, errno);
    if (::lseek(descriptor, bytes, SEEK_SET) != bytes)
        refuse(file, errno);
    return opened;
}

AppendFile::~AppendFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

AppendFile::AppendFile(AppendFile &&other) noexcept
    : m_file(std::move(other.m_file))
    , m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_size(other.m_size)
    , m_isSynced(other.m_isSynced)
{
}

AppendFile &AppendFile::operator=(AppendFile &&other) noexcept
{
    std::swap(m_file, other.m_file);
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_size, other.m_size);
    std::swap(m_isSynced, other.m_isSynced);
    return *this;
}

void AppendFile::append(const QByteArray &bytes)
{
    int error = writeAll(m_descriptor, bytes);
    if (error == 0 && m_isSynced && persist([&] { return ::fdatasync(m_descriptor); }) < 0)
        error = errno;
    if (error == 0) {
        m_size += bytes.size();
        return;
    }
    // Where not even this can be done, the readers know a torn end when they see one.
    if (persist([&] { return ::ftruncate(m_descriptor, m_size); }) == 0)
        ::lseek(m_descriptor, m_size, SEEK_SET);
    refuse(m_file, error);
}

static void sync(const QString &path, int flags)
{
    const int descriptor =
        persist([&] { return ::open(QFile::encodeName(path), flags | O_CLOEXEC); });
    if (descriptor < 0)
        refuse(path, errno);
    const int error = persist([&] { return ::fsync(descriptor); }) < 0 ? errno : 0;
    ::close(descriptor);
    if (error != 0 && error != EINVAL && error != ENOTSUP)
        refuse(path, error);
}

void syncFile(const QString &file)
{
    sync(file, O_RDONLY);
}

void syncFolder(const QString &folder)
{
    sync(folder, O_RDONLY | O_DIRECTORY);
}

void putInPlace(const QString &from, const QString &to, bool isSynced)
{
    if (std::rename(QFile::encodeName(from), QFile::encodeName(to)) != 0)
        refuse(to, errno);
    if (isSynced)
        syncFolder(QFileInfo(to).absolutePath());
}

void writeWhole(const QString &file, const QByteArray &bytes, bool isSynced)
{
    const QString beside = file + QStringLiteral(".part");
    QFile::remove(beside);
    try {
        AppendFile::create(beside, isSynced).append(bytes);
        putInPlace(beside, file, isSynced);
    } catch (...) {
        QFile::remove(beside);
        throw;
    }
}

} // namespace helmscope
