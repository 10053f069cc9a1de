// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/md5stream.h"

#include "base/md5.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace helmscope {

namespace {
constexpr qint64 inlineBytes = 4 << 20;
constexpr qsizetype blockBytes = 1 << 20;
constexpr std::size_t mostBlocks = 8; ///< more wait: memory is bounded
} // namespace

struct Md5Stream::Private
{
    Md5 hash;
    qint64 added = 0;
    QByteArray block;
    std::thread thread;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<QByteArray> blocks;
    bool isEnd = false;

    void work()
    {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return isEnd || !blocks.empty(); });
            if (blocks.empty())
                return;
            const QByteArray next = std::move(blocks.front());
            blocks.pop_front();
            lock.unlock();
            changed.notify_all();
            hash.add(next.constData(), next.size());
            lock.lock();
        }
    }

    void handOver()
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return blocks.size() < mostBlocks; });
        blocks.push_back(std::move(block));
        block = {};
        lock.unlock();
        changed.notify_all();
    }

    void finish()
    {
        if (!thread.joinable())
            return;
        if (!block.isEmpty())
            handOver();
        {
            const std::lock_guard lock(mutex);
            isEnd = true;
        }
        changed.notify_all();
        thread.join();
        isEnd = false;
    }
};

Md5Stream::Md5Stream()
    : d(std::make_unique<Private>())
{
}

Md5Stream::~Md5Stream()
{
    d->finish();
}

void Md5Stream::add(const char *data, qint64 bytes)
{
    d->added += bytes;
    if (!d->thread.joinable()) {
        if (d->added < inlineBytes) {
            d->hash.add(data, bytes);
            return;
        }
        d->thread = std::thread([this] { d->work(); });
    }
    while (bytes > 0) {
        if (d->block.isEmpty())
            d->block.reserve(blockBytes);
        const qint64 taken = std::min<qint64>(bytes, blockBytes - d->block.size());
        d->block.append(data, qsizetype(taken));
        data += taken;
        bytes -= taken;
        if (d->block.size() == blockBytes)
            d->handOver();
    }
}

QString Md5Stream::result()
{
    d->finish();
    return d->hash.result();
}

void Md5Stream::reset()
{
    d->finish();
    d->hash.reset();
    d->added = 0;
}

} // namespace helmscope
