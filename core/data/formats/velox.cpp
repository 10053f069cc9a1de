// SPDX-License-Identifier: GPL-3.0-or-later
// Velox's EMD: Data/Image/<id>/{Data [rows, cols, frames], Metadata}, Data/SpectrumStream/<id>,
// where 65535 stands for "next pixel" and any other number for a count in that channel, and
// Data/EelsSpectrumImage. Metadata is a column of bytes of JSON a frame. The cube of EDS that it
// also keeps, Data/SpectrumImage, is packed in a way that nobody has published.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/hdf5tree.h"
#include "data/formats/rows.h"

#include <QDateTime>
#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace helmscope::velox {

namespace {

constexpr quint16 nextPixel = 65535;
const QString images = QStringLiteral("Data/Image"),
              streams = QStringLiteral("Data/SpectrumStream"),
              eels = QStringLiteral("Data/EelsSpectrumImage"),
              spectra = QStringLiteral("Data/Spectrum"), mean = QStringLiteral("/mean");

[[noreturn]] void refuse(const Hdf5File &file, const QString &path, const QString &what)
{
    fail(Tr::tr("Cannot read '%1' of %2: %3.").arg(path, file.fileName(), what));
}

QJsonObject parsed(const QByteArray &text)
{
    return QJsonDocument::fromJson(text.left(qstrnlen(text.constData(), size_t(text.size()))))
        .object();
}

/// The JSON that stands as a text in a dataset; empty where there is none.
QJsonObject jsonIn(const Hdf5File &file, const QString &dataset)
{
    if (!file.has(dataset) || file.describe(dataset))
        return {};
    const QStringList texts = file.readTexts(dataset);
    return texts.isEmpty() ? QJsonObject() : parsed(texts[0].toUtf8());
}

/// Of the first frame.
QJsonObject metadataOf(const Hdf5File &file, const QString &group)
{
    const QString dataset = group + "/Metadata";
    const std::optional<ArrayInfo> info = file.describe(dataset);
    constexpr std::int64_t most = 16 << 20;
    if (!info || info->axes.size() != 2 || info->type != Samples::Type::UInt8 ||
        info->axes[0].size > most || info->count() == 0)
        return {};
    const Samples bytes = file.readBlock(dataset, {0, 0}, {info->axes[0].size, 1});
    return parsed(
        QByteArray(reinterpret_cast<const char *>(bytes.bytes()), qsizetype(bytes.count())));
}

double numberAt(const QJsonObject &object, const QString &place, double otherwise)
{
    const QJsonValue value = valueAt(object, place);
    bool isNumber = value.isDouble();
    const double number = isNumber ? value.toDouble() : value.toString().toDouble(&isNumber);
    return isNumber && std::isfinite(number) ? number : otherwise;
}

QString idOf(const QString &path)
{
    return path.section('/', -1);
}

/// Which detector or operation an image is of: said by the operation that writes it, in the files
/// since version 11 by the metadata, and for maps by their display.
QString nameOf(const Hdf5File &file, const QString &id, const QJsonObject &metadata)
{
    const auto each = [&](const QString &group, auto tell) {
        for (const QString &name : file.has(group) ? file.datasets(group) : QStringList()) {
            const QJsonObject object = jsonIn(file, group + '/' + name);
            const bool isOf = object["dataPath"].toString().endsWith(id) ||
                              object["imageOutputPath"].toString().endsWith(id) ||
                              object["unfilteredDataPath"].toString().endsWith(id);
            if (const QString told = isOf ? tell(object) : QString(); !told.isEmpty())
                return told;
        }
        return QString();
    };
    const auto key = [](const char *name) {
        return [name](const QJsonObject &object) { return object[name].toString(); };
    };
    const auto always = [](const char *name) {
        return [name](const QJsonObject &) { return QString(name); };
    };
    const QString operations = QStringLiteral("Operations/");
    QStringList names{each(operations + "StemInputOperation", key("detector")),
                      each(operations + "CameraInputOperation", key("cameraName")),
                      each(operations + "DpcOperation", always("DPC")),
                      each(operations + "SurfaceReconstructionOperation",
                           [](const QJsonObject &object) {
                               return object["integrationMode"].toString() == "true"
                                          ? QStringLiteral("iDPC")
                                          : QStringLiteral("dDPC");
                           }),
                      each(operations + "IntegrationOperation", always("DCFI")),
                      each(operations + "FftOperation", always("FFT"))};
    names << each(
        QStringLiteral("Presentation/Displays/ImageDisplay"),
        [](const QJsonObject &object) { return object["display"].toObject()["label"].toString(); });
    const QString display = QStringLiteral("Displays/ImageDisplay");
    for (const QString &name : file.has(display) ? file.datasets(display) : QStringList()) {
        const QJsonObject object = jsonIn(file, display + '/' + name);
        const QString data = object["data"].toString().mid(1);
        if (!data.isEmpty() && jsonIn(file, data)["dataPath"].toString().endsWith(id))
            names << object["id"].toString();
    }
    names << valueAt(metadata, "BinaryResult/Detector").toString() << id.left(8);
    names.removeAll(QString());
    return names[0];
}

/// Rows and columns with the size of a pixel; sizes are set already.
void calibrate(Axis &rows, Axis &cols, const QJsonObject &metadata, bool isNavigation)
{
    const auto set = [&](Axis &axis, const char *name, const char *side, const char *place,
                         const char *unit) {
        axis.name = QString::fromLatin1(name);
        axis.isNavigation = isNavigation;
        const QJsonObject result = metadata["BinaryResult"].toObject();
        const double scale = numberAt(result, QStringLiteral("PixelSize/") + side, 0);
        axis.unit = result[QLatin1String(unit)].toString();
        if (scale <= 0 || axis.unit.isEmpty())
            return;
        const double factor = axis.unit == "m" ? 1e9 : 1; // what people read it in
        if (axis.unit == "m")
            axis.unit = "nm";
        axis.scale = scale * factor;
        axis.offset = numberAt(result, QStringLiteral("Offset/") + place, 0) * factor;
        axis.isCalibrated = true;
    };
    set(rows, "y", "height", "y", "PixelUnitY");
    set(cols, "x", "width", "x", "PixelUnitX");
}

Axis frameAxis(std::int64_t frames, const QJsonObject &metadata)
{
    Axis axis;
    axis.name = recorded("Time");
    axis.size = frames;
    axis.isNavigation = true;
    const double seconds = numberAt(metadata, "Scan/FrameTime", 0);
    axis.isCalibrated = seconds > 0;
    if (axis.isCalibrated) {
        axis.scale = seconds;
        axis.unit = "s";
    }
    return axis;
}

void listImages(const Hdf5File &file, QList<ArrayInfo> &into)
{
    for (const QString &id : file.has(images) ? file.groups(images) : QStringList()) {
        const QString path = images + '/' + id;
        std::optional<ArrayInfo> info = file.describe(path + "/Data");
        if (!info || info->axes.size() != 3)
            continue; // complex numbers of DPC and FFT
        const QJsonObject metadata = metadataOf(file, path);
        const std::int64_t frames = info->axes[2].size;
        info->path = path.mid(5); // without "Data/"
        info->title = nameOf(file, id, metadata);
        info->axes = {info->axes[0], info->axes[1]};
        calibrate(info->axes[0], info->axes[1], metadata, false);
        if (frames == 1) {
            into << *info;
            continue;
        }
        ArrayInfo average = *info;
        average.path += mean;
        average.type = Samples::Type::Float32;
        average.frames = frames;
        into << average;
        info->title = recorded("%1 frames").arg(info->title);
        info->axes.prepend(frameAxis(frames, metadata));
        into << *info;
    }
}

/// Rows and columns of the scanned part: of the scan's size in the metadata, held against the
/// images of the file.
std::pair<std::int64_t, std::int64_t> scanShape(const Hdf5File &file, const QJsonObject &metadata)
{
    const double width = numberAt(metadata, "Scan/ScanSize/width", 0),
                 height = numberAt(metadata, "Scan/ScanSize/height", 0);
    const auto part = [&](const char *from, const char *to) {
        return numberAt(metadata, QStringLiteral("Scan/ScanArea/") + to, 1) -
               numberAt(metadata, QStringLiteral("Scan/ScanArea/") + from, 0);
    };
    const double rows = std::round(height * part("top", "bottom")),
                 cols = std::round(width * part("left", "right"));
    std::pair<std::int64_t, std::int64_t> first{0, 0};
    for (const QString &id : file.has(images) ? file.groups(images) : QStringList()) {
        const std::optional<ArrayInfo> info = file.describe(images + '/' + id + "/Data");
        if (!info || info->axes.size() != 3)
            continue;
        const std::pair shape(info->axes[0].size, info->axes[1].size);
        if (double(shape.first) == rows && double(shape.second) == cols)
            return shape;
        if (first.first == 0)
            first = shape;
    }
    if (first.first == 0 && rows >= 1 && cols >= 1 && rows < 1e6 && cols < 1e6)
        return {std::int64_t(rows), std::int64_t(cols)};
    return first;
}

void calibrateEnergy(Axis &axis, const QJsonObject &metadata)
{
    axis.name = QStringLiteral("Energy");
    const QString name = valueAt(metadata, "BinaryResult/Detector").toString();
    const QJsonObject detectors = metadata["Detectors"].toObject();
    for (const QJsonValue &value : detectors) { // "SuperXG2" stands for SuperXG21 to SuperXG24
        const QJsonObject detector = value.toObject();
        const double dispersion = numberAt(detector, "Dispersion", 0);
        if (name.isEmpty() || !detector["DetectorName"].toString().contains(name) ||
            dispersion <= 0)
            continue;
        axis.unit = "keV";
        axis.scale = dispersion / 1000;
        axis.offset = numberAt(detector, "OffsetEnergy", 0) / 1000;
        axis.isCalibrated = true;
        return;
    }
}

/// A stream of events, as a cube; nothing when it is none that we can read.
std::optional<ArrayInfo> describeStream(const Hdf5File &file, const QString &path)
{
    const std::optional<ArrayInfo> stored = file.describe(path + "/Data");
    if (!stored || stored->axes.isEmpty())
        return {};
    const QJsonObject settings = jsonIn(file, path + "/AcquisitionSettings");
    const QJsonObject metadata = metadataOf(file, path);
    const double channels = numberAt(settings, "bincount", 0);
    const auto [rows, cols] = scanShape(file, metadata);
    if (!(channels >= 1 && channels < nextPixel) || rows == 0 || cols == 0)
        return {};
    ArrayInfo info;
    info.path = path.mid(5);
    info.type = Samples::Type::UInt16;
    info.title = recorded("EDS");
    info.quantity = recorded("X-rays (Counts)");
    info.axes.resize(3);
    info.axes[0].size = rows;
    info.axes[1].size = cols;
    info.axes[2].size = std::int64_t(channels);
    calibrate(info.axes[0], info.axes[1], metadata, true);
    calibrateEnergy(info.axes[2], metadata);
    const std::optional<ArrayInfo> frames = file.describe(path + "/Metadata");
    info.frames = frames && frames->axes.size() == 2 ? frames->axes[1].size : 0;
    return info;
}

void listStreams(const Hdf5File &file, QList<ArrayInfo> &into)
{
    const QStringList ids = file.has(streams) ? file.groups(streams) : QStringList();
    QList<ArrayInfo> each;
    for (const QString &id : ids)
        if (const auto info = describeStream(file, streams + '/' + id))
            each << *info;
    if (each.isEmpty())
        return;
    ArrayInfo sum = each[0]; // of all detectors
    sum.path = streams.mid(5);
    into << sum;
    if (each.size() < 2)
        return;
    for (qsizetype i = 0; i < each.size(); ++i) {
        each[i].title = recorded("EDS detector %1").arg(i + 1);
        into << each[i];
    }
}

void listStored(const Hdf5File &file, QList<ArrayInfo> &into)
{
    for (const QString &id : file.has(eels) ? file.groups(eels) : QStringList()) {
        const QString path = eels + '/' + id;
        std::optional<ArrayInfo> info = file.describe(path + "/Data");
        if (!info || info->axes.size() != 3)
            continue;
        const QJsonObject metadata = metadataOf(file, path);
        const QJsonObject data = jsonIn(file, path + "/AcquisitionMetadata")["Data"].toObject();
        info->path = path.mid(5);
        info->title = recorded("EELS");
        info->axes = {info->axes[2], info->axes[0], info->axes[1]};
        calibrate(info->axes[0], info->axes[1], metadata, true);
        Axis &energy = info->axes[2];
        energy.name = recorded("Energy loss");
        const double dispersion = numberAt(data, "dispersion", 0);
        if (dispersion > 0) {
            energy.unit = "eV";
            energy.scale = dispersion;
            energy.offset = numberAt(data, "offset", 0);
            energy.isCalibrated = true;
        }
        into << *info;
    }
    for (const QString &id : file.has(spectra) ? file.groups(spectra) : QStringList()) {
        const QString path = spectra + '/' + id;
        std::optional<ArrayInfo> info = file.describe(path + "/Data");
        if (!info || info->axes.size() != 2 || info->axes[1].size != 1)
            continue;
        info->path = path.mid(5);
        info->title = recorded("EDS spectrum");
        info->axes = {info->axes[0]};
        calibrateEnergy(info->axes[0], metadataOf(file, path));
        into << *info;
    }
}

/// Adds the events of one stream to a cube; wider numbers are taken where counts outgrow theirs.
class Decoder
{
public:
    Decoder(const ArrayInfo &cube, const Selection &selection)
        : m_pixels(cube.axes[0].size * cube.axes[1].size)
        , m_stored(cube.axes[2].size)
        , m_channels(m_stored / selection.bin)
        , m_selection(selection)
        , m_narrow(Samples::Type::UInt16, std::size_t(m_pixels * m_channels))
    {
    }

    void add(const Hdf5File &file, const QString &dataset, const Progress &progress)
    {
        const std::optional<ArrayInfo> info = file.describe(dataset);
        if (!info || info->type != Samples::Type::UInt16 || info->axes.size() > 2 ||
            (info->axes.size() == 2 && info->axes[1].size != 1))
            refuse(file, dataset, Tr::tr("its events are no 16-bit numbers; only those are known"));
        const std::int64_t count = info->axes[0].size;
        constexpr std::int64_t slab = 4 << 20;
        std::int64_t pixel = 0, frame = 0;
        const std::int64_t end = m_selection.frames > 0
                                     ? m_selection.firstFrame + m_selection.frames
                                     : std::numeric_limits<std::int64_t>::max();
        for (std::int64_t first = 0; first < count && frame < end; first += slab) {
            if (!progress(double(first) / double(count)))
                fail(Tr::tr("Stopped."));
            std::vector<std::int64_t> at{first}, sides{std::min(slab, count - first)};
            if (info->axes.size() == 2) {
                at.push_back(0);
                sides.push_back(1);
            }
            const Samples block = file.readBlock(dataset, at, sides);
            const auto *events = reinterpret_cast<const quint16 *>(block.bytes());
            for (std::int64_t i = 0; i < sides[0]; ++i) {
                if (pixel == m_pixels) {
                    pixel = 0;
                    if (++frame == end)
                        break;
                }
                if (events[i] == nextPixel) {
                    ++pixel;
                } else if (events[i] >= m_stored) {
                    refuse(
                        file, dataset,
                        Tr::tr("it has a count in channel %1 of %2").arg(events[i]).arg(m_stored));
                } else if (frame >= m_selection.firstFrame) {
                    count1(std::size_t(pixel * m_channels + events[i] / m_selection.bin));
                }
            }
        }
    }
    const Samples &samples() const { return m_wide.isEmpty() ? m_narrow : m_wide; }

private:
    void count1(std::size_t at)
    {
        if (!m_wide.isEmpty()) {
            ++reinterpret_cast<quint32 *>(m_wide.bytes())[at];
            return;
        }
        auto *counts = reinterpret_cast<quint16 *>(m_narrow.bytes());
        if (++counts[at] != 0)
            return;
        m_wide = Samples(Samples::Type::UInt32, m_narrow.count());
        std::copy(counts, counts + m_narrow.count(), reinterpret_cast<quint32 *>(m_wide.bytes()));
        reinterpret_cast<quint32 *>(m_wide.bytes())[at] = 65536;
        m_narrow = {};
    }

    std::int64_t m_pixels, m_stored, m_channels;
    Selection m_selection;
    Samples m_narrow, m_wide;
};

Array readStreams(const Hdf5File &file, const QString &array, const QString &query,
                  const Progress &progress)
{
    const QString path = "Data/" + array;
    QStringList paths{path};
    if (path == streams) {
        paths.clear();
        for (const QString &id : file.groups(streams))
            if (describeStream(file, streams + '/' + id))
                paths << streams + '/' + id;
    }
    std::optional<ArrayInfo> info = paths.isEmpty() ? std::nullopt : describeStream(file, paths[0]);
    if (!info)
        refuse(file, array,
               Tr::tr("it is no stream of events with a known number of channels and pixels"));
    const Selection selection = Selection::parse(query, *info);
    Decoder decoder(*info, selection);
    for (qsizetype i = 0; i < paths.size(); ++i)
        decoder.add(
            file, paths[i] + "/Data",
            part(progress, double(i) / double(paths.size()), double(i + 1) / double(paths.size())));
    *info = selection.of(*info);
    info->path = array;
    info->type = decoder.samples().type();
    return {*info, decoder.samples()};
}

/// Turns the stored [rows, cols, frames] round, a few rows at a time.
Array readImages(const Hdf5File &file, ArrayInfo info, const QString &query,
                 const Progress &progress)
{
    const bool isMean = info.path.endsWith(mean);
    const QString dataset =
        "Data/" + (isMean ? info.path.chopped(mean.size()) : info.path) + "/Data";
    const std::optional<ArrayInfo> stored = file.describe(dataset);
    const std::int64_t rows = stored->axes[0].size, cols = stored->axes[1].size;
    Selection selection = Selection::parse(query, info);
    if (!isMean)
        selection.frames = stored->axes[2].size;
    const std::int64_t frames = selection.frames;
    Samples samples(info.type, std::size_t(info.count()));
    if (samples.isEmpty())
        return {info, samples};
    const std::size_t size = Samples::sizeOf(stored->type);
    // Velox keeps each frame in a chunk of its own: so it is asked for.
    constexpr std::int64_t slabBytes = 16 << 20;
    const std::int64_t slab = std::clamp<std::int64_t>(
        slabBytes / std::max<std::int64_t>(1, cols * std::int64_t(size)), 1, rows);
    std::vector<double> sums(isMean ? samples.count() : 0);
    for (std::int64_t frame = 0; frame < frames; ++frame) {
        for (std::int64_t row = 0; row < rows; row += slab) {
            const std::int64_t count = std::min(slab, rows - row);
            if (!progress((double(frame) + double(row) / double(rows)) / double(frames)))
                fail(Tr::tr("Stopped."));
            const Samples block =
                file.readBlock(dataset, {row, 0, selection.firstFrame + frame}, {count, cols, 1});
            const auto at = std::size_t((isMean ? 0 : frame * rows * cols) + row * cols);
            if (!isMean)
                std::copy(block.bytes(), block.bytes() + block.count() * size,
                          samples.bytes() + at * size);
            for (std::size_t i = 0; isMean && i < block.count(); ++i)
                sums[at + i] += block.at(i);
        }
    }
    auto *numbers = reinterpret_cast<float *>(samples.bytes());
    for (std::size_t i = 0; i < sums.size(); ++i)
        numbers[i] = float(sums[i] / double(frames));
    return {isMean ? selection.of(info) : info, samples};
}

/// [cols, channels, rows] as [rows, cols, channels].
Array readStored(const Hdf5File &file, const ArrayInfo &info, const Progress &progress)
{
    const QString dataset = "Data/" + info.path + "/Data";
    const Samples stored = file.readAll(dataset, progress);
    if (info.axes.size() != 3)
        return {info, stored};
    Samples samples(info.type, stored.count());
    const std::size_t rows = std::size_t(info.axes[0].size), cols = std::size_t(info.axes[1].size),
                      channels = std::size_t(info.axes[2].size), size = Samples::sizeOf(info.type);
    for (std::size_t i = 0; i < cols; ++i)
        for (std::size_t k = 0; k < channels; ++k)
            for (std::size_t j = 0; j < rows; ++j)
                std::copy_n(stored.bytes() + ((i * channels + k) * rows + j) * size, size,
                            samples.bytes() + ((j * cols + i) * channels + k) * size);
    return {info, samples};
}

QList<ArrayInfo> arraysIn(const Hdf5File &file)
{
    QList<ArrayInfo> arrays;
    listImages(file, arrays);
    listStreams(file, arrays);
    listStored(file, arrays);
    return arrays;
}

} // namespace

bool looksLike(const QString &file, const QByteArray &head)
{
    if (!isHdf5(head))
        return false;
    const Hdf5File in(file, Hdf5File::Mode::Read);
    return in.has("Application/Velox") ||
           (in.has("Data") && in.has("Version") && !in.attribute("", "version_major").isValid());
}

QList<ArrayInfo> list(const QString &file)
{
    const QList<ArrayInfo> arrays = arraysIn(Hdf5File(file, Hdf5File::Mode::Read));
    if (arrays.isEmpty())
        fail(Tr::tr("Cannot read %1: it holds no image and no stream of spectra. A file that was "
                    "pruned has lost its spectra; export them from Velox before pruning.")
                 .arg(file));
    return arrays;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    const QString path = array.section('?', 0, 0), query = array.section('?', 1);
    for (const ArrayInfo &info : arraysIn(in)) {
        if (info.path != path)
            continue;
        if (path.startsWith(streams.mid(5)))
            return readStreams(in, path, query, progress);
        if (path.startsWith(images.mid(5)))
            return readImages(in, info, query, progress);
        return readStored(in, info, progress);
    }
    fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(file, array));
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    Hdf5File in(file, Hdf5File::Mode::Read);
    for (const ArrayInfo &info : arraysIn(in)) {
        if (info.path != array)
            continue;
        // Streams of events are decoded, images hold their frames in another order.
        if (array.startsWith(streams.mid(5)) || array.startsWith(images.mid(5)) ||
            info.axes.size() != 3)
            return {};
        return storedInHdf5(std::move(in), info, "Data/" + array + "/Data", {2, 0, 1});
    }
    fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(file, array));
}

Metadata metadata(const QString &file, const QString &array)
{
    const Hdf5File in(file, Hdf5File::Mode::Read);
    QString path = "Data/" + array.section('?', 0, 0);
    if (path.endsWith(mean))
        path.chop(mean.size());
    if (path == streams && !in.groups(streams).isEmpty())
        path += '/' + in.groups(streams)[0];
    Metadata found;
    found.all = metadataOf(in, path);
    using Field = Metadata::Field;
    const QJsonObject &all = found.all;
    const bool isImage = path.startsWith(images);
    const QString detector =
        isImage ? nameOf(in, idOf(path), all) : valueAt(all, "BinaryResult/Detector").toString();
    found.put(Field::Title, detector);
    found.put(Field::Detector, detector);
    found.put(Field::Signal, isImage ? detector : path.startsWith(eels) ? "EELS" : "EDS");
    found.put(Field::Instrument, QStringList{valueAt(all, "Instrument/InstrumentClass").toString(),
                                             valueAt(all, "Instrument/InstrumentId").toString()}
                                     .join(' '));
    found.take(Field::Sample, "Sample");
    found.take(Field::Sample, "Sample/SampleId");
    found.take(Field::Comment, "Sample/SampleDescription");
    found.take(Field::Operator, "Core/User");
    found.put(Field::Software, "Velox " + jsonIn(in, "Info")["applicationVersion"].toString());
    for (const char *place : {"AcquisitionStartDatetime", "AcquisitionDatetime"})
        if (const double seconds =
                numberAt(all, QStringLiteral("Acquisition/%1/DateTime").arg(place), 0);
            seconds > 0 && seconds < 1e11)
            found.put(
                Field::Time,
                QDateTime::fromSecsSinceEpoch(qint64(seconds), Qt::UTC).toString(Qt::ISODate));
    found.take(Field::BeamEnergy, "Optics/AccelerationVoltage", 1e-3);
    found.take(Field::Current, "Optics/BeamCurrent", 1e12);
    for (const char *place : {"ScreenCurrent", "LastMeasuredScreenCurrent"})
        if (const double current = numberAt(all, QStringLiteral("Optics/") + place, 0); current > 0)
            found.put(Field::Current, current * 1e12);
    for (const char *place :
         {"Optics/NominalMagnification", "CustomProperties/StemMagnification/value"})
        if (const double times = numberAt(all, place, 0); times > 0)
            found.put(Field::Magnification, times);
    found.take(Field::CameraLength, "Optics/CameraLength", 1e3);
    found.take(Field::Convergence, "Optics/BeamConvergence", 1e3);
    found.take(Field::Defocus, "Optics/Defocus", 1e9);
    found.take(Field::Dwell, "Scan/DwellTime");
    found.take(Field::FrameTime, "Scan/FrameTime");
    const double degrees = 180 / 3.14159265358979323846;
    found.take(Field::TiltAlpha, "Stage/AlphaTilt", degrees);
    found.take(Field::TiltBeta, "Stage/BetaTilt", degrees);
    for (const QJsonValue &value : all["Detectors"].toObject()) {
        const QJsonObject one = value.toObject();
        if (one["DetectorName"].toString() != detector)
            continue;
        if (const double exposure = numberAt(one, "ExposureTime", 0); exposure > 0)
            found.put(Field::Exposure, exposure);
        if (const double outer = numberAt(one, "CollectionAngleRange/end", 0); outer > 0) {
            found.put(Field::Collection, outer * 1e3);
            found.put(Field::CollectionInner, numberAt(one, "CollectionAngleRange/begin", 0) * 1e3);
        }
    }
    for (const ArrayInfo &info : arraysIn(in))
        if (info.path == array.section('?', 0, 0)) {
            if (info.frames > 0)
                found.put(Field::Frames, double(info.frames));
            for (const Axis &axis : info.axes)
                if (axis.name == "x" && axis.unit == "nm")
                    found.put(Field::FieldOfView, axis.scale * double(axis.size));
        }
    constexpr int newest = 11;
    const QString version = jsonIn(in, "Version")["version"].toVariant().toString();
    if (version.section('.', 0, 0).toInt() > newest)
        found.warnings << recorded(
                              "%1 is of version %2 of Velox' format; versions up to %3 are known "
                              "and it was read like those.")
                              .arg(file, version)
                              .arg(newest);
    if (in.has("Data/SpectrumImage") && (!in.has(streams) || in.groups(streams).isEmpty()) &&
        !in.has(eels))
        found.warnings << recorded("%1 was pruned: its spectra are left only in a packed form that "
                                   "nobody has published.")
                              .arg(file);
    return found;
}

} // namespace helmscope::velox
