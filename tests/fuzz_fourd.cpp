// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzzformat.h"
#include "fuzzhdf5.h"

QList<QByteArray> fuzzSeeds()
{
    using namespace helmscope;
    return {hdf5Seed([](Hdf5File &out) {
        out.write("datacube_root/datacube/data", {2, 3, 4, 5}, counting(120));
        const QString calibration = "datacube_root/metadatabundle/calibration/";
        out.write(calibration + "R_pixel_size", {1}, std::vector<double>{0.4});
        out.makeGrowingTexts(calibration + "R_pixel_units", 8);
        out.append(calibration + "R_pixel_units", QString("nm"));
    })};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFormat("4D-STEM (py4DSTEM)", data, size, "input.h5");
    return 0;
}
