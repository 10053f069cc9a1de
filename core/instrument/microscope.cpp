// SPDX-License-Identifier: GPL-3.0-or-later
#include "instrument/microscope.h"

#include "base/tr.h"

namespace helmscope {

void checkLimits(const QString &name, const Limits &limits, Pixel pixel, double dwellSeconds)
{
    if (pixel.row < 0 || pixel.col < 0 || pixel.row >= limits.rows || pixel.col >= limits.cols)
        fail(Tr::tr(
                 "%1 cannot measure row %2, column %3: rows go from 0 to %4, columns from 0 to %5.")
                 .arg(name)
                 .arg(pixel.row)
                 .arg(pixel.col)
                 .arg(limits.rows - 1)
                 .arg(limits.cols - 1));
    // Written so that a dwell that is not a number is refused as well.
    if (!(dwellSeconds >= limits.minDwellSeconds && dwellSeconds <= limits.maxDwellSeconds))
        fail(Tr::tr("%1 cannot dwell for %2 s: a dwell lasts from %3 s to %4 s.")
                 .arg(name)
                 .arg(dwellSeconds)
                 .arg(limits.minDwellSeconds)
                 .arg(limits.maxDwellSeconds));
}

} // namespace helmscope
