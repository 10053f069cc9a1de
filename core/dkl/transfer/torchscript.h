// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/transfer/modelstart.h"

#include <string>

namespace helmscope {

/// Writes a network as TorchScript, for other programs (torch.jit.load): forward(patches [n,
/// numbers]) gives features [n, embedding]. What was written is read back and must give the same
/// features; throws Error when it does not, when there is no network, or the file cannot be
/// written.
void writeTorchScript(const std::string &file, const ModelStart &start);

} // namespace helmscope
