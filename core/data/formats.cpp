// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/formats.h"

#include "base/tr.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>

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
         hyperspy::read,
         hyperspy::metadata,
         hyperspy::stored},
        {"Velox EMD",
         {"emd"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images by detector, stacks, EDS event streams"),
         velox::looksLike,
         velox::list,
         velox::read,
         velox::metadata,
         velox::stored},
        {"Nion Swift",
         {"ndata", "h5"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images and spectrum images with their calibrations"),
         nion::looksLike,
         nion::list,
         nion::read,
         nion::metadata,
         nion::stored},
        {"pycroscopy NSID, USID",
         {"h5", "hf5"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images, maps and spectra with their dimensions"),
         pycroscopy::looksLike,
         pycroscopy::list,
         pycroscopy::read,
         pycroscopy::metadata,
         pycroscopy::stored},
        {"NeXus",
         {"nxs", "h5"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "data with their axes"),
         nexus::looksLike,
         nexus::list,
         nexus::read,
         nexus::metadata,
         nexus::stored},
        {"4D-STEM (py4DSTEM)",
         {"h5", "emd"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "diffraction patterns, as virtual images"),
         fourd::looksLike,
         fourd::list,
         fourd::read,
         fourd::metadata},
        {"Berkeley EMD",
         {"emd"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images and spectrum images with their axes"),
         emd::looksLike,
         emd::list,
         emd::read,
         emd::metadata,
         emd::stored},
        {"Gatan DM",
         {"dm3", "dm4"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images and spectrum images with their calibrations"),
         dm::looksLike,
         dm::list,
         dm::read,
         dm::metadata,
         dm::stored},
        {"NumPy",
         {"npy", "npz"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "arrays without calibration"),
         numpy::looksLike,
         numpy::list,
         numpy::read,
         numpy::metadata,
         numpy::stored},
        {"TIFF",
         {"tif", "tiff"},
         QT_TRANSLATE_NOOP("helmscope::Tr",
                           "images and stacks with the calibration of ImageJ or FEI"),
         tiff::looksLike,
         tiff::list,
         tiff::read,
         tiff::metadata},
        {"PNG",
         {"png"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "an image of counts"),
         png::looksLike,
         png::list,
         png::read,
         png::metadata},
        {"EMSA/MAS",
         {"msa", "emsa"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "a spectrum"),
         emsa::looksLike,
         emsa::list,
         emsa::read,
         emsa::metadata},
        {"MRC",
         {"mrc", "mrcs", "st"},
         QT_TRANSLATE_NOOP("helmscope::Tr", "images and stacks with their pixel size"),
         mrc::looksLike,
         mrc::list,
         mrc::read,
         mrc::metadata,
         mrc::stored},
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

Metadata readMetadata(const Address &address)
{
    const Format &format = formatOf(address.file);
    const QString name = address.array.section('?', 0, 0);
    for (const ArrayInfo &info : format.list(address.file))
        if (name.isEmpty() || info.path == name || info.title == name)
            return format.metadata(address.file, info.path);
    fail(Tr::tr("Cannot read %1: it has no '%2'.").arg(address.file, name));
}

Selection Selection::parse(const QString &query, const ArrayInfo &info)
{
    Selection selection;
    selection.frames = info.frames;
    const QString name = info.title.isEmpty() ? info.path : info.title;
    for (const QString &part : query.split('&', Qt::SkipEmptyParts)) {
        static const QRegularExpression form("^(frames|bin)=([0-9]{1,9})(?:-([0-9]{1,9}))?$");
        const QRegularExpressionMatch match = form.match(part);
        const std::int64_t first = match.captured(2).toLongLong();
        const std::int64_t last = match.hasCaptured(3) ? match.captured(3).toLongLong() : first;
        if (!match.hasMatch())
            fail(Tr::tr("Cannot select '%1' of '%2': write frames=FIRST-LAST or bin=CHANNELS.")
                     .arg(part, name));
        if (match.captured(1) == "frames") {
            if (first < 1 || last < first || last > info.frames)
                fail(Tr::tr("Cannot select the frames %1 to %2 of '%3': it has %4.")
                         .arg(first)
                         .arg(last)
                         .arg(name)
                         .arg(info.frames));
            selection.firstFrame = first - 1;
            selection.frames = last - first + 1;
        } else {
            const std::int64_t channels = info.axes.isEmpty() ? 0 : info.axes.back().size;
            if (first < 1 || match.hasCaptured(3) || first > channels || channels % first != 0 ||
                info.axes.size() != 3)
                fail(Tr::tr("Cannot add %1 channels of '%2' into one: it has %3, and these must be "
                            "a multiple.")
                         .arg(first)
                         .arg(name)
                         .arg(channels));
            selection.bin = int(first);
        }
    }
    return selection;
}

ArrayInfo Selection::of(ArrayInfo info) const
{
    if (bin > 1) {
        Axis &axis = info.axes.back();
        axis.size /= bin;
        axis.offset += axis.scale * (bin - 1) / 2; // the middle of the group
        axis.scale *= bin;
    }
    if (info.frames == 0)
        return info;
    info.frames = frames;
    const bool isStack =
        info.axes.size() == 3 && info.axes[0].isNavigation && !info.axes[1].isNavigation;
    if (isStack) {
        info.axes[0].offset += info.axes[0].scale * double(firstFrame);
        info.axes[0].size = frames;
    }
    return info;
}

std::optional<ArrayInfo> arrayNamed(const QString &name, const QList<ArrayInfo> &arrays)
{
    const qsizetype mark = name.indexOf('?');
    std::optional<ArrayInfo> found;
    for (const ArrayInfo &info : arrays) { // the name may hold the mark itself
        if (info.path == name)
            return info;
        const bool isTitle = info.title == name;
        const QString plain = name.left(mark);
        const bool isSelected =
            mark >= 0 && info.frames > 0 && (info.path == plain || info.title == plain);
        if (!isTitle && !isSelected)
            continue;
        if (found)
            return {};
        found = info;
        if (isSelected) {
            found = Selection::parse(name.mid(mark + 1), info).of(info);
            found->path += name.mid(mark);
        }
    }
    return found;
}

Array readArray(const Address &address, const Progress &progress)
{
    const Format &format = formatOf(address.file);
    const QList<ArrayInfo> arrays = format.list(address.file);
    if (const auto info = arrayNamed(address.array, arrays))
        return format.read(address.file, info->path, progress);
    if (arrays.size() == 1 && address.array.isEmpty())
        return format.read(address.file, arrays[0].path, progress);
    QStringList names;
    bool isTitle = false;
    for (const ArrayInfo &info : arrays) {
        names << (info.path.isEmpty() ? Tr::tr("(the only one)") : '\'' + info.path + '\'');
        isTitle = isTitle || info.title == address.array;
    }
    const QString list = names.join(", ");
    if (address.array.isEmpty())
        fail(Tr::tr("Cannot choose an array of %1: name one of %2.").arg(address.file, list));
    // What the table leaves out (texts, objects) is refused by the reader, with its reason.
    if (!isTitle)
        return format.read(address.file, address.array, progress);
    fail(Tr::tr("Cannot choose an array of %1: '%2' may be any of %3.")
             .arg(address.file, address.array, list));
}

} // namespace helmscope
