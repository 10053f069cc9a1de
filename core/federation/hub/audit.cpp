// SPDX-License-Identifier: GPL-3.0-or-later
#include "federation/hub/audit.h"

#include "base/tr.h"
#include "lineage/formats/jsontext.h"

#include <QDateTime>
#include <QFile>

#include <map>
#include <mutex>

namespace helmscope {

static constexpr qint64 largestLog = 64 << 20;
static constexpr double steps[] = {0.005, 0.025, 0.1, 0.5, 1, 5, 30};

struct Audit::Private
{
    mutable std::mutex mutex;
    QFile file;
    std::map<std::pair<QByteArray, int>, qint64> requests; ///< by method and status
    qint64 buckets[std::size(steps)] = {};
    qint64 count = 0, bytesIn = 0, bytesOut = 0, merges = 0, executions = 0, artifacts = 0,
           events = 0;
    double seconds = 0;

    bool open()
    {
        if (!file.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered))
            return false;
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        return true;
    }
};

Audit::Audit(const QString &file)
    : d(std::make_unique<Private>())
{
    d->file.setFileName(file);
    if (!d->open())
        fail(Tr::tr("Cannot write the log %1: %2.").arg(file, d->file.errorString()));
}

Audit::~Audit() = default;

void Audit::add(const Entry &entry)
{
    const QByteArray line =
        jsonText(QVariantMap{{"time", QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs)},
                             {"who", entry.who},
                             {"from", QString::fromLatin1(entry.remote)},
                             {"method", QString::fromLatin1(entry.method.left(20))},
                             {"path", QString::fromLatin1(entry.path)},
                             {"status", entry.status},
                             {"bytes_in", entry.bytesIn},
                             {"bytes_out", entry.bytesOut},
                             {"milliseconds", qRound64(entry.seconds * 1000)},
                             {"note", entry.note}}) +
        '\n';
    const std::lock_guard lock(d->mutex);
    if (d->file.size() > largestLog) {
        d->file.close();
        const QString old = d->file.fileName() + ".1";
        QFile::remove(old);
        QFile::rename(d->file.fileName(), old);
        d->open();
    }
    d->file.write(line); // a full disk stops the log, not the hub
    static const QList<QByteArray> methods{"GET", "HEAD", "PUT", "POST", "DELETE"};
    ++d->requests[{methods.contains(entry.method) ? entry.method : QByteArray("other"),
                   entry.status}];
    ++d->count;
    for (std::size_t i = 0; i < std::size(steps); ++i)
        d->buckets[i] += entry.seconds <= steps[i];
    d->seconds += entry.seconds;
    d->bytesIn += entry.bytesIn;
    d->bytesOut += entry.bytesOut;
}

void Audit::addMerge(int executions, int artifacts, int events)
{
    const std::lock_guard lock(d->mutex);
    ++d->merges;
    d->executions += executions;
    d->artifacts += artifacts;
    d->events += events;
}

QByteArray Audit::metrics(int connections) const
{
    const std::lock_guard lock(d->mutex);
    QByteArray text;
    const auto add = [&text](const char *name, const char *kind, const char *help) {
        text += QByteArray("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + kind + '\n';
    };
    const auto single = [&](const char *name, const char *kind, const char *help, double value) {
        add(name, kind, help);
        text += QByteArray(name) + ' ' + QByteArray::number(value, 'g', 17) + '\n';
    };
    add("helmscope_hub_requests_total", "counter", "Requests answered.");
    for (const auto &[key, count] : d->requests)
        text += "helmscope_hub_requests_total{method=\"" + key.first + "\",status=\"" +
                QByteArray::number(key.second) + "\"} " + QByteArray::number(count) + '\n';
    add("helmscope_hub_request_seconds", "histogram", "From the first byte to the last.");
    for (std::size_t i = 0; i < std::size(steps); ++i)
        text += "helmscope_hub_request_seconds_bucket{le=\"" + QByteArray::number(steps[i]) +
                "\"} " + QByteArray::number(d->buckets[i]) + '\n';
    text += "helmscope_hub_request_seconds_bucket{le=\"+Inf\"} " + QByteArray::number(d->count) +
            "\nhelmscope_hub_request_seconds_sum " + QByteArray::number(d->seconds, 'g', 17) +
            "\nhelmscope_hub_request_seconds_count " + QByteArray::number(d->count) + '\n';
    single("helmscope_hub_received_bytes_total", "counter", "Bytes received.", double(d->bytesIn));
    single("helmscope_hub_sent_bytes_total", "counter", "Bytes sent.", double(d->bytesOut));
    single("helmscope_hub_merges_total", "counter", "Documents merged.", double(d->merges));
    single("helmscope_hub_stored_executions_total", "counter", "New executions stored.",
           double(d->executions));
    single("helmscope_hub_stored_artifacts_total", "counter", "New artifacts stored.",
           double(d->artifacts));
    single("helmscope_hub_stored_events_total", "counter", "New events stored.", double(d->events));
    single("helmscope_hub_connections", "gauge", "Connections open now.", connections);
    return text;
}

} // namespace helmscope
