// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <QByteArray>
#include <QString>

#include <vector>

namespace helmscope {

/// One file of a folder that is kept as an object.
struct DirectoryMember
{
    QString path; ///< relative, '/' between names
    QString md5;
    bool operator==(const DirectoryMember &) const = default;
};

/// What a ".dir" object says. Throws Error, naming `where`, for what is no such list, for more than
/// a million members, and for paths that lead elsewhere or may meet another one: absolute, "..",
/// backslashes, control characters, twice the same, equal but for case, a file that is a folder
/// too.
std::vector<DirectoryMember> parseDirectory(const QByteArray &json, const QString &where);

/// DVC's bytes of such a list, in DVC's order: their md5 names the object.
QByteArray directoryJson(std::vector<DirectoryMember> members);

/// Puts a folder from the cache into its place, which must be free: made beside it and moved there
/// when whole, every file's md5 checked on the way. False: stopped, and nothing is there. Throws
/// Error naming the object that is missing or damaged.
bool restoreDirectory(const QString &cache, const QString &name, const QString &target,
                      const Progress &progress);

} // namespace helmscope
