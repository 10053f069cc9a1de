// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/loopwatch.h"

#include <QAbstractEventDispatcher>
#include <QDateTime>
#include <QEvent>
#include <QFile>
#include <QMetaEnum>
#include <QThread>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#ifdef Q_OS_LINUX
#include <time.h>
#include <unistd.h>
#endif

namespace helmscope {

namespace {

constexpr std::size_t mostKept = 30;

/// "MapView, Paint"; the class and the type were taken before the event: its receiver may be gone.
QString eventText(const QMetaObject *receiver, int type)
{
    const char *key = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
    const QString name = QString::fromLatin1(receiver ? receiver->className() : "?");
    return QStringLiteral("%1, %2").arg(name,
                                        key ? QString::fromLatin1(key) : QString::number(type));
}

qint64 now()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

/// Of this thread, nanoseconds; 0 where the system does not tell.
qint64 processorTime()
{
#ifdef Q_OS_LINUX
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return qint64(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
#else
    return 0;
#endif
}

/// Since the system made this process.
std::optional<double> processSeconds()
{
#ifdef Q_OS_LINUX
    QFile in(QStringLiteral("/proc/self/stat"));
    if (!in.open(QIODevice::ReadOnly))
        return std::nullopt;
    const QByteArray line = in.readAll();
    // The name, the second field, may hold spaces; the start is the 22nd.
    const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' ');
    timespec sinceBoot{};
    if (fields.size() < 20 || clock_gettime(CLOCK_BOOTTIME, &sinceBoot) != 0)
        return std::nullopt;
    return double(sinceBoot.tv_sec) + double(sinceBoot.tv_nsec) / 1e9 -
           fields[19].toDouble() / double(sysconf(_SC_CLK_TCK));
#else
    return std::nullopt;
#endif
}

} // namespace

void Holds::add(double milliseconds)
{
    if (!(milliseconds >= 1))
        return;
    const int bin = int(std::log2(milliseconds) * perOctave);
    ++m_bins[std::size_t(std::clamp(bin, 0, int(m_bins.size()) - 1))];
    ++m_count;
    m_total += milliseconds;
    m_longest = std::max(m_longest, milliseconds);
}

void Holds::keep(Hold hold)
{
    // Of those that are to go the shortest one goes: the worst is told of however long ago it was.
    constexpr std::ptrdiff_t latest = mostKept / 2;
    if (m_kept.size() == mostKept)
        m_kept.erase(std::min_element(
            m_kept.begin(), m_kept.end() - latest,
            [](const Hold &a, const Hold &b) { return a.milliseconds < b.milliseconds; }));
    m_kept.push_back(std::move(hold));
}

qint64 Holds::over(double milliseconds) const
{
    const int first = milliseconds > 1 ? int(std::ceil(std::log2(milliseconds) * perOctave)) : 0;
    qint64 number = 0;
    for (std::size_t i = std::size_t(first); i < m_bins.size(); ++i)
        number += m_bins[i];
    return number;
}

double Holds::percentile(double percent) const
{
    if (m_count == 0)
        return 0;
    const auto rank = qint64(std::ceil(percent / 100 * double(m_count)));
    qint64 below = 0;
    for (std::size_t i = 0; i < m_bins.size(); ++i) {
        below += m_bins[i];
        if (below >= rank && below > 0) // the bin's upper end: it never flatters
            return std::min(m_longest, std::exp2(double(i + 1) / perOctave));
    }
    return m_longest;
}

WatchedApplication::WatchedApplication(int &count, char **arguments)
    : QApplication(count, arguments)
{
    // Both ends of a turn: without waiting (processEvents) only one of them comes.
    auto *dispatcher = QAbstractEventDispatcher::instance();
    connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, [this] { endTurn(true); });
    connect(dispatcher, &QAbstractEventDispatcher::awake, this, [this] { endTurn(false); });
}

WatchedApplication *WatchedApplication::instance()
{
    return qobject_cast<WatchedApplication *>(QCoreApplication::instance());
}

bool WatchedApplication::notify(QObject *receiver, QEvent *event)
{
    if (QThread::currentThread() != thread()) // events of workers come by here too
        return QApplication::notify(receiver, event);
    const QMetaObject *type = receiver->metaObject();
    const int kind = event->type();
    const qint64 began = now();
    if (m_since < 0 && !m_frame) {
        m_since = began;
        m_processorSince = processorTime();
    }
    if (kind == QEvent::Paint && m_firstPaint == FirstPaint::Awaited)
        m_firstPaint = FirstPaint::Painting;
    Frame frame{m_frame};
    m_frame = &frame;
    const bool isHandled = QApplication::notify(receiver, event);
    m_frame = frame.outer;

    const qint64 ended = now();
    if (const qint64 own = ended - began - frame.inside; own > m_longestOwn && !frame.hasLoop) {
        m_longestOwn = own;
        m_longestClass = type;
        m_longestEvent = kind;
    }
    if (m_frame)
        m_frame->inside += ended - began;
    else if (m_since >= 0) {
        m_busy += ended - std::exchange(m_since, -1);
        m_processor += processorTime() - m_processorSince;
    }
    return isHandled;
}

/// A turn also ends inside of an event: a dialog and a menu have loops of their own.
void WatchedApplication::endTurn(bool isWaiting)
{
    if (m_frame) {
        m_frame->hasLoop = true;
        const qint64 here = now();
        if (m_since >= 0) {
            m_busy += here - m_since;
            m_processor += processorTime() - m_processorSince;
        }
        m_processorSince = processorTime();
        m_since = isWaiting ? -1 : here;
    }
    if (m_firstPaint == FirstPaint::Painting) {
        m_firstPaint = FirstPaint::Done;
        m_secondsToFirstPaint = processSeconds();
    }
    if (m_busy == 0)
        return;
    const double milliseconds = double(std::exchange(m_busy, 0)) / 1e6;
    const double processor = double(std::exchange(m_processor, 0)) / 1e6;
    const QMetaObject *type = std::exchange(m_longestClass, nullptr);
    m_longestOwn = 0;
    m_all.add(milliseconds);
    m_allProcessor.add(processor);
    if (m_isRunning) {
        m_run.add(milliseconds);
        m_runProcessor.add(processor);
    }
    if (milliseconds < noticeableMilliseconds)
        return;
    QStringList during;
    std::erase_if(m_circumstances, [](const Circumstance &each) { return !each.owner; });
    for (const Circumstance &each : m_circumstances)
        if (const QString text = each.tell(); !text.isEmpty())
            during << text;
    const Holds::Hold hold{milliseconds, processor, QDateTime::currentMSecsSinceEpoch(),
                           eventText(type, m_longestEvent), during.join(QStringLiteral("; "))};
    m_all.keep(hold);
    if (m_isRunning)
        m_run.keep(hold);
}

void WatchedApplication::beginRun()
{
    m_run = m_runProcessor = {};
    m_isRunning = m_hasRun = true;
}

void WatchedApplication::endRun()
{
    m_isRunning = false;
}

void WatchedApplication::reset()
{
    m_all = m_allProcessor = m_run = m_runProcessor = {};
    m_hasRun = m_isRunning;
    m_busy = m_processor = 0;
}

void WatchedApplication::addCircumstance(QObject *owner, std::function<QString()> tell)
{
    m_circumstances.push_back({owner, std::move(tell)});
}

} // namespace helmscope
