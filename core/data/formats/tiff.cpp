// SPDX-License-Identifier: GPL-3.0-or-later
// TIFF of 8 to 64 bits a pixel, one image or several, with the calibrations that ImageJ and OME
// keep in the description, and FEI and Thermo Fisher in tags of their own.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QXmlStreamReader>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <memory>

#include <tiffio.h>

namespace helmscope::tiff {

namespace {

constexpr ttag_t feiSfeg = 34680, feiHelios = 34682, feiTitan = 34683;
constexpr int mostPages = 100'000;
constexpr qsizetype longestText = 4 << 20;

/// The library's last complaint in this thread.
thread_local QString complaint;

void keepComplaint(thandle_t, const char *, const char *format, va_list arguments)
{
    complaint = QString::vasprintf(format, arguments);
}

void addTags(TIFF *tiff)
{
    static const TIFFFieldInfo fields[] = {
        {feiSfeg, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, const_cast<char *>("FeiSfeg")},
        {feiHelios, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, const_cast<char *>("FeiHelios")},
        {feiTitan, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, const_cast<char *>("FeiTitan")},
    };
    TIFFMergeFieldInfo(tiff, fields, 3);
}

struct Closer
{
    void operator()(TIFF *tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, Closer>;

[[noreturn]] void refuse(const QString &file, const QString &what)
{
    fail(Tr::tr("Cannot read %1: %2.").arg(file, what));
}

Tiff open(const QString &file)
{
    static const TIFFExtendProc extender = TIFFSetTagExtender(addTags);
    Q_UNUSED(extender)
    TIFFSetErrorHandler(nullptr); // nothing is printed
    TIFFSetWarningHandler(nullptr);
    TIFFSetErrorHandlerExt(keepComplaint);
    complaint.clear();
    Tiff tiff(TIFFOpen(QFile::encodeName(file), "rm")); // not mapped: it may shrink while open
    if (!tiff)
        refuse(file, complaint.isEmpty() ? Tr::tr("it is no TIFF") : complaint);
    return tiff;
}

QString textTag(TIFF *tiff, ttag_t tag)
{
    const char *text = nullptr;
    if (!TIFFGetField(tiff, tag, &text) || !text)
        return {};
    const QByteArray bytes(text, qsizetype(qstrnlen(text, std::size_t(longestText))));
    const QString decoded = QString::fromUtf8(bytes);
    return decoded.contains(QChar::ReplacementCharacter) ? QString::fromLatin1(bytes) : decoded;
}

/// One image of the file.
struct Page
{
    std::int64_t rows = 0, cols = 0;
    std::optional<Samples::Type> type;
    bool operator==(const Page &) const = default;
};

Page pageOf(TIFF *tiff)
{
    using Type = Samples::Type;
    Page page;
    std::uint32_t width = 0, height = 0;
    std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    page.rows = height;
    page.cols = width;
    if (samples != 1)
        return page;
    const bool isFloat = format == SAMPLEFORMAT_IEEEFP, isSigned = format == SAMPLEFORMAT_INT;
    if (bits == 8 && !isFloat)
        page.type = isSigned ? Type::Int8 : Type::UInt8;
    else if (bits == 16 && !isFloat)
        page.type = isSigned ? Type::Int16 : Type::UInt16;
    else if (bits == 32)
        page.type = isFloat ? Type::Float32 : isSigned ? Type::Int32 : Type::UInt32;
    else if (bits == 64)
        page.type = isFloat ? Type::Float64 : isSigned ? Type::Int64 : Type::UInt64;
    return page;
}

/// "key=value" lines as JSON; "[Section]" lines begin an object.
QJsonObject keysIn(const QString &text)
{
    QJsonObject all, section;
    QString name;
    const auto close = [&] {
        if (!name.isEmpty())
            all[name] = section;
    };
    for (const QString &raw : text.split('\n')) {
        const QString line = raw.trimmed();
        if (line.startsWith('[') && line.endsWith(']')) {
            close();
            name = line.mid(1, line.size() - 2);
            section = {};
        } else if (const qsizetype at = line.indexOf('='); at > 0) {
            (name.isEmpty() ? all : section)[line.left(at)] = line.mid(at + 1);
        }
    }
    close();
    return all;
}

/// XML as JSON: an element's text, or its children; <Data> of a Label and a Value by its label.
QJsonValue elementIn(QXmlStreamReader &xml, int depth)
{
    QJsonObject object;
    QString text;
    for (const QXmlStreamAttribute &attribute : xml.attributes())
        object['@' + attribute.name().toString()] = attribute.value().toString();
    constexpr int deepest = 32;
    while (!xml.atEnd()) {
        const auto token = xml.readNext();
        if (token == QXmlStreamReader::EndElement || token == QXmlStreamReader::Invalid)
            break;
        if (token == QXmlStreamReader::Characters) {
            text += xml.text();
        } else if (token == QXmlStreamReader::StartElement) {
            QString name = xml.name().toString();
            if (depth >= deepest) {
                xml.skipCurrentElement();
                continue;
            }
            QJsonValue child = elementIn(xml, depth + 1);
            const QString label = child.toObject()["Label"].toString();
            if (!label.isEmpty() && child.toObject().contains("Value")) {
                name = label;
                child = child.toObject()["Value"];
            }
            object[name] = child;
        }
    }
    if (object.isEmpty())
        return text.trimmed();
    if (!text.trimmed().isEmpty())
        object["#text"] = text.trimmed();
    return object;
}

QJsonObject jsonOf(const QString &text)
{
    if (!text.trimmed().startsWith('<'))
        return keysIn(text);
    QXmlStreamReader xml(text.trimmed());
    if (!xml.readNextStartElement())
        return {};
    const QJsonValue value = elementIn(xml, 0);
    return value.isObject() ? value.toObject() : QJsonObject();
}

/// All that the current image says of itself.
QJsonObject tagsOf(TIFF *tiff)
{
    QJsonObject all;
    const std::pair<ttag_t, const char *> texts[] = {{TIFFTAG_SOFTWARE, "Software"},
                                                     {TIFFTAG_DATETIME, "DateTime"},
                                                     {TIFFTAG_ARTIST, "Artist"},
                                                     {TIFFTAG_MAKE, "Make"},
                                                     {TIFFTAG_MODEL, "Model"},
                                                     {TIFFTAG_DOCUMENTNAME, "DocumentName"},
                                                     {TIFFTAG_HOSTCOMPUTER, "HostComputer"}};
    for (const auto &[tag, name] : texts)
        if (const QString text = textTag(tiff, tag); !text.isEmpty())
            all[name] = text;
    if (const QString text = textTag(tiff, TIFFTAG_IMAGEDESCRIPTION); !text.isEmpty()) {
        all["ImageDescription"] = text;
        if (text.startsWith("ImageJ="))
            all["ImageJ"] = keysIn(text);
        else if (text.trimmed().startsWith('<') && text.contains("<OME"))
            all["OME"] = jsonOf(text);
    }
    for (const ttag_t tag : {feiSfeg, feiHelios, feiTitan})
        if (const QJsonObject fei = jsonOf(textTag(tiff, tag)); !fei.isEmpty())
            all["FEI"] = fei;
    float x = 0, y = 0;
    if (TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x) &&
        TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y) && std::isfinite(x) && std::isfinite(y)) {
        all["XResolution"] = double(x);
        all["YResolution"] = double(y);
    }
    return all;
}

double numberAt(const QJsonObject &object, const QString &place)
{
    const QJsonValue value = valueAt(object, place);
    const double number = value.isDouble() ? value.toDouble() : value.toString().toDouble();
    return std::isfinite(number) ? number : 0;
}

void calibrate(const QJsonObject &tags, Axis &axis, bool isRow)
{
    axis.name = isRow ? "y" : "x";
    const auto set = [&](double scale, const QString &unit) {
        if (axis.isCalibrated || !(scale > 0) || unit.isEmpty())
            return;
        axis.scale = scale;
        axis.unit = unit;
        axis.isCalibrated = true;
    };
    const QJsonObject imageJ = tags["ImageJ"].toObject();
    QString unit = imageJ[isRow && imageJ.contains("yunit") ? "yunit" : "unit"].toString();
    unit.replace("\\u00B5", "µ"); // as ImageJ escapes it
    const double perUnit = tags[isRow ? "YResolution" : "XResolution"].toDouble();
    if (unit != "inch" && unit != "pixel" && perUnit > 0)
        set(1 / perUnit, unit);
    const QString side = isRow ? "Height" : "Width";
    for (const char *section : {"Scan", "EScan", "IScan"})
        set(numberAt(tags, QStringLiteral("FEI/%1/Pixel%2").arg(section, side)) * 1e9, "nm");
    const QString place = "FEI/pixel" + side;
    set(numberAt(tags, place + "/#text"), valueAt(tags, place + "/@unit").toString());
    set(numberAt(tags, QStringLiteral("FEI/BinaryResult/PixelSize/") + (isRow ? "Y" : "X")) * 1e9,
        "nm");
    // Of the Open Microscopy Environment, whose default unit is the micrometre.
    const QString pixels = QStringLiteral("OME/Image/Pixels/@PhysicalSize") + (isRow ? "Y" : "X");
    set(numberAt(tags, pixels), valueAt(tags, pixels + "Unit").toString("µm"));
}

struct Contents
{
    QList<ArrayInfo> arrays; ///< one, or one a page
    QList<int> pages;        ///< where each begins
};

Contents contentsOf(TIFF *tiff, const QString &file)
{
    QList<Page> pages;
    QList<QJsonObject> tags;
    do {
        pages << pageOf(tiff);
        tags << tagsOf(tiff);
    } while (pages.size() < mostPages && TIFFReadDirectory(tiff));
    const bool isStack = pages.size() > 1 && pages.count(pages[0]) == pages.size();
    Contents contents;
    for (qsizetype i = 0; i < (isStack ? 1 : pages.size()); ++i) {
        const Page &page = pages[i];
        if (!page.type || page.rows == 0 || page.cols == 0)
            continue;
        ArrayInfo info;
        info.type = *page.type;
        info.axes.resize(2);
        info.axes[0].size = page.rows;
        info.axes[1].size = page.cols;
        calibrate(tags[i], info.axes[0], true);
        calibrate(tags[i], info.axes[1], false);
        info.title = tags[i]["DocumentName"].toString();
        if (isStack) {
            Axis frame;
            frame.name = recorded("Image");
            frame.size = pages.size();
            frame.isNavigation = true;
            info.axes.prepend(frame);
            info.frames = pages.size();
            info.path = "stack";
        } else {
            info.path =
                pages.size() == 1 ? QStringLiteral("image") : QStringLiteral("image %1").arg(i + 1);
        }
        if (info.title.isEmpty())
            info.title = info.path;
        contents.arrays << info;
        contents.pages << int(i);
    }
    if (contents.arrays.isEmpty())
        refuse(file, pages[0].type ? Tr::tr("its images are empty")
                                   : Tr::tr("its pixels are colours or of an odd size; save it as "
                                            "greyscale of 8, 16 or 32 bits"));
    return contents;
}

/// The current image, into `to`.
void readPage(TIFF *tiff, const Page &page, std::byte *to, const QString &file)
{
    const std::size_t size = Samples::sizeOf(*page.type), row = std::size_t(page.cols) * size;
    const auto check = [&](bool isRead) {
        if (!isRead)
            refuse(file, complaint.isEmpty() ? Tr::tr("it is damaged") : complaint);
    };
    complaint.clear();
    if (!TIFFIsTiled(tiff)) {
        check(std::size_t(TIFFScanlineSize(tiff)) == row);
        for (std::int64_t i = 0; i < page.rows; ++i)
            check(TIFFReadScanline(tiff, to + std::size_t(i) * row, std::uint32_t(i), 0) == 1);
        return;
    }
    std::uint32_t width = 0, height = 0;
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &height);
    const tmsize_t bytes = TIFFTileSize(tiff);
    constexpr tmsize_t largest = 256 << 20;
    check(width > 0 && height > 0 && bytes > 0 && bytes <= largest &&
          std::size_t(bytes) == std::size_t(width) * height * size);
    std::vector<std::byte> tile(static_cast<std::size_t>(bytes));
    for (std::int64_t y = 0; y < page.rows; y += height)
        for (std::int64_t x = 0; x < page.cols; x += width) {
            check(TIFFReadTile(tiff, tile.data(), std::uint32_t(x), std::uint32_t(y), 0, 0) >= 0);
            const std::size_t cols = std::size_t(std::min<std::int64_t>(width, page.cols - x));
            for (std::int64_t i = 0; i < std::min<std::int64_t>(height, page.rows - y); ++i)
                std::copy_n(tile.data() + std::size_t(i) * width * size, cols * size,
                            to + std::size_t(y + i) * row + std::size_t(x) * size);
        }
}

} // namespace

bool looksLike(const QString &, const QByteArray &head)
{
    for (const char version : {'\x2a', '\x2b'}) // classic and big
        if (head.startsWith(QByteArray("II") + version + '\0') ||
            head.startsWith(QByteArray("MM") + '\0' + version))
            return true;
    return false;
}

QList<ArrayInfo> list(const QString &file)
{
    return contentsOf(open(file).get(), file).arrays;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Tiff tiff = open(file);
    const Contents contents = contentsOf(tiff.get(), file);
    const QString path = array.section('?', 0, 0);
    for (qsizetype i = 0; i < contents.arrays.size(); ++i) {
        if (contents.arrays[i].path != path)
            continue;
        const Selection selection = Selection::parse(array.section('?', 1), contents.arrays[i]);
        const ArrayInfo info = selection.of(contents.arrays[i]);
        const std::int64_t frames = std::max<std::int64_t>(1, selection.frames);
        Samples samples; // the size that a file claims has to be in it: of one strip, at least
        const std::size_t bytes = std::size_t(info.count() / frames) * Samples::sizeOf(info.type);
        for (std::int64_t frame = 0; frame < frames; ++frame) {
            if (!progress(double(frame) / double(frames)))
                fail(Tr::tr("Stopped."));
            const auto page = contents.pages[i] + selection.firstFrame + frame;
            if (!TIFFSetDirectory(tiff.get(), tdir_t(page)))
                refuse(file, complaint);
            if (samples.isEmpty())
                samples = Samples(info.type, std::size_t(info.count()));
            readPage(tiff.get(), pageOf(tiff.get()), samples.bytes() + std::size_t(frame) * bytes,
                     file);
        }
        return {info, samples};
    }
    refuse(file, Tr::tr("it has no '%1'").arg(array));
}

Metadata metadata(const QString &file, const QString &array)
{
    const Tiff tiff = open(file);
    const Contents contents = contentsOf(tiff.get(), file);
    for (qsizetype i = 0; i < contents.arrays.size(); ++i)
        if (contents.arrays[i].path == array)
            TIFFSetDirectory(tiff.get(), tdir_t(contents.pages[i]));
    Metadata found;
    found.all = tagsOf(tiff.get());
    using Field = Metadata::Field;
    found.take(Field::Title, "DocumentName");
    found.take(Field::Operator, "Artist");
    found.take(Field::Operator, "FEI/User/UserText");
    found.take(Field::Operator, "FEI/User/User");
    const QString time = found.all["DateTime"].toString();
    found.put(Field::Time, isoTime(time.section(' ', 0, 0), time.section(' ', 1)));
    found.take(Field::Software, "Software");
    found.take(Field::Instrument, "FEI/System/SystemType");
    found.take(Field::Instrument, "FEI/Instrument/InstrumentClass");
    found.take(Field::Instrument, "FEI/Microscope");
    found.take(Field::Instrument, "Model");
    found.take(Field::Detector, "FEI/Detectors/Name");
    found.take(Field::Detector, "FEI/BinaryResult/Detector");
    found.take(Field::BeamEnergy, "FEI/Beam/HV", 1e-3);
    found.take(Field::BeamEnergy, "FEI/Optics/AccelerationVoltage", 1e-3);
    found.take(Field::Current, "FEI/EBeam/BeamCurrent", 1e12);
    found.take(Field::Dwell, "FEI/Scan/Dwelltime");
    found.take(Field::Dwell, "FEI/Scan/DwellTime");
    found.take(Field::FieldOfView, "FEI/Scan/HorFieldsize", 1e9);
    found.take(Field::FieldOfView, "FEI/EBeam/HFW", 1e9);
    if (!found.all.contains("ImageJ"))
        found.take(Field::Comment, "ImageDescription");
    return found;
}

} // namespace helmscope::tiff
