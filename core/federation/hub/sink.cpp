// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/sink.h"

#include "base/md5.h"
#include "federation/hub/refusal.h"

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

namespace helmscope {

namespace {

constexpr qint64 pieceSize = 256 << 10;

} // namespace

[[noreturn]] void failOnDisk()
{
    const int reason = errno;
    if (reason == ENOSPC || reason == EDQUOT)
        refuse(507, Tr::tr("The disk of the hub is full; nothing was stored."));
    refuse(500, Tr::tr("The hub cannot write the artifact: %1.")
                    .arg(QString::fromLocal8Bit(std::strerror(reason))));
}

QString hashOf(const File &file)
{
    Md5 hash;
    QByteArray buffer(pieceSize, Qt::Uninitialized);
    for (qint64 at = 0;;) {
        const ssize_t got =
            pread(file.handle(), buffer.data(), std::size_t(buffer.size()), off_t(at));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            failOnDisk();
        if (got == 0)
            return hash.result();
        hash.add(buffer.constData(), got);
        at += got;
    }
}

struct Sink::Private
{
    Private(int handle, bool isHashing)
        : m_handle(handle)
        , m_isHashing(isHashing)
    {
        m_buffer.reserve(pieceSize);
    }
    ~Private() { join(); }

    const int m_handle;
    const bool m_isHashing;
    qint64 m_total = 0, m_written = 0, m_begun = 0;
    QByteArray m_buffer;
    Md5 m_hash;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<QByteArray> m_pieces; ///< written, not yet hashed
    bool m_isEnding = false;
    std::thread m_hashing;

    void hashLater()
    {
        std::unique_lock lock(m_mutex);
        // A thread is worth it from the second piece on.
        if (!m_hashing.joinable() && !m_pieces.empty())
            m_hashing = std::thread([this] { hashPieces(); });
        m_changed.wait(lock, [this] { return m_pieces.size() < 16; });
        m_pieces.push_back(std::exchange(m_buffer, {}));
        m_buffer.reserve(pieceSize);
        m_changed.notify_all();
    }
    void hashPieces()
    {
        std::unique_lock lock(m_mutex);
        for (;;) {
            m_changed.wait(lock, [this] { return m_isEnding || !m_pieces.empty(); });
            if (m_pieces.empty())
                return;
            const QByteArray piece = std::move(m_pieces.front());
            m_pieces.pop_front();
            lock.unlock();
            m_changed.notify_all();
            m_hash.add(piece.constData(), piece.size());
            lock.lock();
        }
    }
    void join()
    {
        if (!m_hashing.joinable())
            return;
        {
            const std::lock_guard lock(m_mutex);
            m_isEnding = true;
        }
        m_changed.notify_all();
        m_hashing.join();
    }

    void flush()
    {
        for (qsizetype done = 0; done < m_buffer.size();) {
            const ssize_t wrote =
                ::write(m_handle, m_buffer.constData() + done, std::size_t(m_buffer.size() - done));
            if (wrote < 0 && errno == EINTR)
                continue;
            if (wrote < 0)
                failOnDisk();
            done += wrote;
        }
        m_written += m_buffer.size();
        // The disk begins now, and has little left to do when it has to be done.
        if (m_written - m_begun >= (8 << 20)) {
            sync_file_range(m_handle, off_t(m_begun), off_t(m_written - m_begun),
                            SYNC_FILE_RANGE_WRITE);
            m_begun = m_written;
        }
        if (m_isHashing && !m_buffer.isEmpty())
            hashLater();
        else
            m_buffer.resize(0);
    }
};

Sink::Sink(int handle, bool isHashing)
    : d(std::make_unique<Private>(handle, isHashing))
{
}

Sink::~Sink() = default;

void Sink::add(const char *bytes, std::size_t size)
{
    d->m_total += qint64(size);
    while (size > 0) {
        const std::size_t part = std::min(size, std::size_t(pieceSize - d->m_buffer.size()));
        d->m_buffer.append(bytes, qsizetype(part));
        bytes += part;
        size -= part;
        if (d->m_buffer.size() == pieceSize)
            d->flush();
    }
}

void Sink::flush()
{
    d->flush();
}

qint64 Sink::total() const
{
    return d->m_total;
}

QString Sink::hash()
{
    d->join();
    for (const QByteArray &piece : d->m_pieces)
        d->m_hash.add(piece.constData(), piece.size());
    d->m_pieces.clear();
    return d->m_hash.result();
}

} // namespace helmscope
