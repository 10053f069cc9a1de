// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <QString>

namespace helmscope {

struct MergeCounts
{
    int artifacts = 0, executions = 0, contexts = 0, events = 0; ///< in the new store
};

/// Two stores into a third by CMF's identities: contexts by name, artifacts by uri, executions by
/// uuid (those without one stay apart). Of what both have, the first store's name and type stand
/// and the second's properties are added. Written whole or not at all; throws Error when `to`
/// exists or a store cannot be read, or the work was stopped.
MergeCounts mergeStores(const QString &first, const QString &second, const QString &to,
                        const Progress &progress);

} // namespace helmscope
