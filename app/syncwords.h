// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/sync/syncing.h"
#include "workspace/sync/transferlog.h"

namespace helmscope {

// What pushes and pulls say to people; HTML where the name says so, everything foreign escaped.

QString amountText(const SyncItem &item);    ///< "12 executions", "3 files", "1 version"
QString sizeText(qint64 bytes);              ///< "1.2 MB"; empty for nothing
QString symbolOf(SyncPart::Outcome outcome); ///< ✓ and others: not by colour alone
QString textOf(SyncPart::Outcome outcome);   ///< "done", "failed" …
/// What the server would lose and what is done about it, what stays here by rule, notes.
QString htmlOf(const PushPlan &plan);
QString htmlOf(const SyncReport &report);
/// "2 runs, 5 files and 1 version are not pushed yet"; empty when nothing is.
QString textOf(const Unpushed &left);

} // namespace helmscope
