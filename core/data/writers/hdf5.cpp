// SPDX-License-Identifier: GPL-3.0-or-later
// HyperSpy's format, version 3.1, and pycroscopy's NSID.
#include "base/tr.h"
#include "data/hdf5file.h"
#include "data/writers/writers.h"

#include <QDateTime>
#include <QJsonArray>

namespace helmscope {

using Field = Metadata::Field;

static std::vector<std::int64_t> shapeOf(const ArrayInfo &info)
{
    std::vector<std::int64_t> shape;
    for (const Axis &axis : info.axes)
        shape.push_back(axis.size);
    return shape;
}

/// Nested JSON as groups and attributes; what is no name in HDF5 is made one.
static void writeTree(Hdf5File &out, const QString &group, const QJsonObject &object, int depth = 0)
{
    out.makeGroup(group);
    constexpr int deepest = 16;
    constexpr qsizetype largest = 60'000; // an attribute has to fit beside others into 64 KiB
    for (auto child = object.begin(); child != object.end(); ++child) {
        QString name = child.key();
        name.replace('/', '_');
        if (name.isEmpty() || name == ".")
            name = "_";
        const QJsonValue value = child.value();
        if (value.isObject() && depth < deepest)
            writeTree(out, group + '/' + name, value.toObject(), depth + 1);
        else if (value.isDouble())
            out.setAttribute(group, name, value.toDouble());
        else if (value.isBool())
            out.setAttribute(group, name, value.toBool());
        else if (value.isString() && value.toString().toUtf8().size() < largest)
            out.setAttribute(group, name, value.toString());
        else if (value.isArray() && value.toArray().size() < 1000) {
            QStringList texts;
            for (const QJsonValue &item : value.toArray())
                texts << item.toVariant().toString();
            out.setAttribute(group, name, texts);
        }
    }
}

namespace {

/// Where HyperSpy keeps a field.
struct Place
{
    Field field;
    const char *group;
    const char *name;
    double factor = 1; ///< from our unit to HyperSpy's
};
constexpr Place places[] = {
    {Field::Operator, "General", "authors"},
    {Field::Comment, "General", "notes"},
    {Field::Sample, "Sample", "description"},
    {Field::Instrument, "Acquisition_instrument/TEM", "microscope"},
    {Field::BeamEnergy, "Acquisition_instrument/TEM", "beam_energy"},
    {Field::Current, "Acquisition_instrument/TEM", "beam_current", 1e-3},
    {Field::Magnification, "Acquisition_instrument/TEM", "magnification"},
    {Field::CameraLength, "Acquisition_instrument/TEM", "camera_length"},
    {Field::Convergence, "Acquisition_instrument/TEM", "convergence_angle"},
    {Field::TiltAlpha, "Acquisition_instrument/TEM/Stage", "tilt_alpha"},
    {Field::TiltBeta, "Acquisition_instrument/TEM/Stage", "tilt_beta"},
    {Field::Collection, "Acquisition_instrument/TEM/Detector/EELS", "collection_angle"},
    {Field::Dwell, "Acquisition_instrument/TEM/Detector/EELS", "dwell_time"},
    {Field::Exposure, "Acquisition_instrument/TEM/Detector/EELS", "exposure"},
};

} // namespace

void hyperspy::write(const QString &file, const DescribedArray &recording, const Progress &progress)
{
    const auto &[array, metadata] = recording;
    Hdf5File out(file, Hdf5File::Mode::Create);
    out.setAttribute("", "file_format", "HyperSpy");
    out.setAttribute("", "file_format_version", "3.1");
    QString title = array.info.title.isEmpty() ? QStringLiteral("__unnamed__") : array.info.title;
    const QString plain = title;
    title.replace('/', '-');
    const QString root = "Experiments/" + title;
    out.makeGroup(root);
    // The Python package of the signal's class: HyperSpy's own.
    out.setAttribute(root, "package", "");
    out.setAttribute(root, "package_version", "");
    int signalAxes = 0;
    for (int i = 0; i < array.info.axes.size(); ++i) {
        const Axis &axis = array.info.axes[i];
        const QString group = QStringLiteral("%1/axis-%2").arg(root).arg(i);
        signalAxes += !axis.isNavigation;
        out.makeGroup(group);
        out.setAttribute(group, "name", axis.name);
        out.setAttribute(group, "units", axis.unit);
        out.setAttribute(group, "size", qint64(axis.size));
        out.setAttribute(group, "navigate", axis.isNavigation);
        out.setAttribute(group, "is_binned", false);
        out.setAttribute(group, "_type", axis.values.empty() ? "UniformDataAxis" : "DataAxis");
        if (axis.values.empty()) {
            out.setAttribute(group, "scale", axis.scale);
            out.setAttribute(group, "offset", axis.offset);
        } else {
            out.write(group + "/axis", {axis.size}, axis.values);
        }
    }
    const QString meta = root + "/metadata/";
    for (const char *group : {"General", "Signal", "_HyperSpy"})
        out.makeGroup(meta + group);
    out.setAttribute(meta + "General", "title", plain);
    out.setAttribute(meta + "Signal", "quantity", array.info.quantity);
    const auto signal = metadata.texts.find(Field::Signal);
    const QString kind = signal == metadata.texts.end() ? QString() : signal->second;
    out.setAttribute(meta + "Signal", "signal_type",
                     signalAxes != 1        ? QString() // an image
                     : kind.contains("EDS") ? QStringLiteral("EDS_TEM")
                     : kind == "EELS"       ? kind
                                            : QString());
    if (const auto time = metadata.texts.find(Field::Time); time != metadata.texts.end())
        if (const QDateTime at = QDateTime::fromString(time->second, Qt::ISODate); at.isValid()) {
            out.setAttribute(meta + "General", "date", at.date().toString(Qt::ISODate));
            out.setAttribute(meta + "General", "time", at.time().toString(Qt::ISODate));
        }
    for (const Place &place : places) {
        const QString group = meta + place.group;
        const auto number = metadata.numbers.find(place.field);
        const auto text = metadata.texts.find(place.field);
        if (number == metadata.numbers.end() && text == metadata.texts.end())
            continue;
        out.makeGroup(group);
        if (number != metadata.numbers.end())
            out.setAttribute(group, place.name, number->second * place.factor);
        else
            out.setAttribute(group, place.name, text->second);
    }
    writeTree(out, root + "/original_metadata", metadata.all);
    out.makeGroup(root + "/learning_results");
    out.write(root + "/data", shapeOf(array.info), array.samples, progress);
}

void pycroscopy::write(const QString &file, const DescribedArray &recording,
                       const Progress &progress)
{
    const auto &[array, metadata] = recording;
    Hdf5File out(file, Hdf5File::Mode::Create);
    const QString root = "Measurement_000/Channel_000/main", data = root + "/main";
    out.makeGroup(root);
    out.write(data, shapeOf(array.info), array.samples, progress);
    int navigation = 0;
    for (int i = 0; i < array.info.axes.size(); ++i) {
        const Axis &axis = array.info.axes[i];
        QString name = axis.name.isEmpty() ? QStringLiteral("dim_%1").arg(i) : axis.name;
        name.replace('/', '_').replace(' ', '_');
        QString scale = root + '/' + name;
        if (out.has(scale))
            scale += QStringLiteral("_%1").arg(i);
        std::vector<double> points;
        for (std::int64_t k = 0; k < axis.size; ++k)
            points.push_back(axis.at(k));
        out.write(scale, {axis.size}, points);
        const bool isSpace = axis.isNavigation || nanometresPerStep(axis) > 0;
        navigation += isSpace;
        out.setAttribute(scale, "name", name);
        out.setAttribute(scale, "quantity", name);
        out.setAttribute(scale, "units", axis.unit.isEmpty() ? "generic" : axis.unit);
        out.setAttribute(scale, "dimension_type", isSpace ? "SPATIAL" : "SPECTRAL");
        out.setScale(data, i, scale, name);
    }
    const auto dimensions = array.info.axes.size();
    out.setAttribute(data, "data_type",
                     dimensions == 3 && navigation == 2 ? "SPECTRAL_IMAGE"
                     : dimensions == 2                  ? "IMAGE"
                     : dimensions == 1                  ? "SPECTRUM"
                                                        : "UNKNOWN");
    out.setAttribute(data, "main_data_name", "main");
    out.setAttribute(data, "modality", "generic");
    out.setAttribute(data, "source", "generic");
    const QString name = array.info.quantity.isEmpty() ? array.info.title : array.info.quantity;
    out.setAttribute(data, "quantity", name.isEmpty() ? QStringLiteral("generic") : name);
    out.setAttribute(data, "units", "a.u.");
    out.setAttribute(data, "pyNSID_version", "0.0.7.2"); // whose layout this is
    out.setAttribute(data, "platform", "helmscope " HELMSCOPE_VERSION);
    writeTree(out, root + "/metadata", metadata.standard());
    writeTree(out, root + "/original_metadata", metadata.all);
}

} // namespace helmscope
