// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QFile>
#include <QString>

#include <memory>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helmscope {

/// Open files close themselves.
class File
{
public:
    File() = default;
    File(const QString &name, int flags)
        : m_handle(::open(QFile::encodeName(name).constData(), flags | O_CLOEXEC, 0640))
    {
    }
    ~File()
    {
        if (m_handle >= 0)
            ::close(m_handle);
    }
    File(File &&other) noexcept
        : m_handle(std::exchange(other.m_handle, -1))
    {
    }
    File &operator=(File &&other) noexcept
    {
        std::swap(m_handle, other.m_handle);
        return *this;
    }
    explicit operator bool() const { return m_handle >= 0; }
    int handle() const { return m_handle; }
    qint64 size() const
    {
        struct stat status;
        return fstat(m_handle, &status) == 0 ? qint64(status.st_size) : 0;
    }

private:
    int m_handle = -1;
};

/// Throws Refusal for what errno says: 507 for a full disk.
[[noreturn]] void failOnDisk();

/// md5 of all of a file, in hexadecimal.
QString hashOf(const File &file);

/// Writes what comes in large pieces, wherever the file stands, and hashes it on the way; the
/// hashing has a thread of its own, for it takes as long as all the rest. Throws Refusal.
class Sink
{
public:
    Sink(int handle, bool isHashing);
    ~Sink();
    Sink(const Sink &) = delete;
    Sink &operator=(const Sink &) = delete;

    void add(const char *bytes, std::size_t size);
    void flush();
    qint64 total() const;
    QString hash(); ///< after flush(): of all that was added

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
