// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/array.h"
#include "data/hdf5file.h"

#include <memory>

namespace helmscope {

/// An array that stays in its file, of which blocks are read when they are asked for. Several
/// threads may read at once.
class StoredArray
{
public:
    using Place = std::vector<std::int64_t>; ///< an index, or a number of points, along each axis

    virtual ~StoredArray() = default;
    const QString &file() const { return m_file; }
    const ArrayInfo &info() const { return m_info; }
    /// The sides of the blocks that cost one access: the file's chunks, or a page of the disk.
    const Place &grain() const { return m_grain; }
    /// The numbers of the block that begins at `first`, in C order, in the array's own type. Throws
    /// Error when it lies outside, or when the file is shorter than it was.
    Samples read(const Place &first, const Place &count) const;

protected:
    StoredArray(QString file, ArrayInfo info, Place grain);
    /// Of a block that is not empty and lies inside.
    virtual Samples block(const Place &first, const Place &count) const = 0;

private:
    QString m_file;
    ArrayInfo m_info;
    Place m_grain;
};
using StoredArrayPointer = std::shared_ptr<const StoredArray>;

/// A dataset of an HDF5 file; one of two dimensions may hold an array of three, the first two of
/// them as one. `order` says which of the array's axes each dimension of the dataset is, where they
/// are not in the array's order. Nothing where the shapes do not agree.
StoredArrayPointer storedInHdf5(Hdf5File file, const ArrayInfo &info, const QString &dataset,
                                const std::vector<std::size_t> &order = {});

/// How numbers lie in a file one after the other.
struct PlainLayout
{
    qint64 at = 0;          ///< byte of the first one
    bool isSwapped = false; ///< not in this machine's byte order
    bool isFortran = false; ///< the first axis varies fastest, not the last
};
/// Numbers one after the other. Throws Error when the file cannot be opened or is too short.
StoredArrayPointer storedPlainly(const QString &file, const ArrayInfo &info,
                                 const PlainLayout &layout);

} // namespace helmscope
