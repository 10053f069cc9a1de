// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

namespace helmscope {

/// Where an instrument is and which protocol it speaks; holds no secret, so plans may keep it.
struct InstrumentAddress
{
    enum class Protocol { Helmscope, DtMicroscope, Asyncroscopy, Pyro };
    Protocol protocol = Protocol::Helmscope;
    QString host;
    int port = 0;
    bool isTls = false;    ///< always so where the host is not this machine
    QString authorityFile; ///< certificate that signs the server's; empty: the system's
    bool operator==(const InstrumentAddress &) const = default;

    /// "HOST:PORT", "[::1]:PORT", with "tls://", "dtmicroscope://", "asyncroscopy://" or "pyro://"
    /// before it where it is not ours or is to be encrypted. Throws Error naming the text.
    static InstrumentAddress parse(const QString &text);
    QString text() const; ///< as parse() reads it
    /// "localhost" and addresses of the loopback.
    bool isLoopback() const;

    QJsonObject toJson() const;
    static InstrumentAddress fromJson(const QJsonObject &object, const QString &where);
};

/// The file where the token of an instrument is kept for this user.
QString tokenFileOf(const InstrumentAddress &address);
/// A token from a file that only its owner may read (else throws Error), without blanks around it.
QString readToken(const QString &file);
/// Keeps a token with mode 600; an empty one is forgotten. Throws Error.
void keepToken(const InstrumentAddress &address, const QString &token);
/// From the variable HELMSCOPE_INSTRUMENT_TOKEN, the file named by
/// HELMSCOPE_INSTRUMENT_TOKEN_FILE, or the one kept; empty when there is none.
QString tokenFor(const InstrumentAddress &address);

} // namespace helmscope
