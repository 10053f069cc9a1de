// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QByteArray>
#include <QJsonObject>
#include <QJsonValue>

namespace helmscope {

/// Why a request was refused: codes of JSON-RPC 2.0, and ours.
enum class Refusal {
    Parse = -32700,
    Invalid = -32600,
    NoMethod = -32601,
    Parameters = -32602,
    Token = -32001,      ///< none, or a wrong one
    LeaseHeld = -32010,  ///< somebody else owns the instrument
    NoLease = -32011,    ///< none, or it has expired
    Limit = -32012,      ///< outside of what the instrument may do
    Aborted = -32013,    ///< by a person; a new lease is needed
    Busy = -32014,       ///< something else is going on: ask again
    Instrument = -32015, ///< the instrument itself failed
    Rate = -32016        ///< too many exposures a second: ask again later
};

/// What the other side refused, with its code.
class Refused : public Error
{
public:
    Refused(Refusal code, const QString &sentence)
        : Error(sentence.toStdString())
        , m_code(code)
    {
    }
    Refusal code() const { return m_code; }

private:
    Refusal m_code;
};

/// The other side is not there, went away, or said what cannot be.
class ConnectionLost : public Error
{
public:
    using Error::Error;
};

/// One message of JSON-RPC 2.0, either way.
struct Message
{
    enum class Kind { Request, Notification, Result, Failure };
    Kind kind = Kind::Request;
    QJsonValue id;      ///< a number or a text; undefined for a notification
    QString method;     ///< requests and notifications
    QJsonObject params; ///< likewise
    QJsonObject result;
    int code = 0;    ///< of a failure
    QString failure; ///< its sentence

    QByteArray toJson() const;
    /// Throws Refused(Parse or Invalid); more than 32 levels of nesting are refused unread.
    static Message fromJson(const QByteArray &json);

    static Message request(int id, const QString &method, const QJsonObject &params);
    static Message notification(const QString &method, const QJsonObject &params);
    static Message answer(const QJsonValue &id, const QJsonObject &result);
    static Message refusal(const QJsonValue &id, Refusal code, const QString &sentence);
};

} // namespace helmscope
