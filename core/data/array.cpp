// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/array.h"

#include "base/tr.h"

#include <QStringList>

#include <cmath>
#include <limits>

namespace helmscope {

std::int64_t ArrayInfo::count() const
{
    std::int64_t product = 1;
    for (const Axis &axis : axes) {
        if (axis.size < 0 || __builtin_mul_overflow(product, axis.size, &product))
            fail(Tr::tr("Cannot use '%1': its shape %2 is too large.").arg(path, shapeText()));
    }
    return product;
}

QString ArrayInfo::shapeText() const
{
    if (axes.isEmpty())
        return Tr::tr("a single number");
    QStringList sizes;
    for (const Axis &axis : axes)
        sizes << QString::number(axis.size);
    return sizes.join(QStringLiteral(" × "));
}

/// The sizes longer than 1; throws unless there are `wanted` of them and the numbers are all there.
static std::vector<std::int64_t> longSizes(const Array &array, std::size_t wanted)
{
    const ArrayInfo &info = array.info;
    std::vector<std::int64_t> sizes;
    for (const Axis &axis : info.axes)
        if (axis.size != 1)
            sizes.push_back(axis.size);
    const QString name = info.path.isEmpty() ? info.title : info.path;
    if (info.count() == 0)
        fail(Tr::tr("Cannot use '%1': it is empty (%2).").arg(name, info.shapeText()));
    if (sizes.size() != wanted)
        fail(Tr::tr("Cannot use '%1' as %2: its shape is %3.")
                 .arg(name,
                      wanted == 2 ? Tr::tr("an image of rows and columns")
                                  : Tr::tr("a list of numbers"),
                      info.shapeText()));
    if (std::uint64_t(info.count()) != array.samples.count())
        fail(Tr::tr("Cannot use '%1': it holds %2 numbers where its shape %3 asks for %4.")
                 .arg(name)
                 .arg(array.samples.count())
                 .arg(info.shapeText())
                 .arg(info.count()));
    for (const std::int64_t size : sizes)
        if (size > std::numeric_limits<int>::max())
            fail(Tr::tr("Cannot use '%1': its shape %2 is too large.").arg(name, info.shapeText()));
    return sizes;
}

Map Array::toMap() const
{
    const std::vector<std::int64_t> sizes = longSizes(*this, 2);
    Map map;
    map.resize(Eigen::Index(sizes[0]), Eigen::Index(sizes[1]));
    samples.copy(0, samples.count(), 1, map.data());
    return map;
}

std::vector<double> Array::toList() const
{
    longSizes(*this, 1);
    std::vector<double> list(samples.count());
    for (std::size_t i = 0; i < list.size(); ++i)
        list[i] = samples.at(i);
    return list;
}

double nanometresPerStep(const Axis &axis)
{
    struct Length
    {
        QStringList names;
        double nanometres;
    };
    static const QList<Length> lengths{
        {{"pm", "picometer", "picometre"}, 1e-3},
        // The letter with ring above, the ångström sign, and what is typed for want of both.
        {{"\u00c5", "\u212b", "A", "angstrom", "Angstrom", "\u00c5ngstr\u00f6m"}, 0.1},
        {{"nm", "nanometer", "nanometre"}, 1},
        // Micro sign and Greek mu look alike and both occur.
        {{"\u00b5m", "\u03bcm", "um", "micron", "micrometer", "micrometre"}, 1e3},
        {{"mm", "millimeter", "millimetre"}, 1e6},
        {{"m", "meter", "metre"}, 1e9},
    };
    double step = axis.scale;
    if (!axis.values.empty()) // the mean step of an uneven axis
        step = axis.values.size() < 2
                   ? 0
                   : (axis.values.back() - axis.values.front()) / double(axis.values.size() - 1);
    else if (!axis.isCalibrated)
        return 0;
    if (!std::isfinite(step))
        return 0;
    const QString unit = axis.unit.trimmed();
    for (const Length &length : lengths)
        if (length.names.contains(unit) ||
            (unit.endsWith('s') && unit.size() > 4 && length.names.contains(unit.chopped(1))))
            return std::abs(step) * length.nanometres;
    return 0;
}

} // namespace helmscope
