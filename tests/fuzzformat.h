// SPDX-License-Identifier: GPL-3.0-or-later
// A hostile file, through one row of the table of formats: everything a reader can be asked for.
#pragma once

#include "base/error.h"
#include "data/formats.h"
#include "data/stored/storedarray.h"
#include "fuzz.h"

#include <QFile>

#include <cstring>
#include <new>

inline void fuzzFormat(const char *name, const std::uint8_t *data, std::size_t size,
                       const char *file)
{
    using namespace helmscope;
    const QString path = fuzzFile(data, size, file);
    for (const Format &format : formats()) {
        if (std::strcmp(format.name, name) != 0)
            continue;
        try {
            const QByteArray head(reinterpret_cast<const char *>(data),
                                  qsizetype(std::min<std::size_t>(size, 16)));
            if (!format.looksLike(path, head))
                return;
            for (const ArrayInfo &info : format.list(path)) {
                constexpr std::int64_t most = 1 << 24; // a larger one is slow, not wrong
                try {
                    format.metadata(path, info.path);
                    if (info.count() <= most)
                        format.read(path, info.path, unwatched());
                    if (const auto stored =
                            format.stored ? format.stored(path, info.path) : nullptr) {
                        StoredArray::Place first, count;
                        for (const Axis &axis : info.axes) {
                            first.push_back(axis.size / 2);
                            count.push_back(std::min<std::int64_t>(axis.size - axis.size / 2, 3));
                        }
                        stored->read(first, count);
                    }
                } catch (const Error &) {
                }
            }
        } catch (const Error &) {
        }
    }
}
