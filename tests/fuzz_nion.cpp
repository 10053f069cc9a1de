// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzzformat.h"
#include "fuzzhdf5.h"
#include "fuzzzip.h"

static const QByteArray json =
    R"({"version": 13, "title": "SI", "datum_dimension_count": 1,
        "dimensional_calibrations": [{"offset": 0, "scale": 0.5, "units": "nm"},
            {"offset": 1, "scale": 0.5, "units": "nm"}, {"offset": -20, "scale": 0.25, "units": "eV"}],
        "metadata": {"instrument": {"high_tension": 60000}}})";

QList<QByteArray> fuzzSeeds()
{
    using namespace helmscope;
    return {hdf5Seed([](Hdf5File &out) {
                out.write("data", {2, 3, 4}, counting(24));
                out.setAttribute("data", "properties", QString::fromUtf8(json));
            }),
            zipSeed({{"data.npy", npySeed("<f4", "2, 3, 4", 96)}, {"metadata.json", json}})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("Nion Swift", data, size, "input.ndata");
    return 0;
}
