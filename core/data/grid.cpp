// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/grid.h"

#include <QStringList>

#include <algorithm>

namespace helmscope {

QList<int> longDimensions(const ArrayInfo &info)
{
    QList<int> dimensions;
    for (int i = 0; i < info.axes.size(); ++i)
        if (info.axes[i].size != 1)
            dimensions << i;
    return dimensions;
}

int ratioOf(std::int64_t imageRows, std::int64_t imageCols, std::int64_t rows, std::int64_t cols)
{
    if (rows < 1 || cols < 1 || imageRows % rows != 0 || imageCols % cols != 0 ||
        imageRows / rows != imageCols / cols || imageRows / rows > 4096)
        return 0;
    return int(imageRows / rows);
}

bool isEnergyUnit(const QString &unit)
{
    static const QStringList units{"eV", "keV", "meV", "MeV"};
    return units.contains(unit.trimmed());
}

int energyAxisOf(const ArrayInfo &spectra, std::int64_t imageRows, std::int64_t imageCols,
                 std::int64_t channels)
{
    const auto only = [&](auto fits) {
        int found = -1;
        for (int i = 0; i < 3; ++i)
            if (fits(i))
                found = found == -1 ? i : -2;
        return found;
    };
    const auto size = [&](int i) { return spectra.axes[i].size; };
    int axis = only([&](int i) { return isEnergyUnit(spectra.axes[i].unit); });
    if (axis < 0 && std::any_of(spectra.axes.begin(), spectra.axes.end(),
                                [](const Axis &a) { return a.isNavigation; }))
        axis = only([&](int i) { return !spectra.axes[i].isNavigation; });
    if (axis < 0)
        axis = only([&](int i) {
            return ratioOf(imageRows, imageCols, size(i == 0 ? 1 : 0), size(i == 2 ? 1 : 2)) > 0;
        });
    if (axis < 0)
        axis = only([&](int i) { return size(i) == channels; });
    return axis < 0 ? 2 : axis;
}

} // namespace helmscope
