// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/formats.h"

#include "base/tr.h"

#include <QFile>
#include <QFileInfo>

namespace helmscope {

Address Address::parse(const QString &text)
{
    // A file's name may hold colons itself: the longest one that exists counts.
    if (QFileInfo(text).isFile())
        return {text, {}};
    for (qsizetype at = text.lastIndexOf(':'); at > 0; at = text.lastIndexOf(':', at - 1))
        if (QFileInfo(text.left(at)).isFile())
            return {text.left(at), text.mid(at + 1)};
    // There is no such file: split where a name of an array would begin, for the message to come.
    const qsizetype at = text.lastIndexOf(':');
    return at > 0 ? Address{text.left(at), text.mid(at + 1)} : Address{text, {}};
}

std::span<const Format> formats()
{
    static const Format table[] = {
        {"HyperSpy",
         {"hspy", "hdf5"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images and spectrum images with all calibrations"),
         hyperspy::looksLike,
         hyperspy::list,
         hyperspy::read},
        {"Berkeley EMD",
         {"emd"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images and spectrum images with their axes"),
         emd::looksLike,
         emd::list,
         emd::read},
        {"Gatan DM",
         {"dm3", "dm4"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images and spectrum images with their calibrations"),
         dm::looksLike,
         dm::list,
         dm::read},
        {"NumPy",
         {"npy", "npz"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "arrays without calibration"),
         numpy::looksLike,
         numpy::list,
         numpy::read},
    };
    return table;
}

const Format &formatOf(const QString &file)
{
    QFile in(file);
    if (QFileInfo(file).isDir())
        fail(Tr::tr("Cannot read %1: it is a folder.").arg(file));
    if (!in.open(QIODevice::ReadOnly))
        fail(Tr::tr("Cannot read %1: %2.").arg(file, in.errorString()));
    const QByteArray head = in.read(16);
    if (head.isEmpty())
        fail(Tr::tr("Cannot read %1: the file is empty.").arg(file));
    in.close();
    QStringList known;
    for (const Format &format : formats()) {
        if (format.looksLike(file, head))
            return format;
        known << QStringLiteral("%1 (.%2)").arg(format.name, format.suffixes.join(", ."));
    }
    fail(Tr::tr("Cannot read %1: it is of no known format. Known are %2.")
             .arg(file, known.join(", ")));
}

QList<ArrayInfo> listArrays(const QString &file)
{
    return formatOf(file).list(file);
}

Array readArray(const Address &address, const Progress &progress)
{
    const Format &format = formatOf(address.file);
    const QList<ArrayInfo> arrays = format.list(address.file);
    QStringList names, found;
    for (const ArrayInfo &info : arrays) {
        names << (info.path.isEmpty() ? Tr::tr("(the only one)") : '\'' + info.path + '\'');
        if (info.path == address.array)
            return format.read(address.file, info.path, progress);
        if (address.array.isEmpty() || info.title == address.array)
            found << info.path;
    }
    if (found.size() == 1)
        return format.read(address.file, found[0], progress);
    const QString list = names.join(", ");
    if (address.array.isEmpty())
        fail(Tr::tr("Cannot choose an array of %1: name one of %2.").arg(address.file, list));
    // What the table leaves out (texts, objects) is refused by the reader, with its reason.
    if (found.isEmpty())
        return format.read(address.file, address.array, progress);
    fail(Tr::tr("Cannot choose an array of %1: '%2' may be any of %3.")
             .arg(address.file, address.array, list));
}

} // namespace helmscope
