// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/runrecorder.h"

namespace helmscope {

/// A line in marks.jsonl, on the disk when it returns. Throws Error.
void appendMark(const QString &runFolder, const Mark &mark);

} // namespace helmscope
