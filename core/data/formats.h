// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/array.h"
#include "data/metadata.h"

#include <QByteArray>
#include <QStringList>

#include <memory>
#include <optional>
#include <span>

namespace helmscope {

class StoredArray;

/// An array in a file, as "FILE[:array]".
struct Address
{
    QString file;
    QString array; ///< empty: the only array, or the first that fits
    bool operator==(const Address &) const = default;

    QString text() const { return array.isEmpty() ? file : file + ':' + array; }
    /// Splits at the last colon after which the first part names an existing file.
    static Address parse(const QString &text);
};

/// The part of an array that is read, as written behind its name: "?frames=2-5&bin=4" reads the
/// frames 2 to 5 (counted from 1, both included) and four channels as one.
struct Selection
{
    std::int64_t firstFrame = 0, frames = 0; ///< counted from 0
    int bin = 1;                             ///< channels added into one

    /// Parses what stands after the '?'; empty: all. Throws Error where it asks for what `info` has
    /// not.
    static Selection parse(const QString &query, const ArrayInfo &info);
    /// How the array that is read so is described.
    ArrayInfo of(ArrayInfo info) const;
};

/// One file format: a row of the table.
struct Format
{
    const char *name;     ///< "HyperSpy"
    QStringList suffixes; ///< without the dot
    const char *holds;    ///< for people: "images and spectrum images with all calibrations"
    /// Whether the file may be of this format, from its first 16 bytes (and a look inside, for
    /// HDF5).
    bool (*looksLike)(const QString &file, const QByteArray &head);
    QList<ArrayInfo> (*list)(const QString &file);
    /// Reads by slab and calls progress between slabs; stopped, it throws Error "Stopped.".
    Array (*read)(const QString &file, const QString &array, const Progress &progress);
    /// What the file says of one of its arrays, or of the first one where `array` is empty.
    Metadata (*metadata)(const QString &file, const QString &array);
    /// Leaves an array in its file, to be read in parts. Nothing where this one, or (null) any of
    /// the format, can only be read whole.
    std::shared_ptr<const StoredArray> (*stored)(const QString &file,
                                                 const QString &array) = nullptr;
};

/// All formats, in the order in which they are tried.
std::span<const Format> formats();
/// The format of a file by its content, not its name. Throws Error naming the file when it cannot
/// be opened, is empty, or is of no known format (then with the list of those that are).
const Format &formatOf(const QString &file);

QList<ArrayInfo> listArrays(const QString &file);
/// The array of this path or title among `arrays`, with the Selection behind its name applied;
/// nothing when none or several are called so.
std::optional<ArrayInfo> arrayNamed(const QString &name, const QList<ArrayInfo> &arrays);
/// What a file says of one of its arrays, by path or title; of its first one where none is named.
Metadata readMetadata(const Address &address);
/// Reads one array. An empty or ambiguous array name: Error that lists the names there are.
Array readArray(const Address &address, const Progress &progress);

} // namespace helmscope
