// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzzformat.h"

QList<QByteArray> fuzzSeeds()
{
    return {QByteArray::fromHex(
        "89504e470d0a1a0a0000000d4948445200000003000000020800000000b81f39c60000001049444154789c6360"
        "64626660616503000046001677f5c87f0000000049454e44ae426082")};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("PNG", data, size, "input.png");
    return 0;
}
