// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/hdf5file.h"

#include "data/foreign/firstlook.h"
#include "data/hdf5parts.h"

#include <sys/stat.h>

namespace helmscope {

Hdf5File::Hdf5File(const QString &file, Mode mode)
    : d(std::make_unique<Private>())
{
    if (mode == Mode::Read)
        lookFirst(file); // before the lock: it may take a while
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
        d->isWritten = true;
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

Hdf5File::~Hdf5File()
{
    if (!d || !d->isWritten)
        return;
    const QString name = d->name;
    d.reset(); // closes it
    trustContent(name);
}

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

/// The paths that references to objects lead to, of lists of them the first of each; empty texts
/// for those that lead nowhere. Nothing when the attribute holds something else.
std::optional<QStringList> Hdf5File::Private::referencesIn(hid_t attribute, hid_t type,
                                                           std::size_t count) const
{
    const bool isList = H5Tget_class(type) == H5T_VLEN;
    const Handle item(isList ? H5Tget_super(type) : H5Tcopy(type), H5Tclose);
    if (!item.isValid() || H5Tequal(item, H5T_STD_REF_OBJ) <= 0)
        return {};
    QStringList paths;
    const auto follow = [&](const hobj_ref_t &reference) {
        const Handle object(H5Rdereference2(file, H5P_DEFAULT, H5R_OBJECT, &reference), H5Oclose);
        char target[4096] = {};
        if (object.isValid() && H5Iget_name(object, target, sizeof target) > 1)
            paths << QString::fromUtf8(target + 1); // without the slash
        else
            paths << QString();
    };
    if (!isList) {
        std::vector<hobj_ref_t> references(count);
        if (count > 0 && H5Aread(attribute, H5T_STD_REF_OBJ, references.data()) < 0)
            return {};
        std::for_each(references.begin(), references.end(), follow);
        return paths;
    }
    std::vector<hvl_t> lists(count, hvl_t{0, nullptr});
    if (count > 0 && H5Aread(attribute, type, lists.data()) < 0)
        return {};
    for (const hvl_t &entry : lists)
        if (entry.len > 0 && entry.p)
            follow(*static_cast<const hobj_ref_t *>(entry.p));
        else
            paths << QString();
    const Handle space(H5Aget_space(attribute), H5Sclose);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, lists.data());
    return paths;
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
    } else if (const auto paths = d->referencesIn(attribute, type, std::size_t(count))) {
        for (const QString &target : *paths)
            list << target;
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

Samples Hdf5File::readBlock(const QString &dataset, const std::vector<std::int64_t> &first,
                            const std::vector<std::int64_t> &count) const
{
    const Library library;
    const Handle object = d->openDataset(dataset);
    const Layout layout = d->layout(dataset, object);
    if (!layout.type)
        d->refuse(dataset, Tr::tr("it does not hold plain numbers"));
    bool isInside = first.size() == layout.shape.size() && count.size() == layout.shape.size() &&
                    !layout.shape.empty();
    std::size_t numbers = 1;
    for (std::size_t i = 0; isInside && i < count.size(); ++i) {
        isInside = first[i] >= 0 && count[i] >= 0 && hsize_t(first[i]) <= layout.shape[i] &&
                   hsize_t(count[i]) <= layout.shape[i] - hsize_t(first[i]);
        numbers *= isInside ? std::size_t(count[i]) : 1;
    }
    if (!isInside)
        d->refuse(dataset, Tr::tr("a block that lies outside of it was asked for"));
    Samples samples(*layout.type, numbers);
    if (numbers == 0)
        return samples;
    const Shape start(first.begin(), first.end()), sides(count.begin(), count.end());
    const Handle space(H5Dget_space(object), H5Sclose);
    d->check(
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, sides.data(), nullptr),
        dataset);
    d->check(H5Dread(object, memoryType(*layout.type), spaceOf(sides), space, H5P_DEFAULT,
                     samples.bytes()),
             dataset);
    return samples;
}

std::vector<std::int64_t> Hdf5File::chunkOf(const QString &dataset) const
{
    const Library library;
    const Handle object = d->openDataset(dataset);
    const Handle made(H5Dget_create_plist(object), H5Pclose);
    if (H5Pget_layout(made) != H5D_CHUNKED)
        return {};
    Shape chunk(d->layout(dataset, object).shape.size());
    d->check(H5Pget_chunk(made, int(chunk.size()), chunk.data()), dataset);
    return {chunk.begin(), chunk.end()};
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

} // namespace helmscope
