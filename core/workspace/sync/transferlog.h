// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/sync/syncplan.h"

namespace helmscope {

/// One line of the history of transfers.
struct Transfer
{
    qint64 timeMs = 0; ///< when it ended, since the epoch
    bool isPush = true;
    Remote::Kind kind = Remote::Kind::Metadata;
    QString remote, address; ///< without anything secret
    QString outcome;         ///< keyOf(SyncPart::Outcome)
    QString sentence;
    QStringList runs;
    int count = 0;
    qint64 bytes = 0;
    double seconds = 0;
};

/// Appended to a file beside git's own data, which no version ever holds; over 4 MB the older half
/// goes. Throws Error where it cannot be written.
void logTransfer(const QString &workspace, const Transfer &transfer);
/// Newest first. Lines that cannot be read are passed over.
std::vector<Transfer> transfers(const QString &workspace, int limit = 1000);

} // namespace helmscope
