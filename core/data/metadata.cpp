// SPDX-License-Identifier: GPL-3.0-or-later
#include "data/metadata.h"

#include "base/tr.h"

#include <QDate>
#include <QJsonArray>
#include <QLocale>

#include <cmath>

namespace helmscope {

std::span<const MetadataField> metadataFields()
{
    using Field = Metadata::Field;
    static const MetadataField table[] = {
        {Field::Title, "title", QT_TRANSLATE_NOOP("helmscope::Tr", "Title"), ""},
        {Field::Detector, "detector", QT_TRANSLATE_NOOP("helmscope::Tr", "Detector"), ""},
        {Field::Signal, "signal", QT_TRANSLATE_NOOP("helmscope::Tr", "Signal"), ""},
        {Field::Instrument, "instrument", QT_TRANSLATE_NOOP("helmscope::Tr", "Instrument"), ""},
        {Field::Operator, "operator", QT_TRANSLATE_NOOP("helmscope::Tr", "Operator"), ""},
        {Field::Sample, "sample", QT_TRANSLATE_NOOP("helmscope::Tr", "Sample"), ""},
        {Field::Comment, "comment", QT_TRANSLATE_NOOP("helmscope::Tr", "Comment"), ""},
        {Field::Time, "time", QT_TRANSLATE_NOOP("helmscope::Tr", "Recorded"), ""},
        {Field::Software, "software", QT_TRANSLATE_NOOP("helmscope::Tr", "Software"), ""},
        {Field::BeamEnergy, "beamEnergyKev", QT_TRANSLATE_NOOP("helmscope::Tr", "Beam energy"),
         "keV"},
        {Field::Current, "currentPa", QT_TRANSLATE_NOOP("helmscope::Tr", "Current"), "pA"},
        {Field::Magnification, "magnification", QT_TRANSLATE_NOOP("helmscope::Tr", "Magnification"),
         "1"},
        {Field::CameraLength, "cameraLengthMm", QT_TRANSLATE_NOOP("helmscope::Tr", "Camera length"),
         "mm"},
        {Field::Convergence, "convergenceMrad",
         QT_TRANSLATE_NOOP("helmscope::Tr", "Convergence angle"), "mrad"},
        {Field::CollectionInner, "collectionInnerMrad",
         QT_TRANSLATE_NOOP("helmscope::Tr", "Inner collection angle"), "mrad"},
        {Field::Collection, "collectionMrad",
         QT_TRANSLATE_NOOP("helmscope::Tr", "Collection angle"), "mrad"},
        {Field::Dwell, "dwellSeconds", QT_TRANSLATE_NOOP("helmscope::Tr", "Dwell time"), "s"},
        {Field::Exposure, "exposureSeconds", QT_TRANSLATE_NOOP("helmscope::Tr", "Exposure"), "s"},
        {Field::FrameTime, "frameSeconds", QT_TRANSLATE_NOOP("helmscope::Tr", "Frame time"), "s"},
        {Field::Frames, "frames", QT_TRANSLATE_NOOP("helmscope::Tr", "Frames"), "1"},
        {Field::FieldOfView, "fieldOfViewNm", QT_TRANSLATE_NOOP("helmscope::Tr", "Field of view"),
         "nm"},
        {Field::Defocus, "defocusNm", QT_TRANSLATE_NOOP("helmscope::Tr", "Defocus"), "nm"},
        {Field::TiltAlpha, "tiltAlphaDeg", QT_TRANSLATE_NOOP("helmscope::Tr", "Tilt α"), "°"},
        {Field::TiltBeta, "tiltBetaDeg", QT_TRANSLATE_NOOP("helmscope::Tr", "Tilt β"), "°"},
    };
    return table;
}

void Metadata::put(Field field, const QString &text)
{
    static const QStringList nothing{"<undefined>", "_None_",  "None",
                                     "Undefined",   "unknown", "Unknown"};
    const QString plain = text.trimmed();
    if (!plain.isEmpty() && !nothing.contains(plain) && !plain.startsWith("_bs_"))
        texts.try_emplace(field, plain);
}

void Metadata::put(Field field, double number)
{
    if (std::isfinite(number))
        numbers.try_emplace(field, number);
}

QJsonValue valueAt(const QJsonObject &object, const QString &place)
{
    QJsonValue value = object;
    for (const QString &key : place.split('/')) {
        if (value.isArray()) {
            bool isIndex = false;
            const int index = key.toInt(&isIndex);
            value = isIndex ? value.toArray().at(index) : QJsonValue(QJsonValue::Undefined);
        } else {
            value = value.toObject().value(key);
        }
    }
    return value;
}

void Metadata::take(Field field, const QString &place, double factor)
{
    const QJsonValue value = valueAt(all, place);
    for (const MetadataField &row : metadataFields()) {
        if (row.field != field)
            continue;
        if (!row.isNumber())
            return put(field, value.isDouble() ? QString::number(value.toDouble(), 'g', 15)
                                               : value.toString());
        bool isNumber = value.isDouble();
        const double number =
            isNumber ? value.toDouble() : value.toString().trimmed().toDouble(&isNumber);
        if (isNumber)
            put(field, number * factor);
    }
}

QJsonObject Metadata::standard() const
{
    QJsonObject object;
    for (const MetadataField &row : metadataFields()) {
        if (const auto text = texts.find(row.field); text != texts.end())
            object[row.key] = text->second;
        if (const auto number = numbers.find(row.field); number != numbers.end())
            object[row.key] = number->second;
    }
    return object;
}

static QTime timeIn(const QString &text)
{
    const QLocale c = QLocale::c();
    for (const char *format : {"H:m:s", "H:m", "h:m:s AP", "h:m AP"})
        if (const QTime time = c.toTime(text.toUpper(), format); time.isValid())
            return time;
    return {};
}

static QDate dateIn(const QString &text, bool isAmerican)
{
    for (const char *format : {"yyyy-M-d", "yyyy:M:d", "yyyy/M/d", "d.M.yyyy", "d-M-yyyy"})
        if (const QDate date = QDate::fromString(text, format); date.isValid())
            return date;
    QString named = text.toLower().replace(' ', '-'); // 9-OCT-1991
    if (const qsizetype at = named.indexOf('-') + 1; at > 0 && at < named.size())
        named[at] = named[at].toUpper();
    if (const QDate date = QLocale::c().toDate(named, "d-MMM-yyyy"); date.isValid())
        return date;
    const QDate monthFirst = QDate::fromString(text, "M/d/yyyy");
    const QDate dayFirst = QDate::fromString(text, "d/M/yyyy");
    if (!monthFirst.isValid() || monthFirst == dayFirst)
        return dayFirst;
    return dayFirst.isValid() && !isAmerican ? QDate() : monthFirst;
}

QString isoTime(const QString &date, const QString &time)
{
    const QString day = date.trimmed(), clock = time.trimmed();
    const QDate found = dateIn(day, clock.endsWith('M', Qt::CaseInsensitive));
    const QTime at = timeIn(clock);
    if (!found.isValid() || (!at.isValid() && !clock.isEmpty()))
        return (day + ' ' + clock).trimmed();
    return found.toString(Qt::ISODate) +
           (at.isValid() ? 'T' + at.toString(QStringLiteral("HH:mm:ss")) : QString());
}

} // namespace helmscope
