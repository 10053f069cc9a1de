// SPDX-License-Identifier: GPL-3.0-or-later
// .npy and .npz: both rows of the table are one.
#include "fuzzformat.h"
#include "fuzzzip.h"

QList<QByteArray> fuzzSeeds()
{
    const QByteArray cube = npySeed("<f4", "2, 3, 4", 96), image = npySeed(">u2", "5, 7", 70);
    return {cube,
            image,
            npySeed("<f2", "3, 5", 30),
            npySeed("|b1", "11,", 11),
            npySeed("<f8", "2, 3, 4", 192, true),
            QByteArray("\x80\x04\x95 a pickle"),
            zipSeed({{"si.npy", cube}, {"haadf.npy", image}})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("NumPy", data, size, "input.npz");
    return 0;
}
