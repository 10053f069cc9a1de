// SPDX-License-Identifier: GPL-3.0-or-later
#include "dkl/transfer/device.h"

#include "base/error.h"

#include <ATen/Context.h>

#include <atomic>

namespace helmscope {

static std::atomic<ModelDevice> chosen = ModelDevice::Processor;

ModelDevice modelDeviceFrom(const std::string &name)
{
    if (name == "cpu" || (name == "auto" && !at::hasCUDA()))
        return ModelDevice::Processor;
    if (name != "auto" && name != "cuda")
        throw Error("There is no device '" + name + "' to learn on; say auto, cpu or cuda.");
    if (!at::hasCUDA())
        throw Error("There is no CUDA device here, or this LibTorch was built without CUDA (as "
                    "Debian's is); say cpu, or auto.");
    return ModelDevice::Cuda;
}

void setModelDevice(ModelDevice device)
{
    chosen = device;
}

ModelDevice modelDevice()
{
    return chosen;
}

} // namespace helmscope
