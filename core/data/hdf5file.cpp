// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/hdf5file.h"

#include "base/tr.h"

#include <QFile>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>

#include <hdf5.h>
#include <sys/stat.h>
#include <zlib.h>

namespace helmscope {

/// Holds the HDF5 library while it is used, and keeps it from printing.
class Library
{
public:
    Library()
        : m_lock(mutex())
    {
        // Every file of ours closes itself. The library's own tidying at the program's end stumbles
        // over one that could not be closed, on a full disk.
        static const herr_t untidied = H5dont_atexit();
        static_cast<void>(untidied);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); // one setting a thread
        H5Eclear2(H5E_DEFAULT);
    }

private:
    static std::recursive_mutex &mutex()
    {
        static std::recursive_mutex mutex;
        return mutex;
    }
    std::lock_guard<std::recursive_mutex> m_lock;
};

/// An identifier of the library that is closed with `close`.
class Handle
{
public:
    using Close = herr_t (*)(hid_t);
    Handle() = default;
    Handle(hid_t id, Close close)
        : m_id(id)
        , m_close(close)
    {
    }
    Handle(Handle &&other) noexcept
        : m_id(std::exchange(other.m_id, -1))
        , m_close(other.m_close)
    {
    }
    Handle &operator=(Handle &&other) noexcept
    {
        std::swap(m_id, other.m_id);
        std::swap(m_close, other.m_close);
        return *this;
    }
    ~Handle()
    {
        if (m_id >= 0)
            m_close(m_id);
    }
    operator hid_t() const { return m_id; }
    bool isValid() const { return m_id >= 0; }

private:
    hid_t m_id = -1;
    Close m_close = nullptr;
};

using Shape = std::vector<hsize_t>;

/// What a dataset holds and how it lies in the file.
struct Layout
{
    std::optional<Samples::Type> type; ///< none: not numbers
    Shape shape;
    hsize_t chunkRows = 1;

    hsize_t rowCount() const ///< numbers in a row
    {
        return std::accumulate(shape.begin() + (shape.empty() ? 0 : 1), shape.end(), hsize_t(1),
                               std::multiplies<>());
    }
    hsize_t rows() const { return shape.empty() ? 1 : shape[0]; }
};

/// The most telling of the messages on the library's error stack: the innermost.
static QString reason()
{
    QString text;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned, const H5E_error2_t *error, void *into) -> herr_t {
            auto &message = *static_cast<QString *>(into);
            if (message.isEmpty() && error->desc)
                message = QString::fromUtf8(error->desc);
            return 0;
        },
        &text);
    // "unable to open file: name = '...', errno = 13, error message = 'Permission denied', flags
    // ..."
    static const QString marker = QStringLiteral("error message = '");
    if (const qsizetype at = text.indexOf(marker); at >= 0) {
        text = text.mid(at + marker.size());
        text.truncate(text.indexOf('\''));
    }
    return text.isEmpty() ? Tr::tr("HDF5 gives no reason") : text;
}

static hid_t memoryType(Samples::Type type)
{
    switch (type) {
    case Samples::Type::UInt8:
        return H5T_NATIVE_UINT8;
    case Samples::Type::Int8:
        return H5T_NATIVE_INT8;
    case Samples::Type::UInt16:
        return H5T_NATIVE_UINT16;
    case Samples::Type::Int16:
        return H5T_NATIVE_INT16;
    case Samples::Type::UInt32:
        return H5T_NATIVE_UINT32;
    case Samples::Type::Int32:
        return H5T_NATIVE_INT32;
    case Samples::Type::UInt64:
        return H5T_NATIVE_UINT64;
    case Samples::Type::Int64:
        return H5T_NATIVE_INT64;
    case Samples::Type::Float64:
        return H5T_NATIVE_DOUBLE;
    case Samples::Type::Float32:
        break;
    }
    return H5T_NATIVE_FLOAT;
}

/// The smallest type of ours that holds a type of the file; none when it holds no plain numbers.
static std::optional<Samples::Type> numericType(hid_t fileType)
{
    using Type = Samples::Type;
    const H5T_class_t kind = H5Tget_class(fileType);
    const std::size_t size = H5Tget_size(fileType);
    if (kind == H5T_FLOAT)
        return size <= 4 ? Type::Float32 : Type::Float64;
    if (kind == H5T_ENUM) { // how h5py writes bool
        const Handle base(H5Tget_super(fileType), H5Tclose);
        return base.isValid() && H5Tget_size(base) == 1 ? std::optional(Type::UInt8)
                                                        : std::optional(Type::Int64);
    }
    if (kind != H5T_INTEGER || size > 8)
        return {};
    const bool isSigned = H5Tget_sign(fileType) == H5T_SGN_2;
    if (size == 1)
        return isSigned ? Type::Int8 : Type::UInt8;
    if (size == 2)
        return isSigned ? Type::Int16 : Type::UInt16;
    if (size <= 4)
        return isSigned ? Type::Int32 : Type::UInt32;
    return isSigned ? Type::Int64 : Type::UInt64;
}

/// Texts of a fixed or variable length, read by `read(memory type, buffer)`.
template <class Read>
static std::optional<QStringList> readTextsBy(hid_t type, std::size_t count, Read read)
{
    QStringList texts;
    if (count == 0)
        return texts;
    if (H5Tis_variable_str(type) > 0) {
        std::vector<char *> pointers(count, nullptr);
        if (read(type, pointers.data()) < 0)
            return {};
        for (char *text : pointers) {
            texts << (text ? QString::fromUtf8(text) : QString());
            H5free_memory(text);
        }
        return texts;
    }
    const std::size_t size = H5Tget_size(type);
    QByteArray buffer(qsizetype(count * size), '\0');
    if (read(type, buffer.data()) < 0)
        return {};
    const bool isSpacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    for (std::size_t i = 0; i < count; ++i) {
        QByteArray text = buffer.mid(qsizetype(i * size), qsizetype(size));
        if (const qsizetype end = text.indexOf('\0'); end >= 0)
            text.truncate(end);
        while (isSpacePadded && text.endsWith(' '))
            text.chop(1);
        texts << QString::fromUtf8(text);
    }
    return texts;
}

static Handle textType(std::size_t bytes)
{
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, bytes);
    H5Tset_cset(type, H5T_CSET_UTF8);
    if (bytes != H5T_VARIABLE)
        H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

static Handle spaceOf(const Shape &shape)
{
    if (shape.empty())
        return {H5Screate(H5S_SCALAR), H5Sclose};
    return {H5Screate_simple(int(shape.size()), shape.data(), nullptr), H5Sclose};
}

/// What is larger than this is not a text or an attribute, whatever the file says.
static constexpr std::size_t largestText = std::size_t(256) << 20;
static constexpr hsize_t slabBytes = hsize_t(16) << 20;

struct Hdf5File::Private
{
    struct Growing
    {
        Handle dataset; ///< opened when it is first appended to
        Shape rest;
        hsize_t rows = 0;
        int textBytes = 0;
        bool isPacked = false; ///< each row is a chunk, shuffled and deflated
    };

    QString name;
    Handle file;
    Handle links; ///< how paths are followed: never into another file
    bool isSwmr = false;
    std::map<QString, Growing> growing;

    ~Private()
    {
        const Library library;
        growing.clear();
        links = {};
        file = {};
    }

    [[noreturn]] void refuse(const QString &path, const QString &what) const
    {
        fail(Tr::tr("Cannot use '%1' in %2: %3.").arg(path.isEmpty() ? "/" : path, name, what));
    }
    /// Turns a negative answer of the library into an Error.
    template <class Answer>
    Answer check(Answer answer, const QString &path) const
    {
        if (answer < 0)
            refuse(path, reason());
        return answer;
    }
    void check(const Handle &handle, const QString &path) const { check(hid_t(handle), path); }

    bool exists(const QString &path) const;
    Handle open(const QString &path) const;
    Handle openDataset(const QString &path) const;
    hsize_t sizeOnDisk() const;
    Layout layout(const QString &path, hid_t dataset) const;
    QStringList names(const QString &group, H5I_type_t kind) const;
    void readSlab(const QString &path, hsize_t first, hsize_t rows, hid_t type, void *to) const;
    template <class Number>
    std::vector<Number> readRows(const QString &path, std::int64_t first, std::int64_t count,
                                 hid_t type) const;
    Handle create(const QString &path, hid_t type, hid_t space, hid_t properties);
    void write(const QString &path, const std::vector<std::int64_t> &shape, std::size_t count,
               hid_t type, const void *numbers);
    void makeGrowing(const QString &path, hid_t type, Shape rest, int bytes);
    void append(const QString &path, hsize_t rows, hid_t type, const void *numbers);
    /// False: one for the library's own filters.
    bool appendPacked(Growing &at, const QString &path, hid_t type, const void *numbers);
    Growing &growingAt(const QString &path);
    hsize_t rowsIn(const QString &path, std::size_t numbers);
};

Hdf5File::Hdf5File(const QString &file, Mode mode)
    : d(std::make_unique<Private>())
{
    const Library library;
    d->name = file;
    const QByteArray encoded = QFile::encodeName(file);
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    // Readers must not be held up by the writer's lock, nor fail where a file system knows none.
    H5Pset_file_locking(access, false, true);
    d->links = Handle(H5Pcreate(H5P_LINK_ACCESS), H5Pclose);
    H5Pset_elink_cb(
        d->links,
        [](const char *, const char *, const char *, const char *, unsigned *, hid_t,
           void *) -> herr_t { return -1; },
        nullptr);
    if (mode == Mode::Create) {
        if (QFile::exists(file))
            fail(Tr::tr("Cannot create %1: there is such a file already.").arg(file));
        H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST); // growing needs it
        d->file = Handle(H5Fcreate(encoded, H5F_ACC_EXCL, H5P_DEFAULT, access), H5Fclose);
        if (!d->file.isValid())
            fail(Tr::tr("Cannot create %1: %2.").arg(file, reason()));
        return;
    }
    d->file = Handle(H5Fopen(encoded, H5F_ACC_RDONLY, access), H5Fclose);
    if (d->file.isValid())
        return;
    // A file that grows, or whose writer was killed, is marked as being written.
    const QString why = reason();
    // What was caught half written is read again, 22 times within 10 ms; the default of 100 times,
    // each after twice the wait, would not end on a damaged file.
    H5Pset_metadata_read_attempts(access, 22);
    d->file = Handle(H5Fopen(encoded, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access), H5Fclose);
    if (!d->file.isValid())
        fail(Tr::tr("Cannot read %1: %2.").arg(file, why));
    d->isSwmr = true;
}

Hdf5File::~Hdf5File() = default;
Hdf5File::Hdf5File(Hdf5File &&) noexcept = default;
Hdf5File &Hdf5File::operator=(Hdf5File &&) noexcept = default;

const QString &Hdf5File::fileName() const
{
    return d->name;
}

static QByteArray encodedPath(const QString &path)
{
    return path.isEmpty() ? QByteArray("/") : path.toUtf8();
}

bool Hdf5File::Private::exists(const QString &path) const
{
    QString prefix;
    for (const QString &part : path.split('/', Qt::SkipEmptyParts)) {
        prefix += '/' + part;
        if (H5Lexists(file, prefix.toUtf8(), links) <= 0 ||
            H5Oexists_by_name(file, prefix.toUtf8(), links) <= 0)
            return false;
    }
    return true;
}

Handle Hdf5File::Private::open(const QString &path) const
{
    if (!exists(path))
        fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(name, path));
    Handle object(H5Oopen(file, encodedPath(path), links), H5Oclose);
    check(object, path);
    return object;
}

Handle Hdf5File::Private::openDataset(const QString &path) const
{
    Handle dataset = open(path);
    if (H5Iget_type(dataset) != H5I_DATASET)
        refuse(path, Tr::tr("it is not a dataset"));
    if (isSwmr)
        check(H5Drefresh(dataset), path);
    return dataset;
}

/// Of the open file: its name may mean another one by now, or none.
hsize_t Hdf5File::Private::sizeOnDisk() const
{
    void *handle = nullptr;
    struct stat status;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || !handle ||
        ::fstat(*static_cast<const int *>(handle), &status) != 0)
        return hsize_t(QFile(name).size());
    return hsize_t(status.st_size);
}

Layout Hdf5File::Private::layout(const QString &path, hid_t dataset) const
{
    Layout layout;
    const Handle type(H5Dget_type(dataset), H5Tclose), space(H5Dget_space(dataset), H5Sclose);
    const Handle made(H5Dget_create_plist(dataset), H5Pclose);
    check(type, path);
    check(space, path);
    check(made, path);
    if (H5Sget_simple_extent_type(space) == H5S_NULL)
        return layout;
    layout.shape.resize(std::size_t(check(H5Sget_simple_extent_ndims(space), path)));
    check(H5Sget_simple_extent_dims(space, layout.shape.data(), nullptr), path);
    hsize_t bytes = H5Tget_size(type);
    for (const hsize_t size : layout.shape)
        if (__builtin_mul_overflow(bytes, std::max<hsize_t>(size, 1), &bytes) ||
            bytes > INT64_MAX / 8)
            refuse(path, Tr::tr("its shape is too large to be true"));
    if (H5Pget_external_count(made) > 0 || H5Pget_layout(made) == H5D_VIRTUAL)
        refuse(path,
               Tr::tr("its numbers lie in another file; copy them into one, e.g. with h5repack"));
    if (H5Pget_layout(made) == H5D_CONTIGUOUS && H5Dget_offset(dataset) != HADDR_UNDEF &&
        bytes > sizeOnDisk())
        refuse(path, Tr::tr("it should hold %1 bytes, more than the whole file").arg(bytes));
    if (H5Pget_layout(made) == H5D_CHUNKED && !layout.shape.empty()) {
        Shape chunk(layout.shape.size());
        check(H5Pget_chunk(made, int(chunk.size()), chunk.data()), path);
        layout.chunkRows = std::max<hsize_t>(chunk[0], 1);
    }
    layout.type = numericType(type);
    return layout;
}

QStringList Hdf5File::Private::names(const QString &group, H5I_type_t kind) const
{
    const Library library;
    const Handle parent = open(group);
    if (H5Iget_type(parent) != H5I_GROUP)
        refuse(group, Tr::tr("it is not a group"));
    QStringList all, found;
    check(H5Literate(
              parent, H5_INDEX_NAME, H5_ITER_INC, nullptr,
              [](hid_t, const char *link, const H5L_info_t *, void *into) -> herr_t {
                  *static_cast<QStringList *>(into) << QString::fromUtf8(link);
                  return 0;
              },
              &all),
          group);
    for (const QString &child : all) {
        const Handle object(H5Oopen(parent, child.toUtf8(), links), H5Oclose);
        if (object.isValid() && H5Iget_type(object) == kind)
            found << child;
    }
    return found;
}

QStringList Hdf5File::groups(const QString &group) const
{
    return d->names(group, H5I_GROUP);
}

QStringList Hdf5File::datasets(const QString &group) const
{
    return d->names(group, H5I_DATASET);
}

bool Hdf5File::has(const QString &path) const
{
    const Library library;
    return d->exists(path);
}

QStringList Hdf5File::attributeNames(const QString &path) const
{
    const Library library;
    const Handle object = d->open(path);
    QStringList names;
    d->check(H5Aiterate2(
                 object, H5_INDEX_NAME, H5_ITER_INC, nullptr,
                 [](hid_t, const char *name, const H5A_info_t *, void *into) -> herr_t {
                     *static_cast<QStringList *>(into) << QString::fromUtf8(name);
                     return 0;
                 },
                 &names),
             path);
    return names;
}

QVariant Hdf5File::attribute(const QString &path, const QString &name) const
{
    const Library library;
    const Handle object = d->open(path);
    if (H5Aexists(object, name.toUtf8()) <= 0)
        return {};
    const Handle attribute(H5Aopen(object, name.toUtf8(), H5P_DEFAULT), H5Aclose);
    d->check(attribute, path);
    const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count < 0 || H5Sget_simple_extent_type(space) == H5S_NULL ||
        std::size_t(count) > largestText / std::max<std::size_t>(H5Tget_size(type), 8))
        return {};
    QVariantList list;
    const auto readAs = [&](auto zero, hid_t memory) {
        std::vector<decltype(zero)> numbers(std::size_t(count), zero);
        if (count > 0)
            d->check(H5Aread(attribute, memory, numbers.data()), path + '@' + name);
        for (const auto number : numbers)
            list << number;
    };
    const std::optional<Samples::Type> number = numericType(type);
    if (H5Tget_class(type) == H5T_STRING) {
        const auto texts = readTextsBy(type, std::size_t(count), [&](hid_t memory, void *to) {
            return H5Aread(attribute, memory, to);
        });
        if (!texts)
            d->refuse(path + '@' + name, reason());
        for (const QString &text : *texts)
            list << text;
    } else if (!number) {
        return {};
    } else if (H5Tget_class(type) == H5T_FLOAT || *number == Samples::Type::UInt64) {
        readAs(0.0, H5T_NATIVE_DOUBLE);
    } else {
        readAs(qint64(0), H5T_NATIVE_INT64);
    }
    return H5Sget_simple_extent_type(space) == H5S_SCALAR && list.size() == 1 ? list[0]
                                                                              : QVariant(list);
}

std::optional<ArrayInfo> Hdf5File::describe(const QString &dataset) const
{
    const Library library;
    if (!d->exists(dataset))
        return {};
    const Handle object = d->open(dataset);
    if (H5Iget_type(object) != H5I_DATASET)
        return {};
    const Layout layout = d->layout(dataset, d->openDataset(dataset));
    if (!layout.type)
        return {};
    ArrayInfo info;
    info.path = dataset;
    info.title = dataset.section('/', -1);
    info.type = *layout.type;
    for (const hsize_t size : layout.shape) {
        Axis axis;
        axis.size = std::int64_t(size);
        info.axes << axis;
    }
    return info;
}

void Hdf5File::Private::readSlab(const QString &path, hsize_t first, hsize_t rows, hid_t type,
                                 void *to) const
{
    const Library library;
    const Handle dataset = openDataset(path);
    const Handle space(H5Dget_space(dataset), H5Sclose);
    Shape shape(std::size_t(check(H5Sget_simple_extent_ndims(space), path)));
    check(H5Sget_simple_extent_dims(space, shape.data(), nullptr), path);
    if (shape.empty()) {
        check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to), path);
        return;
    }
    Shape start(shape.size(), 0);
    start[0] = first;
    shape[0] = rows;
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, shape.data(), nullptr),
          path);
    const Handle memory = spaceOf(shape);
    check(H5Dread(dataset, type, memory, space, H5P_DEFAULT, to), path);
}

Samples Hdf5File::readAll(const QString &dataset, const Progress &progress) const
{
    Layout layout;
    {
        const Library library;
        layout = d->layout(dataset, d->openDataset(dataset));
    }
    if (!layout.type)
        d->refuse(dataset, Tr::tr("it does not hold plain numbers"));
    const hsize_t rows = layout.rows(),
                  rowBytes = layout.rowCount() * Samples::sizeOf(*layout.type);
    Samples samples(*layout.type, std::size_t(rows * layout.rowCount()));
    if (samples.isEmpty())
        return samples;
    // Whole chunks, so that none is unpacked twice.
    hsize_t slab = std::max<hsize_t>(slabBytes / rowBytes, 1);
    slab = (slab + layout.chunkRows - 1) / layout.chunkRows * layout.chunkRows;
    for (hsize_t first = 0; first < rows; first += slab) {
        if (!progress(double(first) / double(rows)))
            fail(Tr::tr("Stopped."));
        d->readSlab(dataset, first, std::min(slab, rows - first), memoryType(*layout.type),
                    samples.bytes() + first * rowBytes);
    }
    return samples;
}

template <class Number>
std::vector<Number> Hdf5File::Private::readRows(const QString &path, std::int64_t first,
                                                std::int64_t count, hid_t type) const
{
    const Library library;
    const Layout laid = layout(path, openDataset(path));
    if (!laid.type)
        refuse(path, Tr::tr("it does not hold plain numbers"));
    if (first < 0 || count < 0 || hsize_t(first) > laid.rows() ||
        hsize_t(count) > laid.rows() - hsize_t(first))
        refuse(path, Tr::tr("rows %1 to %2 were asked for and there are %3")
                         .arg(first)
                         .arg(first + count - 1)
                         .arg(laid.rows()));
    std::vector<Number> numbers(std::size_t(count) * std::size_t(laid.rowCount()));
    if (!numbers.empty())
        readSlab(path, hsize_t(first), hsize_t(count), type, numbers.data());
    return numbers;
}

std::vector<double> Hdf5File::readRows(const QString &dataset, std::int64_t first,
                                       std::int64_t count) const
{
    return d->readRows<double>(dataset, first, count, H5T_NATIVE_DOUBLE);
}

std::vector<float> Hdf5File::readFloats(const QString &dataset, std::int64_t first,
                                        std::int64_t count) const
{
    return d->readRows<float>(dataset, first, count, H5T_NATIVE_FLOAT);
}

QStringList Hdf5File::readTexts(const QString &dataset) const
{
    const Library library;
    const Handle object = d->openDataset(dataset);
    const Handle type(H5Dget_type(object), H5Tclose), space(H5Dget_space(object), H5Sclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_type(space) == H5S_NULL)
        d->refuse(dataset, Tr::tr("it does not hold texts"));
    if (count < 0 || std::size_t(count) > largestText / std::max<std::size_t>(H5Tget_size(type), 1))
        d->refuse(dataset, Tr::tr("it holds too many texts (%1)").arg(count));
    const auto texts = readTextsBy(type, std::size_t(count), [&](hid_t memory, void *to) {
        return H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
    });
    if (!texts)
        d->refuse(dataset, reason());
    return *texts;
}

void Hdf5File::makeGroup(const QString &path)
{
    const Library library;
    if (d->exists(path))
        return;
    const Handle parents(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(parents, 1);
    d->check(
        Handle(H5Gcreate2(d->file, path.toUtf8(), parents, H5P_DEFAULT, H5P_DEFAULT), H5Gclose),
        path);
}

void Hdf5File::setAttribute(const QString &path, const QString &name, const QVariant &value)
{
    const Library library;
    const QString what = path + '@' + name;
    const bool isList =
        value.typeId() == QMetaType::QVariantList || value.typeId() == QMetaType::QStringList;
    const QVariantList list = isList ? value.toList() : QVariantList{value};
    bool isText = !list.isEmpty(), isWhole = true;
    for (const QVariant &item : list) {
        const int type = item.typeId();
        isText = isText && type == QMetaType::QString;
        isWhole = isWhole && type != QMetaType::Double && type != QMetaType::Float;
    }
    std::vector<QByteArray> texts;
    std::vector<const char *> pointers;
    std::vector<double> numbers;
    std::vector<qint64> wholes;
    for (const QVariant &item : list) {
        bool isNumber = true;
        texts.push_back(item.toString().toUtf8());
        if (!isText && isWhole)
            wholes.push_back(item.toLongLong(&isNumber));
        else if (!isText)
            numbers.push_back(item.toDouble(&isNumber));
        if (!isNumber)
            d->refuse(what, Tr::tr("an attribute is a text, a number or a list of one of them"));
    }
    for (const QByteArray &text : texts)
        pointers.push_back(text.constData());

    const Handle object = d->open(path);
    const QByteArray key = name.toUtf8();
    if (H5Aexists(object, key) > 0)
        d->check(H5Adelete(object, key), what);
    const Handle space = spaceOf(isList ? Shape{hsize_t(list.size())} : Shape{});
    const Handle text = textType(H5T_VARIABLE);
    const hid_t type = isText ? hid_t(text) : isWhole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
    const Handle attribute(H5Acreate2(object, key, type, space, H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
    d->check(attribute, what);
    const void *from = numbers.data();
    if (isText)
        from = pointers.data();
    else if (isWhole)
        from = wholes.data();
    if (!list.isEmpty())
        d->check(H5Awrite(attribute, type, from), what);
}

Handle Hdf5File::Private::create(const QString &path, hid_t type, hid_t space, hid_t properties)
{
    const Handle parents(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(parents, 1);
    Handle dataset(H5Dcreate2(file, path.toUtf8(), type, space, parents, properties, H5P_DEFAULT),
                   H5Dclose);
    check(dataset, path);
    return dataset;
}

void Hdf5File::Private::write(const QString &path, const std::vector<std::int64_t> &shape,
                              std::size_t count, hid_t type, const void *numbers)
{
    const Library library;
    const Shape sizes(shape.begin(), shape.end());
    if (std::accumulate(sizes.begin(), sizes.end(), hsize_t(1), std::multiplies<>()) != count)
        refuse(path, Tr::tr("%1 numbers do not fill its shape").arg(count));
    const Handle dataset = create(path, type, spaceOf(sizes), H5P_DEFAULT);
    if (count > 0)
        check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers), path);
}

void Hdf5File::write(const QString &dataset, const std::vector<std::int64_t> &shape,
                     std::span<const float> numbers)
{
    d->write(dataset, shape, numbers.size(), H5T_NATIVE_FLOAT, numbers.data());
}

void Hdf5File::write(const QString &dataset, const std::vector<std::int64_t> &shape,
                     std::span<const double> numbers)
{
    d->write(dataset, shape, numbers.size(), H5T_NATIVE_DOUBLE, numbers.data());
}

void Hdf5File::Private::makeGrowing(const QString &path, hid_t type, Shape rest, int bytes)
{
    Shape shape{0}, limit{H5S_UNLIMITED}, chunk{1};
    for (const hsize_t size : rest) {
        if (size == 0 || size > INT32_MAX)
            refuse(path, Tr::tr("its rows cannot have a side of %1").arg(size));
        shape.push_back(size);
        limit.push_back(size);
        chunk.push_back(size);
    }
    const auto chunkBytes = [&] {
        return std::accumulate(chunk.begin(), chunk.end(), hsize_t(H5Tget_size(type)),
                               std::multiplies<>());
    };
    // About 64 KiB a chunk, yet small where rows are: each flush writes the last chunk whole.
    chunk[0] = std::clamp<hsize_t>((hsize_t(64) << 10) / chunkBytes(), 1, 1024);
    for (std::size_t i = 1; i < chunk.size() && chunkBytes() > hsize_t(4) << 20; ++i)
        while (chunk[i] > 1 && chunkBytes() > hsize_t(4) << 20)
            chunk[i] = (chunk[i] + 1) / 2;
    const Handle made(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    check(H5Pset_chunk(made, int(chunk.size()), chunk.data()), path);
    if (H5Tget_class(type) ==
        H5T_FLOAT) { // what was never written must not look like a measurement
        const double nothing = std::numeric_limits<double>::quiet_NaN();
        check(H5Pset_fill_value(made, H5T_NATIVE_DOUBLE, &nothing), path);
    }
    // A chunk that is written once can be compressed; one that is written again and again while it
    // fills would leave its old places in the file behind.
    const bool isPacked = chunk[0] == 1 && !rest.empty() && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0;
    if (isPacked) {
        check(H5Pset_shuffle(made), path);
        check(H5Pset_deflate(made, 1), path);
    }
    const Handle space(H5Screate_simple(int(shape.size()), shape.data(), limit.data()), H5Sclose);
    create(path, type, space, made);
    growing[path] = {{}, std::move(rest), 0, bytes, isPacked};
}

void Hdf5File::makeGrowing(const QString &dataset, Samples::Type type,
                           const std::vector<std::int64_t> &rest)
{
    const Library library;
    d->makeGrowing(dataset, memoryType(type), Shape(rest.begin(), rest.end()), 0);
}

void Hdf5File::makeGrowingTexts(const QString &dataset, int bytes)
{
    const Library library;
    if (bytes < 1)
        d->refuse(dataset, Tr::tr("texts of %1 bytes hold nothing").arg(bytes));
    const Handle type = textType(std::size_t(bytes));
    d->makeGrowing(dataset, type, {}, bytes);
}

Hdf5File::Private::Growing &Hdf5File::Private::growingAt(const QString &path)
{
    const auto found = growing.find(path);
    if (found == growing.end())
        refuse(path, Tr::tr("it was not made to grow"));
    if (!found->second.dataset.isValid()) {
        found->second.dataset = Handle(H5Dopen2(file, path.toUtf8(), H5P_DEFAULT), H5Dclose);
        check(found->second.dataset, path);
    }
    return found->second;
}

hsize_t Hdf5File::Private::rowsIn(const QString &path, std::size_t numbers)
{
    const Growing &at = growingAt(path);
    const hsize_t row =
        std::accumulate(at.rest.begin(), at.rest.end(), hsize_t(1), std::multiplies<>());
    if (at.textBytes > 0 || numbers % row != 0)
        refuse(path, Tr::tr("%1 numbers are not whole rows of %2").arg(numbers).arg(row));
    return numbers / row;
}

/// Shuffled and deflated as the library's filters do it, but without looking for what repeats: in
/// the planes of a map's bytes only runs do. Two thirds of the time, and no larger.
static std::vector<Bytef> packed(const void *row, std::size_t count, std::size_t size)
{
    const auto *bytes = static_cast<const Bytef *>(row);
    std::vector<Bytef> planes(count * size);
    for (std::size_t plane = 0; plane < size; ++plane)
        for (std::size_t i = 0; i < count; ++i)
            planes[plane * count + i] = bytes[i * size + plane];
    z_stream stream = {};
    if (deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS, MAX_MEM_LEVEL, Z_RLE) != Z_OK)
        return {};
    std::vector<Bytef> deflated(deflateBound(&stream, uLong(planes.size())));
    stream.next_in = planes.data();
    stream.avail_in = uInt(planes.size());
    stream.next_out = deflated.data();
    stream.avail_out = uInt(deflated.size());
    const bool isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    deflated.resize(isWhole ? stream.total_out : 0);
    deflateEnd(&stream);
    return deflated;
}

bool Hdf5File::Private::appendPacked(Growing &at, const QString &path, hid_t type,
                                     const void *numbers)
{
    const Handle stored(H5Dget_type(at.dataset), H5Tclose);
    const Handle made(H5Dget_create_plist(at.dataset), H5Pclose);
    Shape chunk(at.rest.size() + 1), shape{at.rows + 1}, start(at.rest.size() + 1, 0);
    check(H5Pget_chunk(made, int(chunk.size()), chunk.data()), path);
    if (H5Tequal(stored, type) <= 0 || !std::equal(at.rest.begin(), at.rest.end(), ++chunk.begin()))
        return false; // to be converted, or of several chunks
    const hsize_t count =
        std::accumulate(at.rest.begin(), at.rest.end(), hsize_t(1), std::multiplies<>());
    const std::vector<Bytef> bytes = packed(numbers, std::size_t(count), H5Tget_size(type));
    if (bytes.empty())
        return false;
    shape.insert(shape.end(), at.rest.begin(), at.rest.end());
    start[0] = at.rows;
    check(H5Dset_extent(at.dataset, shape.data()), path);
    check(H5Dwrite_chunk(at.dataset, H5P_DEFAULT, 0, start.data(), bytes.size(), bytes.data()),
          path);
    ++at.rows;
    return true;
}

void Hdf5File::Private::append(const QString &path, hsize_t rows, hid_t type, const void *numbers)
{
    Growing &at = growingAt(path);
    if (rows == 0 || (rows == 1 && at.isPacked && appendPacked(at, path, type, numbers)))
        return;
    Shape shape{at.rows + rows}, start(at.rest.size() + 1, 0);
    shape.insert(shape.end(), at.rest.begin(), at.rest.end());
    check(H5Dset_extent(at.dataset, shape.data()), path);
    const Handle space(H5Dget_space(at.dataset), H5Sclose);
    start[0] = at.rows;
    shape[0] = rows;
    const Handle memory = spaceOf(shape);
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, shape.data(), nullptr),
          path);
    check(H5Dwrite(at.dataset, type, memory, space, H5P_DEFAULT, numbers), path);
    at.rows += rows;
}

void Hdf5File::append(const QString &dataset, std::span<const double> row)
{
    const Library library;
    d->append(dataset, d->rowsIn(dataset, row.size()), H5T_NATIVE_DOUBLE, row.data());
}

void Hdf5File::append(const QString &dataset, std::span<const float> row)
{
    const Library library;
    d->append(dataset, d->rowsIn(dataset, row.size()), H5T_NATIVE_FLOAT, row.data());
}

void Hdf5File::append(const QString &dataset, const QString &text)
{
    const Library library;
    const int bytes = d->growingAt(dataset).textBytes;
    if (bytes == 0)
        d->refuse(dataset, Tr::tr("it holds numbers, no texts"));
    QByteArray encoded = text.toUtf8();
    if (encoded.size() > bytes) {
        qsizetype end = bytes;
        while (end > 0 && (encoded[end] & 0xC0) == 0x80) // within a character
            --end;
        encoded.truncate(end);
    }
    encoded.append(bytes - encoded.size(), '\0');
    d->append(dataset, 1, textType(std::size_t(bytes)), encoded.constData());
}

void Hdf5File::startGrowing()
{
    const Library library;
    for (auto &[path, at] : d->growing)
        at.dataset = {}; // the library wants nothing open now
    d->check(H5Fstart_swmr_write(d->file), QString());
}

void Hdf5File::flush()
{
    const Library library;
    d->check(H5Fflush(d->file, H5F_SCOPE_GLOBAL), QString());
}

} // namespace helmscope
