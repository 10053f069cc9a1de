// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <memory>

namespace helmscope {

/// What happened at the hub: a line of JSON each in a file, and numbers for Prometheus. Any thread
/// may add.
class Audit
{
public:
    /// Throws Error when the file cannot be written; it is only for its owner. Over 64 MiB it
    /// becomes `file`.1 and a new one begins.
    explicit Audit(const QString &file);
    ~Audit();

    struct Entry
    {
        QString who;
        QByteArray remote, method, path; ///< path without a token
        int status = 0;
        qint64 bytesIn = 0, bytesOut = 0;
        double seconds = 0;
        QString note; ///< what came of it; of a failure the reason
    };
    void add(const Entry &entry);
    void addMerge(int executions, int artifacts, int events);

    /// In Prometheus' text form.
    QByteArray metrics(int connections) const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
