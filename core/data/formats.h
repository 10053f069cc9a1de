// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/array.h"

#include <QByteArray>
#include <QStringList>

#include <span>

namespace helmscope {

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
};

/// All formats, in the order in which they are tried.
std::span<const Format> formats();
/// The format of a file by its content, not its name. Throws Error naming the file when it cannot
/// be opened, is empty, or is of no known format (then with the list of those that are).
const Format &formatOf(const QString &file);

QList<ArrayInfo> listArrays(const QString &file);
/// Reads one array. An empty or ambiguous array name: Error that lists the names there are.
Array readArray(const Address &address, const Progress &progress);

// The rows, one .cpp file each.
namespace hyperspy {
bool looksLike(const QString &file, const QByteArray &head);
QList<ArrayInfo> list(const QString &file);
Array read(const QString &file, const QString &array, const Progress &progress);
} // namespace hyperspy
namespace emd {
bool looksLike(const QString &file, const QByteArray &head);
QList<ArrayInfo> list(const QString &file);
Array read(const QString &file, const QString &array, const Progress &progress);
} // namespace emd
namespace dm {
bool looksLike(const QString &file, const QByteArray &head);
QList<ArrayInfo> list(const QString &file);
Array read(const QString &file, const QString &array, const Progress &progress);
} // namespace dm
namespace numpy {
bool looksLike(const QString &file, const QByteArray &head);
QList<ArrayInfo> list(const QString &file);
Array read(const QString &file, const QString &array, const Progress &progress);
} // namespace numpy

} // namespace helmscope
