// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/array.h"

#include <QVariant>

#include <memory>
#include <optional>
#include <span>

namespace helmscope {

/// An HDF5 file behind one handle; the only place of the program that speaks to the HDF5 library.
/// Every failure is an Error that names file, object and what HDF5 said. Not shared between
/// threads: each use opens its own, and the library's calls are serialised inside.
class Hdf5File
{
public:
    enum class Mode { Read, Create /** all others may read while it grows (SWMR) */ };
    Hdf5File(const QString &file, Mode mode);
    ~Hdf5File();
    Hdf5File(Hdf5File &&) noexcept;
    Hdf5File &operator=(Hdf5File &&) noexcept;

    // Reading. Paths are "group/dataset"; "" or "/" is the root.
    QStringList groups(const QString &group) const;
    QStringList datasets(const QString &group) const;
    bool has(const QString &path) const;
    /// An attribute as double, qint64, QString, QVariantList of these; a reference to an object is
    /// its path; invalid when absent or of a kind we have no use for.
    QVariant attribute(const QString &path, const QString &name) const;
    QStringList attributeNames(const QString &path) const;
    /// Type and shape of a numeric dataset (axes with sizes only); nothing for other kinds.
    std::optional<ArrayInfo> describe(const QString &dataset) const;
    /// Reads a numeric dataset by slab, in the file's own type (big-endian is turned).
    Samples readAll(const QString &dataset, const Progress &progress) const;
    /// The block that begins at `first` and has `count` points along each dimension, in the file's
    /// own type; nothing else is read. Throws Error when it lies outside.
    Samples readBlock(const QString &dataset, const std::vector<std::int64_t> &first,
                      const std::vector<std::int64_t> &count) const;
    /// The sides of the chunks that a dataset is stored in; empty where it is in one piece.
    std::vector<std::int64_t> chunkOf(const QString &dataset) const;
    /// Rows [first, first + count) of the first dimension, as doubles / floats.
    std::vector<double> readRows(const QString &dataset, std::int64_t first,
                                 std::int64_t count) const;
    std::vector<float> readFloats(const QString &dataset, std::int64_t first,
                                  std::int64_t count) const;
    QStringList readTexts(const QString &dataset) const;

    // Writing.
    void makeGroup(const QString &path);
    void setAttribute(const QString &path, const QString &name, const QVariant &value);
    /// A whole array at once, contiguous, C order.
    void write(const QString &dataset, const std::vector<std::int64_t> &shape,
               std::span<const float> numbers);
    void write(const QString &dataset, const std::vector<std::int64_t> &shape,
               std::span<const double> numbers);
    /// In the numbers' own type, in chunks of about 1 MiB, shuffled and deflated. Stopped, it
    /// throws Error "Stopped.".
    void write(const QString &dataset, const std::vector<std::int64_t> &shape,
               const Samples &numbers, const Progress &progress);
    /// Makes `scale`, a list, the scale of a dimension of `dataset`, as HDF5's dimension scales
    /// are.
    void setScale(const QString &dataset, int dimension, const QString &scale, const QString &name);
    /// A dataset that grows along its first dimension; `rest` are the other sizes (empty: a list).
    /// Rows of 64 KiB or more are compressed (shuffle, deflate), each by itself.
    void makeGrowing(const QString &dataset, Samples::Type type,
                     const std::vector<std::int64_t> &rest);
    /// A growing list of UTF-8 texts of at most `bytes` bytes each (longer ones are cut at a
    /// character).
    void makeGrowingTexts(const QString &dataset, int bytes);
    /// One row, or several at once.
    void append(const QString &dataset, std::span<const double> row);
    void append(const QString &dataset, std::span<const float> row);
    void append(const QString &dataset, const QString &text);
    /// From now on only append() and flush(): readers may open the file while it grows, and a kill
    /// leaves all that was flushed readable (HDF5's single writer, multiple readers).
    void startGrowing();
    void flush();

    const QString &fileName() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace helmscope
