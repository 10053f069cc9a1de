// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs.h"

#include "base/tr.h"

#include <QStringList>

#include <algorithm>
#include <chrono>
#include <new>

#ifdef Q_OS_LINUX
#include <sys/resource.h>
#endif

namespace helmscope {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto betweenReports = std::chrono::milliseconds(34); // under 30 a second

/// The window goes first when the cores are shared. Linux counts niceness by thread, and the
/// threads that OpenMP starts inside the work inherit it.
void yieldToTheWindow()
{
#ifdef Q_OS_LINUX
    setpriority(PRIO_PROCESS, 0, 5);
#endif
}

/// The sentence of whatever is being handled.
QString sentenceOfException()
{
    try {
        throw;
    } catch (const std::bad_alloc &) {
        return Jobs::tr("There is not enough memory for this.");
    } catch (const std::exception &e) {
        return QString::fromUtf8(e.what());
    } catch (...) {
        return Jobs::tr("Something failed that gave no reason.");
    }
}

} // namespace

Jobs::Jobs(QObject *parent)
    : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
    m_pool.setExpiryTimeout(-1); // OpenMP keeps its threads by calling thread: do not lose them
}

Jobs::~Jobs()
{
    stopAll();
    m_pool.clear();
    m_pool.waitForDone();
}

int Jobs::start(const QString &title, QObject *owner, std::function<void(const Progress &)> work,
                std::function<void()> done)
{
    auto job = std::make_shared<Job>();
    job->number = ++m_last;
    job->title = title;
    job->owner = owner;
    job->work = std::move(work);
    job->done = std::move(done);
    m_jobs.insert(job->number, job);
    if (owner)
        connect(owner, &QObject::destroyed, this, [this, number = job->number] { stop(number); });
    m_pool.start([this, job] { execute(job); });
    return job->number;
}

void Jobs::execute(const std::shared_ptr<Job> &job)
{
    yieldToTheWindow();
    if (!job->isStopped) {
        QMetaObject::invokeMethod(
            this, [this, job] { emit began(job->number, job->title); }, Qt::QueuedConnection);
        try {
            job->work(watch(job));
            job->hasResult = true;
        } catch (...) {
            job->sentence = sentenceOfException();
        }
    }
    job->work = nullptr; // what the lambda holds may be large
    QMetaObject::invokeMethod(
        this, [this, job] { deliver(job); }, Qt::QueuedConnection);
}

Progress Jobs::watch(const std::shared_ptr<Job> &job)
{
    // Shared, because a std::function is copied: all copies throttle together.
    auto lastReport = std::make_shared<Clock::time_point>();
    return [this, job, lastReport, begin = Clock::now()](double told) {
        const Clock::time_point now = Clock::now();
        if (now - *lastReport >= betweenReports) {
            *lastReport = now;
            const double fraction = std::clamp(told, 0.0, 1.0); // work may overshoot its estimate
            const double seconds = std::chrono::duration<double>(now - begin).count();
            const double left = fraction > 0 ? seconds / fraction * (1 - fraction) : -1;
            QMetaObject::invokeMethod(
                this,
                [this, job, fraction, left] {
                    if (m_jobs.contains(job->number))
                        emit advanced(job->number, fraction, left);
                },
                Qt::QueuedConnection);
        }
        return !job->isStopped.load();
    };
}

void Jobs::deliver(const std::shared_ptr<Job> &job)
{
    m_jobs.remove(job->number);
    if (job->owner && job->hasResult) {
        try {
            job->done();
        } catch (...) {
            job->sentence = sentenceOfException();
        }
    }
    // A reader that is told to stop has nothing to return, so it throws this word: no failure.
    const bool isStop = job->isStopped && job->sentence == Tr::tr("Stopped.");
    if (!job->sentence.isEmpty() && !isStop)
        emit failed(job->title, job->sentence);
    emit ended(job->number);
}

void Jobs::stop(int job)
{
    if (const auto found = m_jobs.value(job))
        found->isStopped = true;
}

void Jobs::stopAll()
{
    for (const auto &job : std::as_const(m_jobs))
        job->isStopped = true;
}

QStringList Jobs::titles() const
{
    QList<int> numbers = m_jobs.keys();
    std::sort(numbers.begin(), numbers.end());
    QStringList titles;
    for (int number : numbers)
        titles << m_jobs.value(number)->title;
    return titles;
}

} // namespace helmscope
