// SPDX-License-Identifier: GPL-3.0-or-later
// Gatan DigitalMicrograph 3 and 4 (.dm3, .dm4): a tree of tags, big-endian but for the numbers in
// them. Every image lies below ImageList: Data, Dimensions (the first varies fastest), DataType,
// Calibrations. The layout is nowhere published by Gatan; that known to all readers is told at
// each step.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QtEndian>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

namespace helmscope::dm {

namespace {

/// Kinds of numbers in a tag.
enum Encoding {
    Short = 2,
    Long,
    UShort,
    ULong,
    Float,
    Double,
    Boolean,
    Char,
    Octet,
    Int64,
    UInt64
};
enum Compound { Struct = 15, Text = 18, List = 20 };

int bytesOf(std::uint64_t encoding)
{
    switch (encoding) {
    case Boolean:
    case Char:
    case Octet:
        return 1;
    case Short:
    case UShort:
        return 2;
    case Long:
    case ULong:
    case Float:
        return 4;
    case Double:
    case Int64:
    case UInt64:
        return 8;
    default:
        return 0;
    }
}

/// A list of numbers that stayed in the file.
struct Stored
{
    qint64 at = 0, count = 0;
    std::uint64_t encoding = 0;
};

/// What is kept of the tags, by path: "ImageList/1/ImageData/Dimensions/0".
struct Tags
{
    int version = 0;
    bool isLittleEndian = true;
    std::map<QString, double> numbers;
    std::map<QString, QString> texts;
    std::map<QString, Stored> lists;

    double number(const QString &path, double otherwise) const
    {
        const auto found = numbers.find(path);
        return found == numbers.end() ? otherwise : found->second;
    }
    QString text(const QString &path) const
    {
        const auto found = texts.find(path);
        return found == texts.end() ? QString() : found->second;
    }
};

/// One reading of the tags of one file. Nothing in it is believed: sizes are held against the
/// file's, depth and number of tags are bounded.
class Reader
{
public:
    explicit Reader(const QString &file)
        : m_file(file)
    {
        if (!m_file.open(QIODevice::ReadOnly))
            fail(Tr::tr("Cannot read %1: %2.").arg(file, m_file.errorString()));
        m_size = m_file.size();
    }

    Tags read()
    {
        m_tags.version = int(big<quint32>());
        if (m_tags.version != 3 && m_tags.version != 4)
            wrong(Tr::tr("it is of version %1; 3 and 4 are known").arg(m_tags.version));
        word(); // the file's length, which some writers get wrong
        m_tags.isLittleEndian = big<quint32>() == 1;
        readGroup({}, 0);
        return std::move(m_tags);
    }

private:
    [[noreturn]] void wrong(const QString &what) const
    {
        fail(Tr::tr("Cannot read %1: %2.").arg(m_file.fileName(), what));
    }

    void bytes(void *to, qint64 count)
    {
        if (m_file.read(static_cast<char *>(to), count) != count)
            wrong(Tr::tr("it ends in the middle of a tag, at byte %1").arg(m_file.pos()));
    }
    template <class Number>
    Number big()
    {
        Number raw;
        bytes(&raw, sizeof raw);
        return qFromBigEndian(raw);
    }
    /// Sizes have 32 bits in version 3 and 64 in version 4.
    std::uint64_t word() { return m_tags.version == 4 ? big<quint64>() : big<quint32>(); }

    void skip(std::uint64_t count)
    {
        if (count > std::uint64_t(m_size) || m_file.pos() + qint64(count) > m_size)
            wrong(Tr::tr("a tag at byte %1 claims %2 bytes").arg(m_file.pos()).arg(count));
        m_file.seek(m_file.pos() + qint64(count));
    }

    void readGroup(const QString &path, int depth)
    {
        constexpr int deepest = 32;
        if (depth > deepest)
            wrong(Tr::tr("its tags are nested more than %1 deep").arg(deepest));
        skip(2); // sorted, open
        const std::uint64_t count = word();
        for (std::uint64_t i = 0; i < count; ++i) {
            constexpr int mostTags = 1'000'000;
            if (++m_count > mostTags)
                wrong(Tr::tr("it has more than %1 tags").arg(mostTags));
            const auto kind = big<quint8>();
            if (kind == 0)
                return;
            QByteArray name(big<quint16>(), '\0');
            bytes(name.data(), name.size());
            const QString label =
                name.isEmpty() ? QString::number(i) : QString::fromLatin1(name).replace('/', '_');
            const QString child = path.isEmpty() ? label : path + '/' + label;
            if (m_tags.version == 4)
                skip(8); // bytes of the tag
            if (kind == 20)
                readGroup(child, depth + 1);
            else if (kind == 21)
                readTag(child);
            else
                wrong(Tr::tr("a tag of kind %1 stands at byte %2").arg(kind).arg(m_file.pos()));
        }
    }

    void readTag(const QString &path)
    {
        char mark[4];
        bytes(mark, sizeof mark);
        if (std::memcmp(mark, "%%%%", sizeof mark) != 0)
            wrong(Tr::tr("the tag '%1' does not begin as tags do").arg(path));
        const std::uint64_t words = word();
        if (words < 1 || words > 1000)
            wrong(Tr::tr("the tag '%1' is described in %2 words").arg(path).arg(words));
        std::vector<std::uint64_t> what;
        for (std::uint64_t i = 0; i < words; ++i)
            what.push_back(word());
        if (what.size() == 1) {
            readNumber(path, what[0]);
        } else if (what[0] == Text) {
            skip(bounded(path, what[1]) * 2);
        } else if (what[0] == Struct) {
            skip(structBytes(path, what, 0));
        } else if (what[0] == List && what.size() >= 3) {
            readList(path, what);
        } else {
            wrong(Tr::tr("the tag '%1' is of an unknown kind, %2").arg(path).arg(what[0]));
        }
    }

    std::uint64_t bounded(const QString &path, std::uint64_t count) const
    {
        if (count > std::uint64_t(m_size))
            wrong(Tr::tr("the tag '%1' claims %2 entries").arg(path).arg(count));
        return count;
    }

    /// Of a struct described from word `at` on: Struct, length of its name, fields, then for each
    /// the length of its name and its kind.
    std::uint64_t structBytes(const QString &path, const std::vector<std::uint64_t> &what,
                              std::size_t at) const
    {
        const std::uint64_t fields = at + 2 < what.size() ? what[at + 2] : what.size();
        if (fields > what.size() || at + 3 + 2 * fields > what.size())
            wrong(Tr::tr("the tag '%1' describes no struct").arg(path));
        std::uint64_t sum = 0;
        for (std::uint64_t i = 0; i < fields; ++i) {
            const int size = bytesOf(what[at + 4 + 2 * i]);
            if (size == 0)
                wrong(Tr::tr("the tag '%1' has a field of an unknown kind").arg(path));
            sum += std::uint64_t(size);
        }
        return sum;
    }

    void readNumber(const QString &path, std::uint64_t encoding)
    {
        const int size = bytesOf(encoding);
        if (size == 0)
            wrong(Tr::tr("the tag '%1' is of an unknown kind, %2").arg(path).arg(encoding));
        char raw[8] = {};
        bytes(raw, size);
        m_tags.numbers[path] = numberFrom(raw, encoding);
    }

    template <class Number>
    Number local(const char *raw) const
    {
        Number number;
        std::memcpy(&number, raw, sizeof number);
        return m_tags.isLittleEndian ? qFromLittleEndian(number) : qFromBigEndian(number);
    }
    double numberFrom(const char *raw, std::uint64_t encoding) const
    {
        switch (encoding) {
        case Short:
            return local<qint16>(raw);
        case Long:
            return local<qint32>(raw);
        case UShort:
            return local<quint16>(raw);
        case ULong:
            return local<quint32>(raw);
        case Float:
            return double(local<float>(raw));
        case Double:
            return local<double>(raw);
        case Int64:
            return double(local<qint64>(raw));
        case UInt64:
            return double(local<quint64>(raw));
        case Char:
            return static_cast<signed char>(*raw);
        default:
            return static_cast<unsigned char>(*raw);
        }
    }

    void readList(const QString &path, const std::vector<std::uint64_t> &what)
    {
        const std::uint64_t count = bounded(path, what.back());
        if (what[1] == Struct) {
            const std::uint64_t size = structBytes(path, what, 1);
            if (size > 0 && count > std::uint64_t(m_size) / size)
                wrong(Tr::tr("the tag '%1' claims %2 entries").arg(path).arg(count));
            skip(size * count);
            return;
        }
        const int size = bytesOf(what[1]);
        if (size == 0 || what.size() != 3)
            wrong(Tr::tr("the tag '%1' is a list of an unknown kind, %2").arg(path).arg(what[1]));
        constexpr std::uint64_t longestText = 4096;
        const qint64 at = m_file.pos();
        if (what[1] == UShort && count <= longestText) { // a text, in UTF-16
            QByteArray raw(qsizetype(count) * 2, '\0');
            bytes(raw.data(), raw.size());
            QString text;
            for (qsizetype i = 0; i < raw.size(); i += 2)
                text += QChar(local<quint16>(raw.constData() + i));
            m_tags.texts[path] = text.remove(QChar(0));
        } else {
            skip(count * std::uint64_t(size));
        }
        m_tags.lists[path] = {at, qint64(count), what[1]};
    }

    QFile m_file;
    qint64 m_size = 0;
    int m_count = 0;
    Tags m_tags;
};

/// DataType of an image whose numbers we have a use for; the numbers' place in the table of DM.
std::optional<Samples::Type> typeOf(int dataType)
{
    using Type = Samples::Type;
    switch (dataType) {
    case 1:
        return Type::Int16;
    case 2:
        return Type::Float32;
    case 6:
        return Type::UInt8;
    case 7:
        return Type::Int32;
    case 9:
        return Type::Int8;
    case 10:
        return Type::UInt16;
    case 11:
        return Type::UInt32;
    case 12:
        return Type::Float64;
    case 14:
        return Type::UInt8; // a mask
    case 39:
        return Type::Int64;
    case 40:
        return Type::UInt64;
    default:
        return std::nullopt; // complex numbers, and 23: the colours of a thumbnail
    }
}

/// One image of the file.
struct Image
{
    ArrayInfo info;
    Stored data;
};

Axis axisOf(const Tags &tags, const QString &image, int dimension, std::int64_t size)
{
    const QString path =
        QStringLiteral("%1/ImageData/Calibrations/Dimension/%2/").arg(image).arg(dimension);
    Axis axis;
    axis.size = size;
    axis.unit = tags.text(path + "Units");
    if (axis.unit == "e-" || axis.unit == "Counts")
        axis.unit.clear();
    const double scale = tags.number(path + "Scale", 1), origin = tags.number(path + "Origin", 0);
    if (std::isfinite(scale) && scale != 0 && std::isfinite(origin * scale)) {
        axis.scale = scale;
        axis.offset = origin == 0 ? 0 : -origin * scale; // the origin is counted in pixels
        axis.isCalibrated = !axis.unit.isEmpty();
    }
    return axis;
}

bool isEnergy(const QString &unit)
{
    return unit == "eV" || unit == "keV" || unit == "meV";
}

std::optional<Image> imageAt(const Tags &tags, const QString &path)
{
    const auto data = tags.lists.find(path + "/ImageData/Data");
    const int dataType = int(tags.number(path + "/ImageData/DataType", 0));
    const std::optional<Samples::Type> type = typeOf(dataType);
    if (data == tags.lists.end() || !type)
        return std::nullopt;
    Image image;
    image.data = data->second;
    image.info.path = path.section('/', -1);
    image.info.title = tags.text(path + "/Name");
    image.info.type = *type;
    image.info.quantity = tags.text(path + "/ImageData/Calibrations/Brightness/Units");
    const QString signal = tags.text(path + "/ImageTags/Meta Data/Signal");
    if (!signal.isEmpty() && !image.info.title.contains(signal))
        image.info.title = (image.info.title + ' ' + signal).trimmed();
    double count = 1;
    for (int i = 0; i < 8; ++i) {
        const double size =
            tags.number(path + QStringLiteral("/ImageData/Dimensions/%1").arg(i), 0);
        if (!(size >= 1 && size <= 1e9) || size != std::floor(size))
            break;
        count *= size;
        // Theirs varies fastest first, ours last.
        image.info.axes.prepend(axisOf(tags, path, i, std::int64_t(size)));
    }
    // More than the file has would be an allocation for nothing.
    if (image.info.axes.isEmpty() || count != double(image.data.count) ||
        std::size_t(bytesOf(image.data.encoding)) != Samples::sizeOf(*type))
        return std::nullopt;
    static const char *const places[] = {"x", "y"};
    const bool hasEnergy = std::any_of(image.info.axes.begin(), image.info.axes.end(),
                                       [](const Axis &axis) { return isEnergy(axis.unit); });
    for (int i = 0, place = 0; i < image.info.axes.size(); ++i) {
        Axis &axis = image.info.axes[image.info.axes.size() - 1 - i];
        if (isEnergy(axis.unit))
            axis.name = signal == "EELS" ? QStringLiteral("Energy loss") : QStringLiteral("Energy");
        else if (place < 2)
            axis.name = QString::fromLatin1(places[place++]);
        axis.isNavigation = hasEnergy && image.info.axes.size() == 3 && !isEnergy(axis.unit);
    }
    return image;
}

/// The values of a range of paths as a tree, `depth` characters of each path being done with. All
/// that begin alike stand together, for paths are in order.
using Flat = std::map<QString, QJsonValue>;
QJsonObject treeOf(Flat::const_iterator begin, Flat::const_iterator end, qsizetype depth)
{
    QJsonObject object;
    while (begin != end) {
        const qsizetype slash = begin->first.indexOf('/', depth);
        const QString name = begin->first.mid(depth, slash < 0 ? -1 : slash - depth);
        if (slash < 0) {
            object[name] = begin->second;
            ++begin;
            continue;
        }
        const QString prefix = begin->first.left(slash + 1);
        auto next = begin;
        while (next != end && next->first.startsWith(prefix))
            ++next;
        object[name] = treeOf(begin, next, slash + 1);
        begin = next;
    }
    return object;
}

std::vector<Image> imagesIn(const Tags &tags)
{
    std::vector<Image> images;
    constexpr int most = 10'000;
    for (int i = 0; i < most; ++i) {
        const QString path = QStringLiteral("ImageList/%1").arg(i);
        if (!tags.lists.contains(path + "/ImageData/Data"))
            break;
        if (std::optional<Image> image = imageAt(tags, path))
            images.push_back(std::move(*image));
    }
    // Without a name of its own, by its number.
    for (Image &image : images)
        if (image.info.title.isEmpty())
            image.info.title = recorded("image %1").arg(image.info.path);
    return images;
}

} // namespace

bool looksLike(const QString &, const QByteArray &head)
{
    if (head.size() < 16)
        return false;
    const auto version = qFromBigEndian<quint32>(head.constData());
    const auto order = qFromBigEndian<quint32>(head.constData() + (version == 4 ? 12 : 8));
    return (version == 3 || version == 4) && order <= 1;
}

QList<ArrayInfo> list(const QString &file)
{
    QList<ArrayInfo> arrays;
    for (const Image &image : imagesIn(Reader(file).read()))
        arrays << image.info;
    if (arrays.isEmpty())
        fail(Tr::tr("Cannot read %1: it holds no image of real numbers.").arg(file));
    return arrays;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Tags tags = Reader(file).read();
    for (const Image &image : imagesIn(tags)) {
        if (image.info.path != array)
            continue;
        Array result{image.info, Samples(image.info.type, std::size_t(image.data.count))};
        const qint64 size = qint64(Samples::sizeOf(image.info.type));
        const qint64 bytes = image.data.count * size;
        QFile in(file);
        if (!in.open(QIODevice::ReadOnly) || !in.seek(image.data.at))
            fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
        constexpr qint64 slab = 16 << 20;
        for (qint64 done = 0; done < bytes;) {
            const qint64 wanted = std::min(slab, bytes - done);
            if (in.read(reinterpret_cast<char *>(result.samples.bytes()) + done, wanted) != wanted)
                fail(Tr::tr("Cannot read %1: it ends within image %2.").arg(file, array));
            done += wanted;
            if (!progress(double(done) / double(bytes)))
                fail(Tr::tr("Stopped."));
        }
        if (tags.isLittleEndian != (QSysInfo::ByteOrder == QSysInfo::LittleEndian))
            for (qint64 i = 0; i < image.data.count; ++i)
                std::reverse(result.samples.bytes() + i * size,
                             result.samples.bytes() + (i + 1) * size);
        return result;
    }
    fail(Tr::tr("Cannot read %1: it has no image '%2'.").arg(file, array));
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    const Tags tags = Reader(file).read();
    for (const Image &image : imagesIn(tags))
        if (image.info.path == array)
            return storedPlainly(
                file, image.info,
                {image.data.at,
                 tags.isLittleEndian != (QSysInfo::ByteOrder == QSysInfo::LittleEndian), false});
    fail(Tr::tr("Cannot read %1: it has no image '%2'.").arg(file, array));
}

Metadata metadata(const QString &file, const QString &array)
{
    const Tags tags = Reader(file).read();
    Metadata found;
    const QString image = "ImageList/" + array + '/';
    Flat ofImage;
    for (const auto &[path, number] : tags.numbers)
        if (path.startsWith(image))
            ofImage[path.mid(image.size())] =
                std::isfinite(number) ? QJsonValue(number) : QJsonValue(QJsonValue::Null);
    for (const auto &[path, text] : tags.texts)
        if (path.startsWith(image))
            ofImage[path.mid(image.size())] = text;
    found.all = treeOf(ofImage.cbegin(), ofImage.cend(), 0);
    using Field = Metadata::Field;
    const QString info = "ImageTags/Microscope Info/", eels = "ImageTags/EELS/";
    found.take(Field::Title, "Name");
    found.take(Field::Signal, "ImageTags/Meta Data/Signal");
    found.take(Field::Detector, "ImageTags/DataBar/Signal Name");
    found.take(Field::Detector, "ImageTags/Acquisition/Device/Name");
    found.take(Field::Detector, "ImageTags/DataBar/Device Name");
    found.take(Field::Instrument, info + "Microscope");
    found.take(Field::Instrument, info + "Name");
    found.take(Field::Instrument, "ImageTags/Session Info/Microscope");
    for (const QString &at : {info, QString("ImageTags/Session Info/")}) {
        found.take(Field::Operator, at + "Operator");
        found.take(Field::Operator, at + "Items/1/Value");
        found.take(Field::Sample, at + "Specimen");
    }
    found.take(Field::BeamEnergy, info + "Voltage", 1e-3);
    found.take(Field::Current, info + "Probe Current (nA)", 1e3);
    found.take(Field::Magnification, info + "Indicated Magnification");
    found.take(Field::CameraLength, info + "STEM Camera Length");
    for (const QString &at : {eels + "Experimental Conditions/", eels}) {
        found.take(Field::Convergence, at + "Convergence semi-angle (mrad)");
        found.take(Field::Collection, at + "Collection semi-angle (mrad)");
    }
    found.take(Field::Dwell, "ImageTags/SI/Acquisition/Pixel time (s)");
    found.take(Field::Dwell, "ImageTags/DigiScan/Sample Time", 1e-6); // µs
    found.take(Field::Exposure, eels + "Acquisition/Exposure (s)");
    found.take(Field::Exposure, "ImageTags/DataBar/Exposure Time (s)");
    found.take(Field::Frames, eels + "Acquisition/Number of frames");
    found.take(Field::TiltAlpha, info + "Stage Position/Stage Alpha");
    found.take(Field::TiltBeta, info + "Stage Position/Stage Beta");
    for (const Field field : {Field::BeamEnergy, Field::Current, Field::Magnification,
                              Field::CameraLength, Field::Convergence, Field::Collection})
        if (const auto at = found.numbers.find(field); at != found.numbers.end() && at->second <= 0)
            found.numbers.erase(at); // how DigitalMicrograph says that it does not know
    const auto takeTime = [&](const QString &date, const QString &time) {
        found.put(Field::Time, isoTime(valueAt(found.all, "ImageTags/" + date).toString(),
                                       valueAt(found.all, "ImageTags/" + time).toString()));
    };
    takeTime("DataBar/Acquisition Date", "DataBar/Acquisition Time");
    takeTime("SI/Acquisition/Date", "SI/Acquisition/Start time");
    takeTime("EELS/Acquisition/Date", "EELS/Acquisition/Start time");
    found.put(Field::Software, QStringLiteral("DigitalMicrograph %1").arg(tags.version));
    return found;
}

} // namespace helmscope::dm
