// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzzformat.h"

QList<QByteArray> fuzzSeeds()
{
    return {};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("HyperSpy", data, size, "input.hspy");
    return 0;
}
