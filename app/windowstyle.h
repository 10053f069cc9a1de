// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/theme.h"

namespace helmscope {

/// The style sheet of our windows, what the theme cannot know: the strips of banner and proposal,
/// quiet labels, and ABORT, the only red thing.
QString windowStyle(const Theme &theme);

} // namespace helmscope
