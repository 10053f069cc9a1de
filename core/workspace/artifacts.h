// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"

#include <QString>

#include <optional>

namespace helmscope {

/// A file known by its content.
struct Artifact
{
    QString md5;     ///< 32 hexadecimal digits of its bytes
    qint64 size = 0; ///< bytes
    QString path;    ///< its name, beside its .dvc file
    bool operator==(const Artifact &) const = default;
};

/// How a file of the workspace and the one in the cache came to share their bytes.
enum class Link {
    Reflink, ///< the file system shares them until one is changed
    Hard,    ///< one file with two names, read-only
    Copy
};

/// 32 hexadecimal digits. Throws Error when the file cannot be read or the work was stopped.
QString md5Of(const QString &file, const Progress &progress);

/// Makes a DVC workspace of a folder (DVC 3: .dvc/config, .dvc/.gitignore, .dvcignore); what is
/// there already stays as it is.
void initialiseDvc(const QString &folder);

/// Where an artifact lies: <folder>/.dvc/cache/files/md5/ab/cdef...
QString cachePath(const QString &folder, const QString &md5);

/// Takes a finished file into the cache and writes <file>.dvc beside it. The file stays in its
/// place, linked with the cached one; content that is there already is not stored twice.
/// `relativePath` is below `folder`. All or nothing: killed, the file is where it was.
struct Stored
{
    Artifact artifact;
    Link link = Link::Copy;
};
Stored storeArtifact(const QString &folder, const QString &relativePath, const Progress &progress);

/// Puts an artifact from the cache into its place, which must be free. Its md5 is checked on the
/// way; throws Error when the cache does not have it or has it damaged.
Link linkFromCache(const QString &folder, const QString &md5, const QString &file,
                   const Progress &progress);

/// The one output of a .dvc file; nothing when there is no such file. Throws Error naming the file
/// where it is none of DVC 3's, names a path outside its folder, or has several outputs.
std::optional<Artifact> readDvcFile(const QString &file);
void writeDvcFile(const QString &file, const Artifact &artifact);

} // namespace helmscope
