// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFile>
#include <QJsonObject>

namespace helmscope {

/// What an instrument was told and what it did, a JSON object a line, in the order it happened.
/// Tokens never get in; of a lease only the first 8 characters.
class CommandLog
{
public:
    /// Appends to `file`; empty: nothing is kept. Throws Error when it cannot be written.
    explicit CommandLog(const QString &file);

    /// Adds the line's number, the time (ms since the epoch) and the monotonic clock (µs).
    void write(const QString &event, QJsonObject what);
    /// `params` without what is secret.
    static QJsonObject withoutSecrets(QJsonObject params);

private:
    QFile m_file;
    qint64 m_number = 0;
};

} // namespace helmscope
