// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace helmscope {

// Which objects of a cache had the md5 of their name when they were last hashed, so that an upload
// need not hash them again: as git's index and DVC's state do. The records lie beside the objects,
// under verified/, where git does not look. Whoever can write them can write the objects, too: they
// save time and prove nothing to others. One that is missing or wrong costs one more hashing.

/// What a file system says of a file that changes when its bytes are changed.
struct FileStamp
{
    qint64 bytes = 0;
    qint64 modifiedNs = 0, changedNs = 0; ///< since 1970
    quint64 inode = 0;
    bool operator==(const FileStamp &) const = default;
};
/// Nothing: it is no open file.
std::optional<FileStamp> stampOf(int file);
qint64 nowNs(); ///< since 1970

/// Shorter files are hashed sooner than looked up: they are never remembered.
constexpr qint64 leastBytesToRemember = 1 << 20;

/// Where an object's file lies, by its path and name; empty: in no cache.
QString cacheOf(const QString &file, const QString &name);

/// Whether the object was verified while its file bore just this stamp.
bool isVerified(const QString &cache, const QString &name, const FileStamp &stamp);

/// After a hashing that began at `begunNs`. Not remembered: a file that was written less than two
/// seconds before (a change within the clock's grain would not show), and where nothing can be
/// written.
void rememberVerified(const QString &cache, const QString &name, const FileStamp &stamp,
                      qint64 begunNs);

} // namespace helmscope
