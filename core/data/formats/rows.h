// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "data/formats.h"
#include "data/stored/storedarray.h"

// The rows of the table of formats, one .cpp file each; what each function promises stands at
// Format.
#define HELMSCOPE_FORMAT(name)                                                                     \
    namespace name {                                                                               \
    bool looksLike(const QString &file, const QByteArray &head);                                   \
    QList<ArrayInfo> list(const QString &file);                                                    \
    Array read(const QString &file, const QString &array, const Progress &progress);               \
    Metadata metadata(const QString &file, const QString &array);                                  \
    }
#define HELMSCOPE_STORED(name)                                                                     \
    namespace name {                                                                               \
    StoredArrayPointer stored(const QString &file, const QString &array);                          \
    }

namespace helmscope {

HELMSCOPE_FORMAT(hyperspy)
HELMSCOPE_FORMAT(emd)
HELMSCOPE_FORMAT(velox)
HELMSCOPE_FORMAT(dm)
HELMSCOPE_FORMAT(numpy)
HELMSCOPE_FORMAT(pycroscopy)
HELMSCOPE_FORMAT(nexus)
HELMSCOPE_FORMAT(nion)
HELMSCOPE_FORMAT(fourd)
HELMSCOPE_FORMAT(tiff)
HELMSCOPE_FORMAT(mrc)
HELMSCOPE_FORMAT(emsa)
HELMSCOPE_FORMAT(png)

// Those whose arrays can be read in parts.
HELMSCOPE_STORED(hyperspy)
HELMSCOPE_STORED(velox)
HELMSCOPE_STORED(nion)
HELMSCOPE_STORED(pycroscopy)
HELMSCOPE_STORED(nexus)
HELMSCOPE_STORED(emd)
HELMSCOPE_STORED(dm)
HELMSCOPE_STORED(numpy)
HELMSCOPE_STORED(mrc)

} // namespace helmscope

#undef HELMSCOPE_STORED
#undef HELMSCOPE_FORMAT
