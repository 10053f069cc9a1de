// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/protocol/address.h"
#include "instrument/protocol/arrayframe.h"
#include "instrument/protocol/message.h"

#include <functional>
#include <memory>

namespace helmscope {

/// A result, and the array it announced.
struct Reply
{
    QJsonObject result;
    QByteArray bytes; ///< of the array; empty without one
    ArrayFrame array() const { return {result, bytes}; }
};

/// One connection to an instrument, with a thread of its own, so that what one caller says is on
/// its way whatever the others do. Each function may be called from any thread.
class Wire final
{
public:
    struct Settings
    {
        InstrumentAddress address;
        QString token;                 ///< empty: none
        double connectSeconds = 5;     ///< to be there and to have said hello
        qint64 largestFrame = 1 << 28; ///< bytes of an array
        /// Told of notifications, in the wire's thread.
        std::function<void(const QString &method, const QJsonObject &params)> onNews;
        std::function<void(const QByteArray &payload, bool isSent)> transcript;
    };
    explicit Wire(const Settings &settings);
    ~Wire();

    /// Connects and says hello; answers what the server said. Throws ConnectionLost, Refused.
    QJsonObject open();
    bool isOpen() const;
    void close();
    /// Waits for the answer. Throws Refused with the other side's sentence, and ConnectionLost when
    /// the connection ends, the time is up or the answer makes no sense; the connection is closed
    /// then, since what comes next could belong to anything. cancel() makes it throw Error.
    Reply call(const QString &method, const QJsonObject &params, double seconds);
    /// Puts a request on the wire, whose answer is not waited for. Returns at once.
    void send(const QString &method, const QJsonObject &params);
    /// Ends all calls that wait.
    void cancel();

private:
    class End;
    std::unique_ptr<End> m_end;
    const Settings m_settings;
};

} // namespace helmscope
