// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "instrument/protocol/address.h"

#include <QJsonObject>
#include <QList>

namespace helmscope {

/// Something a server owes by PROTOCOL.md, and whether it does it.
struct ConformanceCheck
{
    enum class Outcome {
        Works,
        Missing, ///< the server has not got it, and may do without
        Wrong,
        Skipped ///< what it needs did not work
    };
    QString name;
    Outcome outcome = Outcome::Works;
    QString detail;     ///< what was wrong, or a number worth knowing
    double seconds = 0; ///< it took
};

/// What of the protocol a server speaks.
struct Conformance
{
    QString address, name; ///< name: what it calls itself
    QList<ConformanceCheck> checks;
    double answerSeconds = 0;   ///< median of a question that moves nothing; 0: not known
    double overheadSeconds = 0; ///< median of a spectrum beyond its dwell
    double abortSeconds = 0;    ///< from the abort to its answer, during an exposure

    bool isWhole() const; ///< nothing is wrong or skipped
    QJsonObject toJson() const;
};

/// Tries a server, as a lab would its own: takes its lease, exposes a few pixels with short dwells,
/// aborts, loses a connection on purpose. Takes some seconds. What does not work is a check of the
/// report; throws Error only when told to stop.
Conformance conform(const InstrumentAddress &address, const QString &token,
                    const Progress &progress);

} // namespace helmscope
