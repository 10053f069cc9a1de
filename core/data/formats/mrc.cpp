// SPDX-License-Identifier: GPL-3.0-or-later
// MRC (2014 and older): a header of 1024 bytes, an extended one, then the sections one after the
// other. Rows stay in the file's order, as mrcfile and ImageJ show them.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QFileInfo>
#include <QtEndian>

#include <algorithm>
#include <cmath>

namespace helmscope::mrc {

namespace {

constexpr qint64 headerBytes = 1024;

[[noreturn]] void refuse(const QString &file, const QString &what)
{
    fail(Tr::tr("Cannot read %1: %2.").arg(file, what));
}

struct Header
{
    QByteArray bytes, extended; ///< of the latter the first section's
    bool isLittleEndian = true;
    ArrayInfo info;
    qint64 dataAt = 0;

    template <class Number>
    Number at(int place) const
    {
        return isLittleEndian ? qFromLittleEndian<Number>(bytes.constData() + place)
                              : qFromBigEndian<Number>(bytes.constData() + place);
    }
};

bool isSane(const Header &header)
{
    for (const int place : {0, 4, 8})
        if (header.at<qint32>(place) < 1 || header.at<qint32>(place) > 1'000'000)
            return false;
    const auto mode = header.at<qint32>(12);
    return mode >= 0 && mode <= 101;
}

/// Reads and checks the header; nothing when the file is none.
std::optional<Header> headerOf(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        refuse(file, in.errorString());
    Header header;
    header.bytes = in.read(headerBytes);
    if (header.bytes.size() < headerBytes)
        return {};
    // Old files have no stamp of their byte order: whichever makes sense.
    if (!isSane(header)) {
        header.isLittleEndian = false;
        if (!isSane(header))
            return {};
    }
    const auto more = header.at<qint32>(92);
    if (more < 0 || headerBytes + more > in.size())
        return {};
    header.dataAt = headerBytes + more;
    header.extended = in.read(std::min<qint64>(more, 4096));
    return header;
}

std::optional<Samples::Type> typeOf(int mode)
{
    switch (mode) {
    case 0:
        return Samples::Type::Int8;
    case 1:
        return Samples::Type::Int16;
    case 2:
        return Samples::Type::Float32;
    case 6:
        return Samples::Type::UInt16;
    default:
        return {};
    }
}

Header open(const QString &file)
{
    std::optional<Header> header = headerOf(file);
    if (!header)
        refuse(file, Tr::tr("its header is damaged"));
    const auto mode = header->at<qint32>(12);
    const std::optional<Samples::Type> type = typeOf(mode);
    if (!type)
        refuse(file, Tr::tr("its numbers are of mode %1; known are 0, 1, 2 and 6").arg(mode));
    ArrayInfo &info = header->info;
    info.path = "image";
    info.title = QFileInfo(file).completeBaseName();
    info.type = *type;
    static const char *const names[] = {"z", "y", "x"};
    for (int i = 0; i < 3; ++i) { // x varies fastest and stands first
        const int place = (2 - i) * 4;
        Axis axis;
        axis.size = header->at<qint32>(place);
        axis.name = QString::fromLatin1(names[i]);
        const double cell = double(header->at<float>(40 + place));
        const auto samples = header->at<qint32>(28 + place);
        if (std::isfinite(cell) && cell > 0 && samples > 0 && i > 0) {
            axis.scale = cell / samples / 10; // ångström
            axis.unit = "nm";
            axis.isCalibrated = axis.scale != 0.1; // 1 Å is what is written for want of a size
        }
        info.axes << axis;
    }
    if (info.axes[0].size == 1) {
        info.axes.removeFirst();
    } else {
        info.frames = info.axes[0].size;
        info.axes[0].isNavigation = true;
        info.path = "stack";
    }
    if (header->dataAt + info.count() * qint64(Samples::sizeOf(*type)) > QFileInfo(file).size())
        refuse(file, Tr::tr("it should hold %1 numbers and is too short").arg(info.shapeText()));
    return *header;
}

} // namespace

bool looksLike(const QString &file, const QByteArray &head)
{
    if (head.size() < 16)
        return false;
    const std::optional<Header> header = headerOf(file);
    if (!header)
        return false;
    // Files from before 2000 lack the mark; these are known by their name.
    static const QStringList suffixes{"mrc", "mrcs", "st", "ali", "rec", "map"};
    return header->bytes.mid(208, 3) == "MAP" ||
           suffixes.contains(QFileInfo(file).suffix().toLower());
}

QList<ArrayInfo> list(const QString &file)
{
    return {open(file).info};
}

Array read(const QString &file, const QString &array, const Progress &progress)
{
    const Header header = open(file);
    if (array.section('?', 0, 0) != header.info.path)
        refuse(file, Tr::tr("it has no '%1'").arg(array));
    const Selection selection = Selection::parse(array.section('?', 1), header.info);
    const ArrayInfo info = selection.of(header.info);
    const qint64 size = qint64(Samples::sizeOf(info.type)), bytes = info.count() * size;
    Samples samples(info.type, std::size_t(info.count()));
    QFile in(file);
    const qint64 first =
        selection.frames > 0 ? selection.firstFrame * (bytes / selection.frames) : 0;
    if (!in.open(QIODevice::ReadOnly) || !in.seek(header.dataAt + first))
        refuse(file, in.errorString());
    constexpr qint64 slab = 16 << 20;
    for (qint64 done = 0; done < bytes;) {
        if (!progress(double(done) / double(bytes)))
            fail(Tr::tr("Stopped."));
        const qint64 wanted = std::min(slab, bytes - done);
        if (in.read(reinterpret_cast<char *>(samples.bytes()) + done, wanted) != wanted)
            refuse(file, Tr::tr("it ends within the numbers"));
        done += wanted;
    }
    if (header.isLittleEndian != (QSysInfo::ByteOrder == QSysInfo::LittleEndian))
        for (qint64 i = 0; i < bytes; i += size)
            std::reverse(samples.bytes() + i, samples.bytes() + i + size);
    return {info, samples};
}

StoredArrayPointer stored(const QString &file, const QString &array)
{
    const Header header = open(file);
    if (array != header.info.path) // a selection of frames is read as such
        return {};
    return storedPlainly(file, header.info,
                         {header.dataAt,
                          header.isLittleEndian != (QSysInfo::ByteOrder == QSysInfo::LittleEndian),
                          false});
}

Metadata metadata(const QString &file, const QString &)
{
    const Header header = open(file);
    Metadata found;
    using Field = Metadata::Field;
    QStringList labels;
    const int count = std::clamp(int(header.at<qint32>(220)), 0, 10);
    for (int i = 0; i < count; ++i)
        labels
            << QString::fromLatin1(header.bytes.mid(224 + 80 * i, 80)).remove(QChar(0)).trimmed();
    found.all["labels"] = labels.join('\n');
    found.all["mode"] = header.at<qint32>(12);
    const int version = header.at<qint32>(108);
    found.all["version"] = version;
    const QByteArray kind = header.bytes.mid(104, 4);
    found.all["extended"] = QString::fromLatin1(kind).remove(QChar(0));
    found.put(Field::Title, header.info.title);
    found.put(Field::Comment, labels.join("; "));
    // The extended header of Thermo Fisher begins with its size, version and a mask of what is set.
    if ((kind == "FEI1" || kind == "FEI2") && header.extended.size() >= 116) {
        const auto number = [&](int place) {
            return qFromLittleEndian<double>(header.extended.constData() + place);
        };
        const auto text = [&](int place) {
            return QString::fromLatin1(header.extended.mid(place, 16)).section(QChar(0), 0, 0);
        };
        found.put(Field::Instrument, text(20));
        found.put(Field::Software, text(52));
        if (const double volts = number(84); volts >= 1e3 && volts <= 1e7)
            found.put(Field::BeamEnergy, volts / 1e3);
        if (const double tilt = number(100); std::abs(tilt) <= 180)
            found.put(Field::TiltAlpha, tilt);
    }
    constexpr int newest = 20141;
    if (version > newest && version < 30000)
        found.warnings << recorded("%1 is of version %2 of the MRC format; versions up to %3 are "
                                   "known and it was read like those.")
                              .arg(file)
                              .arg(version)
                              .arg(newest);
    return found;
}

} // namespace helmscope::mrc
