// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs.h"
#include "workspace/sync/syncing.h"

#include <QObject>
#include <QTimer>

namespace helmscope {

/// Keeps an eye on what of the open workspace is not pushed yet, and tries again what waits in its
/// outbox. All of it are jobs.
class SyncWatch final : public QObject
{
    Q_OBJECT
public:
    explicit SyncWatch(QObject *parent = nullptr);
    ~SyncWatch() override;

    /// Empty: none is open.
    void setWorkspace(const QString &folder);
    /// Soon: after a run, a push, a pull.
    void look();
    const Unpushed &unpushed() const { return m_unpushed; }
    int queued() const { return m_queued; }      ///< pushes that wait
    bool hasRemotes() const { return m_hasAny; } ///< anywhere to push to
    Jobs &jobs() { return m_jobs; }

signals:
    void changed();
    /// What had waited went, or will not.
    void reported(const QList<helmscope::SyncReport> &reports);

private:
    void lookNow();
    void retry();

    QString m_folder;
    Unpushed m_unpushed;
    int m_queued = 0, m_number = 0;
    bool m_hasAny = false;
    QTimer m_soon, m_again;
    Jobs m_jobs; ///< last, so first to go
};

} // namespace helmscope
