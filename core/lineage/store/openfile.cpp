// SPDX-License-Identifier: GPL-3.0-or-later
#include "lineage/store/openfile.h"

#include <QFile>
#include <QHash>
#include <QMutex>

#include <utility>

#include <sys/stat.h>

namespace helmscope {

namespace {

struct Known
{
    int count = 0;
    StoreHead head;
};

QMutex mutex; // stores are opened on several threads
QHash<QByteArray, Known> &knownFiles()
{
    static QHash<QByteArray, Known> files;
    return files;
}

QByteArray keyOf(const QString &file)
{
    struct stat about
    {
    };
    if (::stat(QFile::encodeName(file), &about) != 0)
        return {};
    return QByteArray::number(qulonglong(about.st_dev)) + ':' +
           QByteArray::number(qulonglong(about.st_ino));
}

StoreHead readHead(const QString &file)
{
    StoreHead head;
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly)) {
        head.problem = in.errorString();
        return head;
    }
    const QByteArray bytes = in.read(100);
    head.isEmpty = bytes.isEmpty();
    head.isStore = bytes.startsWith(QByteArray("SQLite format 3\0", 16));
    // 2 where a write-ahead log is kept (reading, writing).
    head.keepsLog = bytes.size() > 19 && (bytes[18] == 2 || bytes[19] == 2);
    return head;
}

} // namespace

OpenFile::OpenFile(const QString &file)
    : m_key(keyOf(file))
{
    const QMutexLocker lock(&mutex);
    if (m_key.isEmpty()) {
        m_head = readHead(file); // says why
        return;
    }
    Known &known = knownFiles()[m_key];
    // What was no store yet when it was opened may be one by now; SQLite itself has it open.
    if (known.count == 0)
        known.head = readHead(file);
    else if (known.head.isEmpty)
        known.head = {true, false, false, {}};
    ++known.count;
    m_head = known.head;
}

OpenFile::~OpenFile()
{
    const QMutexLocker lock(&mutex);
    const auto known = knownFiles().find(m_key);
    if (!m_key.isEmpty() && known != knownFiles().end() && --known->count == 0)
        knownFiles().erase(known);
}

OpenFile::OpenFile(OpenFile &&other) noexcept
    : m_key(std::exchange(other.m_key, {}))
    , m_head(std::move(other.m_head))
{
}

OpenFile &OpenFile::operator=(OpenFile &&other) noexcept
{
    std::swap(m_key, other.m_key);
    std::swap(m_head, other.m_head);
    return *this;
}

} // namespace helmscope
