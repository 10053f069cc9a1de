// SPDX-License-Identifier: GPL-3.0-or-later
#include "workspace/sync/outbox.h"

#include "base/json.h"
#include "base/tr.h"
#include "workspace/sync/syncstate.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonObject>
#include <QUuid>

#include <algorithm>

namespace helmscope {

namespace {

constexpr qint64 firstWaitMs = 30'000, longestWaitMs = 3'600'000;

QString boxFile(const QString &workspace)
{
    return placeOfSyncing(workspace) + QStringLiteral("/outbox.json");
}

QStringList texts(const QJsonArray &array)
{
    QStringList found;
    for (const QJsonValue &each : array)
        found << each.toString();
    return found;
}

void write(const QString &workspace, const std::vector<QueuedPush> &all)
{
    QJsonArray list;
    for (const QueuedPush &one : all)
        list.append(QJsonObject{{"id", one.id},
                                {"remotes", QJsonArray::fromStringList(one.remotes)},
                                {"runs", QJsonArray::fromStringList(one.runs)},
                                {"queuedMs", double(one.queuedMs)},
                                {"attempts", one.attempts},
                                {"nextMs", double(one.nextMs)},
                                {"reason", one.reason}});
    writeJson(boxFile(workspace), {{"queue", list}});
}

qint64 waitAfter(int attempts)
{
    return std::min(longestWaitMs, firstWaitMs << std::clamp(attempts, 0, 10));
}

} // namespace

std::vector<QueuedPush> queuedPushes(const QString &workspace)
{
    std::vector<QueuedPush> found;
    if (!QFileInfo::exists(boxFile(workspace)))
        return found;
    for (const QJsonValue &each : readJson(boxFile(workspace))["queue"].toArray()) {
        const QJsonObject from = each.toObject();
        QueuedPush one;
        one.id = from["id"].toString();
        one.remotes = texts(from["remotes"].toArray());
        one.runs = texts(from["runs"].toArray());
        one.queuedMs = qint64(from["queuedMs"].toDouble());
        one.attempts = from["attempts"].toInt();
        one.nextMs = qint64(from["nextMs"].toDouble());
        one.reason = from["reason"].toString();
        found.push_back(one);
    }
    return found;
}

void queuePush(const QString &workspace, const QueuedPush &push)
{
    std::vector<QueuedPush> all = queuedPushes(workspace);
    const auto known = std::find_if(all.begin(), all.end(), [&push](const QueuedPush &one) {
        return one.remotes == push.remotes && one.runs == push.runs;
    });
    if (known != all.end()) {
        known->reason = push.reason;
    } else {
        all.push_back(push);
        all.back().id = QUuid::createUuid().toString(QUuid::WithoutBraces);
        all.back().attempts = 0;
        all.back().nextMs = push.queuedMs + waitAfter(0);
    }
    write(workspace, all);
}

void removeQueued(const QString &workspace, const QString &id)
{
    std::vector<QueuedPush> all = queuedPushes(workspace);
    if (std::erase_if(all, [&id](const QueuedPush &one) { return one.id == id; }) > 0)
        write(workspace, all);
}

std::vector<SyncReport> retryQueued(const QString &workspace, bool isAll, qint64 nowMs,
                                    const Progress &progress)
{
    std::vector<SyncReport> reports;
    for (const QueuedPush &one : queuedPushes(workspace)) {
        // A next time further away than any wait was set by another clock.
        if (!isAll && one.nextMs > nowMs && one.nextMs - nowMs <= longestWaitMs)
            continue;
        SyncReport report;
        try {
            SyncChoice choice = syncChoice(workspace, one.remotes);
            choice.runs = one.runs;
            report = push(workspace, planPush(workspace, choice, progress), progress);
        } catch (const Error &error) { // a remote that is gone, or refuses
            SyncPart part;
            part.outcome = SyncPart::Outcome::Failed;
            part.remote = one.remotes.join(", ");
            part.sentence = QString::fromUtf8(error.what());
            report.parts.push_back(part);
        }
        const bool isWaiting =
            std::any_of(report.parts.begin(), report.parts.end(), [](const SyncPart &part) {
                return part.outcome == SyncPart::Outcome::Queued ||
                       part.outcome == SyncPart::Outcome::Stopped;
            });
        if (!isWaiting) {
            removeQueued(workspace, one.id);
        } else {
            std::vector<QueuedPush> all = queuedPushes(workspace);
            for (QueuedPush &each : all)
                if (each.id == one.id) {
                    ++each.attempts;
                    each.nextMs = nowMs + waitAfter(each.attempts);
                    each.reason = report.parts.front().sentence;
                }
            write(workspace, all);
        }
        reports.push_back(std::move(report));
        if (!progress(1))
            break;
    }
    return reports;
}

} // namespace helmscope
