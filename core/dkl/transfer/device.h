// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace helmscope {

/// Where a network's layers are worked out. The Gaussian process, in double, stays on the
/// processor: its matrices are small.
enum class ModelDevice {
    Processor,
    Cuda,      ///< the first GPU that LibTorch knows
    Rehearsal, ///< the processor by the way that a GPU takes: so it can be tried without one
};

/// "auto" (CUDA where LibTorch has one, else the processor), "cpu" or "cuda". Throws Error where
/// the name is another, or there is no CUDA.
ModelDevice modelDeviceFrom(const std::string &name);
/// For the whole program, before anything is learnt.
void setModelDevice(ModelDevice device);
ModelDevice modelDevice(); ///< ModelDevice::Processor unless set

} // namespace helmscope
