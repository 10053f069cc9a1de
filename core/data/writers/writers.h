// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/array.h"
#include "data/metadata.h"

#include <span>

namespace helmscope {

/// An array with what is known of it, to be written.
struct DescribedArray
{
    Array array;
    Metadata metadata;
};

/// A format that others read: a row of the table.
struct Writer
{
    const char *key;    ///< on the command line: "hspy"
    const char *name;   ///< "HyperSpy"
    const char *suffix; ///< without the dot
    /// Makes a new file. Throws Error when it exists, cannot be written, or the format has no room
    /// for such an array; no file is left then. Stopped, it throws Error "Stopped.".
    void (*write)(const QString &file, const DescribedArray &recording, const Progress &progress);
};

std::span<const Writer> writers();
/// The writer of this key, or of this suffix. Throws Error that names those there are.
const Writer &writerOf(const QString &key);
/// Writes beside `file` first, so that it is there whole or not at all.
void writeRecording(const QString &file, const Writer &writer, const DescribedArray &recording,
                    bool mayOverwrite, const Progress &progress);

namespace hyperspy {
void write(const QString &file, const DescribedArray &recording, const Progress &progress);
}
namespace pycroscopy {
void write(const QString &file, const DescribedArray &recording, const Progress &progress);
}
namespace tiff {
void write(const QString &file, const DescribedArray &recording, const Progress &progress);
}
namespace csv {
void write(const QString &file, const DescribedArray &recording, const Progress &progress);
}

} // namespace helmscope
