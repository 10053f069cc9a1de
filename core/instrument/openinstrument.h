// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "instrument/microscope.h"
#include "instrument/protocol/address.h"

#include <memory>

namespace helmscope {

/// Connects to an instrument by the protocol its address names, with the token kept for it. Throws
/// Error; moves nothing yet.
std::unique_ptr<Microscope> openInstrument(const InstrumentAddress &address);

} // namespace helmscope
