// SPDX-License-Identifier: GPL-3.0-or-later
// EMSA/MAS spectra (ISO 22029), .msa and .emsa: lines "#KEYWORD : value", then the numbers.
#include "base/recorded.h"
#include "base/tr.h"
#include "data/formats/rows.h"

#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>

#include <cmath>

namespace helmscope::emsa {

namespace {

constexpr qint64 largest = 256 << 20;

struct Spectrum
{
    QJsonObject keys;
    std::vector<double> energies, counts; ///< energies empty when they are even
};

[[noreturn]] void refuse(const QString &file, const QString &what)
{
    fail(Tr::tr("Cannot read %1: %2.").arg(file, what));
}

Spectrum parse(const QString &file)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly))
        refuse(file, in.errorString());
    if (in.size() > largest)
        refuse(file, Tr::tr("a spectrum of more than %1 MiB is none").arg(largest >> 20));
    Spectrum spectrum;
    bool isData = false, isPairs = false;
    while (!in.atEnd()) {
        const QString line = QString::fromLatin1(in.readLine()).trimmed();
        if (line.startsWith('#')) {
            const qsizetype colon = line.indexOf(':');
            // "#OFFSET -eV" and "##DETECTOR" occur: the keyword is its first word.
            const QString key = line.left(colon).remove('#').trimmed().section(' ', 0, 0).toUpper();
            if (key == "ENDOFDATA")
                break;
            if (key == "SPECTRUM") {
                isData = true;
                isPairs = spectrum.keys["DATATYPE"].toString().toUpper().startsWith("XY");
            } else if (colon > 0 && !key.isEmpty() && !spectrum.keys.contains(key)) {
                spectrum.keys[key] = line.mid(colon + 1).trimmed();
            }
            continue;
        }
        if (!isData || line.isEmpty())
            continue;
        static const QRegularExpression gap("[,;\\s]+");
        const QStringList words = line.split(gap, Qt::SkipEmptyParts);
        if (isPairs && words.size() != 2)
            refuse(file,
                   Tr::tr("its line '%1' is no pair of energy and counts").arg(line.left(40)));
        for (qsizetype i = 0; i < words.size(); ++i) {
            bool isNumber = false;
            const double number = words[i].toDouble(&isNumber);
            if (!isNumber)
                refuse(file, Tr::tr("'%1' stands where a number should").arg(words[i].left(40)));
            (isPairs && i == 0 ? spectrum.energies : spectrum.counts).push_back(number);
        }
    }
    if (spectrum.counts.empty())
        refuse(file, Tr::tr("it holds no numbers behind '#SPECTRUM'"));
    bool isCount = false;
    const double points = spectrum.keys["NPOINTS"].toString().toDouble(&isCount);
    if (isCount && points != double(spectrum.counts.size()))
        refuse(file, Tr::tr("it should hold %1 points and holds %2")
                         .arg(points)
                         .arg(spectrum.counts.size()));
    return spectrum;
}

ArrayInfo describe(const Spectrum &spectrum, const QString &file)
{
    ArrayInfo info;
    info.path = "spectrum";
    info.title = spectrum.keys["TITLE"].toString();
    if (info.title.isEmpty())
        info.title = QFileInfo(file).completeBaseName();
    info.quantity = spectrum.keys["YUNITS"].toString();
    info.type = Samples::Type::Float64;
    Axis axis;
    axis.size = std::int64_t(spectrum.counts.size());
    axis.name = spectrum.keys["SIGNALTYPE"].toString().contains("ELS") ? recorded("Energy loss")
                                                                       : recorded("Energy");
    axis.unit = spectrum.keys["XUNITS"].toString();
    if (axis.unit.compare("ev", Qt::CaseInsensitive) == 0)
        axis.unit = "eV";
    else if (axis.unit.compare("kev", Qt::CaseInsensitive) == 0)
        axis.unit = "keV";
    const double scale = spectrum.keys["XPERCHAN"].toString().toDouble(),
                 offset = spectrum.keys["OFFSET"].toString().toDouble();
    if (std::isfinite(scale) && scale != 0 && std::isfinite(offset)) {
        axis.scale = scale;
        axis.offset = offset;
        axis.isCalibrated = true;
    } else if (spectrum.energies.size() == spectrum.counts.size()) {
        axis.values = spectrum.energies;
        axis.isCalibrated = true;
    }
    info.axes << axis;
    return info;
}

} // namespace

bool looksLike(const QString &file, const QByteArray &head)
{
    if (!head.startsWith('#'))
        return false;
    QFile in(file);
    return in.open(QIODevice::ReadOnly) &&
           QString::fromLatin1(in.readLine(200)).contains("EMSA", Qt::CaseInsensitive);
}

QList<ArrayInfo> list(const QString &file)
{
    return {describe(parse(file), file)};
}

Array read(const QString &file, const QString &array, const Progress &)
{
    const Spectrum spectrum = parse(file);
    const ArrayInfo info = describe(spectrum, file);
    if (array != info.path)
        refuse(file, Tr::tr("it has no '%1'").arg(array));
    Samples samples(info.type, spectrum.counts.size());
    std::copy(spectrum.counts.begin(), spectrum.counts.end(),
              reinterpret_cast<double *>(samples.bytes()));
    return {info, samples};
}

Metadata metadata(const QString &file, const QString &)
{
    Metadata found;
    found.all = parse(file).keys;
    using Field = Metadata::Field;
    found.take(Field::Title, "TITLE");
    found.take(Field::Operator, "OWNER");
    found.take(Field::Signal, "SIGNALTYPE");
    found.take(Field::Comment, "COMMENT");
    found.put(Field::Time, isoTime(found.all["DATE"].toString(), found.all["TIME"].toString()));
    found.take(Field::BeamEnergy, "BEAMKV");
    found.take(Field::Current, "PROBECUR", 1e3); // nA
    found.take(Field::Convergence, "CONVANGLE");
    found.take(Field::Collection, "COLLANGLE");
    found.take(Field::Magnification, "MAGCAM");
    found.take(Field::Dwell, "DWELLTIME", 1e-3);
    found.take(Field::Exposure, "INTEGTIME", 1e-3);
    found.take(Field::TiltAlpha, "XTILTSTGE");
    const double version = found.all["VERSION"].toString().toDouble();
    constexpr double newest = 2;
    if (version > newest)
        found.warnings << recorded("%1 is of version %2 of the EMSA format; versions up to %3 are "
                                   "known and it was read like those.")
                              .arg(file)
                              .arg(version)
                              .arg(newest);
    return found;
}

} // namespace helmscope::emsa
