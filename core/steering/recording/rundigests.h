// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/hdf5file.h"

namespace helmscope {

/// Of every list in a run file that is written whole a text "<path> <rows> <md5>", sorted: the md5
/// of its numbers (little-endian, as doubles; float32 as such) or of its texts, each with a zero
/// byte behind.
QStringList digestsOf(const Hdf5File &file);

/// Throws Error that names the first list whose content is not what it was when the run ended, or
/// what HDF5 cannot read any more. A file without digests (of a run that was cut off, or of version
/// 1) is only read through. Answers how many lists were compared.
int checkDigests(const QString &file, const Progress &progress);

} // namespace helmscope
