// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzzformat.h"
#include "fuzzhdf5.h"

QList<QByteArray> fuzzSeeds()
{
    using namespace helmscope;
    return {hdf5Seed([](Hdf5File &out) {
        out.makeGroup("entry/data");
        out.setAttribute("entry", "NX_class", "NXentry");
        out.setAttribute("entry/data", "NX_class", "NXdata");
        out.setAttribute("entry/data", "signal", "counts");
        out.setAttribute("entry/data", "axes", QStringList{"y", ".", "energy"});
        out.setAttribute("entry/data", "energy_indices", 2);
        out.write("entry/data/counts", {2, 3, 4}, counting(24));
        out.setAttribute("entry/data/counts", "units", "counts");
        out.write("entry/data/y", {2}, std::vector<double>{1, 1.5});
        out.setAttribute("entry/data/y", "units", "um");
        out.write("entry/data/energy", {5}, std::vector<double>{0, 1, 2, 3, 4});
    })};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("NeXus", data, size, "input.nxs");
    return 0;
}
