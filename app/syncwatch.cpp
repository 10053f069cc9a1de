// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/syncwatch.h"

#include "workspace/sync/outbox.h"

#include <QDateTime>

#include <chrono>

namespace helmscope {

using namespace std::chrono_literals;

SyncWatch::SyncWatch(QObject *parent)
    : QObject(parent)
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(500ms); // what changes together is looked at once
    connect(&m_soon, &QTimer::timeout, this, &SyncWatch::lookNow);
    m_again.setInterval(30s); // the outbox itself knows what is due
    connect(&m_again, &QTimer::timeout, this, &SyncWatch::retry);
}

SyncWatch::~SyncWatch()
{
    m_jobs.disconnect(this);
}

void SyncWatch::setWorkspace(const QString &folder)
{
    if (m_folder == folder)
        return look();
    m_folder = folder;
    ++m_number;
    m_unpushed = {};
    m_queued = 0;
    m_hasAny = false;
    emit changed();
    if (folder.isEmpty()) {
        m_soon.stop();
        m_again.stop();
        return;
    }
    m_again.start();
    look();
}

void SyncWatch::look()
{
    if (!m_folder.isEmpty())
        m_soon.start();
}

void SyncWatch::lookNow()
{
    struct Found
    {
        Unpushed unpushed;
        int queued = 0;
        bool hasAny = false;
    };
    m_jobs.run(
        tr("Looking what is not pushed"), this,
        [folder = m_folder](const Progress &) {
            const SyncChoice choice = syncChoice(folder);
            Found found;
            found.hasAny = choice.metadata || choice.artifacts || choice.versions;
            if (found.hasAny)
                found.unpushed = helmscope::unpushed(folder, choice);
            found.queued = int(queuedPushes(folder).size());
            return found;
        },
        [this, number = ++m_number](const Found &found) {
            if (number != m_number)
                return;
            m_unpushed = found.unpushed;
            m_queued = found.queued;
            m_hasAny = found.hasAny;
            emit changed();
        });
}

void SyncWatch::retry()
{
    if (m_queued == 0 || !m_jobs.isIdle())
        return;
    m_jobs.run(
        tr("Pushing what waited"), this,
        [folder = m_folder](const Progress &progress) {
            return retryQueued(folder, false, QDateTime::currentMSecsSinceEpoch(), progress);
        },
        [this](const std::vector<SyncReport> &reports) {
            if (!reports.empty())
                emit reported(QList<SyncReport>(reports.begin(), reports.end()));
            look();
        });
}

} // namespace helmscope
