// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <map>
#include <optional>
#include <span>

namespace helmscope {

/// What a file says of how something was recorded: what all files have in common by standard names
/// in fixed units, and all the rest as the file has it.
struct Metadata
{
    enum class Field {
        Title,
        Detector,
        Signal, ///< "EELS", "EDS", "HAADF"
        Instrument,
        Operator,
        Sample,
        Comment,
        Time, ///< of the recording, ISO 8601
        Software,
        BeamEnergy,      ///< keV
        Current,         ///< pA
        Magnification,   ///< times
        CameraLength,    ///< mm
        Convergence,     ///< mrad, half angle
        CollectionInner, ///< mrad, half angle
        Collection,      ///< mrad, half angle; the outer one of a ring
        Dwell,           ///< s a pixel
        Exposure,        ///< s
        FrameTime,       ///< s
        Frames,
        FieldOfView, ///< nm along a row
        Defocus,     ///< nm
        TiltAlpha,   ///< degrees
        TiltBeta,    ///< degrees
    };

    std::map<Field, QString> texts;
    std::map<Field, double> numbers;
    QJsonObject all;      ///< everything, as the file has it
    QStringList warnings; ///< sentences: what was odd in the file and how it was read

    /// Keep a value unless there is one already; nothing, "", and what is not finite is no value.
    void put(Field field, const QString &text);
    void put(Field field, double number);
    /// Takes the value at a place of `all`, "Optics/AccelerationVoltage", where there is one: a
    /// number (or a text that is one) times `factor` for a field with a unit, a text otherwise.
    void take(Field field, const QString &place, double factor = 1);
    /// {"beamEnergyKev": 200, ...}; without `all` and the warnings.
    QJsonObject standard() const;
};

/// A field as it is called.
struct MetadataField
{
    Metadata::Field field;
    const char *key;  ///< in JSON and in queries, unit included: "beamEnergyKev"
    const char *name; ///< for people: "Beam energy"
    const char *unit; ///< "keV"; empty for texts, "1" for bare numbers
    bool isNumber() const { return *unit != '\0'; }
};
std::span<const MetadataField> metadataFields();

/// The value at a place "a/b/0/c" of nested objects and lists; undefined when there is none.
QJsonValue valueAt(const QJsonObject &object, const QString &place);

/// When something was recorded as ISO 8601, "2019-12-14T13:30:41", from the spellings that
/// microscopes' computers use: 2019-12-14, 2019:12:14, 14.12.2019, 14-DEC-2019, 12/14/2019, and
/// 13:30, 13:30:41 or 1:30:41 PM. Which of 3/4/2019 is the month is told by AM or PM; where nothing
/// tells it, or it is no date, the texts come back as they are.
QString isoTime(const QString &date, const QString &time);

} // namespace helmscope
