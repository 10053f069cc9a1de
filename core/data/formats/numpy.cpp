// SPDX-License-Identifier: GPL-3.0-or-later
// NumPy's .npy (format versions 1 to 3) and .npz, a zip of them. Pickles are never unpacked.
#include "base/tr.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QtEndian>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include <zip.h>

namespace helmscope::numpy {

static constexpr std::size_t slabBytes = std::size_t(16) << 20;
static constexpr std::size_t largestHeader = 64 << 10;

/// Something that is read from front to back, and how many bytes it says it has.
struct Source
{
    QString name; ///< for messages: "a.npz, 'si'"
    std::uint64_t size = 0;
    std::function<void(std::byte *to, std::size_t count)> read; ///< all of `count` or throws

    [[noreturn]] void refuse(const QString &what) const
    {
        fail(Tr::tr("Cannot read %1: %2.").arg(name, what));
    }
};

/// How the numbers lie in the file.
struct Header
{
    Samples::Type type = Samples::Type::Float32;
    std::size_t itemSize = 4; ///< in the file: 2 for half floats, which become float32
    bool isHalf = false;
    bool isBool = false;
    bool isSwapped = false;
    bool isFortran = false;
    std::vector<std::int64_t> shape;
    std::size_t count = 1;
};

static QString pickleRemedy()
{
    return Tr::tr(
        "it is a pickle of Python objects, which could run any program when read. Save the "
        "arrays in it as plain numbers, in Python: d = numpy.load(file, "
        "allow_pickle=True); numpy.save(\"new.npy\", d.astype(float), allow_pickle=False) "
        "or, for a dictionary, d = d.item(); numpy.savez(\"new.npz\", **{str(k): "
        "numpy.asarray(v, float) for k, v in d.items()})");
}

static void parseType(const QString &descr, const Source &source, Header &header)
{
    using Type = Samples::Type;
    static const QRegularExpression form("^([<>|=])([a-zA-Z])([0-9]*)$");
    const QRegularExpressionMatch match = form.match(descr);
    const QString kind = match.captured(2), size = match.captured(3);
    if (descr.contains('O'))
        source.refuse(pickleRemedy());
    struct Row
    {
        const char *name;
        Type type;
    };
    static const Row rows[] = {
        {"b1", Type::UInt8}, {"u1", Type::UInt8},   {"i1", Type::Int8},    {"u2", Type::UInt16},
        {"i2", Type::Int16}, {"u4", Type::UInt32},  {"i4", Type::Int32},   {"u8", Type::UInt64},
        {"i8", Type::Int64}, {"f2", Type::Float32}, {"f4", Type::Float32}, {"f8", Type::Float64},
    };
    for (const Row &row : rows) {
        if (kind + size != QLatin1String(row.name))
            continue;
        header.type = row.type;
        header.itemSize = size.toULongLong();
        header.isHalf = kind == "f" && size == "2";
        header.isBool = kind == "b";
        const bool isBig = match.captured(1) == ">";
        header.isSwapped = header.itemSize > 1 && match.captured(1) != "=" &&
                           isBig != (Q_BYTE_ORDER == Q_BIG_ENDIAN);
        return;
    }
    if (kind == "c")
        source.refuse(Tr::tr("its numbers are complex (%1); save numpy.abs() of them, or real and "
                             "imaginary part apart")
                          .arg(descr));
    source.refuse(Tr::tr("its type '%1' is none of ours; save it as float32: array.astype('f4')")
                      .arg(descr.left(60)));
}

/// The header's dictionary, {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }: these
/// three keys, each once, in any order.
static void parseDictionary(const QString &text, const Source &source, Header &header)
{
    static const QString entry = QStringLiteral(
        "\\s*(?:'descr'\\s*:\\s*(?:'([^']*)'|(\\[.*\\]))"
        "|'fortran_order'\\s*:\\s*(True|False)|'shape'\\s*:\\s*\\(([0-9L,\\s]*)\\))\\s*(?:,|$)");
    static const QRegularExpression next('^' + entry);
    const QString trimmed = text.trimmed();
    QString rest = trimmed.mid(1).chopped(1);
    bool hasType = false, hasOrder = false, hasShape = false;
    const auto refuse = [&] { source.refuse(Tr::tr("its NumPy header is damaged")); };
    if (!trimmed.startsWith('{') || !trimmed.endsWith('}'))
        refuse();
    while (!rest.trimmed().isEmpty()) {
        const QRegularExpressionMatch match = next.match(rest);
        if (!match.hasMatch())
            refuse();
        rest = rest.mid(match.capturedEnd(0));
        if (match.capturedLength(2) > 0)
            source.refuse(
                match.captured(2).contains("|O")
                    ? pickleRemedy()
                    : Tr::tr("each of its elements is a record of several fields; save the "
                             "fields as arrays of their own"));
        if (match.capturedStart(1) >= 0) {
            if (std::exchange(hasType, true))
                refuse();
            parseType(match.captured(1), source, header);
        } else if (match.capturedStart(3) >= 0) {
            if (std::exchange(hasOrder, true))
                refuse();
            header.isFortran = match.captured(3) == "True";
        } else {
            if (std::exchange(hasShape, true))
                refuse();
            QStringList sizes = match.captured(4).split(',');
            if (sizes.last().trimmed().isEmpty()) // "(3,)" and "()"
                sizes.removeLast();
            for (const QString &size : sizes) {
                bool isNumber = false;
                QString digits = size.trimmed();
                if (digits.endsWith('L')) // written by Python 2
                    digits.chop(1);
                header.shape.push_back(digits.toLongLong(&isNumber));
                if (!isNumber)
                    refuse();
            }
        }
    }
    if (!hasType || !hasOrder || !hasShape || header.shape.size() > 32)
        refuse();
}

static Header readHeader(const Source &source)
{
    const auto refuse = [&] { source.refuse(Tr::tr("its NumPy header is damaged or cut off")); };
    std::uint64_t used = 10;
    uchar start[12] = {};
    if (source.size < used)
        refuse();
    source.read(reinterpret_cast<std::byte *>(start), 10);
    if (start[0] == 0x80)
        source.refuse(pickleRemedy());
    if (std::memcmp(start, "\x93NUMPY", 6) != 0)
        source.refuse(Tr::tr("it is no NumPy array"));
    if (start[6] < 1 || start[6] > 3)
        source.refuse(Tr::tr("its NumPy format version is %1, and 1 to 3 are known").arg(start[6]));
    std::uint64_t length = qFromLittleEndian<quint16>(start + 8);
    if (start[6] > 1) {
        used = 12;
        if (source.size < used)
            refuse();
        source.read(reinterpret_cast<std::byte *>(start + 10), 2);
        length = qFromLittleEndian<quint32>(start + 8);
    }
    if (length > largestHeader || used + length > source.size)
        refuse();
    QByteArray text(qsizetype(length), '\0');
    source.read(reinterpret_cast<std::byte *>(text.data()), std::size_t(length));
    used += length;

    Header header;
    parseDictionary(start[6] == 3 ? QString::fromUtf8(text) : QString::fromLatin1(text), source,
                    header);
    std::uint64_t bytes = header.itemSize;
    bool isEmpty = false, isTooLarge = false;
    for (const std::int64_t size : header.shape) {
        isEmpty = isEmpty || size == 0;
        isTooLarge = isTooLarge || __builtin_mul_overflow(bytes, std::uint64_t(size), &bytes);
    }
    if (isEmpty)
        bytes = 0;
    else if (isTooLarge)
        bytes = std::uint64_t(-1);
    const std::uint64_t present = source.size - used;
    if (bytes > present)
        source.refuse(
            Tr::tr("it is cut off or damaged: its header promises %1 bytes and %2 are there")
                .arg(bytes)
                .arg(present));
    if (bytes < present)
        source.refuse(Tr::tr("it holds %1 bytes more than its header says").arg(present - bytes));
    header.count = std::size_t(bytes / header.itemSize);
    return header;
}

/// IEEE 754 half to single precision.
static float fromHalf(quint16 half)
{
    const int exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    const float sign = half & 0x8000 ? -1.f : 1.f;
    if (exponent == 31)
        return fraction ? std::numeric_limits<float>::quiet_NaN()
                        : sign * std::numeric_limits<float>::infinity();
    return sign * (exponent == 0 ? std::ldexp(float(fraction), -24)
                                 : std::ldexp(float(fraction + 1024), exponent - 25));
}

template <class Unsigned>
static void swapEach(std::byte *bytes, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        Unsigned number;
        std::memcpy(&number, bytes + i * sizeof number, sizeof number);
        number = qbswap(number);
        std::memcpy(bytes + i * sizeof number, &number, sizeof number);
    }
}

/// Reads the next `count` numbers as the samples' type and byte order.
static void readNumbers(const Source &source, const Header &header, std::byte *to,
                        std::size_t count)
{
    if (header.isHalf) {
        std::vector<quint16> halves(count);
        source.read(reinterpret_cast<std::byte *>(halves.data()), count * 2);
        if (header.isSwapped)
            swapEach<quint16>(reinterpret_cast<std::byte *>(halves.data()), count);
        std::transform(halves.begin(), halves.end(), reinterpret_cast<float *>(to), fromHalf);
        return;
    }
    source.read(to, count * header.itemSize);
    if (header.isBool)
        std::transform(to, to + count, to,
                       [](std::byte b) { return std::byte(b != std::byte(0)); });
    if (!header.isSwapped)
        return;
    if (header.itemSize == 2)
        swapEach<quint16>(to, count);
    else if (header.itemSize == 4)
        swapEach<quint32>(to, count);
    else
        swapEach<quint64>(to, count);
}

/// Puts column-major numbers where row-major order wants them, a slab at a time. A slab is a range
/// of `plane` positions (all indices but the last) times a range of the last index, which is
/// contiguous in row-major order.
static void readFortran(const Source &source, const Header &header, Samples &samples,
                        const Progress &progress)
{
    std::vector<std::size_t> shape;
    for (const std::int64_t size : header.shape)
        if (size != 1)
            shape.push_back(std::size_t(size));
    const std::size_t size = Samples::sizeOf(header.type), last = shape.back();
    const std::size_t plane = header.count / last,
                      most = std::max(slabBytes / size, std::size_t(1));
    const std::size_t step = std::min(plane, most),
                      deep = std::clamp(most / plane, std::size_t(1), last);
    std::vector<std::byte> slab(step * deep * size);
    std::size_t done = 0;
    for (std::size_t k = 0; k < last; k += deep) {
        const std::size_t depth = std::min(deep, last - k);
        std::vector<std::size_t> index(shape.size() - 1, 0); // of the position in the plane
        for (std::size_t from = 0; from < plane; from += step) {
            if (!progress(double(done) / double(header.count)))
                fail(Tr::tr("Stopped."));
            const std::size_t width =
                std::min(step, plane - from); // the whole plane when depth > 1
            readNumbers(source, header, slab.data(), width * depth);
            done += width * depth;
            for (std::size_t p = 0; p < width; ++p) {
                std::size_t row = 0;
                for (std::size_t i = 0; i < index.size(); ++i)
                    row = row * shape[i] + index[i];
                std::byte *to = samples.bytes() + (row * last + k) * size;
                for (std::size_t d = 0; d < depth; ++d)
                    std::memcpy(to + d * size, slab.data() + (d * width + p) * size, size);
                for (std::size_t i = 0; i < index.size() && ++index[i] == shape[i]; ++i)
                    index[i] = 0;
            }
        }
    }
}

static ArrayInfo infoOf(const Header &header, const QString &path, const QString &title)
{
    ArrayInfo info;
    info.path = path;
    info.title = title;
    info.type = header.type;
    for (const std::int64_t size : header.shape) {
        Axis axis;
        axis.size = size;
        info.axes << axis;
    }
    return info;
}

static Array readFrom(const Source &source, const QString &path, const QString &title,
                      const Progress &progress)
{
    const Header header = readHeader(source);
    Array array{infoOf(header, path, title), Samples(header.type, header.count)};
    const auto isLong = [](std::int64_t size) { return size != 1; };
    if (header.isFortran && header.count > 0 &&
        std::count_if(header.shape.begin(), header.shape.end(), isLong) > 1) {
        readFortran(source, header, array.samples, progress);
        return array;
    }
    const std::size_t size = Samples::sizeOf(header.type), slab = slabBytes / size;
    for (std::size_t first = 0; first < header.count; first += slab) {
        if (!progress(double(first) / double(header.count)))
            fail(Tr::tr("Stopped."));
        readNumbers(source, header, array.samples.bytes() + first * size,
                    std::min(slab, header.count - first));
    }
    return array;
}

/// A .npy, or a bare pickle, as a source; `in` is opened here.
static Source plainSource(QFile &in)
{
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(in.fileName(), in.errorString()));
    Source source;
    source.name = in.fileName();
    source.size = std::uint64_t(in.size());
    source.read = [&in](std::byte *to, std::size_t count) {
        if (in.read(reinterpret_cast<char *>(to), qint64(count)) != qint64(count))
            fail(Tr::tr("Cannot read %1: it ends too early.").arg(in.fileName()));
    };
    return source;
}

struct Closer
{
    void operator()(zip_t *zip) const { zip_discard(zip); }
    void operator()(zip_file_t *entry) const { zip_fclose(entry); }
};
using Zip = std::unique_ptr<zip_t, Closer>;
using Entry = std::unique_ptr<zip_file_t, Closer>;

static Zip openZip(const QString &file)
{
    int code = 0;
    Zip zip(zip_open(QFile::encodeName(file), ZIP_RDONLY, &code));
    if (zip)
        return zip;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const QString why = QString::fromUtf8(zip_error_strerror(&error));
    zip_error_fini(&error);
    fail(Tr::tr("Cannot read %1: it is no whole .npz (%2).").arg(file, why));
}

/// Names of the arrays in a .npz, in the file's order.
static QStringList arrayNames(zip_t *zip)
{
    QStringList names;
    const zip_int64_t count = std::min<zip_int64_t>(zip_get_num_entries(zip, 0), 10000);
    for (zip_int64_t i = 0; i < count; ++i) {
        const QString name = QString::fromUtf8(zip_get_name(zip, zip_uint64_t(i), 0));
        if (name.endsWith(".npy"))
            names << name.chopped(4);
    }
    return names;
}

static Source zipSource(zip_t *zip, Entry &entry, const QString &file, const QString &array)
{
    Source source;
    source.name = QStringLiteral("'%1' of %2").arg(array, file);
    zip_stat_t about;
    zip_stat_init(&about);
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat(zip, (array + ".npy").toUtf8(), 0, &about) != 0 ||
        (about.valid & needed) != needed)
        fail(Tr::tr("Cannot read %1: it has no array '%2', only %3.")
                 .arg(file, array, arrayNames(zip).join(", ")));
    if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) && about.encryption_method != ZIP_EM_NONE)
        source.refuse(Tr::tr("it is encrypted"));
    if (about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE)
        source.refuse(Tr::tr("it is packed in a way that NumPy does not use (%1); save it with "
                             "numpy.savez_compressed")
                          .arg(about.comp_method));
    // Deflate packs 1032 to 1 at best: a larger claim is a lie or a bomb.
    if (about.comp_size > std::uint64_t(QFileInfo(file).size()) ||
        about.size / 1032 > about.comp_size + 1 ||
        (about.comp_method == ZIP_CM_STORE && about.size != about.comp_size))
        source.refuse(Tr::tr("its size of %1 bytes cannot be true").arg(about.size));
    entry.reset(zip_fopen_index(zip, about.index, 0));
    if (!entry)
        source.refuse(QString::fromUtf8(zip_strerror(zip)));
    source.size = about.size;
    source.read = [&entry, name = source.name](std::byte *to, std::size_t count) {
        while (count > 0) {
            const zip_int64_t got = zip_fread(entry.get(), to, count);
            if (got <= 0)
                fail(Tr::tr("Cannot read %1: %2.")
                         .arg(name, got < 0 ? QString::fromUtf8(zip_file_strerror(entry.get()))
                                            : Tr::tr("it ends too early")));
            to += got;
            count -= std::size_t(got);
        }
    };
    return source;
}

static bool isZip(const QByteArray &head)
{
    return head.startsWith("PK\x03\x04");
}

static QByteArray headOf(const QString &file)
{
    QFile in(file);
    return in.open(QIODevice::ReadOnly) ? in.read(16) : QByteArray();
}

bool looksLike(const QString &file, const QByteArray &head)
{
    if (head.startsWith("\x93NUMPY"))
        return true;
    // A pickle is refused by its reader, with the way out.
    if (head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5)
        return true;
    return isZip(head) && (QFileInfo(file).suffix().compare("npz", Qt::CaseInsensitive) == 0 ||
                           !arrayNames(openZip(file).get()).isEmpty());
}

QList<ArrayInfo> list(const QString &file)
{
    if (!isZip(headOf(file))) {
        QFile in(file);
        return {infoOf(readHeader(plainSource(in)), {}, QFileInfo(file).completeBaseName())};
    }
    const Zip zip = openZip(file);
    QList<ArrayInfo> arrays;
    QString firstReason;
    for (const QString &name : arrayNames(zip.get())) {
        try {
            Entry entry;
            arrays << infoOf(readHeader(zipSource(zip.get(), entry, file, name)), name, name);
        } catch (const Error &error) { // one odd array does not hide the others
            if (firstReason.isEmpty())
                firstReason = QString::fromUtf8(error.what());
        }
    }
    if (arrays.isEmpty())
        fail(firstReason.isEmpty() ? Tr::tr("Cannot read %1: it holds no array.").arg(file)
                                   : firstReason);
    return arrays;
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    if (!isZip(headOf(file))) {
        QFile in(file);
        const QString title = QFileInfo(file).completeBaseName();
        if (!array.isEmpty() && array != title)
            fail(Tr::tr("Cannot read '%1' of %2: a .npy holds one array and no names.")
                     .arg(array, file));
        return readFrom(plainSource(in), {}, title, progress);
    }
    const Zip zip = openZip(file);
    Entry entry;
    const Source source = zipSource(zip.get(), entry, file, array);
    Array result = readFrom(source, array, array, progress);
    // The check sum is compared when the end has been met.
    std::byte more;
    if (zip_fread(entry.get(), &more, 1) != 0)
        source.refuse(Tr::tr("it is damaged: its check sum or its length is wrong"));
    return result;
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    const QString title = QFileInfo(file).completeBaseName();
    if (isZip(headOf(file)) || (!array.isEmpty() && array != title))
        return {};
    QFile in(file);
    const Source source = plainSource(in);
    const Header header = readHeader(source);
    if (header.isHalf || header.isBool) // these are turned into something else
        return {};
    return storedPlainly(file, infoOf(header, {}, title),
                         {in.pos(), header.isSwapped, header.isFortran});
}

Metadata metadata(const QString &, const QString &array)
{
    Metadata found; // these files say nothing else
    found.put(Metadata::Field::Title, array);
    return found;
}

} // namespace helmscope::numpy
