// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzzformat.h"

QList<QByteArray> fuzzSeeds()
{
    return {"#FORMAT : EMSA/MAS Spectral Data File\n#NPOINTS : 3\n#XPERCHAN : 0.5\n#OFFSET : "
            "1\n#SPECTRUM : x\n1, 2\n3\n#ENDOFDATA : "};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("EMSA/MAS", data, size, "input.msa");
    return 0;
}
