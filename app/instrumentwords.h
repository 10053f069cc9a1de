// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"

namespace helmscope {

/// The state of an instrument in a few words: "beam blanked · leased to us".
QString shortTextOf(const InstrumentState &state);
/// All of it: connection, lease, beam, dose so far, and what it waits for.
QString textOf(const InstrumentState &state);

} // namespace helmscope
