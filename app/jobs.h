// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <QHash>
#include <QObject>
#include <QPointer>
#include <QThreadPool>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

namespace helmscope {

/// Work the window waits for: runs it one after another on a thread of its own and brings results,
/// progress and failures back to the thread the Jobs live in. The one class that knows threads.
class Jobs final : public QObject
{
    Q_OBJECT
public:
    explicit Jobs(QObject *parent = nullptr);
    /// Stops all work and waits for it; nothing is delivered any more.
    ~Jobs() override;

    /// Runs `work(const Progress &)` on the worker, then hands what it returned to `done` here, if
    /// `owner` is still alive. What either throws comes as failed(). A job whose owner dies is
    /// stopped. Stopped is not failed: what stopped work returns is delivered. Answers the job's
    /// number.
    template <class Work, class Done>
    int run(const QString &title, QObject *owner, Work work, Done done)
    {
        using Result = std::invoke_result_t<Work, const Progress &>;
        if constexpr (std::is_void_v<Result>) {
            return start(title, owner, std::move(work), std::move(done));
        } else {
            auto result = std::make_shared<std::optional<Result>>();
            return start(
                title, owner,
                [result, work = std::move(work)](const Progress &progress) mutable {
                    result->emplace(work(progress));
                },
                [result, done = std::move(done)]() mutable { done(*std::move(*result)); });
        }
    }

    void stop(int job);
    void stopAll();
    /// Jobs that wait or run.
    int count() const { return int(m_jobs.size()); }
    bool isIdle() const { return m_jobs.isEmpty(); }
    /// Titles of all jobs, the running one first.
    QStringList titles() const;

signals:
    /// A job began, moved on (fraction 0..1, seconds left or -1 when nobody can tell), or ended.
    void began(int job, const QString &title);
    void advanced(int job, double fraction, double secondsLeft);
    void ended(int job);
    /// `sentence` is for the user.
    void failed(const QString &title, const QString &sentence);

private:
    struct Job
    {
        int number = 0;
        QString title;
        QPointer<QObject> owner;
        std::function<void(const Progress &)> work; ///< gone once it has run, on the worker
        std::function<void()> done;
        std::atomic<bool> isStopped = false;
        bool hasResult = false;
        QString sentence; ///< of the failure; written by the worker before it hands the job back
    };

    int start(const QString &title, QObject *owner, std::function<void(const Progress &)> work,
              std::function<void()> done);
    void execute(const std::shared_ptr<Job> &job); ///< on the worker
    Progress watch(const std::shared_ptr<Job> &job);
    void deliver(const std::shared_ptr<Job> &job);

    QHash<int, std::shared_ptr<Job>> m_jobs;
    int m_last = 0;
    QThreadPool m_pool;
};

} // namespace helmscope
