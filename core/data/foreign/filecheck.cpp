// SPDX-License-Identifier: GPL-3.0-or-later
// helmscope-filecheck FILE: does with an HDF5 file all that a reader may do, in a process of its
// own. The HDF5 library of Debian 12 (1.10.8) reads and writes past its buffers where a file is
// damaged on purpose; then this program dies and not the one that wants to read the file. Its exit
// tells how it went: 0 = it lived, whether or not the file is any good; a signal = it did not.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include <hdf5.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t largestRead = std::size_t(256) << 20; ///< what an attribute or text may take
constexpr std::size_t slab = std::size_t(4) << 20;
constexpr int mostObjects = 200'000, deepest = 64;
constexpr auto dataTime = std::chrono::milliseconds(200); ///< for numbers alone

struct Walk
{
    hid_t file = -1, links = -1;
    int objects = 0;
    std::set<haddr_t> seen;
    Clock::time_point dataUntil;
};

/// As the program reads numbers: in the native type of the same kind and size.
hid_t nativeType(hid_t type)
{
    const H5T_class_t kind = H5Tget_class(type);
    const std::size_t size = H5Tget_size(type);
    if (kind == H5T_FLOAT)
        return size <= 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    if (kind == H5T_ENUM) {
        const hid_t base = H5Tget_super(type);
        const bool isByte = base >= 0 && H5Tget_size(base) == 1;
        if (base >= 0)
            H5Tclose(base);
        return isByte ? H5T_NATIVE_UINT8 : H5T_NATIVE_INT64;
    }
    if (kind != H5T_INTEGER || size > 8)
        return -1;
    const bool isSigned = H5Tget_sign(type) == H5T_SGN_2;
    if (size == 1)
        return isSigned ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    if (size == 2)
        return isSigned ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
    if (size <= 4)
        return isSigned ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    return isSigned ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
}

void follow(const Walk &walk, const hobj_ref_t &reference)
{
    const hid_t object = H5Rdereference2(walk.file, H5P_DEFAULT, H5R_OBJECT, &reference);
    if (object < 0)
        return;
    char name[4096];
    H5Iget_name(object, name, sizeof name);
    H5Oclose(object);
}

/// Touches each byte of a text that the library made.
void touch(const char *text)
{
    volatile std::size_t length = text ? std::strlen(text) : 0;
    static_cast<void>(length);
}

/// All of an attribute or of a dataset of texts, read by `read(type, buffer)`.
template <class Read>
void readWhole(const Walk &walk, hid_t type, hid_t space, Read read)
{
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const std::size_t size = H5Tget_size(type);
    if (count <= 0 || size == 0 ||
        std::size_t(count) > largestRead / std::max<std::size_t>(size, 8))
        return;
    std::vector<std::uint64_t> buffer((std::size_t(count) * std::max<std::size_t>(size, 8)) / 8 +
                                      1);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind == H5T_STRING) {
        if (read(type, buffer.data()) < 0 || H5Tis_variable_str(type) <= 0)
            return;
        auto **texts = reinterpret_cast<char **>(buffer.data());
        for (hssize_t i = 0; i < count; ++i) {
            touch(texts[i]);
            H5free_memory(texts[i]);
        }
        return;
    }
    const hid_t item = kind == H5T_VLEN ? H5Tget_super(type) : H5Tcopy(type);
    if (item >= 0 && H5Tequal(item, H5T_STD_REF_OBJ) > 0) {
        if (kind != H5T_VLEN) {
            if (read(hid_t(H5T_STD_REF_OBJ), buffer.data()) >= 0)
                for (hssize_t i = 0; i < count; ++i)
                    follow(walk, reinterpret_cast<hobj_ref_t *>(buffer.data())[i]);
        } else {
            std::vector<hvl_t> lists(std::size_t(count), hvl_t{0, nullptr});
            if (read(type, lists.data()) >= 0) {
                for (const hvl_t &list : lists)
                    if (list.len > 0 && list.p)
                        follow(walk, *static_cast<const hobj_ref_t *>(list.p));
                H5Dvlen_reclaim(type, space, H5P_DEFAULT, lists.data());
            }
        }
    } else if (const hid_t memory = nativeType(type); memory >= 0) {
        read(memory, buffer.data());
        if (kind == H5T_FLOAT)
            read(hid_t(H5T_NATIVE_DOUBLE), buffer.data());
        else
            read(hid_t(H5T_NATIVE_INT64), buffer.data());
    }
    if (item >= 0)
        H5Tclose(item);
}

void lookAtAttributes(const Walk &walk, hid_t object)
{
    std::vector<std::string> names;
    H5Aiterate2(
        object, H5_INDEX_NAME, H5_ITER_INC, nullptr,
        [](hid_t, const char *name, const H5A_info_t *, void *into) -> herr_t {
            static_cast<std::vector<std::string> *>(into)->push_back(name);
            return 0;
        },
        &names);
    for (const std::string &name : names) {
        const hid_t attribute = H5Aopen(object, name.c_str(), H5P_DEFAULT);
        if (attribute < 0)
            continue;
        const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
        if (type >= 0 && space >= 0 && H5Sget_simple_extent_type(space) != H5S_NULL)
            readWhole(walk, type, space,
                      [&](hid_t memory, void *to) { return H5Aread(attribute, memory, to); });
        if (type >= 0)
            H5Tclose(type);
        if (space >= 0)
            H5Sclose(space);
        H5Aclose(attribute);
    }
}

/// Reads a block of at most a slab from a place on, of the one chunk that holds it; what the
/// numbers are does not matter. Returns its rows.
hsize_t readBlock(hid_t dataset, hid_t memory, const std::vector<hsize_t> &shape,
                  const std::vector<hsize_t> &chunk, const std::vector<hsize_t> &first)
{
    std::vector<hsize_t> count(shape.size(), 1);
    const std::size_t size = std::max<std::size_t>(1, H5Tget_size(memory));
    hsize_t room = slab / size;
    for (std::size_t i = shape.size(); i-- > 0 && room > 0;) {
        hsize_t most = shape[i] - first[i];
        if (!chunk.empty())
            most = std::min(most, chunk[i] - first[i] % chunk[i]);
        count[i] = std::clamp<hsize_t>(room, 1, most);
        room /= count[i];
    }
    const hid_t space = H5Dget_space(dataset);
    const hid_t block = H5Screate_simple(int(count.size()), count.data(), nullptr);
    if (space >= 0 && block >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, first.data(), nullptr, count.data(), nullptr) >=
            0) {
        const hssize_t points = H5Sget_select_npoints(space);
        std::vector<std::uint64_t> buffer(slab / 8 + 1);
        if (points > 0 && std::size_t(points) <= slab / size)
            H5Dread(dataset, memory, block, space, H5P_DEFAULT, buffer.data());
    }
    if (block >= 0)
        H5Sclose(block);
    if (space >= 0)
        H5Sclose(space);
    return count[0];
}

void readNumbers(const Walk &walk, hid_t dataset, hid_t type, hid_t space,
                 const std::vector<hsize_t> &sides)
{
    const hid_t memory = nativeType(type);
    const int dimensions = H5Sget_simple_extent_ndims(space);
    if (memory < 0 || dimensions < 0)
        return;
    if (dimensions == 0) {
        std::uint64_t number[2];
        H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, number);
        return;
    }
    std::vector<hsize_t> shape(std::size_t(dimensions), 0), chunk(sides);
    if (H5Sget_simple_extent_dims(space, shape.data(), nullptr) < 0 ||
        std::find(shape.begin(), shape.end(), hsize_t(0)) != shape.end())
        return;
    if (chunk.size() != shape.size() ||
        std::find(chunk.begin(), chunk.end(), hsize_t(0)) != chunk.end())
        chunk.clear();
    // From the beginning on as long as there is time, and the very end.
    std::vector<hsize_t> first(shape.size(), 0), last(shape);
    for (hsize_t &index : last)
        --index;
    readBlock(dataset, memory, shape, chunk, last);
    do {
        first[0] += readBlock(dataset, memory, shape, chunk, first);
    } while (first[0] < shape[0] && Clock::now() < walk.dataUntil);
}

void lookAtDataset(const Walk &walk, hid_t dataset)
{
    H5Drefresh(dataset);
    const hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset),
                made = H5Dget_create_plist(dataset);
    if (type >= 0 && space >= 0 && made >= 0 && H5Sget_simple_extent_type(space) != H5S_NULL) {
        std::vector<hsize_t> sides;
        const H5D_layout_t layout = H5Pget_layout(made);
        if (H5Pget_external_count(made) <= 0 && layout != H5D_VIRTUAL) {
            if (layout == H5D_CHUNKED) { // walks through all of the index
                hsize_t chunks = 0, of[H5S_MAX_RANK] = {};
                if (const int rank = H5Pget_chunk(made, H5S_MAX_RANK, of); rank > 0)
                    sides.assign(of, of + rank);
                H5Dget_num_chunks(dataset, H5S_ALL, &chunks);
            } else {
                H5Dget_offset(dataset);
            }
            if (H5Tget_class(type) == H5T_STRING)
                readWhole(walk, type, space, [&](hid_t memory, void *to) {
                    return H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
                });
            else
                readNumbers(walk, dataset, type, space, sides);
        }
    }
    for (const hid_t id : {type, space})
        if (id >= 0)
            id == type ? H5Tclose(id) : H5Sclose(id);
    if (made >= 0)
        H5Pclose(made);
}

void lookAt(Walk &walk, hid_t object, int depth)
{
    H5O_info_t info;
    if (++walk.objects > mostObjects || depth > deepest ||
        H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0 || !walk.seen.insert(info.addr).second)
        return;
    lookAtAttributes(walk, object);
    if (H5Iget_type(object) == H5I_DATASET)
        lookAtDataset(walk, object);
    if (H5Iget_type(object) != H5I_GROUP)
        return;
    std::vector<std::string> names;
    H5Literate(
        object, H5_INDEX_NAME, H5_ITER_INC, nullptr,
        [](hid_t, const char *name, const H5L_info_t *, void *into) -> herr_t {
            auto &all = *static_cast<std::vector<std::string> *>(into);
            all.push_back(name);
            return all.size() < std::size_t(mostObjects) ? 0 : 1;
        },
        &names);
    for (const std::string &name : names) {
        H5Lexists(object, name.c_str(), walk.links);
        H5Oexists_by_name(object, name.c_str(), walk.links);
        const hid_t child = H5Oopen(object, name.c_str(), walk.links);
        if (child < 0)
            continue;
        lookAt(walk, child, depth + 1);
        H5Oclose(child);
    }
}

} // namespace

int main(int argc, char *argv[])
{
    if (argc != 2)
        return 2;
    const rlimit none{0, 0};
#if !defined(__SANITIZE_ADDRESS__) // which takes all addresses for itself
    const rlimit memory{rlim_t(3) << 30, rlim_t(3) << 30};
    setrlimit(RLIMIT_AS, &memory);
#endif
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &none); // it has nothing to write
    const rlimit work{4, 5};        // seconds: some damage sends the library round in circles
    setrlimit(RLIMIT_CPU, &work);
    alarm(60); // also where the disk is slow
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    // As Hdf5File opens it.
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(access, false, true);
    Walk walk;
    walk.links = H5Pcreate(H5P_LINK_ACCESS);
    H5Pset_elink_cb(
        walk.links,
        [](const char *, const char *, const char *, const char *, unsigned *, hid_t,
           void *) -> herr_t { return -1; },
        nullptr);
    walk.file = H5Fopen(argv[1], H5F_ACC_RDONLY, access);
    if (walk.file < 0) {
        H5Pset_metadata_read_attempts(access, 22);
        walk.file = H5Fopen(argv[1], H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access);
    }
    if (walk.file < 0)
        return 0;
    walk.dataUntil = Clock::now() + dataTime;
    const hid_t root = H5Oopen(walk.file, "/", walk.links);
    if (root >= 0) {
        lookAt(walk, root, 0);
        H5Oclose(root);
    }
    H5Fclose(walk.file);
    H5Pclose(walk.links);
    H5Pclose(access);
    return 0;
}
