// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/writers/writers.h"

#include "base/tr.h"

#include <QFile>
#include <QFileInfo>
#include <QStringList>

namespace helmscope {

std::span<const Writer> writers()
{
    static const Writer table[] = {
        {"hspy", "HyperSpy", "hspy", hyperspy::write},
        {"nsid", "pycroscopy NSID", "h5", pycroscopy::write},
        {"tiff", "TIFF", "tif", tiff::write},
        {"csv", "CSV", "csv", csv::write},
    };
    return table;
}

const Writer &writerOf(const QString &key)
{
    QStringList known;
    for (const Writer &writer : writers()) {
        if (key == writer.key || key == writer.suffix)
            return writer;
        known << writer.key;
    }
    fail(Tr::tr("There is no format '%1' to write; there are %2.").arg(key, known.join(", ")));
}

void writeRecording(const QString &file, const Writer &writer, const DescribedArray &recording,
                    bool mayOverwrite, const Progress &progress)
{
    if (QFile::exists(file) && !mayOverwrite)
        fail(Tr::tr("%1 exists already: choose another name, or allow to overwrite it.").arg(file));
    if (std::uint64_t(recording.array.info.count()) != recording.array.samples.count())
        fail(Tr::tr("Cannot write %1: the array's numbers do not fill its shape.").arg(file));
    const QString half = file + ".part";
    QFile::remove(half); // of a writing that was killed
    try {
        writer.write(half, recording, progress);
    } catch (...) {
        QFile::remove(half);
        throw;
    }
    QFile::remove(file);
    QFile whole(half);
    if (!whole.rename(file)) {
        const QString why = whole.errorString();
        QFile::remove(half);
        fail(Tr::tr("Cannot write %1: %2.").arg(file, why));
    }
}

} // namespace helmscope
