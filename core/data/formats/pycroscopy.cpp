// SPDX-License-Identifier: GPL-3.0-or-later
// The HDF5 files of pycroscopy. NSID: arrays with dimension scales. USID: every main dataset is a
// table [positions, spectroscopic values] beside tables that say which position has which index
// along which dimension.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/hdf5tree.h"
#include "data/formats/rows.h"

#include <QJsonArray>

#include <algorithm>
#include <numeric>

namespace helmscope::pycroscopy {

namespace {

constexpr std::int64_t mostRows = 50'000'000; ///< of a table of indices

/// One array, and how its dimensions lie in a table.
struct Found
{
    ArrayInfo info;
    std::int64_t rows = 0, cols = 0; ///< of the table; 0: stored as it is
};

bool isUsid(const Hdf5File &file, const QString &path)
{
    for (const char *name :
         {"Position_Indices", "Position_Values", "Spectroscopic_Indices", "Spectroscopic_Values"})
        if (file.attribute(path, name).typeId() != QMetaType::QString ||
            file.attribute(path, name).toString().isEmpty())
            return false;
    return true;
}

bool isNsid(const Hdf5File &file, const QString &path)
{
    return file.attribute(path, "DIMENSION_LIST").isValid() &&
           file.attribute(path, "quantity").isValid();
}

QStringList textsOf(const Hdf5File &file, const QString &path, const QString &name)
{
    QStringList texts;
    for (const QVariant &value : file.attribute(path, name).toList())
        texts << value.toString();
    return texts;
}

/// The axes that a pair of tables describes, slowest first; nothing when the rows do not run
/// through all combinations in that order. `isAcross`: a dimension a row, not a column.
std::optional<QList<Axis>> axesOf(const Hdf5File &file, const QString &indices,
                                  const QString &values, bool isAcross, std::int64_t points)
{
    const std::optional<ArrayInfo> table = file.describe(indices), other = file.describe(values);
    if (!table || !other || table->axes.size() != 2 || other->axes.size() != 2 ||
        table->axes[isAcross ? 1 : 0].size != points ||
        other->axes[0].size != table->axes[0].size || other->axes[1].size != table->axes[1].size ||
        table->count() > mostRows)
        return {};
    const std::int64_t dimensions = table->axes[isAcross ? 0 : 1].size;
    const std::vector<double> numbers = file.readRows(indices, 0, table->axes[0].size);
    const std::vector<double> places = file.readRows(values, 0, table->axes[0].size);
    const auto at = [&](std::int64_t point, std::int64_t dimension) {
        return std::size_t(isAcross ? dimension * points + point : point * dimensions + dimension);
    };
    struct Dimension
    {
        std::int64_t column = 0, size = 0, changes = 0;
    };
    std::vector<Dimension> found;
    for (std::int64_t d = 0; d < dimensions; ++d) {
        Dimension one{d, 0, 0};
        for (std::int64_t p = 0; p < points; ++p) {
            const double index = numbers[at(p, d)];
            if (!(index >= 0 && index < double(points)))
                return {};
            one.size = std::max(one.size, std::int64_t(index) + 1);
            one.changes += p > 0 && index != numbers[at(p - 1, d)];
        }
        found.push_back(one);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Dimension &a, const Dimension &b) { return a.changes < b.changes; });
    const std::int64_t product = std::accumulate(
        found.begin(), found.end(), std::int64_t(1), [](std::int64_t so, const Dimension &one) {
            return so > mostRows ? so : so * one.size; // cannot overflow: both are bounded
        });
    if (product != points)
        return {};
    for (std::int64_t p = 0; p < points; ++p) {
        std::int64_t rest = p;
        for (auto one = found.rbegin(); one != found.rend(); ++one) {
            if (std::int64_t(numbers[at(p, one->column)]) != rest % one->size)
                return {};
            rest /= one->size;
        }
    }
    const QStringList labels = textsOf(file, values, "labels"),
                      units = textsOf(file, values, "units");
    QList<Axis> axes;
    std::int64_t stride = points;
    for (const Dimension &one : found) {
        Axis axis;
        axis.size = one.size;
        axis.name = labels.value(one.column);
        axis.unit = units.value(one.column);
        stride /= one.size;
        std::vector<double> along;
        for (std::int64_t i = 0; i < one.size; ++i)
            along.push_back(places[at(i * stride, one.column)]);
        setPoints(axis, along);
        if (axis.unit == "a.u." || axis.unit.isEmpty()) { // they write so what they do not know
            axis.unit.clear();
            axis.isCalibrated = false;
        }
        axes << axis;
    }
    return axes;
}

/// "Measurement_000/Channel_000/Raw_Data" without what all of them are called.
QString titleOf(const Hdf5File &file, const QString &path)
{
    const QString quantity = textOf(file, path, "quantity");
    const QString name = path.section('/', -1);
    return quantity.isEmpty() || quantity == "generic" ? name : quantity;
}

std::optional<Found> describeUsid(const Hdf5File &file, const QString &path)
{
    std::optional<ArrayInfo> info = file.describe(path);
    if (!info || info->axes.size() != 2)
        return {}; // complex numbers and records
    Found found{*info, info->axes[0].size, info->axes[1].size};
    const auto table = [&](const char *name) { return file.attribute(path, name).toString(); };
    const auto positions =
        axesOf(file, table("Position_Indices"), table("Position_Values"), false, found.rows);
    const auto spectral = axesOf(file, table("Spectroscopic_Indices"),
                                 table("Spectroscopic_Values"), true, found.cols);
    if (positions && spectral) {
        found.info.axes = *positions;
        const bool hasSpectra = found.cols > 1;
        for (Axis &axis : found.info.axes)
            axis.isNavigation = hasSpectra;
        for (const Axis &axis : *spectral)
            if (axis.size > 1 || (!hasSpectra && positions->size() < 2))
                found.info.axes << axis;
    }
    return found;
}

std::optional<Found> describeNsid(const Hdf5File &file, const QString &path)
{
    std::optional<ArrayInfo> info = file.describe(path);
    if (!info)
        return {};
    const QVariant list = file.attribute(path, "DIMENSION_LIST");
    QStringList scales;
    for (const QVariant &scale : list.toList())
        scales << scale.toString();
    const QStringList labels = textsOf(file, path, "DIMENSION_LABELS");
    bool hasSpectra = false;
    for (int i = 0; i < info->axes.size(); ++i) {
        Axis &axis = info->axes[i];
        axis.name = labels.value(i);
        const QString scale = scales.value(i);
        const std::optional<ArrayInfo> points =
            scale.isEmpty() ? std::nullopt : file.describe(scale);
        if (!points || points->axes.size() != 1 || points->axes[0].size != axis.size)
            continue;
        axis.unit = textOf(file, scale, "units");
        setPoints(axis, file.readRows(scale, 0, axis.size));
        const QString kind = textOf(file, scale, "dimension_type").toUpper();
        hasSpectra = hasSpectra || kind.contains("SPECTRAL");
        axis.isNavigation = kind.contains("SPATIAL");
        if (axis.unit == "generic" || axis.unit == "a.u.") {
            axis.unit.clear();
            axis.isCalibrated = axis.isCalibrated && (axis.scale != 1 || axis.offset != 0);
        }
    }
    for (Axis &axis : info->axes)
        axis.isNavigation = axis.isNavigation && hasSpectra;
    return Found{*info, 0, 0};
}

std::optional<Found> describe(const Hdf5File &file, const QString &path)
{
    std::optional<Found> found;
    if (isUsid(file, path))
        found = describeUsid(file, path);
    else if (isNsid(file, path))
        found = describeNsid(file, path);
    if (!found)
        return {};
    found->info.path = path;
    found->info.title = titleOf(file, path);
    found->info.quantity = textOf(file, path, "quantity");
    if (const QString units = textOf(file, path, "units"); !units.isEmpty() && units != "a.u.")
        found->info.quantity += QStringLiteral(" (%1)").arg(units);
    return found;
}

} // namespace

bool looksLike(const QString &file, const QByteArray &head)
{
    if (!isHdf5(head))
        return false;
    const Hdf5File in(file, Hdf5File::Mode::Read);
    const QStringList paths = datasetsBelow(in, {});
    return std::any_of(paths.begin(), paths.end(),
                       [&](const QString &path) { return isNsid(in, path) || isUsid(in, path); });
}

QList<ArrayInfo> list(const QString &file)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QList<ArrayInfo> arrays;
    for (const QString &path : datasetsBelow(in, {}))
        if (const auto found = describe(in, path))
            arrays << found->info;
    if (arrays.isEmpty())
        fail(Tr::tr("Cannot read %1: none of its main datasets holds plain numbers.").arg(file));
    return arrays;
}

static ArrayInfo find(const Hdf5File &in, const QString &array)
{
    if (!in.has(array))
        fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(in.fileName(), array));
    const std::optional<Found> found = describe(in, array);
    if (!found)
        fail(Tr::tr("Cannot read '%1' of %2: it is no main dataset of plain numbers.")
                 .arg(array, in.fileName()));
    return found->info;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    // The tables run through the dimensions in C order: the numbers stay where they are.
    return {info, in.readAll(array, progress)};
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    return storedInHdf5(std::move(in), info, array);
}

Metadata metadata(const QString &file, const QString &array)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    Metadata found;
    found.all["file"] = attributesOf(in, {});
    const QStringList parts = array.split('/');
    for (qsizetype i = 1; i < parts.size(); ++i) {
        const QString group = parts.mid(0, i).join('/');
        found.all[group] = attributesOf(in, group);
    }
    found.all["data"] = attributesOf(in, array);
    const QString beside = array.section('/', 0, -2);
    for (const QString &name : in.groups(beside))
        found.all[name] = attributesBelow(in, beside.isEmpty() ? name : beside + '/' + name);
    using Field = Metadata::Field;
    found.put(Field::Title, titleOf(in, array));
    found.take(Field::Signal, "data/modality");
    found.take(Field::Detector, "data/quantity");
    found.take(Field::Operator, "file/user_name");
    found.take(Field::Sample, "file/sample_name");
    found.take(Field::Comment, "file/comments");
    found.take(Field::Instrument, "file/instrument");
    found.take(Field::Time, "file/experiment_date");
    found.take(Field::Time, "data/timestamp");
    for (const char *name : {"pyNSID_version", "pyUSID_version", "pycroscopy_version"})
        if (const QString version = textOf(in, array, name); !version.isEmpty())
            found.put(Field::Software, QString(name).section('_', 0, 0) + ' ' + version);
    for (const QString &at : {QString("original_metadata/"), QString("metadata/")}) {
        found.take(Field::BeamEnergy, at + "experiment/acceleration_voltage", 1e-3);
        found.take(Field::Convergence, at + "experiment/convergence_angle");
        found.take(Field::Collection, at + "experiment/collection_angle");
        found.take(Field::Dwell, at + "experiment/single_exposure_time");
    }
    const QString version = textOf(in, array, "pyNSID_version");
    if (version.section('.', 0, 0).toInt() > 0)
        found.warnings << recorded("%1 was written by pyNSID %2; versions 0.x are known and it was "
                                   "read like those.")
                              .arg(file, version);
    return found;
}

} // namespace helmscope::pycroscopy
