// SPDX-License-Identifier: GPL-3.0-or-later
// Hdf5File: what it writes.
#include "data/hdf5parts.h"

#include <hdf5_hl.h>
#include <zlib.h>

namespace helmscope {

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

/// As h5py writes truth values; HyperSpy takes no number for one.
static Handle truthType()
{
    Handle type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
    const std::int8_t no = 0, yes = 1;
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    return type;
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
    const bool isTruth = value.typeId() == QMetaType::Bool;
    const std::int8_t truth = value.toBool();
    const Handle made = isTruth ? truthType() : textType(H5T_VARIABLE);
    const hid_t type = isTruth || isText ? hid_t(made)
                       : isWhole         ? H5T_NATIVE_INT64
                                         : H5T_NATIVE_DOUBLE;
    const Handle attribute(H5Acreate2(object, key, type, space, H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
    d->check(attribute, what);
    const void *from = numbers.data();
    if (isTruth)
        from = &truth;
    else if (isText)
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

void Hdf5File::write(const QString &dataset, const std::vector<std::int64_t> &shape,
                     const Samples &numbers, const Progress &progress)
{
    const Library library;
    const Shape sizes(shape.begin(), shape.end());
    if (shape.empty() || std::accumulate(sizes.begin(), sizes.end(), hsize_t(1),
                                         std::multiplies<>()) != numbers.count())
        d->refuse(dataset, Tr::tr("%1 numbers do not fill its shape").arg(numbers.count()));
    const Handle made(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const std::size_t size = Samples::sizeOf(numbers.type());
    Shape chunk = sizes;
    const auto chunkBytes = [&] {
        return std::accumulate(chunk.begin(), chunk.end(), hsize_t(size), std::multiplies<>());
    };
    for (std::size_t i = 0; i < chunk.size(); ++i) // spectra and rows of images stay together
        while (chunk[i] > 1 && chunkBytes() > hsize_t(1) << 20)
            chunk[i] = (chunk[i] + 1) / 2;
    if (numbers.count() > 0) {
        d->check(H5Pset_chunk(made, int(chunk.size()), chunk.data()), dataset);
        d->check(H5Pset_shuffle(made), dataset);
        if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0)
            d->check(H5Pset_deflate(made, 1), dataset);
    }
    const hid_t type = memoryType(numbers.type());
    const Handle object = d->create(dataset, type, spaceOf(sizes), made);
    if (numbers.count() == 0)
        return;
    const Handle space(H5Dget_space(object), H5Sclose);
    const std::size_t row = numbers.count() / sizes[0];
    Shape start(sizes.size(), 0), sides = sizes;
    for (hsize_t first = 0; first < sizes[0]; first += chunk[0]) {
        if (!progress(double(first) / double(sizes[0])))
            fail(Tr::tr("Stopped."));
        start[0] = first;
        sides[0] = std::min(chunk[0], sizes[0] - first);
        d->check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, sides.data(),
                                     nullptr),
                 dataset);
        d->check(H5Dwrite(object, type, spaceOf(sides), space, H5P_DEFAULT,
                          numbers.bytes() + first * row * size),
                 dataset);
    }
}

void Hdf5File::setScale(const QString &dataset, int dimension, const QString &scale,
                        const QString &name)
{
    const Library library;
    const Handle object = d->openDataset(dataset), list = d->openDataset(scale);
    const QByteArray label = name.toUtf8();
    if (H5DSis_scale(list) <= 0)
        d->check(H5DSset_scale(list, label), scale);
    d->check(H5DSattach_scale(object, list, unsigned(dimension)), dataset);
    d->check(H5DSset_label(object, unsigned(dimension), label), dataset);
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
