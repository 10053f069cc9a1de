// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/protocol/address.h"

#include <QByteArray>

#include <functional>
#include <memory>

class QTcpSocket;

namespace helmscope {

/// A connection for one question to somebody else's server; blocks, in the thread that made it.
class Line final
{
public:
    struct Settings
    {
        InstrumentAddress address;
        double seconds = 10;             ///< all of it may take
        std::function<bool()> isStopped; ///< looked at every 10 ms
        /// Told of what was sent and received, as it is.
        std::function<void(const QByteArray &bytes, bool isSent)> transcript;
    };
    /// Connects. Throws ConnectionLost; every function does when the time is up or it is stopped.
    explicit Line(const Settings &settings);
    ~Line();

    void write(const QByteArray &bytes);
    QByteArray read(qint64 count);     ///< exactly so many
    QByteArray readSome();             ///< what has come, at least a byte
    QByteArray readToEnd(qint64 most); ///< until the other side closes, or the time is up

private:
    void wait(const std::function<bool()> &isEnough);
    double now() const;

    const Settings m_settings;
    double m_until = 0;
    std::unique_ptr<QTcpSocket> m_socket;
};

} // namespace helmscope
