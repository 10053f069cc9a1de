// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace helmscope {

// An object is a file known by its content. Its name is the md5 of its bytes, 32 lower-case
// hexadecimal digits; the list of a folder's files bears ".dir" behind it (directory.h).

/// Where an object lies below the root of a cache or remote.
enum class ObjectLayout {
    Dvc3, ///< files/md5/ab/cdef...
    Dvc2  ///< ab/cdef..., before 2024; only read
};

bool isObjectName(const QString &name);
bool isDirectoryName(const QString &name); ///< a name with ".dir"

/// Relative path with '/'. Throws Error for what is no object's name.
QString objectPath(const QString &name, ObjectLayout layout = ObjectLayout::Dvc3);
/// The other way round, for either layout; empty: no object's path.
QString objectNameOf(const QString &path);

/// Where a cache (a workspace's .dvc/cache) has the object; empty: it does not. Files only: a link
/// is not followed.
QString objectInCache(const QString &cache, const QString &name);

/// md5 by which DVC 2 knew this file where it is text: of its lines with CR LF as LF. Empty: it is
/// no text. Throws Error when it cannot be read.
QString textMd5Of(const QString &file);

} // namespace helmscope
