// SPDX-License-Identifier: GPL-3.0-or-later
// HyperSpy's HDF5 files, .hspy and (before 2016) .hdf5: Experiments/<title>/{data, axis-0, ...,
// metadata}.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/hdf5tree.h"
#include "data/formats/rows.h"

#include <cmath>

namespace helmscope::hyperspy {

static const QString experiments = QStringLiteral("Experiments");

[[noreturn]] static void refuse(const Hdf5File &file, const QString &path, const QString &what)
{
    fail(Tr::tr("Cannot read '%1' of %2: %3.").arg(path, file.fileName(), what));
}

/// A text attribute, empty where it is absent or HyperSpy's ways of saying that it is unknown.
static QString textAttribute(const Hdf5File &file, const QString &path, const QString &name)
{
    if (!file.has(path))
        return {};
    const QString text = file.attribute(path, name).toString().trimmed();
    static const QStringList unknown{"<undefined>", "_None_", "None", "t.Undefined", "Undefined"};
    return unknown.contains(text) || text.startsWith(QLatin1String("_bs_")) ? QString() : text;
}

/// Where the axis of this number is described: version 1 and 3 name groups axis-N; some hold a
/// list.
static QString axisPath(const Hdf5File &file, const QString &path, int index, int dimensions)
{
    const QString plain = QStringLiteral("%1/axis-%2").arg(path).arg(index);
    const QString listed =
        QStringLiteral("%1/_list_%2_axes/%3").arg(path).arg(dimensions).arg(index);
    return file.has(plain) ? plain : file.has(listed) ? listed : QString();
}

/// Whether an axis is the scan's: said outright, by its old name, or by what is recorded at each
/// point.
static bool isNavigation(const Hdf5File &file, const QString &path, const QString &axis, int index,
                         int dimensions)
{
    for (const char *name : {"navigate", "slice_bool"})
        if (const QVariant value = file.attribute(axis, name); value.isValid())
            return value.toBool();
    const QString recordBy = textAttribute(file, path + "/metadata/Signal", "record_by");
    const int signalAxes = recordBy == "spectrum" ? 1 : recordBy == "image" ? 2 : dimensions;
    return index < dimensions - signalAxes;
}

/// Fills in an axis; `isStrict` throws where it contradicts the data instead of leaving it
/// uncalibrated.
static void readAxis(const Hdf5File &file, const QString &path, const QString &group, Axis &axis,
                     bool isStrict)
{
    axis.name = textAttribute(file, group, "name");
    axis.unit = textAttribute(file, group, "units");
    const auto object = [&](const QString &sentence) {
        if (isStrict)
            refuse(file, path + "/data", sentence);
    };
    const QVariant size = file.attribute(group, "size");
    if (size.isValid() && size.toLongLong() != axis.size)
        object(Tr::tr("its axis '%1' should have %2 points and the data have %3")
                   .arg(axis.name)
                   .arg(size.toLongLong())
                   .arg(axis.size));
    const QString list = group + "/axis";
    if (file.has(list)) {
        const std::optional<ArrayInfo> info = file.describe(list);
        if (!info || info->axes.size() != 1 || info->axes[0].size != axis.size)
            return object(
                Tr::tr("its axis '%1' does not list %2 numbers").arg(axis.name).arg(axis.size));
        axis.values = file.readRows(list, 0, axis.size);
        axis.isCalibrated = true;
        return;
    }
    const QVariant values = file.attribute(group, "axis"); // short ones are kept in an attribute
    if (values.canConvert<QVariantList>() && values.toList().size() == axis.size) {
        for (const QVariant &value : values.toList())
            axis.values.push_back(value.toDouble());
        axis.isCalibrated = true;
        return;
    }
    if (!file.attribute(group, "expression").isNull())
        return object(Tr::tr("its axis '%1' is given by a formula; in HyperSpy call the axis' "
                             "convert_to_non_uniform_axis() and save again")
                          .arg(axis.name));
    const QVariant scale = file.attribute(group, "scale"), offset = file.attribute(group, "offset");
    axis.scale = scale.isValid() ? scale.toDouble() : 1;
    axis.offset = offset.isValid() ? offset.toDouble() : 0;
    axis.isCalibrated =
        scale.isValid() && (!axis.unit.isEmpty() || axis.scale != 1 || axis.offset != 0);
    if (std::isfinite(axis.scale) && std::isfinite(axis.offset) && axis.scale != 0)
        return;
    object(Tr::tr("its axis '%1' has the scale %2 and the offset %3")
               .arg(axis.name)
               .arg(axis.scale)
               .arg(axis.offset));
    axis.scale = 1;
    axis.offset = 0;
    axis.isCalibrated = false;
}

static std::optional<ArrayInfo> describe(const Hdf5File &file, const QString &path, bool isStrict)
{
    std::optional<ArrayInfo> info = file.describe(path + "/data");
    if (!info)
        return {};
    info->path = path;
    info->title = textAttribute(file, path + "/metadata/General", "title");
    if (info->title.isEmpty())
        info->title = path.section('/', -1);
    info->quantity = textAttribute(file, path + "/metadata/Signal", "quantity");
    const int dimensions = int(info->axes.size());
    for (int i = 0; i < dimensions; ++i) {
        const QString group = axisPath(file, path, i, dimensions);
        if (group.isEmpty()) {
            if (isStrict)
                refuse(file, path, Tr::tr("it has no 'axis-%1'").arg(i));
            continue;
        }
        readAxis(file, path, group, info->axes[i], isStrict);
        info->axes[i].isNavigation = isNavigation(file, path, group, i, dimensions);
    }
    return info;
}

bool looksLike(const QString &file, const QByteArray &head)
{
    return head.startsWith("\x89HDF\r\n\x1a\n") &&
           Hdf5File(file, Hdf5File::Mode::Read).has(experiments);
}

QList<ArrayInfo> list(const QString &file)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QList<ArrayInfo> arrays;
    for (const QString &title : in.groups(experiments))
        if (const auto info = describe(in, experiments + '/' + title, false))
            arrays << *info;
    if (arrays.isEmpty())
        fail(Tr::tr("Cannot read %1: its group 'Experiments' holds no array 'data'.").arg(file));
    return arrays;
}

static ArrayInfo find(const Hdf5File &in, const QString &array)
{
    const QString path = array.startsWith(experiments + '/') ? array : experiments + '/' + array;
    if (!in.has(path))
        fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(in.fileName(), array));
    if (!in.has(path + "/data"))
        refuse(in, path, Tr::tr("it has no dataset 'data'"));
    const std::optional<ArrayInfo> info = describe(in, path, true);
    if (!info)
        refuse(in, path, Tr::tr("its dataset 'data' does not hold plain numbers"));
    return *info;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    return {info, in.readAll(info.path + "/data", progress)};
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    Hdf5File in(file, Hdf5File::Mode::Read);
    const ArrayInfo info = find(in, array);
    return storedInHdf5(std::move(in), info, info.path + "/data");
}

Metadata metadata(const QString &file, const QString &array)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    Metadata found;
    using Field = Metadata::Field;
    for (const char *name : {"metadata", "original_metadata"}) // earlier ones wrote another name
        for (const QString &path : {array + '/' + name, array + "/mapped_parameters"})
            if (in.has(path))
                found.all[path.section('/', -1)] = attributesBelow(in, path);
    const QString general = "metadata/General/", tem = "metadata/Acquisition_instrument/TEM/";
    found.take(Field::Title, general + "title");
    found.take(Field::Operator, general + "authors");
    found.take(Field::Comment, general + "notes");
    if (const QString date = valueAt(found.all, general + "date").toString(); !date.isEmpty()) {
        const QString time = valueAt(found.all, general + "time").toString();
        found.put(Field::Time, time.isEmpty() ? date : date + 'T' + time);
    }
    found.take(Field::Signal, "metadata/Signal/signal_type");
    found.take(Field::Sample, "metadata/Sample/description");
    for (const QString &at : {tem, QString("metadata/Acquisition_instrument/SEM/")}) {
        found.take(Field::Instrument, at + "microscope");
        found.take(Field::BeamEnergy, at + "beam_energy");
        found.take(Field::Current, at + "beam_current", 1e3); // nA
        found.take(Field::Magnification, at + "magnification");
        found.take(Field::CameraLength, at + "camera_length");
        found.take(Field::Convergence, at + "convergence_angle");
        found.take(Field::TiltAlpha, at + "Stage/tilt_alpha");
        found.take(Field::TiltAlpha, at + "tilt_stage");
        found.take(Field::TiltBeta, at + "Stage/tilt_beta");
        found.take(Field::Collection, at + "Detector/EELS/collection_angle");
        found.take(Field::Dwell, at + "Detector/EELS/dwell_time");
        found.take(Field::Exposure, at + "Detector/EELS/exposure");
        found.take(Field::Exposure, at + "Detector/Camera/exposure");
        found.take(Field::Detector, at + "Detector/EELS/spectrometer");
        found.take(Field::Detector, at + "Detector/EDS/EDS_det");
    }
    found.put(Field::Software, textAttribute(in, "", "file_format"));
    const QString version = textAttribute(in, "", "file_format_version");
    if (!version.isEmpty())
        found.put(Field::Software, "HyperSpy " + version);
    constexpr double newest = 3.4; // the format's own count
    if (version.section('.', 0, 1).toDouble() > newest)
        found.warnings << recorded(
                              "%1 is of version %2 of HyperSpy's format; versions up to %3 are "
                              "known and it was read like those.")
                              .arg(file, version)
                              .arg(newest);
    return found;
}

} // namespace helmscope::hyperspy
