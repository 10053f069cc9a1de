// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/objects/transfer.h"

#include "base/tr.h"
#include "federation/objects/directory.h"
#include "federation/objects/landing.h"
#include "federation/objects/workers.h"

#include <QFile>
#include <QSet>

#include <algorithm>
#include <atomic>

namespace helmscope {

namespace {

constexpr int mostAttempts = 3; ///< in a row, without a byte more
constexpr int mostAttemptsEver = 20;
constexpr int mostUnreachable = 3; ///< objects in a row; then the rest is not tried

/// Many objects on their way.
class Moving
{
public:
    using Move = std::function<bool(ObjectStore &, const TransferPlan::Item &,
                                    const ObjectStore::ByteWatch &)>;

    Moving(const ObjectRemote &remote, const TransferPlan &plan, const Progress &progress,
           int connections)
        : m_workers(remote, connections)
        , m_bytes(double(std::max<qint64>(plan.bytes(), 1)))
        , m_progress(progress)
    {
    }

    /// `move` answers false when it was stopped.
    void run(std::vector<TransferPlan::Item> items, const Move &move)
    {
        if (m_outcome.isStopped || items.empty())
            return;
        // The large ones first: no long one is left alone at the end.
        std::stable_sort(items.begin(), items.end(),
                         [](const auto &a, const auto &b) { return a.bytes > b.bytes; });
        const bool isWhole = m_workers.run(
            int(items.size()),
            [&](ObjectStore &store, int i) { one(store, items[std::size_t(i)], move); },
            [this] { return std::min(1.0, double(m_done) / m_bytes); }, m_progress);
        m_outcome.isStopped = !isWhole;
    }

    void refuse(const QString &name, const QString &sentence, bool isPassing)
    {
        const std::lock_guard lock(m_mutex);
        m_outcome.failed.push_back({name, sentence, isPassing});
    }

    bool goesOn() const { return m_workers.goesOn(); }
    TransferOutcome outcome() const { return m_outcome; }

private:
    void one(ObjectStore &store, const TransferPlan::Item &item, const Move &move)
    {
        if (m_unreachable >= mostUnreachable) {
            QString sentence;
            {
                const std::lock_guard lock(m_mutex);
                sentence = m_lastSentence;
            }
            return refuse(item.name, sentence, true);
        }
        qint64 best = 0, counted = 0;
        const ObjectStore::ByteWatch watch = [&](qint64 done) {
            m_done += done - counted;
            counted = done;
            best = std::max(best, done);
            return m_workers.goesOn();
        };
        qint64 bestBefore = -1;
        for (int attempt = 1, ever = 1;; ++attempt, ++ever) {
            try {
                if (move(store, item, watch)) {
                    m_unreachable = 0;
                    const std::lock_guard lock(m_mutex);
                    m_outcome.moved << item.name;
                    m_outcome.bytes += std::max<qint64>(item.bytes, 0);
                }
                return;
            } catch (const Unreachable &error) {
                if (best > bestBefore && bestBefore >= 0)
                    attempt = 1;
                bestBefore = best;
                if (attempt >= mostAttempts || ever >= mostAttemptsEver) {
                    ++m_unreachable;
                    const QString sentence = QString::fromUtf8(error.what());
                    refuse(item.name, sentence, true);
                    const std::lock_guard lock(m_mutex);
                    m_lastSentence = sentence;
                    return;
                }
            } catch (const Error &error) {
                return refuse(item.name, QString::fromUtf8(error.what()), false);
            }
            if (!m_workers.pause(200 * attempt * attempt))
                return;
        }
    }

    Workers m_workers;
    double m_bytes;
    Progress m_progress;
    std::atomic<qint64> m_done = 0;
    std::atomic<int> m_unreachable = 0;
    std::mutex m_mutex;
    TransferOutcome m_outcome;
    QString m_lastSentence;
};

bool fetchOne(ObjectStore &store, const QString &cache, const TransferPlan::Item &item,
              const ObjectStore::ByteWatch &watch)
{
    if (!objectInCache(cache, item.name).isEmpty())
        return true; // of another program, meanwhile
    const ObjectStore::Found found{item.bytes, item.layout};
    Landing landing(cache, item.name, found);
    for (bool isSecond = false;; isSecond = true) {
        const qint64 from = landing.bytes();
        const auto sink = [&](const char *data, qint64 bytes) {
            landing.take(data, bytes);
            return watch(landing.bytes());
        };
        try {
            const bool isWhole = from == found.bytes; // an empty one, or all but verified
            if (!isWhole && !store.fetch(item.name, found, from, sink,
                                         [&](double) { return watch(landing.bytes()); }))
                return false;
        } catch (const Unreachable &) {
            throw;
        } catch (const Error &) {
            // Where the size is not told, there may be too much already.
            if (found.bytes >= 0 || from == 0 || isSecond)
                throw;
            landing.startOver();
            continue;
        }
        if (found.bytes >= 0 && landing.bytes() < found.bytes)
            throw Unreachable(Tr::tr("The object %1 ended after %2 of %3 bytes.")
                                  .arg(item.name)
                                  .arg(landing.bytes())
                                  .arg(found.bytes)
                                  .toStdString());
        if (landing.finish())
            return true;
        if (from == 0 || isSecond)
            fail(Tr::tr("The object %1 is damaged at the remote: its content is not what its name "
                        "says. Push it there again, from where it is whole.")
                     .arg(item.name));
    }
}

std::pair<std::vector<TransferPlan::Item>, std::vector<TransferPlan::Item>>
filesAndLists(const TransferPlan &plan)
{
    std::vector<TransferPlan::Item> files, lists;
    for (const TransferPlan::Item &item : plan.toMove)
        (isDirectoryName(item.name) ? lists : files).push_back(item);
    return {files, lists};
}

} // namespace

TransferOutcome upload(const ObjectRemote &remote, const QString &cache, const TransferPlan &plan,
                       const Progress &progress, int connections)
{
    Moving moving(remote, plan, progress, connections);
    const auto send = [&](ObjectStore &store, const TransferPlan::Item &item,
                          const ObjectStore::ByteWatch &watch) {
        const QString file = objectInCache(cache, item.name);
        if (file.isEmpty())
            fail(Tr::tr("The object %1 is not in the cache any more.").arg(item.name));
        return store.store(item.name, file, watch);
    };
    const auto [files, lists] = filesAndLists(plan);
    moving.run(files, send);

    QSet<QString> notThere(plan.missing.begin(), plan.missing.end());
    for (const ObjectFailure &failure : moving.outcome().failed)
        notThere.insert(failure.name);
    std::vector<TransferPlan::Item> whole;
    for (const TransferPlan::Item &list : lists) {
        if (moving.outcome().isStopped)
            break;
        QString lacking;
        try {
            QFile file(objectInCache(cache, list.name));
            if (!file.open(QIODevice::ReadOnly))
                fail(Tr::tr("The object %1 is not in the cache any more.").arg(list.name));
            for (const DirectoryMember &member : parseDirectory(file.readAll(), file.fileName()))
                if (notThere.contains(member.md5))
                    lacking = member.path;
        } catch (const Error &error) {
            moving.refuse(list.name, QString::fromUtf8(error.what()), false);
            continue;
        }
        if (lacking.isEmpty())
            whole.push_back(list);
        else
            moving.refuse(list.name,
                          Tr::tr("The list of the folder %1 waits for its file %2, which did not "
                                 "arrive.")
                              .arg(list.name, lacking),
                          true);
    }
    moving.run(whole, send);
    return moving.outcome();
}

TransferOutcome download(const ObjectRemote &remote, const QString &cache, const TransferPlan &plan,
                         const Progress &progress, int connections)
{
    Moving moving(remote, plan, progress, connections);
    const auto fetch = [&](ObjectStore &store, const TransferPlan::Item &item,
                           const ObjectStore::ByteWatch &watch) {
        return fetchOne(store, cache, item, watch);
    };
    const auto [files, lists] = filesAndLists(plan);
    moving.run(files, fetch);
    moving.run(lists, fetch);
    return moving.outcome();
}

} // namespace helmscope
