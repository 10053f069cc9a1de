// SPDX-License-Identifier: GPL-3.0-or-later
// Berkeley EMD (emdatasets.com): any group with emd_group_type = 1 holds `data` and the vectors
// dim1, dim2, ... of its axes, the first of which varies slowest. Velox writes .emd files of
// another kind: velox.cpp.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/hdf5tree.h"
#include "data/formats/rows.h"

#include <cmath>

namespace helmscope::emd {

[[noreturn]] static void refuse(const Hdf5File &file, const QString &path, const QString &what)
{
    fail(Tr::tr("Cannot read '%1' of %2: %3.").arg(path, file.fileName(), what));
}

/// Attributes of one number or text come as scalars or as lists of one.
static QVariant single(const QVariant &value)
{
    const QVariantList list = value.toList();
    return value.typeId() == QMetaType::QVariantList && list.size() == 1 ? list[0] : value;
}

/// EMD writes units as "[n_m]": prefix and unit apart.
static QString plainUnit(QString unit)
{
    unit = unit.trimmed();
    if (unit.startsWith('[') && unit.endsWith(']'))
        unit = unit.mid(1, unit.size() - 2);
    return unit.remove('_');
}

/// Paths of all groups that hold an array. Hard links may make circles, hence the limits.
static void collect(const Hdf5File &file, const QString &group, int depth, int &visits,
                    QStringList &found)
{
    if (depth > 8 || ++visits > 2000)
        return;
    // HyperSpy also marks the group above so, which holds no data itself.
    const bool isMarked = single(file.attribute(group, "emd_group_type")).toInt() == 1;
    if (isMarked && (file.has(group + "/data") || file.groups(group).isEmpty())) {
        found << group;
        return;
    }
    for (const QString &child : file.groups(group))
        collect(file, group.isEmpty() ? child : group + '/' + child, depth + 1, visits, found);
}

static void readAxis(const Hdf5File &file, const QString &group, const QString &name, Axis &axis,
                     bool isStrict)
{
    const QString path = group + '/' + name;
    if (!file.has(path)) {
        if (isStrict)
            refuse(file, group, Tr::tr("it has no '%1'").arg(name));
        return;
    }
    axis.name = single(file.attribute(path, "name")).toString();
    axis.unit = plainUnit(single(file.attribute(path, "units")).toString());
    const std::optional<ArrayInfo> info = file.describe(path);
    if (!info) // labels, not numbers
        return;
    const std::int64_t size = info->axes.size() == 1 ? info->axes[0].size : 0;
    // Two values are enough for an even axis: the first two.
    if (size != axis.size && size != 2) {
        if (isStrict)
            refuse(file, path,
                   Tr::tr("it holds %1 where 'data' has %2 points along it")
                       .arg(info->shapeText())
                       .arg(axis.size));
        return;
    }
    const std::vector<double> values = file.readRows(path, 0, size);
    double largest = 0;
    for (const double value : values) {
        if (!std::isfinite(value)) {
            if (isStrict)
                refuse(file, path, Tr::tr("it holds a number that is not finite"));
            return;
        }
        largest = std::max(largest, std::abs(value));
    }
    axis.isCalibrated = !axis.unit.isEmpty();
    axis.offset = values[0];
    if (size == 1)
        return;
    const double step = (values.back() - values.front()) / double(size - 1);
    // Single precision leaves steps uneven by about 1e-7 of the largest value.
    const double tolerance = std::max(1e-3 * std::abs(step), 3e-7 * largest);
    bool isEven = step != 0;
    for (std::size_t i = 0; i < values.size(); ++i)
        isEven = isEven && std::abs(values[i] - (values[0] + step * double(i))) <= tolerance;
    if (isEven)
        axis.scale = step;
    else if (size == axis.size)
        axis.values = values;
    else if (isStrict)
        refuse(file, path, Tr::tr("its two values do not make a step"));
}

static std::optional<ArrayInfo> describe(const Hdf5File &file, const QString &group, bool isStrict)
{
    std::optional<ArrayInfo> info = file.describe(group + "/data");
    if (!info)
        return {};
    info->path = group;
    info->title = group.section('/', -1);
    info->quantity = single(file.attribute(group + "/data", "name")).toString();
    for (int i = 0; i < info->axes.size(); ++i)
        readAxis(file, group, QStringLiteral("dim%1").arg(i + 1), info->axes[i], isStrict);
    return info;
}

static QStringList groupsWithData(const Hdf5File &file)
{
    QStringList found;
    int visits = 0;
    collect(file, {}, 0, visits, found);
    return found;
}

bool looksLike(const QString &file, const QByteArray &head)
{
    if (!head.startsWith("\x89HDF\r\n\x1a\n"))
        return false;
    const Hdf5File in(file, Hdf5File::Mode::Read);
    return !groupsWithData(in).isEmpty();
}

QList<ArrayInfo> list(const QString &file)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QList<ArrayInfo> arrays;
    for (const QString &group : groupsWithData(in))
        if (const auto info = describe(in, group, false))
            arrays << *info;
    if (arrays.isEmpty())
        fail(Tr::tr("Cannot read %1: none of its groups holds an array 'data'.").arg(file));
    return arrays;
}

static ArrayInfo find(const Hdf5File &in, const QString &array)
{
    if (!in.has(array))
        fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(in.fileName(), array));
    const std::optional<ArrayInfo> info = describe(in, array, true);
    if (!info)
        refuse(in, array, Tr::tr("it has no dataset 'data' of plain numbers"));
    return *info;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    return {info, in.readAll(array + "/data", progress)};
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    return storedInHdf5(std::move(in), info, array + "/data");
}

Metadata metadata(const QString &file, const QString &array)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    Metadata found;
    found.all = attributesBelow(in, {});
    using Field = Metadata::Field;
    found.put(Field::Title, array.section('/', -1));
    found.take(Field::Operator, "user/name");
    found.take(Field::Operator, "user/user");
    found.take(Field::Instrument, "microscope/name");
    found.take(Field::Instrument, "microscope/microscope name");
    found.take(Field::Sample, "sample/name");
    found.take(Field::Sample, "sample/material");
    found.take(Field::Comment, "comments/comment");
    found.take(Field::Operator, "user/User name");
    found.take(Field::Sample, "sample/sample name");
    found.take(Field::Dwell, "microscope/dwell time");
    found.take(Field::Magnification, "microscope/magnification");
    found.take(Field::CameraLength, "microscope/camera length", 1e3);
    found.take(Field::Convergence, "microscope/convergence angle", 1e3);
    found.take(Field::Defocus, "microscope/defocus", 1e9);
    found.take(Field::BeamEnergy, "microscope/high tension", 1e-3);
    found.take(Field::BeamEnergy, "microscope/voltage", 1e-3);
    found.take(Field::BeamEnergy, "microscope/accelerating voltage", 1e-3);
    const int major = single(in.attribute("", "version_major")).toInt();
    const int minor = single(in.attribute("", "version_minor")).toInt();
    if (major > 1)
        found.warnings << recorded("%1 is of version %2.%3 of the Berkeley EMD format; versions up "
                                   "to 1.0 are known and it was read like those.")
                              .arg(file)
                              .arg(major)
                              .arg(minor);
    return found;
}

} // namespace helmscope::emd
