// SPDX-License-Identifier: GPL-3.0-or-later
// Nion Swift: .ndata is a zip of data.npy and metadata.json, .h5 a dataset `data` whose attribute
// `properties` holds the same JSON.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/hdf5tree.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>
#include <memory>

#include <zip.h>

namespace helmscope::nion {

namespace {

struct Closer
{
    void operator()(zip_t *zip) const { zip_discard(zip); }
    void operator()(zip_file_t *entry) const { zip_fclose(entry); }
};

const QString dataName = QStringLiteral("data");

/// The JSON beside the numbers of a .ndata; nothing when the file has none.
std::optional<QJsonObject> jsonInZip(const QString &file)
{
    int code = 0;
    const std::unique_ptr<zip_t, Closer> zip(zip_open(QFile::encodeName(file), ZIP_RDONLY, &code));
    if (!zip || zip_name_locate(zip.get(), "data.npy", 0) < 0)
        return {};
    zip_stat_t about;
    zip_stat_init(&about);
    constexpr zip_uint64_t most = 64 << 20;
    if (zip_stat(zip.get(), "metadata.json", 0, &about) != 0 || !(about.valid & ZIP_STAT_SIZE) ||
        about.size > most)
        return {};
    const std::unique_ptr<zip_file_t, Closer> entry(zip_fopen_index(zip.get(), about.index, 0));
    QByteArray text(qsizetype(about.size), '\0');
    if (!entry || zip_fread(entry.get(), text.data(), about.size) != zip_int64_t(about.size))
        return {};
    return QJsonDocument::fromJson(text).object();
}

std::optional<QJsonObject> jsonInHdf5(const QString &file)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    if (!in.has(dataName))
        return {};
    const QString text = textOf(in, dataName, "properties");
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8());
    return document.isObject() ? std::optional(document.object()) : std::nullopt;
}

bool isZip(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) && in.read(4) == QByteArray("PK\x03\x04", 4);
}

QJsonObject propertiesOf(const QString &file)
{
    const std::optional<QJsonObject> found = isZip(file) ? jsonInZip(file) : jsonInHdf5(file);
    if (!found)
        fail(Tr::tr("Cannot read %1: it lacks Swift's metadata.").arg(file));
    return *found;
}

/// Where the calibrations stand: at the top in exported files, one below in a library's.
QJsonObject dataSource(const QJsonObject &properties)
{
    if (properties.contains("dimensional_calibrations"))
        return properties;
    for (const char *place : {"data_sources/0", "data_source", "data_sources/0/data_source"})
        if (const QJsonObject source = valueAt(properties, place).toObject(); !source.isEmpty())
            return source;
    return properties;
}

void describe(ArrayInfo &info, const QJsonObject &properties)
{
    const QJsonObject source = dataSource(properties);
    QJsonArray calibrations = source["dimensional_calibrations"].toArray();
    if (calibrations.isEmpty())
        calibrations = source["spatial_calibrations"].toArray();
    const qsizetype dimensions = info.axes.size();
    qsizetype datum = source["datum_dimension_count"].toInt(0);
    if (datum < 1 || datum > dimensions)
        datum = dimensions;
    static const char *const places[] = {"y", "x"};
    for (qsizetype i = 0; i < dimensions; ++i) {
        Axis &axis = info.axes[i];
        axis.isNavigation = i < dimensions - datum;
        if (calibrations.size() == dimensions) {
            const QJsonObject one = calibrations[i].toObject();
            const double scale = one["scale"].toDouble(1), offset = one["offset"].toDouble(0);
            axis.unit = one["units"].toString();
            if (std::isfinite(scale) && scale != 0 && std::isfinite(offset)) {
                axis.scale = scale;
                axis.offset = offset;
                axis.isCalibrated = !axis.unit.isEmpty() || scale != 1 || offset != 0;
            }
        }
        const bool isEnergy = axis.unit.endsWith("eV");
        if (isEnergy)
            axis.name = recorded("Energy loss");
        else if (nanometresPerStep(axis) > 0 && i < 2)
            axis.name = QString::fromLatin1(places[i]);
    }
    info.path = dataName;
    info.title = properties["title"].toString(dataName);
    const QJsonObject intensity = source["intensity_calibration"].toObject();
    info.quantity = intensity["units"].toString();
}

} // namespace

bool looksLike(const QString &file, const QByteArray &head)
{
    if (head.startsWith(QByteArray("PK\x03\x04", 4)))
        return jsonInZip(file).has_value();
    return isHdf5(head) && jsonInHdf5(file).has_value();
}

QList<ArrayInfo> list(const QString &file)
{
    const QJsonObject properties = propertiesOf(file);
    std::optional<ArrayInfo> info;
    if (isZip(file)) {
        for (const ArrayInfo &one : numpy::list(file))
            if (one.path == dataName)
                info = one;
    } else {
        info = Hdf5File(file, Hdf5File::Mode::Read).describe(dataName);
    }
    if (!info)
        fail(Tr::tr("Cannot read %1: its data are no plain numbers.").arg(file));
    describe(*info, properties);
    return {*info};
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const ArrayInfo info = list(file)[0];
    if (array != info.path)
        fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(file, array));
    if (isZip(file))
        return {info, numpy::read(file, dataName, progress).samples};
    return {info, Hdf5File(file, Hdf5File::Mode::Read).readAll(dataName, progress)};
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    const ArrayInfo info = list(file)[0];
    if (array != info.path || isZip(file))
        return {};
    return storedInHdf5(Hdf5File(file, Hdf5File::Mode::Read), info, dataName);
}

Metadata metadata(const QString &file, const QString &)
{
    Metadata found;
    found.all = propertiesOf(file);
    using Field = Metadata::Field;
    found.take(Field::Title, "title");
    found.take(Field::Comment, "caption");
    found.take(Field::Comment, "description");
    found.take(Field::Time, "created");
    found.take(Field::Operator, "session/microscopist");
    found.take(Field::Sample, "session/sample");
    found.take(Field::Instrument, "session/instrument");
    for (const QString &root : {QString("metadata/"), QString("data_sources/0/metadata/"),
                                QString("data_source/metadata/")}) {
        for (const char *instrument : {"instrument/", "hardware_source/autostem/"}) {
            const QString at = root + instrument;
            found.take(Field::BeamEnergy, at + "high_tension", 1e-3);
            found.take(Field::BeamEnergy, at + "high_tension_v", 1e-3);
            found.take(Field::Defocus, at + "defocus", 1e9);
            found.take(Field::Current, at + "probe_current", 1e12);
            found.take(Field::Convergence, at + "convergence_angle_rad", 1e3);
            found.take(Field::Collection, at + "collection_angle_rad", 1e3);
        }
        const QString hardware = root + "hardware_source/";
        found.take(Field::Detector, hardware + "channel_name");
        found.take(Field::Detector, hardware + "hardware_source_name");
        found.take(Field::Exposure, hardware + "exposure");
        found.take(Field::FieldOfView, root + "scan/fov_nm");
        found.take(Field::FieldOfView, hardware + "fov_nm");
        found.take(Field::Dwell, hardware + "pixel_time_us", 1e-6);
        found.take(Field::Dwell, root + "scan/scan_device_parameters/pixel_time_us", 1e-6);
    }
    constexpr int newest = 13;
    const int version = found.all["version"].toInt();
    if (version > newest)
        found.warnings << recorded("%1 is of version %2 of Swift's format; versions up to %3 are "
                                   "known and it was read like those.")
                              .arg(file)
                              .arg(version)
                              .arg(newest);
    return found;
}

} // namespace helmscope::nion
