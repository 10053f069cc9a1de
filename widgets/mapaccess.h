// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace helmscope {

/// Lets screen readers know what the views are, and of a MapView what it shows and what is under
/// its cursor. Once a program, by itself at its start.
void describeViews();

} // namespace helmscope
