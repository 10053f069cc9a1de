// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzzformat.h"

QList<QByteArray> fuzzSeeds()
{
    return {QByteArray::fromHex("03000000020000000100000001000000").leftJustified(208, 0) +
            QByteArray("MAP DD").leftJustified(816, 0) + QByteArray(12, 1)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("MRC", data, size, "input.mrc");
    return 0;
}
